import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import type { Opportunity, OpportunityEvent } from "../../src/domain/opportunity.ts";
import { D1_ATTEMPTS } from "../../src/storage/d1.ts";
import { loadFlags } from "../../src/storage/flags.ts";
import { catalogueEntry, SNAPSHOT_KEY } from "../../src/storage/keys.ts";
import { listOpen, loadClosedSince, loadOpen, opportunityById } from "../../src/storage/opportunities.ts";
import { probeStores } from "../../src/storage/probe-stores.ts";
import { type KvReader, readSnapshot, type SnapshotMemory, snapshotMemory, type SnapshotSource } from "../../src/storage/read-snapshot.ts";
import { saveScan } from "../../src/storage/save-scan.ts";
import type { ScanRecord } from "../../src/storage/scan-record.ts";
import { latestScan, listScans } from "../../src/storage/scans.ts";
import { buildSnapshot, type Snapshot, writeSnapshot } from "../../src/storage/snapshot.ts";
import { carryPair, eventOf, fundingPair, gapPair, missed, NOW_MS, opened, pricePair, scanOf, VENUES } from "../opportunities.ts";

const db = env.DB;
const TABLES = ["opportunity_events", "opportunities", "scans", "flags", "flag_changes"] as const;
const SLOT_MS = 120_000;
const noWait = { attempts: D1_ATTEMPTS, wait: async () => undefined };

beforeEach(async () => {
  await applyD1Migrations(db, env.TEST_MIGRATIONS);
  await db.batch(TABLES.map((table) => db.prepare(`DELETE FROM ${table}`)));
  await env.CACHE.delete(SNAPSHOT_KEY);
});

const everything = async () =>
  Promise.all(TABLES.map(async (table) => (await db.prepare(`SELECT * FROM ${table} ORDER BY 1`).all()).results));
const rows = async (table: string) => (await db.prepare(`SELECT count(*) AS rows FROM ${table}`).first<number>("rows")) ?? Number.NaN;

type Write = {
  readonly slot?: number;
  readonly opportunities?: readonly Opportunity[];
  readonly events?: readonly OpportunityEvent[];
  readonly scan?: Partial<ScanRecord>;
};
/** Saves the scan of a slot, counted from the first. */
async function save({ slot = 0, opportunities = [], events = [], scan = {} }: Write, database: D1Database = db) {
  const slotMs = NOW_MS + slot * SLOT_MS;
  const record = scanOf({ slotMs, scanId: `scan-${slot}`, ...scan });
  const saved = await saveScan(database, { scan: record, opportunities, events, nowMs: slotMs + 1_000, venues: VENUES }, noWait);
  if (!saved.ok) throw new Error(saved.error.message);
  return saved.value;
}
const closedRow = (row: Opportunity, atMs: number): Opportunity => ({
  ...row,
  status: "closed",
  closedAtMs: atMs,
  closeReason: "below-bar",
});

describe("saving a scan", () => {
  it("writes its row, the rows it changed and their events, and reads them back as they were", async () => {
    const row = opened(fundingPair());
    const scan = {
      nearMisses: [missed(fundingPair({ asset: "ETH" }))],
      unpriced: [pricePair()],
      counts: { open: 1, opened: 1, updated: 0, closed: 0 },
    };
    const outcome = await save({ opportunities: [row], events: [eventOf(row, "opened")], scan });
    expect(outcome).toMatchObject({ refused: [], duplicatesRefused: [], eventsRefused: [], scanStored: true, attempts: 1 });
    expect((await loadOpen(db)).opportunities).toEqual([row]);
    const { found } = await opportunityById(db, row.id);
    const wroteAtMs = NOW_MS + 1_000;
    expect(found).toEqual({
      opportunity: row,
      audit: { createdAtMs: wroteAtMs, updatedAtMs: wroteAtMs, validatedAtMs: wroteAtMs },
      events: [eventOf(row, "opened")],
    });
    const { observations: _observations, quality: _quality, ...detail } = scanOf({ scanId: "scan-0", ...scan });
    expect((await latestScan(db)).scan).toEqual(detail);
  });

  it("writes carry, and price and funding of one pair side by side, and reads them back as they were", async () => {
    const three = [carryPair(), fundingPair(), gapPair()].map((pair) => opened(pair));
    const outcome = await save({ opportunities: three, events: three.map((row) => eventOf(row, "opened")) });
    expect(outcome).toMatchObject({ refused: [], duplicatesRefused: [], eventsRefused: [] });
    expect((await loadOpen(db)).opportunities).toEqual(three);
    const { results } = await db.prepare("SELECT strategy, long_rate, price_gain FROM opportunities ORDER BY key").all();
    expect(results).toEqual([
      { strategy: "carry", long_rate: null, price_gain: null },
      { strategy: "funding", long_rate: 0.0001, price_gain: null },
      { strategy: "price", long_rate: 100.02, price_gain: gapPair().ledger.priceGain },
    ]);
  });

  it("changes nothing when it is repeated, and writes no row", async () => {
    const [row, ended] = [opened(fundingPair()), closedRow(opened(fundingPair({ asset: "ETH" })), NOW_MS)];
    const write = { opportunities: [row, ended], events: [eventOf(row, "opened"), eventOf(ended, "closed")] };
    await save(write);
    const before = await everything();
    const again = await save(write);
    expect(await everything()).toEqual(before);
    expect(again).toMatchObject({ scanStored: false, refused: [], duplicatesRefused: [], eventsRefused: [], cost: { rowsWritten: 0 } });
  });

  it("updates a row under its id: created_at stays, updated_at and validated_at move, and an older write changes nothing", async () => {
    const row = opened(fundingPair());
    await save({ opportunities: [row] });
    const later: Opportunity = { ...row, scansMerged: 1, lastSeenAtMs: NOW_MS + SLOT_MS, priced: fundingPair({ short: { rate: 0.0006 } }) };
    await save({ slot: 1, opportunities: [later], events: [eventOf(later, "updated", "scan-1")] });
    const { found } = await opportunityById(db, row.id);
    expect(found?.opportunity).toEqual(later);
    expect(found?.audit).toEqual({
      createdAtMs: NOW_MS + 1_000,
      updatedAtMs: NOW_MS + SLOT_MS + 1_000,
      validatedAtMs: NOW_MS + SLOT_MS + 1_000,
    });
    await save({ opportunities: [row] });
    expect((await loadOpen(db)).opportunities).toEqual([later]);
    expect(await rows("opportunities")).toBe(1);
  });

  it("refuses and counts a second open row of a key, with its events, and keeps everything else of the scan", async () => {
    const first = opened(fundingPair());
    const second = opened(fundingPair(), { openedAtMs: NOW_MS + SLOT_MS });
    const other = opened(fundingPair({ asset: "ETH" }), { openedAtMs: NOW_MS + SLOT_MS });
    await save({ opportunities: [first], events: [eventOf(first, "opened")] });
    const outcome = await save({ slot: 1, opportunities: [second, other], events: [eventOf(second, "opened"), eventOf(other, "opened")] });
    expect(outcome.duplicatesRefused).toEqual([{ id: second.id, keptId: first.id }]);
    expect(outcome.eventsRefused).toEqual([eventOf(second, "opened").id]);
    expect((await loadOpen(db)).opportunities.map(({ id }) => id).sort()).toEqual([first.id, other.id].sort());
    expect(await rows("opportunity_events")).toBe(2);
  });

  it("refuses a second row of a key within one scan, and a closed row that would come back beside an open one", async () => {
    const [a, b] = [opened(fundingPair(), { id: "a" }), opened(fundingPair(), { id: "b" })];
    expect((await save({ opportunities: [a, b] })).duplicatesRefused).toEqual([{ id: "b", keptId: "a" }]);
    await save({ slot: 1, opportunities: [closedRow(a, NOW_MS + SLOT_MS)] });
    await save({ slot: 2, opportunities: [b] });
    const back: Opportunity = { ...a, revivals: 1 };
    const outcome = await save({ slot: 3, opportunities: [back], events: [eventOf(back, "revived", "scan-3")] });
    expect(outcome.duplicatesRefused).toEqual([{ id: "a", keptId: "b" }]);
    expect(outcome.eventsRefused).toEqual([eventOf(back, "revived", "scan-3").id]);
    expect((await opportunityById(db, "a")).found?.opportunity.status).toBe("closed");
  });

  it("hands a key on within one scan, whatever the order of the rows", async () => {
    const old = opened(fundingPair(), { id: "old" });
    await save({ opportunities: [old] });
    const next = opened(fundingPair(), { id: "next" });
    const outcome = await save({ slot: 1, opportunities: [next, closedRow(old, NOW_MS + 1)] });
    expect(outcome.duplicatesRefused).toEqual([]);
    expect((await loadOpen(db)).opportunities.map(({ id }) => id)).toEqual(["next"]);
  });

  it("revives a closed row under its id", async () => {
    const row = opened(fundingPair());
    await save({ opportunities: [row] });
    await save({ slot: 1, opportunities: [closedRow(row, NOW_MS + SLOT_MS)] });
    expect((await loadClosedSince(db, NOW_MS)).opportunities).toEqual([closedRow(row, NOW_MS + SLOT_MS)]);
    expect((await loadClosedSince(db, NOW_MS + SLOT_MS + 1)).opportunities).toEqual([]);
    await save({ slot: 2, opportunities: [{ ...row, revivals: 1 }] });
    expect((await loadOpen(db)).opportunities).toEqual([{ ...row, revivals: 1 }]);
  });

  it("keeps a row with missing legs out, counts it, and stores the rest of the scan", async () => {
    const pair = fundingPair({ asset: "ETH" });
    const bad = opened({ ...pair, longRate: null, rateDifference: pair.shortRate });
    const nearMiss = { ...fundingPair({ asset: "SOL" }), rateDifference: 0.5 };
    const good = opened(fundingPair());
    const outcome = await save({
      opportunities: [bad, good],
      events: [eventOf(bad, "opened"), eventOf(good, "opened")],
      scan: { nearMisses: [missed(nearMiss)] },
    });
    expect(outcome.refused.map(({ key, rule }) => [key, rule])).toEqual([
      [pair.key, "missing-rate"],
      [nearMiss.key, "difference-mismatch"],
    ]);
    expect(outcome.eventsRefused).toEqual([eventOf(bad, "opened").id]);
    expect((await loadOpen(db)).opportunities).toEqual([good]);
    expect((await latestScan(db)).scan?.nearMisses).toEqual([]);
  });

  it("is all or nothing: what D1 refuses leaves no part of the scan", async () => {
    const row = opened(fundingPair());
    const event: OpportunityEvent = { ...eventOf(row, "opened"), atMs: 5 };
    const write = { scan: scanOf(), opportunities: [row], events: [event], nowMs: NOW_MS, venues: VENUES };
    expect(await saveScan(db, write, noWait)).toMatchObject({ ok: false, error: { kind: "constraint", attempts: 1 } });
    expect((await everything()).flat()).toEqual([]);
  });

  it("is repeated when the connection is lost after the commit, and still is there once", async () => {
    let lost = 0;
    const unsteady: D1Database = new Proxy(db, {
      get: (target, name) => {
        if (name !== "batch") return Reflect.get(target, name).bind(target);
        return async (statements: D1PreparedStatement[]) => {
          const results = await target.batch(statements);
          if (lost++ === 0) throw new Error("D1_ERROR: Network connection lost.");
          return results;
        };
      },
    });
    const row = opened(fundingPair());
    const outcome = await save({ opportunities: [row], events: [eventOf(row, "opened")] }, unsteady);
    expect(outcome).toMatchObject({ attempts: 2, scanStored: false, duplicatesRefused: [], eventsRefused: [] });
    expect([await rows("opportunities"), await rows("opportunity_events"), await rows("scans")]).toEqual([1, 1, 1]);
  });

  it("costs one row in a quiet market, and few statements and rows in a busy one", async () => {
    const quiet = await save({});
    expect(quiet.cost).toMatchObject({ statements: 1, rowsWritten: 1 });
    const many = Array.from({ length: 30 }, (_, index) => opened(fundingPair({ asset: `C${index}` })));
    const first = await save({ slot: 1, opportunities: many, events: many.map((row) => eventOf(row, "opened")) });
    expect(first.cost.statements).toBe(5);
    // A new row: table, id, key. A new event: table, index.
    expect(first.cost.rowsWritten).toBe(1 + 30 * 3 + 30 * 2);
    const moved = many.slice(0, 20).map((row): Opportunity => ({ ...row, scansMerged: 1, lastSeenAtMs: NOW_MS + 2 * SLOT_MS }));
    const steady = await save({ slot: 2, opportunities: moved, events: moved.map((row) => eventOf(row, "updated", "scan-2")) });
    expect(steady.cost.rowsWritten).toBeLessThanOrEqual(100);
  });

  it("takes more rows than one parameter holds", async () => {
    const many = Array.from({ length: 600 }, (_, index) => opened(fundingPair({ asset: `C${String(index).padStart(4, "0")}` })));
    const outcome = await save({ opportunities: many, events: many.map((row) => eventOf(row, "opened")) });
    expect(outcome.cost.statements).toBeGreaterThan(5);
    const open = await loadOpen(db);
    expect(open.opportunities.map(({ id }) => id)).toEqual(many.map(({ id }) => id));
    expect(open.cost.statements).toBe(2);
    expect((await listOpen(db, { after: many[9]?.key ?? "", limit: 2 })).opportunities).toEqual(many.slice(10, 12));
  });

  it("leaves out and names a row of D1 that is not what was written", async () => {
    const [good, bad] = [opened(fundingPair()), opened(fundingPair({ asset: "ETH" }))];
    await save({ opportunities: [good, bad] });
    await db.prepare("UPDATE opportunities SET priced = json_remove(priced, '$.long.quote.venue') WHERE id = ?1").bind(bad.id).run();
    const open = await loadOpen(db);
    expect(open.opportunities).toEqual([good]);
    expect(open.unreadable).toMatchObject([{ id: bad.id, message: expect.stringContaining("priced.long.quote.venue") }]);
    await expect(opportunityById(db, bad.id)).rejects.toThrow(`opportunity ${bad.id} in D1`);
  });
});

describe("lists of scans", () => {
  it("page newest first by slot, without gap or repeat", async () => {
    for (let slot = 0; slot < 7; slot++) await save({ slot });
    const seen: number[] = [];
    let before: number | null = null;
    do {
      const page: Awaited<ReturnType<typeof listScans>> = await listScans(db, { limit: 3, before });
      seen.push(...page.scans.map(({ slotMs }) => (slotMs - NOW_MS) / SLOT_MS));
      expect(page.cost.rowsRead).toBeLessThanOrEqual(3);
      before = page.next;
    } while (before !== null);
    expect(seen).toEqual([6, 5, 4, 3, 2, 1, 0]);
  });

  it("keep the first of two scans of one slot", async () => {
    await save({ scan: { scanId: "first" } });
    expect((await save({ scan: { scanId: "second" } })).scanStored).toBe(false);
    expect((await listScans(db, { limit: 10, before: null })).scans.map(({ scanId }) => scanId)).toEqual(["first"]);
  });

  it("know of no scan before the first, and of no opportunity by an unknown id", async () => {
    expect((await latestScan(db)).scan).toBeNull();
    expect((await opportunityById(db, "none")).found).toBeNull();
  });
});

describe("stored flags", () => {
  const setFlag = (key: string, value: string) =>
    db.prepare("INSERT INTO flags (key, value, updated_at, updated_by) VALUES (?1, ?2, ?3, 'test')").bind(key, value, NOW_MS).run();

  it("act, and a wrong one keeps the last good value", async () => {
    await setFlag("real_time_data", "false");
    const first = await loadFlags(db, { deployment: { confirm_scans: 3 }, lastGood: null });
    expect(first).toMatchObject({ source: "d1", problems: [], error: null, flags: { real_time_data: false, confirm_scans: 3 } });
    await db.prepare("UPDATE flags SET value = '7'").run();
    const second = await loadFlags(db, { deployment: { confirm_scans: 3 }, lastGood: first.flags });
    expect(second).toMatchObject({ source: "d1", problems: [{ key: "real_time_data" }], flags: first.flags });
  });

  it("are the last good ones while D1 does not answer, else the deployment's defaults", async () => {
    await setFlag("confirm_scans", "5");
    const { flags: lastGood } = await loadFlags(db, { deployment: {}, lastGood: null });
    await db.prepare("ALTER TABLE flags RENAME TO flags_away").run();
    const down = {
      last: await loadFlags(db, { deployment: {}, lastGood }),
      none: await loadFlags(db, { deployment: { confirm_scans: 4 }, lastGood: null }),
    };
    await db.prepare("ALTER TABLE flags_away RENAME TO flags").run();
    expect(down.last).toMatchObject({ source: "last-good", flags: { confirm_scans: 5 }, error: expect.stringContaining("no such table") });
    expect(down.none).toMatchObject({ source: "defaults", flags: { confirm_scans: 4 } });
  });
});

describe("the snapshot", () => {
  const row = opened(fundingPair());
  const clock = { nowMs: NOW_MS + 2_000 };
  beforeEach(() => {
    clock.nowMs = NOW_MS + 2_000;
  });

  const wait = async (ms: number): Promise<void> => {
    await scheduler.wait(1);
    clock.nowMs += ms / 100;
  };
  const counted = (): { readonly cache: KvReader; readonly reads: () => number } => {
    let reads = 0;
    return {
      cache: {
        get: (key, options) => {
          reads += 1;
          return env.CACHE.get(key, options);
        },
      },
      reads: () => reads,
    };
  };
  const read = (options: { readonly memory?: SnapshotMemory; readonly cache?: KvReader; readonly db?: D1Database } = {}) =>
    readSnapshot({ cache: env.CACHE, db, memory: snapshotMemory(), venues: VENUES, now: () => clock.nowMs, wait, ...options });
  const snapshotOf = (slot: number, opportunities: readonly Opportunity[] = [row]): Snapshot =>
    buildSnapshot({
      scan: scanOf({ slotMs: NOW_MS + slot * SLOT_MS, scanId: `scan-${slot}` }),
      opportunities: opportunities.map((each) => ({ ...each, points: [], netUnknown: null })),
      candidates: null,
      market: {},
      nowMs: NOW_MS + slot * SLOT_MS + 1_000,
      flagSeconds: 300,
      venues: VENUES,
    }).snapshot;
  const publish = (snapshot: Snapshot) => writeSnapshot(env.CACHE, { snapshot, nowMs: clock.nowMs });

  it("comes from KV, and from the isolate's memory for 2 s", async () => {
    await publish(snapshotOf(0));
    const { cache, reads } = counted();
    const memory = snapshotMemory();
    expect(await read({ cache, memory })).toEqual({
      ok: true,
      value: { snapshot: snapshotOf(0), source: "kv", ageMs: 1_100, fallbackReason: null, leftOut: 0 },
    });
    clock.nowMs += 2_000;
    expect(await read({ cache, memory })).toMatchObject({ ok: true, value: { source: "kv", ageMs: 3_100 } });
    expect(reads()).toBe(1);
    clock.nowMs += 1;
    await read({ cache, memory });
    expect(reads()).toBe(2);
  });

  it("has the life that it carries inside, also in memory", async () => {
    await save({ opportunities: [row] });
    const short = { ...snapshotOf(0), expiresAtMs: clock.nowMs + 61_000 };
    await publish(short);
    const memory = snapshotMemory();
    clock.nowMs = short.expiresAtMs - 1;
    expect(await read({ memory })).toMatchObject({ ok: true, value: { source: "kv" } });
    clock.nowMs = short.expiresAtMs;
    expect(await read({ memory })).toMatchObject({ ok: true, value: { source: "d1", fallbackReason: `expired at ${short.expiresAtMs}` } });
  });

  it("is rewritten under its one key by the next scan, with the life that the flag gives then", async () => {
    await publish(snapshotOf(0));
    const changed = { ...row, scansMerged: 1 };
    clock.nowMs = NOW_MS + SLOT_MS + 2_000;
    await publish(snapshotOf(1, [changed]));
    expect(await read()).toMatchObject({
      ok: true,
      value: { snapshot: { scan: { scanId: "scan-1" }, opportunities: [{ scansMerged: 1 }] } },
    });
    const { keys } = await env.CACHE.list();
    expect(keys.map(({ name }) => name)).toEqual([SNAPSHOT_KEY]);
    expect(keys.every(({ name }) => catalogueEntry(name) !== null)).toBe(true);
  });

  it("comes from D1 when KV has none, with the newest scan, the open rows and its age", async () => {
    await save({ opportunities: [row], scan: { nearMisses: [missed(fundingPair({ asset: "ETH" }))], unpriced: [pricePair()] } });
    await save({ slot: 1, opportunities: [closedRow(opened(fundingPair({ asset: "SOL" })), NOW_MS)] });
    clock.nowMs = NOW_MS + SLOT_MS + 60_000;
    const found = await read();
    expect(found).toMatchObject({
      ok: true,
      value: {
        source: "d1",
        fallbackReason: "absent",
        ageMs: 59_100,
        snapshot: { scan: { scanId: "scan-1" }, opportunities: [{ ...row, points: null }], market: null },
      },
    });
    expect(found.ok && found.value.snapshot.opportunities.length).toBe(1);
  });

  it("comes from D1 when KV holds poison, fails, or is cut, and the poison never shows", async () => {
    await save({ opportunities: [row] });
    const bent = { ...row, priced: { ...row.priced, rateDifference: 0.5 }, points: null, netUnknown: null };
    const poison = JSON.stringify({ ...snapshotOf(0), opportunities: [bent] });
    for (const text of [poison, "{", "null", JSON.stringify(snapshotOf(0)).slice(0, 500)]) {
      await env.CACHE.put(SNAPSHOT_KEY, text);
      expect(await read()).toMatchObject({
        ok: true,
        value: { source: "d1", fallbackReason: expect.stringMatching(/^invalid/u), snapshot: { opportunities: [row] } },
      });
    }
    const failing = { get: async () => Promise.reject(new Error("KV GET failed: 500")) };
    expect(await read({ cache: failing })).toMatchObject({
      ok: true,
      value: { source: "d1", fallbackReason: "failed: KV GET failed: 500" },
    });
  });

  it("and D1 are each asked whether they answer, for two seconds at most; one that is switched off is not asked", async () => {
    const asked = (over: Partial<SnapshotSource> = {}) =>
      probeStores({
        cache: env.CACHE,
        db,
        memory: snapshotMemory(),
        venues: VENUES,
        now: Date.now,
        wait: () => new Promise(() => undefined),
        ...over,
      });
    const well = { status: "ok", ms: expect.any(Number), error: null };
    expect(await asked()).toEqual({ d1: well, kv: well });
    const failing = { get: async () => Promise.reject(new Error("KV GET failed: 500")) };
    expect(await asked({ cache: failing })).toMatchObject({ d1: well, kv: { status: "failed", error: "KV GET failed: 500" } });
    const waits: number[] = [];
    const deaf = { get: () => new Promise<string | null>(() => undefined) };
    expect(
      await asked({ cache: deaf, layers: async () => ({ kv: true, d1: false }), wait: async (ms) => void waits.push(ms) }),
    ).toMatchObject({
      d1: { status: "off", ms: null },
      kv: { status: "failed", error: "no answer within 2000 ms" },
    });
    expect(waits).toEqual([2_000]);
  });

  it("leaves out of D1 what the validator refuses, and counts it", async () => {
    await save({ opportunities: [row] });
    await db.prepare("UPDATE opportunities SET priced = json_set(priced, '$.long.quote.fundingIntervalHours', 1)").run();
    expect(await read()).toMatchObject({ ok: true, value: { source: "d1", leftOut: 1, snapshot: { opportunities: [] } } });
  });

  it("is an error only when there is nothing to show, and says which", async () => {
    expect(await read()).toMatchObject({ ok: false, error: { kind: "no-scan" } });
    const broken: D1Database = new Proxy(db, {
      get: (target, name) =>
        name === "batch" ? () => Promise.reject(new Error("D1_ERROR: overloaded")) : Reflect.get(target, name).bind(target),
    });
    expect(await read({ db: broken })).toMatchObject({
      ok: false,
      error: { kind: "unavailable", message: expect.stringContaining("KV: absent; D1:") },
    });
  });

  it("serves 100 readers of one isolate by one read, also while it is not in KV", async () => {
    await save({ opportunities: [row] });
    const { cache, reads } = counted();
    const memory = snapshotMemory();
    const found = await Promise.all(Array.from({ length: 100 }, () => read({ cache, memory })));
    expect(found.every((each) => each.ok && each.value.snapshot.opportunities.length === 1)).toBe(true);
    expect(reads()).toBe(1);
  });

  it("serves 100 readers at once while it is refreshed: no error, no empty list, by one isolate and by a hundred", async () => {
    await save({ opportunities: [row] });
    await publish(snapshotOf(0));
    const memory = snapshotMemory();
    const { cache, reads } = counted();
    const refresh = async (): Promise<void> => {
      for (let slot = 1; slot <= 5; slot++) {
        const changed = { ...row, scansMerged: slot };
        await save({ slot, opportunities: [changed] });
        await env.CACHE.delete(SNAPSHOT_KEY);
        await publish(snapshotOf(0, [changed]));
        clock.nowMs += 3_000;
      }
    };
    const readers = Array.from({ length: 100 }, async (_, index) => {
      await scheduler.wait(index % 20);
      return read({ cache, memory: index % 2 === 0 ? memory : snapshotMemory() });
    });
    const [found] = await Promise.all([Promise.all(readers), refresh()]);
    expect(found.flatMap((each) => (each.ok ? [] : [each.error]))).toEqual([]);
    expect(found.every((each) => each.ok && each.value.snapshot.opportunities.length === 1)).toBe(true);
    // Fifty isolates read for themselves; the fifty readers of one share a few reads.
    expect(reads()).toBeLessThanOrEqual(50 + 20);
  });

  it("is read by the next request when the one that was reading never ends", async () => {
    await publish(snapshotOf(0));
    const memory: SnapshotMemory = { read: null, leaseUntilMs: clock.nowMs + 1_000 };
    expect(await read({ memory })).toMatchObject({ ok: true, value: { source: "kv" } });
  });
});
