import { count } from "../domain/funnel.ts";
import type { QuoteColumns } from "../domain/quote.ts";
import type { QualityOverrides, QualitySettings } from "../domain/settings.ts";
import type { VenueFacts } from "../domain/venue.ts";
import { listOf } from "./list-of.ts";
import { type FailedRule, type RefusalLog, type Refusals, refusalLog } from "./refusals.ts";
import type { RuleInput } from "./rule.ts";
import { RULES } from "./rules.ts";
import { type Batch, SCREENS, screenRows } from "./screens.ts";
import { hasOwnBars, hasPairOverrides, NO_OVERRIDES, settingsFor } from "./settings-for.ts";

export type GateInput = {
  readonly columns: QuoteColumns;
  /** One entry a row, as the feed counts them. */
  readonly unchangedScans: ArrayLike<number>;
  readonly facts: VenueFacts;
  readonly settings: QualitySettings;
  readonly overrides?: QualityOverrides;
  /** Taken after the rows arrived: a row that arrived later than this by `maxFutureMs` is refused. */
  readonly nowMs: number;
};

export type GateResult = Refusals & {
  readonly in: number;
  readonly out: number;
  /** Places of the rows that passed, ascending. */
  readonly passed: Uint32Array;
  /** Soft rules that marked a row, by its place in the columns; empty for refused rows. */
  readonly marks: readonly (readonly string[])[];
  /** All rules that a refused row failed, by its place in the columns; empty for passed rows. */
  readonly failed: readonly (readonly string[])[];
  /** 1 where a passed row is frozen, by its place in the columns: it may not open or refresh anything. */
  readonly frozen: Uint8Array;
  /** How often each soft rule marked a row that passed. */
  readonly marked: Readonly<Record<string, number>>;
};

// A row's failed rules are bits of one integer, the rule's place in RULES being the bit.
const ALL = 2 ** RULES.length - 1;
const bitOf = (id: string): number => 1 << RULES.findIndex((rule) => rule.id === id);
const FROZEN = bitOf("frozen");
const ZERO_RATE = bitOf("zero-rate");

/**
 * Share of a venue's funding rates from which zeros are no rates: of 245 of Bybit's one was 0. Below so many rows a share
 * says nothing.
 */
const ZERO_SHARE = 0.5;
const ZERO_SHARE_ROWS = 20;

/**
 * Runs every rule on the rows of one venue that may fail it. A row is refused by any hard rule and, at level `strict`, by any soft one;
 * at `permissive` soft rules mark it, but for zero rates of a venue that sends little else, which are refused. The severity
 * of a soft rule can make it hard, or leave it out.
 * `in = out + Σ dropped`, where a refused row counts under its first failed rule.
 * So a crossed book whose mark is zero too counts as `crossed-book` and its sample lists both rules.
 */
export function gate({ columns, unchangedScans, facts, settings, overrides = NO_OVERRIDES, nowMs }: GateInput): GateResult {
  const { count: rows, venue } = columns;
  const venueSettings = settingsFor({ quality: settings, overrides, venue });
  const perPair = hasPairOverrides(overrides);
  const log = refusalLog(venue);
  const passed = new Uint32Array(rows);
  const marks = listOf(rows, NONE);
  const refusedBy = listOf(rows, NONE);
  const frozen = new Uint8Array(rows);
  const marked: Record<string, number> = {};
  const names = ruleNames();
  const always = zerosStandForNothing(columns) ? ZERO_RATE : 0;
  const venueMasks = masksOf(venueSettings, always);
  const input = { columns, row: 0, unchangedScans: 0, facts, settings: venueSettings, nowMs };
  const suspects = suspectRules({ columns, unchangedScans, facts, settings: venueSettings, nowMs });
  let out = 0;
  for (let row = 0; row < rows; row++) {
    // The screens know the venue's bars: a row with bars of its own is asked every rule.
    const own = perPair && hasOwnBars(overrides, { venue, symbol: columns.symbol[row] ?? "" });
    const suspect = own ? ALL : (suspects[row] ?? ALL);
    if (suspect === 0) {
      passed[out++] = row;
      continue;
    }
    const symbol = columns.symbol[row] ?? "";
    input.row = row;
    input.unchangedScans = unchangedScans[row] ?? 0;
    input.settings = own ? settingsFor({ quality: settings, overrides, venue, symbol }) : venueSettings;
    const { asked, refusing } = own ? masksOf(input.settings, always) : venueMasks;
    const failed = failedRules(input, suspect & asked);
    const found = names(failed);
    if ((failed & refusing) !== 0) {
      refuse(log, { ...input, symbol, found, failed });
      refusedBy[row] = found;
      continue;
    }
    passed[out++] = row;
    for (const rule of found) count(marked, rule);
    marks[row] = found;
    frozen[row] = (failed & FROZEN) === 0 ? 0 : 1;
  }
  return { in: rows, out, passed: passed.slice(0, out), marks, failed: refusedBy, frozen, marked, ...log.result() };
}

/** Which rules are asked and which of them refuse, as bits. `always` refuse whatever the settings say. */
function masksOf(settings: QualitySettings, always: number): { readonly asked: number; readonly refusing: number } {
  let asked = always;
  let refusing = always;
  for (const [bit, rule] of RULES.entries()) {
    const severity = rule.kind === "hard" ? "hard" : settings[rule.severity];
    if (severity === "off") continue;
    asked |= 1 << bit;
    if (severity === "hard" || settings.level === "strict") refusing |= 1 << bit;
  }
  return { asked, refusing };
}

/** Whether a venue sends 0 for most of its funding rates: a feed that lost them, and no market that pays nothing. */
function zerosStandForNothing({ count: rows, fundingRatePerInterval }: QuoteColumns): boolean {
  let sent = 0;
  let zeros = 0;
  for (let row = 0; row < rows; row++) {
    const rate = fundingRatePerInterval[row] ?? Number.NaN;
    if (!Number.isNaN(rate)) sent += 1;
    if (rate === 0) zeros += 1;
  }
  return sent >= ZERO_SHARE_ROWS && zeros >= sent * ZERO_SHARE;
}

/** Files a refused row. Apart from the loop, where a function that may be called later would cost each row an object. */
function refuse(
  log: RefusalLog,
  row: RuleInput & { readonly symbol: string; readonly found: readonly string[]; readonly failed: number },
): void {
  log.add(row.symbol, row.found, () => findings(row, row.failed));
}

/** The rules that each row may fail, as bits. */
function suspectRules(batch: Omit<RuleInput, "row" | "unchangedScans"> & Pick<GateInput, "unchangedScans">): Uint32Array {
  const { count: rows, kind } = batch.columns;
  const suspects = new Uint32Array(rows);
  // One kind of array for all screens, so that their loops stay tight.
  const whole: Batch = { ...batch, unchangedScans: new Float64Array(batch.unchangedScans), hasPerpetuals: kind.includes("perpetual") };
  for (const [place, rule] of RULES.entries()) {
    const screens = SCREENS[rule.id]?.(whole);
    if (screens === undefined) for (let row = 0; row < rows; row++) suspects[row] = (suspects[row] ?? 0) | (1 << place);
    else for (const screen of screens) screenRows(suspects, 1 << place, screen);
  }
  return suspects;
}

/** The rules that a row fails, of those that it may fail; both as bits. */
function failedRules(input: RuleInput, suspect: number): number {
  let failed = 0;
  for (let left = suspect; left !== 0; left &= left - 1) {
    const place = 31 - Math.clz32(left & -left);
    if (RULES[place]?.check(input) != null) failed |= 1 << place;
  }
  return failed;
}

/** What each failed rule found, for a sample. */
function findings(input: RuleInput, failed: number): readonly FailedRule[] {
  const list: FailedRule[] = [];
  for (const [bit, rule] of RULES.entries()) {
    const finding = (failed & (1 << bit)) === 0 ? null : rule.check(input);
    if (finding !== null) list.push({ rule: rule.id, ...finding });
  }
  return list;
}

const NONE: readonly string[] = [];

/** Ids of the rules in a set of bits; rows with the same set share one list. */
function ruleNames(): (failed: number) => readonly string[] {
  const known = new Map<number, readonly string[]>([[0, NONE]]);
  return (failed) => {
    const found = known.get(failed);
    if (found !== undefined) return found;
    const list = RULES.filter((_, bit) => (failed & (1 << bit)) !== 0).map((rule) => rule.id);
    known.set(failed, list);
    return list;
  };
}
