import { HORIZON_BOUNDS_HOURS } from "../../domain/person.ts";
import { parseHours } from "../arguments.ts";
import { hoursWords, renderHorizon } from "../messages/horizon.ts";
import { renderWrong } from "../messages/wrong.ts";
import { personalCommand } from "./personal-command.ts";

/** `/horizon`, `/horizon 7d`: how long a person holds a pair. */
export const horizon = personalCommand({
  name: "horizon",
  describe: (text) => text.horizon.describe,
  reply: async ({ args, person, language, text, services }) => {
    if (args === "") return { message: renderHorizon({ horizonHours: person.preferences.horizonHours, beforeHours: null }, language) };
    const horizonHours = parseHours(args);
    const { min, max } = HORIZON_BOUNDS_HOURS;
    if (horizonHours === null || horizonHours < min || horizonHours > max) {
      const expected = text.horizon.expected(hoursWords(min, language), hoursWords(max, language));
      return { message: renderWrong({ expected, example: "/horizon 7d", found: args }, language) };
    }
    const { before } = await services.people.change(person, (now) => ({ ...now, horizonHours }));
    return {
      message: renderHorizon({ horizonHours, beforeHours: horizonHours === before.horizonHours ? null : before.horizonHours }, language),
      toast: text.settings.saved,
    };
  },
});
