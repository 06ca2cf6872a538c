import { SIZE_BOUNDS_USD } from "../../domain/person.ts";
import { parseUsd } from "../arguments.ts";
import * as format from "../format.ts";
import { renderSize } from "../messages/size.ts";
import { renderWrong } from "../messages/wrong.ts";
import { personalCommand } from "./personal-command.ts";

/** `/size`, `/size 20k`: what a person puts on each leg. */
export const size = personalCommand({
  name: "size",
  describe: (text) => text.size.describe,
  reply: async ({ args, person, language, text, services }) => {
    if (args === "") return { message: renderSize({ sizeUsd: person.preferences.sizeUsd, beforeUsd: null }, language) };
    const sizeUsd = parseUsd(args);
    const { min, max } = SIZE_BOUNDS_USD;
    if (sizeUsd === null || sizeUsd < min || sizeUsd > max) {
      const expected = text.size.expected(format.usd(min, language), format.usd(max, language));
      return { message: renderWrong({ expected, example: "/size 20k", found: args }, language) };
    }
    const { before } = await services.people.change(person, (now) => ({ ...now, sizeUsd }));
    return {
      message: renderSize({ sizeUsd, beforeUsd: sizeUsd === before.sizeUsd ? null : before.sizeUsd }, language),
      toast: text.settings.saved,
    };
  },
});
