import { renderResumed } from "../messages/stop.ts";
import { personalCommand } from "./personal-command.ts";

/** `/resume`: alerts come again. */
export const resume = personalCommand({
  name: "resume",
  describe: (text) => text.resume.describe,
  reply: async ({ person, language, services, text }) => {
    const changed = person.status !== "active";
    if (changed) await services.people.setStatus(person, "active");
    return { message: renderResumed({ changed, preferences: person.preferences }, language), toast: text.resume.title };
  },
});
