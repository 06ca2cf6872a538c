/**
 * Bybit v5, category spot: the envelope and hosts of the perpetuals, every figure of a row a string.
 * https://bybit-exchange.github.io/docs/v5/market/tickers, .../market/instrument
 * Names are base + quote; leveraged tokens stand among the pairs. usdIndexPrice values the coin in USD and is empty for
 * coins that are no collateral. instruments-info does not page.
 */
import { otherCoin } from "../coins.ts";
import { fixed, step, trimmed } from "../decimal.ts";
import type { MarketRow } from "../listing.ts";
import { bybit } from "./bybit.ts";
import { bybitBook } from "./bybit-book.ts";
import { type Json, type RenderContext, type SimulatedVenue, stampIn, spotQuote, type WireBody, type WireRow } from "./venue.ts";

/** Too many decimals for this venue. */
const SMALLEST_LEVEL = 1e-6;

export const bybitSpot: SimulatedVenue = {
  id: "bybit-spot",
  venue: "bybit",
  hosts: bybit.hosts,
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
      { coin: otherCoin("three times BTC", "BTC3L", 3.1), listing: { kind: "leveraged", symbol: "BTC3LUSDT" } },
      { coin: { ...otherCoin("TSLAX", "TSLAX", 411), class: "equity" }, listing: {} },
    ],
  },
  endpoints: [
    {
      name: "spotTickers",
      method: "GET",
      path: "/v5/market/tickers",
      asks: (query) => query.get("category") === "spot",
      render: tickers,
      vital: ["bid1Price", "ask1Price"],
      recordedAs: "v5_market_tickers_spot",
      stampedAtMs: stampIn("time"),
    },
    {
      name: "spotInstruments",
      method: "GET",
      path: "/v5/market/instruments-info",
      asks: (query) => query.get("category") === "spot",
      render: instruments,
      vital: ["status"],
      recordedAs: "v5_market_instruments-info_spot",
      stampedAtMs: stampIn("time"),
    },
    {
      name: "spotOrderbook",
      method: "GET",
      path: "/v5/market/orderbook",
      asks: (query) => query.get("category") === "spot",
      render: (context) => bybitBook(context, (result) => envelope(context, result)),
      vital: ["b"],
      recordedAs: "v5_market_orderbook_spot",
      stampedAtMs: stampIn("time"),
    },
  ],
  error: bybit.error,
  unknownRequest: bybit.unknownRequest,
  wire: (row) => spotQuote(row, tickerRow(row), { bid: "bid1Price", ask: "ask1Price" }),
};

const envelope = ({ time, nowMs }: RenderContext, result: Json): Json => ({
  retCode: 0,
  retMsg: "OK",
  result,
  retExtInfo: {},
  time: time(nowMs),
});

const isListed = (row: MarketRow): boolean => row.state !== "delisted" && row.state !== "pre-market" && row.state !== "halted";

function tickers(context: RenderContext): WireBody {
  const list = context.rows.filter(isListed).map((row) => tickerRow(row));
  return { body: envelope(context, { category: "spot", list }), rows: [list] };
}

function tickerRow(row: MarketRow): WireRow {
  const { pricePlaces, sizePlaces, coin } = row.listing;
  const quoted = row.state !== "empty-book";
  const price = (value: number): string => trimmed(value, pricePlaces);
  const size = (coins: number): string => trimmed(coins, Math.max(sizePlaces, 2));
  return {
    symbol: row.symbol,
    bid1Price: quoted ? price(row.bid) : "",
    bid1Size: quoted ? size(row.bidSizeCoins) : "",
    ask1Price: quoted ? price(row.ask) : "",
    ask1Size: quoted ? size(row.askSizeCoins) : "",
    lastPrice: price(row.last),
    prevPrice24h: price(row.open24h),
    price24hPcnt: fixed((row.last - row.open24h) / row.open24h, 4),
    highPrice24h: price(row.high24h),
    lowPrice24h: price(row.low24h),
    turnover24h: trimmed(row.volumeUsd, 8),
    volume24h: trimmed(row.volumeCoins, 6),
    usdIndexPrice: coin.rank <= 100 && row.listing.kind === "spot" ? fixed(row.index, Math.max(8, pricePlaces)) : "",
  };
}

function instruments(context: RenderContext): WireBody {
  const list = context.rows.filter(isListed).map((row) => instrumentRow(row));
  return { body: envelope(context, { category: "spot", list }), rows: [list] };
}

function instrumentRow(row: MarketRow): WireRow {
  const { listing } = row;
  const lot = step(Math.max(listing.sizePlaces, 2));
  return {
    symbolId: listing.coin.rank,
    symbol: row.symbol,
    baseCoin: listing.coin.ticker,
    quoteCoin: listing.quote,
    innovation: listing.coin.rank > 300 ? "1" : "0",
    status: "Trading",
    marginTrading: listing.coin.rank <= 100 ? "utaOnly" : "none",
    stTag: "0",
    lotSizeFilter: {
      basePrecision: lot,
      quotePrecision: "0.0000001",
      minOrderQty: lot,
      maxOrderQty: "60000000",
      minOrderAmt: "5",
      maxOrderAmt: "8000000",
      maxLimitOrderQty: "60000000",
      maxMarketOrderQty: "30000000",
      postOnlyMaxLimitOrderSize: "60000000",
    },
    priceFilter: { tickSize: step(listing.pricePlaces) },
    riskParameters: { priceLimitRatioX: "0.005", priceLimitRatioY: "0.01" },
    symbolType: listing.coin.class === "equity" ? "xstocks" : listing.coin.rank > 300 ? "innovation" : "",
  };
}
