/**
 * MEXC Futures v1: envelope {success, code, data}, figures JSON numbers throughout.
 * https://www.mexc.com/api-docs/futures/market-endpoints/get-funding-rate, .../get-ticker-contract-market-data,
 * .../get-contract-info, .../get-order-book-depth
 * Amounts are in contracts of `contractSize` units; a ticker has no sizes. Dead contracts stand in the lists with zeros, and
 * contracts settled in coins or in USD1 among those in USDT. Fees differ from contract to contract.
 */
import { bookOf, type Level, rowNamed } from "../book.ts";
import { exponent, rounded } from "../decimal.ts";
import type { MarketRow } from "../listing.ts";
import { unit } from "../random.ts";
import { json } from "./venue.ts";
import type { ErrorKind, Json, RenderContext, SimulatedEndpoint, SimulatedVenue, VenueReply, WireBody, WireRow } from "./venue.ts";

const V1 = "/api/v1/contract";
const CREATED_MS = 1_591_242_684_000;
const RATE_PLACES = 6;
/** Listed, funded, and not traded for long. */
const DEAD = ["DEADA", "DEADB", "DEADC"];
/** Of a hidden contract, and of one that cannot be traded by API. */
const HIDDEN = "HIDDENC";
const NO_API = "NOAPI";

export const mexc: SimulatedVenue = {
  id: "mexc",
  hosts: ["api.mexc.com", "contract.mexc.com"],
  takerFeeRate: 0.0004,
  profile: {
    pricedByBook: true,
    quote: "USDT",
    settle: "USDT",
    coverage: 0.97,
    usdcContracts: 4,
    listsTradfi: true,
    volumeShare: 0.35,
    intervals: [
      [8, 0.4],
      [4, 0.5],
      [1, 0.07],
      [2, 0.03],
    ],
    ratePlaces: RATE_PLACES,
    canList: () => true,
    multiplier: (coin) => (coin.ticker === "BABYDOGE" ? coin.bundle : 1),
    symbol: ({ ticker, quote, multiplier }) => `${multiplier === 1 ? "" : multiplier}${ticker}_${quote}`,
    ownTraps: (coins) => [
      ...coins.slice(0, 2).map((coin) => ({ coin, listing: { quote: "USD", settle: coin.ticker } })),
      ...coins.slice(0, 1).map((coin) => ({ coin, listing: { quote: "USD1", settle: "USD1" } })),
      ...DEAD.map((ticker) => ({ coin: coin(ticker, 1.3), listing: { state: "empty-book" as const, fixedPer8h: 0.0002 } })),
      ...[HIDDEN, NO_API].map((ticker) => ({ coin: coin(ticker, 0.4), listing: { state: "halted" as const, fixedPer8h: -0.0015 } })),
      { coin: coin("STOPPED", 0.07), listing: { state: "halted", fixedPer8h: 0.0016 } },
      { coin: coin("UNBORN", 2.1), listing: { state: "pre-market", fixedPer8h: 0.0013 } },
      { coin: coin("GONE", 0.02), listing: { state: "delisted" } },
    ],
  },
  endpoints: [
    endpoint("fundingRate", "funding_rate", { render: listOf(rateRow), vital: ["fundingRate", "nextSettleTime"] }),
    endpoint("ticker", "ticker", { render: listOf(tickerRow, isListed), vital: ["bid1", "ask1"] }),
    endpoint("detail", "detail", { render: listOf(contractRow), vital: ["state", "contractSize"] }),
    endpoint("depth", "depth/:symbol", { render: orderBook, vital: ["bids"] }),
  ],
  error,
  unknownRequest: (path) => json(404, { success: false, code: 404, message: `no such endpoint: ${path}` }),
  wire: (row) => ({
    symbol: row.symbol,
    bid: String(priceIn(row, row.bid)),
    ask: String(priceIn(row, row.ask)),
    rate: String(row.rate),
    intervalHours: row.listing.intervalHours,
    nextFundingAtMs: row.nextFundingAtMs,
  }),
};

const coin = (ticker: string, level: number) => ({ id: `${ticker} (mexc)`, ticker, class: "crypto" as const, level, rank: 300, bundle: 1 });

type Clock = Pick<RenderContext, "nowMs" | "time">;

function endpoint(name: string, path: string, rest: Pick<SimulatedEndpoint, "render" | "vital">): SimulatedEndpoint {
  const recordedAs = `contract_${path.replace("/:symbol", "")}`;
  // Times of trades are none of the reply's.
  return { name, method: "GET", path: `${V1}/${path}`, asks: () => true, recordedAs, stampedAtMs: () => null, ...rest };
}

function listOf(
  rowOf: (row: MarketRow, clock: Clock) => WireRow,
  has: (row: MarketRow) => boolean = () => true,
): (context: RenderContext) => WireBody {
  return (context) => {
    const data = context.rows.filter(has).map((row) => rowOf(row, context));
    return { body: { success: true, code: 0, data }, rows: [data] };
  };
}

function isListed(row: MarketRow): boolean {
  return row.state !== "delisted";
}

function priceIn({ listing }: MarketRow, price: number): number {
  return rounded(price, listing.pricePlaces);
}

const isInverse = ({ listing }: MarketRow): boolean => listing.quote === "USD";
/** Decimals of quoted units in one contract: 4 for BTC, whose contract holds 0.0001. */
const contractPlaces = ({ listing }: MarketRow): number => exponent(listing.coin.level * listing.multiplier);

/** Contracts, whole and never none. An inverse one holds one USD. */
const contracts = (row: MarketRow, coins: number): number =>
  Math.max(1, Math.round(isInverse(row) ? coins * row.mark : (coins / row.listing.multiplier) * 10 ** contractPlaces(row)));

function rateRow(row: MarketRow, { nowMs, time }: Clock): WireRow {
  const { fundingCap, intervalHours, pricePlaces } = row.listing;
  return {
    symbol: row.symbol,
    fundingRate: row.rate,
    maxFundingRate: fundingCap,
    minFundingRate: -fundingCap,
    collectCycle: intervalHours,
    nextSettleTime: time(row.nextFundingAtMs),
    timestamp: time(nowMs),
    idxPrice: rounded(row.index, pricePlaces + 1),
    fairPrice: priceIn(row, row.mark),
  };
}

function tickerRow(row: MarketRow, { nowMs, time }: Clock): WireRow {
  const dead = row.state === "empty-book";
  const price = (value: number): number => (dead ? 0 : priceIn(row, value));
  return {
    contractId: Math.floor(1_000 + 9_000 * unit(row.listing.process.salt, "contract")),
    symbol: row.symbol,
    lastPrice: price(row.last),
    bid1: price(row.bid),
    ask1: price(row.ask),
    volume24: dead ? 0 : contracts(row, row.volumeCoins),
    amount24: dead ? 0 : rounded(isInverse(row) ? row.volumeCoins : row.volumeUsd, 4),
    holdVol: dead ? 0 : contracts(row, row.openInterestCoins),
    lower24Price: price(row.low24h),
    high24Price: price(row.high24h),
    riseFallRate: dead ? 0 : rounded((row.last - row.open24h) / row.open24h, 4),
    riseFallValue: dead ? 0 : priceIn(row, row.last - row.open24h),
    indexPrice: priceIn(row, row.index),
    fairPrice: priceIn(row, row.mark),
    fundingRate: row.rate,
    maxBidPrice: price(1.1 * row.index),
    minAskPrice: price(0.9 * row.index),
    timestamp: time(nowMs - Math.floor(1_500 * unit(row.listing.process.salt, "trade"))),
  };
}

const STATES = { trading: 0, "empty-book": 0, "pre-market": 0, delisting: 1, delisted: 3, halted: 4 } as const;

function contractRow(row: MarketRow, { time }: Clock): WireRow {
  const { listing, symbol, state } = row;
  const { coin: traded, quote, settle, pricePlaces } = listing;
  const base = symbol.slice(0, symbol.lastIndexOf("_"));
  const flagged = traded.ticker === HIDDEN || traded.ticker === NO_API;
  return {
    symbol,
    displayName: `${symbol}永续`,
    displayNameEn: `${symbol} PERPETUAL`,
    positionOpenType: 3,
    baseCoin: base,
    quoteCoin: quote,
    baseCoinName: base,
    quoteCoinName: quote,
    futureType: 1,
    settleCoin: settle,
    contractSize: isInverse(row) ? 1 : rounded(10 ** -contractPlaces(row), contractPlaces(row)),
    minLeverage: 1,
    maxLeverage: traded.rank <= 4 ? 500 : 75,
    priceScale: Math.max(0, pricePlaces),
    volScale: 0,
    amountScale: 4,
    priceUnit: rounded(10 ** -pricePlaces, pricePlaces),
    volUnit: 1,
    minVol: 1,
    maxVol: 400_000,
    takerFeeRate: traded.rank <= 4 ? 0.0002 : 0.0004,
    makerFeeRate: 0,
    maintenanceMarginRate: 0.004,
    initialMarginRate: 0.008,
    indexOrigin: ["BINANCE", "BYBIT", "OKX"],
    state: flagged ? 0 : STATES[state],
    isNew: false,
    isHot: traded.rank <= 4,
    isHidden: traded.ticker === HIDDEN,
    conceptPlate: traded.class === "crypto" ? ["mc-trade-zone-layer2"] : ["mc-trade-zone-tradfi"],
    riskLimitType: "BY_VOLUME",
    apiAllowed: traded.ticker !== NO_API,
    preMarket: state === "pre-market",
    createTime: time(CREATED_MS),
    openingTime: 0,
    type: traded.class === "crypto" ? 1 : 2,
  };
}

/** `[price, contracts, orders]` as numbers, up to `limit`. */
function orderBook({ rows, query, nowMs, time }: RenderContext): WireBody {
  const row = rowNamed(rows, query.get("symbol"));
  if (row === null) return { body: { success: false, code: 1001, message: "Contract does not exist!" }, rows: [] };
  const side = (levels: readonly Level[]): readonly Json[] =>
    levels
      .slice(0, Number(query.get("limit") ?? 1_000))
      .map(({ price, sizeCoins }, place) => [priceIn(row, price), contracts(row, sizeCoins), 1 + (place % 3)]);
  const { bids, asks } = bookOf(row);
  const book: WireRow = { asks: side(asks), bids: side(bids), version: nowMs, timestamp: time(row.bookAtMs) };
  return { body: { success: true, code: 0, data: book }, rows: [[book]] };
}

function error(kind: ErrorKind): VenueReply {
  const says = (status: number, code: number, message: string): VenueReply => json(status, { success: false, code, message });
  const often = "Requests are too frequent, please try again later";
  const replies: Record<ErrorKind, VenueReply> = {
    "bad-request": says(400, 600, "Parameter error"),
    unauthorized: says(401, 401, "Unauthorized"),
    forbidden: says(403, 403, "Access denied"),
    "geo-blocked": { status: 451, body: "<html><title>Unavailable in your region</title></html>", contentType: "text/html" },
    "rate-limited": says(429, 510, often),
    banned: says(418, 510, often),
    server: says(500, 500, "Internal error"),
    envelope: says(200, 501, "System busy"),
    "envelope-rate-limited": says(200, 510, often),
  };
  return replies[kind];
}
