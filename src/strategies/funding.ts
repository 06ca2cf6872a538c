import { carryPerHour, fundingTerms, per8Hours, perYear, ratePerHour } from "../economics/funding.ts";
import { buildLedger } from "../economics/ledger.ts";
import { instrumentId } from "../domain/instrument.ts";
import type { Leg, Priced } from "../domain/opportunity.ts";
import { type Quote, quoteAt } from "../domain/quote.ts";
import type { DirectedPair, Market, PriceRequest, RowRef, StrategyModule } from "./strategy.ts";
import { selectFunding } from "./select-funding.ts";

/**
 * Perpetual against perpetual on two venues: long where funding is low, short where it is high. USD, USDT and USDC
 * settlement may mix, other currencies not.
 */
export const fundingStrategy: StrategyModule = { id: "funding", select: selectFunding, pricer: fundingPricer };

/**
 * Makes the function that prices pairs of one market; a row that stands in many pairs becomes an object once. Rates are
 * per 8 h: `long_rate = 8 r_L / h_L`, `short_rate = 8 r_S / h_S`, difference short − long, gross APR `8760 c`.
 * Example: run in funding.test.ts.
 */
function fundingPricer(market: Market, request: PriceRequest): (pair: DirectedPair) => Priced {
  const quoteOf = quoteReader(market);
  const legAt = (side: Leg["side"], ref: RowRef): Leg => {
    const { facts } = venueAt(market, ref);
    return { side, quote: quoteOf(ref), takerFeeRate: facts.takerFee.perpetual?.rate ?? null, accrual: facts.accrual };
  };
  return (pair) => {
    const long = legAt("long", pair.long);
    const short = legAt("short", pair.short);
    const rates = ratesOf(long, short);
    return {
      key: request.keyOf({ strategy: "funding", asset: pair.asset, long: idOf(long.quote), short: idOf(short.quote) }),
      strategy: "funding",
      asset: pair.asset,
      long,
      short,
      ...rates,
      ledger: buildLedger({
        long,
        short,
        sizeUsd: request.settings.referenceSizeUsd,
        horizonHours: request.settings.horizonHours,
        collateralPerLeg: request.settings.collateralPerLeg,
        nowMs: request.nowMs,
      }),
      marks: [...request.marksOf(pair.long).map((mark) => `long:${mark}`), ...request.marksOf(pair.short).map((mark) => `short:${mark}`)],
    };
  };
}

const idOf = (quote: Quote): string => instrumentId(quote.venue, quote.symbol);

function ratesOf(long: Leg, short: Leg): Pick<Priced, "longRate" | "shortRate" | "rateDifference" | "grossApr"> {
  const paid = ratePerHour(fundingTerms(long));
  const earned = ratePerHour(fundingTerms(short));
  const carry = carryPerHour(fundingTerms(long), fundingTerms(short));
  // Selection drops such pairs as `no-rate`, so this is a bug of the caller.
  if (paid === null || earned === null || carry === null) throw new Error(`no rate: ${idOf(long.quote)}, ${idOf(short.quote)}`);
  const longRate = per8Hours(paid);
  const shortRate = per8Hours(earned);
  return { longRate, shortRate, rateDifference: shortRate - longRate, grossApr: perYear(carry) };
}

function venueAt(market: Market, ref: RowRef): Market[number] {
  const venue = market[ref.venue];
  if (venue === undefined) throw new RangeError(`venue ${ref.venue} of ${market.length}`);
  return venue;
}

function quoteReader(market: Market): (ref: RowRef) => Quote {
  const read = new Map<number, Quote>();
  return (ref) => {
    const place = ref.row * market.length + ref.venue;
    const known = read.get(place) ?? quoteAt(venueAt(market, ref).columns, ref.row);
    read.set(place, known);
    return known;
  };
}
