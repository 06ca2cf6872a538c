import type { BreakEven, Ledger, Leg, Priced } from "../domain/opportunity.ts";
import { YEAR_HOURS } from "../domain/units.ts";
import { breakEven } from "./break-even.ts";
import { roundTripFees } from "./fees.ts";
import { formatUsd } from "./format-usd.ts";
import { fundingOver, fundingTerms } from "./funding.ts";
import { netOf, stressOf } from "./ledger.ts";

/** At what a person trades. */
export type OwnTerms = {
  /** Taker fees, fraction of notional one way, by feed: `binance` for its perpetuals, `binance-spot` for spot. */
  readonly fees: Readonly<Record<string, number>>;
  /** USD on each leg. */
  readonly sizeUsd: number;
  readonly horizonHours: number;
};

/**
 * A priced pair at a person's fees, size and horizon. Fees take the place of the documented ones; funding is counted anew
 * over another horizon; crossing at another size is that of the ledger's `costBySize`: exact where the size is listed, that
 * of the next larger listed size otherwise, which is an upper bound and said in `reasons`, and null beyond the largest. A leg
 * whose fee the person does not give keeps its own, and so does one whose instrument costs another fee than its market.
 * `nowMs` is the moment of pricing. The pair itself comes back where nothing differs. Example: run in own-terms.test.ts.
 */
export function withOwnTerms(priced: Priced, terms: OwnTerms, nowMs: number): Priced {
  const long = legWithFee(priced.long, terms.fees);
  const short = legWithFee(priced.short, terms.fees);
  const { ledger } = priced;
  const sameFees = long.takerFeeRate === priced.long.takerFeeRate && short.takerFeeRate === priced.short.takerFeeRate;
  if (sameFees && terms.sizeUsd === ledger.sizeUsd && terms.horizonHours === ledger.horizonHours) return priced;
  const own = ledgerAt({ ...priced, long, short }, terms, nowMs);
  const { priceGain } = own;
  const isGap = priced.strategy === "price" && priceGain !== null;
  return { ...priced, long, short, grossApr: isGap ? (priceGain * YEAR_HOURS) / own.horizonHours : priced.grossApr, ledger: own };
}

const legWithFee = (leg: Leg, own: OwnTerms["fees"]): Leg => {
  const { venue, kind } = leg.quote;
  const name = kind === "perpetual" ? venue : `${venue}-${kind}`;
  const rate = leg.quote.takerFeeRate === null && Object.hasOwn(own, name) ? own[name] : undefined;
  return rate === undefined ? leg : { ...leg, takerFeeRate: rate, takerFeeSource: null };
};

function ledgerAt(pair: Priced, { sizeUsd, horizonHours }: OwnTerms, nowMs: number): Ledger {
  const { ledger } = pair;
  const fees = roundTripFees(pair.long.takerFeeRate, pair.short.takerFeeRate);
  const funding = horizonHours === ledger.horizonHours ? ledger.funding : fundingAt(pair, horizonHours, nowMs);
  const { crossing, reasons: crossingReasons } = crossingAtSize(ledger, sizeUsd);
  const gain = pair.strategy === "price" ? ledger.priceGain : undefined;
  const net = netOf(gain === undefined ? funding : sum(gain, funding), fees, crossing);
  const apr = net === null ? null : (net * YEAR_HOURS) / horizonHours;
  /** What the pair loses at these terms against the ledger's, at any size. */
  const less = sum(difference(fees, ledger.fees), difference(ledger.funding, funding));
  const room = capacityAt(ledger, less);
  return {
    ...ledger,
    sizeUsd,
    horizonHours,
    funding,
    fees,
    crossing,
    ...(crossing === null ? { crossingSource: null, crossingAgeMs: null } : {}),
    net,
    netUsd: net === null ? null : net * sizeUsd,
    netAprOnNotional: apr,
    netAprOnCapital: onCapital(ledger, apr),
    netByHours: ledger.netByHours.map((line) => ({ ...line, net: netHeld(pair, line, { fees, crossing, nowMs }) })),
    costBySize: ledger.costBySize.map((line) => ({ ...line, cost: sum(line.cost, difference(fees, ledger.fees)) })),
    breakEven: breakEvenAt(pair, { fees, crossing, nowMs }),
    stress: stressOf({ priceGain: gain, funding, fees, crossing }),
    capacityUsd: room.usd,
    reasons: [
      ...ledger.reasons
        .filter((reason) => !isAnswered(reason, { pair, crossing, ownSize: sizeUsd !== ledger.sizeUsd }))
        .map((reason) =>
          reason.startsWith("Assumes that") ? reason.replace(/within \S+ hours/u, `within ${horizonHours} hours`) : reason,
        ),
      ...(funding === null && ledger.funding !== null ? ["Funding is not known over your horizon: the schedule last seen is over."] : []),
      ...crossingReasons,
      ...(net === null ? [NET_UNKNOWN] : []),
      ...room.reasons,
    ],
  };
}

const NET_UNKNOWN = "Net, and what follows from it, is not known.";

/** Whether a sentence of the ledger no longer holds at these terms, or is said anew. */
function isAnswered(reason: string, at: { readonly pair: Priced; readonly crossing: number | null; readonly ownSize: boolean }): boolean {
  if (reason === NET_UNKNOWN) return true;
  if (reason.startsWith("Crossing is not known:")) return at.crossing !== null || at.ownSize;
  const named = [at.pair.long, at.pair.short].filter(({ quote }) => reason.endsWith(` ${quote.venue}.`));
  return reason.startsWith("Fees are not known:") && named.every(({ takerFeeRate }) => takerFeeRate !== null);
}

const sum = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a + b);
/** `a − b`, and exactly 0 where both are the same. */
const difference = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a - b);

/** Funding of the pair over a holding time: what the short receives less what the long pays. */
function fundingAt({ long, short }: Priced, horizonHours: number, nowMs: number): number | null {
  const earned = fundingOver(fundingTerms(short), { nowMs, horizonHours });
  const paid = fundingOver(fundingTerms(long), { nowMs, horizonHours });
  return difference(earned, paid);
}

/** Net when held for the hours of a line: that line less what these terms cost more, else worked out from the legs. */
function netHeld(
  pair: Priced,
  line: { readonly horizonHours: number; readonly net: number | null },
  { fees, crossing, nowMs }: { readonly fees: number | null; readonly crossing: number | null; readonly nowMs: number },
): number | null {
  const { ledger } = pair;
  const more = sum(difference(fees, ledger.fees), difference(crossing, ledger.crossing));
  if (line.net !== null && more !== null) return line.net - more;
  const held = fundingAt(pair, line.horizonHours, nowMs);
  return netOf(pair.strategy === "price" ? sum(ledger.priceGain, held) : held, fees, crossing);
}

/** Crossing at a size from what the ledger lists; it never falls with size, so that of a larger size is an upper bound. */
function crossingAtSize(ledger: Ledger, sizeUsd: number): { readonly crossing: number | null; readonly reasons: readonly string[] } {
  if (sizeUsd === ledger.sizeUsd) return { crossing: ledger.crossing, reasons: [] };
  const known = [
    { sizeUsd: ledger.sizeUsd, crossing: ledger.crossing },
    ...ledger.costBySize.map((line) => ({ sizeUsd: line.sizeUsd, crossing: difference(line.cost, ledger.fees) })),
  ];
  const larger = known.filter((line) => line.sizeUsd >= sizeUsd).sort((a, b) => a.sizeUsd - b.sizeUsd);
  const [next] = larger;
  if (next === undefined) {
    const largest = Math.max(...known.map((line) => line.sizeUsd));
    return { crossing: null, reasons: [`Crossing is not known at ${formatUsd(sizeUsd)}: it is worked out up to ${formatUsd(largest)}.`] };
  }
  if (next.crossing === null) {
    return { crossing: null, reasons: [`Crossing is not known at ${formatUsd(sizeUsd)}: nor is it at ${formatUsd(next.sizeUsd)}.`] };
  }
  if (next.sizeUsd === sizeUsd) return { crossing: Math.max(0, next.crossing), reasons: [] };
  const reasons = [`Crossing at ${formatUsd(sizeUsd)} is priced as for ${formatUsd(next.sizeUsd)}: an upper bound.`];
  return { crossing: Math.max(0, next.crossing), reasons };
}

/** The same collateral as before: the two annual figures keep their ratio. */
function onCapital({ netAprOnCapital, netAprOnNotional }: Ledger, apr: number | null): number | null {
  if (apr === null || netAprOnCapital === null || netAprOnNotional === null || netAprOnNotional === 0) return null;
  return (apr * netAprOnCapital) / netAprOnNotional;
}

/** Does not depend on the horizon. The crossing of a price gap is not the whole way in and out, which its break-even counts. */
function breakEvenAt(
  { strategy, long, short, ledger }: Priced,
  { fees, crossing, nowMs }: { readonly fees: number | null; readonly crossing: number | null; readonly nowMs: number },
): BreakEven {
  if (fees === ledger.fees && crossing === ledger.crossing) return ledger.breakEven;
  const cost = strategy === "price" ? null : sum(fees, crossing);
  return breakEven({ long: fundingTerms(long), short: fundingTerms(short), cost, nowMs });
}

/** Capacity was worked out on the books at the documented fees and horizon; better terms can only add to it. */
function capacityAt({ capacityUsd }: Ledger, less: number | null): { readonly usd: number | null; readonly reasons: readonly string[] } {
  if (capacityUsd === null || less === 0) return { usd: capacityUsd, reasons: [] };
  if (less !== null && less < 0)
    return { usd: capacityUsd, reasons: ["Capacity is that at the documented fees and horizon; at yours it may be larger."] };
  return { usd: null, reasons: ["Capacity is not known at your fees and horizon, which pay less than the documented ones."] };
}
