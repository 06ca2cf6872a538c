import type { ApiError, ApiMethods, Message, User } from "grammy/types";
import { z } from "zod";
import { err, ok, type Result } from "../../src/domain/result.ts";
import { addMessage, editMessage, type Chats, type Content, type OpenChat } from "./chats.ts";
import { readKeyboard } from "./keyboard.ts";
import { json, whole, yesNo, type Params } from "./params.ts";
import { formatText, type Formatted } from "./text.ts";

/** What the methods about chats act on. */
export type ChatWorld = { readonly chats: Chats; readonly bot: User; readonly nowMs: number; readonly openQueries: ReadonlySet<string> };
export type MethodAnswer<T> = Result<T, ApiError>;

export const refusal = (code: number, description: string): ApiError => ({ ok: false, error_code: code, description });
export const badRequest = (what: string): { readonly ok: false; readonly error: ApiError } => err(refusal(400, `Bad Request: ${what}`));

const MOST_TEXT_UNITS = 4_096;
const MOST_CAPTION_UNITS = 1_024;
const MOST_TOAST_UNITS = 200;
const MOST_DOCUMENT_BYTES = 50 * 1024 * 1024;
/** How long a bot may delete or edit what others read: 48 hours. */
const DELETABLE_SECONDS = 48 * 3_600;
const ACTIONS = ["typing", "upload_photo", "upload_document", "choose_sticker", "find_location", "record_voice", "upload_voice"];

type ChatMethods = Pick<
  ApiMethods,
  "sendMessage" | "editMessageText" | "editMessageReplyMarkup" | "deleteMessage" | "answerCallbackQuery" | "sendDocument" | "sendChatAction"
>;
type Played<T extends Partial<ApiMethods>> = {
  readonly [M in keyof T]: (
    world: ChatWorld,
    params: Params,
  ) => MethodAnswer<T[M] extends (...args: never) => infer R ? R | Message : never>;
};

/** The methods that send, change and answer. */
export const CHAT_METHODS: Played<ChatMethods> = {
  sendMessage: (world, params) => {
    const chat = chatOf(world, params);
    if (!chat.ok) return chat;
    const content = textContent(params, "message is too long");
    return content.ok ? sent(world, chat.value, content.value) : content;
  },
  sendDocument: (world, params) => {
    const chat = chatOf(world, params);
    if (!chat.ok) return chat;
    const content = documentContent(params, world.nowMs);
    return content.ok ? sent(world, chat.value, content.value) : content;
  },
  editMessageText: (world, params) => {
    const found = ownMessage(world, params);
    if (!found.ok) return found;
    if (found.value.old.text === undefined) return badRequest("there is no text in the message to edit");
    const content = textContent(params, "MESSAGE_TOO_LONG");
    return content.ok ? edited(world, found.value, content.value) : content;
  },
  editMessageReplyMarkup: (world, params) => {
    const found = ownMessage(world, params);
    if (!found.ok) return found;
    const keyboard = readKeyboard(params["reply_markup"]);
    if (!keyboard.ok) return badRequest(keyboard.error);
    const { reply_markup: _old, ...kept } = contentOf(found.value.old);
    return edited(world, found.value, { ...kept, ...(keyboard.value === null ? {} : { reply_markup: keyboard.value }) });
  },
  deleteMessage: (world, params) => {
    const chat = chatOf(world, params);
    if (!chat.ok) return chat;
    const id = whole.safeParse(params["message_id"]);
    const message = id.success ? chat.value.messages.get(id.data) : undefined;
    if (message === undefined) return badRequest("message to delete not found");
    const mayDelete = message.from?.id === world.bot.id || chat.value.chat.type === "private";
    if (!mayDelete || world.nowMs / 1_000 - message.date > DELETABLE_SECONDS) return badRequest("message can't be deleted");
    chat.value.messages.delete(message.message_id);
    return ok(true);
  },
  answerCallbackQuery: (world, params) => {
    const given = z
      .looseObject({ callback_query_id: z.string(), text: z.string().optional(), show_alert: yesNo.optional() })
      .safeParse(params);
    if (!given.success || !world.openQueries.has(given.data.callback_query_id))
      return badRequest("query is too old and response timeout expired or query ID is invalid");
    return (given.data.text ?? "").length > MOST_TOAST_UNITS ? badRequest("MESSAGE_TOO_LONG") : ok(true);
  },
  sendChatAction: (world, params) => {
    const chat = chatOf(world, params);
    if (!chat.ok) return chat;
    return ACTIONS.some((action) => action === params["action"]) ? ok(true) : badRequest("wrong parameter action in request");
  },
};

function chatOf(world: ChatWorld, params: Params): MethodAnswer<OpenChat> {
  const id = whole.safeParse(params["chat_id"]);
  if (!id.success) return badRequest("chat_id is empty");
  const chat = world.chats.find(id.data);
  if (chat === undefined) return badRequest("chat not found");
  if (!chat.blocked) return ok(chat);
  const description = chat.chat.type === "private" ? "bot was blocked by the user" : `bot was kicked from the ${chat.chat.type} chat`;
  return err(refusal(403, `Forbidden: ${description}`));
}

function ownMessage(world: ChatWorld, params: Params): MethodAnswer<{ readonly chat: OpenChat; readonly old: Message }> {
  const chat = chatOf(world, params);
  if (!chat.ok) return chat;
  const id = whole.safeParse(params["message_id"]);
  if (!id.success) return badRequest("message identifier is not specified");
  const old = chat.value.messages.get(id.data);
  if (old === undefined) return badRequest("message to edit not found");
  return old.from?.id === world.bot.id ? ok({ chat: chat.value, old }) : badRequest("message can't be edited");
}

function textContent(params: Params, tooLong: string): MethodAnswer<Content> {
  const given = z
    .looseObject({ text: z.string().default(""), parse_mode: z.string().optional(), entities: json(z.unknown()).optional() })
    .safeParse(params);
  if (!given.success) return badRequest("message text is empty");
  const { text, parse_mode: parseMode, entities } = given.data;
  const formatted = formatText({ text, entities, parseMode, most: MOST_TEXT_UNITS, tooLong, empty: "message text is empty" });
  return formatted.ok ? withKeyboard(params, textOf(formatted.value)) : badRequest(formatted.error);
}

const textOf = ({ text, entities }: Formatted): Content => ({ text, ...(entities.length === 0 ? {} : { entities: [...entities] }) });

const uploadSchema = z.object({ fileName: z.string(), bytes: z.int(), text: z.string().nullable() });

function documentContent(params: Params, nowMs: number): MethodAnswer<Content> {
  const file = uploadSchema.safeParse(params["document"]);
  if (!file.success) return badRequest("there is no document in the request");
  if (file.data.bytes === 0) return badRequest("file must be non-empty");
  if (file.data.bytes > MOST_DOCUMENT_BYTES) return err(refusal(413, "Request Entity Too Large"));
  const given = z
    .looseObject({ caption: z.string().default(""), parse_mode: z.string().optional(), caption_entities: json(z.unknown()).optional() })
    .safeParse(params);
  if (!given.success) return badRequest("caption must be of type String");
  const { caption: text, parse_mode: parseMode, caption_entities: entities } = given.data;
  const caption = formatText({ text, entities, parseMode, most: MOST_CAPTION_UNITS, tooLong: "message caption is too long", empty: null });
  if (!caption.ok) return badRequest(caption.error);
  const id = `${nowMs.toString(36)}-${file.data.bytes}`;
  return withKeyboard(params, {
    document: { file_id: `file-${id}`, file_unique_id: id, file_name: file.data.fileName, file_size: file.data.bytes },
    ...(caption.value.text === "" ? {} : { caption: caption.value.text }),
    ...(caption.value.entities.length === 0 ? {} : { caption_entities: [...caption.value.entities] }),
  });
}

function withKeyboard(params: Params, content: Content): MethodAnswer<Content> {
  const keyboard = readKeyboard(params["reply_markup"]);
  if (!keyboard.ok) return badRequest(keyboard.error);
  return ok(keyboard.value === null ? content : { ...content, reply_markup: keyboard.value });
}

const sent = ({ bot, nowMs }: ChatWorld, to: OpenChat, content: Content): MethodAnswer<Message> =>
  ok(addMessage(to, { from: bot, nowMs, content }));

function edited(
  { nowMs }: ChatWorld,
  { chat, old }: { readonly chat: OpenChat; readonly old: Message },
  content: Content,
): MethodAnswer<Message> {
  if (JSON.stringify(contentOf(old)) === JSON.stringify(contentOf(content))) {
    return badRequest(
      "message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
    );
  }
  return ok(editMessage(chat, { old, nowMs, content }));
}

/** What an edit may change, its fields in one order. */
function contentOf(message: Message | Content): Content {
  const { text, entities, document, caption, caption_entities, reply_markup } = message;
  return {
    ...(text === undefined ? {} : { text }),
    ...(entities === undefined ? {} : { entities }),
    ...(document === undefined ? {} : { document }),
    ...(caption === undefined ? {} : { caption }),
    ...(caption_entities === undefined ? {} : { caption_entities }),
    ...(reply_markup === undefined ? {} : { reply_markup }),
  };
}
