import type { CallbackQuery, ChatMemberUpdated, Message, MessageEntity, Update, User } from "grammy/types";
import type { PlayedChat } from "./chats.ts";

/** `/command` and `/command@bot` at the begin of a word, as Telegram marks them. */
export function commandEntities(text: string): MessageEntity[] {
  return [...text.matchAll(/(?<![\w/@])\/\w{1,32}(?:@\w{3,32})?(?!\w)/gu)].map((found) => ({
    type: "bot_command",
    offset: found.index,
    length: found[0].length,
  }));
}

/** Whether a bot in privacy mode gets a message of a group: a command for it, or one for any bot. */
export function reachesBot(text: string, botName: string): boolean {
  const called = /^\/\w{1,32}(?:@(\w+))?/u.exec(text);
  return called !== null && (called[1] === undefined || called[1].toLowerCase() === botName.toLowerCase());
}

/** Something that was written. */
export const messageUpdate = (updateId: number, message: Message): Update => ({ update_id: updateId, message: ofPerson(message) });

function ofPerson(message: Message): NonNullable<Update["message"]> {
  const { from, chat, ...rest } = message;
  if (from === undefined || chat.type === "channel") throw new Error("expected a message of a person in a chat or group");
  return { ...rest, from, chat };
}

/** A button that was pressed. */
export function pressUpdate(updateId: number, query: Pick<CallbackQuery, "id" | "from" | "data" | "message">): Update {
  return { update_id: updateId, callback_query: { ...query, chat_instance: String(query.message?.chat.id ?? 0) } };
}

/** Somebody blocks the bot, or takes it back. */
export function memberUpdate(
  updateId: number,
  {
    chat,
    from,
    bot,
    nowMs,
    blocked,
  }: { readonly chat: PlayedChat; readonly from: User; readonly bot: User; readonly nowMs: number; readonly blocked: boolean },
): Update {
  const member = { status: "member", user: bot } as const;
  const kicked = { status: "kicked", user: bot, until_date: 0 } as const;
  const change: ChatMemberUpdated = {
    chat,
    from,
    date: Math.floor(nowMs / 1_000),
    old_chat_member: blocked ? member : kicked,
    new_chat_member: blocked ? kicked : member,
  };
  return { update_id: updateId, my_chat_member: change };
}
