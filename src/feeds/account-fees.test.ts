import { describe, expect, it } from "vitest";
import type { KeyScope, KeyState } from "../domain/venue-key.ts";
import { DAY_MS } from "../domain/units.ts";
import { ADAPTERS } from "../venues/registry.ts";
import { withAccountFees } from "./account-fees.ts";

const NOW_MS = Date.UTC(2026, 10, 22, 9, 9);
const key = (scope: KeyScope, fees: KeyState["fees"]): KeyState => ({
  venue: "binance",
  keyId: "0123456789ab",
  credentialId: "ba9876543210",
  scope,
  message: null,
  fees,
  checkedAtMs: NOW_MS,
});
const perpetual = { rate: 0.00036, readAtMs: NOW_MS };
const factsOf = (keys: readonly KeyState[], nowMs = NOW_MS) =>
  new Map(withAccountFees(ADAPTERS, keys, nowMs).map(({ id, facts }) => [id, facts]));
const documented = (feed: string) => ADAPTERS.find(({ id }) => id === feed)?.facts;

describe("withAccountFees", () => {
  it("changes nothing without keys", () => {
    expect(withAccountFees(ADAPTERS, [], NOW_MS)).toBe(ADAPTERS);
  });

  it("puts the account's fee in the place of the documented one, in both feeds of the venue, with its source and day", () => {
    const facts = factsOf([key("read-only", { perpetual, spot: null })]);
    const fee = { rate: 0.00036, source: "your account's fee", readOn: "2026-11-22" };
    for (const feed of ["binance", "binance-spot"]) {
      expect(facts.get(feed)?.takerFee).toEqual({ perpetual: fee, spot: documented("binance")?.takerFee.spot });
    }
    for (const { id, facts: own } of ADAPTERS) if (own.id !== "binance") expect(facts.get(id)).toBe(own);
  });

  it.each(["trading", "withdrawal", "invalid"] as const)("takes no fee from a key that is %s", (scope) => {
    expect(factsOf([key(scope, { perpetual, spot: perpetual })]).get("binance")).toBe(documented("binance"));
  });

  it("goes back to the documented fee when the account's is two days old", () => {
    const keys = [key("unknown", { perpetual, spot: null })];
    expect(factsOf(keys, NOW_MS + 2 * DAY_MS - 1).get("binance")?.takerFee.perpetual?.rate).toBe(0.00036);
    expect(factsOf(keys, NOW_MS + 2 * DAY_MS).get("binance")?.takerFee).toEqual(documented("binance")?.takerFee);
  });
});
