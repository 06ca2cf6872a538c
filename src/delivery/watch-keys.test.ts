import { describe, expect, it } from "vitest";
import type { KeyCheck, KeyState } from "../domain/venue-key.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../domain/units.ts";
import { keysDue, stateAfter, watchKey, withoutKey } from "./watch-keys.ts";

const NOW_MS = Date.UTC(2026, 10, 22, 9, 9);
const fee = (rate: number, readAtMs = NOW_MS) => ({ rate, readAtMs });
const check = (over: Partial<KeyCheck> = {}): KeyCheck => ({
  venue: "alpha",
  keyId: "0123456789ab",
  credentialId: "ba9876543210",
  scope: "read-only",
  message: null,
  error: null,
  fees: { perpetual: fee(0.0004), spot: fee(0.0008) },
  checkedAtMs: NOW_MS,
  ...over,
});
const state = (over: Partial<KeyState> = {}): KeyState => {
  const { error: _, ...rest } = check(over);
  return rest;
};
const none = { perpetual: null, spot: null };

describe("keysDue", () => {
  it.each([
    ["never looked at", [], 0, true],
    ["changed in any part", [state({ credentialId: "other" })], 0, true],
    ["well, before the day is over", [state()], DAY_MS - 1, false],
    ["well, after a day", [state()], DAY_MS, true],
    ["refused, within the hour", [state({ scope: "invalid", fees: none })], HOUR_MS - 1, false],
    ["refused, after an hour", [state({ scope: "invalid", fees: none })], HOUR_MS, true],
    ["not reached, after an hour", [state({ scope: "unknown" })], HOUR_MS, true],
    ["too powerful, after an hour", [state({ scope: "trading", fees: none })], HOUR_MS, true],
  ] as const)("a key %s: due %#", (_, stored, passedMs, isDue) => {
    expect(keysDue([{ venue: "alpha", credentialId: "ba9876543210" }], stored, NOW_MS + passedMs)).toEqual(isDue ? ["alpha"] : []);
  });

  it("asks for no key that is not given", () => {
    expect(keysDue([], [state()], NOW_MS + 2 * DAY_MS)).toEqual([]);
  });
});

describe("stateAfter", () => {
  const before = state();
  it("takes what was just read", () => {
    const seen = check({ fees: { perpetual: fee(0.0003, NOW_MS + DAY_MS), spot: fee(0.0007, NOW_MS + DAY_MS) } });
    expect(stateAfter(seen, before, NOW_MS + DAY_MS).fees).toEqual(seen.fees);
    expect(stateAfter(seen, before, NOW_MS)).not.toHaveProperty("error");
  });

  it("keeps a fee that could not be read again for two days, and not longer", () => {
    const missed = check({ fees: { perpetual: null, spot: fee(0.0007) } });
    expect(stateAfter(missed, before, NOW_MS + 2 * DAY_MS - 1).fees).toEqual({ perpetual: before.fees.perpetual, spot: fee(0.0007) });
    expect(stateAfter(missed, before, NOW_MS + 2 * DAY_MS).fees.perpetual).toBeNull();
    expect(stateAfter(check({ scope: "unknown", fees: none }), before, NOW_MS + DAY_MS).fees).toEqual(before.fees);
  });

  it.each(["trading", "withdrawal", "invalid"] as const)("drops every fee of a key that is found %s", (scope) => {
    expect(stateAfter(check({ scope, fees: none }), before, NOW_MS).fees).toEqual(none);
  });

  it("keeps nothing of other credentials", () => {
    expect(stateAfter(check({ scope: "unknown", credentialId: "111111111111", fees: none }), before, NOW_MS).fees).toEqual(none);
  });
});

describe("watchKey", () => {
  const scan = (nowMs: number) => ({ nowMs, flags: { incident_cooldown_minutes: 30 } });
  const bad = check({ scope: "invalid", fees: none, message: "the venue refuses the key: bad-key" });

  it("opens at the first refusal, stays one incident, and is over with the first look that is well", () => {
    const opened = watchKey(undefined, bad, scan(NOW_MS));
    expect(opened).toMatchObject({ kind: "auth-failure", subject: "alpha", state: "open", label: "auth-failure", openedAtMs: NOW_MS });
    expect(opened.detail).toEqual(["alpha, key 0123456789ab: the venue refuses the key: bad-key"]);
    const again = watchKey(opened, bad, scan(NOW_MS + HOUR_MS));
    expect(again).toMatchObject({ state: "open", openedAtMs: NOW_MS, badCount: 2 });
    expect(watchKey(again, check(), scan(NOW_MS + 2 * HOUR_MS))).toMatchObject({ state: "cool-down", recoveredAtMs: NOW_MS + 2 * HOUR_MS });
  });

  it("names a key that can do more than read as what it is", () => {
    expect(watchKey(undefined, check({ scope: "trading", fees: none }), scan(NOW_MS))).toMatchObject({
      state: "open",
      label: "key-refused",
    });
  });

  it("learns nothing where the venue could not be asked, neither good nor bad", () => {
    const opened = watchKey(undefined, bad, scan(NOW_MS));
    expect(watchKey(opened, check({ scope: "unknown" }), scan(NOW_MS + HOUR_MS))).toBe(opened);
    expect(watchKey(undefined, check({ scope: "unknown" }), scan(NOW_MS))).toMatchObject({ state: "ok", badCount: 0 });
  });

  it("is over when the key is taken away", () => {
    const opened = watchKey(undefined, bad, scan(NOW_MS));
    expect(withoutKey(opened, scan(NOW_MS + MINUTE_MS))).toMatchObject({ state: "cool-down", recoveredAtMs: NOW_MS + MINUTE_MS });
  });
});
