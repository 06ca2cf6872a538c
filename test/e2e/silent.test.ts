import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FEED_IDS } from "../../src/venues/registry.ts";
import { callsOf, expectPlanted, storedRows } from "./stored.ts";
import { expectedPairs, type Scan, startWorld, type World } from "./world.ts";

const SILENT = "gate";
/** Every other feed takes so long that one which answers at once is in time. */
const OTHERS_MS = 700;
/** Longer than the others take, and within the limit of a venue. */
const LATE_MS = 2_200;
const LIMITS = {
  vars: { FETCH_HEADERS_LIMIT_MS: "3500", FETCH_BODY_LIMIT_MS: "3500" },
  flags: { venue_limit_ms: 4_000, scan_deadline_ms: 6_000, frozen_scans: 1_000 },
};

let world: World;
beforeAll(async () => {
  world = await startWorld({ ...LIMITS, simulator: { coins: 40 } });
  for (const venue of FEED_IDS) if (venue !== SILENT) world.simulator.control({ latency: { venue, ms: OTHERS_MS } });
  await world.scan();
  await world.scan();
  expectPlanted(await storedRows(world), expectedPairs(world));
});
afterAll(async () => {
  await world.close();
});

const errorOf = (scan: Scan): string => scan.venues.find(({ feed }) => feed === SILENT)?.error?.message ?? "none";
const answered = (scan: Scan): readonly string[] => scan.venues.filter(({ ok }) => ok).map(({ feed }) => feed);
const others = FEED_IDS.filter((feed) => feed !== SILENT);
/** The feed's own last word about a scan, which may come after the scan. */
const feedsWord = async ({ id }: Scan, event: "feed.done" | "feed.failed"): Promise<void> => {
  const told = () => world.logs().some((line) => line["event"] === event && line["feed"] === SILENT && line["correlationId"] === id);
  await expect.poll(told, { timeout: 10_000 }).toBe(true);
};

describe("a feed that hangs", () => {
  test("has its whole limit once; then it is asked and waited for as long as the others take, though the Scanner left memory", async () => {
    world.simulator.control({ fault: { venue: SILENT, kind: "hang" } });
    const first = await world.scan();
    expect(errorOf(first)).not.toContain("silent in the scan before");
    await world.evict("SCANNER", "scanner");
    for (let again = 0; again < 2; again++) {
      world.simulator.resetCalls();
      const scan = await world.scan();
      expect(errorOf(scan)).toContain("silent in the scan before");
      expect(scan.funnel[0]).toMatchObject({ in: FEED_IDS.length, out: others.length, dropped: { timeout: 1 } });
      expect(scan.balanced).toBe(true);
      expect(answered(scan)).toEqual(others);
      expect(callsOf(world)[SILENT]).toBeGreaterThan(0);
    }
  });

  test("is back with its rows in the first scan in which it answers as fast as the others", async () => {
    world.simulator.control({ clear: { venue: SILENT } });
    expect(answered(await world.scan())).toEqual(FEED_IDS);
    expectPlanted(await storedRows(world), expectedPairs(world));
  });

  test("that answers again, but later than the others, is waited for from the next scan on", async () => {
    world.simulator.control({ fault: { venue: SILENT, kind: "hang" } });
    await world.scan();
    world.simulator.control({ clear: { venue: SILENT } });
    world.simulator.control({ latency: { venue: SILENT, ms: LATE_MS } });
    const passed = await world.scan();
    expect(errorOf(passed)).toContain("silent in the scan before");
    await feedsWord(passed, "feed.done");
    // What it told after its scan is kept.
    await world.evict("SCANNER", "scanner");
    for (let again = 0; again < 2; again++) expect(answered(await world.scan())).toEqual(FEED_IDS);
    for (const { status, pair } of await storedRows(world)) expect(status, pair).toBe("open");
  });

  test("a failure that comes in time is no silence: the feed is waited for as before", async () => {
    world.simulator.control({ fault: { venue: SILENT, kind: "html" } });
    await world.scan();
    world.simulator.control({ clear: { venue: SILENT } });
    world.simulator.control({ latency: { venue: SILENT, ms: LATE_MS } });
    expect(answered(await world.scan())).toEqual(FEED_IDS);
  });
});
