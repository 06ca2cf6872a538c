/**
 * dYdX v4 perpetuals, Indexer REST `/v4`.
 *
 * - One body: `{ markets: { "BTC-USD": { ticker, … } } }`, an object by name. No bid, ask or mark is sent: the index is the
 *   oracle's price, and a leg is priced from the order book of its market or not at all.
 * - `nextFundingRate` is the fraction for one hour, paid at each full hour; no time is sent, the schedule is documented.
 * - The largest rate is documented as a formula over two fields of the row: 600 % of (initial − maintenance margin fraction)
 *   for 8 hours, an eighth of that for one.
 * - Quoted and settled in dollars (USDC on the chain): `BTC/USD:USD`. Sizes and open interest are in coins, open interest is
 *   one-sided. Nothing is quoted by the thousand.
 * - A market in FINAL_SETTLEMENT has ended. Names with a comma (`COIN,pool,address-USD`) are of coins priced by one pool; they
 *   are refused.
 * - Not found out: the class of asset (currencies and metals have been listed among the coins), so it is unknown.
 */
import { badShape, type VenueError } from "../domain/error.ts";
import type { TradingState } from "../domain/instrument.ts";
import { type QuoteWriter, quoteWriter, type RejectReason } from "../domain/quote.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { HOUR_MS } from "../domain/units.ts";
import { defineAdapter, type Fetched, type Parsed } from "./adapter.ts";
import { closeRow, joinRows, type WriteRow } from "./join-rows.ts";
import { type NameBook, nameReader, type NameParts, perpetualName } from "./name-book.ts";
import { type Fault, fieldsIn, listIn, numberIn, positiveIn, reject, rejectDelisted, shownFields, type WireRow } from "./wire.ts";
import { bookIn } from "./wire-book.ts";

const DOCS = "https://docs.dydx.xyz";
const FUNDING = `${DOCS}/concepts/trading/funding`;

/** Paid each hour: `FUNDING`, read 2026-11-22. */
const INTERVAL_HOURS = 1;
/** 600 % for 8 hours, an eighth of it for one: `FUNDING`, read 2026-11-22. */
const CAP_PER_MARGIN = 6 / 8;

/** dYdX v4 perpetuals. */
export const dydx = defineAdapter<Tables>({
  id: "dydx",
  facts: {
    id: "dydx",
    name: "dYdX",
    takerFee: { perpetual: { rate: 0.0005, source: `${DOCS}/concepts/trading/rewards`, readOn: "2026-11-22" }, spot: null },
    accrual: "settled",
    hasBulkBook: false,
    documentedCap: null,
  },
  docs: [`${DOCS}/indexer-client/http`, FUNDING, `${DOCS}/concepts/trading/limits/rate-limits`],
  hosts: ["indexer.dydx.trade"],
  region: null,
  budget: { weightPerMinute: 120, documentedLimit: `100 requests in 10 s per IP, ${DOCS}/concepts/trading/limits/rate-limits` },
  endpoints: {
    perpetualMarkets: {
      method: "GET",
      path: "/v4/perpetualMarkets?limit=1000",
      refreshMs: 0,
      weight: 1,
      maxBytes: 2_000_000,
      required: true,
      read: readMarkets,
    },
  },
  errorIn,
  book: {
    request: (ticker) => ({
      method: "GET",
      path: `/v4/orderbooks/perpetualMarket/${encodeURIComponent(ticker)}`,
      weight: 1,
      maxBytes: 500_000,
    }),
    read: (body, instrument) => {
      const error = errorIn(body, 200);
      if (error !== null) return err(error);
      const book = fieldsIn<"bids" | "asks">(body);
      const levelIn = (level: unknown): readonly [unknown, unknown] => {
        const fields = fieldsIn<"price" | "size">(level);
        return [fields?.price, fields?.size];
      };
      return bookIn({ bids: book?.bids, asks: book?.asks, levelIn }, instrument);
    },
  },
  join,
});

/** `{errors: [{msg, code?}]}`, with an HTTP error. */
function errorIn(body: unknown, status: number): VenueError | null {
  const errors = fieldsIn<"errors">(body)?.errors;
  if (!Array.isArray(errors)) return null;
  const first = fieldsIn<"msg" | "code">(errors[0]);
  const message = shownFields(first?.msg ?? errors);
  if (first?.code === "GEOBLOCKED" || status === 451) return { kind: "geo-blocked", status, message };
  if (status === 429) return { kind: "rate-limited", status, retryAfterMs: null, message };
  if (status === 403) return { kind: "forbidden", status, message };
  if (status >= 500) return { kind: "server", status, retryAfterMs: null, message };
  return { kind: "venue-error", code: typeof first?.code === "string" ? first.code : String(status), message };
}

function readMarkets(body: unknown): Result<Markets, VenueError> {
  const error = errorIn(body, 200);
  if (error !== null) return err(error);
  const markets = fieldsIn<"markets">(body)?.markets;
  const byName = fieldsIn<never>(markets);
  return byName === null
    ? err(badShape("$.markets", "an object by name", markets))
    : listIn<MarketField>(Object.values(byName), "$.markets");
}

function join(tables: Fetches, nowMs: number, names: NameBook): Result<Parsed, VenueError> {
  const fetched = tables.perpetualMarkets;
  if (fetched === undefined) return err({ kind: "empty", message: "expected a body of perpetualMarkets, found none" });
  const rows = fetched.table;
  const out = quoteWriter("dydx", rows.length);
  const readName = nameReader(names, "markets", parseName);
  return joinRows({ rows, field: "ticker", readName, out, write: rowWriter(out, fetched, nowMs) });
}

function rowWriter(out: QuoteWriter, { receivedAtMs }: Fetched<Markets>, nowMs: number): WriteRow<MarketField> {
  const fault: Fault = { raised: false };
  const nextFundingAtMs = (Math.floor(nowMs / HOUR_MS) + 1) * HOUR_MS;
  return ({ name: ticker, parsed }, row, { at }) => {
    if (!parsed.ok) return reject(ticker, parsed.error, "expected the name of a market: coin + -USD");
    if (row.status === "FINAL_SETTLEMENT") return rejectDelisted(ticker, parsed.value.symbol, "found status FINAL_SETTLEMENT");
    const state = STATES.get(row.status);
    if (state === undefined) return reject(ticker, "unknown-state", `expected a documented status, found ${shownFields(row.status)}`);
    if (!MARKET_TYPES.has(row.marketType)) {
      return reject(ticker, "unknown-contract-type", `expected marketType CROSS or ISOLATED, found ${shownFields(row.marketType)}`);
    }
    fault.raised = false;
    const oracle = numberIn(row.oraclePrice, fault);
    const margin = numberIn(row.initialMarginFraction, fault) - numberIn(row.maintenanceMarginFraction, fault);
    out.receivedAtMs[at] = receivedAtMs;
    out.multiplier[at] = 1;
    out.index[at] = oracle;
    out.fundingRatePerInterval[at] = numberIn(row.nextFundingRate, fault);
    out.fundingIntervalHours[at] = INTERVAL_HOURS;
    out.nextFundingAtMs[at] = nextFundingAtMs;
    out.fundingCap[at] = CAP_PER_MARGIN * margin;
    out.volume24hUsd[at] = numberIn(row.volume24H, fault);
    out.openInterestUsd[at] = numberIn(row.openInterest, fault) * oracle;
    out.lotBase[at] = positiveIn(row.stepSize, fault);
    out.minOrderBase[at] = out.lotBase[at] ?? Number.NaN;
    if (fault.raised) return reject(ticker, "bad-field", `expected numbers, found ${shownFields(row)}`);
    closeRow(out, null, state);
    return null;
  };
}

/** `BTC-USD` → BTC in USD. */
function parseName(ticker: string): Result<NameParts, RejectReason> {
  const coin = ticker.endsWith("-USD") ? ticker.slice(0, -4) : "";
  if (coin === "" || coin.includes(",")) return err("bad-symbol");
  return ok(perpetualName({ asset: coin, multiplier: 1 }, "USD", "USD"));
}

/** `status` of a market, `${DOCS}/indexer-client/http`; FINAL_SETTLEMENT is one that has ended. */
const STATES: ReadonlyMap<unknown, TradingState> = new Map([
  ["ACTIVE", "trading"],
  ["INITIALIZING", "pre-market"],
  ["PAUSED", "halted"],
  ["CANCEL_ONLY", "halted"],
  ["POST_ONLY", "halted"],
]);
const MARKET_TYPES: ReadonlySet<unknown> = new Set(["CROSS", "ISOLATED"]);

type MarketField =
  | "ticker"
  | "status"
  | "marketType"
  | "oraclePrice"
  | "nextFundingRate"
  | "volume24H"
  | "openInterest"
  | "stepSize"
  | "initialMarginFraction"
  | "maintenanceMarginFraction";
type Markets = readonly WireRow<MarketField>[];
type Tables = { perpetualMarkets: Markets };
type Fetches = { readonly [K in keyof Tables]?: Fetched<Tables[K]> | undefined };
