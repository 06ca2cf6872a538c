/**
 * `npm run bench`: what one scan costs beside a bare JSON.parse of the same texts and beside ccxt reading them. All sides
 * begin with text already decoded from its bytes. Figures are printed and written to bench/results/scan.json.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { ADAPTERS } from "../src/venues/registry.ts";
import { type CcxtSide, ccxtSide } from "./ccxt-side.ts";
import { writeMarket } from "./disk-market.ts";
import { type LoneReport, loneReportSchema } from "./lone-process.ts";
import { interleave, median, ratio, type Samples, type Side } from "./measure.ts";
import { bytesOf, type Moment, MOMENTS, type RecordedMarket, readerOf, recordMarket, textsOf } from "./recorded-market.ts";
import { type Carried, normalise, scan } from "./replay.ts";
import { type Figure, machine, renderFigures, writeResults } from "./report.ts";
import { measureRpc, type RpcReport } from "./rpc/measure-rpc.ts";

const LEAST_ROWS = 9_000;
const COINS_STEP = 50;
const GROWTH = 4;
const ROUNDS = { warmUp: 6, measured: 30 };

/** A market, and how much one of its scans reads. */
type Prepared = { readonly market: RecordedMarket; readonly rows: number; readonly bytes: number };

await main();

async function main(): Promise<void> {
  const once = await largeEnough();
  const more = await prepare(GROWTH * once.market.coins);
  const lone = scanAlone(once.market);
  const rpc = await measureRpc();
  const ccxt = await ccxtSide(once.market);
  const samples = await interleave(sidesOf(once, more, ccxt), ROUNDS);
  const figures = figuresOf(samples, { once, lone });
  print({ once, more, lone, rpc, ccxt, samples, figures });
  console.log(`\nwritten to ${writeResults("scan", figures)}`);
}

async function prepare(coins: number): Promise<Prepared> {
  const market = await recordMarket(coins);
  const [first] = market.moments;
  if (first === undefined) throw new Error("expected moments, found none");
  const { rows } = await normalise({ ...sourceOf(first), carried: market.carried });
  const bytes = market.moments.reduce((sum, moment) => sum + bytesOf(moment), 0) / market.moments.length;
  return { market, rows, bytes: Math.round(bytes) };
}

function sourceOf(moment: Moment): Pick<Parameters<typeof scan>[0], "nowMs" | "read"> {
  return { nowMs: moment.nowMs, read: readerOf(moment) };
}

/** The market with the fewest coins that still has enough rows. */
async function largeEnough(): Promise<Prepared> {
  for (let coins = 10 * COINS_STEP; ;) {
    const prepared = await prepare(coins);
    if (prepared.rows >= LEAST_ROWS) return prepared;
    const missing = Math.ceil((coins * (LEAST_ROWS / prepared.rows - 1)) / COINS_STEP);
    coins += COINS_STEP * missing;
  }
}

/** A process with the heap limit of a Worker, so that it collects garbage as early as a Worker has to. */
function scanAlone(market: RecordedMarket): LoneReport {
  const { folder, remove } = writeMarket(market);
  try {
    const flags = ["--expose-gc", "--max-heap-size=128"];
    const output = execFileSync(process.execPath, [...flags, join(import.meta.dirname, "lone-process.ts"), folder], { encoding: "utf8" });
    return loneReportSchema.parse(JSON.parse(output));
  } finally {
    remove();
  }
}

function sidesOf(once: Prepared, more: Prepared, ccxt: CcxtSide): readonly Side[] {
  /** The measured scans of a market, each going on from what the one before left. */
  const inSeries =
    ({ market }: Prepared, step: (source: Parameters<typeof scan>[0]) => Promise<{ readonly carried: Carried }>) =>
    async () => {
      let { carried } = market;
      for (const moment of market.moments) ({ carried } = await step({ ...sourceOf(moment), carried }));
    };
  return [
    {
      name: "JSON.parse",
      run: () => {
        for (const moment of once.market.moments) for (const text of textsOf(moment)) JSON.parse(text);
      },
    },
    { name: "normalise", run: inSeries(once, normalise) },
    { name: "scan", run: inSeries(once, scan) },
    {
      name: "ccxt",
      run: async () => {
        for (const moment of once.market.moments) await ccxt.read(moment);
      },
    },
    { name: `scan, ${GROWTH}× coins`, run: inSeries(more, scan) },
  ];
}

function figuresOf(samples: Samples, { once, lone }: { readonly once: Prepared; readonly lone: LoneReport }): readonly Figure[] {
  const most = (value: number): Figure["bar"] => ({ is: "at most", value });
  const least = (value: number): Figure["bar"] => ({ is: "at least", value });
  const calls = (market: "perpetual" | "spot"): number => Math.max(...once.market.moments.map(({ hotCalls }) => hotCalls[market]));
  const growth = ratio(samples, `scan, ${GROWTH}× coins`, "scan");
  return [
    { key: "scan_over_json_parse", value: ratio(samples, "scan", "JSON.parse"), bar: most(2), what: "one scan over JSON.parse" },
    { key: "ccxt_over_scan", value: ratio(samples, "ccxt", "scan"), bar: least(4), what: "ccxt, which only parses, over one scan" },
    {
      key: "normalise_over_json_parse",
      value: ratio(samples, "normalise", "JSON.parse"),
      bar: most(1.6),
      what: "up to columns over JSON.parse",
    },
    { key: "ccxt_over_normalise", value: ratio(samples, "ccxt", "normalise"), bar: least(6), what: "ccxt over the same, up to columns" },
    { key: "growth_4x", value: growth, bar: most(4.6), what: `${GROWTH}× the coins over 1×` },
    { key: "rows", value: once.rows, bar: least(LEAST_ROWS), what: "quotes in one scan" },
    { key: "bytes", value: once.bytes, bar: null, what: "in the bodies of one scan, UTF-8" },
    { key: "hot_calls", value: calls("perpetual"), bar: most(27), what: "asked of perpetuals in one scan, metadata and books aside" },
    { key: "spot_calls", value: calls("spot"), bar: most(9), what: "the same of spot" },
    { key: "peak_mb", value: lone.peakMb, bar: { is: "under", value: 64 }, what: "MiB resident over the idle process, heap limit 128 MB" },
  ];
}

function print(run: {
  readonly once: Prepared;
  readonly more: Prepared;
  readonly lone: LoneReport;
  readonly rpc: RpcReport;
  readonly ccxt: CcxtSide;
  readonly samples: Samples;
  readonly figures: readonly Figure[];
}): void {
  const { once, more, lone, rpc, ccxt, samples, figures } = run;
  const ms = (value: number): string => `${value.toFixed(2)} ms`;
  console.log(`Carrywatch, one scan · ${new Date().toISOString().slice(0, 10)}`);
  console.log(`  ${machine()}, ccxt ${ccxt.version}`);
  console.log(`  feeds: ${ADAPTERS.map(({ id }) => id).join(", ")}`);
  console.log(
    `  ${once.market.coins} coins, ${once.rows} rows, ${once.bytes} bytes a scan; ${GROWTH}×: ${more.rows} rows, ${more.bytes} bytes`,
  );
  console.log(`  CPU of the process; medians of ${ROUNDS.measured} interleaved rounds of ${MOMENTS} scans, ${ROUNDS.warmUp} rounds before`);
  for (const [name, values] of samples) console.log(`    ${name.padEnd(16)} ${ms(median(values) / MOMENTS).padStart(10)} a scan`);
  console.log(renderFigures(figures));
  console.log(`First scan of a new process, all metadata read from disk: ${ms(lone.coldCpuMs)} CPU, ${ms(lone.coldWallMs)} wall`);
  const over = (value: number): string => ms(value - rpc.nothingMs);
  console.log(`1,200 quotes between two Durable Objects in workerd, over an empty call (${ms(rpc.nothingMs)}):`);
  console.log(`  columns ${over(rpc.columnsMs)}, objects ${over(rpc.objectsMs)}`);
}
