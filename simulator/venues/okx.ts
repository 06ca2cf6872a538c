/**
 * OKX v5, instType SWAP: envelope {code, msg, data}, every figure a string, errors inside HTTP 200 as code != "0".
 * https://www.okx.com/docs-v5/en/#public-data-rest-api-get-funding-rate, #order-book-trading-market-data-get-tickers
 * Funding for instId=ANY lists dated X-Perps among the swaps. Sizes are in contracts of ctVal coins, of 100 or 10 USD
 * where the swap is inverse. Shares and metals are told by instCategory in instruments alone.
 */
import { bookOf, type Level, rowNamed } from "../book.ts";
import { exponent, fixed, rounded, step, trimmed } from "../decimal.ts";
import type { MarketRow } from "../listing.ts";
import { json, textOf } from "./venue.ts";
import type { ErrorKind, Json, RenderContext, SimulatedEndpoint, SimulatedVenue, VenueReply, WireBody, WireRow } from "./venue.ts";

const HOUR_MS = 3_600_000;
const RATE_PLACES = 16;
const LIST_TIME = "1573557408000";
/** X-Perps run for five years. */
const XPERP_EXPIRY = "310502";
const STAMP_AGE_MS = 60;
const MOST_LEVELS = 400;

export const okx: SimulatedVenue = {
  id: "okx",
  hosts: ["www.okx.com", "openapi.okx.com", "aws.okx.com"],
  takerFeeRate: 0.0005,
  profile: {
    quote: "USDT",
    settle: "USDT",
    coverage: 0.45,
    usdcContracts: 8,
    listsTradfi: true,
    volumeShare: 0.5,
    intervals: [
      [8, 0.5],
      [4, 0.42],
      [1, 0.05],
      [2, 0.03],
    ],
    ratePlaces: 8,
    canList: () => true,
    multiplier: () => 1,
    symbol: ({ ticker, quote, kind }) => (kind === "dated" ? `${ticker}-USD_UM_XPERP` : `${ticker}-${quote}-SWAP`),
    datedSymbol: ({ symbol }) => `${symbol}-${XPERP_EXPIRY}`,
    ownTraps: (coins) => [
      ...coins.slice(0, 2).map((coin) => ({ coin, listing: { kind: "dated" as const } })),
      ...coins.slice(0, 3).map((coin) => ({ coin, listing: { quote: "USD", settle: coin.ticker } })),
    ],
  },
  endpoints: [
    endpoint("fundingRate", "/api/v5/public/funding-rate", {
      asks: (query) => query.get("instId") === "ANY",
      render: listOf(fundingRow, () => true),
      vital: ["fundingRate", "fundingTime"],
      recordedAs: "public_funding-rate_instId_ANY",
    }),
    endpoint("tickers", "/api/v5/market/tickers", { render: listOf(tickerRow), vital: ["bidPx", "askPx"] }),
    endpoint("markPrice", "/api/v5/public/mark-price", { render: listOf(markRow), vital: ["markPx"] }),
    endpoint("openInterest", "/api/v5/public/open-interest", { render: listOf(interestRow), vital: ["oiUsd"] }),
    endpoint("instruments", "/api/v5/public/instruments", { render: listOf(instrumentRow), vital: ["state", "ctVal"] }),
    endpoint("books", "/api/v5/market/books", {
      asks: (query) => query.get("instId")?.endsWith("-SWAP") === true,
      render: orderBook,
      vital: ["bids"],
    }),
  ],
  error,
  unknownRequest: (path) =>
    path.startsWith("/api/v5/")
      ? json(200, envelope("50014", "Parameter instType can not be empty."))
      : json(404, envelope("404", `no such endpoint: ${path}`)),
  wire: (row) => {
    const clock = { nowMs: 0, time: (ms: number) => ms };
    const ticker = tickerRow(row, clock);
    return {
      symbol: row.symbol,
      bid: textOf(ticker, "bidPx"),
      ask: textOf(ticker, "askPx"),
      rate: textOf(fundingRow(row, clock), "fundingRate"),
      intervalHours: row.listing.intervalHours,
      nextFundingAtMs: row.nextFundingAtMs,
    };
  },
};

const envelope = (code: string, msg: string, data: readonly Json[] = []): Json => ({ code, data, msg });

type Clock = Pick<RenderContext, "nowMs" | "time">;

function endpoint(
  name: string,
  path: string,
  rest: Pick<SimulatedEndpoint, "render" | "vital"> & Partial<Pick<SimulatedEndpoint, "asks" | "recordedAs">>,
): SimulatedEndpoint {
  return {
    name,
    method: "GET",
    path,
    asks: (query) => query.get("instType") === "SWAP",
    recordedAs: `${path.slice("/api/".length).replaceAll("/", "_")}_SWAP`,
    stampedAtMs: newestStamp,
    ...rest,
  };
}

/** The newest `ts` of a reply's rows. */
function newestStamp(body: unknown): number | null {
  const data: unknown = typeof body === "object" && body !== null ? Reflect.get(body, "data") : null;
  const stamps = (Array.isArray(data) ? data : []).flatMap((row: unknown) => {
    const ts: unknown = typeof row === "object" && row !== null ? Reflect.get(row, "ts") : null;
    return typeof ts === "string" ? [Number(ts)] : [];
  });
  return stamps.length === 0 ? null : Math.max(...stamps);
}

function isSwap(row: MarketRow): boolean {
  return row.listing.kind === "perpetual";
}

function listOf(
  rowOf: (row: MarketRow, clock: Clock) => WireRow,
  has: (row: MarketRow) => boolean = isSwap,
): (context: RenderContext) => WireBody {
  return (context) => {
    const data = context.rows.filter((row) => row.state !== "delisted" && has(row)).map((row) => rowOf(row, context));
    return { body: envelope("0", "", data), rows: [data] };
  };
}

const isInverse = (row: MarketRow): boolean => row.listing.quote === "USD";
/** Decimals of coins in one contract: 2 for BTC, whose contract holds 0.01, and −2 where it holds 100. */
const contractPlaces = (row: MarketRow): number => exponent(row.listing.coin.level) - 2;
/** USD in one inverse contract. */
const inverseUsd = (row: MarketRow): number => (row.listing.coin.ticker === "BTC" ? 100 : 10);
const lotPlaces = (row: MarketRow): number => (isInverse(row) ? 1 : row.listing.coin.rank <= 100 ? 2 : 0);

const inContracts = (row: MarketRow, coins: number): number =>
  isInverse(row) ? (coins * row.mark) / inverseUsd(row) : coins * 10 ** contractPlaces(row);

/** A quantity of the book in contracts: on the lot grid and never nothing. */
const lots = (row: MarketRow, coins: number): string => {
  const places = lotPlaces(row);
  return trimmed(Math.max(rounded(inContracts(row, coins), places), 10 ** -places), places);
};

function fundingRow(row: MarketRow, { nowMs, time }: Clock): WireRow {
  const { intervalHours, fundingCap, coin } = row.listing;
  const intervalMs = intervalHours * HOUR_MS;
  return {
    formulaType: "withRate",
    fundingRate: fixed(row.rate, RATE_PLACES),
    fundingTime: String(time(row.nextFundingAtMs)),
    impactValue: fixed(coin.rank <= 4 ? 20_000 : 4_000, RATE_PLACES),
    instId: row.symbol,
    instType: isSwap(row) ? "SWAP" : "FUTURES",
    interestRate: fixed(coin.class === "crypto" ? 0.0001 : 0, RATE_PLACES),
    maxFundingRate: trimmed(fundingCap, 5),
    method: "current_period",
    minFundingRate: trimmed(-fundingCap, 5),
    nextFundingRate: "",
    nextFundingTime: String(time(row.nextFundingAtMs + intervalMs)),
    premium: fixed((row.last - row.index) / row.index, RATE_PLACES),
    prevFundingTime: String(time(row.nextFundingAtMs - intervalMs)),
    settFundingRate: fixed(0.9 * row.rate, RATE_PLACES),
    settState: "settled",
    ts: String(time(nowMs - STAMP_AGE_MS)),
  };
}

function tickerRow(row: MarketRow, { time }: Clock): WireRow {
  const price = (value: number): string => trimmed(value, row.listing.pricePlaces);
  const quoted = row.state !== "empty-book";
  return {
    instType: "SWAP",
    instId: row.symbol,
    last: price(row.last),
    lastSz: lots(row, row.bidSizeCoins / 2_000),
    askPx: quoted ? price(row.ask) : "",
    askSz: quoted ? lots(row, row.askSizeCoins) : "",
    bidPx: quoted ? price(row.bid) : "",
    bidSz: quoted ? lots(row, row.bidSizeCoins) : "",
    open24h: price(row.open24h),
    high24h: price(row.high24h),
    low24h: price(row.low24h),
    volCcy24h: trimmed(row.volumeCoins, 4),
    vol24h: trimmed(inContracts(row, row.volumeCoins), 2),
    ts: String(time(row.bookAtMs)),
    sodUtc0: price((row.open24h + row.last) / 2),
    sodUtc8: price((row.open24h + 2 * row.last) / 3),
  };
}

function markRow(row: MarketRow, { nowMs, time }: Clock): WireRow {
  return {
    instId: row.symbol,
    instType: "SWAP",
    markPx: trimmed(row.mark, row.listing.pricePlaces),
    ts: String(time(nowMs - STAMP_AGE_MS)),
  };
}

function interestRow(row: MarketRow, { nowMs, time }: Clock): WireRow {
  return {
    instId: row.symbol,
    instType: "SWAP",
    oi: trimmed(inContracts(row, row.openInterestCoins), 8),
    oiCcy: trimmed(row.openInterestCoins, 8),
    oiUsd: trimmed(row.openInterestCoins * row.mark, 8),
    ts: String(time(nowMs - STAMP_AGE_MS)),
  };
}

function instrumentRow(row: MarketRow, { time }: Clock): WireRow {
  const { coin, quote, settle, pricePlaces } = row.listing;
  const inverse = isInverse(row);
  const lot = step(lotPlaces(row));
  const family = `${coin.ticker}-${quote}`;
  return {
    instId: row.symbol,
    instIdCode: 10_000 + coin.rank,
    instType: "SWAP",
    instFamily: family,
    uly: family,
    ctType: inverse ? "inverse" : "linear",
    ctVal: inverse ? String(inverseUsd(row)) : step(contractPlaces(row)),
    ctMult: "1",
    ctValCcy: inverse ? "USD" : coin.ticker,
    settleCcy: settle,
    baseCcy: "",
    quoteCcy: "",
    state: row.state === "halted" ? "suspend" : "live",
    ruleType: row.state === "pre-market" ? "pre_market" : "normal",
    instCategory: { crypto: "1", equity: "3", commodity: "4" }[coin.class],
    lotSz: lot,
    minSz: lot,
    tickSz: step(pricePlaces),
    listTime: LIST_TIME,
    expTime: row.endsAtMs === null ? "" : String(time(row.endsAtMs)),
    category: "1",
    alias: "",
    upcChg: [],
  };
}

/** `[price, contracts, "0", orders]`, up to `sz` levels a side, one where it is not given. */
function orderBook({ rows, query, time }: RenderContext): WireBody {
  const row = rowNamed(rows, query.get("instId"));
  if (row === null) return { body: envelope("51001", "Instrument ID doesn't exist."), rows: [] };
  const wanted = Math.min(MOST_LEVELS, Number(query.get("sz") ?? 1) || 1);
  const side = (levels: readonly Level[]): readonly Json[] =>
    levels
      .slice(0, wanted)
      .map(({ price, sizeCoins }, place) => [trimmed(price, row.listing.pricePlaces), lots(row, sizeCoins), "0", String(1 + (place % 5))]);
  const { bids, asks } = bookOf(row);
  const book: WireRow = { asks: side(asks), bids: side(bids), ts: String(time(row.bookAtMs)), seqId: row.bookAtMs };
  return { body: envelope("0", "", [book]), rows: [[book]] };
}

const page = (status: number, title: string): VenueReply => ({
  status,
  body: `<!DOCTYPE html><html><head><title>${title}</title></head><body>${title}</body></html>`,
  contentType: "text/html",
});

function error(kind: ErrorKind): VenueReply {
  const says = (status: number, code: string, msg: string): VenueReply => json(status, envelope(code, msg));
  const replies: Record<ErrorKind, VenueReply> = {
    "bad-request": says(400, "51000", "Parameter instType error"),
    unauthorized: says(401, "50113", "Invalid Sign"),
    forbidden: page(403, "Access denied"),
    "geo-blocked": page(451, "Not available in your region"),
    "rate-limited": says(429, "50011", "Too Many Requests"),
    banned: says(418, "50011", "Too Many Requests"),
    server: says(500, "50026", "System error. Try again later."),
    envelope: says(200, "50013", "Systems are busy. Please try again later."),
    "envelope-rate-limited": says(200, "50011", "Too Many Requests"),
  };
  return replies[kind];
}
