/**
 * Bybit v5, category `linear`.
 *
 * - `tickers` alone makes the rows; every value in it is a string, `""` is "not sent", `0` is a value, except in times.
 * - Names: `BTCUSDT` settles in USDT, `BTCPERP` in USDC, `BTCUSDT-18SEP26` and `BTC-26DEC25` are dated futures.
 * - A perpetual with a `deliveryTime` is being delisted. Pre-market contracts tell their phase in `curPreListingPhase`.
 * - `openInterest` counts both sides since 2026; `singleOpenInterestValue` one, in quote currency.
 * - The envelope's `time` is the time of the reply, not of book or rate.
 * - `instruments` answers with contracts in status Trading unless asked otherwise.
 */
import { badShape, type VenueError } from "../domain/error.ts";
import { type AssetClass, splitMultiplier, type TradingState } from "../domain/instrument.ts";
import { type QuoteWriter, quoteWriter, type RejectedRow, type RejectReason } from "../domain/quote.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { MINUTE_MS } from "../domain/units.ts";
import { defineAdapter, type Fetched, type Parsed } from "./adapter.ts";
import { bybitBook } from "./bybit-book.ts";
import { joinRows, closeRow, type WriteRow } from "./join-rows.ts";
import { entryReader, type NameBook, nameReader, type NameParts, perpetualName } from "./name-book.ts";
import {
  type Digested,
  digestRows,
  type Fault,
  fieldsIn,
  listIn,
  numberIn,
  positiveIn,
  reject,
  rejectDelisted,
  shownFields,
  textIn,
  timeMsIn,
  type WireRow,
} from "./wire.ts";

const DOCS = "https://bybit-exchange.github.io/docs/v5";
const INSTRUMENTS = "/v5/market/instruments-info?category=linear&limit=1000";

const hot = { method: "GET", refreshMs: 0, weight: 1, maxBytes: 4_000_000, required: true } as const;
const slow = { method: "GET", refreshMs: 30 * MINUTE_MS, weight: 1, maxBytes: 8_000_000, required: false } as const;

/** Bybit USDT and USDC perpetuals. */
export const bybit = defineAdapter<Tables>({
  id: "bybit",
  facts: {
    id: "bybit",
    name: "Bybit",
    takerFee: {
      perpetual: { rate: 0.00055, source: "https://www.bybit.com/en/help-center/article/Trading-Fee-Structure", readOn: "2026-11-22" },
      spot: { rate: 0.001, source: "https://www.bybit.com/en/help-center/article/Trading-Fee-Structure", readOn: "2026-11-22" },
    },
    accrual: "settled",
    hasBulkBook: true,
    documentedCap: null,
  },
  docs: [`${DOCS}/market/tickers`, `${DOCS}/market/instrument`, `${DOCS}/enum`, `${DOCS}/error`, `${DOCS}/rate-limit`],
  hosts: ["api.bybit.com", "api.bytick.com"],
  // US egress is answered 403.
  region: "apac",
  tradingPage: { url: (coin) => `https://www.bybit.com/trade/usdt/${coin}USDT`, settle: "USDT", coins: { "1000SHIB": "SHIB1000" } },
  budget: { weightPerMinute: 120, documentedLimit: `600 requests in 5 seconds per IP, ${DOCS}/rate-limit` },
  endpoints: {
    tickers: { ...hot, path: "/v5/market/tickers?category=linear", read: readTickers },
    instruments: { ...slow, path: INSTRUMENTS, read: readInstruments, nextPath, mergePages: (first, next) => new Map([...first, ...next]) },
  },
  errorIn,
  book: bybitBook("linear"),
  join,
});

function errorIn(body: unknown, status: number): VenueError | null {
  if (typeof body === "string") return errorInText(body, status);
  const envelope = fieldsIn<"retCode" | "retMsg">(body);
  if (envelope === null || typeof envelope.retCode !== "number" || envelope.retCode === 0) return null;
  const message = `${envelope.retCode}: ${String(envelope.retMsg)}`;
  const code = envelope.retCode;
  if (code === 10006 || code === 10018) return { kind: "rate-limited", status, retryAfterMs: null, message };
  if (code === 10009) return { kind: "banned", status, retryAfterMs: null, message };
  if (code === 10024) return { kind: "geo-blocked", status, message };
  if (code === 10000 || code === 10016) return { kind: "server", status, retryAfterMs: null, message };
  return { kind: "venue-error", code: String(code), message };
}

/** HTTP 403 comes as plain text or as the CDN's page: too many requests (wait 10 minutes), or a blocked country. */
function errorInText(body: string, status: number): VenueError | null {
  const message = body.slice(0, 200);
  if (body.includes("access too frequent")) return { kind: "rate-limited", status, retryAfterMs: 10 * MINUTE_MS, message };
  if (body.includes("block access from your country")) return { kind: "geo-blocked", status, message };
  return null;
}

function readTickers(body: unknown): Result<Tickers, VenueError> {
  const error = errorIn(body, 200);
  if (error !== null) return err(error);
  const envelope = fieldsIn<"result" | "time" | "retCode">(body);
  if (envelope?.retCode !== 0) return err(badShape("$.retCode", "0", envelope === null ? body : envelope.retCode));
  const result = fieldsIn<"category" | "list">(envelope.result);
  if (result?.category !== "linear") return err(badShape("$.result.category", '"linear"', result?.category));
  const list = listIn<TickerField>(result.list, "$.result.list");
  if (!list.ok) return list;
  const fault: Fault = { raised: false };
  const replyAtMs = timeMsIn(envelope.time, fault);
  return fault.raised ? err(badShape("$.time", "epoch ms", envelope.time)) : ok({ rows: list.value, replyAtMs });
}

function readInstruments(body: unknown): Result<Tables["instruments"], VenueError> {
  const error = errorIn(body, 200);
  if (error !== null) return err(error);
  const list = listIn<InstrumentField>(fieldsIn<"list">(fieldsIn<"result">(body)?.result)?.list, "$.result.list");
  return list.ok ? ok(digestRows(list.value, "symbol", readInstrument)) : list;
}

/** The cursor comes percent-encoded already; any other character is encoded here. */
function nextPath(body: unknown): string | null {
  const cursor = fieldsIn<"nextPageCursor">(fieldsIn<"result">(body)?.result)?.nextPageCursor;
  if (typeof cursor !== "string" || cursor === "") return null;
  return `${INSTRUMENTS}&cursor=${/^[\w.~%-]+$/u.test(cursor) ? cursor : encodeURIComponent(cursor)}`;
}

function join(tables: Fetches, _: number, names: NameBook): Result<Parsed, VenueError> {
  if (tables.tickers === undefined) return err({ kind: "empty", message: "expected a body of tickers, found none" });
  const { rows } = tables.tickers.table;
  const out = quoteWriter("bybit", rows.length);
  const readName = nameReader(names, "tickers", parseName);
  return joinRows({
    rows,
    field: "symbol",
    readName,
    out,
    write: rowWriter(out, tables.tickers, { instruments: tables.instruments?.table, names }),
  });
}

function rowWriter(
  out: QuoteWriter,
  tickers: Fetched<Tickers>,
  { instruments, names }: { readonly instruments: Tables["instruments"] | undefined; readonly names: NameBook },
): WriteRow<TickerField> {
  const instrumentOf = entryReader(names, instruments);
  const fault: Fault = { raised: false };
  return (known, row, { at }) => {
    const { name: symbol, parsed } = known;
    if (!parsed.ok) return reject(symbol, parsed.error, "expected the name of a perpetual: base + USDT, or base + PERP");
    const instrument = instrumentOf(known);
    if (instrument !== undefined && instrument.refusal !== null) return instrument.refusal;
    const { multiplier } = parsed.value;
    fault.raised = instrument?.faulty === true;
    out.receivedAtMs[at] = tickers.receivedAtMs;
    out.replyAtMs[at] = tickers.table.replyAtMs;
    out.multiplier[at] = multiplier;
    out.bid[at] = numberIn(row.bid1Price, fault) / multiplier;
    out.ask[at] = numberIn(row.ask1Price, fault) / multiplier;
    out.bidSizeBase[at] = numberIn(row.bid1Size, fault) * multiplier;
    out.askSizeBase[at] = numberIn(row.ask1Size, fault) * multiplier;
    out.mark[at] = numberIn(row.markPrice, fault) / multiplier;
    out.index[at] = numberIn(row.indexPrice, fault) / multiplier;
    out.fundingRatePerInterval[at] = numberIn(row.fundingRate, fault);
    out.fundingIntervalHours[at] = positiveIn(row.fundingIntervalHour, fault);
    out.nextFundingAtMs[at] = timeMsIn(row.nextFundingTime, fault);
    out.fundingCap[at] = numberIn(row.fundingCap, fault);
    out.volume24hUsd[at] = numberIn(row.turnover24h, fault);
    out.openInterestUsd[at] = numberIn(row.singleOpenInterestValue, fault);
    out.minOrderBase[at] = (instrument?.minOrderQty ?? Number.NaN) * multiplier;
    out.lotBase[at] = (instrument?.qtyStep ?? Number.NaN) * multiplier;
    const deliveryTime = numberIn(row.deliveryTime, fault);
    const phase = textIn(row.curPreListingPhase, fault);
    if (fault.raised) return reject(symbol, "bad-field", `expected numbers, found ${shownFields([row, instrument])}`);
    if (phase !== null && !PHASES.has(phase)) return reject(symbol, "unknown-state", `expected a documented phase, found ${phase}`);
    const told = stateOf(phase, deliveryTime);
    const listed = instruments === undefined ? told : (instrument?.state ?? null);
    closeRow(out, instrument?.assetClass ?? null, told === "trading" ? listed : told);
    return null;
  };
}

/** What the ticker says of the contract's state; null where it lacks a field that would tell. */
function stateOf(phase: string | null, deliveryTime: number): TradingState | null {
  if (deliveryTime > 0) return "delisting";
  if (phase === null || Number.isNaN(deliveryTime)) return null;
  return phase === "" || phase === "Finished" ? "trading" : "pre-market";
}

/** The multiplier stands behind the coin in this one name. */
const SHIB1000 = { asset: "SHIB", multiplier: 1000 };
const coinOf = (base: string): typeof SHIB1000 => (base === "SHIB1000" ? SHIB1000 : splitMultiplier(base));

/** `1000BONKPERP` → 1,000 BONK, settled in USDC. */
function parseName(symbol: string): Result<NameParts, RejectReason> {
  if (symbol.includes("-")) return err("not-perpetual");
  const settle = symbol.endsWith("USDT") ? "USDT" : symbol.endsWith("PERP") ? "USDC" : null;
  if (settle === null) return err("unsupported-settle");
  const base = symbol.slice(0, -4);
  return base === "" ? err("bad-symbol") : ok(perpetualName(coinOf(base), settle, settle));
}

function readInstrument(row: NonNullable<WireRow<InstrumentField>>, fault: Fault, symbol: string): Instrument {
  const lot = fieldsIn<"minOrderQty" | "qtyStep">(row.lotSizeFilter);
  const symbolType = textIn(row.symbolType, fault);
  return {
    refusal: refusalOf(symbol, row),
    state: STATES.get(row.status) ?? null,
    assetClass: symbolType === null ? null : (CLASSES.get(symbolType) ?? "other"),
    minOrderQty: positiveIn(lot?.minOrderQty, fault),
    qtyStep: positiveIn(lot?.qtyStep, fault),
  };
}

function refusalOf(symbol: string, row: NonNullable<WireRow<InstrumentField>>): RejectedRow | null {
  const { contractType, status, settleCoin } = row;
  const found = `found ${shownFields({ contractType, status, settleCoin })}`;
  if (contractType === "LinearFutures" || contractType === "InverseFutures") return reject(symbol, "not-perpetual", found);
  if (contractType === "InversePerpetual") return reject(symbol, "not-linear", found);
  if (contractType !== "LinearPerpetual") return reject(symbol, "unknown-contract-type", `expected a documented contractType, ${found}`);
  const name = parseName(symbol);
  if (status === "Closed") return name.ok ? rejectDelisted(symbol, name.value.symbol, found) : reject(symbol, "delisted", found);
  if (!STATES.has(status)) return reject(symbol, "unknown-state", `expected a documented status, ${found}`);
  return name.ok && settleCoin !== name.value.settle
    ? reject(symbol, "unsupported-settle", `expected the name's currency, ${found}`)
    : null;
}

/** Instrument status, `${DOCS}/enum#status`. Settling: the 8-hourly settlement of USDC contracts. */
const STATES: ReadonlyMap<unknown, TradingState> = new Map([
  ["Trading", "trading"],
  ["PreLaunch", "pre-market"],
  ["Settling", "halted"],
  ["Delivering", "delisting"],
]);

const PRE_MARKET_PHASES = ["NotStarted", "CallAuction", "CallAuctionNoCancel", "CrossMatching", "ContinuousTrading"];
/** `${DOCS}/enum#curauctionphase`, and "" for a contract that never was pre-market. */
const PHASES: ReadonlySet<string> = new Set(["", "Finished", ...PRE_MARKET_PHASES]);

/** `${DOCS}/enum#symboltype`; a type that is not listed here counts as `other`. */
const CLASSES: ReadonlyMap<string, AssetClass> = new Map([
  ["", "crypto"],
  ["innovation", "crypto"],
  ["stock", "equity"],
  ["xstocks", "equity"],
  ["commodity", "commodity"],
  ["forex", "forex"],
]);

type BookField = "bid1Price" | "bid1Size" | "ask1Price" | "ask1Size" | "markPrice" | "indexPrice";
type FundingField = "fundingRate" | "fundingIntervalHour" | "nextFundingTime" | "fundingCap";
type StateField = "deliveryTime" | "curPreListingPhase";
type TickerField = "symbol" | BookField | FundingField | StateField | "turnover24h" | "singleOpenInterestValue";
type InstrumentField = "symbol" | "contractType" | "status" | "settleCoin" | "symbolType" | "lotSizeFilter";

type Tickers = { readonly rows: readonly WireRow<TickerField>[]; readonly replyAtMs: number };
type Instrument = {
  readonly refusal: RejectedRow | null;
  readonly state: TradingState | null;
  readonly assetClass: AssetClass | null;
  readonly minOrderQty: number;
  readonly qtyStep: number;
};
type Tables = { tickers: Tickers; instruments: Map<string, Digested<Instrument>> };
type Fetches = { readonly [K in keyof Tables]?: Fetched<Tables[K]> | undefined };
