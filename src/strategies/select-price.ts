import { LACKS_FUNDING, LACKS_PRICE } from "./row-facts.ts";
import { fundingEarned } from "./select-funding.ts";
import { numberAt, type PairRules, selectPairs } from "./select-pairs.ts";
import type { Market, RowFacts, SelectRequest, Selection } from "./strategy.ts";

/**
 * Perpetuals on two venues in one currency, both directions: the edge is the bid of what is sold less the ask of what is
 * bought. Example: run in price.test.ts.
 */
export const selectPrice = (market: Market, request: SelectRequest): Selection =>
  selectPairs(market, request, priceRules(request.settings.priceClosure));

const priceRules = (closure: number): PairRules => ({
  longKind: "perpetual",
  oneVenue: false,
  group: (facts) => facts.currency,
  mismatch: "quote-mismatch",
  needs: LACKS_PRICE | LACKS_FUNDING,
  paid: (facts) => facts.ask,
  received: (facts) => facts.bid,
  noEdge: "no-gap",
  earned: (facts, long, short) => gapOf(facts, long, short) * closure + fundingEarned(facts, long, short),
  crossing: (facts) => facts.exitCrossing,
});

/** `priceGap` of the economics, over columns. */
function gapOf(facts: RowFacts, long: number, short: number): number {
  const longAsk = numberAt(facts.ask, long);
  const shortBid = numberAt(facts.bid, short);
  return (shortBid - longAsk) / ((numberAt(facts.bid, long) + longAsk + shortBid + numberAt(facts.ask, short)) / 4);
}
