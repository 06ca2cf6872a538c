import type { Message } from "../../src/telegram/message.ts";

const TYPES: ReadonlySet<string> = new Set(["bold", "italic", "underline", "strikethrough", "code", "pre", "text_link", "blockquote"]);
const MOST_UNITS = 4_096;

/**
 * Everything that Telegram would refuse or silently change in a message, worked out without the code that made it: limits of
 * text, entities and buttons as the Bot API documents them.
 */
export function faultsOf({ text, entities, buttons }: Message): readonly string[] {
  return [...textFaults(text), ...entityFaults(text, entities), ...buttonFaults(buttons)];
}

function textFaults(text: string): readonly string[] {
  return [
    text.length === 0 && "empty",
    text.length > MOST_UNITS && `${text.length} units`,
    !text.isWellFormed() && "half a character",
    text !== text.trim() && "white space at an end",
    // oxlint-disable-next-line no-control-regex -- looked for
    /[\u0000-\u0009\u000B-\u001F\u007F]/u.test(text) && "control character",
    /undefined|NaN|\[object|null/u.test(text) && "a value that is no text",
  ].filter((fault) => fault !== false);
}

function entityFaults(text: string, entities: Message["entities"]): readonly string[] {
  const faults: string[] = [];
  if (entities.length > 100) faults.push(`${entities.length} entities`);
  let before = { offset: 0, length: Infinity };
  const open: number[] = [];
  for (const entity of entities) {
    const { type, offset, length } = entity;
    const end = offset + length;
    if (!TYPES.has(type)) faults.push(`type ${type}`);
    if (!Number.isInteger(offset) || !Number.isInteger(length) || offset < 0 || length < 1 || end > text.length)
      faults.push("out of bounds");
    if (offset < before.offset || (offset === before.offset && length > before.length)) faults.push("out of order");
    if (isInside(text, offset) || isInside(text, end)) faults.push("starts or ends inside a character");
    if (/^\s|\s$/u.test(text.slice(offset, end))) faults.push("white space at an end of an entity");
    if (type === "text_link" && !("url" in entity && URL.canParse(entity.url) && entity.url.startsWith("https://"))) faults.push("link");
    while (open.length > 0 && (open.at(-1) ?? 0) <= offset) open.pop();
    if (open.length > 0 && (open.at(-1) ?? 0) < end) faults.push("overlaps in part");
    open.push(end);
    before = { offset, length };
  }
  return faults;
}

const isInside = (text: string, at: number): boolean => isUnit(text, at - 1, 0xd800) && isUnit(text, at, 0xdc00);
/** Whether a unit is of the kind of half character that starts there: 0xd800 the first, 0xdc00 the second. */
const isUnit = (text: string, at: number, from: number): boolean => text.charCodeAt(at) >= from && text.charCodeAt(at) < from + 0x400;

function buttonFaults(buttons: Message["buttons"]): readonly string[] {
  if (buttons === null) return [];
  const all = buttons.flat();
  return [
    buttons.length === 0 && "no row",
    buttons.some((row) => row.length === 0 || row.length > 8) && "row of a wrong length",
    all.length > 100 && `${all.length} buttons`,
    ...all.flatMap((each) => {
      const data = "callback_data" in each ? new TextEncoder().encode(each.callback_data).length : 0;
      return [(data < 1 || data > 64) && `data of ${data} bytes`, each.text.trim() === "" && "button without a text"];
    }),
  ].filter((fault) => fault !== false);
}
