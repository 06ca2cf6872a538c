import { expect, test } from "vitest";
import { EMPTY_STATE } from "../lifecycle/state.ts";
import { EMPTY_IDENTITY_MEMORY } from "../quality/identity-memory.ts";
import { type Kept, keptText, parseKept } from "./kept-state.ts";

const kept: Kept = {
  lastSlotMs: 1_789_147_080_000,
  lifecycle: EMPTY_STATE,
  identity: EMPTY_IDENTITY_MEMORY,
  depths: {},
  wanted: [{ id: "bybit:BTC/USDT:USDT", feed: "bybit", symbol: "BTC/USDT:USDT" }],
  silent: ["gate"],
  slowDue: { gate: 1 },
  flags: null,
};

test("what is kept comes back as it was", () => {
  expect(parseKept(keptText(kept))).toEqual(kept);
});

test("what the version before kept comes back whole, with no book wanted and no feed silent", () => {
  const { wanted: _, silent: __, ...before } = kept;
  expect(parseKept(JSON.stringify({ version: 3, kept: before }))).toEqual({ ...kept, wanted: [], silent: [] });
});

test("what an older or unknown version kept, or what is cut, is not read", () => {
  for (const version of [2, 5, null]) expect(parseKept(JSON.stringify({ version, kept }))).toBeNull();
  expect(parseKept(keptText(kept).slice(0, -1))).toBeNull();
});
