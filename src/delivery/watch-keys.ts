import type { Incident } from "../domain/incident.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../domain/units.ts";
import type { VenueId } from "../domain/venue.ts";
import { ACCOUNT_FEE_LIFE_MS, type AccountFee, type KeyCheck, type KeyState } from "../domain/venue-key.ts";
import type { Flags } from "../flags.ts";
import { advance, newIncident } from "../monitoring/incident.ts";

/** A key that a deployment has. */
export type GivenKey = Pick<KeyState, "venue" | "credentialId">;

/** A key that its venue refuses, or that can do more than read. */
export const AUTH_FAILURE = "auth-failure";
const REFUSED_BY_US = "key-refused";

const isWell = ({ scope }: Pick<KeyState, "scope">): boolean => scope === "read-only";

/** Keys that are due for a look: new and changed ones, those that read once a day, others once an hour. Pure. */
export function keysDue(given: readonly GivenKey[], stored: readonly KeyState[], nowMs: number): readonly VenueId[] {
  const states = new Map(stored.map((state) => [state.venue, state]));
  return given
    .filter(({ venue, credentialId }) => {
      const last = states.get(venue);
      if (last === undefined || last.credentialId !== credentialId) return true;
      return nowMs - last.checkedAtMs >= (isWell(last) ? DAY_MS : HOUR_MS);
    })
    .map(({ venue }) => venue);
}

/**
 * What is known of a key after a look. While the venue cannot be asked, and while a fee cannot be read, what was read before
 * with the same credentials serves on, at most two days.
 */
export function stateAfter(check: KeyCheck, before: KeyState | undefined, nowMs: number): KeyState {
  const { error: _, ...state } = check;
  const isUsed = check.scope === "read-only" || check.scope === "unknown";
  if (!isUsed || before === undefined || before.credentialId !== check.credentialId) return state;
  const kept = (fee: AccountFee | null): AccountFee | null => (fee !== null && nowMs - fee.readAtMs < ACCOUNT_FEE_LIFE_MS ? fee : null);
  const { perpetual, spot } = check.fees;
  return { ...state, fees: { perpetual: perpetual ?? kept(before.fees.perpetual), spot: spot ?? kept(before.fees.spot) } };
}

/** The incident of a venue's key after a look; a look at which the venue could not be asked says nothing of it. Pure. */
export function watchKey(
  before: Incident | undefined,
  check: KeyCheck,
  scan: { readonly nowMs: number; readonly flags: Pick<Flags, "incident_cooldown_minutes"> },
): Incident {
  const incident = before ?? newIncident(AUTH_FAILURE, check.venue);
  if (check.scope === "unknown") return incident;
  const label = check.scope === "trading" || check.scope === "withdrawal" ? REFUSED_BY_US : AUTH_FAILURE;
  const detail = [`${check.venue}, key ${check.keyId}: ${check.message ?? "the key is taken and can only read"}`];
  return after(incident, { bad: !isWell(check), label, detail }, scan);
}

/** The incident of a key that was taken away: over. */
export const withoutKey = (
  incident: Incident,
  scan: { readonly nowMs: number; readonly flags: Pick<Flags, "incident_cooldown_minutes"> },
): Incident => after(incident, { bad: false, label: incident.label, detail: [`${incident.subject}: no key is given any more`] }, scan);

const after = (
  incident: Incident,
  seen: Parameters<typeof advance>[1],
  { nowMs, flags }: { readonly nowMs: number; readonly flags: Pick<Flags, "incident_cooldown_minutes"> },
): Incident => advance(incident, seen, { policy: { openAfter: 1, coolDownMs: flags.incident_cooldown_minutes * MINUTE_MS }, nowMs }).next;
