import { type Api, GrammyError, InputFile } from "grammy";
import type { InlineKeyboardMarkup, MessageEntity } from "grammy/types";
import type { Answer } from "./command.ts";
import type { Message } from "./message.ts";

/** Where an answer goes. */
export type Place = {
  readonly chatId: number;
  /** Topic of a group that has topics. */
  readonly threadId: number | null;
  /** The message whose button was pressed. */
  readonly pressedId: number | null;
};

/** Most a short note over the chat may hold. */
export const MOST_TOAST_CHARS = 200;

/** Sends a message or document, or changes the pressed message in place. A toast is the caller's to show. */
export async function sendAnswer(api: Api, answer: Answer, place: Place): Promise<void> {
  if (answer.kind === "toast") return;
  const topic = place.threadId === null ? {} : { message_thread_id: place.threadId };
  if (answer.kind === "document") {
    const file = new InputFile(new TextEncoder().encode(answer.body), answer.fileName);
    await api.sendDocument(place.chatId, file, { caption: answer.caption, ...topic });
    return;
  }
  const { text } = answer.message;
  if (answer.edit && place.pressedId !== null) {
    const edited = await editInPlace(() => api.editMessageText(place.chatId, place.pressedId ?? 0, text, looks(answer.message)));
    if (edited) return;
  }
  await api.sendMessage(place.chatId, text, { ...looks(answer.message), ...topic });
}

/** False when the message can no longer be changed, so that a new one has to take its place. */
async function editInPlace(edit: () => Promise<unknown>): Promise<boolean> {
  try {
    await edit();
    return true;
  } catch (error) {
    if (!(error instanceof GrammyError) || error.error_code !== 400) throw error;
    // Reloading what has not changed: it reads as it should.
    if (error.description.includes("message is not modified")) return true;
    if (/message (?:to edit not found|can't be edited|is too old)|MESSAGE_ID_INVALID/iu.test(error.description)) return false;
    throw error;
  }
}

/** Entities and buttons as the library takes them; links show no preview, which would push the figures off a phone's screen. */
export function looks({ entities, buttons }: Message): Looks {
  const plain = { entities: [...entities], link_preview_options: { is_disabled: true as const } };
  return buttons === null ? plain : { ...plain, reply_markup: { inline_keyboard: buttons.map((row) => [...row]) } };
}

type Looks = {
  readonly entities: MessageEntity[];
  readonly link_preview_options: { readonly is_disabled: true };
  readonly reply_markup?: InlineKeyboardMarkup;
};
