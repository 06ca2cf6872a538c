import { SECOND_MS } from "../domain/units.ts";
import { KV_CATALOGUE } from "./keys.ts";
import { BOTH } from "./layers.ts";
import type { SnapshotSource } from "./read-snapshot.ts";

/** Whether a store answers. `off`: its flag is off, and it was not asked. */
export type StoreProbe =
  | { readonly status: "ok" | "off"; readonly ms: number | null; readonly error: null }
  | { readonly status: "failed"; readonly ms: number; readonly error: string };

/** Nothing is kept there: that KV says so is all that is asked. */
const PROBE_KEY = `${KV_CATALOGUE.market.prefix}probe`;
const PROBE_TTL_SECONDS = 30;

/** A store that has not answered by then counts as failed. */
const PROBE_LIMIT_MS = 2 * SECOND_MS;

/** Asks D1 and KV for one small thing each, at once. */
export async function probeStores(source: SnapshotSource): Promise<Readonly<Record<"d1" | "kv", StoreProbe>>> {
  const { db, cache } = source;
  const layers = (await source.layers?.()) ?? BOTH;
  const off: StoreProbe = { status: "off", ms: null, error: null };
  const [d1, kv] = await Promise.all([
    layers.d1 ? probe(source, async () => await db.prepare("SELECT 1").first()) : off,
    layers.kv ? probe(source, async () => await cache.get(PROBE_KEY, { type: "text", cacheTtl: PROBE_TTL_SECONDS })) : off,
  ]);
  return { d1, kv };
}

async function probe({ now, wait }: SnapshotSource, ask: () => Promise<unknown>): Promise<StoreProbe> {
  const startMs = now();
  const answered = ask().then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  const error = await Promise.race([answered, wait(PROBE_LIMIT_MS).then(() => `no answer within ${PROBE_LIMIT_MS} ms`)]);
  const ms = now() - startMs;
  return error === null ? { status: "ok", ms, error } : { status: "failed", ms, error };
}
