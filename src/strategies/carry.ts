import type { Leg } from "../domain/opportunity.ts";
import { fundingTerms, per8Hours, perYear, ratePerHour } from "../economics/funding.ts";
import { idOf, pairPricer, type PairRates } from "./pair-pricer.ts";
import { selectCarry } from "./select-carry.ts";
import type { StrategyModule } from "./strategy.ts";

/**
 * Spot bought, perpetual sold, on one venue or two: the short earns its funding and the coin covers its price. Spot is never
 * sold short, so there is one direction. Spot quoted in USDT or USDC may stand against a perpetual that settles in USD, USDT
 * or USDC, with the risk of the stablecoin. `long_rate` is null, `short_rate = 8 r_S / h_S` is the difference, gross APR
 * `8760 r_S / h_S`. Example: run in carry.test.ts.
 */
export const carryStrategy: StrategyModule = {
  id: "carry",
  livesOnFunding: true,
  select: selectCarry,
  pricer: (market, request) => pairPricer(market, request, { strategy: "carry", ratesOf: carryRates }),
};

function carryRates(_: Leg, short: Leg): PairRates {
  const earned = ratePerHour(fundingTerms(short));
  // Selection drops such pairs as `no-rate`, so this is a bug of the caller.
  if (earned === null) throw new Error(`no rate: ${idOf(short.quote)}`);
  const shortRate = per8Hours(earned);
  return { longRate: null, shortRate, rateDifference: shortRate, grossApr: perYear(earned) };
}
