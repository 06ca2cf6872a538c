import type { Depths } from "../domain/depth.ts";
import type { FeedId } from "../domain/feed.ts";

/** A pair for which order books would be read. */
export type DepthWish = {
  readonly key: string;
  /** Instrument ids of both legs. */
  readonly legs: readonly [long: string, short: string];
  /** The feeds that have their books. */
  readonly feeds: readonly [long: FeedId, short: FeedId];
  /** What it earns over the horizon before any cost, fraction. */
  readonly gross: number;
  readonly isOpen: boolean;
};

/** How many books may be read. */
export type DepthRoom = {
  readonly pairs: number;
  /** Books of single feeds; of a feed that is not named as many as the pairs want. */
  readonly books: Readonly<Record<FeedId, number>>;
};

/**
 * Of the pairs, the share that is kept for open rows while these want books. Candidates alone could fill every scan: a venue
 * without a bulk book has many, as a cost that is not known keeps none out.
 */
const KEPT_FOR_OPEN = 0.5;

/**
 * The pairs whose books are read now: first the best gross candidates of which a leg has no book yet, then open rows, the
 * one whose older book is oldest first (so that they take turns), then candidates whose books are there to be renewed, the
 * oldest first. Candidates leave half of the places to open rows where there are any. A pair whose feed has no room left
 * gives way to the next. Example: run in choose-depth.test.ts.
 */
export function chooseForDepth(wishes: readonly DepthWish[], depths: Depths, room: DepthRoom): readonly DepthWish[] {
  const legReadAtMs = (leg: string): number => depths[leg]?.readAtMs ?? -Infinity;
  const read = new Map(wishes.map((wish) => [wish, Math.min(legReadAtMs(wish.legs[0]), legReadAtMs(wish.legs[1]))]));
  const readAtMs = (wish: DepthWish): number => read.get(wish) ?? -Infinity;
  const byGross = (a: DepthWish, b: DepthWish): number => b.gross - a.gross || (a.key < b.key ? -1 : 1);
  const byAge = (a: DepthWish, b: DepthWish): number => {
    const [atA, atB] = [readAtMs(a), readAtMs(b)];
    return atA === atB ? byGross(a, b) : atA - atB;
  };
  const open = wishes.filter(({ isOpen }) => isOpen).sort(byAge);
  const candidates = wishes.filter(({ isOpen }) => !isOpen);
  const unread = candidates.filter((wish) => readAtMs(wish) === -Infinity).sort(byGross);
  const again = candidates.filter((wish) => readAtMs(wish) !== -Infinity).sort(byAge);
  const first = unread.slice(0, room.pairs - Math.min(Math.ceil(room.pairs * KEPT_FOR_OPEN), open.length));
  return thatFit([...first, ...open, ...unread.slice(first.length), ...again], room);
}

/** The first pairs for which there is room; a book that two of them share is read once. */
function thatFit(wishes: readonly DepthWish[], { pairs, books }: DepthRoom): readonly DepthWish[] {
  const taken: DepthWish[] = [];
  const legsOf: Record<FeedId, ReadonlySet<string>> = {};
  for (const wish of wishes) {
    if (taken.length >= pairs) break;
    const needed = wish.feeds.map((feed, side) => ({ feed, legs: new Set(legsOf[feed]).add(wish.legs[side] ?? "") }));
    if (needed.some(({ feed, legs }) => legs.size > (books[feed] ?? Number.POSITIVE_INFINITY))) continue;
    for (const { feed, legs } of needed) legsOf[feed] = legs;
    taken.push(wish);
  }
  return taken;
}
