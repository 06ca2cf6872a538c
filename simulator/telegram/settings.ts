import type { ApiMethods, BotCommand, UserFromGetMe, WebhookInfo } from "grammy/types";
import { z } from "zod";
import { ok } from "../../src/domain/result.ts";
import { badRequest, type MethodAnswer } from "./methods.ts";
import { json, whole, yesNo, type Params } from "./params.ts";

/** Where updates go. */
export type Webhook = {
  readonly url: string;
  readonly secret: string | null;
  /** Kinds of updates that are sent; `null`: all but those that have to be asked for, none of which is played. */
  readonly allowed: readonly string[] | null;
  readonly maxConnections: number;
};

/** What a bot has set about itself. */
export type Settings = {
  webhook: Webhook | null;
  /** By language, `""` for all others. */
  readonly commands: Map<string, readonly BotCommand[]>;
  readonly descriptions: Map<string, string>;
  readonly shortDescriptions: Map<string, string>;
  /** Updates that wait for a webhook. */
  pending: number;
  lastError: { readonly atMs: number; readonly message: string } | null;
};

export const createSettings = (): Settings => ({
  webhook: null,
  commands: new Map(),
  descriptions: new Map(),
  shortDescriptions: new Map(),
  pending: 0,
  lastError: null,
});

export type SettingsWorld = {
  readonly settings: Settings;
  readonly bot: UserFromGetMe;
  /** A webhook was set: what waited may go out, or is forgotten. */
  readonly webhookSet: (dropPending: boolean) => void;
};

type SettingMethods = Pick<
  ApiMethods,
  "getMe" | "setWebhook" | "deleteWebhook" | "getWebhookInfo" | "setMyCommands" | "setMyDescription" | "setMyShortDescription"
>;
type Played = {
  readonly [M in keyof SettingMethods]: (world: SettingsWorld, params: Params) => MethodAnswer<ReturnType<SettingMethods[M]>>;
};

/** The methods about the bot itself. */
export const SETTING_METHODS: Played = {
  getMe: ({ bot }) => ok(bot),
  setWebhook: (world, params) => {
    const given = webhookSchema.safeParse(params);
    if (!given.success) return badRequest(given.error.issues[0]?.message ?? "bad webhook");
    const { url, secret_token: secret, allowed_updates: allowed, max_connections: maxConnections, drop_pending_updates: drop } = given.data;
    if (url === "") world.settings.webhook = null;
    else if (isWebhookUrl(url)) {
      world.settings.webhook = {
        url,
        secret: secret ?? null,
        allowed: allowed === undefined || allowed.length === 0 ? null : allowed,
        maxConnections,
      };
    } else return badRequest("bad webhook: An HTTPS URL must be provided for webhook");
    world.webhookSet(drop === true);
    return ok(true);
  },
  deleteWebhook: (world, params) => {
    world.settings.webhook = null;
    world.webhookSet(yesNo.safeParse(params["drop_pending_updates"]).data === true);
    return ok(true);
  },
  getWebhookInfo: ({ settings }) => ok(webhookInfo(settings)),
  setMyCommands: ({ settings }, params) => {
    const language = languageOf(params);
    const commands = json(z.array(commandSchema).max(MOST_COMMANDS)).safeParse(params["commands"]);
    if (language === null) return badRequest("LANGUAGE_CODE_INVALID");
    if (!commands.success) return badRequest(commands.error.issues[0]?.message ?? "BOT_COMMAND_INVALID");
    settings.commands.set(language, commands.data);
    return ok(true);
  },
  setMyDescription: ({ settings }, params) => described(settings.descriptions, params, { field: "description", most: 512 }),
  setMyShortDescription: ({ settings }, params) => described(settings.shortDescriptions, params, { field: "short_description", most: 120 }),
};

const MOST_COMMANDS = 100;
const commandSchema = z.object({
  command: z.string().regex(/^[a-z0-9_]{1,32}$/u, "BOT_COMMAND_INVALID"),
  description: z.string().min(1, "command description is empty").max(256, "BOT_COMMAND_DESCRIPTION_INVALID"),
});
const webhookSchema = z.looseObject({
  url: z.string("bad webhook: URL is empty").default(""),
  secret_token: z
    .string()
    .regex(/^[\w-]{1,256}$/u, "secret token contains unallowed characters")
    .optional(),
  max_connections: whole.pipe(z.int().min(1).max(100)).default(40),
  allowed_updates: json(z.array(z.string())).optional(),
  drop_pending_updates: yesNo.optional(),
});

/** Telegram takes https only; the machine itself is taken here too. */
function isWebhookUrl(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === "https:" || (protocol === "http:" && /^(?:127\.0\.0\.1|localhost|\[::1\])$/u.test(hostname));
}

function webhookInfo({ webhook, pending, lastError }: Settings): WebhookInfo {
  return {
    url: webhook?.url ?? "",
    has_custom_certificate: false,
    pending_update_count: pending,
    ...(webhook === null ? {} : { max_connections: webhook.maxConnections }),
    ...(lastError === null ? {} : { last_error_date: Math.floor(lastError.atMs / 1_000), last_error_message: lastError.message }),
  };
}

function languageOf(params: Params): string | null {
  const language = params["language_code"] ?? "";
  return typeof language === "string" && /^(?:[a-z]{2})?$/u.test(language) ? language : null;
}

function described(
  texts: Map<string, string>,
  params: Params,
  { field, most }: { readonly field: string; readonly most: number },
): MethodAnswer<true> {
  const language = languageOf(params);
  const text = params[field] ?? "";
  if (language === null) return badRequest("LANGUAGE_CODE_INVALID");
  if (typeof text !== "string" || text.length > most) return badRequest(`expected a ${field} of at most ${most} characters`);
  texts.set(language, text);
  return ok(true);
}
