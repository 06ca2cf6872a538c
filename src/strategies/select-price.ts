import { fundingEarned, isFundingKnown } from "./select-funding.ts";
import { numberAt, type PairRules, selectPairs } from "./select-pairs.ts";
import type { Market, PairDropReason, RowFacts, SelectRequest, Selection } from "./strategy.ts";

/**
 * Perpetuals on two venues in one currency, both directions: the edge is the bid of what is sold less the ask of what is
 * bought. Example: run in price.test.ts.
 */
export const selectPrice = (market: Market, request: SelectRequest): Selection =>
  selectPairs(market, request, priceRules(request.settings.priceClosure));

const priceRules = (closure: number): PairRules => ({
  longKind: "perpetual",
  oneVenue: false,
  apart: priceApart,
  edge: (facts, long, short) => numberAt(facts.bid, short) - numberAt(facts.ask, long),
  noEdge: "no-gap",
  earned: (facts, long, short) => gapOf(facts, long, short) * closure + fundingEarned(facts, long, short),
  crossing: (facts) => facts.exitCrossing,
});

function priceApart(facts: RowFacts, long: number, short: number): PairDropReason | null {
  if (facts.currency[long] !== facts.currency[short]) return "quote-mismatch";
  if (Number.isNaN(gapOf(facts, long, short))) return "no-price";
  return isFundingKnown(facts, long) && isFundingKnown(facts, short) ? null : "no-rate";
}

/** `priceGap` of the economics, over columns. */
function gapOf(facts: RowFacts, long: number, short: number): number {
  const longAsk = numberAt(facts.ask, long);
  const shortBid = numberAt(facts.bid, short);
  return (shortBid - longAsk) / ((numberAt(facts.bid, long) + longAsk + shortBid + numberAt(facts.ask, short)) / 4);
}
