import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ControlCommand } from "../../simulator/controls.ts";
import { FEED_IDS } from "../../src/venues/registry.ts";
import { callsOf, eventsOf, expectPlanted, hotCalls, PATIENT, type Stored, storedRows, touches } from "./stored.ts";
import { type Served, servedNow, untruths } from "./truth.ts";
import { expectedPairs, openPairs, startWorld, type World } from "./world.ts";

const set = (world: World, ...faults: readonly NonNullable<ControlCommand["fault"]>[]): void => {
  for (const fault of faults) world.simulator.control({ fault });
};

describe("faults of a part of a venue", () => {
  let world: World;
  let served: Served;
  beforeAll(async () => {
    world = await startWorld(PATIENT);
    served = await servedNow(world.simulator);
    set(world, { venue: "binance", endpoint: "exchangeInfo", kind: "http-500" });
  });
  afterAll(async () => {
    await world.close();
  });

  test("metadata that never came: its rows are refused as unknown, and the scan names the endpoint", async () => {
    const scan = await world.scan();
    expect(scan.balanced).toBe(true);
    expect(scan.rejections.counts["gate"]?.["binance"]?.["unknown-state"]).toBeGreaterThan(100);
    const report = scan.venues.find(({ feed }) => feed === "binance");
    expect(report).toMatchObject({ ok: true, degraded: [{ endpoint: "exchangeInfo", kind: "server" }] });
    await world.scan();
    expectPlanted(await storedRows(world), expectedPairs(world, ["binance"]));
    world.simulator.control({ clear: true });
    await world.scan();
    await world.scan();
    expectPlanted(await storedRows(world), expectedPairs(world));
  });

  test("an endpoint that fails twice and then answers costs two calls and no row", async () => {
    set(world, { venue: "gate", endpoint: "contracts", kind: "http-500", times: 2 });
    const before = await world.latest();
    world.simulator.resetCalls();
    const scan = await world.scan();
    expect(world.simulator.calls().venues["gate"]?.byEndpoint).toMatchObject({ contracts: 3, tickers: 1 });
    expect(callsOf(world)["gate"]).toBe(4);
    for (const other of FEED_IDS.filter((id) => id !== "gate")) expect(callsOf(world)[other], other).toBe(hotCalls(other));
    expect(scan.venues.find(({ feed }) => feed === "gate")).toMatchObject({ ok: true, error: null, degraded: [], calls: 4 });
    expect(scan.venues.map(({ rows }) => rows)).toEqual(before.venues.map(({ rows }) => rows));
    for (const { status, pair } of await storedRows(world)) expect(status, pair).toBe("open");
  });

  test("books that fail alone leave rates without prices: no row is priced from older books", async () => {
    set(world, { venue: "gate", endpoint: "tickers", kind: "http-500" });
    const scan = await world.scan();
    expect(scan.rejections.counts["gate"]?.["gate"]?.["missing-bid"]).toBeGreaterThan(100);
    expect(scan.venues.find(({ feed }) => feed === "gate")).toMatchObject({
      ok: true,
      degraded: [{ endpoint: "tickers", kind: "server" }],
    });
    const rows = await storedRows(world);
    for (const row of rows) expect(row.status, row.pair).toBe(touches(row, "gate") ? "no-data" : "open");
    const lame = rows.find((row) => touches(row, "gate"));
    await expect
      .poll(async () => await (await world.get(`/api/opportunities/${lame?.id ?? ""}`)).json(), { timeout: 10_000 })
      .toMatchObject({ degraded: [{ venue: "gate", endpoint: "tickers", kind: "server" }] });
    world.simulator.control({ clear: true });
    await world.scan();
    for (const { status, pair } of await storedRows(world)) expect(status, pair).toBe("open");
  });

  test.each(["crossed-book", "absurd-rate"] as const)("%s of one symbol costs that symbol alone", async (kind) => {
    set(world, { venue: "gate", kind, options: { symbols: ["WLD_USDT"] } });
    await world.scan();
    const isHit = (row: Stored): boolean => row.pair.split(" ")[1] === "WLD" && touches(row, "gate");
    const rows = await storedRows(world);
    expect(rows.filter(isHit).length).toBeGreaterThan(0);
    for (const row of rows) expect(row.status, row.pair).toBe(isHit(row) ? "no-data" : "open");
    expect(await untruths(world, served)).toEqual([]);
    world.simulator.control({ clear: true });
    await world.scan();
  });
});

/** Feeds without a fault of their own in the tests below. */
const OTHERS = FEED_IDS.filter((id) => !["binance", "bybit", "gate", "hyperliquid"].includes(id));

describe("several venues at once, each with a fault of its own", () => {
  let world: World;
  let served: Served;
  beforeAll(async () => {
    world = await startWorld(PATIENT);
    served = await servedNow(world.simulator);
  });
  afterAll(async () => {
    await world.close();
  });
  beforeEach(() => world.simulator.control({ clear: true }));

  test("from the first scan on two venues: the pairs of the others open, nothing else", async () => {
    set(world, { venue: "binance", kind: "cut-body" }, { venue: "hyperliquid", kind: "crossed-book" });
    for (let scan = 1; scan <= 2; scan++) expect((await world.scan()).balanced).toBe(true);
    const expected = expectedPairs(world, ["binance", "hyperliquid"]);
    expect(expected.size).toBeGreaterThanOrEqual(2);
    expectPlanted(await storedRows(world), expected);
    expect(await untruths(world, served)).toEqual([]);
  });

  test("on all venues but one: nothing opens from what is left, and open rows wait", async () => {
    const before = await storedRows(world);
    set(world, { venue: "bybit", kind: "hang" }, { venue: "hyperliquid", kind: "html" }, { venue: "binance", kind: "crossed-book" });
    for (const venue of OTHERS) set(world, { venue, kind: "html" });
    const scan = await world.scan();
    expect(scan.balanced).toBe(true);
    expect(scan.funnel[0]?.dropped).toEqual({ timeout: 1, "bad-json": 1 + OTHERS.length });
    expect(scan.verdict).toBe("data-failure");
    expect((await storedRows(world)).map(({ id, status }) => [id, status])).toEqual(before.map(({ id }) => [id, "no-data"]));
  });

  test("on every venue: a data failure with its reasons, told once, nothing opened, closed or made up", async () => {
    await world.scan();
    await world.scan();
    await world.scan();
    const before = await storedRows(world);
    expectPlanted(before, expectedPairs(world));
    const told = await eventsOf(world, "no-data");
    set(
      world,
      { venue: "binance", kind: "empty-list" },
      { venue: "bybit", kind: "error-envelope" },
      { venue: "gate", kind: "http-500" },
      { venue: "hyperliquid", kind: "absurd-rate" },
    );
    for (const venue of OTHERS) set(world, { venue, kind: "html" });
    for (let again = 1; again <= 3; again++) {
      const scan = await world.scan();
      expect(scan.balanced).toBe(true);
      expect(scan.verdict).toBe("data-failure");
      expect(scan.reason).toBe(`data failure: 1 of ${FEED_IDS.length} feeds answered (${OTHERS.length} bad-json, 2 server, 1 empty)`);
      expect(scan.rejections.counts["gate"]?.["hyperliquid"]?.["rate-too-large"]).toBeGreaterThan(50);
    }
    expect((await storedRows(world)).map(({ id, status, net }) => [id, status, net])).toEqual(
      before.map(({ id, net }) => [id, "no-data", net]),
    );
    expect([await eventsOf(world, "no-data"), await eventsOf(world, "closed")]).toEqual([told + before.length, 0]);
    expect(await untruths(world, served)).toEqual([]);
    const list = await world.list();
    expect(list.verdict).toBe("data-failure");
    expect(openPairs(list).size).toBe(0);
    expect(list.opportunities.map(({ status }) => status)).toEqual(before.map(() => "no-data"));
    expect((await world.get("/api/health")).status).toBe(503);
  });
});

describe("a venue whose prices stand still in a market that moves", () => {
  const FROZEN_SCANS = 3;
  let world: World;
  let startMs: number;
  beforeAll(async () => {
    world = await startWorld({
      ...PATIENT,
      flags: { ...PATIENT.flags, frozen_scans: FROZEN_SCANS, confirm_scans: FROZEN_SCANS, max_age_seconds: 600 },
      simulator: { frozen: false },
    });
    // Seven and a half minutes behind the Worker's clock, after the last settlement.
    startMs = Math.floor(world.nowMs() / 60_000) * 60_000 - 450_000;
  });
  afterAll(async () => {
    await world.close();
  });

  let scans = 0;
  /** The market's clock stands during a scan and jumps half a minute between two, so that every price moves. */
  const scanLater = async (): Promise<void> => {
    world.simulator.control({ clock: { nowMs: startMs + scans++ * 30_000 } });
    await world.scan();
  };

  test("opens nothing with it, however large its carry; the others open", async () => {
    world.simulator.control({ clock: { nowMs: startMs } });
    set(world, { venue: "binance", kind: "frozen-rows" });
    for (let scan = 1; scan <= FROZEN_SCANS + 1; scan++) await scanLater();
    const rows = await storedRows(world);
    expect(rows.map(({ pair }) => pair).sort()).toEqual([...expectedPairs(world, ["binance"]).keys()].sort());
    expect((await world.latest()).funnel.at(-1)?.dropped["frozen"]).toBeGreaterThanOrEqual(expectedPairs(world).size - rows.length);
  });

  test("moves again, opens, and stands still again: its rows become no-data as frozen and are not refreshed", async () => {
    world.simulator.control({ clear: true });
    for (let scan = 1; scan <= FROZEN_SCANS + 1; scan++) await scanLater();
    const before = await storedRows(world);
    expect(before.map(({ pair }) => pair).sort()).toEqual([...expectedPairs(world).keys()].sort());
    set(world, { venue: "binance", kind: "frozen-rows" });
    for (let scan = 1; scan <= FROZEN_SCANS + 1; scan++) await scanLater();
    for (const row of await storedRows(world)) {
      expect([row.status, row.why], row.pair).toEqual(touches(row, "binance") ? ["no-data", "frozen"] : ["open", null]);
    }
  });
});
