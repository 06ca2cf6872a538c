import { afterEach, describe, expect, test, vi } from "vitest";
import type { FeedAsk, FeedReply } from "../domain/feed.ts";
import { askFeeds } from "./ask-feeds.ts";
import { failedReply } from "./collect-venue.ts";

const FEEDS = ["alpha", "beta", "beta-spot"];
const venueOf = (feed: string): string => feed.replace("-spot", "");
const answerOf = (feed: string): FeedReply => failedReply({ feed, venue: venueOf(feed), error: { kind: "empty", message: feed }, ms: 1 });
const askAll = (ask: (ask: FeedAsk) => Promise<FeedReply>, deadlineMs = 60_000) =>
  askFeeds({
    feeds: FEEDS.map((feed) => ({ feed, venue: venueOf(feed) })),
    scanId: "scan-1",
    limitMs: 50,
    slowCalls: { beta: 2 },
    deadlineMs,
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
    expect(asks).toEqual(FEEDS.map((feed) => ({ feed, scanId: "scan-1", limitMs: 50, slowCalls: feed === "beta" ? 2 : 0 })));
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
