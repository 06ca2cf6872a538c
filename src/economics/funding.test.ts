import { describe, expect, test } from "vitest";
import { HOUR_MS } from "../domain/units.ts";
import { carryPerHour, type FundingTerms, fundingOver, ratePerHour, settlementsWithin, signAgrees } from "./funding.ts";

const NOW = 1_789_147_120_443; // 16:38:40.443 UTC on 11 September 2026
const terms = (over: Partial<FundingTerms>): FundingTerms => ({
  ratePerInterval: 0.0001,
  intervalHours: 8,
  nextAtMs: NOW + HOUR_MS,
  accrual: "settled",
  ...over,
});

describe("settlements are counted in (now, now + T]", () => {
  const counted = (nextAtMs: number | null, intervalHours: number | null, horizonHours: number) =>
    settlementsWithin({ nextAtMs, intervalHours, nowMs: NOW, horizonHours });

  test("one exactly at the end counts, one a millisecond later does not", () => {
    expect(counted(NOW + 24 * HOUR_MS, 8, 24)).toBe(1);
    expect(counted(NOW + 24 * HOUR_MS + 1, 8, 24)).toBe(0);
    expect(counted(NOW + 8 * HOUR_MS, 8, 24)).toBe(3); // at 8, 16 and 24 h
    expect(counted(NOW + 1, 8, 24)).toBe(3); // at 0, 8 and 16 h and a millisecond
  });

  test("intervals of 1, 2, 4 and 8 hours over a week", () => {
    expect(counted(NOW + HOUR_MS, 1, 168)).toBe(168);
    expect(counted(NOW + HOUR_MS, 2, 168)).toBe(84);
    expect(counted(NOW + HOUR_MS, 4, 168)).toBe(42);
    expect(counted(NOW + HOUR_MS, 8, 168)).toBe(21);
  });

  test("settlements count, not hours: two legs of one hourly rate differ over a short hold", () => {
    expect(counted(NOW + 7 * HOUR_MS, 8, 6)).toBe(0);
    expect(counted(NOW + HOUR_MS, 8, 6)).toBe(1);
  });

  test("one at this very moment has been paid; the next is an interval later", () => {
    expect(counted(NOW, 8, 24)).toBe(3); // at 8, 16 and 24 h
    expect(counted(NOW, 8, 7)).toBe(0);
  });

  test("a schedule that is over, missing or of no length gives null, never 0", () => {
    expect(counted(NOW - 1, 8, 24)).toBeNull();
    expect(counted(null, 8, 24)).toBeNull();
    expect(counted(NOW + 1, null, 24)).toBeNull();
    expect(counted(NOW + 1, 0, 24)).toBeNull();
  });
});

describe("funding over a holding time", () => {
  test("settled: rate times settlements", () => {
    expect(fundingOver(terms({ ratePerInterval: -0.0002 }), { nowMs: NOW, horizonHours: 168 })).toBeCloseTo(-0.0002 * 21, 15);
  });

  test("no settlement pays nothing, whatever the rate", () => {
    expect(fundingOver(terms({ ratePerInterval: -0.0002 }), { nowMs: NOW, horizonHours: 0.5 })).toBe(0);
  });

  test("continuous: rate times hours by the interval, with no next time", () => {
    const accruing = terms({ accrual: "continuous", nextAtMs: null });
    expect(fundingOver(accruing, { nowMs: NOW, horizonHours: 100 })).toBeCloseTo((0.0001 / 8) * 100, 15);
  });

  test("a missing term makes null", () => {
    for (const missing of [{ ratePerInterval: null }, { intervalHours: null }, { nextAtMs: null }]) {
      expect(fundingOver(terms(missing), { nowMs: NOW, horizonHours: 168 })).toBeNull();
    }
    expect(fundingOver(terms({ accrual: "continuous", intervalHours: null }), { nowMs: NOW, horizonHours: 168 })).toBeNull();
  });
});

describe("carry", () => {
  test("is the short's hourly rate less the long's, whatever their intervals", () => {
    // 0.0004 / 4 h − 0.00001 / 1 h
    expect(
      carryPerHour(terms({ ratePerInterval: 0.00001, intervalHours: 1 }), terms({ ratePerInterval: 0.0004, intervalHours: 4 })),
    ).toBeCloseTo(0.00009, 15);
  });

  test("a missing rate or interval makes null", () => {
    expect(carryPerHour(terms({ ratePerInterval: null }), terms({}))).toBeNull();
    expect(carryPerHour(terms({}), terms({ intervalHours: null }))).toBeNull();
    expect(ratePerHour({ ratePerInterval: 0.1, intervalHours: 0 })).toBeNull();
  });
});

describe("the sign of the carry against the last settled rates", () => {
  const rates = (now: number, settled: number | null) => ({
    fundingRatePerInterval: now,
    lastSettledRatePerInterval: settled,
    fundingIntervalHours: 8,
  });

  test("agrees, disagrees, is not known", () => {
    expect(signAgrees(rates(0.0001, 0.0001), rates(0.0003, 0.0002))).toBe(true);
    expect(signAgrees(rates(0.0001, 0.0004), rates(0.0003, 0.0002))).toBe(false);
    expect(signAgrees(rates(0.0001, 0.0001), rates(0.0003, 0.0001))).toBe(false); // settled carry was nothing
    expect(signAgrees(rates(0.0001, null), rates(0.0003, 0.0002))).toBeNull();
  });
});

test("a spot leg has no rate, now as before, so that the sign is the perpetual's own", () => {
  const spot = { kind: "spot", fundingRatePerInterval: null, lastSettledRatePerInterval: null, fundingIntervalHours: null } as const;
  const perpetual = (now: number, last: number | null) => ({
    kind: "perpetual" as const,
    fundingRatePerInterval: now,
    lastSettledRatePerInterval: last,
    fundingIntervalHours: 8,
  });
  expect(signAgrees(spot, perpetual(0.0001, 0.0004))).toBe(true);
  expect(signAgrees(spot, perpetual(0.0001, -0.0004))).toBe(false);
  expect(signAgrees(spot, perpetual(-0.0001, null))).toBeNull();
  expect(signAgrees({ ...spot, kind: "perpetual" }, perpetual(0.0001, 0.0004))).toBeNull();
});
