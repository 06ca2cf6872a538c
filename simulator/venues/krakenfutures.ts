/**
 * Kraken Futures: /derivatives/api/v3, JSON numbers and ISO times, `{result: "success", serverTime, …}`.
 * https://docs.kraken.com/api/docs/futures-api/trading/get-tickers
 * fundingRate is what one coin pays in USD an hour. Beside the linear perpetuals (PF_) the tickers have inverse ones (PI_),
 * dated ones (FF_) and indices (in_, rr_), which have neither tag nor book. XBT is BTC.
 */
import { bookOf, type Level, rowNamed } from "../book.ts";
import { rounded } from "../decimal.ts";
import type { MarketRow } from "../listing.ts";
import { json, type ErrorKind, type Json, type RenderContext, type SimulatedEndpoint, type SimulatedVenue } from "./venue.ts";
import type { VenueReply, WireBody, WireRow } from "./venue.ts";

const OPENED_AT = "2022-03-22T13:18:45Z";
const coinName = (ticker: string): string => (ticker === "BTC" ? "XBT" : ticker);

export const krakenfutures: SimulatedVenue = {
  id: "krakenfutures",
  hosts: ["futures.kraken.com"],
  takerFeeRate: 0.0005,
  profile: {
    quote: "USD",
    settle: "USD",
    coverage: 0.55,
    usdcContracts: 0,
    listsTradfi: true,
    volumeShare: 0.06,
    intervals: [[1, 1]],
    ratePlaces: 10,
    canList: () => true,
    // Nothing is quoted by the thousand.
    multiplier: () => 1,
    symbol: ({ ticker }) => `PF_${coinName(ticker)}USD`,
    datedSymbol: ({ coin }, expiryAtMs) =>
      `FF_${coinName(coin.ticker)}USD_${new Date(expiryAtMs).toISOString().slice(2, 10).replaceAll("-", "")}`,
    ownTraps: (coins) =>
      coins.slice(0, 2).flatMap((coin) => [
        { coin, listing: { settle: coin.ticker, symbol: `PI_${coinName(coin.ticker)}USD` } },
        { coin, listing: { kind: "dated" as const } },
      ]),
  },
  endpoints: [
    endpoint("tickers", { render: tickers, vital: ["fundingRate", "markPrice", "bid"] }),
    endpoint("instruments", { render: instruments, vital: ["tradeable"] }),
    endpoint("orderbook", { render: orderbook, vital: ["bids"] }),
  ],
  error,
  unknownRequest: (_path, nowMs) => failed(404, "Not Found", nowMs),
  wire: (row) => ({
    symbol: row.symbol,
    bid: String(row.bid),
    ask: String(row.ask),
    rate: String(absoluteRate(row) / row.mark),
    intervalHours: 1,
    nextFundingAtMs: row.nextFundingAtMs,
  }),
};

function endpoint(name: string, parts: Pick<SimulatedEndpoint, "render" | "vital">): SimulatedEndpoint {
  const path = `/derivatives/api/v3/${name}`;
  return { ...parts, name, method: "GET", path, asks: () => true, recordedAs: name, stampedAtMs: () => null };
}

/** ISO text of a time; a stamp that faults made impossible stays as it is. */
const iso = (epochMs: number): string => (Math.abs(epochMs) < 8.64e15 ? new Date(epochMs).toISOString() : String(epochMs));

const isQuoted = ({ state }: MarketRow): boolean => state !== "empty-book" && state !== "delisted";
const isInverse = ({ listing }: MarketRow): boolean => listing.settle !== "USD";
/** USD a coin and hour, as many digits as a double holds. */
const absoluteRate = (row: MarketRow): number => Number((row.rate * row.mark).toPrecision(15));

function tickers({ rows, time, nowMs }: RenderContext): WireBody {
  const list: WireRow[] = rows.map((row) => tickerRow(row, time));
  for (const { symbol, index } of indices(rows)) list.push({ symbol, last: index, lastTime: iso(time(nowMs)) });
  return { body: { result: "success", serverTime: iso(time(nowMs)), tickers: list }, rows: [list] };
}

/** The indices of the most traded coins. */
const indices = (rows: readonly MarketRow[]): readonly { readonly symbol: string; readonly index: number }[] =>
  rows.slice(0, 2).flatMap(({ listing: { coin }, index }) => {
    const name = `${coinName(coin.ticker).toLowerCase()}usd`;
    return ["in", "rr"].map((prefix) => ({ symbol: `${prefix}_${name}`, index }));
  });

function tickerRow(row: MarketRow, time: RenderContext["time"]): WireRow {
  const { coin, kind } = row.listing;
  const inverse = isInverse(row);
  const inUnits = (coins: number): number => rounded(inverse ? coins * row.mark : coins, inverse ? 0 : row.listing.sizePlaces);
  const funding =
    kind === "dated"
      ? {}
      : { fundingRate: inverse ? row.rate / row.mark : absoluteRate(row), fundingRatePrediction: absoluteRate(row) * 1.1 };
  const book = isQuoted(row) ? { bid: row.bid, bidSize: inUnits(row.bidSizeCoins), ask: row.ask, askSize: inUnits(row.askSizeCoins) } : {};
  return {
    symbol: row.symbol,
    last: row.last,
    lastTime: iso(time(row.bookAtMs)),
    tag: kind === "dated" ? "quarter" : "perpetual",
    pair: `${coin.ticker}:USD`,
    markPrice: row.mark,
    ...book,
    vol24h: inUnits(row.volumeCoins),
    volumeQuote: row.volumeUsd,
    openInterest: inUnits(row.openInterestCoins),
    open24h: row.open24h,
    high24h: row.high24h,
    low24h: row.low24h,
    lastSize: inUnits(row.askSizeCoins / 300),
    ...funding,
    suspended: row.state === "halted",
    indexPrice: row.index,
    postOnly: row.state === "pre-market",
    change24h: rounded((100 * (row.last - row.open24h)) / row.open24h, 2),
  };
}

function instruments({ rows, time, nowMs }: RenderContext): WireBody {
  const list: WireRow[] = rows.map((row) => instrumentRow(row, time));
  for (const { symbol } of indices(rows)) list.push({ symbol, type: "spot index", tradeable: false });
  return { body: { result: "success", serverTime: iso(time(nowMs)), instruments: list }, rows: [list] };
}

function instrumentRow(row: MarketRow, time: RenderContext["time"]): WireRow {
  const { coin, sizePlaces, pricePlaces, fundingCap } = row.listing;
  return {
    symbol: row.symbol,
    type: isInverse(row) ? "futures_inverse" : "flexible_futures",
    ...(row.endsAtMs === null ? {} : { lastTradingTime: iso(time(row.endsAtMs)) }),
    tickSize: Number((10 ** -pricePlaces).toPrecision(3)),
    contractSize: 1,
    tradeable: row.state !== "halted" && row.state !== "delisted",
    impactMidSize: 1,
    maxPositionSize: 16_000,
    openingDate: OPENED_AT,
    marginLevels: [{ numNonContractUnits: 0, initialMargin: 0.02, maintenanceMargin: 0.01 }],
    fundingRateCoefficient: 24,
    maxRelativeFundingRate: fundingCap,
    isin: "GB00BQ84K502",
    contractValueTradePrecision: sizePlaces,
    postOnly: row.state === "pre-market",
    feeScheduleUid: "723888f7-0a8e-4183-8648-f920a22339e3",
    category: "",
    tags: [],
    tradfi: coin.class !== "crypto",
    mtf: true,
    base: coin.ticker,
    quote: "USD",
    pair: `${coin.ticker}:USD`,
  };
}

/** The whole book; asks and bids with the best first. */
function orderbook({ rows, query, time, nowMs }: RenderContext): WireBody {
  const row = rowNamed(rows, query.get("symbol"));
  if (row === null) return { body: { result: "error", error: "invalidArgument: symbol", serverTime: iso(time(nowMs)) }, rows: [] };
  const side = (levels: readonly Level[]): readonly Json[] => levels.map(({ price, sizeCoins }) => [price, sizeCoins]);
  const { bids, asks } = bookOf(row);
  const book: WireRow = { bids: side(bids), asks: side(asks) };
  return { body: { result: "success", serverTime: iso(time(nowMs)), orderBook: book }, rows: [[book]] };
}

const failed = (status: number, message: string, nowMs: number): VenueReply =>
  json(status, { result: "error", error: message, serverTime: iso(nowMs) });

function error(kind: ErrorKind, nowMs: number): VenueReply {
  const html = (status: number, title: string): VenueReply => ({
    status,
    body: `<html><head><title>${title}</title></head></html>`,
    contentType: "text/html",
  });
  const replies: Record<ErrorKind, VenueReply> = {
    "bad-request": failed(400, "invalidArgument", nowMs),
    unauthorized: failed(401, "authenticationError", nowMs),
    forbidden: html(403, "403 Forbidden"),
    "geo-blocked": html(451, "451 Unavailable For Legal Reasons"),
    "rate-limited": failed(429, "apiLimitExceeded", nowMs),
    banned: html(418, "418"),
    server: failed(500, "Unavailable", nowMs),
    envelope: failed(200, "Server Error", nowMs),
    "envelope-rate-limited": failed(200, "apiLimitExceeded", nowMs),
  };
  return replies[kind];
}
