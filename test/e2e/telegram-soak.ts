import { setTimeout as wait } from "node:timers/promises";
import { createTestHarness } from "wrangler";
import { z } from "zod";
import { startSimulator, type Simulator } from "../../simulator/simulator.ts";
import type { Opportunity } from "../../src/domain/opportunity.ts";
import type { Preferences } from "../../src/domain/person.ts";
import { DEFAULT_PREFERENCES } from "../../src/domain/person.ts";
import { opportunityRow } from "../../src/storage/opportunity-row.ts";
import { eventOf, fundingPair, NOW_MS, opened } from "../opportunities.ts";

export type SoakOptions = {
  readonly people: number;
  /** Opportunities that open, each told to everybody. */
  readonly events: number;
  readonly seed: number;
  /** Calls that are never answered, of each kind. */
  readonly silences: number;
  /** Shares of calls that Telegram answers with a failure. */
  readonly failing: { readonly rateLimited: number; readonly serverErrors: number };
  /** Called every few seconds with what was accepted so far. */
  readonly progress?: (accepted: number) => void;
};

/** What came of it, by a ledger of what the simulator accepted and answered; D1 is only compared with it. */
export type SoakResult = {
  readonly alerts: number;
  /** Never accepted although every call about them was answered. */
  readonly lost: number;
  /** Accepted more than once. */
  readonly double: number;
  /** A call about them was never answered. */
  readonly unknown: number;
  /** Of those, the ones that arrived all the same. */
  readonly unknownArrived: number;
  /** Calls that Telegram answered with 429 and 500 or 502. */
  readonly rateLimited: number;
  readonly serverErrors: number;
  readonly calls: number;
  readonly mostInASecond: number;
  /** Rows of D1 by status. */
  readonly rows: Readonly<Record<string, number>>;
  readonly seconds: number;
};

type Row = Readonly<Record<string, unknown>>;
type Statement = {
  readonly bind: (...values: readonly unknown[]) => Statement;
  readonly all: () => Promise<{ readonly results: readonly Row[] }>;
};
type WorkerEnv = {
  readonly DB: { readonly prepare: (sql: string) => Statement };
  readonly EVENTS: { readonly send: (message: unknown) => Promise<unknown> };
};

const FIRST_PERSON = 1_001;
const SCAN_ID = `scan-${NOW_MS}`;
/** No limit of ours stands in the way of twenty messages at once. */
const FLAGS = { alerts_per_scan: 1_000, alerts_per_day: 10_000, alert_cooldown_minutes: 0 };
const SECRETS = { TELEGRAM_BOT_TOKEN: "7000000001:SimulatedTokenOfTheSoakTest", TELEGRAM_WEBHOOK_SECRET: "secret-of-the-soak-test" };

/**
 * Sends every person every event through the whole Worker (events, queue, match, queue, send) to the simulated Bot API while
 * that limits, fails and falls silent, until nothing waits any more.
 */
export async function soakTelegram(options: SoakOptions): Promise<SoakResult> {
  const startedAtMs = Date.now();
  const simulator = await startSimulator({ listen: true, coins: 120, seed: options.seed, nowMs: NOW_MS });
  const vars = {
    TELEGRAM_API_URL: simulator.url ?? "",
    TELEGRAM_BOT_NAME: simulator.telegram.bot.username,
    MESSAGES_PER_SECOND: "10000",
    MARKET: "simulated",
    LOG_LEVEL: "error",
    CLOCK_OFFSET_MS: String(NOW_MS + 5_000 - startedAtMs),
    FLAGS: JSON.stringify(FLAGS),
  };
  const server = createTestHarness({ workers: [{ configPath: "./wrangler.jsonc", vars, secrets: SECRETS }] });
  try {
    await server.listen();
    const worker = server.getWorker<WorkerEnv>();
    await worker.applyD1Migrations("DB");
    const env = await worker.getEnv();
    const rows = Array.from({ length: options.events }, (_, index) => eventRow(index));
    await seed(env, rows, options.people);
    storm(simulator, options);
    await env.EVENTS.send({ scanId: SCAN_ID, slotMs: NOW_MS, after: 0 });
    await untilQuiet(env, simulator, options);
    return { ...ledgerOf(simulator, rows, options), rows: await rowsOf(env), seconds: Math.round((Date.now() - startedAtMs) / 1_000) };
  } finally {
    await server.close();
    await simulator.close();
  }
}

/** An opportunity of a coin of its own, which pays well. */
const eventRow = (index: number): Opportunity =>
  opened(fundingPair({ asset: `COIN${index}`, long: { venue: "binance" }, short: { venue: "bybit", rate: 0.0004 + index * 0.00001 } }));

async function seed(env: WorkerEnv, rows: readonly Opportunity[], people: number): Promise<void> {
  const venues = new Set(["binance", "bybit"]);
  const stored = rows.map((row) => {
    const checked = opportunityRow(row, { nowMs: NOW_MS, venues });
    if (!checked.ok) throw new Error(checked.error.message);
    return checked.value;
  });
  const columns = Object.keys(stored[0] ?? {});
  const values = columns.map((name) => `value ->> '${name}'`).join(", ");
  await run(env, `INSERT INTO opportunities (${columns.join(", ")}) SELECT ${values} FROM json_each(?1)`, JSON.stringify(stored));
  await run(
    env,
    `INSERT INTO opportunity_events (id, opportunity_id, kind, scan_id, at_ms, net, reason, created_at)
     SELECT value ->> 'id', value ->> 'opportunityId', value ->> 'kind', value ->> 'scanId', value ->> 'atMs', value ->> 'net', NULL, ?2
     FROM json_each(?1)`,
    JSON.stringify(rows.map((row) => eventOf(row, "opened", SCAN_ID))),
    NOW_MS,
  );
  await run(
    env,
    `INSERT INTO scans (id, scan_id, trigger, market, started_at_ms, finished_at_ms, interval_seconds, verdict, reason, open_count,
       opened_count, updated_count, closed_count, funnel, rejections, observations, flags, venues, near_misses, unpriced, created_at)
     VALUES (?1, ?2, 'cron', 'simulated', ?1, ?1 + 900, 120, 'opportunities', 'soak', 0, 0, 0, 0,
       '[{"step":"fetch","unit":"feeds","in":2,"out":2,"dropped":{},"ms":1}]', '{"counts":{},"samples":[]}',
       '{"id":[],"rateDifference":[],"net":[]}', '{}', '[]', '[]', '[]', ?1)`,
    NOW_MS,
    SCAN_ID,
  );
  const preferences: Preferences = { ...DEFAULT_PREFERENCES, onboarded: true };
  await run(
    env,
    `INSERT INTO people (telegram_id, chat_id, role, status, preferences, created_at, updated_at)
     SELECT value, value, 'person', 'active', ?2, ?3, ?3 FROM json_each(?1)`,
    JSON.stringify(Array.from({ length: people }, (_, index) => FIRST_PERSON + index)),
    JSON.stringify(preferences),
    NOW_MS,
  );
}

const run = async (env: WorkerEnv, sql: string, ...values: readonly unknown[]): Promise<readonly Row[]> =>
  (
    await env.DB.prepare(sql)
      .bind(...values)
      .all()
  ).results;

/** Faults from the first call on: storms of 429 and 500 by share, and both kinds of silence a number of times. */
function storm({ telegram }: Simulator, { people, seed, silences, failing }: SoakOptions): void {
  telegram.control({ people: Array.from({ length: people }, (_, index) => FIRST_PERSON + index) });
  for (const kind of ["silent-before", "silent-after"] as const) {
    if (silences > 0) telegram.control({ fault: { kind, method: "sendMessage", times: silences, probability: 0.05, seed } });
  }
  telegram.control({
    fault: { kind: "rate-429", method: "sendMessage", probability: failing.rateLimited, retryAfterSeconds: 1, seed: seed + 1 },
  });
  telegram.control({ fault: { kind: "server-500", method: "sendMessage", probability: failing.serverErrors / 2, seed: seed + 2 } });
  telegram.control({ fault: { kind: "html-502", method: "sendMessage", probability: failing.serverErrors / 2, seed: seed + 3 } });
}

/** Waits until every row is there and none waits or is under way. */
async function untilQuiet(env: WorkerEnv, { telegram }: Simulator, options: SoakOptions): Promise<void> {
  const wanted = options.people * options.events;
  const deadlineMs = Date.now() + 45 * 60_000;
  for (;;) {
    await wait(1_000);
    const rows = await rowsOf(env);
    const all = Object.values(rows).reduce((sum, count) => sum + count, 0);
    const open = (rows["queued"] ?? 0) + (rows["sending"] ?? 0);
    options.progress?.(telegram.calls().calls.filter(({ accepted }) => accepted).length);
    if (all === wanted && open === 0) return;
    if (Date.now() > deadlineMs) throw new Error(`expected ${wanted} deliveries to end, found ${JSON.stringify(rows)}`);
  }
}

async function rowsOf(env: WorkerEnv): Promise<Readonly<Record<string, number>>> {
  const rows = await run(env, "SELECT status, count(*) AS count FROM deliveries WHERE telegram_id >= ?1 GROUP BY status", FIRST_PERSON);
  return Object.fromEntries(rows.map(({ status, count }) => [String(status), Number(count)]));
}

const keyboard = z.looseObject({
  inline_keyboard: z.array(z.array(z.looseObject({ callback_data: z.string().optional() }))),
});

/** Which opportunity a call was about: its message has a button for it. */
function opportunityOf(markup: unknown): string | null {
  const parsed = keyboard.safeParse(typeof markup === "string" ? JSON.parse(markup) : markup);
  const data = parsed.success ? parsed.data.inline_keyboard.flat().map((button) => button.callback_data ?? "") : [];
  return data.find((each) => each.startsWith("card:"))?.slice("card:".length) ?? null;
}

function ledgerOf({ telegram }: Simulator, rows: readonly Opportunity[], { people }: SoakOptions): Omit<SoakResult, "rows" | "seconds"> {
  const report = telegram.calls();
  const calls = report.calls.filter(({ method }) => method === "sendMessage");
  const accepted = new Map<string, number>();
  const unanswered = new Set<string>();
  for (const { chatId, params, status, accepted: taken } of calls) {
    const name = `${chatId} ${opportunityOf(params["reply_markup"])}`;
    if (taken) accepted.set(name, (accepted.get(name) ?? 0) + 1);
    if (status === null) unanswered.add(name);
  }
  const names = Array.from({ length: people }, (_, index) => rows.map(({ id }) => `${FIRST_PERSON + index} ${id}`)).flat();
  const stray = [...accepted.keys()].filter((name) => !new Set(names).has(name));
  if (stray.length > 0) throw new Error(`expected messages about the events only, found ${stray.slice(0, 3).join("; ")}`);
  return {
    alerts: names.length,
    lost: names.filter((name) => !accepted.has(name) && !unanswered.has(name)).length,
    double: [...accepted.values()].filter((count) => count > 1).length,
    unknown: unanswered.size,
    unknownArrived: [...unanswered].filter((name) => accepted.has(name)).length,
    rateLimited: report.byStatus["429"] ?? 0,
    serverErrors: (report.byStatus["500"] ?? 0) + (report.byStatus["502"] ?? 0),
    calls: calls.length,
    mostInASecond: report.mostSentInASecond,
  };
}
