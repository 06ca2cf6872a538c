/**
 * `npm run bench:telegram`: what an update costs in the whole Worker (/top with a snapshot in KV) beside a bare grammY
 * worker that makes the same claim and sends the same reply, both in one workerd, in turn. Figures are printed and
 * written to bench/results/telegram.json.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createTestHarness } from "wrangler";
import { z } from "zod";
import { OFFLINE_ENV, ROOT } from "../scripts/offline.ts";
import { type Simulator, startSimulator } from "../simulator/simulator.ts";
import { median } from "./measure.ts";
import { type Figure, machine, renderFigures, writeResults } from "./report.ts";

const WARM_UP = 100;
const MEASURED = 500;
/** Updates over which statements and reads are counted, as in the tests. */
const COUNTED = 100;
const PERSON = 4_201;
const START_MS = Date.UTC(2026, 10, 22, 9, 9, 0);
const INTERVAL_MS = 120_000;
const BOT = {
  TELEGRAM_BOT_TOKEN: "7000000001:AAtest-token-of-the-simulated-bot-0001",
  TELEGRAM_WEBHOOK_SECRET: "a-webhook-secret-of-the-bench",
  TELEGRAM_BOT_NAME: "carrywatch_bot",
} as const;
const HEADERS = { "content-type": "application/json", "x-telegram-bot-api-secret-token": BOT.TELEGRAM_WEBHOOK_SECRET };
const countsSchema = z.object({ d1: z.number(), kvReads: z.number(), kvWrites: z.number() });
type Counts = z.infer<typeof countsSchema> & { readonly d1AfterIdle: number };

type Fetch = (
  path: string,
  init: { readonly method: string; readonly headers: Record<string, string>; readonly body: string },
) => Promise<Response>;
let updateId = 1_000_000;

await main();

async function main(): Promise<void> {
  Object.assign(process.env, OFFLINE_ENV);
  const startedAtMs = Date.now();
  const simulator = await startSimulator({ listen: true, clock: () => START_MS + (Date.now() - startedAtMs), frozen: true, coins: 600 });
  const url = simulator.url ?? "";
  const offset = String(Math.round(simulator.nowMs() - Date.now()));
  const vars = { ...BOT, TELEGRAM_API_URL: url, VENUE_GATEWAY_URL: url, MARKET: "live", CLOCK_OFFSET_MS: offset, LOG_LEVEL: "error" };
  const settings = {
    workers: [
      { configPath: productConfig(), vars },
      { configPath: bareConfig(), vars: { ...BOT, TELEGRAM_API_URL: url } },
    ],
  };
  const server = createTestHarness(settings);
  try {
    await server.listen();
    const whole = server.getWorker("carrywatch");
    const bare = server.getWorker("carrywatch-bench-bare");
    await whole.applyD1Migrations("DB");
    await bare.applyD1Migrations("DB");
    const slotMs = Math.floor(simulator.nowMs() / INTERVAL_MS) * INTERVAL_MS;
    for (const slot of [0, 1]) await whole.scheduled({ cron: "*/2 * * * *", scheduledTime: new Date(slotMs + slot * INTERVAL_MS) });
    simulator.telegram.control({ people: [PERSON] });
    const ask: Fetch = async (path, init) => await whole.fetch(path, init);
    await send(ask, "/start");
    await send(ask, "/top");
    const shown = simulator.telegram.messages(PERSON).at(-1);
    const reply = { text: shown?.text ?? "", entities: shown?.entities ?? [], buttons: shown?.reply_markup?.inline_keyboard ?? [] };
    if (reply.text === "" || reply.buttons.length === 0) throw new Error("expected /top to be answered, found nothing");
    // A new isolate: services, sessions and snapshot are all to be had again.
    await server.update(settings);
    const coldMs = await timed(async () => await send(ask, "/top"));
    await bare.fetch("/reply", { method: "PUT", headers: {}, body: JSON.stringify(reply) });
    const askBare: Fetch = async (path, init) => await bare.fetch(path, init);
    const before = accepted(simulator);
    const times = await inTurn(ask, askBare);
    if (accepted(simulator) - before !== 2 * (WARM_UP + MEASURED))
      throw new Error("expected a message for each update, found another count");
    const way = { whole: await refused(ask), bare: await refused(askBare) };
    const counts = await countUpdates(ask);
    print({ times, way, coldMs, counts, units: reply.text.length });
  } finally {
    await server.close();
    await simulator.close();
  }
}

type Times = { readonly whole: readonly number[]; readonly bare: readonly number[] };

/** Both answer the same updates, one after the other, each first in every second round. */
async function inTurn(whole: Fetch, bare: Fetch): Promise<Times> {
  const times: { whole: number[]; bare: number[] } = { whole: [], bare: [] };
  for (let round = 0; round < WARM_UP + MEASURED; round++) {
    const sides = [["whole", whole] as const, ["bare", bare] as const];
    for (const [name, fetch] of round % 2 === 0 ? sides : sides.toReversed()) {
      const ms = await timed(async () => await send(fetch, "/top"));
      if (round >= WARM_UP) times[name].push(ms);
    }
  }
  return times;
}

/** Messages that reached a chat so far. */
function accepted({ telegram }: Simulator): number {
  return telegram.calls().calls.filter((call) => call.method === "sendMessage" && call.accepted).length;
}

/** Median time of a call with no secret, ms: the way to a worker and back, where nothing is done. */
async function refused(fetch: Fetch): Promise<number> {
  const times: number[] = [];
  while (times.length < MEASURED) {
    times.push(
      await timed(async () => void (await (await fetch("/telegram/webhook", { method: "POST", headers: {}, body: "{}" })).arrayBuffer())),
    );
  }
  return median(times);
}

/** Statements and reads of a hundred updates in a row of somebody who is known, and statements in the idle seconds after the last. */
async function countUpdates(whole: Fetch): Promise<Counts> {
  const read = async () => countsSchema.parse(await (await whole("/counts", { method: "POST", headers: {}, body: "" })).json());
  await new Promise((resolve) => setTimeout(resolve, 7_000));
  await read();
  for (let count = 0; count < COUNTED; count++) await send(whole, "/top");
  const during = await read();
  await new Promise((resolve) => setTimeout(resolve, 7_000));
  const { d1 } = await read();
  return { ...during, d1AfterIdle: d1 };
}

async function send(fetch: Fetch, text: string): Promise<void> {
  updateId += 1;
  const update = {
    update_id: updateId,
    message: {
      message_id: updateId,
      date: Math.floor(START_MS / 1_000),
      chat: { id: PERSON, type: "private", first_name: "Anna" },
      from: { id: PERSON, is_bot: false, first_name: "Anna", language_code: "en" },
      text,
      entities: [{ type: "bot_command", offset: 0, length: text.length }],
    },
  };
  const response = await fetch("/telegram/webhook", { method: "POST", headers: HEADERS, body: JSON.stringify(update) });
  await response.arrayBuffer();
  if (response.status !== 200) throw new Error(`expected 200, found ${response.status}`);
}

async function timed(work: () => Promise<void>): Promise<number> {
  const before = performance.now();
  await work();
  return performance.now() - before;
}

function print(found: {
  readonly times: Times;
  readonly way: { readonly whole: number; readonly bare: number };
  readonly coldMs: number;
  readonly counts: Counts;
  readonly units: number;
}): void {
  const { times, way, coldMs, counts, units } = found;
  const [whole, bare] = [median(times.whole), median(times.bare)];
  const figures: readonly Figure[] = [
    {
      key: "warm_over_bare",
      value: whole / bare,
      bar: { is: "at most", value: 1.5 },
      what: `${whole.toFixed(2)} ms over ${bare.toFixed(2)} ms`,
    },
    {
      key: "without_the_way",
      value: (whole - way.whole) / (bare - way.bare),
      bar: { is: "at most", value: 1.5 },
      what: `the same, less a refused call of each: ${way.whole.toFixed(2)} and ${way.bare.toFixed(2)} ms`,
    },
    { key: "cold_ms", value: coldMs, bar: null, what: "first update of a new isolate" },
    {
      key: "d1_per_update",
      value: counts.d1 / COUNTED,
      bar: { is: "at most", value: 1 },
      what: "one claim each, which carries the done mark of the one before",
    },
    { key: "d1_after_idle", value: counts.d1AfterIdle, bar: null, what: "the last done mark, alone after five idle seconds" },
    {
      key: "kv_reads_per_update",
      value: counts.kvReads / COUNTED,
      bar: { is: "at most", value: 1 },
      what: "session and snapshot together",
    },
  ];
  console.log(`Carrywatch, an update of Telegram · ${new Date().toISOString().slice(0, 10)}\n  ${machine()}`);
  console.log(`  /top of ${units} characters, ${MEASURED} times each, in turn; both with the round trip to the simulated Telegram\n`);
  console.log(renderFigures(figures));
  console.log(`\nwritten to ${writeResults("telegram", figures)}`);
}

/** The product's configuration with the counting entry in place of its own. */
function productConfig(): string {
  const text = readFileSync(join(ROOT, "wrangler.jsonc"), "utf8")
    .replace('"src/worker.ts"', JSON.stringify(join(ROOT, "bench/telegram/counted-worker.ts")))
    .replace('"migrations_dir": "migrations"', `"migrations_dir": ${JSON.stringify(join(ROOT, "migrations"))}`);
  return written("product", text);
}

function bareConfig(): string {
  const config = {
    name: "carrywatch-bench-bare",
    main: join(ROOT, "bench/telegram/bare-worker.ts"),
    compatibility_date: "2026-10-20",
    send_metrics: false,
    d1_databases: [{ binding: "DB", database_name: "carrywatch-bare", migrations_dir: join(ROOT, "migrations") }],
  };
  return written("bare", JSON.stringify(config));
}

function written(name: string, text: string): string {
  const folder = join(ROOT, ".carrywatch", "bench-telegram", name);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "wrangler.jsonc");
  writeFileSync(file, text);
  return file;
}
