import type { Language } from "../../domain/person.ts";
import { HOUR_MS } from "../../domain/units.ts";
import * as format from "../format.ts";
import type { Message } from "../message.ts";
import { catalogueOf } from "../text/catalogue.ts";
import { bold, button, lines, message, rows } from "./parts.ts";

/** Holding times that are offered, hours. */
const OFFERED_HOURS = [24, 72, 168, 720] as const;

/** How long a person holds; `beforeHours`: what it was until now, where it has just changed. */
export function renderHorizon(
  { horizonHours, beforeHours }: { readonly horizonHours: number; readonly beforeHours: number | null },
  language: Language,
): Message {
  const { horizon, settings } = catalogueOf(language);
  const offered = OFFERED_HOURS.map((hours) => {
    const shown = hoursWords(hours, language);
    return button(hours === horizonHours ? settings.chosen(shown) : shown, `horizon:${hours}h`);
  });
  return message(
    lines(
      bold(horizon.title(hoursWords(horizonHours, language))),
      beforeHours !== null && settings.was(hoursWords(beforeHours, language)),
      horizon.what,
      horizon.hint,
    ),
    rows(offered),
  );
}

/** A holding time in words. */
export const hoursWords = (hours: number, language: Language): string => format.span(hours * HOUR_MS, language);
