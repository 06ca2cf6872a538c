/**
 * Bitget, USDT-FUTURES: envelope {code, msg, requestTime, data}, every figure of a row a string, of a book a number.
 * https://www.bitget.com/api-doc/contract/market/Get-All-Symbol-Ticker, .../Get-Current-Funding-Rate,
 * .../Get-All-Symbols-Contracts, .../Get-Merge-Depth, https://www.bitget.com/api-doc/uta/public/Tickers
 * Funding is listed for contracts that have no ticker, all with caps null. Shares and metals stand among the coins,
 * told by isRwa in contracts alone. Sizes are in the name's own base. v2 stamps a reply once, v3 each row.
 */
import { bookOf, type Level, rowNamed } from "../book.ts";
import { fixed, step, trimmed } from "../decimal.ts";
import type { MarketRow } from "../listing.ts";
import { json, stampIn, textOf } from "./venue.ts";
import type { ErrorKind, Json, RenderContext, SimulatedEndpoint, SimulatedVenue, VenueReply, WireBody, WireRow } from "./venue.ts";

/** In current-fund-rate and nowhere else. */
const GHOSTS = "BGTESTME RWATESTME PLAY TRUTH GHOSTA GHOSTB GHOSTC GHOSTD GHOSTE GHOSTF GHOSTG GHOSTH".split(" ");
/** Quoted by the single coin here, by the bundle elsewhere. */
const NEVER_BUNDLED = new Set(["PEPE", "SHIB", "FLOKI", "LUNC"]);
const STAMP_AGE_MS = 90;
const MOST_LEVELS = 100;

export const bitget: SimulatedVenue = {
  id: "bitget",
  hosts: ["api.bitget.com"],
  takerFeeRate: 0.0006,
  profile: {
    quote: "USDT",
    settle: "USDT",
    coverage: 0.9,
    usdcContracts: 0,
    listsTradfi: true,
    volumeShare: 0.4,
    intervals: [
      [8, 0.5],
      [4, 0.46],
      [1, 0.03],
      [2, 0.01],
    ],
    ratePlaces: 6,
    canList: () => true,
    multiplier: (coin) => (NEVER_BUNDLED.has(coin.ticker) ? 1 : coin.bundle),
    symbol: ({ ticker, quote, multiplier }) => `${multiplier === 1 ? "" : multiplier}${ticker}${quote}`,
    ownTraps: () => [
      ...GHOSTS.map((ticker) => ({ coin: coin(ticker, 0.31), listing: { state: "delisted" as const } })),
      { coin: coin("龙虾", 0.011), listing: {} },
      { coin: coin("MAINTAINED", 0.72), listing: { state: "halted" as const, fixedPer8h: 0.0014 } },
    ],
  },
  endpoints: [
    endpoint("currentFundRate", "/api/v2/mix/market/current-fund-rate", {
      render: listOf(fundRateRow),
      vital: ["fundingRate", "nextUpdate"],
    }),
    endpoint("tickers", "/api/v2/mix/market/tickers", { render: listOf(tickerRow, isLive), vital: ["markPrice", "bidPr"] }),
    endpoint("contracts", "/api/v2/mix/market/contracts", { render: listOf(contractRow, isLive), vital: ["symbolStatus", "symbolType"] }),
    endpoint("mergeDepth", "/api/v2/mix/market/merge-depth", { render: mergeDepth, vital: ["bids"] }),
    {
      ...endpoint("tickersV3", "/api/v3/market/tickers", { render: listOf(tickerRowV3, isLive), vital: ["markPrice", "bid1Price"] }),
      asks: (query) => query.get("category") === "USDT-FUTURES",
      recordedAs: "v3_market_tickers_USDT-FUTURES",
      // No scan fetches it, so that its recording does not set the clock of a recorded market.
      stampedAtMs: () => null,
    },
  ],
  error,
  unknownRequest: (path, nowMs) =>
    path.startsWith("/api/v")
      ? json(400, envelope("40019", "Parameter productType cannot be empty", { nowMs }))
      : json(404, envelope("40404", "Request URL NOT FOUND", { nowMs })),
  wire: (row) => {
    const ticker = tickerRow(row, { nowMs: 0, time: (ms) => ms });
    return {
      symbol: row.symbol,
      bid: textOf(ticker, "bidPr"),
      ask: textOf(ticker, "askPr"),
      rate: textOf(fundRateRow(row, { nowMs: 0, time: (ms) => ms }), "fundingRate"),
      intervalHours: row.listing.intervalHours,
      nextFundingAtMs: row.nextFundingAtMs,
    };
  },
};

const coin = (ticker: string, level: number) => ({
  id: `${ticker} (bitget)`,
  ticker,
  class: "crypto" as const,
  level,
  rank: 300,
  bundle: 1,
});

function isLive(row: MarketRow): boolean {
  return row.state !== "delisted";
}

const envelope = (code: string, msg: string, { nowMs, data = null }: { readonly nowMs: number; readonly data?: Json }): Json => ({
  code,
  msg,
  requestTime: nowMs,
  data,
});

function endpoint(name: string, path: string, { render, vital }: Pick<SimulatedEndpoint, "render" | "vital">): SimulatedEndpoint {
  return {
    name,
    method: "GET",
    path,
    asks: (query) => query.get("productType")?.toUpperCase() === "USDT-FUTURES",
    render,
    vital,
    recordedAs: `v2_mix_market_${path.slice(path.lastIndexOf("/") + 1)}_USDT-FUTURES`,
    stampedAtMs: stampIn("requestTime"),
  };
}

type Clock = Pick<RenderContext, "nowMs" | "time">;

function listOf(
  rowOf: (row: MarketRow, clock: Clock) => WireRow,
  has: (row: MarketRow) => boolean = () => true,
): (context: RenderContext) => WireBody {
  return (context) => {
    const list = context.rows.filter(has).map((row) => rowOf(row, context));
    return { body: envelope("00000", "success", { nowMs: context.time(context.nowMs), data: list }), rows: [list] };
  };
}

function fundRateRow(row: MarketRow, { time }: Clock): WireRow {
  const { intervalHours, fundingCap } = row.listing;
  const ghost = row.state === "delisted";
  return {
    symbol: row.symbol,
    fundingRate: trimmed(row.rate, 6),
    fundingRateInterval: String(intervalHours),
    nextUpdate: String(time(row.nextFundingAtMs)),
    minFundingRate: ghost ? null : trimmed(-fundingCap, 6),
    maxFundingRate: ghost ? null : trimmed(fundingCap, 6),
  };
}

/** Figures that both generations send, under their own names. */
function figuresOf(row: MarketRow): Record<"last" | "bid" | "ask" | "bidSize" | "askSize" | "volume" | "interest", string> {
  const { pricePlaces, sizePlaces, multiplier } = row.listing;
  const quoted = row.state !== "empty-book";
  const price = (value: number): string => fixed(value, pricePlaces);
  const units = (coins: number): string => trimmed(coins / multiplier, sizePlaces);
  return {
    last: price(row.last),
    bid: quoted ? price(row.bid) : "",
    ask: quoted ? price(row.ask) : "",
    bidSize: quoted ? units(row.bidSizeCoins) : "",
    askSize: quoted ? units(row.askSizeCoins) : "",
    volume: units(row.volumeCoins),
    interest: units(row.openInterestCoins),
  };
}

function tickerRow(row: MarketRow, { nowMs, time }: Clock): WireRow {
  const { pricePlaces } = row.listing;
  const price = (value: number): string => fixed(value, pricePlaces);
  const { last, bid, ask, bidSize, askSize, volume, interest } = figuresOf(row);
  const change = fixed((row.last - row.open24h) / row.open24h, 5);
  const turnover = trimmed(row.volumeUsd, 4);
  return {
    symbol: row.symbol,
    lastPr: last,
    askPr: ask,
    bidPr: bid,
    bidSz: bidSize,
    askSz: askSize,
    high24h: price(row.high24h),
    low24h: price(row.low24h),
    ts: String(time(nowMs - STAMP_AGE_MS)),
    change24h: change,
    baseVolume: volume,
    quoteVolume: turnover,
    usdtVolume: turnover,
    openUtc: price(row.open24h),
    changeUtc24h: change,
    indexPrice: trimmed(row.index, pricePlaces + 2),
    fundingRate: trimmed(row.rate, 6),
    holdingAmount: interest,
    deliveryStartTime: null,
    deliveryTime: null,
    deliveryStatus: "",
    open24h: price(row.open24h),
    markPrice: price(row.mark),
  };
}

function tickerRowV3(row: MarketRow, { time }: Clock): WireRow {
  const { pricePlaces } = row.listing;
  const price = (value: number): string => fixed(value, pricePlaces);
  const { last, bid, ask, bidSize, askSize, volume, interest } = figuresOf(row);
  return {
    category: "USDT-FUTURES",
    symbol: row.symbol,
    ts: String(time(row.bookAtMs)),
    lastPrice: last,
    openPrice24h: price(row.open24h),
    highPrice24h: price(row.high24h),
    lowPrice24h: price(row.low24h),
    ask1Price: ask,
    bid1Price: bid,
    bid1Size: bidSize,
    ask1Size: askSize,
    price24hPcnt: fixed((row.last - row.open24h) / row.open24h, 5),
    volume24h: volume,
    turnover24h: trimmed(row.volumeUsd, 4),
    indexPrice: trimmed(row.index, pricePlaces + 2),
    markPrice: price(row.mark),
    fundingRate: trimmed(row.rate, 6),
    openInterest: interest,
    deliveryStartTime: "",
    deliveryTime: "",
    deliveryStatus: "",
  };
}

function contractRow(row: MarketRow, { time }: Clock): WireRow {
  const { listing, state } = row;
  const lot = step(listing.sizePlaces);
  const bundle = listing.multiplier === 1 ? "" : String(listing.multiplier);
  return {
    symbol: row.symbol,
    baseCoin: `${bundle}${listing.coin.ticker}`,
    quoteCoin: listing.quote,
    buyLimitPriceRatio: "0.05",
    sellLimitPriceRatio: "0.05",
    feeRateUpRatio: "0.005",
    makerFeeRate: "0.0002",
    takerFeeRate: "0.0006",
    openCostUpRatio: "0.01",
    supportMarginCoins: [listing.settle],
    minTradeNum: lot,
    priceEndStep: "1",
    volumePlace: String(Math.max(0, listing.sizePlaces)),
    pricePlace: String(Math.max(0, listing.pricePlaces)),
    sizeMultiplier: lot,
    symbolType: "perpetual",
    minTradeUSDT: "5",
    maxSymbolOrderNum: "200",
    maxProductOrderNum: "1000",
    maxPositionNum: "150",
    symbolStatus: state === "pre-market" ? "listed" : state === "halted" ? "maintain" : "normal",
    offTime: row.endsAtMs === null ? "-1" : String(time(row.endsAtMs)),
    limitOpenTime: "-1",
    deliveryTime: "",
    deliveryStartTime: "",
    launchTime: "",
    fundInterval: String(listing.intervalHours),
    minLever: "1",
    maxLever: listing.coin.rank <= 4 ? "150" : "50",
    posLimit: "0.1",
    maintainTime: "",
    maxMarketOrderQty: "220",
    maxOrderQty: "1200",
    isRwa: listing.coin.class === "crypto" ? "NO" : "YES",
  };
}

/** Levels as pairs of numbers: 1, 5, 15, 50 or, with `max` and by default, 100 a side. */
function mergeDepth({ rows, query, time, nowMs }: RenderContext): WireBody {
  const row = rowNamed(rows.filter(isLive), query.get("symbol"));
  if (row === null)
    return { body: envelope("40034", `Parameter ${query.get("symbol") ?? ""} does not exist`, { nowMs: time(nowMs) }), rows: [] };
  const { pricePlaces, sizePlaces, multiplier } = row.listing;
  const limit = Number(query.get("limit")) || MOST_LEVELS;
  const side = (levels: readonly Level[]): readonly Json[] =>
    levels
      .slice(0, limit)
      .map(({ price, sizeCoins }) => [Number(fixed(price, pricePlaces)), Number(trimmed(sizeCoins / multiplier, sizePlaces))]);
  const { bids, asks } = bookOf(row);
  const book: WireRow = {
    asks: side(asks),
    bids: side(bids),
    ts: String(time(row.bookAtMs)),
    scale: step(pricePlaces),
    precision: "scale0",
    isMaxPrecision: "NO",
  };
  return { body: envelope("00000", "success", { nowMs: time(nowMs), data: book }), rows: [[book]] };
}

function error(kind: ErrorKind, nowMs: number): VenueReply {
  const says = (status: number, code: string, msg: string): VenueReply => json(status, envelope(code, msg, { nowMs }));
  const replies: Record<ErrorKind, VenueReply> = {
    "bad-request": says(400, "40034", "Parameter NOPEUSDT does not exist"),
    unauthorized: says(401, "40012", "apikey/password is incorrect"),
    forbidden: { status: 403, body: "Forbidden", contentType: "text/plain" },
    "geo-blocked": says(451, "40018", "Service is not available in your region"),
    "rate-limited": says(429, "429", "Too Many Requests"),
    banned: says(418, "429", "Too Many Requests"),
    server: says(500, "40725", "service return an error"),
    envelope: says(200, "40015", "System is abnormal, please try again later"),
    "envelope-rate-limited": says(200, "429", "Too Many Requests"),
  };
  return replies[kind];
}
