import { takenOf } from "../../storage/taken.ts";
import { renderSignedOut, renderStopped } from "../messages/stop.ts";
import { personalCommand } from "./personal-command.ts";

/** `/stop`: nothing comes by itself any more; with `session` the session ends too. */
export const stop = personalCommand({
  name: "stop",
  describe: (text) => text.stop.describe,
  reply: async ({ args, person, language, services }) => {
    await services.people.setStatus(person, "stopped");
    if (args === "session") {
      await services.people.endSession(person.telegramId);
      return { message: renderSignedOut(language) };
    }
    const held = await takenOf(services.db, person.telegramId);
    return { message: renderStopped({ holding: held.length }, language) };
  },
});
