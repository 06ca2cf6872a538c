/**
 * Paradex: /v1, `{results: […]}`, decimal text, "" for none. The summary of all markets has the options too. A rate is for a
 * whole funding period of the market and accrues by the second. https://docs.paradex.trade/api/prod/markets/get-markets-summary
 */
import { bookOf, type Level, rowNamed } from "../book.ts";
import { fixed, step, trimmed } from "../decimal.ts";
import type { MarketRow } from "../listing.ts";
import { json, type ErrorKind, type Json, type RenderContext, type SimulatedEndpoint, type SimulatedVenue } from "./venue.ts";
import type { VenueReply, WireBody, WireRow } from "./venue.ts";

const OPENED_MS = 1_717_065_600_000;
const NOT_YET_MS = 4_102_444_800_000;
/** Strikes of the options beside their coin's price. */
const STRIKES = [0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.4, 1.5];

export const paradex: SimulatedVenue = {
  id: "paradex",
  hosts: ["api.prod.paradex.trade"],
  takerFeeRate: 0.0002,
  profile: {
    quote: "USD",
    settle: "USDC",
    coverage: 0.25,
    usdcContracts: 0,
    listsTradfi: false,
    volumeShare: 0.03,
    intervals: [
      [8, 0.95],
      [24, 0.05],
    ],
    ratePlaces: 14,
    // Its bundles are thousands only.
    canList: (coin) => coin.bundle <= 1000,
    multiplier: (coin) => coin.bundle,
    symbol: ({ ticker, multiplier }) => `${multiplier === 1000 ? "k" : ""}${ticker}-USD-PERP`,
    ownTraps: () => [],
  },
  endpoints: [
    endpoint("summary", {
      path: "markets/summary",
      render: summary,
      vital: ["funding_rate", "mark_price"],
      recordedAs: "v1_markets_summary_ALL",
    }),
    endpoint("markets", { path: "markets", render: markets, vital: ["asset_kind"], recordedAs: "v1_markets" }),
    endpoint("orderbook", { path: "orderbook/:symbol", render: orderbook, vital: ["bids"], recordedAs: "v1_orderbook" }),
  ],
  error,
  unknownRequest: (path) => failed(404, "NOT_FOUND", `no such path: ${path}`),
  wire: (row) => ({
    symbol: row.symbol,
    bid: trimmed(row.bid, row.listing.pricePlaces),
    ask: trimmed(row.ask, row.listing.pricePlaces),
    rate: trimmed(row.rate, 14),
    intervalHours: row.listing.intervalHours,
    nextFundingAtMs: row.nextFundingAtMs,
  }),
};

function endpoint(name: string, parts: Pick<SimulatedEndpoint, "path" | "render" | "vital" | "recordedAs">): SimulatedEndpoint {
  return { ...parts, name, method: "GET", path: `/v1/${parts.path}`, asks: () => true, stampedAtMs: newestOfResults };
}

/** The stamp that all rows of a summary carry. */
function newestOfResults(body: unknown): number | null {
  const rows: unknown = typeof body === "object" && body !== null ? Reflect.get(body, "results") : null;
  const first: unknown = Array.isArray(rows) ? rows[0] : null;
  const stamp: unknown = typeof first === "object" && first !== null ? Reflect.get(first, "created_at") : null;
  return typeof stamp === "number" ? stamp : null;
}

const isQuoted = ({ state }: MarketRow): boolean => state !== "empty-book" && state !== "delisted" && state !== "pre-market";

function summary({ rows, time, nowMs }: RenderContext): WireBody {
  const createdAt = time(nowMs);
  const perpetuals = rows.map((row) => summaryRow(row, createdAt));
  const list = [...perpetuals, ...options(rows).map(({ symbol, row, strike }) => optionRow({ symbol, row, strike, createdAt }))];
  return { body: { results: list }, rows: [list] };
}

function summaryRow(row: MarketRow, createdAt: number): WireRow {
  const { pricePlaces, sizePlaces, multiplier } = row.listing;
  const price = (value: number): string => (isQuoted(row) ? trimmed(value, pricePlaces) : "");
  const size = (coins: number): string => (isQuoted(row) ? trimmed(coins / multiplier, sizePlaces) : "");
  return {
    symbol: row.symbol,
    mark_price: trimmed(row.mark, 8 + Math.max(0, pricePlaces)),
    last_traded_price: trimmed(row.last, pricePlaces),
    bid: price(row.bid),
    bid_size: size(row.bidSizeCoins),
    ask: price(row.ask),
    ask_size: size(row.askSizeCoins),
    volume_24h: trimmed(row.volumeUsd, 9),
    total_volume: trimmed(row.volumeUsd * 700, 6),
    created_at: createdAt,
    underlying_price: trimmed(row.index, 8 + Math.max(0, pricePlaces)),
    open_interest: trimmed(row.openInterestCoins / multiplier, Math.max(1, sizePlaces)),
    funding_rate: trimmed(row.rate, 14),
    price_change_rate_24h: trimmed((row.last - row.open24h) / row.open24h, 6),
    delta: "1.00021352",
    greeks: { delta: "1.00021352144713", gamma: "0", vega: "0" },
    external_fair_price: trimmed(row.index, 8 + Math.max(0, pricePlaces)),
    risk_free_rate: "0",
  };
}

type Option = { readonly symbol: string; readonly row: MarketRow; readonly strike: number };

/** Calls and puts on the two most traded coins. */
const options = (rows: readonly MarketRow[]): readonly Option[] =>
  rows.slice(0, 2).flatMap((row) =>
    STRIKES.flatMap((share) => {
      const strike = Math.round(row.listing.coin.level * share);
      return ["C", "P"].map((side) => ({ symbol: `${row.listing.coin.ticker}-USD-25JUN27-${strike}-${side}`, row, strike }));
    }),
  );

function optionRow({ symbol, row, strike, createdAt }: Option & { readonly createdAt: number }): WireRow {
  return {
    symbol,
    mark_price: trimmed(Math.max(1, row.mark - strike), 7),
    last_traded_price: "",
    bid: "",
    bid_size: "",
    ask: "",
    ask_size: "",
    volume_24h: "0",
    total_volume: "0",
    created_at: createdAt,
    underlying_price: trimmed(row.index, 8),
    open_interest: "0",
    funding_rate: "",
    price_change_rate_24h: "0.023701",
    mark_iv: "0.40740974",
    delta: "0.52294067",
    greeks: { delta: "0.5229406727811445" },
    future_funding_rate: "0.00007688",
    forward_rate: "0.04865229",
    risk_free_rate: "0",
  };
}

/** What is active; contracts that have gone are not listed. */
function markets({ rows, time }: RenderContext): WireBody {
  const known = (row: MarketRow): WireRow => ({
    base_currency: row.symbol.split("-")[0] ?? "",
    quote_currency: "USD",
    settlement_currency: "USDC",
    order_size_increment: step(row.listing.sizePlaces),
    price_tick_size: step(row.listing.pricePlaces),
    min_notional: "10",
    market_kind: "cross",
    max_open_orders: 150,
    max_funding_rate: fixed(row.listing.fundingCap, 3),
  });
  const list = [
    ...rows
      .filter(({ state }) => state !== "delisted" && state !== "halted")
      .map((row): WireRow => ({
        ...known(row),
        symbol: row.symbol,
        asset_kind: "PERP",
        open_at: time(row.state === "pre-market" ? NOT_YET_MS : OPENED_MS),
        expiry_at: row.endsAtMs === null ? 0 : time(row.endsAtMs),
        funding_period_hours: row.listing.intervalHours,
      })),
    ...options(rows).map(({ symbol, row, strike }): WireRow => ({
      ...known(row),
      symbol,
      asset_kind: "PERP_OPTION",
      open_at: time(OPENED_MS),
      expiry_at: time(1_814_000_000_000),
      strike_price: String(strike),
      funding_period_hours: 0,
    })),
  ];
  return { body: { results: list }, rows: [list] };
}

function orderbook({ rows, query, time }: RenderContext): WireBody {
  const row = rowNamed(rows, query.get("symbol"));
  if (row === null) return { body: { error: "MARKET_NOT_FOUND", message: "market not found" }, rows: [] };
  const { pricePlaces, sizePlaces, multiplier } = row.listing;
  const side = (levels: readonly Level[]): readonly Json[] =>
    levels.map(({ price, sizeCoins }) => [trimmed(price, pricePlaces), trimmed(sizeCoins / multiplier, sizePlaces)]);
  const { bids, asks } = bookOf(row);
  const book: WireRow = {
    market: row.symbol,
    seq_no: row.bookAtMs,
    last_updated_at: time(row.bookAtMs),
    bids: side(bids),
    asks: side(asks),
  };
  return { body: book, rows: [[book]] };
}

const failed = (status: number, name: string, message: string): VenueReply => json(status, { error: name, message });

function error(kind: ErrorKind): VenueReply {
  const html = (status: number): VenueReply => ({
    status,
    body: `<html><head><title>${status}</title></head></html>`,
    contentType: "text/html",
  });
  const replies: Record<ErrorKind, VenueReply> = {
    "bad-request": failed(400, "VALIDATION_ERROR", "market is invalid"),
    unauthorized: failed(401, "UNAUTHORIZED", "invalid bearer jwt"),
    forbidden: html(403),
    "geo-blocked": html(451),
    "rate-limited": failed(429, "RATE_LIMIT_EXCEEDED", "too many requests"),
    banned: html(418),
    server: failed(500, "INTERNAL_ERROR", "internal error"),
    // Its documents know no error inside HTTP 200; these are what a proxy in front of it would pass on.
    envelope: failed(200, "INTERNAL_ERROR", "internal error"),
    "envelope-rate-limited": failed(200, "RATE_LIMIT_EXCEEDED", "too many requests"),
  };
  return replies[kind];
}
