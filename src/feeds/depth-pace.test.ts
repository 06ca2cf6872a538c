import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type BooksOutcome, type DepthPace, depthPace, FULL_PACE } from "./depth-pace.ts";

const feeds = ["alpha", "beta", "gamma"];
const BOUNDS = { minPairs: 2, maxPairs: 10, limitMs: 3_000, feeds };
const well = (asked: number, slowestMs = 100): BooksOutcome => ({ asked, limited: 0, late: 0, slowestMs });
const limited: BooksOutcome = { asked: 8, limited: 1, late: 0, slowestMs: 100 };

/** The pace after each of some scans. */
function paces(scans: readonly Readonly<Record<string, BooksOutcome>>[], from: DepthPace = FULL_PACE): readonly DepthPace[] {
  let pace = from;
  return scans.map((outcomes) => (pace = depthPace(pace, outcomes, BOUNDS)));
}

describe("a step of load on a clock that is given", () => {
  const calm = { alpha: well(7), beta: well(7), gamma: well(6) };
  const loaded = { alpha: well(7, 1_501), beta: well(7, 2_900), gamma: well(6) };

  test("most feeds slow: pairs are halved to the least, and come back one by one", () => {
    const steps = paces([calm, loaded, loaded, loaded, loaded, ...Array.from({ length: 10 }, () => calm)]);
    expect(steps.map(({ pairs }) => pairs)).toEqual([10, 5, 2, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 10]);
    for (const { books } of steps) expect(books).toEqual({});
  });

  test("half of the time for all books is not slow yet, and one ms more is", () => {
    const at = (ms: number) => ({ alpha: well(7, ms), beta: well(7, ms), gamma: well(6, ms) });
    expect(paces([at(1_500), at(1_501)]).map(({ pairs }) => pairs)).toEqual([10, 5]);
  });

  test("one feed that answers 429: its books alone are halved, to one at least, and come back one by one", () => {
    const strained = { ...calm, beta: limited };
    const back = Array.from({ length: 20 }, () => calm);
    const steps = paces([
      strained,
      { ...calm, beta: { ...limited, asked: 4 } },
      { ...calm, beta: { ...limited, asked: 2 } },
      { ...calm, beta: { ...limited, asked: 1 } },
      ...back,
    ]);
    expect(steps.slice(0, 8).map(({ books }) => books)).toEqual([4, 2, 1, 1, 2, 3, 4, 5].map((beta) => ({ beta })));
    expect(steps.map(({ pairs }) => pairs)).toEqual(steps.map(() => 10));
    // One more a scan from 1 to 19; twenty are all that ten pairs can want.
    expect(steps.slice(21).map(({ books }) => books)).toEqual([{ beta: 18 + 1 }, {}, {}]);
  });

  test("one feed that is slow, or whose books do not come in time, gets fewer; the others keep theirs", () => {
    expect(paces([{ ...calm, gamma: well(6, 2_000) }])).toEqual([{ pairs: 10, books: { gamma: 3 } }]);
    expect(paces([{ ...calm, gamma: { ...well(5), late: 1 } }])).toEqual([{ pairs: 10, books: { gamma: 2 } }]);
  });

  test("429 is the feed's own doing also where most feeds are slow", () => {
    expect(paces([{ ...loaded, gamma: limited }])).toEqual([{ pairs: 5, books: { gamma: 4 } }]);
  });
});

test("a scan that sent nothing for books changes nothing, and a feed that was not asked keeps its number", () => {
  const pace = { pairs: 4, books: { beta: 2 } };
  expect(depthPace(pace, {}, BOUNDS)).toEqual(pace);
  expect(depthPace(pace, { beta: well(0) }, BOUNDS)).toEqual(pace);
  expect(depthPace(pace, { alpha: well(3) }, BOUNDS)).toEqual({ pairs: 5, books: { beta: 2 } });
});

test("stays within its bounds, and knows only feeds there are", () => {
  const outcome = fc.record({ asked: fc.nat(20), limited: fc.nat(2), late: fc.nat(2), slowestMs: fc.nat(4_000) });
  const scans = fc.array(fc.dictionary(fc.constantFrom(...feeds, "gone"), outcome), { maxLength: 30 });
  fc.assert(
    fc.property(scans, fc.integer({ min: 2, max: 10 }), fc.integer({ min: 2, max: 10 }), (all, minPairs, maxPairs) => {
      let pace: DepthPace = { pairs: 10, books: { gone: 3 } };
      for (const outcomes of all) {
        pace = depthPace(pace, outcomes, { ...BOUNDS, minPairs, maxPairs });
        expect(pace.pairs).toBeGreaterThanOrEqual(Math.min(minPairs, maxPairs));
        expect(pace.pairs).toBeLessThanOrEqual(maxPairs);
        for (const [feed, books] of Object.entries(pace.books)) {
          expect(feeds).toContain(feed);
          expect(books).toBeGreaterThanOrEqual(1);
          expect(books).toBeLessThan(2 * maxPairs);
        }
      }
    }),
  );
});
