import type { FeedReply } from "../domain/feed.ts";
import type { FunnelStep } from "../domain/funnel.ts";

/** Latencies of one scan, ms: of each step, and of the attempts at each feed's venue. */
export type ScanPerformance = {
  readonly steps: Readonly<Record<string, number>>;
  readonly feeds: Readonly<Record<string, FeedPerformance>>;
};
type FeedPerformance = {
  readonly ms: number;
  readonly attempts: number;
  readonly bytes: number;
  /** Of single attempts; `null` where none was made. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
};

/** What a scan measured, for the log: nothing else depends on it. */
export const performanceOf = (replies: readonly FeedReply[], steps: readonly FunnelStep[]): ScanPerformance => ({
  steps: Object.fromEntries(steps.map(({ step, ms }) => [step, ms])),
  feeds: Object.fromEntries(
    replies.map(({ feed, ms, calls }) => {
      const sorted = calls.map((call) => call.ms).sort((a, b) => a - b);
      const bytes = calls.reduce((sum, call) => sum + call.bytes, 0);
      return [feed, { ms, attempts: calls.length, bytes, p50Ms: rank(sorted, 0.5), p95Ms: rank(sorted, 0.95) }];
    }),
  ),
});

/** The smallest figure that at least this share of all reaches: nearest rank, no value between two. */
const rank = (sorted: readonly number[], share: number): number | null => sorted[Math.ceil(sorted.length * share) - 1] ?? null;
