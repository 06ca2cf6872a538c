/**
 * Kraken Futures, multi-collateral perpetuals (`PF_`), REST `/derivatives/api/v3`.
 *
 * - `fundingRate` is what one coin pays in USD for the current hour, not a fraction; so is `fundingRatePrediction`, that of
 *   the next. Here it is divided by the mark price, since a leg's notional is its coins at this venue's own price. ccxt
 *   divides by the same; Kraken's own relative rate is probably by the index (not confirmed). The two differ by the basis:
 *   less than a hundredth of the rate where the basis is under a percent. Without a mark there is no rate. The cap is wide
 *   enough for either: a rate cut at the cap of the index is no rate beyond it because the mark is lower.
 * - Paid at each full hour; no time is sent, the schedule is documented.
 * - One contract is one coin, as `contractSize` says. XBT is BTC. `PI_` are inverse, `FF_` and `FI_` dated, `in_` and `rr_`
 *   indices. Numbers are JSON numbers, times ISO text; `lastTime` is that of the last trade, `serverTime` that of the reply.
 * - A contract in `postOnly` takes orders and makes no trades.
 * - `tradfi` of `instruments` tells shares from coins; a recorded sample of 2025 lacks it, and then the class is not known.
 * - Not found out: whether open interest counts one side (taken as one), and a request limit for public data.
 */
import type { VenueError } from "../domain/error.ts";
import type { AssetClass, TradingState } from "../domain/instrument.ts";
import { type QuoteWriter, quoteWriter, type RejectedRow, type RejectReason } from "../domain/quote.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { HOUR_MS, MINUTE_MS } from "../domain/units.ts";
import { defineAdapter, type Fetched, type Parsed } from "./adapter.ts";
import { closeRow, joinRows, type WriteRow } from "./join-rows.ts";
import { entryReader, type NameBook, nameReader, type NameParts, perpetualName } from "./name-book.ts";
import {
  type Digested,
  digestRows,
  type Fault,
  fieldsIn,
  flagIn,
  listIn,
  numberIn,
  positiveIn,
  reject,
  shownFields,
  timeIsoIn,
  type WireRow,
} from "./wire.ts";
import { bookIn, pairLevel } from "./wire-book.ts";

const DOCS = "https://docs.kraken.com/api/docs/futures-api/trading";
const SPECIFICATIONS =
  "https://support.kraken.com/hc/en-us/articles/4844359082772-Linear-Multi-Collateral-Perpetual-Contract-Specifications";

/** Settled at the end of each hour: `SPECIFICATIONS`, read 2026-11-22. */
const INTERVAL_HOURS = 1;

/** Kraken's linear perpetuals. */
export const krakenfutures = defineAdapter<Tables>({
  id: "krakenfutures",
  facts: {
    id: "krakenfutures",
    name: "Kraken Futures",
    takerFee: {
      perpetual: { rate: 0.0005, source: "https://www.kraken.com/features/fee-schedule#futures", readOn: "2026-11-22" },
      spot: null,
    },
    accrual: "settled",
    hasBulkBook: true,
    documentedCap: null,
  },
  docs: [`${DOCS}/get-tickers`, `${DOCS}/get-instruments`, `${DOCS}/get-orderbook`, SPECIFICATIONS],
  hosts: ["futures.kraken.com"],
  region: null,
  budget: {
    weightPerMinute: 100,
    documentedLimit: "none for public data; 500 tokens in 10 s for the rest, https://docs.kraken.com/api/docs/guides/futures-rate-limits",
  },
  endpoints: {
    tickers: {
      method: "GET",
      path: "/derivatives/api/v3/tickers",
      refreshMs: 0,
      weight: 1,
      maxBytes: 2_000_000,
      required: true,
      read: readTickers,
    },
    instruments: {
      method: "GET",
      path: "/derivatives/api/v3/instruments",
      refreshMs: 30 * MINUTE_MS,
      weight: 1,
      maxBytes: 6_000_000,
      required: false,
      read: readInstruments,
    },
  },
  errorIn,
  book: {
    // All levels; there is no limit to ask for.
    request: (symbol) => ({
      method: "GET",
      path: `/derivatives/api/v3/orderbook?symbol=${encodeURIComponent(symbol)}`,
      weight: 1,
      maxBytes: 1_000_000,
    }),
    read: (body, instrument) => {
      const error = errorIn(body, 200);
      if (error !== null) return err(error);
      const book = fieldsIn<"bids" | "asks">(fieldsIn<"orderBook">(body)?.orderBook);
      return bookIn({ bids: book?.bids, asks: book?.asks, levelIn: pairLevel }, instrument);
    },
  },
  join,
});

/** `{result: "error", error}`, also with HTTP 200. */
function errorIn(body: unknown, status: number): VenueError | null {
  const envelope = fieldsIn<"result" | "error">(body);
  if (envelope?.result !== "error") return null;
  const code = typeof envelope.error === "string" ? envelope.error : shownFields(envelope.error);
  if (code === "apiLimitExceeded" || status === 429) return { kind: "rate-limited", status, retryAfterMs: null, message: code };
  if (code.toLowerCase() === "unavailable") return { kind: "server", status, retryAfterMs: null, message: code };
  return { kind: "venue-error", code, message: code };
}

function readTickers(body: unknown): Result<Tickers, VenueError> {
  const error = errorIn(body, 200);
  if (error !== null) return err(error);
  const envelope = fieldsIn<"tickers" | "serverTime">(body);
  const rows = listIn<TickerField>(envelope?.tickers, "$.tickers");
  return rows.ok ? ok({ rows: rows.value, serverTime: envelope?.serverTime }) : rows;
}

function readInstruments(body: unknown): Result<Tables["instruments"], VenueError> {
  const error = errorIn(body, 200);
  if (error !== null) return err(error);
  const list = listIn<InstrumentField>(fieldsIn<"instruments">(body)?.instruments, "$.instruments");
  return list.ok ? ok(digestRows(list.value, "symbol", readInstrument)) : list;
}

function readInstrument(row: NonNullable<WireRow<InstrumentField>>, fault: Fault, symbol: string): Instrument {
  const tradeable = flagIn(row.tradeable, fault);
  const tradfi = flagIn(row.tradfi, fault);
  // A perpetual that has a last day is one whose end was announced.
  const ends = timeIsoIn(row.lastTradingTime, fault);
  return {
    refusal:
      row.type === "flexible_futures"
        ? null
        : reject(symbol, "unknown-contract-type", `expected type flexible_futures, found ${shownFields(row.type)}`),
    state: tradeable === null ? null : !tradeable ? "halted" : Number.isNaN(ends) ? "trading" : "delisting",
    assetClass: tradfi === null ? null : tradfi ? "other" : "crypto",
    contractSize: positiveIn(row.contractSize, fault),
    cap: numberIn(row.maxRelativeFundingRate, fault),
    lotPlaces: numberIn(row.contractValueTradePrecision, fault),
  };
}

function join(tables: Fetches, nowMs: number, names: NameBook): Result<Parsed, VenueError> {
  const fetched = tables.tickers;
  if (fetched === undefined) return err({ kind: "empty", message: "expected a body of tickers, found none" });
  const { rows } = fetched.table;
  const out = quoteWriter("krakenfutures", rows.length);
  const bookUnitBase = new Float64Array(rows.length);
  const readName = nameReader(names, "tickers", parseName);
  const write = rowWriter(out, tables, { names, nowMs, bookUnitBase });
  return joinRows({ rows, field: "symbol", readName, out, bookUnitBase, write });
}

type Reading = { readonly names: NameBook; readonly nowMs: number; readonly bookUnitBase: Float64Array };

function rowWriter(out: QuoteWriter, tables: Fetches, { names, nowMs, bookUnitBase }: Reading): WriteRow<TickerField> {
  const instruments = entryReader(names, tables.instruments?.table);
  const fault: Fault = { raised: false };
  const stamp: Fault = { raised: false };
  const replyAtMs = timeIsoIn(tables.tickers?.table.serverTime, stamp);
  const receivedAtMs = tables.tickers?.receivedAtMs ?? Number.NaN;
  const nextFundingAtMs = (Math.floor(nowMs / HOUR_MS) + 1) * HOUR_MS;
  return (known, row, { at }) => {
    const { name: symbol, parsed } = known;
    if (!parsed.ok) return reject(symbol, parsed.error, "expected the name of a linear perpetual: PF_ + coin + USD");
    if (row.tag !== "perpetual") return reject(symbol, "unknown-contract-type", `expected tag perpetual, found ${shownFields(row.tag)}`);
    const instrument = instruments(known);
    if (instrument !== undefined && instrument.refusal !== null) return instrument.refusal;
    fault.raised = stamp.raised || instrument?.faulty === true;
    const contractSize = instrument?.contractSize ?? Number.NaN;
    const mark = numberIn(row.markPrice, fault);
    const index = numberIn(row.indexPrice, fault);
    const suspended = flagIn(row.suspended, fault);
    const postOnly = flagIn(row.postOnly, fault);
    out.receivedAtMs[at] = receivedAtMs;
    out.replyAtMs[at] = replyAtMs;
    out.multiplier[at] = 1;
    out.bid[at] = numberIn(row.bid, fault);
    out.ask[at] = numberIn(row.ask, fault);
    out.bidSizeBase[at] = numberIn(row.bidSize, fault) * contractSize;
    out.askSizeBase[at] = numberIn(row.askSize, fault) * contractSize;
    out.mark[at] = mark;
    out.index[at] = index;
    // USD a coin and hour → fraction of the notional an hour.
    out.fundingRatePerInterval[at] = mark > 0 ? numberIn(row.fundingRate, fault) / mark : Number.NaN;
    out.fundingIntervalHours[at] = INTERVAL_HOURS;
    out.nextFundingAtMs[at] = nextFundingAtMs;
    out.fundingCap[at] = mark > 0 ? (instrument?.cap ?? Number.NaN) * Math.max(1, index / mark) : Number.NaN;
    out.volume24hUsd[at] = numberIn(row.volumeQuote, fault);
    out.openInterestUsd[at] = numberIn(row.openInterest, fault) * contractSize * mark;
    out.lotBase[at] = 10 ** -(instrument?.lotPlaces ?? Number.NaN) * contractSize;
    out.minOrderBase[at] = out.lotBase[at] ?? Number.NaN;
    bookUnitBase[at] = contractSize;
    if (fault.raised) return reject(symbol, "bad-field", `expected numbers, flags and times, found ${shownFields([row, instrument])}`);
    closeRow(out, instrument?.assetClass ?? null, stateOf({ suspended, postOnly, listed: instrument?.state ?? null }));
    return null;
  };
}

type Flags = { readonly suspended: boolean | null; readonly postOnly: boolean | null; readonly listed: TradingState | null };

/** Halted where anything says so; known to trade only where the ticker and the metadata say so. */
function stateOf({ suspended, postOnly, listed }: Flags): TradingState | null {
  if (suspended === true || postOnly === true) return "halted";
  return suspended === null || postOnly === null ? null : listed;
}

/** `PF_XBTUSD` → BTC in USD. */
function parseName(symbol: string): Result<NameParts, RejectReason> {
  const at = symbol.indexOf("_");
  const refused = at < 0 ? "bad-symbol" : REFUSED.get(symbol.slice(0, at).toLowerCase());
  if (refused !== undefined) return err(refused);
  const coin = symbol.startsWith("PF_") && symbol.endsWith("USD") ? symbol.slice(3, -3) : "";
  if (coin === "") return err("bad-symbol");
  return ok(perpetualName({ asset: coin === "XBT" ? "BTC" : coin, multiplier: 1 }, "USD", "USD"));
}

/** What else stands among the tickers, by the letters in front. */
const REFUSED: ReadonlyMap<string, RejectReason> = new Map([
  ["pi", "not-linear"],
  ["fi", "not-perpetual"],
  ["ff", "not-perpetual"],
  ["in", "not-an-instrument"],
  ["rr", "not-an-instrument"],
]);

type TickerField =
  | "symbol"
  | "tag"
  | "markPrice"
  | "indexPrice"
  | "bid"
  | "bidSize"
  | "ask"
  | "askSize"
  | "volumeQuote"
  | "openInterest"
  | "fundingRate"
  | "suspended"
  | "postOnly";
type InstrumentField =
  | "symbol"
  | "type"
  | "tradeable"
  | "tradfi"
  | "lastTradingTime"
  | "contractSize"
  | "maxRelativeFundingRate"
  | "contractValueTradePrecision";

type Instrument = {
  readonly refusal: RejectedRow | null;
  readonly state: TradingState | null;
  readonly assetClass: AssetClass | null;
  readonly contractSize: number;
  readonly cap: number;
  readonly lotPlaces: number;
};
type Tickers = { readonly rows: readonly WireRow<TickerField>[]; readonly serverTime: unknown };
type Tables = { tickers: Tickers; instruments: Map<string, Digested<Instrument>> };
type Fetches = { readonly [K in keyof Tables]?: Fetched<Tables[K]> | undefined };
