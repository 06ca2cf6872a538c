import { type KvEraser, kvDelete, type KvError, kvPut, type KvWriter } from "../storage/keys.ts";
import type { Logger } from "../monitoring/log.ts";
import { err, type Result } from "../domain/result.ts";

/** KV takes one write a second of one key; a little more, since its clock is not ours. */
export const SPACING_MS = 1_100;
/** Keys whose last write is remembered at most. */
const MOST_KEYS = 2_000;
/** A write that KV refuses is tried once more: what it holds would otherwise stay old. */
const ATTEMPTS = 2;

/** What a key shall hold from now on; `null`: nothing. */
export type Wanted = { readonly value: string; readonly ttlSeconds: number } | null;

/** Writes keys of KV so that no key is written twice within a second; the newest of what came meanwhile is written. */
export type SpacedWrites = (key: string, wanted: Wanted) => Promise<void>;

/** Spaces the writes of one isolate. Each caller waits with its own timer, since a request may not await another's. */
export function spacedWrites(ports: {
  readonly cache: KvWriter & KvEraser;
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<void>;
  readonly log: Logger;
}): SpacedWrites {
  const { cache, now, wait, log } = ports;
  /** By key, oldest first: its newest order, and when it was written last. */
  const keys = new Map<string, { readonly turn: number; readonly writtenAtMs: number }>();
  const note = (key: string, state: { readonly turn: number; readonly writtenAtMs: number }): void => {
    keys.delete(key);
    keys.set(key, state);
    const oldest = keys.keys().next().value;
    if (keys.size > MOST_KEYS && oldest !== undefined) keys.delete(oldest);
  };
  return async (key, wanted) => {
    const turn = (keys.get(key)?.turn ?? 0) + 1;
    note(key, { turn, writtenAtMs: keys.get(key)?.writtenAtMs ?? 0 });
    let written: Result<unknown, KvError> = err({ kind: "kv", message: "not tried" });
    for (let left = ATTEMPTS; left > 0 && !written.ok; left--) {
      const waitMs = (keys.get(key)?.writtenAtMs ?? 0) + SPACING_MS - now();
      if (waitMs > 0) await wait(Math.min(waitMs, SPACING_MS));
      // Something newer is to be written: whoever asked for it does it.
      if ((keys.get(key)?.turn ?? turn) !== turn) return;
      note(key, { turn, writtenAtMs: now() });
      written = wanted === null ? await kvDelete(cache, key) : await kvPut(cache, { key, ...wanted });
    }
    if (!written.ok) log.error("session.cache-not-written", { deleted: wanted === null, message: written.error.message });
  };
}
