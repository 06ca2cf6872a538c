import { type Api, Bot, BotError, type Context, GrammyError, HttpError } from "grammy";
import type { Update, UserFromGetMe } from "grammy/types";
import type { Logger } from "../monitoring/log.ts";
import { apiFetch } from "./api-fetch.ts";
import type { BotPorts, UpdateReport } from "./bot-ports.ts";
import type { Answer } from "./command.ts";
import { type Asked, answerPress, answerTyped } from "./dispatch.ts";
import { languageOf } from "./language.ts";
import { looks, MOST_TOAST_CHARS, type Place, sendAnswer } from "./send-answer.ts";
import type { Defer } from "./session.ts";
import { catalogueOf } from "./text/catalogue.ts";

/** The bot of one isolate. */
export type CarrywatchBot = {
  readonly api: Api;
  /** Answers one update. Never rejects: a failure is logged, and the person gets a sentence. */
  readonly handle: (update: Update, defer: Defer) => Promise<UpdateReport>;
  /** Says that something failed, where even looking at the update did. */
  readonly apologise: (update: Update) => Promise<void>;
};

/** A call to Telegram for an answer takes at most so long; a person who waits longer asks again. */
const CALL_LIMIT_SECONDS = 6;
/** An answer that Telegram wants later is sent later, if that is soon. */
const LONGEST_PAUSE_MS = 20_000;

/** One update on its way through the bot. */
type Run = { readonly defer: Defer; report: UpdateReport };

/** Builds the bot without asking Telegram anything: who it is, is configured. */
export function createBot(ports: BotPorts): CarrywatchBot {
  const { token, botName, apiUrl } = ports;
  const client = { apiRoot: apiUrl, timeoutSeconds: CALL_LIMIT_SECONDS, fetch: apiFetch(ports.fetch) };
  const bot = new Bot(token, { botInfo: botInfoOf(token, botName), client });
  const runs = new WeakMap<Update, Run>();
  const runOf = ({ update }: Context): Run => {
    const run = runs.get(update);
    if (run === undefined) throw new Error("expected an update that was handed over by handle");
    return run;
  };
  bot.on("message", async (context) => await onMessage(ports, context, runOf(context)));
  bot.on("callback_query", async (context) => await onPress(ports, context, runOf(context)));
  bot.on("my_chat_member", async (context) => await onMember(ports, context, runOf(context)));
  return {
    api: bot.api,
    handle: async (update, defer) => {
      const run: Run = { defer, report: { kind: "other", command: null, session: null, outcome: "ignored" } };
      runs.set(update, run);
      try {
        await bot.handleUpdate(update);
        return run.report;
      } catch (error) {
        const cause: unknown = error instanceof BotError ? error.error : error;
        ports.log.error("telegram.failed", { updateId: update.update_id, ...run.report, error: readable(cause) });
        if (!isTransport(cause))
          await apologise(ports, bot.api, update).catch((failure: unknown) => noteUnsaid(ports.log, update, failure));
        return { ...run.report, outcome: "failed" };
      }
    },
    apologise: (update) => apologise(ports, bot.api, update),
  };
}

async function onMessage(ports: BotPorts, context: Context, run: Run): Promise<void> {
  const { message } = context;
  const { from, chat } = message ?? {};
  if (message === undefined || from === undefined || chat === undefined) return;
  run.report = { ...run.report, kind: "message" };
  const asked: Asked = {
    from: { telegramId: from.id, languageCode: from.language_code ?? null },
    chat: { id: chat.id, kind: chat.type === "private" ? "private" : "group" },
    defer: run.defer,
    report: (part) => void (run.report = { ...run.report, ...part }),
  };
  const answer = await answerTyped(ports, asked, message.text ?? "");
  if (answer === null) return;
  const threadId = message.is_topic_message === true ? (message.message_thread_id ?? null) : null;
  await deliver({ ports, api: context.api, run }, answer, { chatId: chat.id, threadId, pressedId: null });
  if (answer.kind === "message" && answer.deleteAsk === true) {
    run.defer("telegram.delete-ask", async () => {
      await context.api
        .deleteMessage(chat.id, message.message_id)
        .catch((error: unknown) => ports.log.warn("telegram.ask-not-deleted", { error: readable(error) }));
    });
  }
}

async function onPress(ports: BotPorts, context: Context, run: Run): Promise<void> {
  const query = context.callbackQuery;
  if (query === undefined) return;
  run.report = { ...run.report, kind: "press" };
  const { from, message } = query;
  const asked: Asked = {
    from: { telegramId: from.id, languageCode: from.language_code ?? null },
    chat: { id: message?.chat.id ?? from.id, kind: message === undefined || message.chat.type === "private" ? "private" : "group" },
    defer: run.defer,
    report: (part) => void (run.report = { ...run.report, ...part }),
  };
  const answer = await answerPress(ports, asked, query.data ?? "");
  const toast = answer.kind === "toast" ? answer.toast : answer.kind === "message" ? answer.toast : undefined;
  const place = { chatId: asked.chat.id, threadId: null, pressedId: message?.message_id ?? null };
  // The button stops turning while the message changes; a press too old to be confirmed is no failure.
  const confirmed = context.api
    .answerCallbackQuery(query.id, toast === undefined ? {} : { text: toast.slice(0, MOST_TOAST_CHARS) })
    .catch((error: unknown) => ports.log.warn("telegram.press-not-confirmed", { error: readable(error) }));
  try {
    await deliver({ ports, api: context.api, run }, answer, place);
  } finally {
    await confirmed;
  }
}

async function onMember({ sessions }: BotPorts, { myChatMember }: Context, run: Run): Promise<void> {
  if (myChatMember === undefined || myChatMember.chat.type !== "private") return;
  run.report = { ...run.report, kind: "member", outcome: "answered" };
  await sessions.setBlocked(myChatMember.from.id, myChatMember.new_chat_member.status === "kicked");
}

type Delivering = { readonly ports: BotPorts; readonly api: Api; readonly run: Run };

/** Sends an answer; once more after a short pause where Telegram asks for one. */
async function deliver({ ports, api, run }: Delivering, answer: Answer, place: Place): Promise<void> {
  run.report = { ...run.report, outcome: "answered" };
  try {
    await sendAnswer(api, answer, place);
  } catch (error) {
    const pauseMs = error instanceof GrammyError && error.error_code === 429 ? (error.parameters.retry_after ?? 1) * 1_000 : null;
    if (pauseMs === null || pauseMs > LONGEST_PAUSE_MS) throw error;
    ports.log.warn("telegram.answer-paused", { pauseMs });
    run.defer("telegram.answer-later", async () => {
      await ports.wait(pauseMs);
      await sendAnswer(api, answer, place);
    });
  }
}

/** Tells whoever asked that it failed on our side: over the chat for a press, as a message otherwise; without D1, which may be what failed. */
async function apologise({ sessions }: BotPorts, api: Api, { message, callback_query: query }: Update): Promise<void> {
  const { from } = query ?? message ?? {};
  const isPrivate = (query === undefined ? message : query.message)?.chat.type === "private";
  const chosen = from !== undefined && isPrivate ? await sessions.knownLanguage(from.id) : null;
  const { failed } = catalogueOf(chosen ?? languageOf(from?.language_code ?? null)).general;
  if (query !== undefined) await api.answerCallbackQuery(query.id, { text: failed.slice(0, MOST_TOAST_CHARS) });
  else if (message !== undefined && isPrivate)
    await api.sendMessage(message.chat.id, failed, looks({ text: failed, entities: [], buttons: null }));
}

const noteUnsaid = (log: Logger, update: Update, failure: unknown): void =>
  log.warn("telegram.apology-not-sent", { updateId: update.update_id, error: readable(failure) });

/** Whether it was Telegram that could not be reached, or would not have it: then saying so would fail too. */
const isTransport = (error: unknown): boolean =>
  error instanceof HttpError || (error instanceof GrammyError && [403, 429].includes(error.error_code)) || isServerFault(error);
const isServerFault = (error: unknown): boolean => error instanceof GrammyError && error.error_code >= 500;

/** A failure without what was to be sent, which is a person's own. */
function readable(error: unknown): unknown {
  if (!(error instanceof GrammyError)) return error;
  return { name: error.name, method: error.method, code: error.error_code, description: error.description };
}

/** What Telegram would say of this bot, as far as the library looks at it. */
function botInfoOf(token: string, botName: string): UserFromGetMe {
  return {
    id: Number(token.split(":")[0]),
    is_bot: true,
    first_name: "Carrywatch",
    username: botName,
    can_join_groups: true,
    can_read_all_group_messages: false,
    supports_inline_queries: false,
    can_connect_to_business: false,
    has_main_web_app: false,
    has_topics_enabled: false,
    allows_users_to_create_topics: false,
    can_manage_bots: false,
    supports_join_request_queries: false,
  };
}
