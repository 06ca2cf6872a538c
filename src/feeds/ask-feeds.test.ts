import { afterEach, describe, expect, test, vi } from "vitest";
import type { FeedAsk, FeedReply } from "../domain/feed.ts";
import { askFeeds } from "./ask-feeds.ts";
import { failedReply } from "./collect-venue.ts";

const VENUES = ["alpha", "beta", "gamma"];
const answerOf = (venue: string): FeedReply => failedReply({ venue, error: { kind: "empty", message: venue }, ms: 1 });
const askAll = (ask: (ask: FeedAsk) => Promise<FeedReply>, deadlineMs = 60_000) =>
  askFeeds({ venues: VENUES, scanId: "scan-1", limitMs: 50, deadlineMs, ask, now: () => 0 });

afterEach(() => {
  vi.useRealTimers();
});

describe("all feeds at once", () => {
  test("each is asked before any has answered, once, with the id of the scan and its own limit", async () => {
    const asks: FeedAsk[] = [];
    const everyoneAsked = Promise.withResolvers<void>();
    const replies = await askAll(async (ask) => {
      asks.push(ask);
      if (asks.length === VENUES.length) everyoneAsked.resolve();
      // Feeds that were asked one after another would wait here for ever.
      await everyoneAsked.promise;
      return answerOf(ask.venue);
    });
    expect(asks).toEqual(VENUES.map((venue) => ({ venue, scanId: "scan-1", limitMs: 50 })));
    expect(replies.map(({ venue }) => venue)).toEqual(VENUES);
  });

  test("one that throws costs its own rows and leaves the others' answers as they are", async () => {
    const replies = await askAll(async ({ venue }) => {
      if (venue === "beta") throw new Error("object reset");
      return answerOf(venue);
    });
    expect(replies[0]).toEqual(answerOf("alpha"));
    expect(replies[1]).toMatchObject({
      venue: "beta",
      columns: null,
      error: { kind: "internal", message: "the feed failed: object reset" },
    });
    expect(replies[2]).toEqual(answerOf("gamma"));
  });

  test("one that never answers ends with the deadline, as a timeout of the scan", async () => {
    const replies = await askAll(({ venue }) => (venue === "gamma" ? new Promise(() => undefined) : Promise.resolve(answerOf(venue))), 20);
    expect(replies.map(({ error }) => error?.kind)).toEqual(["empty", "empty", "timeout"]);
    expect(replies[2]?.error).toMatchObject({ phase: "scan", limitMs: 20 });
  });

  test("no timer runs on, which would keep the Durable Object in memory", async () => {
    vi.useFakeTimers();
    await askAll(async ({ venue }) => {
      if (venue === "beta") throw new Error("object reset");
      return answerOf(venue);
    });
    expect(vi.getTimerCount()).toBe(0);
  });
});
