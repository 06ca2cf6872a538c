import type { NewDelivery } from "../domain/delivery.ts";
import { isNews, newIncident, noticeAt } from "../monitoring/incident.ts";
import { insertDeliveriesStatements } from "../storage/deliveries.ts";
import { incidentsStatement, loadIncidents } from "../storage/incidents.ts";
import { operators } from "../storage/people.ts";
import { incidentDeliveries } from "./incident-deliveries.ts";
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
  const told = after.flatMap((incident) => {
    const phase = noticeAt(incident, scan.finishedAtMs);
    return phase === null ? [] : [{ incident, phase }];
  });
  const to = told.length === 0 ? [] : await operators(db);
  const notices = told.flatMap((notice) => incidentDeliveries({ ...notice, to, scanAtMs: scan.finishedAtMs }));
  const news = after.filter((incident, index) => isNews(before[index] ?? incident, incident));
  // One transaction, so that no incident is open that nobody was told of, and none is told that is not open.
  if (news.length > 0) await db.batch([...insertDeliveriesStatements(db, notices, nowMs), incidentsStatement(db, news)]);
  return notices;
}
