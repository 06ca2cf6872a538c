import type { Hono } from "hono";
import { createApi } from "./api/app.ts";
import { type Config, readConfig } from "./config.ts";
import { createLogger, type Logger } from "./monitoring/log.ts";
import type { FetchFunction } from "./net/attempt.ts";
import type { CallLimits } from "./net/fetch-json.ts";
import { sleep } from "./net/sleep.ts";
import { type SnapshotSource, snapshotMemory } from "./storage/read-snapshot.ts";
import { adapterOf, VENUE_IDS } from "./venues/registry.ts";

/** Everything that handlers and Durable Objects use, built once per isolate. Nothing in it belongs to one request. */
export type Services = {
  readonly config: Config;
  readonly log: Logger;
  /** Epoch ms: the clock of the market that is watched. */
  readonly now: () => number;
  /** Epoch ms: the machine's clock, by which alarms ring. */
  readonly wallNow: () => number;
  readonly db: D1Database;
  readonly cache: KVNamespace;
  readonly venueIds: ReadonlySet<string>;
  readonly callLimits: Omit<CallLimits, "totalBudgetMs">;
  readonly outbound: {
    readonly fetch: FetchFunction;
    readonly now: () => number;
    readonly random: () => number;
    readonly gatewayUrl: string;
    readonly userAgent: string;
  };
  readonly snapshots: SnapshotSource;
  readonly scanner: () => ReturnType<Env["SCANNER"]["getByName"]>;
  readonly feed: (feed: string) => ReturnType<Env["VENUE_FEED"]["getByName"]>;
  readonly api: () => Hono;
};

const containers = new WeakMap<Env, Services>();

/** The services of this isolate. Built without I/O when first asked for; a build that fails is not kept. */
export function servicesFor(env: Env): Services {
  const known = containers.get(env);
  if (known !== undefined) return known;
  const built = build(env);
  containers.set(env, built);
  built.log.info("container.init", { market: built.config.market, version: env.VERSION.id });
  return built;
}

/** @throws Error that names every variable that is wrong */
function build(env: Env): Services {
  const read = readConfig(env);
  if (!read.ok) throw new Error(`configuration: ${read.error.map(({ message }) => message).join("; ")}`);
  const config = read.value;
  const now = (): number => Date.now() + config.clockOffsetMs;
  const log = createLogger({ level: config.logLevel, component: "worker", now: Date.now });
  const venueIds: ReadonlySet<string> = new Set(VENUE_IDS);
  const snapshots: SnapshotSource = { cache: env.CACHE, db: env.DB, memory: snapshotMemory(), venues: venueIds, now, wait: sleep };
  const { fetchAttempts, fetchHeadersLimitMs, fetchBodyLimitMs, retryDelayMs } = config.limits;
  let api: Hono | null = null;
  return {
    config,
    log,
    now,
    wallNow: Date.now,
    db: env.DB,
    cache: env.CACHE,
    venueIds,
    callLimits: {
      attempts: fetchAttempts,
      baseDelayMs: retryDelayMs,
      maxDelayMs: retryDelayMs * 8,
      headersMs: fetchHeadersLimitMs,
      bodyMs: fetchBodyLimitMs,
    },
    outbound: {
      fetch: (url, init) => fetch(url, init),
      now,
      random: Math.random,
      gatewayUrl: config.gatewayUrl ?? "",
      userAgent: USER_AGENT,
    },
    snapshots,
    scanner: () => env.SCANNER.getByName("scanner"),
    feed: (feed) => env.VENUE_FEED.getByName(feed, locationOf(feed)),
    api: () => (api ??= createApi({ config, now, db: env.DB, snapshots, log })),
  };
}

/** Tells venues who asks, and where to complain. */
const USER_AGENT = "Carrywatch/0.1 (funding rate monitor; public data only)";

/** Where a feed should live, which decides from where it calls. */
function locationOf(feed: string): DurableObjectNamespaceGetDurableObjectOptions {
  const region = adapterOf(feed)?.region ?? null;
  return region === null ? {} : { locationHint: region };
}
