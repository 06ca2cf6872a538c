/**
 * Paradex perpetuals, REST `/v1`.
 *
 * - `markets/summary?market=ALL` has every option beside the perpetuals: about 1.6 MB, of which a tenth are rows here. What
 *   is no `…-PERP` is refused by its name. Figures are decimal text, `""` where there is none.
 * - `funding_rate` is the fraction for one whole `funding_period_hours` (8 for most, 24 seen), which only `markets` tells. It
 *   accrues by the second, so that there is no next time.
 * - Quoted in USD and settled in USDC, as `markets` says of each: `BTC/USD:USDC`. `kPEPE` is 1,000 PEPE. Sizes and open
 *   interest are in coins; `underlying_price` is the index. `created_at` is the stamp of the summary.
 * - `markets` lists what is active: a perpetual that it lacks has no state, one that opens later is not launched yet, and one
 *   with an expiry is about to go.
 * - The taker fee is that of the API, `fee_config.api_fee` of a market where it differs from the documented one; the
 *   website's own accounts may pay none.
 * - Not found out: the class of asset, which is therefore unknown; whether open interest counts one side (taken as one).
 */
import type { VenueError } from "../domain/error.ts";
import type { TradingState } from "../domain/instrument.ts";
import { type QuoteWriter, quoteWriter, type RejectedRow, type RejectReason } from "../domain/quote.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { MINUTE_MS } from "../domain/units.ts";
import { defineAdapter, type Fetched, type Parsed } from "./adapter.ts";
import { closeRow, joinRows, type WriteRow } from "./join-rows.ts";
import { entryReader, type NameBook, nameReader, type NameParts, perpetualName } from "./name-book.ts";
import {
  type Digested,
  digestRows,
  type Fault,
  fieldsIn,
  listIn,
  numberIn,
  otherFeeIn,
  positiveIn,
  reject,
  shownFields,
  timeMsIn,
} from "./wire.ts";
import type { WireRow } from "./wire.ts";
import { bookIn, pairLevel } from "./wire-book.ts";

const DOCS = "https://docs.paradex.trade";

/** Paradex perpetuals. */
export const paradex = defineAdapter<Tables>({
  id: "paradex",
  facts: {
    id: "paradex",
    name: "Paradex",
    takerFee: { perpetual: { rate: 0.0002, source: `${DOCS}/getting-started/trading-fees`, readOn: "2026-11-22" }, spot: null },
    accrual: "continuous",
    hasBulkBook: true,
    documentedCap: null,
  },
  docs: [
    `${DOCS}/api/prod/markets/get-markets-summary`,
    `${DOCS}/api/prod/markets/get-markets`,
    `${DOCS}/api/general-information/rate-limits`,
  ],
  hosts: ["api.prod.paradex.trade"],
  region: null,
  budget: { weightPerMinute: 120, documentedLimit: `1500 requests a minute per IP, ${DOCS}/api/general-information/rate-limits` },
  endpoints: {
    summary: {
      method: "GET",
      path: "/v1/markets/summary?market=ALL",
      refreshMs: 0,
      weight: 1,
      maxBytes: 6_000_000,
      required: true,
      read: (body) => results<SummaryField>(body),
    },
    markets: {
      method: "GET",
      path: "/v1/markets",
      refreshMs: 30 * MINUTE_MS,
      weight: 1,
      maxBytes: 12_000_000,
      required: false,
      read: readMarkets,
    },
  },
  errorIn,
  book: {
    request: (symbol) => ({ method: "GET", path: `/v1/orderbook/${encodeURIComponent(symbol)}?depth=100`, weight: 1, maxBytes: 200_000 }),
    read: (body, instrument) => {
      const error = errorIn(body, 200);
      if (error !== null) return err(error);
      const book = fieldsIn<"bids" | "asks" | "last_updated_at">(body);
      const at = { value: book?.last_updated_at, read: timeMsIn };
      return bookIn({ bids: book?.bids, asks: book?.asks, at, levelIn: pairLevel }, instrument);
    },
  },
  join,
});

/** `{error, message}`. */
function errorIn(body: unknown, status: number): VenueError | null {
  const envelope = fieldsIn<"error" | "message">(body);
  if (envelope === null || typeof envelope.error !== "string" || typeof envelope.message !== "string") return null;
  const message = `${envelope.error}: ${envelope.message}`;
  if (envelope.error === "GEO_RESTRICTED" || status === 451) return { kind: "geo-blocked", status, message };
  if (envelope.error === "RATE_LIMIT_EXCEEDED" || status === 429) return { kind: "rate-limited", status, retryAfterMs: null, message };
  if (status === 403) return { kind: "forbidden", status, message };
  if (status >= 500) return { kind: "server", status, retryAfterMs: null, message };
  return { kind: "venue-error", code: envelope.error, message };
}

function results<Field extends string>(body: unknown): Result<readonly WireRow<Field>[], VenueError> {
  const error = errorIn(body, 200);
  return error === null ? listIn<Field>(fieldsIn<"results">(body)?.results, "$.results") : err(error);
}

/** Options are left out: their names are refused before their metadata would be looked at. */
function readMarkets(body: unknown): Result<Tables["markets"], VenueError> {
  const list = results<MarketField>(body);
  if (!list.ok) return list;
  return ok(
    digestRows(
      list.value.filter((row) => row?.asset_kind !== "PERP_OPTION"),
      "symbol",
      readMarket,
    ),
  );
}

function readMarket(row: NonNullable<WireRow<MarketField>>, fault: Fault, symbol: string): Market {
  return {
    refusal: refusalOf(symbol, row),
    opensAtMs: timeMsIn(row.open_at, fault),
    endsAtMs: timeMsIn(row.expiry_at, fault),
    periodHours: positiveIn(row.funding_period_hours, fault),
    cap: numberIn(row.max_funding_rate, fault),
    lot: positiveIn(row.order_size_increment, fault),
    takerFeeRate: otherFeeIn(apiTakerFeeIn(row.fee_config, fault), paradex.facts.takerFee.perpetual, fault),
  };
}

/** `{api_fee: {taker_fee: {fee}}}`. */
function apiTakerFeeIn(config: unknown, fault: Fault): number {
  const taker = fieldsIn<"taker_fee">(fieldsIn<"api_fee">(config)?.api_fee)?.taker_fee;
  return numberIn(fieldsIn<"fee">(taker)?.fee, fault);
}

function refusalOf(symbol: string, row: NonNullable<WireRow<MarketField>>): RejectedRow | null {
  const { asset_kind, quote_currency, settlement_currency } = row;
  const found = `found ${shownFields({ asset_kind, quote_currency, settlement_currency })}`;
  if (asset_kind !== "PERP") return reject(symbol, "unknown-contract-type", `expected asset_kind PERP, ${found}`);
  if (quote_currency !== "USD" || settlement_currency !== "USDC") {
    return reject(symbol, "unsupported-settle", `expected a quote in USD and settlement in USDC, ${found}`);
  }
  return null;
}

function join(tables: Fetches, nowMs: number, names: NameBook): Result<Parsed, VenueError> {
  const fetched = tables.summary;
  if (fetched === undefined) return err({ kind: "empty", message: "expected a body of summary, found none" });
  const rows = fetched.table;
  const out = quoteWriter("paradex", rows.length);
  const readName = nameReader(names, "summary", parseName);
  return joinRows({ rows, field: "symbol", readName, out, write: rowWriter(out, tables, { names, nowMs }) });
}

type Reading = { readonly names: NameBook; readonly nowMs: number };

function rowWriter(out: QuoteWriter, tables: Fetches, { names, nowMs }: Reading): WriteRow<SummaryField> {
  const markets = entryReader(names, tables.markets?.table);
  const fault: Fault = { raised: false };
  const receivedAtMs = tables.summary?.receivedAtMs ?? Number.NaN;
  return (known, row, { at }) => {
    const { name: symbol, parsed } = known;
    if (!parsed.ok) return reject(symbol, parsed.error, "expected the name of a perpetual: coin + -USD-PERP");
    const market = markets(known);
    if (market !== undefined && market.refusal !== null) return market.refusal;
    fault.raised = market?.faulty === true;
    const { multiplier } = parsed.value;
    const mark = numberIn(row.mark_price, fault);
    out.receivedAtMs[at] = receivedAtMs;
    out.replyAtMs[at] = timeMsIn(row.created_at, fault);
    out.multiplier[at] = multiplier;
    out.bid[at] = numberIn(row.bid, fault) / multiplier;
    out.ask[at] = numberIn(row.ask, fault) / multiplier;
    out.bidSizeBase[at] = numberIn(row.bid_size, fault) * multiplier;
    out.askSizeBase[at] = numberIn(row.ask_size, fault) * multiplier;
    out.mark[at] = mark / multiplier;
    out.index[at] = numberIn(row.underlying_price, fault) / multiplier;
    out.fundingRatePerInterval[at] = numberIn(row.funding_rate, fault);
    out.fundingIntervalHours[at] = market?.periodHours ?? Number.NaN;
    out.fundingCap[at] = market?.cap ?? Number.NaN;
    out.volume24hUsd[at] = numberIn(row.volume_24h, fault);
    out.openInterestUsd[at] = numberIn(row.open_interest, fault) * mark;
    out.lotBase[at] = (market?.lot ?? Number.NaN) * multiplier;
    out.minOrderBase[at] = out.lotBase[at] ?? Number.NaN;
    out.takerFeeRate[at] = market?.takerFeeRate ?? Number.NaN;
    if (fault.raised) return reject(symbol, "bad-field", `expected numbers, found ${shownFields([row, market])}`);
    closeRow(out, null, market === undefined ? null : stateOf(market, nowMs));
    return null;
  };
}

const stateOf = ({ opensAtMs, endsAtMs }: Market, nowMs: number): TradingState =>
  opensAtMs > nowMs ? "pre-market" : Number.isNaN(endsAtMs) ? "trading" : "delisting";

/** `kPEPE-USD-PERP` → 1,000 PEPE in USD, settled in USDC. */
function parseName(symbol: string): Result<NameParts, RejectReason> {
  if (!symbol.endsWith("-PERP")) return err("not-perpetual");
  const coin = symbol.endsWith("-USD-PERP") ? symbol.slice(0, -"-USD-PERP".length) : "";
  if (coin === "" || coin.includes("-")) return err("bad-symbol");
  const thousands = coin.charCodeAt(0) === 107 && /^k\p{Lu}/u.test(coin);
  return ok(perpetualName(thousands ? { asset: coin.slice(1), multiplier: 1000 } : { asset: coin, multiplier: 1 }, "USD", "USDC"));
}

type SummaryField =
  | "symbol"
  | "mark_price"
  | "underlying_price"
  | "bid"
  | "bid_size"
  | "ask"
  | "ask_size"
  | "funding_rate"
  | "volume_24h"
  | "open_interest"
  | "created_at";
type MarketField =
  | "symbol"
  | "asset_kind"
  | "quote_currency"
  | "settlement_currency"
  | "open_at"
  | "expiry_at"
  | "funding_period_hours"
  | "max_funding_rate"
  | "order_size_increment"
  | "fee_config";

type Market = {
  readonly refusal: RejectedRow | null;
  readonly opensAtMs: number;
  readonly endsAtMs: number;
  readonly periodHours: number;
  readonly cap: number;
  readonly lot: number;
  readonly takerFeeRate: number;
};
type Tables = { summary: readonly WireRow<SummaryField>[]; markets: Map<string, Digested<Market>> };
type Fetches = { readonly [K in keyof Tables]?: Fetched<Tables[K]> | undefined };
