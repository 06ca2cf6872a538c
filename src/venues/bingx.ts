/**
 * BingX, perpetual swaps settled in USDT and USDC, REST v2.
 *
 * - `premiumIndex` is the primary body (rate, interval, next time, caps, mark, index); `ticker` has bid, ask, their sizes and
 *   the volume. Open interest is sent contract by contract only, and is not fetched.
 * - `lastFundingRate` is the running estimate of the coming settlement in spite of its name; `updateTime` is when the last one
 *   was, and a ticker's `closeTime` the end of its 24 hours: neither tells how fresh the row is.
 * - Names are base + `-` + quote. Prices and sizes are in the name's own unit, `1000PEPE`: there is no contract size.
 * - Names that begin with NC are shares (NCSK), currencies (NCFX), commodities (NCCO) and indices (NCSI); the others are coins.
 * - Tickers here are BingX's own (NEIROCTO, TRUMPSOL, CROSS): which coin one is is told by its price.
 * - `takerFeeRate` of a contract counts where it is above the documented fee, as promotions come and go.
 * - A book's asks come worst first. `bidsCoin` and `asksCoin` are its sizes times `size` once more, rounded, and not read.
 * - `offTime` is the announced end of a contract that still trades. `status` and figures of contracts come as numbers or text.
 * - Limits are documented twice, 500 requests in 10 seconds and 1 a second; ours is under both.
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
  listIn,
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

const DOCS = "https://bingx-api.github.io/docs/#/en-us/swapV2";
const QUOTE = "/openApi/swap/v2/quote";
const hot = { method: "GET", refreshMs: 0, weight: 1, maxBytes: 4_000_000 } as const;
const slow = { method: "GET", refreshMs: 30 * MINUTE_MS, weight: 1, maxBytes: 8_000_000, required: false } as const;
const depth = { method: "GET", weight: 1, maxBytes: 200_000 } as const;
/** How long a client that asked too often is locked out, by the documents. */
const LOCKOUT_MS = 5 * MINUTE_MS;

/** BingX USDT and USDC perpetuals. */
export const bingx = defineAdapter<Tables>({
  id: "bingx",
  facts: {
    id: "bingx",
    name: "BingX",
    takerFee: {
      perpetual: { rate: 0.0005, source: "https://bingx.com/en-us/support/articles/360046487573", readOn: "2026-11-30" },
      spot: null,
    },
    accrual: "settled",
    hasBulkBook: true,
    documentedCap: null,
  },
  docs: [`${DOCS}/market-api.html`, `${DOCS}/base-info.html`],
  hosts: ["open-api.bingx.com", "open-api.bingx.pro"],
  region: null,
  tradingPage: { url: (coin, quote) => `https://bingx.com/en/perpetual/${coin}-${quote}` },
  budget: {
    weightPerMinute: 50,
    documentedLimit: `500 requests in 10 seconds per IP and endpoint, elsewhere 1 a second, ${DOCS}/base-info.html`,
  },
  endpoints: {
    premiumIndex: { ...hot, path: `${QUOTE}/premiumIndex`, required: true, read: listBody },
    ticker: { ...hot, path: `${QUOTE}/ticker`, required: false, read: listBody },
    contracts: { ...slow, path: `${QUOTE}/contracts`, read: readContracts },
  },
  errorIn,
  book: { request: (symbol) => ({ ...depth, path: `${QUOTE}/depth?limit=100&symbol=${encodeURIComponent(symbol)}` }), read: readBook },
  join,
});

function errorIn(body: unknown, status: number): VenueError | null {
  const envelope = fieldsIn<"code" | "msg">(body);
  if (envelope === null || typeof envelope.code !== "number" || envelope.code === 0) return null;
  const code = String(envelope.code);
  const message = `${code}: ${String(envelope.msg)}`;
  if (envelope.code === 100_410) {
    return { kind: status === 418 ? "banned" : "rate-limited", status, retryAfterMs: LOCKOUT_MS, message };
  }
  if (OUT_OF_ORDER.has(envelope.code)) return { kind: "server", status, retryAfterMs: null, message };
  return { kind: "venue-error", code, message };
}

/** `${DOCS}/base-info.html`: internal error, server busy, service unavailable. */
const OUT_OF_ORDER: ReadonlySet<number> = new Set([80_012, 100_500, 100_503]);

function dataIn(body: unknown): Result<unknown, VenueError> {
  const error = errorIn(body, 200);
  if (error !== null) return err(error);
  const envelope = fieldsIn<"code" | "data">(body);
  return envelope?.code === 0 ? ok(envelope.data) : err(badShape("$.code", "0", envelope === null ? body : envelope.code));
}

function listBody<Field extends string>(body: unknown): Result<readonly WireRow<Field>[], VenueError> {
  const data = dataIn(body);
  return data.ok ? listIn<Field>(data.value, "$.data") : data;
}

function readContracts(body: unknown): Result<Tables["contracts"], VenueError> {
  const rows = listBody<ContractField>(body);
  return rows.ok ? ok(digestRows(rows.value, "symbol", readContract)) : rows;
}

/** Levels `[price, size]` as text, sizes in the name's own unit. */
function readBook(body: unknown, instrument: BookInstrument): Result<Book, VenueError> {
  const data = dataIn(body);
  if (!data.ok) return data;
  const sides = fieldsIn<"bids" | "asks">(data.value);
  const asks: unknown = Array.isArray(sides?.asks) ? sides.asks.toReversed() : sides?.asks;
  return bookIn({ bids: sides?.bids, asks, levelIn: pairLevel }, instrument);
}

function join(tables: Fetches, _: number, names: NameBook): Result<Parsed, VenueError> {
  if (tables.premiumIndex === undefined) return err({ kind: "empty", message: "expected a body of premiumIndex, found none" });
  const rows = tables.premiumIndex.table;
  const tickers = tables.ticker === undefined ? null : rowsByName(tables.ticker.table, "symbol", nameReader(names, "ticker", parseName));
  const out = quoteWriter("bingx", rows.length);
  const write = rowWriter({ out, names }, tables, tickers);
  const readName = nameReader(names, "premiumIndex", parseName);
  return joinRows({ rows, field: "symbol", readName, out, counterparts: tickers, write });
}

function rowWriter(
  { out, names }: { readonly out: QuoteWriter; readonly names: NameBook },
  tables: Fetches,
  tickers: NamedRows<TickerField> | null,
): WriteRow<RateField> {
  const fault: Fault = { raised: false };
  const contractOf = entryReader(names, tables.contracts?.table);
  const ratesAtMs = tables.premiumIndex?.receivedAtMs ?? Number.NaN;
  const tickersAtMs = olderOf(ratesAtMs, tables.ticker?.receivedAtMs ?? Number.NaN);
  return (known, row, { at }) => {
    const { name: symbol, parsed } = known;
    if (!parsed.ok) return reject(symbol, parsed.error, "expected the name of a linear perpetual: BASE-USDT or BASE-USDC");
    const contract = contractOf(known);
    if (contract !== undefined && contract.refusal !== null) return contract.refusal;
    const ticker = tickers?.rowOf(known);
    const { multiplier } = parsed.value;
    fault.raised = contract?.faulty === true;
    out.receivedAtMs[at] = ticker === undefined ? ratesAtMs : tickersAtMs;
    out.multiplier[at] = multiplier;
    out.mark[at] = numberIn(row.markPrice, fault) / multiplier;
    out.index[at] = numberIn(row.indexPrice, fault) / multiplier;
    out.fundingRatePerInterval[at] = numberIn(row.lastFundingRate, fault);
    out.fundingIntervalHours[at] = positiveIn(row.fundingIntervalHours, fault);
    out.nextFundingAtMs[at] = timeMsIn(row.nextFundingTime, fault);
    out.fundingCap[at] = numberIn(row.maxFundingRate, fault);
    out.fundingFloor[at] = numberIn(row.minFundingRate, fault);
    out.bid[at] = numberIn(ticker?.bidPrice, fault) / multiplier;
    out.ask[at] = numberIn(ticker?.askPrice, fault) / multiplier;
    out.bidSizeBase[at] = numberIn(ticker?.bidQty, fault) * multiplier;
    out.askSizeBase[at] = numberIn(ticker?.askQty, fault) * multiplier;
    out.volume24hUsd[at] = numberIn(ticker?.quoteVolume, fault);
    out.minOrderBase[at] = (contract?.tradeMinQuantity ?? Number.NaN) * multiplier;
    out.lotBase[at] = (contract?.lot ?? Number.NaN) * multiplier;
    out.takerFeeRate[at] = contract?.takerFeeRate ?? Number.NaN;
    if (fault.raised) return reject(symbol, "bad-field", `expected numbers, found ${shownFields([row, ticker, contract])}`);
    closeRow(out, classOf(parsed.value.asset), contract?.state ?? null);
    return null;
  };
}

/** `1000PEPE-USDT` → 1,000 PEPE in USDT. */
function parseName(symbol: string): Result<NameParts, RejectReason> {
  const [base, quote, more] = symbol.split("-");
  if (base === undefined || base === "" || quote === undefined || more !== undefined) return err("bad-symbol");
  if (quote === "USD") return err("not-linear");
  return quote === "USDT" || quote === "USDC" ? ok(perpetualName(splitMultiplier(base), quote, quote)) : err("unsupported-settle");
}

/** By the name alone: `NCSKTSLA2USD` is a share in USD. What has that form and another prefix is no coin either. */
function classOf(asset: string): AssetClass {
  if (!asset.startsWith("NC")) return "crypto";
  const known = CLASSES.get(asset.slice(0, 4));
  return known ?? (/^NC[A-Z]{2}.+2USD$/u.test(asset) ? "other" : "crypto");
}

const CLASSES: ReadonlyMap<string, AssetClass> = new Map([
  ["NCSK", "equity"],
  ["NCFX", "forex"],
  ["NCCO", "commodity"],
  ["NCSI", "index"],
]);

function readContract(row: NonNullable<WireRow<ContractField>>, fault: Fault, symbol: string): Contract {
  const flags = [textIn(row.apiStateOpen, fault), textIn(row.apiStateClose, fault)];
  const places = numberIn(row.quantityPrecision, fault);
  return {
    refusal: refusalOf(symbol, row),
    state: stateOf(row, flags, numberIn(row.offTime, fault)),
    tradeMinQuantity: positiveIn(row.tradeMinQuantity, fault),
    lot: 10 ** -places,
    takerFeeRate: dearerFeeIn(numberIn(row.takerFeeRate, fault), bingx.facts.takerFee.perpetual, fault),
  };
}

/** Null where a flag that would tell is absent or neither true nor false. */
function stateOf({ status }: NonNullable<WireRow<ContractField>>, flags: readonly (string | null)[], offTime: number): TradingState | null {
  const state = STATES.get(String(status)) ?? null;
  if (offTime > 0) return "delisting";
  if (state !== "trading") return state;
  return flags.every((flag) => flag === "true") ? state : flags.includes("false") ? "halted" : null;
}

/** States that decide money: a value that BingX does not document is refused. */
function refusalOf(symbol: string, row: NonNullable<WireRow<ContractField>>): RejectedRow | null {
  const { status, currency } = row;
  const found = `found ${shownFields({ status, currency })}`;
  const [base = "", quote = ""] = symbol.split("-");
  if (String(status) === "0") return rejectDelisted(symbol, perpetualSymbol(splitMultiplier(base).asset, quote, quote), found);
  if (!STATES.has(String(status))) return reject(symbol, "unknown-state", `expected a documented status, ${found}`);
  return currency === quote ? null : reject(symbol, "not-linear", `expected to settle in ${quote}, ${found}`);
}

/** `status`, `${DOCS}/market-api.html`: online, no new positions, not yet online; 0 is offline. */
const STATES: ReadonlyMap<string, TradingState> = new Map([
  ["1", "trading"],
  ["25", "halted"],
  ["5", "pre-market"],
]);

type PriceField = "markPrice" | "indexPrice" | "maxFundingRate" | "minFundingRate";
type RateField = "symbol" | "lastFundingRate" | "fundingIntervalHours" | "nextFundingTime" | PriceField;
type TickerField = "symbol" | "bidPrice" | "bidQty" | "askPrice" | "askQty" | "quoteVolume";
type StateField = "status" | "apiStateOpen" | "apiStateClose" | "offTime";
type ContractField = "symbol" | "currency" | "tradeMinQuantity" | "quantityPrecision" | "takerFeeRate" | StateField;

type Contract = {
  readonly refusal: RejectedRow | null;
  readonly state: TradingState | null;
  readonly tradeMinQuantity: number;
  readonly lot: number;
  readonly takerFeeRate: number;
};
type Tables = {
  premiumIndex: readonly WireRow<RateField>[];
  ticker: readonly WireRow<TickerField>[];
  contracts: Map<string, Digested<Contract>>;
};
type Fetches = { readonly [K in keyof Tables]?: Fetched<Tables[K]> | undefined };
