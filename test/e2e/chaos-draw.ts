import type { ControlCommand } from "../../simulator/controls.ts";
import { FAULT_KINDS, type FaultKind } from "../../simulator/faults.ts";
import { unit } from "../../simulator/random.ts";
import { SIMULATED_VENUES } from "../../simulator/venues/registry.ts";
import type { SimulatedVenue } from "../../simulator/venues/venue.ts";

export type DrawnFault =
  | NonNullable<ControlCommand["fault"]>
  | { readonly venue: string; readonly kind: "slow"; readonly latencyMs: number };
export type Health = "up" | "down" | "deaf";

/** What happens in one scan. Equal seeds and scans give equal draws. */
export type Drawn = {
  readonly faults: readonly DrawnFault[];
  readonly d1: Health;
  readonly kv: Health;
  /** Feeds that leave memory before the scan, and in the middle of it. */
  readonly evictBefore: readonly string[];
  readonly evictDuring: string | null;
  readonly evictScanner: boolean;
  /** The whole isolate begins anew. */
  readonly reload: boolean;
  /** The other trigger of the slot comes too. */
  readonly twice: boolean;
};

/** Chances in each scan; `fault` is that of a feed, whose fault lasts from one scan to five. */
const PER_SCAN = {
  fault: 0.05,
  storage: 0.08,
  evictFeed: 0.1,
  evictDuring: 0.03,
  evictScanner: 0.05,
  reload: 0.01,
  twice: 0.1,
};
const LONGEST_EPISODE = 5;
/** Of the faults, those of all endpoints of a feed at once. */
const WHOLE_FEED = 0.7;
const FLAPPING = 0.15;
const KINDS = [...FAULT_KINDS, "slow"] as const;

/** Fault kinds that an episode may have: every one that the simulator knows, and answers that are merely late. */
export const CHAOS_KINDS: readonly (FaultKind | "slow")[] = KINDS;

/** Nothing happens. */
export const QUIET: Drawn = {
  faults: [],
  d1: "up",
  kv: "up",
  evictBefore: [],
  evictDuring: null,
  evictScanner: false,
  reload: false,
  twice: false,
};

export function draw(seed: number, scan: number): Drawn {
  const chance = (what: string): number => unit(seed, scan, what);
  const feeds = SIMULATED_VENUES.map(({ id }) => id);
  const pick = (what: string): string => feeds[Math.floor(chance(what) * feeds.length)] ?? "";
  return {
    faults: SIMULATED_VENUES.flatMap((venue) => faultOf(seed, scan, venue) ?? []),
    ...storageAt(seed, scan),
    evictBefore: chance("evict") < PER_SCAN.evictFeed ? [pick("evicted")] : [],
    evictDuring: chance("evict during") < PER_SCAN.evictDuring ? pick("evicted during") : null,
    evictScanner: chance("scanner") < PER_SCAN.evictScanner,
    reload: chance("reload") < PER_SCAN.reload,
    twice: chance("twice") < PER_SCAN.twice,
  };
}

/** D1 and KV fail by turns: for one scan to three, never both at once. */
function storageAt(seed: number, scan: number): { readonly d1: Health; readonly kv: Health } {
  for (let since = scan; since > scan - 3 && since >= 0; since--) {
    if (unit(seed, since, "storage") >= PER_SCAN.storage || since + Math.floor(unit(seed, since, "outage") * 3) < scan) continue;
    const health: Health = unit(seed, since, "deaf") < 0.4 ? "deaf" : "down";
    return unit(seed, since, "which") < 0.6 ? { d1: health, kv: "up" } : { d1: "up", kv: health };
  }
  return { d1: "up", kv: "up" };
}

/** The fault of the episode that a feed is in; `null` while it is well. */
function faultOf(seed: number, scan: number, venue: SimulatedVenue): DrawnFault | null {
  for (let since = scan; since > scan - LONGEST_EPISODE && since >= 0; since--) {
    const chance = (what: string): number => unit(seed, since, venue.id, what);
    if (chance("fault") < PER_SCAN.fault && since + Math.floor(chance("length") * LONGEST_EPISODE) >= scan) return newFault(venue, chance);
  }
  return null;
}

function newFault(venue: SimulatedVenue, chance: (what: string) => number): DrawnFault {
  const kind = KINDS[Math.floor(chance("kind") * KINDS.length)] ?? "hang";
  if (kind === "slow") return { venue: venue.id, kind, latencyMs: 50 + Math.floor(chance("latency") * 1_000) };
  const endpoint = venue.endpoints[Math.floor(chance("endpoint") * venue.endpoints.length)];
  const one = chance("whole") < WHOLE_FEED || endpoint === undefined ? null : endpoint;
  const vital = (one ?? venue.endpoints[0])?.vital ?? [];
  const field = vital[Math.floor(chance("field") * vital.length)];
  const options: NonNullable<Exclude<DrawnFault, { kind: "slow" }>["options"]> = {
    ...OPTIONS[kind]?.(chance("option")),
    ...(field !== undefined && KEY_FAULTS.has(kind) ? { field } : {}),
    ...(chance("flapping") < FLAPPING ? { flapping: true } : {}),
  };
  return { venue: venue.id, kind, options, ...(one === null ? {} : { endpoint: one.name }) };
}

const KEY_FAULTS: ReadonlySet<FaultKind> = new Set(["missing-field", "renamed-field", "changed-type"]);
const TWENTY_MB = 20 * 1024 * 1024;

type Options = NonNullable<Exclude<DrawnFault, { kind: "slow" }>["options"]>;
const OPTIONS: Partial<Record<FaultKind, (chance: number) => Options>> = {
  "rate-429": (chance) => (chance < 0.5 ? { retryAfterSeconds: 1 + Math.floor(chance * 600) } : {}),
  "ban-418": (chance) => (chance < 0.7 ? { retryAfterSeconds: 120 + Math.floor(chance * 600) } : {}),
  "error-envelope": (chance) => ({ rateLimited: chance < 0.5 }),
  "huge-body": (chance) => ({ bytes: TWENTY_MB, declared: chance < 0.5 }),
  "slow-body": (chance) => ({ chunkBytes: 64 + Math.floor(chance * 4_000), everyMs: 50 }),
  "changed-type": (chance) => ({ as: chance < 0.5 ? "swapped" : "nested" }),
  "partial-list": (chance) => ({ uneven: chance < 0.3 }),
  "skewed-clock": (chance) => ({ shiftMs: Math.round((chance - 0.5) * 240_000) }),
};
