import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DEFAULT_PREFERENCES } from "../../src/domain/person.ts";
import { sessionKey } from "../../src/storage/keys.ts";
import { en } from "../../src/telegram/text/en.ts";
import { openStage, type Stage } from "./bot-stage.ts";

const TABLES = ["deliveries", "watches", "taken", "sessions", "people", "telegram_updates", "scans"] as const;
/** Deferred writes of KV are spaced by little more than a second. */
const CACHE_WRITTEN_MS = 1_500;
const ANNA = 4_301;
let stage: Stage;
/** Two isolates that know the same person. */
let first: Env;
let second: Env;

beforeEach(async () => {
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  await env.DB.batch(TABLES.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
  for (const { name } of (await env.CACHE.list()).keys) await env.CACHE.delete(name);
  stage = openStage();
  stage.telegram.control({ people: [ANNA] });
  first = stage.env;
  stage.recycle();
  second = stage.env;
  stage.enter(first);
});
afterEach(() => stage.close());

const say = async (text: string) => (await stage.telegram.say(ANNA, text)).answers.map((answer) => answer.text);
const press = async (data: string) => {
  const shown = stage.telegram.messages(ANNA).findLast(({ from }) => from?.is_bot === true);
  return await stage.telegram.press(ANNA, shown?.message_id ?? 0, data);
};
const rows = async (sql: string) => (await env.DB.prepare(sql).all()).results;
const preferences = async () => JSON.parse(String((await rows("SELECT preferences FROM people"))[0]?.["preferences"]));
const sessionInKv = async () => await env.CACHE.get(sessionKey(ANNA));
/** What was left for after the answers is done, writes of KV too. */
const written = async () => await stage.settled(CACHE_WRITTEN_MS);
/** Anna is in the memory of both isolates, and nothing of her waits to be written. The first is asked next. */
const inBoth = async () => {
  for (const isolate of [second, first]) await inIsolate(isolate, "/start");
  await written();
};
const inIsolate = async (isolate: Env, text: string) => {
  stage.enter(isolate);
  return await say(text);
};

describe("whoever is erased or signed out", () => {
  it.each([
    ["/erase", async () => await press("erase:yes")],
    ["/stop session", async () => await say("/stop session")],
  ])(
    "by %s stays out of KV where the update found the session in D1 only",
    async (_what, leave) => {
      await say("/start");
      await say("/erase");
      await written();
      await env.CACHE.delete(sessionKey(ANNA));
      stage.recycle();
      await leave();
      await written();
      expect(await sessionInKv()).toBeNull();
      stage.recycle();
      expect(await say("/size")).toEqual([en.general.needsStart]);
    },
    20_000,
  );

  it.each(["/stop", "/resume", "/size 20k", "/mute BTC"])(
    "is not brought back into KV by %s in another isolate",
    async (typed) => {
      await inBoth();
      await say("/erase");
      await press("erase:yes");
      expect(await inIsolate(second, typed)).toEqual([en.general.needsStart]);
      await written();
      expect(await sessionInKv()).toBeNull();
      expect(await rows("SELECT telegram_id FROM people")).toEqual([]);
      expect(stage.logs().filter(({ event }) => event === "telegram.failed")).toEqual([]);
    },
    20_000,
  );

  it("is let in anew by /start in another isolate that still knows them", async () => {
    await inBoth();
    await say("/erase");
    await press("erase:yes");
    await inIsolate(second, "/start");
    expect(await rows("SELECT telegram_id, status FROM people")).toEqual([{ telegram_id: ANNA, status: "active" }]);
    expect(await rows("SELECT telegram_id FROM sessions WHERE ended_at_ms IS NULL")).toHaveLength(1);
  }, 20_000);

  it.each(["/stop", "/size 20k"])(
    "has no session in KV after %s in an isolate that did not know it was ended",
    async (typed) => {
      await inBoth();
      await say("/stop session");
      await inIsolate(second, typed);
      await written();
      expect(await sessionInKv()).toBeNull();
      expect(await inIsolate(second, "/size")).toEqual([en.general.needsStart]);
    },
    20_000,
  );
});

describe("whoever was marked as blocked by the sender, which no cache knows", () => {
  it.each(["/start", "/resume"])(
    "gets alerts again with %s",
    async (typed) => {
      await inBoth();
      await env.DB.prepare("UPDATE people SET status = 'blocked'").run();
      await say(typed);
      expect(await rows("SELECT status FROM people")).toEqual([{ status: "active" }]);
    },
    20_000,
  );
});

describe("settings changed in two isolates", () => {
  it.each([
    ["/mute BTC", "/size 20k", { mutes: [{ value: "BTC" }], sizeUsd: 20_000 }],
    ["/alerts opened silent", "/alerts ended off", { alerts: { opened: "silent", ended: "off" } }],
    ["/fees binance 0.04%", "/fees okx 0.03%", { fees: { binance: 0.0004, okx: 0.0003 } }],
    ["/quiet 23:00 07:00 Asia/Jakarta", "/horizon 3d", { quiet: { fromMinute: 1_380 }, horizonHours: 72 }],
    ["/language id", "/alerts bar 8%", { language: "id", bar: { kind: "net-apr", value: 0.08 } }],
    ["/snooze ETH 24h", "/mute venue okx", { mutes: [{ value: "ETH" }, { value: "okx" }] }],
    ["/size 20k", "/alerts strategies price", { sizeUsd: 20_000, strategies: ["funding", "carry"] }],
  ])(
    "are all kept: %s, then %s where the first is not known yet",
    async (one, other, both) => {
      await inBoth();
      await say(one);
      await inIsolate(second, other);
      expect(await preferences()).toMatchObject(both);
      await written();
      expect(JSON.parse((await sessionInKv()) ?? "null")).toMatchObject({ person: { preferences: both } });
    },
    20_000,
  );

  it("are all kept when both change them at the same moment", async () => {
    await inBoth();
    const one = say("/size 20k");
    stage.enter(second);
    await Promise.all([one, say("/horizon 3d")]);
    expect(await preferences()).toMatchObject({ sizeUsd: 20_000, horizonHours: 72 });
  }, 20_000);

  it("hold as typed where the other isolate believes that nothing changes", async () => {
    await inBoth();
    await say("/size 20k");
    await inIsolate(second, `/size ${DEFAULT_PREFERENCES.sizeUsd}`);
    expect(await preferences()).toMatchObject({ sizeUsd: DEFAULT_PREFERENCES.sizeUsd });
    await say("/stop");
    await inIsolate(first, "/resume");
    expect(await rows("SELECT status FROM people")).toEqual([{ status: "active" }]);
  }, 20_000);

  it("keep each venue that is tapped while coming in", async () => {
    await inBoth();
    await inIsolate(first, "/start");
    await press("start:v:okx");
    stage.enter(second);
    await press("start:v:binance");
    expect(await preferences()).toMatchObject({ venues: expect.arrayContaining(["okx", "binance"]) });
  }, 20_000);
});
