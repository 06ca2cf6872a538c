import pLimit, { type LimitFunction } from "p-limit";

/** Runs a task when its host has a free slot. */
export type HostSlots = <T>(host: string, task: () => Promise<T>) => Promise<T>;

/**
 * One short of the six connections that may wait for headers at once in one Worker invocation:
 * https://developers.cloudflare.com/workers/platform/limits/#simultaneous-open-connections (read 2026-11-22).
 */
const SLOTS_PER_HOST = 5;

/** Slots per host. Time limits are armed inside the slot, so that a queued call does not spend its limit waiting. */
export function createHostSlots(perHost = SLOTS_PER_HOST): HostSlots {
  const limits = new Map<string, LimitFunction>();
  return (host, task) => {
    const limit = limits.get(host) ?? pLimit(perHost);
    limits.set(host, limit);
    return limit(task);
  };
}
