import type { FeedId } from "../domain/feed.ts";
import { allotSlow } from "./allot-slow.ts";

/** What the scans before measured of a feed. */
export type FeedLoad = {
  /** Rows that passed gate and identity when it last answered; `null` before it ever did. */
  readonly rows: number | null;
  /** Time its last answer took, ms; `null` before it ever answered. */
  readonly ms: number | null;
  /** Scans in a row in which it was put off. */
  readonly waited: number;
};
/** By feed; one that is not named was never asked. */
export type FeedLoads = Readonly<Record<FeedId, FeedLoad>>;
const UNKNOWN: FeedLoad = { rows: null, ms: null, waited: 0 };

/** What a feed asks of a scan. */
export type FeedWork = {
  readonly feed: FeedId;
  readonly isSpot: boolean;
  /** Endpoints that each scan fetches. */
  readonly hotCalls: number;
  /** Slow endpoints that wait for their turn. */
  readonly slowDue: number;
  /** Whether an open row has a leg there. */
  readonly hasOpenRow: boolean;
};

export type ScanBudget = {
  /** Calls to venues; pages and retries come on top. */
  readonly calls: number;
  /** Time for the scan, ms. */
  readonly ms: number;
  /** Of the calls, slow endpoints at most. */
  readonly slowCalls: number;
};

/** What a scan asks, and what it puts off, with the reason. */
export type ScanPlan = {
  readonly asked: readonly FeedId[];
  readonly deferred: Readonly<Record<FeedId, string>>;
  readonly slowCalls: Readonly<Record<FeedId, number>>;
  /** Order books that are asked for, of those that are wanted. */
  readonly books: number;
  /** Why fewer are asked for than are wanted; `null` where all are. */
  readonly booksDeferred: string | null;
};

/** A feed that was put off in so many scans in a row comes before all others; one in a scan. */
export const TURN_AFTER_SCANS = 5;
/** Of the calls, what slow endpoints may take: without them rows lose their terms, and with all of them there are no rows. */
const SLOW_SHARE = 0.5;
/** Books are waited for a little longer than quotes. */
const BOOKS_OVER_QUOTES = 1.1;

/**
 * Divides what a scan may spend: perpetuals first, where an open row has a leg and then by the rows they last gave; then spot;
 * then order books. So where it does not suffice, books are put off first, then spot, then the venues with the fewest rows.
 * Where time is short, so are spot and small venues whose last answer took longer than there is. None is put off for ever:
 * one feed a scan, that which waited longest, has its turn before the others.
 */
export function planScan(
  work: readonly FeedWork[],
  loads: FeedLoads,
  scan: { readonly budget: ScanBudget; readonly books: number },
): ScanPlan {
  const { budget } = scan;
  const loadOf = ({ feed }: FeedWork): FeedLoad => loads[feed] ?? UNKNOWN;
  const turn = inTurn(work, loadOf);
  const slowest = tooSlow(work, loadOf, budget.ms);
  const due = work.reduce((sum, { slowDue }) => sum + slowDue, 0);
  const slowLimit = Math.min(budget.slowCalls, due, Math.floor(budget.calls * SLOW_SHARE));
  const deferred: Record<FeedId, string> = {};
  const asked: FeedWork[] = [];
  let left = budget.calls - slowLimit;
  let isSpent = false;
  for (const each of [...work].sort(byPriority(turn, loadOf))) {
    if (each.feed !== turn && slowest.has(each.feed)) {
      deferred[each.feed] = `took ${loadOf(each).ms} ms, and the scan has ${budget.ms} ms`;
      continue;
    }
    isSpent ||= each.hotCalls > left;
    if (isSpent) deferred[each.feed] = `the ${budget.calls} calls of the scan are spent on feeds that come before it`;
    else {
      asked.push(each);
      left -= each.hotCalls;
    }
  }
  const slowCalls = allotSlow({ due: Object.fromEntries(asked.map(({ feed, slowDue }) => [feed, slowDue])), limit: slowLimit });
  left += slowLimit - Object.values(slowCalls).reduce((sum, calls) => sum + calls, 0);
  const hasTime = Math.max(0, ...asked.map((each) => loadOf(each).ms ?? 0)) * BOOKS_OVER_QUOTES <= budget.ms;
  const books = Object.keys(deferred).length > 0 || !hasTime ? 0 : Math.min(scan.books, left);
  const why = hasTime ? `the ${budget.calls} calls of the scan are spent` : `quotes need the ${budget.ms} ms of the scan`;
  return { asked: asked.map(({ feed }) => feed), deferred, slowCalls, books, booksDeferred: books < scan.books ? why : null };
}

type LoadOf = (work: FeedWork) => FeedLoad;

/** The feed that has waited longest, where one has waited long enough. */
function inTurn(work: readonly FeedWork[], loadOf: LoadOf): FeedId | null {
  const waiting = work.filter((each) => loadOf(each).waited >= TURN_AFTER_SCANS);
  waiting.sort((a, b) => loadOf(b).waited - loadOf(a).waited || (a.feed < b.feed ? -1 : 1));
  return waiting[0]?.feed ?? null;
}

/** Spot, and perpetuals with fewer rows than most of them, whose last answer took longer than there is time. */
function tooSlow(work: readonly FeedWork[], loadOf: LoadOf, ms: number): ReadonlySet<FeedId> {
  const rows = work.flatMap((each) => (each.isSpot ? [] : (loadOf(each).rows ?? []))).sort((a, b) => a - b);
  const median = rows[Math.floor(rows.length / 2)] ?? 0;
  const isSmall = (each: FeedWork): boolean => each.isSpot || (loadOf(each).rows ?? Number.POSITIVE_INFINITY) < median;
  return new Set(work.filter((each) => isSmall(each) && (loadOf(each).ms ?? 0) > ms).map(({ feed }) => feed));
}

/** A feed whose rows are not known comes before those whose rows are: it has to be measured. */
const byPriority =
  (turn: FeedId | null, loadOf: LoadOf) =>
  (a: FeedWork, b: FeedWork): number => {
    const rank = (each: FeedWork): readonly number[] => [
      each.feed === turn ? 0 : 1,
      each.isSpot ? 1 : 0,
      each.hasOpenRow ? 0 : 1,
      -(loadOf(each).rows ?? Number.MAX_SAFE_INTEGER),
    ];
    const [ranksA, ranksB] = [rank(a), rank(b)];
    const place = ranksA.findIndex((value, index) => value !== ranksB[index]);
    return place === -1 ? (a.feed < b.feed ? -1 : 1) : (ranksA[place] ?? 0) - (ranksB[place] ?? 0);
  };
