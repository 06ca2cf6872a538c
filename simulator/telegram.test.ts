import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { Api, GrammyError, HttpError, InlineKeyboard, InputFile } from "grammy";
import type { ApiError, InlineKeyboardButton, MessageEntity, Update } from "grammy/types";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { startSimulator } from "./simulator.ts";
import { transcript } from "./telegram/transcript.ts";

const TOKEN = "7000000001:made-up-token-of-the-simulator";
const ANN = 501;
const GROUP = -700;

let nowMs = Date.UTC(2026, 10, 22, 12, 0, 0);
const simulator = await startSimulator({ listen: true, coins: 20, clock: () => nowMs });
const { telegram } = simulator;
const api = new Api(TOKEN, { apiRoot: simulator.url ?? "", timeoutSeconds: 5 });

/** A webhook that notes what it gets and answers what it is told. */
const received: { readonly update: Update; readonly secret: string | undefined }[] = [];
let statuses: number[] = [];
let open = 0;
let mostOpen = 0;
const hook = createServer((request, response) => {
  open += 1;
  mostOpen = Math.max(mostOpen, open);
  void bodyOf(request).then(async (body) => {
    const secret = request.headers["x-telegram-bot-api-secret-token"];
    received.push({ update: JSON.parse(body), secret: Array.isArray(secret) ? secret[0] : secret });
    await new Promise((resolve) => setTimeout(resolve, 20));
    open -= 1;
    response.writeHead(statuses.shift() ?? 200).end();
  });
});
await new Promise<void>((resolve) => hook.listen(0, "127.0.0.1", resolve));
const hookUrl = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/telegram/webhook`;

afterAll(async () => {
  await simulator.close();
  await new Promise((resolve) => hook.close(resolve));
});
beforeEach(() => {
  simulator.control({ reset: true });
  telegram.control({ reset: true, token: null, people: [ANN], resend: { times: 3, afterMs: 1 } });
  telegram.resetCalls();
  received.length = 0;
  statuses = [];
  mostOpen = 0;
  nowMs += 3_600_000;
});

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  return body;
}
const refusalOf = async (call: Promise<unknown>): Promise<ApiError> => {
  const error: unknown = await call.then(
    () => new Error("expected a refusal, found success"),
    (error: unknown) => error,
  );
  if (!(error instanceof GrammyError)) throw error;
  return { ok: false, error_code: error.error_code, description: error.description, parameters: error.parameters };
};
const control = async (path: string, body: unknown): Promise<Response> =>
  await fetch(`${simulator.url}/control/telegram${path}`, { method: "POST", body: JSON.stringify(body) });

describe("methods", () => {
  test("getMe says who the bot is; another token is refused, an unknown method and a malformed token are not found", async () => {
    expect(await api.getMe()).toMatchObject({ is_bot: true, username: "carrywatch_bot" });
    telegram.control({ token: TOKEN });
    const stranger = new Api("7000000001:some-other-token-of-someone", { apiRoot: simulator.url ?? "" });
    expect(await refusalOf(stranger.getMe())).toMatchObject({ error_code: 401, description: "Unauthorized" });
    const unknown = await fetch(`${simulator.url}/bot${TOKEN}/sendNothing`, { method: "POST" });
    expect([unknown.status, await unknown.json()]).toEqual([
      404,
      { ok: false, error_code: 404, description: "Not Found: method not found" },
    ]);
    expect((await fetch(`${simulator.url}/botnonsense/getMe`)).status).toBe(404);
  });

  test("what the bot says of itself is kept by language and checked", async () => {
    await api.setMyCommands([{ command: "top", description: "Best pairs" }]);
    await api.setMyCommands([{ command: "top", description: "Pasangan terbaik" }], { language_code: "id" });
    await api.setMyDescription("Watches carry");
    await api.setMyShortDescription("Carry");
    expect(telegram.state()).toMatchObject({
      commands: { "": [{ command: "top", description: "Best pairs" }], id: [{ command: "top", description: "Pasangan terbaik" }] },
      descriptions: { "": "Watches carry" },
      shortDescriptions: { "": "Carry" },
    });
    expect(await refusalOf(api.setMyCommands([{ command: "Top!", description: "x" }]))).toMatchObject({ error_code: 400 });
    expect(await refusalOf(api.setMyShortDescription("x".repeat(121)))).toMatchObject({ error_code: 400 });
  });

  test("message ids rise by chat, and a message is what was sent", async () => {
    telegram.control({ people: [502] });
    const first = await api.sendMessage(ANN, "one");
    const second = await api.sendMessage(ANN, "two");
    expect((await api.sendMessage(502, "one")).message_id).toBe(first.message_id);
    expect(second.message_id).toBe(first.message_id + 1);
    expect(telegram.messages(ANN).map(({ text }) => text)).toEqual(["one", "two"]);
    expect(second).toMatchObject({ chat: { id: ANN, type: "private" }, from: { is_bot: true }, date: nowMs / 1_000 });
  });

  test("nobody who never wrote can be written to", async () => {
    expect(await refusalOf(api.sendMessage(999, "hello"))).toMatchObject({ error_code: 400, description: "Bad Request: chat not found" });
    expect(await refusalOf(api.sendMessage("", "hello"))).toMatchObject({ description: "Bad Request: chat_id is empty" });
  });

  test("edits replace the content in place, keyboard included, and nothing else", async () => {
    const keyboard = new InlineKeyboard().text("More", "top:2");
    const { message_id } = await api.sendMessage(ANN, "page 1", { reply_markup: keyboard });
    const same = "message is not modified";
    expect((await refusalOf(api.editMessageText(ANN, message_id, "page 1", { reply_markup: keyboard }))).description).toContain(same);
    await api.editMessageText(ANN, message_id, "page 2", { reply_markup: keyboard });
    expect((await refusalOf(api.editMessageReplyMarkup(ANN, message_id, { reply_markup: keyboard }))).description).toContain(same);
    await api.editMessageReplyMarkup(ANN, message_id);
    expect(telegram.messages(ANN)).toMatchObject([{ message_id, text: "page 2" }]);
    expect(telegram.messages(ANN)[0]?.reply_markup).toBeUndefined();
    expect((await refusalOf(api.editMessageText(ANN, 99, "x"))).description).toBe("Bad Request: message to edit not found");
  });

  test("a person's message cannot be edited; a deleted one is gone", async () => {
    await telegram.say(ANN, "mine");
    const [mine] = telegram.messages(ANN);
    expect((await refusalOf(api.editMessageText(ANN, mine?.message_id ?? 0, "x"))).description).toBe(
      "Bad Request: message can't be edited",
    );
    await api.deleteMessage(ANN, mine?.message_id ?? 0);
    expect(telegram.messages(ANN)).toEqual([]);
    expect((await refusalOf(api.deleteMessage(ANN, mine?.message_id ?? 0))).description).toBe("Bad Request: message to delete not found");
  });

  test("a document arrives as a file with its name, size and text", async () => {
    const body = JSON.stringify({ coin: "Ünï", list: [1, 2, 3] });
    const caption = "All that is stored";
    const sent = await api.sendDocument(ANN, new InputFile(Buffer.from(body), "carrywatch.json"), {
      caption,
      caption_entities: [{ type: "bold", offset: 0, length: 3 }],
    });
    expect(sent).toMatchObject({ caption, document: { file_name: "carrywatch.json", file_size: Buffer.byteLength(body) } });
    expect(telegram.calls().calls[0]?.params["document"]).toEqual({
      fileName: "carrywatch.json",
      bytes: Buffer.byteLength(body),
      text: body,
    });
    expect((await refusalOf(api.sendDocument(ANN, new InputFile(Buffer.alloc(0), "empty.json")))).description).toContain("non-empty");
    const large = new InputFile(Buffer.alloc(50 * 1024 * 1024 + 1), "large.bin");
    expect(await refusalOf(api.sendDocument(ANN, large))).toMatchObject({ error_code: 413 });
    expect((await refusalOf(api.sendDocument(ANN, "no-such-file"))).description).toContain("no document");
  });

  test("chat actions are those that exist", async () => {
    expect(await api.sendChatAction(ANN, "typing")).toBe(true);
    expect((await refusalOf(api.raw.sendChatAction({ chat_id: ANN, action: "dancing" as "typing" }))).error_code).toBe(400);
  });
});

describe("text", () => {
  const bold = (offset: number, length: number): MessageEntity => ({ type: "bold", offset, length });
  const told = async (text: string, entities: readonly unknown[]): Promise<string> =>
    (await refusalOf(api.sendMessage(ANN, text, { entities: entities as MessageEntity[] }))).description;

  test("has 1 to 4,096 UTF-16 units once trimmed", async () => {
    expect((await api.sendMessage(ANN, `${"x".repeat(4_096)}  \n`)).text).toHaveLength(4_096);
    expect(await told("x".repeat(4_097), [])).toBe("Bad Request: message is too long");
    expect(await told("😀".repeat(2_049), [])).toBe("Bad Request: message is too long");
    expect(await told("  \n ", [])).toBe("Bad Request: message text is empty");
    const { message_id } = await api.sendMessage(ANN, "short");
    expect((await refusalOf(api.editMessageText(ANN, message_id, "x".repeat(4_097)))).description).toBe("Bad Request: MESSAGE_TOO_LONG");
  });

  test("keeps nested and neighbouring entities, and moves them with what is trimmed", async () => {
    const link: MessageEntity = { type: "text_link", offset: 7, length: 4, url: "https://www.okx.com/trade-swap/btc-usdt-swap" };
    const sent = await api.sendMessage(ANN, "  BTC 😀okx ", { entities: [bold(2, 9), { type: "italic", offset: 6, length: 2 }] });
    expect(sent).toMatchObject({ text: "BTC 😀okx", entities: [bold(0, 9), { type: "italic", offset: 4, length: 2 }] });
    expect((await api.sendMessage(ANN, "pair: 😀okx", { entities: [{ ...link, offset: 8, length: 3 }] })).entities).toMatchObject([
      { offset: 8 },
    ]);
    expect((await api.sendMessage(ANN, "bold   ", { entities: [bold(0, 7)] })).entities).toEqual([bold(0, 4)]);
  });

  test.each<[string, string, readonly unknown[], string]>([
    ["beyond the text", "hello", [bold(0, 6)], "ends after the end of the text at UTF-16 offset 6"],
    ["behind the text", "hello", [bold(100, 1)], "begins after the end of the text"],
    ["negative", "hello", [bold(-1, 2)], "incorrect offset"],
    ["of negative length", "hello", [bold(1, -2)], "incorrect length"],
    ["partly over another", "hello world", [bold(0, 6), { type: "italic", offset: 3, length: 6 }], "ends after the end"],
    ["that begin in half a character", "😀x", [bold(1, 2)], "middle of a UTF-16 symbol"],
    ["that end in half a character", "x😀", [bold(0, 2)], "middle of a UTF-16 symbol"],
    ["of an unknown kind", "hello", [{ type: "sparkle", offset: 0, length: 1 }], "Unsupported type specified"],
    ["that link without an address", "hello", [{ type: "text_link", offset: 0, length: 1 }], `Can't find field "url"`],
    ["that link nowhere", "hello", [{ type: "text_link", offset: 0, length: 1, url: "localhost" }], "Wrong HTTP URL"],
    ["more than a hundred", "x".repeat(101), Array.from({ length: 101 }, (_, at) => bold(at, 1)), "at most 100 entities"],
  ])("refuses entities %s", async (_what, text, entities, expected) => {
    expect(await told(text, entities)).toContain(expected);
  });

  test("reads markup where a parse mode asks for it, and says where it is wrong", async () => {
    const html = await api.sendMessage(ANN, `<b>BTC <i>now</i></b> &lt;1 <a href="https://okx.com">okx</a>`, { parse_mode: "HTML" });
    expect(html).toMatchObject({
      text: "BTC now <1 okx",
      entities: [bold(0, 7), { type: "italic", offset: 4, length: 3 }, { type: "text_link", offset: 11, length: 3 }],
    });
    const markdown = await api.sendMessage(ANN, "*BTC* 1\\.5 [okx](https://okx.com)", { parse_mode: "MarkdownV2" });
    expect(markdown).toMatchObject({ text: "BTC 1.5 okx", entities: [bold(0, 3), { type: "text_link", offset: 8, length: 3 }] });
    const wrong = async (text: string, parse_mode: "HTML" | "MarkdownV2"): Promise<string> =>
      (await refusalOf(api.sendMessage(ANN, text, { parse_mode }))).description;
    expect(await wrong("1 < 2", "HTML")).toContain("Unsupported start tag");
    expect(await wrong("<b>x", "HTML")).toContain("Can't find end tag");
    expect(await wrong("<b>x</i>", "HTML")).toContain("Unmatched end tag");
    expect(await wrong("1.5", "MarkdownV2")).toContain("is reserved and must be escaped");
    expect(await wrong("*x", "MarkdownV2")).toContain("Can't find end of the entity");
  });
});

describe("buttons", () => {
  test.each<[string, InlineKeyboardButton[][], string]>([
    ["data over 64 bytes", [[{ text: "x", callback_data: "ü".repeat(33) }]], "BUTTON_DATA_INVALID"],
    ["empty data", [[{ text: "x", callback_data: "" }]], "BUTTON_DATA_INVALID"],
    ["no text", [[{ text: "", callback_data: "x" }]], `Can't find field "text"`],
    ["nothing to do", [[{ text: "x" } as InlineKeyboardButton]], "Text buttons are unallowed"],
    ["a link to nowhere", [[{ text: "x", url: "support@okx" }]], "Wrong HTTP URL"],
    ["too many", Array.from({ length: 101 }, () => [{ text: "x", callback_data: "x" }]), "reply markup is too long"],
  ])("with %s are refused", async (_what, inline_keyboard, expected) => {
    const { description } = await refusalOf(api.sendMessage(ANN, "x", { reply_markup: { inline_keyboard } }));
    expect(description).toContain(expected);
  });

  test("of 64 bytes and a hundred in all are taken", async () => {
    const inline_keyboard = Array.from({ length: 50 }, (_, row) => [
      { text: "a", callback_data: "x".repeat(64) },
      { text: `b${row}`, url: "https://www.gate.com/futures/USDT/BTC_USDT" },
    ]);
    expect((await api.sendMessage(ANN, "x", { reply_markup: { inline_keyboard } })).reply_markup?.inline_keyboard).toHaveLength(50);
  });

  test("a press reaches the webhook and is answered while it is known, with at most 200 characters", async () => {
    telegram.control({ webhook: { url: hookUrl } });
    const { message_id } = await api.sendMessage(ANN, "menu", { reply_markup: new InlineKeyboard().text("Reload", "top:1") });
    const { update } = await telegram.press(ANN, message_id, "top:1");
    expect(received[0]?.update.callback_query).toMatchObject({ data: "top:1", from: { id: ANN }, message: { message_id, text: "menu" } });
    const id = update.callback_query?.id ?? "";
    expect((await refusalOf(api.answerCallbackQuery(id, { text: "x".repeat(201) }))).description).toContain("MESSAGE_TOO_LONG");
    expect(await api.answerCallbackQuery(id, { text: "Done" })).toBe(true);
    expect((await refusalOf(api.answerCallbackQuery("12345"))).description).toContain("query ID is invalid");
    await expect(telegram.press(ANN, message_id, "top:9")).rejects.toThrow("expected a button of top:1");
  });
});

describe("faults", () => {
  const send = async (chat = ANN): Promise<unknown> => await api.sendMessage(chat, "x");
  const count = (chat = ANN): number => telegram.messages(chat).length;

  test.each([
    ["rate-429", 429],
    ["blocked-403", 403],
    ["bad-400", 400],
    ["server-500", 500],
  ] as const)("%s is answered %i the number of times asked, and nothing is taken", async (kind, code) => {
    telegram.control({ fault: { kind, times: 2, retryAfterSeconds: 7 } });
    const first = await refusalOf(send());
    expect(first).toMatchObject({ ok: false, error_code: code });
    expect(first.parameters).toEqual(code === 429 ? { retry_after: 7 } : {});
    expect((await refusalOf(send())).error_code).toBe(code);
    expect(count()).toBe(0);
    await send();
    expect(count()).toBe(1);
    expect(telegram.calls()).toMatchObject({ byStatus: { [code]: 2, 200: 1 }, byMethod: { sendMessage: 3 } });
  });

  test("html-502 is no JSON", async () => {
    telegram.control({ fault: { kind: "html-502", times: 1 } });
    await expect(send()).rejects.toThrow(HttpError);
    expect(count()).toBe(0);
    expect(telegram.calls().byStatus).toEqual({ 502: 1 });
  });

  test.each([
    ["silent-before", 0],
    ["silent-after", 1],
  ] as const)("%s never answers; %i message is in the chat", async (kind, taken) => {
    telegram.control({ fault: { kind, times: 1 } });
    const hasty = new Api(TOKEN, { apiRoot: simulator.url ?? "", timeoutSeconds: 0.2 });
    await expect(hasty.sendMessage(ANN, "x")).rejects.toThrow(HttpError);
    expect(count()).toBe(taken);
    await expect.poll(() => telegram.calls().unanswered).toBe(1);
    expect(telegram.calls().calls[0]).toMatchObject({ accepted: taken === 1, status: null, fault: kind });
    await send();
    expect(count()).toBe(taken + 1);
  });

  test("slow answers later, and the message is taken", async () => {
    telegram.control({ fault: { kind: "slow", ms: 30, times: 1 } });
    await send();
    expect(telegram.calls().calls[0]).toMatchObject({ fault: "slow", accepted: true, status: 200 });
  });

  test("hold for one method and one chat alone", async () => {
    telegram.control({ people: [502], fault: { kind: "server-500", method: "sendMessage", chat: ANN } });
    expect((await refusalOf(send())).error_code).toBe(500);
    await send(502);
    expect(await api.sendChatAction(ANN, "typing")).toBe(true);
    telegram.control({ clear: true });
    await send();
  });

  test("by probability hit the same calls of a chat whatever the order of chats", async () => {
    const people = [601, 602, 603, 604];
    const hits = async (order: readonly number[]): Promise<readonly string[]> => {
      telegram.control({ reset: true, people, fault: { kind: "server-500", probability: 0.4, seed: 9 } });
      telegram.resetCalls();
      for (let round = 0; round < 8; round += 1) for (const chat of order) await send(chat).catch(() => undefined);
      const { calls } = telegram.calls();
      return people.map((chat) =>
        calls
          .filter((call) => call.chatId === chat)
          .map(({ status }) => String(status))
          .join(" "),
      );
    };
    const one = await hits(people);
    expect(await hits(people.toReversed())).toEqual(one);
    const spoiled = one
      .join(" ")
      .split(" ")
      .filter((status) => status === "500").length;
    expect(spoiled).toBeGreaterThan(4);
    expect(spoiled).toBeLessThan(25);
  });
});

describe("limits", () => {
  test("a chat takes one message a second, all chats thirty, a group twenty a minute", async () => {
    const people = Array.from({ length: 40 }, (_, place) => 1_000 + place);
    telegram.control({ people, limits: true });
    await api.sendMessage(ANN, "x");
    expect(await refusalOf(api.sendMessage(ANN, "y"))).toMatchObject({ error_code: 429, parameters: { retry_after: 1 } });
    nowMs += 1_000;
    await api.sendMessage(ANN, "y");
    nowMs += 1_000;
    const answers = await Promise.all(
      people.map((person) =>
        api.sendMessage(person, "x").then(
          () => 200,
          () => 429,
        ),
      ),
    );
    expect(answers.filter((status) => status === 200)).toHaveLength(30);
    expect(telegram.calls().mostSentInASecond).toBe(30);

    await telegram.say(ANN, "/top", { group: GROUP });
    for (let sent = 0; sent < 20; sent += 1) {
      nowMs += 1_000;
      await api.sendMessage(GROUP, "x");
    }
    nowMs += 1_000;
    expect((await refusalOf(api.sendMessage(GROUP, "x"))).parameters).toEqual({ retry_after: 40 });
    telegram.control({ limits: false });
    await api.sendMessage(GROUP, "x");
  });
});

describe("updates", () => {
  const SECRET = "a-secret-of-the-webhook";

  test("go to the webhook that was set, with its secret, as Telegram writes them", async () => {
    await api.setWebhook(hookUrl, { secret_token: SECRET, allowed_updates: ["message", "callback_query", "my_chat_member"] });
    const said = await telegram.say(ANN, "/start@carrywatch_bot now", { firstName: "Ann", language: "id" });
    expect(said).toMatchObject({ taken: true, attempts: [{ status: 200 }] });
    expect(received).toMatchObject([
      {
        secret: SECRET,
        update: {
          update_id: said.update.update_id,
          message: {
            message_id: 1,
            text: "/start@carrywatch_bot now",
            date: nowMs / 1_000,
            chat: { id: ANN, type: "private" },
            from: { id: ANN, is_bot: false, first_name: "Ann", language_code: "id" },
            entities: [{ type: "bot_command", offset: 0, length: 21 }],
          },
        },
      },
    ]);
    expect((await telegram.say(ANN, "again")).update.update_id).toBe(said.update.update_id + 1);
    expect(await api.getWebhookInfo()).toMatchObject({ url: hookUrl, pending_update_count: 0 });
  });

  test("wait while there is no webhook, and are forgotten when that is asked", async () => {
    expect(await telegram.say(ANN, "one")).toMatchObject({ taken: false, attempts: [] });
    expect((await api.getWebhookInfo()).pending_update_count).toBe(1);
    await api.setWebhook(hookUrl);
    await expect.poll(() => received.length).toBe(1);
    await api.deleteWebhook();
    await telegram.say(ANN, "two");
    await api.setWebhook(hookUrl, { drop_pending_updates: true });
    await telegram.say(ANN, "three");
    expect(received.map(({ update }) => update.message?.text)).toEqual(["one", "three"]);
    expect((await refusalOf(api.setWebhook("http://example.com/hook"))).description).toContain("HTTPS URL");
    expect((await refusalOf(api.setWebhook(hookUrl, { secret_token: "no spaces" }))).description).toContain("unallowed characters");
  });

  test("of a chat keep their order; copies come one after another or all at once", async () => {
    telegram.control({ webhook: { url: hookUrl } });
    await Promise.all([telegram.say(ANN, "one"), telegram.say(ANN, "two"), telegram.say(ANN, "three")]);
    expect(received.map(({ update }) => update.message?.text)).toEqual(["one", "two", "three"]);
    expect(mostOpen).toBe(1);
    const twice = await telegram.say(ANN, "four", { copies: 2 });
    expect(received.slice(3).map(({ update }) => update.update_id)).toEqual([twice.update.update_id, twice.update.update_id]);
    expect(mostOpen).toBe(1);
    await telegram.say(ANN, "five", { copies: 4, atOnce: true });
    expect(mostOpen).toBe(4);
  });

  test("that are refused come again, but not for ever", async () => {
    telegram.control({ webhook: { url: hookUrl } });
    statuses = [500, 401];
    expect(await telegram.say(ANN, "one")).toMatchObject({ taken: true, attempts: [{ status: 500 }, { status: 401 }, { status: 200 }] });
    expect((await api.getWebhookInfo()).last_error_message).toBe("Wrong response from the webhook: 401");
    statuses = [500, 500, 500, 500, 500];
    expect(await telegram.say(ANN, "two")).toMatchObject({ taken: false, attempts: { length: 4 } });
  });

  test("tell of a block, after which the chat answers 403 until it is taken back", async () => {
    telegram.control({ webhook: { url: hookUrl } });
    await telegram.block(ANN);
    expect(received[0]?.update.my_chat_member).toMatchObject({ new_chat_member: { status: "kicked" }, chat: { id: ANN } });
    expect(await refusalOf(api.sendMessage(ANN, "x"))).toMatchObject({
      error_code: 403,
      description: "Forbidden: bot was blocked by the user",
    });
    await expect(telegram.say(ANN, "x")).rejects.toThrow("has blocked the bot");
    await telegram.unblock(ANN);
    await api.sendMessage(ANN, "x");
  });

  test("of a group carry commands for this bot only", async () => {
    telegram.control({ webhook: { url: hookUrl } });
    await telegram.say(ANN, "good morning", { group: GROUP });
    await telegram.say(ANN, "/top@another_bot", { group: GROUP });
    await telegram.say(ANN, "/top@Carrywatch_bot", { group: GROUP });
    await telegram.say(ANN, "/asset BTC", { group: GROUP });
    expect(received.map(({ update }) => update.message?.text)).toEqual(["/top@Carrywatch_bot", "/asset BTC"]);
    expect(received[0]?.update.message?.chat).toMatchObject({ id: GROUP, type: "group" });
  });
});

describe("the control interface", () => {
  test("drives a conversation from another process", async () => {
    await control("", { webhook: { url: hookUrl, secret: "s".repeat(16) } });
    await control("/say", { text: "/start", person: ANN });
    expect(received).toHaveLength(1);
    await api.sendMessage(ANN, "Which venues?", { reply_markup: new InlineKeyboard().text("All", "start:all").text("OKX", "start:okx") });
    const pressed = await control("/press", { person: ANN, message: 2, data: "start:all" });
    expect([pressed.status, received.length]).toEqual([200, 2]);
    await control("/press", { person: ANN, button: "OKX" });
    expect(received[2]?.update.callback_query?.data).toBe("start:okx");
    const [messages, plain] = await Promise.all(
      ["", "&plain"].map(async (form) => await (await fetch(`${simulator.url}/control/telegram/messages?chat=${ANN}${form}`)).text()),
    );
    expect(JSON.parse(messages ?? "")).toHaveLength(2);
    expect(plain).toBe(`Person ${ANN} · /start\n\nbot · Which venues?\n      [ All ] [ OKX ]\n`);
    expect(await (await control("/say?plain", { text: "hm", person: ANN })).text()).toContain(
      "The bot sent nothing new: the webhook answered 200",
    );
    expect(await (await fetch(`${simulator.url}/control/telegram/calls?method=sendMessage`)).json()).toMatchObject({
      total: 1,
      calls: [{ method: "sendMessage", accepted: true, messageId: 2 }],
    });
  });

  test("says what was expected of a wrong command", async () => {
    const wrong = async (path: string, body: unknown): Promise<string> => {
      const response = await control(path, body);
      expect(response.status).toBe(400);
      return await response.text();
    };
    expect(await wrong("", { fault: { kind: "http-500" } })).toContain("fault.kind");
    expect(await wrong("/say", { person: ANN })).toContain("text");
    expect(await wrong("/press", { person: ANN, message: 77, data: "x" })).toContain("found no 77 there");
    expect(await wrong("/press", { person: ANN, button: "Nothing" })).toContain("found none that says Nothing");
  });

  test("of the whole simulator takes Telegram's faults and limits away and leaves its chats", async () => {
    await api.sendMessage(ANN, "x");
    telegram.control({ fault: { kind: "server-500" }, limits: true });
    await fetch(`${simulator.url}/control`, { method: "POST", body: '{"reset":true}' });
    expect(telegram.state()).toMatchObject({ faults: [], limits: null });
    await api.sendMessage(ANN, "y");
    expect(telegram.messages(ANN)).toHaveLength(2);
  });
});

test("a conversation as text shows who speaks, files and buttons", async () => {
  await telegram.say(ANN, "/export", { firstName: "Ann" });
  await api.sendDocument(ANN, new InputFile(Buffer.from("{}"), "you.json"), { caption: "Yours" });
  expect(transcript(telegram.messages(ANN))).toBe("Ann · /export\n\nbot · [file you.json, 2 bytes]\n      Yours\n");
});
