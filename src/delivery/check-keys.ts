import type { NewDelivery } from "../domain/delivery.ts";
import type { Incident } from "../domain/incident.ts";
import type { VenueId } from "../domain/venue.ts";
import type { KeyCheck } from "../domain/venue-key.ts";
import type { Flags } from "../flags.ts";
import type { Logger } from "../monitoring/log.ts";
import { loadIncidents } from "../storage/incidents.ts";
import { forgetKeyStates, loadKeyStates, saveKeyStates } from "../storage/venue-keys.ts";
import { tellIncidents } from "./incident-deliveries.ts";
import { AUTH_FAILURE, type GivenKey, keysDue, stateAfter, watchKey, withoutKey } from "./watch-keys.ts";

/** The deployment's keys, and how one is looked at. */
export type KeyPorts = {
  readonly given: () => Promise<readonly GivenKey[]>;
  /** From where the venue's feed calls, by the flag. */
  readonly check: (venue: VenueId, regions: Flags["venue_regions"]) => Promise<KeyCheck>;
};

/**
 * Looks at the keys that are due, stores what each may do and what its account is charged, and tells operators once when one
 * is refused and once when it is well again. One statement where nothing is due; without keys one an hour, for those that
 * were taken away.
 */
export async function checkKeys(
  ports: KeyPorts & { readonly db: D1Database; readonly log: Logger },
  scan: {
    readonly flags: Pick<Flags, "incident_cooldown_minutes" | "venue_regions">;
    readonly scanId: string;
    readonly isFirstOfHour: boolean;
    readonly nowMs: number;
  },
): Promise<readonly NewDelivery[]> {
  const { db, log } = ports;
  const { nowMs } = scan;
  const given = await ports.given();
  if (given.length === 0 && !scan.isFirstOfHour) return [];
  const stored = await loadKeyStates(db);
  const gone = stored.map(({ venue }) => venue).filter((venue) => !given.some((each) => each.venue === venue));
  const due = keysDue(given, stored, nowMs);
  if (due.length === 0 && gone.length === 0) return [];
  const checks = await looksAt(due, ports, scan);
  for (const check of checks) logCheck(log, check, scan.scanId);
  const known = await loadIncidents(db, [AUTH_FAILURE]);
  const of = (venue: VenueId): Incident | undefined => known.find(({ subject }) => subject === venue);
  const incidents = [
    ...checks.map((check) => watchKey(of(check.venue), check, scan)),
    ...gone.flatMap((venue) => of(venue) ?? []).map((incident) => withoutKey(incident, scan)),
  ];
  const states = checks.map((check) =>
    stateAfter(
      check,
      stored.find(({ venue }) => venue === check.venue),
      nowMs,
    ),
  );
  return await tellIncidents(db, {
    before: known,
    after: incidents,
    scanAtMs: nowMs,
    nowMs,
    also: [saveKeyStates(db, states, nowMs), forgetKeyStates(db, gone)],
  });
}

/** What the looks found. A feed that fails or does not answer costs its own look, which the next scan makes. */
async function looksAt(
  venues: readonly VenueId[],
  { check, log }: Pick<KeyPorts, "check"> & { readonly log: Logger },
  { flags, scanId }: { readonly flags: Pick<Flags, "venue_regions">; readonly scanId: string },
): Promise<readonly KeyCheck[]> {
  const looks = await Promise.allSettled(venues.map(async (venue) => await check(venue, flags.venue_regions)));
  return looks.flatMap((look, place) => {
    if (look.status === "fulfilled") return [look.value];
    log.error("key.not-checked", { correlationId: scanId, venue: venues[place], error: look.reason });
    return [];
  });
}

/** What a look found. Never the key: its id, and the venue's words without it. */
function logCheck(log: Logger, { venue, keyId, scope, message, error }: KeyCheck, scanId: string): void {
  const reason = error?.kind === "auth-failed" ? { reason: error.reason, code: error.code } : {};
  const seen = { correlationId: scanId, venue, keyId, scope, ...reason, message };
  if (scope === "read-only" || scope === "unknown") log.info("key.checked", seen);
  else log.warn("auth_failure", seen);
}
