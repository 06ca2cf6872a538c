import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { Update } from "grammy/types";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Api } from "grammy";
import type { Delivery } from "../../src/domain/delivery.ts";
import { DEFAULT_PREFERENCES, type Person } from "../../src/domain/person.ts";
import { createLogger } from "../../src/monitoring/log.ts";
import { deadLettersStatement } from "../../src/storage/dead-letters.ts";
import { sessionKey } from "../../src/storage/keys.ts";
import { ACTIVITY_MS, SESSION_MS } from "../../src/storage/sessions.ts";
import { CLAIM_LIMIT_MS } from "../../src/storage/updates.ts";
import { apiFetch } from "../../src/telegram/api-fetch.ts";
import { createSender } from "../../src/telegram/send.ts";
import { en } from "../../src/telegram/text/en.ts";
import { id as indonesian } from "../../src/telegram/text/id.ts";
import { MEMORY_MS } from "../../src/telegram/session-cache.ts";
import { openStage, SECRET, type Stage, TOKEN, WEBHOOK_URL } from "./bot-stage.ts";

const TABLES = ["deliveries", "watches", "taken", "sessions", "people", "telegram_updates", "scans"] as const;
const SECRET_HEADER = "x-telegram-bot-api-secret-token";
/** Deferred writes of KV are spaced by little more than a second; done marks wait for five. */
const CACHE_WRITTEN_MS = 1_800;
const ANNA = 4_201;
const BUDI = 4_202;
const GROUP = -1_001;
const DAY_MS = 86_400_000;
let stage: Stage;

beforeEach(async () => {
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  await env.DB.batch(TABLES.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
  await Promise.all((await env.CACHE.list()).keys.map(({ name }) => env.CACHE.delete(name)));
  stage = openStage();
  stage.telegram.control({ people: [ANNA, BUDI] });
}, 30_000);
afterEach(() => {
  vi.useRealTimers();
  stage.close();
});

const say = async (personId: number, text: string) => await stage.telegram.say(personId, text);
const texts = async (personId: number, text: string) => (await say(personId, text)).answers.map((answer) => answer.text);
const post = (body: string, headers: Readonly<Record<string, string>> = { [SECRET_HEADER]: SECRET }) =>
  stage.post(new Request(WEBHOOK_URL, { method: "POST", headers, body }));
const events = (event: string) => stage.logs().filter((line) => line["event"] === event);
const rows = async (sql: string) => (await env.DB.prepare(sql).all()).results;
const bySql = (start: string) => stage.counts.sql.filter((sql) => sql.startsWith(start)).length;
const claims = () => bySql("INSERT INTO telegram_updates");
const messages = (personId: number) => stage.telegram.messages(personId).filter(({ from }) => from?.is_bot === true);
/** An update as Telegram would send it, without sending it. */
const written = (updateId: number, text: string): Update => ({
  update_id: updateId,
  message: {
    message_id: updateId,
    date: Math.floor(Date.now() / 1_000),
    chat: { id: ANNA, type: "private", first_name: "Anna" },
    from: { id: ANNA, is_bot: false, first_name: "Anna", language_code: "en" },
    text,
  },
});
/** A press as Telegram would send it, without sending it. */
const pressed = (updateId: number, data: string, messageId: number) => ({
  update_id: updateId,
  callback_query: {
    id: `q${updateId}`,
    from: { id: ANNA, is_bot: false, first_name: "Anna" },
    chat_instance: "1",
    message: { message_id: messageId, date: 1, chat: { id: ANNA, type: "private", first_name: "Anna" } },
    data,
  },
});
const sessionInKv = async (personId: number) => {
  const text = await env.CACHE.get(sessionKey(personId));
  return text === null ? null : JSON.parse(text);
};

describe("the webhook", () => {
  it.each([
    ["no secret", {}],
    ["a wrong one", { [SECRET_HEADER]: "something-else" }],
    ["the beginning of it", { [SECRET_HEADER]: SECRET.slice(0, -1) }],
    ["more than it", { [SECRET_HEADER]: `${SECRET}x` }],
  ])("refuses a call with %s, and does nothing else", async (_what, headers) => {
    const request = new Request(WEBHOOK_URL, { method: "POST", headers, body: JSON.stringify(written(1, "/start")) });
    const response = await stage.post(request);
    expect(response.status).toBe(401);
    expect(await response.text()).toBe("");
    expect(request.bodyUsed).toBe(false);
    expect(stage.counts).toEqual({ sql: [], d1Calls: 0, kvReads: [], kvWrites: [], fetches: [] });
  });

  it.each([{ TELEGRAM_WEBHOOK_SECRET: "" }, { TELEGRAM_BOT_TOKEN: "" }])("is not there while %j is", async (vars) => {
    stage.close();
    stage = openStage(vars);
    const response = await post(JSON.stringify(written(1, "/start")));
    expect([response.status, response.headers.get("content-type")]).toEqual([404, "application/problem+json"]);
    expect(stage.counts.sql).toEqual([]);
  });

  it("answers 200 to what is no update, counts it and claims nothing", async () => {
    const good = written(7, "/help");
    const bad = [
      "",
      "{",
      "[]",
      "null",
      "{}",
      '{"update_id":"7"}',
      '{"update_id":-1}',
      JSON.stringify({ ...good, message: { text: "/help" } }),
      JSON.stringify({ ...good, message: { ...good.message, from: { id: "x" } } }),
      JSON.stringify({ update_id: 7, callback_query: { id: "", from: { id: 1 } } }),
      JSON.stringify(good).slice(0, -3),
      JSON.stringify(written(7, "x".repeat(1_000_001))),
    ];
    for (const body of bad) expect((await post(body)).status).toBe(200);
    expect(events("telegram.malformed").map((line) => line["count"])).toEqual(bad.map((_, place) => place + 1));
    expect(stage.counts.sql).toEqual([]);
    expect(stage.counts.fetches).toEqual([]);
  });

  it("leaves kinds of updates that it did not ask for alone", async () => {
    const { message, ...rest } = written(8, "/help");
    expect((await post(JSON.stringify({ ...rest, edited_message: message }))).status).toBe(200);
    expect(stage.counts.sql).toEqual([]);
  });

  it("answers the same update once: sent again, five times at once, and to another isolate", async () => {
    await stage.telegram.say(ANNA, "/help", { copies: 3 });
    expect(messages(ANNA)).toHaveLength(1);
    await stage.telegram.say(ANNA, "/help", { copies: 5, atOnce: true });
    expect(messages(ANNA)).toHaveLength(2);
    const update = written(900_001, "/help");
    await post(JSON.stringify(update));
    stage.recycle();
    await post(JSON.stringify(update));
    expect(messages(ANNA)).toHaveLength(3);
    expect(events("telegram.update").filter((line) => line["outcome"] === "repeated")).toHaveLength(2 + 4 + 1);
  });

  it("takes a claim without its done mark again after 60 s, and not before; one that is done never", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const claim = "INSERT INTO telegram_updates (update_id, claimed_at_ms, done_at_ms) VALUES (?, ?, ?)";
    const nowMs = Date.now();
    await env.DB.batch([
      env.DB.prepare(claim).bind(1, nowMs - CLAIM_LIMIT_MS, null),
      env.DB.prepare(claim).bind(2, nowMs - CLAIM_LIMIT_MS + 1, null),
      env.DB.prepare(claim).bind(3, nowMs - DAY_MS, nowMs - DAY_MS + 5),
    ]);
    for (const id of [1, 2, 3]) await post(JSON.stringify(written(id, "/help")));
    expect(messages(ANNA)).toHaveLength(1);
    expect(await rows("SELECT claimed_at_ms FROM telegram_updates WHERE update_id = 1")).toEqual([{ claimed_at_ms: nowMs }]);
  });

  it("carries done marks to D1 with the claims that follow, and writes the last one alone", async () => {
    for (let count = 0; count < 10; count++) await say(ANNA, "/help");
    expect(stage.counts.sql.filter((sql) => !sql.startsWith("INSERT INTO telegram_updates"))).toHaveLength(10);
    expect(claims()).toBe(10);
    const open = "SELECT count(*) AS open FROM telegram_updates WHERE done_at_ms IS NULL";
    expect(await rows(open)).toEqual([{ open: 1 }]);
    await stage.settled();
    expect(claims()).toBe(11);
    expect(await rows(open)).toEqual([{ open: 0 }]);
  }, 10_000);

  it("gives done marks another try when D1 did not take them", async () => {
    await say(ANNA, "/help");
    stage.breakD1(true);
    await say(ANNA, "/help");
    stage.breakD1(false);
    await say(ANNA, "/help");
    expect(await rows("SELECT count(*) AS done FROM telegram_updates WHERE done_at_ms IS NOT NULL")).toEqual([{ done: 1 }]);
  });

  it("without D1 answers 200 with a sentence and an error record, to a message and to a press", async () => {
    const { answers } = await say(ANNA, "/status");
    stage.breakD1(true);
    const said = await say(ANNA, "/help");
    expect(said.attempts).toEqual([{ status: 200, error: null }]);
    expect(said.answers.map(({ text }) => text)).toEqual([en.general.failed]);
    const pressed = await stage.telegram.press(ANNA, answers[0]?.message_id ?? 0, "status:");
    expect([pressed.attempts, pressed.toast]).toEqual([[{ status: 200, error: null }], en.general.failed]);
    expect(events("telegram.claim-failed").map((line) => line["level"])).toEqual(["error", "error"]);
  });

  it("without KV answers from D1", async () => {
    await say(ANNA, "/start");
    stage.breakKv(true);
    stage.recycle();
    expect((await texts(ANNA, "/size"))[0]).not.toBe(en.general.needsStart);
    expect(events("telegram.failed")).toEqual([]);
  });

  it("a command that fails is answered 200 with a sentence in the person's language and one error record", async () => {
    await stage.telegram.say(BUDI, "/start", { language: "id" });
    await env.DB.prepare("ALTER TABLE deliveries RENAME TO deliveries_away").run();
    try {
      const said = await stage.telegram.say(BUDI, "/status", { language: "id", copies: 2 });
      expect(said.attempts.map(({ status }) => status)).toEqual([200, 200]);
      expect(said.answers.map(({ text }) => text)).toEqual([indonesian.general.failed]);
    } finally {
      await env.DB.prepare("ALTER TABLE deliveries_away RENAME TO deliveries").run();
    }
    expect(events("telegram.failed")).toMatchObject([{ level: "error", command: "status" }]);
    expect((await say(BUDI, "/status")).answers).toHaveLength(1);
  });

  it("says that it failed in the language that was chosen, whatever the client speaks", async () => {
    await say(BUDI, "/start");
    await say(BUDI, "/language id");
    await stage.settled(CACHE_WRITTEN_MS);
    stage.breakD1(true);
    expect(await texts(BUDI, "/help")).toEqual([indonesian.general.failed]);
    stage.recycle();
    expect(await texts(BUDI, "/help")).toEqual([indonesian.general.failed]);
    stage.breakKv(true);
    stage.recycle();
    expect(await texts(BUDI, "/help")).toEqual([en.general.failed]);
  }, 10_000);

  it("when Telegram does not answer, answers 200, sends nothing twice and keeps an error record", async () => {
    stage.telegram.control({ fault: { kind: "silent-after", method: "sendMessage", times: 1 } });
    expect((await say(ANNA, "/help")).attempts).toEqual([{ status: 200, error: null }]);
    expect(stage.counts.fetches).toEqual(["sendMessage"]);
    expect(events("telegram.failed")).toHaveLength(1);
  }, 20_000);

  it("when Telegram asks to wait, sends the answer later, once", async () => {
    stage.telegram.control({ fault: { kind: "rate-429", method: "sendMessage", times: 1, retryAfterSeconds: 1 } });
    await say(ANNA, "/help");
    expect(messages(ANNA)).toHaveLength(0);
    await stage.settled(CACHE_WRITTEN_MS);
    expect(messages(ANNA)).toHaveLength(1);
    expect(events("telegram.failed")).toEqual([]);
  });
});

describe("what is said to the bot", () => {
  it("/start makes a person with a session in their client's language; before it others get the prompt, /help does not", async () => {
    expect(await texts(ANNA, "/size")).toEqual([en.general.needsStart]);
    expect((await texts(ANNA, "/help"))[0]).toContain(en.help.title);
    expect(await rows("SELECT telegram_id FROM people")).toEqual([]);
    const { answers } = await stage.telegram.say(BUDI, "/start", { language: "id-ID" });
    expect(answers).toHaveLength(1);
    expect(await rows("SELECT telegram_id, chat_id, role, status, preferences ->> '$.language' AS language FROM people")).toEqual([
      { telegram_id: BUDI, chat_id: BUDI, role: "person", status: "active", language: "id" },
    ]);
    expect(await rows("SELECT telegram_id, ended_at_ms, expires_at_ms - last_active_at_ms AS ms FROM sessions")).toEqual([
      { telegram_id: BUDI, ended_at_ms: null, ms: SESSION_MS },
    ]);
  });

  it("unknown words and commands get a useful sentence; a picture too", async () => {
    for (const text of ["what is this?", "/nonsense", "🙂", "NOSUCHCOIN"])
      expect(await texts(ANNA, text)).toEqual([en.general.notUnderstood]);
    const { message, ...rest } = written(77, "");
    await post(JSON.stringify({ ...rest, message: { ...message, text: undefined, photo: [] } }));
    expect(messages(ANNA).at(-1)?.text).toBe(en.general.notUnderstood);
  });

  it("a command may bear the bot's name; another bot's name is left alone", async () => {
    expect((await texts(ANNA, "/help@carrywatch_bot"))[0]).toContain(en.help.title);
    expect(await texts(ANNA, "/help@another_bot")).toEqual([]);
  });

  it("groups get what is for groups and nothing personal; words among people are left alone", async () => {
    await say(ANNA, "/start");
    stage.recount();
    const inGroup = async (text: string) => (await stage.telegram.say(ANNA, text, { group: GROUP })).answers.map((answer) => answer.text);
    expect(await inGroup("/size")).toEqual([en.general.privateOnly]);
    expect(await inGroup("/start@carrywatch_bot")).toEqual([en.general.privateOnly]);
    expect(await inGroup("/nonsense")).toEqual([]);
    expect(await inGroup("/nonsense@carrywatch_bot")).toEqual([en.general.notUnderstood]);
    expect(await inGroup("btc")).toEqual([]);
    expect(await inGroup("/top")).toHaveLength(1);
    expect(stage.counts.kvReads.filter((key) => key.startsWith("session"))).toEqual([]);
    expect(bySql("SELECT sessions.id")).toBe(0);
  });

  it("a press in a group on what is for private chats gets a note over the chat, and no message", async () => {
    await say(ANNA, "/start");
    stage.recount();
    const { callback_query: query } = pressed(6_001, "size:20000", 1);
    const chat = { id: GROUP, type: "supergroup", title: "People" };
    await post(JSON.stringify({ update_id: 6_001, callback_query: { ...query, message: { ...query.message, chat } } }));
    expect(stage.counts.fetches).toEqual(["answerCallbackQuery"]);
    expect(stage.telegram.calls().calls.at(-1)?.params).toMatchObject({ text: en.general.privateOnly });
    expect(await rows("SELECT preferences ->> '$.sizeUsd' AS size_usd FROM people")).not.toContainEqual({ size_usd: 20_000 });
  });

  it("a secret that was typed where it is not taken is deleted, and whoever typed it among people is told to choose another", async () => {
    const inGroup = (text: string) => stage.telegram.say(ANNA, text, { group: GROUP });
    const said = await inGroup("/admin claim the-secret-of-operators");
    expect(said.answers.map(({ text }) => text)).toEqual([en.general.secretSeen]);
    expect((await inGroup("/admin")).answers.map(({ text }) => text)).toEqual([en.general.privateOnly]);
    const deletions = () => stage.telegram.calls().calls.filter(({ method }) => method === "deleteMessage");
    expect(deletions()).toHaveLength(1);
    expect(deletions()[0]?.params).toMatchObject({ chat_id: GROUP });
    // Nobody yet, so there is no session to claim with.
    expect(await texts(ANNA, "/admin claim the-secret-of-operators")).toEqual([en.general.needsStart]);
    await stage.settled(200);
    expect(deletions()).toHaveLength(2);
    expect(stage.telegram.messages(ANNA).map(({ text }) => text)).toEqual([en.general.needsStart]);
    expect(events("telegram.deferred-failed")).toEqual([]);
  });

  it("every press is confirmed, known or not, and reloading what has not changed is no failure", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const { answers } = await say(ANNA, "/status");
    const shown = answers[0];
    for (let count = 0; count < 2; count++) await stage.telegram.press(ANNA, shown?.message_id ?? 0, "status:");
    expect(messages(ANNA)).toHaveLength(1);
    expect(stage.counts.fetches.filter((method) => method === "answerCallbackQuery")).toHaveLength(2);
    expect(events("telegram.failed")).toEqual([]);
    for (const [place, data] of ["", "nonsense:1", "help:"].entries())
      await post(JSON.stringify(pressed(5_000 + place, data, shown?.message_id ?? 0)));
    expect(stage.counts.fetches.filter((method) => method === "answerCallbackQuery")).toHaveLength(5);
  });

  it("whoever blocks the bot is noted, and whoever lets it write again too, unless they had stopped it", async () => {
    const status = async () => (await rows("SELECT status FROM people"))[0]?.["status"];
    await say(ANNA, "/start");
    await stage.telegram.block(ANNA);
    expect(await status()).toBe("blocked");
    await stage.telegram.unblock(ANNA);
    expect(await status()).toBe("active");
    await env.DB.prepare("UPDATE people SET status = 'stopped'").run();
    await stage.telegram.block(ANNA);
    await stage.telegram.unblock(ANNA);
    expect(await status()).toBe("stopped");
  });
});

describe("a message of an alert", () => {
  const delivery: Delivery = {
    eventId: "broadcast:1",
    telegramId: ANNA,
    kind: "broadcast",
    status: "sending",
    reason: null,
    protective: false,
    silent: true,
    opportunityId: null,
    strategy: null,
    asset: null,
    netTold: null,
    payload: { kind: "broadcast", text: "Hello everybody" },
    attempts: 1,
    venueAtMs: null,
    scanAtMs: null,
  };
  const person: Person = {
    telegramId: ANNA,
    chatId: ANNA,
    role: "person",
    status: "active",
    preferences: DEFAULT_PREFERENCES,
    createdAtMs: 1,
  };
  const send = async (to = person, timeoutSeconds = 1) => {
    const api = new Api(TOKEN, { apiRoot: "https://telegram.test", timeoutSeconds, fetch: apiFetch((url, init) => fetch(url, init)) });
    const log = createLogger({ level: "error", component: "test", now: Date.now });
    return await createSender({ api, now: Date.now, market: "live", log })(delivery, { person: to, repeated: false });
  };

  it("is sent, without a sound where the person wants none", async () => {
    expect(await send()).toEqual({ kind: "sent" });
    expect(stage.telegram.calls().calls.at(-1)?.params).toMatchObject({ chat_id: ANNA, disable_notification: true });
    expect(messages(ANNA).at(-1)?.text).toContain("Hello everybody");
  });

  it.each([
    ["rate-429", { kind: "rate-limited", retryAfterMs: 7_000 }],
    ["blocked-403", { kind: "blocked" }],
    ["bad-400", { kind: "refused" }],
    ["server-500", { kind: "failed" }],
    ["html-502", { kind: "failed" }],
    ["silent-before", { kind: "no-answer" }],
    ["silent-after", { kind: "no-answer" }],
  ] as const)("met with %s is told as %j", async (kind, expected) => {
    stage.telegram.control({ fault: { kind, times: 1, ...(kind === "rate-429" ? { retryAfterSeconds: 7 } : {}) } });
    expect(await send()).toMatchObject(expected);
    expect(stage.counts.fetches).toHaveLength(1);
  });

  it("to a chat that is gone is told as blocked", async () => {
    expect(await send({ ...person, chatId: 99_999 })).toMatchObject({ kind: "blocked" });
  });
});

/** People who have a session, as if they had come some time ago. */
async function settle(people: readonly number[], lastActiveAtMs = Date.now()): Promise<void> {
  const preferences = JSON.stringify({ ...DEFAULT_PREFERENCES, onboarded: true });
  const person =
    "INSERT INTO people (telegram_id, chat_id, role, status, preferences, created_at, updated_at) SELECT value, value, 'person', 'active', ?2, ?3, ?3 FROM json_each(?1)";
  const session =
    "INSERT INTO sessions (id, telegram_id, created_at, last_active_at_ms, expires_at_ms) SELECT 'session-of-person-' || value, value, ?2, ?2, ?3 FROM json_each(?1)";
  await env.DB.batch([
    env.DB.prepare(person).bind(JSON.stringify(people), preferences, lastActiveAtMs),
    env.DB.prepare(session).bind(JSON.stringify(people), lastActiveAtMs, lastActiveAtMs + SESSION_MS),
  ]);
}

describe("what an update costs", () => {
  it("of somebody who returns: one claim, no D1 for the session, at most one KV read, over a hundred updates", async () => {
    const people = Array.from({ length: 10 }, (_, place) => 50_000 + place);
    await settle(people);
    for (const person of people) await say(person, "/size");
    await stage.settled();
    stage.recycle();
    stage.recount();
    for (let count = 0; count < 100; count++) await say(people[count % people.length] ?? 0, "/size");
    expect(stage.counts.sql).toHaveLength(100);
    expect(claims()).toBe(100);
    expect(stage.counts.kvReads).toHaveLength(people.length);
    expect(stage.counts.kvWrites).toEqual([]);
    const sources = events("telegram.update")
      .slice(-100)
      .map((line) => line["session"]);
    expect(sources.filter((source) => source === "memory")).toHaveLength(90);
    expect(sources.filter((source) => source === "kv")).toHaveLength(10);
    expect(sources.filter((source) => source === "d1")).toHaveLength(0);
    // What is left: the done mark of the last update, alone.
    await stage.settled();
    expect(stage.counts.sql).toHaveLength(101);
  }, 30_000);

  it("of a thousand people: their first fills the caches, their second finds them", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const people = Array.from({ length: 1_000 }, (_, place) => 60_000 + place);
    await settle(people);
    const everybody = async () => {
      for (let from = 0; from < people.length; from += 50)
        await Promise.all(people.slice(from, from + 50).map((person) => say(person, "/size")));
    };
    await everybody();
    expect([claims(), bySql("SELECT sessions.id")]).toEqual([1_000, 1_000]);
    expect(stage.counts.sql).toHaveLength(2_000);
    expect(stage.counts.kvReads).toHaveLength(1_000);
    await stage.settled(CACHE_WRITTEN_MS);
    expect(stage.counts.kvWrites).toHaveLength(1_000);
    vi.setSystemTime(Date.now() + MEMORY_MS);
    stage.recount();
    await everybody();
    const flushed = claims() - 1_000;
    expect(flushed).toBeLessThanOrEqual(1);
    expect(stage.counts.sql).toHaveLength(1_000 + flushed);
    expect(stage.counts.kvReads).toHaveLength(1_000);
    expect(stage.counts.kvWrites).toEqual([]);
    expect(messages(people[999] ?? 0)).toHaveLength(2);
  }, 120_000);
});

describe("what is stored about somebody", () => {
  const ABOUT_PEOPLE = ["people", "sessions", "taken", "watches", "deliveries"] as const;
  const stored = async () =>
    (await Promise.all(ABOUT_PEOPLE.map((table) => rows(`SELECT telegram_id FROM ${table} WHERE telegram_id = ${ANNA}`)))).flat().length;

  /** Tables of which any column of any row holds the person's id. */
  const tablesNaming = async (person: number) => {
    const named = new RegExp(`(?<!\\d)${person}(?!\\d)`, "u");
    const found: string[] = [];
    for (const { name } of await rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf*' ORDER BY name")) {
      if (typeof name !== "string" || !/^[a-z_]+$/u.test(name)) continue;
      if ((await rows(`SELECT * FROM ${name}`)).some((row) => Object.values(row).some((value) => named.test(String(value)))))
        found.push(name);
    }
    return found;
  };
  const saveLetters = async (letters: readonly { readonly id: string; readonly body: unknown }[]) => {
    const whole = letters.map((letter) => ({ ...letter, queue: "deliveries", attempts: 8, atMs: Date.now() }));
    await deadLettersStatement(env.DB, whole).run();
  };

  it("is gone everywhere after /erase and its button: D1, KV and memory; somebody else's is not", async () => {
    for (const person of [ANNA, BUDI]) {
      await say(person, "/start");
      await say(person, "/watch BTC binance 0.05%");
      await env.DB.prepare(
        `INSERT INTO deliveries (event_id, telegram_id, kind, status, protective, silent, payload, attempts, created_at, updated_at, sent_at_ms)
         VALUES ('broadcast:1', ?1, 'broadcast', 'sent', 0, 0, '{}', 1, ?2, ?2, ?2)`,
      )
        .bind(person, Date.now())
        .run();
    }
    await saveLetters([
      { id: `delivery:broadcast:1:${ANNA}`, body: { eventId: "broadcast:1", telegramId: ANNA, kind: "broadcast", message: "500" } },
      { id: "batch", body: { deliveries: [ANNA, BUDI].map((telegramId) => ({ eventId: "broadcast:1", telegramId })) } },
    ]);
    await stage.settled(CACHE_WRITTEN_MS);
    expect(await stored()).toBe(4);
    expect(await tablesNaming(ANNA)).toEqual(["dead_letters", "deliveries", "people", "sessions", "watches"]);
    expect(await sessionInKv(ANNA)).not.toBeNull();
    const { answers } = await say(ANNA, "/erase");
    expect(await stored()).toBe(4);
    await stage.telegram.press(ANNA, answers[0]?.message_id ?? 0, "erase:yes");
    expect(await stored()).toBe(0);
    expect(await tablesNaming(ANNA)).toEqual([]);
    expect(await rows("SELECT id, body FROM dead_letters")).toEqual([
      { id: "batch", body: JSON.stringify({ deliveries: [{ eventId: "broadcast:1", telegramId: BUDI }] }) },
    ]);
    expect(await sessionInKv(ANNA)).toBeNull();
    expect(await texts(ANNA, "/size")).toEqual([en.general.needsStart]);
    await stage.settled(CACHE_WRITTEN_MS);
    expect((await env.CACHE.list()).keys.map(({ name }) => name)).toEqual([sessionKey(BUDI)]);
    expect((await texts(BUDI, "/size"))[0]).not.toBe(en.general.needsStart);
  }, 20_000);

  it("comes whole with /export", async () => {
    await say(ANNA, "/start");
    await say(ANNA, "/watch BTC binance 0.05%");
    const { answers } = await say(ANNA, "/export");
    expect(answers[0]?.document?.file_name).toMatch(/\.json$/u);
    expect(stage.counts.fetches.filter((method) => method === "sendDocument")).toHaveLength(1);
  });
});

describe("sessions", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"] });
  });
  const isLive = async (personId: number) => (await texts(personId, "/size"))[0] !== en.general.needsStart;

  it("slide: used on days 0, 3 and 8 they live; on day 15, seven days after the last use, they are over", async () => {
    const day0 = Date.now();
    await say(ANNA, "/start");
    for (const day of [3, 8]) {
      vi.setSystemTime(day0 + day * DAY_MS);
      stage.recycle();
      expect(await isLive(ANNA)).toBe(true);
      await stage.settled(CACHE_WRITTEN_MS);
      expect((await sessionInKv(ANNA)).expiresAtMs).toBe(day0 + (day + 7) * DAY_MS);
    }
    vi.setSystemTime(day0 + 15 * DAY_MS - 1);
    expect(await rows(`SELECT 1 AS live FROM sessions WHERE expires_at_ms > ${Date.now()}`)).toEqual([{ live: 1 }]);
    vi.setSystemTime(day0 + 15 * DAY_MS);
    expect(await isLive(ANNA)).toBe(false);
    stage.recycle();
    expect(await isLive(ANNA)).toBe(false);
    await say(ANNA, "/start");
    expect(await isLive(ANNA)).toBe(true);
    expect(await rows("SELECT count(*) AS all_of_them, sum(ended_at_ms IS NULL) AS live FROM sessions")).toEqual([
      { all_of_them: 2, live: 1 },
    ]);
  }, 20_000);

  it("are written as used once an hour at most, after the answer, in D1 and KV together", async () => {
    await say(ANNA, "/start");
    await stage.settled(CACHE_WRITTEN_MS);
    const slides = () => bySql("UPDATE sessions SET last_active_at_ms");
    stage.recount();
    const startMs = Date.now();
    for (const [afterMs, written] of [
      [1_000, 0],
      [ACTIVITY_MS - 1, 0],
      [ACTIVITY_MS, 1],
      [ACTIVITY_MS + 1_000, 1],
      [2 * ACTIVITY_MS - 1, 1],
      [2 * ACTIVITY_MS, 2],
    ] as const) {
      vi.setSystemTime(startMs + afterMs);
      await Promise.all([say(ANNA, "/size"), say(ANNA, "/size")]);
      await stage.settled(CACHE_WRITTEN_MS);
      expect([slides(), stage.counts.kvWrites.length]).toEqual([written, written]);
    }
  }, 40_000);

  it("ended by another isolate are refused once memory and KV have let go of them", async () => {
    await say(ANNA, "/start");
    await stage.settled(CACHE_WRITTEN_MS);
    const endedAtMs = Date.now();
    await env.DB.prepare("UPDATE sessions SET ended_at_ms = ?").bind(endedAtMs).run();
    await env.CACHE.delete(sessionKey(ANNA));
    vi.setSystemTime(endedAtMs + MEMORY_MS - 1);
    expect(await isLive(ANNA)).toBe(true);
    vi.setSystemTime(endedAtMs + MEMORY_MS);
    expect(await isLive(ANNA)).toBe(false);
  });

  it("that KV still shows although they ended are found out by the next write of their use", async () => {
    await say(ANNA, "/start");
    await stage.settled(CACHE_WRITTEN_MS);
    await env.DB.prepare("UPDATE sessions SET ended_at_ms = ?").bind(Date.now()).run();
    vi.setSystemTime(Date.now() + ACTIVITY_MS);
    expect(await isLive(ANNA)).toBe(true);
    await stage.settled(CACHE_WRITTEN_MS);
    expect(await sessionInKv(ANNA)).toBeNull();
    expect(await isLive(ANNA)).toBe(false);
  });

  it("changed several times at once are written to KV once more than a second later, with what came last", async () => {
    await say(ANNA, "/start");
    await stage.settled(CACHE_WRITTEN_MS);
    vi.setSystemTime(Date.now() + 2_000);
    stage.recount();
    for (const size of ["1000", "2000", "3000", "4000"]) await say(ANNA, `/size ${size}`);
    await stage.settled(CACHE_WRITTEN_MS);
    expect(stage.counts.kvWrites).toHaveLength(2);
    expect((await sessionInKv(ANNA)).person.preferences.sizeUsd).toBe(4_000);
    stage.recycle();
    expect((await texts(ANNA, "/size"))[0]).toContain("4,000");
  }, 20_000);

  it("are read as what was written or not at all: broken, foreign and old values of KV count as absent", async () => {
    await say(ANNA, "/start");
    await stage.settled(CACHE_WRITTEN_MS);
    const whole = await sessionInKv(ANNA);
    for (const value of [
      "{",
      "{}",
      JSON.stringify({ ...whole, person: { ...whole.person, telegramId: BUDI } }),
      JSON.stringify({ ...whole, expiresAtMs: Date.now() }),
    ]) {
      await env.CACHE.put(sessionKey(ANNA), value);
      stage.recycle();
      stage.recount();
      expect(await isLive(ANNA)).toBe(true);
      expect(bySql("SELECT sessions.id")).toBe(1);
    }
  });
});
