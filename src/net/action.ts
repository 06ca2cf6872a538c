import type { VenueError } from "../domain/error.ts";
import { MINUTE_MS, SECOND_MS } from "../domain/units.ts";

/**
 * What to do within the call that failed.
 * `backoff`: the next host at once; when all had their turn, the first again after a growing wait.
 * `next-host`: another host may answer, this one will not within this call.
 * `wait`: the same host, after the time the venue named, if that fits the call's total.
 * `no`: asking again gives the same answer.
 */
export type Retry = "backoff" | "next-host" | "wait" | "no";

export type Action = {
  readonly retry: Retry;
  /** How long to leave the venue alone once the call has failed, ms; `null`: ask again in the next scan. */
  readonly pauseMs: number | null;
  /** What happened and what is done about it, for people. */
  readonly sentence: string;
};

/** A 429 that names no time. Venues count by the minute or less. */
const UNNAMED_RATE_LIMIT_PAUSE_MS = MINUTE_MS;
/** Bybit answers a passed limit with 403 and asks for 10 minutes: https://bybit-exchange.github.io/docs/v5/rate-limit (read 2026-11-22). */
const FORBIDDEN_PAUSE_MS = 10 * MINUTE_MS;
/** Binance's shortest ban: https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info (read 2026-11-22). */
const SHORTEST_BAN_MS = 2 * MINUTE_MS;
/** A country's rule does not change within minutes; an egress address may. */
const GEO_PAUSE_MS = 15 * MINUTE_MS;

/** The action of each kind of failure: the one table of what is retried, how, and how long the venue is left alone. */
export function actionFor(error: VenueError): Action {
  switch (error.kind) {
    case "network":
      return act("backoff", null, "The connection failed; other hosts are tried, then the same again after a wait.");
    case "dns":
      return act("backoff", null, "The host's name could not be resolved; other hosts are tried, then the same again after a wait.");
    case "timeout":
      return error.phase === "venue" || error.phase === "scan"
        ? act("no", null, `The time for the venue, ${error.limitMs} ms in all, was over; asked again in the next scan.`)
        : act("backoff", null, `No ${error.phase} within ${error.limitMs} ms; other hosts are tried, then the same again after a wait.`);
    case "server":
      return act("backoff", error.retryAfterMs, `The venue's server failed (HTTP ${error.status}); tried again with growing waits.`);
    case "http":
      return isTransient(error.status)
        ? act("backoff", null, `The venue did not take the request in time (HTTP ${error.status}); tried again with growing waits.`)
        : act("no", null, `Unexpected HTTP status ${error.status}; not tried again in this scan.`);
    case "geo-blocked":
      return withPause("next-host", GEO_PAUSE_MS, "The venue refuses the country of this address; other hosts are tried, never the same.");
    case "forbidden":
      return withPause(
        "next-host",
        FORBIDDEN_PAUSE_MS,
        "The venue refuses this address (HTTP 403); other hosts are tried, never the same.",
      );
    case "rate-limited":
      return withPause("wait", rateLimitPauseMs(error), "Too many requests for the venue.");
    case "banned":
      return withPause("wait", Math.max(error.retryAfterMs ?? 0, SHORTEST_BAN_MS), "The venue has banned this address for a time.");
    case "budget":
      return withPause(
        "no",
        error.retryAfterMs,
        "Our own request budget for the venue is spent, or the venue is paused; nothing was sent.",
      );
    default:
      return withoutRetry(error);
  }
}

type KindWithMore = "network" | "dns" | "timeout" | "server" | "http" | "geo-blocked" | "forbidden" | "rate-limited" | "banned" | "budget";

/** Failures that the same request would meet again: each its own sentence, none a second attempt. */
function withoutRetry(error: Exclude<VenueError, { readonly kind: KindWithMore }>): Action {
  switch (error.kind) {
    case "bad-request":
      return act("no", null, "The venue does not accept the request (HTTP 400): its API or our request has changed.");
    case "unauthorized":
      return act("no", null, "The venue asks for credentials (HTTP 401) on an endpoint documented as public.");
    case "venue-error":
      return act("no", null, `The venue answered with its own error ${error.code}; asked again in the next scan.`);
    case "too-large":
      return act("no", null, `The body is larger than ${error.limitBytes} bytes and was not read.`);
    case "bad-json":
      return act("no", null, "The body is not JSON; asked again in the next scan.");
    case "bad-shape":
      return act("no", null, `The body is not what the venue documents, at ${error.path}: the adapter needs a look.`);
    case "empty":
      return act("no", null, "The venue sent an empty list where its market is expected; asked again in the next scan.");
    case "auth-failed":
      return act("no", null, "The venue does not take the key: nothing is sent with it again until the next check.");
    case "breaker-open":
      return act(
        "no",
        null,
        "The venue failed too often in a row and is left alone until its breaker lets one call through; nothing was sent.",
      );
    case "deferred":
      return act("no", null, "The budget of the scan went to others first; asked in a later scan.");
    case "flag-off":
      return act("no", null, "Real data is switched off by a flag; nothing was sent.");
    case "internal":
      return act("no", null, "A fault of our own kept the call from being made or read.");
  }
}

const act = (retry: Retry, pauseMs: number | null, sentence: string): Action => ({ retry, pauseMs, sentence });

const withPause = (retry: Retry, pauseMs: number, sentence: string): Action => ({
  retry,
  pauseMs,
  sentence: `${sentence} Left alone for ${Math.ceil(pauseMs / SECOND_MS)} s.`,
});

/** Request Timeout and Too Early: the only answers of the 4xx class, 429 aside, that say "the same again, later". */
const isTransient = (status: number): boolean => status === 408 || status === 425;

/** What the venue names, at least a second; else a minute, or ten where the limit came as 403. */
function rateLimitPauseMs(error: Extract<VenueError, { kind: "rate-limited" }>): number {
  if (error.retryAfterMs !== null) return Math.max(error.retryAfterMs, SECOND_MS);
  return error.status === 403 ? FORBIDDEN_PAUSE_MS : UNNAMED_RATE_LIMIT_PAUSE_MS;
}
