/**
 * HTX linear swaps: envelope {status, data or ticks, ts}; rates and tickers as strings, bid and ask as `[price, contracts]`.
 * https://huobiapi.github.io/docs/usdt_swap/v1/en/#general-query-a-batch-of-funding-rate,
 * #general-get-a-batch-of-market-data-overview-v2, #general-query-swap-info, #general-get-market-depth
 * A contract can hold a million coins. Dated futures stand among the rates with nulls, suspended swaps with a settlement
 * that passed long ago and no book, shares and metals among the coins. Zero is `0E-18`.
 */
import { bookOf, type Level, rowNamed } from "../book.ts";
import { exponent, fixed, rounded, trimmed } from "../decimal.ts";
import type { MarketRow } from "../listing.ts";
import { secondsOf } from "../rows.ts";
import { json, stampIn } from "./venue.ts";
import type { ErrorKind, Json, RenderContext, SimulatedEndpoint, SimulatedVenue, VenueReply, WireBody, WireRow } from "./venue.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MOST_LEVELS = 150;
const SUSPENDED = ["SUSPA", "SUSPB"];

export const htx: SimulatedVenue = {
  id: "htx",
  hosts: ["api.hbdm.com", "api.hbdm.vn"],
  takerFeeRate: 0.0006,
  profile: {
    quote: "USDT",
    settle: "USDT",
    coverage: 0.3,
    usdcContracts: 0,
    listsTradfi: true,
    volumeShare: 0.05,
    intervals: [
      [8, 0.54],
      [4, 0.41],
      [1, 0.05],
    ],
    ratePlaces: 12,
    canList: () => true,
    multiplier: () => 1,
    symbol: ({ ticker, quote }) => `${ticker}-${quote}`,
    datedSymbol: ({ symbol }, expiryAtMs) => `${symbol}-${dayOf(expiryAtMs).slice(2)}`,
    ownTraps: (coins) => [
      ...coins.slice(0, 2).map((coin) => ({ coin, listing: { kind: "dated" as const } })),
      ...SUSPENDED.map((ticker) => ({ coin: coin(ticker, 0.77), listing: { state: "halted" as const, fixedPer8h: 0.0014 } })),
      { coin: coin("UNLISTED", 0.31), listing: { state: "pre-market", fixedPer8h: -0.0013 } },
      { coin: coin("UNQUOTED", 0.52), listing: { state: "empty-book", fixedPer8h: 0.0011 } },
      { coin: coin("ZEROPAID", 1.1), listing: { fixedPer8h: 0 } },
    ],
  },
  endpoints: [
    endpoint("fundingRate", "/linear-swap-api/v1/swap_batch_funding_rate", {
      render: listOf("data", rateRow, () => true),
      vital: ["funding_rate", "funding_time"],
    }),
    endpoint("merged", "/v2/linear-swap-ex/market/detail/batch_merged", {
      render: listOf("ticks", tickRow, isSwap),
      vital: ["bid", "ask"],
    }),
    endpoint("contractInfo", "/linear-swap-api/v1/swap_contract_info", {
      render: (context) => listOf("data", contractRow, context.query.get("business_type") === "swap" ? isSwap : () => true)(context),
      vital: ["contract_status", "settlement_period"],
    }),
    endpoint("depth", "/linear-swap-ex/market/depth", { render: orderBook, vital: ["bids"] }),
  ],
  error,
  unknownRequest: (path, nowMs) =>
    json(404, { status: "error", "err-code": "invalid-parameter", "err-msg": `no such path: ${path}`, ts: nowMs }),
  wire: (row) => ({
    symbol: row.symbol,
    bid: String(priceIn(row, row.bid)),
    ask: String(priceIn(row, row.ask)),
    rate: rateText(row.rate),
    intervalHours: row.listing.intervalHours,
    nextFundingAtMs: row.nextFundingAtMs,
  }),
};

const coin = (ticker: string, level: number) => ({ id: `${ticker} (htx)`, ticker, class: "crypto" as const, level, rank: 300, bundle: 1 });

/** `YYYYMMDD`. */
function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10).replaceAll("-", "");
}

function isSwap({ listing }: MarketRow): boolean {
  return listing.kind !== "dated";
}

type Clock = Pick<RenderContext, "nowMs" | "time">;

function endpoint(name: string, path: string, rest: Pick<SimulatedEndpoint, "render" | "vital">): SimulatedEndpoint {
  const recordedAs = path.startsWith("/v2/") ? path.slice(1).replaceAll("/", "_") : path.slice(path.lastIndexOf("/") + 1);
  return { name, method: "GET", path, asks: () => true, recordedAs, stampedAtMs: stampIn("ts"), ...rest };
}

function listOf(
  key: "data" | "ticks",
  rowOf: (row: MarketRow, clock: Clock) => WireRow,
  has: (row: MarketRow) => boolean,
): (context: RenderContext) => WireBody {
  return (context) => {
    const list = context.rows.filter((row) => row.state !== "delisted" && has(row)).map((row) => rowOf(row, context));
    return { body: { status: "ok", [key]: list, ts: context.time(context.nowMs) }, rows: [list] };
  };
}

function priceIn({ listing }: MarketRow, price: number): number {
  return rounded(price, listing.pricePlaces);
}

/** 18 decimals; Java's own way to write a zero of that scale. */
function rateText(rate: number): string {
  return rate === 0 ? "0E-18" : `${fixed(rate, 12)}000000`;
}

/** Decimals of coins in one contract: 3 for BTC, whose contract holds 0.001; negative for coins worth little. */
const contractPlaces = ({ listing }: MarketRow): number => exponent(listing.coin.level) - 1;
const contracts = (row: MarketRow, coins: number): number => Math.max(1, Math.round(coins * 10 ** contractPlaces(row)));
const isQuoted = ({ state }: MarketRow): boolean => state !== "empty-book" && state !== "halted" && state !== "pre-market";

function rateRow(row: MarketRow, { time }: Clock): WireRow {
  const { coin: traded, kind, settle } = row.listing;
  const suspended = row.state === "halted";
  return {
    estimated_rate: null,
    funding_rate: kind === "dated" ? null : rateText(row.rate),
    contract_code: row.symbol,
    symbol: traded.ticker,
    fee_asset: settle,
    funding_time: kind === "dated" ? null : String(time(suspended ? row.nextFundingAtMs - 200 * DAY_MS : row.nextFundingAtMs)),
    next_funding_time: null,
    trade_partition: settle,
  };
}

function tickRow(row: MarketRow, { nowMs, time }: Clock): WireRow {
  const price = (value: number): string => trimmed(value, row.listing.pricePlaces);
  const best = (value: number, coins: number): Json => (isQuoted(row) ? [priceIn(row, value), contracts(row, coins)] : null);
  const volume = isQuoted(row) ? contracts(row, row.volumeCoins) : 0;
  return {
    id: secondsOf(time(nowMs)),
    ts: time(nowMs),
    ask: best(row.ask, row.askSizeCoins),
    bid: best(row.bid, row.bidSizeCoins),
    trade_partition: row.listing.settle,
    business_type: "swap",
    contract_code: row.symbol,
    open: price(row.open24h),
    close: price(row.last),
    low: price(row.low24h),
    high: price(row.high24h),
    // Both sides of each trade.
    amount: trimmed((2 * volume) / 10 ** contractPlaces(row), Math.max(0, contractPlaces(row))),
    count: volume === 0 ? 0 : 1 + Math.floor(volume / 100),
    vol: String(2 * volume),
    trade_turnover: isQuoted(row) ? trimmed(2 * row.volumeUsd, 4) : "0",
  };
}

const STATUS = { trading: 1, "empty-book": 1, "pre-market": 2, delisting: 0, delisted: 8, halted: 3 } as const;
const LABELS = { crypto: [], equity: ["Stocks"], commodity: ["Metals"] } as const;

function contractRow(row: MarketRow, { time }: Clock): WireRow {
  const { coin: traded, kind, intervalHours, quote, settle, pricePlaces } = row.listing;
  const dated = kind === "dated";
  const endsAt = dated && row.endsAtMs !== null ? row.endsAtMs : null;
  return {
    symbol: traded.ticker,
    contract_code: row.symbol,
    contract_size: rounded(10 ** -contractPlaces(row), contractPlaces(row)),
    price_tick: rounded(10 ** -pricePlaces, pricePlaces),
    delivery_date: endsAt === null ? "" : dayOf(endsAt),
    delivery_time: endsAt === null ? "" : String(time(endsAt)),
    create_date: "20211202",
    contract_status: STATUS[row.state],
    settlement_date: String(time(row.nextFundingAtMs)),
    support_margin_mode: "all",
    business_type: dated ? "futures" : "swap",
    pair: `${traded.ticker}-${quote}`,
    contract_type: dated ? "quarter" : "swap",
    trade_partition: settle,
    settlement_period: String(intervalHours),
    labels: traded.class === "crypto" ? ["common"] : ["tradfi"],
    tradfi_labels: LABELS[traded.class],
  };
}

/** `[price, contracts]` as numbers, up to 150 levels a side. */
function orderBook({ rows, query, nowMs, time }: RenderContext): WireBody {
  const row = rowNamed(rows, query.get("contract_code"));
  const ts = time(nowMs);
  if (row === null) {
    return { body: { status: "error", "err-code": "invalid-parameter", "err-msg": "invalid symbol", ts }, rows: [] };
  }
  const side = (levels: readonly Level[]): readonly Json[] =>
    levels.slice(0, MOST_LEVELS).map(({ price, sizeCoins }) => [priceIn(row, price), contracts(row, sizeCoins)]);
  const { bids, asks } = bookOf(row);
  const tick: WireRow = {
    asks: side(asks),
    bids: side(bids),
    ch: `market.${row.symbol}.depth.step0`,
    id: secondsOf(ts),
    mrid: row.bookAtMs,
    ts: time(row.bookAtMs),
    version: row.bookAtMs,
  };
  return { body: { ch: `market.${row.symbol}.depth.step0`, status: "ok", tick, ts }, rows: [[tick]] };
}

function error(kind: ErrorKind, nowMs: number): VenueReply {
  const says = (status: number, err_code: number, err_msg: string): VenueReply =>
    json(status, { status: "error", err_code, err_msg, ts: nowMs });
  const page = (status: number, title: string): VenueReply => ({
    status,
    body: `<html><title>${title}</title></html>`,
    contentType: "text/html",
  });
  const often = "The number of access exceeded the limit.";
  const replies: Record<ErrorKind, VenueReply> = {
    "bad-request": says(400, 1030, "Input error."),
    unauthorized: says(401, 403, "Incorrect Access key"),
    forbidden: page(403, "Access denied"),
    "geo-blocked": page(451, "Unavailable in your region"),
    "rate-limited": says(429, 1032, often),
    banned: page(418, "Banned"),
    server: says(500, 1000, "System error."),
    envelope: says(200, 1000, "System error."),
    "envelope-rate-limited": says(200, 1032, often),
  };
  return replies[kind];
}
