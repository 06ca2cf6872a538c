/** One step of a scan: what came in, what went on, what was dropped and why. `in = out + Σ dropped`. */
export type FunnelStep = {
  readonly step: StepName;
  /** What is counted. */
  readonly unit: "feeds" | "rows" | "pairs" | "opportunities";
  readonly in: number;
  readonly out: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly ms: number;
};
export const STEP_NAMES = ["fetch", "parse", "gate", "identify", "detect", "depth", "price", "reconcile"] as const;
export type StepName = (typeof STEP_NAMES)[number];

/**
 * What a scan has to show: open opportunities; pairs over the bar that await confirmation; a market seen and found
 * under the bar; or too little data to tell.
 */
export const VERDICTS = ["opportunities", "confirming", "market-quiet", "data-failure"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** The steps whose counts do not add up; empty in a sound scan. */
export function unbalancedSteps(steps: readonly FunnelStep[]): readonly StepName[] {
  return steps
    .filter((step) => step.in !== step.out + Object.values(step.dropped).reduce((sum, count) => sum + count, 0))
    .map((step) => step.step);
}

/** What the steps dropped, by step and reason, the most first. */
export function topDrops(
  steps: readonly FunnelStep[],
  most: number,
): readonly { readonly step: StepName; readonly reason: string; readonly count: number }[] {
  return steps
    .flatMap(({ step, dropped }) => Object.entries(dropped).map(([reason, count]) => ({ step, reason, count })))
    .sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1))
    .slice(0, most);
}

/** Adds one to a reason's count. */
export function count(counts: Record<string, number>, reason: string, by = 1): void {
  if (by !== 0) counts[reason] = (counts[reason] ?? 0) + by;
}
