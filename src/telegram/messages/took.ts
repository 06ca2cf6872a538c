import type { Language } from "../../domain/person.ts";
import { usdAtSize } from "../../economics/taken-funding.ts";
import type { Taken } from "../../storage/taken.ts";
import * as format from "../format.ts";
import type { Message } from "../message.ts";
import { catalogueOf } from "../text/catalogue.ts";
import { hoursWords } from "./horizon.ts";
import { direction } from "./pair.ts";
import { bold, button, lines, marketBanner, message, riskLine, rows, safe } from "./parts.ts";
import { sizeButtons } from "./size.ts";

/** A pair that has just been marked, or was before. */
export function renderTook(
  view: { readonly taken: Taken; readonly already: boolean; readonly market: string; readonly ageMs: number },
  language: Language,
): Message {
  const { took, parts } = catalogueOf(language);
  const { taken, already } = view;
  const { priced, sizeUsd, asset, opportunityId } = taken;
  const { ledger } = priced;
  const money = (fraction: number | null): string => format.usd(usdAtSize(fraction, sizeUsd), language);
  const cost = ledger.fees === null || ledger.crossing === null ? null : ledger.fees + ledger.crossing;
  const net = format.signedUsd(usdAtSize(ledger.net, sizeUsd), language);
  return message(
    lines(
      marketBanner(view.market, language),
      bold((already ? took.already : took.title)(safe(asset))),
      direction(priced, language),
      took.terms(format.usd(sizeUsd, language), net, hoursWords(ledger.horizonHours, language)),
      took.costs(money(cost), money(ledger.fees), money(ledger.crossing)),
      opportunityId.startsWith("~") ? took.whatUnlisted : took.what,
      took.size(opportunityId),
      riskLine(language),
      parts.dataAge(format.span(view.ageMs, language)),
    ),
    rows(sizeButtons({ chosenUsd: sizeUsd, data: (usd) => `took:${opportunityId} ${usd}` }, language), [button(took.legs, "legs:")]),
  );
}

/** Pairs to choose from, each by its button. */
export function renderTookChoice(
  pairs: readonly { readonly ref: string; readonly asset: string; readonly direction: string }[],
  language: Language,
): Message {
  const { took } = catalogueOf(language);
  const choices = pairs.map((pair) => [button(`${safe(pair.asset)}: ${pair.direction}`, `took:${pair.ref}`)]);
  return message(
    lines(bold(took.describe), pairs.length === 0 ? took.nothing : took.choose),
    rows(...choices, [button(took.legs, "legs:")]),
  );
}
