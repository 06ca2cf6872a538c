import type { Message } from "grammy/types";

/** A conversation as text: who says what, and the buttons under it with their data. */
export function transcript(messages: readonly Message[]): string {
  return messages.map((message) => `${block(message)}\n`).join("\n");
}

function block(message: Message): string {
  const who = message.from?.is_bot === true ? "bot" : (message.from?.first_name ?? "somebody");
  const rows = message.reply_markup?.inline_keyboard ?? [];
  const file =
    message.document === undefined ? [] : [`[file ${message.document.file_name ?? ""}, ${message.document.file_size ?? 0} bytes]`];
  const lines = [
    ...file,
    ...(message.text ?? message.caption ?? "").split("\n"),
    ...rows.map((row) => row.map(({ text }) => `[ ${text} ]`).join(" ")),
  ];
  return lines.map((line, place) => (place === 0 ? `${who} · ${line}` : `${" ".repeat(who.length + 3)}${line}`)).join("\n");
}
