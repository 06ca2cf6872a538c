/**
 * Binance USDⓈ-M futures, REST `/fapi/v1`.
 *
 * - `premiumIndex` is the primary body. Its `lastFundingRate` is the running estimate for `nextFundingTime`.
 * - Names are base + quote; USDT and USDC contracts settle in their quote. `BTCUSDT_260925` is a dated future.
 * - `fundingInfo` lists the symbols whose interval, cap or floor was adjusted; a symbol it lacks pays every 8 hours.
 * - `0` is a value in prices, sizes and rates; in `nextFundingTime` it means none. `""` is "not sent".
 * - Open interest has no bulk endpoint.
 */
import { badShape, type VenueError } from "../domain/error.ts";
import { type AssetClass, perpetualSymbol, splitMultiplier, type TradingState } from "../domain/instrument.ts";
import { type QuoteWriter, quoteWriter, type RejectedRow, type RejectReason } from "../domain/quote.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { MINUTE_MS } from "../domain/units.ts";
import { defineAdapter, type Fetched, type Parsed } from "./adapter.ts";
import { binanceBook } from "./binance-book.ts";
import { joinRows, type NamedRows, closeRow, rowsByName, type WriteRow } from "./join-rows.ts";
import { entryReader, type NameBook, nameReader, type NameParts, perpetualName } from "./name-book.ts";
import {
  type Digested,
  digestRows,
  type Fault,
  fieldsIn,
  listIn,
  listOrRowIn,
  numberIn,
  olderOf,
  positiveIn,
  reject,
  rejectDelisted,
  shownFields,
  textIn,
  timeMsIn,
  type WireRow,
} from "./wire.ts";

const DOCS = "https://developers.binance.com/docs/derivatives/usds-margined-futures";

/** Interval of a symbol that `fundingInfo` does not list. Source: `${DOCS}/market-data/rest-api/Get-Funding-Rate-Info`, read 2026-11-22. */
const DEFAULT_INTERVAL_HOURS = 8;

const hot = { method: "GET", refreshMs: 0, maxBytes: 2_000_000 } as const;
const slow = { method: "GET", maxBytes: 12_000_000, required: false } as const;

/** Binance USDⓈ-M futures. */
export const binance = defineAdapter<Tables>({
  id: "binance",
  facts: {
    id: "binance",
    name: "Binance",
    takerFee: {
      perpetual: { rate: 0.0005, source: "https://www.binance.com/en/fee/futureFee", readOn: "2026-11-22" },
      spot: { rate: 0.001, source: "https://www.binance.com/en/fee/trading", readOn: "2026-11-22" },
    },
    accrual: "settled",
    hasBulkBook: true,
    documentedCap: null,
  },
  docs: [`${DOCS}/market-data/rest-api`, `${DOCS}/common-definition`, `${DOCS}/error-code`],
  hosts: ["fapi.binance.com"],
  // US egress is answered 451.
  region: "apac",
  tradingPage: { url: (coin) => `https://www.binance.com/en/futures/${coin}USDT`, settle: "USDT" },
  budget: { weightPerMinute: 600, documentedLimit: `2400 weight a minute per IP, ${DOCS}/general-info` },
  endpoints: {
    premiumIndex: { ...hot, path: "/fapi/v1/premiumIndex", weight: 10, required: true, read: (body) => listBody<PremiumField>(body) },
    bookTicker: { ...hot, path: "/fapi/v1/ticker/bookTicker", weight: 5, required: false, read: (body) => listBody<BookField>(body) },
    ticker24hr: { ...slow, path: "/fapi/v1/ticker/24hr", refreshMs: 5 * MINUTE_MS, weight: 40, read: readVolumes },
    fundingInfo: { ...slow, path: "/fapi/v1/fundingInfo", refreshMs: 30 * MINUTE_MS, weight: 0, read: readFundingInfo },
    exchangeInfo: { ...slow, path: "/fapi/v1/exchangeInfo", refreshMs: 30 * MINUTE_MS, weight: 1, read: readExchangeInfo },
  },
  errorIn,
  book: binanceBook({ path: "/fapi/v1/depth", weight: 5 }),
  join,
});

function errorIn(body: unknown, status: number): VenueError | null {
  const envelope = fieldsIn<"code" | "msg">(body);
  if (envelope === null || typeof envelope.code !== "number" || typeof envelope.msg !== "string") return null;
  const message = `${envelope.code}: ${envelope.msg}`;
  if (status === 451 || envelope.msg.includes("restricted location")) return { kind: "geo-blocked", status, message };
  if (status === 418) return { kind: "banned", status, retryAfterMs: null, message };
  if (status === 429 || envelope.code === -1003) return { kind: "rate-limited", status, retryAfterMs: null, message };
  return { kind: "venue-error", code: String(envelope.code), message };
}

function listBody<Field extends string>(body: unknown): Result<readonly WireRow<Field>[], VenueError> {
  const error = errorIn(body, 200);
  return error === null ? listOrRowIn<Field | "symbol">(body, "$", "symbol") : err(error);
}

function join(tables: Fetches, _: number, names: NameBook): Result<Parsed, VenueError> {
  if (tables.premiumIndex === undefined) return err({ kind: "empty", message: "expected a body of premiumIndex, found none" });
  const rows = tables.premiumIndex.table;
  const books =
    tables.bookTicker === undefined ? null : rowsByName(tables.bookTicker.table, "symbol", nameReader(names, "bookTicker", parseName));
  const out = quoteWriter("binance", rows.length);
  const readName = nameReader(names, "premiumIndex", parseName);
  return joinRows({ rows, field: "symbol", readName, out, counterparts: books, write: rowWriter(out, tables, { books, names }) });
}

function rowWriter(
  out: QuoteWriter,
  tables: Fetches,
  { books, names }: { readonly books: NamedRows<BookField> | null; readonly names: NameBook },
): WriteRow<PremiumField> {
  const contracts = entryReader(names, tables.exchangeInfo?.table);
  const fundings = entryReader(names, tables.fundingInfo?.table);
  const volumes = entryReader(names, tables.ticker24hr?.table);
  const fault: Fault = { raised: false };
  const receivedAtMs = tables.premiumIndex?.receivedAtMs ?? Number.NaN;
  const bookAtMs = olderOf(receivedAtMs, tables.bookTicker?.receivedAtMs ?? Number.NaN);
  return (known, row, { at }) => {
    const { name: symbol, parsed } = known;
    const book = books?.rowOf(known);
    if (!parsed.ok) return reject(symbol, parsed.error, "expected the name of a perpetual: base + USDT or USDC");
    const contract = contracts(known);
    if (contract !== undefined && contract.refusal !== null) return contract.refusal;
    const funding = fundings(known);
    const volume = volumes(known);
    fault.raised = funding?.faulty === true || volume?.faulty === true || contract?.faulty === true;
    const { multiplier } = parsed.value;
    out.receivedAtMs[at] = book === undefined ? receivedAtMs : bookAtMs;
    out.multiplier[at] = multiplier;
    out.mark[at] = numberIn(row.markPrice, fault) / multiplier;
    out.index[at] = numberIn(row.indexPrice, fault) / multiplier;
    out.fundingRatePerInterval[at] = numberIn(row.lastFundingRate, fault);
    out.nextFundingAtMs[at] = timeMsIn(row.nextFundingTime, fault);
    out.bid[at] = numberIn(book?.bidPrice, fault) / multiplier;
    out.ask[at] = numberIn(book?.askPrice, fault) / multiplier;
    out.bidSizeBase[at] = numberIn(book?.bidQty, fault) * multiplier;
    out.askSizeBase[at] = numberIn(book?.askQty, fault) * multiplier;
    out.eventAtMs[at] = olderOf(timeMsIn(row.time, fault), timeMsIn(book?.time, fault));
    out.fundingIntervalHours[at] = tables.fundingInfo === undefined ? Number.NaN : (funding?.intervalHours ?? DEFAULT_INTERVAL_HOURS);
    out.fundingCap[at] = funding?.cap ?? Number.NaN;
    out.fundingFloor[at] = funding?.floor ?? Number.NaN;
    out.volume24hUsd[at] = volume?.quoteVolume ?? Number.NaN;
    out.minOrderBase[at] = (contract?.minQty ?? Number.NaN) * multiplier;
    out.lotBase[at] = (contract?.stepSize ?? Number.NaN) * multiplier;
    if (fault.raised) return reject(symbol, "bad-field", `expected numbers, found ${shownFields([row, book, funding, volume, contract])}`);
    closeRow(out, contract?.assetClass ?? null, contract?.state ?? null);
    return null;
  };
}

/** `1000PEPEUSDT` → 1,000 PEPE in USDT. */
function parseName(symbol: string): Result<NameParts, RejectReason> {
  if (symbol.includes("_")) return err("not-perpetual");
  const quote = symbol.endsWith("USDT") ? "USDT" : symbol.endsWith("USDC") ? "USDC" : null;
  if (quote === null) return err("unsupported-settle");
  const base = symbol.slice(0, -quote.length);
  return base === "" ? err("bad-symbol") : ok(perpetualName(splitMultiplier(base), quote, quote));
}

function readVolumes(body: unknown): Result<Tables["ticker24hr"], VenueError> {
  const list = listBody<"symbol" | "quoteVolume">(body);
  if (!list.ok) return list;
  return ok(digestRows(list.value, "symbol", (row, fault) => ({ quoteVolume: numberIn(row.quoteVolume, fault) })));
}

/** A row without its name makes the body unusable: the symbol it hides would pass for one that is not listed. */
function readFundingInfo(body: unknown): Result<Tables["fundingInfo"], VenueError> {
  const list = listBody<FundingField>(body);
  if (!list.ok) return list;
  const nameless = list.value.findIndex((row) => typeof row?.symbol !== "string");
  if (nameless >= 0) return err(badShape(`$[${nameless}].symbol`, "text", list.value[nameless]?.symbol));
  const read = (row: NonNullable<WireRow<FundingField>>, fault: Fault): Funding => ({
    intervalHours: positiveIn(row.fundingIntervalHours, fault),
    cap: numberIn(row.adjustedFundingRateCap, fault),
    floor: numberIn(row.adjustedFundingRateFloor, fault),
  });
  return ok(digestRows(list.value, "symbol", read));
}

function readExchangeInfo(body: unknown): Result<Tables["exchangeInfo"], VenueError> {
  const error = errorIn(body, 200);
  if (error !== null) return err(error);
  const list = listIn<ContractField>(fieldsIn<"symbols">(body)?.symbols, "$.symbols");
  return list.ok ? ok(digestRows(list.value, "symbol", readContract)) : list;
}

function readContract(row: NonNullable<WireRow<ContractField>>, fault: Fault, symbol: string): Contract {
  const filters = Array.isArray(row.filters) ? row.filters.map((each) => fieldsIn<"filterType" | "minQty" | "stepSize">(each)) : [];
  const lot = filters.find((each) => each?.filterType === "LOT_SIZE");
  const stands = STATES.get(row.status) ?? null;
  // A delisting is announced by a date of delivery while the status still says TRADING.
  const ends = numberIn(row.deliveryDate, fault);
  if (ends < EARLIEST_DELIVERY_MS) fault.raised = true;
  const state = stands === "trading" && !Number.isNaN(ends) && ends < PERPETUAL_DELIVERY_MS ? "delisting" : stands;
  const known = { minQty: positiveIn(lot?.minQty, fault), stepSize: positiveIn(lot?.stepSize, fault), refusal: refusalOf(symbol, row) };
  // Pre-market contracts do not say what kind of asset they will be.
  if (row.underlyingType === "PREMARKET") return { ...known, state: state === "trading" ? "pre-market" : state, assetClass: null };
  const underlying = textIn(row.underlyingType, fault);
  const assetClass = underlying === null ? null : underlying.endsWith("EQUITY") ? "equity" : (CLASSES.get(underlying) ?? "other");
  return { ...known, state, assetClass: row.contractType === "TRADIFI_PERPETUAL" && assetClass === "crypto" ? "other" : assetClass };
}

const canonicalOf = (base: string, quote: string): string => perpetualSymbol(splitMultiplier(base).asset, quote, quote);

function refusalOf(symbol: string, row: NonNullable<WireRow<ContractField>>): RejectedRow | null {
  const { contractType, status, baseAsset, quoteAsset, marginAsset } = row;
  const found = `found ${shownFields({ contractType, status, baseAsset, quoteAsset, marginAsset })}`;
  if (DATED.has(contractType)) return reject(symbol, "not-perpetual", found);
  if (!PERPETUAL.has(contractType)) return reject(symbol, "unknown-contract-type", `expected a documented contractType, ${found}`);
  if (status === "CLOSE" || status === "DELIVERED")
    return rejectDelisted(symbol, canonicalOf(String(baseAsset), String(quoteAsset)), found);
  if (!STATES.has(status)) return reject(symbol, "unknown-state", `expected a documented status, ${found}`);
  if (marginAsset !== quoteAsset) return reject(symbol, "not-linear", `expected margin in the quote currency, ${found}`);
  if (symbol !== `${String(baseAsset)}${String(quoteAsset)}`) return reject(symbol, "bad-symbol", `expected base + quote, ${found}`);
  return null;
}

const PERPETUAL: ReadonlySet<unknown> = new Set(["PERPETUAL", "TRADIFI_PERPETUAL"]);
const DATED: ReadonlySet<unknown> = new Set(["CURRENT_MONTH", "NEXT_MONTH", "CURRENT_QUARTER", "NEXT_QUARTER"]);

/** Below it a time is not in milliseconds: 1973. */
const EARLIEST_DELIVERY_MS = 1e11;
/** `deliveryDate` of a contract without an end, and whatever is later. */
const PERPETUAL_DELIVERY_MS = 4_133_404_800_000;

/** Contract status, `${DOCS}/common-definition`. */
const STATES: ReadonlyMap<unknown, TradingState> = new Map([
  ["TRADING", "trading"],
  ["PENDING_TRADING", "pre-market"],
  ["TRADING_HALT", "halted"],
  ["TRADING_CANCEL_ONLY", "halted"],
  ["PRE_DELIVERING", "delisting"],
  ["DELIVERING", "delisting"],
  ["PRE_SETTLE", "delisting"],
  ["SETTLING", "delisting"],
]);

/** `underlyingType` is not listed in the documents: the values seen on 2026-10-07, beside EQUITY, CN_EQUITY, HK_EQUITY and KR_EQUITY. */
const CLASSES: ReadonlyMap<string, AssetClass> = new Map([
  ["COIN", "crypto"],
  ["INDEX", "index"],
  ["COMMODITY", "commodity"],
  ["FX", "forex"],
]);

type PremiumField = "symbol" | "markPrice" | "indexPrice" | "lastFundingRate" | "nextFundingTime" | "time";
type BookField = "symbol" | "bidPrice" | "bidQty" | "askPrice" | "askQty" | "time";
type ContractField =
  | "symbol"
  | "contractType"
  | "status"
  | "deliveryDate"
  | "baseAsset"
  | "quoteAsset"
  | "marginAsset"
  | "underlyingType"
  | "filters";
type FundingField = "symbol" | "fundingIntervalHours" | "adjustedFundingRateCap" | "adjustedFundingRateFloor";

type Funding = { readonly intervalHours: number; readonly cap: number; readonly floor: number };
type Contract = {
  readonly refusal: RejectedRow | null;
  readonly state: TradingState | null;
  readonly assetClass: AssetClass | null;
  readonly minQty: number;
  readonly stepSize: number;
};
type Tables = {
  premiumIndex: readonly WireRow<PremiumField>[];
  bookTicker: readonly WireRow<BookField>[];
  ticker24hr: Map<string, Digested<{ readonly quoteVolume: number }>>;
  fundingInfo: Map<string, Digested<Funding>>;
  exchangeInfo: Map<string, Digested<Contract>>;
};
type Fetches = { readonly [K in keyof Tables]?: Fetched<Tables[K]> | undefined };
