import type { Language } from "../../domain/person.ts";
import type { Command } from "../command.ts";
import type { Message } from "../message.ts";
import { catalogueOf } from "../text/catalogue.ts";
import { bold, lines, message, riskLine } from "./parts.ts";

/** What the bot can do, one command a line. */
export function renderHelp(commands: readonly Pick<Command, "name" | "describe">[], language: Language): Message {
  const text = catalogueOf(language);
  const listed = commands.flatMap(({ name, describe }) => (describe === null ? [] : [`/${name}: ${describe(text)}`]));
  return message(lines(bold(text.help.title), text.help.coin, "", ...listed, "", riskLine(language)));
}
