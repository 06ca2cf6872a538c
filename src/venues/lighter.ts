/**
 * Lighter perpetuals, REST `/api/v1`.
 *
 * - `orderBookDetails` is the primary body; `funding-rates` is joined by symbol. It has the rates of four exchanges, all of
 *   them on an 8-hour basis: only rows of the exchange `lighter` count, and a rate for one hour is an eighth. Paid at each
 *   full hour; no time is sent, the schedule is documented.
 * - No bid and ask are sent. The order book is asked for by `market_id`, which is therefore the venue's symbol here, and comes
 *   order by order: those at one price are one level.
 * - Prices are decimal text, open interest (coins) and volume (USDC) JSON numbers. `1000PEPE` is 1,000 PEPE. Settled in USDC.
 * - The taker fee of a standard account is 0, which is what `taker_fee` "0.0000" says; premium accounts pay one. It is in
 *   percent, as `liquidation_fee` "1.0000" beside it is: a market that begins to cost something costs it here as well.
 * - A market that is `inactive`, or may only be reduced, takes no new position.
 * - Not found out: the class of asset (shares and currencies are listed among the coins), so it is unknown; a cap of the rate;
 *   whether open interest counts one side (taken as one).
 */
import type { Book } from "../domain/book.ts";
import type { VenueError } from "../domain/error.ts";
import { splitMultiplier, type TradingState } from "../domain/instrument.ts";
import { type QuoteWriter, quoteWriter, type RejectReason } from "../domain/quote.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { HOUR_MS } from "../domain/units.ts";
import { defineAdapter, type Fetched, type Parsed } from "./adapter.ts";
import { closeRow, joinRows, type NamedRows, rowsByName, type WriteRow } from "./join-rows.ts";
import { type NameBook, nameReader, type NameParts, perpetualName } from "./name-book.ts";
import {
  type Fault,
  fieldsIn,
  flagIn,
  listIn,
  numberIn,
  olderOf,
  otherFeeIn,
  positiveIn,
  reject,
  shownFields,
  type WireRow,
} from "./wire.ts";
import { bookIn, type BookInstrument, pairLevel } from "./wire-book.ts";

const DOCS = "https://docs.lighter.xyz";
const API_DOCS = "https://apidocs.lighter.xyz";

/** Paid each hour: `${DOCS}/trading/funding`, read 2026-11-22. */
const INTERVAL_HOURS = 1;
/** Hours that a rate of `funding-rates` is for: seen in the same hour's rates of Bybit and Hyperliquid, 2026-09-11. */
const RATE_BASIS_HOURS = 8;

const hot = { method: "GET", refreshMs: 0, weight: 1 } as const;

/** Lighter perpetuals. */
export const lighter = defineAdapter<Tables>({
  id: "lighter",
  facts: {
    id: "lighter",
    name: "Lighter",
    takerFee: { perpetual: { rate: 0, source: `${DOCS}/perpetual-futures/fees`, readOn: "2026-11-22" }, spot: null },
    accrual: "settled",
    hasBulkBook: false,
    documentedCap: null,
  },
  docs: [`${API_DOCS}/reference/orderbookdetails`, `${API_DOCS}/reference/funding-rates`, `${DOCS}/trading/funding`],
  hosts: ["mainnet.zklighter.elliot.ai"],
  region: null,
  budget: { weightPerMinute: 30, documentedLimit: `60 requests a minute for a standard account, ${API_DOCS}/docs/rate-limits` },
  endpoints: {
    orderBookDetails: { ...hot, path: "/api/v1/orderBookDetails", maxBytes: 4_000_000, required: true, read: readDetails },
    fundingRates: { ...hot, path: "/api/v1/funding-rates", maxBytes: 2_000_000, required: false, read: readRates },
  },
  errorIn,
  book: {
    request: (marketId) => ({
      method: "GET",
      path: `/api/v1/orderBookOrders?market_id=${encodeURIComponent(marketId)}&limit=250`,
      weight: 1,
      maxBytes: 500_000,
    }),
    read: readBook,
  },
  join,
});

/** `{code, message}`; 200 is success, also inside the body. */
function errorIn(body: unknown, status: number): VenueError | null {
  const envelope = fieldsIn<"code" | "message">(body);
  if (envelope === null || typeof envelope.code !== "number" || envelope.code === 200 || typeof envelope.message !== "string") return null;
  const message = `${envelope.code}: ${envelope.message}`;
  if (status === 451) return { kind: "geo-blocked", status, message };
  if (RATE_LIMITED.has(envelope.code) || status === 429) return { kind: "rate-limited", status, retryAfterMs: null, message };
  if (status === 403) return { kind: "forbidden", status, message };
  if (status >= 500) return { kind: "server", status, retryAfterMs: null, message };
  return { kind: "venue-error", code: String(envelope.code), message };
}

function readDetails(body: unknown): Result<Tables["orderBookDetails"], VenueError> {
  const error = errorIn(body, 200);
  if (error !== null) return err(error);
  return listIn<DetailField>(fieldsIn<"order_book_details">(body)?.order_book_details, "$.order_book_details");
}

function readRates(body: unknown): Result<Tables["fundingRates"], VenueError> {
  const error = errorIn(body, 200);
  if (error !== null) return err(error);
  const list = listIn<RateField>(fieldsIn<"funding_rates">(body)?.funding_rates, "$.funding_rates");
  if (!list.ok) return list;
  const own = list.value.filter((row) => row?.exchange === "lighter");
  return own.length > 0 ? ok(own) : err({ kind: "empty", message: "expected rows of the exchange lighter, found none" });
}

function readBook(body: unknown, instrument: BookInstrument): Result<Book, VenueError> {
  const error = errorIn(body, 200);
  if (error !== null) return err(error);
  const book = fieldsIn<"bids" | "asks">(body);
  return bookIn({ bids: levelsOf(book?.bids), asks: levelsOf(book?.asks), levelIn: pairLevel }, instrument);
}

/** Orders as levels: those at one price, which stand side by side, are summed. What is no order stays, and is refused as a level. */
function levelsOf(orders: unknown): unknown {
  if (!Array.isArray(orders)) return orders;
  const levels: [price: unknown, size: unknown][] = [];
  const fault: Fault = { raised: false };
  let before: unknown = null;
  for (const each of orders) {
    const order = fieldsIn<"price" | "remaining_base_amount" | "order_index">(each);
    const sent = positiveIn(order?.remaining_base_amount, fault);
    // One size that is none spoils its level, and with it the book.
    const size = fault.raised ? Number.NaN : sent;
    const last = levels.at(-1);
    // The same order twice is a fault, not twice the size.
    const joins = last !== undefined && last[0] === order?.price && order?.order_index !== before;
    if (joins) last[1] = Number(last[1]) + size;
    else levels.push([order?.price, size]);
    before = order?.order_index;
  }
  return levels;
}

function join(tables: Fetches, nowMs: number, names: NameBook): Result<Parsed, VenueError> {
  const fetched = tables.orderBookDetails;
  if (fetched === undefined) return err({ kind: "empty", message: "expected a body of orderBookDetails, found none" });
  const rows = fetched.table;
  const rates =
    tables.fundingRates === undefined
      ? null
      : rowsByName(tables.fundingRates.table, "symbol", nameReader(names, "fundingRates", parseName));
  const out = quoteWriter("lighter", rows.length);
  const readName = nameReader(names, "details", parseName);
  const marketIds: string[] = [];
  const write = rowWriter(out, tables, { rates, nowMs, marketIds });
  const joined = joinRows({ rows, field: "symbol", readName, out, counterparts: rates, write });
  return joined.ok ? ok({ ...joined.value, venueSymbols: marketIds.slice(0, joined.value.columns.count) }) : joined;
}

type Reading = {
  readonly rates: NamedRows<RateField> | null;
  readonly nowMs: number;
  /** By place in the columns: what the order book is asked for by. */
  readonly marketIds: string[];
};

function rowWriter(out: QuoteWriter, tables: Fetches, { rates, nowMs, marketIds }: Reading): WriteRow<DetailField> {
  const fault: Fault = { raised: false };
  const receivedAtMs = tables.orderBookDetails?.receivedAtMs ?? Number.NaN;
  const rateAtMs = olderOf(receivedAtMs, tables.fundingRates?.receivedAtMs ?? Number.NaN);
  const nextFundingAtMs = (Math.floor(nowMs / HOUR_MS) + 1) * HOUR_MS;
  return (known, row, { at }) => {
    const { name: symbol, parsed } = known;
    if (!parsed.ok) return reject(symbol, parsed.error, "expected the name of a coin");
    if (row.market_type === "spot") return reject(symbol, "not-perpetual", "found market_type spot");
    if (row.market_type !== "perp") {
      return reject(symbol, "unknown-contract-type", `expected market_type perp or spot, found ${shownFields(row.market_type)}`);
    }
    const stands = STATES.get(row.status);
    if (stands === undefined)
      return reject(symbol, "unknown-state", `expected status active or inactive, found ${shownFields(row.status)}`);
    const rate = rates?.rowOf(known);
    fault.raised = !isMarketId(row.market_id);
    const { multiplier } = parsed.value;
    const mark = numberIn(row.mark_price, fault);
    const onlyReduced = flagIn(fieldsIn<"force_reduce_only">(row.market_config)?.force_reduce_only, fault);
    out.receivedAtMs[at] = rate === undefined ? receivedAtMs : rateAtMs;
    out.multiplier[at] = multiplier;
    out.mark[at] = mark / multiplier;
    out.index[at] = numberIn(row.index_price, fault) / multiplier;
    out.fundingRatePerInterval[at] = numberIn(rate?.rate, fault) / RATE_BASIS_HOURS;
    out.fundingIntervalHours[at] = INTERVAL_HOURS;
    out.nextFundingAtMs[at] = nextFundingAtMs;
    out.volume24hUsd[at] = numberIn(row.daily_quote_token_volume, fault);
    out.openInterestUsd[at] = numberIn(row.open_interest, fault) * mark;
    out.minOrderBase[at] = positiveIn(row.min_base_amount, fault) * multiplier;
    out.takerFeeRate[at] = otherFeeIn(numberIn(row.taker_fee, fault) / 100, lighter.facts.takerFee.perpetual, fault);
    out.lotBase[at] = multiplier / 10 ** numberIn(row.size_decimals, fault);
    if (fault.raised) return reject(symbol, "bad-field", `expected numbers and a market_id, found ${shownFields([row, rate])}`);
    marketIds[at] = String(row.market_id);
    closeRow(out, null, onlyReduced === true ? "halted" : stands);
    return null;
  };
}

const isMarketId = (value: unknown): boolean => typeof value === "number" && Number.isSafeInteger(value) && value >= 0;

/** `1000PEPE` → 1,000 PEPE in USDC. */
const parseName = (symbol: string): Result<NameParts, RejectReason> =>
  symbol.includes("/") ? err("not-perpetual") : ok(perpetualName(splitMultiplier(symbol), "USDC", "USDC"));

/** `status` of a market, `${API_DOCS}/reference/orderbookdetails`. */
const STATES: ReadonlyMap<unknown, TradingState> = new Map([
  ["active", "trading"],
  ["inactive", "halted"],
]);
/** `${API_DOCS}/docs/rate-limits`: too many requests, subscriptions, accounts, connections. */
const RATE_LIMITED: ReadonlySet<number> = new Set([23_000, 23_001, 23_002, 23_003]);

type DetailField =
  | "symbol"
  | "market_id"
  | "market_type"
  | "status"
  | "mark_price"
  | "index_price"
  | "open_interest"
  | "daily_quote_token_volume"
  | "min_base_amount"
  | "size_decimals"
  | "taker_fee"
  | "market_config";
type RateField = "symbol" | "exchange" | "rate";
type Tables = { orderBookDetails: readonly WireRow<DetailField>[]; fundingRates: readonly WireRow<RateField>[] };
type Fetches = { readonly [K in keyof Tables]?: Fetched<Tables[K]> | undefined };
