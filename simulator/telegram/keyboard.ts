import type { InlineKeyboardButton, InlineKeyboardMarkup } from "grammy/types";
import { z } from "zod";
import { err, ok, type Result } from "../../src/domain/result.ts";
import { parseJson } from "./params.ts";
import { isLink } from "./text.ts";

const buttonSchema = z.looseObject({
  text: z.string().optional(),
  url: z.string().optional(),
  callback_data: z.string().optional(),
});
const markupSchema = z.looseObject({ inline_keyboard: z.array(z.array(buttonSchema)).optional() });
type GivenButton = z.infer<typeof buttonSchema>;

const MOST_BUTTONS = 100;
const MOST_DATA_BYTES = 64;

/** The inline keyboard of a call, `null` where it has none, or what Telegram would say against it. */
export function readKeyboard(given: unknown): Result<InlineKeyboardMarkup | null, string> {
  if (given === undefined || given === "") return ok(null);
  const parsed = markupSchema.safeParse(typeof given === "string" ? parseJson(given) : given);
  if (!parsed.success) return err("object expected as reply markup");
  const rows = parsed.data.inline_keyboard;
  // A keyboard under the text field, or its removal: nothing that a message carries.
  if (rows === undefined) return ok(null);
  if (rows.flat().length > MOST_BUTTONS) return err("reply markup is too long");
  const read: InlineKeyboardButton[][] = [];
  for (const row of rows) {
    const buttons: InlineKeyboardButton[] = [];
    for (const one of row) {
      const button = readButton(one);
      if (!button.ok) return button;
      buttons.push(button.value);
    }
    if (buttons.length > 0) read.push(buttons);
  }
  return ok(read.length === 0 ? null : { inline_keyboard: read });
}

function readButton({ text, url, callback_data: data }: GivenButton): Result<InlineKeyboardButton, string> {
  if (text === undefined || text.trim() === "") return err(`can't parse inline keyboard button: Can't find field "text"`);
  if (url !== undefined) return isLink(url) ? ok({ text, url }) : err(`inline keyboard button URL '${url}' is invalid: Wrong HTTP URL`);
  if (data === undefined) return err("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard");
  const bytes = Buffer.byteLength(data);
  return bytes >= 1 && bytes <= MOST_DATA_BYTES ? ok({ text, callback_data: data }) : err("BUTTON_DATA_INVALID");
}
