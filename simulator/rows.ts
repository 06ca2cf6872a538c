import { rounded } from "./decimal.ts";
import type { Listing, MarketRow } from "./listing.ts";
import type { Market } from "./market.ts";
import { basisAt, fundingPer8hAt, noise, priceAt } from "./process.ts";
import type { SimulatedVenue } from "./venues/venue.ts";

/** Changes that a test makes to a coin of the running market. */
export type Override = {
  /** Funding per 8 h by venue. */
  readonly per8h?: Readonly<Record<string, number>> | undefined;
  /** All venues pay the mean of the planted rates: the opportunity is gone. */
  readonly collapsed?: boolean | undefined;
  /** Venues that no longer list it. */
  readonly absent?: readonly string[] | undefined;
  /** Venues that have announced to delist it. */
  readonly delisting?: readonly string[] | undefined;
};

/** What a fault does to the rows of a venue. */
export type Distortion = {
  readonly rate?: (rate: number) => number;
  readonly crossed?: boolean;
  /** Venue symbols that it touches; all when absent. */
  readonly symbols?: ReadonlySet<string> | undefined;
};

export type View = {
  readonly market: Market;
  readonly nowMs: number;
  /** Time whose prices and rates are shown; stays behind `nowMs` in a frozen market. */
  readonly priceAtMs: number;
  readonly overrides: ReadonlyMap<string, Override>;
  readonly distortion: Distortion | null;
};

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** All rows of a venue at the time of the view. */
export function rowsOf(view: View, venue: SimulatedVenue): readonly MarketRow[] {
  const rows: MarketRow[] = [];
  for (const listing of view.market.listings.get(venue.id) ?? []) {
    if (view.overrides.get(listing.coin.id)?.absent?.includes(venue.id) === true) continue;
    rows.push(rowOf(view, venue, listing));
  }
  return rows;
}

/** One instrument at the time of the view. */
export function rowOf(view: View, venue: SimulatedVenue, listing: Listing): MarketRow {
  const { nowMs, priceAtMs: atMs } = view;
  const override = view.overrides.get(listing.coin.id);
  const state = override?.delisting?.includes(venue.id) === true ? "delisting" : listing.state;
  const endsAtMs = listing.kind === "dated" ? quarterEndMs(nowMs) : state === "delisting" ? noonInThreeDaysMs(nowMs) : null;
  const symbol =
    endsAtMs !== null && listing.kind === "dated" ? (venue.profile.datedSymbol?.(listing, endsAtMs) ?? listing.symbol) : listing.symbol;
  const distortion = view.distortion?.symbols?.has(symbol) === false ? null : view.distortion;
  const { multiplier, process, coinProcess } = listing;
  const price = priceAt(coinProcess, atMs) * multiplier;
  const before = priceAt(coinProcess, atMs - DAY_MS) * multiplier;
  const mid = price * (1 + basisOf(listing, atMs, override));
  const places = listing.pricePlaces;
  const rate = rateOf(view, venue, listing);
  return {
    listing,
    symbol,
    state,
    ...bookOf(listing, mid, distortion?.crossed === true),
    ...sizesOf(listing, mid / multiplier, atMs),
    mark: rounded(mid * (1 + 0.00005 * noise(process.salt, atMs, 1)), places),
    index: rounded(price * (1 + 0.00003 * noise(coinProcess.salt, atMs, 2)), places + 1),
    last: rounded(mid * (1 + 0.5 * listing.spread * noise(process.salt, atMs, 3)), places),
    open24h: rounded(before, places),
    high24h: rounded(Math.max(before, price) * 1.004, places),
    low24h: rounded(Math.min(before, price) * 0.996, places),
    rate: rounded(distortion?.rate?.(rate) ?? rate, venue.profile.ratePlaces),
    nextFundingAtMs: nextSettlementMs(nowMs, listing.intervalHours),
    bookAtMs: nowMs - Math.floor(900 * Math.abs(noise(process.salt, nowMs, 4))),
    volumeUsd: listing.volumeUsd,
    volumeCoins: (listing.volumeUsd * multiplier) / mid,
    openInterestCoins: (listing.openInterestUsd * multiplier) / mid,
    endsAtMs,
  };
}

function basisOf({ premium, process, kind }: Listing, atMs: number, override: Override | undefined): number {
  if (premium !== null && override?.collapsed !== true) return premium;
  return (kind === "spot" ? SPOT_BASIS_SHARE : 1) * basisAt(process, atMs);
}

/** A spot market stands this much nearer to the coin's price than a perpetual. */
const SPOT_BASIS_SHARE = 0.2;

/** The first multiple of the interval after `nowMs`, strictly. */
export const nextSettlementMs = (nowMs: number, intervalHours: number): number =>
  (Math.floor(nowMs / (intervalHours * HOUR_MS)) + 1) * intervalHours * HOUR_MS;

/** Bid and ask on the tick grid, at least one tick apart; changed places when crossed. */
function bookOf(listing: Listing, mid: number, crossed: boolean): { readonly bid: number; readonly ask: number } {
  const tick = 10 ** -listing.pricePlaces;
  const ticks = Math.max(1, Math.round((listing.coin.level * listing.multiplier * listing.spread) / tick));
  const low = rounded((Math.floor(mid / tick) - Math.floor(ticks / 2)) * tick, listing.pricePlaces);
  const high = rounded(low + ticks * tick, listing.pricePlaces);
  return crossed ? { bid: high, ask: low } : { bid: low, ask: high };
}

function sizesOf(listing: Listing, coinPrice: number, atMs: number): { readonly bidSizeCoins: number; readonly askSizeCoins: number } {
  const places = listing.sizePlaces;
  const size = (what: number): number => {
    const units = (listing.depthUsd * (1 + 0.4 * noise(listing.process.salt, atMs, what))) / coinPrice / listing.multiplier;
    return Math.max(rounded(units, places), 10 ** -places) * listing.multiplier;
  };
  return { bidSizeCoins: size(5), askSizeCoins: size(6) };
}

function rateOf(view: View, venue: SimulatedVenue, listing: Listing): number {
  if (listing.kind === "dated" || listing.kind === "spot" || listing.state === "delisted") return 0;
  const per8h = overriddenPer8h(view, venue.id, listing) ?? fundingPer8hAt(listing.coinProcess, listing.process, view.priceAtMs);
  const limit = 0.9 * listing.fundingCap;
  return Math.max(-limit, Math.min(limit, (per8h * listing.intervalHours) / 8));
}

function overriddenPer8h(view: View, venue: string, listing: Listing): number | null {
  const override = view.overrides.get(listing.coin.id);
  const set = override?.per8h?.[venue];
  if (set !== undefined) return set;
  if (override?.collapsed !== true || !listing.planted) return listing.fixedPer8h;
  const planted = Object.entries(view.market.planted.find((coin) => coin.asset === listing.coin.ticker)?.legs ?? {});
  // Beside a spot market any funding would pay.
  if (planted.some(([feed]) => feed.endsWith("-spot"))) return 0;
  const legs = planted.map(([, leg]) => leg);
  return legs.reduce((sum, leg) => sum + leg.per8h, 0) / Math.max(1, legs.length);
}

/** Last Friday of the quarter, 08:00 UTC, at least ten days ahead: when quarterly futures expire. */
export function quarterEndMs(nowMs: number): number {
  const from = new Date(nowMs + 10 * DAY_MS);
  for (let quarter = Math.floor(from.getUTCMonth() / 3); ; quarter += 1) {
    const lastDay = new Date(Date.UTC(from.getUTCFullYear(), 3 * quarter + 3, 0, 8));
    const friday = lastDay.getTime() - ((lastDay.getUTCDay() + 2) % 7) * DAY_MS;
    if (friday >= from.getTime()) return friday;
  }
}

const noonInThreeDaysMs = (nowMs: number): number => (Math.floor(nowMs / DAY_MS) + 3) * DAY_MS + 12 * HOUR_MS;

export const secondsOf = (epochMs: number): number => Math.floor(epochMs / SECOND_MS);
