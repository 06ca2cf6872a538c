import type { BreakEven } from "../domain/opportunity.ts";
import { DAY_MS, HOUR_MS } from "../domain/units.ts";
import { firstSettlementAtMs, type FundingTerms, ratePerHour } from "./funding.ts";

/** Days after which a pair that has not paid its cost counts as never paying it. */
export const BREAK_EVEN_LIMIT_DAYS = 90;
const LIMIT_MS = BREAK_EVEN_LIMIT_DAYS * DAY_MS;
/** Funding that misses the cost by less is rounding of binary fractions, not money: 1e-8 of a basis point. */
const ROUNDING = 1e-12;

/**
 * The first settlement at which funding so far has reached the cost (fees + crossing, fraction of notional, ≥ 0): the
 * first t with `r_S · n_S(t) − r_L · n_L(t) ≥ cost`, n(t) being the settlements in (now, now + t]. Settlements of both
 * legs at one instant count together. A leg that accrues continuously adds `r · t / h`, and the moment between two
 * settlements is then solved for. `never` if not within 90 days; `unknown` where the cost or a funding term is missing.
 * @example breakEven({ long: { ratePerInterval: 0, intervalHours: 8, nextAtMs: 3_600_000, accrual: "settled" }, short: { ratePerInterval: 0.001, intervalHours: 8, nextAtMs: 3_600_000, accrual: "settled" }, cost: 0.002, nowMs: 0 }) // { kind: "at", atMs: 32_400_000, days: 0.375 }
 */
export function breakEven(input: {
  readonly long: FundingTerms;
  readonly short: FundingTerms;
  readonly cost: number | null;
  readonly nowMs: number;
}): BreakEven {
  const { cost, nowMs } = input;
  const paid = streamOf(input.long, -1, nowMs);
  const earned = streamOf(input.short, 1, nowMs);
  if (cost === null || paid === null || earned === null) return { kind: "unknown" };
  const reachedMs = firstReach(paid, earned, cost);
  // Accrual is solved for in fractions of a millisecond.
  const afterMs = reachedMs === null ? null : Math.round(reachedMs);
  return afterMs === null ? { kind: "never" } : { kind: "at", atMs: nowMs + afterMs, days: afterMs / DAY_MS };
}

/** Funding of one leg as it comes in, times in ms after now: `perMs` all the time, or `jump` at each settlement. */
type Stream = { readonly perMs: number; readonly jump: number; readonly firstMs: number; readonly everyMs: number };

function streamOf(terms: FundingTerms, sign: 1 | -1, nowMs: number): Stream | null {
  const perHour = ratePerHour(terms);
  if (perHour === null || terms.ratePerInterval === null || terms.intervalHours === null) return null;
  if (terms.accrual === "continuous") return { perMs: (sign * perHour) / HOUR_MS, jump: 0, firstMs: Infinity, everyMs: 1 };
  const first = firstSettlementAtMs({ nextAtMs: terms.nextAtMs, intervalHours: terms.intervalHours, nowMs });
  if (first === null) return null;
  return { perMs: 0, jump: sign * terms.ratePerInterval, firstMs: first - nowMs, everyMs: terms.intervalHours * HOUR_MS };
}

/** Walks the settlements of two streams that may reach the cost, in order, and gives the first time that does. */
function firstReach(a: Stream, b: Stream, cost: number): number | null {
  const { fromMs, toMs } = reachable(a, b, cost);
  const perMs = a.perMs + b.perMs;
  let countA = settledBefore(a, fromMs);
  let countB = settledBefore(b, fromMs);
  let nextMs = fromMs;
  while (nextMs <= toMs) {
    const settled = a.jump * countA + b.jump * countB;
    const nextA = a.firstMs + countA * a.everyMs;
    const nextB = b.firstMs + countB * b.everyMs;
    const sinceMs = nextMs;
    nextMs = Math.min(nextA, nextB);
    if (perMs > 0) {
      const accruedMs = (cost - settled) / perMs;
      if (accruedMs < nextMs) return accruedMs <= toMs ? Math.max(sinceMs, accruedMs) : null;
    }
    if (!(nextMs <= toMs)) return null;
    if (nextA === nextMs) countA++;
    if (nextB === nextMs) countB++;
    if (a.jump * countA + b.jump * countB + perMs * nextMs >= cost - ROUNDING) return nextMs;
  }
  return null;
}

const settledBefore = (stream: Stream, atMs: number): number =>
  stream.firstMs >= atMs ? 0 : Math.ceil((atMs - stream.firstMs) / stream.everyMs);

/**
 * The only stretch of time in which the cost can be reached. n(t) lies between `(t − first)/h` and one more, so funding up
 * to t is at most `carry · t + lead`, a straight line: while it is under the cost no settlement needs a look. With it the
 * walk starts close to its end, however long the pair must be held.
 */
function reachable(a: Stream, b: Stream, cost: number): { readonly fromMs: number; readonly toMs: number } {
  const carryPerMs = trendPerMs(a) + trendPerMs(b);
  // No edge, but how large the numbers are that rounding acts on.
  const sizeOfSum = LIMIT_MS * (Math.abs(trendPerMs(a)) + Math.abs(trendPerMs(b))) + Math.abs(a.jump) + Math.abs(b.jump) + Math.abs(cost);
  const missing = cost - leadOf(a) - leadOf(b) - ROUNDING * (2 + sizeOfSum);
  if (carryPerMs > 0) return { fromMs: Math.max(0, missing / carryPerMs), toMs: LIMIT_MS };
  if (missing <= 0) return { fromMs: 0, toMs: carryPerMs < 0 ? Math.min(LIMIT_MS, missing / carryPerMs) : LIMIT_MS };
  return { fromMs: 0, toMs: -1 };
}

const trendPerMs = (stream: Stream): number => stream.perMs + stream.jump / stream.everyMs;

/** How far settlements can run ahead of the trend: by one for what is earned, by the wait for the first for what is paid. */
function leadOf({ jump, firstMs, everyMs }: Stream): number {
  if (jump === 0) return 0;
  return jump > 0 ? jump * Math.max(0, 1 - firstMs / everyMs) : (-jump * firstMs) / everyMs;
}
