import { describe, expect, test } from "vitest";
import { legWith } from "../../test/market.ts";
import type { Quote } from "../domain/quote.ts";
import { capacity } from "./capacity.ts";

const book = { bid: 100, ask: 100, bidSizeBase: 500, askSizeBase: 300 }; // 30,000 USD at the ask
const legBook = (fields: Partial<Quote>) => ({ quote: legWith("long", fields).quote, depth: null });
const gate = legBook({ venue: "gate", ...book, openInterestUsd: 2_000_000 });
const bybit = legBook({ venue: "bybit", ...book, openInterestUsd: 9_000_000 });
const hyperliquid = legBook({ venue: "hyperliquid", bid: 100, ask: 101, quotedNotionalUsd: 6_000, openInterestUsd: 9_000_000 });
const binance = legBook({ venue: "binance", ...book });

describe("capacity", () => {
  test("is 1 % of the smaller open interest where that is less than the depth", () => {
    expect(capacity({ netAt: () => 0.001, long: gate, short: bybit })).toEqual({ usd: 20_000, reasons: [] });
  });

  test("is the depth of the thinner leg where that is less", () => {
    expect(capacity({ netAt: () => 0.001, long: gate, short: hyperliquid })).toEqual({ usd: 6_000, reasons: [] });
  });

  test("where a venue sends no open interest takes what is left and says so", () => {
    expect(capacity({ netAt: () => 0.001, long: binance, short: binance })).toEqual({
      usd: 30_000,
      reasons: Array.from({ length: 2 }, () => "Capacity leaves out open interest on binance, which sends none."),
    });
    expect(capacity({ netAt: () => 0.001, long: gate, short: binance })).toEqual({
      usd: 20_000,
      reasons: ["Capacity leaves out open interest on binance, which sends none."],
    });
  });

  test("is nothing where nothing is earned, and not known where net is not or the depth is not", () => {
    expect(capacity({ netAt: () => 0, long: gate, short: bybit }).usd).toBe(0);
    expect(capacity({ netAt: () => -0.001, long: gate, short: bybit }).usd).toBe(0);
    expect(capacity({ netAt: null, long: gate, short: bybit }).usd).toBeNull();
    const dydx = legBook({ venue: "dydx", openInterestUsd: 9_000_000 });
    expect(capacity({ netAt: () => 0.001, long: gate, short: dydx })).toEqual({
      usd: null,
      reasons: ["Capacity is not known: dydx sends no size at its best bid and ask."],
    });
  });
});

test("capacity that is nothing needs no sentence on what it leaves out", () => {
  expect(capacity({ netAt: () => -0.001, long: binance, short: binance })).toEqual({ usd: 0, reasons: [] });
});
