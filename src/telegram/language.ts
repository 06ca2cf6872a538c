import { LANGUAGES, type Language } from "../domain/person.ts";
import type { Ask } from "./command.ts";

/** The language of a Telegram client (IETF tag, e.g. `id-ID`) where there is a catalogue, else English. */
export function languageOf(languageCode: string | null): Language {
  const primary = languageCode?.toLowerCase().split("-")[0];
  return LANGUAGES.find((language) => language === primary) ?? "en";
}

/** The language that whoever asks reads: as set, else that of their client. */
export const spokenLanguage = ({ person, from }: Pick<Ask, "person" | "from">): Language =>
  person?.preferences.language ?? languageOf(from.languageCode);
