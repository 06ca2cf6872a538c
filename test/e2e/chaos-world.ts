import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { createTestHarness } from "wrangler";
import { z } from "zod";
import { startSimulator, type Simulator } from "../../simulator/simulator.ts";
import { feedIdOf } from "../../src/domain/feed.ts";
import type { Drawn } from "./chaos-draw.ts";

const ROOT = join(import.meta.dirname, "../..");
/** Ten seconds into a slot, and never near a full hour: no settlement falls into a scan. */
const START_MS = Date.UTC(2026, 10, 22, 9, 9, 10);
const INTERVAL_MS = 120_000;
const CRON = "*/2 * * * *";

export type PairRow = { readonly status: string; readonly why: string };
type Row = Readonly<Record<string, unknown>>;
/** What D1 has of a scan; `null` where it has none. */
export type ScanRow = Row | null;
type WorkerEnv = {
  readonly DB: { readonly prepare: (text: string) => { readonly all: () => Promise<{ readonly results: readonly Row[] }> } };
  readonly CACHE: { readonly get: (key: string) => Promise<string | null> };
};

/** The whole Worker on a clock that stands at the scan, with D1, KV and objects that can be made to fail. */
export type ChaosWorld = {
  readonly simulator: Simulator;
  /** Moves all clocks to the scan and takes every fault away. */
  readonly begin: (scan: number) => Promise<void>;
  /** Prices jump to those of now, and stand still there. */
  readonly movePrices: () => void;
  /** Triggers the scan's slot with what was drawn for it; what D1 has of it then. */
  readonly scan: (drawn: Drawn) => Promise<ScanRow>;
  readonly sql: (text: string) => Promise<readonly Row[]>;
  readonly kvText: (key: string) => Promise<string | null>;
  /** Keys of the opportunities in the snapshot. */
  readonly shownKeys: () => Promise<readonly string[]>;
  /** Rows by strategy, asset and the feeds of both legs, with what is known of each: the newest of a pair. */
  readonly pairs: () => Promise<ReadonlyMap<string, PairRow>>;
  readonly nowMs: () => number;
  readonly close: () => Promise<void>;
};

/** Short limits, so that hanging venues cost little time; what they mean is the same. */
const LIMITS = { FETCH_HEADERS_LIMIT_MS: "1500", FETCH_BODY_LIMIT_MS: "1500", RETRY_DELAY_MS: "10" };
const FLAGS = { venue_limit_ms: 2_500, scan_deadline_ms: 4_000, depth_limit_ms: 2_000, frozen_scans: 1_000 };

export async function startChaosWorld(options: {
  readonly seed: number;
  readonly coins: number;
  readonly maxSlowCalls: number;
}): Promise<ChaosWorld> {
  const startedAtMs = Date.now();
  const clock = (): number => START_MS + (Date.now() - startedAtMs);
  const simulator = await startSimulator({ listen: true, clock, frozen: true, coins: options.coins, seed: options.seed });
  const vars = {
    ...LIMITS,
    VENUE_GATEWAY_URL: simulator.url ?? "",
    MARKET: "simulated",
    LOG_LEVEL: "error",
    CLOCK_OFFSET_MS: String(START_MS - startedAtMs),
    FLAGS: JSON.stringify({ ...FLAGS, max_slow_calls: options.maxSlowCalls }),
  };
  const settings = { workers: [{ configPath: chaosConfig(), vars }] };
  const server = createTestHarness(settings);
  await server.listen();
  const worker = server.getWorker<WorkerEnv>();
  await worker.applyD1Migrations("DB");
  const sql = async (text: string): Promise<readonly Row[]> => (await (await worker.getEnv()).DB.prepare(text).all()).results;
  const kvText = async (key: string): Promise<string | null> => await (await worker.getEnv()).CACHE.get(key);
  let offsetMs = 0;
  const order = async (health: Pick<Drawn, "d1" | "kv">): Promise<void> => {
    const { d1, kv } = health;
    await server.fetch("/chaos", { method: "POST", body: JSON.stringify({ offsetMs, d1, kv }) });
  };
  const evict = async (object: "SCANNER" | "VENUE_FEED", name: string): Promise<void> => {
    await worker.evictDurableObject(object, { name }).catch((error: unknown) => {
      // It had left memory by itself.
      if (!String(error).includes("not currently running")) throw error;
    });
  };
  const nowMs = (): number => simulator.nowMs();
  return {
    simulator,
    begin: async (scan) => {
      offsetMs = START_MS + scan * INTERVAL_MS - clock();
      simulator.control({ clear: true, clock: { offsetMs } });
      await order({ d1: "up", kv: "up" });
    },
    movePrices: () => {
      simulator.control({ frozen: false });
      simulator.control({ frozen: true });
    },
    scan: async (drawn) => {
      if (drawn.reload) await server.update(settings);
      if (drawn.evictScanner) await evict("SCANNER", "scanner");
      for (const feed of drawn.evictBefore) await evict("VENUE_FEED", feed);
      await order(drawn);
      const slotMs = Math.floor(nowMs() / INTERVAL_MS) * INTERVAL_MS;
      const trigger = { cron: CRON, scheduledTime: new Date(slotMs) };
      const scanned = worker.scheduled(trigger);
      if (drawn.evictDuring !== null) {
        await wait(60);
        await evict("VENUE_FEED", drawn.evictDuring);
      }
      await scanned;
      if (drawn.twice) await worker.scheduled(trigger);
      await order({ d1: "up", kv: "up" });
      return (await sql(`SELECT funnel, rejections, venues, near_misses, unpriced FROM scans WHERE id = ${slotMs}`))[0] ?? null;
    },
    sql,
    kvText,
    shownKeys: async () => {
      const text = await kvText("market:v1:snapshot");
      return text === null ? [] : snapshotSchema.parse(JSON.parse(text)).opportunities.map(({ key }) => key);
    },
    pairs: async () => new Map((await sql(PAIRS)).map((row) => [pairOf(row), { status: String(row["status"]), why: String(row["why"]) }])),
    nowMs,
    close: async () => {
      await server.close();
      await simulator.close();
    },
  };
}

const snapshotSchema = z.looseObject({ opportunities: z.array(z.looseObject({ key: z.string() })) });

const PAIRS = `SELECT strategy, asset, long_venue, short_venue, status, COALESCE(no_data_reason, close_reason, '') AS why
  FROM opportunities ORDER BY created_at`;

function pairOf({ strategy, asset, long_venue: long, short_venue: short }: Row): string {
  const longFeed = feedIdOf(String(long), strategy === "carry" ? "spot" : "perpetual");
  return `${String(strategy)} ${String(asset)} ${longFeed} ${feedIdOf(String(short), "perpetual")}`;
}

/** The product's own configuration with the Worker that can be upset. */
export function chaosConfig(): string {
  const text = readFileSync(join(ROOT, "wrangler.jsonc"), "utf8")
    .replace('"src/worker.ts"', JSON.stringify(join(ROOT, "test/e2e/chaos-worker.ts")))
    .replace('"migrations_dir": "migrations"', `"migrations_dir": ${JSON.stringify(join(ROOT, "migrations"))}`);
  const folder = join(ROOT, ".carrywatch", "chaos");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "wrangler.jsonc");
  writeFileSync(file, text);
  return file;
}
