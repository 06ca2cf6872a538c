import { type Language, LANGUAGES } from "../../domain/person.ts";
import type { Message } from "../message.ts";
import { catalogueOf } from "../text/catalogue.ts";
import { bold, button, lines, message, rows } from "./parts.ts";

/** The language in force, with the others by their own names. */
export function renderLanguage(language: Language): Message {
  const { language: text, settings } = catalogueOf(language);
  const buttons = LANGUAGES.map((each) => {
    const { name } = catalogueOf(each).language;
    return button(each === language ? settings.chosen(name) : name, `language:${each}`);
  });
  return message(lines(bold(text.title), text.hint), rows(buttons));
}
