import type { CallRules } from "./domain/feed.ts";
import { SECOND_MS } from "./domain/units.ts";
import type { Flags } from "./flags.ts";
import { MOST_SLOTS_PER_HOST, PLATFORM_CONNECTIONS } from "./net/limiter.ts";

/** How one scan asks its feeds, from the flags in force. */
export type FetchSettings = {
  /** Goes with every ask, so that no feed has to look a flag up. */
  readonly rules: CallRules;
  readonly feedsAtOnce: number;
  /** Whether anything may be under way beside anything else. */
  readonly overlap: boolean;
  /** Time for all feeds where they take turns, ms. */
  readonly turnsDeadlineMs: number;
};

/** Numbers above what the platform has are clamped here: 6 calls in flight in one ask, 5 at one host. */
export function fetchSettings(flags: Flags): FetchSettings {
  const overlap = flags.concurrent_processing_enabled;
  const perHost = Math.min(flags.connection_pool_size, MOST_SLOTS_PER_HOST);
  return {
    rules: {
      mostAtOnce: overlap ? Math.min(flags.max_concurrent_requests, PLATFORM_CONNECTIONS) : 1,
      mostPerHost: flags.api_connection_pooling_enabled ? perHost : null,
      breaker: flags.circuit_breaker_enabled
        ? { failures: flags.breaker_failures, coolDownMs: flags.breaker_cooldown_seconds * SECOND_MS }
        : null,
    },
    feedsAtOnce: overlap ? flags.max_feeds_at_once : 1,
    overlap,
    turnsDeadlineMs: flags.turns_deadline_ms,
  };
}
