import type { Incident } from "../domain/incident.ts";
import { feedPassCounts, isFault, ROW_STEPS, tallyOf } from "../domain/quality-tally.ts";
import { MINUTE_MS } from "../domain/units.ts";
import type { VenueId } from "../domain/venue.ts";
import type { Flags } from "../flags.ts";
import { advance, newIncident } from "../monitoring/incident.ts";
import type { ScanDetail } from "../storage/scan-record.ts";

export type PassRateFlags = Pick<
  Flags,
  "quality_pass_rate_min" | "quality_alarm_scans" | "incident_cooldown_minutes" | "quality_alarm_overrides"
>;
type JudgedScan = Pick<ScanDetail, "finishedAtMs" | "venues" | "rejections">;

export const LOW_PASS_RATE = "low-pass-rate";
const MOST_REASONS = 3;

/**
 * The incidents of low pass rates after one more scan, one a feed. A feed that gave nothing to judge is neither good nor bad:
 * it is down, which is told elsewhere. Pure: the scan's end is the time of the look.
 */
export function watchPassRates(stored: readonly Incident[], scan: JudgedScan, flags: PassRateFlags): readonly Incident[] {
  const { feeds } = tallyOf({ ...scan, quality: null });
  const coolDownMs = flags.incident_cooldown_minutes * MINUTE_MS;
  return scan.venues.flatMap(({ feed, ok }) => {
    const tally = feeds[feed];
    const passRate = ok && tally !== undefined ? feedPassCounts(tally).passRate : null;
    if (tally === undefined || passRate === null) return [];
    const before = stored.find(({ subject }) => subject === feed) ?? newIncident(LOW_PASS_RATE, feed);
    const bar = ownOr(tally.venue, flags, "quality_pass_rate_min");
    const policy = { openAfter: ownOr(tally.venue, flags, "quality_alarm_scans"), coolDownMs };
    const { passed, faults } = feedPassCounts(tally);
    const reasons = ROW_STEPS.flatMap((step) =>
      Object.entries(tally.refused[step]).flatMap(([rule, rows]) => (isFault(step, rule) ? [{ rule, rows }] : [])),
    ).sort((a, b) => b.rows - a.rows);
    const detail = [
      `${feed}: ${percent(passRate)} of ${passed + faults} rows passed, bar ${percent(bar)}`,
      ...(reasons.length === 0
        ? []
        : [
            `Most refused: ${reasons
              .slice(0, MOST_REASONS)
              .map(({ rule, rows }) => `${rows} ${rule}`)
              .join(", ")}`,
          ]),
    ];
    const seen = { label: LOW_PASS_RATE, detail, bad: passRate < bar };
    return [advance(before, seen, { policy, nowMs: scan.finishedAtMs }).next];
  });
}

/** The venue's own value, else the common one. */
function ownOr(venue: VenueId, flags: PassRateFlags, name: "quality_pass_rate_min" | "quality_alarm_scans"): number {
  const { venues } = flags.quality_alarm_overrides;
  const own = Object.hasOwn(venues, venue) ? venues[venue]?.[name] : undefined;
  return typeof own === "number" ? own : flags[name];
}

const percent = (fraction: number): string => `${(fraction * 100).toFixed(1)} %`;
