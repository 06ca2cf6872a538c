import { describe, expect, test } from "vitest";
import { carryPair, fundingPair, gapPair, NOW_MS, pricePair } from "../../test/opportunities.ts";
import type { Ledger, Priced } from "../domain/opportunity.ts";
import { YEAR_HOURS } from "../domain/units.ts";
import { buildLedger } from "./ledger.ts";
import { type OwnTerms, withOwnTerms } from "./own-terms.ts";

const pair = () => fundingPair();
const rebuilt = ({ long = 0.0005, short = 0.0005, sizeUsd = 5_000, horizonHours = 168 }): Ledger =>
  buildLedger({
    long: { ...pair().long, takerFeeRate: long },
    short: { ...pair().short, takerFeeRate: short },
    sizeUsd,
    horizonHours,
    nowMs: NOW_MS,
    collateralPerLeg: 1,
  });
const own = (terms: Partial<OwnTerms>, of: Priced = pair()): Priced =>
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
    expect(found.ledger.capacityUsd).toBe(pair().ledger.capacityUsd);
    expect(found.ledger.capacityUsd ?? Number.NaN).toBeLessThanOrEqual(built.capacityUsd ?? Number.NaN);
    expect(found.ledger.reasons).toEqual([
      ...built.reasons,
      "Capacity is that at the documented fees and horizon; at yours it may be larger.",
    ]);
    expect([found.long.takerFeeRate, found.short.takerFeeRate]).toEqual([0.0002, 0.0003]);
    expect([found.long.takerFeeSource, found.short.takerFeeSource]).toEqual([null, null]);
  });

  test("keeps the documented fee of a venue that the person does not name, and is untouched where nothing differs", () => {
    expect(own({ fees: { beta: 0.0001 } }).ledger.net).toBe(rebuilt({ short: 0.0001 }).net);
    const untouched = pair();
    expect(own({ fees: { gamma: 0, "alpha-spot": 0 } }, untouched)).toBe(untouched);
  });

  test("leave the fee of an instrument that costs another one than its market", () => {
    const { long } = pair();
    const classed = { ...pair(), long: { ...long, takerFeeRate: 0.002, quote: { ...long.quote, takerFeeRate: 0.002 } } };
    expect(own({ fees: { alpha: 0.0001, beta: 0.0001 } }, classed)).toMatchObject({
      long: { takerFeeRate: 0.002 },
      short: { takerFeeRate: 0.0001 },
    });
  });

  test("of a venue's spot market apply to its spot leg alone", () => {
    expect(own({ fees: { "alpha-spot": 0 } }, carryPair()).long.takerFeeRate).toBe(0);
    expect(own({ fees: { alpha: 0 } }, carryPair()).long.takerFeeRate).toBe(0.001);
  });

  test("at higher fees nets less, and says that its capacity is not known", () => {
    const found = own({ fees: { alpha: 0.002 } });
    expect(found.ledger.net ?? Infinity).toBeLessThan(pair().ledger.net ?? Number.NaN);
    expect(found.ledger.capacityUsd).toBeNull();
  });

  test("a fee that no document names is filled by the person's own, and no sentence says that it is missing", () => {
    const long = { ...pair().long, takerFeeRate: null };
    const unnamed = { ...pair(), long, ledger: buildLedger({ ...pair(), long, ...AT }) };
    expect(unnamed.ledger.reasons.join()).toContain("no documented taker fee for alpha");
    const found = own({ fees: { alpha: 0.0005 } }, unnamed);
    expect(found.ledger.net).toBe(pair().ledger.net);
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
    const costBySize = pair().ledger.costBySize.map((line) => (line.sizeUsd === 20_000 ? { ...line, cost: null } : line));
    const { reasons, ...found } = own({ sizeUsd }, { ...pair(), ledger: { ...pair().ledger, costBySize } }).ledger;
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
    const late = withOwnTerms(pair(), { fees: {}, sizeUsd: 5_000, horizonHours: 24 }, NOW_MS + 3 * 3_600_000);
    expect(late.ledger.funding).toBeNull();
    expect(late.ledger.net).toBeNull();
    expect(late.ledger.reasons.join()).toContain("Funding is not known over your horizon");
  });
});

/** A number to the rounding of a difference; what is not known on one side is not on the other. */
const near = (value: number | null): unknown => (value === null ? null : expect.closeTo(value, 10));
const closureOf = (of: Priced) => (of.strategy === "price" ? { closure: 0.5 } : {});
const THIN = { bidSizeBase: 15, askSizeBase: 15 }; // 1,500 USD: 1,000 USD fits, the reference size does not
const thinned = (of: Priced): Priced => {
  const long = { ...of.long, quote: { ...of.long.quote, ...THIN } };
  return { ...of, long, ledger: buildLedger({ ...AT, ...closureOf(of), long, short: of.short }) };
};

describe.each([
  ["funding", fundingPair],
  ["carry", carryPair],
  ["price", gapPair],
] as const)("a %s pair", (strategy, make) => {
  const cases = [{}, { alpha: 0.0001, beta: 0.0002, "alpha-spot": 0.0003 }, { beta: 0.002 }].flatMap((fees) =>
    [1_000, 5_000, 20_000].flatMap((sizeUsd) => [24, 168, 500].map((horizonHours) => ({ fees, sizeUsd, horizonHours }))),
  );

  test.each(cases)("at %o is line by line what the ledger gives when built for them", (terms) => {
    const asked = make();
    const found = own(terms, asked);
    const { sizeUsd, horizonHours } = terms;
    const built = buildLedger({ ...AT, ...closureOf(asked), long: found.long, short: found.short, sizeUsd, horizonHours });
    for (const name of ["priceGain", "funding", "fees", "crossing", "net", "netUsd", "netAprOnNotional", "netAprOnCapital"] as const)
      expect(found.ledger[name], name).toEqual(near(built[name]));
    expect(found.ledger.netByHours).toEqual(built.netByHours.map((line) => ({ ...line, net: near(line.net) })));
    expect(found.ledger.costBySize).toEqual(built.costBySize.map((line) => ({ ...line, cost: near(line.cost) })));
    const { carryHalved, costPlus10Bps, survives } = built.stress;
    expect(found.ledger.stress).toEqual({ carryHalved: near(carryHalved), costPlus10Bps: near(costPlus10Bps), survives });
    expect(found.ledger).toMatchObject({ sizeUsd, horizonHours, crossingSource: built.crossingSource });
    const gain = built.priceGain ?? Number.NaN;
    expect(found.grossApr).toBeCloseTo(strategy === "price" ? (gain * YEAR_HOURS) / horizonHours : asked.grossApr, 12);
  });

  test("breaks even where the ledger built for its fees does, but for a gap, whose whole cost is not among its lines", () => {
    const fees = { alpha: 0.0001, beta: 0.0002, "alpha-spot": 0.0003 };
    const asked = make();
    const found = own({ fees }, asked);
    const built = buildLedger({ ...AT, ...closureOf(asked), long: found.long, short: found.short });
    expect(found.ledger.breakEven).toEqual(strategy === "price" ? { kind: "unknown" } : built.breakEven);
    expect(own({ horizonHours: 24 }, asked).ledger.breakEven).toEqual(asked.ledger.breakEven);
  });

  test("whose reference size the book does not hold has a net at a smaller one, and no sentence says otherwise", () => {
    const asked = thinned(make());
    expect([asked.ledger.crossing, asked.ledger.net]).toEqual([null, null]);
    const found = own({ sizeUsd: 1_000 }, asked).ledger;
    const built = buildLedger({ ...AT, ...closureOf(asked), long: asked.long, short: asked.short, sizeUsd: 1_000 });
    expect([found.crossing, found.net, found.netUsd]).toEqual([near(built.crossing), near(built.net), near(built.netUsd)]);
    expect(built.net).not.toBeNull();
    expect(found.netByHours).toEqual(built.netByHours.map((line) => ({ ...line, net: near(line.net) })));
    // The collateral was a part of a figure that was not known.
    expect(found.netAprOnCapital).toBeNull();
    expect(found.reasons.join()).not.toContain("not known:");
    expect(found.reasons.join()).not.toContain("Net, and");
  });

  test("whose crossing is not known keeps the sentence at its own size, and has none of the net that follows", () => {
    const asked = thinned(make());
    const found = own({ fees: { beta: 0.0001 } }, asked).ledger;
    expect([found.crossing, found.net, found.netAprOnNotional, found.netAprOnCapital]).toEqual([null, null, null, null]);
    expect(found.netByHours.map(({ net }) => net)).toEqual([null, null, null]);
    expect(found.reasons.filter((reason) => reason.startsWith("Crossing is not known: alpha"))).toHaveLength(1);
    expect(found.reasons.filter((reason) => reason === "Net, and what follows from it, is not known.")).toHaveLength(1);
    expect(found.capacityUsd).toBeNull();
    expect(found.reasons.join()).not.toContain("Capacity is");
  });
});

describe("what a pair at own terms says", () => {
  test("beyond the largest size, and under one that is not known, names the size it would have needed", () => {
    expect(own({ sizeUsd: 250_000 }).ledger.reasons).toContain("Crossing is not known at 250,000 USD: it is worked out up to 100,000 USD.");
    const found = own({ sizeUsd: 7_500 }, thinned(fundingPair())).ledger;
    expect(found.reasons).toContain("Crossing is not known at 7,500 USD: nor is it at 20,000 USD.");
    expect(found.reasons.filter((reason) => reason.startsWith("Crossing is not known: "))).toEqual([]);
    expect(found.netAprOnCapital).toBeNull();
  });

  test("of capacity: nothing while fees and horizon are the same, that it may be larger, or that it is not known", () => {
    const about = (terms: Partial<OwnTerms>) => own(terms).ledger.reasons.filter((reason) => reason.startsWith("Capacity"));
    expect(about({ sizeUsd: 1_000 })).toEqual([]);
    expect(own({ sizeUsd: 1_000 }).ledger.capacityUsd).toBe(pair().ledger.capacityUsd);
    expect(about({ fees: { alpha: 0.0004 } })).toEqual(["Capacity is that at the documented fees and horizon; at yours it may be larger."]);
    expect(about({ fees: { alpha: 0.0006 } })).toEqual([
      "Capacity is not known at your fees and horizon, which pay less than the documented ones.",
    ]);
  });

  test("of funding that was never known is what the ledger said, and no more", () => {
    const found = own({ horizonHours: 24 }, pricePair()).ledger;
    expect(found.reasons.filter((reason) => reason.startsWith("Funding is not known"))).toEqual([
      "Funding is not known: alpha sends no next funding time.",
    ]);
  });

  test("of fees goes leg by leg: one that is filled answers for itself only, also where both legs are of one venue", () => {
    const fees = "Fees are not known: no documented taker fee for";
    const without = (of: Priced, ...sides: readonly ("long" | "short")[]): Priced => {
      const legs = { long: of.long, short: of.short };
      for (const side of sides) legs[side] = { ...legs[side], takerFeeRate: null };
      return { ...of, ...legs, ledger: buildLedger({ ...AT, ...legs }) };
    };
    const said = (of: Priced, given: OwnTerms["fees"]) =>
      own({ fees: given }, of).ledger.reasons.filter((reason) => reason.startsWith("Fees"));
    expect(said(without(fundingPair(), "long", "short"), { alpha: 0.0005 })).toEqual([`${fees} beta.`]);
    const carry = carryPair();
    const oneVenue = { ...carry, short: { ...carry.short, quote: { ...carry.short.quote, venue: "alpha" } } };
    expect(said(without(oneVenue, "long"), { alpha: 0.0001 })).toEqual([`${fees} alpha.`]);
    expect(said(without(oneVenue, "long"), { "alpha-spot": 0.0001 })).toEqual([]);
  });

  test("tells no return on capital from one that was zero: there is no ratio in it", () => {
    const asked = pair();
    const level = { ...asked, ledger: { ...asked.ledger, netAprOnNotional: 0, netAprOnCapital: 0 } };
    expect(own({ fees: { alpha: 0.0001 } }, level).ledger.netAprOnCapital).toBeNull();
  });
});
