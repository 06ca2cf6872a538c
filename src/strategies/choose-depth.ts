import type { Depths } from "../domain/depth.ts";

/** A pair for which order books would be read. */
export type DepthWish = {
  readonly key: string;
  /** Instrument ids of both legs. */
  readonly legs: readonly [long: string, short: string];
  /** What it earns over the horizon before any cost, fraction. */
  readonly gross: number;
  readonly isOpen: boolean;
};

/** Pairs a scan for which order books are read: with two legs each, at most 20 calls. */
export const MOST_DEPTH_PAIRS = 10;
/** Of those, pairs that are kept for open rows while these want books: candidates alone could fill every scan. */
const KEPT_FOR_OPEN = 3;

/**
 * The pairs whose books are read now: first the best gross candidates of which a leg has no book yet, then open rows, the
 * one whose older book is oldest first (so that they take turns), then candidates whose books are there to be renewed, the
 * oldest first. Candidates leave three places to open rows where there are any. Example: run in choose-depth.test.ts.
 */
export function chooseForDepth(wishes: readonly DepthWish[], depths: Depths): readonly DepthWish[] {
  const readAtMs = ({ legs }: DepthWish): number => Math.min(...legs.map((leg) => depths[leg]?.readAtMs ?? -Infinity));
  const byGross = (a: DepthWish, b: DepthWish): number => b.gross - a.gross || (a.key < b.key ? -1 : 1);
  const byAge = (a: DepthWish, b: DepthWish): number => {
    const [atA, atB] = [readAtMs(a), readAtMs(b)];
    return atA === atB ? byGross(a, b) : atA - atB;
  };
  const open = wishes.filter(({ isOpen }) => isOpen).sort(byAge);
  const candidates = wishes.filter(({ isOpen }) => !isOpen);
  const unread = candidates.filter((wish) => readAtMs(wish) === -Infinity).sort(byGross);
  const read = candidates.filter((wish) => readAtMs(wish) !== -Infinity).sort(byAge);
  const first = unread.slice(0, MOST_DEPTH_PAIRS - Math.min(KEPT_FOR_OPEN, open.length));
  return [...first, ...open, ...unread.slice(first.length), ...read].slice(0, MOST_DEPTH_PAIRS);
}
