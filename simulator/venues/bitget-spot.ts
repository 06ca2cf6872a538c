/**
 * Bitget spot v2: the envelope and host of the futures, every figure a string, sizes in the name's own base.
 * https://www.bitget.com/api-doc/spot/market/Get-Tickers, .../Get-Symbols, .../Get-Orderbook
 * Pairs in euros and coins, and leveraged tokens, stand among the rows.
 */
import { bookOf, type Level, rowNamed } from "../book.ts";
import { otherCoin } from "../coins.ts";
import { fixed, trimmed } from "../decimal.ts";
import type { MarketRow } from "../listing.ts";
import { bitget } from "./bitget.ts";
import { type Json, type RenderContext, type SimulatedEndpoint, type SimulatedVenue, stampIn, spotQuote } from "./venue.ts";
import type { WireBody, WireRow } from "./venue.ts";

/** Too many decimals for this venue. */
const SMALLEST_LEVEL = 1e-8;
const MOST_LEVELS = 150;

export const bitgetSpot: SimulatedVenue = {
  id: "bitget-spot",
  venue: "bitget",
  hosts: bitget.hosts,
  takerFeeRate: 0.001,
  profile: {
    kind: "spot",
    quote: "USDT",
    settle: "USDT",
    coverage: 0.6,
    usdcContracts: 15,
    listsTradfi: false,
    volumeShare: 0.2,
    intervals: [[8, 1]],
    ratePlaces: 8,
    canList: (coin) => coin.level > SMALLEST_LEVEL,
    multiplier: () => 1,
    symbol: ({ ticker, quote }) => `${ticker}${quote}`,
    ownTraps: () => [
      { coin: otherCoin("ETH in BTC", "ETH", 0.0331), listing: { quote: "BTC", settle: "BTC", symbol: "ETHBTC" } },
      { coin: otherCoin("BTC in EUR", "BTC", 66_900), listing: { quote: "EUR", settle: "EUR", symbol: "BTCEUR" } },
      { coin: otherCoin("three times BTC", "BTC3L", 3.1), listing: { kind: "leveraged", symbol: "BTC3LUSDT" } },
      { coin: otherCoin("FTT (spot)", "FTT", 0.71), listing: { state: "halted" } },
    ],
  },
  endpoints: [
    endpoint("spotTickers", "market/tickers", { render: listOf(tickerRow), vital: ["bidPr", "askPr"] }),
    endpoint("spotSymbols", "public/symbols", { render: listOf(symbolRow), vital: ["status"] }),
    endpoint("spotOrderbook", "market/orderbook", { render: orderbook, vital: ["bids"] }),
  ],
  error: bitget.error,
  unknownRequest: bitget.unknownRequest,
  wire: (row) => spotQuote(row, tickerRow(row, { time: (ms) => ms, nowMs: 0 }), { bid: "bidPr", ask: "askPr" }),
};

function endpoint(name: string, path: string, { render, vital }: Pick<SimulatedEndpoint, "render" | "vital">): SimulatedEndpoint {
  return {
    name,
    method: "GET",
    path: `/api/v2/spot/${path}`,
    asks: () => true,
    render,
    vital,
    recordedAs: `v2_spot_${path.replaceAll("/", "_")}`,
    stampedAtMs: stampIn("requestTime"),
  };
}

type Clock = Pick<RenderContext, "nowMs" | "time">;

const envelope = ({ time, nowMs }: Clock, data: Json): Json => ({ code: "00000", msg: "success", requestTime: time(nowMs), data });

function listOf(rowOf: (row: MarketRow, clock: Clock) => WireRow): (context: RenderContext) => WireBody {
  return (context) => {
    const list = context.rows.filter((row) => row.state !== "delisted").map((row) => rowOf(row, context));
    return { body: envelope(context, list), rows: [list] };
  };
}

function tickerRow(row: MarketRow, { time, nowMs }: Clock): WireRow {
  const { pricePlaces, sizePlaces } = row.listing;
  const quoted = row.state !== "empty-book";
  const price = (value: number): string => fixed(value, pricePlaces);
  const size = (coins: number): string => trimmed(coins, Math.max(sizePlaces, 2));
  const change = fixed((row.last - row.open24h) / row.open24h, 5);
  return {
    open: price(row.open24h),
    symbol: row.symbol,
    high24h: price(row.high24h),
    low24h: price(row.low24h),
    lastPr: price(row.last),
    quoteVolume: trimmed(row.volumeUsd, 6),
    baseVolume: trimmed(row.volumeCoins, 6),
    usdtVolume: trimmed(row.volumeUsd, 6),
    ts: String(time(nowMs)),
    bidPr: quoted ? price(row.bid) : "",
    askPr: quoted ? price(row.ask) : "",
    bidSz: quoted ? size(row.bidSizeCoins) : "",
    askSz: quoted ? size(row.askSizeCoins) : "",
    openUtc: price((row.last + row.open24h) / 2),
    changeUtc24h: change,
    change24h: change,
  };
}

function symbolRow(row: MarketRow, { time }: Clock): WireRow {
  const { coin, quote, pricePlaces, sizePlaces } = row.listing;
  return {
    symbol: row.symbol,
    baseCoin: coin.ticker,
    quoteCoin: quote,
    minTradeAmount: "0",
    maxTradeAmount: "900000000000000000000",
    takerFeeRate: "0.001",
    makerFeeRate: "0.001",
    pricePrecision: String(Math.max(0, pricePlaces)),
    quantityPrecision: String(Math.max(2, sizePlaces)),
    quotePrecision: String(Math.max(0, pricePlaces)),
    status: row.state === "halted" ? "halt" : row.state === "pre-market" ? "gray" : "online",
    minTradeUSDT: "1",
    buyLimitPriceRatio: "0.05",
    sellLimitPriceRatio: "0.05",
    areaSymbol: "no",
    orderQuantity: "200",
    openTime: "1548133413000",
    offTime: row.endsAtMs === null ? "" : String(time(row.endsAtMs)),
  };
}

function orderbook(context: RenderContext): WireBody {
  const { rows, query, time } = context;
  const symbol = query.get("symbol");
  const row = rowNamed(rows, symbol);
  if (row === null) {
    return {
      body: { code: "40034", msg: `Parameter ${symbol ?? ""} does not exist`, requestTime: time(context.nowMs), data: null },
      rows: [],
    };
  }
  const { pricePlaces, sizePlaces } = row.listing;
  const side = (levels: readonly Level[]): readonly Json[] =>
    levels
      .slice(0, Math.min(MOST_LEVELS, Number(query.get("limit")) || MOST_LEVELS))
      .map(({ price, sizeCoins }) => [fixed(price, pricePlaces), trimmed(sizeCoins, Math.max(sizePlaces, 2))]);
  const { bids, asks } = bookOf(row);
  const book: WireRow = { asks: side(asks), bids: side(bids), ts: String(time(row.bookAtMs)) };
  return { body: envelope(context, book), rows: [[book]] };
}
