import { describe, expect, test } from "vitest";
import { marketVenue } from "../test/market.ts";
import type { Depths, LegDepth } from "./domain/depth.ts";
import type { VenueError } from "./domain/error.ts";
import { err, ok, type Result } from "./domain/result.ts";
import { MINUTE_MS } from "./domain/units.ts";
import { bookWishes, booksWanted, joinDepths } from "./scan-depth.ts";
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
const refused = (kind: "timeout" | "budget"): Result<LegDepth, VenueError> =>
  err(
    kind === "budget"
      ? { kind, retryAfterMs: 1, message: "paused" }
      : { kind, phase: "scan", limitMs: 1, message: "no books from the feed" },
  );
const both = (coin: number, readAtMs: number): Depths => ({ [idOf(0, coin)]: depthAt(readAtMs), [idOf(1, coin)]: depthAt(readAtMs) });
const ids = (books: ReturnType<typeof booksWanted>): readonly string[] => books.map(({ id }) => id).sort();

describe("the books that the next scan asks for", () => {
  const wanted = (selected: readonly Selected[], depths: Depths = {}, open = {}) =>
    booksWanted(bookWishes(selected, market), { depths, open, room: { pairs: 10, books: {} } });

  test("are each leg's once however many pairs it stands in, with the feed that has it", () => {
    const books = wanted([pairOf(0), pairOf(0, [0, 2]), pairOf(1, [2, 1])]);
    expect(ids(books)).toEqual([idOf(0, 0), idOf(1, 0), idOf(1, 1), idOf(2, 0), idOf(2, 1)].sort());
    for (const { id, feed, symbol } of books) expect(id).toBe(`${feed}:${symbol}`);
  });

  test("are at most 20, of the ten best pairs; near-misses want none", () => {
    expect(wanted(COINS.map((_, coin) => pairOf(coin)))).toHaveLength(20);
    expect(wanted([pairOf(3, [1, 2], "near-miss")])).toEqual([]);
  });

  test("are those of open rows in their turns once the candidates have theirs", () => {
    const key = bookWishes([pairOf(13)], market)[0]?.wish.key ?? "";
    const crowd = COINS.map((_, coin) => pairOf(coin));
    expect(ids(wanted(crowd))).not.toContain(idOf(0, 13));
    expect(ids(wanted(crowd, both(13, NOW), { [key]: {} }))).toContain(idOf(0, 13));
  });

  test("are none where no pair wants any", () => {
    expect(wanted([])).toEqual([]);
  });
});

describe("books that came with the quotes", () => {
  const join = (selected: readonly Selected[], books: readonly (readonly [string, Result<LegDepth, VenueError>])[], before: Depths = {}) =>
    joinDepths(bookWishes(selected, market), { before, books: new Map(books), nowMs: NOW });

  test("price both legs of their pairs; a pair whose books were not asked for says so", () => {
    const { depths, counts } = join(
      [pairOf(0), pairOf(1)],
      [
        [idOf(0, 0), ok(depthAt(NOW))],
        [idOf(1, 0), ok(depthAt(NOW))],
      ],
    );
    expect(depths).toEqual(both(0, NOW));
    expect(counts).toEqual({ unit: "pairs", in: 2, out: 1, dropped: { "not-asked": 1 } });
  });

  test("a book that did not come costs its pairs alone, each counted under its reason", () => {
    const { depths, counts } = join(
      [pairOf(0), pairOf(1), pairOf(2), pairOf(3, [1, 2], "near-miss")],
      [
        [idOf(0, 0), refused("timeout")],
        [idOf(1, 0), ok(depthAt(NOW))],
        [idOf(0, 1), refused("budget")],
        [idOf(1, 1), ok(depthAt(NOW))],
        [idOf(0, 2), ok(depthAt(NOW))],
        [idOf(1, 2), ok(depthAt(NOW))],
      ],
    );
    expect(Object.keys(depths).sort()).toEqual([idOf(0, 2), idOf(1, 0), idOf(1, 1), idOf(1, 2)].sort());
    expect(counts).toEqual({ unit: "pairs", in: 3, out: 1, dropped: { timeout: 1, budget: 1 } });
  });

  test("one that was read before serves for ten minutes where none comes, with the time at which it was read, and no longer", () => {
    const missing = [
      [idOf(0, 0), refused("budget")],
      [idOf(1, 0), refused("budget")],
    ] as const;
    const young = join([pairOf(0)], missing, both(0, NOW - 10 * MINUTE_MS));
    expect(young.depths[idOf(0, 0)]?.readAtMs).toBe(NOW - 10 * MINUTE_MS);
    expect(young.counts).toMatchObject({ out: 1, dropped: {} });
    const old = join([pairOf(0)], missing, both(0, NOW - 10 * MINUTE_MS - 1));
    expect(old.depths).toEqual({});
    expect(old.counts).toMatchObject({ out: 0, dropped: { budget: 1 } });
  });

  test("one that was read before gives way to the one that comes", () => {
    const { depths } = join([pairOf(0)], [[idOf(0, 0), ok(depthAt(NOW))]], both(0, NOW - MINUTE_MS));
    expect([depths[idOf(0, 0)]?.readAtMs, depths[idOf(1, 0)]?.readAtMs]).toEqual([NOW, NOW - MINUTE_MS]);
  });

  test("what is kept is bounded, the newest first", () => {
    const many = Object.fromEntries(Array.from({ length: 900 }, (_, place) => [`venue:${place}`, depthAt(NOW - 1 - place)]));
    const { depths } = join([pairOf(0)], [[idOf(0, 0), ok(depthAt(NOW))]], many);
    expect(Object.keys(depths)).toHaveLength(600);
    expect(depths[idOf(0, 0)]?.readAtMs).toBe(NOW);
    expect(depths["venue:899"]).toBeUndefined();
  });
});
