import pLimit from "p-limit";
import type { VenueError } from "../../src/domain/error.ts";
import type { CallRecord, FeedReply } from "../../src/domain/feed.ts";
import type { QuoteColumns } from "../../src/domain/quote.ts";
import type { VenueId } from "../../src/domain/venue.ts";
import type { KeyCheck, VenueKey } from "../../src/domain/venue-key.ts";
import { collectVenue } from "../../src/feeds/collect-venue.ts";
import { createLogger } from "../../src/monitoring/log.ts";
import { FULL_BUDGET, keepBudget } from "../../src/net/budget.ts";
import { keepHosts } from "../../src/net/host-health.ts";
import { createHostSlots } from "../../src/net/limiter.ts";
import { startTimeLimit } from "../../src/net/time-limit.ts";
import { checkAccount } from "../../src/objects/account-check.ts";
import { caller, type CallServices } from "../../src/objects/feed-caller.ts";
import { accountOf } from "../../src/venues/account-registry.ts";
import type { VenueAdapter } from "../../src/venues/adapter.ts";
import { adviceFor } from "./advice.ts";
import type { FeedProbe, KeyProbe, ProbeReport } from "./report.ts";

export type ProbeInput = {
  readonly market: ProbeReport["market"];
  readonly adapters: readonly VenueAdapter[];
  readonly keys: Readonly<Partial<Record<VenueId, VenueKey>>>;
  readonly services: CallServices & { readonly callLimits: { readonly attempts: number } };
  /** For everything of one feed, ms. */
  readonly limitMs: number;
};

/** Feeds asked at once: more would measure this machine's line. */
const FEEDS_AT_ONCE = 3;
/** Signed calls hold for five seconds; a clock this far off spoils ages of rows too. */
const MOST_SKEW_MS = 5_000;
const PER_ENDPOINT = 3;

/** Asks every feed for everything it has, and every venue about its key. The ways are those of the Worker. */
export async function probe(input: ProbeInput): Promise<ProbeReport> {
  const limit = pLimit(FEEDS_AT_ONCE);
  const feeds = await Promise.all(input.adapters.map((adapter) => limit(() => probeFeed(adapter, input))));
  const given = Object.entries(input.keys).flatMap(([venue, key]) => (key === undefined ? [] : [{ venue, key }]));
  const keys = await Promise.all(given.map((each) => limit(() => probeKey(each, input))));
  const failed = feeds.filter(({ outcome }) => outcome !== "ok").length + keys.filter(({ problem }) => problem !== null).length;
  return { market: input.market, atMs: input.services.now(), feeds, keys, failed };
}

/** The report is the record of a probe: what calls log would only stand in its way. */
const quiet = (now: () => number) => {
  const drop = (): void => undefined;
  return createLogger({ level: "error", component: "probe", now, sink: { debug: drop, info: drop, warn: drop, error: drop } });
};

async function probeFeed(adapter: VenueAdapter, { services, limitMs }: ProbeInput): Promise<FeedProbe> {
  const { now, callLimits } = services;
  const dates = dateSkews(services);
  const limit = startTimeLimit(limitMs);
  const call = caller({
    adapter,
    services: { ...services, outbound: { ...services.outbound, fetch: dates.fetch } },
    // A probe asks once for what scans spread over half an hour.
    budget: keepBudget({ state: FULL_BUDGET, perMinute: Number.MAX_SAFE_INTEGER, now }),
    hosts: keepHosts({ hosts: adapter.hosts, state: {}, now }),
    slots: createHostSlots(),
    rules: { mostAtOnce: PER_ENDPOINT, mostPerHost: PER_ENDPOINT, breaker: null },
    log: quiet(now),
    limitMs,
    attempts: callLimits.attempts,
    signal: limit.signal,
  });
  const memory = { tables: {}, shown: null, instruments: null };
  const { reply } = await collectVenue({ adapter, memory, call, slowCalls: Number.MAX_SAFE_INTEGER, now }).finally(limit.close);
  const latencyMs = medianOf(reply.calls.filter(({ status }) => status !== null).map(({ ms }) => ms));
  const skew = skewOf(reply, { dateMs: dates.median(), latencyMs });
  return { ...judge(reply, skew.skewMs), ...skew, ...callsOf(reply, adapter), feed: adapter.id, venue: adapter.facts.id, latencyMs };
}

/** What a feed's reply comes to. A clock that is off is told last: it spoils what the feed is used for, not the feed. */
function judge(
  { error, degraded, columns }: FeedReply,
  skewMs: number | null,
): Pick<FeedProbe, "outcome" | "isBlocked" | "rows" | "problem" | "advice"> {
  const rows = columns?.count ?? 0;
  const isBlocked = [error, ...degraded.map((each) => each.error)].some(
    (each) => each?.kind === "geo-blocked" || each?.kind === "forbidden",
  );
  const [part] = degraded;
  if (error !== null) return { outcome: error.kind, isBlocked, rows, problem: error.message, advice: adviceFor(error) };
  if (part !== undefined) return { outcome: "part", isBlocked, rows, problem: partly(degraded), advice: adviceFor(part.error) };
  if (skewMs === null || Math.abs(skewMs) <= MOST_SKEW_MS) return { outcome: "ok", isBlocked, rows, problem: null, advice: null };
  const problem = `the venue's clock and this machine's are ${(Math.abs(skewMs) / 1_000).toFixed(1)} s apart`;
  return {
    outcome: "clock",
    isBlocked,
    rows,
    problem,
    advice: "set this machine's clock by NTP; where other venues agree with it, the venue's is off",
  };
}

const partly = (degraded: FeedReply["degraded"]): string =>
  degraded.map(({ endpoint, error }) => `${endpoint} (${error.kind}): ${error.message}`).join("; ");

/** The call to show: the last one that failed, else the last. */
function callsOf({ calls }: FeedReply, { hosts }: VenueAdapter): Pick<FeedProbe, "host" | "status" | "calls"> {
  const shown: CallRecord | undefined = calls.findLast(({ outcome }) => outcome !== "ok") ?? calls.at(-1);
  return { host: shown?.host ?? hosts[0] ?? "none", status: shown?.status ?? null, calls: calls.length };
}

/** The venue's clock less ours: by its own stamp in the body, else by the Date header. */
function skewOf(
  { columns }: FeedReply,
  { dateMs, latencyMs }: { readonly dateMs: number | null; readonly latencyMs: number | null },
): Pick<FeedProbe, "skewMs" | "skewFrom"> {
  const stamped = columns === null ? Number.NaN : stampSkew(columns);
  if (!Number.isNaN(stamped)) return { skewMs: stamped + (latencyMs ?? 0) / 2, skewFrom: "body" };
  return dateMs === null ? { skewMs: null, skewFrom: null } : { skewMs: dateMs, skewFrom: "date" };
}

/** Of the newest stamp of a reply, ms after the arrival of the row's bodies; `NaN` where the venue stamps none. */
function stampSkew({ replyAtMs, receivedAtMs }: QuoteColumns): number {
  const differences = [...replyAtMs].map((atMs, row) => atMs - (receivedAtMs[row] ?? Number.NaN)).filter((ms) => !Number.isNaN(ms));
  return differences.reduce((largest, ms) => Math.max(largest, ms), differences[0] ?? Number.NaN);
}

/** A fetch that notes how far each Date header is from the middle of its call. */
function dateSkews({ outbound, now }: CallServices): {
  readonly fetch: CallServices["outbound"]["fetch"];
  readonly median: () => number | null;
} {
  const skews: number[] = [];
  return {
    fetch: async (url, init) => {
      const sentAtMs = now();
      const response = await outbound.fetch(url, init);
      const dateMs = Date.parse(response.headers.get("date") ?? "");
      // Half a second: a header of whole seconds is cut off, not rounded.
      if (!Number.isNaN(dateMs)) skews.push(dateMs + 500 - (sentAtMs + now()) / 2);
      return response;
    },
    median: () => medianOf(skews),
  };
}

function medianOf(values: readonly number[]): number | null {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? null;
}

async function probeKey({ venue, key }: { readonly venue: VenueId; readonly key: VenueKey }, { services }: ProbeInput): Promise<KeyProbe> {
  const account = accountOf(venue);
  if (account === null) throw new RangeError(`expected a venue whose keys are read, found ${venue}`);
  const check = await checkAccount({ account, key, services, budget: null, log: quiet(services.now) });
  const { keyId, scope, fees, message: problem, error } = check;
  return { venue, keyId, scope, fees, reason: reasonOf(error), problem, advice: adviceForKey(check) };
}

const reasonOf = (error: VenueError | null): string | null =>
  error === null ? null : error.kind === "auth-failed" ? error.reason : error.kind;

function adviceForKey({ scope, error, message }: KeyCheck): string | null {
  if (error !== null) return adviceFor(error);
  if (scope !== "read-only") return "delete this key at the venue and make one that may only read";
  return message === null ? null : "nothing has to be done if the documented fee is right for the account";
}
