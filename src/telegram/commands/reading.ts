import { DEFAULT_PREFERENCES, type Language, type Preferences } from "../../domain/person.ts";
import { readSnapshot, type SnapshotRead } from "../../storage/read-snapshot.ts";
import type { Answer, Ask } from "../command.ts";
import { languageOf } from "../language.ts";
import type { Message } from "../message.ts";

/** At which terms an answer is worked out: the person's own, and the public list's in groups. */
export function termsOf({ person, chat, from }: Ask): Preferences {
  const own = chat.kind === "group" ? null : (person?.preferences ?? null);
  return own ?? { ...DEFAULT_PREFERENCES, language: languageOf(from.languageCode) };
}

/** The reader's language. */
export const languageFor = (ask: Ask): Language => termsOf(ask).language;

/** Whether an answer may hold what is one person's own. */
export const isPersonal = ({ person, chat }: Ask): boolean => chat.kind === "private" && person !== null;

/** An answer from the current snapshot, or the sentence that there is none to answer from. */
export async function fromSnapshot(ask: Ask, edit: boolean, render: (read: SnapshotRead) => Message | Promise<Message>): Promise<Answer> {
  const read = await readSnapshot(ask.services.snapshots);
  if (read.ok) return { kind: "message", message: await render(read.value), edit };
  if (edit) return { kind: "toast", toast: ask.text.general.noData };
  return { kind: "message", message: { text: ask.text.general.noData, entities: [], buttons: null }, edit };
}
