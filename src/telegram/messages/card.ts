import { feedIdOf } from "../../domain/feed.ts";
import type { DegradedFigures } from "../../domain/delivery.ts";
import type { Opportunity, Priced } from "../../domain/opportunity.ts";
import type { Language, Preferences } from "../../domain/person.ts";
import { DAY_MS, HOUR_MS } from "../../domain/units.ts";
import { venueName } from "../../venues/trading-page.ts";
import * as format from "../format.ts";
import type { Message } from "../message.ts";
import { catalogueOf } from "../text/catalogue.ts";
import { horizonWords, legLine, missingLines, netAndApr, pairRef, strategyName, venueWords } from "./pair.ts";
import { bold, button, type Line, lines, marketBanner, message, riskLine, rows, safe } from "./parts.ts";

export type CardInput = {
  readonly pair: {
    readonly key: string;
    /** Id of its row; `null` for a pair that has none. */
    readonly id: string | null;
    /** Its row; `null` for a pair that has none. */
    readonly row: Opportunity | null;
    /** At the reader's own fees, size and horizon. */
    readonly priced: Priced;
    /** What kept a pair without a row from opening; `null` where it is not said. */
    readonly refusal: string | null;
  };
  readonly language: Language;
  /** The reader's own fees by feed; for legs without one the documented fee was taken. */
  readonly ownFees: Preferences["fees"];
  /** The market that is watched: `live`, or what is played instead. */
  readonly market: string;
  /** Age of the scan behind the figures, ms; `null` where they are the last of an older scan. */
  readonly ageMs: number | null;
  /** What failed at the venues of its legs in the scan behind the figures. */
  readonly degraded: readonly DegradedFigures[];
  readonly nowMs: number;
};

/** One pair in full, at the reader's terms: what it nets, its legs, its costs, its dangers, its history. */
export function renderCard(input: CardInput): Message {
  const { pair, language, market, nowMs } = input;
  const { priced } = pair;
  const { parts } = catalogueOf(language);
  const leg = { strategy: priced.strategy, language, nowMs };
  const body = lines(
    marketBanner(market, language),
    bold(`${safe(priced.asset)}  ${netAndApr(priced, language)}`),
    `${strategyName(priced.strategy, language)}, ${parts.atSize(format.usd(priced.ledger.sizeUsd, language))}, ${horizonWords(priced.ledger, language)}`,
    ...statusLines(input),
    "",
    legLine(priced.long, leg),
    legLine(priced.short, leg),
    "",
    ...ledgerLines(input),
    ...historyLines(pair.row, language),
    identityLine(priced, language),
    ...warnings(priced, language),
    ...degradedLines(input),
    "",
    input.ageMs === null ? catalogueOf(language).card.lastSeen : parts.dataAge(format.span(input.ageMs, language)),
    riskLine(language),
  );
  return message(body, buttons(input));
}

function statusLines({ pair: { row, refusal }, ownFees, language, nowMs }: CardInput): readonly Line[] {
  const { card, parts, why } = catalogueOf(language);
  if (row === null) {
    if (refusal === null) return [Object.keys(ownFees).length === 0 ? card.unconfirmed : card.candidate];
    return [refusal === "below-bar" ? card.nearMiss : why.refused(textOf(why.refusals, refusal))];
  }
  if (row.status === "closed") {
    const since = row.closedAtMs === null ? null : nowMs - row.closedAtMs;
    const reason = row.closeReason === null ? "" : `: ${card.closeReasons[row.closeReason]}`;
    return [`${card.ended(format.ago(since, language))}${reason}.`];
  }
  const openFor = parts.openFor(format.span(nowMs - row.openedAtMs, language));
  if (row.status === "open" || row.noDataSinceMs === null) return [capital(openFor)];
  const silent = capital(parts.noDataFor(format.span(nowMs - row.noDataSinceMs, language)));
  return [bold(`${silent}. ${card.lastSeen}`), capital(openFor)];
}

/** Costs, net over time, break-even, stress and room, a line each. */
function ledgerLines({ pair: { priced }, ownFees, language }: CardInput): readonly Line[] {
  const { card } = catalogueOf(language);
  const { ledger, strategy } = priced;
  const money = (fraction: number | null): string => format.signedUsd(fraction === null ? null : fraction * ledger.sizeUsd, language);
  const cost = (fraction: number | null): string => format.usd(fraction === null ? null : fraction * ledger.sizeUsd, language);
  const held = ledger.netByHours.map(({ horizonHours, net }) => `${format.span(horizonHours * HOUR_MS, language)} ${money(net)}`);
  const { stress, breakEven } = ledger;
  const missing = missingLines(priced, language);
  // An instrument that costs another fee than its market keeps it (economics/own-terms.ts).
  const own = [priced.long, priced.short].some(
    ({ quote }) => quote.takerFeeRate === null && Object.hasOwn(ownFees, feedIdOf(quote.venue, quote.kind)),
  );
  const costs = (own ? card.costs : card.costsListed)(cost(ledger.fees), cost(ledger.crossing));
  if (missing.length > 0) return [card.missing(missing.join(", ")), costs];
  return [
    `${card.held}: ${held.join(" · ")}`,
    costs,
    strategy === "price" && ledger.priceGain !== null && card.gap(money(ledger.priceGain)),
    breakEven.kind === "at"
      ? card.breakEven(format.span(breakEven.days * DAY_MS, language))
      : breakEven.kind === "never"
        ? card.breakEvenNever
        : strategy === "price"
          ? null
          : card.breakEvenUnknown,
    card.stress(money(stress.carryHalved), money(stress.costPlus10Bps)),
    `${roomWords(ledger, language)}, ${minOrder(priced, language)}`,
    ledger.capacityUsd !== null && !isLeastRoom(ledger) && ledger.capacityUsd < ledger.sizeUsd && (ledger.net ?? 0) > 0
      ? bold(card.beyondRoom(format.usd(ledger.capacityUsd, language)))
      : null,
  ];
}

/** Whether better terms than the list's may leave more room than was worked out: economics/own-terms.ts says so. */
const isLeastRoom = ({ reasons }: Priced["ledger"]): boolean =>
  reasons.some((reason) => reason.startsWith("Capacity is that at the documented"));

function roomWords(ledger: Priced["ledger"], language: Language): string {
  const { card } = catalogueOf(language);
  if (ledger.capacityUsd === null || (ledger.capacityUsd === 0 && isLeastRoom(ledger))) return card.roomUnknown;
  const size = format.usd(roundedDown(ledger.capacityUsd), language);
  return isLeastRoom(ledger) ? card.roomAtLeast(size) : card.room(size);
}

/** To two digits that count: books change faster than the third can be read. */
function roundedDown(usd: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, usd))) - 1);
  return Math.floor(usd / unit) * unit;
}

/** The larger of both legs' smallest orders in USD: what one must trade at least. */
function minOrder({ long, short }: Priced, language: Language): string {
  const { card } = catalogueOf(language);
  const found = [long, short].map((leg) => {
    const { minOrderBase, bid, ask, mark, index } = leg.quote;
    const price = bid !== null && ask !== null ? (bid + ask) / 2 : (mark ?? index);
    return { leg, usd: minOrderBase === null || price === null ? null : minOrderBase * price };
  });
  let largest: { readonly leg: (typeof found)[number]["leg"]; readonly usd: number } | null = null;
  for (const { leg, usd } of found) {
    if (usd === null) return card.minOrderUnknown;
    if (largest === null || usd > largest.usd) largest = { leg, usd };
  }
  return largest === null ? card.minOrderUnknown : card.minOrder(format.usd(largest.usd, language), venueWords(largest.leg));
}

/** Since when it is open and how often it was found again instead of being told again. */
function historyLines(row: Opportunity | null, language: Language): readonly Line[] {
  if (row === null) return [];
  const { card } = catalogueOf(language);
  const facts = [
    card.since(format.clock(row.openedAtMs, language)),
    row.scansMerged > 0 ? card.merged(format.count(row.scansMerged, language)) : null,
    row.revivals > 0 ? card.revived(row.revivals) : null,
  ];
  return [facts.filter((fact) => fact !== null).join(", ")];
}

/** Why both legs count as one coin: how near the prices of its instruments are, and on how many venues. */
export function identityLine({ identity }: Priced, language: Language): Line {
  if (identity === null || identity.spread === null) return null;
  const { card } = catalogueOf(language);
  const { long, short, spread, venues } = identity;
  const kind = long.source === short.source ? long.source : "mixed";
  return card.sameCoin(card.priceKinds[kind], format.percent(spread, language), venues);
}

/** What a reader should know besides: mixed stablecoins, names shared by coins, soft rules, bounds. */
export function warnings({ asset, long, short, marks, ledger }: Priced, language: Language): readonly Line[] {
  const { card, parts } = catalogueOf(language);
  const sides: Readonly<Record<string, string>> = { long: parts.long, short: parts.short };
  const noted = marks.map((mark) => {
    const [side = "", rule = ""] = mark.split(":");
    return card.markOn(textOf(sides, side), textOf(card.marks, rule));
  });
  const settles = [long, short].filter(({ quote }) => quote.kind === "perpetual").map(({ quote }) => quote.settle);
  const [one, other] = settles;
  return [
    one !== undefined && other !== undefined && one !== other && card.mixedSettle(safe(one), safe(other)),
    asset.includes("~") && card.identity(safe(asset), safe(asset.split("~")[0] ?? asset)),
    noted.length > 0 && card.markLine(noted.join(", ")),
    ledger.net !== null && isUpperBound(ledger) && card.upperBound,
  ];
}

/** Which figures of the legs are missing or old, and since when; each once. */
function degradedLines({ degraded, language }: DegradedInput): readonly string[] {
  const { card } = catalogueOf(language);
  const told = degraded.map(({ venue, endpoint, sinceMs, fromMs }) => {
    const [name, figures] = [safe(venueName(venue)), textOf(card.figures, endpoint)];
    if (fromMs !== null) return card.figuresOld(name, figures, format.clock(fromMs, language));
    return sinceMs === null ? card.figuresMissing(name, figures) : card.figuresMissingSince(name, figures, format.clock(sinceMs, language));
  });
  return [...new Set(told)];
}
type DegradedInput = { readonly degraded: readonly DegradedFigures[]; readonly language: Language };

/** Figures that an alert names; the card has the others. */
const DEGRADED_NAMED = 2;

/** The same in one line, for an alert; nothing where all came. */
export function degradedLine(input: DegradedInput): Line {
  const told = degradedLines(input);
  const more = told.length > DEGRADED_NAMED ? [`+${told.length - DEGRADED_NAMED}`] : [];
  return told.length > 0 && [...told.slice(0, DEGRADED_NAMED), ...more].join(" · ");
}

/** Whether the crossing is that of a larger size than the ledger's: economics/own-terms.ts says so among the reasons. */
const isUpperBound = ({ reasons }: Priced["ledger"]): boolean => reasons.some((reason) => reason.endsWith(": an upper bound."));

function buttons({ pair, language }: CardInput): Message["buttons"] {
  const { card, general } = catalogueOf(language);
  const ref = pairRef(pair);
  const coin = pair.priced.asset;
  const short = safe(coin, 12);
  const canTake = pair.id !== null && pair.row?.status !== "closed";
  return rows(
    [button(card.why, `why:${ref}`), canTake && button(card.took, `took:${ref}`)],
    [button(card.mute(short), `mute:asset:${coin}`), button(card.snooze(short), `snooze:asset:${coin}:24`)],
    [button(`‹ ${general.back}`, "top:1"), button(general.reload, `card:${ref}`)],
  );
}

/** A text by a name that came from elsewhere; the name itself, in words, where there is none. */
export const textOf = (texts: Readonly<Record<string, string>>, name: string): string =>
  Object.hasOwn(texts, name) ? (texts[name] ?? name) : safe(name.replace(/[-_]/gu, " "), 80);

/** With a capital letter in front, for a line of its own. */
export const capital = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
