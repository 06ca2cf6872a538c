import type { Answer, Command } from "../command.ts";
import { renderErase, renderErased } from "../messages/erase.ts";
import { personal } from "./personal-command.ts";

/** `/erase`: deletes everything about somebody, once its button is pressed; what is typed behind it confirms nothing. */
export const erase: Command = {
  name: "erase",
  needsSession: true,
  groups: false,
  describe: (text) => text.erase.describe,
  run: async (ask): Promise<Answer> => ({ kind: "message", message: renderErase(personal(ask).language), edit: false }),
  press: async (ask) => {
    const { person, language, args, services } = personal(ask);
    const erased = args === "yes";
    if (erased) await services.people.erase(person.telegramId);
    return { kind: "message", message: renderErased({ erased }, language), edit: true };
  },
};
