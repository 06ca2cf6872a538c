/**
 * Bybit v5, category linear: envelope {retCode, retMsg, result, retExtInfo, time}, every figure of a row a string.
 * https://bybit-exchange.github.io/docs/v5/market/tickers, .../market/instrument
 * USDC perpetuals are named BTCPERP, dated futures BTCUSDT-25DEC26 and BTC-25DEC26, SHIB carries its bundle behind
 * the name. openInterest counts both sides. instruments-info pages by cursor and lists only Trading unless asked.
 */
import { fixed, step, trimmed } from "../decimal.ts";
import type { MarketRow } from "../listing.ts";
import { bybitBook } from "./bybit-book.ts";
import {
  json,
  stampIn,
  textOf,
  type ErrorKind,
  type Json,
  type RenderContext,
  type SimulatedVenue,
  type VenueReply,
  type WireBody,
  type WireRow,
} from "./venue.ts";

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const LAUNCH_MS = 1_585_526_400_000;
const DEFAULT_PAGE = 500;
const LARGEST_PAGE = 1_000;

export const bybit: SimulatedVenue = {
  id: "bybit",
  hosts: [
    "api.bybit.com",
    "api.bytick.com",
    "api.bybit.nl",
    "api.bybit-tr.com",
    "api.bybit.kz",
    "api.bybitgeorgia.ge",
    "api.bybit.ae",
    "api.bybit.eu",
    "api.bybit.id",
  ],
  takerFeeRate: 0.00055,
  profile: {
    quote: "USDT",
    settle: "USDT",
    coverage: 0.8,
    usdcContracts: 30,
    listsTradfi: true,
    volumeShare: 0.6,
    intervals: [
      [8, 0.45],
      [4, 0.45],
      [1, 0.07],
      [2, 0.03],
    ],
    ratePlaces: 8,
    canList: () => true,
    multiplier: (coin) => coin.bundle,
    symbol: ({ ticker, quote, multiplier, kind }) => {
      if (kind === "dated") return quote === "USDC" ? ticker : `${ticker}${quote}`;
      const name = multiplier === 1 ? ticker : ticker === "SHIB" ? `${ticker}${multiplier}` : `${multiplier}${ticker}`;
      return quote === "USDC" ? `${name}PERP` : `${name}${quote}`;
    },
    datedSymbol: (listing, expiryAtMs) => {
      const day = new Date(expiryAtMs);
      return `${listing.symbol}-${String(day.getUTCDate()).padStart(2, "0")}${MONTHS[day.getUTCMonth()]}${String(day.getUTCFullYear()).slice(2)}`;
    },
    ownTraps: (coins) =>
      coins.slice(0, 2).flatMap((coin) => [
        { coin, listing: { kind: "dated" as const } },
        { coin, listing: { kind: "dated" as const, quote: "USDC", settle: "USDC" } },
      ]),
  },
  endpoints: [
    {
      name: "tickers",
      method: "GET",
      path: "/v5/market/tickers",
      asks: (query) => query.get("category") === "linear",
      render: tickers,
      vital: ["fundingRate", "markPrice", "bid1Price"],
      recordedAs: "v5_market_tickers_linear",
      stampedAtMs: stampIn("time"),
    },
    {
      name: "instruments",
      method: "GET",
      path: "/v5/market/instruments-info",
      asks: (query) => query.get("category") === "linear",
      render: instruments,
      vital: ["status", "contractType"],
      recordedAs: "v5_market_instruments-info_linear",
      stampedAtMs: stampIn("time"),
    },
    {
      name: "orderbook",
      method: "GET",
      path: "/v5/market/orderbook",
      asks: (query) => query.get("category") === "linear",
      render: (context) => bybitBook(context, (result) => envelope(0, "OK", { nowMs: context.time(context.nowMs), result })),
      vital: ["b"],
      recordedAs: "v5_market_orderbook_linear",
      stampedAtMs: stampIn("time"),
    },
  ],
  error,
  unknownRequest: (path, nowMs) =>
    path.startsWith("/v5/market/")
      ? json(200, envelope(10001, "Illegal category", { nowMs }))
      : json(404, { error: `no such endpoint: ${path}` }),
  wire: (row) => {
    const wire = tickerRow(row, { time: (ms) => ms });
    return {
      symbol: row.symbol,
      bid: textOf(wire, "bid1Price"),
      ask: textOf(wire, "ask1Price"),
      rate: textOf(wire, "fundingRate"),
      intervalHours: row.listing.intervalHours,
      nextFundingAtMs: row.nextFundingAtMs,
    };
  },
};

const envelope = (retCode: number, retMsg: string, { nowMs, result = {} }: { readonly nowMs: number; readonly result?: Json }): Json => ({
  retCode,
  retMsg,
  result,
  retExtInfo: {},
  time: nowMs,
});

function tickers(context: RenderContext): WireBody {
  const list = context.rows.filter((row) => row.state !== "delisted").map((row) => tickerRow(row, context));
  return { body: envelope(0, "OK", { nowMs: context.time(context.nowMs), result: { category: "linear", list } }), rows: [list] };
}

function tickerRow(row: MarketRow, { time }: Pick<RenderContext, "time">): WireRow {
  const { pricePlaces, sizePlaces, multiplier, kind, intervalHours, fundingCap } = row.listing;
  const price = (value: number): string => fixed(value, pricePlaces);
  const units = (coins: number): string => fixed(coins / multiplier, sizePlaces);
  const dated = kind === "dated";
  const quoted = row.state !== "empty-book";
  const preMarket = row.state === "pre-market";
  const interest = row.openInterestCoins;
  const interestValue = (interest * row.mark) / multiplier;
  return {
    symbol: row.symbol,
    lastPrice: price(row.last),
    indexPrice: price(row.index),
    markPrice: price(row.mark),
    prevPrice24h: price(row.open24h),
    price24hPcnt: fixed((row.last - row.open24h) / row.open24h, 6),
    highPrice24h: price(row.high24h),
    lowPrice24h: price(row.low24h),
    prevPrice1h: price((23 * row.last + row.open24h) / 24),
    openInterest: units(2 * interest),
    openInterestValue: fixed(2 * interestValue, 2),
    singleOpenInterest: units(interest),
    singleOpenInterestValue: fixed(interestValue, 2),
    turnover24h: fixed(row.volumeUsd, 4),
    volume24h: fixed(row.volumeCoins / multiplier, 4),
    fundingRate: dated ? "" : trimmed(row.rate, 8),
    nextFundingTime: dated ? "0" : String(time(row.nextFundingAtMs)),
    predictedDeliveryPrice: dated ? "0.0" : "",
    basisRate: dated ? fixed((row.last - row.index) / row.index, 8) : "",
    basisRateYear: dated ? "0.05778049" : "",
    deliveryFeeRate: dated ? "0" : "",
    deliveryTime: row.endsAtMs === null ? "0" : String(time(row.endsAtMs)),
    ask1Size: quoted ? units(row.askSizeCoins) : "",
    bid1Price: quoted ? price(row.bid) : "",
    ask1Price: quoted ? price(row.ask) : "",
    bid1Size: quoted ? units(row.bidSizeCoins) : "",
    basis: dated ? fixed(row.last - row.index, 2) : "",
    preOpenPrice: preMarket ? price(row.last) : "",
    preQty: preMarket ? units(row.bidSizeCoins) : "",
    curPreListingPhase: preMarket ? "ContinuousTrading" : row.listing.coin.ticker === "0G" ? "Finished" : "",
    fundingIntervalHour: dated ? "" : String(intervalHours),
    fundingCap: dated ? "" : trimmed(fundingCap, 5),
  };
}

function instruments(context: RenderContext): WireBody {
  const asked = context.query.get("status") ?? "Trading";
  const limit = Math.min(LARGEST_PAGE, Math.max(1, Number(context.query.get("limit") ?? DEFAULT_PAGE) || DEFAULT_PAGE));
  const all = context.rows.filter((row) => statusOf(row) === asked);
  const after = /last=(.*)$/u.exec(decodeURIComponent(context.query.get("cursor") ?? ""))?.[1];
  const start = after === undefined ? 0 : all.findIndex((row) => row.symbol === after) + 1;
  const page = all.slice(start, start + limit);
  const first = page[0]?.symbol ?? "";
  const last = page.at(-1)?.symbol ?? "";
  const list = page.map((row) => instrumentRow(row, context));
  const nextPageCursor = start + limit < all.length ? encodeURIComponent(`first=${first}&last=${last}`) : "";
  return {
    body: envelope(0, "OK", { nowMs: context.time(context.nowMs), result: { category: "linear", list, nextPageCursor } }),
    rows: [list],
  };
}

const statusOf = (row: MarketRow): string => (row.state === "pre-market" ? "PreLaunch" : row.state === "delisted" ? "Closed" : "Trading");

function instrumentRow(row: MarketRow, { time }: Pick<RenderContext, "time">): WireRow {
  const { listing } = row;
  const tick = step(listing.pricePlaces);
  const lot = step(listing.sizePlaces);
  const name = row.symbol.split("-")[0] ?? row.symbol;
  return {
    symbol: row.symbol,
    contractType: listing.kind === "dated" ? "LinearFutures" : "LinearPerpetual",
    status: statusOf(row),
    baseCoin: listing.kind === "dated" ? listing.coin.ticker : name.replace(/(?:PERP|USDT)$/u, ""),
    quoteCoin: listing.quote,
    launchTime: String(time(LAUNCH_MS)),
    deliveryTime: row.endsAtMs === null ? "0" : String(time(row.endsAtMs)),
    deliveryFeeRate: listing.kind === "dated" ? "0.0005" : "",
    priceScale: String(Math.max(0, listing.pricePlaces)),
    leverageFilter: { minLeverage: "1", maxLeverage: listing.coin.rank <= 4 ? "100.00" : "25.00", leverageStep: "0.01" },
    priceFilter: { minPrice: tick, maxPrice: String(Math.ceil(listing.coin.level * listing.multiplier * 50)), tickSize: tick },
    lotSizeFilter: {
      maxOrderQty: "60000000",
      minOrderQty: lot,
      qtyStep: lot,
      postOnlyMaxOrderQty: "60000000",
      maxMktOrderQty: "12000000",
      minNotionalValue: "5",
    },
    unifiedMarginTrade: true,
    fundingInterval: 60 * listing.intervalHours,
    settleCoin: listing.settle,
    copyTrading: listing.coin.rank <= 40 ? "both" : "none",
    upperFundingRate: trimmed(listing.fundingCap, 5),
    lowerFundingRate: trimmed(-listing.fundingCap, 5),
    isPreListing: row.state === "pre-market",
    preListingInfo: null,
    riskParameters: { priceLimitRatioX: "0.15", priceLimitRatioY: "0.3" },
    displayName: "",
    symbolType: { crypto: listing.coin.rank > 300 ? "innovation" : "", equity: "stock", commodity: "commodity" }[listing.coin.class],
  };
}

function error(kind: ErrorKind, nowMs: number): VenueReply {
  const says = (status: number, retCode: number, retMsg: string): VenueReply => json(status, envelope(retCode, retMsg, { nowMs }));
  const replies: Record<ErrorKind, VenueReply> = {
    "bad-request": says(400, 10001, "params error: symbol invalid"),
    unauthorized: says(401, 10003, "API key is invalid."),
    forbidden: { status: 403, body: "access too frequent", contentType: "text/plain" },
    "geo-blocked": {
      status: 451,
      body: "<HTML><HEAD><TITLE>ERROR: The request could not be satisfied</TITLE></HEAD><BODY><H1>451 ERROR</H1>The Amazon CloudFront distribution is configured to block access from your country.</BODY></HTML>",
      contentType: "text/html",
    },
    "rate-limited": says(429, 10429, "System level frequency protection"),
    banned: says(418, 10009, "IP has been banned."),
    server: says(500, 10016, "Server error."),
    envelope: says(200, 10016, "Server error."),
    "envelope-rate-limited": says(200, 10006, "Too many visits. Exceeded the API Rate Limit."),
  };
  return replies[kind];
}
