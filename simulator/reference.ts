import type { Listing } from "./listing.ts";
import type { Market } from "./market.ts";
import { rowOf, type View } from "./rows.ts";
import type { SimulatedVenue, WireQuote } from "./venues/venue.ts";

/** A directed pair that the simulator knows the outcome of, computed by the long way from the strings on the wire. */
export type PlantedPair = {
  readonly asset: string;
  readonly long: PlantedLeg;
  readonly short: PlantedLeg;
  readonly kind: "opens" | "below-bar";
} & SlowNet;

/** `symbol` is the venue's own. */
export type PlantedLeg = { readonly venue: string; readonly symbol: string };

/** Fractions of the notional of one leg over 168 hours. */
export type SlowNet = {
  readonly net: number;
  readonly funding: number;
  readonly fees: number;
  readonly crossing: number;
  /** Both stress figures are above zero: the carry halved, and 10 basis points more cost. */
  readonly survives: boolean;
};

const HOUR_MS = 3_600_000;
const HORIZON_MS = 168 * HOUR_MS;
const BAR = 0.001;
const EXTRA_COST = 0.001;

type Side = { readonly quote: WireQuote; readonly takerFeeRate: number };

/**
 * Net of long and short from first principles: every settlement in (now, now + 168 h] is one payment, each leg crosses
 * its spread once in the whole (half on entry, half on exit), each leg pays its taker fee twice.
 */
export function slowNet(long: Side, short: Side, nowMs: number): SlowNet {
  let funding = 0;
  for (const _ of settlements(short.quote, nowMs)) funding += Number(short.quote.rate);
  for (const _ of settlements(long.quote, nowMs)) funding -= Number(long.quote.rate);
  const fees = 2 * (long.takerFeeRate + short.takerFeeRate);
  const crossing = spreadOf(long.quote) + spreadOf(short.quote);
  const net = funding - fees - crossing;
  return { net, funding, fees, crossing, survives: funding / 2 - fees - crossing > 0 && net - EXTRA_COST > 0 };
}

function* settlements(quote: WireQuote, nowMs: number): Generator<number> {
  for (let atMs = quote.nextFundingAtMs; atMs <= nowMs + HORIZON_MS; atMs += quote.intervalHours * HOUR_MS) {
    if (atMs > nowMs) yield atMs;
  }
}

function spreadOf(quote: WireQuote): number {
  const bid = Number(quote.bid);
  const ask = Number(quote.ask);
  return (ask - bid) / ((ask + bid) / 2);
}

/**
 * The planted pairs that stand now, best first: every directed pair of a planted coin that clears the bar and survives
 * stress, and the pair of each coin planted under the bar.
 */
export function plantedPairs(view: View, venues: readonly SimulatedVenue[]): readonly PlantedPair[] {
  const pairs: PlantedPair[] = [];
  for (const planted of view.market.planted) {
    const legs = venues.flatMap((venue) => {
      const listing = plantedListing(view.market, venue.id, planted.asset);
      return listing === null || isGone(view, venue.id, listing) ? [] : [{ venue, quote: venue.wire(rowOf(view, venue, listing)) }];
    });
    const found: PlantedPair[] = [];
    for (const long of legs) {
      for (const short of legs) {
        if (long === short) continue;
        const figures = slowNet(
          { quote: long.quote, takerFeeRate: long.venue.takerFeeRate },
          { quote: short.quote, takerFeeRate: short.venue.takerFeeRate },
          view.nowMs,
        );
        const leg = ({ venue, quote }: typeof long): PlantedLeg => ({ venue: venue.id, symbol: quote.symbol });
        found.push({
          asset: planted.asset,
          long: leg(long),
          short: leg(short),
          kind: figures.net >= BAR && figures.survives ? "opens" : "below-bar",
          ...figures,
        });
      }
    }
    found.sort((first, second) => second.net - first.net);
    pairs.push(...found.filter((pair, place) => pair.kind === "opens" || (place === 0 && planted.kind === "below-bar")));
  }
  return pairs.sort((first, second) => second.net - first.net);
}

const plantedListing = (market: Market, venue: string, asset: string): Listing | null =>
  market.listings.get(venue)?.find((listing) => listing.planted && listing.coin.ticker === asset) ?? null;

function isGone(view: View, venue: string, listing: Listing): boolean {
  const override = view.overrides.get(listing.coin.id);
  return override?.absent?.includes(venue) === true || override?.delisting?.includes(venue) === true;
}
