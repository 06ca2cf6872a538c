import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import type { NewDelivery } from "../../src/domain/delivery.ts";
import { auditStatement } from "../../src/storage/audits.ts";
import { createBroadcast } from "../../src/storage/broadcasts.ts";
import { insertDeliveries, recordDeliveries } from "../../src/storage/deliveries.ts";
import { setFlag, unsetFlag } from "../../src/storage/flags.ts";
import { createLogger } from "../../src/monitoring/log.ts";
import { sessionKey } from "../../src/storage/keys.ts";
import { erasePersonalData } from "../../src/storage/personal-data.ts";
import { purge } from "../../src/storage/purge.ts";
import { LIVE_SESSION_SQL, openSession, setBlocked } from "../../src/storage/sessions.ts";
import { createSessions } from "../../src/telegram/session.ts";

const db = env.DB;
const NOW_MS = Date.UTC(2026, 10, 22, 12);
const [ANNA, BUDI] = [4_401, 4_402];
const TABLES = ["deliveries", "broadcasts", "audits", "dead_letters", "flags", "flag_changes", "sessions", "people"];

beforeEach(async () => {
  await applyD1Migrations(db, env.TEST_MIGRATIONS);
  await db.batch(TABLES.map((table) => db.prepare(`DELETE FROM ${table}`)));
  for (const telegramId of [ANNA, BUDI])
    await openSession(db, { id: crypto.randomUUID(), telegramId, chatId: telegramId, preferences: "{}", nowMs: NOW_MS });
});

const all = async (sql: string) => (await db.prepare(sql).all()).results;
/** D1 that holds the first live session that it has read back until `pause` ends. */
function pausing(pause: () => Promise<void>): D1Database {
  const prepare = (sql: string) => {
    const statement = db.prepare(sql);
    if (sql !== LIVE_SESSION_SQL) return statement;
    const first = async (values: readonly unknown[]) => {
      const row = await statement.bind(...values).first();
      await pause();
      return row;
    };
    return { bind: (...values: readonly unknown[]) => ({ first: () => first(values) }) };
  };
  return { prepare, batch: (statements: D1PreparedStatement[]) => db.batch(statements) } as unknown as D1Database;
}
const delivery = (telegramId: number): NewDelivery => ({
  eventId: "broadcast:1",
  telegramId,
  kind: "broadcast",
  status: "queued",
  reason: null,
  protective: false,
  silent: false,
  opportunityId: null,
  strategy: null,
  asset: null,
  netTold: null,
  payload: { kind: "broadcast", text: "Hello" },
  venueAtMs: null,
  scanAtMs: null,
});

describe("whoever is erased", () => {
  it("gets no row from work that had read them before", async () => {
    await erasePersonalData(db, ANNA);
    const waiting = await insertDeliveries(db, [delivery(ANNA), delivery(BUDI)], NOW_MS);
    expect(waiting).toEqual([{ eventId: "broadcast:1", telegramId: BUDI }]);
    expect(await all("SELECT telegram_id FROM deliveries")).toEqual([{ telegram_id: BUDI }]);
  });

  it("leaves no row that purging does not find, whatever its state", async () => {
    await insertDeliveries(db, [delivery(ANNA), delivery(BUDI)], NOW_MS);
    await db.batch(["sessions", "people"].map((table) => db.prepare(`DELETE FROM ${table} WHERE telegram_id = ?`).bind(ANNA)));
    await purge(db, NOW_MS);
    expect(await all("SELECT telegram_id FROM deliveries")).toEqual([{ telegram_id: BUDI }]);
  });

  it("is cached by no update that was reading them meanwhile", async () => {
    let read = (): void => undefined;
    const reading = new Promise<void>((resolve) => (read = resolve));
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const log = createLogger({ level: "error", component: "test", now: () => NOW_MS });
    const wait = async (): Promise<void> => undefined;
    const ports = { cache: env.CACHE, now: () => NOW_MS, wait, log, random: () => crypto.randomUUID() };
    const sessions = createSessions({ ...ports, db: pausing(async () => (read(), await released)) });
    const deferred: (() => Promise<unknown>)[] = [];
    const found = sessions.resolve(ANNA, (_what, work) => void deferred.push(work));
    await reading;
    await sessions.people.erase(ANNA);
    release();
    expect((await found).source).toBe("d1");
    await Promise.all(deferred.map((work) => work()));
    expect(await env.CACHE.get(sessionKey(ANNA))).toBeNull();
    expect((await sessions.resolve(ANNA, () => undefined)).source).toBe("none");
  });

  it("is named no more by what they did as an operator, which stays; others are", async () => {
    for (const telegramId of [ANNA, BUDI]) {
      const by = `operator:${telegramId}`;
      const author = () => ({ by, nowMs: NOW_MS, auditId: crypto.randomUUID() });
      await setFlag(
        db,
        { key: telegramId === ANNA ? "confirm_scans" : "close_scans", value: 4, deployment: {}, venues: new Set() },
        author(),
      );
      await setFlag(db, { key: "alerts_per_scan", value: 3, deployment: {}, venues: new Set() }, author());
      await unsetFlag(db, "alerts_per_scan", author());
      const audit = { id: crypto.randomUUID(), atMs: NOW_MS, actor: by, action: "broadcast.draft", target: "broadcast:x", detail: null };
      await createBroadcast(
        db,
        { id: `draft-of-${telegramId === ANNA ? "anna" : "budi"}`, text: "Hello", createdBy: by, createdAtMs: NOW_MS },
        audit,
      );
    }
    await auditStatement(db, {
      id: "a",
      atMs: NOW_MS,
      actor: `operator:${BUDI}`,
      action: "operator.name",
      target: `person:${ANNA}`,
      detail: null,
    }).run();
    const written = async () => await Promise.all(TABLES.map(async (table) => (await all(`SELECT * FROM ${table}`)).length));
    const before = await written();
    await erasePersonalData(db, ANNA);
    const found = await Promise.all(TABLES.map(async (table) => [table, JSON.stringify(await all(`SELECT * FROM ${table}`))] as const));
    const naming = (telegramId: number) => found.filter(([, text]) => text.includes(String(telegramId))).map(([table]) => table);
    expect(naming(ANNA)).toEqual([]);
    expect(naming(BUDI)).toEqual(["broadcasts", "audits", "flags", "flag_changes", "sessions", "people"]);
    expect(await all("SELECT updated_by FROM flags WHERE key = 'confirm_scans'")).toEqual([{ updated_by: "operator:erased" }]);
    const [people, sessions] = [TABLES.indexOf("people"), TABLES.indexOf("sessions")];
    expect(await written()).toEqual(before.map((count, place) => (place === people || place === sessions ? count - 1 : count)));
  });
});

describe("whoever Telegram refuses", () => {
  const refused = async (telegramId: number) => await recordDeliveries(db, { rows: [], blocked: [telegramId], letters: [], nowMs: NOW_MS });
  const status = async () => (await all(`SELECT status FROM people WHERE telegram_id = ${ANNA}`))[0]?.["status"];

  it("is blocked until they let the bot write again; had they stopped alerts, stopped before and after", async () => {
    await refused(ANNA);
    expect(await status()).toBe("blocked");
    await setBlocked(db, { telegramId: ANNA, blocked: false, nowMs: NOW_MS });
    expect(await status()).toBe("active");
    await db.prepare("UPDATE people SET status = 'stopped'").run();
    await refused(ANNA);
    expect(await status()).toBe("stopped");
    await setBlocked(db, { telegramId: ANNA, blocked: false, nowMs: NOW_MS });
    expect(await status()).toBe("stopped");
  });
});
