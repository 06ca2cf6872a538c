import { expect, it } from "vitest";
import { coinOfInstrument, liveRulings, scaleOf, tickerOf } from "./identity.ts";

it("a ruling holds until it ends, and one without an end holds", () => {
  const allow = { verdict: "allow", assetId: "T", expiresAtMs: 1_000 } as const;
  const deny = { verdict: "deny", expiresAtMs: null } as const;
  expect(liveRulings({ a: allow, b: deny }, 999)).toEqual({ a: allow, b: deny });
  expect(liveRulings({ a: allow, b: deny }, 1_000)).toEqual({ b: deny });
});

it("only a ratio near a power of ten is another scale", () => {
  expect([10, 9.1, 10.9, 1_000_000, 0.001, 0.00102].map(scaleOf)).toEqual([10, 10, 10, 1_000_000, 0.001, 0.001]);
  expect([1, 1.05, 0.95, 2, 8.9, 11.2, 7].map(scaleOf)).toEqual([null, null, null, null, null, null, null]);
});

it("names of coins and instruments hold their ticker", () => {
  expect(["NEIRO", "NEIRO~2", "NEIRO~12"].map(tickerOf)).toEqual(["NEIRO", "NEIRO", "NEIRO"]);
  expect(["gate:PEPE/USDT:USDT", "bybit:1INCH/USDT"].map(coinOfInstrument)).toEqual(["PEPE", "1INCH"]);
});
