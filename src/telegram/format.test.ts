import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../domain/units.ts";
import {
  ago,
  amount,
  apr,
  clock,
  clockMinutes,
  clockSeconds,
  count,
  inSpan,
  percent,
  price,
  signedPercent,
  signedUsd,
  span,
  usd,
} from "./format.ts";

describe("numbers in a person's habit", () => {
  it.each([
    [0, "0%", "0%"],
    [0.000_001, "0.0001%", "0,0001%"],
    [0.000_000_1, "0%", "0%"],
    [-0.000_000_1, "0%", "0%"],
    [0.0001, "0.01%", "0,01%"],
    [0.000_123_4, "0.0123%", "0,0123%"],
    [-0.0004, "-0.04%", "-0,04%"],
    [0.001_234, "0.123%", "0,123%"],
    [0.012_34, "1.23%", "1,23%"],
    [0.1234, "12.3%", "12,3%"],
    [12.345, "1,235%", "1.235%"],
    [1e9, ">1,000,000%", ">1.000.000%"],
    [null, "not known", "tidak diketahui"],
    [Number.NaN, "not known", "tidak diketahui"],
  ])("percent of %d reads %s", (value, en, id) => {
    expect([percent(value, "en"), percent(value, "id")]).toEqual([en, id]);
  });

  it.each([
    [0, "$0", "$0"],
    [0.001, "<$0.01", "<$0,01"],
    [-0.001, "-<$0.01", "-<$0,01"],
    [5, "$5", "$5"],
    [12.4, "$12.40", "$12,40"],
    [-12.4, "-$12.40", "-$12,40"],
    [99.996, "$100", "$100"],
    [1_240.4, "$1,240", "$1.240"],
    [999_499, "$999,499", "$999.499"],
    [999_700, "$1M", "$1 jt"],
    [1_240_000, "$1.2M", "$1,2 jt"],
    [240_400_000, "$240M", "$240 jt"],
    [3_210_000_000, "$3.2B", "$3,2 miliar"],
    [null, "not known", "tidak diketahui"],
  ])("USD %d reads %s", (value, en, id) => {
    expect([usd(value, "en"), usd(value, "id")]).toEqual([en, id]);
  });

  it.each([
    [118_234.56, "$118,235"],
    [64_123.51, "$64,123.51"],
    [101.5, "$101.50"],
    [3_456.789, "$3,456.79"],
    [1.234_567_8, "$1.23457"],
    [0.123_456_78, "$0.123457"],
    [0.000_012_345_678, "$0.0000123457"],
    [null, "not known"],
  ])("a price of %d reads %s", (value, en) => {
    expect(price(value, "en")).toBe(en);
  });

  it.each([
    [0, "0 s", "now", "now"],
    [45_000, "45 s", "in 45 s", "45 s ago"],
    [59_600, "1 min", "in 1 min", "1 min ago"],
    [2 * MINUTE_MS, "2 min", "in 2 min", "2 min ago"],
    [3 * HOUR_MS + 12 * MINUTE_MS, "3 h 12 min", "in 3 h 12 min", "3 h 12 min ago"],
    [8 * HOUR_MS - 1, "8 h", "in 8 h", "8 h ago"],
    [DAY_MS + 2 * HOUR_MS, "1 d 2 h", "in 1 d 2 h", "1 d 2 h ago"],
    [30 * DAY_MS + 5 * HOUR_MS, "30 d", "in 30 d", "30 d ago"],
    [null, "not known", "not known", "not known"],
  ])("%d ms reads %s", (ms, length, until, since) => {
    expect([span(ms, "en"), inSpan(ms, "en"), ago(ms, "en")]).toEqual([length, until, since]);
  });

  it("gives signs, years, times and amounts as people write them, in both languages", () => {
    expect(signedPercent(0.0004, "en")).toBe("+0.04%");
    expect(signedPercent(0, "en")).toBe("0%");
    expect(signedUsd(12.4, "en")).toBe("+$12.40");
    expect(signedUsd(-12.4, "id")).toBe("-$12,40");
    expect(apr(0.1234, "en")).toBe("12.3% APR");
    expect(apr(0.1234, "id")).toBe("12,3% APR");
    expect(clock(1_789_147_120_443, "en")).toBe("11 Sep 17:18 UTC");
    expect(clock(1_789_147_120_443, "id")).toBe("11 Sep 17:18 UTC");
    expect(clock(1_791_739_120_443, "id", "Asia/Jakarta")).toBe("12 Okt 00:18 GMT+7");
    expect(clockMinutes(1_410)).toBe("23:30");
    expect(clockSeconds(1_789_147_120_443)).toBe("17:18:40");
    expect(amount(0.001, "id")).toBe("0,001");
    expect(count(5_000, "en")).toBe("5,000");
    expect(span(3 * HOUR_MS + 12 * MINUTE_MS, "id")).toBe("3 j 12 mnt");
    expect(inSpan(2 * MINUTE_MS, "id")).toBe("dalam 2 mnt");
  });

  it("prints any number as a short text without exponent, NaN or a negative zero", () => {
    fc.assert(
      fc.property(fc.double(), fc.constantFrom("en" as const, "id" as const), (value, language) => {
        for (const form of [percent, signedPercent, apr, usd, signedUsd, price, amount, count, span, inSpan, ago]) {
          const text = form(Math.abs(value) > 1e12 ? value % 1e12 : value, language);
          expect(text).not.toMatch(/NaN|undefined|Infinity|e[+-]|[+-]\$?0(?![.,\d])/u);
          expect(text.length).toBeLessThan(40);
        }
      }),
    );
  });
});
