import { expect, test } from "vitest";
import { exitCrossing, priceGain, priceGap } from "./price-gain.ts";

const cheap = { bid: 98, ask: 99 };
const dear = { bid: 101, ask: 102 };

test("the gap is what the entry leaves, signed: bought at the ask, sold at the bid", () => {
  expect(priceGap(cheap, dear)).toBe((101 - 99) / 100);
  expect(priceGap(dear, cheap)).toBe((98 - 102) / 100);
  // Books that overlap have no gap in either direction.
  expect(priceGap(cheap, { bid: 98.5, ask: 99.5 })).toBeLessThan(0);
  expect(priceGap({ bid: 98.5, ask: 99.5 }, cheap)).toBeLessThan(0);
});

test("the gain is the part that closes", () => {
  expect([0, 0.5, 1].map((closure) => priceGain(cheap, dear, closure))).toEqual([0, 0.01, 0.02]);
});

test("the exit pays half the spread at the best price, and beyond it what the size pays on the way in as well", () => {
  const spread = 2 / 100;
  expect(exitCrossing({ bid: 99, ask: 101 }, spread)).toBe(0.01);
  expect(exitCrossing({ bid: 99, ask: 101 }, 0.03)).toBeCloseTo(0.02, 15); // 0.015 out, 0.005 beyond the best price in
  // A book read at another moment may be narrower than the quote: then half of its own spread.
  expect(exitCrossing({ bid: 99, ask: 101 }, 0.006)).toBe(0.003);
});

test.each([
  [{ bid: null, ask: 99 }, dear],
  [cheap, { bid: 101, ask: null }],
  [{ bid: 0, ask: 99 }, dear],
  [cheap, { bid: 101, ask: -1 }],
])("a price that is missing or not positive makes no gap: %j %j", (long, short) => {
  expect(priceGap(long, short)).toBeNull();
  expect(priceGain(long, short, 0.5)).toBeNull();
});

test("a crossing that is not known stays so", () => {
  expect(exitCrossing(cheap, null)).toBeNull();
  expect(exitCrossing({ bid: null, ask: 99 }, 0.01)).toBeNull();
});

test("an ask of zero is no price", () => {
  expect(exitCrossing({ bid: 1, ask: 0 }, 0.01)).toBeNull();
  expect(priceGap({ bid: 1, ask: 0 }, dear)).toBeNull();
});
