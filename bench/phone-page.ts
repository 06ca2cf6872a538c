import type { InlineKeyboardButton, Message, MessageEntity } from "grammy/types";

/** One screen of a phone: what stands in the chat then, oldest first. */
export type Screen = { readonly caption: string; readonly messages: readonly Message[]; readonly pressed: string | null };

const STYLE = `
  * { box-sizing: border-box; margin: 0; }
  body { font: 15px/1.36 Inter, "DejaVu Sans", "Noto Color Emoji", sans-serif; color: #0f1419; background: #ffffff; }
  main { display: inline-flex; gap: 30px; padding: 26px; align-items: flex-start; background: #ffffff; }
  section { display: flex; flex-direction: column; gap: 22px; }
  figure { width: 404px; }
  figcaption { padding: 0 6px 10px; font-size: 15.5px; font-weight: 650; color: #2b3945; }
  .phone { border: 1px solid #d3dbe2; border-radius: 26px; overflow: hidden; box-shadow: 0 6px 22px rgb(30 60 90 / 13%); background: #dfe9ef; }
  header { display: flex; gap: 11px; align-items: center; padding: 11px 16px; background: #ffffff; border-bottom: 1px solid #e1e7ec; }
  header i { width: 38px; height: 38px; border-radius: 50%; background: linear-gradient(135deg, #41a6e8, #2272c3); color: #ffffff; font: 700 18px/38px Inter, sans-serif; text-align: center; }
  header b { display: block; font-size: 15.5px; line-height: 1.25; }
  header small { color: #7b8a97; font-size: 12.5px; }
  .chat { display: flex; flex-direction: column; gap: 9px; padding: 14px 11px 16px; background: linear-gradient(165deg, #dcebd8, #d6e6ee 60%, #dfe7f3); }
  .mine, .theirs { max-width: 100%; padding: 7px 11px 6px; border-radius: 14px; box-shadow: 0 1px 1.5px rgb(40 60 80 / 16%); overflow-wrap: break-word; white-space: pre-wrap; }
  .mine { align-self: flex-end; background: #e6fdd2; border-bottom-right-radius: 5px; }
  .theirs { align-self: stretch; background: #ffffff; border-bottom-left-radius: 5px; }
  time { float: right; margin: 5px 0 0 12px; font-size: 11.5px; color: #8b98a3; }
  .mine time { color: #62a35b; }
  .rows { display: flex; flex-direction: column; gap: 4px; margin-top: -4px; }
  .row { display: flex; gap: 4px; }
  .row span { flex: 1; min-width: 0; padding: 8px 6px; border-radius: 8px; background: rgb(70 110 130 / 44%); color: #ffffff; font-size: 13.5px; font-weight: 600; text-align: center; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .row span.link::after { content: " ↗"; font-size: 11px; }
  .row span.pressed { background: #2f8bd6; box-shadow: 0 0 0 3px rgb(47 139 214 / 28%); }
  a { color: #2278c4; text-decoration: none; }
  code { font: 13.5px "DejaVu Sans Mono", monospace; color: #1f5f99; }
`;

/** A page that shows columns of screens side by side, as a phone would. */
export function phonePage(columns: readonly (readonly Screen[])[]): string {
  const body = columns.map((screens) => `<section>${screens.map(phone).join("")}</section>`).join("");
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Carrywatch on Telegram</title><style>${STYLE}</style><main>${body}</main></html>`;
}

const phone = ({ caption, messages, pressed }: Screen): string => `<figure><figcaption>${escaped(caption)}</figcaption><div class="phone">
  <header><i>C</i><div><b>Carrywatch</b><small>bot</small></div></header>
  <div class="chat">${messages.map((message) => bubble(message, pressed)).join("")}</div>
</div></figure>`;

function bubble(message: Message, pressed: string | null): string {
  const kind = message.from?.is_bot === true ? "theirs" : "mine";
  const at = new Date((message.edit_date ?? message.date) * 1_000).toISOString().slice(11, 16);
  const rows = message.reply_markup?.inline_keyboard ?? [];
  const keyboard = rows.map((row) => `<div class="row">${row.map((one) => button(one, pressed)).join("")}</div>`).join("");
  const text = withEntities(message.text ?? message.caption ?? "", message.entities ?? message.caption_entities ?? []);
  return `<div class="${kind}">${text}<time>${at}</time></div>${keyboard === "" ? "" : `<div class="rows">${keyboard}</div>`}`;
}

function button(one: InlineKeyboardButton, pressed: string | null): string {
  const state = "url" in one ? "link" : "callback_data" in one && one.callback_data === pressed ? "pressed" : "";
  return `<span class="${state}">${escaped(one.text)}</span>`;
}

const TAGS: Readonly<Partial<Record<MessageEntity["type"], string>>> = {
  bold: "b",
  italic: "i",
  underline: "u",
  strikethrough: "s",
  code: "code",
  pre: "code",
  blockquote: "q",
  text_link: "a",
  bot_command: "a",
};

/** Text with its entities as HTML. Entities nest, as Telegram demands. */
function withEntities(text: string, entities: readonly MessageEntity[]): string {
  const commands = [...text.matchAll(/(?<![\w/])\/[a-z]\w*/gu)].map((found) => ({
    type: "bot_command" as const,
    offset: found.index,
    length: found[0].length,
  }));
  const all = [...entities, ...commands].toSorted((one, other) => one.offset - other.offset || other.length - one.length);
  let html = "";
  let done = 0;
  const open: { readonly tag: string; readonly end: number }[] = [];
  const closeUntil = (at: number): void => {
    for (let last = open.at(-1); last !== undefined && last.end <= at; last = open.at(-1)) {
      html += `${escaped(text.slice(done, last.end))}</${last.tag}>`;
      done = last.end;
      open.pop();
    }
  };
  for (const { type, offset, length } of all) {
    const tag = TAGS[type];
    if (tag === undefined) continue;
    closeUntil(offset);
    html += `${escaped(text.slice(done, offset))}<${tag}>`;
    done = offset;
    open.push({ tag, end: offset + length });
  }
  closeUntil(text.length);
  return html + escaped(text.slice(done));
}

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
