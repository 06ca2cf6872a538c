import { type Language, LANGUAGES } from "../../domain/person.ts";
import { renderLanguage } from "../messages/language.ts";
import { renderWrong } from "../messages/wrong.ts";
import { catalogueOf } from "../text/catalogue.ts";
import { personalCommand } from "./personal-command.ts";

/** The language of that code or own name. */
const languageNamed = (text: string): Language | null =>
  LANGUAGES.find((each) => each === text.toLowerCase() || catalogueOf(each).language.name.toLowerCase() === text.toLowerCase()) ?? null;

/** `/language`, `/language id`: in which language the bot speaks. */
export const language = personalCommand({
  name: "language",
  describe: (text) => text.language.describe,
  reply: async ({ args, person, text, services, language: before }) => {
    if (args === "") return { message: renderLanguage(before) };
    const chosen = languageNamed(args);
    if (chosen === null) {
      return { message: renderWrong({ expected: text.language.expected, example: "/language id", found: args }, before) };
    }
    await services.people.change(person, (now) => ({ ...now, language: chosen }));
    return { message: renderLanguage(chosen), toast: catalogueOf(chosen).settings.saved };
  },
});
