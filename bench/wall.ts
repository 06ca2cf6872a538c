/**
 * `npm run bench:wall`: how long one scan takes in the whole Worker, in workerd over real HTTP, beside its slowest venue
 * that answers. Medians of scans in a row; the first scan that meets a venue that hangs is printed apart. Figures are
 * printed; the one with such a venue is written to bench/results/wall.json.
 */
import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import { OFFLINE_ENV } from "../scripts/offline.ts";
import type { Simulator } from "../simulator/simulator.ts";
import { startWorld, type World } from "../test/e2e/world.ts";
import { median } from "./measure.ts";
import { type Figure, machine, renderFigures, writeResults } from "./report.ts";

/** Milliseconds that every answer of a feed takes; the others answer at once. */
const LATENCIES: Readonly<Record<string, number>> = {
  binance: 120,
  okx: 250,
  gate: 400,
  kucoin: 700,
  "bybit-spot": 300,
  hyperliquid: 2_000,
};
const HUNG = "bitget";
/** The limits that a deployment has by default, in place of the tests' short ones. */
const LIMITS = { FETCH_HEADERS_LIMIT_MS: "4000", FETCH_BODY_LIMIT_MS: "5000", RETRY_DELAY_MS: "250" };
const FLAGS = { venue_limit_ms: 8_000, scan_deadline_ms: 10_000 };
/** Before all: metadata is read, and books are asked for from the second scan on. */
const WARM_UP = 3;
/** Few enough that no feed spends its requests of a minute, although the scans follow each other at once. */
const SCANS = 5;
const SAMPLE_MS = 100;
const BAR = 1.15;

/** What is read of a scan's record. */
const timesSchema = z.object({
  startedAtMs: z.number(),
  finishedAtMs: z.number(),
  funnel: z.array(z.object({ step: z.string(), ms: z.number() })),
  venues: z.array(z.object({ feed: z.string(), ok: z.boolean(), rows: z.number(), ms: z.number() })),
});

type Timed = {
  /** From the trigger to its end, with what is stored and published, ms. */
  readonly wallMs: number;
  /** Of it before the scan's first step and after its last: flags and lease, D1's batch, the snapshot, what is kept. */
  readonly aroundMs: number;
  readonly slowest: { readonly feed: string; readonly ms: number };
  readonly rows: number;
  readonly stepMs: Readonly<Record<string, number>>;
  /** Requests open at the venues that answer, every `SAMPLE_MS`. */
  readonly inFlight: readonly number[];
};

await main();

async function main(): Promise<void> {
  Object.assign(process.env, OFFLINE_ENV, { WRANGLER_LOG: "none" });
  const world = await startWorld({ vars: LIMITS, flags: FLAGS, simulator: { coins: 750 } });
  try {
    console.log(`Carrywatch, wall time of a scan · ${new Date().toISOString().slice(0, 10)}\n  ${machine()}`);
    for (const [venue, ms] of Object.entries(LATENCIES)) world.simulator.control({ latency: { venue, ms } });
    await scans(world, WARM_UP);
    const answering = await scans(world, SCANS);
    print("all venues answer", answering);
    world.simulator.control({ fault: { venue: HUNG, kind: "hang" } });
    print(`${HUNG} hangs, the first scan that meets it`, await scans(world, 1));
    await scans(world, WARM_UP);
    const hung = await scans(world, SCANS);
    print(`${HUNG} hangs, the scans after`, hung);
    const most: Figure["bar"] = { is: "at most", value: BAR };
    const figures = [
      {
        key: "wall_over_slowest",
        value: median(hung.map(ratioOf)),
        bar: most,
        what: `one venue hangs, the slowest that answers takes 2 s`,
      },
    ];
    const without = { key: "no venue hangs", value: median(answering.map(ratioOf)), bar: most, what: "" };
    console.log(renderFigures([without, ...figures]));
    console.log(`\nwritten to ${writeResults("wall", figures)}`);
  } finally {
    await world.close();
  }
}

function ratioOf({ wallMs, slowest }: Timed): number {
  return wallMs / slowest.ms;
}

async function scans(world: World, count: number): Promise<readonly Timed[]> {
  const timed: Timed[] = [];
  while (timed.length < count) timed.push(await timedScan(world));
  return timed;
}

async function timedScan(world: World): Promise<Timed> {
  const watching = watch(world.simulator);
  const startedAtMs = performance.now();
  let wallMs = Number.NaN;
  const scan = world.scan().finally(() => (wallMs = performance.now() - startedAtMs));
  const { funnel, venues, ...record } = timesSchema.parse(await scan);
  const inFlight = await watching.stop();
  const answered = venues.filter(({ ok }) => ok).toSorted((a, b) => b.ms - a.ms);
  const [slowest] = answered;
  if (slowest === undefined) throw new Error("expected venues that answered, found none");
  const stepMs = Object.fromEntries(funnel.map(({ step, ms }) => [step, ms]));
  return {
    wallMs,
    aroundMs: wallMs - (record.finishedAtMs - record.startedAtMs),
    slowest,
    rows: answered.reduce((sum, { rows }) => sum + rows, 0),
    stepMs,
    inFlight,
  };
}

/** Counts requests that are open until it is stopped. Not those of the venue that hangs: in this harness they stay open when the Worker has given them up. */
function watch(simulator: Simulator): { readonly stop: () => Promise<readonly number[]> } {
  simulator.resetCalls();
  const samples: number[] = [];
  const stopping = new AbortController();
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      const venues = Object.entries(simulator.calls().venues).filter(([feed]) => feed !== HUNG);
      samples.push(venues.reduce((sum, [, { inFlight }]) => sum + inFlight, 0));
      await wait(SAMPLE_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await watching;
      return samples;
    },
  };
}

function print(what: string, timed: readonly Timed[]): void {
  console.log(`\n${what}: ${timed[0]?.rows ?? 0} rows`);
  for (const { wallMs, aroundMs, slowest, stepMs } of timed) {
    const steps = Object.entries(stepMs).flatMap(([step, ms]) => (ms > 0 ? [`${step} ${ms}`] : []));
    console.log(
      `  ${wallMs.toFixed(0).padStart(6)} ms, slowest that answers ${slowest.feed} ${slowest.ms} ms · of it ${steps.join(", ")}, around the steps ${aroundMs.toFixed(0)} ms`,
    );
  }
  console.log(`  requests in flight at the venues that answer, every ${SAMPLE_MS} ms: ${timed.at(-1)?.inFlight.join(" ") ?? ""}`);
}
