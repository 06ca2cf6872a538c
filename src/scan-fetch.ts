import type { LegDepth } from "./domain/depth.ts";
import type { VenueError } from "./domain/error.ts";
import { feedIdOf, type FeedReply } from "./domain/feed.ts";
import { err, type Result } from "./domain/result.ts";
import { SECOND_MS } from "./domain/units.ts";
import { CARD_SIZES_USD } from "./economics/ledger.ts";
import type { BooksRead } from "./feeds/ask-books.ts";
import { hasAnswered, silentAfter } from "./feeds/ask-feeds.ts";
import { askRound } from "./feeds/ask-round.ts";
import { failedReply } from "./feeds/collect-venue.ts";
import { depthPace } from "./feeds/depth-pace.ts";
import { type FeedLoad, type FeedWork, planScan, type ScanPlan } from "./feeds/plan-scan.ts";
import type { Failing, GatedMarket, ScannedFeed, ScanInput, ScanOutput, ScanPorts, Standings } from "./scan.ts";

/** What came of the feeds: a reply of each, also of those that were not asked, and the books that were wanted. */
export type Fetched = { readonly replies: readonly FeedReply[]; readonly books: BooksRead };

/** What this scan asks of its feeds, and what it puts off. */
export function planFetch(input: ScanInput, feeds: readonly ScannedFeed[]): ScanPlan {
  const { scanDeadlineMs, intervalSeconds, maxCalls, maxSlowCalls, loads, wanted, depthLimitMs } = input;
  const withOpenRow = new Set(
    Object.values(input.lifecycle.open).flatMap(({ row: { priced } }) =>
      [priced.long, priced.short].map(({ quote }) => feedIdOf(quote.venue, quote.kind)),
    ),
  );
  const work = feeds.map((feed): FeedWork => ({
    feed: feed.id,
    isSpot: feed.id === feedIdOf(feed.facts.id, "spot"),
    hotCalls: endpointsOf(feed).filter(({ refreshMs }) => refreshMs === 0).length,
    slowDue: input.slowDue[feed.id] ?? endpointsOf(feed).filter(({ refreshMs }) => refreshMs > 0).length,
    hasOpenRow: withOpenRow.has(feed.id),
  }));
  // A scan that takes longer than its slot costs the next one.
  const ms = Math.min(scanDeadlineMs, intervalSeconds * SECOND_MS);
  const budget = { calls: maxCalls, ms, slowCalls: maxSlowCalls };
  return planScan(work, loads, { budget, books: depthLimitMs > 0 ? wanted.length : 0 });
}

const endpointsOf = ({ endpoints }: ScannedFeed) => Object.values(endpoints).filter(({ alternativeTo }) => alternativeTo === undefined);

/**
 * Quotes of the feeds in the plan at once, each within its limit, and beside them the books that the scan before chose. A feed
 * that is put off is no failure: nothing is sent to it, and its reply says why. Nothing is sent while real data is off.
 */
export async function fetchAll(input: ScanInput, { feeds: scanned, ask, books, now }: ScanPorts, plan: ScanPlan): Promise<Fetched> {
  const feeds = scanned.map(({ id, facts }) => ({ feed: id, venue: facts.id }));
  if (!input.realTimeData) {
    const error = { kind: "flag-off", message: "the flag real_time_data is off" } as const;
    return { replies: feeds.map((feed) => failedReply({ ...feed, error, ms: 0 })), books: { results: new Map(), outcomes: {} } };
  }
  const { scanId, venueLimitMs: limitMs, scanDeadlineMs: deadlineMs, silent, wanted } = input;
  const asked = feeds.filter(({ feed }) => plan.asked.includes(feed));
  const sizesUsd = [...new Set([...CARD_SIZES_USD, input.settings.referenceSizeUsd])];
  const { rules, feedsAtOnce: atOnce, overlap, turnsDeadlineMs } = input.fetching;
  const { slowCalls } = plan;
  const bookLimitMs = Math.min(input.depthLimitMs, deadlineMs);
  const round = await askRound({
    quotes: { feeds: asked, scanId, limitMs, slowCalls, rules, atOnce, deadlineMs, turnsDeadlineMs, silent, ask, now },
    books: { wanted: wanted.slice(0, plan.books), scanId, sizesUsd, limitMs: bookLimitMs, rules, atOnce, ask: books },
    overlap,
  });
  const replied = new Map(round.replies.map((reply) => [reply.feed, reply]));
  const replies = feeds.map((feed) => replied.get(feed.feed) ?? failedReply({ ...feed, error: deferred(plan.deferred[feed.feed]), ms: 0 }));
  const late = wanted.slice(plan.books).map(({ id }): [string, Result<LegDepth, VenueError>] => [id, err(deferred(plan.booksDeferred))]);
  return { replies, books: { ...round.books, results: new Map([...late, ...round.books.results]) } };
}

const deferred = (message: string | null | undefined): VenueError => ({ kind: "deferred", message: message ?? "put off" });

/**
 * What the next scan has to know of the feeds: which were silent, what waits for its turn (a feed that did not answer waits as
 * before), what each gave and took, and how many books may be asked for.
 */
export function feedsAfter(
  { replies, books }: Fetched,
  scan: {
    readonly before: ScanInput;
    readonly market: GatedMarket;
    readonly feeds: readonly ScannedFeed[];
    readonly failing: Failing;
    readonly standings: Standings;
  },
): Pick<ScanOutput, "silent" | "slowDue" | "loads" | "depthPace" | "failing" | "standings"> {
  const { before, market } = scan;
  const feeds = scan.feeds.map(({ id }) => id);
  const due = replies.flatMap(({ feed, slowDue }) => {
    const waiting = slowDue ?? before.slowDue[feed];
    return waiting === undefined ? [] : [[feed, waiting] as const];
  });
  const passed = new Map(market.venues.map(({ feed, identity }) => [feed, identity.out]));
  const loads = replies.map((reply) => [reply.feed, loadAfter(reply, before.loads[reply.feed], passed.get(reply.feed))] as const);
  const bounds = { minPairs: before.depthPairs.min, maxPairs: before.depthPairs.max, limitMs: before.depthLimitMs, feeds };
  return {
    silent: silentAfter(replies, before.silent),
    slowDue: Object.fromEntries(due),
    loads: Object.fromEntries(loads),
    failing: scan.failing,
    standings: scan.standings,
    depthPace: depthPace(before.depthPace, books.outcomes, bounds),
  };
}

/** Since when each endpoint that failed in this scan has failed: in scans in a row; a feed that was not reached says nothing new. */
export function failingAfter(replies: readonly FeedReply[], before: Failing, nowMs: number): Failing {
  const known = replies.map(({ feed, error, degraded }): [string, Readonly<Record<string, number>>] => {
    const sinceMs = before[feed] ?? {};
    if (error !== null && degraded.length === 0) return [feed, sinceMs];
    return [feed, Object.fromEntries(degraded.map(({ endpoint }) => [endpoint, sinceMs[endpoint] ?? nowMs]))];
  });
  return Object.fromEntries(known.filter(([, endpoints]) => Object.keys(endpoints).length > 0));
}

/** How each feed of this scan stands, or stood when it last said so: one that was put off or was silent says nothing. */
export function standingsAfter(replies: readonly FeedReply[], before: Standings, nowMs: number): Standings {
  const known = replies.map(({ feed, health }) => [feed, health === null ? before[feed] : { health, atMs: nowMs }] as const);
  return Object.fromEntries(known.flatMap(([feed, standing]) => (standing === undefined ? [] : [[feed, standing] as const])));
}

/** A feed that failed keeps what was measured before; one that was put off has waited one scan more. */
function loadAfter(reply: FeedReply, before: FeedLoad | undefined, rows: number | undefined): FeedLoad {
  const { error, ms } = reply;
  return {
    rows: rows ?? before?.rows ?? null,
    ms: hasAnswered(reply) ? ms : (before?.ms ?? null),
    waited: error?.kind === "deferred" ? (before?.waited ?? 0) + 1 : 0,
  };
}
