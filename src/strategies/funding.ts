import type { Leg } from "../domain/opportunity.ts";
import { carryPerHour, fundingTerms, per8Hours, perYear, ratePerHour } from "../economics/funding.ts";
import { idOf, pairPricer, type PairRates } from "./pair-pricer.ts";
import { selectFunding } from "./select-funding.ts";
import type { StrategyModule } from "./strategy.ts";

/**
 * Perpetual against perpetual on two venues: long where funding is low, short where it is high. USD, USDT and USDC
 * settlement may mix, other currencies not. Rates are per 8 h: `long_rate = 8 r_L / h_L`, `short_rate = 8 r_S / h_S`,
 * difference short − long, gross APR `8760 c`. Example: run in funding.test.ts.
 */
export const fundingStrategy: StrategyModule = {
  id: "funding",
  livesOnFunding: true,
  select: selectFunding,
  pricer: (market, request) => pairPricer(market, request, { strategy: "funding", ratesOf: fundingRates }),
};

function fundingRates(long: Leg, short: Leg): PairRates {
  const paid = ratePerHour(fundingTerms(long));
  const earned = ratePerHour(fundingTerms(short));
  const carry = carryPerHour(fundingTerms(long), fundingTerms(short));
  // Selection drops such pairs as `no-rate`, so this is a bug of the caller.
  if (paid === null || earned === null || carry === null) throw new Error(`no rate: ${idOf(long.quote)}, ${idOf(short.quote)}`);
  const longRate = per8Hours(paid);
  const shortRate = per8Hours(earned);
  return { longRate, shortRate, rateDifference: shortRate - longRate, grossApr: perYear(carry) };
}
