import { FormattedString } from "@grammyjs/parse-mode";
import { instrumentId } from "../../domain/instrument.ts";
import type { Leg, Priced, Strategy } from "../../domain/opportunity.ts";
import type { Bar, Language } from "../../domain/person.ts";
import { HOUR_MS } from "../../domain/units.ts";
import { opportunityId } from "../../lifecycle/key.ts";
import * as format from "../format.ts";
import { catalogueOf } from "../text/catalogue.ts";
import { tradingLink, venueName } from "../../venues/trading-page.ts";
import { joined, type Line, type Piece, safe } from "./parts.ts";

/** How a button names a pair: the id of its row, or for a pair without one a hash of its key behind `~`. */
export const pairRef = (pair: { readonly id: string | null; readonly key: string }): string => pair.id ?? `~${opportunityId(pair.key, 0)}`;

/** What a strategy is called. */
export const strategyName = (strategy: Strategy, language: Language): string => catalogueOf(language).parts.strategies[strategy];

/** A leg's venue in plain words, with its market where that is spot. */
export const venueWords = ({ quote }: Pick<Leg, "quote">): string =>
  `${safe(venueName(quote.venue))}${quote.kind === "spot" ? " spot" : ""}`;

/** The same, linked to the page where the leg is traded. */
function venuePiece(leg: Leg): Piece {
  const url = tradingLink(leg.quote);
  return url === null ? venueWords(leg) : FormattedString.link(venueWords(leg), url);
}

/** Which way a pair is held: `long Gate → short Bybit`. */
export const direction = (pair: { readonly long: Leg; readonly short: Leg }, language: Language): string =>
  catalogueOf(language).parts.direction(venueWords(pair.long), venueWords(pair.short));

/** Net at the pair's own size over its horizon: `+$8.40 in 7 d`. */
export function netWords({ ledger }: Priced, language: Language): string {
  const { parts } = catalogueOf(language);
  return ledger.netUsd === null ? parts.netUnknown : parts.netIn(format.signedUsd(ledger.netUsd, language), horizonWords(ledger, language));
}

/** Net as money and as a rate a year: `+$8.40 · 8.8% APR`. */
export function netAndApr({ ledger }: Priced, language: Language): string {
  if (ledger.netUsd === null) return catalogueOf(language).parts.netUnknown;
  return `${format.signedUsd(ledger.netUsd, language)} · ${format.apr(ledger.netAprOnNotional, language)}`;
}

/** The time over which a ledger counts. */
export const horizonWords = ({ horizonHours }: Pick<Priced["ledger"], "horizonHours">, language: Language): string =>
  format.span(horizonHours * HOUR_MS, language);

/** A person's bar: `5% APR` or `$20`. */
export const barWords = ({ kind, value }: Bar, language: Language): string =>
  kind === "net-apr" ? format.apr(value, language) : format.usd(value, language);

/**
 * The earliest next funding of a pair, epoch ms; null where neither leg says one that is still to come. Spot has none, nor
 * has what accrues by the second.
 */
export function nextFundingAtMs(pair: { readonly long: Leg; readonly short: Leg }, nowMs: number): number | null {
  const times = [pair.long, pair.short].flatMap(({ quote, accrual }) => {
    const at = quote.kind === "spot" || accrual === "continuous" ? null : quote.nextFundingAtMs;
    return at === null || at < nowMs ? [] : [at];
  });
  return times.length === 0 ? null : Math.min(...times);
}

/** One leg in one line: where, what it pays or costs and when next; in a price gap also at which price. */
export function legLine(
  leg: Leg,
  { strategy, language, nowMs }: { readonly strategy: Strategy; readonly language: Language; readonly nowMs: number },
): Line {
  const { parts } = catalogueOf(language);
  const side = leg.quote.kind === "spot" ? parts.buySpot : leg.side === "long" ? parts.long : parts.short;
  const entry = leg.side === "long" ? leg.quote.ask : leg.quote.bid;
  const at = strategy === "price" ? ` ${parts.at(format.price(entry, language))}` : "";
  return joined([`${side} `, venuePiece(leg), `${at}: ${fundingWords(leg, language, nowMs)}`]);
}

/** What a leg pays or costs, how often, and when next. */
function fundingWords({ side, quote, accrual }: Leg, language: Language, nowMs: number): string {
  const { parts } = catalogueOf(language);
  if (quote.kind === "spot") return parts.noFunding;
  const rate = quote.fundingRatePerInterval;
  const hours = quote.fundingIntervalHours;
  if (rate === null || hours === null) return parts.fundingUnknown;
  const paid = side === "long" ? rate : -rate;
  const size = format.percent(Math.abs(rate), language);
  const what = rate === 0 ? parts.paysNothing : paid > 0 ? parts.youPay(size) : parts.youGet(size);
  const interval = format.span(hours * HOUR_MS, language);
  if (accrual === "continuous") return `${what} ${parts.allTheTime(interval)}`;
  const next = quote.nextFundingAtMs;
  const when = next === null || next < nowMs ? "" : `, ${parts.next(format.inSpan(next - nowMs, language))}`;
  return `${what} ${parts.every(interval)}${when}`;
}

/** Names of the lines of a ledger that are not known; empty where its net is. */
export function missingLines({ strategy, ledger }: Priced, language: Language): readonly string[] {
  if (ledger.net !== null) return [];
  const { missingLines: names } = catalogueOf(language).card;
  return [
    strategy === "price" && ledger.priceGain === null ? [names.priceGain] : [],
    ledger.funding === null ? [names.funding] : [],
    ledger.fees === null ? [names.fees] : [],
    ledger.crossing === null ? [names.crossing] : [],
  ].flat();
}

/** The instruments of a pair as the code names them. */
export const instrumentsOf = (pair: { readonly long: Leg; readonly short: Leg }): readonly [string, string] => [
  instrumentId(pair.long.quote.venue, pair.long.quote.symbol),
  instrumentId(pair.short.quote.venue, pair.short.quote.symbol),
];
