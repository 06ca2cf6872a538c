import { renderResumed } from "../messages/stop.ts";
import { personalCommand } from "./personal-command.ts";

/** `/resume`: alerts come again. */
export const resume = personalCommand({
  name: "resume",
  describe: (text) => text.resume.describe,
  reply: async ({ person, language, services, text }) => {
    const { changed, person: now } = await services.people.setStatus(person, "active");
    return { message: renderResumed({ changed, preferences: now.preferences }, language), toast: text.resume.title };
  },
});
