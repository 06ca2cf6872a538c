import { describe, expect, test } from "vitest";
import { fundingPair, NOW_MS, opened } from "../../../test/opportunities.ts";
import { personWith } from "../../../test/people.ts";
import type { DegradedFigures, Delivery } from "../../domain/delivery.ts";
import type { Priced } from "../../domain/opportunity.ts";
import type { Language } from "../../domain/person.ts";
import { instrumentsOf } from "./pair.ts";
import { renderDelivery } from "./alert.ts";
import { renderTook } from "./took.ts";

type Told = { readonly degraded: readonly DegradedFigures[]; readonly language: Language };

/** The message that terms of a pair have changed, to who holds it. */
function changedTerms(priced: Priced, taken = true, over: Partial<Told> = {}): readonly string[] {
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
    payload: { kind: "terms-changed", pair, others: 0, netBefore: null, reason: null, taken, degraded: over.degraded ?? [] },
    attempts: 1,
    venueAtMs: NOW_MS,
    scanAtMs: NOW_MS,
  };
  return renderDelivery(delivery, {
    person: personWith({ language: over.language ?? "en" }),
    repeated: false,
    nowMs: NOW_MS,
    market: "live",
  }).text.split("\n");
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

test("an alert names in one line, in either language, which figures of its legs are missing or old", () => {
  const at = (endpoint: string, sinceMs: number | null, fromMs: number | null = null) => ({ venue: "gate", endpoint, sinceMs, fromMs });
  const degraded = [at("openInterest", null), at("tickers", null, NOW_MS), at("tickers", null, NOW_MS), at("other", null)];
  const english = changedTerms(fundingPair(), false, { degraded }).filter((line) => line.includes("Gate"));
  expect(english).toEqual([expect.stringMatching(/^Gate: open interest unknown · Gate: prices of \S.*, not read since · \+1$/u)]);
  const indonesian = changedTerms(fundingPair(), false, { degraded, language: "id" }).filter((line) => line.includes("Gate"));
  expect(indonesian).toEqual([expect.stringMatching(/^Gate: .+ tidak diketahui · .+ · \+1$/u)]);
  expect(changedTerms(fundingPair(), false).join("\n")).not.toContain("Gate");
});
