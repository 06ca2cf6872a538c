import type { Chat, InlineKeyboardMarkup, Message, User } from "grammy/types";

/** Somebody who talks to the bot. */
export type PersonDetails = {
  readonly firstName?: string | undefined;
  readonly username?: string | undefined;
  /** IETF tag of the language of their phone; default `en`. */
  readonly language?: string | undefined;
};

export type PlayedChat = Chat.PrivateChat | Chat.GroupChat | Chat.SupergroupChat;

/** A chat as the bot can reach it. */
export type OpenChat = {
  readonly chat: PlayedChat;
  /** The person has blocked the bot, or the group has thrown it out. */
  blocked: boolean;
  nextMessageId: number;
  /** What can be seen in it now, by id. */
  readonly messages: Map<number, Message>;
};

/** Content of a new message, or of an edited one. */
export type Content = Pick<Message, "text" | "entities" | "document" | "caption" | "caption_entities" | "link_preview_options"> & {
  readonly reply_markup?: InlineKeyboardMarkup;
};

export type Chats = {
  /** `undefined`: nobody has ever written from it. */
  readonly find: (chatId: number) => OpenChat | undefined;
  /** The person, made when they are new; details given now replace older ones. */
  readonly person: (id: number, details?: PersonDetails) => User;
  /** The person's private chat with the bot, opened when there is none. */
  readonly privateChat: (id: number) => OpenChat;
  /** The group, opened when there is none. Its id is negative. */
  readonly group: (id: number) => OpenChat;
  readonly all: () => readonly OpenChat[];
};

const SUPERGROUPS_BELOW = -1_000_000_000_000;

/** No chats yet. */
export function createChats(): Chats {
  const people = new Map<number, User>();
  const chats = new Map<number, OpenChat>();
  const person = (id: number, details: PersonDetails = {}): User => {
    const known = people.get(id);
    const username = details.username ?? known?.username;
    const user: User = {
      id,
      is_bot: false,
      first_name: details.firstName ?? known?.first_name ?? `Person ${id}`,
      ...(username === undefined ? {} : { username }),
      language_code: details.language ?? known?.language_code ?? "en",
    };
    people.set(id, user);
    return user;
  };
  const open = (chat: PlayedChat): OpenChat => {
    const opened: OpenChat = { chat, blocked: false, nextMessageId: 1, messages: new Map() };
    chats.set(chat.id, opened);
    return opened;
  };
  return {
    find: (chatId) => chats.get(chatId),
    person,
    privateChat: (id) => {
      const { first_name, username } = person(id);
      return chats.get(id) ?? open({ id, type: "private", first_name, ...(username === undefined ? {} : { username }) });
    },
    group: (id) => {
      if (!Number.isInteger(id) || id >= 0) throw new RangeError(`expected a negative whole number as id of a group, found ${id}`);
      return chats.get(id) ?? open({ id, type: id < SUPERGROUPS_BELOW ? "supergroup" : "group", title: `Group ${id}` });
    },
    all: () => [...chats.values()],
  };
}

/** Puts a new message into a chat and gives it the chat's next id. */
export function addMessage(
  to: OpenChat,
  { from, nowMs, content }: { readonly from: User; readonly nowMs: number; readonly content: Content },
): Message {
  const message: Message = { message_id: to.nextMessageId, from, chat: to.chat, date: Math.floor(nowMs / 1_000), ...content };
  to.nextMessageId += 1;
  to.messages.set(message.message_id, message);
  return message;
}

/** A message with other content: what the new content does not name is gone. */
export function editMessage(
  to: OpenChat,
  { old, nowMs, content }: { readonly old: Message; readonly nowMs: number; readonly content: Content },
): Message {
  const { message_id, chat, date, from } = old;
  const message: Message = {
    message_id,
    ...(from === undefined ? {} : { from }),
    chat,
    date,
    edit_date: Math.floor(nowMs / 1_000),
    ...content,
  };
  to.messages.set(message_id, message);
  return message;
}
