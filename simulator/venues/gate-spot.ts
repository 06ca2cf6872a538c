/**
 * Gate v4, spot: bare arrays, errors as HTTP 4xx {label, message}, every figure of a row a string.
 * https://www.gate.com/docs/developers/apiv4/en/#spot
 * All tickers together carry no sizes. Leveraged tokens stand among them, with etf_ fields. Times of the book are in ms,
 * those of currency_pairs in seconds.
 */
import { bookOf, type Level, rowNamed } from "../book.ts";
import { otherCoin } from "../coins.ts";
import { step, trimmed } from "../decimal.ts";
import type { MarketRow } from "../listing.ts";
import { secondsOf } from "../rows.ts";
import { gate } from "./gate.ts";
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
const SMALLEST_LEVEL = 1e-10;
const MOST_LEVELS = 1000;
const LISTED_S = 1_548_133_413;
const LEVERAGED = ["BTC3L", "BTC3S", "ETH5L", "SOL2S"];

export const gateSpot: SimulatedVenue = {
  id: "gate-spot",
  venue: "gate",
  hosts: ["api.gateio.ws", "api.gateeu.com"],
  takerFeeRate: 0.001,
  profile: {
    kind: "spot",
    pricedByBook: true,
    quote: "USDT",
    settle: "USDT",
    coverage: 0.9,
    usdcContracts: 10,
    listsTradfi: false,
    volumeShare: 0.15,
    intervals: [[8, 1]],
    ratePlaces: 8,
    canList: (coin) => coin.level > SMALLEST_LEVEL,
    multiplier: () => 1,
    symbol: ({ ticker, quote }) => `${ticker}_${quote}`,
    ownTraps: () => [
      ...LEVERAGED.map((ticker) => ({ coin: otherCoin(ticker, ticker, 0.61), listing: { kind: "leveraged" as const } })),
      { coin: otherCoin("ETH in BTC", "ETH", 0.0331), listing: { quote: "BTC", settle: "BTC", symbol: "ETH_BTC" } },
      { coin: otherCoin("MBOX (gate spot)", "MBOX", 0.021), listing: { state: "delisting" } },
    ],
  },
  endpoints: [
    endpoint("spotTickers", "tickers", { render: listOf(tickerRow), vital: ["highest_bid", "lowest_ask"] }),
    endpoint("spotPairs", "currency_pairs", { render: listOf(pairRow), vital: ["trade_status"] }),
    endpoint("spotOrderBook", "order_book", { render: orderBook, vital: ["bids"] }),
  ],
  error: gate.error,
  unknownRequest: gate.unknownRequest,
  wire: (row) => spotQuote(row, tickerRow(row), { bid: "highest_bid", ask: "lowest_ask" }),
};

function endpoint(name: string, path: string, { render, vital }: Pick<SimulatedEndpoint, "render" | "vital">): SimulatedEndpoint {
  return {
    name,
    method: "GET",
    path: `/api/v4/spot/${path}`,
    asks: () => true,
    render,
    vital,
    recordedAs: `spot_${path}`,
    stampedAtMs: () => null,
  };
}

function listOf(rowOf: (row: MarketRow, time: RenderContext["time"]) => WireRow): (context: RenderContext) => WireBody {
  return ({ rows, time }) => {
    const list = rows.filter((row) => row.state !== "delisted").map((row) => rowOf(row, time));
    return { body: list, rows: [list] };
  };
}

function tickerRow(row: MarketRow): WireRow {
  const price = (value: number): string => trimmed(value, row.listing.pricePlaces);
  const quoted = row.state !== "empty-book";
  return {
    currency_pair: row.symbol,
    last: price(row.last),
    ...(quoted ? { lowest_ask: price(row.ask), highest_bid: price(row.bid) } : {}),
    change_percentage: trimmed((100 * (row.last - row.open24h)) / row.open24h, 2),
    base_volume: trimmed(row.volumeCoins, 6),
    quote_volume: trimmed(row.volumeUsd, 6),
    high_24h: price(row.high24h),
    low_24h: price(row.low24h),
    ...(row.listing.kind === "leveraged"
      ? { etf_net_value: price(row.index), etf_pre_net_value: price(row.index), etf_pre_timestamp: LISTED_S, etf_leverage: "2.91" }
      : {}),
  };
}

function pairRow(row: MarketRow, time: RenderContext["time"]): WireRow {
  const { coin, quote, pricePlaces, sizePlaces } = row.listing;
  const places = Math.max(2, sizePlaces);
  return {
    id: row.symbol,
    base: coin.ticker,
    base_name: coin.ticker,
    quote,
    quote_name: quote,
    fee: "0.2",
    min_base_amount: step(places),
    min_quote_amount: "3",
    max_quote_amount: "5000000",
    amount_precision: places,
    precision: Math.max(0, pricePlaces),
    trade_status: row.state === "halted" ? "untradable" : "tradable",
    sell_start: LISTED_S,
    buy_start: LISTED_S,
    delisting_time: row.endsAtMs === null ? 0 : secondsOf(time(row.endsAtMs)),
    type: row.state === "pre-market" ? "premarket" : "normal",
    trade_url: `https://www.gate.com/trade/${row.symbol}`,
    st_tag: false,
  };
}

function orderBook({ rows, query, time, nowMs }: RenderContext): WireBody {
  const row = rowNamed(rows, query.get("currency_pair"));
  if (row === null) return { body: { label: "INVALID_CURRENCY_PAIR", message: "Invalid currency pair" }, rows: [] };
  const { pricePlaces, sizePlaces } = row.listing;
  const side = (levels: readonly Level[]): readonly Json[] =>
    levels
      .slice(0, Math.min(MOST_LEVELS, Number(query.get("limit") ?? 10)))
      .map(({ price, sizeCoins }) => [trimmed(price, pricePlaces), trimmed(sizeCoins, Math.max(sizePlaces, 2))]);
  const { bids, asks } = bookOf(row);
  const book: WireRow = { current: time(nowMs), update: time(row.bookAtMs), asks: side(asks), bids: side(bids) };
  return { body: book, rows: [[book]] };
}
