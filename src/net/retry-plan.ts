import type { VenueError } from "../domain/error.ts";
import { actionFor, type Retry } from "./action.ts";

/** Limits of one call. All times in ms. */
export type RetryLimits = {
  /** Most attempts of one call, over all hosts and rounds. */
  readonly attempts: number;
  /** The first back-off is drawn from 0 to this; each further one from twice as much. */
  readonly baseDelayMs: number;
  /** No back-off is drawn from more than this. */
  readonly maxDelayMs: number;
};

/** Where a call stands among its hosts. */
export type RetryState = {
  /** Hosts still worth asking, in order: those that refused the address have left. */
  readonly hosts: readonly string[];
  readonly index: number;
  /** Back-offs so far. */
  readonly round: number;
  /** Bodies that stopped before their JSON did. */
  readonly cutBodies: number;
};

export type Failure = { readonly error: VenueError; /** The body was JSON that stopped early. */ readonly cut: boolean };

/** `null`: the call is over with the error it has. */
export type NextAttempt = { readonly state: RetryState; readonly waitMs: number } | null;

export const firstState = (hosts: readonly string[]): RetryState => ({ hosts, index: 0, round: 0, cutBodies: 0 });

/**
 * What follows a failed attempt: another host at once, a wait, or the end. A wait that would use up what is left of the
 * call's total is not begun. A body cut inside its JSON, which ended in good order as HTTP, is asked for once more: a
 * connection lost behind a proxy looks like that, and the same cut twice is the venue's own.
 * @param input.attempt the number of the attempt that failed, from 1; `leftMs` of the total; `random` in [0, 1)
 */
export function nextAttempt(input: {
  readonly state: RetryState;
  readonly failure: Failure;
  readonly attempt: number;
  readonly leftMs: number;
  readonly limits: RetryLimits;
  readonly random: () => number;
}): NextAttempt {
  const { failure, attempt, leftMs, limits } = input;
  if (attempt >= limits.attempts || leftMs <= 0) return null;
  const state = failure.cut ? { ...input.state, cutBodies: input.state.cutBodies + 1 } : input.state;
  switch (retryOf(failure, state)) {
    case "no":
      return null;
    case "wait":
      return afterNamedWait(state, failure.error, leftMs);
    case "next-host": {
      const hosts = state.hosts.filter((_, index) => index !== state.index);
      if (state.index < hosts.length) return { state: { ...state, hosts }, waitMs: 0 };
      return hosts.length === 0 ? null : afterBackoff({ ...input, state: { ...state, hosts } });
    }
    case "backoff":
      return state.index + 1 < state.hosts.length
        ? { state: { ...state, index: state.index + 1 }, waitMs: 0 }
        : afterBackoff({ ...input, state });
  }
}

function retryOf(failure: Failure, state: RetryState): Retry {
  if (failure.cut) return state.cutBodies === 1 ? "backoff" : "no";
  return actionFor(failure.error).retry;
}

/** The same host after the time the venue named; without a named time the venue is left alone for longer than a call. */
function afterNamedWait(state: RetryState, error: VenueError, leftMs: number): NextAttempt {
  const named = "retryAfterMs" in error && error.retryAfterMs !== null;
  const waitMs = actionFor(error).pauseMs;
  return named && waitMs !== null && waitMs < leftMs ? { state, waitMs } : null;
}

/** The first host again, after the next back-off or what a 503 asks for, whichever is longer. */
function afterBackoff(input: {
  readonly state: RetryState;
  readonly failure: Failure;
  readonly leftMs: number;
  readonly limits: RetryLimits;
  readonly random: () => number;
}): NextAttempt {
  const { state, failure, leftMs } = input;
  const asked = failure.error.kind === "server" ? (failure.error.retryAfterMs ?? 0) : 0;
  const waitMs = Math.max(backoffMs(state.round, input.limits, input.random), asked);
  return waitMs < leftMs ? { state: { ...state, index: 0, round: state.round + 1 }, waitMs } : null;
}

/**
 * Exponential back-off with full jitter: random · min(maxDelay, baseDelay · 2^round), whole ms.
 * @example backoffMs(2, { attempts: 4, baseDelayMs: 100, maxDelayMs: 2000 }, () => 0.5) // 200
 */
export function backoffMs(round: number, limits: RetryLimits, random: () => number): number {
  return Math.floor(random() * Math.min(limits.maxDelayMs, limits.baseDelayMs * 2 ** round));
}
