/**
 * OKX v5, instType SPOT: envelope {code, msg, data}, every figure a string, sizes in coins.
 * https://www.okx.com/docs-v5/en/#order-book-trading-market-data-get-tickers
 * volCcy24h of a pair is in its quote currency. Pairs in other currencies (BTC-EUR) and suspended ones stand among the rows.
 */
import { bookOf, type Level, rowNamed } from "../book.ts";
import { otherCoin } from "../coins.ts";
import { step, trimmed } from "../decimal.ts";
import type { MarketRow } from "../listing.ts";
import { okx } from "./okx.ts";
import { type Json, type RenderContext, type SimulatedVenue, spotQuote, type WireBody, type WireRow } from "./venue.ts";

/** Too many decimals for this venue. */
const SMALLEST_LEVEL = 1e-8;
const MOST_LEVELS = 400;
const LISTED_MS = 1_548_133_413_000;

export const okxSpot: SimulatedVenue = {
  id: "okx-spot",
  venue: "okx",
  hosts: okx.hosts,
  takerFeeRate: 0.001,
  profile: {
    kind: "spot",
    quote: "USDT",
    settle: "USDT",
    coverage: 0.5,
    usdcContracts: 20,
    listsTradfi: false,
    volumeShare: 0.25,
    intervals: [[8, 1]],
    ratePlaces: 8,
    canList: (coin) => coin.level > SMALLEST_LEVEL,
    multiplier: () => 1,
    symbol: ({ ticker, quote }) => `${ticker}-${quote}`,
    ownTraps: () => [
      { coin: otherCoin("ETH in BTC", "ETH", 0.0331), listing: { quote: "BTC", settle: "BTC", symbol: "ETH-BTC" } },
      { coin: otherCoin("BTC in EUR", "BTC", 66_900), listing: { quote: "EUR", settle: "EUR", symbol: "BTC-EUR" } },
    ],
  },
  endpoints: [
    {
      name: "spotTickers",
      method: "GET",
      path: "/api/v5/market/tickers",
      asks: (query) => query.get("instType") === "SPOT",
      render: (context) => data(context, tickerRow),
      vital: ["bidPx", "askPx"],
      recordedAs: "v5_market_tickers_SPOT",
      stampedAtMs: () => null,
    },
    {
      name: "spotInstruments",
      method: "GET",
      path: "/api/v5/public/instruments",
      asks: (query) => query.get("instType") === "SPOT",
      render: (context) => data(context, instrumentRow),
      vital: ["state"],
      recordedAs: "v5_public_instruments_SPOT",
      stampedAtMs: () => null,
    },
    {
      name: "spotBooks",
      method: "GET",
      path: "/api/v5/market/books",
      asks: (query) => query.get("instId")?.split("-").length === 2,
      render: books,
      vital: ["bids"],
      recordedAs: "v5_market_books_SPOT",
      stampedAtMs: () => null,
    },
  ],
  error: okx.error,
  unknownRequest: okx.unknownRequest,
  wire: (row) => spotQuote(row, tickerRow(row, { time: (ms) => ms }), { bid: "bidPx", ask: "askPx" }),
};

type RowContext = Pick<RenderContext, "time">;

function data(context: RenderContext, rowOf: (row: MarketRow, context: RowContext) => WireRow): WireBody {
  const rows = context.rows.filter((row) => row.state !== "delisted").map((row) => rowOf(row, context));
  return { body: { code: "0", data: rows, msg: "" }, rows: [rows] };
}

function tickerRow(row: MarketRow, { time }: RowContext): WireRow {
  const { pricePlaces, sizePlaces } = row.listing;
  const quoted = row.state !== "empty-book";
  const price = (value: number): string => trimmed(value, pricePlaces);
  const size = (coins: number): string => trimmed(coins, Math.max(sizePlaces, 2));
  return {
    instType: "SPOT",
    instId: row.symbol,
    last: price(row.last),
    lastSz: size(row.askSizeCoins / 300),
    askPx: quoted ? price(row.ask) : "",
    askSz: quoted ? size(row.askSizeCoins) : "",
    bidPx: quoted ? price(row.bid) : "",
    bidSz: quoted ? size(row.bidSizeCoins) : "",
    open24h: price(row.open24h),
    high24h: price(row.high24h),
    low24h: price(row.low24h),
    volCcy24h: trimmed(row.volumeUsd, 8),
    vol24h: trimmed(row.volumeCoins, 8),
    ts: String(time(row.bookAtMs)),
    sodUtc0: price((row.last + row.open24h) / 2),
    sodUtc8: price((2 * row.last + row.open24h) / 3),
  };
}

function books({ rows, query, time }: RenderContext): WireBody {
  const row = rowNamed(rows, query.get("instId"));
  if (row === null) return { body: { code: "51001", data: [], msg: "Instrument ID doesn't exist." }, rows: [] };
  const { pricePlaces, sizePlaces } = row.listing;
  const side = (levels: readonly Level[]): readonly Json[] =>
    levels
      .slice(0, Math.min(MOST_LEVELS, Number(query.get("sz") ?? 1) || 1))
      .map(({ price, sizeCoins }, place) => [
        trimmed(price, pricePlaces),
        trimmed(sizeCoins, Math.max(sizePlaces, 2)),
        "0",
        String(1 + (place % 5)),
      ]);
  const { bids, asks } = bookOf(row);
  const book: WireRow = { asks: side(asks), bids: side(bids), ts: String(time(row.bookAtMs)), seqId: row.bookAtMs };
  return { body: { code: "0", data: [book], msg: "" }, rows: [[book]] };
}

function instrumentRow(row: MarketRow, { time }: RowContext): WireRow {
  const { listing } = row;
  const lot = step(Math.max(listing.sizePlaces, 2));
  return {
    alias: "",
    baseCcy: listing.coin.ticker,
    category: "1",
    ctMult: "",
    ctType: "",
    ctVal: "",
    ctValCcy: "",
    expTime: row.endsAtMs === null ? "" : String(time(row.endsAtMs)),
    instCategory: { crypto: "1", equity: "3", commodity: "4" }[listing.coin.class],
    instFamily: "",
    instId: row.symbol,
    instType: "SPOT",
    lever: listing.coin.rank <= 100 ? "10" : "",
    listTime: String(time(LISTED_MS)),
    lotSz: lot,
    minSz: lot,
    optType: "",
    quoteCcy: listing.quote,
    ruleType: "normal",
    settleCcy: "",
    state: row.state === "halted" ? "suspend" : row.state === "pre-market" ? "preopen" : "live",
    stk: "",
    tickSz: step(listing.pricePlaces),
    uly: "",
  };
}
