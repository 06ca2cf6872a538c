import type { NewDelivery } from "../domain/delivery.ts";
import { MINUTE_MS } from "../domain/units.ts";
import { advance, newIncident } from "../monitoring/incident.ts";
import { checkStatement, countDuplicates, type DuplicateCheck, isHourChecked } from "../storage/duplicate-checks.ts";
import { loadIncidents } from "../storage/incidents.ts";
import type { ScanDetail } from "../storage/scan-record.ts";
import { tellIncidents } from "./incident-deliveries.ts";
import { LOW_PASS_RATE, type PassRateFlags, watchPassRates } from "./watch-pass-rates.ts";

export const DUPLICATES = "duplicates";
const SUBJECT = "d1";

/**
 * What operators are told of feeds whose rows fail: once when a feed's pass rate was under its bar for `quality_alarm_scans`
 * scans in a row, once when it is back. Stored already; the same scan again gives the same.
 */
export async function passRateAlarm({
  db,
  scan,
  flags,
  nowMs,
}: {
  readonly db: D1Database;
  readonly scan: ScanDetail;
  readonly flags: PassRateFlags;
  readonly nowMs: number;
}): Promise<readonly NewDelivery[]> {
  const before = await loadIncidents(db, [LOW_PASS_RATE]);
  return tellIncidents(db, { before, after: watchPassRates(before, scan, flags), scanAtMs: scan.finishedAtMs, nowMs });
}

/** Counts what is double once an hour, stores the figures, and tells operators at once where one is not 0; `null`: counted already. */
export async function duplicateAlarm({
  db,
  scanAtMs,
  coolDownMinutes,
  nowMs,
}: {
  readonly db: D1Database;
  readonly scanAtMs: number;
  readonly coolDownMinutes: number;
  readonly nowMs: number;
}): Promise<{ readonly check: DuplicateCheck; readonly notices: readonly NewDelivery[] } | null> {
  if (await isHourChecked(db, nowMs)) return null;
  const check = await countDuplicates(db, nowMs);
  const { rowsDouble, deliveriesDouble, samples } = check;
  const before = await loadIncidents(db, [DUPLICATES]);
  const detail = [
    `Double rows: ${rowsDouble}. Double messages: ${deliveriesDouble}.`,
    ...(samples.length === 0 ? [] : [`First: ${samples.join(", ")}`]),
  ];
  const { next } = advance(
    before[0] ?? newIncident(DUPLICATES, SUBJECT),
    { label: DUPLICATES, detail, bad: rowsDouble + deliveriesDouble > 0 },
    { policy: { openAfter: 1, coolDownMs: coolDownMinutes * MINUTE_MS }, nowMs: scanAtMs },
  );
  const notices = await tellIncidents(db, { before, after: [next], scanAtMs, nowMs, also: [checkStatement(db, check)] });
  return { check, notices };
}
