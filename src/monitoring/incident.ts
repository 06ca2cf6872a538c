import type { Incident } from "../domain/incident.ts";

/** One look at what is watched. */
export type Observation = { readonly bad: boolean; readonly label: string; readonly detail: readonly string[] };
export type IncidentPolicy = {
  /** Bad observations in a row that open an incident. */
  readonly openAfter: number;
  /** Time after a recovery in which no incident opens, ms. */
  readonly coolDownMs: number;
};
export type IncidentNotice = "opened" | "recovered";

/** What is watched and was never seen. */
export const newIncident = (kind: string, subject: string): Incident => ({
  kind,
  subject,
  state: "ok",
  badCount: 0,
  badSinceMs: null,
  openedAtMs: null,
  recoveredAtMs: null,
  label: "",
  detail: [],
  seenAtMs: 0,
});

/**
 * The incident after one more observation: open after `openAfter` bad ones in a row, recovered by the first good one, and
 * not opened again while it cools down; what is still bad then opens at its end. A notice comes with the change and never
 * again. An observation that is not later than the last one changes nothing.
 * @example advance(newIncident("k", "s"), { bad: true, label: "", detail: [] }, { policy: { openAfter: 1, coolDownMs: 0 }, nowMs: 5 }).notice // "opened"
 */
export function advance(
  state: Incident,
  seen: Observation,
  { policy, nowMs }: { readonly policy: IncidentPolicy; readonly nowMs: number },
): { readonly next: Incident; readonly notice: IncidentNotice | null } {
  if (nowMs <= state.seenAtMs) return { next: state, notice: null };
  return seen.bad ? worse({ ...state, seenAtMs: nowMs }, seen, policy) : better({ ...state, seenAtMs: nowMs }, seen, policy);
}

type Step = { readonly next: Incident; readonly notice: IncidentNotice | null };

function worse(state: Incident, { label, detail }: Observation, { openAfter, coolDownMs }: IncidentPolicy): Step {
  const nowMs = state.seenAtMs;
  const counted: Incident = {
    ...state,
    label,
    detail,
    badCount: state.badCount + 1,
    badSinceMs: state.badCount === 0 ? nowMs : state.badSinceMs,
  };
  if (state.state === "open") return { next: counted, notice: null };
  const cooling = isCooling(state, coolDownMs);
  if (!cooling && counted.badCount >= openAfter) return { next: { ...counted, state: "open", openedAtMs: nowMs }, notice: "opened" };
  return { next: { ...counted, state: cooling ? "cool-down" : "ok" }, notice: null };
}

function better(state: Incident, { detail }: Observation, { coolDownMs }: IncidentPolicy): Step {
  if (state.state === "open") {
    return { next: { ...state, state: "cool-down", badCount: 0, recoveredAtMs: state.seenAtMs, detail }, notice: "recovered" };
  }
  const cooling = isCooling(state, coolDownMs);
  return { next: { ...state, state: cooling ? "cool-down" : "ok", badCount: 0, badSinceMs: null }, notice: null };
}

const isCooling = ({ state, recoveredAtMs, seenAtMs }: Incident, coolDownMs: number): boolean =>
  state === "cool-down" && recoveredAtMs !== null && seenAtMs - recoveredAtMs < coolDownMs;

/**
 * The notice that the observation of this moment made. It is read off the state, so that work that was cut short after the
 * state was stored can be done again and comes to the same notice; its id then keeps it from being told twice.
 */
export function noticeAt({ state, openedAtMs, recoveredAtMs }: Incident, nowMs: number): IncidentNotice | null {
  if (state === "open" && openedAtMs === nowMs) return "opened";
  return state === "cool-down" && recoveredAtMs === nowMs ? "recovered" : null;
}

/** Whether anything but the time of the last look has changed, so that it is worth a write. */
export const isNews = (before: Incident, next: Incident): boolean =>
  before.state !== next.state || before.badCount !== next.badCount || before.openedAtMs !== next.openedAtMs || next.badCount > 0;
