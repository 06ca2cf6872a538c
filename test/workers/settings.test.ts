import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { settle } from "../../src/delivery/settle.ts";
import type { Priced } from "../../src/domain/opportunity.ts";
import { MOST_TAKEN, MOST_WATCHES } from "../../src/domain/person.ts";
import type { VenueFacts } from "../../src/domain/venue.ts";
import { createLogger } from "../../src/monitoring/log.ts";
import type { MarketColumns } from "../../src/storage/market-columns.ts";
import { loadPerson } from "../../src/storage/people.ts";
import { snapshotMemory } from "../../src/storage/read-snapshot.ts";
import { saveScan } from "../../src/storage/save-scan.ts";
import { buildSnapshot, writeSnapshot } from "../../src/storage/snapshot.ts";
import { holdersOf, takenOf } from "../../src/storage/taken.ts";
import { liveWatches, watchesOf } from "../../src/storage/watches.ts";
import type { BotPorts } from "../../src/telegram/bot-ports.ts";
import type { Answer, CommandServices } from "../../src/telegram/command.ts";
import { COMMANDS } from "../../src/telegram/commands/registry.ts";
import { answerPress, answerTyped, type Asked } from "../../src/telegram/dispatch.ts";
import type { Message } from "../../src/telegram/message.ts";
import { createSessions } from "../../src/telegram/session.ts";
import { marketOf, type MarketRow } from "../market-columns.ts";
import { fundingPair, NOW_MS, opened, scanOf, VENUES } from "../opportunities.ts";

const db = env.DB;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const TABLES = [
  "deliveries",
  "settlements",
  "announced_rates",
  "watches",
  "taken",
  "sessions",
  "people",
  "opportunity_events",
  "opportunities",
  "scans",
];
const ANNA = 11;
const BUDI = 22;
const log = createLogger({
  level: "error",
  component: "test",
  now: () => NOW_MS,
  sink: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
});
const fee = { rate: 0.0005, source: "test", readOn: "2026-11-22" };
const VENUE_FACTS: readonly VenueFacts[] = ["alpha", "beta", "gamma"].map((id) => ({
  id,
  name: id.slice(0, 1).toUpperCase() + id.slice(1),
  takerFee: { perpetual: fee, spot: id === "alpha" ? { ...fee, rate: 0.001 } : null },
  accrual: "settled",
  hasBulkBook: true,
  documentedCap: null,
}));

let nowMs = NOW_MS;
let memory = snapshotMemory();
let ports: BotPorts;

beforeEach(async () => {
  await applyD1Migrations(db, env.TEST_MIGRATIONS);
  await db.batch(TABLES.map((table) => db.prepare(`DELETE FROM ${table}`)));
  nowMs = NOW_MS;
  for (const { name } of (await env.CACHE.list()).keys) await env.CACHE.delete(name);
  ports = isolate();
  for (const id of [ANNA, BUDI]) await open(id);
});

/** The bot of a new isolate: nothing in memory. */
function isolate(): BotPorts {
  memory = snapshotMemory();
  const now = (): number => nowMs;
  const wait = async (): Promise<void> => undefined;
  const random = (): string => crypto.randomUUID();
  const sessions = createSessions({ db, cache: env.CACHE, now, wait, random, log });
  const none = async (): Promise<never> => Promise.reject(new Error("not used"));
  const services: CommandServices = {
    db,
    snapshots: { cache: env.CACHE, db, memory, venues: VENUES, now, wait },
    log,
    venues: VENUE_FACTS,
    version: "test",
    market: "live",
    random,
    people: sessions.people,
    flags: none,
    wakeSender: none,
    operatorSecret: null,
    flagDefaults: {},
    startBroadcast: none,
    rules: [],
  };
  const bot = { token: "", botName: "bot", apiUrl: "", fetch: none, wait, now, log };
  return { ...bot, commands: COMMANDS, sessions, services };
}

async function deferred<T>(work: (asked: (id: number) => Asked) => Promise<T>): Promise<T> {
  const later: Promise<unknown>[] = [];
  const defer = (_: string, run: () => Promise<unknown>): void => void later.push(run());
  const asked = (id: number): Asked => ({
    from: { telegramId: id, languageCode: null },
    chat: { id, kind: "private" },
    defer,
    report: () => undefined,
  });
  const done = await work(asked);
  await Promise.all(later);
  return done;
}
const open = (id: number) => deferred((asked) => ports.sessions.open({ telegramId: id, chatId: id, languageCode: "en" }, asked(id).defer));
const ask = (typed: string, id = ANNA): Promise<Answer | null> => deferred((asked) => answerTyped(ports, asked(id), typed));
const tap = (data: string, id = ANNA): Promise<Answer> => deferred((asked) => answerPress(ports, asked(id), data));

function messageOf(answer: Answer | null): Message {
  if (answer?.kind !== "message") throw new Error(`expected a message, found ${JSON.stringify(answer)}`);
  return answer.message;
}
const say = async (typed: string, id = ANNA): Promise<string> => messageOf(await ask(typed, id)).text;
const press = async (data: string, id = ANNA): Promise<string> => messageOf(await tap(data, id)).text;
const buttonsOf = (answer: Answer | null): readonly string[] =>
  (messageOf(answer).buttons ?? []).flat().flatMap((each) => ("callback_data" in each ? [each.callback_data] : []));
/** Settings as D1 has them. */
const stored = async (id = ANNA) => {
  const person = await loadPerson(db, id);
  if (person === null) throw new Error("expected a person, found none");
  return person;
};

const COLUMNS: readonly MarketRow[] = [
  { venue: "alpha", asset: "BTC", rate: 0.0001, hours: 8, nextFundingAtMs: NOW_MS + HOUR_MS, receivedAtMs: NOW_MS },
  { venue: "beta", asset: "BTC", rate: 0.0004, hours: 4, nextFundingAtMs: NOW_MS + HOUR_MS, receivedAtMs: NOW_MS },
];
/** A scan of the present: its rows are stored, its snapshot is in KV and no isolate remembers another. */
async function publish(pairs: readonly Priced[], columns: MarketColumns = marketOf(COLUMNS)) {
  const rows = pairs.map((priced) => opened(priced, { openedAtMs: NOW_MS }));
  const slotMs = nowMs - (nowMs % (2 * MINUTE_MS));
  const scan = scanOf({ slotMs, scanId: `scan-${nowMs}`, market: "live" });
  const saved = await saveScan(
    db,
    { scan, opportunities: rows, events: [], nowMs: nowMs + 1_000, venues: VENUES },
    { attempts: 1, wait: async () => undefined },
  );
  expect(saved).toMatchObject({ ok: true });
  const shown = rows.map((row) => ({ ...row, points: null, netUnknown: null }));
  const { snapshot } = buildSnapshot({
    scan,
    opportunities: shown,
    candidates: [],
    market: columns,
    nowMs,
    flagSeconds: 300,
    venues: VENUES,
  });
  expect(await writeSnapshot(env.CACHE, { snapshot, nowMs })).toMatchObject({ ok: true });
  ports = isolate();
  return { rows, snapshot };
}

describe("settings", () => {
  it.each([
    ["/size 20k", { sizeUsd: 20_000 }],
    ["/horizon 14d", { horizonHours: 336 }],
    ["/fees beta 0.04%", { fees: { beta: 0.0004 } }],
    ["/fees alpha spot 0.08%", { fees: { "alpha-spot": 0.0008 } }],
    ["/alerts bar $25", { bar: { kind: "net-usd", value: 25 } }],
    ["/alerts opened silent", { alerts: expect.objectContaining({ opened: "silent" }) }],
    ["/alerts venues gamma", { venues: ["alpha", "beta"] }],
    ["/alerts strategies price", { strategies: ["funding", "carry"] }],
    ["/alerts coins btc ETH", { assets: ["BTC", "ETH"] }],
    ["/mute beta", { mutes: [{ scope: "venue", value: "beta", untilMs: null }] }],
    ["/snooze BTC 24h", { mutes: [{ scope: "asset", value: "BTC", untilMs: NOW_MS + 24 * HOUR_MS }] }],
    ["/quiet 23:00 07:00 Asia/Jakarta", { quiet: { fromMinute: 1_380, toMinute: 420, timeZone: "Asia/Jakarta" } }],
    ["/language id", { language: "id" }],
  ])("%s is stored, and another isolate goes by it", async (typed, expected) => {
    await say(typed);
    expect((await stored()).preferences).toMatchObject(expected);
    ports = isolate();
    const { session } = await ports.sessions.resolve(ANNA, () => undefined);
    expect(session?.person.preferences).toMatchObject(expected);
    expect((await stored(BUDI)).preferences).not.toMatchObject(expected);
  });

  it.each([
    ["/size plenty", "an amount in USD from $10 to $10M, for example /size 20k", "plenty"],
    ["/size 5", "an amount in USD", "5"],
    ["/horizon 7", "hours or days from 1 h to 90 d, for example /horizon 7d", "7"],
    ["/fees kraken 0.04%", "a venue (alpha, beta, gamma), for example /fees binance 0.04%", "kraken 0.04%"],
    ["/fees beta 4%", "a venue and a fee from -0.1% to 1%", "beta 4%"],
    ["/alerts loudly", "bar, strategies, venues, coins", "loudly"],
    ["/alerts bar 8", "a net a year in % or an amount in USD", "bar 8"],
    ["/alerts opened maybe", "on, silent, off", "opened maybe"],
    ["/watch BTC alpha lots", "a coin, a venue and a funding per 8 h", "BTC alpha lots"],
    ["/watch DOGE alpha 1%", "a coin that a venue shows now", "DOGE alpha 1%"],
    ["/mute DOGE", "a coin, a venue or a strategy", "DOGE"],
    ["/snooze BTC", "a coin, a venue or a strategy, and hours or days up to 90 days", "BTC"],
    ["/quiet 23:00 07:00 Mars", "a time zone by its IANA name or city, for example /quiet 23:00 07:00 Asia/Jakarta", "23:00 07:00 Mars"],
    ["/took not-an-id!", "the id of an open pair", "not-an-id!"],
    ["/language klingon", "a language (en, id)", "klingon"],
  ])("%s is answered with what was expected and what was found, and changes nothing", async (typed, expected, found) => {
    await publish([fundingPair()]);
    const before = await stored();
    const text = await say(typed);
    expect(text).toContain(`I expected ${expected}`);
    expect(text).toContain(`I found “${found}”.`);
    expect(text).toContain("Nothing was changed.");
    expect(await stored()).toEqual(before);
    expect(await watchesOf(db, ANNA)).toEqual([]);
  });

  it.each(["alerts", "watch", "fees", "size", "horizon", "mute", "snooze", "quiet", "took", "legs", "language"])(
    "/%s without anything shows how things stand, and changes nothing",
    async (name) => {
      await publish([fundingPair()]);
      const before = await stored();
      expect((await say(`/${name}`)).length).toBeGreaterThan(20);
      expect(await stored()).toEqual(before);
    },
  );

  it("buttons are served by the same command, edit in place, and never ask for more than Telegram carries", async () => {
    await publish([fundingPair()]);
    for (const name of ["alerts", "fees", "size", "horizon", "quiet", "language"]) {
      await say("/fees beta 0.04%");
      await say("/quiet off");
      for (const data of buttonsOf(await ask(`/${name}`))) {
        const answer = await tap(data);
        expect({ data, answer }).toMatchObject({ data, answer: { kind: "message", edit: true } });
        expect({ data, text: messageOf(answer).text }).not.toMatchObject({ text: expect.stringContaining("I expected") });
      }
    }
  });

  it("each kind of alert goes round by its button, and the last venue stays on", async () => {
    for (const mode of ["silent", "off", "on"]) {
      await tap("alerts:opened");
      expect((await stored()).preferences.alerts.opened).toBe(mode);
    }
    await tap("alerts:venues alpha");
    await tap("alerts:venues beta");
    const answer = await tap("alerts:venues gamma");
    expect(answer).toMatchObject({ toast: "One has to stay on. To hear nothing: /stop" });
    expect((await stored()).preferences.venues).toEqual(["gamma"]);
    await tap("alerts:venues all");
    expect((await stored()).preferences.venues).toBeNull();
  });

  it("own fees stand beside the documented ones until they are reset", async () => {
    expect(await say("/fees beta 0.04%")).toContain("Beta: 0.04%, yours (documented 0.05%)");
    expect(await press("fees:reset beta")).toContain("Beta: 0.05%");
    expect((await stored()).preferences.fees).toEqual({});
  });

  it("a mute from a card leaves the card, says how to undo it, and is taken off in the list", async () => {
    expect(await tap("mute:asset:BTC")).toEqual({ kind: "toast", toast: "Muted: coin BTC. Undo: /mute" });
    expect(await tap("snooze:asset:ETH:24")).toEqual({ kind: "toast", toast: "Muted for 1 d: coin ETH. Undo: /mute" });
    expect((await stored()).preferences.mutes).toHaveLength(2);
    expect(buttonsOf(await ask("/mute"))).toEqual(["mute:off asset ETH", "mute:off asset BTC"]);
    expect(await press("mute:off asset BTC")).toContain("No longer muted: coin BTC");
    expect(await tap("mute:off asset BTC")).toMatchObject({ toast: "That is no longer there." });
    nowMs += 25 * HOUR_MS;
    expect(await say("/mute")).toContain("Nothing is muted.");
  });

  it("quiet hours are shown with the time it is there, and go off", async () => {
    expect(await say("/quiet 23-7 jakarta")).toContain("It is 11 Sep 19:00");
    expect(await press("quiet:off")).toContain("You have no quiet hours.");
    expect((await stored()).preferences.quiet).toBeNull();
  });

  it("the language changes at once, with the answer", async () => {
    expect(await press("language:id")).toContain("Bahasa: Bahasa Indonesia");
    expect(await say("/size")).toContain("Ukuran Anda");
  });
});

describe("watches", () => {
  it("are added, replaced by the same name, listed with what the rate is now, and removed", async () => {
    await publish([]);
    expect(await say("/watch btc beta 0.1%")).toContain("BTC on Beta above 0.1%");
    expect(await say("/watch BTC beta 0.2%")).toContain("BTC on Beta above 0.2% · now +0.08%");
    expect(await watchesOf(db, ANNA)).toEqual([
      { telegramId: ANNA, asset: "BTC", venue: "beta", ratePer8h: 0.002, direction: "above", armed: true },
    ]);
    const [remove = ""] = buttonsOf(await ask("/watch"));
    expect(remove).toBe("watch:remove BTC beta above");
    expect(await tap(remove, BUDI)).toMatchObject({ toast: "That is no longer there." });
    expect(await press(remove)).toContain("You watch no rate yet.");
    expect(await watchesOf(db, ANNA)).toEqual([]);
  });

  it("that are past their value already say so, and wait until it came back", async () => {
    await publish([]);
    expect(await say("/watch BTC beta 0.05%")).toContain("It is past that now");
    expect((await watchesOf(db, ANNA))[0]?.armed).toBe(false);
  });

  it("are bounded for each person", async () => {
    await publish([]);
    for (let place = 0; place < MOST_WATCHES; place++) {
      await db.prepare("INSERT INTO watches VALUES (?1, ?2, 'alpha', 0.1, 'above', 1, ?3)").bind(ANNA, `COIN${place}`, NOW_MS).run();
    }
    expect(await say("/watch BTC beta 0.1%")).toContain(`You have ${MOST_WATCHES} watches`);
    expect(await watchesOf(db, ANNA)).toHaveLength(MOST_WATCHES);
    expect(await say("/watch BTC beta 0.1%", BUDI)).toContain("BTC on Beta above 0.1%");
  });

  it("of somebody who stopped alerts are not looked at", async () => {
    await publish([]);
    await say("/watch BTC beta 0.1%");
    expect(await liveWatches(db)).toHaveLength(1);
    await say("/stop");
    expect(await liveWatches(db)).toEqual([]);
  });
});

describe("taken pairs", () => {
  const take = async (pairs: readonly Priced[] = [fundingPair()]) => {
    const { rows } = await publish(pairs);
    const [row] = rows;
    if (row === undefined) throw new Error("expected a row");
    return row;
  };

  it("are marked once from a card, at the person's own size and fees, in a message of their own", async () => {
    const row = await take();
    await say("/fees beta 0.01%");
    const answer = await tap(`took:${row.id}`);
    expect(answer).toMatchObject({ kind: "message", edit: false });
    expect(messageOf(answer).text).toContain("BTC is marked as taken");
    expect(await press(`took:${row.id}`)).toContain("BTC is marked already");
    const [taken, ...others] = await takenOf(db, ANNA);
    expect(others).toEqual([]);
    expect(taken).toMatchObject({ sizeUsd: 5_000, takenAtMs: NOW_MS, key: row.key });
    expect(taken?.priced.ledger.fees).toBeCloseTo(2 * (0.0005 + 0.0001), 12);
  });

  it("take another size by a tap, which keeps the entry", async () => {
    const row = await take();
    await tap(`took:${row.id}`);
    nowMs += MINUTE_MS;
    const answer = await tap(`took:${row.id} 20000`);
    expect(answer).toMatchObject({ kind: "message", edit: true });
    const [taken] = await takenOf(db, ANNA);
    expect(taken).toMatchObject({ sizeUsd: 20_000, takenAtMs: NOW_MS });
    expect(taken?.priced.ledger).toMatchObject({ sizeUsd: 20_000, horizonHours: 168 });
  });

  it("are held by whoever marked them, in whichever row the pair stands", async () => {
    const row = await take();
    await tap(`took:${row.id}`);
    await tap(`took:${row.id}`, BUDI);
    expect(await holdersOf(db, [row.id, "nobody"])).toEqual(
      new Map([[row.id, [ANNA, BUDI].map((telegramId) => expect.objectContaining({ telegramId, sizeUsd: 5_000, paysNow: false }))]]),
    );
    await say("/took");
    const [taken] = await takenOf(db, BUDI);
    await tap(`legs:ended ${taken?.id}`, BUDI);
    expect(await holdersOf(db, [row.id])).toEqual(new Map([[row.id, [expect.objectContaining({ telegramId: ANNA })]]]));
  });

  it("that nobody shows any more cannot be marked", async () => {
    await publish([]);
    expect(await say("/took 0a1b2c3d4e5f6")).toContain("That pair is not open now");
    expect(await takenOf(db, ANNA)).toEqual([]);
  });

  it("are bounded for each person", async () => {
    const row = await take();
    await tap(`took:${row.id}`);
    const copy = `INSERT INTO taken SELECT 'copy' || n.value, telegram_id, opportunity_id, taken.key || n.value, asset, long_instrument,
      short_instrument, size_usd, json_set(priced, '$.key', taken.key || n.value), taken_at_ms, NULL, 0
      FROM taken, json_each(?1) AS n WHERE telegram_id = ${ANNA}`;
    await db
      .prepare(copy)
      .bind(JSON.stringify(Array.from({ length: MOST_TAKEN - 1 }, (_, place) => place)))
      .run();
    const other = await take([fundingPair({ short: { venue: "gamma", rate: 0.0005 } })]);
    expect(await say(`/took ${other.id}`)).toContain(`You hold ${MOST_TAKEN} pairs`);
    expect(await takenOf(db, ANNA)).toHaveLength(MOST_TAKEN);
  });

  it("another person's pair is neither shown nor ended", async () => {
    const row = await take();
    await tap(`took:${row.id}`);
    const [taken] = await takenOf(db, ANNA);
    expect(await tap(`legs:${taken?.id}`, BUDI)).toMatchObject({ toast: "That is no longer there." });
    await tap(`legs:ended ${taken?.id}`, BUDI);
    expect(await takenOf(db, ANNA)).toHaveLength(1);
  });

  /** The market some time after the entry: rates, next settlements, and what the venue sends as settled. */
  const later = (hours: number, long: Partial<MarketRow>, short: Partial<MarketRow>) => {
    nowMs = Math.round(NOW_MS + hours * HOUR_MS);
    const [one, other] = COLUMNS;
    if (one === undefined || other === undefined) throw new Error("expected two rows");
    const seen = { receivedAtMs: nowMs };
    return marketOf([
      { ...one, ...seen, ...long },
      { ...other, ...seen, ...short },
    ]);
  };
  const at = (hours: number) => ({ nextFundingAtMs: NOW_MS + hours * HOUR_MS });

  it("earn what scans saw settle: each settlement once, whoever looks how often, and /legs tells it in dollars", async () => {
    const row = await take();
    await tap(`took:${row.id}`);
    // Each leg settles an hour after the entry; the short one is seen shortly before, the long one's venue sends what it settled.
    const close = later(0.95, at(1), { ...at(1), rate: 0.0005 });
    await settle(db, { market: close }, nowMs);
    const after = later(1.05, { ...at(9), lastSettledRatePerInterval: 0.0002 }, at(5));
    await settle(db, { market: after }, nowMs);
    const once = await db.prepare("SELECT instrument, settled_at_ms, rate, source FROM settlements ORDER BY instrument").all();
    expect(once.results).toEqual([
      { instrument: "alpha:BTC/USDT:USDT", settled_at_ms: NOW_MS + HOUR_MS, rate: 0.0002, source: "settled" },
      { instrument: "beta:BTC/USDT:USDT", settled_at_ms: NOW_MS + HOUR_MS, rate: 0.0005, source: "last-seen" },
    ]);
    expect(await settle(db, { market: after }, nowMs)).toMatchObject({ settlements: [] });
    await publish([fundingPair()], after);
    const text = await say("/legs");
    expect(text).toContain("BTC: +$1.50 funding so far");
    expect(text).toContain("Long Alpha: -$1");
    expect(text).toContain("Short Beta: +$2.50");
    expect(text).toMatch(/13% of the way to break-even \(\$12/u);
    expect(text).not.toContain("incomplete");
    expect(text).not.toContain("EXIT");
  });

  it("say since when funding is incomplete, where scans stood still over settlements", async () => {
    const row = await take();
    await tap(`took:${row.id}`);
    const after = later(10, at(17), at(13));
    await settle(db, { market: after }, nowMs);
    const { results } = await db.prepare("SELECT source, count(*) AS n FROM settlements GROUP BY source").all();
    expect(results).toEqual([{ source: "missed", n: 5 }]);
    await publish([fundingPair()], after);
    const text = await say("/legs");
    expect(text).toContain("Funding incomplete since 11 Sep 13:00 UTC: 5 settlements were not seen.");
  });

  it("beyond a page have theirs on the next one, each with its own funding", async () => {
    const pairs = ["BTC", "ETH", "SOL", "XRP"].map((asset) => fundingPair({ asset }));
    const { rows } = await publish(pairs);
    for (const { id } of rows) {
      nowMs += 1;
      await tap(`took:${id}`);
    }
    for (const [place, asset] of ["BTC", "ETH", "SOL", "XRP"].entries()) {
      await db
        .prepare("INSERT INTO settlements VALUES (?1, ?2, ?3, 'settled', ?2)")
        .bind(`beta:${asset}/USDT:USDT`, NOW_MS + HOUR_MS, (place + 1) / 1_000)
        .run();
    }
    nowMs = NOW_MS + 1.05 * HOUR_MS;
    const first = await say("/legs");
    expect(first).toContain("XRP: +$20 funding so far");
    expect(first).toContain("SOL: +$15 funding so far");
    expect(first).toContain("ETH: +$10 funding so far");
    expect(first).not.toContain("BTC");
    const second = await press("legs:page 1");
    expect(second).toContain("BTC: +$5 funding so far");
    expect(second).not.toContain("ETH");
    const btc = (await takenOf(db, ANNA)).find(({ asset }) => asset === "BTC");
    expect(await press(`legs:${btc?.id}`)).toContain("BTC: +$5 funding so far");
    expect(await press("legs:page 9")).toContain("BTC: +$5 funding so far");
  });

  it("signal to leave when the pair costs funding, or is on the list no more", async () => {
    const row = await take();
    await tap(`took:${row.id}`);
    await publish([fundingPair()], later(0.5, { ...at(1), rate: 0.001 }, at(1)));
    expect(await say("/legs")).toContain("EXIT SIGNAL: you pay funding now.");
    await publish([], later(0.6, at(1), at(1)));
    expect(await say("/legs")).toContain("EXIT SIGNAL: it is no longer on the list.");
  });

  it("are ended by two taps, with what they came to, and then nothing of them is kept that nobody holds", async () => {
    const row = await take();
    await tap(`took:${row.id}`);
    await settle(db, { market: later(1.05, at(9), at(5)) }, nowMs);
    const [taken] = await takenOf(db, ANNA);
    expect(await press(`legs:end ${taken?.id}`)).toContain("Did you close both legs of BTC?");
    expect(await takenOf(db, ANNA)).toHaveLength(1);
    expect(await press(`legs:ended ${taken?.id}`)).toContain("BTC is ended");
    expect(await takenOf(db, ANNA)).toEqual([]);
    expect(await say("/legs")).toContain("You have marked no pair as taken.");
    await settle(db, { market: later(1.1, at(9), at(5)) }, nowMs);
    for (const table of ["settlements", "announced_rates"]) {
      expect(await db.prepare(`SELECT count(*) AS n FROM ${table}`).first("n")).toBe(0);
    }
    // What ended can be taken again.
    await publish([fundingPair()]);
    await tap(`took:${row.id}`);
    expect(await takenOf(db, ANNA)).toHaveLength(1);
  });

  it("cost one batch read and at most one written a scan, however many there are, and nothing where nobody holds any", async () => {
    const counts = { batches: 0, others: 0 };
    const counted = new Proxy(db, {
      get: (target, name) => {
        if (name === "batch") counts.batches += 1;
        if (name === "exec") counts.others += 1;
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    await settle(counted, { market: marketOf(COLUMNS) }, nowMs);
    expect(counts).toEqual({ batches: 1, others: 0 });
    await settle(counted, { market: null }, nowMs);
    expect(counts).toEqual({ batches: 1, others: 0 });
    const row = await take();
    await tap(`took:${row.id}`);
    await settle(counted, { market: later(1.05, at(9), at(5)) }, nowMs);
    expect(counts).toEqual({ batches: 3, others: 0 });
  });
});

describe("leaving", () => {
  it("/stop ends alerts and keeps everything, /resume begins again", async () => {
    const text = await say("/stop");
    expect(text).toContain("Alerts are stopped.");
    expect((await stored()).status).toBe("stopped");
    expect(await say("/alerts")).toContain("Stopped. /resume starts them again.");
    expect(await press("resume:")).toContain("Alerts are on.");
    expect((await stored()).status).toBe("active");
    expect(await say("/resume")).toContain("They were not stopped.");
  });

  it("/stop warns whoever holds pairs", async () => {
    const { rows } = await publish([fundingPair()]);
    await tap(`took:${rows[0]?.id}`);
    expect(await say("/stop")).toContain("You hold 1 pair: you will not be told if it turns.");
  });

  it("a session that is ended by its button is over in every isolate, with settings kept", async () => {
    await say("/size 20k");
    expect(await press("stop:session")).toContain("Your session is ended.");
    for (const bot of [ports, isolate()]) {
      ports = bot;
      expect(await say("/size")).toContain("Send /start first");
    }
    await open(ANNA);
    expect(await say("/size")).toContain("$20,000");
  });

  it("/export is one JSON file of everything stored", async () => {
    const { rows } = await publish([fundingPair()]);
    await tap(`took:${rows[0]?.id}`);
    await say("/watch BTC beta 0.1%");
    const answer = await ask("/export");
    if (answer?.kind !== "document") throw new Error("expected a document");
    expect(answer.fileName).toBe("carrywatch-2026-09-11.json");
    expect(JSON.parse(answer.body)).toMatchObject({
      exportedAtMs: NOW_MS,
      person: { telegramId: ANNA, preferences: { sizeUsd: 5_000 } },
      taken: [{ asset: "BTC", sizeUsd: 5_000 }],
      watches: [{ asset: "BTC", venue: "beta" }],
    });
    expect(answer.body).not.toContain(`"telegramId": ${BUDI}`);
  });

  it("/erase asks first, deletes by its button only, and leaves nothing of that person anywhere", async () => {
    const { rows } = await publish([fundingPair()]);
    await tap(`took:${rows[0]?.id}`);
    await say("/watch BTC beta 0.1%");
    expect(await say("/erase yes")).toContain("Delete everything about you?");
    expect(await press("erase:no")).toContain("Nothing was deleted.");
    expect(await stored()).toMatchObject({ telegramId: ANNA });
    expect(await press("erase:yes")).toContain("Everything about you is deleted.");
    for (const table of ["people", "sessions", "taken", "watches", "deliveries"]) {
      expect(await db.prepare(`SELECT count(*) AS n FROM ${table} WHERE telegram_id = ${ANNA}`).first("n")).toBe(0);
    }
    expect(await db.prepare("SELECT count(*) AS n FROM people").first("n")).toBe(1);
    const keys = (await env.CACHE.list()).keys.map(({ name }) => name).filter((name) => name.includes(`${ANNA}`));
    expect(keys).toEqual([]);
    expect(await say("/size")).toContain("Send /start first");
  });
});
