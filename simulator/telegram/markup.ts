import type { MessageEntity } from "grammy/types";
import { err, ok, type Result } from "../../src/domain/result.ts";

type Marked = { readonly text: string; readonly entities: readonly MessageEntity[] };
type Open = { readonly tag: string; readonly offset: number; readonly url: string | null };
type Plain = "bold" | "italic" | "underline" | "strikethrough" | "spoiler" | "code" | "blockquote";

const TAGS: Readonly<Record<string, Plain | "pre" | "text_link">> = {
  b: "bold",
  strong: "bold",
  i: "italic",
  em: "italic",
  u: "underline",
  ins: "underline",
  s: "strikethrough",
  strike: "strikethrough",
  del: "strikethrough",
  "tg-spoiler": "spoiler",
  code: "code",
  blockquote: "blockquote",
  pre: "pre",
  a: "text_link",
};
const NAMED: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"' };
const HTML_TOKEN = /<(\/?)([a-z-]*)([^<>]*)>|&(lt|gt|amp|quot|#\d{1,7}|#x[0-9a-f]{1,6});|</giu;

/** Text and entities of Telegram's HTML, or what is wrong with it in Telegram's words. */
export function parseHtml(source: string): Result<Marked, string> {
  let text = "";
  let done = 0;
  const open: Open[] = [];
  const entities: MessageEntity[] = [];
  for (const found of source.matchAll(HTML_TOKEN)) {
    const [whole, slash, name = "", rest = "", reference] = found;
    text += source.slice(done, found.index);
    done = found.index + whole.length;
    const at = Buffer.byteLength(source.slice(0, found.index));
    const tag = name.toLowerCase();
    if (reference !== undefined) {
      text += referenced(reference);
    } else if (slash === "/") {
      const last = open.pop();
      if (last === undefined) return err(`can't parse entities: Unexpected end tag at byte offset ${at}`);
      if (last.tag !== tag)
        return err(`can't parse entities: Unmatched end tag at byte offset ${at}, expected "</${last.tag}>", found "${whole}"`);
      entities.push(entityOf(last, text.length));
    } else {
      if (TAGS[tag] === undefined) return err(`can't parse entities: Unsupported start tag "${tag}" at byte offset ${at}`);
      open.push({ tag, offset: text.length, url: /href\s*=\s*["']([^"']*)["']/iu.exec(rest)?.[1] ?? null });
    }
  }
  text += source.slice(done);
  const left = open.at(-1);
  if (left !== undefined) return err(`can't parse entities: Can't find end tag corresponding to start tag "${left.tag}"`);
  return ok({ text, entities: entities.filter(({ length }) => length > 0).toSorted((a, b) => a.offset - b.offset || b.length - a.length) });
}

function entityOf({ tag, offset, url }: Open, end: number): MessageEntity {
  const place = { offset, length: end - offset };
  const type = TAGS[tag] ?? "code";
  if (type === "pre") return { type, ...place };
  // A link without an address is plain text.
  if (type === "text_link") return url === null ? { type: "bold", offset, length: 0 } : { type, ...place, url };
  return { type, ...place };
}

function referenced(reference: string): string {
  if (!reference.startsWith("#")) return NAMED[reference.toLowerCase()] ?? "";
  const hex = /^#x/iu.test(reference);
  return String.fromCodePoint(Number.parseInt(reference.slice(hex ? 2 : 1), hex ? 16 : 10));
}

const MARKS: Readonly<Record<string, Plain>> = {
  "*": "bold",
  _: "italic",
  __: "underline",
  "~": "strikethrough",
  "||": "spoiler",
  "`": "code",
};
const MARKDOWN_TOKEN = /\\([\s\S])|\[([^\]\n]*)\]\(([^)\n]*)\)|__|\|\||[*_~`]|[[\]()>#+\-=|{}.!]/gu;

/** Text and entities of MarkdownV2 (pre and quotes apart), or what is wrong with it in Telegram's words. */
export function parseMarkdown(source: string): Result<Marked, string> {
  let text = "";
  let done = 0;
  const open: { readonly mark: string; readonly offset: number; readonly at: number }[] = [];
  const entities: MessageEntity[] = [];
  for (const found of source.matchAll(MARKDOWN_TOKEN)) {
    const [whole, escaped, label, url] = found;
    text += source.slice(done, found.index);
    done = found.index + whole.length;
    const type = MARKS[whole];
    if (escaped !== undefined) {
      text += escaped;
    } else if (label !== undefined && url !== undefined) {
      entities.push({ type: "text_link", offset: text.length, length: label.length, url });
      text += label;
    } else if (type === undefined) {
      return err(`can't parse entities: Character '${whole}' is reserved and must be escaped with the preceding '\\'`);
    } else if (open.at(-1)?.mark === whole) {
      const offset = open.pop()?.offset ?? 0;
      entities.push({ type, offset, length: text.length - offset });
    } else {
      open.push({ mark: whole, offset: text.length, at: Buffer.byteLength(source.slice(0, found.index)) });
    }
  }
  text += source.slice(done);
  const left = open.at(-1);
  if (left !== undefined) return err(`can't parse entities: Can't find end of the entity starting at byte offset ${left.at}`);
  return ok({ text, entities: entities.filter(({ length }) => length > 0).toSorted((a, b) => a.offset - b.offset || b.length - a.length) });
}
