import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { REJECT_REASONS } from "./quote.ts";
import { coinQuality, feedQuality, ruleQuality, totalQuality } from "./quality-report.ts";
import { coinPassCounts, EMPTY_TALLY, feedPassCounts, isFault, sumTallies, type TalliedScan, tallyOf, totalOf } from "./quality-tally.ts";

/** Alpha: 10 rows in its bodies, 2 not perpetual, 1 unreadable; of 7 the gate refuses 2 (1 halted, 1 stale) and marks 1 as thin. */
const SCAN: TalliedScan = {
  venues: [
    { feed: "alpha", venue: "alpha", rows: 7 },
    { feed: "alpha-spot", venue: "alpha", rows: 2 },
    { feed: "beta", venue: "beta", rows: 0 },
  ],
  rejections: {
    counts: {
      parse: { alpha: { "not-perpetual": 2, "bad-field": 1 } },
      gate: { alpha: { "not-trading": 1, stale: 1 } },
      identify: { alpha: { "identity-mismatch": 1 } },
    },
  },
  quality: {
    failed: { alpha: { "not-trading": 1, stale: 2, "low-volume": 2 } },
    coins: { "2": ["BTC", "ETH"], "1": ["DEAD", "OLD", "NEIRO", "THIN", "SOL"] },
    refused: { alpha: { "not-trading": ["DEAD"], stale: ["OLD"], identity: ["NEIRO"] } },
  },
};

describe("the tally of a scan", () => {
  test("counts by feed what was received, passed, and refused for a fault or for what it is", () => {
    const { feeds, scans } = tallyOf(SCAN);
    expect(scans).toBe(1);
    const alpha = feeds["alpha"];
    expect(alpha).toMatchObject({ asked: 1, answered: 1, received: 10 });
    // 10 − 3 − 2 − 1 passed; faults: bad-field, stale; other: 2 not perpetual, 1 halted, 1 of another coin.
    expect(alpha === undefined ? null : feedPassCounts(alpha)).toEqual({ passed: 4, faults: 2, other: 4, passRate: 4 / 6 });
    expect(feeds["beta"]).toMatchObject({ asked: 1, answered: 0, received: 0 });
  });

  test("gives no pass rate where nothing was there to judge, and none of 0", () => {
    const { feeds } = tallyOf({ ...SCAN, rejections: { counts: { parse: { beta: { delisted: 4 } } } } });
    const beta = feeds["beta"];
    expect(beta === undefined ? undefined : feedPassCounts(beta)).toEqual({ passed: 0, faults: 0, other: 4, passRate: null });
  });

  test("counts by coin over all feeds, and leaves coins out where the scan did not keep them", () => {
    const { coins, coinScans } = tallyOf(SCAN);
    expect(coinScans).toBe(1);
    expect(coins["BTC"]).toEqual({ rows: 2, refused: {} });
    expect(coins["OLD"]).toEqual({ rows: 1, refused: { "alpha stale": 1 } });
    const [dead, old, neiro] = ["DEAD", "OLD", "NEIRO"].map((coin) => coinPassCounts(coins[coin] ?? { rows: 0, refused: {} }));
    expect(old).toEqual({ passed: 0, faults: 1, other: 0, passRate: 0 });
    for (const other of [dead, neiro]) expect(other).toEqual({ passed: 0, faults: 0, other: 1, passRate: null });
    expect(tallyOf({ ...SCAN, quality: null })).toMatchObject({ coinScans: 0, coins: {} });
  });

  test("keeps coins apart from what every object has", () => {
    const quality = { failed: {}, coins: { "3": ["constructor", "__proto__"] }, refused: { alpha: { stale: ["constructor"] } } };
    const { coins } = sumTallies([tallyOf({ ...SCAN, quality }), tallyOf({ ...SCAN, quality })]);
    expect(Object.keys(coins)).toEqual(["constructor", "__proto__"]);
    expect(coins["constructor"]).toEqual({ rows: 6, refused: { "alpha stale": 2 } });
  });
});

describe("reports", () => {
  const twice = sumTallies([tallyOf(SCAN), tallyOf(SCAN)]);

  test("by feed name the reasons, the most first, and the lowest rate first", () => {
    const [alpha, spot, beta] = feedQuality(twice);
    expect([alpha?.feed, spot?.feed, beta?.feed]).toEqual(["alpha", "alpha-spot", "beta"]);
    expect(alpha).toMatchObject({ received: 20, passed: 8, faults: 4, other: 8, asked: 2, answered: 2 });
    expect(alpha?.refused[0]).toEqual({ step: "parse", rule: "not-perpetual", rows: 4, fault: false });
    expect(feedQuality(twice, { venue: "alpha", rule: null }).map(({ feed }) => feed)).toEqual(["alpha", "alpha-spot"]);
    expect(feedQuality(twice, { venue: null, rule: "stale" }).map(({ feed }) => feed)).toEqual(["alpha"]);
  });

  test("by rule count every rule that a row failed, and judge it by the rows that reached its step", () => {
    const rules = ruleQuality(twice);
    // 18 of 24 rows reached the gate: alpha's 14 and its spot's 4.
    expect(rules.find(({ rule }) => rule === "stale")).toEqual({
      step: "gate",
      rule: "stale",
      fault: true,
      judged: 18,
      failed: 4,
      refused: 2,
      passRate: 1 - 4 / 18,
    });
    expect(rules.find(({ rule }) => rule === "low-volume")).toMatchObject({ failed: 4, refused: 0, fault: false });
    expect(rules.find(({ rule }) => rule === "bad-field")).toMatchObject({ step: "parse", judged: 24, failed: 2 });
    expect(rules.find(({ rule }) => rule === "identity-mismatch")).toMatchObject({ judged: 14, fault: false });
    expect(ruleQuality(twice, { venue: "beta", rule: null })).toEqual([]);
  });

  test("by pair put the most faults first, and take a venue or a rule", () => {
    expect(coinQuality(twice)[0]).toMatchObject({ coin: "OLD", rows: 2, faults: 2, refused: [{ feed: "alpha", rule: "stale", rows: 2 }] });
    expect(coinQuality(twice, { venue: "alpha", rule: "not-trading" }).map(({ coin }) => coin)).toEqual(["DEAD"]);
    expect(coinQuality(twice, { venue: "beta", rule: null })).toEqual([]);
    expect(coinQuality(twice)).toHaveLength(7);
  });

  test("in all leave invalid rows out of what passed", () => {
    expect(totalQuality(twice)).toEqual({ received: 24, passed: 12, faults: 4, other: 8, passRate: 12 / 16 });
    expect(totalQuality(EMPTY_TALLY).passRate).toBe(null);
  });
});

describe("sums", () => {
  const counts = fc.dictionary(fc.constantFrom("stale", "bad-field", "asset-class", "delisted"), fc.nat({ max: 50 }), { maxKeys: 3 });
  const scans = fc
    .record({
      venues: fc.uniqueArray(
        fc.record({ feed: fc.constantFrom("a", "b", "b-spot"), venue: fc.constant("a"), rows: fc.integer({ min: 200, max: 500 }) }),
        { selector: ({ feed }) => feed },
      ),
      parse: counts,
      gate: counts,
      coins: fc.uniqueArray(fc.constantFrom("BTC", "ETH", "SOL"), { minLength: 1 }),
    })
    .map(({ venues, parse, gate, coins }): TalliedScan => {
      const all = (of: Record<string, number>) => Object.fromEntries(venues.map(({ feed }) => [feed, of]));
      const quality = { failed: {}, coins: { "2": coins }, refused: { a: { stale: coins.slice(0, 1) } } };
      return { venues, rejections: { counts: { parse: all(parse), gate: all(gate) } }, quality };
    });

  test("are the same however scans are grouped, and every row is in them once", () => {
    fc.assert(
      fc.property(fc.array(scans, { maxLength: 8 }), fc.nat({ max: 8 }), (all, split) => {
        const tallies = all.map(tallyOf);
        const whole = sumTallies(tallies);
        expect(sumTallies([sumTallies(tallies.slice(0, split)), sumTallies(tallies.slice(split))])).toEqual(whole);
        for (const tally of Object.values(whole.feeds)) {
          const { passed, faults, other, passRate } = feedPassCounts(tally);
          expect(passed + faults + other).toBe(tally.received);
          expect(passed).toBe(tally.received - Object.values(tally.refused).reduce((sum, each) => sum + totalOf(each), 0));
          expect(passRate === null || (passRate >= 0 && passRate <= 1)).toBe(true);
        }
      }),
      { numRuns: 100 },
    );
  });
});

test("what an instrument is counts for nobody, a reason that nobody listed counts as a fault", () => {
  expect(REJECT_REASONS.filter((reason) => !isFault("parse", reason))).toEqual([
    "not-perpetual",
    "not-linear",
    "unsupported-settle",
    "not-an-instrument",
    "delisted",
  ]);
  expect(["asset-class", "not-trading", "low-volume", "rates-must-be-positive"].filter((rule) => isFault("gate", rule))).toEqual([]);
  expect(isFault("identify", "identity-mismatch")).toBe(false);
  expect(["stale", "missing-rate", "crossed-book", "zero-rate", "a-rule-of-tomorrow"].every((rule) => isFault("gate", rule))).toBe(true);
});
