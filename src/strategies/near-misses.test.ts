import { expect, test } from "vitest";
import { legWith } from "../../test/market.ts";
import type { Priced } from "../domain/opportunity.ts";
import { HOUR_MS } from "../domain/units.ts";
import { buildLedger } from "../economics/ledger.ts";
import { nearMisses } from "./near-misses.ts";

const NOW = 1_789_147_120_443;
const terms = { fundingIntervalHours: 8, nextFundingAtMs: NOW + HOUR_MS, bid: 100, ask: 100, bidSizeBase: 100, askSizeBase: 100 };

/** A pair of which the short earns a rate per 8 h and the long pays nothing; fees 0.002, no spread. */
function pairOf(key: string, rate: number, bid: number | null = 100): Priced {
  const long = legWith("long", { ...terms, fundingRatePerInterval: 0 });
  const short = legWith("short", { ...terms, fundingRatePerInterval: rate, bid });
  const ledger = buildLedger({ long, short, sizeUsd: 5_000, horizonHours: 168, nowMs: NOW, collateralPerLeg: 1 });
  const rates = { longRate: 0, shortRate: rate, rateDifference: rate, grossApr: rate * 1_095 };
  return { key, strategy: "funding", asset: "BTC", long, short, ...rates, ledger, marks: [], identity: null };
}

test("the best pairs come best first, each with the days that would pay it", () => {
  // Break-even of 0.002: 20 settlements of 0.0001 (1 + 19 · 8 h), 40 of 0.00005; 0.000001 takes 2,000, over 90 days.
  const found = nearMisses([pairOf("tiny", 0.000001), pairOf("best", 0.0001), pairOf("half", 0.00005)], 5);
  expect(found.map(({ priced }) => priced.key)).toEqual(["best", "half", "tiny"]);
  expect(found.map(({ breakEvenDays }) => breakEvenDays)).toEqual([153 / 24, 313 / 24, null]);
  expect(nearMisses([pairOf("half", 0.00005), pairOf("best", 0.0001)], 1).map(({ priced }) => priced.key)).toEqual(["best"]);
});

test("a pair whose net is not known and one that earns nothing are no near-misses", () => {
  expect(nearMisses([pairOf("unknown", 0.0001, null), pairOf("loses", -0.0001)], 5)).toEqual([]);
});

test("equal nets come in the order of their keys, whatever order they were found in", () => {
  const keys = (order: readonly string[]) =>
    nearMisses(
      order.map((key) => pairOf(key, 0.0001)),
      5,
    ).map(({ priced }) => priced.key);
  expect(keys(["b", "a", "c"])).toEqual(["a", "b", "c"]);
  expect(keys(["c", "b", "a"])).toEqual(["a", "b", "c"]);
});

test("each strategy has its own few, in one list by net", () => {
  const as = (strategy: Priced["strategy"], key: string, rate: number): Priced => ({ ...pairOf(key, rate), strategy });
  const pairs = [as("funding", "f1", 0.0001), as("funding", "f2", 0.00009), as("carry", "c1", 0.00002), as("price", "p1", 0.00008)];
  expect(nearMisses(pairs, 1).map(({ priced }) => `${priced.strategy} ${priced.key}`)).toEqual(["funding f1", "price p1", "carry c1"]);
});
