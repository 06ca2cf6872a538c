import { afterAll, beforeAll, expect, test } from "vitest";
import { ADAPTERS } from "../../src/venues/registry.ts";
import { INTERVAL_MS, startWorld, type World } from "./world.ts";

const SCANS = 36;
const DEPTH = 20;
const SLOW = 4;

let world: World;
beforeAll(async () => {
  // The default of four slow calls a scan.
  world = await startWorld({ flags: { max_slow_calls: SLOW }, simulator: { frozen: false, coins: 150 } });
});
afterAll(async () => {
  await world.close();
});

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
    // Over an hour of scans: budgets come back, metadata is read again.
    await world.later(scan * INTERVAL_MS);
    world.simulator.resetCalls();
    const { funnel } = await world.scan();
    expect(funnel[0]?.dropped, `scan ${scan}`).toEqual({});
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
  expect((await world.latest()).verdict).toBe("opportunities");
}, 180_000);
