import { afterEach, describe, expect, test, vi } from "vitest";
import type { CallRules, FeedAsk, FeedReply } from "../domain/feed.ts";
import { askFeeds, hasAnswered, silentAfter } from "./ask-feeds.ts";
import { failedReply } from "./collect-venue.ts";

const FEEDS = ["alpha", "beta", "beta-spot"];
const venueOf = (feed: string): string => feed.replace("-spot", "");
const RULES: CallRules = { mostAtOnce: 5, mostPerHost: 5, breaker: null };
const answerOf = (feed: string): FeedReply => failedReply({ feed, venue: venueOf(feed), error: { kind: "empty", message: feed }, ms: 1 });
const askAll = (ask: (ask: FeedAsk) => Promise<FeedReply>, deadlineMs = 60_000) =>
  askFeeds({
    feeds: FEEDS.map((feed) => ({ feed, venue: venueOf(feed) })),
    scanId: "scan-1",
    limitMs: 50,
    slowCalls: { beta: 2 },
    deadlineMs,
    rules: RULES,
    atOnce: 9,
    turnsDeadlineMs: 60_000,
    silent: [],
    ask,
    now: () => 0,
  });

afterEach(() => {
  vi.useRealTimers();
});

describe("all feeds at once", () => {
  test("each is asked before any has answered, once, with the id of the scan and its own limits", async () => {
    const asks: FeedAsk[] = [];
    const everyoneAsked = Promise.withResolvers<void>();
    const replies = await askAll(async (ask) => {
      asks.push(ask);
      if (asks.length === FEEDS.length) everyoneAsked.resolve();
      // Feeds that were asked one after another would wait here for ever.
      await everyoneAsked.promise;
      return answerOf(ask.feed);
    });
    expect(asks).toEqual(FEEDS.map((feed) => ({ feed, scanId: "scan-1", limitMs: 50, slowCalls: feed === "beta" ? 2 : 0, rules: RULES })));
    expect(replies.map(({ feed }) => feed)).toEqual(FEEDS);
  });

  test("one that throws costs its own rows and leaves the others' answers as they are", async () => {
    const replies = await askAll(async ({ feed }) => {
      if (feed === "beta") throw new Error("object reset");
      return answerOf(feed);
    });
    expect(replies[0]).toEqual(answerOf("alpha"));
    expect(replies[1]).toMatchObject({
      feed: "beta",
      venue: "beta",
      columns: null,
      error: { kind: "internal", message: "the feed failed: object reset" },
    });
    expect(replies[2]).toEqual(answerOf("beta-spot"));
  });

  test("one that never answers ends with the deadline, as a timeout of the scan", async () => {
    const replies = await askAll(({ feed }) => (feed === "beta-spot" ? new Promise(() => undefined) : Promise.resolve(answerOf(feed))), 20);
    expect(replies.map(({ error }) => error?.kind)).toEqual(["empty", "empty", "timeout"]);
    expect(replies[2]).toMatchObject({ feed: "beta-spot", venue: "beta", error: { phase: "scan", limitMs: 20 } });
  });

  test("no timer runs on, which would keep the Durable Object in memory", async () => {
    vi.useFakeTimers();
    await askAll(async ({ feed }) => {
      if (feed === "beta") throw new Error("object reset");
      return answerOf(feed);
    });
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a feed that was silent in the scan before", () => {
  const never = new Promise<never>(() => {});
  const after = <T>(ms: number, value: T): Promise<T> => new Promise((resolve) => setTimeout(() => resolve(value), ms));
  /** One round; which feed answers after how long, ms. Feeds that are not named never do. */
  const round = async (answers: Readonly<Record<string, number>>, silent: readonly string[]) => {
    vi.useFakeTimers({ now: 0 });
    const asked: string[] = [];
    let tookMs = Number.NaN;
    const running = askFeeds({
      feeds: FEEDS.map((feed) => ({ feed, venue: venueOf(feed) })),
      scanId: "scan-1",
      limitMs: 8_000,
      slowCalls: {},
      rules: RULES,
      atOnce: 9,
      turnsDeadlineMs: 60_000,
      deadlineMs: 10_000,
      silent,
      ask: async ({ feed }) => {
        asked.push(feed);
        const ms = answers[feed];
        return ms === undefined ? await never : await after(ms, answerOf(feed));
      },
      now: Date.now,
    }).finally(() => (tookMs = Date.now()));
    await vi.runAllTimersAsync();
    const replies = await running;
    expect(vi.getTimerCount()).toBe(0);
    return { asked, tookMs, kinds: replies.map(({ error }) => error?.kind), replies };
  };

  test("is asked, and waited for as long as the others take and no longer; its reason says so", async () => {
    const { asked, tookMs, kinds, replies } = await round({ alpha: 400, "beta-spot": 2_000 }, ["beta"]);
    expect(asked).toEqual(FEEDS);
    expect(tookMs).toBe(2_000);
    expect(kinds).toEqual(["empty", "timeout", "empty"]);
    expect(replies[1]?.error).toMatchObject({
      phase: "scan",
      limitMs: 2_000,
      message: expect.stringContaining("silent in the scan before"),
    });
  });

  test("counts when it answers in that time", async () => {
    expect((await round({ alpha: 400, beta: 1_900, "beta-spot": 2_000 }, ["beta"])).kinds).toEqual(["empty", "empty", "empty"]);
  });

  test("has at least a quarter of a second, however fast the others are", async () => {
    expect(await round({ alpha: 10, beta: 240, "beta-spot": 20 }, ["beta"])).toMatchObject({
      tookMs: 240,
      kinds: ["empty", "empty", "empty"],
    });
    expect(await round({ alpha: 10, "beta-spot": 20 }, ["beta"])).toMatchObject({ tookMs: 250, kinds: ["empty", "timeout", "empty"] });
  });

  test("never shortens the time of one that was not, and none is given up where most were silent", async () => {
    expect(await round({ alpha: 10, beta: 20, "beta-spot": 7_900 }, ["beta"])).toMatchObject({
      tookMs: 7_900,
      kinds: ["empty", "empty", "empty"],
    });
    expect(await round({ alpha: 10, beta: 3_000, "beta-spot": 7_900 }, ["beta", "beta-spot"])).toMatchObject({
      tookMs: 7_900,
      kinds: ["empty", "empty", "empty"],
    });
    expect((await round({ alpha: 10, beta: 20 }, ["alpha", "beta", "beta-spot"])).tookMs).toBe(10_000);
  });

  test("is one whose time passed; a failure that came in time is an answer, and what was not asked stays as it was", () => {
    const failed = (feed: string, error: FeedReply["error"]): FeedReply => ({ ...answerOf(feed), error });
    const replies = [
      failed("hung", { kind: "timeout", phase: "venue", limitMs: 8_000, message: "" }),
      failed("refused", { kind: "server", status: 503, retryAfterMs: null, message: "" }),
      failed("sound", null),
      failed("paused", { kind: "budget", retryAfterMs: 1, message: "" }),
      failed("switched-off", { kind: "flag-off", message: "" }),
    ];
    expect(silentAfter(replies, [])).toEqual(["hung"]);
    expect(silentAfter(replies, ["refused", "sound", "paused", "switched-off"])).toEqual(["hung", "paused", "switched-off"]);
    expect(replies.filter(hasAnswered).map(({ feed }) => feed)).toEqual(["refused", "sound"]);
  });
});

describe("feeds in turns", () => {
  const after = <T>(ms: number, value: T): Promise<T> => new Promise((resolve) => setTimeout(() => resolve(value), ms));
  /** Who was asked when, on a clock that stands until its timers are rung; `hung` never answers. */
  const turns = async (given: {
    readonly atOnce: number;
    readonly turnsDeadlineMs?: number;
    readonly silent?: readonly string[];
    readonly hung?: string;
  }) => {
    vi.useFakeTimers({ now: 0 });
    const asked: string[] = [];
    const limits: number[] = [];
    const running = askFeeds({
      feeds: FEEDS.map((feed) => ({ feed, venue: venueOf(feed) })),
      scanId: "scan-1",
      limitMs: 8_000,
      slowCalls: {},
      rules: RULES,
      atOnce: given.atOnce,
      deadlineMs: 10_000,
      turnsDeadlineMs: given.turnsDeadlineMs ?? 50_000,
      silent: given.silent ?? [],
      ask: async ({ feed, limitMs }) => {
        asked.push(`${Date.now()} ${feed}`);
        limits.push(limitMs);
        return feed === given.hung ? await new Promise<never>(() => undefined) : await after(300, answerOf(feed));
      },
      now: Date.now,
    });
    await vi.runAllTimersAsync();
    return { asked, limits, replies: await running, timers: vi.getTimerCount() };
  };

  test("no more than the flag says are asked at once, and the replies keep their order", async () => {
    const { asked, replies, timers } = await turns({ atOnce: 2 });
    expect(asked).toEqual(["0 alpha", "0 beta", "300 beta-spot"]);
    expect(replies).toEqual(FEEDS.map(answerOf));
    expect(timers).toBe(0);
  });

  test("one that hangs has its own time and no other's; one that was silent is asked last", async () => {
    const { asked, replies } = await turns({ atOnce: 1, hung: "alpha", silent: ["alpha"] });
    expect(asked).toEqual(["0 beta", "300 beta-spot", "600 alpha"]);
    expect(replies.map(({ error }) => error?.kind)).toEqual(["timeout", "empty", "empty"]);
    expect(replies[0]).toMatchObject({ error: { limitMs: 10_000 }, ms: 10_000 });
  });

  test("together they have the time for turns: what is left limits the last, and who comes after it is not asked", async () => {
    const { asked, limits, replies } = await turns({ atOnce: 1, hung: "beta", turnsDeadlineMs: 9_000 });
    expect(asked).toEqual(["0 alpha", "300 beta"]);
    expect(limits).toEqual([8_000, 8_000]);
    expect(replies.map(({ error }) => error?.kind)).toEqual(["empty", "timeout", "timeout"]);
    expect(replies[1]?.error).toMatchObject({ limitMs: 8_700 });
    expect(replies[2]?.error).toMatchObject({ limitMs: 9_000 });
  });
});
