import type { NewDelivery } from "../domain/delivery.ts";
import { newIncident } from "../monitoring/incident.ts";
import { loadIncidents } from "../storage/incidents.ts";
import { tellIncidents } from "./incident-deliveries.ts";
import { FAILURE, QUIET, SUBJECT, type WatchedScan, watchZero, type ZeroAlarmFlags } from "./watch-zero.ts";

/**
 * Looks at one scan and says what operators are told: once when `zero_alarm_scans` scans in a row had no opportunity, under
 * the name of the reason; once more when a quiet market turns into a data failure; and once at each recovery. What it gives is
 * stored already and waits to be put on the queue; doing the same scan again gives the same. One statement while all is well,
 * two while it counts, four when there is something to tell.
 */
export async function zeroAlarm({
  db,
  scan,
  flags,
  nowMs,
}: {
  readonly db: D1Database;
  readonly scan: WatchedScan;
  readonly flags: ZeroAlarmFlags;
  readonly nowMs: number;
}): Promise<readonly NewDelivery[]> {
  const stored = await loadIncidents(db, [QUIET, FAILURE]);
  const before = [QUIET, FAILURE].map((kind) => stored.find((each) => each.kind === kind) ?? newIncident(kind, SUBJECT));
  const [quiet, failure] = before;
  if (quiet === undefined || failure === undefined) return [];
  const next = watchZero({ quiet, failure }, scan, flags);
  const after = [next.quiet, next.failure];
  return await tellIncidents(db, { before, after, scanAtMs: scan.finishedAtMs, nowMs });
}
