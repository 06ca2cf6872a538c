import { join } from "node:path";
import { createTestHarness } from "wrangler";
import { OFFLINE_ENV } from "../../scripts/offline.ts";
import { median } from "../measure.ts";

/** Milliseconds of wall time that one call between two Durable Objects takes in workerd, with 1,200 quotes as its answer. */
export type RpcReport = { readonly nothingMs: number; readonly columnsMs: number; readonly objectsMs: number };

const FORMS = ["nothing", "columns", "objects"] as const;
const CALLS = 20;
const WARM_UP = 3;
const ROUNDS = 15;

/** The three forms in turn, round after round; medians. */
export async function measureRpc(): Promise<RpcReport> {
  Object.assign(process.env, OFFLINE_ENV);
  const server = createTestHarness({ workers: [{ configPath: join(import.meta.dirname, "wrangler.jsonc") }] });
  await server.listen();
  const samples: Record<(typeof FORMS)[number], number[]> = { nothing: [], columns: [], objects: [] };
  try {
    for (let round = 0; round < WARM_UP + ROUNDS; round++) {
      for (const form of FORMS) {
        const startedAtMs = performance.now();
        const response = await server.fetch(`/?form=${form}&times=${CALLS}`);
        if (!response.ok) throw new Error(`${form}: ${response.status} ${await response.text()}`);
        await response.json();
        if (round >= WARM_UP) samples[form].push((performance.now() - startedAtMs) / CALLS);
      }
    }
  } finally {
    await server.close();
  }
  return { nothingMs: median(samples.nothing), columnsMs: median(samples.columns), objectsMs: median(samples.objects) };
}
