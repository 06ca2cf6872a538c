import { expect, test } from "vitest";
import { fundingPair, NOW_MS } from "../../../test/opportunities.ts";
import type { Leg, Priced } from "../../domain/opportunity.ts";
import { renderCard } from "./card.ts";

const legOf = (leg: Leg, quote: Partial<Leg["quote"]>): Leg => ({ ...leg, quote: { ...leg.quote, ...quote } });
const textOf = (priced: Priced, ownFees: Readonly<Record<string, number>> = {}): string =>
  renderCard({
    pair: { key: priced.key, id: null, row: null, priced, refusal: null },
    language: "en",
    ownFees,
    market: "live",
    ageMs: 1_000,
    degraded: [],
    nowMs: NOW_MS,
  }).text;

test("a leg without bid, ask and mark has its smallest order by the index", () => {
  const pair = fundingPair();
  const long = legOf(pair.long, { minOrderBase: 0.1 });
  const short = legOf(pair.short, { minOrderBase: 0.5, bid: null, ask: null, mark: null, index: 100 });
  expect(textOf({ ...pair, long, short })).toContain("$50");
  expect(textOf({ ...pair, long, short: legOf(short, { index: null }) })).not.toContain("$50");
});

test("costs are at the reader's fees only where a leg pays them: an instrument with a fee of its own does not", () => {
  const pair = fundingPair();
  expect(textOf(pair, { alpha: 0.0001 })).toContain("your fees");
  expect(textOf({ ...pair, long: legOf(pair.long, { takerFeeRate: 0.001 }) }, { alpha: 0.0001 })).toContain("standard fees");
});

test("a leg that accrues by the second, with no next time and no quotes, says so and nothing that is no word", () => {
  const pair = fundingPair({ short: { venue: "paradex", rate: 0.0012, hours: 24 } });
  const short: Leg = {
    ...legOf(pair.short, { bid: null, ask: null, mark: null, index: null, nextFundingAtMs: null, minOrderBase: null }),
    accrual: "continuous",
  };
  const late = legOf(pair.long, { nextFundingAtMs: NOW_MS - 180_000 });
  const text = textOf({ ...pair, long: late, short });
  expect(text).toContain("per 1 d, all the time");
  expect(text).not.toMatch(/NaN|null|undefined|in -|Infinity/u);
});
