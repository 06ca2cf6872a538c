import type { LegDepth } from "../domain/depth.ts";
import type { CrossingSource } from "../domain/opportunity.ts";
import type { Quote } from "../domain/quote.ts";
import { crossingIn, heldUsd } from "./book-walk.ts";
import { crossingAt, crossingGap, depthUsd, type TopOfBook } from "./crossing.ts";
import { formatUsd } from "./format-usd.ts";

/** A leg with what is known of its book: the book as last read, or null and then only the top of it in the quote. */
export type LegBook = {
  readonly quote: TopOfBook & Pick<Quote, "venue" | "openInterestUsd"> & Partial<Pick<Quote, "kind">>;
  readonly depth: LegDepth | null;
};

/**
 * What one leg pays to go in and out at a size, fraction of notional: from its book where that was read (`crossingIn`),
 * and then from nothing else; from the top of the book otherwise (`crossingAt`). Null where neither holds the size.
 * @example legCrossing({ quote: { venue: "gate", bid: 99, ask: 101, bidSizeBase: 100, askSizeBase: 100, quotedNotionalUsd: null, openInterestUsd: null }, depth: null }, 5_000) // 0.02
 */
export const legCrossing = ({ quote, depth }: LegBook, sizeUsd: number): number | null =>
  depth === null ? crossingAt(quote, sizeUsd) : crossingIn(depth, sizeUsd);

/**
 * USD that can go in and out of a leg: what its book holds on the thinner side where that was read, else the top of it.
 * @example legDepthUsd({ quote: { venue: "gate", bid: 99, ask: 101, bidSizeBase: 100, askSizeBase: 100, quotedNotionalUsd: null, openInterestUsd: null }, depth: null }) // 9_900
 */
export const legDepthUsd = ({ quote, depth }: LegBook): number | null => (depth === null ? depthUsd(quote) : heldUsd(depth));

/**
 * Why the crossing of a leg is not known at a size, as the end of a sentence that begins with the venue; null where it is.
 * @example legCrossingGap({ quote: { venue: "gate", bid: 99, ask: 101, bidSizeBase: 100, askSizeBase: 100, quotedNotionalUsd: null, openInterestUsd: null }, depth: null }, 10_000) // "quotes 9,900 USD at its best bid and ask, less than 10,000 USD"
 */
export function legCrossingGap(leg: LegBook, sizeUsd: number): string | null {
  if (leg.depth === null) return crossingGap(leg.quote, sizeUsd);
  if (crossingIn(leg.depth, sizeUsd) !== null) return null;
  return `holds ${formatUsd(heldUsd(leg.depth))} in the book that was read, less than ${formatUsd(sizeUsd)}`;
}

/**
 * Where the crossing of a pair comes from, and the age of the older book in ms: null where no book was read.
 * @example crossingOrigin([null, null], 1_000) // { crossingSource: "top", crossingAgeMs: null }
 */
export function crossingOrigin(
  depths: readonly (LegDepth | null)[],
  nowMs: number,
): { readonly crossingSource: CrossingSource; readonly crossingAgeMs: number | null } {
  const read = depths.filter((depth) => depth !== null);
  if (read.length === 0) return { crossingSource: "top", crossingAgeMs: null };
  const oldestMs = Math.min(...read.map(({ readAtMs }) => readAtMs));
  // The clock of the feed that read the book may be ahead of the one that prices.
  return { crossingSource: read.length === depths.length ? "book" : "mixed", crossingAgeMs: Math.max(0, nowMs - oldestMs) };
}
