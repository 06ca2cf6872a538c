import pLimit from "p-limit";
import type { CallRules, FeedAsk, FeedId, FeedReply } from "../domain/feed.ts";
import type { VenueId } from "../domain/venue.ts";
import { orLate, startTimeLimit } from "../net/time-limit.ts";
import { failedReply } from "./collect-venue.ts";

/** How a round of feeds is asked. */
export type FeedsAsk = {
  readonly feeds: readonly { readonly feed: FeedId; readonly venue: VenueId }[];
  readonly scanId: string;
  readonly limitMs: number;
  /** Slow endpoints that each feed may fetch; none where it is not named. */
  readonly slowCalls: Readonly<Record<FeedId, number>>;
  readonly rules: CallRules;
  /** Feeds that are asked at once; where there are more they take turns. */
  readonly atOnce: number;
  /** How long a feed is waited for once it was asked. */
  readonly deadlineMs: number;
  /** How long all are waited for where they take turns. */
  readonly turnsDeadlineMs: number;
  /** Feeds that let their time pass in the scan before, as `silentAfter` told. */
  readonly silent: readonly FeedId[];
  readonly ask: (ask: FeedAsk) => Promise<FeedReply>;
  readonly now: () => number;
};

/** A feed that was silent is waited for at least this long, however fast the others are, ms. */
export const SILENT_WAIT_MS = 250;

/**
 * Asks all feeds, at once or in turns. A feed that throws or stays silent becomes a reply without rows, so that it costs
 * its own rows and nobody else's; its call goes on, and an answer that comes late is for `ask` to note.
 */
export const askFeeds = (input: FeedsAsk): Promise<readonly FeedReply[]> =>
  input.atOnce < input.feeds.length ? askInTurns(input) : askAtOnce(input);

/** Waits for each no longer than the deadline, and for one that was silent in the scan before no longer than the others take. */
async function askAtOnce(input: FeedsAsk): Promise<readonly FeedReply[]> {
  const { feeds, deadlineMs, limitMs } = input;
  const waitedMs = waiting(input);
  const silent = trusted(input);
  const deadline = startTimeLimit(deadlineMs);
  const others = new AbortController();
  const answers = feeds.map((feed) => {
    const wasSilent = silent.has(feed.feed);
    const late = wasSilent ? silentAgain : () => tooLate(deadlineMs);
    return answerOf(feed, { input, waitedMs, limitMs, until: wasSilent ? others.signal : deadline.signal, late });
  });
  await Promise.all(answers.filter((_, place) => !silent.has(feeds[place]?.feed ?? "")));
  deadline.close();
  const rest = startTimeLimit(Math.max(0, Math.min(SILENT_WAIT_MS, deadlineMs) - waitedMs()));
  const replies = await orLate(Promise.all(answers), rest.signal, () => null);
  rest.close();
  if (replies !== null) return replies;
  others.abort();
  return await Promise.all(answers);
}

/** A few at a time, those last that were silent in the scan before. Each has its time from its turn on, all together theirs. */
async function askInTurns(input: FeedsAsk): Promise<readonly FeedReply[]> {
  const { feeds, silent, deadlineMs, turnsDeadlineMs } = input;
  const waitedMs = waiting(input);
  const inTurn = pLimit(Math.max(1, input.atOnce));
  const order = feeds.toSorted((a, b) => Number(silent.includes(a.feed)) - Number(silent.includes(b.feed)));
  const one = async (feed: FeedsAsk["feeds"][number]): Promise<FeedReply> => {
    const leftMs = turnsDeadlineMs - waitedMs();
    if (leftMs <= 0) return failedReply({ ...feed, error: tooLate(turnsDeadlineMs), ms: 0 });
    const turnMs = Math.min(deadlineMs, leftMs);
    const turn = startTimeLimit(turnMs);
    const limits = { limitMs: Math.min(input.limitMs, leftMs), until: turn.signal, late: () => tooLate(turnMs) };
    return await answerOf(feed, { input, waitedMs: waiting(input), ...limits }).finally(turn.close);
  };
  const replies = new Map(await Promise.all(order.map(async (feed) => [feed.feed, await inTurn(() => one(feed))] as const)));
  return feeds.flatMap(({ feed }) => replies.get(feed) ?? []);
}

/** Time since now. */
function waiting({ now }: FeedsAsk): () => number {
  const startedAtMs = now();
  return () => now() - startedAtMs;
}

/** Where half of the feeds or more were silent the fault was on this side, and each is waited for as usual. */
const trusted = ({ feeds, silent }: FeedsAsk): ReadonlySet<FeedId> => {
  const known = feeds.filter(({ feed }) => silent.includes(feed));
  return new Set(known.length * 2 < feeds.length ? known.map(({ feed }) => feed) : []);
};

const timeout = (limitMs: number, message: string) => ({ kind: "timeout", phase: "scan", limitMs, message }) as const;
const tooLate = (limitMs: number) => timeout(limitMs, `no answer from the feed within ${limitMs} ms`);
const silentAgain = (ms: number) =>
  timeout(ms, `silent in the scan before, and no answer by the time the other feeds had answered, ${ms} ms`);

async function answerOf(
  { feed, venue }: FeedsAsk["feeds"][number],
  wait: {
    readonly input: FeedsAsk;
    readonly waitedMs: () => number;
    readonly limitMs: number;
    readonly until: AbortSignal;
    readonly late: (ms: number) => ReturnType<typeof timeout>;
  },
): Promise<FeedReply> {
  const { input, waitedMs, limitMs, until, late } = wait;
  const { scanId, slowCalls, rules, ask } = input;
  const failed = (error: Parameters<typeof failedReply>[0]["error"]): FeedReply => failedReply({ feed, venue, error, ms: waitedMs() });
  try {
    const answer = ask({ feed, scanId, limitMs, slowCalls: slowCalls[feed] ?? 0, rules });
    return await orLate(answer, until, () => failed(late(waitedMs())));
  } catch (error) {
    return failed({ kind: "internal", message: `the feed failed: ${error instanceof Error ? error.message : String(error)}` });
  }
}

/** Whether the venue let the time of its feed pass. A failure that came in time is an answer. */
const wasSilent = ({ error }: FeedReply): boolean => error?.kind === "timeout";
/** Whether nothing was sent, so that nothing is known. */
const wasNotAsked = ({ error }: FeedReply): boolean => error !== null && NOT_ASKED.has(error.kind);
const NOT_ASKED: ReadonlySet<string> = new Set(["budget", "breaker-open", "flag-off", "deferred"]);

/** Whether a reply shows that its venue answers again. */
export const hasAnswered = (reply: FeedReply): boolean => !wasSilent(reply) && !wasNotAsked(reply);

/** Feeds for which the next scan waits no longer than for the others; one that was not asked stays what it was. */
export const silentAfter = (replies: readonly FeedReply[], before: readonly FeedId[]): readonly FeedId[] =>
  replies.filter((reply) => wasSilent(reply) || (wasNotAsked(reply) && before.includes(reply.feed))).map(({ feed }) => feed);
