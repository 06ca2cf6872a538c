import { expect, test } from "vitest";
import { roundTripFees } from "./fees.ts";

test("both legs are paid for twice: in and out", () => {
  expect(roundTripFees(0.00055, 0.00045)).toBeCloseTo(0.00055 + 0.00045 + 0.00055 + 0.00045, 15);
  expect(roundTripFees(0, 0)).toBe(0);
});

test("a fee that is not known makes all fees not known, never free", () => {
  expect(roundTripFees(null, 0.0005)).toBeNull();
  expect(roundTripFees(0.0005, null)).toBeNull();
});
