import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Endpoint, VenueAdapter } from "../../src/venues/adapter.ts";
import { ADAPTERS, FEED_IDS } from "../../src/venues/registry.ts";
import { allCalls, callsOf, eventsOf, expectPlanted, hotCalls, PATIENT, storedRows, touches } from "./stored.ts";
import { servedNow, untruths } from "./truth.ts";
import { expectedPairs, openPairs, startWorld, type World } from "./world.ts";

const MINUTE_MS = 60_000;

/** Scanner and feeds leave memory, as the platform does to objects that are idle. */
async function evictAll(world: World): Promise<void> {
  await world.evict("SCANNER", "scanner");
  for (const feed of FEED_IDS) await world.evict("VENUE_FEED", feed);
}

const hotScan = Object.fromEntries(FEED_IDS.map((feed) => [feed, hotCalls(feed)]));

/** Names of the endpoints that scans fetch and that pass, in order. */
const namesIn = (endpoints: VenueAdapter["endpoints"], passes: (name: string, endpoint: Endpoint) => boolean): readonly string[] =>
  Object.entries(endpoints)
    .filter(([name, endpoint]) => endpoint.alternativeTo === undefined && passes(name, endpoint))
    .map(([name]) => name)
    .sort();

describe("objects that leave memory between scans", () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ ...PATIENT, flags: { ...PATIENT.flags, frozen_scans: 6 } });
  });
  afterAll(async () => {
    await world.close();
  });

  test("confirmation, ids and metadata are what they would have been", async () => {
    await world.scan();
    expect(callsOf(world)).toEqual(Object.fromEntries(FEED_IDS.map((feed) => [feed, allCalls(feed)])));
    await evictAll(world);
    world.simulator.resetCalls();
    expect((await world.scan()).verdict).toBe("opportunities");
    expect(callsOf(world)).toEqual(hotScan);
    const opened = await storedRows(world);
    expectPlanted(opened, expectedPairs(world));
    for (let scan = 3; scan <= 5; scan++) {
      await evictAll(world);
      expect((await world.scan()).balanced).toBe(true);
      expect(await storedRows(world)).toEqual(opened);
    }
    expect(await eventsOf(world, "opened")).toBe(opened.length);
    expect(await untruths(world, await servedNow(world.simulator))).toEqual([]);
  });

  test("rows that stand still are counted on: the sixth scan finds them frozen", async () => {
    await evictAll(world);
    await world.scan();
    for (const { status, why, pair } of await storedRows(world)) expect([status, why], pair).toEqual(["no-data", "frozen"]);
  });

  test("a slot that was scanned stays scanned", async () => {
    const scans = await world.sql("SELECT id FROM scans");
    await evictAll(world);
    world.simulator.resetCalls();
    await world.cron(scans.length - 1);
    expect(world.simulator.calls().total).toBe(0);
    expect(await world.sql("SELECT id FROM scans")).toEqual(scans);
  });

  test("a venue that asked to be left alone is left alone", async () => {
    world.simulator.control({ fault: { venue: "gate", kind: "rate-429", options: { retryAfterSeconds: 60 } } });
    await world.scan();
    world.simulator.control({ clear: true });
    await evictAll(world);
    world.simulator.resetCalls();
    const scan = await world.scan();
    expect(callsOf(world)).toEqual({ ...hotScan, gate: 0 });
    expect(scan.venues.find(({ venue }) => venue === "gate")?.error?.message).toContain("left alone after rate-limited");
  });
});

describe("metadata, through a new load of the Worker", () => {
  test("heavy endpoints are asked for again after 5 minutes, the others after 30", async () => {
    const world = await startWorld(PATIENT);
    try {
      const asked = async (afterMinutes: number) => {
        await world.later(afterMinutes * MINUTE_MS);
        world.simulator.resetCalls();
        // The first scan tells which slow endpoints are due, the second gives them their turn.
        for (let scan = 1; scan <= 2; scan++) await world.scan();
        const { venues } = world.simulator.calls();
        return Object.fromEntries(
          ADAPTERS.map(({ id, endpoints }) => [id, namesIn(endpoints, (name) => (venues[id]?.byEndpoint[name] ?? 0) > 0)]),
        );
      };
      const refreshedWithin = (minutes: number) =>
        Object.fromEntries(
          ADAPTERS.map(({ id, endpoints }) => [id, namesIn(endpoints, (_, { refreshMs }) => refreshMs <= minutes * MINUTE_MS)]),
        );
      await world.scan();
      expect(await asked(4)).toEqual(refreshedWithin(0));
      expect(refreshedWithin(5)).not.toEqual(refreshedWithin(0));
      expect(await asked(6)).toEqual(refreshedWithin(5));
      expect(refreshedWithin(30)).not.toEqual(refreshedWithin(5));
      expect(await asked(31)).toEqual(refreshedWithin(30));
      expectPlanted(await storedRows(world), expectedPairs(world));
    } finally {
      await world.close();
    }
  });
});

describe("what is lost, and what refuses", () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld(PATIENT);
    await world.scan();
    await world.scan();
  });
  afterAll(async () => {
    await world.close();
  });
  afterEach(() => world.simulator.control({ clear: true }));

  test("a Scanner that lost its storage goes on from D1: open rows keep their ids, none opens twice", async () => {
    const before = await storedRows(world);
    expectPlanted(before, expectedPairs(world));
    await world.loseScannerState();
    await world.cron(1);
    expect(await world.sql("SELECT count(*) AS n FROM scans")).toEqual([{ n: 2 }]);
    for (let scan = 1; scan <= 3; scan++) expect((await world.scan()).verdict).toBe("opportunities");
    expect(await storedRows(world)).toEqual(before);
    expect([await eventsOf(world, "opened"), await eventsOf(world, "closed")]).toEqual([before.length, 0]);
  });

  test("a row without data when the Scanner lost its storage comes back as the row it was", async () => {
    const before = await storedRows(world);
    world.simulator.control({ fault: { venue: "binance", kind: "html" } });
    await world.scan();
    await world.loseScannerState();
    await world.scan();
    const lost = (await storedRows(world)).filter(({ status }) => status === "no-data").length;
    expect(lost).toBe(expectedPairs(world).size - expectedPairs(world, ["binance"]).size);
    expect(await eventsOf(world, "no-data")).toBe(lost);
    world.simulator.control({ clear: true });
    await world.scan();
    expect(await storedRows(world)).toEqual(before);
    expect(await eventsOf(world, "data-back")).toBe(lost);
  });

  test("a scan that D1 refuses is not shown, changes nothing, and its slot can run again", async () => {
    const before = await storedRows(world);
    const snapshot = await world.kvText("market:v1:snapshot");
    const merged = "SELECT id, scans_merged FROM opportunities ORDER BY id";
    const mergedBefore = await world.sql(merged);
    const scans = await world.sql("SELECT id FROM scans ORDER BY id");
    world.simulator.control({ fault: { venue: "gate", kind: "html" } });
    await world.sql("ALTER TABLE opportunity_events RENAME TO events_away");
    await world.cron(50);
    expect(world.logs().filter(({ event }) => event === "scan.not-saved")).toHaveLength(1);
    expect(await world.kvText("market:v1:snapshot")).toBe(snapshot);
    expect(await world.sql("SELECT id FROM scans ORDER BY id")).toEqual(scans);
    expect([await storedRows(world), await world.sql(merged)]).toEqual([before, mergedBefore]);

    await world.sql("ALTER TABLE events_away RENAME TO opportunity_events");
    const told = await eventsOf(world, "no-data");
    await world.cron(50);
    expect(await world.sql("SELECT id FROM scans")).toHaveLength(scans.length + 1);
    const scan = await world.latest();
    expect(scan.venues.find(({ venue }) => venue === "gate")?.error?.kind).toBe("bad-json");
    const lost = before.filter((row) => touches(row, "gate")).length;
    expect(await eventsOf(world, "no-data")).toBe(told + lost);
  });

  test("readers that go away leave the next ones their answer", async () => {
    const paths = ["/api/opportunities?grouped=false", "/api/rates?asset=WLD", "/api/scans/latest", "/api/health"];
    for (let round = 0; round < 3; round++) {
      const gone = paths.flatMap((path) =>
        Array.from({ length: 5 }, async () => {
          const reader = new AbortController();
          const asking = world.get(path, reader.signal);
          reader.abort();
          await expect(asking).rejects.toThrow();
        }),
      );
      await Promise.all(gone);
      for (const answer of await Promise.all(paths.map((path) => world.get(path)))) expect(answer.status).toBe(200);
    }
    expect((await world.list()).opportunities.length).toBe(expectedPairs(world).size);
    expect(world.logs().filter(({ event }) => event === "api.failed")).toEqual([]);
  });
});

test("books and quotes that are asked at once, of a feed that just woke up, share one budget: a pause for one holds for both", async () => {
  const world = await startWorld(PATIENT);
  try {
    await world.scan();
    world.simulator.control({ fault: { venue: "bybit", endpoint: "orderbook", kind: "rate-429", options: { retryAfterSeconds: 60 } } });
    world.simulator.resetCalls();
    await evictAll(world);
    expect((await world.scan()).venues.find(({ feed }) => feed === "bybit")?.ok).toBe(true);
    const books = world.simulator.calls().calls.filter(({ venue, endpoint }) => venue === "bybit" && endpoint === "orderbook");
    expect(books.map(({ status }) => status)).toContain(429);
    world.simulator.resetCalls();
    const next = await world.scan();
    expect(next.venues.find(({ feed }) => feed === "bybit")?.error?.message).toContain("left alone after rate-limited");
    expect(world.simulator.calls().venues["bybit"]?.total).toBe(0);
  } finally {
    await world.close();
  }
});

test("two Workers over one D1 and one KV give one Worker's results: one scan a slot, one row a key, and a successor where one stops", async () => {
  const world = await startWorld({ ...PATIENT, twin: true });
  const reasons = () => world.logs().flatMap(({ event, reason }) => (event === "scan.skipped" ? [reason] : []));
  const counts = async () => [await eventsOf(world, "opened"), await eventsOf(world, "closed"), await eventsOf(world, "no-data")];
  try {
    await world.cron(0);
    await world.cronOfTwin(0);
    for (const slot of [1, 2]) await Promise.all([world.cron(slot), world.cronOfTwin(slot)]);
    expect(reasons()).toEqual(["slot-done", "lease_held", "lease_held"]);
    expect(await world.sql("SELECT count(*) AS n FROM scans")).toEqual([{ n: 3 }]);
    const before = await storedRows(world);
    expectPlanted(before, expectedPairs(world));
    expect(await counts()).toEqual([before.length, 0, 0]);
    // An isolate serves what it has read for two seconds.
    await expect.poll(async () => openPairs(await world.list()).size, { timeout: 5_000 }).toBe(before.length);

    // The first is gone, and what it held has ended: the other goes on with the rows there are.
    await world.sql("UPDATE leases SET holder = 'gone', until_ms = updated_at");
    await world.cronOfTwin(3);
    await world.cron(3);
    expect(reasons().slice(3)).toEqual(["lease_held"]);
    expect(await world.sql("SELECT count(*) AS n FROM scans")).toEqual([{ n: 4 }]);
    expect(await storedRows(world)).toEqual(before);
    expect(await counts()).toEqual([before.length, 0, 0]);
  } finally {
    await world.close();
  }
});
