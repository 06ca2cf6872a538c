import type { LegDepth } from "../domain/depth.ts";
import type { Ledger, Leg, Stress } from "../domain/opportunity.ts";
import { BASIS_POINT, YEAR_HOURS } from "../domain/units.ts";
import { breakEven } from "./break-even.ts";
import { capacity } from "./capacity.ts";
import { roundTripFees } from "./fees.ts";
import { formatUsd } from "./format-usd.ts";
import { firstSettlementAtMs, fundingOver, type FundingTerms, fundingTerms } from "./funding.ts";
import { crossingOrigin, type LegBook, legCrossing, legCrossingGap } from "./leg-crossing.ts";
import { exitCrossing, priceGain, priceGap } from "./price-gain.ts";

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
  /** The legs' order books, where they were read within the last minutes. Absent: the top of both books. */
  readonly depths?: { readonly long: LegDepth | null; readonly short: LegDepth | null };
  /** Share of the gap between the entry prices that is assumed to close by the horizon. Absent: the pair does not live on one. */
  readonly closure?: number;
};

/**
 * Everything a directed pair earns and costs, line by line, fractions of the notional of one leg: `net = funding − fees −
 * crossing`, and where a closure is assumed `net = gap · closure + funding − fees − crossing`, crossing then being what the
 * prices of the gap leave to pay (`exitCrossing`). A line that cannot be computed is null, makes net null, and leaves a
 * sentence in `reasons`. Example: 21 settlements of 0.0003 received and 21 of 0.0001 paid, fees of 0.0005 on each leg and
 * spreads of 0.0002 in all give `0.0042 − 0.002 − 0.0002 = 0.002` over 168 h (run in ledger.test.ts).
 */
export function buildLedger(asked: LedgerInput): Ledger {
  const { long, short, sizeUsd, horizonHours, nowMs } = asked;
  const books = booksOf(asked);
  const input: Work = { ...asked, books, terms: { long: fundingTerms(long), short: fundingTerms(short) } };
  const gain = pairGain(input);
  const funding = pairFunding(input, horizonHours);
  const earned = withGain(input, funding);
  const fees = roundTripFees(long.takerFeeRate, short.takerFeeRate);
  const crossing = pairCrossing(input, sizeUsd);
  const net = netOf(earned, fees, crossing);
  const apr = net === null ? null : (net * YEAR_HOURS) / horizonHours;
  const netAt = (usd: number): number | null => netOf(earned, fees, pairCrossing(input, usd));
  const room = capacity({ netAt: net === null ? null : netAt, ...books });
  const costs = costTable(input, fees);
  return {
    sizeUsd,
    horizonHours,
    priceGain: gain,
    funding,
    fees,
    crossing,
    ...(crossing === null ? NO_ORIGIN : crossingOrigin([books.long.depth, books.short.depth], nowMs)),
    net,
    netUsd: net === null ? null : net * sizeUsd,
    netAprOnNotional: apr,
    netAprOnCapital: apr === null ? null : apr / (2 * input.collateralPerLeg),
    netByHours: CARD_HORIZONS_HOURS.map((hours) => {
      return { horizonHours: hours, net: netOf(withGain(input, pairFunding(input, hours)), fees, crossing) };
    }),
    costBySize: costs.costBySize,
    breakEven: breakEven({ ...input.terms, cost: sum(fees, bothWays(books, sizeUsd)), nowMs }),
    stress: stressOf({ priceGain: input.closure === undefined ? undefined : gain, funding, fees, crossing }),
    capacityUsd: room.usd,
    reasons: [
      ...gainReasons(input, gain),
      ...fundingGaps(long, nowMs),
      ...fundingGaps(short, nowMs),
      ...feeGaps(long),
      ...feeGaps(short),
      ...crossingGaps(books.long, sizeUsd),
      ...crossingGaps(books.short, sizeUsd),
      ...(net === null ? ["Net, and what follows from it, is not known."] : []),
      ...costs.reasons,
      ...room.reasons,
    ],
  };
}

/** Funding of the pair over a holding time: what the short receives less what the long pays. */
function pairFunding({ terms, nowMs }: Work, horizonHours: number): number | null {
  const window = { nowMs, horizonHours };
  const earned = fundingOver(terms.short, window);
  const paid = fundingOver(terms.long, window);
  return earned === null || paid === null ? null : earned - paid;
}

/** What the assumed closing of the gap brings; null where it is not known or the pair does not live on it. */
const pairGain = ({ long, short, closure }: LedgerInput): number | null =>
  closure === undefined ? null : priceGain(long.quote, short.quote, closure);

/** Funding with that gain, for a pair that lives on it. */
const withGain = (input: LedgerInput, funding: number | null): number | null =>
  input.closure === undefined ? funding : sum(pairGain(input), funding);

/** Crossing of both legs at a size: in and out, or what is left of it where the gap's own prices are those of the entry. */
function pairCrossing({ closure, books }: Work, usd: number): number | null {
  if (closure === undefined) return bothWays(books, usd);
  const { long, short } = books;
  return sum(exitCrossing(long.quote, legCrossing(long, usd)), exitCrossing(short.quote, legCrossing(short, usd)));
}

/** Crossing of both legs at a size, in and out. */
function bothWays({ long, short }: Books, usd: number): number | null {
  return sum(legCrossing(long, usd), legCrossing(short, usd));
}

/** Both legs with what is known of their books. */
type Books = { readonly long: LegBook; readonly short: LegBook };
/** What is asked, with books and funding terms put together once: a ledger asks for them at dozens of sizes and times. */
type Work = LedgerInput & { readonly books: Books; readonly terms: { readonly long: FundingTerms; readonly short: FundingTerms } };

const booksOf = ({ long, short, depths }: LedgerInput): Books => ({
  long: { quote: long.quote, depth: depths?.long ?? null },
  short: { quote: short.quote, depth: depths?.short ?? null },
});

const NO_ORIGIN = { crossingSource: null, crossingAgeMs: null } as const;

const sum = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a + b);

/**
 * What is left: `earned − fees − crossing`, fraction of notional, earned being funding and the gain of a gap; null where a
 * line is null.
 * @example netOf(0.0042, 0.002, null) // null
 */
export const netOf = (earned: number | null, fees: number | null, crossing: number | null): number | null =>
  earned === null || fees === null || crossing === null ? null : earned - fees - crossing;

/** The lines that stress is drawn from; `priceGain` is undefined where the pair does not live on a gap. */
export type StressedLines = Pick<Ledger, "funding" | "fees" | "crossing"> & { readonly priceGain?: number | null | undefined };

/**
 * Net with half of what the pair lives on, and with 10 bps more cost. Survives when both are above zero; null where a line
 * is null. A pair that lives on its gap gets half the closure and none of the funding it would receive: `gain / 2 +
 * min(0, funding) − fees − crossing`, so that it never stands on funding alone. Every other pair gets half the funding.
 * @example stressOf({ funding: 0.008, fees: 0.002, crossing: 0.001 }) // { carryHalved: 0.001, costPlus10Bps: 0.004, survives: true }
 */
export function stressOf({ priceGain: gain, funding, fees, crossing }: StressedLines): Stress {
  const net = netOf(gain === undefined ? funding : sum(gain, funding), fees, crossing);
  const carryHalved = netOf(
    gain === undefined ? half(funding) : sum(half(gain), funding === null ? null : Math.min(0, funding)),
    fees,
    crossing,
  );
  if (net === null || carryHalved === null) return { carryHalved: null, costPlus10Bps: null, survives: null };
  const costPlus10Bps = net - STRESS_COST;
  return { carryHalved, costPlus10Bps, survives: carryHalved > 0 && costPlus10Bps > 0 };
}

const half = (line: number | null): number | null => (line === null ? null : line / 2);

/** Fees and crossing at each size of the card. One sentence names the sizes beyond the book, where the reference size fits. */
function costTable(input: Work, fees: number | null): Pick<Ledger, "reasons" | "costBySize"> {
  const costAt = (usd: number) => sum(fees, pairCrossing(input, usd));
  const costBySize = CARD_SIZES_USD.map((usd) => ({ sizeUsd: usd, cost: costAt(usd) }));
  const unknown =
    costAt(input.sizeUsd) === null ? [] : costBySize.filter(({ cost }) => cost === null).map((line) => formatUsd(line.sizeUsd));
  const { long, short } = input.books;
  const known = long.depth === null && short.depth === null ? "the best bid and ask" : "the books";
  const reasons = unknown.length === 0 ? [] : [`Cost is not known at ${unknown.join(" and ")}: more than ${known} hold.`];
  return { costBySize, reasons };
}

function gainReasons({ long, short, closure, horizonHours }: LedgerInput, gain: number | null): readonly string[] {
  if (closure === undefined) return [];
  if (gain !== null) return [`Assumes that ${Math.round(closure * 100)} % of the price gap closes within ${horizonHours} hours.`];
  const silent = [long, short].filter(({ quote }) => priceGap(quote, quote) === null).map(({ quote }) => quote.venue);
  return [`The price gap is not known: no usable bid and ask from ${silent.join(" and ")}.`];
}

function fundingGaps({ quote, accrual }: Leg, nowMs: number): readonly string[] {
  // Spot pays no funding, so nothing of it is missing.
  if (quote.kind === "spot") return [];
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

function crossingGaps(leg: LegBook, sizeUsd: number): readonly string[] {
  const gap = legCrossingGap(leg, sizeUsd);
  return gap === null ? [] : [`Crossing is not known: ${leg.quote.venue} ${gap}.`];
}
