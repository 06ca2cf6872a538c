import type { Priced } from "../domain/opportunity.ts";
import { carryPerHour, fundingTerms } from "./funding.ts";

/** One settlement of an instrument, epoch ms. `rate`: fraction of notional that longs paid; `null` where no scan saw it. */
export type Settlement = { readonly atMs: number; readonly rate: number | null };

/** One leg that somebody holds: what its instrument settled, in any order. */
export type HeldLeg = {
  readonly kind: "spot" | "perpetual";
  readonly accrual: "settled" | "continuous";
  readonly settlements: readonly Settlement[];
};

/** What a pair's funding has come to. Fractions of the notional of one leg, signed. */
export type TakenFunding = {
  /** What the settlements that were seen come to; `null` where a leg accrues continuously, which no settlement tells. */
  readonly funding: number | null;
  /** Settlements counted, of both legs. */
  readonly settlements: number;
  /** Settlements whose rate no scan saw: funding lacks them. */
  readonly missed: number;
  /** The first of those, epoch ms; `null` where none is missing. */
  readonly incompleteSinceMs: number | null;
};

/**
 * Funding of a pair that is held: `Σ r_short − Σ r_long` over the settlements in (takenAtMs, untilMs], a fraction of the
 * notional of one leg; positive was received. A spot leg pays none; a leg that accrues continuously makes it null.
 * Example: 0.0003 and 0.0004 received, 0.0001 paid give 0.0006 (run in taken-funding.test.ts).
 */
export function takenFunding(input: {
  readonly long: HeldLeg;
  readonly short: HeldLeg;
  readonly takenAtMs: number;
  readonly untilMs: number;
}): TakenFunding {
  const { long, short, takenAtMs, untilMs } = input;
  const within = ({ kind, settlements }: HeldLeg): readonly Settlement[] =>
    kind === "spot" ? [] : settlements.filter(({ atMs }) => atMs > takenAtMs && atMs <= untilMs);
  const [paid, received] = [within(long), within(short)];
  const missedAtMs = [...paid, ...received].filter(({ rate }) => rate === null).map(({ atMs }) => atMs);
  const unknown = [long, short].some(({ kind, accrual }) => kind === "perpetual" && accrual === "continuous");
  return {
    funding: unknown ? null : sumOf(received) - sumOf(paid),
    settlements: paid.length + received.length - missedAtMs.length,
    missed: missedAtMs.length,
    incompleteSinceMs: missedAtMs.length === 0 ? null : Math.min(...missedAtMs),
  };
}

const sumOf = (settlements: readonly Settlement[]): number => settlements.reduce((sum, { rate }) => sum + (rate ?? 0), 0);

/**
 * Hourly carry by which somebody who holds a pair judges it, fraction per hour: `c = r_S / h_S − r_L / h_L`. What it cost to
 * enter is spent, so below 0 each hour costs. Null where a rate or an interval is missing, and for a price gap, which is held
 * for its prices. Example: run in taken-funding.test.ts.
 */
export const heldCarry = ({ strategy, long, short }: Pick<Priced, "strategy" | "long" | "short">): number | null =>
  strategy === "price" ? null : carryPerHour(fundingTerms(long), fundingTerms(short));

/** Whether a pair costs who holds it now: its carry is known and negative. */
export function paysFunding(pair: Pick<Priced, "strategy" | "long" | "short">): boolean {
  const carry = heldCarry(pair);
  return carry !== null && carry < 0;
}

/**
 * How much of the cost funding has paid: `funding / cost`, 1 at break-even, negative while funding was paid. Both
 * fractions of notional; cost is fees + crossing, in and out. Null where either is not known or there is no cost to pay.
 * @example breakEvenProgress(0.0012, 0.0024) // 0.5
 */
export const breakEvenProgress = (funding: number | null, cost: number | null): number | null =>
  funding === null || cost === null || !(cost > 0) ? null : funding / cost;

/**
 * A fraction of notional as money: `fraction · size`, USD. Null where the fraction is.
 * @example usdAtSize(0.0012, 5_000) // 6
 */
export const usdAtSize = (fraction: number | null, sizeUsd: number): number | null => (fraction === null ? null : fraction * sizeUsd);
