import { describe, expect, test } from "vitest";
import { DAY_MS, HOUR_MS } from "../domain/units.ts";
import { breakEven } from "./break-even.ts";
import type { FundingTerms } from "./funding.ts";

const NOW = 1_789_147_120_443;
const settled = (ratePerInterval: number | null, intervalHours: number, nextInHours: number): FundingTerms => ({
  ratePerInterval,
  intervalHours,
  nextAtMs: NOW + nextInHours * HOUR_MS,
  accrual: "settled",
});
const continuous = (ratePerInterval: number): FundingTerms => ({
  ratePerInterval,
  intervalHours: 8,
  nextAtMs: null,
  accrual: "continuous",
});
const after = (hours: number) => ({ kind: "at", atMs: NOW + hours * HOUR_MS, days: hours / 24 });
const reach = (long: FundingTerms, short: FundingTerms, cost: number | null) => breakEven({ long, short, cost, nowMs: NOW });

describe("break-even", () => {
  test("is the settlement that pays the cost, not the hour by the average", () => {
    // Received 0.001 at 3, 11, 19 h: 0.0021 is reached by the third.
    expect(reach(settled(0, 8, 3), settled(0.001, 8, 3), 0.0021)).toEqual(after(19));
  });

  test("is reached where funding equals the cost, in spite of binary fractions", () => {
    // Seven additions of 0.0001 make 0.0007000000000000001, which 7 · 0.0001 as numbers does not reach.
    const cost = 0.0001 + 0.0001 + 0.0001 + 0.0001 + 0.0001 + 0.0001 + 0.0001;
    expect(7 * 0.0001).toBeLessThan(cost);
    expect(reach(settled(0, 8, 8), settled(0.0001, 8, 8), cost)).toEqual(after(56));
  });

  test("adds settlements of both legs at one instant before it looks", () => {
    // By 8 h the short has got 0.001 and the long, paying at 8 h too, 8 · 0.0001: 0.0002, not the 0.0003 of before. By 16 h 0.0004.
    expect(reach(settled(0.0001, 1, 1), settled(0.001, 8, 8), 0.0004)).toEqual(after(16));
    expect(reach(settled(0.0001, 1, 1), settled(0.001, 8, 8), 0.0003)).toEqual(after(16));
    expect(reach(settled(0.0001, 1, 1), settled(0.001, 8, 8), 0.0002)).toEqual(after(8));
  });

  test("may come early where the short is paid before the long pays, though the carry is negative", () => {
    expect(reach(settled(0.002, 8, 8), settled(0.001, 8, 1), 0.0009)).toEqual(after(1));
    expect(reach(settled(0.002, 8, 8), settled(0.001, 8, 1), 0.0011)).toEqual({ kind: "never" });
  });

  test("continuous accrual is solved for between settlements", () => {
    // 0.0008 per 8 h = 0.0001 an hour; 0.00025 takes 2.5 h.
    expect(reach(continuous(0), continuous(0.0008), 0.00025)).toEqual(after(2.5));
    // The long pays 0.0003 at 2 h, 10 h: by 2 h 0.0002 accrued, then −0.0001, and 0.00025 at 5.5 h.
    expect(reach(settled(0.0003, 8, 2), continuous(0.0008), 0.00025)).toEqual(after(5.5));
    // The short is paid 0.001 at 2 h while the long accrues 0.0001 an hour: 0.0008 is there at once.
    expect(reach(continuous(0.0008), settled(0.001, 8, 2), 0.0008)).toEqual(after(2));
  });

  test("counts up to 90 days and not beyond", () => {
    expect(reach(settled(0, 24, 24), settled(0.001, 24, 24), 0.09)).toEqual({ kind: "at", atMs: NOW + 90 * DAY_MS, days: 90 });
    expect(reach(settled(0, 24, 24), settled(0.001, 24, 24), 0.0901)).toEqual({ kind: "never" });
    expect(reach(continuous(0), continuous(0.0008), 0.0001 * 24 * 90 + 1e-9)).toEqual({ kind: "never" });
  });

  test("never comes without carry", () => {
    expect(reach(settled(0.001, 8, 3), settled(0.001, 8, 3), 0.0001)).toEqual({ kind: "never" });
    expect(reach(settled(0.001, 8, 3), settled(-0.001, 8, 3), 0.0001)).toEqual({ kind: "never" });
    expect(reach(settled(0, 8, 3), settled(0, 8, 3), 0.0001)).toEqual({ kind: "never" });
  });

  test("without a cost comes with the first settlement that leaves something", () => {
    expect(reach(settled(0, 8, 3), settled(0.001, 8, 3), 0)).toEqual(after(3));
  });

  test("is not known where the cost or a term is missing", () => {
    expect(reach(settled(0, 8, 3), settled(0.001, 8, 3), null)).toEqual({ kind: "unknown" });
    expect(reach(settled(null, 8, 3), settled(0.001, 8, 3), 0.001)).toEqual({ kind: "unknown" });
    expect(reach(settled(0, 8, 3), settled(0.001, 8, -1), 0.001)).toEqual({ kind: "unknown" });
  });
});

describe("a leg that accrues beside one that settles", () => {
  // The long leg pays 0.0001 an hour, the short one receives 0.001 at 4, 12, 20 h.
  const short = settled(0.001, 8, 4);

  test("costs by the hour what the settlements have to pay as well", () => {
    expect(reach(continuous(0.0008), short, 0.0005)).toEqual(after(4)); // 0.001 − 0.0004
    expect(reach(continuous(0.0008), short, 0.0007)).toEqual(after(12)); // 0.002 − 0.0012
    expect(reach(continuous(0.0008), short, 0.0009)).toEqual(after(20)); // 0.003 − 0.002
  });

  test("brings by the hour what settlements then complete, and completes what they leave", () => {
    expect(reach(continuous(-0.0008), short, 0.00135)).toEqual(after(4)); // 0.0004 + 0.001
    expect(reach(continuous(-0.0008), short, 0.0016)).toEqual(after(6)); // 0.001 + 6 · 0.0001
  });

  test("pays a cost of nothing at once where it earns, and at the first settlement where the other does", () => {
    expect(reach(continuous(-0.0008), short, 0)).toEqual(after(0));
    expect(reach(continuous(0), short, 0)).toEqual(after(4));
  });

  test("within 90 days to the moment, and never after them", () => {
    const perHour = 0.001 / (90 * 24);
    expect(reach(continuous(0), continuous(8 * perHour), 0.001).kind).toBe("at");
    expect(reach(continuous(0), continuous(8 * perHour), 0.0010001).kind).toBe("never");
    expect(reach(settled(0, 8, 4), settled(0.001, 8, 8), 0.27)).toEqual(after(90 * 24));
    expect(reach(settled(0, 8, 4), settled(0.001, 8, 8.5), 0.27).kind).toBe("never");
  });
});
