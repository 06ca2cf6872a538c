import { setTimeout as wait } from "node:timers/promises";
import type { z } from "zod";
import { type Simulator, startSimulator } from "../simulator/simulator.ts";
import { type Market, readOptions, type StartOptions, USAGE } from "./start/options.ts";
import { type Opportunities, opportunitiesSchema, renderFunnel, renderTable, type Scan, scanSchema } from "./start/table.ts";
import { startWorker, type WorkerProcess } from "./start/worker-process.ts";

/** Seconds between scans of a local run. Real venues are asked no faster than their shared limits allow. */
const INTERVAL_SECONDS: Readonly<Record<Market, number>> = { simulated: 3, recorded: 3, live: 30 };
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
  const recorded = options.recordedDir === null ? {} : { recordedDir: options.recordedDir };
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
    };
    worker = await startWorker({ port: options.port, vars });
    const scanned = await drive({ options, url: worker.url, clockOffsetMs: Number(vars.CLOCK_OFFSET_MS), stopping: stopping.signal });
    return scanned.everyFunnelAddedUp ? 0 : 1;
  } catch (error) {
    console.error(error instanceof Error ? `${error.message}${error.cause instanceof Error ? `: ${error.cause.message}` : ""}` : error);
    return 1;
  } finally {
    await worker?.stop();
    await simulator?.close();
  }
}

/** Triggers one scan a slot and prints what each found. */
async function drive(input: {
  readonly options: StartOptions;
  readonly url: string;
  readonly clockOffsetMs: number;
  readonly stopping: AbortSignal;
}): Promise<{ readonly everyFunnelAddedUp: boolean }> {
  const { options, url, stopping } = input;
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
      print({ lines: [renderTable(found), renderFunnel(scan)], scan, done, options, url });
    }
    const pause = Math.max(50, intervalMs - ((Date.now() + input.clockOffsetMs) % intervalMs));
    if (options.scans === null || done < options.scans) await wait(pause, undefined, { signal: stopping }).catch(() => undefined);
  }
  return { everyFunnelAddedUp };
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

function print(shown: {
  readonly lines: readonly string[];
  readonly scan: Scan;
  readonly done: number;
  readonly options: StartOptions;
  readonly url: string;
}): void {
  const { scans, market } = shown.options;
  const live = process.stdout.isTTY && scans === null;
  if (live) console.log(`\u001B[2J\u001B[HCarrywatch · ${BANNER[market]}\n`);
  const of = scans === null ? "" : ` of ${scans}`;
  console.log(`scan ${shown.done}${of} · ${new Date(shown.scan.finishedAtMs).toISOString()}`);
  console.log(shown.lines.join("\n"));
  console.log(`  API ${shown.url}/api/opportunities · ${shown.url}/api/health${live ? " · Ctrl-C ends" : ""}\n`);
}
