/**
 * OKX v5, instType SWAP.
 *
 * - `fundingRate` makes the rows: for `instId=ANY` it answers with every swap and, as instType FUTURES, X-Perps, which are
 *   dated. `fundingTime` is the next settlement, `nextFundingTime` the one after it, `settFundingRate` the last settled.
 * - Every figure is a string; `""` is "not sent", `0` is a value but in times. Times are epoch ms.
 * - Prices are per coin; sizes are in contracts of `ctVal` × `ctMult` coins, so they are missing until `instruments` is read.
 *   `volCcy24h` of a swap is in coins. `category` of an instrument is a fee group; `instCategory` says what it is.
 * - `oiUsd` is taken as one side: which it is, is not documented; on 2026-09-11 BTC had as much as on Bybit one-sided.
 * - A ticker's `ts` is when it was made, a funding rate's `ts` when it was returned. `expTime` of a swap is its announced end.
 */
import type { VenueError } from "../domain/error.ts";
import { type AssetClass, perpetualSymbol, splitMultiplier, type TradingState } from "../domain/instrument.ts";
import { type QuoteWriter, quoteWriter, type RejectedRow, type RejectReason } from "../domain/quote.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { HOUR_MS, MINUTE_MS } from "../domain/units.ts";
import { defineAdapter, type Fetched, type Parsed } from "./adapter.ts";
import { joinRows, type NamedRows, closeRow, rowsByName, type WriteRow } from "./join-rows.ts";
import { type EntryReader, entryReader, type NameBook, nameReader, type NameParts, perpetualName } from "./name-book.ts";
import { OKX_DOCS as DOCS, okxBook, okxErrorIn, okxList } from "./okx-wire.ts";
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

const PUBLIC = "/api/v5/public";

/** Regular users, level 1. */
const FEES = { source: "https://www.okx.com/fees", readOn: "2026-11-22" } as const;

const hot = { method: "GET", refreshMs: 0, weight: 1, maxBytes: 4_000_000 } as const;
const slow = { ...hot, maxBytes: 8_000_000, required: false } as const;

/** OKX USDT and USDC perpetuals. */
export const okx = defineAdapter<Tables>({
  id: "okx",
  facts: {
    id: "okx",
    name: "OKX",
    takerFee: { perpetual: { rate: 0.0005, ...FEES }, spot: { rate: 0.001, ...FEES } },
    accrual: "settled",
    hasBulkBook: true,
    documentedCap: null,
  },
  docs: [
    `${DOCS}#public-data-rest-api-get-funding-rate`,
    `${DOCS}#order-book-trading-market-data-get-tickers`,
    `${DOCS}#public-data-rest-api-get-mark-price`,
    `${DOCS}#public-data-rest-api-get-open-interest`,
    `${DOCS}#public-data-rest-api-get-instruments`,
    `${DOCS}#error-code`,
  ],
  hosts: ["www.okx.com", "openapi.okx.com"],
  region: null,
  tradingPage: { url: (coin) => `https://www.okx.com/trade-swap/${coin.toLowerCase()}-usdt-swap`, settle: "USDT" },
  budget: { weightPerMinute: 120, documentedLimit: `10 requests in 2 seconds and more, for each endpoint and IP, ${DOCS}` },
  endpoints: {
    fundingRate: { ...hot, path: `${PUBLIC}/funding-rate?instId=ANY`, required: true, read: (body) => okxList(body) },
    tickers: { ...hot, path: "/api/v5/market/tickers?instType=SWAP", required: false, read: (body) => okxList(body) },
    markPrice: { ...hot, path: `${PUBLIC}/mark-price?instType=SWAP`, required: false, read: (body) => okxList(body) },
    openInterest: { ...slow, refreshMs: 5 * MINUTE_MS, path: `${PUBLIC}/open-interest?instType=SWAP`, read: readInterest },
    instruments: { ...slow, refreshMs: 30 * MINUTE_MS, path: `${PUBLIC}/instruments?instType=SWAP`, read: readInstruments },
  },
  errorIn: okxErrorIn,
  book: okxBook,
  join,
});

function readInterest(body: unknown): Result<Tables["openInterest"], VenueError> {
  const list = okxList<"instId" | "oiUsd">(body);
  return list.ok ? ok(digestRows(list.value, "instId", (row, fault) => ({ value: numberIn(row.oiUsd, fault) }))) : list;
}

function readInstruments(body: unknown): Result<Tables["instruments"], VenueError> {
  const list = okxList<InstrumentField>(body);
  return list.ok ? ok(digestRows(list.value, "instId", readInstrument)) : list;
}

function join(tables: Fetches, _: number, names: NameBook): Result<Parsed, VenueError> {
  if (tables.fundingRate === undefined) return err({ kind: "empty", message: "expected a body of funding rates, found none" });
  const rows = tables.fundingRate.table;
  const books = tables.tickers === undefined ? null : rowsByName(tables.tickers.table, "instId", nameReader(names, "tickers", parseName));
  const out = quoteWriter("okx", rows.length);
  const bookUnitBase = new Float64Array(rows.length);
  const marks =
    tables.markPrice === undefined ? null : rowsByName(tables.markPrice.table, "instId", nameReader(names, "markPrice", parseName));
  const joined = {
    books,
    marks,
    doubtful: namesTwice(marks?.rejected ?? []),
    instruments: entryReader(names, tables.instruments?.table),
    interests: entryReader(names, tables.openInterest?.table),
  };
  const write = rowWriter({ out, bookUnitBase }, tables, joined);
  const readName = nameReader(names, "fundingRate", parseName);
  return joinRows({ rows, field: "instId", readName, out, counterparts: books, write, bookUnitBase });
}

function rowWriter(
  { out, bookUnitBase }: { readonly out: QuoteWriter; readonly bookUnitBase: Float64Array },
  tables: Fetches,
  { books, marks, doubtful, instruments, interests }: Joined,
): WriteRow<FundingField> {
  const fault: Fault = { raised: false };
  const ratesAtMs = tables.fundingRate?.receivedAtMs ?? Number.NaN;
  const booksAtMs = olderOf(ratesAtMs, tables.tickers?.receivedAtMs ?? Number.NaN);
  const marksAtMs = tables.markPrice?.receivedAtMs ?? Number.NaN;
  return (known, row, { at }) => {
    const { name: symbol } = known;
    const parsed = row.instType === "SWAP" ? known.parsed : err(reasonOf(row.instType));
    if (!parsed.ok)
      return reject(symbol, parsed.error, `expected a swap BASE-QUOTE-SWAP settled in USDT or USDC, found ${shownFields(row)}`);
    const instrument = instruments(known);
    if (instrument !== undefined && instrument.refusal !== null) return instrument.refusal;
    const ticker = books?.rowOf(known);
    const mark = marks?.rowOf(known);
    const interest = interests(known);
    const { multiplier } = parsed.value;
    fault.raised = instrument?.faulty === true || interest?.faulty === true || (doubtful.size > 0 && doubtful.has(symbol));
    const coinsPerContract = (instrument?.contractSize ?? Number.NaN) * multiplier;
    const fundingTime = timeMsIn(row.fundingTime, fault);
    const rowAtMs = ticker === undefined ? ratesAtMs : booksAtMs;
    bookUnitBase[at] = coinsPerContract;
    out.receivedAtMs[at] = mark === undefined ? rowAtMs : olderOf(rowAtMs, marksAtMs);
    out.replyAtMs[at] = timeMsIn(row.ts, fault);
    out.eventAtMs[at] = timeMsIn(ticker?.ts, fault);
    out.multiplier[at] = multiplier;
    out.bid[at] = numberIn(ticker?.bidPx, fault) / multiplier;
    out.ask[at] = numberIn(ticker?.askPx, fault) / multiplier;
    out.bidSizeBase[at] = numberIn(ticker?.bidSz, fault) * coinsPerContract;
    out.askSizeBase[at] = numberIn(ticker?.askSz, fault) * coinsPerContract;
    out.mark[at] = numberIn(mark?.markPx, fault) / multiplier;
    out.fundingRatePerInterval[at] = numberIn(row.fundingRate, fault);
    out.fundingIntervalHours[at] = intervalMs(row, fundingTime, fault) / HOUR_MS;
    out.nextFundingAtMs[at] = fundingTime;
    out.lastSettledRatePerInterval[at] = numberIn(row.settFundingRate, fault);
    out.fundingCap[at] = numberIn(row.maxFundingRate, fault);
    out.fundingFloor[at] = numberIn(row.minFundingRate, fault);
    out.volume24hUsd[at] = numberIn(ticker?.volCcy24h, fault) * numberIn(ticker?.last, fault);
    out.openInterestUsd[at] = interest?.value ?? Number.NaN;
    out.minOrderBase[at] = (instrument?.minSz ?? Number.NaN) * coinsPerContract;
    out.lotBase[at] = (instrument?.lotSz ?? Number.NaN) * coinsPerContract;
    if (fault.raised)
      return reject(symbol, "bad-field", `expected numbers, found ${shownFields([row, ticker, mark, interest, instrument])}`);
    closeRow(out, instrument?.assetClass ?? null, instrument?.state ?? null);
    return null;
  };
}

/** The names that come twice in a body: it cannot be told which row holds. */
const namesTwice = (rejected: readonly RejectedRow[]): ReadonlySet<string> =>
  new Set(rejected.flatMap(({ symbol, reason }) => (reason === "duplicate-symbol" ? [symbol] : [])));

/** From the next settlement to the one after it; where that is not sent, from the last one to the next. */
function intervalMs(row: NonNullable<WireRow<FundingField>>, fundingTime: number, fault: Fault): number {
  const afterNext = timeMsIn(row.nextFundingTime, fault);
  const last = timeMsIn(row.prevFundingTime, fault);
  const interval = Number.isNaN(afterNext) ? fundingTime - last : afterNext - fundingTime;
  if (interval < 1) fault.raised = true;
  return interval;
}

/** `BTC-USDT-SWAP` → BTC in USDT. */
function parseName(symbol: string): Result<NameParts, RejectReason> {
  const [base, quote, swap, more] = symbol.split("-");
  if (base === undefined || base === "" || swap !== "SWAP" || more !== undefined) return err("bad-symbol");
  if (quote === "USD") return err("not-linear");
  return quote === "USDT" || quote === "USDC" ? ok(perpetualName(splitMultiplier(base), quote, quote)) : err("unsupported-settle");
}

/** Why a row that is no swap is refused. */
const reasonOf = (instType: unknown): RejectReason => (OTHER_TYPES.has(instType) ? "not-perpetual" : "unknown-contract-type");

const OTHER_TYPES: ReadonlySet<unknown> = new Set(["FUTURES", "OPTION", "MARGIN", "SPOT"]);

function readInstrument(row: NonNullable<WireRow<InstrumentField>>, fault: Fault, symbol: string): Instrument {
  const expTime = timeMsIn(row.expTime, fault);
  const category = textIn(row.instCategory, fault);
  const state = Number.isNaN(expTime) ? STATES.get(row.state) : "delisting";
  return {
    refusal: refusalOf(symbol, row),
    state: state === "trading" && row.ruleType === "pre_market" ? "pre-market" : (state ?? null),
    assetClass: category === null || category === "" ? null : (CLASSES.get(category) ?? "other"),
    contractSize: positiveIn(row.ctVal, fault) * positiveIn(row.ctMult, fault),
    minSz: positiveIn(row.minSz, fault),
    lotSz: positiveIn(row.lotSz, fault),
  };
}

function refusalOf(symbol: string, row: NonNullable<WireRow<InstrumentField>>): RejectedRow | null {
  const { ctType, state, ruleType, settleCcy, instFamily, ctValCcy } = row;
  const found = `found ${shownFields({ ctType, state, ruleType, settleCcy, instFamily, ctValCcy })}`;
  if (ctType === "inverse") return reject(symbol, "not-linear", found);
  if (ctType !== "linear") return reject(symbol, "unknown-contract-type", `expected ctType linear or inverse, ${found}`);
  if (ruleType === "xperp") return reject(symbol, "not-perpetual", found);
  if (!RULES.has(ruleType)) return reject(symbol, "unknown-contract-type", `expected a documented ruleType, ${found}`);
  const [base = "", quote = ""] = symbol.split("-");
  if (state === "expired") return rejectDelisted(symbol, perpetualSymbol(splitMultiplier(base).asset, quote, quote), found);
  if (state === "test") return reject(symbol, "not-an-instrument", found);
  if (!STATES.has(state)) return reject(symbol, "unknown-state", `expected a documented state, ${found}`);
  if (settleCcy !== quote) return reject(symbol, "unsupported-settle", `expected the name's currency, ${found}`);
  if (instFamily === `${base}-${quote}` && ctValCcy === base) return null;
  return reject(symbol, "bad-symbol", `expected the name's coin as family and as unit of the contract, ${found}`);
}

/** `${DOCS}#public-data-rest-api-get-instruments`. In `post_only` nothing can be taken from the book. */
const STATES: ReadonlyMap<unknown, TradingState> = new Map([
  ["live", "trading"],
  ["preopen", "pre-market"],
  ["suspend", "halted"],
  ["rebase", "halted"],
  ["post_only", "halted"],
  ["settling", "halted"],
]);

const RULES: ReadonlySet<unknown> = new Set(["normal", "pre_market", "rebase_contract"]);

/** `instCategory`, same page; bonds, and what is not listed here, count as `other`. Share indices stand under shares. */
const CLASSES: ReadonlyMap<string, AssetClass> = new Map([
  ["1", "crypto"],
  ["3", "equity"],
  ["4", "commodity"],
  ["5", "forex"],
]);

type TimeField = "fundingTime" | "nextFundingTime" | "prevFundingTime" | "ts";
type FundingField = "instId" | "instType" | "fundingRate" | "settFundingRate" | "minFundingRate" | "maxFundingRate" | TimeField;
type TickerField = "instId" | "bidPx" | "bidSz" | "askPx" | "askSz" | "last" | "volCcy24h" | "ts";
type KindField = "ctType" | "state" | "ruleType" | "instCategory" | "expTime" | "instFamily" | "settleCcy";
type InstrumentField = "instId" | KindField | "ctVal" | "ctMult" | "ctValCcy" | "minSz" | "lotSz";

type MarkField = "instId" | "markPx";
type Instrument = {
  readonly refusal: RejectedRow | null;
  readonly state: TradingState | null;
  readonly assetClass: AssetClass | null;
  /** Coins in one contract, in the name's own unit. */
  readonly contractSize: number;
  readonly minSz: number;
  readonly lotSz: number;
};
type Tables = {
  fundingRate: readonly WireRow<FundingField>[];
  tickers: readonly WireRow<TickerField>[];
  markPrice: readonly WireRow<MarkField>[];
  openInterest: ReadonlyMap<string, Digested<{ readonly value: number }>>;
  instruments: ReadonlyMap<string, Digested<Instrument>>;
};
/** What is joined by number of the name. */
type Joined = {
  readonly books: NamedRows<TickerField> | null;
  readonly marks: NamedRows<MarkField> | null;
  /** Names that come twice among the mark prices. */
  readonly doubtful: ReadonlySet<string>;
  readonly instruments: EntryReader<Digested<Instrument>>;
  readonly interests: EntryReader<Digested<{ readonly value: number }>>;
};
type Fetches = { readonly [K in keyof Tables]?: Fetched<Tables[K]> | undefined };
