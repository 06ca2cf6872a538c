/**
 * The futures protocol of Binance, REST `/fapi`, which venues built after it speak too. What differs between them is in
 * `FuturesTerms`; each venue's file says what it sends.
 *
 * - `premiumIndex` is the primary body. Its `lastFundingRate` is the running estimate for `nextFundingTime`.
 * - Names are base + quote; USDT and USDC contracts settle in their quote. `BTCUSDT_260925` is a dated future.
 * - `0` is a value in prices, sizes and rates; in `nextFundingTime` it means none. `""` is "not sent".
 * - Open interest has no bulk endpoint.
 */
import { badShape, type VenueError } from "../domain/error.ts";
import { type AssetClass, perpetualSymbol, splitMultiplier, type TradingState } from "../domain/instrument.ts";
import { type QuoteWriter, quoteWriter, type RejectedRow, type RejectReason } from "../domain/quote.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { MINUTE_MS } from "../domain/units.ts";
import type { AdapterSpec, Fetched, Parsed } from "./adapter.ts";
import { binanceBook } from "./binance-book.ts";
import { joinRows, type NamedRows, closeRow, rowsByName, type WriteRow } from "./join-rows.ts";
import { entryReader, type NameBook, nameReader, type NameParts, type ParseName, perpetualName } from "./name-book.ts";
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
  timeMsIn,
  type WireRow,
} from "./wire.ts";

const hot = { method: "GET", refreshMs: 0, maxBytes: 2_000_000 } as const;
const slow = { method: "GET", maxBytes: 12_000_000, required: false } as const;

/** What a venue of this protocol has of its own. */
export type FuturesTerms = {
  /** The venue and its feed. */
  readonly id: string;
  /** Path in front of every endpoint, e.g. `/fapi/v1`. */
  readonly api: string;
  /** Request weight of each endpoint, and of 100 levels of a book. */
  readonly weights: Readonly<Record<keyof FuturesTables | "depth", number>>;
  /** Why a name is none of an instrument, before it is read; null for the others. */
  readonly refusedName?: (symbol: string) => RejectReason | null;
  /** Interval of a symbol that `fundingInfo` does not list; null where it is then not known. */
  readonly unlistedIntervalHours: number | null;
  /** What `fundingInfo` calls the bounds of a rate. */
  readonly cap: FundingField;
  readonly floor: FundingField;
  readonly perpetualTypes: ReadonlySet<unknown>;
  readonly datedTypes: ReadonlySet<unknown>;
  /** `status` of `exchangeInfo`, but for those of a contract that has ended. */
  readonly states: ReadonlyMap<unknown, TradingState>;
  /** Class of a contract, and its state where that depends on what stands under it. */
  readonly kindOf: (row: ContractRow, state: TradingState | null, fault: Fault) => ContractKind;
};
export type ContractRow = NonNullable<WireRow<ContractField>>;
export type ContractKind = { readonly state: TradingState | null; readonly assetClass: AssetClass | null };

/** Endpoints, errors, books and rows of a venue that speaks the protocol. */
export function binanceFutures(terms: FuturesTerms): Pick<AdapterSpec<FuturesTables>, "endpoints" | "errorIn" | "book" | "join"> {
  const { api, weights } = terms;
  const names = parserOf(terms);
  return {
    endpoints: {
      premiumIndex: {
        ...hot,
        path: `${api}/premiumIndex`,
        weight: weights.premiumIndex,
        required: true,
        read: (body) => listBody<PremiumField>(body),
      },
      bookTicker: {
        ...hot,
        path: `${api}/ticker/bookTicker`,
        weight: weights.bookTicker,
        required: false,
        read: (body) => listBody<BookField>(body),
      },
      ticker24hr: { ...slow, path: `${api}/ticker/24hr`, refreshMs: 5 * MINUTE_MS, weight: weights.ticker24hr, read: readVolumes },
      fundingInfo: {
        ...slow,
        path: `${api}/fundingInfo`,
        refreshMs: 30 * MINUTE_MS,
        weight: weights.fundingInfo,
        read: (body) => readFundingInfo(body, terms),
      },
      exchangeInfo: {
        ...slow,
        path: `${api}/exchangeInfo`,
        refreshMs: 30 * MINUTE_MS,
        weight: weights.exchangeInfo,
        read: (body) => readExchangeInfo(body, terms),
      },
    },
    errorIn,
    book: binanceBook({ path: `${api}/depth`, weight: weights.depth }),
    join: (tables, _, book) => join(tables, book, { ...terms, names }),
  };
}

type Reading = FuturesTerms & { readonly names: ParseName };

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

function join(tables: Fetches, names: NameBook, terms: Reading): Result<Parsed, VenueError> {
  if (tables.premiumIndex === undefined) return err({ kind: "empty", message: "expected a body of premiumIndex, found none" });
  const rows = tables.premiumIndex.table;
  const books =
    tables.bookTicker === undefined ? null : rowsByName(tables.bookTicker.table, "symbol", nameReader(names, "bookTicker", terms.names));
  const out = quoteWriter(terms.id, rows.length);
  const readName = nameReader(names, "premiumIndex", terms.names);
  return joinRows({ rows, field: "symbol", readName, out, counterparts: books, write: rowWriter(out, tables, { books, names, terms }) });
}

function rowWriter(
  out: QuoteWriter,
  tables: Fetches,
  { books, names, terms }: { readonly books: NamedRows<BookField> | null; readonly names: NameBook; readonly terms: Reading },
): WriteRow<PremiumField> {
  const contracts = entryReader(names, tables.exchangeInfo?.table);
  const fundings = entryReader(names, tables.fundingInfo?.table);
  const volumes = entryReader(names, tables.ticker24hr?.table);
  const unlisted = tables.fundingInfo === undefined ? Number.NaN : (terms.unlistedIntervalHours ?? Number.NaN);
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
    out.fundingIntervalHours[at] = funding?.intervalHours ?? unlisted;
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

const parserOf =
  ({ refusedName }: FuturesTerms): ParseName =>
  (symbol) => {
    const refused = refusedName?.(symbol) ?? null;
    return refused === null ? parseName(symbol) : err(refused);
  };

/** `1000PEPEUSDT` → 1,000 PEPE in USDT. */
function parseName(symbol: string): Result<NameParts, RejectReason> {
  if (symbol.includes("_")) return err("not-perpetual");
  const quote = symbol.endsWith("USDT") ? "USDT" : symbol.endsWith("USDC") ? "USDC" : null;
  if (quote === null) return err("unsupported-settle");
  const base = symbol.slice(0, -quote.length);
  return base === "" ? err("bad-symbol") : ok(perpetualName(splitMultiplier(base), quote, quote));
}

function readVolumes(body: unknown): Result<FuturesTables["ticker24hr"], VenueError> {
  const list = listBody<"symbol" | "quoteVolume">(body);
  if (!list.ok) return list;
  return ok(digestRows(list.value, "symbol", (row, fault) => ({ quoteVolume: numberIn(row.quoteVolume, fault) })));
}

/** A row without its name makes the body unusable: the symbol it hides would pass for one that is not listed. */
function readFundingInfo(body: unknown, { cap, floor }: FuturesTerms): Result<FuturesTables["fundingInfo"], VenueError> {
  const list = listBody<FundingField>(body);
  if (!list.ok) return list;
  const nameless = list.value.findIndex((row) => typeof row?.symbol !== "string");
  if (nameless >= 0) return err(badShape(`$[${nameless}].symbol`, "text", list.value[nameless]?.symbol));
  const read = (row: NonNullable<WireRow<FundingField>>, fault: Fault): Funding => ({
    intervalHours: positiveIn(row.fundingIntervalHours, fault),
    cap: numberIn(row[cap], fault),
    floor: numberIn(row[floor], fault),
  });
  return ok(digestRows(list.value, "symbol", read));
}

function readExchangeInfo(body: unknown, terms: FuturesTerms): Result<FuturesTables["exchangeInfo"], VenueError> {
  const error = errorIn(body, 200);
  if (error !== null) return err(error);
  const list = listIn<ContractField>(fieldsIn<"symbols">(body)?.symbols, "$.symbols");
  return list.ok ? ok(digestRows(list.value, "symbol", (row, fault, symbol) => readContract({ row, fault, symbol }, terms))) : list;
}

type ContractInput = { readonly row: ContractRow; readonly fault: Fault; readonly symbol: string };

function readContract({ row, fault, symbol }: ContractInput, terms: FuturesTerms): Contract {
  const filters = Array.isArray(row.filters) ? row.filters.map((each) => fieldsIn<"filterType" | "minQty" | "stepSize">(each)) : [];
  const lot = filters.find((each) => each?.filterType === "LOT_SIZE");
  const stands = terms.states.get(row.status) ?? null;
  // A delisting is announced by a date of delivery while the status still says TRADING.
  const ends = numberIn(row.deliveryDate, fault);
  if (ends < EARLIEST_DELIVERY_MS) fault.raised = true;
  const state = stands === "trading" && !Number.isNaN(ends) && ends < PERPETUAL_DELIVERY_MS ? "delisting" : stands;
  const lots = { minQty: positiveIn(lot?.minQty, fault), stepSize: positiveIn(lot?.stepSize, fault) };
  return { ...lots, refusal: refusalOf(symbol, row, terms), ...terms.kindOf(row, state, fault) };
}

const canonicalOf = (base: string, quote: string): string => perpetualSymbol(splitMultiplier(base).asset, quote, quote);

function refusalOf(symbol: string, row: ContractRow, terms: FuturesTerms): RejectedRow | null {
  const { contractType, status, baseAsset, quoteAsset, marginAsset } = row;
  const found = `found ${shownFields({ contractType, status, baseAsset, quoteAsset, marginAsset })}`;
  if (terms.datedTypes.has(contractType)) return reject(symbol, "not-perpetual", found);
  if (!terms.perpetualTypes.has(contractType))
    return reject(symbol, "unknown-contract-type", `expected a documented contractType, ${found}`);
  if (status === "CLOSE" || status === "DELIVERED")
    return rejectDelisted(symbol, canonicalOf(String(baseAsset), String(quoteAsset)), found);
  if (!terms.states.has(status)) return reject(symbol, "unknown-state", `expected a documented status, ${found}`);
  if (marginAsset !== quoteAsset) return reject(symbol, "not-linear", `expected margin in the quote currency, ${found}`);
  if (symbol !== `${String(baseAsset)}${String(quoteAsset)}`) return reject(symbol, "bad-symbol", `expected base + quote, ${found}`);
  return null;
}

/** Below it a time is not in milliseconds: 1973. */
const EARLIEST_DELIVERY_MS = 1e11;
/** `deliveryDate` of a contract without an end, and whatever is later. */
const PERPETUAL_DELIVERY_MS = 4_133_404_800_000;

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
  | "underlyingSubType"
  | "filters";
type FundingField =
  | "symbol"
  | "fundingIntervalHours"
  | "adjustedFundingRateCap"
  | "adjustedFundingRateFloor"
  | "fundingFeeCap"
  | "fundingFeeFloor";

type Funding = { readonly intervalHours: number; readonly cap: number; readonly floor: number };
type Contract = ContractKind & { readonly refusal: RejectedRow | null; readonly minQty: number; readonly stepSize: number };
export type FuturesTables = {
  premiumIndex: readonly WireRow<PremiumField>[];
  bookTicker: readonly WireRow<BookField>[];
  ticker24hr: Map<string, Digested<{ readonly quoteVolume: number }>>;
  fundingInfo: Map<string, Digested<Funding>>;
  exchangeInfo: Map<string, Digested<Contract>>;
};
type Fetches = { readonly [K in keyof FuturesTables]?: Fetched<FuturesTables[K]> | undefined };
