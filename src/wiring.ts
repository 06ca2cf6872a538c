import type { Hono } from "hono";
import { createApi } from "./api/app.ts";
import { type Config, readConfig } from "./config.ts";
import { wake } from "./delivery/enqueue.ts";
import { queuePorts } from "./delivery/queue-ports.ts";
import type { QueuePorts } from "./delivery/queues.ts";
import type { BroadcastMessage } from "./domain/delivery.ts";
import type { KeyCheck, VenueKey } from "./domain/venue-key.ts";
import { feedPlace, type FeedPlace } from "./feeds/feed-place.ts";
import { createLogger, type Logger } from "./monitoring/log.ts";
import type { FetchFunction } from "./net/attempt.ts";
import type { CallLimits } from "./net/fetch-json.ts";
import { sleep } from "./net/sleep.ts";
import { orLate, startTimeLimit } from "./net/time-limit.ts";
import { idsOf } from "./objects/account-check.ts";
import { RULE_FACTS } from "./rule-facts.ts";
import { loadFlags } from "./storage/flags.ts";
import { readWhile } from "./storage/keys.ts";
import { type LayerSwitches, layerSwitches } from "./storage/layers.ts";
import { type SnapshotSource, snapshotMemory } from "./storage/read-snapshot.ts";
import { createTelegram, type Telegram } from "./telegram/services.ts";
import { adapterOf, venueFacts, VENUE_IDS } from "./venues/registry.ts";

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
  /** A new id. */
  readonly newId: () => string;
  readonly callLimits: Omit<CallLimits, "totalBudgetMs">;
  readonly outbound: {
    readonly fetch: FetchFunction;
    readonly now: () => number;
    readonly random: () => number;
    readonly gatewayUrl: string;
    readonly userAgent: string;
  };
  readonly snapshots: SnapshotSource;
  readonly layers: LayerSwitches;
  readonly scanner: () => ReturnType<Env["SCANNER"]["getByName"]>;
  readonly feed: (place: FeedPlace) => ReturnType<Env["VENUE_FEED"]["getByName"]>;
  readonly api: () => Hono;
  readonly telegram: () => Telegram;
  /** What the queues' consumers use. */
  readonly queues: () => QueuePorts;
  /** How often the services of this isolate were built and found built. */
  readonly container: () => ContainerCounts;
};

const containers = new WeakMap<Env, Services>();

/** What this isolate did with its services so far. For the log: nothing depends on it. */
export type ContainerCounts = { readonly isolate: string; readonly inits: number; readonly reuses: number; readonly failures: number };
let counts: ContainerCounts = { isolate: "", inits: 0, reuses: 0, failures: 0 };

/** The services of this isolate. Built without I/O when first asked for; a build that fails is not kept. */
export function servicesFor(env: Env): Services {
  const known = containers.get(env);
  if (known !== undefined) {
    counts = { ...counts, reuses: counts.reuses + 1 };
    return known;
  }
  const startedAtMs = Date.now();
  try {
    const built = build(env);
    containers.set(env, built);
    counts = { ...counts, isolate: counts.isolate || crypto.randomUUID(), inits: counts.inits + 1 };
    const ms = Date.now() - startedAtMs;
    built.log.info("container.init", { market: built.config.market, version: env.VERSION.id, ms, container: counts });
    return built;
  } catch (error) {
    counts = { ...counts, failures: counts.failures + 1 };
    throw error;
  }
}

/** Builds something when it is first asked for; a build that throws is not kept. */
function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}

/** @throws Error that names every variable that is wrong */
function build(env: Env): Services {
  const read = readConfig(env);
  if (!read.ok) throw new Error(`configuration: ${read.error.map(({ message }) => message).join("; ")}`);
  const config = read.value;
  const now = (): number => Date.now() + config.clockOffsetMs;
  const log = createLogger({ level: config.logLevel, component: "worker", now: Date.now });
  const venueIds: ReadonlySet<string> = new Set(VENUE_IDS);
  const layers = layerSwitches({ db: env.DB, deployment: config.flagDefaults, now });
  const memory = snapshotMemory();
  const snapshots: SnapshotSource = { cache: env.CACHE, db: env.DB, memory, venues: venueIds, now, wait: sleep, layers: layers.read };
  const { fetchAttempts, fetchHeadersLimitMs, fetchBodyLimitMs, retryDelayMs } = config.limits;
  const api = lazily(() => apiOf({ env, config, now, log, snapshots, layers }));
  const telegram = lazily(() => telegramOf({ env, config, now, log, snapshots, layers }));
  const feed: Services["feed"] = ({ name, region }) => env.VENUE_FEED.getByName(name, region === null ? {} : { locationHint: region });
  return {
    config,
    log,
    now,
    wallNow: Date.now,
    db: env.DB,
    cache: env.CACHE,
    venueIds,
    newId: () => crypto.randomUUID(),
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
    layers,
    scanner: () => env.SCANNER.getByName("scanner"),
    feed,
    api,
    telegram,
    queues: lazily(() => queuesOf({ env, config, now, log, snapshots, layers, feed, telegram })),
    container: () => counts,
  };
}

type Built = Pick<Services, "config" | "now" | "log" | "snapshots" | "layers"> & { readonly env: Env };

/** The routes with what they use. */
const apiOf = ({ env, config, now, log, snapshots }: Built): Hono =>
  createApi({
    config,
    now,
    db: env.DB,
    snapshots,
    log,
    rules: RULE_FACTS,
    container: () => counts,
    random: () => crypto.randomUUID(),
    startBroadcast: startBroadcast(env),
  });

/** The bot with what it uses. */
function telegramOf(built: Built): Telegram {
  const { env, config, now, log, snapshots } = built;
  const random = (): string => crypto.randomUUID();
  const { operatorSecret } = config.telegram;
  return createTelegram({
    config: config.telegram,
    db: env.DB,
    cache: readWhile(env.CACHE, () => built.layers.known().kv),
    fetch: (url, init) => fetch(url, init),
    log,
    now,
    wait: sleep,
    random,
    container: () => counts,
    commandServices: {
      db: env.DB,
      snapshots,
      log,
      rules: RULE_FACTS,
      venues: VENUE_IDS.flatMap((venue) => venueFacts(venue) ?? []),
      version: env.VERSION.tag || env.VERSION.id,
      market: config.market,
      random,
      flags: async () => (await loadFlags(env.DB, { deployment: config.flagDefaults, lastGood: null })).flags,
      wakeSender: (refs) => wake(env.DELIVERIES, refs),
      operatorSecret,
      flagDefaults: config.flagDefaults,
      startBroadcast: startBroadcast(env),
    },
  });
}

/** The consumers of the queues with what they use; messages go out through the bot. */
const queuesOf = ({ env, config, now, log, snapshots, feed, telegram }: Built & Pick<Services, "feed" | "telegram">): QueuePorts =>
  queuePorts({
    db: env.DB,
    log,
    now,
    wait: sleep,
    snapshots,
    flagDefaults: config.flagDefaults,
    messagesPerSecond: config.telegram.messagesPerSecond,
    send: telegram().send,
    keys: {
      given: async () =>
        await Promise.all(givenKeys(config).map(async ([venue, key]) => ({ venue, credentialId: (await idsOf(key)).credentialId }))),
      check: async (venue, regions) => {
        const adapter = adapterOf(venue);
        if (adapter === null) throw new RangeError(`expected a venue, found ${venue}`);
        const limit = startTimeLimit(KEY_CHECK_LIMIT_MS);
        const asked: Promise<KeyCheck | null> = feed(feedPlace(adapter, regions)).checkKey(venue);
        const check = await orLate(asked, limit.signal, () => null).finally(limit.close);
        if (check === null) throw new Error(`expected the feed ${venue} to answer within ${KEY_CHECK_LIMIT_MS} ms, found nothing`);
        return check;
      },
    },
    events: env.EVENTS,
    deliveries: env.DELIVERIES,
  });

/** Above what a feed allows its own look at a key. */
const KEY_CHECK_LIMIT_MS = 10_000;

/** The keys that this deployment has, by venue. */
const givenKeys = ({ venueKeys }: Config): readonly (readonly [venue: string, key: VenueKey])[] =>
  Object.entries(venueKeys).flatMap(([venue, key]) => (key === undefined ? [] : [[venue, key] as const]));

/** Puts a confirmed broadcast on the queue that makes its deliveries, from the first person on. */
const startBroadcast =
  (env: Env) =>
  async (broadcastId: string): Promise<void> => {
    const message: BroadcastMessage = { broadcastId, after: 0 };
    await env.EVENTS.send(message);
  };

/** Tells venues who asks, and where to complain. */
const USER_AGENT = "Carrywatch/0.1 (funding rate monitor; public data only)";
