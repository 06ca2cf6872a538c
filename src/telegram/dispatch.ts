import { readSnapshot } from "../storage/read-snapshot.ts";
import type { Session } from "../storage/sessions.ts";
import type { BotPorts, UpdateReport } from "./bot-ports.ts";
import type { Answer, Ask, Command } from "./command.ts";
import { languageOf } from "./language.ts";
import { coinOf, parseInput, parsePress } from "./parse-input.ts";
import { isErased } from "./people-service.ts";
import type { Defer } from "./session.ts";
import { catalogueOf } from "./text/catalogue.ts";
import type { Catalogue } from "./text/shape.ts";

/** One message or press: who, where, and how to note what becomes of it. */
export type Asked = Pick<Ask, "from" | "chat"> & {
  readonly defer: Defer;
  readonly report: (part: Partial<UpdateReport>) => void;
};

/** Answers what somebody typed; `null` where silence is right: in groups, whatever is not for this bot. */
export async function answerTyped(ports: BotPorts, asked: Asked, typed: string): Promise<Answer | null> {
  const input = parseInput(typed, ports.botName);
  const inGroup = asked.chat.kind === "group";
  if (input.kind === "other-bot" || (inGroup && input.kind === "text")) return null;
  const command = input.kind === "command" ? ports.commands.get(input.name) : undefined;
  if (inGroup && command === undefined && !(input.kind === "command" && input.addressed)) return null;
  if (input.kind === "text") return await answerText(ports, asked, input.text);
  if (command === undefined) return say((await textFor(ports, asked)).general.notUnderstood);
  return await runCommand(ports, asked, { command, args: input.args, pressed: false });
}

/** Answers the press of a button. */
export async function answerPress(ports: BotPorts, asked: Asked, data: string): Promise<Answer> {
  const { name, args } = parsePress(data);
  const command = ports.commands.get(name);
  if (command?.press === undefined) return { kind: "toast", toast: (await textFor(ports, asked)).general.notUnderstood };
  return await runCommand(ports, asked, { command, args, pressed: true });
}

/** A coin's name alone asks for that coin, if it is in the market; anything else is not understood. */
async function answerText(ports: BotPorts, asked: Asked, text: string): Promise<Answer> {
  const coin = coinOf(text);
  const command = ports.commands.get("asset");
  if (coin !== null && command !== undefined && (await isListed(ports, coin))) {
    return await runCommand(ports, asked, { command, args: coin, pressed: false });
  }
  return say((await textFor(ports, asked)).general.notUnderstood);
}

async function isListed({ services }: BotPorts, coin: string): Promise<boolean> {
  const read = await readSnapshot(services.snapshots);
  if (!read.ok) return false;
  const { market, opportunities } = read.value.snapshot;
  if (market === null) return opportunities.some(({ priced }) => priced.asset === coin);
  return Object.values(market).some(({ asset }) => asset.includes(coin));
}

type Call = { readonly command: Command; readonly args: string; readonly pressed: boolean };

/** The one way to a command: session, then the command, then what the session has to write. */
async function runCommand(ports: BotPorts, asked: Asked, { command, args, pressed }: Call): Promise<Answer> {
  const { from, chat, defer } = asked;
  const run = (ask: Ask): Promise<Answer> => (pressed && command.press !== undefined ? command.press(ask) : command.run(ask));
  asked.report({ command: command.name });
  if (chat.kind === "group") {
    const text = catalogueOf(languageOf(from.languageCode));
    if (command.groups) return await run(askOf({ ports, asked, session: null, text, args }));
    if (pressed) return { kind: "toast", toast: text.general.privateOnly };
    return command.secret === true && args !== "" ? { ...say(text.general.secretSeen), deleteAsk: true } : say(text.general.privateOnly);
  }
  const session = await sessionFor(ports, asked, command.name === "start" && !pressed);
  const text = textOf(session, from.languageCode);
  if (session === null && command.needsSession)
    return { ...say(text.general.needsStart), deleteAsk: command.secret === true && args !== "" };
  try {
    return await run(askOf({ ports, asked, session, text, args }));
  } catch (error) {
    if (isErased(error)) return say(text.general.needsStart);
    throw error;
  } finally {
    if (session !== null) ports.sessions.settle(session, defer);
  }
}

/** The live session; typed, /start makes one where D1 has none, whatever caches still show. */
async function sessionFor({ sessions }: BotPorts, { from, chat, defer, report }: Asked, opens: boolean): Promise<Session | null> {
  const { session, source } = await sessions.resolve(from.telegramId, defer, { fromD1: opens });
  report({ session: source });
  if (session !== null || !opens) return session;
  return await sessions.open({ telegramId: from.telegramId, chatId: chat.id, languageCode: from.languageCode }, defer);
}

function askOf(input: {
  readonly ports: BotPorts;
  readonly asked: Asked;
  readonly session: Session | null;
  readonly text: Catalogue;
  readonly args: string;
}): Ask {
  const { ports, asked, session, text, args } = input;
  const { from, chat, defer } = asked;
  return { args, person: session?.person ?? null, from, chat, text, nowMs: ports.now(), services: ports.services, defer };
}

const textOf = (session: Session | null, languageCode: string | null): Catalogue =>
  catalogueOf(session?.person.preferences.language ?? languageOf(languageCode));

/** The language to say something in that is no command's answer. */
async function textFor({ sessions }: BotPorts, { from, chat, defer, report }: Asked): Promise<Catalogue> {
  if (chat.kind === "group") return catalogueOf(languageOf(from.languageCode));
  const { session, source } = await sessions.resolve(from.telegramId, defer);
  report({ session: source });
  return textOf(session, from.languageCode);
}

/** A sentence as a message of its own. */
const say = (sentence: string): Extract<Answer, { readonly kind: "message" }> => ({
  kind: "message",
  message: { text: sentence, entities: [], buttons: null },
  edit: false,
});
