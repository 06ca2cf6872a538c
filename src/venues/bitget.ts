/**
 * Bitget, product type USDT-FUTURES, REST v2 ("classic"), and beside it the ticker of its successor, UTA v3.
 *
 * - Tickers make the rows. Rate, interval, next time and caps come from `currentFundRate` where it was read; the ticker's
 *   rate is the same, a second late at a settlement. A rate without a ticker is of a test or unlaunched contract.
 * - Names are base + USDT. There is no contract size: amounts are in the name's own base, `1000BONK` for 1000BONKUSDT.
 * - Figures are strings, a book's levels numbers; `""` and null are "not sent", `0` is a value but in times.
 * - Open interest is in base coin. Whether one side is counted or both is not documented; it is taken as one side.
 * - `isRwa` tells shares, metals and currencies from coins, not from each other. `offTime` is -1, or the announced end of
 *   a contract that still trades. `ts` is the time of the data, `requestTime` that of the reply.
 */
import type { VenueError } from "../domain/error.ts";
import { type AssetClass, perpetualSymbol, splitMultiplier, type TradingState } from "../domain/instrument.ts";
import { type QuoteWriter, quoteWriter, type RejectedRow, type RejectReason } from "../domain/quote.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { MINUTE_MS } from "../domain/units.ts";
import { defineAdapter, type Fetched, type Parsed } from "./adapter.ts";
import { BITGET_DOCS as DOCS, bitgetErrorIn, bitgetReply, type BitgetReply, readBitgetBook } from "./bitget-wire.ts";
import { joinRows, closeRow, rowsByName, type WriteRow } from "./join-rows.ts";
import { entryReader, type NameBook, nameReader, type NameParts, perpetualName } from "./name-book.ts";
import {
  type Digested,
  digestRows,
  type Fault,
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

const PAGES = ["All-Symbol-Ticker", "Current-Funding-Rate", "All-Symbols-Contracts", "Merge-Depth"];
const V2 = "/api/v2/mix/market";

const hot = { method: "GET", refreshMs: 0, weight: 1, maxBytes: 4_000_000 } as const;
const slow = { method: "GET", refreshMs: 30 * MINUTE_MS, weight: 1, maxBytes: 8_000_000, required: false } as const;
/** `max` is 100 levels a side at the finest price step. */
const DEPTH = `${V2}/merge-depth?productType=USDT-FUTURES&limit=max`;
const depth = { method: "GET", weight: 1, maxBytes: 1_000_000 } as const;

/** Bitget USDT perpetuals. */
export const bitget = defineAdapter<Tables>({
  id: "bitget",
  facts: {
    id: "bitget",
    name: "Bitget",
    takerFee: {
      perpetual: { rate: 0.0006, source: "https://www.bitget.com/fee", readOn: "2026-11-22" },
      spot: { rate: 0.001, source: "https://www.bitget.com/fee", readOn: "2026-11-30" },
    },
    accrual: "settled",
    hasBulkBook: true,
    documentedCap: null,
  },
  docs: [...PAGES.map((page) => `${DOCS}/contract/market/Get-${page}`), `${DOCS}/uta/public/Tickers`, `${DOCS}/common/error-code`],
  hosts: ["api.bitget.com"],
  region: null,
  tradingPage: { url: (coin) => `https://www.bitget.com/futures/usdt/${coin}USDT`, settle: "USDT" },
  budget: { weightPerMinute: 120, documentedLimit: `20 requests a second for each endpoint and 6000 a minute in all, per IP, ${DOCS}` },
  endpoints: {
    tickers: { ...hot, path: `${V2}/tickers?productType=USDT-FUTURES`, required: true, read: bitgetReply },
    currentFundRate: { ...hot, path: `${V2}/current-fund-rate?productType=USDT-FUTURES`, required: false, read: bitgetReply },
    contracts: { ...slow, path: `${V2}/contracts?productType=USDT-FUTURES`, read: readContracts },
    tickersV3: {
      ...hot,
      path: "/api/v3/market/tickers?category=USDT-FUTURES",
      required: true,
      read: bitgetReply,
      alternativeTo: "tickers",
    },
  },
  errorIn: bitgetErrorIn,
  book: { request: (symbol) => ({ ...depth, path: `${DEPTH}&symbol=${encodeURIComponent(symbol)}` }), read: readBitgetBook },
  join,
});

function readContracts(body: unknown): Result<Tables["contracts"], VenueError> {
  const reply = bitgetReply<ContractField>(body);
  return reply.ok ? ok(digestRows(reply.value.rows, "symbol", readContract)) : reply;
}

function join(tables: Fetches, _: number, names: NameBook): Result<Parsed, VenueError> {
  if (tables.tickers !== undefined) return joinTickers(tables.tickers, parseTicker, { ...tables, names });
  if (tables.tickersV3 !== undefined) return joinTickers(tables.tickersV3, parseTickerV3, { ...tables, names });
  return err({ kind: "empty", message: "expected a body of tickers, found none" });
}

/** Where the figures of one row go. */
type Place = { readonly out: QuoteWriter; readonly at: number; readonly multiplier: number; readonly fault: Fault };
type ParseTicker<Field extends string> = (row: NonNullable<WireRow<Field>>, place: Place) => void;

function parseTicker(row: NonNullable<WireRow<TickerField>>, { out, at, multiplier, fault }: Place): void {
  const markPrice = numberIn(row.markPrice, fault);
  out.bid[at] = numberIn(row.bidPr, fault) / multiplier;
  out.ask[at] = numberIn(row.askPr, fault) / multiplier;
  out.bidSizeBase[at] = numberIn(row.bidSz, fault) * multiplier;
  out.askSizeBase[at] = numberIn(row.askSz, fault) * multiplier;
  out.mark[at] = markPrice / multiplier;
  out.index[at] = numberIn(row.indexPrice, fault) / multiplier;
  out.fundingRatePerInterval[at] = numberIn(row.fundingRate, fault);
  out.volume24hUsd[at] = numberIn(row.quoteVolume, fault);
  out.openInterestUsd[at] = numberIn(row.holdingAmount, fault) * markPrice;
  out.eventAtMs[at] = timeMsIn(row.ts, fault);
}

function parseTickerV3(row: NonNullable<WireRow<TickerV3Field>>, { out, at, multiplier, fault }: Place): void {
  const markPrice = numberIn(row.markPrice, fault);
  out.bid[at] = numberIn(row.bid1Price, fault) / multiplier;
  out.ask[at] = numberIn(row.ask1Price, fault) / multiplier;
  out.bidSizeBase[at] = numberIn(row.bid1Size, fault) * multiplier;
  out.askSizeBase[at] = numberIn(row.ask1Size, fault) * multiplier;
  out.mark[at] = markPrice / multiplier;
  out.index[at] = numberIn(row.indexPrice, fault) / multiplier;
  out.fundingRatePerInterval[at] = numberIn(row.fundingRate, fault);
  out.volume24hUsd[at] = numberIn(row.turnover24h, fault);
  out.openInterestUsd[at] = numberIn(row.openInterest, fault) * markPrice;
  out.eventAtMs[at] = timeMsIn(row.ts, fault);
}

function joinTickers<Field extends string>(
  { table, receivedAtMs }: Fetched<BitgetReply<Field | "symbol">>,
  parse: ParseTicker<Field>,
  { currentFundRate, contracts, names }: Fetches & { readonly names: NameBook },
): Result<Parsed, VenueError> {
  const out = quoteWriter("bitget", table.rows.length);
  const rates =
    currentFundRate === undefined
      ? null
      : rowsByName(currentFundRate.table.rows, "symbol", nameReader(names, "currentFundRate", parseName));
  const contractOf = entryReader(names, contracts?.table);
  const ratedAtMs = olderOf(receivedAtMs, currentFundRate?.receivedAtMs ?? Number.NaN);
  const fault: Fault = { raised: false };
  const write: WriteRow<Field | "symbol"> = (known, row, { at }) => {
    const { name: symbol, parsed } = known;
    if (!parsed.ok) return reject(symbol, parsed.error, "expected the name of a perpetual: base + USDT");
    const contract = contractOf(known);
    if (contract !== undefined && contract.refusal !== null) return contract.refusal;
    const { multiplier } = parsed.value;
    const rate = rates?.rowOf(known);
    fault.raised = contract?.faulty === true;
    parse(row, { out, at, multiplier, fault });
    if (rates !== null) out.fundingRatePerInterval[at] = numberIn(rate?.fundingRate, fault);
    out.fundingIntervalHours[at] = positiveIn(rate?.fundingRateInterval, fault);
    out.nextFundingAtMs[at] = timeMsIn(rate?.nextUpdate, fault);
    out.fundingCap[at] = numberIn(rate?.maxFundingRate, fault);
    out.fundingFloor[at] = numberIn(rate?.minFundingRate, fault);
    out.receivedAtMs[at] = rate === undefined ? receivedAtMs : ratedAtMs;
    out.replyAtMs[at] = table.replyAtMs;
    out.multiplier[at] = multiplier;
    out.minOrderBase[at] = (contract?.minTradeNum ?? Number.NaN) * multiplier;
    out.lotBase[at] = (contract?.sizeMultiplier ?? Number.NaN) * multiplier;
    if (fault.raised) return reject(symbol, "bad-field", `expected numbers, found ${shownFields([row, rate, contract])}`);
    closeRow(out, contract?.assetClass ?? null, contract?.state ?? null);
    return null;
  };
  const readName = nameReader(names, "tickers", parseName);
  return joinRows<Field | "symbol">({ rows: table.rows, field: "symbol", readName, out, counterparts: rates, write });
}

/** `1000BONKUSDT` → 1,000 BONK in USDT. Dated futures carry their date behind an underscore. */
function parseName(symbol: string): Result<NameParts, RejectReason> {
  if (symbol.includes("_")) return err("not-perpetual");
  if (!symbol.endsWith("USDT")) return err("unsupported-settle");
  return symbol === "USDT" ? err("bad-symbol") : ok(perpetualName(splitMultiplier(symbol.slice(0, -4)), "USDT", "USDT"));
}

function readContract(row: NonNullable<WireRow<ContractField>>, fault: Fault, symbol: string): Contract {
  const isRwa = textIn(row.isRwa, fault);
  const offTime = numberIn(row.offTime, fault);
  return {
    refusal: refusalOf(symbol, row),
    state: offTime > 0 ? "delisting" : (STATES.get(row.symbolStatus) ?? null),
    assetClass: isRwa === null ? null : isRwa === "NO" ? "crypto" : "other",
    minTradeNum: positiveIn(row.minTradeNum, fault),
    sizeMultiplier: positiveIn(row.sizeMultiplier, fault),
  };
}

const canonicalOf = (base: string, quote: string): string => perpetualSymbol(splitMultiplier(base).asset, quote, quote);

function refusalOf(symbol: string, row: NonNullable<WireRow<ContractField>>): RejectedRow | null {
  const { symbolType, symbolStatus, baseCoin, quoteCoin } = row;
  const found = `found ${shownFields({ symbolType, symbolStatus, baseCoin, quoteCoin })}`;
  if (symbolType === "delivery") return reject(symbol, "not-perpetual", found);
  if (symbolType !== "perpetual") return reject(symbol, "unknown-contract-type", `expected a documented symbolType, ${found}`);
  if (symbolStatus === "off") return rejectDelisted(symbol, canonicalOf(String(baseCoin), String(quoteCoin)), found);
  if (!STATES.has(symbolStatus)) return reject(symbol, "unknown-state", `expected a documented symbolStatus, ${found}`);
  if (quoteCoin !== "USDT") return reject(symbol, "unsupported-settle", found);
  return `${String(baseCoin)}USDT` === symbol ? null : reject(symbol, "bad-symbol", `expected baseCoin + USDT, ${found}`);
}

/** `symbolStatus`, `${DOCS}/contract/market/Get-All-Symbols-Contracts`. The last three let nobody open a position, at least not by API. */
const STATES: ReadonlyMap<unknown, TradingState> = new Map([
  ["normal", "trading"],
  ["listed", "pre-market"],
  ["maintain", "halted"],
  ["limit_open", "halted"],
  ["restrictedAPI", "halted"],
]);

type CommonField = "symbol" | "ts" | "markPrice" | "indexPrice" | "fundingRate";
type TickerField = CommonField | "bidPr" | "bidSz" | "askPr" | "askSz" | "quoteVolume" | "holdingAmount";
type TickerV3Field = CommonField | "bid1Price" | "bid1Size" | "ask1Price" | "ask1Size" | "turnover24h" | "openInterest";
type RateField = "symbol" | "fundingRate" | "fundingRateInterval" | "nextUpdate" | "minFundingRate" | "maxFundingRate";
type ContractField = "symbol" | "baseCoin" | "quoteCoin" | "symbolType" | "symbolStatus" | "isRwa" | "offTime" | keyof Lot;

type Lot = { readonly minTradeNum: number; readonly sizeMultiplier: number };
type Contract = Lot & { readonly refusal: RejectedRow | null; readonly state: TradingState | null; readonly assetClass: AssetClass | null };
type Tickers = { tickers: BitgetReply<TickerField>; tickersV3: BitgetReply<TickerV3Field> };
type Tables = Tickers & { currentFundRate: BitgetReply<RateField>; contracts: Map<string, Digested<Contract>> };
type Fetches = { readonly [K in keyof Tables]?: Fetched<Tables[K]> | undefined };
