import type { FunnelStep, StepName, Verdict } from "../domain/funnel.ts";
import type { Missed } from "../domain/opportunity.ts";

/** What a verdict is drawn from. */
export type VerdictInput = {
  readonly steps: readonly FunnelStep[];
  /** Rows shown after the scan. */
  readonly open: number;
  /** Pairs over the bar that await confirmation. */
  readonly pending: number;
  readonly openNet: number;
  /** The best pairs that are neither open nor pending, best first. */
  readonly nearMisses: readonly Missed[];
};

/**
 * Why a scan shows what it shows, in one sentence. Zero is always explained: data that did not come or did not pass is
 * `data-failure`, quotes that were seen and pay too little, or whose pay was refused, are `market-quiet`.
 */
export function verdictOf(input: VerdictInput): { readonly verdict: Verdict; readonly reason: string } {
  const { open, pending, nearMisses, openNet } = input;
  if (open > 0) return { verdict: "opportunities", reason: `${open} open` };
  const failure = dataFailure(input.steps);
  if (failure !== null) return { verdict: "data-failure", reason: `data failure: ${failure}` };
  if (pending > 0) return { verdict: "confirming", reason: `${pending} over the bar, waiting for the next scan to confirm them` };
  const [nearest] = nearMisses;
  const best = nearest?.ledger.net ?? null;
  const bar = `the bar is ${percent(openNet)}`;
  if (best === null) return { verdict: "market-quiet", reason: `market quiet: no pair with a known net pays anything, ${bar}` };
  const refused = best >= openNet ? `, and that pair was refused: ${nearest?.refusal ?? "for a reason that is not known"}` : "";
  return { verdict: "market-quiet", reason: `market quiet: the best net is ${percent(best)} over the horizon, ${bar}${refused}` };
}

/** The first step that left too little: two feeds with rows, rows that pass, pairs to compare, a net that is known. */
function dataFailure(steps: readonly FunnelStep[]): string | null {
  const fetch = steps.find(({ step }) => step === "fetch");
  if (fetch !== undefined && fetch.out < 2) return `${fetch.out} of ${fetch.in} ${fetch.unit} answered (${reasons(fetch)})`;
  for (const { step, unit, in: before, out, ...rest } of steps) {
    if (NEEDED.has(step) && out === 0 && !isQuiet(step, before)) {
      return `${step} let none of ${before} ${unit} pass (${reasons(rest)})`;
    }
  }
  return null;
}

const NEEDED: ReadonlySet<StepName> = new Set(["parse", "gate", "identify", "detect", "price"]);

/** Pairs that were all compared and found under the bar are a quiet market; then none is left to be priced. */
const isQuiet = (step: StepName, before: number): boolean => (step === "detect" && before > 0) || (step === "price" && before === 0);

function reasons({ dropped }: Pick<FunnelStep, "dropped">): string {
  const sorted = Object.entries(dropped).sort(([, a], [, b]) => b - a);
  return sorted.length === 0
    ? "nothing came"
    : sorted
        .slice(0, 3)
        .map(([reason, count]) => `${count} ${reason}`)
        .join(", ");
}

const percent = (fraction: number): string => `${(fraction * 100).toFixed(3)} %`;
