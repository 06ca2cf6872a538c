/** One request as the simulator saw it. */
export type Call = {
  /** `null`: no venue of the simulator has that host. */
  readonly venue: string | null;
  readonly endpoint: string | null;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;
  readonly userAgent: string | null;
  /** Headers and parameters with which the request said who asks; none in a public call. */
  readonly proof: readonly string[];
  /** Simulated time of arrival, epoch ms. */
  readonly atMs: number;
  /** Wall clock of arrival, epoch ms. */
  readonly arrivedAtMs: number;
  /** `null` while unanswered, and for ever when the caller went away first. */
  readonly status: number | null;
  readonly fault: string | null;
  readonly inFlight: boolean;
};

export type VenueCalls = {
  readonly total: number;
  readonly byEndpoint: Readonly<Record<string, number>>;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly byHost: Readonly<Record<string, number>>;
  /** Requests that are open now, by host. */
  readonly openByHost: Readonly<Record<string, number>>;
  /** Most requests that were open at once at one host. */
  readonly peakByHost: Readonly<Record<string, number>>;
  readonly inFlight: number;
  /** Most requests that were open at once. */
  readonly peakInFlight: number;
};

/** Counts are exact since the last reset; the list keeps the newest calls only. */
export type CallReport = {
  readonly total: number;
  /** Requests to hosts that no venue has. */
  readonly strangers: number;
  readonly venues: Readonly<Record<string, VenueCalls>>;
  readonly calls: readonly Call[];
};

export type OpenCall = { readonly answered: (status: number, fault: string | null) => void; readonly ended: () => void };

export type CallLog = {
  readonly begin: (call: Omit<Call, "status" | "fault" | "inFlight">) => OpenCall;
  readonly report: () => CallReport;
  /** Forgets everything but what is still open. */
  readonly reset: () => void;
};

type Counters = {
  total: number;
  byEndpoint: Record<string, number>;
  byStatus: Record<string, number>;
  byHost: Record<string, number>;
  openByHost: Record<string, number>;
  peakByHost: Record<string, number>;
  inFlight: number;
  peakInFlight: number;
};
type Writable = { -readonly [K in keyof Call]: Call[K] };

/** A log that lists at most `limit` calls. */
export function createCallLog(venueIds: readonly string[], limit = 5_000): CallLog {
  let calls: Writable[] = [];
  let strangers = 0;
  let venues = new Map(venueIds.map((id) => [id, emptyCounters(0, {})]));
  return {
    begin: (seen) => {
      const call: Writable = { ...seen, status: null, fault: null, inFlight: true };
      calls.push(call);
      if (calls.length > limit) calls.shift();
      const counters = seen.venue === null ? undefined : venues.get(seen.venue);
      if (counters === undefined) strangers += 1;
      else open(counters, seen.endpoint ?? "unknown", seen.host);
      return {
        answered: (status, fault) => {
          call.status = status;
          call.fault = fault;
          if (counters !== undefined) counters.byStatus[status] = (counters.byStatus[status] ?? 0) + 1;
        },
        ended: () => {
          if (!call.inFlight) return;
          call.inFlight = false;
          const now = seen.venue === null ? undefined : venues.get(seen.venue);
          if (now === undefined) return;
          now.inFlight -= 1;
          now.openByHost[seen.host] = (now.openByHost[seen.host] ?? 1) - 1;
        },
      };
    },
    report: () => ({
      total: [...venues.values()].reduce((sum, counters) => sum + counters.total, strangers),
      strangers,
      venues: structuredClone(Object.fromEntries(venues)),
      calls: calls.map((call) => ({ ...call })),
    }),
    reset: () => {
      calls = calls.filter((call) => call.inFlight);
      strangers = 0;
      venues = new Map([...venues].map(([id, counters]) => [id, emptyCounters(counters.inFlight, counters.openByHost)]));
    },
  };
}

function open(counters: Counters, endpoint: string, host: string): void {
  counters.total += 1;
  counters.byEndpoint[endpoint] = (counters.byEndpoint[endpoint] ?? 0) + 1;
  counters.inFlight += 1;
  counters.peakInFlight = Math.max(counters.peakInFlight, counters.inFlight);
  const openThere = (counters.openByHost[host] ?? 0) + 1;
  counters.byHost[host] = (counters.byHost[host] ?? 0) + 1;
  counters.openByHost[host] = openThere;
  counters.peakByHost[host] = Math.max(counters.peakByHost[host] ?? 0, openThere);
}

const emptyCounters = (inFlight: number, openByHost: Readonly<Record<string, number>>): Counters => ({
  total: 0,
  byEndpoint: {},
  byStatus: {},
  byHost: {},
  openByHost: { ...openByHost },
  peakByHost: { ...openByHost },
  inFlight,
  peakInFlight: inFlight,
});
