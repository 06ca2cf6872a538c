import type { Leg } from "../domain/opportunity.ts";
import type { Quote } from "../domain/quote.ts";
import { HOUR_MS, YEAR_HOURS } from "../domain/units.ts";

/*
 * Conventions of this folder: everything is per 1 USD of notional on each leg, signed, as a fraction. A positive rate is
 * paid by longs to shorts, so a short leg earns its rate and a long leg pays it. What is missing is null and makes null
 * whatever needs it; nothing is put in its place.
 */

/** What an instrument pays and when. Rate as a fraction per interval, interval in hours, next settlement in epoch ms. */
export type FundingTerms = {
  readonly ratePerInterval: number | null;
  readonly intervalHours: number | null;
  readonly nextAtMs: number | null;
  /** `continuous` accrues by the second and needs no next settlement. */
  readonly accrual: "settled" | "continuous";
};

/** The time looked at: (nowMs, nowMs + horizonHours]. */
export type Window = { readonly nowMs: number; readonly horizonHours: number };

/** Spot pays no funding at any time. */
export const NO_FUNDING: FundingTerms = { ratePerInterval: 0, intervalHours: 8, nextAtMs: null, accrual: "continuous" };

/** The funding terms of a leg, as its quote has them; a spot leg pays none. */
export const fundingTerms = ({ quote, accrual }: Leg): FundingTerms =>
  quote.kind === "spot"
    ? NO_FUNDING
    : {
        ratePerInterval: quote.fundingRatePerInterval,
        intervalHours: quote.fundingIntervalHours,
        nextAtMs: quote.nextFundingAtMs,
        accrual,
      };

/**
 * Funding per hour: `r / h`, fraction per hour. Null where rate or interval is missing or the interval is not positive.
 * @example ratePerHour({ ratePerInterval: 0.0004, intervalHours: 8 }) // 0.00005
 */
export function ratePerHour({ ratePerInterval, intervalHours }: Pick<FundingTerms, "ratePerInterval" | "intervalHours">): number | null {
  if (ratePerInterval === null || intervalHours === null || !(intervalHours > 0)) return null;
  return ratePerInterval / intervalHours;
}

/**
 * Hourly carry of long and short together: `c = r_S / h_S − r_L / h_L`, fraction per hour. Positive: the pair earns.
 * @example carryPerHour({ ratePerInterval: 0.0001, intervalHours: 1 }, { ratePerInterval: 0.0016, intervalHours: 8 }) // 0.0001
 */
export function carryPerHour(
  long: Pick<FundingTerms, "ratePerInterval" | "intervalHours">,
  short: Pick<FundingTerms, "ratePerInterval" | "intervalHours">,
): number | null {
  const paid = ratePerHour(long);
  const earned = ratePerHour(short);
  return paid === null || earned === null ? null : earned - paid;
}

/**
 * An hourly rate as the rate per 8 hours: `8c`, fraction per 8 h.
 * @example per8Hours(0.00001) // 0.00008
 */
export const per8Hours = (perHour: number): number => 8 * perHour;

/**
 * An hourly rate as a simple rate a year: `8760c`, fraction a year.
 * @example perYear(0.00001) // 0.0876
 */
export const perYear = (perHour: number): number => YEAR_HOURS * perHour;

/**
 * The first settlement after now, epoch ms. A next time that is this very moment is not after now, so the one an interval
 * later is the first. Null where next time or interval is missing, the interval is not positive, or the next time lies in
 * the past: then the schedule the venue sent is over and the following one is not known.
 * @example firstSettlementAtMs({ nextAtMs: 5_000, intervalHours: 8, nowMs: 1_000 }) // 5_000
 */
export function firstSettlementAtMs({
  nextAtMs,
  intervalHours,
  nowMs,
}: Pick<FundingTerms, "nextAtMs" | "intervalHours"> & { readonly nowMs: number }): number | null {
  if (nextAtMs === null || intervalHours === null || !(intervalHours > 0) || !(nextAtMs >= nowMs)) return null;
  return nextAtMs === nowMs ? nextAtMs + intervalHours * HOUR_MS : nextAtMs;
}

/**
 * How many settlements fall into (now, now + T]: `⌊(now + T − first) / h⌋ + 1`, or 0 where the first one is later. Null as
 * for `firstSettlementAtMs`.
 * @example settlementsWithin({ nextAtMs: 3_600_000, intervalHours: 8, nowMs: 0, horizonHours: 24 }) // 3
 */
export function settlementsWithin(input: Pick<FundingTerms, "nextAtMs" | "intervalHours"> & Window): number | null {
  const first = firstSettlementAtMs(input);
  if (first === null || input.intervalHours === null) return null;
  const leftMs = input.nowMs + input.horizonHours * HOUR_MS - first;
  return leftMs < 0 ? 0 : Math.floor(leftMs / (input.intervalHours * HOUR_MS)) + 1;
}

/**
 * What 1 USD short receives over the window (and 1 USD long pays): `r · settlements`, or `r · T / h` where funding accrues
 * continuously. A fraction of notional; null where a term it needs is missing.
 * @example fundingOver({ ratePerInterval: 0.0001, intervalHours: 8, nextAtMs: 3_600_000, accrual: "settled" }, { nowMs: 0, horizonHours: 168 }) // 0.0021
 */
export function fundingOver(terms: FundingTerms, window: Window): number | null {
  const perHour = ratePerHour(terms);
  if (terms.ratePerInterval === null || perHour === null) return null;
  if (terms.accrual === "continuous") return perHour * window.horizonHours;
  const settlements = settlementsWithin({ nextAtMs: terms.nextAtMs, intervalHours: terms.intervalHours, ...window });
  if (settlements === null) return null;
  // A negative rate times no settlement would be -0, which prints as a loss.
  return settlements === 0 ? 0 : terms.ratePerInterval * settlements;
}

/**
 * Whether the carry now has the sign of the carry by the last settled rates: null where either of the four rates or an
 * interval is missing. A spot leg pays no funding, now as before.
 * @example signAgrees({ fundingRatePerInterval: 0.0001, lastSettledRatePerInterval: 0.0002, fundingIntervalHours: 8 }, { fundingRatePerInterval: 0.0003, lastSettledRatePerInterval: 0.0001, fundingIntervalHours: 8 }) // false
 */
export function signAgrees(long: SettledRates, short: SettledRates): boolean | null {
  const now = carryPerHour(termsOf(long, "fundingRatePerInterval"), termsOf(short, "fundingRatePerInterval"));
  const settled = carryPerHour(termsOf(long, "lastSettledRatePerInterval"), termsOf(short, "lastSettledRatePerInterval"));
  return now === null || settled === null ? null : Math.sign(now) === Math.sign(settled);
}

type SettledRates = Pick<Quote, "fundingRatePerInterval" | "lastSettledRatePerInterval" | "fundingIntervalHours"> &
  Partial<Pick<Quote, "kind">>;

const termsOf = (quote: SettledRates, rate: "fundingRatePerInterval" | "lastSettledRatePerInterval") =>
  quote.kind === "spot" ? NO_FUNDING : { ratePerInterval: quote[rate], intervalHours: quote.fundingIntervalHours };
