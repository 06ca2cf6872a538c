import type { Logger } from "../monitoring/log.ts";
import type { FetchLike } from "./api-fetch.ts";
import type { Command, CommandServices } from "./command.ts";
import type { Sessions, SessionSource } from "./session.ts";

/** What the bot is built from. */
export type BotPorts = {
  readonly token: string;
  /** Without @. */
  readonly botName: string;
  readonly apiUrl: string;
  readonly fetch: FetchLike;
  readonly wait: (ms: number) => Promise<void>;
  readonly now: () => number;
  readonly log: Logger;
  readonly commands: ReadonlyMap<string, Command>;
  readonly sessions: Sessions;
  readonly services: CommandServices;
};

/** What became of an update, for its log line. */
export type UpdateReport = {
  readonly kind: "message" | "press" | "member" | "other";
  readonly command: string | null;
  readonly session: SessionSource | null;
  readonly outcome: "answered" | "ignored" | "failed";
};
