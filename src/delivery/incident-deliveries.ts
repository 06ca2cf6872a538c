import type { Incident } from "../domain/incident.ts";
import type { Person } from "../domain/person.ts";
import { type IncidentNotice, isNews, newIncident, noticeAt } from "../monitoring/incident.ts";
import type { NewDelivery } from "../domain/delivery.ts";
import { insertDeliveriesStatements } from "../storage/deliveries.ts";
import { incidentsStatement } from "../storage/incidents.ts";
import { operators } from "../storage/people.ts";

/** One notice of an incident for each operator who can be reached. Its id is of the incident's opening, so that each phase is told once. */
function incidentDeliveries({
  incident,
  phase,
  to,
  scanAtMs,
}: {
  readonly incident: Incident;
  readonly phase: IncidentNotice;
  readonly to: readonly Person[];
  /** End of the scan it was seen in, epoch ms. */
  readonly scanAtMs: number;
}): readonly NewDelivery[] {
  const { kind, subject, openedAtMs, badSinceMs, label, detail } = incident;
  return to
    .filter(({ status }) => status !== "blocked")
    .map(({ telegramId }) => ({
      eventId: `incident:${kind}:${subject}:${openedAtMs ?? scanAtMs}:${phase}`,
      telegramId,
      kind: "incident",
      status: "queued",
      reason: null,
      protective: false,
      silent: phase === "recovered",
      opportunityId: null,
      strategy: null,
      asset: null,
      netTold: null,
      payload: { kind: "incident", incident: kind, subject, phase, label, lines: detail, sinceMs: badSinceMs ?? scanAtMs },
      venueAtMs: null,
      scanAtMs,
    }));
}

/**
 * Stores incidents after a look, with one notice for each operator where one opened or recovered at that moment, and what
 * else belongs to the look. What it gives is stored already and waits to be put on the queue; the same look again gives the
 * same.
 */
export async function tellIncidents(
  db: D1Database,
  look: {
    readonly before: readonly Incident[];
    readonly after: readonly Incident[];
    /** The moment of the look, epoch ms. */
    readonly scanAtMs: number;
    readonly nowMs: number;
    readonly also?: readonly D1PreparedStatement[];
  },
): Promise<readonly NewDelivery[]> {
  const { before, after, scanAtMs, nowMs, also = [] } = look;
  const told = after.flatMap((incident) => {
    const phase = noticeAt(incident, scanAtMs);
    return phase === null ? [] : [{ incident, phase }];
  });
  const to = told.length === 0 ? [] : await operators(db);
  const notices = told.flatMap((notice) => incidentDeliveries({ ...notice, to, scanAtMs }));
  const earlier = ({ kind, subject }: Incident): Incident =>
    before.find((each) => each.kind === kind && each.subject === subject) ?? newIncident(kind, subject);
  const news = after.filter((incident) => isNews(earlier(incident), incident));
  const statements =
    news.length === 0 ? [...also] : [...insertDeliveriesStatements(db, notices, nowMs), incidentsStatement(db, news), ...also];
  // One transaction, so that no incident is open that nobody was told of, and none is told that is not open.
  if (statements.length > 0) await db.batch(statements);
  return notices;
}
