import type { Language, Mute } from "../../domain/person.ts";
import * as format from "../format.ts";
import type { Message } from "../message.ts";
import { catalogueOf } from "../text/catalogue.ts";
import { venueName } from "../../venues/trading-page.ts";
import { inRowsOf } from "./alerts.ts";
import { strategyName } from "./pair.ts";
import { bold, button, lines, message, rows, safe } from "./parts.ts";
import { strategyNamed } from "../arguments.ts";

/** Mutes that are shown; the rest is counted. */
const MOST_SHOWN = 20;

/** What is muted, each taken off by its button; `note` says what has just changed. */
export function renderMutes(
  { mutes, note, nowMs }: { readonly mutes: readonly Mute[]; readonly note: string | null; readonly nowMs: number },
  language: Language,
): Message {
  const { mute, settings, alerts } = catalogueOf(language);
  const shown = mutes.slice(-MOST_SHOWN).reverse();
  const entries = shown.map((each) => {
    const what = mutedWords(each, language);
    return {
      line: each.untilMs === null ? mute.forGood(what) : mute.until(what, format.span(each.untilMs - nowMs, language)),
      remove: button(settings.remove(safe(each.value)), `mute:off ${each.scope} ${each.value}`),
    };
  });
  const title = mutes.length === 0 ? mute.none : mute.title(mutes.length);
  return message(
    lines(
      note === null ? null : bold(note),
      note === null ? bold(title) : title,
      ...entries.map(({ line }) => line),
      mutes.length > shown.length && alerts.more(mutes.length - shown.length),
      mute.what,
      mute.hint,
    ),
    rows(
      ...inRowsOf(
        entries.map(({ remove }) => remove),
        3,
      ),
    ),
  );
}

/** What a mute is about, in words: `coin BTC`. */
export function mutedWords({ scope, value }: Pick<Mute, "scope" | "value">, language: Language): string {
  const { mute } = catalogueOf(language);
  if (scope === "asset") return mute.coin(safe(value));
  if (scope === "venue") return mute.venue(safe(venueName(value)));
  const strategy = strategyNamed(value);
  return mute.strategy(strategy === null ? safe(value) : strategyName(strategy, language));
}
