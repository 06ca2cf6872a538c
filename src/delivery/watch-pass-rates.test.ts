import { describe, expect, test } from "vitest";
import type { Incident } from "../domain/incident.ts";
import { noticeAt } from "../monitoring/incident.ts";
import { NOW_MS, reportOf, scanOf } from "../../test/opportunities.ts";
import { LOW_PASS_RATE, watchPassRates } from "./watch-pass-rates.ts";

const SLOT_MS = 120_000;
const flags = {
  quality_pass_rate_min: 0.8,
  quality_alarm_scans: 3,
  incident_cooldown_minutes: 10,
  quality_alarm_overrides: { venues: {}, pairs: {} },
};
type Counts = Readonly<Record<string, number>>;
type Seen = { readonly rows: number; readonly ok?: boolean; readonly gate?: Counts; readonly parse?: Counts; readonly identify?: Counts };

/** A scan of one feed. */
const scanAt = (slot: number, { rows, ok = true, gate = {}, parse = {}, identify = {} }: Seen) =>
  scanOf({
    slotMs: NOW_MS + slot * SLOT_MS,
    venues: [reportOf({ feed: "alpha", ok, rows })],
    rejections: { counts: { gate: { alpha: gate }, parse: { alpha: parse }, identify: { alpha: identify } }, samples: [] },
  });

/** The notices over scans that follow each other, by slot. */
function told(scans: readonly Seen[], with_: Partial<typeof flags> = {}): readonly string[] {
  let stored: readonly Incident[] = [];
  return scans.flatMap((seen, slot) => {
    const scan = scanAt(slot, seen);
    const after = watchPassRates(stored, scan, { ...flags, ...with_ });
    if (after.length > 0) stored = after;
    return after.flatMap((incident) => {
      const notice = noticeAt(incident, scan.finishedAtMs);
      return notice === null ? [] : [`${slot} ${incident.kind} ${incident.subject} ${notice}`];
    });
  });
}

/** The same scan again and again. */
const repeated = (seen: Seen, times: number): readonly Seen[] => Array.from({ length: times }, () => seen);

const GOOD: Seen = { rows: 100, gate: { stale: 10 } };
const BAD: Seen = { rows: 100, gate: { stale: 30, "asset-class": 5 } };

describe("a low pass rate", () => {
  test("is told once after so many scans in a row, and once when it is over", () => {
    expect(told([GOOD, BAD, BAD, BAD, BAD, BAD, GOOD, GOOD])).toEqual(["3 low-pass-rate alpha opened", "6 low-pass-rate alpha recovered"]);
  });

  test("that passes within these scans is not told", () => {
    expect(told([BAD, BAD, GOOD, BAD, BAD, GOOD])).toEqual([]);
  });

  test("that comes back within the cool-down is told at its end, if it is still bad", () => {
    const flapping = [BAD, BAD, BAD, GOOD, ...repeated(BAD, 6)];
    expect(told(flapping)).toEqual(["2 low-pass-rate alpha opened", "3 low-pass-rate alpha recovered", "8 low-pass-rate alpha opened"]);
  });

  test("says the rate, its bar and what was refused most, without what is no fault", () => {
    const [incident] = watchPassRates([], scanAt(0, BAD), flags);
    expect(incident?.label).toBe(LOW_PASS_RATE);
    // 65 of 100 passed, 5 stocks count for nothing.
    expect(incident?.detail).toEqual(["alpha: 68.4 % of 95 rows passed, bar 80.0 %", "Most refused: 30 stale"]);
  });

  test("is not made by stocks, dead contracts, thin markets or another coin of the name", () => {
    const other: Seen = {
      rows: 100,
      gate: { "asset-class": 40, "not-trading": 30, "low-volume": 10 },
      parse: { "not-linear": 500 },
      identify: { "identity-mismatch": 15 },
    };
    expect(told(repeated(other, 6))).toEqual([]);
  });

  test("is made by rows that cannot be read", () => {
    expect(told(repeated({ rows: 10, parse: { "bad-field": 90 } }, 3))).toEqual(["2 low-pass-rate alpha opened"]);
  });

  test("is not what a venue without any row has: it neither begins, goes on nor ends by that", () => {
    const down: Seen = { rows: 0, ok: false };
    expect(told(repeated(down, 8))).toEqual([]);
    expect(told([BAD, down, BAD, down, BAD, down, down, GOOD])).toEqual([
      "4 low-pass-rate alpha opened",
      "7 low-pass-rate alpha recovered",
    ]);
  });

  test("has the venue's own bar where it has one", () => {
    const quality_alarm_overrides = { venues: { alpha: { quality_pass_rate_min: 0.5 } }, pairs: {} };
    expect(told([BAD, BAD, BAD], { quality_alarm_overrides })).toEqual([]);
    expect(
      told([GOOD, GOOD, GOOD], { quality_alarm_overrides: { venues: { alpha: { quality_pass_rate_min: 0.95 } }, pairs: {} } }),
    ).toHaveLength(1);
    expect(
      told([BAD, BAD, BAD], { quality_alarm_overrides: { venues: { beta: { quality_pass_rate_min: 0.5 } }, pairs: {} } }),
    ).toHaveLength(1);
  });
});
