import type { FeedId } from "./feed.ts";
import {
  coinPassCounts,
  feedOfPlace,
  feedPassCounts,
  isFault,
  type PassCounts,
  ROW_STEPS,
  type RowCounts,
  type RowStep,
  ruleOfPlace,
  type Tally,
  totalOf,
} from "./quality-tally.ts";
import type { VenueId } from "./venue.ts";

/** What a reader asks for: a venue or one of its feeds, and a rule; `null` = all. */
export type QualityFilter = { readonly venue: string | null; readonly rule: string | null };
export const EVERYTHING: QualityFilter = { venue: null, rule: null };

/** One reason for which rows were refused. `fault`: it counts against the venue. */
export type RefusedRows = { readonly step: RowStep; readonly rule: string; readonly rows: number; readonly fault: boolean };

export type FeedQuality = PassCounts & {
  readonly feed: FeedId;
  readonly venue: VenueId;
  readonly asked: number;
  readonly answered: number;
  readonly received: number;
  /** By the first rule that each row failed, the most first. */
  readonly refused: readonly RefusedRows[];
};

/** Each feed, the lowest pass rate first, those with nothing to judge last. A rule leaves the feeds that refused rows for it. */
export function feedQuality({ feeds }: Tally, { venue, rule }: QualityFilter = EVERYTHING): readonly FeedQuality[] {
  return Object.entries(feeds)
    .filter(([feed, tally]) => isOf(venue, feed, tally.venue))
    .map(([feed, tally]): FeedQuality => {
      const { venue, asked, answered, received, refused } = tally;
      const reasons = ROW_STEPS.flatMap((step) => reasonsOf(step, refused[step]));
      return { feed, venue, asked, answered, received, ...feedPassCounts(tally), refused: reasons.sort(mostFirst) };
    })
    .filter(({ refused }) => rule === null || refused.some((reason) => reason.rule === rule))
    .sort((a, b) => (a.passRate ?? 2) - (b.passRate ?? 2) || (a.feed < b.feed ? -1 : 1));
}

export type RuleQuality = {
  readonly step: RowStep;
  readonly rule: string;
  readonly fault: boolean;
  /** Rows that reached the rule's step. */
  readonly judged: number;
  /** Rows that failed the rule, whatever else they failed; in the gate also those that were only marked. */
  readonly failed: number;
  /** Rows refused with this rule as the first that they failed: these add up. */
  readonly refused: number;
  /** 1 − failed / judged. */
  readonly passRate: number | null;
};

/** Each rule that some row failed, the most failed first. */
export function ruleQuality({ feeds }: Tally, { venue, rule }: QualityFilter = EVERYTHING): readonly RuleQuality[] {
  const tallies = Object.entries(feeds).flatMap(([feed, tally]) => (isOf(venue, feed, tally.venue) ? [tally] : []));
  let judged = tallies.reduce((sum, { received }) => sum + received, 0);
  return ROW_STEPS.flatMap((step) => {
    const refused = sumOf(tallies.map((tally) => tally.refused[step]));
    const failed = step === "gate" ? sumOf(tallies.map((tally) => tally.failed)) : refused;
    const reached = judged;
    judged -= totalOf(Object.fromEntries(refused));
    return [...new Set([...failed.keys(), ...refused.keys()])]
      .filter((each) => rule === null || rule === each)
      .map((each): RuleQuality => {
        const rows = failed.get(each) ?? 0;
        const passRate = reached === 0 ? null : 1 - rows / reached;
        return { step, rule: each, fault: isFault(step, each), judged: reached, failed: rows, refused: refused.get(each) ?? 0, passRate };
      });
  }).sort((a, b) => b.failed - a.failed || (a.rule < b.rule ? -1 : 1));
}

export type CoinQuality = PassCounts & {
  readonly coin: string;
  /** Rows that could be read, over all feeds. */
  readonly rows: number;
  /** Refused rows by feed and the first rule that each failed, the most first. */
  readonly refused: readonly { readonly feed: FeedId; readonly rule: string; readonly rows: number; readonly fault: boolean }[];
};

/**
 * Each coin, the most faults first. With a rule: those that had rows refused for it. Rows are counted over all feeds, so a
 * venue leaves the coins that had rows refused there, and their figures stay those of all feeds.
 */
export function coinQuality({ coins, feeds }: Tally, { venue, rule }: QualityFilter = EVERYTHING): readonly CoinQuality[] {
  const isAsked = (feed: FeedId): boolean => isOf(venue, feed, feeds[feed]?.venue ?? feed);
  return Object.entries(coins)
    .map(([coin, tally]): CoinQuality => {
      const refused = Object.entries(tally.refused)
        .map(([place, rows]) => ({ feed: feedOfPlace(place), rule: ruleOfPlace(place), rows }))
        .map((each) => ({ ...each, fault: isFault("gate", each.rule) }));
      return { coin, rows: tally.rows, ...coinPassCounts(tally), refused: refused.sort(mostFirst) };
    })
    .filter(
      ({ refused }) =>
        (venue === null && rule === null) || refused.some((each) => isAsked(each.feed) && (rule === null || rule === each.rule)),
    )
    .sort((a, b) => b.faults - a.faults || b.other - a.other || (a.coin < b.coin ? -1 : 1));
}

/** All feeds together. */
export function totalQuality(tally: Tally, filter: QualityFilter = EVERYTHING): PassCounts & { readonly received: number } {
  const feeds = feedQuality(tally, { ...filter, rule: null });
  const sum = (of: (feed: FeedQuality) => number): number => feeds.reduce((total, feed) => total + of(feed), 0);
  const [passed, faults] = [sum((feed) => feed.passed), sum((feed) => feed.faults)];
  const passRate = passed + faults === 0 ? null : passed / (passed + faults);
  return { received: sum((feed) => feed.received), passed, faults, other: sum((feed) => feed.other), passRate };
}

const isOf = (asked: string | null, feed: FeedId, venue: VenueId): boolean => asked === null || asked === feed || asked === venue;
const mostFirst = (a: { readonly rows: number; readonly rule: string }, b: { readonly rows: number; readonly rule: string }): number =>
  b.rows - a.rows || (a.rule < b.rule ? -1 : 1);

const reasonsOf = (step: RowStep, counts: RowCounts): RefusedRows[] =>
  Object.entries(counts).map(([rule, rows]) => ({ step, rule, rows, fault: isFault(step, rule) }));

function sumOf(all: readonly RowCounts[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const counts of all) for (const [rule, rows] of Object.entries(counts)) sums.set(rule, (sums.get(rule) ?? 0) + rows);
  return sums;
}
