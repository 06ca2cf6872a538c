import type { Ledger, Leg, Stress } from "../domain/opportunity.ts";
import { BASIS_POINT, YEAR_HOURS } from "../domain/units.ts";
import { breakEven } from "./break-even.ts";
import { capacity } from "./capacity.ts";
import { crossingAt, crossingGap } from "./crossing.ts";
import { roundTripFees } from "./fees.ts";
import { formatUsd } from "./format-usd.ts";
import { firstSettlementAtMs, fundingOver, fundingTerms } from "./funding.ts";

/** Holding times for which a card gives net, hours: 1, 7 and 30 days. */
export const CARD_HORIZONS_HOURS = [24, 168, 720] as const;
/** Sizes of one leg for which a card gives the cost, USD. */
export const CARD_SIZES_USD = [1_000, 5_000, 20_000, 100_000] as const;
/** The extra cost of the second stress figure, fraction of notional. */
export const STRESS_COST = 10 * BASIS_POINT;

export type LedgerInput = {
  readonly long: Leg;
  readonly short: Leg;
  /** USD on each leg. */
  readonly sizeUsd: number;
  readonly horizonHours: number;
  readonly nowMs: number;
  /** Collateral of each leg as a fraction of its notional. */
  readonly collateralPerLeg: number;
};

/**
 * Everything a directed pair earns and costs, line by line, fractions of the notional of one leg: `net = funding − fees −
 * crossing`. A line that cannot be computed is null, makes net null, and leaves a sentence in `reasons`. Example: 21
 * settlements of 0.0003 received and 21 of 0.0001 paid, fees of 0.0005 on each leg and spreads of 0.0002 in all give
 * `0.0042 − 0.002 − 0.0002 = 0.002` over 168 h (run in ledger.test.ts).
 */
export function buildLedger(input: LedgerInput): Ledger {
  const { long, short, sizeUsd, horizonHours, nowMs } = input;
  const funding = pairFunding(input, horizonHours);
  const fees = roundTripFees(long.takerFeeRate, short.takerFeeRate);
  const crossing = pairCrossing(input, sizeUsd);
  const cost = sum(fees, crossing);
  const net = netOf(funding, fees, crossing);
  const apr = net === null ? null : (net * YEAR_HOURS) / horizonHours;
  const room = capacity({ net, long, short });
  const costs = costTable(input, fees);
  return {
    sizeUsd,
    horizonHours,
    funding,
    fees,
    crossing,
    net,
    netUsd: net === null ? null : net * sizeUsd,
    netAprOnNotional: apr,
    netAprOnCapital: apr === null ? null : apr / (2 * input.collateralPerLeg),
    netByHours: CARD_HORIZONS_HOURS.map((hours) => ({ horizonHours: hours, net: netOf(pairFunding(input, hours), fees, crossing) })),
    costBySize: costs.costBySize,
    breakEven: breakEven({ long: fundingTerms(long), short: fundingTerms(short), cost, nowMs }),
    stress: stressOf(funding, fees, crossing),
    capacityUsd: room.usd,
    reasons: [
      ...fundingGaps(long, nowMs),
      ...fundingGaps(short, nowMs),
      ...feeGaps(long),
      ...feeGaps(short),
      ...crossingGaps(long, sizeUsd),
      ...crossingGaps(short, sizeUsd),
      ...(net === null ? ["Net, and what follows from it, is not known."] : []),
      ...costs.reasons,
      ...room.reasons,
    ],
  };
}

/** Funding of the pair over a holding time: what the short receives less what the long pays. */
function pairFunding({ long, short, nowMs }: LedgerInput, horizonHours: number): number | null {
  const earned = fundingOver(fundingTerms(short), { nowMs, horizonHours });
  const paid = fundingOver(fundingTerms(long), { nowMs, horizonHours });
  return earned === null || paid === null ? null : earned - paid;
}

/** Crossing of both legs at a size, in and out. */
const pairCrossing = ({ long, short }: LedgerInput, usd: number): number | null =>
  sum(crossingAt(long.quote, usd), crossingAt(short.quote, usd));

const sum = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a + b);

/**
 * What is left: `funding − fees − crossing`, fraction of notional; null where a line is null.
 * @example netOf(0.0042, 0.002, null) // null
 */
export const netOf = (funding: number | null, fees: number | null, crossing: number | null): number | null =>
  funding === null || fees === null || crossing === null ? null : funding - fees - crossing;

/**
 * Net with the funding halved, and with 10 bps more cost. Survives when both are above zero; null where a line is null.
 * @example stressOf(0.008, 0.002, 0.001) // { carryHalved: 0.001, costPlus10Bps: 0.004, survives: true }
 */
export function stressOf(funding: number | null, fees: number | null, crossing: number | null): Stress {
  const net = netOf(funding, fees, crossing);
  const carryHalved = netOf(funding === null ? null : funding / 2, fees, crossing);
  if (net === null || carryHalved === null) return { carryHalved: null, costPlus10Bps: null, survives: null };
  const costPlus10Bps = net - STRESS_COST;
  return { carryHalved, costPlus10Bps, survives: carryHalved > 0 && costPlus10Bps > 0 };
}

/** Fees and crossing at each size of the card. One sentence names the sizes beyond the book, where the reference size fits. */
function costTable(input: LedgerInput, fees: number | null): Pick<Ledger, "reasons" | "costBySize"> {
  const costAt = (usd: number) => sum(fees, pairCrossing(input, usd));
  const costBySize = CARD_SIZES_USD.map((usd) => ({ sizeUsd: usd, cost: costAt(usd) }));
  const unknown =
    costAt(input.sizeUsd) === null ? [] : costBySize.filter(({ cost }) => cost === null).map((line) => formatUsd(line.sizeUsd));
  const reasons = unknown.length === 0 ? [] : [`Cost is not known at ${unknown.join(" and ")}: more than the best bid and ask hold.`];
  return { costBySize, reasons };
}

function fundingGaps({ quote, accrual }: Leg, nowMs: number): readonly string[] {
  const unknown = `Funding is not known: ${quote.venue} sends`;
  if (quote.fundingRatePerInterval === null) return [`${unknown} no funding rate.`];
  if (quote.fundingIntervalHours === null || !(quote.fundingIntervalHours > 0)) return [`${unknown} no usable funding interval.`];
  if (accrual === "continuous") return [];
  if (quote.nextFundingAtMs === null) return [`${unknown} no next funding time.`];
  const schedule = { nextAtMs: quote.nextFundingAtMs, intervalHours: quote.fundingIntervalHours, nowMs };
  return firstSettlementAtMs(schedule) === null ? [`${unknown} a next funding time that has passed.`] : [];
}

const feeGaps = (leg: Leg): readonly string[] =>
  leg.takerFeeRate === null ? [`Fees are not known: no documented taker fee for ${leg.quote.venue}.`] : [];

function crossingGaps({ quote }: Leg, sizeUsd: number): readonly string[] {
  const gap = crossingGap(quote, sizeUsd);
  return gap === null ? [] : [`Crossing is not known: ${quote.venue} ${gap}.`];
}
