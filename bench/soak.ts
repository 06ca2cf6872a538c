/**
 * `npm run soak -- [--scans N] [--seed S] [--coins N]`: scans one after the other in one isolate of real workerd, on a moving
 * market whose venues fail now and then, and what the isolate's heap holds after a full collection, asked of the runtime's
 * own debugger. Figures are printed and written to bench/results/soak.json.
 */
import { parseArgs } from "node:util";
import { z } from "zod";
import { OFFLINE_ENV } from "../scripts/offline.ts";
import { startWorker } from "../scripts/start/worker-process.ts";
import { type Simulator, startSimulator } from "../simulator/simulator.ts";
import { draw } from "../test/e2e/chaos-draw.ts";
import { chaosConfig } from "../test/e2e/chaos-world.ts";
import { type Figure, machine, renderFigures, writeResults } from "./report.ts";

const START_MS = Date.UTC(2026, 10, 22, 9, 9, 10);
const INTERVAL_MS = 120_000;
const LOOKS = 20;
/** A heap that keeps one name of every scan would grow by more. */
const MOST_GROWTH_MB = 4;
const PORT = 8_960;
const INSPECTOR_PORT = 9_460;

const targetsSchema = z.array(z.looseObject({ webSocketDebuggerUrl: z.string() }));
const usageSchema = z.looseObject({ id: z.number(), result: z.looseObject({ usedSize: z.number().optional() }).optional() });

await main();

async function main(): Promise<void> {
  Object.assign(process.env, OFFLINE_ENV);
  // The server prints each connection that the simulator breaks on purpose.
  const printed = console.error;
  console.error = (...what: unknown[]) => (String(what[0]).includes("the connection broke") ? undefined : printed(...what));
  const { values } = parseArgs({
    options: {
      scans: { type: "string", default: "1000" },
      seed: { type: "string", default: "1" },
      coins: { type: "string", default: "60" },
    },
  });
  const [scans, seed, coins] = [values.scans, values.seed, values.coins].map(Number);
  if (scans === undefined || seed === undefined || coins === undefined) return;
  console.log(`Carrywatch, ${scans} scans in one isolate, seed ${seed} · ${new Date().toISOString().slice(0, 10)}\n  ${machine()}`);
  const startedAtMs = Date.now();
  const clock = (): number => START_MS + (Date.now() - startedAtMs);
  const simulator = await startSimulator({ listen: true, clock, coins, seed });
  const vars = {
    VENUE_GATEWAY_URL: simulator.url ?? "",
    MARKET: "simulated",
    LOG_LEVEL: "error",
    CLOCK_OFFSET_MS: String(START_MS - startedAtMs),
    FETCH_HEADERS_LIMIT_MS: "1500",
    FETCH_BODY_LIMIT_MS: "1500",
    FLAGS: JSON.stringify({ venue_limit_ms: 2_500, scan_deadline_ms: 4_000, depth_limit_ms: 2_000 }),
  };
  const worker = await startWorker({ port: PORT, vars, config: chaosConfig(), inspectorPort: INSPECTOR_PORT });
  try {
    print(await looksOver({ scans, seed, simulator, url: worker.url, clock }), { scans, startedAtMs });
  } finally {
    await worker.stop();
    await simulator.close();
  }
}

type Run = {
  readonly scans: number;
  readonly seed: number;
  readonly simulator: Simulator;
  readonly url: string;
  readonly clock: () => number;
};
type Look = { readonly scan: number; readonly heapMb: number };

/** Runs the scans and looks at the heap now and then. */
async function looksOver({ scans, seed, simulator, url, clock }: Run): Promise<readonly Look[]> {
  const looks: Look[] = [];
  const debugged = await openDebugger(url);
  for (let scan = 0; scan < scans; scan++) {
    const offsetMs = START_MS + scan * INTERVAL_MS - clock();
    simulator.control({ clear: true, clock: { offsetMs } });
    for (const fault of draw(seed, scan).faults) {
      if (fault.kind === "slow") simulator.control({ latency: { venue: fault.venue, ms: fault.latencyMs } });
      else simulator.control({ fault });
    }
    await fetch(`${url}/chaos`, { method: "POST", body: JSON.stringify({ offsetMs, d1: "up", kv: "up" }) });
    const time = Math.floor(simulator.nowMs() / INTERVAL_MS) * INTERVAL_MS;
    await fetch(`${url}/cdn-cgi/local/scheduled?cron=${encodeURIComponent("*/2 * * * *")}&time=${time}`);
    await fetch(`${url}/api/opportunities`).then((response) => response.text());
    if ((scan + 1) % Math.ceil(scans / LOOKS) === 0) {
      looks.push({ scan: scan + 1, heapMb: (await debugged.heapBytes()) / 2 ** 20 });
      console.log(`  after scan ${String(scan + 1).padStart(5)}: ${looks.at(-1)?.heapMb.toFixed(2)} MB`);
    }
  }
  debugged.close();
  return looks;
}

type Debugger = { readonly heapBytes: () => Promise<number>; readonly close: () => void };

/** The runtime's own debugger, which tells what the isolate's heap holds after a full collection. One connection for the run. */
async function openDebugger(url: string): Promise<Debugger> {
  const targets = targetsSchema.parse(await (await fetch(`http://127.0.0.1:${INSPECTOR_PORT}/json`)).json());
  const socket = new WebSocket(targets[0]?.webSocketDebuggerUrl ?? "", { headers: { origin: "http://localhost" } });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve(), { once: true });
    socket.addEventListener("error", () => reject(new Error("no debugger")), { once: true });
  });
  let asked = 0;
  const ask = async (method: string): Promise<number> => {
    const id = ++asked;
    const answered = Promise.withResolvers<number>();
    const hear = ({ data }: MessageEvent): void => {
      const message = usageSchema.safeParse(JSON.parse(String(data)));
      if (message.success && message.data.id === id) answered.resolve(message.data.result?.usedSize ?? 0);
    };
    socket.addEventListener("message", hear);
    socket.send(JSON.stringify({ id, method }));
    // The isolate hears its debugger when it has something to do.
    const nudge = setInterval(() => void fetch(`${url}/api/health`).catch(() => undefined), 200);
    try {
      return await Promise.race([answered.promise, late(method)]);
    } finally {
      clearInterval(nudge);
      socket.removeEventListener("message", hear);
    }
  };
  return {
    heapBytes: async () => {
      for (const method of ["HeapProfiler.collectGarbage", "HeapProfiler.collectGarbage"]) await ask(method);
      return await ask("Runtime.getHeapUsage");
    },
    close: () => socket.close(),
  };
}

async function late(method: string): Promise<never> {
  await new Promise((resolve) => setTimeout(resolve, 30_000).unref());
  throw new Error(`the debugger did not answer ${method} within 30 s`);
}

function mean(looks: readonly Look[]): number {
  return looks.reduce((sum, { heapMb }) => sum + heapMb, 0) / looks.length;
}

/** The first tenth warms caches up; then the second quarter is held against the last. */
function print(looks: readonly Look[], { scans, startedAtMs }: { readonly scans: number; readonly startedAtMs: number }): void {
  const quarter = Math.floor(looks.length / 4);
  const [early, end] = [mean(looks.slice(quarter, 2 * quarter)), mean(looks.slice(-quarter))];
  const figures: readonly Figure[] = [
    { key: "scans", value: scans, bar: null, what: "in one isolate, with drawn faults" },
    { key: "heap_mb_early", value: early, bar: null, what: "second quarter of the run, after a collection" },
    { key: "heap_mb_end", value: end, bar: { is: "at most", value: 128 }, what: "last quarter; the platform allows 128" },
    { key: "growth_mb", value: end - early, bar: { is: "at most", value: MOST_GROWTH_MB }, what: "between them" },
    { key: "heap_mb_peak", value: Math.max(...looks.map(({ heapMb }) => heapMb)), bar: null, what: "largest look" },
    { key: "seconds", value: Math.round((Date.now() - startedAtMs) / 1_000), bar: null, what: "start to end" },
  ];
  console.log(renderFigures(figures));
  console.log(`  written to ${writeResults("soak", figures)}`);
}
