/**
 * Binance spot: /api/v3, plain arrays without an envelope, errors as {code, msg}.
 * https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints
 * Few coins are bundled here (1000SATSUSDT, 1000CATUSDT, 1MBABYDOGEUSDT). bookTicker has no time; pairs that do not
 * trade stand in it with zeros unless symbolStatus leaves them out. One symbol is answered with an object.
 */
import { fixed, step } from "../decimal.ts";
import { otherCoin } from "../coins.ts";
import type { MarketRow } from "../listing.ts";
import { binance } from "./binance.ts";
import { binanceSpotDepth } from "./binance-book.ts";
import { newestStampIn, stampIn, spotQuote } from "./venue.ts";
import type { RenderContext, SimulatedEndpoint, SimulatedVenue, WireBody, WireRow } from "./venue.ts";

const BUNDLED = new Set(["SATS", "CAT", "BABYDOGE"]);

export const binanceSpot: SimulatedVenue = {
  id: "binance-spot",
  venue: "binance",
  hosts: [
    "data-api.binance.vision",
    "api.binance.com",
    "api1.binance.com",
    "api2.binance.com",
    "api3.binance.com",
    "api4.binance.com",
    "api-gcp.binance.com",
  ],
  takerFeeRate: 0.001,
  profile: {
    kind: "spot",
    quote: "USDT",
    settle: "USDT",
    coverage: 0.7,
    usdcContracts: 20,
    listsTradfi: false,
    volumeShare: 0.4,
    intervals: [[8, 1]],
    ratePlaces: 8,
    canList: () => true,
    multiplier: (coin) => (BUNDLED.has(coin.ticker) ? coin.bundle : 1),
    symbol: ({ ticker, quote, multiplier }) => `${bundleName(ticker, multiplier)}${quote}`,
    ownTraps: () => [
      {
        coin: otherCoin("ETH in BTC", "ETH", 0.0331),
        listing: { quote: "BTC", settle: "BTC", symbol: "ETHBTC" },
      },
      { coin: otherCoin("BTC in EUR", "BTC", 66_900), listing: { quote: "EUR", settle: "EUR", symbol: "BTCEUR" } },
      { coin: otherCoin("FTT (spot)", "FTT", 0.71), listing: { state: "halted" } },
    ],
  },
  endpoints: [
    endpoint({
      name: "spotBookTicker",
      path: "ticker/bookTicker",
      render: (context) => oneOrAll(context, context.rows.map(bookTickerRow)),
      vital: ["bidPrice", "askPrice"],
      stampedAtMs: () => null,
    }),
    endpoint({
      name: "spotTicker24hr",
      path: "ticker/24hr",
      render: (context) =>
        oneOrAll(
          context,
          context.rows.map((row) => ticker24hrRow(row, context)),
        ),
      vital: ["quoteVolume"],
      stampedAtMs: newestStampIn("closeTime"),
    }),
    endpoint({
      name: "spotExchangeInfo",
      path: "exchangeInfo",
      render: exchangeInfo,
      vital: ["status"],
      stampedAtMs: stampIn("serverTime"),
    }),
    endpoint({ name: "spotDepth", path: "depth", render: binanceSpotDepth, vital: ["bids"], stampedAtMs: () => null }),
  ],
  error: binance.error,
  unknownRequest: binance.unknownRequest,
  wire: (row) => spotQuote(row, bookTickerRow(row), { bid: "bidPrice", ask: "askPrice" }),
};

function endpoint(parts: Pick<SimulatedEndpoint, "name" | "path" | "render" | "vital" | "stampedAtMs">): SimulatedEndpoint {
  return {
    ...parts,
    method: "GET",
    path: `/api/v3/${parts.path}`,
    asks: () => true,
    recordedAs: `api_v3_${parts.path.replaceAll("/", "_")}`,
  };
}

function bundleName(ticker: string, multiplier: number): string {
  if (multiplier === 1) return ticker;
  return ticker === "BABYDOGE" ? `1M${ticker}` : `${multiplier}${ticker}`;
}

const trades = (row: MarketRow): boolean => row.state === "trading" || row.state === "empty-book" || row.state === "delisting";
const statusOf = (row: MarketRow): string => (trades(row) ? "TRADING" : row.state === "halted" ? "HALT" : "BREAK");

/** All rows of the status that was asked for, or the one of the symbol that was. */
function oneOrAll({ rows: all, query }: RenderContext, list: readonly WireRow[]): WireBody {
  const symbol = query.get("symbol");
  const status = query.get("symbolStatus");
  const rows = list.filter((_, place) => {
    const row = all[place];
    return row !== undefined && (status === null || statusOf(row) === status) && (symbol === null || row.symbol === symbol);
  });
  return { body: symbol === null ? rows : (rows[0] ?? { code: -1121, msg: "Invalid symbol." }), rows: [rows] };
}

function bookTickerRow(row: MarketRow): WireRow {
  const { multiplier } = row.listing;
  const quoted = trades(row) && row.state !== "empty-book";
  const price = (value: number): string => fixed(quoted ? value : 0, pricePlaces(row));
  const size = (coins: number): string => fixed(quoted ? coins / multiplier : 0, 8);
  return {
    symbol: row.symbol,
    bidPrice: price(row.bid),
    bidQty: size(row.bidSizeCoins),
    askPrice: price(row.ask),
    askQty: size(row.askSizeCoins),
  };
}

/** Prices are padded to eight places, and coins too small for that have more. */
const pricePlaces = (row: MarketRow): number => Math.max(8, row.listing.pricePlaces);

function ticker24hrRow(row: MarketRow, { time }: Pick<RenderContext, "time">): WireRow {
  const { multiplier } = row.listing;
  const price = (value: number): string => fixed(value, pricePlaces(row));
  const share = trades(row) ? 1 : 0;
  const count = Math.round(row.volumeUsd / 900) * share;
  return {
    symbol: row.symbol,
    openPrice: price(row.open24h),
    highPrice: price(row.high24h),
    lowPrice: price(row.low24h),
    lastPrice: price(row.last),
    volume: fixed((share * row.volumeCoins) / multiplier, 8),
    quoteVolume: fixed(share * row.volumeUsd, 8),
    openTime: time(row.bookAtMs - 86_400_000),
    closeTime: time(row.bookAtMs),
    firstId: count === 0 ? -1 : 400_000_000,
    lastId: count === 0 ? -1 : 400_000_000 + count - 1,
    count,
  };
}

function exchangeInfo({ rows, query, time, nowMs }: RenderContext): WireBody {
  const status = query.get("symbolStatus");
  const withSets = query.get("showPermissionSets") !== "false";
  const symbols = rows.filter((row) => status === null || statusOf(row) === status).map((row) => symbolRow(row, withSets));
  const body = {
    timezone: "UTC",
    serverTime: time(nowMs),
    rateLimits: [
      { rateLimitType: "REQUEST_WEIGHT", interval: "MINUTE", intervalNum: 1, limit: 6000 },
      { rateLimitType: "ORDERS", interval: "SECOND", intervalNum: 10, limit: 100 },
      { rateLimitType: "RAW_REQUESTS", interval: "MINUTE", intervalNum: 5, limit: 61_000 },
    ],
    exchangeFilters: [],
    symbols,
  };
  return { body, rows: [symbols] };
}

function symbolRow(row: MarketRow, withSets: boolean): WireRow {
  const { listing } = row;
  const tick = step(listing.pricePlaces);
  const lot = step(listing.sizePlaces);
  return {
    symbol: row.symbol,
    status: statusOf(row),
    baseAsset: bundleName(listing.coin.ticker, listing.multiplier),
    baseAssetPrecision: 8,
    quoteAsset: listing.quote,
    quotePrecision: 8,
    quoteAssetPrecision: 8,
    baseCommissionPrecision: 8,
    quoteCommissionPrecision: 8,
    orderTypes: ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"],
    icebergAllowed: true,
    ocoAllowed: true,
    quoteOrderQtyMarketAllowed: true,
    allowTrailingStop: true,
    cancelReplaceAllowed: true,
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: listing.coin.rank <= 200,
    filters: [
      { filterType: "PRICE_FILTER", minPrice: tick, maxPrice: "1000000.00000000", tickSize: tick },
      { filterType: "LOT_SIZE", minQty: lot, maxQty: "9000000000.00000000", stepSize: lot },
      { filterType: "MARKET_LOT_SIZE", minQty: "0.00000000", maxQty: "1000000.00000000", stepSize: "0.00000000" },
      { filterType: "NOTIONAL", minNotional: "5.00000000", applyMinToMarket: true, maxNotional: "9000000.00000000", avgPriceMins: 5 },
    ],
    permissions: [],
    ...(withSets ? { permissionSets: [["SPOT", "MARGIN"]] } : {}),
    defaultSelfTradePreventionMode: "EXPIRE_MAKER",
    allowedSelfTradePreventionModes: ["EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"],
  };
}
