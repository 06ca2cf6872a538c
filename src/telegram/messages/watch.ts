import type { Language } from "../../domain/person.ts";
import { ratePer8h, rateOfCoin } from "../../delivery/market-rates.ts";
import type { MarketColumns } from "../../storage/market-columns.ts";
import type { Watch } from "../../storage/watches.ts";
import * as format from "../format.ts";
import type { Message } from "../message.ts";
import { catalogueOf } from "../text/catalogue.ts";
import { venueName } from "../../venues/trading-page.ts";
import { inRowsOf } from "./alerts.ts";
import { bold, button, lines, message, rows, safe } from "./parts.ts";

/** A person's watches with what each rate is now, each taken off by its button; `notes` say what has just changed. */
export function renderWatches(
  input: {
    readonly watches: readonly Watch[];
    readonly market: MarketColumns | null;
    /** Age of those rates, ms; `null` without any. */
    readonly ageMs: number | null;
    readonly notes: readonly string[];
  },
  language: Language,
): Message {
  const { watch, settings, general, parts } = catalogueOf(language);
  const { watches, market, notes } = input;
  const title = watches.length === 0 ? watch.none : watch.title(watches.length);
  const entries = watches.map((each) => {
    const row = market === null ? null : rateOfCoin(market, each);
    const rate = row === null ? null : ratePer8h(row);
    const sign = each.direction === "above" ? ">" : "<";
    const name = `${each.asset} ${venueName(each.venue)} ${sign} ${format.percent(each.ratePer8h, language)}`;
    return {
      line: [
        watchWords(each, language),
        rate === null ? [] : watch.now(format.signedPercent(rate, language)),
        each.armed ? [] : watch.passed,
      ]
        .flat()
        .join(" · "),
      remove: button(settings.remove(safe(name)), `watch:remove ${each.asset} ${each.venue} ${each.direction}`),
    };
  });
  const [note, ...more] = notes;
  return message(
    lines(
      note === undefined ? bold(title) : bold(note),
      ...more,
      note !== undefined && title,
      ...entries.map(({ line }) => line),
      watches.length > 0 && watch.per8h,
      watch.hint,
      watches.length > 0 && input.ageMs !== null && parts.dataAge(format.span(input.ageMs, language)),
    ),
    rows(
      ...inRowsOf(
        entries.map(({ remove }) => remove),
        1,
      ),
      [watches.length > 0 && button(general.reload, "watch:")],
    ),
  );
}

/** A watch in words: `BTC on Binance above 0.05%`. */
export function watchWords({ asset, venue, direction, ratePer8h: rate }: Watch, language: Language): string {
  const { watch } = catalogueOf(language);
  const words = direction === "above" ? watch.above : watch.below;
  return words(safe(asset), safe(venueName(venue)), format.percent(rate, language));
}
