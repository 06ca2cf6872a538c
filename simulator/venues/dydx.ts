/**
 * dYdX v4: the Indexer's /v4. One object of all markets by name, every figure a decimal string, no bid, ask or mark; the
 * order book market by market. Markets that have ended stay as FINAL_SETTLEMENT. https://docs.dydx.xyz/indexer-client/http
 */
import { bookOf, type Level, rowNamed } from "../book.ts";
import type { Coin } from "../coins.ts";
import { fixed, step, trimmed } from "../decimal.ts";
import type { MarketRow } from "../listing.ts";
import { json, type ErrorKind, type Json, type RenderContext, type SimulatedVenue, type VenueReply } from "./venue.ts";
import type { WireBody, WireRow } from "./venue.ts";

const ENDED = "MATIC 0.39;RNDR 7.1;FTM 0.7;BLZ 0.06;LOOM 0.05;OX 0.01;BADGER 2.1;UNFI 2.1";

export const dydx: SimulatedVenue = {
  id: "dydx",
  hosts: ["indexer.dydx.trade"],
  takerFeeRate: 0.0005,
  profile: {
    pricedByBook: true,
    quote: "USD",
    settle: "USD",
    coverage: 0.3,
    usdcContracts: 0,
    listsTradfi: false,
    volumeShare: 0.03,
    intervals: [[1, 1]],
    ratePlaces: 14,
    canList: () => true,
    multiplier: () => 1,
    symbol: ({ ticker }) => `${ticker}-USD`,
    ownTraps: () => [
      ...ENDED.split(";").map((entry) => ({ coin: coinOf(entry), listing: { state: "delisted" as const } })),
      { coin: coinOf("BUFFI 0.004"), listing: { symbol: "BUFFI,uniswap_v3,0X4C1B1302220D7DE5C22B495E78B72F2DD2457D45-USD" } },
    ],
  },
  endpoints: [
    {
      name: "perpetualMarkets",
      method: "GET",
      path: "/v4/perpetualMarkets",
      asks: () => true,
      render: perpetualMarkets,
      vital: ["nextFundingRate", "oraclePrice"],
      recordedAs: "v4_perpetualMarkets",
      stampedAtMs: () => null,
    },
    {
      name: "orderbook",
      method: "GET",
      path: "/v4/orderbooks/perpetualMarket/:symbol",
      asks: () => true,
      render: orderbook,
      vital: ["bids"],
      recordedAs: "v4_orderbooks_perpetualMarket",
      stampedAtMs: () => null,
    },
  ],
  error,
  unknownRequest: (path) => failed(404, `Not found: ${path}`),
  wire: (row) => ({
    symbol: row.symbol,
    // Its book's own top: nothing else of the venue has prices.
    bid: fixed(row.bid, row.listing.pricePlaces),
    ask: fixed(row.ask, row.listing.pricePlaces),
    rate: trimmed(row.rate, 14),
    intervalHours: 1,
    nextFundingAtMs: row.nextFundingAtMs,
  }),
};

function coinOf(entry: string): Coin {
  const [ticker = "", level] = entry.split(" ");
  return { id: `${ticker} (dYdX)`, ticker, class: "crypto", level: Number(level), rank: 400, bundle: 1 };
}

function perpetualMarkets({ rows }: RenderContext): WireBody {
  const list = rows.map(marketRow);
  const names = new Map(list.map((row, place) => [row, rows[place]?.symbol ?? ""]));
  // Put together when it is sent, from the rows that are then left.
  const body = {
    get markets(): Json {
      return Object.fromEntries(list.map((row) => [names.get(row) ?? "", row]));
    },
  };
  return { body, rows: [list] };
}

function marketRow(row: MarketRow, place: number): WireRow {
  const { coin, pricePlaces, sizePlaces } = row.listing;
  const ended = row.state === "delisted";
  const figure = (value: number, places: number): string => (ended ? "0" : trimmed(value, places));
  return {
    clobPairId: String(place),
    ticker: row.symbol,
    status: statusOf(row),
    oraclePrice: trimmed(row.index, pricePlaces + 5),
    priceChange24H: trimmed(row.last - row.open24h, pricePlaces + 5),
    volume24H: figure(row.volumeUsd, 4),
    trades24H: ended ? 0 : Math.round(row.volumeUsd / 900),
    nextFundingRate: figure(row.rate, 14),
    initialMarginFraction: coin.rank <= 2 ? "0.02" : "0.1",
    maintenanceMarginFraction: coin.rank <= 2 ? "0.012" : "0.05",
    openInterest: figure(row.openInterestCoins, Math.max(0, sizePlaces)),
    atomicResolution: -10,
    quantumConversionExponent: -9,
    tickSize: step(pricePlaces),
    stepSize: step(sizePlaces),
    stepBaseQuantums: 1_000_000,
    subticksPerTick: 100_000,
    marketType: coin.rank <= 150 || ended ? "CROSS" : "ISOLATED",
    openInterestLowerCap: "0",
    openInterestUpperCap: "0",
    baseOpenInterest: figure(row.openInterestCoins, Math.max(0, sizePlaces)),
    defaultFundingRate1H: "0",
  };
}

function statusOf({ state }: MarketRow): string {
  if (state === "delisted") return "FINAL_SETTLEMENT";
  if (state === "pre-market") return "INITIALIZING";
  if (state === "delisting") return "CANCEL_ONLY";
  return state === "halted" ? "PAUSED" : "ACTIVE";
}

function orderbook({ rows, query }: RenderContext): WireBody {
  const row = rowNamed(rows, query.get("symbol"));
  if (row === null) return { body: { errors: [{ msg: "ticker must be a valid ticker (BTC-USD, etc)", param: "ticker" }] }, rows: [] };
  const { pricePlaces, sizePlaces } = row.listing;
  const side = (levels: readonly Level[]): readonly Json[] =>
    levels.map(({ price, sizeCoins }) => ({ price: trimmed(price, pricePlaces), size: trimmed(sizeCoins, sizePlaces) }));
  const { bids, asks } = bookOf(row);
  const book: WireRow = { bids: side(bids), asks: side(asks) };
  return { body: book, rows: [[book]] };
}

const failed = (status: number, msg: string, more: WireRow = {}): VenueReply => json(status, { errors: [{ msg, ...more }] });

function error(kind: ErrorKind): VenueReply {
  const replies: Record<ErrorKind, VenueReply> = {
    "bad-request": failed(400, "ticker must be a valid ticker (BTC-USD, etc)", { param: "ticker", location: "params" }),
    unauthorized: failed(401, "Unauthorized"),
    forbidden: { status: 403, body: "<html><head><title>403 Forbidden</title></head></html>", contentType: "text/html" },
    "geo-blocked": failed(403, "Because you appear to be a resident of, or trading from, a jurisdiction that violates our terms of use", {
      code: "GEOBLOCKED",
    }),
    "rate-limited": failed(429, "Too many requests"),
    banned: failed(418, "Too many requests"),
    server: failed(500, "Internal Server Error"),
    // The Indexer has no errors inside HTTP 200; these are what a proxy in front of it would pass on.
    envelope: failed(200, "Internal Server Error"),
    "envelope-rate-limited": failed(200, "Too many requests"),
  };
  return replies[kind];
}
