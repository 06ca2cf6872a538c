import { describe, expect, test } from "vitest";
import { fundingPair, missed, NOW_MS, opened, scanOf, VENUES } from "../../test/opportunities.ts";
import { personWith } from "../../test/people.ts";
import type { Opportunity, Priced } from "../domain/opportunity.ts";
import type { Preferences } from "../domain/person.ts";
import { HOUR_MS } from "../domain/units.ts";
import { buildSnapshot } from "../storage/snapshot.ts";
import { mutedBy, myCards } from "./my-cards.ts";

const high = fundingPair({ short: { rate: 0.0006, venue: "gamma" } });
const low = fundingPair();
const eth = fundingPair({ asset: "ETH" });
/** Pays only whoever has lower fees than the documented ones: 21 to 42 settlements of next to nothing. */
const thin = fundingPair({ asset: "SOL", short: { rate: 0.0001 } });

function cards(
  rows: readonly Opportunity[],
  wishes: Partial<Preferences> = {},
  more: { readonly candidates?: readonly Priced[]; readonly nearMisses?: readonly Priced[] } = {},
) {
  const { snapshot } = buildSnapshot({
    scan: scanOf({ nearMisses: (more.nearMisses ?? []).map(missed) }),
    opportunities: rows.map((row) => ({ ...row, points: [], netUnknown: null })),
    candidates: more.candidates ?? [],
    market: null,
    nowMs: NOW_MS,
    flagSeconds: 300,
    venues: VENUES,
  });
  const found = myCards(snapshot, personWith(wishes).preferences, NOW_MS);
  return {
    cards: found.cards.map(({ best, others }) => [best, ...others].map(({ key }) => key)),
    misses: found.nearMisses.map(({ key }) => key),
    found,
  };
}

describe("what somebody sees of a snapshot", () => {
  test("is one card an asset and strategy, best pair first by net in USD, the others under it", () => {
    expect(cards([opened(low), opened(eth), opened(high)]).cards).toEqual([[high.key, low.key], [eth.key]]);
  });

  test("leaves out what is not on both of their venues, or not among their coins and strategies", () => {
    const rows = [opened(low), opened(eth), opened(high)];
    expect(cards(rows, { venues: ["alpha", "beta"] }).cards).toEqual([[low.key], [eth.key]]);
    expect(cards(rows, { assets: ["eth"] }).cards).toEqual([[eth.key]]);
    expect(cards(rows, { strategies: ["carry"] }).cards).toEqual([]);
  });

  test("is at their own size, with what does not clear their bar as near-misses", () => {
    const bar = { kind: "net-usd", value: (high.ledger.netUsd ?? 0) - 1 } as const;
    expect(cards([opened(low), opened(high)], { bar })).toMatchObject({ cards: [[high.key]], misses: [low.key] });
    expect(cards([opened(low), opened(high)], { bar, sizeUsd: 1_000 })).toMatchObject({ cards: [], misses: [high.key, low.key] });
  });

  test("has pairs that clear the bar only at lower fees, without a row, and not at the documented ones", () => {
    const fees = { alpha: 0, beta: 0 };
    const given = { candidates: [thin], nearMisses: [thin] };
    expect(cards([], {}, given)).toMatchObject({ cards: [], misses: [thin.key] });
    expect(cards([], { fees }, given).found.cards[0]?.best).toMatchObject({ key: thin.key, id: null, row: null, status: "no-row" });
  });

  test("shows a pair without data behind those that have it", () => {
    const lost = opened(high, { status: "no-data", noDataSinceMs: NOW_MS, noDataReason: "gamma: timeout" });
    expect(cards([lost, opened(low)]).cards).toEqual([[low.key, high.key]]);
  });
});

describe("a mute", () => {
  const until = (untilMs: number | null, scope: "asset" | "venue" | "strategy", value: string) => ({
    mutes: [{ scope, value, untilMs }],
  });

  test.each([
    ["asset", "BTC", true],
    ["asset", "ETH", false],
    ["venue", "beta", true],
    ["venue", "gamma", false],
    ["strategy", "funding", true],
    ["strategy", "price", false],
  ] as const)("of the %s %s covers a funding pair of BTC on alpha and beta: %s", (scope, value, covers) => {
    expect(mutedBy(low, until(null, scope, value), NOW_MS) !== null).toBe(covers);
  });

  test("ends at its time, and covers every cluster of its coin", () => {
    expect(mutedBy(low, until(NOW_MS + HOUR_MS, "asset", "BTC"), NOW_MS)).not.toBeNull();
    expect(mutedBy(low, until(NOW_MS, "asset", "BTC"), NOW_MS)).toBeNull();
    expect(mutedBy(fundingPair({ asset: "NEIRO~2" }), until(null, "asset", "neiro"), NOW_MS)).not.toBeNull();
  });
});
