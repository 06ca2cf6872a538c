import { LACKS_FUNDING } from "./row-facts.ts";
import { type PairRules, selectPairs } from "./select-pairs.ts";
import type { Market, RowFacts, SelectRequest, Selection } from "./strategy.ts";

/** Perpetuals on two venues, both directions: the edge is the carry per hour. Example: run in select-funding.test.ts. */
export const selectFunding = (market: Market, request: SelectRequest): Selection => selectPairs(market, request, FUNDING_RULES);

/** Currencies that do not mix, and funding that is not known on a leg, keep rows apart. A spot leg's is known: there is none. */
export const FUNDING_APART = {
  group: (facts: RowFacts) => facts.settleGroup,
  mismatch: "settle-mismatch",
  needs: LACKS_FUNDING,
} as const;

const FUNDING_RULES: PairRules = {
  ...FUNDING_APART,
  longKind: "perpetual",
  oneVenue: false,
  paid: (facts) => facts.ratePerHour,
  received: (facts) => facts.ratePerHour,
  noEdge: "no-carry",
  closure: 0,
  crossing: (facts) => facts.crossing,
};
