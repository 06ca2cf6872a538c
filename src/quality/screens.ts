import type { NumericColumn, QuoteColumns } from "../domain/quote.ts";
import { HOUR_MS } from "../domain/units.ts";
import type { RuleInput } from "./rule.ts";
import { SMALLEST_MS } from "./rules.ts";

/** One batch of rows, for which all bars are the same. */
export type Batch = Omit<RuleInput, "row" | "unchangedScans"> & {
  readonly unchangedScans: Float64Array;
  readonly hasPerpetuals: boolean;
};

/** Rows that may fail a rule. Where a number was not sent, no comparison with it holds. */
export type Screen =
  | { readonly kind: "within"; readonly values: Float64Array; readonly from: number; readonly to: number }
  | { readonly kind: "absent"; readonly values: Float64Array }
  /** `times · values > slope · beside + offset`. */
  | Beside
  | { readonly kind: "unless"; readonly texts: readonly (string | null)[]; readonly text: string | undefined };
type Beside = {
  readonly kind: "beside";
  readonly values: Float64Array;
  readonly times: number;
  readonly beside: Float64Array;
  readonly slope: number;
  readonly offset: number;
};

/**
 * For each rule the rows that it has to look at: all that fail it are among them, and next to none besides. A screen walks one
 * column for a whole venue, which takes a small part of the time of asking every rule about every row, as nearly all rows
 * fail none. What a rule says is its `check` alone; a rule without a screen looks at every row.
 */
export const SCREENS: Readonly<Partial<Record<string, (batch: Batch) => readonly Screen[]>>> = {
  "not-trading": ({ columns }) => [unless(columns.state, "trading")],
  "unknown-state": ({ columns }) => [unless(columns.state, "trading")],
  "asset-class": ({ columns, settings }) => [unless(columns.assetClass, settings.allowedAssetClasses[0])],
  "unknown-asset-class": ({ columns, settings }) => [unless(columns.assetClass, settings.allowedAssetClasses[0])],
  "missing-bid": ({ columns, facts }) => (facts.hasBulkBook ? [absent(columns.bid)] : []),
  "missing-ask": ({ columns, facts }) => (facts.hasBulkBook ? [absent(columns.ask)] : []),
  "missing-rate": ({ columns, hasPerpetuals }) => (hasPerpetuals ? [absent(columns.fundingRatePerInterval)] : []),
  "missing-interval": ({ columns, hasPerpetuals }) => (hasPerpetuals ? [absent(columns.fundingIntervalHours)] : []),
  "missing-next-funding": ({ columns, facts, hasPerpetuals }) =>
    hasPerpetuals && facts.accrual === "settled" ? [absent(columns.nextFundingAtMs)] : [],
  "empty-side": ({ columns }) => [upTo(columns.bid, 0), upTo(columns.ask, 0)],
  "crossed-book": ({ columns }) => [above(columns, "bid", "ask")],
  "mark-not-positive": ({ columns }) => [upTo(columns.mark, 0)],
  "interval-not-positive": ({ columns }) => [upTo(columns.fundingIntervalHours, 0)],
  "rate-too-large": ({ columns, settings }) => [
    from(columns.fundingRatePerInterval, settings.maxAbsRate),
    upTo(columns.fundingRatePerInterval, -settings.maxAbsRate),
  ],
  "rate-beyond-cap": beyondCap,
  "seconds-for-milliseconds": ({ columns }) => [
    upTo(columns.nextFundingAtMs, SMALLEST_MS),
    upTo(columns.eventAtMs, SMALLEST_MS),
    upTo(columns.replyAtMs, SMALLEST_MS),
    upTo(columns.receivedAtMs, SMALLEST_MS),
  ],
  "next-funding-past": ({ columns, nowMs }) => [upTo(columns.nextFundingAtMs, nowMs)],
  "time-in-future": timeInFuture,
  stale: ({ columns, settings, nowMs }) => {
    // A millisecond more, as an age that is subtracted from now may round otherwise than a bar that is.
    const bar = nowMs - settings.maxAgeMs + 1;
    return [absent(columns.receivedAtMs), upTo(columns.receivedAtMs, bar), upTo(columns.eventAtMs, bar), upTo(columns.replyAtMs, bar)];
  },
  "rates-must-be-positive": ({ columns, settings }) => (settings.ratesMustBePositive ? [upTo(columns.fundingRatePerInterval, 0)] : []),
  "low-volume": ({ columns, settings }) => [upTo(columns.volume24hUsd, settings.minVolume24hUsd)],
  "low-open-interest": ({ columns, settings }) => [upTo(columns.openInterestUsd, settings.minOpenInterestUsd)],
  "zero-rate": ({ columns }) => [{ kind: "within", values: columns.fundingRatePerInterval, from: 0, to: 0 }],
  frozen: ({ unchangedScans, settings }) => [from(unchangedScans, settings.frozenScans)],
};

function beyondCap({ columns, facts }: Batch): readonly Screen[] {
  const rate = columns.fundingRatePerInterval;
  const sent: readonly Screen[] = [
    above(columns, "fundingRatePerInterval", "fundingCap"),
    above(columns, "fundingFloor", "fundingRatePerInterval"),
    { kind: "beside", values: rate, times: -1, beside: columns.fundingCap, slope: 1, offset: 0 },
  ];
  const documented = facts.documentedCap?.rate;
  return documented === undefined ? sent : [...sent, from(rate, documented), upTo(rate, -documented)];
}

function timeInFuture({ columns, settings, nowMs }: Batch): readonly Screen[] {
  const limit = nowMs + settings.maxFutureMs;
  const { nextFundingAtMs: values, fundingIntervalHours: beside } = columns;
  return [
    from(columns.eventAtMs, limit),
    from(columns.replyAtMs, limit),
    from(columns.receivedAtMs, limit),
    { kind: "beside", values, times: 1, beside, slope: HOUR_MS, offset: limit },
  ];
}

const unless = (texts: readonly (string | null)[], text: string | undefined): Screen => ({ kind: "unless", texts, text });
const absent = (values: Float64Array): Screen => ({ kind: "absent", values });
const upTo = (values: Float64Array, to: number): Screen => ({ kind: "within", values, from: -Infinity, to });
const from = (values: Float64Array, bar: number): Screen => ({ kind: "within", values, from: bar, to: Infinity });
const above = (columns: QuoteColumns, name: NumericColumn, beside: NumericColumn): Screen => ({
  kind: "beside",
  values: columns[name],
  times: 1,
  beside: columns[beside],
  slope: 1,
  offset: 0,
});

/** Sets a bit for each row that a screen lets through to its rule. */
export function screenRows(suspects: Uint32Array, bit: number, screen: Screen): void {
  switch (screen.kind) {
    case "within":
      return screenWithin(suspects, bit, screen);
    case "beside":
      return screenBeside(suspects, bit, screen);
    case "absent":
      for (let row = 0; row < suspects.length; row++) if (!Number.isFinite(screen.values[row] ?? Number.NaN)) add(suspects, row, bit);
      return;
    case "unless":
      for (let row = 0; row < suspects.length; row++) if (screen.texts[row] !== screen.text) add(suspects, row, bit);
  }
}

function screenWithin(suspects: Uint32Array, bit: number, { values, from: least, to: most }: Extract<Screen, { kind: "within" }>): void {
  for (let row = 0; row < suspects.length; row++) {
    const value = values[row] ?? Number.NaN;
    if (value >= least && value <= most) add(suspects, row, bit);
  }
}

function screenBeside(suspects: Uint32Array, bit: number, { values, times, beside, slope, offset }: Beside): void {
  for (let row = 0; row < suspects.length; row++) {
    if (times * (values[row] ?? Number.NaN) > slope * (beside[row] ?? Number.NaN) + offset) add(suspects, row, bit);
  }
}

function add(suspects: Uint32Array, row: number, bit: number): void {
  suspects[row] = (suspects[row] ?? 0) | bit;
}
