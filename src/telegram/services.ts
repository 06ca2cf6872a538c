import type { TelegramConfig } from "../config.ts";
import type { SendDelivery } from "../domain/delivery.ts";
import type { Logger } from "../monitoring/log.ts";
import type { KvEraser, KvWriter } from "../storage/keys.ts";
import type { KvReader } from "../storage/read-snapshot.ts";
import { createBot } from "./bot.ts";
import type { FetchLike } from "./api-fetch.ts";
import { createClaims } from "./claims.ts";
import type { CommandServices } from "./command.ts";
import { COMMANDS } from "./commands/registry.ts";
import { createSender } from "./send.ts";
import { createSessions } from "./session.ts";
import { createWebhook, type Webhook } from "./webhook.ts";

export type TelegramPorts = {
  readonly config: TelegramConfig;
  readonly db: D1Database;
  readonly cache: KvReader & KvWriter & KvEraser;
  readonly fetch: FetchLike;
  readonly log: Logger;
  /** Epoch ms. */
  readonly now: () => number;
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** A new id. */
  readonly random: () => string;
  readonly container: () => Readonly<Record<string, unknown>>;
  /** What commands use, but for people, who are the bot's own. */
  readonly commandServices: Omit<CommandServices, "people">;
};

/** The bot as the Worker uses it. `null` in place of a part whose setting is missing. */
export type Telegram = {
  readonly webhook: Webhook | null;
  readonly send: SendDelivery | null;
};

/** The bot of one isolate, built without I/O. Without a token there is none; without a secret every update is refused. */
export function createTelegram(ports: TelegramPorts): Telegram {
  const { config, now, wait, random } = ports;
  if (config.token === null) return { webhook: null, send: null };
  const log = ports.log.with({ component: "telegram" });
  const sessions = createSessions({ db: ports.db, cache: ports.cache, now, wait, random, log });
  const bot = createBot({
    token: config.token,
    botName: config.botName,
    apiUrl: config.apiUrl,
    fetch: ports.fetch,
    wait,
    now,
    log,
    commands: COMMANDS,
    sessions,
    services: { ...ports.commandServices, people: sessions.people },
  });
  const send = createSender({ api: bot.api, now, market: ports.commandServices.market, log });
  if (config.webhookSecret === null) return { webhook: null, send };
  const claims = createClaims({ db: ports.db, now, wait });
  const webhook = createWebhook({ secret: config.webhookSecret, bot, claims, log, now, wait, container: ports.container });
  return { webhook, send };
}
