import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { BooksAsk, BooksReply, LegDepth } from "../domain/depth.ts";
import type { CallRules, FeedReply } from "../domain/feed.ts";
import { ok } from "../domain/result.ts";
import { failedReply } from "./collect-venue.ts";
import { askRound } from "./ask-round.ts";

const FEEDS = ["alpha", "beta"];
const RULES: CallRules = { mostAtOnce: 5, mostPerHost: 5, breaker: null };
const replyOf = (feed: string): FeedReply => failedReply({ feed, venue: feed, error: { kind: "empty", message: feed }, ms: 1 });
const depth: LegDepth = { mid: 1, bids: { usd: [1], base: [1] }, asks: { usd: [1], base: [1] }, readAtMs: 1 };
const booksOf = (ask: BooksAsk): BooksReply => ({ books: ask.symbols.map((symbol) => ({ symbol, result: ok(depth) })), calls: [] });
const after = <T>(ms: number, value: T): Promise<T> => new Promise((resolve) => setTimeout(() => resolve(value), ms));
const never = new Promise<never>(() => {});

/** One round on a clock that stands until its timers are rung: which feed or book answers after how long, ms. */
async function round(given: {
  readonly quotesMs: number;
  readonly books?: (ask: BooksAsk) => Promise<BooksReply>;
  readonly wanted?: readonly string[];
  readonly limitMs?: number;
  readonly atOnce?: number;
  readonly overlap?: boolean;
}) {
  const asked: { readonly atMs: number; readonly what: string }[] = [];
  const asks: BooksAsk[] = [];
  let endedAtMs = Number.NaN;
  const { quotesMs, limitMs = 3_000, wanted = ["alpha:A", "beta:A", "beta:B"] } = given;
  const running = askRound({
    quotes: {
      feeds: FEEDS.map((feed) => ({ feed, venue: feed })),
      scanId: "scan-1",
      limitMs: 8_000,
      slowCalls: {},
      rules: RULES,
      atOnce: given.atOnce ?? 9,
      turnsDeadlineMs: 60_000,
      deadlineMs: 10_000,
      silent: [],
      ask: async ({ feed }) => {
        asked.push({ atMs: Date.now(), what: feed });
        return await after(quotesMs, replyOf(feed));
      },
      now: Date.now,
    },
    books: {
      wanted: wanted.map((id) => ({ id, feed: id.split(":")[0] ?? "", symbol: id.split(":")[1] ?? "" })),
      scanId: "scan-1",
      sizesUsd: [1_000, 5_000],
      limitMs,
      rules: RULES,
      atOnce: given.atOnce ?? 9,
      ask: async (ask) => {
        asked.push({ atMs: Date.now(), what: `books of ${ask.feed}` });
        asks.push(ask);
        return await (given.books ?? (async (each) => booksOf(each)))(ask);
      },
    },
    overlap: given.overlap ?? true,
  }).finally(() => (endedAtMs = Date.now()));
  // What is asked at once is asked before any time has passed.
  await vi.advanceTimersByTimeAsync(0);
  const atOnce = asked.map(({ what }) => what);
  await vi.runAllTimersAsync();
  const { replies, books } = await running;
  const read = [...books.results].map(([id, result]) => `${id} ${result.ok ? "ok" : result.error.kind}`).sort();
  return { replies, read, asks, atOnce, asked: asked.map(({ atMs, what }) => `${atMs} ${what}`), tookMs: endedAtMs };
}

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("one round", () => {
  test("asks for the books beside the quotes, of each feed those of its own", async () => {
    const { atOnce, asks, read, tookMs } = await round({ quotesMs: 400 });
    expect(atOnce).toEqual(["alpha", "beta", "books of alpha", "books of beta"]);
    expect(asks.map(({ feed, symbols }) => [feed, symbols])).toEqual([
      ["alpha", ["A"]],
      ["beta", ["A", "B"]],
    ]);
    expect(asks[0]).toMatchObject({ scanId: "scan-1", sizesUsd: [1_000, 5_000], limitMs: 2_700 });
    expect(read).toEqual(["alpha:A ok", "beta:A ok", "beta:B ok"]);
    expect(tookMs).toBe(400);
  });

  test("asks no feed for more than five books in one call, so that none queues behind another", async () => {
    const wanted = Array.from({ length: 12 }, (_, place) => `alpha:${place}`);
    const { asks, read } = await round({ quotesMs: 1, wanted });
    expect(asks.map(({ symbols }) => symbols.length)).toEqual([5, 5, 2]);
    expect(read).toHaveLength(12);
  });

  test("a book that hangs delays no quotes, and the scan by little: a tenth of what the quotes took, or a second in all", async () => {
    const books = async (ask: BooksAsk): Promise<BooksReply> => (ask.feed === "beta" ? await never : booksOf(ask));
    const slow = await round({ quotesMs: 2_000, books });
    expect(slow.replies).toEqual(FEEDS.map(replyOf));
    expect(slow.read).toEqual(["alpha:A ok", "beta:A timeout", "beta:B timeout"]);
    expect(slow.tookMs).toBeCloseTo(2_200, -1);
    vi.setSystemTime(0);
    expect((await round({ quotesMs: 100, books })).tookMs).toBe(1_000);
  });

  test("books have their own limit where quotes take longer", async () => {
    const books = async (ask: BooksAsk): Promise<BooksReply> => await after(3_100, booksOf(ask));
    const { read, tookMs } = await round({ quotesMs: 5_000, books });
    expect(read).toEqual(["alpha:A timeout", "beta:A timeout", "beta:B timeout"]);
    expect(tookMs).toBe(5_000);
  });

  test("where nothing may overlap, each feed is asked when the one before has answered, and the books after all quotes, one ask after another", async () => {
    const books = async (ask: BooksAsk): Promise<BooksReply> => await after(100, booksOf(ask));
    const { atOnce, asked, read, replies, tookMs } = await round({ quotesMs: 400, books, atOnce: 1, overlap: false });
    expect(atOnce).toEqual(["alpha"]);
    expect(asked).toEqual(["0 alpha", "400 beta", "800 books of alpha", "900 books of beta"]);
    expect(read).toEqual(["alpha:A ok", "beta:A ok", "beta:B ok"]);
    expect(replies).toEqual(FEEDS.map(replyOf));
    expect(tookMs).toBe(1_000);
  });

  test("a feed that throws for its books costs them alone", async () => {
    const books = async (ask: BooksAsk): Promise<BooksReply> => {
      if (ask.feed === "beta") throw new Error("object reset");
      return booksOf(ask);
    };
    const { replies, read } = await round({ quotesMs: 10, books });
    expect(replies).toEqual(FEEDS.map(replyOf));
    expect(read).toEqual(["alpha:A ok", "beta:A internal", "beta:B internal"]);
  });

  test("without a list, as after a restart, or without time for books, asks for quotes alone", async () => {
    expect((await round({ quotesMs: 10, wanted: [] })).atOnce).toEqual(FEEDS);
    expect((await round({ quotesMs: 10, limitMs: 0 })).atOnce).toEqual(FEEDS);
  });

  test("leaves no timer running, which would keep the Durable Object in memory", async () => {
    await round({ quotesMs: 10 });
    expect(vi.getTimerCount()).toBe(0);
  });
});
