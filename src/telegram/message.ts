import type { InlineKeyboardButton, MessageEntity } from "grammy/types";

/** A message ready to be sent: plain text with its entities, so that nothing in it can be taken for markup. */
export type Message = {
  /** At most 4,096 UTF-16 units. */
  readonly text: string;
  readonly entities: readonly MessageEntity[];
  /** Rows of buttons; `null` for none. */
  readonly buttons: readonly (readonly InlineKeyboardButton[])[] | null;
};

/** Telegram's limit on a text after its entities are parsed, UTF-16 units. */
export const MOST_TEXT_UNITS = 4_096;
