/**
 * KuCoin spot v1 and v2: the envelope {code, data} of the futures on another host, every figure of a row a string.
 * https://www.kucoin.com/docs-new/rest/spot-trading/market-data/get-all-tickers, .../get-all-symbols, .../get-part-orderbook
 * One time for all tickers, in ms. Bitcoin is BTC. Coins that are traded less pay two or three times the basic fee.
 */
import { bookOf, type Level, rowNamed } from "../book.ts";
import { type Coin, otherCoin } from "../coins.ts";
import { fixed, step, trimmed } from "../decimal.ts";
import type { MarketRow } from "../listing.ts";
import { kucoin } from "./kucoin.ts";
import {
  type Json,
  type RenderContext,
  type SimulatedEndpoint,
  type SimulatedVenue,
  spotQuote,
  type WireBody,
  type WireRow,
} from "./venue.ts";

/** Too many decimals for this venue. */
const SMALLEST_LEVEL = 1e-9;
const MOST_LEVELS = 100;
/** The last rank of a coin in class A, and in class B. */
const CLASS_ENDS = [250, 450] as const;

export const kucoinSpot: SimulatedVenue = {
  id: "kucoin-spot",
  venue: "kucoin",
  hosts: ["api.kucoin.com"],
  takerFeeRate: 0.001,
  profile: {
    kind: "spot",
    quote: "USDT",
    settle: "USDT",
    coverage: 0.7,
    usdcContracts: 15,
    listsTradfi: false,
    volumeShare: 0.1,
    intervals: [[8, 1]],
    ratePlaces: 8,
    canList: (coin) => coin.level > SMALLEST_LEVEL,
    multiplier: () => 1,
    symbol: ({ ticker, quote }) => `${ticker}-${quote}`,
    ownTraps: () => [
      { coin: otherCoin("ETH in BTC", "ETH", 0.0331), listing: { quote: "BTC", settle: "BTC", symbol: "ETH-BTC" } },
      { coin: otherCoin("BTC in EUR", "BTC", 66_900), listing: { quote: "EUR", settle: "EUR", symbol: "BTC-EUR" } },
      { coin: otherCoin("three times BTC", "BTC3L", 3.1), listing: { kind: "leveraged", symbol: "BTC3L-USDT" } },
      { coin: otherCoin("FTT (spot)", "FTT", 0.71), listing: { state: "halted" } },
    ],
  },
  endpoints: [
    endpoint("spotTickers", "/api/v1/market/allTickers", { render: tickers, vital: ["buy", "sell"] }),
    endpoint("spotSymbols", "/api/v2/symbols", { render: symbols, vital: ["enableTrading"] }),
    endpoint("spotLevel2", "/api/v1/market/orderbook/level2_100", { render: orderBook, vital: ["bids"] }),
  ],
  error: kucoin.error,
  unknownRequest: kucoin.unknownRequest,
  wire: (row) => spotQuote(row, tickerRow(row), { bid: "buy", ask: "sell" }),
};

function endpoint(name: string, path: string, { render, vital }: Pick<SimulatedEndpoint, "render" | "vital">): SimulatedEndpoint {
  return {
    name,
    method: "GET",
    path,
    asks: () => true,
    render,
    vital,
    recordedAs: path.slice(1).replaceAll("/", "_"),
    stampedAtMs: () => null,
  };
}

const isListed = (row: MarketRow): boolean => row.state !== "delisted";
const feeClass = ({ rank }: Coin): number => 1 + CLASS_ENDS.filter((end) => rank > end).length;

function tickers({ rows, time, nowMs }: RenderContext): WireBody {
  const ticker = rows.filter(isListed).map((row) => tickerRow(row));
  return { body: { code: "200000", data: { time: time(nowMs - 700), ticker } }, rows: [ticker] };
}

function tickerRow(row: MarketRow): WireRow {
  const { pricePlaces, sizePlaces, coin } = row.listing;
  const quoted = row.state !== "empty-book";
  const price = (value: number): string => trimmed(value, pricePlaces);
  const size = (coins: number): string => trimmed(coins, Math.max(sizePlaces, 2));
  const coefficient = String(feeClass(coin));
  return {
    symbol: row.symbol,
    symbolName: row.symbol,
    buy: quoted ? price(row.bid) : null,
    bestBidSize: quoted ? size(row.bidSizeCoins) : null,
    sell: quoted ? price(row.ask) : null,
    bestAskSize: quoted ? size(row.askSizeCoins) : null,
    changeRate: fixed((row.last - row.open24h) / row.open24h, 4),
    changePrice: price(row.last - row.open24h),
    high: price(row.high24h),
    low: price(row.low24h),
    vol: trimmed(row.volumeCoins, 8),
    volValue: trimmed(row.volumeUsd, 8),
    last: price(row.last),
    averagePrice: price((row.last + row.open24h) / 2),
    takerFeeRate: "0.001",
    makerFeeRate: "0.001",
    takerCoefficient: coefficient,
    makerCoefficient: coefficient,
  };
}

function symbols({ rows }: RenderContext): WireBody {
  const data = rows.filter(isListed).map((row) => symbolRow(row));
  return { body: { code: "200000", data }, rows: [data] };
}

function symbolRow(row: MarketRow): WireRow {
  const { coin, quote, pricePlaces, sizePlaces } = row.listing;
  const lot = step(Math.max(sizePlaces, 2));
  const tick = step(pricePlaces);
  const coefficient = feeClass(coin);
  return {
    symbol: row.symbol,
    name: row.symbol,
    baseCurrency: coin.ticker,
    quoteCurrency: quote,
    feeCurrency: quote,
    market: "USDS",
    baseMinSize: lot,
    quoteMinSize: "0.1",
    baseMaxSize: "10000000000",
    quoteMaxSize: "99999999",
    baseIncrement: lot,
    quoteIncrement: tick,
    priceIncrement: tick,
    priceLimitRate: "0.1",
    minFunds: "0.1",
    isMarginEnabled: coin.rank <= 100,
    enableTrading: row.state !== "halted",
    feeCategory: coefficient,
    makerFeeCoefficient: fixed(coefficient, 2),
    takerFeeCoefficient: fixed(coefficient, 2),
    st: false,
    callauctionIsEnabled: row.state === "pre-market",
    callauctionPriceFloor: null,
    callauctionPriceCeiling: null,
    callauctionFirstStageStartTime: null,
    callauctionSecondStageStartTime: null,
    callauctionThirdStageStartTime: null,
    tradingStartTime: null,
  };
}

function orderBook({ rows, query, time }: RenderContext): WireBody {
  const row = rowNamed(rows, query.get("symbol"));
  if (row === null) return { body: { code: "900001", msg: "The symbol does not exist" }, rows: [] };
  const { pricePlaces, sizePlaces } = row.listing;
  const side = (levels: readonly Level[]): readonly Json[] =>
    levels.slice(0, MOST_LEVELS).map(({ price, sizeCoins }) => [trimmed(price, pricePlaces), trimmed(sizeCoins, Math.max(sizePlaces, 2))]);
  const { bids, asks } = bookOf(row);
  const book: WireRow = { time: time(row.bookAtMs), sequence: String(row.bookAtMs), bids: side(bids), asks: side(asks) };
  return { body: { code: "200000", data: book }, rows: [[book]] };
}
