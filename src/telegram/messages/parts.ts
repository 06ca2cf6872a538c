import { FormattedString } from "@grammyjs/parse-mode";
import type { InlineKeyboardButton, MessageEntity } from "grammy/types";
import type { Language } from "../../domain/person.ts";
import { type Message, MOST_TEXT_UNITS } from "../message.ts";
import { catalogueOf } from "../text/catalogue.ts";

/** A piece of a message: plain text, or text with its entities. */
export type Piece = string | FormattedString;
/** A line; `null` and `false` leave it out. */
export type Line = Piece | null | false;

/** Most entities Telegram keeps of a message. */
const MOST_ENTITIES = 100;
/** Most bytes of a button's data. */
const MOST_DATA_BYTES = 64;
/** Longest name from outside that is shown whole. */
const MOST_NAME_UNITS = 40;

export const bold = (text: Piece): FormattedString => FormattedString.bold(text);
export const italic = (text: Piece): FormattedString => FormattedString.italic(text);

/** Lines under each other, those that are left out skipped. An empty string is an empty line. */
export const lines = (...all: readonly Line[]): FormattedString =>
  FormattedString.join(
    all.filter((line) => line !== null && line !== false),
    "\n",
  );

/** Pieces in one line. */
export const joined = (pieces: readonly Piece[], separator = ""): FormattedString => FormattedString.join([...pieces], separator);

/**
 * Text from outside as one harmless line: no line breaks, control or direction marks, no half characters, not longer than
 * a name has to be. What shows nothing reads `?`.
 */
export function safe(text: string, most = MOST_NAME_UNITS): string {
  const line = text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ")
    .replace(/\s+/gu, " ")
    .trim();
  if (line === "") return "?";
  return line.length <= most ? line : `${line.slice(0, boundary(line, most - 1)).trimEnd()}…`;
}

/** A text of several lines from outside, its characters whole and without control characters. */
export const safeText = (text: string): string =>
  text
    .toWellFormed()
    .replace(/\r\n?/gu, "\n")
    .replace(/[^\P{Cc}\n]/gu, " ")
    .trim();

/** The message of a body: cut to what Telegram takes, its entities inside the text and in order. */
export function message(body: Piece, buttons: Message["buttons"] = null): Message {
  const { text, entities } = cut(typeof body === "string" ? { text: body, entities: [] } : { text: body.text, entities: body.entities });
  return { text, entities, buttons: buttons === null || buttons.length === 0 ? null : buttons };
}

/** At most `MOST_TEXT_UNITS`, cut after a line where that loses little, never inside a character; entities follow the cut. */
function cut(whole: { readonly text: string; readonly entities: readonly MessageEntity[] }): Pick<Message, "text" | "entities"> {
  const started = whole.text.length - whole.text.trimStart().length;
  const all = whole.text.slice(started).trimEnd();
  let text = all;
  if (all.length > MOST_TEXT_UNITS) {
    const end = boundary(all, MOST_TEXT_UNITS - 2);
    const line = all.lastIndexOf("\n", end);
    text = `${all.slice(0, line > end * 0.75 ? line : end).trimEnd()}\n…`;
  }
  const kept = all.length === text.length ? text.length : text.length - 2;
  return { text, entities: entitiesIn(text, whole.entities, { from: started, until: kept }) };
}

function entitiesIn(
  text: string,
  entities: readonly MessageEntity[],
  { from, until }: { readonly from: number; readonly until: number },
): readonly MessageEntity[] {
  return entities
    .map((entity) => {
      let start = Math.max(0, entity.offset - from);
      let end = Math.min(until, entity.offset - from + entity.length);
      // Telegram drops white space at the ends of an entity, and an entity of nothing else.
      while (start < end && /\s/u.test(text[start] ?? "")) start += 1;
      while (end > start && /\s/u.test(text[end - 1] ?? "")) end -= 1;
      return { ...entity, offset: start, length: end - start };
    })
    .filter(({ length }) => length > 0)
    .sort((a, b) => a.offset - b.offset || b.length - a.length)
    .slice(0, MOST_ENTITIES);
}

/** The nearest place at or before `at` that is not inside a character. */
function boundary(text: string, at: number): number {
  const unit = text.charCodeAt(at - 1);
  return at > 0 && unit >= 0xd800 && unit <= 0xdbff ? at - 1 : at;
}

/** A button, or null where its data would not fit. */
export function button(text: string, data: string): InlineKeyboardButton | null {
  return new TextEncoder().encode(data).length > MOST_DATA_BYTES || data === "" ? null : { text: safe(text, 60), callback_data: data };
}

/** Rows of buttons without those that are left out, and without empty rows. */
export const rows = (...all: readonly (readonly (InlineKeyboardButton | null | false)[])[]): readonly (readonly InlineKeyboardButton[])[] =>
  all.map((row) => row.filter((each) => each !== null && each !== false)).filter((row) => row.length > 0);

/** Said on top of every message about a market that is not the live one; nothing where it is. */
export function marketBanner(market: string, language: Language): Line {
  if (market === "live") return null;
  const { general, parts } = catalogueOf(language);
  return bold(market === "simulated" ? general.simulated : parts.played(safe(market)));
}

/** The risks in one short line, for lists and alerts. */
export const riskNote = (language: Language): FormattedString => italic(catalogueOf(language).parts.riskShort);

/** The risks in one line, small. */
export const riskLine = (language: Language): FormattedString => italic(catalogueOf(language).general.risk);
