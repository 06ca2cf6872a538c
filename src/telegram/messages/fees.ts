import { type FeedId, feedIdOf } from "../../domain/feed.ts";
import type { InstrumentKind } from "../../domain/instrument.ts";
import type { Language, Preferences } from "../../domain/person.ts";
import type { VenueFacts, VenueId } from "../../domain/venue.ts";
import * as format from "../format.ts";
import type { Message } from "../message.ts";
import { catalogueOf } from "../text/catalogue.ts";
import { inRowsOf } from "./alerts.ts";
import { bold, button, lines, message, rows, safe } from "./parts.ts";

/** One market of a venue with its documented taker fee, fraction one way; `null` where none is documented. */
export type FeeMarket = {
  readonly feed: FeedId;
  readonly venue: VenueId;
  readonly name: string;
  readonly kind: InstrumentKind;
  readonly documented: number | null;
};

/** The markets a person may pay fees on: every venue's perpetuals, and spot where its fee is documented. */
export const feeMarkets = (venues: readonly VenueFacts[]): readonly FeeMarket[] =>
  (["perpetual", "spot"] as const).flatMap((kind) =>
    venues.flatMap(({ id, name, takerFee }) =>
      kind === "spot" && takerFee.spot === null
        ? []
        : [{ feed: feedIdOf(id, kind), venue: id, name, kind, documented: takerFee[kind]?.rate ?? null }],
    ),
  );

/** A market's name as it is read. */
export const feeMarketName = ({ name, kind }: FeeMarket, language: Language): string =>
  kind === "spot" ? catalogueOf(language).fees.spot(safe(name)) : safe(name);

/** A person's fees beside the documented ones; `note` says what has just changed. */
export function renderFees(
  { venues, fees, note }: { readonly venues: readonly VenueFacts[]; readonly fees: Preferences["fees"]; readonly note: string | null },
  language: Language,
): Message {
  const text = catalogueOf(language);
  const markets = feeMarkets(venues);
  const own = markets.filter(({ feed }) => Object.hasOwn(fees, feed));
  const shown = markets.map((market) => {
    const name = feeMarketName(market, language);
    const documented = format.percent(market.documented, language);
    const mine = fees[market.feed];
    return mine === undefined ? text.fees.documented(name, documented) : text.fees.own(name, format.percent(mine, language), documented);
  });
  const resets = own.map((market) => button(text.fees.reset(feeMarketName(market, language)), `fees:reset ${market.feed}`));
  return message(
    lines(
      note === null ? null : bold(note),
      note === null ? bold(text.fees.title) : text.fees.title,
      ...shown,
      text.fees.what,
      text.fees.hint,
    ),
    rows(...inRowsOf(resets, 2), [own.length > 1 && button(text.fees.resetAll, "fees:reset all")]),
  );
}
