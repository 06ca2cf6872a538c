import type { Command } from "../command.ts";
import { renderHelp } from "../messages/help.ts";
import { spokenLanguage } from "../language.ts";

/** Lists what the bot can do. `others`: every command that stands beside it. */
export function helpCommand(others: readonly Command[]): Command {
  const help: Command = {
    name: "help",
    needsSession: false,
    groups: false,
    describe: (text) => text.help.describe,
    run: async (ask) => ({ kind: "message", message: renderHelp([...others, help], spokenLanguage(ask)), edit: false }),
  };
  return help;
}
