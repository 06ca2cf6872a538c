import type { VenueErrorKind } from "../domain/error.ts";
import type { CallRecord, HostView } from "../domain/feed.ts";
import { MINUTE_MS, SECOND_MS } from "../domain/units.ts";

/** What is known of one host. Times epoch ms. */
export type HostRecord = Omit<HostView, "host"> & {
  /** Until then other hosts are asked first. */
  readonly restUntilMs: number;
  /** Of the newest answer; `null` before the first. */
  readonly answeredAtMs: number | null;
};
/** By host name. A host that is not in it was never asked. */
export type HostHealth = Readonly<Record<string, HostRecord>>;

const UNKNOWN: HostRecord = { failures: 0, latencyMs: null, lastFailure: null, restUntilMs: 0, answeredAtMs: null };

/** A host rests so long after its first failure, twice as long after each further one. */
const FIRST_REST_MS = MINUTE_MS;
/** The longest rest, and that of a host that refuses our address, which does not change within minutes. */
const LONGEST_REST_MS = 15 * MINUTE_MS;
/** While one call tries a host that has rested, others go on elsewhere: for as long as a call may take. */
const TRIAL_MS = 10 * SECOND_MS;
/** A latency says nothing about now once it is older. */
const LATENCY_LIFE_MS = 15 * MINUTE_MS;
/** A host this many times slower than the fastest one is asked after it. */
const SLOW_FACTOR = 2;
/** Share of the newest answer in the moving average. */
const NEWEST_SHARE = 0.3;

/** Failures that another host of the same venue may not have. A limit or ban holds for all of them, and so does an error of the venue's own. */
const OF_THE_HOST: ReadonlySet<string> = new Set<VenueErrorKind>([
  "network",
  "dns",
  "timeout",
  "forbidden",
  "geo-blocked",
  "server",
  "bad-json",
]);
const REFUSES_US: ReadonlySet<string> = new Set<VenueErrorKind>(["forbidden", "geo-blocked"]);

/** The hosts, healthiest first: those that do not rest, then those that are not slow, else in the documented order. */
export function orderHosts(hosts: readonly string[], health: HostHealth, nowMs: number): readonly string[] {
  const records = hosts.map((host) => ({ host, ...(health[host] ?? UNKNOWN) }));
  const freshMs = ({ latencyMs, answeredAtMs }: HostRecord): number =>
    latencyMs !== null && answeredAtMs !== null && nowMs - answeredAtMs < LATENCY_LIFE_MS ? latencyMs : Number.NaN;
  const fastestMs = Math.min(...records.map(freshMs).filter((ms) => !Number.isNaN(ms)));
  const restMs = ({ restUntilMs }: HostRecord): number => Math.max(0, restUntilMs - nowMs);
  const isSlow = (record: HostRecord): number => Number(freshMs(record) > fastestMs * SLOW_FACTOR);
  return records.sort((a, b) => restMs(a) - restMs(b) || isSlow(a) - isSlow(b)).map(({ host }) => host);
}

/** What an attempt tells of its host. */
export function noteCall(health: HostHealth, call: Pick<CallRecord, "host" | "outcome" | "ms">, nowMs: number): HostHealth {
  const known = health[call.host] ?? UNKNOWN;
  return { ...health, [call.host]: after(known, call, nowMs) };
}

function after(known: HostRecord, { outcome, ms }: Pick<CallRecord, "outcome" | "ms">, nowMs: number): HostRecord {
  if (OF_THE_HOST.has(outcome)) {
    const failures = known.failures + 1;
    const restMs = REFUSES_US.has(outcome) ? LONGEST_REST_MS : Math.min(FIRST_REST_MS * 2 ** (failures - 1), LONGEST_REST_MS);
    return { ...known, failures, restUntilMs: nowMs + restMs, lastFailure: { kind: outcome, atMs: nowMs } };
  }
  const latencyMs = known.latencyMs === null ? ms : known.latencyMs + (ms - known.latencyMs) * NEWEST_SHARE;
  return { ...known, failures: 0, restUntilMs: 0, latencyMs, answeredAtMs: nowMs };
}

/** The hosts of one venue as calls share them. */
export type HostKeeper = {
  /** The order for one call. A host that has rested is tried by this call alone until it has told. */
  readonly order: () => readonly string[];
  readonly note: (calls: readonly CallRecord[]) => void;
  readonly view: () => readonly HostView[];
  /** What to store. */
  readonly state: () => HostHealth;
};

/** Holds the state for calls that run side by side; hosts that are no longer documented are forgotten. */
export function keepHosts(input: {
  readonly hosts: readonly string[];
  readonly state: HostHealth;
  readonly now: () => number;
}): HostKeeper {
  const { hosts, now } = input;
  let state: HostHealth = Object.fromEntries(Object.entries(input.state).filter(([host]) => hosts.includes(host)));
  return {
    order: () => {
      const order = orderHosts(hosts, state, now());
      const first = order[0] ?? "";
      const record = state[first];
      if (record !== undefined && record.failures > 0) state = { ...state, [first]: { ...record, restUntilMs: now() + TRIAL_MS } };
      return order;
    },
    note: (calls) => {
      for (const call of calls) state = noteCall(state, call, now());
    },
    view: () =>
      orderHosts(hosts, state, now()).map((host) => {
        const { failures, latencyMs, lastFailure } = state[host] ?? UNKNOWN;
        return { host, failures, latencyMs: latencyMs === null ? null : Math.round(latencyMs), lastFailure };
      }),
    state: () => state,
  };
}
