import type { FeedAsk, FeedId, FeedReply } from "../domain/feed.ts";
import type { VenueId } from "../domain/venue.ts";
import { startTimeLimit } from "../net/time-limit.ts";
import { failedReply } from "./collect-venue.ts";

/** How a round of feeds is asked. */
export type FeedsAsk = {
  readonly feeds: readonly { readonly feed: FeedId; readonly venue: VenueId }[];
  readonly scanId: string;
  readonly limitMs: number;
  /** Slow endpoints that each feed may fetch; none where it is not named. */
  readonly slowCalls: Readonly<Record<FeedId, number>>;
  readonly deadlineMs: number;
  /** Feeds that let their time pass in the scan before, as `silentAfter` told. */
  readonly silent: readonly FeedId[];
  readonly ask: (ask: FeedAsk) => Promise<FeedReply>;
  readonly now: () => number;
};

/** A feed that was silent is waited for at least this long, however fast the others are, ms. */
export const SILENT_WAIT_MS = 250;

/**
 * Asks all feeds at once and waits for each no longer than the deadline, and for one that was silent in the scan before
 * no longer than the others take. A feed that throws or stays silent becomes a reply without rows, so that it costs its
 * own rows and nobody else's; its call goes on, and an answer that comes late is for `ask` to note.
 */
export async function askFeeds(input: FeedsAsk): Promise<readonly FeedReply[]> {
  const { feeds, deadlineMs, now } = input;
  const startedAtMs = now();
  const waitedMs = (): number => now() - startedAtMs;
  const silent = trusted(input);
  const deadline = startTimeLimit(deadlineMs);
  const others = new AbortController();
  const answers = feeds.map((feed) => {
    const wasSilent = silent.has(feed.feed);
    return answerOf(feed, { input, waitedMs, wasSilent, until: wasSilent ? others.signal : deadline.signal });
  });
  await Promise.all(answers.filter((_, place) => !silent.has(feeds[place]?.feed ?? "")));
  deadline.close();
  const rest = startTimeLimit(Math.max(0, Math.min(SILENT_WAIT_MS, deadlineMs) - waitedMs()));
  rest.signal.addEventListener("abort", () => others.abort());
  const replies = await Promise.all(answers);
  rest.close();
  return replies;
}

/** Where half of the feeds or more were silent the fault was on this side, and each is waited for as usual. */
const trusted = ({ feeds, silent }: FeedsAsk): ReadonlySet<FeedId> => {
  const known = feeds.filter(({ feed }) => silent.includes(feed));
  return new Set(known.length * 2 < feeds.length ? known.map(({ feed }) => feed) : []);
};

async function answerOf(
  { feed, venue }: FeedsAsk["feeds"][number],
  wait: { readonly input: FeedsAsk; readonly waitedMs: () => number; readonly wasSilent: boolean; readonly until: AbortSignal },
): Promise<FeedReply> {
  const { input, waitedMs, wasSilent, until } = wait;
  const { scanId, limitMs, slowCalls, deadlineMs, ask } = input;
  const late = Promise.withResolvers<FeedReply>();
  until.addEventListener("abort", () => {
    const ms = waitedMs();
    const message = wasSilent
      ? `silent in the scan before, and no answer by the time the other feeds had answered, ${ms} ms`
      : `no answer from the feed within ${deadlineMs} ms`;
    const error = { kind: "timeout", phase: "scan", limitMs: wasSilent ? ms : deadlineMs, message } as const;
    late.resolve(failedReply({ feed, venue, error, ms }));
  });
  try {
    return await Promise.race([ask({ feed, scanId, limitMs, slowCalls: slowCalls[feed] ?? 0 }), late.promise]);
  } catch (error) {
    const message = `the feed failed: ${error instanceof Error ? error.message : String(error)}`;
    return failedReply({ feed, venue, error: { kind: "internal", message }, ms: waitedMs() });
  }
}

/** Whether the venue let the time of its feed pass. A failure that came in time is an answer. */
const wasSilent = ({ error }: FeedReply): boolean => error?.kind === "timeout";
/** Whether nothing was sent, so that nothing is known. */
const wasNotAsked = ({ error }: FeedReply): boolean => error?.kind === "budget" || error?.kind === "flag-off";

/** Whether a reply shows that its venue answers again. */
export const hasAnswered = (reply: FeedReply): boolean => !wasSilent(reply) && !wasNotAsked(reply);

/** Feeds for which the next scan waits no longer than for the others; one that was not asked stays what it was. */
export const silentAfter = (replies: readonly FeedReply[], before: readonly FeedId[]): readonly FeedId[] =>
  replies.filter((reply) => wasSilent(reply) || (wasNotAsked(reply) && before.includes(reply.feed))).map(({ feed }) => feed);
