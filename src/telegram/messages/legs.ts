import type { Language } from "../../domain/person.ts";
import * as format from "../format.ts";
import type { HeldPair, NextSettlement } from "../held-pairs.ts";
import type { Message } from "../message.ts";
import { catalogueOf } from "../text/catalogue.ts";
import { direction, venueWords } from "./pair.ts";
import { bold, button, type Line, lines, marketBanner, message, rows, safe } from "./parts.ts";

/** Pairs of one page of the list. */
export const LEGS_PAGE = 3;

/** What somebody holds: one page of it, and the sum over that page where it is all of it. */
export type LegsView = {
  readonly pairs: readonly HeldPair[];
  /** Counted from 0. */
  readonly page: number;
  readonly pages: number;
  readonly count: number;
  /** Age of the scan behind the rates, ms; `null` without one. */
  readonly ageMs: number | null;
  readonly market: string;
  readonly nowMs: number;
};

/** The pairs somebody holds, three lines each; one alone is shown whole. */
export function renderLegs(view: LegsView, language: Language): Message {
  const { legs, general } = catalogueOf(language);
  const { pairs, page, pages, market } = view;
  const [only] = pairs;
  if (only === undefined) return message(lines(bold(legs.none), legs.noneHint), rows([button("/top", "top:0")]));
  if (view.count === 1) return renderLeg(only, view, language);
  const total = pages === 1 ? sumOf(pairs.map(({ fundingUsd, funding }) => (funding.missed > 0 ? null : fundingUsd))) : null;
  const entries = pairs.flatMap((pair): readonly Line[] => ["", bold(headline(pair, language)), ...briefLines(pair, view, language)]);
  const opens = pairs.map(({ taken }) => button(`${safe(taken.asset)}: ${direction(taken.priced, language)}`, `legs:${taken.id}`));
  return message(
    lines(
      marketBanner(market, language),
      bold(total === null ? legs.describe : legs.total(format.signedUsd(total, language), view.count)),
      ...entries,
      "",
      dataAge(view, language),
    ),
    rows(...opens.map((open) => [open]), [
      page > 0 && button(general.previous, `legs:page ${page - 1}`),
      button(general.reload, `legs:page ${page}`),
      page < pages - 1 && button(general.next, `legs:page ${page + 1}`),
    ]),
  );
}

/** One pair whole: what it brought, what it cost, what is next, and whether to look at closing it. */
export function renderLeg(pair: HeldPair, view: LegsView, language: Language): Message {
  const { legs, general } = catalogueOf(language);
  const { taken, fees, crossing } = pair;
  const money = (amount: number | null): string => format.usd(amount, language);
  return message(
    lines(
      marketBanner(view.market, language),
      bold(headline(pair, language)),
      signalLine(pair, language),
      legs.held(money(taken.sizeUsd), format.span(view.nowMs - taken.takenAtMs, language)),
      progressLine(pair, language),
      legLine(pair, "long", language),
      legLine(pair, "short", language),
      legs.entry(money(fees.entryUsd), entryCrossing(pair, language)),
      legs.exit(money(fees.exitUsd), money(crossing.exitUsd)),
      carryLine(pair, language),
      ...nextLines(pair, view, language),
      ...gapLines(pair, language),
      legs.prices,
      dataAge(view, language),
    ),
    rows(
      [button(legs.end, `legs:end ${taken.id}`), button(general.reload, `legs:${taken.id}`)],
      [view.count > 1 && button(general.back, `legs:page ${view.page}`)],
    ),
  );
}

/** Asks before a pair is ended. */
export function renderEndLeg(pair: HeldPair, language: Language): Message {
  const { legs, general } = catalogueOf(language);
  const { taken } = pair;
  return message(
    lines(bold(legs.confirm(safe(taken.asset))), direction(taken.priced, language)),
    rows([button(legs.confirmYes, `legs:ended ${taken.id}`)], [button(general.back, `legs:${taken.id}`)]),
  );
}

/** What a pair came to, as far as funding and the costs of its entry tell. */
export function renderEnded(pair: HeldPair, language: Language): Message {
  const { legs, took } = catalogueOf(language);
  const { taken, funding, fundingUsd, costUsd } = pair;
  // What lacks a settlement is no result.
  const left = fundingUsd === null || costUsd === null || funding.missed > 0 ? null : fundingUsd - costUsd;
  const signed = (amount: number | null): string => format.signedUsd(amount, language);
  return message(
    lines(
      bold(legs.ended(safe(taken.asset))),
      direction(taken.priced, language),
      left === null ? legs.resultOpen(signed(fundingUsd)) : legs.result(signed(fundingUsd), format.usd(costUsd, language), signed(left)),
      ...gapLines(pair, language),
      legs.prices,
    ),
    rows([button(took.legs, "legs:")]),
  );
}

function headline({ taken, funding, fundingUsd }: HeldPair, language: Language): string {
  const { legs } = catalogueOf(language);
  const asset = safe(taken.asset);
  const isUnseen = funding.missed > 0 && funding.settlements === 0;
  return fundingUsd === null || isUnseen ? legs.unknown(asset) : legs.sofar(asset, format.signedUsd(fundingUsd, language));
}

/** A pair in the list: which and how it stands, what it earns now, what is next. */
function briefLines(pair: HeldPair, { nowMs }: LegsView, language: Language): readonly Line[] {
  const { parts } = catalogueOf(language);
  const { taken, next, unseenSinceMs, funding } = pair;
  const where = `${direction(taken.priced, language)}, ${parts.atSize(format.usd(taken.sizeUsd, language))}`;
  const [soonest] = next;
  const when = soonest === undefined ? [] : [parts.nextFunding(format.inSpan(soonest.atMs - nowMs, language))];
  const isWhole = unseenSinceMs === null && funding.missed === 0;
  return [
    where,
    progressLine(pair, language),
    signalLine(pair, language) ?? [carryLine(pair, language), ...when].join(" · "),
    ...(isWhole ? [] : gapLines(pair, language).slice(0, 1)),
  ];
}

function signalLine({ exit, noData }: HeldPair, language: Language): Line {
  const { legs } = catalogueOf(language);
  if (exit !== null) return bold(exit === "negative" ? legs.exitNegative : legs.exitEnded);
  return noData && legs.noData;
}

function progressLine({ progress, costUsd, fundingUsd, taken }: HeldPair, language: Language): Line {
  const { legs } = catalogueOf(language);
  if (taken.priced.strategy === "price") return legs.gapNote;
  if (progress === null || costUsd === null || fundingUsd === null) return costUsd === null && legs.costUnknown;
  const cost = format.usd(costUsd, language);
  if (progress >= 1) return legs.paidBack(cost, format.usd(fundingUsd - costUsd, language));
  return legs.progress(format.percent(Math.max(0, Math.round(progress * 100) / 100), language), cost);
}

function legLine({ taken, legsUsd }: HeldPair, side: "long" | "short", language: Language): Line {
  const { legs, parts } = catalogueOf(language);
  const leg = taken.priced[side];
  const name = side === "long" ? parts.long : parts.short;
  if (leg.quote.kind === "spot") return legs.legSpot(name, venueWords(leg));
  return legs.leg(name, venueWords(leg), format.signedUsd(legsUsd[side], language));
}

/** In a price gap the entry crosses no spread of its own: it buys at the ask and sells at the bid that make the gap. */
const entryCrossing = ({ taken, crossing }: HeldPair, language: Language): string =>
  format.usd(taken.priced.strategy === "price" ? 0 : crossing.entryUsd, language);

function carryLine({ carryApr }: HeldPair, language: Language): string {
  const { legs } = catalogueOf(language);
  if (carryApr === null) return legs.carryUnknown;
  return carryApr < 0 ? legs.loses(format.apr(-carryApr, language)) : legs.earns(format.apr(carryApr, language));
}

function nextLines({ next }: HeldPair, { nowMs }: LegsView, language: Language): readonly Line[] {
  const { legs } = catalogueOf(language);
  if (next.length === 0) return [legs.nextUnknown];
  return next.map(({ leg, atMs, usd }: NextSettlement) =>
    legs.next(venueWords(leg), format.inSpan(atMs - nowMs, language), format.signedUsd(usd, language)),
  );
}

/** What funding lacks. */
function gapLines({ funding, unseenSinceMs }: HeldPair, language: Language): readonly Line[] {
  const { legs } = catalogueOf(language);
  return [
    funding.funding === null && legs.continuous,
    funding.incompleteSinceMs !== null && legs.incomplete(format.clock(funding.incompleteSinceMs, language), funding.missed),
    unseenSinceMs !== null && legs.unseen(format.clock(unseenSinceMs, language)),
  ].filter((line) => line !== false);
}

const dataAge = ({ ageMs }: LegsView, language: Language): Line =>
  ageMs !== null && catalogueOf(language).parts.dataAge(format.span(ageMs, language));

const sumOf = (amounts: readonly (number | null)[]): number | null =>
  amounts.reduce<number | null>((sum, amount) => (sum === null || amount === null ? null : sum + amount), 0);
