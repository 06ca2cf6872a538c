import type { Language, Person } from "../../domain/person.ts";
import type { MarketColumns } from "../../storage/market-columns.ts";
import { readSnapshot } from "../../storage/read-snapshot.ts";
import type { Answer, Ask, Command } from "../command.ts";
import type { Message } from "../message.ts";
import type { Catalogue } from "../text/shape.ts";

/** A command or press of somebody who is known. */
export type PersonalAsk = Ask & { readonly person: Person; readonly language: Language };
/**
 * What is answered; `toast` is shown over the chat after a press. `beside`: in a message of its own, so that what was pressed
 * on stays.
 */
export type Reply = { readonly message: Message; readonly toast?: string; readonly beside?: boolean };

/**
 * A command about a person's own settings, in private chats only. What a button sends after the name is the same as what can
 * be typed; the answer to a press replaces the message with the button, unless `quietly` says that the note is enough.
 */
export function personalCommand(spec: {
  readonly name: string;
  readonly describe: ((text: Catalogue) => string) | null;
  readonly reply: (ask: PersonalAsk) => Promise<Reply>;
  /** Whether a press with these args belongs to another command's message, which stays: only the note is shown. */
  readonly quietly?: (args: string) => boolean;
}): Command {
  const answer = async (ask: Ask, pressed: boolean): Promise<Answer> => {
    const { message, toast, beside = false } = await spec.reply(personal(ask));
    if (pressed && toast !== undefined && spec.quietly?.(ask.args) === true) return { kind: "toast", toast };
    return { kind: "message", message, edit: pressed && !beside, ...(pressed && toast !== undefined ? { toast } : {}) };
  };
  return {
    name: spec.name,
    needsSession: true,
    groups: false,
    describe: spec.describe,
    run: (ask) => answer(ask, false),
    press: (ask) => answer(ask, true),
  };
}

/** @throws Error where a command that needs a session runs without its person: a bug of the caller */
export function personal(ask: Ask): PersonalAsk {
  if (ask.person === null) throw new Error("expected the person of a session, found none");
  return { ...ask, person: ask.person, language: ask.person.preferences.language };
}

/** The market columns of the newest scan, with its age in ms; `null` where they are not at hand. */
export type MarketNow = { readonly market: MarketColumns | null; readonly ageMs: number | null };

/** Reads them, from this isolate's memory or KV. */
export async function marketNow({ services }: Ask): Promise<MarketNow> {
  const read = await readSnapshot(services.snapshots);
  const market = read.ok ? read.value.snapshot.market : null;
  return { market, ageMs: read.ok && market !== null ? read.value.ageMs : null };
}
