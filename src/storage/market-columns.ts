import type { FeedId } from "../domain/feed.ts";
import { type QuoteColumns, valueAt } from "../domain/quote.ts";
import type { VenueId } from "../domain/venue.ts";

/** The numbers of a quote that the snapshot carries, as `NUMERIC_COLUMNS` spells and means them. */
export const MARKET_NUMBERS = [
  "bid",
  "ask",
  "mark",
  "index",
  "fundingRatePerInterval",
  "fundingIntervalHours",
  "nextFundingAtMs",
  "lastSettledRatePerInterval",
  "volume24hUsd",
  "openInterestUsd",
  "eventAtMs",
  "receivedAtMs",
] as const;
export type MarketNumber = (typeof MARKET_NUMBERS)[number];

/** A feed's rows that passed the gate, as columns of one length. `null`: the venue did not send it. */
export type VenueMarket = { readonly [K in MarketNumber]: readonly (number | null)[] } & {
  readonly venue: VenueId;
  readonly symbol: readonly string[];
  readonly kind: readonly string[];
  /** Coin with its identity cluster, `null` where it has none. */
  readonly asset: readonly (string | null)[];
  /** Symbols of the rows that the gate refused. */
  readonly refused: readonly string[];
};
/** Every feed's rows, by feed. */
export type MarketColumns = Readonly<Record<FeedId, VenueMarket>>;

/** The rows of a feed that the gate let pass, for the snapshot. */
export function venueMarket(input: {
  readonly columns: QuoteColumns;
  /** Places of the rows that passed. */
  readonly passed: ArrayLike<number>;
  /** By place in the columns. */
  readonly assetId: readonly (string | null)[];
}): VenueMarket {
  const { columns, assetId } = input;
  const places = Array.from(input.passed);
  const passed = new Set(places);
  const numbers = (name: MarketNumber): readonly (number | null)[] => places.map((place) => valueAt(columns[name], place));
  return {
    venue: columns.venue,
    symbol: places.map((place) => columns.symbol[place] ?? ""),
    kind: places.map((place) => columns.kind[place] ?? ""),
    asset: places.map((place) => assetId[place] ?? null),
    refused: columns.symbol.filter((_, place) => !passed.has(place)),
    bid: numbers("bid"),
    ask: numbers("ask"),
    mark: numbers("mark"),
    index: numbers("index"),
    fundingRatePerInterval: numbers("fundingRatePerInterval"),
    fundingIntervalHours: numbers("fundingIntervalHours"),
    nextFundingAtMs: numbers("nextFundingAtMs"),
    lastSettledRatePerInterval: numbers("lastSettledRatePerInterval"),
    volume24hUsd: numbers("volume24hUsd"),
    openInterestUsd: numbers("openInterestUsd"),
    eventAtMs: numbers("eventAtMs"),
    receivedAtMs: numbers("receivedAtMs"),
  };
}

/** Whether a value read back is a market: every column there, of one length, of its type. By hand: it has 10⁵ cells. */
export function isMarketColumns(value: unknown): value is MarketColumns {
  return isRecord(value) && Object.values(value).every(isVenueMarket);
}

function isVenueMarket(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { venue, symbol, kind, asset, refused } = value;
  if (!isText(venue) || !Array.isArray(symbol) || !Array.isArray(kind) || !Array.isArray(asset)) return false;
  if (!Array.isArray(refused) || !refused.every(isText)) return false;
  const rows = symbol.length;
  if (kind.length !== rows || asset.length !== rows) return false;
  if (!symbol.every(isText) || !kind.every(isText) || !asset.every((cell) => cell === null || isText(cell))) return false;
  return MARKET_NUMBERS.every((name) => {
    const column = value[name];
    return Array.isArray(column) && column.length === rows && column.every((cell) => cell === null || Number.isFinite(cell));
  });
}

const isText = (value: unknown): boolean => typeof value === "string" && value !== "";
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
