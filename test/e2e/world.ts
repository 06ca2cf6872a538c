import { createTestHarness } from "wrangler";
import { z } from "zod";
import { startSimulator, type Simulator, type SimulatorOptions } from "../../simulator/simulator.ts";
import { feedIdOf } from "../../src/domain/feed.ts";

/** Nine minutes after the hour: no settlement falls into a test, which lasts a minute or two. */
const START_MS = Date.UTC(2026, 10, 22, 9, 9, 0);
export const INTERVAL_MS = 120_000;

// A venue without a bulk book sends neither bid nor ask.
const leg = z.looseObject({
  venue: z.string(),
  kind: z.enum(["perpetual", "spot"]),
  symbol: z.string(),
  bid: z.number().nullable(),
  ask: z.number().nullable(),
});
const priced = z.looseObject({
  key: z.string(),
  strategy: z.enum(["funding", "carry", "price"]),
  asset: z.string(),
  longRate: z.number().nullable(),
  shortRate: z.number(),
  rateDifference: z.number(),
  // Spot pays no funding.
  long: leg.extend({ fundingRatePerInterval: z.number().nullable(), fundingIntervalHours: z.number().nullable() }),
  short: leg.extend({ fundingRatePerInterval: z.number(), fundingIntervalHours: z.number() }),
  ledger: z.looseObject({
    net: z.number().nullable(),
    funding: z.number().nullable(),
    fees: z.number().nullable(),
    crossing: z.number().nullable(),
  }),
});
/** A leg without a bulk book has no bid and ask until its own book is read. */
const quoted = { bid: z.number().nullable(), ask: z.number().nullable() };
const unpriced = priced.extend({ long: priced.shape.long.extend(quoted), short: priced.shape.short.extend(quoted) });
const row = priced.extend({ id: z.string(), status: z.string(), dedup: z.looseObject({ scansMerged: z.number() }) });
const listSchema = z.looseObject({
  verdict: z.string(),
  reason: z.string(),
  market: z.string(),
  scan: z.looseObject({ slotMs: z.number(), source: z.string(), ageMs: z.number() }),
  opportunities: z.array(row),
  nearMisses: z.array(priced),
  unpriced: z.array(unpriced),
});
const step = z.looseObject({ step: z.string(), in: z.number(), out: z.number(), dropped: z.record(z.string(), z.number()) });
const scanSchema = z.looseObject({
  id: z.string(),
  slotMs: z.number(),
  verdict: z.string(),
  reason: z.string(),
  balanced: z.boolean(),
  funnel: z.array(step),
  venues: z.array(
    z.looseObject({
      feed: z.string(),
      venue: z.string(),
      ok: z.boolean(),
      rows: z.number(),
      error: z.looseObject({ kind: z.string(), message: z.string() }).nullable(),
      degraded: z.array(z.looseObject({ endpoint: z.string(), kind: z.string() })),
    }),
  ),
  rejections: z.looseObject({ counts: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.number()))) }),
});
export type List = z.infer<typeof listSchema>;
export type Scan = z.infer<typeof scanSchema>;

/** The whole Worker in workerd, watching a simulated market over HTTP. */
export type World = {
  readonly simulator: Simulator;
  /** Triggers the next slot by cron and waits for its scan. */
  readonly scan: () => Promise<Scan>;
  /** Sends a cron event for a slot counted from the start, without waiting for another trigger. */
  readonly cron: (slot: number) => Promise<void>;
  /** The same event for the second Worker, which shares database and KV with the first and nothing else. */
  readonly cronOfTwin: (slot: number) => Promise<void>;
  readonly list: (query?: string) => Promise<List>;
  readonly latest: () => Promise<Scan>;
  /** Any request to the Worker. */
  readonly fetch: (path: string, init: Call) => Promise<Response>;
  /** The signal is that of a reader who goes away. */
  readonly get: (path: string, signal?: AbortSignal) => Promise<Response>;
  readonly sql: (text: string) => Promise<readonly Record<string, unknown>[]>;
  readonly kvText: (key: string) => Promise<string | null>;
  /** Takes a Durable Object out of memory; what it stored stays. */
  readonly evict: (object: "SCANNER" | "VENUE_FEED", name: string) => Promise<void>;
  /** Moves the clocks of market and Worker on by so much from the start; the Worker is loaded anew, its storage stays. */
  readonly later: (ms: number) => Promise<void>;
  /** The Scanner loses what it stored; D1 and KV stay. */
  readonly loseScannerState: () => Promise<void>;
  /** No scan was ever made: D1, KV and Scanner are empty. Feeds keep what they know of their venues. */
  readonly forgetScans: () => Promise<void>;
  /** The Worker's own log lines so far. */
  readonly logs: () => readonly Record<string, unknown>[];
  readonly nowMs: () => number;
  readonly close: () => Promise<void>;
};

type WorldOptions = {
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly vars?: Readonly<Record<string, string>>;
  readonly simulator?: SimulatorOptions;
  /** A second Worker over the same D1 and KV, with Durable Objects of its own. */
  readonly twin?: boolean;
};
type WorkerEnv = { readonly DB: D1; readonly CACHE: Cache };
type Cache = { readonly get: (key: string) => Promise<string | null>; readonly delete: (key: string) => Promise<void> };
type D1 = { readonly prepare: (text: string) => { readonly all: () => Promise<{ readonly results: readonly Record<string, unknown>[] }> } };

type Call = {
  readonly method: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly signal?: AbortSignal;
};

/** A bot that the simulator plays. */
export const BOT = {
  TELEGRAM_BOT_TOKEN: "7000000001:AAtest-token-of-the-simulated-bot-0001",
  TELEGRAM_WEBHOOK_SECRET: "a-webhook-secret-of-the-tests",
  TELEGRAM_BOT_NAME: "carrywatch_bot",
} as const;

/** Long enough for ten feeds on a busy machine. */
const LIMITS = { FETCH_HEADERS_LIMIT_MS: "2000", FETCH_BODY_LIMIT_MS: "2000", RETRY_DELAY_MS: "20" };
const FLAGS = { venue_limit_ms: 4_000, scan_deadline_ms: 8_000, max_slow_calls: 40 };

/** The Worker under another name, without the queues' consumers: a queue has one. */
const TWIN = {
  name: "carrywatch-twin",
  main: "src/worker.ts",
  compatibility_date: "2026-10-20",
  d1_databases: [{ binding: "DB", database_name: "carrywatch" }],
  kv_namespaces: [{ binding: "CACHE" }],
  durable_objects: {
    bindings: [
      { name: "SCANNER", class_name: "Scanner" },
      { name: "VENUE_FEED", class_name: "VenueFeed" },
    ],
  },
  exports: { Scanner: { type: "durable-object", storage: "sqlite" }, VenueFeed: { type: "durable-object", storage: "sqlite" } },
  queues: {
    producers: [
      { binding: "EVENTS", queue: "carrywatch-events" },
      { binding: "DELIVERIES", queue: "carrywatch-deliveries" },
    ],
  },
  version_metadata: { binding: "VERSION" },
} as const;

/** Starts simulator and Worker on one clock, whose market stands still unless told otherwise. */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const startedAtMs = Date.now();
  const clock = (): number => START_MS + (Date.now() - startedAtMs);
  const simulator = await startSimulator({ listen: true, clock, frozen: true, coins: 120, bookOnly: false, ...options.simulator });
  const vars = {
    ...LIMITS,
    ...BOT,
    TELEGRAM_API_URL: simulator.url ?? "",
    VENUE_GATEWAY_URL: simulator.url ?? "",
    MARKET: "simulated",
    CLOCK_OFFSET_MS: String(Math.round(simulator.nowMs() - Date.now())),
    FLAGS: JSON.stringify({ ...FLAGS, ...options.flags }),
    ...options.vars,
  };
  const workers = (offsetMs: number) => {
    const CLOCK_OFFSET_MS = String(Number(vars.CLOCK_OFFSET_MS) + offsetMs);
    const all = { ...vars, CLOCK_OFFSET_MS };
    const twins = options.twin === true ? [{ config: { ...TWIN, vars: all } }] : [];
    return { workers: [{ configPath: "./wrangler.jsonc", vars: all }, ...twins] };
  };
  const server = createTestHarness(workers(0));
  await server.listen();
  const worker = server.getWorker<WorkerEnv>();
  await worker.applyD1Migrations("DB");
  // Telegram's updates reach the Worker as all requests of a test do.
  simulator.telegram.reachWebhookBy(async (url, { headers, body }) => {
    const sent = { headers: Object.fromEntries(new Headers(headers)), body: typeof body === "string" ? body : "" };
    return await server.fetch(new URL(url).pathname, { method: "POST", ...sent });
  });
  simulator.telegram.control({ webhook: { url: "https://carrywatch.test/telegram/webhook", secret: BOT.TELEGRAM_WEBHOOK_SECRET } });
  const firstSlotMs = Math.floor(simulator.nowMs() / INTERVAL_MS) * INTERVAL_MS;
  let slot = 0;
  const json = async (path: string): Promise<unknown> => await (await server.fetch(path)).json();
  const cronOf = async (name: string | undefined, which: number): Promise<void> => {
    await server.getWorker(name).scheduled({ cron: "*/2 * * * *", scheduledTime: new Date(firstSlotMs + which * INTERVAL_MS) });
  };
  const cron = async (which: number): Promise<void> => await cronOf(undefined, which);
  const latest = async (): Promise<Scan> => scanSchema.parse(await json("/api/scans/latest"));
  const sql = async (text: string) => (await (await worker.getEnv()).DB.prepare(text).all()).results;
  const evict = async (object: "SCANNER" | "VENUE_FEED", name: string): Promise<void> => await worker.evictDurableObject(object, { name });
  const loseScannerState = async (): Promise<void> => {
    await evict("SCANNER", "scanner");
    const storage = await worker.getDurableObjectStorage("SCANNER", { name: "scanner" });
    await storage.exec("DELETE FROM state_text");
  };
  let scanned = 0;
  // An isolate serves what it has read for two seconds: wait until it shows the newest scan.
  const list = async (query = ""): Promise<List> => {
    for (let wait = 0; ; wait++) {
      const found = listSchema.parse(await json(`/api/opportunities?grouped=false${query}`));
      if (found.scan.slotMs >= scanned || wait > 100) return found;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  return {
    simulator,
    scan: async () => {
      await cron(slot++);
      const scan = await latest();
      scanned = scan.slotMs;
      return scan;
    },
    cron,
    cronOfTwin: async (which) => await cronOf(TWIN.name, which),
    latest,
    list,
    fetch: async (path, init) => await server.fetch(path, init),
    get: async (path, signal) => await server.fetch(path, signal === undefined ? {} : { signal }),
    sql,
    kvText: async (key) => await (await worker.getEnv()).CACHE.get(key),
    logs: () => server.getLogs().map(({ message }) => parseLine(message)),
    nowMs: () => simulator.nowMs(),
    evict,
    later: async (ms) => {
      simulator.control({ clock: { offsetMs: ms } });
      await server.update(workers(ms));
    },
    loseScannerState,
    forgetScans: async () => {
      await loseScannerState();
      const env = await worker.getEnv();
      for (const table of ["opportunity_events", "opportunities", "scans"]) await env.DB.prepare(`DELETE FROM ${table}`).all();
      await env.CACHE.delete("market:v1:snapshot");
    },
    close: async () => {
      await server.close();
      await simulator.close();
    },
  };
}

function parseLine(message: string): Record<string, unknown> {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(message));
  } catch {
    return { unreadable: message };
  }
}

/** The planted pairs that should be open, by strategy, asset and feeds, without those that touch some feeds. */
export function expectedPairs(world: World, without: readonly string[] = []): ReadonlyMap<string, number> {
  const pairs = world.simulator
    .planted(world.nowMs())
    .filter(({ kind, long, short }) => kind === "opens" && !without.includes(long.feed) && !without.includes(short.feed));
  return new Map(pairs.map(({ strategy, asset, long, short, net }) => [`${strategy} ${asset} ${long.feed} ${short.feed}`, net]));
}

/** Open rows by strategy, asset and feeds. */
export function openPairs(list: List): ReadonlyMap<string, number | null> {
  return new Map(
    list.opportunities
      .filter(({ status }) => status === "open")
      .map(({ strategy, asset, long, short, ledger }) => [
        `${strategy} ${asset} ${feedIdOf(long.venue, long.kind)} ${feedIdOf(short.venue, short.kind)}`,
        ledger.net,
      ]),
  );
}
