import type { FeedId } from "../domain/feed.ts";

/**
 * How many slow endpoints (metadata, heavy bodies) each feed may fetch in this scan: one each in turn until the limit is
 * spent, those with most to catch up first, so that their calls never come all at once.
 * @example allotSlow({ due: { binance: 3, bybit: 1, okx: 2 }, limit: 4 }) // { binance: 2, okx: 1, bybit: 1 }
 */
export function allotSlow(input: {
  readonly due: Readonly<Record<FeedId, number>>;
  readonly limit: number;
}): Readonly<Record<FeedId, number>> {
  const waiting = Object.entries(input.due)
    .filter(([, count]) => count > 0)
    .sort(([feedA, a], [feedB, b]) => b - a || (feedA < feedB ? -1 : 1));
  const allotted: Record<FeedId, number> = {};
  let left = input.limit;
  for (let turn = 0; left > 0 && waiting.some(([, count]) => count > turn); turn++) {
    for (const [feed, count] of waiting) {
      if (count <= turn || left === 0) continue;
      allotted[feed] = turn + 1;
      left -= 1;
    }
  }
  return allotted;
}
