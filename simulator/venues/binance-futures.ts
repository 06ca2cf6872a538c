/**
 * The futures protocol of Binance as venues of that make write it: plain arrays without an envelope, errors as
 * {code, msg}. premiumIndex stamps all rows at once, bookTicker each row for itself.
 * https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api
 */
import { fixed, step } from "../decimal.ts";
import type { MarketRow } from "../listing.ts";
import { binanceDepth } from "./binance-book.ts";
import { json, newestStampIn, stampIn, textOf } from "./venue.ts";
import type { ErrorKind, Json, RenderContext, SimulatedEndpoint, VenueReply, WireBody, WireQuote, WireRow } from "./venue.ts";

const PERPETUAL_DELIVERY_MS = 4_133_404_800_000;
const ONBOARD_MS = 1_569_398_400_000;

/** What a venue of this protocol sends in its own way. */
export type FuturesTerms = {
  /** Path in front of every endpoint. */
  readonly api: string;
  /** Start of the names of its recorded bodies. */
  readonly recordedAs: string;
  readonly fundingInfo: SimulatedEndpoint["render"];
  /** Whether a contract that has gone stays in every list, without a next time; else in `premiumIndex` alone, as if it paid on. */
  readonly listsGone: boolean;
  /** What stands under a contract: its type and the fields of its class. */
  readonly underlying: (row: MarketRow) => {
    readonly contractType: string;
    readonly underlyingType: string;
    readonly underlyingSubType: Json;
  };
};

/** The first one carries the rate. */
export function futuresEndpoints(terms: FuturesTerms): readonly SimulatedEndpoint[] {
  const endpoint = (parts: Parts): SimulatedEndpoint => ({
    ...parts,
    method: "GET",
    path: `${terms.api}/${parts.path}`,
    asks: () => true,
    recordedAs: `${terms.recordedAs}_${parts.path.replaceAll("/", "_")}`,
  });
  const listed = (context: RenderContext): RenderContext =>
    terms.listsGone ? context : { ...context, rows: context.rows.filter((row) => !isGone(row)) };
  const stampedAtMs = newestStampIn("time");
  return [
    endpoint({
      name: "premiumIndex",
      path: "premiumIndex",
      render: (context) => premiumIndex(context, terms),
      vital: ["lastFundingRate", "markPrice"],
      stampedAtMs,
    }),
    endpoint({
      name: "bookTicker",
      path: "ticker/bookTicker",
      render: (context) => array(listed(context).rows.map((row) => bookTickerRow(row, context))),
      vital: ["bidPrice", "askPrice"],
      stampedAtMs,
    }),
    endpoint({
      name: "ticker24hr",
      path: "ticker/24hr",
      render: (context) => array(listed(context).rows.map((row) => ticker24hrRow(row, context))),
      vital: ["quoteVolume"],
      stampedAtMs: newestStampIn("closeTime"),
    }),
    endpoint({
      name: "fundingInfo",
      path: "fundingInfo",
      render: terms.fundingInfo,
      vital: ["fundingIntervalHours"],
      stampedAtMs: () => null,
    }),
    endpoint({ name: "depth", path: "depth", render: binanceDepth, vital: ["bids"], stampedAtMs: stampIn("E") }),
    endpoint({
      name: "exchangeInfo",
      path: "exchangeInfo",
      render: (context) => exchangeInfo(listed(context), terms),
      vital: ["status"],
      stampedAtMs: stampIn("serverTime"),
    }),
  ];
}

/** The strings of a row as they stand in the bodies. */
export function futuresWire(row: MarketRow): WireQuote {
  const premium = premiumIndexRow(row, { time: (ms) => ms, nowMs: 0, listsGone: true });
  const book = bookTickerRow(row, { time: (ms) => ms });
  return {
    symbol: row.symbol,
    bid: textOf(book, "bidPrice"),
    ask: textOf(book, "askPrice"),
    rate: textOf(premium, "lastFundingRate"),
    intervalHours: row.listing.intervalHours,
    nextFundingAtMs: row.nextFundingAtMs,
  };
}

type RowContext = Pick<RenderContext, "time" | "nowMs">;

type Parts = Pick<SimulatedEndpoint, "name" | "path" | "render" | "vital" | "stampedAtMs">;

/** A bare list. */
export const array = (rows: WireRow[]): WireBody => ({ body: rows, rows: [rows] });

/** `1000PEPE`, `1MBABYDOGE`. */
export function bundleName(ticker: string, multiplier: number): string {
  if (multiplier === 1) return ticker;
  return ticker === "BABYDOGE" ? `1M${ticker}` : `${multiplier}${ticker}`;
}

const isGone = (row: MarketRow): boolean => row.state === "delisted";
const hasBook = (row: MarketRow): boolean => !isGone(row) && row.state !== "empty-book";

const premiumIndex = (context: RenderContext, { listsGone }: FuturesTerms): WireBody =>
  array(context.rows.map((row) => premiumIndexRow(row, { ...context, listsGone })));

function premiumIndexRow(row: MarketRow, { time, nowMs, listsGone }: RowContext & Pick<FuturesTerms, "listsGone">): WireRow {
  const dated = row.listing.kind === "dated";
  return {
    symbol: row.symbol,
    markPrice: fixed(row.mark, 8),
    indexPrice: fixed(isGone(row) ? row.mark : row.index, 8),
    estimatedSettlePrice: fixed(row.index * 0.9998, 8),
    lastFundingRate: dated ? "" : fixed(row.rate, 8),
    interestRate: dated ? "" : "0.00010000",
    nextFundingTime: dated || (listsGone && isGone(row)) ? 0 : time(row.nextFundingAtMs),
    time: time(Math.floor((nowMs - 2) / 1000) * 1000 + 2),
  };
}

function bookTickerRow(row: MarketRow, { time }: Pick<RenderContext, "time">): WireRow {
  const { pricePlaces, sizePlaces, multiplier } = row.listing;
  const price = (value: number): string => fixed(hasBook(row) ? value : 0, pricePlaces);
  const size = (coins: number): string => fixed(hasBook(row) ? coins / multiplier : 0, sizePlaces);
  return {
    symbol: row.symbol,
    bidPrice: price(row.bid),
    bidQty: size(row.bidSizeCoins),
    askPrice: price(row.ask),
    askQty: size(row.askSizeCoins),
    time: time(row.bookAtMs),
  };
}

function ticker24hrRow(row: MarketRow, { time }: RowContext): WireRow {
  const { pricePlaces, sizePlaces, multiplier } = row.listing;
  const price = (value: number): string => fixed(value, pricePlaces);
  const share = isGone(row) ? 0 : 1;
  const trades = Math.round(row.volumeUsd / 900) * share;
  return {
    symbol: row.symbol,
    priceChange: price(row.last - row.open24h),
    priceChangePercent: fixed((100 * (row.last - row.open24h)) / row.open24h, 3),
    weightedAvgPrice: price((row.last + row.open24h) / 2),
    lastPrice: price(row.last),
    lastQty: fixed(Math.max(row.askSizeCoins / multiplier / 300, 10 ** -sizePlaces), sizePlaces),
    openPrice: price(row.open24h),
    highPrice: price(row.high24h),
    lowPrice: price(row.low24h),
    volume: fixed((share * row.volumeCoins) / multiplier, sizePlaces),
    quoteVolume: fixed(share * row.volumeUsd, 2),
    openTime: time(Math.floor((row.bookAtMs - 86_400_000) / 60_000) * 60_000),
    closeTime: time(row.bookAtMs),
    firstId: 400_000_000,
    lastId: 400_000_000 + trades,
    count: trades,
  };
}

function exchangeInfo({ rows, time, nowMs }: RenderContext, terms: FuturesTerms): WireBody {
  const symbols = rows.map((row) => symbolRow(row, { time, terms }));
  const body = {
    timezone: "UTC",
    serverTime: time(nowMs),
    futuresType: "U_MARGINED",
    rateLimits: [
      { rateLimitType: "REQUEST_WEIGHT", interval: "MINUTE", intervalNum: 1, limit: 2400 },
      { rateLimitType: "ORDERS", interval: "SECOND", intervalNum: 10, limit: 300 },
    ],
    exchangeFilters: [],
    assets: ["USDT", "BTC", "USDC"].map((asset) => ({
      asset,
      marginAvailable: true,
      autoAssetExchange: asset === "BTC" ? "-0.10000000" : "-10000",
    })),
    symbols,
  };
  return { body, rows: [symbols] };
}

function symbolRow(row: MarketRow, { time, terms }: Pick<RenderContext, "time"> & { readonly terms: FuturesTerms }): WireRow {
  const { listing } = row;
  const base = bundleName(listing.coin.ticker, listing.multiplier);
  const ends = row.endsAtMs ?? (isGone(row) ? 1_700_000_000_000 : null);
  return {
    symbol: row.symbol,
    pair: `${base}${listing.quote}`,
    ...terms.underlying(row),
    deliveryDate: time(ends ?? PERPETUAL_DELIVERY_MS),
    onboardDate: time(ONBOARD_MS),
    status: isGone(row) ? "SETTLING" : row.state === "pre-market" ? "PENDING_TRADING" : "TRADING",
    maintMarginPercent: "2.5000",
    requiredMarginPercent: "5.0000",
    baseAsset: base,
    quoteAsset: listing.quote,
    marginAsset: listing.settle,
    pricePrecision: Math.max(0, listing.pricePlaces),
    quantityPrecision: Math.max(0, listing.sizePlaces),
    baseAssetPrecision: 8,
    quotePrecision: 8,
    triggerProtect: "0.0500",
    liquidationFee: "0.012500",
    marketTakeBound: "0.05",
    maxMoveOrderLimit: 10_000,
    orderTypes: ["LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"],
    timeInForce: ["GTC", "IOC", "FOK", "GTX", "GTD"],
    permissionSets: ["GRID", "COPY"],
    filters: filters(row),
  };
}

function filters({ listing }: MarketRow): readonly WireRow[] {
  const lot = step(listing.sizePlaces);
  return [
    {
      filterType: "PRICE_FILTER",
      minPrice: step(listing.pricePlaces),
      maxPrice: String(Math.ceil(listing.coin.level * listing.multiplier * 50)),
      tickSize: step(listing.pricePlaces),
    },
    { filterType: "LOT_SIZE", minQty: lot, maxQty: "10000000", stepSize: lot },
    { filterType: "MARKET_LOT_SIZE", minQty: lot, maxQty: "1000000", stepSize: lot },
    { filterType: "MAX_NUM_ORDERS", limit: 200 },
    { filterType: "MAX_NUM_ALGO_ORDERS", limit: 10 },
    { filterType: "MIN_NOTIONAL", notional: listing.coin.rank === 1 ? "100" : "5" },
    { filterType: "PERCENT_PRICE", multiplierUp: "1.0500", multiplierDown: "0.9500", multiplierDecimal: "4" },
    { filterType: "POSITION_RISK_CONTROL", positionControlSide: "NONE" },
  ];
}

/** How it says no. */
export function futuresError(kind: ErrorKind, nowMs: number): VenueReply {
  const says = (status: number, code: number, msg: string): VenueReply => json(status, { code, msg });
  const replies: Record<ErrorKind, VenueReply> = {
    "bad-request": says(400, -1121, "Invalid symbol."),
    unauthorized: says(401, -2014, "API-key format invalid."),
    forbidden: { status: 403, body: "Forbidden", contentType: "text/plain" },
    "geo-blocked": says(
      451,
      0,
      "Service unavailable from a restricted location according to 'b. Eligibility' in https://www.binance.com/en/terms. Please contact customer service if you believe you received this message in error.",
    ),
    "rate-limited": says(429, -1003, "Too many requests; current limit of IP(127.0.0.1) is 2400 requests per minute."),
    banned: says(
      418,
      -1003,
      `Way too many requests; IP(127.0.0.1) banned until ${nowMs + 120_000}. Please use the websocket for live updates to avoid bans.`,
    ),
    server: says(500, -1000, "An unknown error occurred while processing the request."),
    envelope: says(200, -1001, "Internal error; unable to process your request. Please try again."),
    "envelope-rate-limited": says(200, -1003, "Too many requests."),
  };
  return replies[kind];
}
