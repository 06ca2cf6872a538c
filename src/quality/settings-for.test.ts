import { expect, it } from "vitest";
import { NO_OVERRIDES, settingsFor } from "./settings-for.ts";
import { SETTINGS } from "../../test/rows.ts";

const overrides = {
  venues: { gate: { maxAgeMs: 1, maxFutureMs: 1, frozenScans: 1, minVolume24hUsd: 1 } },
  pairs: {
    PEPE: { maxAgeMs: 2, maxFutureMs: 2, frozenScans: 2 },
    "PEPE/USDT:USDT": { maxAgeMs: 3, maxFutureMs: 3 },
    "gate:PEPE/USDT:USDT": { maxAgeMs: 4 },
  },
};

it("instrument goes before symbol before coin before venue before global, setting by setting", () => {
  const found = settingsFor({ quality: SETTINGS, overrides, venue: "gate", symbol: "PEPE/USDT:USDT" });
  const { maxAgeMs, maxFutureMs, frozenScans, minVolume24hUsd, maxAbsRate } = found;
  expect([maxAgeMs, maxFutureMs, frozenScans, minVolume24hUsd, maxAbsRate]).toEqual([4, 3, 2, 1, SETTINGS.maxAbsRate]);
});

it("acts for the named venue and coin only", () => {
  expect(settingsFor({ quality: SETTINGS, overrides, venue: "bybit", symbol: "PEPE/USDT:USDT" }).maxAgeMs).toBe(3);
  expect(settingsFor({ quality: SETTINGS, overrides, venue: "bybit", symbol: "PEPE2/USDT:USDT" })).toBe(SETTINGS);
});

it("is the global object itself where nothing is overridden, for names of object methods too", () => {
  expect(settingsFor({ quality: SETTINGS, overrides: NO_OVERRIDES, venue: "gate", symbol: "constructor/USDT:USDT" })).toBe(SETTINGS);
});
