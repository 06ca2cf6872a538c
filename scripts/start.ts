import { setTimeout as wait } from "node:timers/promises";
import type { z } from "zod";
import { type Simulator, startSimulator } from "../simulator/simulator.ts";
import { botVars, converse, renderConversation, setWebhook, talkYourself } from "./start/conversation.ts";
import { type Market, readOptions, type StartOptions, USAGE } from "./start/options.ts";
import { type Opportunities, opportunitiesSchema, renderFunnel, renderTable, type Scan, scanSchema } from "./start/table.ts";
import { startWorker, type WorkerProcess } from "./start/worker-process.ts";

/** Seconds between scans of a local run. Real venues are asked no faster than their shared limits allow. */
const INTERVAL_SECONDS: Readonly<Record<Market, number>> = { simulated: 3, recorded: 3, live: 30 };
/** Opportunities are confirmed by the second scan: then there is something to talk about. */
const TALK_AFTER = 2;
/** How long the conversation stands on a screen before the next scan takes its place. */
const READING_MS = 12_000;
/** Simulated venues need no sparing: all metadata comes with the first scan. */
const ALL_AT_ONCE = { max_slow_calls: 40 };
const BANNER: Readonly<Record<Market, string>> = {
  simulated: "SIMULATED MARKET: prices and rates below are made up by the embedded simulator. Nothing here can be traded.",
  recorded: "RECORDED MARKET: bodies that venues once sent, with the clock at the recording. Nothing here can be traded now.",
  live: "LIVE MARKET: public data of the real venues. Information, not advice.",
};

const options = readOptions(process.argv.slice(2));
if (typeof options === "string") {
  console.error(`${options}\n\n${USAGE}`);
  process.exit(2);
}
process.exit(await run(options));

/** Starts everything, drives the scans, ends everything it started. Returns the exit code. */
async function run(options: StartOptions): Promise<number> {
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stopping.abort());
  console.log(`Carrywatch · ${BANNER[options.market]}\n`);
  const recorded =
    options.recordedDir === null ? {} : { recordedDir: options.recordedDir, recordedDate: options.recordedDate ?? undefined };
  let simulator: Simulator | null = null;
  let worker: WorkerProcess | null = null;
  try {
    if (options.market !== "live") simulator = await startSimulator({ seed: options.seed, listen: true, ...recorded });
    const clockOffsetMs = simulator === null ? 0 : Math.round(simulator.nowMs() - Date.now());
    const vars = {
      MARKET: options.market,
      VENUE_GATEWAY_URL: simulator?.url ?? "",
      // A recording stands still at its moment; the simulated market lives in the present.
      CLOCK_OFFSET_MS: String(options.market === "recorded" ? clockOffsetMs : 0),
      FLAGS: JSON.stringify({ scan_interval_seconds: INTERVAL_SECONDS[options.market], ...(options.market === "live" ? {} : ALL_AT_ONCE) }),
      ...(options.market === "simulated" && simulator !== null ? botVars(simulator) : {}),
    };
    worker = await startWorker({ port: options.port, vars });
    const bot = options.market === "simulated" ? simulator : null;
    if (bot !== null) setWebhook(bot.telegram, worker.url);
    const clockOffset = Number(vars.CLOCK_OFFSET_MS);
    const scanned = await drive({ options, url: worker.url, clockOffsetMs: clockOffset, stopping: stopping.signal, bot });
    return scanned.everyFunnelAddedUp ? 0 : 1;
  } catch (error) {
    console.error(error instanceof Error ? `${error.message}${error.cause instanceof Error ? `: ${error.cause.message}` : ""}` : error);
    return 1;
  } finally {
    await worker?.stop();
    await simulator?.close();
  }
}

/** Triggers one scan a slot and prints what each found. Where there is a bot, somebody talks to it after the second. */
async function drive(input: {
  readonly options: StartOptions;
  readonly url: string;
  readonly clockOffsetMs: number;
  readonly stopping: AbortSignal;
  readonly bot: Simulator | null;
}): Promise<{ readonly everyFunnelAddedUp: boolean }> {
  const { options, url, stopping, bot } = input;
  const intervalMs = INTERVAL_SECONDS[options.market] * 1_000;
  let everyFunnelAddedUp = true;
  let lastSlotMs = Number.NEGATIVE_INFINITY;
  for (let done = 0; !stopping.aborted && (options.scans === null || done < options.scans);) {
    const startedAtMs = Date.now();
    const atMs = startedAtMs + input.clockOffsetMs;
    await fetch(`${url}/cdn-cgi/local/scheduled?cron=*/2+*+*+*+*&time=${atMs}&format=json`, { signal: AbortSignal.timeout(60_000) });
    const scan = await read(`${url}/api/scans/latest`, scanSchema);
    if (scan !== null && scan.slotMs > lastSlotMs) {
      lastSlotMs = scan.slotMs;
      done++;
      everyFunnelAddedUp &&= scan.balanced;
      const found = await listOf(scan, url);
      const talk = bot === null ? [] : await talkAfter(done, bot, options);
      print({ lines: [renderTable(found), renderFunnel(scan)], talk, scan, done, options, url });
      const isRead = done === TALK_AFTER && talk.length > 0 && isScreen(options);
      if (isRead) await wait(READING_MS, undefined, { signal: stopping }).catch(() => undefined);
    }
    const pause = Math.max(50, intervalMs - ((Date.now() + input.clockOffsetMs) % intervalMs));
    if (options.scans === null || done < options.scans) await wait(pause, undefined, { signal: stopping }).catch(() => undefined);
  }
  return { everyFunnelAddedUp };
}

/** The conversation after the scan that is meant for it; later, on a screen, only how to join in. */
async function talkAfter(done: number, { telegram, url }: Simulator, options: StartOptions): Promise<readonly string[]> {
  const joining = talkYourself(url ?? "");
  if (done === TALK_AFTER) return [renderConversation(await converse(telegram)), joining];
  return done > TALK_AFTER && isScreen(options) ? [joining] : [];
}

/** The list that shows a scan: an isolate serves what it has read for two seconds. */
async function listOf(scan: Scan, url: string): Promise<Opportunities> {
  for (let tries = 0; tries < 30; tries++) {
    const found = await read(`${url}/api/opportunities`, opportunitiesSchema);
    if (found !== null && found.scan.slotMs >= scan.slotMs) return found;
    await wait(100);
  }
  return fail(`expected a list that shows ${scan.id} within 3 s, found an older one`);
}

/** An answer of the API, `null` while there is none. */
async function read<T extends z.ZodType>(url: string, schema: T): Promise<z.infer<T> | null> {
  const response = await fetch(url, { signal: AbortSignal.timeout(15_000) });
  if (response.status === 404 || response.status === 503) return null;
  if (!response.ok) fail(`${url} answered ${response.status}: ${await response.text()}`);
  return schema.parse(await response.json());
}

function fail(message: string): never {
  throw new Error(message);
}

/** Whether each scan replaces the one before on a screen. */
function isScreen({ scans }: StartOptions): boolean {
  return process.stdout.isTTY && scans === null;
}

function print(shown: {
  readonly lines: readonly string[];
  /** What is said with the bot and, on a screen below each later table, how to join in. */
  readonly talk: readonly string[];
  readonly scan: Scan;
  readonly done: number;
  readonly options: StartOptions;
  readonly url: string;
}): void {
  const { scans, market } = shown.options;
  const live = isScreen(shown.options);
  if (live) console.log(`\u001B[2J\u001B[HCarrywatch · ${BANNER[market]}\n`);
  const of = scans === null ? "" : ` of ${scans}`;
  console.log(`scan ${shown.done}${of} · ${new Date(shown.scan.finishedAtMs).toISOString()}`);
  console.log(shown.lines.join("\n"));
  console.log(`  API ${shown.url}/api/opportunities · ${shown.url}/api/health${live ? " · Ctrl-C ends" : ""}\n`);
  if (shown.talk.length > 0) console.log(`${shown.talk.join("\n\n")}\n`);
}
