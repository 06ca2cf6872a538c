/**
 * `npm run chaos -- [--scans N] [--seed S] [--coins N]`: the whole Worker on real D1, KV and Durable Objects, through drawn
 * faults of the venues, outages of storage and objects that leave memory, checked after every scan. Figures are printed and
 * written to bench/results/chaos.json; anything wrong is named and fails the run.
 */
import { parseArgs } from "node:util";
import { OFFLINE_ENV } from "../scripts/offline.ts";
import { type ChaosResult, runChaos } from "../test/e2e/chaos.ts";
import { type Figure, machine, renderFigures, writeResults } from "./report.ts";

await main();

async function main(): Promise<void> {
  Object.assign(process.env, OFFLINE_ENV, { WRANGLER_LOG: "none" });
  // The server prints each connection that the simulator breaks on purpose.
  const printed = console.error;
  console.error = (...what: unknown[]) => (String(what[0]).includes("the connection broke") ? undefined : printed(...what));
  const { values } = parseArgs({
    options: {
      scans: { type: "string", default: "200" },
      seed: { type: "string", default: "1" },
      coins: { type: "string", default: "60" },
    },
  });
  const [scans, seed, coins] = [values.scans, values.seed, values.coins].map(wholeNumber);
  if (scans === undefined || seed === undefined || coins === undefined) return;
  console.log(`Carrywatch, ${scans} scans through faults, seed ${seed} · ${new Date().toISOString().slice(0, 10)}\n  ${machine()}`);
  const startedAtMs = Date.now();
  const result = await runChaos({ scans, seed, coins, maxSlowCalls: 4, progress });
  const faults = Object.values(result.faults).reduce((sum, count) => sum + count, 0);
  const none = { is: "at most", value: 0 } as const;
  const figures: readonly Figure[] = [
    { key: "scans", value: result.scans, bar: null, what: `of which D1 took ${result.stored}` },
    { key: "faults", value: faults, bar: null, what: "one a feed and scan" },
    { key: "refused", value: result.refused, bar: null, what: "rows refused with their reason" },
    { key: "found", value: result.found, bar: null, what: "planted pairs of healthy venues looked for and open" },
    { key: "violations", value: result.violations.length, bar: none, what: "wrong, invented, double, or over a budget" },
    { key: "missed", value: result.missed.length, bar: none, what: "planted pairs of healthy venues that were not open" },
    { key: "seconds", value: Math.round((Date.now() - startedAtMs) / 1_000), bar: null, what: "start to end" },
  ];
  console.log(renderFigures(figures));
  console.log(`  faults: ${listed(result.faults)}\n  upsets: ${listed(result.upsets)}\n  refused by: ${listed(result.refusedBy)}`);
  console.log(`  written to ${writeResults("chaos", figures)}`);
  if (result.violations.length + result.missed.length > 0) process.exitCode = 1;
}

/** A line a hundred scans, and what is wrong as soon as it is found. */
function progress(scan: number, so: ChaosResult): void {
  for (const sentence of [...so.violations, ...so.missed].filter((each) => each.startsWith(`scan ${scan}:`)))
    console.log(`  ! ${sentence}`);
  if (scan % 100 === 99)
    console.log(`  scan ${scan + 1}: ${so.found} found, ${so.violations.length} violations, ${so.missed.length} missed`);
}

function listed(counts: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(counts).sort(([, a], [, b]) => b - a);
  return sorted.map(([name, count]) => `${name} ${count}`).join(", ");
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`expected a whole number above 0, found ${text}`);
  return value;
}
