import type { QuietHours } from "../../domain/person.ts";
import { parseTimeOfDay, parseTimeZone, words } from "../arguments.ts";
import { renderQuiet } from "../messages/quiet.ts";
import { renderWrong } from "../messages/wrong.ts";
import { personalCommand } from "./personal-command.ts";

/** Quiet hours as typed, or what of them could not be read. */
export type QuietAsk =
  | { readonly ok: true; readonly value: QuietHours }
  | { readonly ok: false; readonly what: "times" | "zone" | "same-times" };

/**
 * Reads `23:00 07:00 Asia/Jakarta`, `23-7 jakarta`. Without a zone the one that is set stands, where there is one.
 */
export function parseQuiet(args: string, before: QuietHours | null): QuietAsk {
  const [from = "", to = "", ...rest] = words(args.replace(/^(\S+?)\s*[-–—]\s*/u, "$1 "));
  const [fromMinute, toMinute] = [parseTimeOfDay(from), parseTimeOfDay(to)];
  if (fromMinute === null || toMinute === null) return { ok: false, what: "times" };
  if (fromMinute === toMinute) return { ok: false, what: "same-times" };
  const timeZone = rest.length === 0 ? (before?.timeZone ?? null) : parseTimeZone(rest.join(" "));
  return timeZone === null ? { ok: false, what: "zone" } : { ok: true, value: { fromMinute, toMinute, timeZone } };
}

/** `/quiet`, `/quiet 23:00 07:00 Asia/Jakarta`, `/quiet off`: hours in which alerts wait. */
export const quiet = personalCommand({
  name: "quiet",
  describe: (text) => text.quiet.describe,
  reply: async ({ args, person, language, text, nowMs, services }) => {
    const { preferences } = person;
    if (args === "") return { message: renderQuiet({ quiet: preferences.quiet, nowMs }, language) };
    const off = ["off", "none", "mati"].includes(args.toLowerCase());
    const parsed = off ? null : parseQuiet(args, preferences.quiet);
    if (parsed !== null && !parsed.ok) {
      const { expected, expectedZone, expectedDifferent } = text.quiet;
      const wanted = { times: expected, zone: expectedZone, "same-times": expectedDifferent }[parsed.what];
      return { message: renderWrong({ expected: wanted, example: "/quiet 23:00 07:00 Asia/Jakarta", found: args }, language) };
    }
    const value = parsed === null ? null : parsed.value;
    await services.people.change(person, (now) => ({ ...now, quiet: value }));
    return { message: renderQuiet({ quiet: value, nowMs }, language), toast: text.settings.saved };
  },
});
