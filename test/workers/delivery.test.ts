import { applyD1Migrations, createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import type { DeliveriesMessage, Delivery, DeliveryRef, EventsMessage, NewDelivery, SendOutcome } from "../../src/domain/delivery.ts";
import type { EventKind, Opportunity, Priced } from "../../src/domain/opportunity.ts";
import type { Person, Preferences } from "../../src/domain/person.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../src/domain/units.ts";
import type { KeyCheck } from "../../src/domain/venue-key.ts";
import { checkKeys } from "../../src/delivery/check-keys.ts";
import { enqueue, wake } from "../../src/delivery/enqueue.ts";
import { PEOPLE_A_PAGE, onEvents } from "../../src/delivery/on-events.ts";
import { BATCH_LIMIT_MS, MOST_ATTEMPTS } from "../../src/delivery/on-deliveries.ts";
import { queuePorts } from "../../src/delivery/queue-ports.ts";
import { onQueue, QUEUES } from "../../src/delivery/queues.ts";
import { createLogger, type Fields } from "../../src/monitoring/log.ts";
import { claimDeliveries, lostDeliveries, markCalled, SENDING_LIMIT_MS } from "../../src/storage/deliveries.ts";
import { listDeadLetters } from "../../src/storage/dead-letters.ts";
import { latenessOf } from "../../src/storage/lateness.ts";
import { SNAPSHOT_KEY } from "../../src/storage/keys.ts";
import { venueMarket } from "../../src/storage/market-columns.ts";
import { snapshotMemory } from "../../src/storage/read-snapshot.ts";
import { saveScan } from "../../src/storage/save-scan.ts";
import { saveTaken } from "../../src/storage/taken.ts";
import { buildSnapshot, writeSnapshot } from "../../src/storage/snapshot.ts";
import { loadKeyStates } from "../../src/storage/venue-keys.ts";
import { eventOf, fundingPair, NOW_MS, opened, scanOf, VENUES } from "../opportunities.ts";
import { personWith } from "../people.ts";
import { columnsOf } from "../rows.ts";

const db = env.DB;
const TABLES = ["deliveries", "dead_letters", "incidents", "taken", "watches", "people", "opportunity_events", "opportunities", "scans"];
type Sent = {
  readonly to: number;
  readonly eventId: string;
  readonly kind: Delivery["kind"];
  readonly repeated: boolean;
  readonly atMs: number;
};

/** Consumers on the real database with a clock of their own, a Telegram that answers as it is told, and queues that note. */
function stage(
  over: { readonly answer?: (sent: Sent, calls: number) => SendOutcome; readonly database?: D1Database; readonly perSecond?: number } = {},
) {
  let nowMs = NOW_MS + 2_000;
  const sent: Sent[] = [];
  const calls: Sent[] = [];
  const woken: { readonly refs: readonly DeliveryRef[]; readonly delaySeconds: number }[] = [];
  const pages: EventsMessage[] = [];
  const lines: Fields[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line));
  const now = (): number => nowMs;
  const wait = async (ms: number): Promise<void> => void (nowMs += ms);
  const database = over.database ?? db;
  const ports = queuePorts({
    db: database,
    log: createLogger({ level: "info", component: "test", sink: { debug: write, info: write, warn: write, error: write }, now }),
    now,
    wait,
    snapshots: { cache: env.CACHE, db: database, memory: snapshotMemory(), venues: VENUES, now, wait },
    flagDefaults: {},
    messagesPerSecond: over.perSecond ?? 25,
    send: async (delivery, { person, repeated }) => {
      const call: Sent = { to: person.chatId, eventId: delivery.eventId, kind: delivery.kind, repeated, atMs: nowMs };
      calls.push(call);
      const outcome = over.answer?.(call, calls.length) ?? { kind: "sent" };
      if (outcome.kind === "sent") sent.push(call);
      return outcome;
    },
    keys: { given: async () => [], check: async (venue) => Promise.reject(new Error(`no key of ${venue}`)) },
    events: {
      send: async (message) => {
        if ("scanId" in message) pages.push(message);
        return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };
      },
    },
    deliveries: {
      sendBatch: async (messages) => {
        for (const { body, delaySeconds } of messages) woken.push({ refs: body.deliveries, delaySeconds: delaySeconds ?? 0 });
        return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };
      },
    },
  });
  const queue = async (name: string, body: unknown, attempts = 1) => {
    const batch = createMessageBatch(name, [{ id: crypto.randomUUID(), timestamp: new Date(nowMs), attempts, body }]);
    await onQueue(batch, ports);
    return await getQueueResult(batch, createExecutionContext());
  };
  const events = (message: Partial<EventsMessage> = {}) => queue(QUEUES.events, { scanId: "scan-1", slotMs: NOW_MS, after: 0, ...message });
  const deliver = (refs: readonly DeliveryRef[]) => queue(QUEUES.deliveries, { deliveries: refs } satisfies DeliveriesMessage);
  /** Runs everything that the queue holds, and what that puts there, with the clock at each message's time. */
  const drain = async (most = 200): Promise<void> => {
    for (let run = 0; woken.length > 0 && run < most; run++) {
      woken.sort((a, b) => a.delaySeconds - b.delaySeconds);
      const next = woken.shift();
      if (next === undefined) return;
      nowMs += next.delaySeconds * 1_000;
      await deliver(next.refs);
    }
  };
  return { ports, queue, events, deliver, drain, sent, calls, woken, pages, lines, now, pass: (ms: number) => void (nowMs += ms) };
}

async function addPeople(people: readonly Person[]): Promise<void> {
  const insert = db.prepare(
    "INSERT INTO people (telegram_id, chat_id, role, status, preferences, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
  );
  await db.batch(
    people.map(({ telegramId, chatId, role, status, preferences, createdAtMs }) =>
      insert.bind(telegramId, chatId, role, status, JSON.stringify(preferences), createdAtMs),
    ),
  );
}
const person = (telegramId: number, preferences: Partial<Preferences> = {}, fields: Partial<Person> = {}): Person =>
  personWith(preferences, { telegramId, ...fields });

/** Stores a scan in which these rows were changed so. */
async function storeScan(
  rows: readonly { readonly row: Opportunity; readonly kind: EventKind }[],
  { scanId = "scan-1", slotMs = NOW_MS }: { readonly scanId?: string; readonly slotMs?: number } = {},
): Promise<void> {
  const opportunities = rows.map(({ row }) => row);
  const events = rows.map(({ row, kind }) => eventOf(row, kind, scanId));
  const write = { scan: scanOf({ scanId, slotMs, verdict: "opportunities" }), opportunities, events, nowMs: slotMs + 900, venues: VENUES };
  expect(await saveScan(db, write, { attempts: 1, wait: async () => undefined })).toMatchObject({
    ok: true,
    value: { refused: [], eventsRefused: [] },
  });
}
const BTC = opened(fundingPair());
const coin = (asset: string, rate = 0.0004) => opened(fundingPair({ asset, short: { rate } }));

const stored = async (): Promise<readonly Record<string, unknown>[]> =>
  (
    await db
      .prepare("SELECT event_id, telegram_id, kind, status, reason, attempts, sent_at_ms FROM deliveries ORDER BY telegram_id, event_id")
      .all()
  ).results;
const statuses = async (): Promise<readonly string[]> =>
  (await stored()).map(({ status, reason }) => [status, reason].filter((part): part is string => typeof part === "string").join(" "));

/** A delivery of no event, for the sender alone. */
const plain = (telegramId: number, fields: Partial<NewDelivery> = {}): NewDelivery => ({
  eventId: "event-1",
  telegramId,
  kind: "broadcast",
  reason: null,
  protective: false,
  silent: false,
  opportunityId: null,
  strategy: null,
  asset: null,
  netTold: null,
  venueAtMs: null,
  scanAtMs: null,
  ...fields,
  ...({ payload: { kind: "broadcast", text: "hello" }, status: "queued" } as const),
});

/** A database that counts statements, each of a batch for itself. */
function counted(): { readonly database: D1Database; readonly statements: () => number } {
  let count = 0;
  const database = new Proxy(db, {
    get(target, name) {
      if (name === "prepare") count++;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { database, statements: () => count };
}

beforeEach(async () => {
  await applyD1Migrations(db, env.TEST_MIGRATIONS);
  await db.batch(TABLES.map((table) => db.prepare(`DELETE FROM ${table}`)));
  await env.CACHE.delete(SNAPSHOT_KEY);
});

describe("a scan's events", () => {
  test("become one delivery a person who wants them, and reach Telegram once", async () => {
    const { events, drain, sent } = stage();
    await addPeople([
      person(1),
      person(2, { assets: ["ETH"] }),
      person(3, {}, { status: "stopped" }),
      person(4, { onboarded: false }),
      person(5),
    ]);
    await storeScan([{ row: BTC, kind: "opened" }]);
    expect(await events()).toMatchObject({ explicitAcks: [expect.any(String)], retryMessages: [] });
    await drain();
    expect(sent.map(({ to, kind }) => [to, kind])).toEqual([
      [1, "opened"],
      [5, "opened"],
    ]);
    expect(await statuses()).toEqual(["sent", "sent"]);
  });

  test("delivered three times by the queue, at either step, make one message", async () => {
    const { events, deliver, drain, woken, sent } = stage();
    await addPeople([person(1)]);
    await storeScan([{ row: BTC, kind: "opened" }]);
    await events();
    const refs = woken.flatMap((each) => each.refs);
    for (let again = 0; again < 2; again++) await events();
    await drain();
    for (let again = 0; again < 3; again++) await deliver(refs);
    expect(sent).toHaveLength(1);
    expect(await stored()).toMatchObject([{ status: "sent", attempts: 1, sent_at_ms: expect.any(Number) }]);
  });

  test("whose page was cut short after its rows were stored are put on the queue when it comes again", async () => {
    const { events, drain, woken, sent } = stage();
    await addPeople([person(1)]);
    await storeScan([{ row: BTC, kind: "opened" }]);
    await events();
    woken.length = 0;
    await events();
    await drain();
    expect(sent).toHaveLength(1);
  });

  test("are matched page by page, with as many statements for a full page as for one person", async () => {
    await storeScan([
      { row: BTC, kind: "opened" },
      { row: coin("ETH"), kind: "opened" },
    ]);
    await addPeople([person(1)]);
    const one = counted();
    const alone = stage({ database: one.database });
    await onEvents({ ...alone.ports, wake: async () => undefined }, { scanId: "scan-1", slotMs: NOW_MS, after: 0 });
    await addPeople(Array.from({ length: PEOPLE_A_PAGE }, (_, index) => person(index + 2)));
    const many = counted();
    const { ports, pages } = stage({ database: many.database });
    await onEvents({ ...ports, wake: async () => undefined }, { scanId: "scan-1", slotMs: NOW_MS, after: 0 });
    expect(many.statements() - one.statements()).toBeLessThanOrEqual(16);
    expect(pages).toEqual([{ scanId: "scan-1", slotMs: NOW_MS, after: PEOPLE_A_PAGE }]);
    await onEvents({ ...ports, wake: async () => undefined }, { scanId: "scan-1", slotMs: NOW_MS, after: PEOPLE_A_PAGE });
    const { results } = await db.prepare("SELECT count(DISTINCT telegram_id) AS people, count(*) AS messages FROM deliveries").all();
    expect(results).toEqual([{ people: PEOPLE_A_PAGE + 1, messages: 2 * (PEOPLE_A_PAGE + 1) }]);
  });

  test("of a pair that is told, improved and over are each told once over its life, at the net last told", async () => {
    const { events, drain, sent, pass } = stage();
    await addPeople([person(1)]);
    const hours = (count: number) => NOW_MS + count * 5 * HOUR_MS;
    const later = (row: Opportunity, count: number, fields: Partial<Opportunity> = {}) => ({
      ...row,
      lastSeenAtMs: hours(count),
      ...fields,
    });
    const richer = fundingPair({ short: { rate: 0.0008 } });
    const ended = { status: "closed", closedAtMs: hours(3), closeReason: "below-bar" } as const;
    const life = [
      { row: later(BTC, 0), kind: "opened" },
      { row: later(BTC, 1), kind: "updated" },
      { row: later(BTC, 2, { priced: richer }), kind: "updated" },
      { row: later(BTC, 3, { priced: richer, ...ended }), kind: "closed" },
    ] as const;
    for (const [count, { row, kind }] of life.entries()) {
      const scan = { scanId: `scan-${count}`, slotMs: hours(count) };
      await storeScan([{ row, kind }], scan);
      await events(scan);
      await drain();
      pass(5 * HOUR_MS);
    }
    expect(sent.map(({ kind }) => kind)).toEqual(["opened", "improved", "ended"]);
  });
});

describe("a pair that somebody holds", () => {
  const hold = async (telegramId: number, sizeUsd = 5_000): Promise<void> => {
    const { id: opportunityId, key, priced } = BTC;
    const taken = { id: `taken-${telegramId}`, telegramId, opportunityId, key, asset: "BTC", sizeUsd, priced, takenAtMs: NOW_MS };
    expect(await saveTaken(db, taken)).toBe(true);
  };
  const at = (count: number) => ({ scanId: `scan-${count}`, slotMs: NOW_MS + count * 2 * MINUTE_MS });
  /** What a scan makes of the row of the pair: its funding on the short leg, and what happened. */
  const storeRate = async (
    count: number,
    { rate, kind = "updated", ...fields }: { rate: number; kind?: EventKind } & Partial<Opportunity>,
  ) => {
    const row = { ...BTC, priced: fundingPair({ short: { rate } }), lastSeenAtMs: at(count).slotMs, ...fields };
    await storeScan([{ row, kind }], at(count));
  };
  const ofKind = (sent: readonly Sent[], kind: Delivery["kind"]) => sent.filter((each) => each.kind === kind).map(({ to }) => to);

  test("is told to cost at each turn of its carry to negative, once a turn, at the size that was taken", async () => {
    await addPeople([person(1, { sizeUsd: 1_000 }), person(2)]);
    await hold(1, 20_000);
    const { events, drain, sent, pass } = stage();
    for (const [count, rate] of [0.0004, -0.0002, -0.0006, 0.0004, -0.0003].entries()) {
      await storeRate(count, { rate, kind: count === 0 ? "opened" : "updated" });
      for (let again = 0; again < 2; again++) await events(at(count));
      await drain();
      pass(2 * MINUTE_MS);
    }
    expect(ofKind(sent, "terms-changed")).toEqual([1, 1]);
    const sizes = "SELECT DISTINCT json_extract(payload, '$.pair.priced.ledger.sizeUsd') AS sizeUsd FROM deliveries WHERE protective = 1";
    expect((await db.prepare(sizes).all()).results).toEqual([{ sizeUsd: 20_000 }]);
  });

  test("is told of again where the page was cut short before what was seen was noted, in the same message", async () => {
    await addPeople([person(1)]);
    await hold(1);
    await storeRate(0, { rate: 0.0004, kind: "opened" });
    await storeRate(1, { rate: -0.0004 });
    const { events, drain, sent, ports, woken } = stage();
    await expect(onEvents({ ...ports, wake: () => Promise.reject(new Error("gone")) }, { ...at(1), after: 0 })).rejects.toThrow("gone");
    expect(woken).toEqual([]);
    await events(at(1));
    await drain();
    expect(ofKind(sent, "terms-changed")).toEqual([1]);
  });

  test("is told of to who has not finished the first steps, and nothing else is", async () => {
    await addPeople([person(1, { onboarded: false }), person(2, { onboarded: false }), person(3)]);
    await hold(1);
    const { events, drain, sent } = stage();
    await storeScan(
      [
        { row: BTC, kind: "opened" },
        { row: coin("ETH"), kind: "opened" },
      ],
      at(0),
    );
    await events(at(0));
    await storeRate(1, { rate: 0.00001, kind: "closed", status: "closed", closedAtMs: at(1).slotMs, closeReason: "below-bar" });
    await events(at(1));
    await drain();
    expect(ofKind(sent, "ended")).toEqual([1, 3]);
    expect(new Set(ofKind(sent, "opened"))).toEqual(new Set([3]));
  });
});

test("a pair is not said to pay more after its person has set a longer horizon, and is when it does", async () => {
  await addPeople([person(1)]);
  const { events, drain, sent, pass } = stage();
  const nextAt = ({ long, short, ...priced }: Priced, nextFundingAtMs: number): Priced => ({
    ...priced,
    long: { ...long, quote: { ...long.quote, nextFundingAtMs } },
    short: { ...short, quote: { ...short.quote, nextFundingAtMs } },
  });
  const life = [BTC.priced, fundingPair({ short: { rate: 0.00042 } }), fundingPair({ short: { rate: 0.0008 } })];
  for (const [count, priced] of life.entries()) {
    const scan = { scanId: `scan-${count}`, slotMs: NOW_MS + count * 5 * HOUR_MS };
    const row = { ...BTC, priced: nextAt(priced, scan.slotMs + HOUR_MS), lastSeenAtMs: scan.slotMs };
    await storeScan([{ row, kind: count === 0 ? "opened" : "updated" }], scan);
    await events(scan);
    await drain();
    expect(sent.map(({ kind }) => kind)).toEqual(["opened", "improved"].slice(0, count < 2 ? 1 : 2));
    await db.prepare("UPDATE people SET preferences = json_set(preferences, '$.horizonHours', 720)").run();
    pass(5 * HOUR_MS);
  }
  const told = "SELECT kind, terms_told AS terms FROM deliveries ORDER BY created_at";
  expect((await db.prepare(told).all()).results).toEqual([
    { kind: "opened", terms: '[5000,168,"alpha","perpetual",0.0005,"beta","perpetual",0.0005]' },
    { kind: "improved", terms: '[5000,720,"alpha","perpetual",0.0005,"beta","perpetual",0.0005]' },
  ]);
});

describe("the sender", () => {
  const given = async (people: readonly Person[], deliveries: readonly NewDelivery[]): Promise<readonly DeliveryRef[]> => {
    await addPeople(people);
    return await enqueue(db, deliveries, NOW_MS);
  };
  const crowd = Array.from({ length: 6 }, (_, index) => person(index + 1));

  test("waits as long as Telegram asks, sends nothing meanwhile, and loses and doubles nothing", async () => {
    const refs = await given(
      crowd,
      crowd.map(({ telegramId }) => plain(telegramId)),
    );
    const { deliver, drain, woken, calls, sent } = stage({
      answer: (_, count) => (count === 3 || count === 5 ? { kind: "rate-limited", retryAfterMs: 7_200 } : { kind: "sent" }),
    });
    await deliver(refs);
    expect(calls).toHaveLength(3);
    expect(woken).toEqual([{ refs: refs.slice(2), delaySeconds: 8 }]);
    expect(await stored()).toMatchObject([
      ...[1, 2].map(() => ({ status: "sent", attempts: 1 })),
      ...[3, 4, 5, 6].map(() => ({ status: "queued", attempts: 0 })),
    ]);
    await drain();
    expect(new Set(sent.map(({ to }) => to))).toEqual(new Set([1, 2, 3, 4, 5, 6]));
    expect(sent).toHaveLength(6);
    expect((calls[3]?.atMs ?? 0) - (calls[2]?.atMs ?? 0)).toBeGreaterThanOrEqual(8_000);
    expect(await statuses()).toEqual(crowd.map(() => "sent"));
  });

  test("calls nobody while Telegram asks the bot to wait, and the sweep for lost messages leaves what waits alone", async () => {
    const refs = await given(crowd.slice(0, 3), [plain(1), plain(2), plain(3)]);
    const { deliver, woken, calls, pass, ports } = stage({
      answer: (_, count) => (count === 1 ? { kind: "rate-limited", retryAfterMs: 30 * MINUTE_MS } : { kind: "sent" }),
    });
    await deliver(refs.slice(0, 2));
    await deliver(refs.slice(2));
    expect(calls).toHaveLength(1);
    expect(woken.map(({ refs: put, delaySeconds }) => [put.length, delaySeconds])).toEqual([
      [2, 1_800],
      [1, 1_800],
    ]);
    const lost = async () => await lostDeliveries(db, { queuedBeforeMs: ports.now() - 15 * MINUTE_MS, nowMs: ports.now() });
    pass(16 * MINUTE_MS);
    expect(await lost()).toEqual([]);
    pass(30 * MINUTE_MS);
    expect(await lost()).toHaveLength(3);
  });

  test("tries an answered failure again, longer apart each time, each person alone, and in the end gives it up for operators to see", async () => {
    const refs = await given(crowd.slice(0, 2), [plain(1), plain(2)]);
    const { deliver, drain, calls, sent } = stage({
      answer: ({ to }) => (to === 1 ? { kind: "failed", message: "502" } : { kind: "sent" }),
    });
    await deliver(refs);
    await drain();
    expect(sent.map(({ to }) => to)).toEqual([2]);
    const times = calls.filter(({ to }) => to === 1).map(({ atMs }) => atMs);
    expect(times).toHaveLength(MOST_ATTEMPTS);
    expect(times.slice(1).map((time, place) => Math.round((time - (times[place] ?? 0)) / 1_000))).toEqual([2, 4, 8, 16, 32, 64, 128]);
    expect(await statuses()).toEqual(["failed gave-up", "sent"]);
    expect(await listDeadLetters(db, 10)).toMatchObject([
      { queue: "deliveries", attempts: MOST_ATTEMPTS, body: { eventId: "event-1", telegramId: 1 } },
    ]);
  });

  test("stops writing to a chat that refuses the bot", async () => {
    const refs = await given(crowd.slice(0, 2), [plain(1), plain(2), plain(1, { eventId: "event-2" })]);
    await enqueue(db, [plain(1, { eventId: "event-3" })], NOW_MS);
    const { deliver, calls } = stage({ answer: ({ to }) => (to === 1 ? { kind: "blocked", message: "403" } : { kind: "sent" }) });
    await deliver(refs);
    expect(calls.map(({ to }) => to)).toEqual([1, 2]);
    expect(await statuses()).toEqual(["failed blocked", "failed blocked", "failed blocked", "sent"]);
    expect((await db.prepare("SELECT telegram_id, status FROM people ORDER BY telegram_id LIMIT 2").all()).results).toEqual([
      { telegram_id: 1, status: "blocked" },
      { telegram_id: 2, status: "active" },
    ]);
  });

  test("gives up at once what Telegram will never take, and whom it does not know", async () => {
    const refs = await given([person(1), person(2, {}, { status: "stopped" }), person(3)], [plain(1), plain(2), plain(3)]);
    await db.prepare("DELETE FROM people WHERE telegram_id = 3").run();
    const { deliver, calls, woken } = stage({ answer: () => ({ kind: "refused", message: "400" }) });
    await deliver(refs);
    expect([calls.length, woken.length]).toEqual([1, 0]);
    expect(await statuses()).toEqual(["failed refused", "failed stopped", "failed nobody"]);
  });

  test("does not send an ordinary message again that was not answered, and a protective one once more, marked as repeated", async () => {
    const refs = await given(crowd.slice(0, 3), [plain(1), plain(2, { protective: true }), plain(3, { protective: true })]);
    const { deliver, drain, calls } = stage({
      answer: ({ to, repeated }) => (to === 3 && repeated ? { kind: "sent" } : { kind: "no-answer", message: "timeout" }),
    });
    await deliver(refs);
    await drain();
    expect(calls.map(({ to, repeated }) => [to, repeated])).toEqual([
      [1, false],
      [2, false],
      [3, false],
      [2, true],
      [3, true],
    ]);
    expect(await statuses()).toEqual(["unknown no-answer", "unknown no-answer", "sent repeat"]);
  });

  test("takes what an isolate died over as not answered: nothing ordinary is sent again, what protects once, marked", async () => {
    const refs = await given(crowd.slice(0, 2), [plain(1), plain(2, { protective: true })]);
    expect(await claimDeliveries(db, refs, NOW_MS)).toHaveLength(2);
    for (const ref of refs) await markCalled(db, ref, NOW_MS);
    const { deliver, pass, calls } = stage();
    await deliver(refs);
    expect(calls, "they may be under way still").toEqual([]);
    pass(SENDING_LIMIT_MS);
    await deliver(refs);
    expect(calls).toMatchObject([{ to: 2, repeated: true }]);
    expect(await statuses()).toEqual(["unknown no-answer", "sent repeat"]);
  });

  test("sends what an isolate had taken and never called when it died, as new", async () => {
    const refs = await given(crowd.slice(0, 3), [plain(1), plain(2), plain(3)]);
    await claimDeliveries(db, refs, NOW_MS);
    await markCalled(db, { eventId: "event-1", telegramId: 1 }, NOW_MS);
    const { deliver, pass, calls } = stage();
    pass(SENDING_LIMIT_MS);
    await deliver(refs);
    expect(calls.map(({ to, repeated }) => [to, repeated])).toEqual([
      [2, false],
      [3, false],
    ]);
    expect(await statuses()).toEqual(["unknown no-answer", "sent", "sent"]);
  });

  test("two at once send each message once", async () => {
    const refs = await given(
      crowd,
      crowd.map(({ telegramId }) => plain(telegramId)),
    );
    const [first, second] = [stage(), stage()];
    await Promise.all([first.deliver(refs), second.deliver(refs), first.deliver(refs)]);
    const sent = [...first.sent, ...second.sent].map(({ to }) => to);
    expect([sent.length, new Set(sent).size]).toEqual([6, 6]);
  });

  test("hands the rest of a batch back that takes too long", async () => {
    const refs = await given(
      crowd,
      crowd.map(({ telegramId }) => plain(telegramId)),
    );
    const slow = stage({ answer: () => (slow.pass(BATCH_LIMIT_MS / 2), { kind: "sent" }) });
    await slow.deliver(refs);
    expect(slow.calls).toHaveLength(3);
    await slow.drain();
    expect(slow.sent).toHaveLength(6);
  });

  test("while D1 is away sends nothing and asks for the message again", async () => {
    const refs = await given(crowd.slice(0, 1), [plain(1)]);
    const away = new Proxy(db, {
      get: () => () => {
        throw new Error("D1_ERROR: Network connection lost");
      },
    });
    const { deliver, calls } = stage({ database: away });
    expect(await deliver(refs)).toMatchObject({ explicitAcks: [], retryMessages: [{ msgId: expect.any(String) }] });
    expect(calls).toEqual([]);
    const back = stage();
    await back.deliver(refs);
    expect(back.sent).toHaveLength(1);
  });

  test("whose results could not be written sends nothing twice", async () => {
    const refs = await given(crowd.slice(0, 1), [plain(1)]);
    const halfway = new Proxy(db, {
      get(target, name) {
        if (name === "batch") return async () => await Promise.reject(new Error("D1_ERROR: gone"));
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const broken = stage({ database: halfway });
    expect(await broken.deliver(refs)).toMatchObject({ retryMessages: [{ msgId: expect.any(String) }] });
    expect(broken.sent).toHaveLength(1);
    const later = stage();
    await later.deliver(refs);
    later.pass(SENDING_LIMIT_MS);
    await later.deliver(refs);
    expect(later.calls).toEqual([]);
    expect(await statuses()).toEqual(["unknown no-answer"]);
  });

  test("uses three statements for a batch of twenty, and a note before each call", async () => {
    const people = Array.from({ length: 20 }, (_, index) => person(index + 1));
    const refs = await given(
      people,
      people.map(({ telegramId }) => plain(telegramId)),
    );
    const { database, statements } = counted();
    const { deliver, sent } = stage({ database });
    await deliver(refs);
    expect(sent).toHaveLength(20);
    // Claim, people, results; and one note before each call, written while the call waits for its turn.
    expect(statements()).toBe(3 + 20);
  });

  test("keeps the ages of what it sent", async () => {
    await given(crowd.slice(0, 1), []);
    const ages = { opportunityId: BTC.id, scanAtMs: NOW_MS - 1_000, venueAtMs: NOW_MS - 4_000 };
    await storeScan([{ row: BTC, kind: "opened" }]);
    const refs = await enqueue(db, [plain(1, ages)], NOW_MS);
    const { deliver } = stage();
    await deliver(refs);
    expect(await latenessOf(db, NOW_MS)).toEqual({ p50: 3_000, p95: 3_000 });
    const kept = "SELECT sent_at_ms - venue_at_ms AS ageMs FROM deliveries LIMIT 1";
    expect(await db.prepare(kept).first("ageMs")).toBe(6_000);
  });
});

describe("messages of the queues", () => {
  test("that were given up are kept for operators, and their deliveries fail", async () => {
    await addPeople([person(1)]);
    const refs = await enqueue(db, [plain(1)], NOW_MS);
    const { queue } = stage();
    await queue(QUEUES.dead, { deliveries: refs }, 21);
    await queue(QUEUES.dead, { scanId: "scan-9", slotMs: NOW_MS, after: 0 }, 6);
    const letters = (await listDeadLetters(db, 10)).map(({ queue: name, attempts }) => [name, attempts] as const);
    expect(new Map(letters)).toEqual(
      new Map([
        [QUEUES.deliveries, 21],
        [QUEUES.events, 6],
      ]),
    );
    expect(await statuses()).toEqual(["failed dead-letter"]);
  });

  test("of no known form are kept as dead letters and never tried again", async () => {
    const { queue } = stage();
    for (const body of [null, "what", { deliveries: [{ eventId: 7 }] }, { scanId: "s" }]) {
      expect(await queue(QUEUES.deliveries, body)).toMatchObject({ retryMessages: [], explicitAcks: [expect.any(String)] });
    }
    expect(await listDeadLetters(db, 10)).toHaveLength(4);
  });

  test("hold at most twenty deliveries", async () => {
    const sizes: number[] = [];
    const refs = Array.from({ length: 45 }, (_, index) => ({ eventId: "e", telegramId: index + 1 }));
    await wake(
      {
        sendBatch: async (messages) => {
          for (const { body } of messages) sizes.push(body.deliveries.length);
          return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };
        },
      },
      refs,
    );
    expect(sizes).toEqual([20, 20, 5]);
  });
});

describe("keys of the operator's accounts", () => {
  test("a feed that fails costs its own look, which is made again after the next scan; the others are kept", async () => {
    const { log } = stage().ports;
    const asked: string[] = [];
    const hashOf = (venue: string): string => (venue === "okx" ? "a" : "b").repeat(12);
    const given = ["binance", "okx"].map((venue) => ({ venue, credentialId: hashOf(venue) }));
    const check = async (venue: string): Promise<KeyCheck> => {
      asked.push(venue);
      if (venue === "binance") throw new Error("the object was reset");
      const known = { keyId: "0".repeat(12), credentialId: hashOf(venue), checkedAtMs: NOW_MS, message: null, error: null };
      return { venue, scope: "read-only", fees: { perpetual: null, spot: null }, ...known };
    };
    const flags = { incident_cooldown_minutes: 60, venue_regions: {} };
    for (let scan = 0; scan < 2; scan++) {
      const look = { flags, scanId: "scan-1", isFirstOfHour: false, nowMs: NOW_MS };
      expect(await checkKeys({ db, log, given: async () => given, check }, look)).toEqual([]);
    }
    expect(asked).toEqual(["binance", "okx", "binance"]);
    expect((await loadKeyStates(db)).map(({ venue }) => venue)).toEqual(["okx"]);
  });
});

describe("once a scan", () => {
  const quiet = { fromMinute: 11 * 60, toMinute: 13 * 60, timeZone: "UTC" };

  test("what waited for the end of quiet hours goes out as one digest, best first, without what is over", async () => {
    const { events, drain, sent, pass, ports } = stage();
    await addPeople([person(1, { quiet })]);
    const [low, high, gone] = [coin("AAA", 0.0004), coin("BBB", 0.0008), coin("CCC", 0.0009)];
    await storeScan([
      { row: low, kind: "opened" },
      { row: gone, kind: "opened" },
    ]);
    await events();
    await storeScan([{ row: { ...high, lastSeenAtMs: NOW_MS + 2 * MINUTE_MS }, kind: "opened" }], {
      scanId: "scan-2",
      slotMs: NOW_MS + 2 * MINUTE_MS,
    });
    await events({ scanId: "scan-2", slotMs: NOW_MS + 2 * MINUTE_MS });
    await drain();
    expect(await statuses()).toEqual(["held quiet-hours", "held quiet-hours", "held quiet-hours"]);
    const endMs = NOW_MS + HOUR_MS;
    const ended = { ...gone, status: "closed", closedAtMs: endMs, closeReason: "below-bar", lastSeenAtMs: endMs } as const;
    // By the morning BBB pays half of what it did, and so less than AAA; CCC is over; DDD pays less than this person asks for.
    const [fallen, poor] = [coin("BBB", 0.0003), coin("DDD", 0.0001)].map((row) => ({ ...row, lastSeenAtMs: endMs }));
    if (fallen === undefined || poor === undefined) throw new Error("two coins");
    await storeScan(
      [
        { row: ended, kind: "closed" },
        { row: { ...fallen, id: high.id }, kind: "updated" },
        { row: poor, kind: "opened" },
      ],
      { scanId: "scan-3", slotMs: endMs },
    );
    pass(HOUR_MS);
    const next = { scanId: "scan-4", slotMs: endMs + 2 * MINUTE_MS };
    await storeScan([], next);
    await Promise.all([events({ scanId: "scan-3", slotMs: endMs }), events(next)]);
    await events({ scanId: "scan-3", slotMs: endMs });
    await drain();
    expect(sent.map(({ kind }) => kind).filter((kind) => kind === "digest")).toHaveLength(1);
    const row = await db
      .prepare("SELECT payload, venue_at_ms, scan_at_ms FROM deliveries WHERE kind = 'digest'")
      .first<{ payload: string; venue_at_ms: number; scan_at_ms: number }>();
    const payload: Extract<Delivery["payload"], { readonly kind: "digest" }> = JSON.parse(row?.payload ?? "{}");
    expect([payload.held, payload.open, payload.pairs.map(({ id }) => id)]).toEqual([3, 2, [low.id, high.id]]);
    expect(payload.pairs[1]?.priced.rateDifference).toBeCloseTo(0.0005, 12);
    expect([row?.venue_at_ms, row?.scan_at_ms].every((atMs) => typeof atMs === "number")).toBe(true);
    expect(ports.now()).toBeGreaterThan(endMs);
  });

  test("a message whose place on the queue was lost is found again, and what is under way is left alone", async () => {
    await addPeople([person(1), person(2)]);
    const refs = await enqueue(db, [plain(1), plain(2)], NOW_MS);
    await claimDeliveries(db, refs.slice(1), NOW_MS + 15 * MINUTE_MS);
    await storeScan([]);
    const { events, drain, pass, sent } = stage();
    await events();
    expect(await statuses()).toEqual(["queued", "sending"]);
    pass(15 * MINUTE_MS);
    await events();
    await drain();
    expect(sent.map(({ to }) => to)).toEqual([1]);
  });

  /** Publishes a market in which the funding of BTC on alpha is so, per 8 h. */
  const publish = async (fundingRatePerInterval: number): Promise<void> => {
    const columns = columnsOf("alpha", [{ asset: "BTC", fundingRatePerInterval }]);
    const market = { alpha: venueMarket({ columns, passed: [0], assetId: ["BTC"] }) };
    const built = { scan: scanOf(), opportunities: [], candidates: null, market, nowMs: NOW_MS, flagSeconds: 300, venues: VENUES };
    const { snapshot } = buildSnapshot(built);
    expect(await writeSnapshot(env.CACHE, { snapshot, nowMs: NOW_MS })).toMatchObject({ ok: true });
  };

  test("a watch that is passed is told once, and stays armed while its coin is muted or the night lasts", async () => {
    await storeScan([]);
    await addPeople([person(1), person(2, { quiet }), person(3, { mutes: [{ scope: "asset", value: "BTC", untilMs: null }] })]);
    const insert = db.prepare(
      "INSERT INTO watches (telegram_id, asset, venue, rate_per_8h, direction, armed, created_at) VALUES (?, 'BTC', 'alpha', 0.0001, 'above', 1, ?)",
    );
    await db.batch([1, 2, 3].map((telegramId) => insert.bind(telegramId, NOW_MS)));
    const armed = async () =>
      (await db.prepare("SELECT armed FROM watches ORDER BY telegram_id LIMIT 9").all()).results.map((row) => row["armed"]);
    await publish(0.00005);
    const before = stage();
    await before.events();
    expect(await armed()).toEqual([1, 1, 1]);
    await publish(0.0004);
    const { events, drain, sent } = stage();
    for (let again = 0; again < 2; again++) await events();
    await drain();
    expect(await armed()).toEqual([0, 1, 1]);
    expect([...before.sent, ...sent].map(({ to, kind }) => [to, kind])).toEqual([[1, "watch"]]);
  });

  test("old claims and reasons go, and what was told of a row that is open stays", async () => {
    const { events } = stage();
    await addPeople([person(1)]);
    await storeScan([{ row: BTC, kind: "opened" }]);
    const old = NOW_MS - 40 * DAY_MS;
    await enqueue(
      db,
      [
        plain(1, { eventId: "of-open", opportunityId: BTC.id }),
        plain(1, { eventId: "of-closed", opportunityId: "gone" }),
        plain(1, { eventId: "waits" }),
      ],
      old,
    );
    await db.batch([
      db.prepare("UPDATE deliveries SET status = 'sent', sent_at_ms = updated_at WHERE event_id LIKE 'of-%'"),
      db.prepare("INSERT INTO telegram_updates (update_id, claimed_at_ms) VALUES (1, ?1), (2, ?2)").bind(old, NOW_MS),
    ]);
    await events();
    expect((await stored()).map(({ event_id }) => event_id).filter((id) => !String(id).includes("|"))).toEqual(["of-open", "waits"]);
    expect((await db.prepare("SELECT update_id FROM telegram_updates LIMIT 9").all()).results).toEqual([{ update_id: 2 }]);
  });
});
