import { describe, expect, test } from "vitest";
import { fundingPair, NOW_MS, opened } from "../../../test/opportunities.ts";
import { personWith } from "../../../test/people.ts";
import type { Delivery } from "../../domain/delivery.ts";
import type { Priced } from "../../domain/opportunity.ts";
import { instrumentsOf } from "./pair.ts";
import { renderDelivery } from "./alert.ts";
import { renderTook } from "./took.ts";

/** The message that terms of a pair have changed, to who holds it. */
function changedTerms(priced: Priced, taken = true): readonly string[] {
  const { id, status, openedAtMs, scansMerged, revivals } = opened(priced);
  const pair = { id, status, openedAtMs, scansMerged, revivals, priced };
  const delivery: Delivery = {
    eventId: "event-1",
    telegramId: 1,
    kind: "terms-changed",
    status: "sending",
    reason: null,
    protective: taken,
    silent: false,
    opportunityId: id,
    strategy: "funding",
    asset: "BTC",
    netTold: priced.ledger.net,
    payload: { kind: "terms-changed", pair, others: 0, netBefore: null, reason: null, taken },
    attempts: 1,
    venueAtMs: NOW_MS,
    scanAtMs: NOW_MS,
  };
  return renderDelivery(delivery, { person: personWith(), repeated: false, nowMs: NOW_MS, market: "live" }).text.split("\n");
}

describe("who holds a pair", () => {
  test("reads what its funding costs, without what it cost to enter", () => {
    // 0.0002 paid every 4 h on the short leg, 0.0001 every 8 h on the long one: 0.0005 in 8 h, 21 times in 7 d, of $5,000.
    const lines = changedTerms(fundingPair({ short: { rate: -0.0002 } }));
    expect(lines[0]).toBe("BTC costs you now: -$52.50 in 7 d");
    expect(lines).toContain("You hold this pair. Check whether to close it: /legs");
  });

  test("is not told that it costs while it earns, though its net with entry and exit is a loss", () => {
    const pair = fundingPair({ short: { rate: 0.0001 } });
    expect(pair.ledger.net).toBeLessThan(0);
    const lines = changedTerms(pair);
    expect(lines[0]).toMatch(/^BTC: terms changed, now -\$/u);
    expect(lines).toContain("You hold this pair: /legs");
  });

  test("is promised to be told only of a pair that is on the list", () => {
    const priced = fundingPair();
    const [longInstrument, shortInstrument] = instrumentsOf(priced);
    const told = (opportunityId: string): string => {
      const about = { id: "taken-1", telegramId: 1, opportunityId, key: priced.key, asset: "BTC", longInstrument, shortInstrument };
      const taken = { ...about, sizeUsd: 5_000, priced, takenAtMs: NOW_MS, endedAtMs: null };
      return renderTook({ taken, already: false, market: "live", ageMs: 1_000 }, "en").text;
    };
    expect(told("0a1b2c3d4e5f6")).toContain("If it turns or ends, you are told");
    expect(told("~a1b2c3d4e5f6")).not.toContain("If it turns or ends, you are told");
    expect(told("~a1b2c3d4e5f6")).toContain("nothing tells you when it turns");
  });
});
