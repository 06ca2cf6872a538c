import type { Language, Preferences } from "../../domain/person.ts";
import { DAY_MS } from "../../domain/units.ts";
import type { MyCard, MyPair } from "../../delivery/my-cards.ts";
import * as format from "../format.ts";
import type { Message } from "../message.ts";
import type { ShownSnapshot } from "../shown-snapshot.ts";
import { catalogueOf } from "../text/catalogue.ts";
import { venueName } from "../../venues/trading-page.ts";
import { direction, horizonWords, netAndApr, netWords, nextFundingAtMs, pairRef, strategyName } from "./pair.ts";
import { bold, button, joined, type Line, lines, marketBanner, message, riskNote, rows, safe } from "./parts.ts";

export type TopInput = {
  readonly read: ShownSnapshot;
  readonly cards: readonly MyCard[];
  readonly nearMisses: readonly MyPair[];
  readonly preferences: Pick<Preferences, "language" | "sizeUsd" | "horizonHours">;
  /** From 1; one beyond the end shows the last. */
  readonly page: number;
  /** False in groups: no buttons that lead to what is one person's own. */
  readonly personal: boolean;
  readonly nowMs: number;
};

/** Cards of one page: what fits a phone without scrolling. */
export const TOP_PAGE = 5;
const NEAR_MISSES = 5;
const BUTTONS_A_ROW = 3;

/** The list: a card in two lines, best first; when it is empty why, and what comes closest. */
export function renderTop(input: TopInput): Message {
  return input.cards.length === 0 ? emptyList(input) : list(input);
}

function list({ read, cards, preferences, page, personal, nowMs }: TopInput): Message {
  const { language } = preferences;
  const { top, general } = catalogueOf(language);
  const pages = Math.ceil(cards.length / TOP_PAGE);
  const current = Math.min(Math.max(1, Math.trunc(page)), pages);
  const from = (current - 1) * TOP_PAGE;
  const shown = cards.slice(from, from + TOP_PAGE);
  const body = lines(
    marketBanner(read.snapshot.scan.market, language),
    bold(pages === 1 ? top.titleOne(cards.length) : top.title(from + 1, from + shown.length, cards.length)),
    termsLine(preferences),
    "",
    ...shown.flatMap((card, place) => cardLines(card, { place: from + place + 1, language, nowMs })),
    "",
    dataLine(read, language),
    riskNote(language),
  );
  const details = personal
    ? shown.map(({ asset, best }, place) => button(top.card(from + place + 1, safe(asset, 12)), `card:${pairRef(best)}`))
    : [];
  const turn = [
    current > 1 && button(`‹ ${general.previous}`, `top:${current - 1}`),
    button(general.reload, `top:${current}`),
    current < pages && button(`${general.next} ›`, `top:${current + 1}`),
  ];
  return message(body, rows(details.slice(0, BUTTONS_A_ROW), details.slice(BUTTONS_A_ROW), turn));
}

const termsLine = ({ sizeUsd, horizonHours, language }: TopInput["preferences"]): string =>
  catalogueOf(language).top.terms(format.usd(sizeUsd, language), horizonWords({ horizonHours }, language));

function cardLines(
  { best, others, strategy }: MyCard,
  { place, language, nowMs }: { readonly place: number; readonly language: Language; readonly nowMs: number },
): readonly Line[] {
  const { parts, top } = catalogueOf(language);
  const { priced, row } = best;
  const next = nextFundingAtMs(priced, nowMs);
  const facts = [
    strategy === "funding" ? null : strategyName(strategy, language),
    direction(priced, language),
    next === null ? null : parts.nextFunding(format.inSpan(next - nowMs, language)),
    best.status === "no-data" && row !== null && row.noDataSinceMs !== null
      ? parts.noDataFor(format.span(nowMs - row.noDataSinceMs, language))
      : row === null
        ? null
        : parts.openFor(format.span(nowMs - row.openedAtMs, language)),
    others.length === 0 ? null : top.others(others.length),
  ];
  return [
    joined([bold(`${place}. ${safe(priced.asset)}  ${netAndApr(priced, language)}`)]),
    facts.filter((fact) => fact !== null).join(" · "),
  ];
}

/** How old what is shown is. */
export function dataLine({ ageMs, source }: ShownSnapshot, language: Language): string {
  const { parts } = catalogueOf(language);
  const age = parts.dataAge(format.span(ageMs, language));
  return source === "d1" ? `${age} ${parts.notCurrent}` : age;
}

function emptyList(input: TopInput): Message {
  const { read, preferences, personal } = input;
  const { language } = preferences;
  const { top, general } = catalogueOf(language);
  const near = input.nearMisses.slice(0, NEAR_MISSES);
  const body = lines(
    marketBanner(read.snapshot.scan.market, language),
    bold(top.empty),
    whyEmpty(read, language),
    ...(near.length === 0 ? [] : ["", top.nearMisses, termsLine(preferences)]),
    ...near.flatMap((pair) => nearMissLines(pair, language)),
    "",
    dataLine(read, language),
    riskNote(language),
  );
  const details = personal ? near.map((pair) => button(safe(pair.priced.asset, 12), `card:${pairRef(pair)}`)) : [];
  return message(body, rows(details.slice(0, BUTTONS_A_ROW), details.slice(BUTTONS_A_ROW), [button(general.reload, "top:1")]));
}

/** Whether it is the market or the data, in one sentence. */
function whyEmpty({ snapshot }: ShownSnapshot, language: Language): Line {
  const { top } = catalogueOf(language);
  const { venues, scan, opportunities } = snapshot;
  const answered = venues.filter(({ ok }) => ok).length;
  const silent = [...new Set(venues.filter(({ ok }) => !ok).map(({ venue }) => safe(venueName(venue))))];
  const [some, all] = [format.count(answered, language), format.count(venues.length, language)];
  const said =
    scan.verdict === "data-failure"
      ? top.failure(some, all)
      : opportunities.length > 0
        ? top.openElsewhere(opportunities.length)
        : scan.verdict === "confirming"
          ? top.confirming
          : top.quiet(some);
  return silent.length === 0 ? said : `${said} ${top.silent(silent.join(", "))}`;
}

function nearMissLines({ priced }: MyPair, language: Language): readonly Line[] {
  const { top } = catalogueOf(language);
  const { breakEven } = priced.ledger;
  const pays =
    breakEven.kind === "at"
      ? top.paysAfter(format.span(breakEven.days * DAY_MS, language))
      : breakEven.kind === "never"
        ? top.neverPays
        : top.payUnknown;
  return [bold(`${safe(priced.asset)}  ${netWords(priced, language)}`), `${direction(priced, language)} · ${pays}`];
}
