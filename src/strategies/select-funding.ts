import { numberAt, type PairRules, selectPairs } from "./select-pairs.ts";
import type { Market, PairDropReason, RowFacts, SelectRequest, Selection } from "./strategy.ts";

/** Perpetuals on two venues, both directions: the edge is the carry per hour. Example: run in select-funding.test.ts. */
export const selectFunding = (market: Market, request: SelectRequest): Selection => selectPairs(market, request, FUNDING_RULES);

const FUNDING_RULES: PairRules = {
  longKind: "perpetual",
  oneVenue: false,
  apart: fundingApart,
  edge: (facts, long, short) => numberAt(facts.ratePerHour, short) - numberAt(facts.ratePerHour, long),
  noEdge: "no-carry",
  earned: fundingEarned,
  crossing: (facts) => facts.crossing,
};

/** Currencies that do not mix, or funding that is not known on a leg. A spot leg's is known: there is none. */
export function fundingApart(facts: RowFacts, long: number, short: number): PairDropReason | null {
  if (facts.settleGroup[long] !== facts.settleGroup[short]) return "settle-mismatch";
  return isFundingKnown(facts, long) && isFundingKnown(facts, short) ? null : "no-rate";
}

/** Whether rate and schedule of a row are known. */
export const isFundingKnown = (facts: RowFacts, entry: number): boolean =>
  !Number.isNaN(numberAt(facts.ratePerHour, entry) + numberAt(facts.funding, entry));

/** Funding of the pair over the horizon, fraction. */
export function fundingEarned(facts: RowFacts, long: number, short: number): number {
  return numberAt(facts.funding, short) - numberAt(facts.funding, long);
}
