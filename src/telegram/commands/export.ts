import type { Command } from "../command.ts";
import { personal } from "./personal-command.ts";

/** `/export`: everything stored about somebody, as one JSON file. */
export const exportCommand: Command = {
  name: "export",
  needsSession: true,
  groups: false,
  describe: (text) => text.exported.describe,
  run: async (ask) => {
    const { person, services, text, nowMs } = personal(ask);
    const stored = await services.people.exportOf(person.telegramId);
    return {
      kind: "document",
      fileName: `carrywatch-${new Date(nowMs).toISOString().slice(0, 10)}.json`,
      body: `${JSON.stringify({ exportedAtMs: nowMs, ...stored }, null, 2)}\n`,
      caption: text.exported.caption,
    };
  },
};
