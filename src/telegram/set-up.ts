import type { Api } from "grammy";
import { LANGUAGES, type Language } from "../domain/person.ts";
import type { Command } from "./command.ts";
import { catalogueOf } from "./text/catalogue.ts";
import { UPDATE_KINDS } from "./update.ts";

/** The language whose texts stand where a person's own has none. */
const FALLBACK: Language = "en";

/** Tells Telegram where updates go and what the bot is: webhook, menu of commands and description, in every language. */
export async function setUpBot(
  api: Api,
  input: { readonly url: string; readonly secret: string; readonly commands: Iterable<Command> },
): Promise<void> {
  const commands = [...input.commands];
  for (const language of LANGUAGES) {
    const text = catalogueOf(language);
    const which = language === FALLBACK ? {} : { language_code: language };
    await api.setMyCommands(menuOf(commands, language), { scope: { type: "all_private_chats" }, ...which });
    const forGroups = commands.filter(({ groups }) => groups);
    await api.setMyCommands(menuOf(forGroups, language), { scope: { type: "all_group_chats" }, ...which });
    await api.setMyDescription(text.bot.description, which);
    await api.setMyShortDescription(text.bot.shortDescription, which);
  }
  await api.setWebhook(input.url, { secret_token: input.secret, allowed_updates: [...UPDATE_KINDS] });
}

/** Commands as Telegram's menu lists them; those without a description stay out. */
function menuOf(commands: readonly Command[], language: Language): { readonly command: string; readonly description: string }[] {
  const text = catalogueOf(language);
  return commands.flatMap(({ name, describe }) => (describe === null ? [] : [{ command: name, description: describe(text) }]));
}
