import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { createApi } from "../../src/api/app.ts";
import { readConfig } from "../../src/config.ts";
import { duplicateAlarm, passRateAlarm } from "../../src/delivery/quality-alarms.ts";
import { DEFAULT_PREFERENCES } from "../../src/domain/person.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../src/domain/units.ts";
import { rollUpQuality } from "../../src/history/roll-up-quality.ts";
import { RULE_FACTS } from "../../src/rule-facts.ts";
import { createLogger } from "../../src/monitoring/log.ts";
import { D1_ATTEMPTS } from "../../src/storage/d1.ts";
import { insertDeliveries } from "../../src/storage/deliveries.ts";
import { purge } from "../../src/storage/purge.ts";
import { tallyPeriod } from "../../src/storage/quality-record.ts";
import { snapshotMemory } from "../../src/storage/read-snapshot.ts";
import { saveScan } from "../../src/storage/save-scan.ts";
import type { ScanRecord } from "../../src/storage/scan-record.ts";
import { fundingPair, opened, reportOf, scanOf, VENUES } from "../opportunities.ts";

const db = env.DB;
/** The start of a UTC day. */
const DAY = Date.UTC(2026, 8, 11);
const INTERVAL_MS = 10 * MINUTE_MS;
const TABLES = [
  "deliveries",
  "incidents",
  "people",
  "opportunity_events",
  "opportunities",
  "scans",
  "quality_hours",
  "quality_days",
  "duplicate_checks",
];
const quiet = createLogger({
  level: "error",
  component: "test",
  now: () => DAY,
  sink: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
});

beforeEach(async () => {
  await applyD1Migrations(db, env.TEST_MIGRATIONS);
  await db.batch(TABLES.map((table) => db.prepare(`DELETE FROM ${table}`)));
});

const all = async (sql: string) => (await db.prepare(sql).all()).results;
const rows = async (table: string) => (await db.prepare(`SELECT count(*) AS rows FROM ${table}`).first<number>("rows")) ?? Number.NaN;

async function store(record: ScanRecord, opportunities: Parameters<typeof saveScan>[1]["opportunities"] = []): Promise<void> {
  const write = { scan: record, opportunities, events: [], nowMs: record.finishedAtMs, venues: VENUES };
  const saved = await saveScan(db, write, { attempts: D1_ATTEMPTS, wait: async () => undefined });
  if (!saved.ok) throw new Error(saved.error.message);
}

/** A scan whose counts depend on its slot: two feeds of alpha, and beta, which is down in every fifth. */
function scanAt(slotMs: number): ScanRecord {
  const step = slotMs / INTERVAL_MS;
  const isBetaUp = step % 5 !== 0;
  const [stale, halted] = [step % 3, step % 2];
  const alpha = { stale, "not-trading": halted };
  const gate = Object.fromEntries(Object.entries(alpha).filter(([, count]) => count > 0));
  const names = ["BTC", "ETH", "SOL", "NEIRO"];
  return scanOf({
    slotMs,
    scanId: `scan-${slotMs}`,
    intervalSeconds: INTERVAL_MS / 1_000,
    venues: [
      reportOf({ feed: "alpha", rows: 8 }),
      reportOf({ feed: "alpha-spot", venue: "alpha", rows: 3 }),
      reportOf({ feed: "beta", ok: isBetaUp, rows: isBetaUp ? 4 : 0 }),
    ],
    rejections: { counts: { parse: { alpha: { delisted: 2, "bad-field": step % 4 } }, gate: { alpha: gate } }, samples: [] },
    quality: {
      failed: { alpha: { ...alpha, "low-volume": 1 } },
      coins: isBetaUp ? { "4": names.slice(0, 3), "3": ["NEIRO"] } : { "3": names.slice(0, 3), "2": ["NEIRO"] },
      refused: { alpha: { stale: names.slice(0, stale), "not-trading": names.slice(3, 3 + halted) } },
    },
  });
}

async function storeScans(fromMs: number, untilMs: number): Promise<void> {
  for (let slotMs = fromMs; slotMs < untilMs; slotMs += INTERVAL_MS) await store(scanAt(slotMs));
}
/** Rolls up until nothing is left to do. */
async function rollUp(nowMs: number): Promise<{ readonly hours: number; readonly days: number }> {
  let sum = { hours: 0, days: 0 };
  for (;;) {
    const made = await rollUpQuality(db, nowMs);
    if (made.hours + made.days === 0) return sum;
    sum = { hours: sum.hours + made.hours, days: sum.days + made.days };
  }
}

/** The same figures by another way: SQL over the JSON of every stored scan of the period. */
async function recomputed(fromMs: number, untilMs: number) {
  const one = async (sql: string) => (await db.prepare(sql).bind(fromMs, untilMs).all<{ name: string; rows: number }>()).results;
  const sums = async (sql: string) => Object.fromEntries((await one(sql)).map(({ name, rows: count }) => [name, count]));
  return {
    scans: (await one("SELECT 'scans' AS name, count(*) AS rows FROM scans WHERE id >= ?1 AND id < ?2"))[0]?.rows,
    readByFeed: await sums(`SELECT venue.value ->> 'feed' AS name, sum(venue.value ->> 'rows') AS rows
      FROM scans, json_each(scans.venues) AS venue WHERE scans.id >= ?1 AND scans.id < ?2 GROUP BY 1`),
    refused: await sums(`SELECT step.key || ' ' || feed.key || ' ' || rule.key AS name, sum(rule.value) AS rows
      FROM scans, json_each(scans.rejections, '$.counts') AS step, json_each(step.value) AS feed, json_each(feed.value) AS rule
      WHERE scans.id >= ?1 AND scans.id < ?2 GROUP BY 1`),
    rowsByCoin: await sums(`SELECT coin.value AS name, sum(CAST(size.key AS INTEGER)) AS rows
      FROM scans, json_each(scans.quality, '$.coins') AS size, json_each(size.value) AS coin
      WHERE scans.id >= ?1 AND scans.id < ?2 GROUP BY 1`),
    refusedByCoin: await sums(`SELECT coin.value || ' ' || feed.key || ' ' || rule.key AS name, count(*) AS rows
      FROM scans, json_each(scans.quality, '$.refused') AS feed, json_each(feed.value) AS rule, json_each(rule.value) AS coin
      WHERE scans.id >= ?1 AND scans.id < ?2 GROUP BY 1`),
    failed: await sums(`SELECT feed.key || ' ' || rule.key AS name, sum(rule.value) AS rows
      FROM scans, json_each(scans.quality, '$.failed') AS feed, json_each(feed.value) AS rule
      WHERE scans.id >= ?1 AND scans.id < ?2 GROUP BY 1`),
  };
}

/** A tally in the form of `recomputed`. */
async function told(fromMs: number, untilMs: number) {
  const { tally, whole } = await tallyPeriod(db, { fromMs, untilMs }, { coins: true });
  expect(whole).toBe(true);
  const feeds = Object.entries(tally.feeds);
  const total = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((sum, count) => sum + count, 0);
  const named = (all: readonly (readonly [string, Readonly<Record<string, number>>])[]) =>
    Object.fromEntries(all.flatMap(([name, counts]) => Object.entries(counts).map(([rule, count]) => [`${name} ${rule}`, count])));
  return {
    scans: tally.scans,
    readByFeed: Object.fromEntries(feeds.map(([feed, { received, refused }]) => [feed, received - total(refused.parse)])),
    refused: named(
      feeds.flatMap(([feed, { refused }]) => Object.entries(refused).map(([step, counts]) => [`${step} ${feed}`, counts] as const)),
    ),
    rowsByCoin: Object.fromEntries(Object.entries(tally.coins).map(([coin, { rows: count }]) => [coin, count])),
    refusedByCoin: named(Object.entries(tally.coins).map(([coin, { refused }]) => [coin, refused] as const)),
    failed: named(feeds.map(([feed, { failed }]) => [feed, failed] as const)),
  };
}
/** Counts of 0 are no rows of a sum. */
const withoutZeros = (figures: unknown): unknown =>
  JSON.parse(JSON.stringify(figures, (_key, value: unknown) => (value === 0 ? undefined : value)));

describe("the record of quality", () => {
  it("gives for any period what the stored scans add up to, whether it is of days, hours, scans or all of them", async () => {
    await storeScans(DAY - 5 * HOUR_MS, DAY + 27 * HOUR_MS + 30 * MINUTE_MS);
    const nowMs = DAY + 27 * HOUR_MS + 31 * MINUTE_MS;
    expect(await rollUp(nowMs)).toEqual({ hours: 32, days: 2 });
    for (const [from, until] of [
      [DAY, DAY + DAY_MS],
      [DAY - 5 * HOUR_MS, nowMs],
      [DAY - 70 * MINUTE_MS, DAY + DAY_MS + 90 * MINUTE_MS],
      [DAY + 3 * HOUR_MS, DAY + 4 * HOUR_MS],
      [DAY + 3 * HOUR_MS + INTERVAL_MS, DAY + 3 * HOUR_MS + 3 * INTERVAL_MS],
      [DAY + 26 * HOUR_MS + INTERVAL_MS, nowMs],
      [DAY - DAY_MS, DAY],
      [DAY + 90 * HOUR_MS, DAY + 91 * HOUR_MS],
    ] as const) {
      const expected = await recomputed(from, until);
      expect(withoutZeros(await told(from, until)), `${from - DAY} ${until - DAY}`).toEqual(withoutZeros(expected));
    }
    expect((await recomputed(DAY, DAY + DAY_MS)).scans).toBe(144);
  });

  it("sums an hour only when it is over, and each hour and day once", async () => {
    await storeScans(DAY + 22 * HOUR_MS, DAY + 24 * HOUR_MS);
    expect(await rollUp(DAY + 23 * HOUR_MS + 4 * MINUTE_MS)).toEqual({ hours: 0, days: 0 });
    expect(await rollUp(DAY + 23 * HOUR_MS + 5 * MINUTE_MS)).toEqual({ hours: 1, days: 0 });
    await storeScans(DAY + 24 * HOUR_MS, DAY + 25 * HOUR_MS);
    expect(await rollUp(DAY + 24 * HOUR_MS + 5 * MINUTE_MS)).toEqual({ hours: 1, days: 1 });
    const before = await all("SELECT * FROM quality_days");
    expect(await rollUp(DAY + 24 * HOUR_MS + 9 * MINUTE_MS)).toEqual({ hours: 0, days: 0 });
    expect(await all("SELECT * FROM quality_days")).toEqual(before);
    expect(before).toMatchObject([{ id: DAY, scans: 12, coin_scans: 12 }]);
  });

  it("makes up what an outage of days left, without hours that had no scan", async () => {
    await storeScans(DAY, DAY + HOUR_MS);
    await storeScans(DAY + 3 * DAY_MS, DAY + 3 * DAY_MS + 2 * HOUR_MS);
    expect(await rollUp(DAY + 4 * DAY_MS + 5 * MINUTE_MS)).toEqual({ hours: 3, days: 2 });
    expect((await all("SELECT id FROM quality_days ORDER BY id")).map(({ id }) => id)).toEqual([DAY, DAY + 3 * DAY_MS]);
  });

  it("keeps days for years and drops hours after forty days, once their day is summed", async () => {
    await storeScans(DAY, DAY + 2 * HOUR_MS);
    await rollUp(DAY + 3 * HOUR_MS);
    await purge(db, DAY + 50 * DAY_MS);
    expect(await rows("quality_hours")).toBe(2);
    await rollUp(DAY + 50 * DAY_MS);
    await purge(db, DAY + 50 * DAY_MS);
    expect([await rows("quality_hours"), await rows("quality_days")]).toEqual([0, 1]);
    await purge(db, DAY + 3_000 * DAY_MS);
    expect(await rows("quality_days")).toBe(1);
    expect(await told(DAY, DAY + DAY_MS)).toMatchObject({ scans: 12 });
  });

  it("tells scans that were stored before coins were kept apart, by their first rules", async () => {
    await store(scanAt(DAY));
    await store(scanAt(DAY + INTERVAL_MS));
    await db.prepare("UPDATE scans SET quality = NULL WHERE id = ?1").bind(DAY).run();
    await rollUp(DAY + 2 * HOUR_MS);
    const { tally } = await tallyPeriod(db, { fromMs: DAY, untilMs: DAY + HOUR_MS }, { coins: true });
    expect([tally.scans, tally.coinScans]).toEqual([2, 1]);
  });
});

describe("GET /api/quality", () => {
  const NOW = DAY + 30 * HOUR_MS;
  async function get(query: string) {
    const config = readConfig({});
    if (!config.ok) throw new Error("expected a configuration");
    const app = createApi({
      config: config.value,
      now: () => NOW,
      db,
      snapshots: { cache: env.CACHE, db, memory: snapshotMemory(), venues: VENUES, now: () => NOW, wait: async () => undefined },
      log: quiet,
      random: () => crypto.randomUUID(),
      container: () => ({}),
      startBroadcast: async () => undefined,
      rules: RULE_FACTS,
    });
    const response = await app.request(`http://localhost/api/quality${query}`);
    type Body = { readonly rows: readonly Record<string, unknown>[]; readonly total: Record<string, number>; readonly detail: string };
    return { status: response.status, body: await response.json<Body & Record<string, unknown>>() };
  }

  it("answers by rule, venue, pair, hour and day, both ends of the period included", async () => {
    await storeScans(DAY, DAY + 26 * HOUR_MS);
    await rollUp(NOW);
    const day = "from=2026-09-11&to=2026-09-11";
    const { body: byVenue } = await get(`?${day}`);
    expect(byVenue).toMatchObject({
      by: "venue",
      from: "2026-09-11T00:00:00.000Z",
      to: "2026-09-11T23:59:59.999Z",
      scans: 144,
      whole: true,
    });
    const beta = byVenue.rows.find(({ feed }) => feed === "beta");
    const expected = await recomputed(DAY, DAY + DAY_MS);
    expect(beta).toMatchObject({ asked: 144, passed: expected.readByFeed["beta"], faults: 0, passRate: 1 });
    expect(Number(beta?.["answered"])).toBeLessThan(144);
    const { body: byRule } = await get(`?${day}&by=rule&venue=alpha`);
    const stale = expected.refused["gate alpha stale"] ?? Number.NaN;
    const judged = (expected.readByFeed["alpha"] ?? 0) + (expected.readByFeed["alpha-spot"] ?? 0);
    expect(byRule.rows.find(({ rule }) => rule === "stale")).toMatchObject({ failed: stale, judged, passRate: 1 - stale / judged });
    const { body: byPair } = await get(`?${day}&by=pair&rule=stale&limit=1`);
    expect(byPair).toMatchObject({
      rowCount: 2,
      scansWithPairs: 144,
      rows: [{ coin: "BTC", faults: expected.refusedByCoin["BTC alpha stale"] }],
    });
    const { body: byHour } = await get("?from=2026-09-11T22:00Z&to=2026-09-12T00:59Z&by=hour");
    expect(byHour.rows.map(({ start }) => start)).toEqual([
      "2026-09-11T22:00:00.000Z",
      "2026-09-11T23:00:00.000Z",
      "2026-09-12T00:00:00.000Z",
    ]);
    const { body: byDay } = await get("?from=2026-09-01&to=2026-09-30&by=day");
    expect(byDay.rows).toMatchObject([{ start: "2026-09-11T00:00:00.000Z", scans: 144, ...byVenue.total }]);
    // The slot of `to` itself is in it.
    const { body: slots } = await get("?from=2026-09-11T03:00Z&to=2026-09-11T03:20Z");
    expect(slots["scans"]).toBe(3);
  });

  it("says what it expected where a question is none", async () => {
    for (const [query, detail] of [
      ["?from=yesterday", "from: expected a UTC date as 2026-11-30"],
      ["?from=2026-02-30", "from: expected a UTC date as 2026-11-30"],
      ["?from=2026-09-12&to=2026-09-11", "from: expected a time before to"],
      ["?from=2024-01-01&to=2026-09-11", "expected at most 366 days by venue"],
      ["?from=2026-07-01&to=2026-09-11&by=pair", "expected at most 31 days by pair"],
      ["?by=coin", "by: expected one of rule, venue, pair, hour, day"],
      ["?limit=0", "limit: expected a whole number from 1 to 500"],
      ["?coin=BTC", "coin"],
    ] as const) {
      const answer = await get(query);
      expect([query, answer.status]).toEqual([query, 400]);
      expect(answer.body.detail).toContain(detail);
    }
  });

  it("shows the whole days in which it looked where the hours are gone", async () => {
    await storeScans(DAY - 60 * DAY_MS, DAY - 60 * DAY_MS + HOUR_MS);
    await rollUp(NOW);
    await purge(db, NOW);
    const { body } = await get("?from=2026-07-13T00:20Z&to=2026-07-13T00:40Z");
    expect(body).toMatchObject({ from: "2026-07-13T00:00:00.000Z", to: "2026-07-13T23:59:59.999Z", scans: 6 });
  });
});

const arrive = (id: number, role: "person" | "operator") =>
  db
    .prepare(
      "INSERT INTO people (telegram_id, chat_id, role, status, preferences, created_at, updated_at) VALUES (?1, ?1, ?2, 'active', ?3, ?4, ?4)",
    )
    .bind(id, role, JSON.stringify({ ...DEFAULT_PREFERENCES, onboarded: true }), DAY)
    .run();

describe("a venue whose rows fail", () => {
  const flags = {
    quality_pass_rate_min: 0.8,
    quality_alarm_scans: 3,
    incident_cooldown_minutes: 60,
    quality_alarm_overrides: { venues: {}, pairs: {} },
  };
  const look = async (slot: number, stale: number) => {
    const scan = scanOf({
      slotMs: DAY + slot * INTERVAL_MS,
      venues: [reportOf({ feed: "alpha", rows: 10 })],
      rejections: { counts: { gate: { alpha: { stale } } }, samples: [] },
    });
    return passRateAlarm({ db, scan, flags, nowMs: scan.finishedAtMs });
  };

  it("is told to operators once, also when a scan is looked at twice, and once when it is over", async () => {
    await Promise.all([arrive(1, "operator"), arrive(2, "person")]);
    expect([await look(0, 5), await look(1, 5), await look(1, 5)].flat()).toEqual([]);
    const opening = await look(2, 5);
    expect(opening).toMatchObject([
      { telegramId: 1, kind: "incident", payload: { incident: "low-pass-rate", subject: "alpha", phase: "opened" } },
    ]);
    expect((await look(2, 5)).map(({ eventId }) => eventId)).toEqual(opening.map(({ eventId }) => eventId));
    expect([await look(3, 5), await look(4, 9)].flat()).toEqual([]);
    expect(await look(5, 1)).toMatchObject([{ payload: { phase: "recovered" } }]);
    expect(await look(6, 1)).toEqual([]);
    expect(await rows("deliveries")).toBe(2);
  });
});

describe("what must not be there twice", () => {
  const check = async (nowMs: number) => duplicateAlarm({ db, scanAtMs: nowMs, coolDownMinutes: 60, nowMs });
  const message = { kind: "opened", status: "queued", reason: null, protective: false, silent: false, strategy: "funding" } as const;
  const delivery = (eventId: string, telegramId: number) => ({
    ...message,
    eventId,
    telegramId,
    opportunityId: "row-1",
    asset: "BTC",
    netTold: null,
    payload: { kind: "broadcast", text: "the same" } as const,
    venueAtMs: null,
    scanAtMs: DAY,
  });

  it("is counted once an hour, stays 0 over sound rows, and is kept", async () => {
    await arrive(1, "operator");
    const pairs = ["BTC", "ETH"].map((asset) => opened(fundingPair({ asset }), { openedAtMs: DAY }));
    await store(scanOf({ slotMs: DAY }), pairs);
    await insertDeliveries(db, [delivery("event-1", 1)], DAY);
    expect((await check(DAY + MINUTE_MS))?.check).toMatchObject({
      rowsChecked: 2,
      rowsDouble: 0,
      deliveriesChecked: 1,
      deliveriesDouble: 0,
    });
    expect(await check(DAY + 2 * MINUTE_MS)).toBe(null);
    expect((await check(DAY + HOUR_MS))?.notices).toEqual([]);
    expect(await rows("duplicate_checks")).toBe(2);
    expect(await rows("incidents")).toBe(0);
  });

  it("is found although keys and constraints were passed by, told once, and told when it is gone", async () => {
    await arrive(1, "operator");
    const pair = opened(fundingPair(), { openedAtMs: DAY });
    await store(scanOf({ slotMs: DAY }), [pair]);
    const names = (await all("SELECT name FROM pragma_table_info('opportunities')")).map(({ name }) => String(name));
    const copy = (id: string, change: Readonly<Record<string, string>>) =>
      db
        .prepare(
          `INSERT INTO opportunities (${names.join(", ")}) SELECT ${names.map((name) => (name === "id" ? `'${id}'` : (change[name] ?? name))).join(", ")}
          FROM opportunities WHERE id = ?1`,
        )
        .bind(pair.id);
    // One of the same key, where the index is gone; one of the same legs under another name of the coin.
    await db.prepare("DROP INDEX opportunities_open_key").run();
    const other = { asset: "'BTC~2'", key: "replace(key, '|BTC|', '|BTC~2|')", priced: "replace(priced, '|BTC|', '|BTC~2|')" };
    await db.batch([copy("same-key", {}), copy("same-legs", other)]);
    // The same text about the same row after the same scan, under two events.
    await insertDeliveries(db, [delivery("event-1", 1), delivery("event-2", 1)], DAY);
    const found = await check(DAY + MINUTE_MS);
    expect(found?.check).toMatchObject({ rowsChecked: 3, rowsDouble: 2, deliveriesChecked: 2, deliveriesDouble: 1 });
    expect(found?.check.samples).toHaveLength(3);
    expect(found?.notices).toMatchObject([{ telegramId: 1, payload: { incident: "duplicates", phase: "opened" } }]);
    expect((await check(DAY + HOUR_MS))?.notices).toEqual([]);
    await db.prepare("DELETE FROM opportunities WHERE id IN ('same-key', 'same-legs')").run();
    const later = DAY + 4 * HOUR_MS;
    expect((await check(later))?.notices).toMatchObject([{ payload: { phase: "recovered" } }]);
    await db.prepare("CREATE UNIQUE INDEX opportunities_open_key ON opportunities (key) WHERE status <> 'closed'").run();
  });
});
