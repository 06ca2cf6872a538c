import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { carryPair, fundingPair, gapPair } from "../../test/opportunities.ts";
import { breakEvenProgress, heldCarry, type HeldLeg, paysFunding, takenFunding, usdAtSize } from "./taken-funding.ts";

const leg = (settlements: HeldLeg["settlements"], fields: Partial<HeldLeg> = {}): HeldLeg => ({
  kind: "perpetual",
  accrual: "settled",
  settlements,
  ...fields,
});
const at = (atMs: number, rate: number | null) => ({ atMs, rate });

describe("funding of a pair that is held", () => {
  it("is what the short received less what the long paid", () => {
    const found = takenFunding({
      long: leg([at(10, 0.0001)]),
      short: leg([at(10, 0.0003), at(20, 0.0004)]),
      takenAtMs: 0,
      untilMs: 20,
    });
    expect(found.funding).toBeCloseTo(0.0006, 12);
    expect(found).toMatchObject({ settlements: 3, missed: 0, incompleteSinceMs: null });
  });

  it("counts settlements after the entry, up to and with the end", () => {
    const short = leg([at(99, 1), at(100, 0.5), at(101, 0.25), at(200, 0.125), at(201, 0.0625)]);
    expect(takenFunding({ long: leg([]), short, takenAtMs: 100, untilMs: 200 }).funding).toBe(0.375);
  });

  it("tells what no scan saw, and since when", () => {
    const short = leg([at(10, 0.001), at(20, null), at(30, null)]);
    expect(takenFunding({ long: leg([at(25, null)]), short, takenAtMs: 0, untilMs: 40 })).toEqual({
      funding: 0.001,
      settlements: 1,
      missed: 3,
      incompleteSinceMs: 20,
    });
  });

  it("is not known where a leg accrues continuously, and a spot leg pays none", () => {
    const short = leg([at(10, 0.001)]);
    expect(takenFunding({ long: leg([], { accrual: "continuous" }), short, takenAtMs: 0, untilMs: 40 }).funding).toBeNull();
    const spot = leg([at(10, 0.5)], { kind: "spot", accrual: "continuous" });
    expect(takenFunding({ long: spot, short, takenAtMs: 0, untilMs: 40 }).funding).toBe(0.001);
  });

  const settlements = fc.array(
    fc.record({ atMs: fc.integer({ min: 0, max: 1_000 }), rate: fc.option(fc.double({ min: -0.1, max: 0.1, noNaN: true })) }),
    { maxLength: 30 },
  );
  it("changes its sign when the legs are swapped", () => {
    fc.assert(
      fc.property(settlements, settlements, fc.integer({ min: 0, max: 500 }), (a, b, takenAtMs) => {
        const window = { takenAtMs, untilMs: 900 };
        const one = takenFunding({ long: leg(a), short: leg(b), ...window });
        const other = takenFunding({ long: leg(b), short: leg(a), ...window });
        expect((one.funding ?? Number.NaN) + (other.funding ?? Number.NaN)).toBe(0);
        expect(other).toMatchObject({ settlements: one.settlements, missed: one.missed, incompleteSinceMs: one.incompleteSinceMs });
      }),
    );
  });
  it("is the sum of two stretches that follow each other", () => {
    fc.assert(
      fc.property(settlements, settlements, fc.integer({ min: 1, max: 899 }), (a, b, middle) => {
        const over = (takenAtMs: number, untilMs: number) => takenFunding({ long: leg(a), short: leg(b), takenAtMs, untilMs });
        const [first, second, whole] = [over(0, middle), over(middle, 900), over(0, 900)];
        expect((first.funding ?? Number.NaN) + (second.funding ?? Number.NaN)).toBeCloseTo(whole.funding ?? Number.NaN, 10);
        expect(first.settlements + second.settlements).toBe(whole.settlements);
        expect(first.missed + second.missed).toBe(whole.missed);
      }),
    );
  });
});

describe("carry of a pair that is held", () => {
  it("is what the short receives an hour less what the long pays, whatever it cost to enter", () => {
    expect(heldCarry(fundingPair())).toBeCloseTo(0.0004 / 4 - 0.0001 / 8, 12);
    expect(heldCarry(carryPair())).toBeCloseTo(0.0004 / 4, 12);
    expect([0.00006, 0.00005, 0.00004].map((rate) => paysFunding(fundingPair({ short: { rate } })))).toEqual([false, false, true]);
  });
  it("is no signal in a price gap, nor where a rate is missing", () => {
    expect(heldCarry(gapPair())).toBeNull();
    const { long, ...pair } = fundingPair({ short: { rate: -1 } });
    const unknown = { ...pair, long: { ...long, quote: { ...long.quote, fundingRatePerInterval: null } } };
    expect([heldCarry(unknown), paysFunding(unknown)]).toEqual([null, false]);
  });
});

describe("progress to break-even", () => {
  it("is funding over cost, as in the example", () => {
    expect(breakEvenProgress(0.0012, 0.0024)).toBe(0.5);
    expect(breakEvenProgress(-0.0012, 0.0024)).toBe(-0.5);
  });
  it("is not known without a cost or a funding, and no cost is no progress", () => {
    expect(breakEvenProgress(null, 0.0024)).toBeNull();
    expect(breakEvenProgress(0.0012, null)).toBeNull();
    expect(breakEvenProgress(0.0012, 0)).toBeNull();
  });
});

describe("money at a size", () => {
  it("is the fraction of the notional, as in the example", () => {
    expect(usdAtSize(0.0012, 5_000)).toBeCloseTo(6, 10);
    expect(usdAtSize(null, 5_000)).toBeNull();
  });
});

it("takes no settlement of a spot leg for one, and no progress towards a cost that is not known", () => {
  const spot = leg([at(10, 0.5), at(20, null)], { kind: "spot" });
  const found = takenFunding({ long: spot, short: leg([at(10, 0.0003)]), takenAtMs: 0, untilMs: 20 });
  expect(found).toEqual({ funding: 0.0003, settlements: 1, missed: 0, incompleteSinceMs: null });
  expect([breakEvenProgress(0.001, null), breakEvenProgress(null, 0.001), breakEvenProgress(0.001, 0)]).toEqual([null, null, null]);
});
