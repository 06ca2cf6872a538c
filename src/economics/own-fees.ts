import type { Ledger, Leg, Priced } from "../domain/opportunity.ts";
import { YEAR_HOURS } from "../domain/units.ts";
import { breakEven } from "./break-even.ts";
import { roundTripFees } from "./fees.ts";
import { fundingTerms } from "./funding.ts";
import { netOf, stressOf } from "./ledger.ts";

/** A person's own taker fees, fraction of notional one way, by feed: `binance` for its perpetuals, `binance-spot` for spot. */
export type OwnFees = Readonly<Record<string, number>>;

/**
 * A priced pair with a person's fees in place of the documented ones: fees, net and everything that follows from them are
 * worked out again from the pair's own lines; funding, gain and crossing stand as they were priced. A leg whose fee the
 * person does not give keeps its own. `nowMs` is the moment of pricing. Example: run in own-fees.test.ts.
 */
export function withOwnFees(priced: Priced, own: OwnFees, nowMs: number): Priced {
  const [long, short] = [legWithFee(priced.long, own), legWithFee(priced.short, own)];
  if (long.takerFeeRate === priced.long.takerFeeRate && short.takerFeeRate === priced.short.takerFeeRate) return priced;
  return { ...priced, long, short, ledger: ledgerWithFees({ ...priced, long, short }, nowMs) };
}

const legWithFee = (leg: Leg, own: OwnFees): Leg => {
  const { venue, kind } = leg.quote;
  const name = kind === "perpetual" ? venue : `${venue}-${kind}`;
  return Object.hasOwn(own, name) ? { ...leg, takerFeeRate: own[name] ?? leg.takerFeeRate } : leg;
};

function ledgerWithFees({ strategy, long, short, ledger }: Priced, nowMs: number): Ledger {
  const { funding, crossing, sizeUsd, horizonHours } = ledger;
  const fees = roundTripFees(long.takerFeeRate, short.takerFeeRate);
  const gain = strategy === "price" ? ledger.priceGain : undefined;
  const net = netOf(gain === undefined ? funding : sum(gain, funding), fees, crossing);
  const apr = net === null ? null : (net * YEAR_HOURS) / horizonHours;
  /** How much more these fees cost than those of the ledger. */
  const more = sum(fees, ledger.fees === null ? null : -ledger.fees);
  const room = capacityAt(ledger, more);
  // The crossing of a price gap is not the whole way in and out, which its break-even counts.
  const cost = strategy === "price" ? null : sum(fees, crossing);
  return {
    ...ledger,
    fees,
    net,
    netUsd: net === null ? null : net * sizeUsd,
    netAprOnNotional: apr,
    netAprOnCapital: onCapital(ledger, apr),
    netByHours: ledger.netByHours.map((line) => ({ ...line, net: sum(line.net, more === null ? null : -more) })),
    costBySize: ledger.costBySize.map((line) => ({ ...line, cost: sum(line.cost, more) })),
    breakEven: breakEven({ long: fundingTerms(long), short: fundingTerms(short), cost, nowMs }),
    stress: stressOf({ priceGain: gain, funding, fees, crossing }),
    capacityUsd: room.usd,
    reasons: [...ledger.reasons, ...room.reasons],
  };
}

const sum = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a + b);

/** The same collateral as before: the two annual figures keep their ratio. */
function onCapital({ netAprOnCapital, netAprOnNotional }: Ledger, apr: number | null): number | null {
  if (apr === null || netAprOnCapital === null || netAprOnNotional === null || netAprOnNotional === 0) return null;
  return (apr * netAprOnCapital) / netAprOnNotional;
}

/** Capacity was worked out on the books at the documented fees; cheaper ones can only add to it. */
function capacityAt({ capacityUsd }: Ledger, more: number | null): { readonly usd: number | null; readonly reasons: readonly string[] } {
  if (capacityUsd === null || more === 0) return { usd: capacityUsd, reasons: [] };
  if (more !== null && more < 0)
    return { usd: capacityUsd, reasons: ["Capacity is that at the documented fees; at yours it may be larger."] };
  return { usd: null, reasons: ["Capacity is not known at your fees, which are higher than the documented ones."] };
}
