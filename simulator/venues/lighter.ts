/**
 * Lighter: /api/v1, `{code: 200, …}`. Prices are decimal text, open interest and volume JSON numbers; no bid and ask in bulk,
 * the book market by market and order by order. funding-rates gives its own rates and three other exchanges', all for
 * 8 hours, though it pays each hour. https://apidocs.lighter.xyz/reference/orderbookdetails
 */
import { bookOf, type Level } from "../book.ts";
import { fixed } from "../decimal.ts";
import type { MarketRow } from "../listing.ts";
import { hash } from "../random.ts";
import { json, type ErrorKind, type Json, type RenderContext, type SimulatedVenue, type VenueReply } from "./venue.ts";
import type { WireBody, WireRow } from "./venue.ts";

/** Hours that a sent rate is for. */
const BASIS_HOURS = 8;
const OTHERS = ["binance", "bybit", "hyperliquid"];

export const lighter: SimulatedVenue = {
  id: "lighter",
  hosts: ["mainnet.zklighter.elliot.ai"],
  takerFeeRate: 0,
  profile: {
    pricedByBook: true,
    quote: "USDC",
    settle: "USDC",
    coverage: 0.3,
    usdcContracts: 0,
    listsTradfi: false,
    volumeShare: 0.12,
    intervals: [[1, 1]],
    ratePlaces: 10,
    // Its bundles are thousands only.
    canList: (coin) => coin.bundle <= 1000,
    multiplier: (coin) => coin.bundle,
    symbol: ({ ticker, multiplier }) => (multiplier === 1 ? ticker : `${multiplier}${ticker}`),
    ownTraps: () =>
      ["MKR 1610", "FTM 0.7", "DELISTED 1"].map((entry) => {
        const [ticker = "", level] = entry.split(" ");
        const coin = {
          id: `${ticker} (Lighter)`,
          ticker: `${ticker}X`,
          class: "crypto" as const,
          level: Number(level),
          rank: 400,
          bundle: 1,
        };
        return { coin, listing: { state: "delisted" as const } };
      }),
  },
  endpoints: [
    endpoint("fundingRates", { path: "funding-rates", render: fundingRates, vital: ["rate"] }),
    endpoint("orderBookDetails", { path: "orderBookDetails", render: orderBookDetails, vital: ["mark_price", "index_price"] }),
    endpoint("orderBookOrders", { path: "orderBookOrders", render: orderBookOrders, vital: ["bids"] }),
  ],
  error,
  unknownRequest: (path) => failed(404, 20_404, `no such path: ${path}`),
  wire: (row) => ({
    symbol: row.symbol,
    // Its book's own top: nothing else of the venue has them.
    bid: fixed(row.bid, row.listing.pricePlaces),
    ask: fixed(row.ask, row.listing.pricePlaces),
    rate: String(ownRate(row) / BASIS_HOURS),
    intervalHours: 1,
    nextFundingAtMs: row.nextFundingAtMs,
  }),
};

type Parts = Pick<SimulatedVenue["endpoints"][number], "path" | "render" | "vital">;

function endpoint(name: string, parts: Parts): SimulatedVenue["endpoints"][number] {
  const path = `/api/v1/${parts.path}`;
  return { ...parts, name, method: "GET", path, asks: () => true, recordedAs: parts.path, stampedAtMs: () => null };
}

/** The same for a coin whatever else is listed. */
const marketIdOf = ({ symbol }: MarketRow): number => (symbol === "ETH" ? 0 : symbol === "BTC" ? 1 : 2 + (hash(7, symbol) % 1_000_000_000));
const isOpen = ({ state }: MarketRow): boolean => state !== "delisted" && state !== "pre-market";
const ownRate = (row: MarketRow): number => Number((row.rate * BASIS_HOURS).toPrecision(15));

function fundingRates({ rows }: RenderContext): WireBody {
  const list = rows.filter(isOpen).flatMap((row): readonly WireRow[] => {
    const rate = ownRate(row);
    const given = { market_id: marketIdOf(row), symbol: row.symbol };
    return [
      ...OTHERS.map((exchange, place) => ({ ...given, exchange, rate: rate * (1.3 + place / 2) + 0.00002 })),
      { ...given, exchange: "lighter", rate },
    ];
  });
  return { body: { code: 200, funding_rates: list }, rows: [list] };
}

function orderBookDetails({ rows }: RenderContext): WireBody {
  const list = rows.map(detailsRow);
  return { body: { code: 200, order_book_details: list }, rows: [list] };
}

function detailsRow(row: MarketRow): WireRow {
  const { multiplier, pricePlaces, sizePlaces } = row.listing;
  const places = Math.max(0, sizePlaces);
  return {
    market_id: marketIdOf(row),
    symbol: row.symbol,
    market_type: "perp",
    status: isOpen(row) ? "active" : "inactive",
    taker_fee: "0.0000",
    maker_fee: "0.0000",
    min_base_amount: fixed(10 ** -places, places),
    min_quote_amount: "10.000000",
    size_decimals: places,
    price_decimals: Math.max(0, pricePlaces),
    quote_multiplier: 1,
    default_initial_margin_fraction: 500,
    min_initial_margin_fraction: 200,
    maintenance_margin_fraction: 120,
    mark_price: fixed(row.mark, pricePlaces),
    index_price: fixed(row.index, pricePlaces),
    last_trade_price: row.last,
    open_interest: row.openInterestCoins / multiplier,
    daily_base_token_volume: row.volumeCoins / multiplier,
    daily_quote_token_volume: row.volumeUsd,
    market_config: { market_margin_mode: 0, force_reduce_only: row.state === "delisting" || row.state === "halted" },
  };
}

/** Each level's size in two orders, best first. */
function orderBookOrders({ rows, query }: RenderContext): WireBody {
  const row = rows.find((each) => String(marketIdOf(each)) === query.get("market_id"));
  if (row === undefined) return { body: { code: 20_001, message: "invalid param: market_id" }, rows: [] };
  const { multiplier, pricePlaces, sizePlaces } = row.listing;
  const places = Math.max(0, sizePlaces);
  const side = (levels: readonly Level[], first: number): readonly Json[] =>
    levels.flatMap(({ price, sizeCoins }, place) => {
      const units = Number(fixed(sizeCoins / multiplier, places));
      const half = Number(fixed(units / 2, places));
      return [half, units - half]
        .filter((size) => size > 0)
        .map((size, part) => {
          const index = first + 2 * place + part;
          const amount = fixed(size, places);
          return {
            order_index: index,
            order_id: String(index),
            initial_base_amount: amount,
            remaining_base_amount: amount,
            price: fixed(price, pricePlaces),
          };
        });
    });
  const { bids, asks } = bookOf(row);
  const orders: WireRow = { code: 200, total_asks: asks.length, asks: side(asks, 1), total_bids: bids.length, bids: side(bids, 1_000) };
  return { body: orders, rows: [[orders]] };
}

const failed = (status: number, code: number, message: string): VenueReply => json(status, { code, message });

function error(kind: ErrorKind): VenueReply {
  const html = (status: number): VenueReply => ({
    status,
    body: `<html><head><title>${status}</title></head></html>`,
    contentType: "text/html",
  });
  const replies: Record<ErrorKind, VenueReply> = {
    "bad-request": failed(400, 20_001, "invalid param: market_id"),
    unauthorized: failed(401, 20_013, "invalid auth"),
    forbidden: html(403),
    "geo-blocked": html(451),
    "rate-limited": failed(429, 23_000, "Too Many Requests!"),
    banned: html(418),
    server: failed(500, 29_500, "internal server error"),
    envelope: failed(200, 29_500, "internal server error"),
    "envelope-rate-limited": failed(200, 23_000, "Too Many Requests!"),
  };
  return replies[kind];
}
