import type { FeedId } from "../domain/feed.ts";

/** What asking one feed for order books came to in one scan. */
export type BooksOutcome = {
  /** Books for which something was sent. */
  readonly asked: number;
  /** Of these, refused because we asked too much. */
  readonly limited: number;
  /** Of these, not there in time. */
  readonly late: number;
  /** Longest call, ms. */
  readonly slowestMs: number;
};

/** How many books the next scan may ask for, as the scans before have found it bearable. */
export type DepthPace = {
  /** Pairs over all feeds. */
  readonly pairs: number;
  /** Books of single feeds that get fewer; a feed that is not named gets all that are wanted of it. */
  readonly books: Readonly<Record<FeedId, number>>;
};

export type PaceBounds = {
  readonly minPairs: number;
  readonly maxPairs: number;
  /** Time for all books of a scan, ms. */
  readonly limitMs: number;
  /** The feeds there are: of others nothing is kept. */
  readonly feeds: readonly FeedId[];
};

/** More than what any scan asks: the first one finds its bounds. */
export const FULL_PACE: DepthPace = { pairs: 10, books: {} };

/** A call over this share of the time for all books is slow. */
const SLOW_SHARE = 0.5;

/**
 * The pace after a scan: one pair more while all goes well, half where it does not. A feed that answered 429, or slowly, gets
 * half of the books it was asked for and then one more a scan, and the others keep theirs; where most feeds were slow the
 * cause is on this side, and all pairs are halved instead. A scan that asked for no book changes nothing.
 * @example depthPace({ pairs: 10, books: {} }, { okx: { asked: 6, limited: 1, late: 0, slowestMs: 90 } }, bounds) // { pairs: 10, books: { okx: 3 } }
 */
export function depthPace(before: DepthPace, outcomes: Readonly<Record<FeedId, BooksOutcome>>, bounds: PaceBounds): DepthPace {
  const { minPairs, maxPairs, limitMs, feeds } = bounds;
  const within = (pairs: number): number => Math.min(maxPairs, Math.max(Math.min(minPairs, maxPairs), pairs));
  const asked = Object.entries(outcomes).filter(([, outcome]) => outcome.asked > 0);
  const isSlow = ({ late, slowestMs }: BooksOutcome): boolean => late > 0 || slowestMs > limitMs * SLOW_SHARE;
  const slow = asked.filter(([, outcome]) => isSlow(outcome)).length;
  const isOurs = slow >= 2 && slow * 2 > asked.length;
  const books: Record<FeedId, number> = {};
  for (const feed of feeds) {
    const outcome = outcomes[feed];
    const most = before.books[feed] ?? 2 * maxPairs;
    if (outcome === undefined || outcome.asked === 0) books[feed] = most;
    else if (outcome.limited > 0 || (!isOurs && isSlow(outcome))) books[feed] = Math.max(1, Math.floor(Math.min(most, outcome.asked) / 2));
    else books[feed] = isOurs ? most : most + 1;
  }
  const fewer = Object.entries(books).filter(([, most]) => most < 2 * maxPairs);
  const step = asked.length === 0 ? before.pairs : isOurs ? Math.floor(before.pairs / 2) : before.pairs + 1;
  return { pairs: within(step), books: Object.fromEntries(fewer) };
}
