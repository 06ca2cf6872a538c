import { afterAll, beforeAll, expect, test } from "vitest";
import { ADAPTERS } from "../../src/venues/registry.ts";
import { z } from "zod";
import { QUIET } from "./chaos-draw.ts";
import { type ChaosWorld, startChaosWorld } from "./chaos-world.ts";

/** Two hours: metadata is read again. */
const SCANS = 60;
const DEPTH = 20;
const SLOW = 4;

let world: ChaosWorld;
beforeAll(async () => {
  world = await startChaosWorld({ seed: 1, coins: 40, maxSlowCalls: SLOW });
});
afterAll(async () => {
  await world.close();
});

const funnelSchema = z.array(z.looseObject({ dropped: z.record(z.string(), z.number()) }));

/** What one scan asks of all feeds of a kind; `test/contract/venues.test.ts` holds it to its bar. */
const hotCalls = (isSpot: boolean): number =>
  ADAPTERS.filter(({ id, facts }) => (id !== facts.id) === isSpot)
    .flatMap(({ endpoints }) => Object.values(endpoints))
    .filter(({ refreshMs, alternativeTo }) => refreshMs === 0 && alternativeTo === undefined).length;

/** Which of a feed's endpoints a call was for. */
function kindOf(market: string, endpoint: string): "hot" | "slow" | "depth" {
  const refreshMs = ADAPTERS.find(({ id }) => id === market)?.endpoints[endpoint]?.refreshMs;
  return refreshMs === undefined ? "depth" : refreshMs === 0 ? "hot" : "slow";
}

test(`over ${SCANS} scans no scan asks more than its budget, slow endpoints never all at once, and everything is read in the end`, async () => {
  const slowRead = new Set<string>();
  for (let scan = 0; scan < SCANS; scan++) {
    await world.begin(scan);
    world.movePrices();
    world.simulator.resetCalls();
    const record = await world.scan(QUIET);
    const [fetched] = funnelSchema.parse(JSON.parse(String(record?.["funnel"])));
    expect(fetched?.dropped, `scan ${scan}`).toEqual({});
    const counts = { hot: 0, spot: 0, slow: 0, depth: 0 };
    for (const [market, { byEndpoint }] of Object.entries(world.simulator.calls().venues)) {
      for (const [endpoint, calls] of Object.entries(byEndpoint)) {
        const kind = kindOf(market, endpoint);
        if (kind === "slow") slowRead.add(`${market} ${endpoint}`);
        counts[kind === "hot" && market.endsWith("-spot") ? "spot" : kind] += calls;
      }
    }
    expect(counts.hot, `scan ${scan}`).toBeLessThanOrEqual(hotCalls(false));
    expect(counts.spot, `scan ${scan}`).toBeLessThanOrEqual(hotCalls(true));
    expect(counts.depth, `scan ${scan}`).toBeLessThanOrEqual(DEPTH);
    expect(counts.slow, `scan ${scan}`).toBeLessThanOrEqual(SLOW);
  }
  const all = ADAPTERS.flatMap((adapter) =>
    Object.entries(adapter.endpoints).flatMap(([name, { refreshMs, alternativeTo }]) =>
      refreshMs > 0 && alternativeTo === undefined ? [`${adapter.id} ${name}`] : [],
    ),
  );
  expect([...slowRead].sort()).toEqual(all.sort());
  expect((await world.sql("SELECT verdict FROM scans ORDER BY id DESC LIMIT 1"))[0]).toEqual({ verdict: "opportunities" });
}, 180_000);
