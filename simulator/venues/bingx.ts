/**
 * BingX swap v2: envelope {code, msg, data}, figures as strings, times and intervals as numbers.
 * https://bingx-api.github.io/docs/#/en-us/swapV2/market-api.html
 * `lastFundingRate` is the running rate, `updateTime` the last settlement. Shares, metals and currencies have names that begin
 * with NC. Contracts that ended stand in `contracts` alone. A book's asks come worst first.
 */
import { bookOf, type Level, rowNamed } from "../book.ts";
import { tradfiList } from "../coins.ts";
import { fixed } from "../decimal.ts";
import type { MarketRow } from "../listing.ts";
import { json, textOf } from "./venue.ts";
import type { ErrorKind, Json, RenderContext, SimulatedEndpoint, SimulatedVenue, VenueReply, WireBody, WireRow } from "./venue.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LAUNCHED_MS = 1_586_275_200_000;
const QUOTE = "/openApi/swap/v2/quote";
/** Tickers under which BingX lists what others name differently, and one that others give to another coin. */
const OWN_NAMES = ["NEIROCTO", "TRUMPSOL", "CROSS"];
const NO_API = "NOAPI";
const PREFIXES = new Map(tradfiList(1).map(({ ticker, class: kind }) => [ticker, kind === "commodity" ? "NCCO" : "NCSK"]));

export const bingx: SimulatedVenue = {
  id: "bingx",
  hosts: ["open-api.bingx.com", "open-api.bingx.pro"],
  takerFeeRate: 0.0005,
  profile: {
    quote: "USDT",
    settle: "USDT",
    coverage: 0.85,
    usdcContracts: 4,
    listsTradfi: true,
    volumeShare: 0.15,
    intervals: [
      [8, 0.5],
      [4, 0.42],
      [1, 0.08],
    ],
    ratePlaces: 8,
    canList: () => true,
    multiplier: (coin) => coin.bundle,
    symbol: ({ ticker, quote, multiplier }) => {
      const prefix = PREFIXES.get(ticker);
      return prefix === undefined ? `${multiplier === 1 ? "" : multiplier}${ticker}-${quote}` : `${prefix}${ticker}2USD-${quote}`;
    },
    ownTraps: () => [
      ...OWN_NAMES.map((ticker) => ({ coin: coin(ticker, 0.24), listing: {} })),
      ...["CLOSEONLY", NO_API].map((ticker) => ({ coin: coin(ticker, 0.4), listing: { state: "halted" as const, fixedPer8h: 0.0015 } })),
      { coin: coin("UNBORN", 2.1), listing: { state: "pre-market", fixedPer8h: -0.0013 } },
      { coin: coin("UNQUOTED", 0.52), listing: { state: "empty-book", fixedPer8h: 0.0011 } },
      { coin: coin("LEAVING", 0.13), listing: { state: "delisting", fixedPer8h: 0.0012 } },
      { coin: coin("GONE", 0.02), listing: { state: "delisted" } },
    ],
  },
  endpoints: [
    endpoint("premiumIndex", { render: listOf(rateRow, isListed), vital: ["lastFundingRate", "nextFundingTime"] }),
    endpoint("ticker", { render: listOf(tickerRow, isListed), vital: ["bidPrice", "askPrice"] }),
    endpoint("contracts", { render: listOf(contractRow, () => true), vital: ["status", "currency"] }),
    endpoint("depth", { render: orderBook, vital: ["bids"] }),
  ],
  error,
  unknownRequest: (path) => json(404, { code: 100_404, msg: `this api is not exist: ${path}` }),
  wire: (row) => {
    const clock = { nowMs: 0, time: (ms: number) => ms };
    const ticker = tickerRow(row, clock);
    return {
      symbol: row.symbol,
      bid: textOf(ticker, "bidPrice"),
      ask: textOf(ticker, "askPrice"),
      rate: textOf(rateRow(row, clock), "lastFundingRate"),
      intervalHours: row.listing.intervalHours,
      nextFundingAtMs: row.nextFundingAtMs,
    };
  },
};

const coin = (ticker: string, level: number) => ({
  id: `${ticker} (bingx)`,
  ticker,
  class: "crypto" as const,
  level,
  rank: 300,
  bundle: 1,
});

function isListed(row: MarketRow): boolean {
  return row.state !== "delisted";
}

type Clock = Pick<RenderContext, "nowMs" | "time">;

function endpoint(name: string, rest: Pick<SimulatedEndpoint, "render" | "vital">): SimulatedEndpoint {
  // The times in these bodies are of settlements and of whole seconds: none is the reply's.
  return {
    name,
    method: "GET",
    path: `${QUOTE}/${name}`,
    asks: () => true,
    recordedAs: `swap_v2_quote_${name}`,
    stampedAtMs: () => null,
    ...rest,
  };
}

function listOf(rowOf: (row: MarketRow, clock: Clock) => WireRow, has: (row: MarketRow) => boolean): (context: RenderContext) => WireBody {
  return (context) => {
    const data = context.rows.filter(has).map((row) => rowOf(row, context));
    return { body: { code: 0, msg: "", data }, rows: [data] };
  };
}

const price = ({ listing }: MarketRow, value: number): string => fixed(value, listing.pricePlaces);
/** Sizes in the name's own unit. */
const units = ({ listing }: MarketRow, coins: number): string => fixed(coins / listing.multiplier, listing.sizePlaces);

function rateRow(row: MarketRow, { time }: Clock): WireRow {
  const { fundingCap, intervalHours } = row.listing;
  return {
    symbol: row.symbol,
    markPrice: price(row, row.mark),
    indexPrice: price(row, row.index),
    lastFundingRate: fixed(row.rate, 8),
    nextFundingTime: time(row.nextFundingAtMs),
    fundingIntervalHours: intervalHours,
    minFundingRate: fixed(-fundingCap, 6),
    maxFundingRate: fixed(fundingCap, 6),
    updateTime: time(row.nextFundingAtMs - intervalHours * HOUR_MS),
  };
}

function tickerRow(row: MarketRow, { nowMs, time }: Clock): WireRow {
  const quoted = row.state !== "empty-book";
  const closeMs = time(nowMs - (nowMs % 1_000));
  return {
    symbol: row.symbol,
    priceChange: price(row, row.last - row.open24h),
    priceChangePercent: fixed((100 * (row.last - row.open24h)) / row.open24h, 2),
    lastPrice: price(row, row.last),
    lastQty: units(row, row.bidSizeCoins / 20),
    highPrice: price(row, row.high24h),
    lowPrice: price(row, row.low24h),
    openPrice: price(row, row.open24h),
    volume: units(row, row.volumeCoins),
    quoteVolume: fixed(row.volumeUsd, 2),
    openTime: closeMs - DAY_MS,
    closeTime: closeMs,
    askPrice: quoted ? price(row, row.ask) : "0",
    askQty: quoted ? units(row, row.askSizeCoins) : "0",
    bidPrice: quoted ? price(row, row.bid) : "0",
    bidQty: quoted ? units(row, row.bidSizeCoins) : "0",
  };
}

const STATUS = { trading: 1, "empty-book": 1, "pre-market": 5, delisting: 1, delisted: 0, halted: 25 } as const;

function contractRow(row: MarketRow, { time }: Clock): WireRow {
  const { coin: traded, settle, quote, pricePlaces, sizePlaces } = row.listing;
  const closed = traded.ticker === NO_API;
  const step = 10 ** -sizePlaces;
  return {
    contractId: row.symbol,
    symbol: row.symbol,
    size: fixed(step, sizePlaces),
    quantityPrecision: sizePlaces,
    pricePrecision: pricePlaces,
    feeRate: 0.0005,
    makerFeeRate: 0.0002,
    takerFeeRate: 0.0005,
    tradeMinLimit: 0,
    tradeMinQuantity: Number(step.toFixed(Math.max(0, sizePlaces))),
    tradeMinUSDT: 2,
    currency: quote === "USDC" ? quote : settle,
    asset: row.symbol.slice(0, row.symbol.lastIndexOf("-")),
    status: closed ? 1 : STATUS[row.state],
    apiStateOpen: closed ? "false" : "true",
    apiStateClose: "true",
    ensureTrigger: true,
    triggerFeeRate: "0.00050000",
    brokerState: false,
    launchTime: time(LAUNCHED_MS),
    maintainTime: 0,
    offTime: row.endsAtMs === null ? 0 : time(row.endsAtMs),
    displayName: traded.ticker === "CROSS" ? `ONE-${quote}` : row.symbol,
  };
}

/** `[price, size]` as text: bids best first, asks worst first. */
function orderBook({ rows, query, nowMs, time }: RenderContext): WireBody {
  const row = rowNamed(rows, query.get("symbol"));
  if (row === null) return { body: { code: 109_425, msg: "this symbol is not exist" }, rows: [] };
  const side = (levels: readonly Level[], toText: (level: Level) => string): readonly Json[] =>
    levels.slice(0, Number(query.get("limit") ?? 20)).map((level) => [price(row, level.price), toText(level)]);
  const inUnits = ({ sizeCoins }: Level): string => units(row, sizeCoins);
  const onceMore = ({ sizeCoins }: Level): string => fixed((sizeCoins / row.listing.multiplier) * 10 ** -row.listing.sizePlaces, 4);
  const { bids, asks } = bookOf(row);
  const book: WireRow = {
    T: time(nowMs),
    bids: side(bids, inUnits),
    asks: side(asks, inUnits).toReversed(),
    bidsCoin: side(bids, onceMore),
    asksCoin: side(asks, onceMore).toReversed(),
  };
  return { body: { code: 0, msg: "", data: book }, rows: [[book]] };
}

function error(kind: ErrorKind): VenueReply {
  const says = (status: number, code: number, msg: string): VenueReply => json(status, { code, msg });
  const page = (status: number, title: string): VenueReply => ({
    status,
    body: `<html><title>${title}</title></html>`,
    contentType: "text/html",
  });
  const often = "rate limited";
  const replies: Record<ErrorKind, VenueReply> = {
    "bad-request": says(400, 100_400, "missing or wrong parameters"),
    unauthorized: says(401, 100_413, "Incorrect apiKey"),
    forbidden: page(403, "Access denied"),
    "geo-blocked": page(451, "Unavailable in your region"),
    "rate-limited": says(429, 100_410, often),
    banned: says(418, 100_410, often),
    server: says(500, 100_500, "Internal system error"),
    envelope: says(200, 100_500, "Internal system error"),
    "envelope-rate-limited": says(200, 100_410, often),
  };
  return replies[kind];
}
