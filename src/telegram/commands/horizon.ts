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
    const { horizonHours: before } = person.preferences;
    if (args === "") return { message: renderHorizon({ horizonHours: before, beforeHours: null }, language) };
    const horizonHours = parseHours(args);
    const { min, max } = HORIZON_BOUNDS_HOURS;
    if (horizonHours === null || horizonHours < min || horizonHours > max) {
      const expected = text.horizon.expected(hoursWords(min, language), hoursWords(max, language));
      return { message: renderWrong({ expected, example: "/horizon 7d", found: args }, language) };
    }
    if (horizonHours !== before) await services.people.change(person, { ...person.preferences, horizonHours });
    return {
      message: renderHorizon({ horizonHours, beforeHours: horizonHours === before ? null : before }, language),
      toast: text.settings.saved,
    };
  },
});
