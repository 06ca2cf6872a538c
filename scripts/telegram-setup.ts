import { Api, GrammyError, HttpError } from "grammy";
import { readConfig } from "../src/config.ts";
import { COMMANDS } from "../src/telegram/commands/registry.ts";
import { setUpBot } from "../src/telegram/set-up.ts";
import { WEBHOOK_PATH } from "../src/telegram/webhook.ts";

/**
 * Tells Telegram about the bot: where its updates go, its commands and its description. Once after a deployment, and
 * again whenever the address, the secret or the commands change. Settings come from the environment:
 * TELEGRAM_BOT_TOKEN, TELEGRAM_WEBHOOK_SECRET (both as the Worker has them) and PUBLIC_URL, the Worker's address.
 */
const CALL_LIMIT_SECONDS = 20;

async function main(): Promise<string> {
  const read = readConfig(process.env);
  if (!read.ok) throw new Error(read.error.map(({ message }) => message).join("\n"));
  const { token, webhookSecret: secret, apiUrl } = read.value.telegram;
  if (token === null) throw new Error("TELEGRAM_BOT_TOKEN: expected the token that BotFather gave, found nothing");
  if (secret === null) throw new Error("TELEGRAM_WEBHOOK_SECRET: expected the same secret that the Worker has, found nothing");
  const url = webhookUrl(process.env["PUBLIC_URL"] ?? "");
  const api = new Api(token, { apiRoot: apiUrl, timeoutSeconds: CALL_LIMIT_SECONDS });
  const me = await api.getMe();
  await setUpBot(api, { url, secret, commands: COMMANDS.values() });
  const info = await api.getWebhookInfo();
  if (info.url !== url)
    throw new Error(`expected the webhook at ${url}, Telegram has ${info.url === undefined || info.url === "" ? "none" : info.url}`);
  return [
    `@${me.username}: updates go to ${info.url}`,
    `waiting: ${info.pending_update_count}${info.last_error_message === undefined ? "" : `; last error: ${info.last_error_message}`}`,
    `The Worker needs TELEGRAM_BOT_NAME=${me.username}`,
  ].join("\n");
}

function webhookUrl(publicUrl: string): string {
  const base = URL.canParse(publicUrl) ? new URL(publicUrl) : null;
  if (base === null || !["http:", "https:"].includes(base.protocol)) {
    throw new Error(
      `PUBLIC_URL: expected the Worker's address, e.g. https://carrywatch.example.workers.dev, found ${publicUrl || "nothing"}`,
    );
  }
  return new URL(WEBHOOK_PATH, base).href;
}

/** A failure in words, without the token. */
function wordsOf(error: unknown): string {
  if (error instanceof GrammyError && error.error_code === 401) return "TELEGRAM_BOT_TOKEN: Telegram does not know this token";
  if (error instanceof GrammyError) return `Telegram refused ${error.method}: ${error.error_code} ${error.description}`;
  if (error instanceof HttpError) return `Telegram did not answer: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}

try {
  process.stdout.write(`${await main()}\n`);
} catch (error) {
  process.stderr.write(`${wordsOf(error)}\n`);
  process.exitCode = 1;
}
