import type { Ledger, Leg } from "../domain/opportunity.ts";
import { YEAR_HOURS } from "../domain/units.ts";
import { idOf, pairPricer, type PairRates } from "./pair-pricer.ts";
import { selectPrice } from "./select-price.ts";
import type { StrategyModule } from "./strategy.ts";

/**
 * A gap that stands between the prices of one coin's perpetuals on two venues, in one currency: bought at the ask where it is
 * cheap, sold at the bid where it is dear, held over the horizon. `long_rate` is that ask and `short_rate` that bid, USD per
 * coin, difference `(bid_S − ask_L) / ask_L`, gross APR the assumed gain a year, `8760 · gain / T`. The gain assumes a
 * closure, which the ledger names. How long the gap has stood is the age of the row. Example: run in price.test.ts.
 */
export const priceStrategy: StrategyModule = {
  id: "price",
  livesOnFunding: false,
  select: selectPrice,
  pricer: (market, request) =>
    pairPricer(market, request, { strategy: "price", ratesOf: priceRates, terms: { closure: request.settings.priceClosure } }),
};

function priceRates(long: Leg, short: Leg, { priceGain, horizonHours }: Ledger): PairRates {
  const { ask } = long.quote;
  const { bid } = short.quote;
  // Selection drops such pairs as `no-price`, so this is a bug of the caller.
  if (ask === null || bid === null || priceGain === null) throw new Error(`no price: ${idOf(long.quote)}, ${idOf(short.quote)}`);
  return { longRate: ask, shortRate: bid, rateDifference: (bid - ask) / ask, grossApr: (priceGain * YEAR_HOURS) / horizonHours };
}
