import type { CallbackQuery, Message, Update, User, UserFromGetMe } from "grammy/types";
import { answerCall, type TelegramWorld } from "./answer-call.ts";
import { commandEntities, memberUpdate, messageUpdate, pressUpdate, reachesBot } from "./build-update.ts";
import { addMessage, createChats, type OpenChat, type PersonDetails } from "./chats.ts";
import { createPace } from "./pace.ts";
import { createSettings, type Settings } from "./settings.ts";
import { createTelegramSwitches, telegramCommandSchema, type TelegramCommand, type TelegramFault, type SendLimits } from "./switches.ts";
import { createTelegramCallLog, type TelegramCallReport } from "./telegram-calls.ts";
import { createUpdates, isTaken, type Attempt, type SendOptions, type Updates, type WebhookFetch } from "./updates.ts";

export type SayOptions = SendOptions & PersonDetails & { readonly group?: number | undefined };
export type PressOptions = SendOptions & { readonly data: string; readonly group?: number | undefined };

/** What became of an update. */
export type UpdateOutcome = {
  readonly update: Update;
  /** Every POST of it, in the order in which they ended; none where nothing was sent. */
  readonly attempts: readonly Attempt[];
  /** Whether the webhook took it. */
  readonly taken: boolean;
  /** Messages of the bot that came into the chat or were edited meanwhile, as they stand now. */
  readonly answers: readonly Message[];
  /** The note over the chat that answered a press. */
  readonly toast: string | null;
};

export type TelegramState = {
  readonly bot: UserFromGetMe;
  readonly webhook: Settings["webhook"];
  readonly pendingUpdates: number;
  readonly lastError: Settings["lastError"];
  readonly commands: Readonly<Record<string, readonly { readonly command: string; readonly description: string }[]>>;
  readonly descriptions: Readonly<Record<string, string>>;
  readonly shortDescriptions: Readonly<Record<string, string>>;
  readonly chats: readonly { readonly id: number; readonly type: string; readonly blocked: boolean; readonly messages: number }[];
  readonly faults: readonly (TelegramFault & { readonly left: number | null })[];
  readonly limits: SendLimits | null;
};

/** The Bot API with the people who talk to one bot. */
export type Telegram = {
  readonly bot: UserFromGetMe;
  /** Answers `/bot<token>/<method>`. */
  readonly answer: (request: Request) => Promise<Response>;
  /**
   * Somebody writes, in their private chat or in a group; the update goes to the webhook. Resolves when that ended.
   * In a group the bot gets commands only. Throws a RangeError when they have blocked the bot.
   */
  readonly say: (personId: number, text: string, options?: SayOptions) => Promise<UpdateOutcome>;
  /** Somebody presses a button that the message has. Throws a RangeError when it has none with that data. */
  readonly press: (personId: number, messageId: number, what: string | PressOptions) => Promise<UpdateOutcome>;
  /** Somebody blocks the bot: `my_chat_member` goes out, and calls about their chat answer 403. */
  readonly block: (personId: number) => Promise<UpdateOutcome>;
  readonly unblock: (personId: number) => Promise<UpdateOutcome>;
  /** Sends an update as it stands, `update_id` included. */
  readonly send: (update: Update, options?: SendOptions & { readonly chatId?: number }) => Promise<readonly Attempt[]>;
  /** As POST /control/telegram. Throws on a command of another form. */
  readonly control: (command: TelegramCommand) => void;
  /** Takes a function in place of the network, for a Worker without an address. */
  readonly reachWebhookBy: (fetch: WebhookFetch) => void;
  readonly calls: () => TelegramCallReport;
  readonly resetCalls: () => void;
  /** What stands in a chat now, oldest first. */
  readonly messages: (chatId: number) => readonly Message[];
  readonly state: () => TelegramState;
};

type Play = TelegramWorld & { readonly updates: Updates; nextUpdateId: number; chats: TelegramWorld["chats"] };

const BOT: UserFromGetMe = {
  id: 7_000_000_001,
  is_bot: true,
  first_name: "Carrywatch",
  username: "carrywatch_bot",
  can_join_groups: true,
  can_read_all_group_messages: false,
  supports_guest_queries: false,
  supports_inline_queries: false,
  can_connect_to_business: false,
  has_main_web_app: false,
  has_topics_enabled: false,
  allows_users_to_create_topics: false,
  can_manage_bots: false,
  supports_join_request_queries: false,
};
/** Telegram begins with any positive number. */
const FIRST_UPDATE_ID = 100_001;

/** A bot to whom nobody has written yet. Faults are drawn by the seed; times are those of `nowMs`. */
export function createTelegram(world: { readonly seed: number; readonly nowMs: () => number; readonly closing: AbortSignal }): Telegram {
  const settings = createSettings();
  const updates = createUpdates({ settings, nowMs: world.nowMs, closing: world.closing });
  const play: Play = {
    bot: BOT,
    chats: createChats(),
    settings,
    switches: createTelegramSwitches(world.seed),
    pace: createPace(),
    log: createTelegramCallLog(),
    openQueries: new Set(),
    token: null,
    nowMs: world.nowMs,
    closing: world.closing,
    webhookSet: updates.webhookSet,
    updates,
    nextUpdateId: FIRST_UPDATE_ID,
  };
  return {
    bot: BOT,
    answer: async (request) => await answerCall(play, request),
    say: async (personId, text, options = {}) => await say(play, { personId, text }, options),
    press: async (personId, messageId, what) =>
      await press(play, { personId, messageId }, typeof what === "string" ? { data: what } : what),
    block: async (personId) => await setBlocked(play, personId, true),
    unblock: async (personId) => await setBlocked(play, personId, false),
    send: async (update, options = {}) => await updates.send(update, { chatId: 0, ...options }),
    control: (command) => control(play, command),
    reachWebhookBy: updates.setFetch,
    calls: play.log.report,
    resetCalls: play.log.reset,
    messages: (chatId) => [...(play.chats.find(chatId)?.messages.values() ?? [])],
    state: () => stateOf(play),
  };
}

async function say(
  play: Play,
  { personId, text }: { readonly personId: number; readonly text: string },
  options: SayOptions,
): Promise<UpdateOutcome> {
  const from = play.chats.person(personId, options);
  const chat = options.group === undefined ? play.chats.privateChat(personId) : play.chats.group(options.group);
  if (chat.blocked) throw new RangeError(`${personId} has blocked the bot: nothing can be written before unblock`);
  const entities = commandEntities(text);
  const message = addMessage(chat, { from, nowMs: play.nowMs(), content: { text, ...(entities.length === 0 ? {} : { entities }) } });
  const seen = options.group === undefined || reachesBot(text, play.bot.username);
  return await deliver(play, { update: messageUpdate(play.nextUpdateId++, message), chat, options: seen ? options : null });
}

async function press(
  play: Play,
  { personId, messageId }: { readonly personId: number; readonly messageId: number },
  options: PressOptions,
): Promise<UpdateOutcome> {
  const from = play.chats.person(personId);
  const chat = play.chats.find(options.group ?? personId);
  const message = chat?.messages.get(messageId);
  if (chat === undefined || message === undefined) throw new RangeError(`expected a message in the chat, found no ${messageId} there`);
  const buttons = (message.reply_markup?.inline_keyboard ?? [])
    .flat()
    .flatMap((button) => ("callback_data" in button ? [button.callback_data] : []));
  if (!buttons.includes(options.data)) throw new RangeError(`expected a button of ${buttons.join(", ") || "none"}, found ${options.data}`);
  const id = `${personId}${String(play.nextUpdateId).padStart(9, "0")}`;
  play.openQueries.add(id);
  const update = pressUpdate(play.nextUpdateId++, { id, from, message, data: options.data });
  return await deliver(play, { update, chat, options });
}

async function setBlocked(play: Play, personId: number, blocked: boolean): Promise<UpdateOutcome> {
  const chat = play.chats.privateChat(personId);
  chat.blocked = blocked;
  const from = play.chats.person(personId);
  const update = memberUpdate(play.nextUpdateId++, { chat: chat.chat, from, bot: asUser(play.bot), nowMs: play.nowMs(), blocked });
  return await deliver(play, { update, chat, options: {} });
}

/** Sends an update and gathers what the bot did in its chat until it was taken. `options` null: the bot does not get it. */
async function deliver(
  play: Play,
  { update, chat, options }: { readonly update: Update; readonly chat: OpenChat; readonly options: SendOptions | null },
): Promise<UpdateOutcome> {
  const before = play.log.newest();
  const attempts = options === null ? [] : await play.updates.send(update, { ...options, chatId: chat.chat.id });
  const query: CallbackQuery | undefined = update.callback_query;
  const calls = play.log.after(before).filter((call) => call.accepted);
  const changed = new Set(calls.filter((call) => call.chatId === chat.chat.id).map((call) => call.messageId));
  const toast = calls.find(({ method, params }) => method === "answerCallbackQuery" && params["callback_query_id"] === query?.id)?.params[
    "text"
  ];
  return {
    update,
    attempts,
    taken: attempts.some(isTaken),
    answers: [...chat.messages.values()].filter((message) => message.from?.is_bot === true && changed.has(message.message_id)),
    toast: typeof toast === "string" ? toast : null,
  };
}

function control(play: Play, given: TelegramCommand): void {
  const command = telegramCommandSchema.parse(given);
  if (command.reset === true || command.clear === true) play.switches.clear();
  if (command.reset === true) {
    play.chats = createChats();
    play.pace.reset();
    play.openQueries.clear();
    play.settings.webhook = null;
    play.settings.lastError = null;
    play.webhookSet(true);
  }
  if (command.token !== undefined) play.token = command.token;
  if (command.resend !== undefined) play.updates.setResend(command.resend);
  for (const person of command.people ?? []) play.chats.privateChat(person);
  if (command.fault !== undefined) play.switches.addFault(command.fault);
  if (command.limits !== undefined) play.switches.setLimits(command.limits);
  if (command.webhook !== undefined) {
    play.settings.webhook = command.webhook === null ? null : { ...command.webhook, allowed: null, maxConnections: 40 };
    play.webhookSet(false);
  }
}

function stateOf({ bot, settings, chats, switches }: Play): TelegramState {
  return {
    bot,
    webhook: settings.webhook,
    pendingUpdates: settings.pending,
    lastError: settings.lastError,
    commands: Object.fromEntries(settings.commands),
    descriptions: Object.fromEntries(settings.descriptions),
    shortDescriptions: Object.fromEntries(settings.shortDescriptions),
    chats: chats.all().map(({ chat, blocked, messages }) => ({ id: chat.id, type: chat.type, blocked, messages: messages.size })),
    faults: switches.faults(),
    limits: switches.limits(),
  };
}

const asUser = ({ id, is_bot, first_name, username }: UserFromGetMe): User => ({ id, is_bot, first_name, username });
