import { spawn } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BOT, startWorld, type World } from "./world.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const ANNA = 4_201;
const BUDI = 4_202;
let world: World;

beforeAll(async () => {
  world = await startWorld();
  await world.scan();
  await world.scan();
});
afterAll(async () => {
  await world.close();
});

const texts = async (personId: number, text: string) =>
  (await world.simulator.telegram.say(personId, text)).answers.map((each) => each.text ?? "");
const inits = () => world.logs().filter((line) => line["event"] === "container.init").length;

describe("the whole Worker as a bot", () => {
  test("lets somebody in by three taps and shows what is open", async () => {
    const { telegram } = world.simulator;
    let { answers } = await telegram.say(ANNA, "/start");
    for (const tap of ["start:all", "start:s:5000", "start:b:0.03"]) {
      const shown = answers[0]?.message_id ?? 0;
      ({ answers } = await telegram.press(ANNA, shown, tap));
      expect(answers.map(({ message_id }) => message_id)).toEqual([shown]);
    }
    expect(await world.sql("SELECT preferences ->> '$.onboarded' AS onboarded FROM people")).toEqual([{ onboarded: 1 }]);
    const top = await texts(ANNA, "/top");
    expect(top).toHaveLength(1);
    expect(top[0]).toContain((await world.list()).opportunities[0]?.asset);
  });

  test("builds its services once for requests, updates, cron, queues and both kinds of Durable Object", async () => {
    await world.get("/api/health");
    await texts(ANNA, "/status");
    expect(inits()).toBe(1);
  });

  test("a caller who goes away in the middle of an update hurts no other update, and costs no message", async () => {
    const { telegram } = world.simulator;
    telegram.control({ fault: { kind: "slow", method: "sendMessage", chat: BUDI, ms: 1_500, times: 1 } });
    const gone = new AbortController();
    const update = {
      update_id: 900_001,
      message: {
        message_id: 1,
        date: Math.floor(world.nowMs() / 1_000),
        chat: { id: BUDI, type: "private", first_name: "Budi" },
        from: { id: BUDI, is_bot: false, first_name: "Budi" },
        text: "/help",
      },
    };
    telegram.control({ people: [BUDI] });
    const headers = { "x-telegram-bot-api-secret-token": BOT.TELEGRAM_WEBHOOK_SECRET };
    const left = world
      .fetch("/telegram/webhook", { method: "POST", headers, body: JSON.stringify(update), signal: gone.signal })
      .then(() => "answered")
      .catch(() => "gone");
    await new Promise((resolve) => setTimeout(resolve, 500));
    gone.abort();
    expect(await left).toBe("gone");
    expect(await texts(ANNA, "/help")).toHaveLength(1);
    expect((await texts(ANNA, "/top"))[0]).not.toBe("");
    // Telegram sends again what was not answered; it was taken, so nobody reads it twice.
    await telegram.send(update as never, { copies: 2 });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(telegram.messages(BUDI).filter(({ from }) => from?.is_bot === true)).toHaveLength(1);
  });

  test("an isolate that is gone between two updates changes nothing for the person", async () => {
    const before = await texts(ANNA, "/size");
    await world.later(0);
    expect(await texts(ANNA, "/size")).toEqual(before);
  });

  test("a wrong secret is refused over HTTP", async () => {
    const body = JSON.stringify({ update_id: 1 });
    expect((await world.fetch("/telegram/webhook", { method: "POST", body })).status).toBe(401);
    expect((await world.fetch("/telegram/webhook", { method: "GET" })).status).toBe(404);
  });
});

describe("npm run telegram:setup", () => {
  const setUp = async (env: Readonly<Record<string, string>>) => {
    const child = spawn(process.execPath, ["scripts/telegram-setup.ts"], { cwd: ROOT, env: { PATH: process.env["PATH"], ...env } });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
    return { code, output };
  };
  const good = () => ({ ...BOT, TELEGRAM_API_URL: world.simulator.url ?? "", PUBLIC_URL: "https://carrywatch.example" });

  test("sets webhook, commands and description in both languages", async () => {
    const before = world.simulator.telegram.state().webhook;
    const { code, output } = await setUp(good());
    expect({ code, output }).toMatchObject({ code: 0 });
    const state = world.simulator.telegram.state();
    expect(state.webhook).toMatchObject({
      url: "https://carrywatch.example/telegram/webhook",
      secret: BOT.TELEGRAM_WEBHOOK_SECRET,
      allowed: ["message", "callback_query", "my_chat_member"],
    });
    expect(output).toContain("@carrywatch_bot");
    expect(output).not.toContain(BOT.TELEGRAM_BOT_TOKEN);
    expect(Object.keys(state.descriptions).sort()).toEqual(["", "id"]);
    expect(Object.keys(state.shortDescriptions).sort()).toEqual(["", "id"]);
    const names = Object.values(state.commands).map((commands) => commands.map(({ command }) => command));
    expect(names.length).toBeGreaterThanOrEqual(2);
    for (const each of names) expect(each).not.toContain("admin");
    if (before !== null) world.simulator.telegram.control({ webhook: { url: before.url, secret: before.secret } });
  });

  test.each([
    ["TELEGRAM_BOT_TOKEN", ""],
    ["TELEGRAM_BOT_TOKEN", "nonsense"],
    ["TELEGRAM_WEBHOOK_SECRET", ""],
    ["PUBLIC_URL", "carrywatch"],
  ])("says what is wrong when %s is %j, and calls nobody", async (name, value) => {
    const calls = world.simulator.telegram.calls().calls.length;
    const { code, output } = await setUp({ ...good(), [name]: value });
    expect(code).toBe(1);
    expect(output).toContain(name);
    expect(output).not.toContain("    at ");
    expect(world.simulator.telegram.calls().calls).toHaveLength(calls);
  });

  test("says so when Telegram cannot be reached, without the token", async () => {
    const { code, output } = await setUp({ ...good(), TELEGRAM_API_URL: "http://127.0.0.1:9" });
    expect([code, output.includes("did not answer"), output.includes(BOT.TELEGRAM_BOT_TOKEN)]).toEqual([1, true, false]);
  });
});
