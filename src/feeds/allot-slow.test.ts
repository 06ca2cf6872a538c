import fc from "fast-check";
import { expect, test } from "vitest";
import { allotSlow } from "./allot-slow.ts";

test("those with most to catch up come first, one each in turn", () => {
  expect(allotSlow({ due: { binance: 3, bybit: 1, okx: 2 }, limit: 4 })).toEqual({ binance: 2, okx: 1, bybit: 1 });
  expect(allotSlow({ due: { binance: 3, bybit: 0 }, limit: 4 })).toEqual({ binance: 3 });
  expect(allotSlow({ due: {}, limit: 4 })).toEqual({});
});

test("never more than the limit, never more than is due, and the limit is used up while anything waits", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/u), fc.nat(6)), fc.nat(12), (due, limit) => {
      const allotted = allotSlow({ due, limit });
      const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((total, count) => total + count, 0);
      for (const [feed, count] of Object.entries(allotted)) expect(count).toBeLessThanOrEqual(due[feed] ?? 0);
      expect(sum(allotted)).toBe(Math.min(limit, sum(due)));
    }),
  );
});
