import { count } from "../domain/funnel.ts";
import type { VenueId } from "../domain/venue.ts";
import type { Finding } from "./rule.ts";

/** One failed rule of a refused row. `evidence` holds further figures where the bar alone does not explain it. */
export type FailedRule = Finding & { readonly rule: string; readonly evidence?: Readonly<Record<string, number | string>> };

/** A refused row with ALL the rules it failed, filed under one of them. */
export type RefusalSample = {
  readonly venue: VenueId;
  readonly symbol: string;
  /** The rule under which the sample is filed. */
  readonly rule: string;
  readonly failed: readonly FailedRule[];
};

/** What a step refused at one venue. */
export type Refusals = {
  /** Refused rows by the first rule they failed; `in = out + Σ dropped`. */
  readonly dropped: Readonly<Record<string, number>>;
  /** How often each rule failed among refused rows; a row counts once for each rule it failed. */
  readonly failures: Readonly<Record<string, number>>;
  /** At most `SAMPLES_PER_RULE` for each rule. */
  readonly samples: readonly RefusalSample[];
};

/** Enough to see what is wrong, small enough to be stored with every scan. */
export const SAMPLES_PER_RULE = 3;

export type RefusalLog = {
  /** Counts a refused row by the rules it failed, first one first. `describe` is called only if the row becomes a sample. */
  readonly add: (symbol: string, rules: readonly string[], describe: () => readonly FailedRule[]) => void;
  readonly result: () => Refusals;
};

/**
 * Counts refused rows and keeps the first few of each rule. A row is filed under the first of its failed rules that
 * still has room, so that a rule which never fails first has its samples too.
 */
export function refusalLog(venue: VenueId): RefusalLog {
  const dropped: Record<string, number> = {};
  const failures: Record<string, number> = {};
  const filed: Record<string, number> = {};
  const samples: RefusalSample[] = [];
  return {
    add: (symbol, rules, describe) => {
      const first = rules[0];
      if (first === undefined) throw new RangeError(`${symbol} was refused without a rule`);
      count(dropped, first);
      for (const rule of rules) count(failures, rule);
      const rule = rules.find((id) => (filed[id] ?? 0) < SAMPLES_PER_RULE);
      if (rule === undefined) return;
      count(filed, rule);
      samples.push({ venue, symbol, rule, failed: describe() });
    },
    result: () => ({ dropped, failures, samples }),
  };
}
