import { describe, expect, test } from "vitest";
import { carryPair, fundingPair, gapPair, NOW_MS } from "../../test/opportunities.ts";
import type { Ledger, Priced } from "../domain/opportunity.ts";
import { YEAR_HOURS } from "../domain/units.ts";
import { buildLedger } from "./ledger.ts";
import { type OwnTerms, withOwnTerms } from "./own-terms.ts";

const pair = fundingPair();
const rebuilt = ({ long = 0.0005, short = 0.0005, sizeUsd = 5_000, horizonHours = 168 }): Ledger =>
  buildLedger({
    long: { ...pair.long, takerFeeRate: long },
    short: { ...pair.short, takerFeeRate: short },
    sizeUsd,
    horizonHours,
    nowMs: NOW_MS,
    collateralPerLeg: 1,
  });
const own = (terms: Partial<OwnTerms>, of: Priced = pair): Priced =>
  withOwnTerms(of, { fees: {}, sizeUsd: 5_000, horizonHours: 168, ...terms }, NOW_MS);

/** Everything that a ledger built anew has, to the rounding of a difference; capacity and reasons are looked at apart. */
function expectLedger(found: Ledger, built: Ledger): void {
  for (const name of ["funding", "fees", "crossing", "net", "netUsd", "netAprOnNotional", "netAprOnCapital"] as const) {
    expect(found[name], name).toBeCloseTo(built[name] ?? Number.NaN, 10);
  }
  expect([found.sizeUsd, found.horizonHours]).toEqual([built.sizeUsd, built.horizonHours]);
  found.netByHours.forEach((line, place) => expect(line.net).toBeCloseTo(built.netByHours[place]?.net ?? Number.NaN, 12));
  expect(found.breakEven.kind).toBe(built.breakEven.kind);
  expect(found.stress.survives).toBe(built.stress.survives);
}

describe("a pair at a person's own fees", () => {
  test("is what the ledger gives when built with them, but for capacity, which may be larger", () => {
    const found = own({ fees: { alpha: 0.0002, beta: 0.0003 } });
    const built = rebuilt({ long: 0.0002, short: 0.0003 });
    expectLedger(found.ledger, built);
    expect(found.ledger.breakEven).toEqual(built.breakEven);
    found.ledger.costBySize
      .slice(0, 3)
      .forEach((line, place) => expect(line.cost).toBeCloseTo(built.costBySize[place]?.cost ?? Number.NaN, 14));
    expect(found.ledger.capacityUsd).toBe(pair.ledger.capacityUsd);
    expect(found.ledger.capacityUsd ?? Number.NaN).toBeLessThanOrEqual(built.capacityUsd ?? Number.NaN);
    expect(found.ledger.reasons).toEqual([
      ...built.reasons,
      "Capacity is that at the documented fees and horizon; at yours it may be larger.",
    ]);
    expect([found.long.takerFeeRate, found.short.takerFeeRate]).toEqual([0.0002, 0.0003]);
  });

  test("keeps the documented fee of a venue that the person does not name, and is untouched where nothing differs", () => {
    expect(own({ fees: { beta: 0.0001 } }).ledger.net).toBe(rebuilt({ short: 0.0001 }).net);
    expect(own({ fees: { gamma: 0, "alpha-spot": 0 } })).toBe(pair);
  });

  test("of a venue's spot market apply to its spot leg alone", () => {
    expect(own({ fees: { "alpha-spot": 0 } }, carryPair()).long.takerFeeRate).toBe(0);
    expect(own({ fees: { alpha: 0 } }, carryPair()).long.takerFeeRate).toBe(0.001);
  });

  test("at higher fees nets less, and says that its capacity is not known", () => {
    const found = own({ fees: { alpha: 0.002 } });
    expect(found.ledger.net ?? Infinity).toBeLessThan(pair.ledger.net ?? Number.NaN);
    expect(found.ledger.capacityUsd).toBeNull();
  });

  test("a fee that no document names is filled by the person's own, and no sentence says that it is missing", () => {
    const long = { ...pair.long, takerFeeRate: null };
    const unnamed = { ...pair, long, ledger: buildLedger({ ...pair, long, ...AT }) };
    expect(unnamed.ledger.reasons.join()).toContain("no documented taker fee for alpha");
    const found = own({ fees: { alpha: 0.0005 } }, unnamed);
    expect(found.ledger.net).toBe(pair.ledger.net);
    expect(found.ledger.reasons.join()).not.toContain("not known: no documented");
  });
});
const AT = { sizeUsd: 5_000, horizonHours: 168, nowMs: NOW_MS, collateralPerLeg: 1 };

describe("a pair at a person's own horizon and size", () => {
  test.each([24, 168, 500])("over %i hours is what the ledger gives when built for them", (horizonHours) => {
    expectLedger(own({ horizonHours }).ledger, rebuilt({ horizonHours }));
  });

  test.each([1_000, 5_000, 20_000])("at %i USD, a listed size, is exact", (sizeUsd) => {
    const found = own({ sizeUsd }).ledger;
    expectLedger(found, rebuilt({ sizeUsd }));
    expect(found.reasons.join()).not.toContain("upper bound");
  });

  test("at a size between two listed ones pays the crossing of the larger, and says so", () => {
    const found = own({ sizeUsd: 7_500 }).ledger;
    expect(found.crossing).toBe(own({ sizeUsd: 20_000 }).ledger.crossing);
    expect(found.crossing ?? Number.NaN).toBeGreaterThanOrEqual((rebuilt({ sizeUsd: 7_500 }).crossing ?? Number.NaN) - 1e-15);
    expect(found.reasons).toContain("Crossing at 7,500 USD is priced as for 20,000 USD: an upper bound.");
    expect(found.netUsd).toBeCloseTo((found.net ?? Number.NaN) * 7_500, 10);
  });

  test.each([250_000, 15_000])("at %i USD, beyond what was worked out or what the book holds, has no net and says why", (sizeUsd) => {
    const costBySize = pair.ledger.costBySize.map((line) => (line.sizeUsd === 20_000 ? { ...line, cost: null } : line));
    const { reasons, ...found } = own({ sizeUsd }, { ...pair, ledger: { ...pair.ledger, costBySize } }).ledger;
    expect(found).toMatchObject({
      net: null,
      netUsd: null,
      crossing: null,
      crossingSource: null,
      breakEven: { kind: "unknown" },
      stress: { carryHalved: null, costPlus10Bps: null, survives: null },
    });
    expect(reasons.filter((reason) => reason.startsWith("Crossing is not known at"))).toHaveLength(1);
  });

  test("of a price gap assumes its closing over that horizon, in the sentence and in the annual figure", () => {
    const gap = gapPair();
    const found = own({ horizonHours: 24 }, gap);
    expect(found.ledger.priceGain).toBe(gap.ledger.priceGain);
    expect(found.grossApr).toBeCloseTo(((gap.ledger.priceGain ?? Number.NaN) * YEAR_HOURS) / 24, 12);
    expect(found.ledger.reasons.join()).toContain("closes within 24 hours");
    expect(found.ledger.reasons.join()).not.toContain("168 hours");
  });

  test("over another horizon after its schedule is over, has no funding and says why", () => {
    const late = withOwnTerms(pair, { fees: {}, sizeUsd: 5_000, horizonHours: 24 }, NOW_MS + 3 * 3_600_000);
    expect(late.ledger.funding).toBeNull();
    expect(late.ledger.net).toBeNull();
    expect(late.ledger.reasons.join()).toContain("Funding is not known over your horizon");
  });
});
