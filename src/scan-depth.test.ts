import { describe, expect, test } from "vitest";
import { marketVenue } from "../test/market.ts";
import type { BooksAsk, BooksReply, Depths, LegDepth } from "./domain/depth.ts";
import { err, ok } from "./domain/result.ts";
import { MINUTE_MS } from "./domain/units.ts";
import { readDepths } from "./scan-depth.ts";
import type { Selected } from "./scan-steps.ts";

const NOW = 1_789_147_120_443;
const COINS = Array.from({ length: 14 }, (_, place) => `COIN${place}`);
const market = ["alpha", "beta", "gamma"].map((id) => ({
  feed: id,
  ...marketVenue({ id, takerFeeRate: 0.0005, rows: COINS.map((asset) => ({ asset, symbol: `${asset}/USDT:USDT` })) }),
}));
const idOf = (venue: number, coin: number): string => `${market[venue]?.feed}:COIN${coin}/USDT:USDT`;
const pairOf = (coin: number, legs: readonly [number, number] = [0, 1], why: Selected["pair"]["why"] = "candidate"): Selected => ({
  strategy: "funding",
  pair: {
    asset: `COIN${coin}`,
    long: { venue: legs[0], row: coin },
    short: { venue: legs[1], row: coin },
    why,
    gross: 0.01 - coin / 10_000,
  },
});
const depthAt = (readAtMs: number): LegDepth => ({ mid: 1, bids: { usd: [1], base: [1] }, asks: { usd: [1], base: [1] }, readAtMs });
const answer = (ask: BooksAsk): BooksReply => ({ books: ask.symbols.map((symbol) => ({ symbol, result: ok(depthAt(NOW)) })), calls: [] });

/** One step over the given pairs; notes what was asked of the feeds. */
async function step(
  selected: readonly Selected[],
  given: {
    readonly depths?: Depths;
    readonly books?: (ask: BooksAsk) => Promise<BooksReply>;
    readonly depthLimitMs?: number;
    readonly elapsedMs?: number;
  } = {},
) {
  const asks: BooksAsk[] = [];
  const result = await readDepths(selected, {
    input: {
      scanId: "scan-1",
      depths: given.depths ?? {},
      depthLimitMs: given.depthLimitMs ?? 3_000,
      scanDeadlineMs: 10_000,
      lifecycle: { open: {} },
      settings: { referenceSizeUsd: 5_000 },
    },
    market,
    startedAtMs: NOW - (given.elapsedMs ?? 0),
    now: () => NOW,
    books: async (ask) => {
      asks.push(ask);
      return await (given.books ?? (async (each) => answer(each)))(ask);
    },
  });
  return { ...result, asks, asked: asks.flatMap(({ feed, symbols }) => symbols.map((symbol) => `${feed}:${symbol}`)) };
}

describe("the books of a scan", () => {
  test("are asked of each feed once, each leg once however many pairs it stands in", async () => {
    const { asks, asked, counts, depths } = await step([pairOf(0), pairOf(0, [0, 2]), pairOf(1, [2, 1])]);
    expect(asks.map(({ feed }) => feed).sort()).toEqual(["alpha", "beta", "gamma"]);
    expect(asked.sort()).toEqual([idOf(0, 0), idOf(1, 0), idOf(1, 1), idOf(2, 0), idOf(2, 1)].sort());
    expect(counts).toEqual({ unit: "pairs", in: 3, out: 3, dropped: {} });
    expect(Object.keys(depths).sort()).toEqual(asked.sort());
  });

  test("are at most 20, of the ten best pairs; the others are counted, near-misses are not", async () => {
    const { asked, counts } = await step([...COINS.map((_, coin) => pairOf(coin)), pairOf(3, [1, 2], "near-miss")]);
    expect(asked).toHaveLength(20);
    expect(counts).toEqual({ unit: "pairs", in: 14, out: 10, dropped: { "not-chosen": 4 } });
  });

  test("come with the card's sizes, the reference size and a part of the time left", async () => {
    const { asks } = await step([pairOf(0)], { depthLimitMs: 3_000, elapsedMs: 8_000 });
    expect(asks[0]).toMatchObject({ scanId: "scan-1", sizesUsd: [1_000, 5_000, 20_000, 100_000], limitMs: 1_800 });
  });

  test("a feed that throws, refuses or hangs costs its own books alone, within the limit", async () => {
    const { depths, counts } = await step([pairOf(0), pairOf(1, [1, 2]), pairOf(2, [0, 2])], {
      depthLimitMs: 60,
      books: async (ask) => {
        if (ask.feed === "alpha") throw new Error("gone");
        if (ask.feed === "beta") return await new Promise<BooksReply>(() => {});
        return answer(ask);
      },
    });
    expect(Object.keys(depths).sort()).toEqual([idOf(2, 1), idOf(2, 2)]);
    expect(counts).toEqual({ unit: "pairs", in: 3, out: 0, dropped: { internal: 2, timeout: 1 } });
  });

  test("with no time left, or none allowed, nothing is asked", async () => {
    const late = await step([pairOf(0)], { elapsedMs: 9_990 });
    expect([late.asked, late.counts.dropped]).toEqual([[], { "no-time": 1 }]);
    expect((await step([pairOf(0)], { depthLimitMs: 0 })).asked).toEqual([]);
  });
});

describe("a book that was read before", () => {
  const both = (readAtMs: number): Depths => ({ [idOf(0, 0)]: depthAt(readAtMs), [idOf(1, 0)]: depthAt(readAtMs) });
  const refused = async (ask: BooksAsk): Promise<BooksReply> => ({
    books: ask.symbols.map((symbol) => ({ symbol, result: err({ kind: "budget", retryAfterMs: 1, message: "paused" }) })),
    calls: [],
  });

  test("serves for ten minutes where none comes, with the time at which it was read, and then no longer", async () => {
    const young = await step([pairOf(0)], { depths: both(NOW - 10 * MINUTE_MS), books: refused });
    expect(young.depths[idOf(0, 0)]?.readAtMs).toBe(NOW - 10 * MINUTE_MS);
    expect(young.counts).toMatchObject({ out: 1, dropped: {} });
    const old = await step([pairOf(0)], { depths: both(NOW - 10 * MINUTE_MS - 1), books: refused });
    expect(old.depths).toEqual({});
    expect(old.counts).toMatchObject({ out: 0, dropped: { budget: 1 } });
  });

  test("gives way to the one that comes", async () => {
    const { depths } = await step([pairOf(0)], { depths: both(NOW - MINUTE_MS) });
    expect(depths[idOf(0, 0)]?.readAtMs).toBe(NOW);
  });

  test("what is kept is bounded, the newest first", async () => {
    const many = Object.fromEntries(Array.from({ length: 900 }, (_, place) => [`venue:${place}`, depthAt(NOW - place)]));
    const { depths } = await step([pairOf(0)], { depths: many });
    expect(Object.keys(depths)).toHaveLength(600);
    expect(depths[idOf(0, 0)]?.readAtMs).toBe(NOW);
    expect(depths["venue:899"]).toBeUndefined();
  });
});
