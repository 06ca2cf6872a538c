import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import * as z from "zod";
import { STRATEGIES } from "../../src/domain/opportunity.ts";
import { FEED_IDS } from "../../src/venues/registry.ts";
import { callsOf, eventsOf, expectPlanted, hotCalls, PATIENT, storedRows, touches } from "./stored.ts";
import { expectedPairs, openPairs, type Scan, startWorld, type World } from "./world.ts";

/** Sets a flag as an operator does: a row of the table, its value as JSON. */
async function setFlag(world: World, key: string, value: unknown): Promise<void> {
  const json = JSON.stringify(value).replaceAll("'", "''");
  await world.sql(
    `INSERT INTO flags (key, value, updated_at, updated_by) VALUES ('${key}', '${json}', ${world.nowMs()}, 'operator')
     ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at`,
  );
}
const dropFlag = async (world: World, key: string): Promise<void> => void (await world.sql(`DELETE FROM flags WHERE key = '${key}'`));

const linesOf = (world: World, event: string): readonly Record<string, unknown>[] => world.logs().filter((line) => line["event"] === event);

const healthSchema = z.looseObject({ venues: z.array(z.looseObject({ feed: z.string() })) });

/** The flags that the newest scan says it ran with. */
const flagsInForce = (world: World): Readonly<Record<string, unknown>> => {
  const flags = linesOf(world, "scan.start").at(-1)?.["flags"];
  return typeof flags === "object" && flags !== null ? { ...flags } : {};
};

const TOKEN = "a-token-of-operators";
const TOKEN_SHA256 = createHash("sha256").update(TOKEN).digest("hex");

describe("a flag set in D1 holds from the next scan on", () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ ...PATIENT, vars: { ...PATIENT.vars, ADMIN_TOKEN_SHA256: TOKEN_SHA256 } });
    await world.scan();
    await world.scan();
  });
  afterAll(async () => {
    await world.close();
  });

  test("real_time_data off: no call leaves for any venue, open rows wait, and the scan says why", async () => {
    const before = await storedRows(world);
    expectPlanted(before, expectedPairs(world));
    await setFlag(world, "real_time_data", false);
    world.simulator.resetCalls();
    const scan = await world.scan();
    expect(world.simulator.calls().total).toBe(0);
    expect(scan.balanced).toBe(true);
    const feeds = FEED_IDS.length;
    expect(scan.funnel[0]).toMatchObject({ step: "fetch", in: feeds, out: 0, dropped: { "flag-off": feeds } });
    expect(scan.verdict).toBe("data-failure");
    expect(scan.reason).toBe(`data failure: 0 of ${feeds} feeds answered (${feeds} flag-off)`);
    for (const row of await storedRows(world)) expect([row.status, row.why?.includes("flag-off")], row.pair).toEqual(["no-data", true]);
    expect(flagsInForce(world)).toMatchObject({ real_time_data: false });
  });

  test("back on: the same rows are back", async () => {
    await setFlag(world, "real_time_data", true);
    const scan = await world.scan();
    expect(callsOf(world)).toEqual(Object.fromEntries(FEED_IDS.map((feed) => [feed, hotCalls(feed)])));
    expect(scan.verdict).toBe("opportunities");
    expectPlanted(await storedRows(world), expectedPairs(world));
    expect(await eventsOf(world, "data-back")).toBe(expectedPairs(world).size);
    expect(await eventsOf(world, "opened")).toBe(expectedPairs(world).size);
  });

  test("max_calls_per_scan lowered: no book is asked for, then no spot, then not the venues with the fewest rows, and each says so", async () => {
    const perpetuals = FEED_IDS.filter((feed) => !feed.endsWith("-spot"));
    const calls = perpetuals.reduce((sum, feed) => sum + hotCalls(feed), 0) - 1;
    await setFlag(world, "max_calls_per_scan", calls);
    world.simulator.resetCalls();
    const scan = await world.scan();
    expect(world.simulator.calls().total).toBeLessThanOrEqual(calls);
    expect(Object.values(callsOf(world)).reduce((sum, each) => sum + each, 0)).toBe(world.simulator.calls().total);
    const putOff = scan.venues.filter(({ error }) => error?.kind === "deferred").map(({ feed }) => feed);
    expect(putOff.filter((feed) => !perpetuals.includes(feed))).toEqual(FEED_IDS.filter((feed) => !perpetuals.includes(feed)));
    expect(putOff.filter((feed) => perpetuals.includes(feed)).length).toBeGreaterThan(0);
    expect([scan.balanced, scan.funnel[0]?.dropped]).toEqual([true, { deferred: putOff.length }]);
    for (const row of await storedRows(world)) {
      const waits = putOff.find((feed) => touches(row, feed));
      expect([row.status, row.why?.endsWith(": deferred")], row.pair).toEqual(
        waits === undefined ? ["open", undefined] : ["no-data", true],
      );
    }
    // Until then readers are shown the scan before.
    await world.list();
    const health = await (await world.get("/api/health")).json();
    for (const feed of putOff)
      expect(health).toMatchObject({ venues: expect.arrayContaining([expect.objectContaining({ feed, status: "deferred" })]) });
    const { venues } = healthSchema.parse(await (await world.get("/api/health/detailed")).json());
    const newestMs = Math.max(...venues.map(({ standingAtMs }) => Number(standingAtMs)));
    for (const { feed, standing, standingAtMs } of venues) {
      expect(standing, feed).not.toBeNull();
      const isPutOff = putOff.includes(feed);
      expect(Number(standingAtMs) < newestMs, `${feed}: of an earlier scan exactly where it was put off`).toBe(isPutOff);
    }
    await dropFlag(world, "max_calls_per_scan");
    await world.scan();
    expectPlanted(await storedRows(world), expectedPairs(world));
    for (const { status, pair } of await storedRows(world)) expect(status, pair).toBe("open");
  });

  test("open_net raised: what it no longer lets open is a near-miss, nothing else opens", async () => {
    const nets = [...expectedPairs(world).values()].sort((a, b) => a - b);
    const planted = world.simulator.planted(world.nowMs());
    const bar = ((nets.at(-3) ?? 0) + (nets.at(-4) ?? 0)) / 2;
    await world.forgetScans();
    await setFlag(world, "open_net", bar);
    await world.scan();
    const scan = await world.scan();
    expect(flagsInForce(world)).toMatchObject({ open_net: bar });
    expectPlanted(await storedRows(world), new Map([...expectedPairs(world)].filter(([, net]) => net >= bar)));
    const list = await world.list();
    expect(openPairs(list).size).toBe(3);
    for (const strategy of STRATEGIES) {
      const missed = list.nearMisses.filter((pair) => pair.strategy === strategy).map(({ ledger }) => ledger.net ?? Number.NaN);
      expect(missed, strategy).toHaveLength(5);
      for (const net of missed) expect(net).toBeLessThan(bar);
      const last = Math.min(...missed);
      const best = planted.filter((pair) => pair.strategy === strategy && pair.net < bar && pair.net > last + 1e-9);
      for (const { asset, net } of best) expect(Math.min(...missed.map((each) => Math.abs(each - net))), asset).toBeLessThan(1e-9);
    }
    expect(scan.funnel.at(-1)?.dropped["below-bar"]).toBeGreaterThanOrEqual(nets.length - 3);
  });

  test("a value out of bounds keeps the last good one, and is told at each scan", async () => {
    const last = flagsInForce(world)["open_net"];
    const refused = linesOf(world, "flags.refused").length;
    await setFlag(world, "open_net", 5);
    await setFlag(world, "frozen_scans", "often");
    await setFlag(world, "no_such_flag", 1);
    await world.scan();
    expect(flagsInForce(world)).toMatchObject({ open_net: last, frozen_scans: 1_000 });
    expect(openPairs(await world.list()).size).toBe(3);
    const told = linesOf(world, "flags.refused").slice(refused);
    expect(told.map(({ level, key, from }) => [level, key, from])).toEqual([
      ["warn", "frozen_scans", "flags table"],
      ["warn", "no_such_flag", "flags table"],
      ["warn", "open_net", "flags table"],
    ]);
    expect(told.find(({ key }) => key === "open_net")?.["message"]).toBe(
      "open_net: expected a number from 0 to 0.1 (fraction of notional over the horizon), found 5",
    );
    await world.scan();
    expect(linesOf(world, "flags.refused").length).toBe(refused + 6);
    // The Scanner's memory may be gone when the bad value is still there: the last good one is stored with the scan.
    await world.evict("SCANNER", "scanner");
    await world.scan();
    expect(flagsInForce(world)).toMatchObject({ open_net: last });
  });

  test("flags deleted: the deployment's defaults hold again, and every change is on record", async () => {
    for (const key of ["open_net", "frozen_scans", "no_such_flag"]) await dropFlag(world, key);
    await world.scan();
    await world.scan();
    expect(flagsInForce(world)).toMatchObject({ open_net: 0.001, frozen_scans: 1_000, real_time_data: true });
    expectPlanted(await storedRows(world), expectedPairs(world));
    const changes = await world.sql("SELECT old_value, new_value, changed_by FROM flag_changes WHERE key = 'real_time_data' ORDER BY id");
    expect(changes).toEqual([
      { old_value: null, new_value: "false", changed_by: "operator" },
      { old_value: "false", new_value: "true", changed_by: "operator" },
    ]);
  });

  test("quality_level strict refuses what permissive marks, for all or for one venue", async () => {
    const soft = (counts: Readonly<Record<string, number>> | undefined): number =>
      (counts?.["low-volume"] ?? 0) + (counts?.["low-open-interest"] ?? 0);
    await setFlag(world, "min_volume_usd", 20_000_000);
    const permissive = await world.scan();
    await setFlag(world, "quality_level", "strict");
    const strict = await world.scan();
    await dropFlag(world, "quality_level");
    await setFlag(world, "quality_overrides", { venues: { gate: { quality_level: "strict" } }, pairs: {} });
    const atGate = await world.scan();
    const byFeed = [permissive, strict, atGate].map(({ rejections }) =>
      FEED_IDS.filter((feed) => soft(rejections.counts["gate"]?.[feed]) > 0),
    );
    for (const scan of [permissive, strict, atGate]) expect(scan.venues.filter(({ ok }) => !ok)).toEqual([]);
    expect(byFeed).toEqual([[], FEED_IDS, ["gate", "gate-spot"]]);
    for (const scan of [permissive, strict, atGate]) expect(scan.balanced).toBe(true);
  });

  test("a rule set by an operator for one venue, then for one pair, acts there and nowhere else from the next scan on", async () => {
    await dropFlag(world, "quality_overrides");
    const put = async (scope: string, value: unknown): Promise<unknown> => {
      const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
      const body = JSON.stringify({ scope, value });
      return (await world.fetch("/api/admin/quality/rules/low-volume", { method: "PUT", headers, body })).json();
    };
    const refusedBy = ({ rejections }: Scan): readonly string[] =>
      FEED_IDS.filter((feed) => (rejections.counts["gate"]?.[feed]?.["low-volume"] ?? 0) > 0);
    expect(await put("okx", "hard")).toMatchObject({ before: { low_volume_severity: null }, after: { low_volume_severity: "hard" } });
    const atVenue = await world.scan();
    expect(refusedBy(atVenue)).toEqual(["okx", "okx-spot"]);
    // Value and bar of every rule that a row failed, in the record and by the API.
    const samples = z
      .array(z.looseObject({ step: z.string(), venue: z.string().nullable(), evidence: z.unknown() }))
      .parse(atVenue.rejections["samples"]);
    const sample = samples.find(({ step, venue, rule }) => step === "gate" && venue === "okx" && rule === "low-volume");
    const [found] = z.array(z.object({ rule: z.string(), value: z.number(), bar: z.number() })).parse(sample?.evidence);
    expect([found?.rule, found?.bar]).toEqual(["low-volume", 20_000_000]);
    expect(found?.value).toBeLessThan(20_000_000);

    const coin = String(sample?.["subject"]).split("/")[0] ?? "";
    await put("okx", "default");
    await put(coin, "hard");
    const atPair = await world.scan();
    const failed = z.array(z.looseObject({ subject: z.string(), evidence: z.unknown() })).parse(atPair.rejections["samples"]);
    const first = z.tuple([z.looseObject({ rule: z.literal("low-volume") })]).rest(z.unknown());
    const named = failed.filter(({ evidence }) => first.safeParse(evidence).success).map(({ subject }) => subject.split("/")[0]);
    expect(new Set(named)).toEqual(new Set([coin]));
    expect(refusedBy(atPair)).toContain("okx");
    expect(await put("okx2", "hard")).toMatchObject({ status: 422, detail: expect.stringContaining("a venue (binance, ") });
  });

  test("an instrument that identity keeps out is listed, let in by an operator's word, and one that is denied ends its pairs", async () => {
    const rule = async (body: Readonly<Record<string, unknown>>): Promise<Response> => {
      const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
      return world.fetch("/api/admin/quality/identity", { method: "PUT", headers, body: JSON.stringify({ reason: "a test", ...body }) });
    };
    const kept = z.looseObject({ instrument: z.string(), ticker: z.string(), ratio: z.number().nullable() });
    const quarantine = async () =>
      z
        .object({ instruments: z.array(kept) })
        .loose()
        .parse(await (await world.get("/api/quality/quarantine")).json());
    const before = (await quarantine()).instruments;
    const outsider = before.find(({ instrument }) => instrument === "gate:HIPPO/USDT:USDT");
    // The other coin costs seven times as much, give or take how both have moved.
    expect(outsider?.ratio).toBeGreaterThan(5);
    const list = await world.list();
    const open = list.opportunities.find(({ status, strategy }) => status === "open" && strategy === "funding");
    expect(open?.["identity"]).toMatchObject({ venues: expect.any(Number), long: { source: expect.any(String) }, confirmed: [] });
    const denied = `${open?.short.venue}:${open?.short.symbol}`;
    expect((await rule({ instrument: outsider?.instrument, verdict: "allow", assetId: "HIPPO" })).status).toBe(200);
    expect((await rule({ instrument: denied, verdict: "deny" })).status).toBe(200);
    await world.scan();
    const after = (await quarantine()).instruments;
    expect(after.map(({ instrument }) => instrument)).not.toContain("gate:HIPPO/USDT:USDT");
    expect(after).toContainEqual(expect.objectContaining({ instrument: denied, rule: "identity-denied" }));
    // Every pair with that leg has ended; all others stand.
    const legs = (row: {
      readonly long: { readonly venue: string; readonly symbol: string };
      readonly short: { readonly venue: string; readonly symbol: string };
    }) => [row.long, row.short].map(({ venue, symbol }) => `${venue}:${symbol}`);
    const stand = new Set((await world.list()).opportunities.map(({ key }) => key));
    for (const row of list.opportunities) expect([row.key, stand.has(row.key)]).toEqual([row.key, !legs(row).includes(denied)]);
    await world.sql("DELETE FROM identity_rulings");
  });

  test("each scan stores and logs the flags that it ran with", async () => {
    const scans = await world.sql("SELECT flags FROM scans ORDER BY id");
    const started = linesOf(world, "scan.start").slice(-scans.length);
    expect(scans.length).toBeGreaterThan(5);
    expect(scans.map(({ flags }): unknown => JSON.parse(String(flags)))).toEqual(started.map(({ flags }) => flags));
  });
});

describe("flags of calls, counted at the venues", () => {
  /** Longer than the clock's grain, and short enough for one call after another. */
  const LATENCY_MS = 25;
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ ...PATIENT, simulator: { coins: 30 } });
    await world.scan();
    await world.scan();
  });
  afterAll(async () => {
    await world.close();
  });
  beforeEach(() => {
    for (const venue of FEED_IDS) world.simulator.control({ latency: { venue, ms: LATENCY_MS } });
    world.simulator.resetCalls();
  });
  /** The shortest time between two calls, ms. */
  const closest = (): number => {
    const arrivals = world.simulator
      .calls()
      .calls.map(({ arrivedAtMs }) => arrivedAtMs)
      .toSorted((a, b) => a - b);
    return Math.min(...arrivals.slice(1).map((at, place) => at - (arrivals[place] ?? 0)));
  };
  const peakAtAHost = (): number =>
    Math.max(...Object.values(world.simulator.calls().venues).flatMap(({ peakByHost }) => Object.values(peakByHost)));
  const peakOfAFeed = (): number => Math.max(...Object.values(world.simulator.calls().venues).map(({ peakInFlight }) => peakInFlight));
  const standingOf = async (feed: string): Promise<Readonly<Record<string, unknown>>> => {
    const { venues } = healthSchema.parse(await (await world.get("/api/health/detailed")).json());
    return venues.find((each) => each.feed === feed) ?? {};
  };
  /** Of the newest scan: an isolate serves what it has read for two seconds. */
  const expectStanding = (feed: string) => expect.poll(() => standingOf(feed), { timeout: 10_000 });

  test("concurrent_processing_enabled off: no call leaves before the last one was answered, with the same results", async () => {
    const before = await storedRows(world);
    expectPlanted(before, expectedPairs(world));
    await setFlag(world, "concurrent_processing_enabled", false);
    const scan = await world.scan();
    expect(closest()).toBeGreaterThanOrEqual(LATENCY_MS - 1);
    expect(scan.venues.filter(({ ok }) => !ok)).toEqual([]);
    expect(await storedRows(world)).toEqual(before);
    await dropFlag(world, "concurrent_processing_enabled");
    world.simulator.resetCalls();
    await world.scan();
    expect(closest()).toBeLessThan(LATENCY_MS - 1);
    expect(await storedRows(world)).toEqual(before);
  });

  test("connection_pool_size holds at each host of a feed, order books included; api_connection_pooling_enabled off: it does not", async () => {
    await setFlag(world, "connection_pool_size", 1);
    await world.scan();
    expect(peakAtAHost()).toBe(1);
    await setFlag(world, "api_connection_pooling_enabled", false);
    world.simulator.resetCalls();
    await world.scan();
    expect(peakAtAHost()).toBeGreaterThan(1);
    for (const key of ["connection_pool_size", "api_connection_pooling_enabled"]) await dropFlag(world, key);
  });

  test("max_concurrent_requests is the most in flight in one ask of a feed", async () => {
    await setFlag(world, "depth_limit_ms", 0);
    await setFlag(world, "max_concurrent_requests", 1);
    await world.scan();
    expect(peakOfAFeed()).toBe(1);
    await setFlag(world, "max_concurrent_requests", 2);
    world.simulator.resetCalls();
    await world.scan();
    expect(peakOfAFeed()).toBe(2);
    for (const key of ["depth_limit_ms", "max_concurrent_requests"]) await dropFlag(world, key);
  });

  test("performance_monitoring_enabled off: no performance records, nothing else changes", async () => {
    const records = () => linesOf(world, "scan.performance");
    expect(records().at(-1)).toMatchObject({ steps: { fetch: expect.any(Number) }, feeds: { gate: { p50Ms: expect.any(Number) } } });
    const [before, rows] = [records().length, await storedRows(world)];
    await setFlag(world, "performance_monitoring_enabled", false);
    await world.scan();
    expect(records()).toHaveLength(before);
    expect(await storedRows(world)).toEqual(rows);
    await dropFlag(world, "performance_monitoring_enabled");
  });

  test("circuit_breaker_enabled: a venue that failed is spared and health says so; off: it is called in each scan", async () => {
    const sent = (): number => world.simulator.calls().venues["gate"]?.total ?? 0;
    await setFlag(world, "breaker_failures", 1);
    world.simulator.control({ fault: { venue: "gate", kind: "html" } });
    await world.scan();
    expect(sent()).toBeGreaterThan(0);
    world.simulator.resetCalls();
    const spared = await world.scan();
    expect([sent(), spared.funnel[0]?.dropped]).toEqual([0, { "breaker-open": 1 }]);
    await expectStanding("gate").toMatchObject({
      breaker: "open",
      standing: { lastFailure: { kind: "bad-json" }, breaker: { failures: 1 } },
    });
    await expectStanding("okx").toMatchObject({
      breaker: "closed",
      standing: { pause: null, budget: { perMinute: expect.any(Number) } },
    });
    await setFlag(world, "circuit_breaker_enabled", false);
    await world.scan();
    expect(sent()).toBeGreaterThan(0);
    for (const key of ["breaker_failures", "circuit_breaker_enabled"]) await dropFlag(world, key);
  });

  test("venue_regions: a venue that refuses the country is told with the place, and another region is another feed that calls at once", async () => {
    world.simulator.control({ clear: { venue: "gate" } });
    world.simulator.control({ fault: { venue: "gate", kind: "cdn-403" } });
    await world.scan();
    await expectStanding("gate").toMatchObject({
      reach: "unreachable from here (no region set)",
      standing: { pause: { after: "geo-blocked" } },
    });
    world.simulator.resetCalls();
    await setFlag(world, "venue_regions", { gate: "apac-ne" });
    await world.scan();
    expect(world.simulator.calls().venues["gate"]?.total).toBeGreaterThan(0);
    await expectStanding("gate").toMatchObject({ reach: "unreachable from apac-ne", error: { kind: "geo-blocked" } });
    world.simulator.control({ clear: { venue: "gate" } });
    await setFlag(world, "venue_regions", { gate: "weur" });
    await world.scan();
    await expectStanding("gate").toMatchObject({ status: "ok", reach: null, standing: { region: "weur" } });
    await dropFlag(world, "venue_regions");
  });
});

describe("a market without opportunities", () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ ...PATIENT, simulator: { planted: false } });
  });
  afterAll(async () => {
    await world.close();
  });

  test("is quiet, which is explained by the best five of each strategy that fall short", async () => {
    await world.scan();
    const scan = await world.scan();
    expect(scan.balanced).toBe(true);
    expect(scan.verdict).toBe("market-quiet");
    const list = await world.list();
    expect(list.opportunities).toEqual([]);
    for (const strategy of STRATEGIES) expect(list.nearMisses.filter((pair) => pair.strategy === strategy)).toHaveLength(5);
    const nets = list.nearMisses.map(({ ledger }) => ledger.net ?? Number.NaN);
    expect(nets).toEqual([...nets].sort((a, b) => b - a));
    for (const { ledger, rateDifference } of list.nearMisses) {
      expect(ledger.net).toBeLessThan(0.001);
      expect(rateDifference).toBeGreaterThan(0);
      expect(ledger["breakEven"]).toMatchObject({ kind: expect.stringMatching(/^(?:at|never)$/u) });
    }
    expect(scan.reason).toContain(`the best net is ${((nets[0] ?? Number.NaN) * 100).toFixed(3)} %`);
    expect(await world.sql("SELECT id FROM opportunities")).toEqual([]);
  });
});

/** Everything that D1 holds, by table. */
async function allTables(world: World): Promise<Readonly<Record<string, unknown>>> {
  const tables = await world.sql(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\' ORDER BY name",
  );
  const named = tables.map(({ name }) => String(name));
  return Object.fromEntries(await Promise.all(named.map(async (name) => [name, await world.sql(`SELECT * FROM "${name}"`)])));
}

describe("layers switched off on the real Scanner", () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld(PATIENT);
  });
  afterAll(async () => {
    await world.close();
  });
  const SNAPSHOT = "market:v1:snapshot";
  const json = async (path: string): Promise<unknown> => await (await world.get(path)).json();
  const scansStored = async () => (await world.sql("SELECT id FROM scans")).length;
  let slot = 0;
  const cron = async () => await world.cron(slot++);

  test("kv_enabled off: nothing is written to KV, and the list comes from D1; on again, it comes from KV", async () => {
    await setFlag(world, "kv_enabled", false);
    await cron();
    await cron();
    expect(await world.kvText(SNAPSHOT)).toBeNull();
    await expect.poll(async () => openPairs(await world.list()).size, { timeout: 5_000 }).toBe(expectedPairs(world).size);
    expect((await world.list()).scan).toMatchObject({ source: "d1", fallbackReason: "the flag kv_enabled is off" });
    expect(await json("/api/health")).toMatchObject({
      status: "ok",
      source: "d1",
      layers: { kv: false, d1: true },
      alerts: { paused: null },
    });
    await dropFlag(world, "kv_enabled");
    await cron();
    await expect.poll(async () => (await world.list()).scan.source, { timeout: 5_000 }).toBe("kv");
  });

  test("d1_enabled off for three scans: no row changes, the list is served from KV, alerts are paused and say why", async () => {
    const before = [await storedRows(world), await world.sql("SELECT id, kind, scan_id FROM opportunity_events ORDER BY id")];
    const stored = await scansStored();
    const told = linesOf(world, "events.page").length;
    await setFlag(world, "d1_enabled", false);
    // What goes while nothing is stored, and is gone when something is again.
    world.simulator.control({ fault: { venue: "gate", kind: "html" } });
    await cron();
    const everything = await allTables(world);
    for (let scan = 0; scan < 2; scan++) await cron();
    expect(await allTables(world), "a step after the scans, a lease, an incident or a sum wrote to D1").toEqual(everything);
    expect(await scansStored()).toBe(stored);
    expect([await storedRows(world), await world.sql("SELECT id, kind, scan_id FROM opportunity_events ORDER BY id")]).toEqual(before);
    const slotMs = (await world.sql("SELECT max(id) AS id FROM scans"))[0]?.["id"];
    await expect.poll(async () => (await world.list()).scan.slotMs, { timeout: 5_000 }).toBe(Number(slotMs) + 3 * 120_000);
    const list = await world.list();
    expect(list.scan.source).toBe("kv");
    expect(openPairs(list).size).toBe(expectedPairs(world, ["gate"]).size);
    expect(await json(`/api/opportunities/${list.opportunities[0]?.id ?? ""}`)).toMatchObject({ audit: null, events: null });
    expect(await json("/api/health")).toMatchObject({
      source: "kv",
      layers: { kv: true, d1: false },
      alerts: { paused: expect.stringContaining("d1_enabled is off") },
    });
    expect(await json("/api/health/detailed")).toMatchObject({ stores: { d1: { status: "off" }, kv: { status: "ok", error: null } } });
    expect(linesOf(world, "events.page").length).toBe(told);
  });

  test("on again: each row once as it stands, one event for what is still so, and nothing for what came and went", async () => {
    const rows = await storedRows(world);
    const events = await world.sql("SELECT id FROM opportunity_events");
    await setFlag(world, "d1_enabled", true);
    await cron();
    const lost = rows.filter((row) => touches(row, "gate"));
    expect(lost.length).toBeGreaterThan(0);
    const now = await storedRows(world);
    expect(now.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
    for (const row of now) expect(row.status, row.pair).toBe(touches(row, "gate") ? "no-data" : "open");
    const added = await world.sql("SELECT kind, scan_id FROM opportunity_events WHERE kind = 'no-data'");
    expect(added).toEqual(lost.map(() => ({ kind: "no-data", scan_id: expect.stringMatching(/^scan-/u) })));
    expect(new Set(added.map((event) => event["scan_id"])).size).toBe(1);
    expect(await world.sql("SELECT id FROM opportunity_events")).toHaveLength(events.length + lost.length);
    world.simulator.control({ clear: true });
    await cron();
    expectPlanted(await storedRows(world), expectedPairs(world));
    expect([await eventsOf(world, "data-back"), await eventsOf(world, "opened"), await eventsOf(world, "closed")]).toEqual([
      lost.length,
      rows.length,
      0,
    ]);
  });

  test("both off: scans go on, nothing is stored or shown, and readers are told why; both on: the rows there were, each once", async () => {
    const rows = await storedRows(world);
    await setFlag(world, "d1_enabled", false);
    await setFlag(world, "kv_enabled", false);
    const [stored, snapshot] = [await scansStored(), await world.kvText(SNAPSHOT)];
    for (let scan = 0; scan < 2; scan++) await cron();
    expect([await scansStored(), await world.kvText(SNAPSHOT)]).toEqual([stored, snapshot]);
    expect(linesOf(world, "scan.done").at(-1)).toMatchObject({ verdict: "opportunities", open: rows.length });
    await expect.poll(async () => (await world.get("/api/opportunities")).status, { timeout: 5_000 }).toBe(503);
    expect(await json("/api/opportunities")).toMatchObject({ detail: "KV: the flag kv_enabled is off; D1: the flag d1_enabled is off" });
    for (const flag of ["d1_enabled", "kv_enabled"]) await dropFlag(world, flag);
    await cron();
    expect(await storedRows(world)).toEqual(rows);
    expect(await scansStored()).toBe(stored + 1);
    expect(await eventsOf(world, "opened")).toBe(rows.length);
  });
});

describe("the second trigger", () => {
  test("the Scanner's own alarm scans slot after slot without any cron, each once", async () => {
    const world = await startWorld({ ...PATIENT, flags: { ...PATIENT.flags, scan_interval_seconds: 2 } });
    try {
      // One cron event arms the alarm; it stands for a slot long past, which alarms do not repeat.
      await world.cron(0);
      const scans = async () => await world.sql("SELECT id, trigger FROM scans ORDER BY id");
      for (let wait = 0; wait < 200 && (await scans()).length < 4; wait++) await new Promise((resolve) => setTimeout(resolve, 50));
      const [first, ...alarmed] = await scans();
      expect(first?.["trigger"]).toBe("cron");
      expect(alarmed.length).toBeGreaterThanOrEqual(3);
      for (const scan of alarmed) expect([scan["trigger"], Number(scan["id"]) % 2_000]).toEqual(["alarm", 0]);
      // A feed that took longer than these slots are is put off for some of them.
      for (let wait = 0; wait < 200 && openPairs(await world.list()).size < expectedPairs(world).size; wait++) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(openPairs(await world.list()).size).toBe(expectedPairs(world).size);
      expect(linesOf(world, "scan.step-unbalanced")).toEqual([]);
    } finally {
      await world.close();
    }
  });
});
