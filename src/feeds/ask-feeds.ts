import type { FeedAsk, FeedId, FeedReply } from "../domain/feed.ts";
import type { VenueId } from "../domain/venue.ts";
import { startTimeLimit } from "../net/time-limit.ts";
import { failedReply } from "./collect-venue.ts";

/**
 * Asks all feeds at once and waits for each no longer than the deadline. A feed that throws or stays silent becomes a
 * reply without rows, so that it costs its own rows and nobody else's.
 */
export async function askFeeds(input: {
  readonly feeds: readonly { readonly feed: FeedId; readonly venue: VenueId }[];
  readonly scanId: string;
  readonly limitMs: number;
  /** Slow endpoints that each feed may fetch; none where it is not named. */
  readonly slowCalls: Readonly<Record<FeedId, number>>;
  readonly deadlineMs: number;
  readonly ask: (ask: FeedAsk) => Promise<FeedReply>;
  readonly now: () => number;
}): Promise<readonly FeedReply[]> {
  const { scanId, limitMs, slowCalls, deadlineMs, ask, now } = input;
  const startedAtMs = now();
  const one = async ({ feed, venue }: (typeof input.feeds)[number]): Promise<FeedReply> => {
    const late = Promise.withResolvers<FeedReply>();
    const deadline = startTimeLimit(deadlineMs);
    deadline.signal.addEventListener("abort", () => {
      const message = `no answer from the feed within ${deadlineMs} ms`;
      const error = { kind: "timeout", phase: "scan", limitMs: deadlineMs, message } as const;
      late.resolve(failedReply({ feed, venue, error, ms: now() - startedAtMs }));
    });
    try {
      return await Promise.race([ask({ feed, scanId, limitMs, slowCalls: slowCalls[feed] ?? 0 }), late.promise]);
    } catch (error) {
      const message = `the feed failed: ${error instanceof Error ? error.message : String(error)}`;
      return failedReply({ feed, venue, error: { kind: "internal", message }, ms: now() - startedAtMs });
    } finally {
      deadline.close();
    }
  };
  return await Promise.all(input.feeds.map(one));
}
