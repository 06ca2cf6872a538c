import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FeedLoads, type FeedWork, planScan, TURN_AFTER_SCANS } from "./plan-scan.ts";

const feed = (name: string, hotCalls = 2, more: Partial<FeedWork> = {}): FeedWork => ({
  feed: name,
  isSpot: name.endsWith("-spot"),
  hotCalls,
  slowDue: 0,
  hasOpenRow: false,
  ...more,
});
/** Five feeds of two calls each, rows as named. */
const WORK = ["large", "middle", "small", "large-spot", "small-spot"].map((name) => feed(name));
const LOADS: FeedLoads = {
  large: { rows: 600, ms: 400, waited: 0 },
  middle: { rows: 400, ms: 500, waited: 0 },
  small: { rows: 90, ms: 900, waited: 0 },
  "large-spot": { rows: 300, ms: 300, waited: 0 },
  "small-spot": { rows: 20, ms: 800, waited: 0 },
};
const plan = (calls: number, { ms = 10_000, books = 6, loads = LOADS, work = WORK, slowCalls = 4 } = {}) =>
  planScan(work, loads, { budget: { calls, ms, slowCalls }, books });

describe("a budget that shrinks", () => {
  test("suffices for all: nothing is put off", () => {
    expect(plan(16)).toEqual({
      asked: ["large", "middle", "small", "large-spot", "small-spot"],
      deferred: {},
      slowCalls: {},
      books: 6,
      booksDeferred: null,
    });
  });

  test("books go first, one by one, then spot, then the venues with the fewest rows", () => {
    const shrunk = [15, 10, 9, 7, 5, 3].map((calls) => {
      const { asked, books, booksDeferred } = plan(calls);
      return [asked.join(" "), books, booksDeferred === null];
    });
    expect(shrunk).toEqual([
      ["large middle small large-spot small-spot", 5, false],
      ["large middle small large-spot small-spot", 0, false],
      ["large middle small large-spot", 0, false],
      ["large middle small", 0, false],
      ["large middle", 0, false],
      ["large", 0, false],
    ]);
    expect(plan(9).deferred).toEqual({ "small-spot": "the 9 calls of the scan are spent on feeds that come before it" });
  });

  test("a feed that does not fit lets none of lower rank pass it", () => {
    const work = [feed("large", 2), feed("middle", 5), feed("small", 1), feed("large-spot", 1)];
    expect(plan(5, { work }).asked).toEqual(["large"]);
  });

  test("a venue with a leg of an open row comes before larger ones of its kind, and one not measured yet as if it were the largest", () => {
    const work = WORK.map((each) => ({ ...each, hasOpenRow: each.feed.startsWith("small") }));
    expect(plan(5, { work }).asked).toEqual(["small", "large"]);
    expect(plan(9, { work }).asked).toEqual(["small", "large", "middle", "small-spot"]);
    const unmeasured = { ...LOADS, middle: { rows: 9_000, ms: 1, waited: 0 }, large: { rows: null, ms: null, waited: 0 } };
    expect(plan(3, { loads: unmeasured }).asked).toEqual(["large"]);
  });

  test("slow endpoints have their part set aside, at most half of the calls, and what they leave goes to books", () => {
    const work = WORK.map((each) => ({ ...each, slowDue: each.feed === "large" ? 3 : 0 }));
    expect(plan(20, { work })).toMatchObject({ slowCalls: { large: 3 }, books: 6, booksDeferred: null });
    expect(plan(12, { work })).toMatchObject({ asked: ["large", "middle", "small", "large-spot"], slowCalls: { large: 3 }, books: 0 });
    expect(plan(4, { work })).toMatchObject({ asked: ["large"], slowCalls: { large: 2 } });
  });
});

describe("time that is short", () => {
  test("books go first, then spot and small venues whose last answer took longer; large ones are asked whatever they took", () => {
    const at = (ms: number) => {
      const { deferred, books, booksDeferred } = plan(100, { ms });
      return { deferred: Object.keys(deferred), books, booksDeferred };
    };
    expect(at(991)).toEqual({ deferred: [], books: 6, booksDeferred: null });
    expect(at(989)).toEqual({ deferred: [], books: 0, booksDeferred: "quotes need the 989 ms of the scan" });
    expect(at(899).deferred).toEqual(["small"]);
    expect(at(799).deferred).toEqual(["small", "small-spot"]);
    expect(at(200).deferred).toEqual(["small", "large-spot", "small-spot"]);
    expect(plan(100, { ms: 899 }).deferred).toEqual({ small: "took 900 ms, and the scan has 899 ms" });
  });
});

/** Plans scan after scan, and counts how often each feed was asked. */
function asksOf(work: readonly FeedWork[], budget: { calls: number; ms: number }, scans: number): Readonly<Record<string, number>> {
  let loads: FeedLoads = { ...LOADS };
  const asks: Record<string, number> = Object.fromEntries(work.map((each) => [each.feed, 0]));
  for (let scan = 0; scan < scans; scan++) {
    const { asked, deferred } = planScan(work, loads, { budget: { ...budget, slowCalls: 4 }, books: 20 });
    for (const each of asked) asks[each] = (asks[each] ?? 0) + 1;
    const after = work.map(({ feed: name }) => {
      const load = loads[name] ?? { rows: 50, ms: 100, waited: 0 };
      return [name, { ...load, waited: name in deferred ? load.waited + 1 : 0 }] as const;
    });
    loads = Object.fromEntries(after);
  }
  return asks;
}

describe("what is put off", () => {
  test("has its turn after five scans, the longest wait first and one in a scan, before all others", () => {
    const waited = (feeds: Readonly<Record<string, number>>): FeedLoads =>
      Object.fromEntries(Object.entries(LOADS).map(([name, load]) => [name, { ...load, waited: feeds[name] ?? 0 }]));
    expect(plan(4, { loads: waited({ "small-spot": TURN_AFTER_SCANS - 1 }) }).asked).toEqual(["large", "middle"]);
    expect(plan(4, { loads: waited({ "small-spot": TURN_AFTER_SCANS }) }).asked).toEqual(["small-spot", "large"]);
    expect(plan(4, { loads: waited({ "small-spot": 7, small: 8 }) }).asked).toEqual(["small", "large"]);
    expect(plan(100, { ms: 100, loads: waited({ small: 5 }) }).asked).toEqual(["small", "large", "middle"]);
  });

  test("by calls or by time is asked again and again, and the largest in nearly every scan", () => {
    expect(asksOf(WORK, { calls: 4, ms: 10_000 }, 60)).toEqual({ large: 60, middle: 32, small: 9, "large-spot": 10, "small-spot": 9 });
    expect(asksOf(WORK, { calls: 100, ms: 200 }, 60)).toEqual({ large: 60, middle: 60, small: 9, "large-spot": 10, "small-spot": 9 });
  });

  test("never starves, and no plan spends more than the calls there are", () => {
    const names = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "a-spot", "b-spot", "c-spot"), {
      minLength: 2,
    });
    fc.assert(
      fc.property(
        names,
        fc.integer({ min: 10, max: 60 }),
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 13, maxLength: 13 }),
        (all, calls, hot) => {
          const work = all.map((name, place) => feed(name, hot[place] ?? 1));
          const asks = asksOf(work, { calls, ms: 10_000 }, 3 * all.length + 3 * TURN_AFTER_SCANS);
          expect(Object.entries(asks).filter(([, times]) => times === 0)).toEqual([]);
          const { asked, books } = planScan(work, {}, { budget: { calls, ms: 10_000, slowCalls: 4 }, books: 20 });
          const spent = work.filter((each) => asked.includes(each.feed)).reduce((sum, { hotCalls }) => sum + hotCalls, books);
          expect(spent).toBeLessThanOrEqual(calls);
        },
      ),
    );
  });

  test("by calls is of lower rank than all that is asked: no book while a feed waits, no spot while a perpetual does", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.dictionary(fc.constantFrom(...Object.keys(LOADS)), fc.nat(900)), (calls, rows) => {
        const loads = Object.fromEntries(Object.entries(rows).map(([name, each]) => [name, { rows: each, ms: 1, waited: 0 }]));
        const { asked, deferred, books } = plan(calls, { loads });
        const waiting = Object.keys(deferred);
        if (waiting.length > 0) expect(books).toBe(0);
        if (waiting.some((name) => !name.endsWith("-spot"))) expect(asked.filter((name) => name.endsWith("-spot"))).toEqual([]);
      }),
    );
  });
});
