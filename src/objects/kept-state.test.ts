import { expect, test } from "vitest";
import { EMPTY_STATE } from "../lifecycle/state.ts";
import { type Kept, keptText, NOTHING_KEPT, parseKept } from "./kept-state.ts";

const kept: Kept = {
  ...NOTHING_KEPT,
  lastSlotMs: 1_789_147_080_000,
  lifecycle: EMPTY_STATE,
  wanted: [{ id: "bybit:BTC/USDT:USDT", feed: "bybit", symbol: "BTC/USDT:USDT" }],
  silent: ["gate"],
  slowDue: { gate: 1 },
  loads: { gate: { rows: 612, ms: 340, waited: 2 } },
  depthPace: { pairs: 4, books: { gate: 3 } },
  rulings: { "gate:T/USDT:USDT": { verdict: "deny", expiresAtMs: null } },
};

test("what is kept comes back as it was", () => {
  expect(parseKept(keptText(kept))).toEqual(kept);
});

test("what an earlier version kept comes back whole, and what it did not know is as in a Scanner without a past", () => {
  const { wanted, silent, loads, depthPace, ...before } = kept;
  const { wanted: _, silent: __, ...since } = NOTHING_KEPT;
  expect(parseKept(JSON.stringify({ version: 3, kept: before }))).toEqual({ ...since, wanted: [], silent: [], ...before });
  const fromFour = parseKept(JSON.stringify({ version: 4, kept: { ...before, wanted, silent } }));
  expect(fromFour).toEqual({ ...kept, loads: {}, depthPace: { pairs: 10, books: {} } });
  expect([loads, depthPace]).not.toEqual([fromFour?.loads, fromFour?.depthPace]);
});

test("what was kept before rulings were comes back with none, and with no time since when an instrument is out", () => {
  const { rulings: _, identity, ...before } = kept;
  const { outsideSinceMs: __, ...memory } = identity;
  expect(parseKept(JSON.stringify({ version: 4, kept: { ...before, identity: memory } }))).toEqual({ ...kept, rulings: {} });
});

test("what an older or unknown version kept, or what is cut, is not read", () => {
  for (const version of [2, 5, null]) expect(parseKept(JSON.stringify({ version, kept }))).toBeNull();
  expect(parseKept(keptText(kept).slice(0, -1))).toBeNull();
});
