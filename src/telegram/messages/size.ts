import type { Language } from "../../domain/person.ts";
import { CARD_SIZES_USD } from "../../economics/ledger.ts";
import * as format from "../format.ts";
import type { Message } from "../message.ts";
import { catalogueOf } from "../text/catalogue.ts";
import { bold, button, lines, message, rows } from "./parts.ts";

/** A person's size; `beforeUsd`: what it was until now, where it has just changed. */
export function renderSize(
  { sizeUsd, beforeUsd }: { readonly sizeUsd: number; readonly beforeUsd: number | null },
  language: Language,
): Message {
  const { size, settings } = catalogueOf(language);
  return message(
    lines(
      bold(size.title(format.usd(sizeUsd, language))),
      beforeUsd !== null && settings.was(format.usd(beforeUsd, language)),
      size.what,
      size.hint,
    ),
    rows(sizeButtons({ chosenUsd: sizeUsd, data: (usd) => `size:${usd}` }, language)),
  );
}

/** The usual sizes in one row, the one that is chosen marked. */
export const sizeButtons = (
  { chosenUsd, data }: { readonly chosenUsd: number; readonly data: (usd: number) => string },
  language: Language,
) =>
  CARD_SIZES_USD.map((usd) => {
    const shown = format.usd(usd, language);
    return button(usd === chosenUsd ? catalogueOf(language).settings.chosen(shown) : shown, data(usd));
  });
