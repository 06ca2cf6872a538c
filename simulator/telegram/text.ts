import type { MessageEntity } from "grammy/types";
import { z } from "zod";
import { err, ok, type Result } from "../../src/domain/result.ts";
import { parseHtml, parseMarkdown } from "./markup.ts";

export type Formatted = { readonly text: string; readonly entities: readonly MessageEntity[] };

export type GivenText = {
  readonly text: string;
  readonly entities: unknown;
  readonly parseMode: string | undefined;
  /** UTF-16 units that the text may have once its markup is parsed, and what Telegram says of more. */
  readonly most: number;
  readonly tooLong: string;
  /** What Telegram says of none; `null`: none is allowed. */
  readonly empty: string | null;
};

const place = { offset: z.int(), length: z.int() };
const entitySchema = z.discriminatedUnion("type", [
  z.object({
    type: z.enum([
      "mention",
      "hashtag",
      "cashtag",
      "bot_command",
      "url",
      "email",
      "phone_number",
      "bold",
      "italic",
      "underline",
      "strikethrough",
      "spoiler",
      "blockquote",
      "expandable_blockquote",
      "code",
    ]),
    ...place,
  }),
  z.object({ type: z.literal("pre"), ...place, language: z.string().exactOptional() }),
  z.object({ type: z.literal("text_link"), ...place, url: z.string() }),
  z.object({
    type: z.literal("text_mention"),
    ...place,
    user: z.looseObject({ id: z.int(), is_bot: z.boolean(), first_name: z.string() }),
  }),
  z.object({ type: z.literal("custom_emoji"), ...place, custom_emoji_id: z.string() }),
]);
/** Telegram shows the first hundred and drops the rest unseen; here that is an error, so that it is seen. */
const MOST_ENTITIES = 100;

/** The text as Telegram would store it, or what it would say against it (without `Bad Request: `). */
export function formatText(given: GivenText): Result<Formatted, string> {
  const marked = readMarkup(given);
  if (!marked.ok) return marked;
  const problem = entitiesProblem(marked.value);
  if (problem !== null) return err(problem);
  const formatted = trimmed(marked.value);
  if (formatted.text.length > given.most) return err(given.tooLong);
  if (formatted.text === "" && given.empty !== null) return err(given.empty);
  return ok(formatted);
}

/** Entities come from the markup where there is some, else as they are given. */
function readMarkup({ text, entities, parseMode }: GivenText): Result<Formatted, string> {
  if (parseMode !== undefined && parseMode !== "") {
    if (/^html$/iu.test(parseMode)) return parseHtml(text);
    if (/^markdownv2$/iu.test(parseMode)) return parseMarkdown(text);
    return err("unsupported parse_mode");
  }
  const list = z.array(z.unknown()).safeParse(entities ?? []);
  if (!list.success) return err("can't parse entities: Expected an Array");
  const read: MessageEntity[] = [];
  for (const one of list.data) {
    const parsed = entitySchema.safeParse(one);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const field = issue?.path.at(-1);
      return err(
        `can't parse MessageEntity: ${field === "type" || field === undefined ? "Unsupported type specified" : `Can't find field "${String(field)}"`}`,
      );
    }
    read.push(parsed.data);
  }
  // Outer ones first, as they nest; empty ones say nothing.
  return ok({ text, entities: read.filter(({ length }) => length !== 0).toSorted(byPlace) });
}

const byPlace = (one: MessageEntity, other: MessageEntity): number => one.offset - other.offset || other.length - one.length;

function entitiesProblem({ text, entities }: Formatted): string | null {
  if (entities.length > MOST_ENTITIES) return `expected at most ${MOST_ENTITIES} entities, found ${entities.length}`;
  const open: { readonly offset: number; readonly end: number }[] = [];
  for (const entity of entities) {
    const { offset, length } = entity;
    const end = offset + length;
    if (offset < 0) return `receive an entity with incorrect offset ${offset}`;
    if (length < 0) return `receive an entity with incorrect length ${length}`;
    if (offset > text.length) return `entity begins after the end of the text at UTF-16 offset ${offset}`;
    const late = `entity beginning at UTF-16 offset ${offset} ends after the end of the text at UTF-16 offset ${end}`;
    if (end > text.length) return late;
    if (insidePair(text, offset)) return `entity begins in a middle of a UTF-16 symbol at UTF-16 offset ${offset}`;
    if (insidePair(text, end)) return `entity beginning at UTF-16 offset ${offset} ends in a middle of a UTF-16 symbol`;
    while ((open.at(-1)?.end ?? Infinity) <= offset) open.pop();
    // An entity that begins inside another and ends outside of it.
    if (end > (open.at(-1)?.end ?? Infinity)) return late;
    open.push({ offset, end });
    if (entity.type === "text_link" && !isLink(entity.url)) return `entity URL '${entity.url}' is invalid: Wrong HTTP URL`;
  }
  return null;
}

/** Whether a place in a text is between the two halves of one character. */
const insidePair = (text: string, at: number): boolean =>
  /[\uDC00-\uDFFF]/u.test(text.charAt(at)) && /[\uD800-\uDBFF]/u.test(text.charAt(at - 1));

/** Whether Telegram opens it: http(s) on a host with a dot, or tg. A scheme may be missing. */
export function isLink(url: string): boolean {
  const whole = /^[a-z][\w+.-]*:/iu.test(url) ? url : `http://${url}`;
  if (/\s/u.test(url) || !URL.canParse(whole)) return false;
  const { protocol, hostname } = new URL(whole);
  return protocol === "tg:" || ((protocol === "http:" || protocol === "https:") && hostname.includes("."));
}

/** White space at the end and, up to the first entity, at the begin is not kept. */
function trimmed({ text, entities }: Formatted): Formatted {
  const end = text.trimEnd().length;
  const start = Math.min(text.length - text.trimStart().length, entities[0]?.offset ?? text.length, end);
  const moved = entities.map((entity) => ({
    ...entity,
    offset: entity.offset - start,
    length: Math.min(entity.offset + entity.length, end) - entity.offset,
  }));
  return { text: text.slice(start, end), entities: moved.filter(({ length }) => length > 0) };
}
