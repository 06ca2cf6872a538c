import type { Incident } from "../domain/incident.ts";
import type { Person } from "../domain/person.ts";
import type { IncidentNotice } from "../monitoring/incident.ts";
import type { NewDelivery } from "../domain/delivery.ts";

/** One notice of an incident for each operator who can be reached. Its id is of the incident's opening, so that each phase is told once. */
export function incidentDeliveries({
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
