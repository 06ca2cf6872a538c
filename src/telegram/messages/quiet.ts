import type { Language, QuietHours } from "../../domain/person.ts";
import * as format from "../format.ts";
import type { Message } from "../message.ts";
import { catalogueOf } from "../text/catalogue.ts";
import { bold, button, lines, message, rows } from "./parts.ts";

/** Hours and zones that are offered where none is set. */
const OFFERED = ["Asia/Jakarta", "Asia/Singapore", "Europe/London", "America/New_York"] as const;

/** A person's quiet hours, with the time it is there; without any, some to choose from. */
export function renderQuiet({ quiet, nowMs }: { readonly quiet: QuietHours | null; readonly nowMs: number }, language: Language): Message {
  const { quiet: text } = catalogueOf(language);
  if (quiet === null) {
    const offers = OFFERED.map((zone) => button(`23:00–07:00 ${zone}`, `quiet:23:00 07:00 ${zone}`));
    return message(lines(bold(text.off), text.what, text.hint), rows(...offers.map((offer) => [offer])));
  }
  const { fromMinute, toMinute, timeZone } = quiet;
  const [from, to] = [format.clockMinutes(fromMinute), format.clockMinutes(toMinute)];
  return message(
    lines(
      bold(text.title(from, to, timeZone)),
      // The zone tells a typing mistake: the person knows what time it is.
      text.now(format.clock(nowMs, language, timeZone)),
      text.what,
      text.hint,
    ),
    rows([button(text.turnOff, "quiet:off")]),
  );
}
