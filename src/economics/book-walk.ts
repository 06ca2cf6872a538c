import type { Book, BookSide } from "../domain/book.ts";
import type { Ladder, LegDepth } from "../domain/depth.ts";

/** What a market order of a size in USD comes to: average price, USD per coin, and what was filled. */
export type Walk = { readonly vwap: number; readonly filledUsd: number };

/**
 * Walks one side of a book, best price first, until `sizeUsd` is filled: `vwap = sizeUsd / Σ coins`, the last level in
 * part. Null where the side does not hold the size.
 * @example walk([[100, 10], [102, 50]], 2_020) // { vwap: 101, filledUsd: 2_020 }
 */
export function walk(side: BookSide, sizeUsd: number): Walk | null {
  const vwap = vwapAt(levelsOf(side), sizeUsd);
  return vwap === null ? null : { vwap, filledUsd: sizeUsd };
}

/**
 * Average price of filling a size from a ladder, USD per coin: `sizeUsd / coins(sizeUsd)`. Null where the ladder ends
 * before. More size never improves it, as each further coin comes at a worse price.
 * @example vwapAt({ usd: [1_000, 6_100], base: [10, 60] }, 2_020) // 101
 */
export function vwapAt({ usd, base }: Ladder, sizeUsd: number): number | null {
  if (!(sizeUsd > 0)) return null;
  let place = 0;
  while (place < usd.length && (usd[place] ?? 0) < sizeUsd) place++;
  const endUsd = usd[place];
  const endBase = base[place];
  if (endUsd === undefined || endBase === undefined) return null;
  const fromUsd = place === 0 ? 0 : (usd[place - 1] ?? 0);
  const fromBase = place === 0 ? 0 : (base[place - 1] ?? 0);
  return sizeUsd / (fromBase + ((sizeUsd - fromUsd) * (endBase - fromBase)) / (endUsd - fromUsd));
}

/**
 * What one leg pays to go in and out at a size, from its book: it buys at the asks and sells at the bids, whichever comes
 * first, so `(vwap of the asks − vwap of the bids) / mid` of that same book, a fraction of notional. Within the best level
 * that is `(ask − bid) / mid`, as of the top of a book. Null where a side does not hold the size.
 * @example crossingIn({ mid: 100, bids: { usd: [990], base: [10] }, asks: { usd: [1_010], base: [10] }, readAtMs: 0 }, 500) // 0.02
 */
export function crossingIn({ bids, asks, mid }: LegDepth, sizeUsd: number): number | null {
  const buy = vwapAt(asks, sizeUsd);
  const sell = vwapAt(bids, sizeUsd);
  return buy === null || sell === null ? null : (buy - sell) / mid;
}

/**
 * USD that the book holds on its thinner side.
 * @example heldUsd({ mid: 100, bids: { usd: [990], base: [10] }, asks: { usd: [1_010], base: [10] }, readAtMs: 0 }) // 990
 */
export const heldUsd = ({ bids, asks }: LegDepth): number => Math.min(bids.usd.at(-1) ?? 0, asks.usd.at(-1) ?? 0);

/** Points kept of each side of a book. */
export const LADDER_POINTS = 50;

/**
 * What is kept of a book: both sides as ladders of at most `LADDER_POINTS` points, exact at the best level, at each of
 * `sizesUsd` and at the end. Between its points a ladder that was thinned says a price that is never better than the book's.
 * Example: run in book-walk.test.ts.
 */
export function depthOf(book: Book, { sizesUsd, readAtMs }: { readonly sizesUsd: readonly number[]; readonly readAtMs: number }): LegDepth {
  const [bid, ask] = [book.bids[0]?.[0] ?? Number.NaN, book.asks[0]?.[0] ?? Number.NaN];
  return { mid: (bid + ask) / 2, bids: thinned(levelsOf(book.bids), sizesUsd), asks: thinned(levelsOf(book.asks), sizesUsd), readAtMs };
}

/** The whole side as a ladder, a point a level. */
function levelsOf(side: BookSide): Ladder {
  const usd: number[] = [];
  const base: number[] = [];
  let [filledUsd, filledBase] = [0, 0];
  for (const [price, sizeBase] of side) {
    filledUsd += price * sizeBase;
    filledBase += sizeBase;
    usd.push(filledUsd);
    base.push(filledBase);
  }
  return { usd, base };
}

/** Fewer points of the same curve: the first, the last, the given sizes, and amounts between them that grow by one factor. */
function thinned(ladder: Ladder, sizesUsd: readonly number[]): Ladder {
  const first = ladder.usd[0] ?? 0;
  const last = ladder.usd.at(-1) ?? 0;
  if (ladder.usd.length <= LADDER_POINTS) return ladder;
  const inside = sizesUsd.filter((size) => size > first && size < last).slice(0, LADDER_POINTS - 2);
  const steps = LADDER_POINTS - inside.length - 1;
  const grown = Array.from({ length: steps - 1 }, (_, step) => first * (last / first) ** ((step + 1) / steps));
  const amounts = [...new Set([first, ...inside, ...grown])].filter((amount) => amount < last).sort((a, b) => a - b);
  const base = amounts.map((amount) => amount / (vwapAt(ladder, amount) ?? Number.NaN));
  return { usd: [...amounts, last], base: [...base, ladder.base.at(-1) ?? 0] };
}
