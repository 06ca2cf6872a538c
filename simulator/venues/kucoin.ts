/**
 * KuCoin Futures v1: envelope {code, data}, figures mostly JSON numbers, open interest and the book's prices strings.
 * https://www.kucoin.com/docs-new/rest/futures-trading/market-data/get-all-symbols, .../get-all-tickers,
 * .../get-part-orderbook
 * Sizes are in lots of `multiplier` coins. Bitcoin is XBT. Times are ms but for nanoseconds in tickers and books;
 * nextFundingRateTime counts down. An inverse perpetual and a dated future stand in the list.
 */
import { bookOf, type Level, rowNamed } from "../book.ts";
import { exponent, rounded, trimmed } from "../decimal.ts";
import type { MarketRow } from "../listing.ts";
import { unit } from "../random.ts";
import { json, textOf } from "./venue.ts";
import type { ErrorKind, Json, RenderContext, SimulatedEndpoint, SimulatedVenue, VenueReply, WireBody, WireRow } from "./venue.ts";

const HOUR_MS = 3_600_000;
const NANOSECONDS_PER_MS = 1_000_000;
const CYCLE_START_MS = 1_750_147_200_000;
const MOST_LEVELS = 100;
/** Quoted by the single coin here, by the bundle elsewhere. */
const NEVER_BUNDLED = new Set(["SHIB", "FLOKI", "LUNC"]);
const QUARTER_CODES = ["H", "M", "U", "Z"];

export const kucoin: SimulatedVenue = {
  id: "kucoin",
  hosts: ["api-futures.kucoin.com"],
  takerFeeRate: 0.0006,
  profile: {
    quote: "USDT",
    settle: "USDT",
    coverage: 0.8,
    usdcContracts: 6,
    listsTradfi: true,
    volumeShare: 0.08,
    intervals: [
      [8, 0.55],
      [4, 0.41],
      [1, 0.04],
    ],
    ratePlaces: 6,
    canList: () => true,
    multiplier: (coin) => (NEVER_BUNDLED.has(coin.ticker) ? 1 : coin.bundle),
    symbol: ({ ticker, quote, multiplier, kind }) => `${baseOf(ticker, multiplier)}${kind === "dated" ? "M" : `${quote}M`}`,
    datedSymbol: ({ symbol }, expiryAtMs) => {
      const day = new Date(expiryAtMs);
      return `${symbol}${QUARTER_CODES[Math.floor(day.getUTCMonth() / 3)]}${String(day.getUTCFullYear()).slice(2)}`;
    },
    ownTraps: (coins) => [
      ...coins.slice(0, 1).map((coin) => ({ coin, listing: { kind: "dated" as const, quote: "USD", settle: coin.ticker } })),
      ...coins.slice(0, 2).map((coin) => ({ coin, listing: { quote: "USD", settle: coin.ticker } })),
    ],
  },
  endpoints: [
    endpoint("contractsActive", "/api/v1/contracts/active", {
      render: listOf(contractRow),
      vital: ["fundingFeeRate", "markPrice"],
      recordedAs: "api_v1_contracts_active",
    }),
    endpoint("allTickers", "/api/v1/allTickers", { render: listOf(tickerRow), vital: ["bestBidPrice", "bestAskPrice"] }),
    endpoint("depth100", "/api/v1/level2/depth100", { render: orderBook, vital: ["bids"] }),
  ],
  error,
  unknownRequest: (path) => json(404, { code: "404000", msg: `Url Not Found: ${path}` }),
  wire: (row) => {
    const ticker = tickerRow(row, { nowMs: 0, time: (ms) => ms });
    return {
      symbol: row.symbol,
      bid: textOf(ticker, "bestBidPrice"),
      ask: textOf(ticker, "bestAskPrice"),
      rate: String(row.rate),
      intervalHours: row.listing.intervalHours,
      nextFundingAtMs: row.nextFundingAtMs,
    };
  },
};

const coinName = (ticker: string): string => (ticker === "BTC" ? "XBT" : ticker);
const baseOf = (ticker: string, multiplier: number): string => `${multiplier === 1 ? "" : multiplier}${coinName(ticker)}`;

type Clock = Pick<RenderContext, "nowMs" | "time">;

function endpoint(
  name: string,
  path: string,
  rest: Pick<SimulatedEndpoint, "render" | "vital"> & Partial<Pick<SimulatedEndpoint, "recordedAs">>,
): SimulatedEndpoint {
  return { name, method: "GET", path, asks: () => true, recordedAs: `api_v1_${name}`, stampedAtMs: () => null, ...rest };
}

function listOf(rowOf: (row: MarketRow, clock: Clock) => WireRow): (context: RenderContext) => WireBody {
  return (context) => {
    const data = context.rows.filter((row) => row.state !== "delisted").map((row) => rowOf(row, context));
    return { body: { code: "200000", data }, rows: [data] };
  };
}

const isInverse = (row: MarketRow): boolean => row.listing.quote === "USD";
/** Decimals of quoted units in one lot: 3 for BTC, whose lot holds 0.001. */
const lotPlaces = ({ listing }: MarketRow): number => exponent(listing.coin.level * listing.multiplier) - 1;

/** Lots, whole and never none. An inverse lot is one USD. */
const lots = (row: MarketRow, coins: number): number =>
  Math.max(1, Math.round(isInverse(row) ? coins * row.mark : (coins / row.listing.multiplier) * 10 ** lotPlaces(row)));

function contractRow(row: MarketRow, { nowMs, time }: Clock): WireRow {
  const { listing } = row;
  const { coin, quote, settle } = listing;
  const dated = listing.kind === "dated";
  const inverse = isInverse(row);
  const base = baseOf(coin.ticker, listing.multiplier);
  const price = (value: number): number => rounded(value, listing.pricePlaces);
  const endsAt = row.endsAtMs === null ? null : time(row.endsAtMs);
  return {
    symbol: row.symbol,
    displaySymbol: row.symbol,
    rootSymbol: coinName(settle),
    type: dated ? "FFICSX" : "FFWCSX",
    expireDate: endsAt,
    settleDate: endsAt,
    baseCurrency: base,
    displayBaseCurrency: base,
    quoteCurrency: quote,
    settleCurrency: coinName(settle),
    maxOrderQty: 1_000_000,
    lotSize: 1,
    tickSize: rounded(10 ** -listing.pricePlaces, listing.pricePlaces),
    multiplier: inverse ? -1 : rounded(10 ** -lotPlaces(row), lotPlaces(row)),
    makerFeeRate: 0.0002,
    takerFeeRate: 0.0006,
    isInverse: inverse,
    status: row.state === "halted" ? "Paused" : "Open",
    ...rateFields(row),
    openInterest: String(lots(row, row.openInterestCoins)),
    turnoverOf24h: rounded(inverse ? row.volumeCoins : row.volumeUsd, 4),
    volumeOf24h: rounded(inverse ? row.volumeUsd : row.volumeCoins / listing.multiplier, 2),
    markPrice: price(row.mark),
    indexPrice: rounded(row.index, listing.pricePlaces + 1),
    lastTradePrice: price(row.last),
    nextFundingRateTime: dated ? null : row.nextFundingAtMs - nowMs,
    nextFundingRateDateTime: dated ? null : time(row.nextFundingAtMs),
    maxLeverage: coin.rank <= 4 ? 125 : 75,
    marketStage: row.state === "pre-market" ? "PRE_MARKET" : "NORMAL",
    preMarketToPerpDate: null,
    marketType: coin.class === "equity" ? "NASDAQ" : "CRYPTO",
    assetClass: { crypto: "CRYPTO", equity: "STOCK", commodity: "METAL" }[coin.class],
    lastTimeFundingRate: dated ? null : rounded(0.9 * row.rate, 6),
  };
}

/** Null throughout for a dated future; the running interval and its start also where the interval was never changed. */
function rateFields({ listing, rate }: MarketRow): WireRow {
  const { kind, intervalHours, fundingCap, process } = listing;
  const ofPerpetual = (value: number): number | null => (kind === "dated" ? null : value);
  const ofChanged = (value: number): number | null => (unit(process.salt, "cycle") > 0.1 ? ofPerpetual(value) : null);
  return {
    fundingFeeRate: ofPerpetual(rate),
    predictedFundingFeeRate: null,
    fundingRateGranularity: ofPerpetual(intervalHours * HOUR_MS),
    fundingRateCap: ofPerpetual(fundingCap),
    fundingRateFloor: ofPerpetual(-fundingCap),
    effectiveFundingRateCycleStartTime: ofChanged(CYCLE_START_MS),
    currentFundingRateGranularity: ofChanged(intervalHours * HOUR_MS),
  };
}

function tickerRow(row: MarketRow, { time }: Clock): WireRow {
  const price = (value: number): string => trimmed(value, row.listing.pricePlaces);
  const quoted = row.state !== "empty-book";
  return {
    sequence: row.bookAtMs,
    symbol: row.symbol,
    side: row.last >= row.mark ? "buy" : "sell",
    size: lots(row, row.bidSizeCoins / 20),
    tradeId: String(row.bookAtMs),
    price: price(row.last),
    bestBidPrice: quoted ? price(row.bid) : null,
    bestBidSize: quoted ? lots(row, row.bidSizeCoins) : null,
    bestAskPrice: quoted ? price(row.ask) : null,
    bestAskSize: quoted ? lots(row, row.askSizeCoins) : null,
    ts: NANOSECONDS_PER_MS * time(row.bookAtMs),
  };
}

/** `[price, lots]` as numbers, up to a hundred levels a side. */
function orderBook({ rows, query, time }: RenderContext): WireBody {
  const row = rowNamed(rows, query.get("symbol"));
  if (row === null) return { body: { code: "100001", msg: "Symbol not found" }, rows: [] };
  const side = (levels: readonly Level[]): readonly Json[] =>
    levels.slice(0, MOST_LEVELS).map(({ price, sizeCoins }) => [rounded(price, row.listing.pricePlaces), lots(row, sizeCoins)]);
  const { bids, asks } = bookOf(row);
  const ts = NANOSECONDS_PER_MS * time(row.bookAtMs);
  const book: WireRow = { sequence: row.bookAtMs, symbol: row.symbol, bids: side(bids), asks: side(asks), ts };
  return { body: { code: "200000", data: book }, rows: [[book]] };
}

const page = (status: number, title: string): VenueReply => ({
  status,
  body: `<!DOCTYPE html><html><head><title>${title}</title></head><body>${title}</body></html>`,
  contentType: "text/html",
});

function error(kind: ErrorKind): VenueReply {
  const says = (status: number, code: string, msg: string): VenueReply => json(status, { code, msg });
  const replies: Record<ErrorKind, VenueReply> = {
    "bad-request": says(400, "100001", "Parameter error: symbol"),
    unauthorized: says(401, "400003", "KC-API-KEY not exists"),
    forbidden: page(403, "Access denied"),
    "geo-blocked": page(451, "Not available in your region"),
    "rate-limited": says(429, "429000", "Too many requests in a short period of time, please retry later"),
    banned: says(418, "429000", "Too many requests in a short period of time, please retry later"),
    server: says(500, "500000", "Internal Server Error"),
    envelope: says(200, "500000", "Internal Server Error"),
    "envelope-rate-limited": says(200, "429000", "Too many requests in a short period of time, please retry later"),
  };
  return replies[kind];
}
