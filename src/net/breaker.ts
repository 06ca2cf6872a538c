import type { VenueErrorKind } from "../domain/error.ts";
import type { BreakerLimits, FeedHealth, LastFailure } from "../domain/feed.ts";
import { MINUTE_MS, SECOND_MS } from "../domain/units.ts";

/** What a feed remembers of its venue's failures. Small, plain, stored. Times epoch ms. */
export type Breaker = {
  /** Counted failures in a row. */
  readonly failures: number;
  /** Times in a row that it opened again after a probe. */
  readonly reopened: number;
  /** Until when no call leaves; from then on one may, as a probe. `null`: closed. */
  readonly openUntilMs: number | null;
  /** A probe is under way, and until when it is waited for; `null`: none. */
  readonly probeUntilMs: number | null;
  /** Of any kind, counted or not; it stays when the venue is back. */
  readonly lastFailure: LastFailure | null;
};

export const CLOSED_BREAKER: Breaker = { failures: 0, reopened: 0, openUntilMs: null, probeUntilMs: null, lastFailure: null };

/** What may leave: every call, one call that tells whether the venue is back, or none. */
export type Pass = "calls" | "probe" | "none";

/** It never stays open for longer, unless it is told to from the start. */
const LONGEST_COOL_DOWN_MS = 30 * MINUTE_MS;
/** A probe that was never told of, as its object died, stands in the way of the next for so long. */
export const PROBE_LEASE_MS = 30 * SECOND_MS;

/**
 * Which failures count: those in which the venue was asked and what came was of no use. Not those after which nothing was
 * sent, not a fault of ours, and not a limit or ban, for which the venue names the time itself.
 */
const COUNTS: { readonly [K in VenueErrorKind]: boolean } = {
  network: true,
  dns: true,
  timeout: true,
  "bad-request": true,
  unauthorized: true,
  forbidden: true,
  "geo-blocked": true,
  "rate-limited": false,
  banned: false,
  http: true,
  server: true,
  "venue-error": true,
  "too-large": true,
  "bad-json": true,
  "bad-shape": true,
  empty: true,
  budget: false,
  "breaker-open": false,
  "flag-off": false,
  deferred: false,
  "auth-failed": false,
  internal: false,
};

/** Kinds after which nothing is known of the venue, since it was not asked. */
export const wasNotSent = (kind: VenueErrorKind): boolean => kind === "budget" || kind === "breaker-open" || kind === "flag-off";

/** What may leave now. A probe is noted, so that nobody else gets one before it has told, or its lease is over. */
export function askBreaker(
  state: Breaker,
  nowMs: number,
): { readonly state: Breaker; readonly pass: Pass; /** When refused; else 0. */ readonly retryAfterMs: number } {
  if (state.openUntilMs === null) return { state, pass: "calls", retryAfterMs: 0 };
  const shutUntilMs = Math.max(state.openUntilMs, state.probeUntilMs ?? 0);
  if (nowMs < shutUntilMs) return { state, pass: "none", retryAfterMs: shutUntilMs - nowMs };
  return { state: { ...state, probeUntilMs: nowMs + PROBE_LEASE_MS }, pass: "probe", retryAfterMs: 0 };
}

/**
 * The state after an ask that passed. Success closes. The failure that makes `limits.failures` in a row opens for the
 * cool-down; a failed probe opens for twice as long as the time before, 30 minutes at most. A failure that does not count
 * changes nothing, but that another probe may follow.
 * @param ended.failure the kind of the failure; `null`: success
 * @param ended.limits `null`: the breaker is switched off, and only the last failure is kept
 */
export function tellBreaker(
  state: Breaker,
  ended: {
    readonly pass: "calls" | "probe";
    readonly failure: VenueErrorKind | null;
    readonly nowMs: number;
    readonly limits: BreakerLimits | null;
  },
): Breaker {
  const { pass, failure, nowMs, limits } = ended;
  if (failure === null) return isClosed(state) ? state : { ...CLOSED_BREAKER, lastFailure: state.lastFailure };
  if (limits === null) return wasNotSent(failure) ? state : { ...CLOSED_BREAKER, lastFailure: { kind: failure, atMs: nowMs } };
  const released = pass === "probe" ? { ...state, probeUntilMs: null } : state;
  if (wasNotSent(failure)) return released;
  const told = { ...released, lastFailure: { kind: failure, atMs: nowMs } };
  if (!COUNTS[failure]) return told;
  const counted = { ...told, failures: told.failures + 1 };
  if (pass === "probe") {
    const reopened = state.reopened + 1;
    return { ...counted, reopened, openUntilMs: nowMs + coolDownMs(reopened, limits) };
  }
  // A call that left before it opened tells nothing new.
  if (state.openUntilMs !== null || counted.failures < limits.failures) return counted;
  return { ...counted, openUntilMs: nowMs + coolDownMs(0, limits) };
}

const isClosed = ({ failures, openUntilMs }: Breaker): boolean => failures === 0 && openUntilMs === null;

/**
 * How long it stays open: the cool-down, twice as long after each failed probe, at most 30 minutes.
 * @example coolDownMs(2, { failures: 5, coolDownMs: 300_000 }) // 1_200_000
 */
export const coolDownMs = (reopened: number, limits: BreakerLimits): number =>
  Math.min(limits.coolDownMs * 2 ** reopened, Math.max(limits.coolDownMs, LONGEST_COOL_DOWN_MS));

/** The breaker as readers see it; `limits` is `null` where it is switched off. */
export function breakerView(state: Breaker, limits: BreakerLimits | null): FeedHealth["breaker"] {
  const { failures, openUntilMs, probeUntilMs } = state;
  if (limits === null) return { state: "off", failures, untilMs: null };
  if (openUntilMs === null) return { state: "closed", failures, untilMs: null };
  return { state: probeUntilMs === null ? "open" : "probing", failures, untilMs: openUntilMs };
}
