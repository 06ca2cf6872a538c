/**
 * KuCoin Futures, REST v1 ("classic").
 *
 * - `contractsActive` is the primary body (rate, interval, next time, caps, mark, index, open interest, volume, state);
 *   `allTickers` has the book.
 * - Prices are per coin of the name; sizes and open interest are in lots of `multiplier` coins, -1 where inverse.
 * - Names are base + settlement currency + `M`; XBT is BTC. `FFWCSX` are perpetuals, `FFICSX` dated.
 * - `nextFundingRateTime` counts down, `nextFundingRateDateTime` is the time. `fundingRateGranularity` is the interval as
 *   configured, `currentFundingRateGranularity` the one of the running rate; it is null where it was never changed.
 * - A ticker's `ts` is the last trade's, in nanoseconds, and no time of the book; a book's `ts` is the snapshot's.
 * - Open interest is taken as one side: which it is, is not documented. Numbers come as numbers or strings; null is "not sent".
 */
import type { VenueError } from "../domain/error.ts";
import { type AssetClass, splitMultiplier, type TradingState } from "../domain/instrument.ts";
import { type QuoteWriter, quoteWriter, type RejectedRow, type RejectReason } from "../domain/quote.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { HOUR_MS } from "../domain/units.ts";
import { type BookSpec, defineAdapter, type Fetched, type Parsed } from "./adapter.ts";
import { KUCOIN_DOCS as DOCS, kucoinData, kucoinErrorIn } from "./kucoin-wire.ts";
import { joinRows, type NamedRows, closeRow, rowsByName, type WriteRow } from "./join-rows.ts";
import { type KnownName, type NameBook, nameReader, type NameParts, perpetualName } from "./name-book.ts";
import { bookIn, pairLevel } from "./wire-book.ts";
import {
  type Fault,
  fieldsIn,
  listIn,
  numberIn,
  olderOf,
  positiveIn,
  reject,
  rejectDelisted,
  shownFields,
  timeMsIn,
  type WireRow,
} from "./wire.ts";

const MARKET = `${DOCS}/rest/futures-trading/market-data`;
const NANOSECONDS_PER_MS = 1_000_000;

const hot = { method: "GET", refreshMs: 0 } as const;

const book: BookSpec = {
  request: (symbol) => ({
    method: "GET",
    path: `/api/v1/level2/depth100?symbol=${encodeURIComponent(symbol)}`,
    weight: 10,
    maxBytes: 200_000,
  }),
  read: (body, instrument) => {
    const data = kucoinData(body);
    if (!data.ok) return data;
    const sides = fieldsIn<"bids" | "asks" | "ts">(data.value);
    const at = { value: sides?.ts, read: timeNanosecondsIn };
    return bookIn({ bids: sides?.bids, asks: sides?.asks, at, levelIn: pairLevel }, instrument);
  },
};

/** A time sent in epoch ns, as epoch ms. */
const timeNanosecondsIn = (value: unknown, fault: Fault): number => Math.floor(timeMsIn(value, fault) / NANOSECONDS_PER_MS);

/** KuCoin USDT and USDC perpetuals. */
export const kucoin = defineAdapter<Tables>({
  id: "kucoin",
  facts: {
    id: "kucoin",
    name: "KuCoin",
    takerFee: {
      perpetual: { rate: 0.0006, source: "https://www.kucoin.com/vip/privilege", readOn: "2026-11-22" },
      // Of class A; the pairs of classes B and C send theirs.
      spot: { rate: 0.001, source: "https://www.kucoin.com/vip/privilege/fee", readOn: "2026-11-30" },
    },
    accrual: "settled",
    hasBulkBook: true,
    documentedCap: null,
  },
  docs: [
    `${MARKET}/get-all-symbols`,
    `${MARKET}/get-all-tickers`,
    `${MARKET}/get-part-orderbook`,
    `${DOCS}/rate-limit`,
    `${DOCS}/error-code`,
  ],
  hosts: ["api-futures.kucoin.com"],
  region: null,
  tradingPage: { url: (coin) => `https://www.kucoin.com/futures/trade/${coin}USDTM`, settle: "USDT", coins: { BTC: "XBT" } },
  budget: { weightPerMinute: 400, documentedLimit: `weight 2000 in 30 seconds per IP for public endpoints, ${DOCS}/rate-limit` },
  endpoints: {
    contractsActive: {
      ...hot,
      path: "/api/v1/contracts/active",
      weight: 3,
      maxBytes: 8_000_000,
      required: true,
      read: (body) => listBody(body),
    },
    allTickers: { ...hot, path: "/api/v1/allTickers", weight: 5, maxBytes: 4_000_000, required: false, read: (body) => listBody(body) },
  },
  errorIn: kucoinErrorIn,
  book,
  join,
});

function listBody<Field extends string>(body: unknown): Result<readonly WireRow<Field>[], VenueError> {
  const data = kucoinData(body);
  return data.ok ? listIn<Field>(data.value, "$.data") : data;
}

function join(tables: Fetches, _: number, names: NameBook): Result<Parsed, VenueError> {
  if (tables.contractsActive === undefined) return err({ kind: "empty", message: "expected a body of contracts, found none" });
  const rows = tables.contractsActive.table;
  const books =
    tables.allTickers === undefined ? null : rowsByName(tables.allTickers.table, "symbol", nameReader(names, "allTickers", parseName));
  const out = quoteWriter("kucoin", rows.length);
  const bookUnitBase = new Float64Array(rows.length);
  const write = rowWriter({ out, bookUnitBase }, tables, books);
  const readName = nameReader(names, "contractsActive", parseName);
  return joinRows({ rows, field: "symbol", readName, out, counterparts: books, write, bookUnitBase });
}

function rowWriter(
  { out, bookUnitBase }: { readonly out: QuoteWriter; readonly bookUnitBase: Float64Array },
  tables: Fetches,
  books: NamedRows<TickerField> | null,
): WriteRow<ContractField> {
  const fault: Fault = { raised: false };
  const contractsAtMs = tables.contractsActive?.receivedAtMs ?? Number.NaN;
  const booksAtMs = olderOf(contractsAtMs, tables.allTickers?.receivedAtMs ?? Number.NaN);
  return (known, row, { at }) => {
    const { name: symbol, parsed } = known;
    const refused = refusalOf(symbol, row) ?? misnamed(known, row);
    if (refused !== null || !parsed.ok) return refused;
    const ticker = books?.rowOf(known);
    const { multiplier } = parsed.value;
    fault.raised = false;
    const coinsPerLot = positiveIn(row.multiplier, fault) * multiplier;
    const mark = numberIn(row.markPrice, fault) / multiplier;
    const lots = positiveIn(row.lotSize, fault);
    const endsAtMs = timeMsIn(row.expireDate, fault);
    const configuredMs = positiveIn(row.fundingRateGranularity, fault);
    const currentMs = positiveIn(row.currentFundingRateGranularity, fault);
    bookUnitBase[at] = coinsPerLot;
    out.receivedAtMs[at] = ticker === undefined ? contractsAtMs : booksAtMs;
    out.multiplier[at] = multiplier;
    out.mark[at] = mark;
    out.index[at] = numberIn(row.indexPrice, fault) / multiplier;
    out.fundingRatePerInterval[at] = numberIn(row.fundingFeeRate, fault);
    out.fundingIntervalHours[at] = (Number.isNaN(currentMs) ? configuredMs : currentMs) / HOUR_MS;
    out.nextFundingAtMs[at] = timeMsIn(row.nextFundingRateDateTime, fault);
    out.lastSettledRatePerInterval[at] = numberIn(row.lastTimeFundingRate, fault);
    out.fundingCap[at] = numberIn(row.fundingRateCap, fault);
    out.fundingFloor[at] = numberIn(row.fundingRateFloor, fault);
    out.volume24hUsd[at] = numberIn(row.turnoverOf24h, fault);
    out.openInterestUsd[at] = numberIn(row.openInterest, fault) * coinsPerLot * mark;
    out.minOrderBase[at] = lots * coinsPerLot;
    out.lotBase[at] = lots * coinsPerLot;
    out.bid[at] = numberIn(ticker?.bestBidPrice, fault) / multiplier;
    out.ask[at] = numberIn(ticker?.bestAskPrice, fault) / multiplier;
    out.bidSizeBase[at] = numberIn(ticker?.bestBidSize, fault) * coinsPerLot;
    out.askSizeBase[at] = numberIn(ticker?.bestAskSize, fault) * coinsPerLot;
    if (fault.raised) return reject(symbol, "bad-field", `expected numbers, found ${shownFields([row, ticker])}`);
    const assetClass = isMissing(row.assetClass) ? null : (CLASSES.get(row.assetClass) ?? "other");
    closeRow(out, assetClass, Number.isNaN(endsAtMs) ? stateOf(row) : "delisting");
    return null;
  };
}

/** The one coin that has another name here. */
const BITCOIN = { asset: "BTC", multiplier: 1 };
const coinOf = (base: string): typeof BITCOIN => (base === "XBT" ? BITCOIN : splitMultiplier(base));
const nameOf = (symbol: string): NameParts => perpetualName(coinOf(symbol.slice(0, -5)), symbol.slice(-5, -1), symbol.slice(-5, -1));

/** `1000BONKUSDTM` → 1,000 BONK in USDT. */
function parseName(symbol: string): Result<NameParts, RejectReason> {
  if (!symbol.endsWith("M")) return err("bad-symbol");
  const name = nameOf(symbol);
  if (name.settle !== "USDT" && name.settle !== "USDC") return err("unsupported-settle");
  return name.asset === "" ? err("bad-symbol") : ok(name);
}

/** States that decide money: a value that KuCoin does not document is refused. */
function refusalOf(symbol: string, row: NonNullable<WireRow<ContractField>>): RejectedRow | null {
  const { type, isInverse, status, marketStage } = row;
  if (type === "FFICSX") return reject(symbol, "not-perpetual", foundIn(row));
  if (type !== "FFWCSX") return reject(symbol, "unknown-contract-type", `expected a documented type, ${foundIn(row)}`);
  if (isInverse === true) return reject(symbol, "not-linear", foundIn(row));
  if (isInverse !== false) return reject(symbol, "unknown-contract-type", `expected isInverse true or false, ${foundIn(row)}`);
  if (status === "Settled" || status === "Closed") return rejectDelisted(symbol, nameOf(symbol).symbol, foundIn(row));
  if (!isMissing(status) && !STATES.has(status)) return reject(symbol, "unknown-state", `expected a documented status, ${foundIn(row)}`);
  return isMissing(marketStage) || STAGES.has(marketStage)
    ? null
    : reject(symbol, "unknown-state", `expected a documented marketStage, ${foundIn(row)}`);
}

/** The fields that decide, for the detail of a refusal: made of few rows, so not beforehand. */
function foundIn({ type, isInverse, status, marketStage, baseCurrency, settleCurrency }: NonNullable<WireRow<ContractField>>): string {
  return `found ${shownFields({ type, isInverse, status, marketStage, baseCurrency, settleCurrency })}`;
}

/** What the row says of its currencies has to be what its name says. */
function misnamed({ name: symbol, parsed }: KnownName, row: NonNullable<WireRow<ContractField>>): RejectedRow | null {
  const { baseCurrency, settleCurrency } = row;
  if (!symbol.endsWith("M")) return reject(symbol, "bad-symbol", `expected a name that ends in M, ${foundIn(row)}`);
  const isSettledAsNamed = parsed.ok && (isMissing(settleCurrency) || settleCurrency === parsed.value.settle);
  if (!isSettledAsNamed && !(!parsed.ok && parsed.error === "bad-symbol")) {
    return reject(symbol, "unsupported-settle", `expected USDT or USDC, as in the name, ${foundIn(row)}`);
  }
  return !parsed.ok || (!isMissing(baseCurrency) && baseCurrency !== symbol.slice(0, -5))
    ? reject(symbol, "bad-symbol", `expected the coin of the name, ${foundIn(row)}`)
    : null;
}

const isMissing = (value: unknown): boolean => value === undefined || value === null;

/** Null where a field that would tell is absent. */
function stateOf({ status, marketStage }: NonNullable<WireRow<ContractField>>): TradingState | null {
  const state = STATES.get(status) ?? null;
  if (state !== "trading") return state;
  return STAGES.get(marketStage) ?? null;
}

/** `status`, `${MARKET}/get-all-symbols`. */
const STATES: ReadonlyMap<unknown, TradingState> = new Map([
  ["Open", "trading"],
  ["Init", "pre-market"],
  ["BeingSettled", "delisting"],
  ["Paused", "halted"],
  ["CancelOnly", "halted"],
]);

/** `marketStage`, same page. */
const STAGES: ReadonlyMap<unknown, TradingState> = new Map([
  ["NORMAL", "trading"],
  ["PRE_MARKET", "pre-market"],
]);

/** `assetClass`, same page; a class that is not listed here counts as `other`. */
const CLASSES: ReadonlyMap<unknown, AssetClass> = new Map([
  ["CRYPTO", "crypto"],
  ["METAL", "commodity"],
  ["COMMODITY", "commodity"],
  ["STOCK", "equity"],
]);

type RateField = "fundingFeeRate" | "fundingRateGranularity" | "currentFundingRateGranularity" | "nextFundingRateDateTime";
type CapField = "fundingRateCap" | "fundingRateFloor" | "lastTimeFundingRate";
type SizeField = "multiplier" | "lotSize" | "openInterest" | "turnoverOf24h" | "markPrice" | "indexPrice";
type StateField = "type" | "isInverse" | "status" | "marketStage" | "assetClass" | "expireDate";
type ContractField = "symbol" | "baseCurrency" | "settleCurrency" | RateField | CapField | SizeField | StateField;
type TickerField = "symbol" | "bestBidPrice" | "bestBidSize" | "bestAskPrice" | "bestAskSize";

type Tables = { contractsActive: readonly WireRow<ContractField>[]; allTickers: readonly WireRow<TickerField>[] };
type Fetches = { readonly [K in keyof Tables]?: Fetched<Tables[K]> | undefined };
