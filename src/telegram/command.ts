import type { Logger } from "../monitoring/log.ts";
import type { Person } from "../domain/person.ts";
import type { VenueFacts } from "../domain/venue.ts";
import type { Flags } from "../flags.ts";
import type { RuleFacts } from "../storage/rules.ts";
import type { SnapshotSource } from "../storage/read-snapshot.ts";
import type { Message } from "./message.ts";
import type { PeopleService } from "./people-service.ts";
import type { Catalogue } from "./text/shape.ts";

/** One command or press of a button, with everything resolved once before. */
export type Ask = {
  /** What followed the command's name, or the prefix of the button's data; trimmed. */
  readonly args: string;
  /** Who asks; `null` where the command needs no session and there is none, and in groups. */
  readonly person: Person | null;
  readonly from: { readonly telegramId: number; readonly languageCode: string | null };
  readonly chat: { readonly id: number; readonly kind: "private" | "group" };
  /** The person's language. */
  readonly text: Catalogue;
  /** Epoch ms. */
  readonly nowMs: number;
  readonly services: CommandServices;
  /** Work that ends after the answer has gone out. Its failure is logged. */
  readonly defer: (what: string, work: () => Promise<unknown>) => void;
};

/** What commands use. One object an isolate, nothing in it belongs to one update. */
export type CommandServices = {
  readonly db: D1Database;
  readonly snapshots: SnapshotSource;
  readonly log: Logger;
  /** The rules of data quality. */
  readonly rules: readonly RuleFacts[];
  /** What their documents say of the venues, each once, in the order of the registry. */
  readonly venues: readonly VenueFacts[];
  readonly version: string;
  /** The market that is watched: `live`, or what is played instead. */
  readonly market: string;
  readonly random: () => string;
  readonly people: PeopleService;
  readonly flags: () => Promise<Flags>;
  /** Hands waiting deliveries to the queue that sends. */
  readonly wakeSender: (deliveries: readonly { readonly eventId: string; readonly telegramId: number }[]) => Promise<void>;
  /** What somebody sends to become the first operator; `null` where nobody can. */
  readonly operatorSecret: string | null;
  /** This deployment's own defaults of flags (Config.flagDefaults). */
  readonly flagDefaults: Readonly<Record<string, unknown>>;
  /** Puts a confirmed broadcast on the queue that makes its deliveries, from the first person on. */
  readonly startBroadcast: (broadcastId: string) => Promise<void>;
};

/** What is answered. `edit`: in place of the message whose button was pressed; a command always sends a new one. */
export type Answer =
  | {
      readonly kind: "message";
      readonly message: Message;
      readonly edit: boolean;
      readonly toast?: string;
      /** Deletes what was asked with, since it holds a secret; it stays where Telegram refuses. */
      readonly deleteAsk?: boolean;
    }
  | { readonly kind: "document"; readonly fileName: string; readonly body: string; readonly caption: string }
  /** A press that changes nothing to read: only the short note over the chat. */
  | { readonly kind: "toast"; readonly toast: string };

/** A command with its buttons. Data of a button is `NAME:args`, at most 64 bytes. */
export type Command = {
  /** As typed, without the slash. */
  readonly name: string;
  /** /start and /help do not. */
  readonly needsSession: boolean;
  /** Whether it answers in groups, where nothing personal is shown. */
  readonly groups: boolean;
  /** Whether what was typed behind it may hold a secret: where the command is refused, it is deleted too, as far as Telegram lets us. */
  readonly secret?: true;
  /** Listed by Telegram's menu and /help; `null` leaves it out. */
  readonly describe: ((text: Catalogue) => string) | null;
  readonly run: (ask: Ask) => Promise<Answer>;
  /** A press of a button whose data begins with this command's name; absent where it has none. */
  readonly press?: (ask: Ask) => Promise<Answer>;
};
