import { err, ok, type Result } from "../domain/result.ts";
import { SECOND_MS } from "../domain/units.ts";
import type { VenueId } from "../domain/venue.ts";
import { SNAPSHOT_KEY } from "./keys.ts";
import { BOTH, type Layers } from "./layers.ts";
import { LIST_OPEN_SQL, listOpen, OPEN_PAGE_ROWS, readOpenRows } from "./opportunities.ts";
import { LATEST_SCAN_SQL, readScanRow } from "./scans.ts";
import { scanDetailSchema } from "./scan-record.ts";
import { buildSnapshot, parseSnapshot, type Snapshot } from "./snapshot.ts";

/** A snapshot with where it came from and how old its scan is. */
export type SnapshotRead = {
  readonly snapshot: Snapshot;
  /** `d1`: KV had none that counts; then there are no market columns and no points. */
  readonly source: "kv" | "d1";
  /** Time since the scan ended, ms. */
  readonly ageMs: number;
  /** Why KV was not used; `null` when it was. */
  readonly fallbackReason: string | null;
  /** Rows of D1 that are not what was written, left out. */
  readonly leftOut: number;
};
/** There is nothing to show. `no-scan`: none was made yet; `unavailable`: neither KV nor D1 gave one. */
export type SnapshotError = { readonly kind: "no-scan" | "unavailable"; readonly message: string };

/** What an isolate remembers between requests: values only, never another request's pending work. */
export type SnapshotMemory = {
  read: { readonly value: Omit<SnapshotRead, "ageMs">; readonly atMs: number } | null;
  /** Until then one request of this isolate is reading, epoch ms. */
  leaseUntilMs: number;
};
export const snapshotMemory = (): SnapshotMemory => ({ read: null, leaseUntilMs: 0 });

/** Enough of KV to read. */
export type KvReader = {
  readonly get: (key: string, options: { readonly type: "text"; readonly cacheTtl: number }) => Promise<string | null>;
};

export type SnapshotSource = {
  readonly cache: KvReader;
  readonly db: D1Database;
  readonly memory: SnapshotMemory;
  /** The registered venues. */
  readonly venues: ReadonlySet<VenueId>;
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<void>;
  /** Which layers may be read; both where it is not given. */
  readonly layers?: () => Promise<Layers>;
};

/** What one isolate read serves its other requests for so long. */
export const MEMORY_MS = 2 * SECOND_MS;
/** A read that takes longer is taken over by the next request. */
const LEASE_MS = 1 * SECOND_MS;
const WAIT_MS = 25;
/** Shortest life of KV's own cache; the platform's minimum. */
const CACHE_TTL_SECONDS = 30;

/**
 * The current snapshot: this isolate's own for 2 s, else KV, else the newest scan and the open rows of D1. One request of
 * an isolate reads at a time; meanwhile the others are served what is not expired, or wait for it in short steps of
 * their own, since a request may not await another's. A refresh therefore never gives an error or an empty list.
 */
export async function readSnapshot(source: SnapshotSource): Promise<Result<SnapshotRead, SnapshotError>> {
  const { memory, now } = source;
  for (let step = 0; step < LEASE_MS / WAIT_MS; step++) {
    const otherReads = memory.leaseUntilMs > now();
    const known = recent(source, otherReads ? MEMORY_MS + LEASE_MS : MEMORY_MS);
    if (known !== null) return ok(known);
    if (!otherReads) break;
    await source.wait(WAIT_MS);
  }
  // No await between the look at the lease and here, so that one request takes it.
  const leaseUntilMs = now() + LEASE_MS;
  memory.leaseUntilMs = leaseUntilMs;
  try {
    const read = await readThrough(source);
    if (!read.ok) return read;
    memory.read = { value: read.value, atMs: now() };
    return ok(aged(read.value, now()));
  } finally {
    if (memory.leaseUntilMs === leaseUntilMs) memory.leaseUntilMs = 0;
  }
}

/** What was read at most `maxMs` ago and has not expired since. */
function recent({ memory, now }: SnapshotSource, maxMs: number): SnapshotRead | null {
  if (memory.read === null) return null;
  const { value, atMs } = memory.read;
  const nowMs = now();
  const expired = value.source === "kv" && value.snapshot.expiresAtMs <= nowMs;
  return nowMs - atMs <= maxMs && nowMs >= atMs && !expired ? aged(value, nowMs) : null;
}

const aged = (value: Omit<SnapshotRead, "ageMs">, nowMs: number): SnapshotRead => ({
  ...value,
  ageMs: Math.max(0, nowMs - value.snapshot.scan.finishedAtMs),
});

async function readThrough(source: SnapshotSource): Promise<Result<Omit<SnapshotRead, "ageMs">, SnapshotError>> {
  const layers = (await source.layers?.()) ?? BOTH;
  const cached = layers.kv ? await readKv(source) : err("the flag kv_enabled is off");
  if (cached.ok) return ok({ snapshot: cached.value, source: "kv", fallbackReason: null, leftOut: 0 });
  if (!layers.d1) return err({ kind: "unavailable", message: `KV: ${cached.error}; D1: the flag d1_enabled is off` });
  try {
    const stored = await readD1(source);
    if (stored === null) return err({ kind: "no-scan", message: "no scan has been stored yet" });
    return ok({ ...stored, source: "d1", fallbackReason: cached.error });
  } catch (error) {
    return err({ kind: "unavailable", message: `KV: ${cached.error}; D1: ${messageOf(error)}` });
  }
}

async function readKv({ cache, venues, now }: SnapshotSource): Promise<Result<Snapshot, string>> {
  try {
    const text = await cache.get(SNAPSHOT_KEY, { type: "text", cacheTtl: CACHE_TTL_SECONDS });
    return text === null ? err("absent") : parseSnapshot(text, { nowMs: now(), venues });
  } catch (error) {
    return err(`failed: ${messageOf(error)}`);
  }
}

/** The newest scan with the rows that are open, read at one moment (pages beyond the first follow it). */
async function readD1({ db, venues, now }: SnapshotSource): Promise<{ readonly snapshot: Snapshot; readonly leftOut: number } | null> {
  const results = await db.batch<Record<string, unknown>>([
    db.prepare(LATEST_SCAN_SQL),
    db.prepare(LIST_OPEN_SQL).bind("", OPEN_PAGE_ROWS),
  ]);
  const row = results[0]?.results[0];
  if (row === undefined) return null;
  const scan = readScanRow(row, scanDetailSchema);
  let page = readOpenRows(results[1]?.results ?? [], OPEN_PAGE_ROWS);
  const opportunities = [...page.opportunities];
  let leftOut = page.unreadable.length;
  while (page.next !== null) {
    page = await listOpen(db, { after: page.next });
    opportunities.push(...page.opportunities);
    leftOut += page.unreadable.length;
  }
  const flagSeconds = scan.flags["snapshot_ttl_seconds"];
  const { snapshot, refused } = buildSnapshot({
    scan,
    opportunities: opportunities.map((opportunity) => ({ ...opportunity, points: null, netUnknown: null })),
    candidates: null,
    market: null,
    nowMs: now(),
    flagSeconds: typeof flagSeconds === "number" ? flagSeconds : 0,
    venues,
  });
  return { snapshot, leftOut: leftOut + refused.length };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
