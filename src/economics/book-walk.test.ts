import { describe, expect, test } from "vitest";
import type { Book } from "../domain/book.ts";
import { crossingIn, depthOf, heldUsd, LADDER_POINTS, vwapAt, walk } from "./book-walk.ts";
import { crossingAt } from "./crossing.ts";

const book: Book = {
  bids: [
    [99, 10], // 990 USD
    [98, 40], // 4,910 USD in all
    [95, 100], // 14,410 USD in all
  ],
  asks: [
    [101, 10], // 1,010 USD
    [102, 50], // 6,110 USD in all
    [110, 200], // 28,110 USD in all
  ],
  eventAtMs: null,
};
const read = { sizesUsd: [1_000, 5_000], readAtMs: 7 };
const depth = () => depthOf(book, read);

describe("walking a book", () => {
  test("fills the best level first and the last in part: 1,010 USD buy 10 coins, 1,020 more buy 10", () => {
    expect(walk(book.asks, 2_030)).toEqual({ vwap: expect.closeTo(2_030 / 20, 12), filledUsd: 2_030 });
  });

  test("within the best level the price is the best price; at its end still", () => {
    expect(walk(book.asks, 400)?.vwap).toBeCloseTo(101, 12);
    expect(walk(book.asks, 1_010)?.vwap).toBeCloseTo(101, 12);
    expect(walk(book.bids, 990)?.vwap).toBeCloseTo(99, 12);
  });

  test("a side is walked to its end and no further", () => {
    expect(walk(book.bids, 14_410)?.vwap).toBeCloseTo(14_410 / 150, 12);
    expect(walk(book.bids, 14_410.01)).toBeNull();
    expect([walk([], 1), walk(book.bids, 0), walk(book.bids, Number.NaN)]).toEqual([null, null, null]);
  });
});

describe("crossing from a book", () => {
  test("is (vwap of the asks − vwap of the bids) / mid: 2,000 USD at 101.4919… and 98.4924…, mid 100", () => {
    const buy = 2_000 / (10 + 990 / 102);
    const sell = 2_000 / (10 + 1_010 / 98);
    expect(crossingIn(depth(), 2_000)).toBeCloseTo((buy - sell) / 100, 14);
  });

  test("within the best level is what the top of the same book gives", () => {
    const top = { bid: 99, ask: 101, bidSizeBase: 10, askSizeBase: 10, quotedNotionalUsd: null };
    expect(crossingIn(depth(), 900)).toBeCloseTo(crossingAt(top, 900) ?? Number.NaN, 14);
  });

  test("is not known beyond what the thinner side holds", () => {
    expect(heldUsd(depth())).toBe(14_410);
    expect(crossingIn(depth(), 14_410)).not.toBeNull();
    expect(crossingIn(depth(), 14_411)).toBeNull();
  });
});

describe("what is kept of a deep book", () => {
  const levels = Array.from({ length: 400 }, (_, place) => place);
  const deep: Book = {
    bids: levels.map((place) => [100 - 0.01 * place, 5 + (place % 7)]),
    asks: levels.map((place) => [100.01 + 0.01 * place, 5 + (place % 5)]),
    eventAtMs: null,
  };
  const keptOf = () => depthOf(deep, { sizesUsd: [1_000, 5_000, 20_000, 100_000], readAtMs: 0 });

  test("is small, and whole", () => {
    const kept = keptOf();
    expect(kept.asks.usd).toHaveLength(LADDER_POINTS);
    expect(kept.bids.base).toHaveLength(LADDER_POINTS);
    expect(kept.asks.usd.at(-1)).toBeCloseTo(
      deep.asks.reduce((sum, [price, size]) => sum + price * size, 0),
      6,
    );
    expect(kept.mid).toBe(100.005);
  });

  test("is exact at the sizes of the card and at the best level, and elsewhere never better than the book", () => {
    const kept = keptOf();
    for (const usd of [100, 500, 1_000, 5_000, 20_000, 100_000]) {
      expect(vwapAt(kept.asks, usd)).toBeCloseTo(walk(deep.asks, usd)?.vwap ?? Number.NaN, 9);
      expect(vwapAt(kept.bids, usd)).toBeCloseTo(walk(deep.bids, usd)?.vwap ?? Number.NaN, 9);
    }
    for (let usd = 700; usd < 200_000; usd *= 1.1) {
      const [buy, sell] = [walk(deep.asks, usd)?.vwap ?? Number.NaN, walk(deep.bids, usd)?.vwap ?? Number.NaN];
      expect(vwapAt(kept.asks, usd) ?? 0).toBeGreaterThanOrEqual(buy * (1 - 1e-12));
      expect(vwapAt(kept.bids, usd) ?? Infinity).toBeLessThanOrEqual(sell * (1 + 1e-12));
      // Within a basis point of it.
      expect(vwapAt(kept.asks, usd)).toBeLessThan(buy * 1.0001);
    }
  });
});

describe("a book of few levels or none", () => {
  const even = (count: number): Book => ({
    bids: Array.from({ length: count }, (_, place) => [100 - place, 1]),
    asks: Array.from({ length: count }, (_, place) => [101 + place, 1]),
    eventAtMs: null,
  });

  test("is kept level by level up to the number of points", () => {
    const { asks } = depthOf(even(LADDER_POINTS), read);
    expect(asks.base).toEqual(Array.from({ length: LADDER_POINTS }, (_, place) => place + 1));
    expect(asks.usd.slice(0, 3)).toEqual([101, 203, 306]);
  });

  test("holds nothing where a side is empty, and what its thinner side holds elsewhere", () => {
    const empty = depthOf({ bids: [], asks: [], eventAtMs: null }, read);
    expect([empty.mid, heldUsd(empty), crossingIn(empty, 1)]).toEqual([Number.NaN, 0, null]);
    const thinAsks = depthOf({ ...even(3), bids: [[100, 1_000]] }, read);
    expect([heldUsd(thinAsks), crossingIn(thinAsks, 307)]).toEqual([306, null]);
  });
});

describe("the sizes that a thinned book is asked for", () => {
  const deep: Book = {
    bids: Array.from({ length: 400 }, (_, place) => [100 - 0.01 * place, 5]),
    asks: Array.from({ length: 400 }, (_, place) => [100.01 + 0.01 * place, 5]),
    eventAtMs: null,
  };
  const isAscending = (list: readonly number[]): boolean =>
    list.every((value, place) => place === 0 || value > (list[place - 1] ?? Infinity));

  test.each([
    ["below the best level and beyond the end", [1, 5_000, 1e9]],
    ["at the ends themselves", [100.01 * 5, 5_000]],
    ["more than there are points", Array.from({ length: 70 }, (_, place) => 1_000 + 100 * place)],
    ["none", []],
  ])("%s leave a ladder of that many points from the best level to the end", (_, sizesUsd) => {
    const { asks } = depthOf(deep, { sizesUsd, readAtMs: 0 });
    expect(asks.usd).toHaveLength(LADDER_POINTS);
    expect([isAscending(asks.usd), isAscending(asks.base)]).toEqual([true, true]);
    expect([asks.usd[0], asks.base[0]]).toEqual([expect.closeTo(100.01 * 5, 9), expect.closeTo(5, 9)]);
    expect(asks.base.at(-1)).toBeCloseTo(2_000, 9);
  });
});
