import { applyD1Migrations, createMessageBatch, createScheduledController, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import worker from "../../src/worker.ts";
import { servicesFor } from "../../src/wiring.ts";
import { openStage, type Stage } from "./bot-stage.ts";

const TABLES = ["deliveries", "watches", "taken", "sessions", "people", "telegram_updates", "scans"] as const;
const ANNA = 4_201;
let stage: Stage;

beforeEach(async () => {
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  await env.DB.batch(TABLES.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
  for (const { name } of (await env.CACHE.list()).keys) await env.CACHE.delete(name);
  await env.DB.prepare(
    "INSERT OR REPLACE INTO flags (key, value, updated_at, updated_by) VALUES ('real_time_data', 'false', ?, 'operator')",
  )
    .bind(Date.now())
    .run();
  stage = openStage();
});
afterEach(() => {
  vi.useRealTimers();
  stage.close();
});

const say = async (text: string) => await stage.telegram.say(ANNA, text);
const events = (event: string) => stage.logs().filter((line) => line["event"] === event);
type Counted = { readonly isolate: string; readonly inits: number; readonly reuses: number };
const containerOf = (line: Readonly<Record<string, unknown>> | undefined) => line?.["container"] as Counted;

describe("the services of an isolate", () => {
  it("are built by the first of fifty updates and found built by the others", async () => {
    const before = servicesFor(stage.env).container();
    stage.recycle();
    for (let count = 0; count < 50; count++) await say("/help");
    const updates = events("telegram.update").map(containerOf);
    expect(updates).toHaveLength(50);
    expect(events("container.init")).toHaveLength(2);
    expect(updates.map(({ inits, reuses }) => [inits - before.inits, reuses - before.reuses])).toEqual(
      Array.from({ length: 50 }, (_, reuses) => [1, reuses]),
    );
    expect(new Set(updates.map(({ isolate }) => isolate)).size).toBe(1);
  }, 20_000);

  it("are built without a statement, a KV read or a request, however many of them are asked for", () => {
    const services = servicesFor(stage.env);
    services.api();
    services.telegram();
    services.queues();
    expect(services.telegram().send).not.toBeNull();
    expect(stage.counts).toEqual({ sql: [], d1Calls: 0, kvReads: [], kvWrites: [], fetches: [] });
    expect(services.api()).toBe(services.api());
    expect(services.telegram()).toBe(services.telegram());
  });

  it("are built once when two first requests come at once, and both are answered", async () => {
    const [first, second] = await Promise.all([stage.telegram.say(ANNA, "/help"), stage.telegram.say(ANNA + 1, "/help")]);
    expect([first.answers.length, second.answers.length]).toEqual([1, 1]);
    expect(events("container.init")).toHaveLength(1);
  });

  it("serve requests, updates, cron and queues alike", async () => {
    await say("/help");
    await stage.post(new Request("https://carrywatch.test/api/health"));
    await worker.scheduled(createScheduledController({ scheduledTime: new Date() }), stage.env);
    const message = { id: "1", timestamp: new Date(), attempts: 1, body: { deliveries: [] } };
    await worker.queue(createMessageBatch("carrywatch-deliveries", [message]), stage.env);
    expect(events("api.request").map((line) => containerOf(line).inits)).toEqual(
      events("telegram.update").map((line) => containerOf(line).inits),
    );
    // The Scanner has the isolate's own bindings, not the counted ones of this stage.
    expect(events("container.init").filter((line) => line["market"] === "test")).toHaveLength(1);
  });

  it("are shared by the handlers and the Durable Objects of an isolate", async () => {
    await exports.default.fetch("https://carrywatch.test/api/health");
    const before = events("container.init").length;
    const own = await runInDurableObject(env.SCANNER.getByName("shared"), (object) => (object as unknown as { env: Env }).env);
    servicesFor(own);
    await exports.default.fetch("https://carrywatch.test/api/health");
    expect(events("api.request").map((line) => containerOf(line).isolate)).toHaveLength(2);
    expect(events("container.init")).toHaveLength(before);
  });

  it("are not kept when building them failed", async () => {
    const broken: Env = { ...stage.env, LOG_LEVEL: "shout" };
    expect(() => servicesFor(broken)).toThrow(/LOG_LEVEL/u);
    expect(() => servicesFor(broken)).toThrow(/LOG_LEVEL/u);
    const mended = Object.assign(broken, { LOG_LEVEL: "info" });
    expect(servicesFor(mended)).toBe(servicesFor(mended));
    expect(servicesFor(mended).container().failures).toBeGreaterThanOrEqual(2);
  });
});

describe("an isolate that is recycled between all requests", () => {
  const CONVERSATION = [
    "/size",
    "/start",
    "/size 2500",
    "/size",
    "/mute BTC",
    "/quiet 23:00 07:00 Asia/Jakarta",
    "/quiet",
    "/help",
    "/nonsense",
    "/top",
  ];

  it("answers as one that lives on, and stores the same", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const talk = async (recycled: boolean) => {
      const said: string[] = [];
      for (const text of CONVERSATION) {
        if (recycled) stage.recycle();
        for (const answer of (await say(text)).answers) said.push(answer.text ?? "");
        await stage.settled(1_300);
      }
      const stored = await env.DB.prepare("SELECT telegram_id, status, preferences FROM people").all();
      await env.DB.batch(TABLES.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
      for (const { name } of (await env.CACHE.list()).keys) await env.CACHE.delete(name);
      stage.recycle();
      return { said, stored: stored.results };
    };
    const lasting = await talk(false);
    expect(lasting.said).toHaveLength(CONVERSATION.length);
    expect(await talk(true)).toEqual(lasting);
  }, 60_000);
});
