import { type LegBook, legDepthUsd } from "./leg-crossing.ts";

/** The largest part of an instrument's open interest that a position may be, fraction. */
export const OPEN_INTEREST_SHARE = 0.01;

/** A size in USD, with a sentence for each limit that could not be applied. */
export type Capacity = { readonly usd: number | null; readonly reasons: readonly string[] };

/**
 * The largest size at which net stays positive within the depth of both legs and 1 % of the smaller open interest, USD on
 * each leg: `min(depth_L, depth_S, 1 % of open interest)` where net is above zero there, else the size below it at which
 * net reaches zero, and 0 where no size earns. `netAt` is net at a size and never rises with it. A perpetual without open
 * interest sets no limit there and is named.
 * @example capacity({ netAt: () => 0.001, long: { depth: null, quote: { venue: "gate", bid: 99, ask: 101, bidSizeBase: 100, askSizeBase: 100, openInterestUsd: 800_000, quotedNotionalUsd: null } }, short: { depth: null, quote: { venue: "hyperliquid", bid: 99, ask: 101, bidSizeBase: null, askSizeBase: null, openInterestUsd: null, quotedNotionalUsd: 20_000 } } }) // { usd: 8_000, reasons: ["Capacity leaves out open interest on hyperliquid, which sends none."] }
 */
export function capacity({
  netAt,
  long,
  short,
}: {
  /** Null where it is not known at any size. */
  readonly netAt: ((sizeUsd: number) => number | null) | null;
  readonly long: LegBook;
  readonly short: LegBook;
}): Capacity {
  if (netAt === null) return { usd: null, reasons: [] };
  const reasons: string[] = [];
  let room = Infinity;
  for (const leg of [long, short]) {
    const { venue, kind, openInterestUsd } = leg.quote;
    const depth = legDepthUsd(leg);
    if (depth === null) return { usd: null, reasons: [`Capacity is not known: ${venue} sends no size at its best bid and ask.`] };
    room = Math.min(room, depth);
    // Nobody has open interest in spot.
    if (kind === "spot") continue;
    if (openInterestUsd === null) reasons.push(`Capacity leaves out open interest on ${venue}, which sends none.`);
    else room = Math.min(room, OPEN_INTEREST_SHARE * openInterestUsd);
  }
  const usd = largestEarning(netAt, room);
  return usd === 0 ? { usd, reasons: [] } : { usd, reasons };
}

/** Halvings of an interval after which its ends are neighbours for every purpose: 2^-52 of the room. */
const HALVINGS = 52;

/** The largest size up to `room` with a net above zero, by halving: net never rises with size. 0 where there is none. */
function largestEarning(netAt: (sizeUsd: number) => number | null, room: number): number {
  const earns = (sizeUsd: number): boolean => (netAt(sizeUsd) ?? Number.NaN) > 0;
  if (earns(room)) return room;
  // What the halving would come to where no size earns: most pairs under the bar end here.
  if (!earns(room / 2 ** HALVINGS)) return 0;
  let [low, high] = [0, room];
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (low + high) / 2;
    if (earns(middle)) low = middle;
    else high = middle;
  }
  return low;
}
