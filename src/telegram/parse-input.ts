/** What somebody typed. `addressed`: with our name behind the command, as groups with several bots need it. */
export type Input =
  | { readonly kind: "command"; readonly name: string; readonly args: string; readonly addressed: boolean }
  /** A command for another bot of the group. */
  | { readonly kind: "other-bot" }
  | { readonly kind: "text"; readonly text: string };

const COMMAND = /^\/(?<name>[a-z0-9_]{1,32})(?:@(?<bot>\w{1,64}))?(?:\s+(?<args>[\s\S]*))?$/iu;

/**
 * A message as a command with its arguments, or as plain text.
 * @example parseInput("/asset@Carrywatch_bot  btc ", "carrywatch_bot") // { kind: "command", name: "asset", args: "btc", addressed: true }
 */
export function parseInput(text: string, botName: string): Input {
  const { name, bot, args } = COMMAND.exec(text.trim())?.groups ?? {};
  if (name === undefined) return { kind: "text", text: text.trim() };
  const addressed = bot !== undefined && bot.toLowerCase() === botName.toLowerCase();
  if (bot !== undefined && !addressed) return { kind: "other-bot" };
  return { kind: "command", name: name.toLowerCase(), args: (args ?? "").trim(), addressed };
}

/**
 * Data of a button as the command it belongs to and what follows.
 * @example parsePress("mute:asset:BTC") // { name: "mute", args: "asset:BTC" }
 */
export function parsePress(data: string): { readonly name: string; readonly args: string } {
  const [name = "", ...rest] = data.split(":");
  return { name, args: rest.join(":").trim() };
}

/** A coin's name typed alone, in capitals: `btc`, `$PEPE`, `NEIRO~2`; `null` for anything else. */
export function coinOf(text: string): string | null {
  return /^[$#]?(?<coin>[a-z0-9]{1,20}(?:~\d{1,2})?)$/iu.exec(text.trim())?.groups?.["coin"]?.toUpperCase() ?? null;
}
