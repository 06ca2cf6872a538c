import { applyD1Migrations, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { EventsMessage } from "../../src/domain/delivery.ts";
import { createLogger } from "../../src/monitoring/log.ts";
import { dispatchScans, MOST_UNDISPATCHED, noteScan, undispatched } from "../../src/objects/dispatch-scans.ts";
import { KV_CATALOGUE, SNAPSHOT_KEY } from "../../src/storage/keys.ts";
import { D1_ATTEMPTS } from "../../src/storage/d1.ts";
import { takeLease } from "../../src/storage/lease.ts";
import { saveScan } from "../../src/storage/save-scan.ts";
import { fundingPair, opened, scanOf } from "../opportunities.ts";

const db = env.DB;
const INTERVAL_MS = 120_000;
const TABLES = ["opportunity_events", "opportunities", "scans", "flags", "flag_changes", "leases"] as const;
/** In the middle of a slot, ahead of the machine's clock, so that alarms ring only when a test rings them. */
const NOON_MS = Math.ceil(Date.now() / INTERVAL_MS) * INTERVAL_MS + INTERVAL_MS * 10 + INTERVAL_MS / 2;
const slotOf = (atMs: number): number => Math.floor(atMs / INTERVAL_MS) * INTERVAL_MS;

let name = 0;
/** A Scanner that never scanned, on a database without scans. No venue is asked: real data is switched off. */
const scanner = () => env.SCANNER.getByName(`scanner ${++name}`);
/** What the queue was handed is done before the runtime ends, which would wait for it. */
afterAll(async () => {
  await new Promise((resolve) => setTimeout(resolve, 5_000));
});
const scans = async () => (await db.prepare("SELECT id, trigger, verdict FROM scans ORDER BY id").all()).results;

beforeEach(async () => {
  vi.useFakeTimers({ now: NOON_MS, toFake: ["Date"] });
  await applyD1Migrations(db, env.TEST_MIGRATIONS);
  await db.batch(TABLES.map((table) => db.prepare(`DELETE FROM ${table}`)));
  await env.CACHE.delete(SNAPSHOT_KEY);
  await db
    .prepare("INSERT INTO flags (key, value, updated_at, updated_by) VALUES ('real_time_data', 'false', ?, 'operator')")
    .bind(NOON_MS)
    .run();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the Scanner's alarm", () => {
  it("rung twice scans once, and stays armed behind the next slot", async () => {
    const stub = scanner();
    await stub.trigger({ source: "cron", atMs: NOON_MS - INTERVAL_MS });
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    const after = await scans();
    expect(after.map(({ id, trigger }) => [id, trigger])).toEqual([
      [slotOf(NOON_MS) - INTERVAL_MS, "cron"],
      [slotOf(NOON_MS), "alarm"],
    ]);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await scans()).toEqual(after);
    const armedMs = await runInDurableObject(stub, (_, state) => state.storage.getAlarm());
    expect(armedMs).toBe(slotOf(NOON_MS) + INTERVAL_MS + 15_000);
  });

  it("after the cron of the slot scans nothing, and before it leaves the cron nothing to do", async () => {
    const stub = scanner();
    await stub.trigger({ source: "cron", atMs: NOON_MS });
    await runDurableObjectAlarm(stub);
    expect(await scans()).toMatchObject([{ trigger: "cron" }]);
    vi.setSystemTime(NOON_MS + INTERVAL_MS);
    await runDurableObjectAlarm(stub);
    expect(await stub.trigger({ source: "cron", atMs: NOON_MS + INTERVAL_MS })).toMatchObject({ ran: false, reason: "slot-done" });
    expect(await scans()).toMatchObject([{ trigger: "cron" }, { trigger: "alarm" }]);
  });

  it("rings on after the object has left memory", async () => {
    const stub = scanner();
    await stub.trigger({ source: "cron", atMs: NOON_MS });
    await evictDurableObject(stub);
    vi.setSystemTime(NOON_MS + INTERVAL_MS);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect((await scans()).map(({ id }) => id)).toEqual([slotOf(NOON_MS), slotOf(NOON_MS) + INTERVAL_MS]);
  });

  it("is set again, soon, when its scan could not even begin", async () => {
    const stub = scanner();
    await runInDurableObject(stub, (_, state) => state.storage.setAlarm(NOON_MS));
    await db.prepare("ALTER TABLE opportunities RENAME TO opportunities_away").run();
    try {
      expect(await runDurableObjectAlarm(stub)).toBe(true);
    } finally {
      await db.prepare("ALTER TABLE opportunities_away RENAME TO opportunities").run();
    }
    expect(await scans()).toEqual([]);
    expect(await runInDurableObject(stub, (_, state) => state.storage.getAlarm())).toBe(NOON_MS + 15_000);
    await runDurableObjectAlarm(stub);
    expect(await scans()).toMatchObject([{ trigger: "alarm" }]);
  });
});

describe("triggers that overlap", () => {
  it("make one scan of one slot, however many come at once", async () => {
    const stub = scanner();
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => stub.trigger({ source: "cron", atMs: NOON_MS })));
    expect(outcomes.filter(({ ran }) => ran)).toHaveLength(1);
    expect(await scans()).toHaveLength(1);
  });

  it("a trigger of an earlier slot that comes late scans nothing", async () => {
    const stub = scanner();
    await stub.trigger({ source: "cron", atMs: NOON_MS });
    expect(await stub.trigger({ source: "cron", atMs: NOON_MS - INTERVAL_MS })).toMatchObject({ ran: false, reason: "slot-done" });
    expect(await scans()).toHaveLength(1);
  });
});

const retry = { attempts: D1_ATTEMPTS, wait: async () => undefined };
const pairOfRegistered = () => {
  const text = JSON.stringify(fundingPair()).replaceAll("alpha", "binance").replaceAll("beta", "bybit");
  const pair: ReturnType<typeof fundingPair> = JSON.parse(text);
  return pair;
};
/** What a scan of the slot before wrote: a pair of registered venues that is open. */
const writeBefore = () => {
  const atMs = slotOf(NOON_MS) - INTERVAL_MS;
  const row = opened(pairOfRegistered(), { openedAtMs: atMs });
  const scan = scanOf({ slotMs: atMs, scanId: `scan-${atMs}` });
  return { scan, opportunities: [row], events: [], nowMs: atMs + 1_000, venues: new Set(["binance", "bybit"]), row };
};
/** It is stored. */
const seed = async () => {
  const write = writeBefore();
  expect(await saveScan(db, write, retry)).toMatchObject({ ok: true });
  return write.row;
};

/** Two objects of one namespace have what two Workers that share a database have: memory, storage and alarms of their own. */
describe("two Scanners over one D1 and one KV", () => {
  const LEASE_MS = INTERVAL_MS + 30_000;
  const at = async (stub: ReturnType<typeof scanner>, slot: number) => {
    vi.setSystemTime(NOON_MS + slot * INTERVAL_MS);
    return await stub.trigger({ source: "cron", atMs: NOON_MS + slot * INTERVAL_MS });
  };
  const snapshotSlot = async () => JSON.parse((await env.CACHE.get(SNAPSHOT_KEY)) ?? "null")?.scan?.slotMs;

  it("triggered at once in each slot make one scan a slot, and the second ends as lease_held", async () => {
    const [one, other] = [scanner(), scanner()];
    for (let slot = 0; slot < 3; slot++) {
      const outcomes = await Promise.all([at(one, slot), at(other, slot)]);
      expect(outcomes.filter(({ ran }) => ran)).toHaveLength(1);
      expect(outcomes).toContainEqual({ ran: false, slotMs: slotOf(NOON_MS) + slot * INTERVAL_MS, reason: "lease_held" });
      expect(await scans()).toHaveLength(slot + 1);
      expect(await snapshotSlot()).toBe(slotOf(NOON_MS) + slot * INTERVAL_MS);
    }
    expect((await db.prepare("SELECT name FROM leases").all()).results).toEqual([{ name: "scans" }]);
  });

  it("a holder that is gone delays the next scan by at most its lease, and the other goes on from what D1 knows", async () => {
    const row = await seed();
    const [one, other] = [scanner(), scanner()];
    expect(await at(other, -1)).toMatchObject({ reason: "slot-done" });
    await db.prepare("DELETE FROM leases").run();
    expect(await at(one, 0)).toMatchObject({ ran: true });
    expect(await at(other, 1)).toMatchObject({ ran: false, reason: "lease_held" });
    vi.setSystemTime(NOON_MS + LEASE_MS - 1);
    expect(await other.trigger({ source: "alarm", atMs: NOON_MS + LEASE_MS - 1 })).toMatchObject({ reason: "lease_held" });
    vi.setSystemTime(NOON_MS + LEASE_MS);
    expect(await other.trigger({ source: "alarm", atMs: NOON_MS + LEASE_MS })).toMatchObject({ ran: true });
    // The slot that the first scanned is no slot of the second, and neither is any before.
    expect(await other.trigger({ source: "cron", atMs: NOON_MS })).toMatchObject({ ran: false, reason: "slot-done" });
    expect((await db.prepare("SELECT id, status FROM opportunities").all()).results).toEqual([{ id: row.id, status: "no-data" }]);
    expect((await db.prepare("SELECT kind FROM opportunity_events").all()).results).toEqual([{ kind: "no-data" }]);
    // The first comes back, and stands by.
    expect(await one.trigger({ source: "cron", atMs: NOON_MS + 2 * INTERVAL_MS })).toMatchObject({ ran: false, reason: "lease_held" });
  });

  it("a holder goes on at once when it left memory, and knows itself", async () => {
    const stub = scanner();
    expect(await at(stub, 0)).toMatchObject({ ran: true });
    await evictDurableObject(stub);
    expect(await at(stub, 1)).toMatchObject({ ran: true });
  });

  it("a scan that outlived its lease stores nothing, neither rows nor its own", async () => {
    const { row, ...write } = writeBefore();
    const lease = { holder: "one", nowMs: write.nowMs, untilMs: write.nowMs + LEASE_MS };
    expect(await takeLease(db, { holder: "other", nowMs: write.nowMs - 1, untilMs: write.nowMs + 1 })).toEqual({
      isHeld: true,
      lastSlotMs: null,
    });
    const refused = await saveScan(db, { ...write, lease }, retry);
    expect(refused).toMatchObject({ ok: false, error: { kind: "constraint", message: "another Scanner holds the lease of scans" } });
    expect([await scans(), (await db.prepare("SELECT id FROM opportunities").all()).results]).toEqual([[], []]);
    // The lease of the other ends in the next millisecond; a write that is repeated finds its own.
    const later = { ...write, nowMs: write.nowMs + 1, lease: { ...lease, nowMs: write.nowMs + 1 } };
    for (const scanStored of [true, false]) expect(await saveScan(db, later, retry)).toMatchObject({ ok: true, value: { scanStored } });
    expect((await db.prepare("SELECT id FROM opportunities").all()).results).toEqual([{ id: row.id }]);
  });

  it("without its answer about the lease a scan goes on, and its batch decides", async () => {
    const stub = scanner();
    await db.prepare("ALTER TABLE leases RENAME TO leases_away").run();
    try {
      expect(await at(stub, 0)).toMatchObject({ ran: false, reason: "not-saved" });
    } finally {
      await db.prepare("ALTER TABLE leases_away RENAME TO leases").run();
    }
    expect(await scans()).toEqual([]);
    expect(await at(stub, 0)).toMatchObject({ ran: true });
  });
});

describe("a Scanner without its storage", () => {
  it("takes what is open and which slot was last from D1", async () => {
    const row = await seed();
    const stub = scanner();
    expect(await stub.trigger({ source: "cron", atMs: NOON_MS - INTERVAL_MS })).toMatchObject({ ran: false, reason: "slot-done" });
    expect(await stub.trigger({ source: "cron", atMs: NOON_MS })).toMatchObject({ ran: true, verdict: "data-failure" });
    const rows = (await db.prepare("SELECT id, key, status FROM opportunities").all()).results;
    expect(rows).toEqual([{ id: row.id, key: row.key, status: "no-data" }]);
  });

  it("takes both from D1 when what it stored cannot be read", async () => {
    const stub = scanner();
    await stub.trigger({ source: "cron", atMs: NOON_MS });
    const row = await seed();
    await evictDurableObject(stub);
    await runInDurableObject(stub, (_, state) => void state.storage.sql.exec("UPDATE state_text SET piece = 'cut'"));
    expect(await stub.trigger({ source: "cron", atMs: NOON_MS })).toMatchObject({ ran: false, reason: "slot-done" });
    await stub.trigger({ source: "cron", atMs: NOON_MS + INTERVAL_MS });
    const rows = (await db.prepare("SELECT id, status FROM opportunities").all()).results;
    expect(rows).toEqual([{ id: row.id, status: "no-data" }]);
  });
});

describe("D1 that fails", () => {
  it("in the batch of a scan: nothing is shown or kept, and the slot runs again", async () => {
    const stub = scanner();
    await stub.trigger({ source: "cron", atMs: NOON_MS - INTERVAL_MS });
    await env.CACHE.delete(SNAPSHOT_KEY);
    await db.prepare("ALTER TABLE scans RENAME TO scans_away").run();
    try {
      expect(await stub.trigger({ source: "cron", atMs: NOON_MS })).toMatchObject({ ran: false, reason: "not-saved" });
      expect(await env.CACHE.get(SNAPSHOT_KEY)).toBeNull();
    } finally {
      await db.prepare("ALTER TABLE scans_away RENAME TO scans").run();
    }
    expect(await scans()).toHaveLength(1);
    expect(await stub.trigger({ source: "cron", atMs: NOON_MS })).toMatchObject({ ran: true });
    expect(await scans()).toHaveLength(2);
    const keys = (await env.CACHE.list()).keys.map((key) => key.name);
    expect(keys).toEqual([`${KV_CATALOGUE.market.prefix}snapshot`]);
  });
});

describe("a stored scan and the queue by which people hear of it", () => {
  const at = (slot: number) => ({ scanId: `scan-${slot}`, slotMs: slot });
  /** A queue that takes what it is given, or fails, and notes the slots. */
  const queue = (works: boolean) => {
    const slots: number[][] = [];
    const sendBatch: Pick<Queue<EventsMessage>, "sendBatch">["sendBatch"] = async (messages) => {
      slots.push([...messages].map(({ body }) => body.slotMs));
      if (!works) throw new Error("the queue is away");
      return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };
    };
    return { slots, sendBatch };
  };
  const log = createLogger({
    level: "error",
    component: "test",
    sink: { debug() {}, info() {}, warn() {}, error() {} },
    now: () => NOON_MS,
  });
  const dispatch = (stub: ReturnType<typeof scanner>, to: Pick<Queue<EventsMessage>, "sendBatch">, slot: number) =>
    runInDurableObject(stub, (_, { storage }) => {
      noteScan(storage, { scan: at(slot), log });
      return dispatchScans({ storage, queue: to, log });
    });
  const waiting = (stub: ReturnType<typeof scanner>) =>
    runInDurableObject(stub, (_, { storage }) => undispatched(storage).map(({ slotMs }) => slotMs));

  it("what the queue does not take goes with the next scan, in order, also after the object left memory, and once", async () => {
    const stub = scanner();
    const [away, back] = [queue(false), queue(true)];
    await dispatch(stub, away, 1);
    await dispatch(stub, away, 2);
    expect(await waiting(stub)).toEqual([1, 2]);
    await evictDurableObject(stub);
    await dispatch(stub, back, 3);
    await dispatch(stub, back, 4);
    expect(away.slots).toEqual([[1], [1, 2]]);
    expect(back.slots).toEqual([[1, 2, 3], [4]]);
    expect(await waiting(stub)).toEqual([]);
  });

  it("a scan that was noted is handed over by the next one when the object died before it could", async () => {
    const stub = scanner();
    const back = queue(true);
    for (const again of [1, 1]) await runInDurableObject(stub, (_, { storage }) => noteScan(storage, { scan: at(again), log }));
    await evictDurableObject(stub);
    await dispatch(stub, back, 2);
    expect(back.slots).toEqual([[1, 2]]);
  });

  it("at most fifty wait, the newest", async () => {
    const stub = scanner();
    const away = queue(false);
    for (let slot = 1; slot <= MOST_UNDISPATCHED + 3; slot++) await dispatch(stub, away, slot);
    expect(await waiting(stub)).toEqual(Array.from({ length: MOST_UNDISPATCHED }, (_, index) => index + 4));
  });

  it("is handed over by each scan of the Scanner", async () => {
    const stub = scanner();
    expect(await stub.trigger({ source: "cron", atMs: NOON_MS })).toMatchObject({ ran: true });
    expect(await waiting(stub)).toEqual([]);
  });
});
