/**
 * Gate v4, USDT futures: bare arrays, errors as HTTP 4xx {label, message}. Times in seconds, sizes in contracts of
 * `quanto_multiplier` coins, prices per coin. Shares and leveraged tokens stand among the coins.
 * https://www.gate.com/docs/developers/apiv4/en/#futures
 * contracts.position_size counts one side, tickers.total_size both. Fee fields are not what customers pay.
 */
import { bookOf, type Level, rowNamed } from "../book.ts";
import { exponent, step, trimmed } from "../decimal.ts";
import { unit } from "../random.ts";
import type { MarketRow } from "../listing.ts";
import { secondsOf } from "../rows.ts";
import {
  json,
  textOf,
  type ErrorKind,
  type Json,
  type RenderContext,
  type SimulatedEndpoint,
  type SimulatedVenue,
  type VenueReply,
  type WireBody,
  type WireRow,
} from "./venue.ts";

const SINCE = { create_time: 1_758_124_392, launch_time: 1_758_124_392, config_change_time: 1_782_119_113 };
const LEVERAGED = ["BTC3L", "BTC3S", "ETH3L", "ETH3S", "BTC5L", "SOL3S"];
const DELISTED = ["PORT", "MBOX"];

export const gate: SimulatedVenue = {
  id: "gate",
  hosts: ["api.gateio.ws", "fx-api.gateio.ws", "api.gateeu.com"],
  takerFeeRate: 0.0005,
  profile: {
    quote: "USDT",
    settle: "USDT",
    coverage: 0.95,
    usdcContracts: 0,
    listsTradfi: true,
    volumeShare: 0.5,
    intervals: [
      [8, 0.45],
      [4, 0.47],
      [1, 0.06],
      [2, 0.02],
    ],
    ratePlaces: 6,
    canList: () => true,
    multiplier: () => 1,
    symbol: ({ ticker, quote }) => `${ticker}_${quote}`,
    ownTraps: () => [
      ...LEVERAGED.map((ticker) => ({
        coin: coin(ticker, 0.61),
        listing: { kind: "leveraged" as const, fixedPer8h: 0.0012, fundingCap: 0.02 },
      })),
      ...DELISTED.map((ticker) => ({ coin: coin(ticker, 0.021), listing: { state: "delisted" as const } })),
      { coin: { ...coin("ANDURIL", 124), class: "equity" }, listing: { state: "pre-market", fixedPer8h: 0, fundingCap: 0.000001 } },
    ],
  },
  endpoints: [
    endpoint("contracts", contractRow, ["funding_rate", "mark_price"]),
    endpoint("tickers", tickerRow, ["highest_bid", "lowest_ask"]),
    { ...endpoint("order_book", tickerRow, ["bids"]), render: orderBook },
  ],
  error,
  unknownRequest: (path) => json(404, { label: "NOT_FOUND", message: `no such endpoint: ${path}` }),
  wire: (row) => {
    const ticker = tickerRow(row);
    return {
      symbol: row.symbol,
      bid: textOf(ticker, "highest_bid"),
      ask: textOf(ticker, "lowest_ask"),
      rate: textOf(
        contractRow(row, (ms) => ms),
        "funding_rate",
      ),
      intervalHours: row.listing.intervalHours,
      nextFundingAtMs: row.nextFundingAtMs,
    };
  },
};

const coin = (ticker: string, level: number) => ({ id: `${ticker} (gate)`, ticker, class: "crypto" as const, level, rank: 300, bundle: 1 });

function endpoint(
  name: string,
  rowOf: (row: MarketRow, time: RenderContext["time"]) => WireRow,
  vital: readonly string[],
): SimulatedEndpoint {
  const path = `/api/v4/futures/usdt/${name}`;
  return {
    name,
    method: "GET",
    path,
    asks: () => true,
    render: ({ rows, time, query }) => {
      const offset = Number(query.get("offset") ?? 0) || 0;
      const limit = Number(query.get("limit") ?? rows.length) || rows.length;
      const list = rows.slice(offset, offset + limit).map((row) => rowOf(row, time));
      return { body: list, rows: [list] };
    },
    vital,
    recordedAs: `futures_usdt_${name}`,
    stampedAtMs: () => null,
  };
}

/** Decimals of coins in one contract: 4 for BTC, whose contract holds 0.0001. */
const contractPlaces = (row: MarketRow): number => exponent(row.listing.coin.level);
const inContracts = (row: MarketRow, coins: number): number => coins * 10 ** contractPlaces(row);
const isDecimal = (row: MarketRow): boolean => unit(row.listing.process.salt, "decimal") < 0.3;

function contractRow(row: MarketRow, time: RenderContext["time"]): WireRow {
  const { listing } = row;
  const price = (value: number): string => trimmed(value, listing.pricePlaces + 1);
  const rate = trimmed(row.rate, 6);
  const live = row.state !== "delisted";
  return {
    name: row.symbol,
    type: "direct",
    quanto_multiplier: step(contractPlaces(row)),
    mark_type: "index",
    mark_price: live ? price(row.mark) : "0",
    index_price: live ? price(row.index) : "0",
    last_price: price(row.last),
    maker_fee_rate: "-0.0001",
    taker_fee_rate: "0.00075",
    order_price_round: step(listing.pricePlaces),
    mark_price_round: step(listing.pricePlaces + 1),
    funding_rate: rate,
    funding_rate_indicative: rate,
    funding_interval: 3600 * listing.intervalHours,
    funding_next_apply: secondsOf(time(row.nextFundingAtMs)),
    funding_rate_limit: trimmed(listing.fundingCap, 6),
    funding_offset: 0,
    funding_impact_value: "7000",
    funding_cap_ratio: "1",
    interest_rate: listing.coin.class === "crypto" ? "0.0003" : "0",
    position_size: live ? Math.round(inContracts(row, row.openInterestCoins)) : 0,
    trade_size: Math.round(inContracts(row, 30 * row.volumeCoins)),
    order_size_min: isDecimal(row) ? 0 : 1,
    order_size_max: 450_000,
    enable_decimal: isDecimal(row),
    orders_limit: 100,
    leverage_min: "1",
    leverage_max: listing.coin.rank <= 4 ? "125" : "50",
    maintenance_rate: "0.01",
    in_delisting: row.state === "delisting" || row.state === "delisted",
    is_pre_market: row.state === "pre-market",
    status: {
      trading: "trading",
      "empty-book": "trading",
      "pre-market": "trading",
      delisting: "delisting",
      halted: "suspend",
      delisted: "delisted",
    }[row.state],
    contract_type: { crypto: "", equity: "stocks", commodity: "metals" }[listing.coin.class],
    ...SINCE,
  };
}

function tickerRow(row: MarketRow): WireRow {
  const { listing } = row;
  const price = (value: number): string => trimmed(value, listing.pricePlaces);
  const contracts = (coins: number): string => trimmed(inContracts(row, coins), isDecimal(row) ? 1 : 0);
  const quoted = row.state !== "empty-book" && row.state !== "delisted";
  const live = row.state !== "delisted";
  const rate = trimmed(row.rate, 6);
  const volume = live ? trimmed(row.volumeUsd, 0) : "0";
  return {
    contract: row.symbol,
    last: price(row.last),
    change_percentage: trimmed((100 * (row.last - row.open24h)) / row.open24h, 2),
    low_24h: price(row.low24h),
    high_24h: price(row.high24h),
    volume_24h: live ? trimmed(inContracts(row, row.volumeCoins), 0) : "0",
    volume_24h_base: live ? trimmed(row.volumeCoins, 0) : "0",
    volume_24h_quote: volume,
    volume_24h_settle: volume,
    mark_price: live ? price(row.mark) : "0",
    index_price: live ? price(row.index) : "0",
    funding_rate: rate,
    funding_rate_indicative: rate,
    quanto_multiplier: step(contractPlaces(row)),
    total_size: live ? trimmed(2 * Math.round(inContracts(row, row.openInterestCoins)), 0) : "0",
    highest_bid: quoted ? price(row.bid) : "",
    highest_size: quoted ? contracts(row.bidSizeCoins) : "",
    lowest_ask: quoted ? price(row.ask) : "",
    lowest_size: quoted ? contracts(row.askSizeCoins) : "",
  };
}

/** Levels of one contract as `{p, s}`, sizes in contracts as numbers, up to `limit`. */
function orderBook({ rows, query, time, nowMs }: RenderContext): WireBody {
  const row = rowNamed(rows, query.get("contract"));
  if (row === null) return { body: { label: "CONTRACT_NOT_FOUND", message: "Contract not found" }, rows: [] };
  const places = isDecimal(row) ? 1 : 0;
  const side = (levels: readonly Level[]): readonly Json[] =>
    levels.slice(0, Number(query.get("limit") ?? 10)).map(({ price, sizeCoins }) => ({
      p: trimmed(price, row.listing.pricePlaces),
      s: Math.max(Number(inContracts(row, sizeCoins).toFixed(places)), 10 ** -places),
    }));
  const { bids, asks } = bookOf(row);
  const book: WireRow = { current: time(nowMs) / 1000, update: time(row.bookAtMs) / 1000, asks: side(asks), bids: side(bids) };
  return { body: book, rows: [[book]] };
}

function error(kind: ErrorKind): VenueReply {
  const says = (status: number, label: string, message: string): VenueReply => json(status, { label, message });
  const replies: Record<ErrorKind, VenueReply> = {
    "bad-request": says(400, "INVALID_PARAM_VALUE", "Invalid request parameter `limit` value: x"),
    unauthorized: says(401, "INVALID_KEY", "Invalid key provided"),
    forbidden: says(403, "FORBIDDEN", "Request forbidden"),
    "geo-blocked": says(451, "FORBIDDEN", "Service is not available in your region"),
    "rate-limited": says(429, "TOO_MANY_REQUESTS", "Request Rate limit Exceeded"),
    banned: says(418, "TOO_MANY_REQUESTS", "Request Rate limit Exceeded"),
    server: says(500, "SERVER_ERROR", "Internal server error"),
    envelope: says(200, "SERVER_ERROR", "Internal server error"),
    "envelope-rate-limited": says(200, "TOO_MANY_REQUESTS", "Request Rate limit Exceeded"),
  };
  return replies[kind];
}
