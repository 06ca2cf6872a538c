import type { Listing } from "./listing.ts";
import type { Market } from "./market.ts";
import { rowOf, type View } from "./rows.ts";
import type { SimulatedVenue, WireQuote } from "./venues/venue.ts";

/** A directed pair that the simulator knows the outcome of, computed by the long way from the strings on the wire. */
export type PlantedPair = {
  /** `carry`: spot long, perpetual short. `price`: the gap between two perpetuals of one currency. */
  readonly strategy: "funding" | "carry" | "price";
  readonly asset: string;
  readonly long: PlantedLeg;
  readonly short: PlantedLeg;
  readonly kind: "opens" | "below-bar";
} & SlowNet;

/** `symbol` is the venue's own; `feed` names the market of the venue that has it. */
export type PlantedLeg = { readonly venue: string; readonly feed: string; readonly symbol: string };

/** Fractions of the notional of one leg over 168 hours. */
export type SlowNet = {
  readonly net: number;
  /** What half of the gap brings; `price` only. */
  readonly gain: number | null;
  readonly funding: number;
  readonly fees: number;
  readonly crossing: number;
  /** Both stress figures are above zero: half of what the pair lives on, and 10 basis points more cost. */
  readonly survives: boolean;
};

const HOUR_MS = 3_600_000;
const HORIZON_MS = 168 * HOUR_MS;
const BAR = 0.001;
const EXTRA_COST = 0.001;
/** Share of a price gap that is assumed to close. */
const CLOSURE = 0.5;

type Side = { readonly quote: WireQuote; readonly takerFeeRate: number };
/** A venue may quote many coins in one unit, and prices compare coin by coin. */
type CoinSide = Side & { readonly listing: Pick<Listing, "multiplier"> };

/**
 * Net of long and short from first principles: every settlement in (now, now + 168 h] is one payment, each leg crosses
 * its spread once in the whole (half on entry, half on exit), each leg pays its taker fee twice.
 */
export function slowNet(long: Side, short: Side, nowMs: number): SlowNet {
  const funding = slowFunding(long, short, nowMs);
  const fees = 2 * (long.takerFeeRate + short.takerFeeRate);
  const crossing = spreadOf(long.quote) + spreadOf(short.quote);
  const net = funding - fees - crossing;
  return { net, gain: null, funding, fees, crossing, survives: funding / 2 - fees - crossing > 0 && net - EXTRA_COST > 0 };
}

/**
 * The same of a price gap of which half closes: the entry buys at one ask and sells at the other bid, so each leg has half
 * its spread left to cross. Stress halves the closure and leaves out funding that is received.
 */
export function slowPriceNet(long: CoinSide, short: CoinSide, nowMs: number): SlowNet {
  const perCoin = (side: CoinSide, name: "bid" | "ask"): number => Number(side.quote[name]) / side.listing.multiplier;
  const mids = [long, short].map((side) => (perCoin(side, "bid") + perCoin(side, "ask")) / 2);
  const gap = (perCoin(short, "bid") - perCoin(long, "ask")) / (mids.reduce((sum, mid) => sum + mid, 0) / 2);
  const gain = CLOSURE * gap;
  const funding = slowFunding(long, short, nowMs);
  const fees = 2 * (long.takerFeeRate + short.takerFeeRate);
  const crossing = spreadOf(long.quote) / 2 + spreadOf(short.quote) / 2;
  const net = gain + funding - fees - crossing;
  const stressed = gain / 2 + Math.min(0, funding) - fees - crossing;
  return { net, gain, funding, fees, crossing, survives: stressed > 0 && net - EXTRA_COST > 0 };
}

function slowFunding(long: Side, short: Side, nowMs: number): number {
  let funding = 0;
  for (const _ of settlements(short.quote, nowMs)) funding += Number(short.quote.rate);
  for (const _ of settlements(long.quote, nowMs)) funding -= Number(long.quote.rate);
  return funding;
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
      if (listing === null || isGone(view, venue.id, listing)) return [];
      const { takerFeeRate } = venue;
      return [{ venue, listing, takerFeeRate, quote: venue.wire(rowOf(view, venue, listing)) }];
    });
    const found: PlantedPair[] = [];
    for (const long of legs) {
      for (const short of legs) {
        // Spot is never shorted.
        if (long === short || short.venue.profile.kind === "spot") continue;
        const leg = ({ venue, quote }: typeof long): PlantedLeg => ({
          venue: venue.venue ?? venue.id,
          feed: venue.id,
          symbol: quote.symbol,
        });
        const add = (strategy: PlantedPair["strategy"], figures: SlowNet): void => {
          const kind = figures.net >= BAR && figures.survives ? "opens" : "below-bar";
          found.push({ strategy, asset: planted.asset, long: leg(long), short: leg(short), kind, ...figures });
        };
        const isCarry = long.venue.profile.kind === "spot";
        add(isCarry ? "carry" : "funding", slowNet(long, short, view.nowMs));
        if (!isCarry && isOneCurrency(long.listing, short.listing)) add("price", slowPriceNet(long, short, view.nowMs));
      }
    }
    const best = found.filter(({ strategy }) => strategy === planted.strategy).sort((first, second) => second.net - first.net)[0];
    pairs.push(...found.filter((pair) => pair.kind === "opens" || (pair === best && planted.kind === "below-bar")));
  }
  return pairs.sort((first, second) => second.net - first.net);
}

const isOneCurrency = (long: Listing, short: Listing): boolean => long.quote === short.quote && long.settle === short.settle;

const plantedListing = (market: Market, venue: string, asset: string): Listing | null =>
  market.listings.get(venue)?.find((listing) => listing.planted && listing.coin.ticker === asset) ?? null;

function isGone(view: View, venue: string, listing: Listing): boolean {
  const override = view.overrides.get(listing.coin.id);
  return override?.absent?.includes(venue) === true || override?.delisting?.includes(venue) === true;
}
