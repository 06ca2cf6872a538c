/**
 * MEXC Futures, REST v1.
 *
 * - `fundingRate` is the primary body (rate, interval, next time, caps, mark, index); `ticker` has bid, ask, volume and open
 *   interest. Both send mark, index and rate, never at the same instant: they are taken from `fundingRate` alone.
 * - Nothing in bulk says how much bid and ask hold, so crossing at a size is known from an order book only.
 * - Names are base + `_` + quote. Prices are per quoted unit of the name, amounts in contracts of `contractSize` units, which
 *   stands in `detail` alone. Open interest is taken as one side: which it is, is not documented.
 * - A contract that nobody trades stays in the lists with `lastPrice` 0 and an empty book.
 * - A ticker's `timestamp` is the last trade's; what that of a rate is the time of is not told: neither is taken.
 * - `type` stands in replies and not in the documents: 1 on coins, 2 on shares, metals and indices.
 * - Fees stand on each contract and move within days: the highest taker fee that was seen on a liquid one is in `facts`. A
 *   contract that costs more says so, one that costs less for a while is not taken at its word.
 * - The documents name the bulk form of `funding_rate` for one symbol only; without it, it lists all.
 */
import type { Book } from "../domain/book.ts";
import { badShape, type VenueError } from "../domain/error.ts";
import { type AssetClass, perpetualSymbol, splitMultiplier, type TradingState } from "../domain/instrument.ts";
import { type QuoteWriter, quoteWriter, type RejectedRow, type RejectReason } from "../domain/quote.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { MINUTE_MS } from "../domain/units.ts";
import { defineAdapter, type Fetched, type Parsed } from "./adapter.ts";
import { closeRow, joinRows, type NamedRows, rowsByName, type WriteRow } from "./join-rows.ts";
import { entryReader, type NameBook, nameReader, type NameParts, perpetualName } from "./name-book.ts";
import { bookIn, type BookInstrument, pairLevel } from "./wire-book.ts";
import {
  type Digested,
  dearerFeeIn,
  digestRows,
  type Fault,
  fieldsIn,
  flagIn,
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

const DOCS = "https://www.mexc.com/api-docs/futures";
const PAGES = ["get-funding-rate", "get-ticker-contract-market-data", "get-contract-info", "get-order-book-depth"];
const V1 = "/api/v1/contract";

const hot = { method: "GET", refreshMs: 0, weight: 1, maxBytes: 4_000_000 } as const;
const depth = { method: "GET", weight: 1, maxBytes: 200_000 } as const;

/** MEXC USDT and USDC perpetuals. */
export const mexc = defineAdapter<Tables>({
  id: "mexc",
  facts: {
    id: "mexc",
    name: "MEXC",
    takerFee: { perpetual: { rate: 0.0004, source: `${DOCS}/market-endpoints/get-contract-info`, readOn: "2026-11-30" }, spot: null },
    accrual: "settled",
    hasBulkBook: true,
    documentedCap: null,
  },
  docs: [...PAGES.map((page) => `${DOCS}/market-endpoints/${page}`), `${DOCS}/error-code`],
  hosts: ["api.mexc.com"],
  region: null,
  tradingPage: { url: (coin, quote) => `https://www.mexc.com/futures/${coin}_${quote}` },
  budget: {
    weightPerMinute: 60,
    documentedLimit: `20 requests in 2 seconds for rates and books, 10 for tickers and contracts, per IP, ${DOCS}/market-endpoints`,
  },
  endpoints: {
    fundingRate: { ...hot, path: `${V1}/funding_rate`, required: true, read: listBody },
    ticker: { ...hot, path: `${V1}/ticker`, required: false, read: listBody },
    detail: { ...hot, path: `${V1}/detail`, refreshMs: 30 * MINUTE_MS, maxBytes: 16_000_000, required: false, read: readDetail },
  },
  errorIn,
  book: { request: (symbol) => ({ ...depth, path: `${V1}/depth/${encodeURIComponent(symbol)}?limit=100` }), read: readBook },
  join,
});

function errorIn(body: unknown, status: number): VenueError | null {
  const envelope = fieldsIn<"success" | "code" | "message">(body);
  if (envelope?.success !== false) return null;
  const code = String(envelope.code);
  const message = `${code}: ${String(envelope.message)}`;
  if (TOO_MANY.has(code)) return { kind: "rate-limited", status, retryAfterMs: null, message };
  if (OUT_OF_ORDER.has(code)) return { kind: "server", status, retryAfterMs: null, message };
  return code === "403" || code === "511" ? { kind: "forbidden", status: 403, message } : { kind: "venue-error", code, message };
}

/** `${DOCS}/error-code`; other codes speak of what was asked. */
const TOO_MANY: ReadonlySet<string> = new Set(["429", "510"]);
const OUT_OF_ORDER: ReadonlySet<string> = new Set(["500", "501", "503", "504", "604", "801"]);

function dataIn(body: unknown): Result<unknown, VenueError> {
  const error = errorIn(body, 200);
  if (error !== null) return err(error);
  const envelope = fieldsIn<"success" | "data">(body);
  return envelope?.success === true ? ok(envelope.data) : err(badShape("$.success", "true", envelope === null ? body : envelope.success));
}

function listBody<Field extends string>(body: unknown): Result<readonly WireRow<Field>[], VenueError> {
  const data = dataIn(body);
  return data.ok ? listIn<Field>(data.value, "$.data") : data;
}

function readDetail(body: unknown): Result<Tables["detail"], VenueError> {
  const rows = listBody<ContractField>(body);
  return rows.ok ? ok(digestRows(rows.value, "symbol", readContract)) : rows;
}

/** Levels `[price, contracts, orders]`; `timestamp` is that of the snapshot. */
function readBook(body: unknown, instrument: BookInstrument): Result<Book, VenueError> {
  const data = dataIn(body);
  if (!data.ok) return data;
  const sides = fieldsIn<"bids" | "asks" | "timestamp">(data.value);
  const at = { value: sides?.timestamp, read: timeMsIn };
  return bookIn({ bids: sides?.bids, asks: sides?.asks, at, levelIn: pairLevel }, instrument);
}

function join(tables: Fetches, _: number, names: NameBook): Result<Parsed, VenueError> {
  if (tables.fundingRate === undefined) return err({ kind: "empty", message: "expected a body of fundingRate, found none" });
  const rows = tables.fundingRate.table;
  const tickers = tables.ticker === undefined ? null : rowsByName(tables.ticker.table, "symbol", nameReader(names, "ticker", parseName));
  const out = quoteWriter("mexc", rows.length);
  const bookUnitBase = new Float64Array(rows.length);
  const write = rowWriter({ out, bookUnitBase, names }, tables, tickers);
  const readName = nameReader(names, "fundingRate", parseName);
  return joinRows({ rows, field: "symbol", readName, out, counterparts: tickers, write, bookUnitBase });
}

type Target = { readonly out: QuoteWriter; readonly bookUnitBase: Float64Array; readonly names: NameBook };

function rowWriter({ out, bookUnitBase, names }: Target, tables: Fetches, tickers: NamedRows<TickerField> | null): WriteRow<RateField> {
  const fault: Fault = { raised: false };
  const contractOf = entryReader(names, tables.detail?.table);
  const ratesAtMs = tables.fundingRate?.receivedAtMs ?? Number.NaN;
  const tickersAtMs = olderOf(ratesAtMs, tables.ticker?.receivedAtMs ?? Number.NaN);
  return (known, row, { at }) => {
    const { name: symbol, parsed } = known;
    if (!parsed.ok) return reject(symbol, parsed.error, "expected the name of a linear perpetual: BASE_USDT or BASE_USDC");
    const contract = contractOf(known);
    if (contract !== undefined && contract.refusal !== null) return contract.refusal;
    const ticker = tickers?.rowOf(known);
    const { multiplier } = parsed.value;
    fault.raised = contract?.faulty === true;
    const coinsPerContract = (contract?.contractSize ?? Number.NaN) * multiplier;
    const mark = numberIn(row.fairPrice, fault) / multiplier;
    bookUnitBase[at] = coinsPerContract;
    out.receivedAtMs[at] = ticker === undefined ? ratesAtMs : tickersAtMs;
    out.multiplier[at] = multiplier;
    out.mark[at] = mark;
    out.index[at] = numberIn(row.idxPrice, fault) / multiplier;
    out.fundingRatePerInterval[at] = numberIn(row.fundingRate, fault);
    out.fundingIntervalHours[at] = positiveIn(row.collectCycle, fault);
    out.nextFundingAtMs[at] = timeMsIn(row.nextSettleTime, fault);
    out.fundingCap[at] = numberIn(row.maxFundingRate, fault);
    out.fundingFloor[at] = numberIn(row.minFundingRate, fault);
    out.bid[at] = numberIn(ticker?.bid1, fault) / multiplier;
    out.ask[at] = numberIn(ticker?.ask1, fault) / multiplier;
    out.volume24hUsd[at] = numberIn(ticker?.amount24, fault);
    out.openInterestUsd[at] = numberIn(ticker?.holdVol, fault) * coinsPerContract * mark;
    out.takerFeeRate[at] = contract?.takerFeeRate ?? Number.NaN;
    out.minOrderBase[at] = (contract?.minVol ?? Number.NaN) * coinsPerContract;
    out.lotBase[at] = (contract?.volUnit ?? Number.NaN) * coinsPerContract;
    if (fault.raised) return reject(symbol, "bad-field", `expected numbers, found ${shownFields([row, ticker, contract])}`);
    closeRow(out, contract?.assetClass ?? null, contract?.state ?? null);
    return null;
  };
}

/** `1000000BABYDOGE_USDT` → 1,000,000 BABYDOGE in USDT. Contracts in USD are settled in the coin. */
function parseName(symbol: string): Result<NameParts, RejectReason> {
  const [base, quote, more] = symbol.split("_");
  if (base === undefined || base === "" || quote === undefined || more !== undefined) return err("bad-symbol");
  if (quote === "USD") return err("not-linear");
  return quote === "USDT" || quote === "USDC" ? ok(perpetualName(splitMultiplier(base), quote, quote)) : err("unsupported-settle");
}

function readContract(row: NonNullable<WireRow<ContractField>>, fault: Fault, symbol: string): Contract {
  const isHidden = flagIn(row.isHidden, fault);
  const apiAllowed = flagIn(row.apiAllowed, fault);
  const preMarket = flagIn(row.preMarket, fault);
  const state = STATES.get(row.state) ?? null;
  const open = preMarket === true ? "pre-market" : isHidden === true || apiAllowed === false ? "halted" : state;
  const untold = row.futureType === undefined || isHidden === null || apiAllowed === null;
  return {
    refusal: refusalOf(symbol, row),
    state: state !== "trading" ? state : untold && open === "trading" ? null : open,
    assetClass: row.type === undefined || row.type === null ? null : row.type === 1 ? "crypto" : "other",
    contractSize: positiveIn(row.contractSize, fault),
    minVol: positiveIn(row.minVol, fault),
    volUnit: positiveIn(row.volUnit, fault),
    takerFeeRate: dearerFeeIn(numberIn(row.takerFeeRate, fault), mexc.facts.takerFee.perpetual, fault),
  };
}

/** States that decide money: a value that MEXC does not document is refused. */
function refusalOf(symbol: string, row: NonNullable<WireRow<ContractField>>): RejectedRow | null {
  const { state, futureType, quoteCoin, settleCoin } = row;
  const found = `found ${shownFields({ state, futureType, quoteCoin, settleCoin })}`;
  const [base = "", quote = ""] = symbol.split("_");
  if (futureType === 2) return reject(symbol, "not-perpetual", found);
  if (futureType !== undefined && futureType !== 1) {
    return reject(symbol, "unknown-contract-type", `expected futureType 1 or 2, ${found}`);
  }
  if (state === 2 || state === 3) return rejectDelisted(symbol, perpetualSymbol(splitMultiplier(base).asset, quote, quote), found);
  if (!STATES.has(state)) return reject(symbol, "unknown-state", `expected a documented state, ${found}`);
  if (settleCoin !== quote) return reject(symbol, "not-linear", `expected to settle in ${quote}, ${found}`);
  return quoteCoin === undefined || quoteCoin === quote ? null : reject(symbol, "bad-symbol", `expected the quote of the name, ${found}`);
}

/** `state`, `${DOCS}/market-endpoints/get-contract-info`; 2 is completed, 3 offline. Hidden, or closed to the API: halted too. */
const STATES: ReadonlyMap<unknown, TradingState> = new Map([
  [0, "trading"],
  [1, "delisting"],
  [4, "halted"],
]);

type RateField =
  | "symbol"
  | "fundingRate"
  | "collectCycle"
  | "nextSettleTime"
  | "maxFundingRate"
  | "minFundingRate"
  | "fairPrice"
  | "idxPrice";
type TickerField = "symbol" | "bid1" | "ask1" | "amount24" | "holdVol";
type StateField = "state" | "futureType" | "type" | "isHidden" | "apiAllowed" | "preMarket";
type ContractField = "symbol" | "quoteCoin" | "settleCoin" | StateField | keyof Lot;

type Lot = { readonly contractSize: number; readonly minVol: number; readonly volUnit: number; readonly takerFeeRate: number };
type Contract = Lot & { readonly refusal: RejectedRow | null; readonly state: TradingState | null; readonly assetClass: AssetClass | null };
type Tables = {
  fundingRate: readonly WireRow<RateField>[];
  ticker: readonly WireRow<TickerField>[];
  detail: Map<string, Digested<Contract>>;
};
type Fetches = { readonly [K in keyof Tables]?: Fetched<Tables[K]> | undefined };
