import { instrumentId } from "../domain/instrument.ts";
import type { Ledger, Leg, Priced, Strategy } from "../domain/opportunity.ts";
import { type Quote, quoteAt } from "../domain/quote.ts";
import type { Documented, VenueFacts } from "../domain/venue.ts";
import { buildLedger, type LedgerInput } from "../economics/ledger.ts";
import type { DirectedPair, Market, PriceRequest, RowRef } from "./strategy.ts";

/** What the rates of a pair mean in a strategy. */
export type PairRates = Pick<Priced, "longRate" | "shortRate" | "rateDifference" | "grossApr">;

/** What a strategy adds to pricing. */
export type PricingRules = {
  readonly strategy: Strategy;
  readonly ratesOf: (long: Leg, short: Leg, ledger: Ledger) => PairRates;
  /** What its ledger needs beyond the legs. */
  readonly terms?: Pick<LedgerInput, "closure">;
};

/**
 * Makes the function that prices pairs of one market; a row that stands in many pairs becomes an object once. A leg pays the
 * taker fee of its own where it has one, else that of its kind, spot or perpetual.
 */
export function pairPricer(market: Market, request: PriceRequest, rules: PricingRules): (pair: DirectedPair) => Priced {
  const { strategy, ratesOf, terms } = rules;
  const { referenceSizeUsd: sizeUsd, horizonHours, collateralPerLeg } = request.settings;
  const quoteOf = quoteReader(market);
  const toldOf = feeTeller();
  const legAt = (side: Leg["side"], ref: RowRef): Leg => {
    const { facts } = venueAt(market, ref);
    const quote = quoteOf(ref);
    return { side, quote, ...takerFeeOf(quote, facts, toldOf), accrual: facts.accrual };
  };
  return ({ asset, long: longRef, short: shortRef }) => {
    const long = legAt("long", longRef);
    const short = legAt("short", shortRef);
    const depths = { long: request.depthOf(longRef), short: request.depthOf(shortRef) };
    const ledger = buildLedger({ long, short, sizeUsd, horizonHours, collateralPerLeg, nowMs: request.nowMs, depths, ...terms });
    return {
      key: request.keyOf({ strategy, asset, long: idOf(long.quote), short: idOf(short.quote) }),
      strategy,
      asset,
      long,
      short,
      ...ratesOf(long, short, ledger),
      ledger,
      marks: [...request.marksOf(longRef).map((mark) => `long:${mark}`), ...request.marksOf(shortRef).map((mark) => `short:${mark}`)],
      // The scan tells it, which sees the whole cluster.
      identity: null,
    };
  };
}

/** What a leg pays, with its source in a few words: an instrument's own fee, else that of the venue. */
function takerFeeOf(
  quote: Quote,
  { takerFee }: VenueFacts,
  toldOf: (fee: Documented) => string,
): Pick<Leg, "takerFeeRate" | "takerFeeSource"> {
  if (quote.takerFeeRate !== null) return { takerFeeRate: quote.takerFeeRate, takerFeeSource: "sent for this instrument" };
  const fee = takerFee[quote.kind];
  if (fee === null) return { takerFeeRate: null, takerFeeSource: null };
  return { takerFeeRate: fee.rate, takerFeeSource: toldOf(fee) };
}

/** Tells where a fee is from; of each fee it is worked out once, as it stands in many legs. */
function feeTeller(): (fee: Documented) => string {
  const told = new Map<Documented, string>();
  return (fee) => {
    const text = told.get(fee) ?? `${URL.canParse(fee.source) ? "documented fee" : fee.source}, read ${fee.readOn}`;
    told.set(fee, text);
    return text;
  };
}

/** The name of a leg's instrument. */
export const idOf = (quote: Quote): string => instrumentId(quote.venue, quote.symbol);

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
