import { FUNDING_APART } from "./select-funding.ts";
import { type PairRules, selectPairs } from "./select-pairs.ts";
import type { Market, SelectRequest, Selection } from "./strategy.ts";

/**
 * Spot bought, perpetual sold, on one venue or two: the edge is the perpetual's funding per hour, as spot pays none. The
 * currency in which spot is quoted mixes with the one in which the perpetual settles as those of two perpetuals do. Example:
 * run in carry.test.ts.
 */
export const selectCarry = (market: Market, request: SelectRequest): Selection => selectPairs(market, request, CARRY_RULES);

const CARRY_RULES: PairRules = {
  ...FUNDING_APART,
  longKind: "spot",
  oneVenue: true,
  paid: (facts) => facts.ratePerHour,
  received: (facts) => facts.ratePerHour,
  noEdge: "no-carry",
  closure: 0,
  crossing: (facts) => facts.crossing,
};
