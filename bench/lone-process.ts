/**
 * Scans in a process of their own, which `scan.ts` starts: the first one, cold, and the most memory that any took. Prints
 * `LoneReport` as JSON.
 */
import { z } from "zod";
import { readMarket } from "./disk-market.ts";
import { cpuMs } from "./measure.ts";
import { type Carried, NOTHING_CARRIED, type ReadText, scan } from "./replay.ts";

export const loneReportSchema = z.object({
  /** CPU of the first scan, ms: nothing compiled, all metadata read. */
  coldCpuMs: z.number(),
  coldWallMs: z.number(),
  /** Most resident memory during the scans, over what the process held before the first, MiB. */
  peakMb: z.number(),
});
export type LoneReport = z.infer<typeof loneReportSchema>;

if (import.meta.main) {
  const folder = process.argv[2];
  if (folder === undefined) throw new Error("usage: node bench/lone-process.ts FOLDER");
  console.log(JSON.stringify(await scanAlone(folder)));
}

async function scanAlone(folder: string): Promise<LoneReport> {
  const scans = readMarket(folder);
  globalThis.gc?.();
  const idleBytes = process.memoryUsage.rss();
  let mostBytes = idleBytes;
  // The system's own high-water mark may be the parent's: what is resident is looked at whenever a body is asked for.
  const look = (): void => {
    mostBytes = Math.max(mostBytes, process.memoryUsage.rss());
  };
  let carried: Carried = NOTHING_CARRIED;
  const taken: { readonly cpu: number; readonly wall: number }[] = [];
  for (const { nowMs, read } of scans) {
    const watched: ReadText = (adapter, asked) => {
      look();
      return read(adapter, asked);
    };
    const startedAtMs = performance.now();
    const cpu = await cpuMs(async () => {
      ({ carried } = await scan({ nowMs, read: watched, carried }));
    });
    look();
    taken.push({ cpu, wall: performance.now() - startedAtMs });
  }
  const [first] = taken;
  return { coldCpuMs: first?.cpu ?? Number.NaN, coldWallMs: first?.wall ?? Number.NaN, peakMb: (mostBytes - idleBytes) / 2 ** 20 };
}
