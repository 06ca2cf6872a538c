/** The least that answers the same update: grammY's own webhook, one claim, one reply that is known beforehand. */
import { Bot, type BotConfig, type Context, webhookCallback } from "grammy";
import type { InlineKeyboardButton, MessageEntity, UserFromGetMe } from "grammy/types";
import { claimUpdate } from "../../src/storage/updates.ts";

type BareEnv = {
  readonly DB: D1Database;
  readonly TELEGRAM_BOT_TOKEN: string;
  readonly TELEGRAM_WEBHOOK_SECRET: string;
  readonly TELEGRAM_API_URL: string;
};
type Reply = { readonly text: string; readonly entities: MessageEntity[]; readonly buttons: InlineKeyboardButton[][] };

const BOT_INFO: UserFromGetMe = {
  id: 7_000_000_001,
  is_bot: true,
  first_name: "Bare",
  username: "carrywatch_bot",
  can_join_groups: true,
  can_read_all_group_messages: false,
  supports_inline_queries: false,
  can_connect_to_business: false,
  has_main_web_app: false,
  has_topics_enabled: false,
  allows_users_to_create_topics: false,
  can_manage_bots: false,
  supports_join_request_queries: false,
};

let reply: Reply | null = null;
let answer: ((request: Request) => Promise<Response>) | null = null;

function build(env: BareEnv): (request: Request) => Promise<Response> {
  const config: BotConfig<Context> = { botInfo: BOT_INFO, client: { apiRoot: env.TELEGRAM_API_URL, timeoutSeconds: 6 } };
  const bot = new Bot(env.TELEGRAM_BOT_TOKEN, config);
  bot.on("message", async (context) => {
    const isNew = await claimUpdate(env.DB, { updateId: context.update.update_id, nowMs: Date.now(), marks: [] });
    if (!isNew || reply === null) return;
    await context.reply(reply.text, {
      entities: reply.entities,
      link_preview_options: { is_disabled: true },
      reply_markup: { inline_keyboard: reply.buttons },
    });
  });
  return webhookCallback(bot, "cloudflare-mod", { secretToken: env.TELEGRAM_WEBHOOK_SECRET });
}

export default {
  fetch: async (request, env) => {
    if (request.method === "PUT") {
      reply = await request.json<Reply>();
      return new Response(null, { status: 204 });
    }
    answer ??= build(env);
    return await answer(request);
  },
} satisfies ExportedHandler<BareEnv>;
