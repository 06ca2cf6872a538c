import pLimit, { type LimitFunction } from "p-limit";

/** Runs a task when its host has a free slot. */
export type HostSlots = <T>(host: string, task: () => Promise<T>) => Promise<T>;

/**
 * Connections of one Worker invocation that may wait for headers at once; the platform queues the seventh:
 * https://developers.cloudflare.com/workers/platform/limits/#simultaneous-open-connections (read 2026-11-22).
 */
export const PLATFORM_CONNECTIONS = 6;
/** Slots per host at most, whatever a flag says: one short of the platform's limit, so that no attempt waits there unseen. */
export const MOST_SLOTS_PER_HOST = PLATFORM_CONNECTIONS - 1;

/** Slots per host. Time limits are armed inside the slot, so that a queued call does not spend its limit waiting. */
export function createHostSlots(perHost: number = MOST_SLOTS_PER_HOST): HostSlots {
  const limits = new Map<string, LimitFunction>();
  return (host, task) => {
    const limit = limits.get(host) ?? pLimit(perHost);
    limits.set(host, limit);
    return limit(task);
  };
}

/** The slots of a feed's hosts, which quotes and order books share. */
export type HostPool = { readonly size: number; readonly quotes: HostSlots; readonly books: HostSlots };

/** A pool of `size` slots a host. Books leave one of them to the quotes where there are two: a book that hangs holds no quotes up. */
export function createHostPool(size: number): HostPool {
  const whole = createHostSlots(size);
  const part = createHostSlots(Math.max(1, size - 1));
  return { size, quotes: whole, books: (host, task) => part(host, () => whole(host, task)) };
}
