import { LACKS_FUNDING, LACKS_PRICE } from "./row-facts.ts";
import { type PairRules, selectPairs } from "./select-pairs.ts";
import type { Market, SelectRequest, Selection } from "./strategy.ts";

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
  closure,
  crossing: (facts) => facts.exitCrossing,
});
