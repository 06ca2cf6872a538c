import type { Language, Preferences } from "../../domain/person.ts";
import type { VenueId } from "../../domain/venue.ts";
import * as format from "../format.ts";
import type { Message } from "../message.ts";
import { catalogueOf } from "../text/catalogue.ts";
import { venueName } from "../../venues/trading-page.ts";
import { barWords } from "./pair.ts";
import { bold, button, type Line, lines, marketBanner, message, riskLine, rows, safe } from "./parts.ts";

/** Sizes and bars of the taps; every other value has its command. USD on each leg, and net a year on notional as a fraction. */
export const START_SIZES_USD = [1_000, 5_000, 20_000, 100_000] as const;
export const START_BARS = [0.03, 0.05, 0.1, 0.2] as const;
const VENUES_A_ROW = 3;

export type StartInput = {
  readonly step: "venues" | "size" | "bar" | "done";
  readonly preferences: Preferences;
  /** Every venue there is. */
  readonly venues: readonly VenueId[];
  readonly market: string;
};

/** One screen of the three taps, and the one that ends them. */
export function renderStart(input: StartInput): Message {
  const { step, preferences, market } = input;
  const { language } = preferences;
  const { start } = catalogueOf(language);
  const top: readonly Line[] = [marketBanner(market, language), step === "venues" && start.hello, step === "venues" && ""];
  if (step === "done") return done(input);
  const number = { venues: 1, size: 2, bar: 3 }[step];
  const hint = { venues: start.venuesHint, size: start.sizeHint, bar: start.barHint }[step];
  const body = lines(...top, bold(start[step]), hint, start.step(String(number)));
  return message(body, step === "venues" ? venueButtons(input) : step === "size" ? sizeButtons(preferences) : barButtons(preferences));
}

function venueButtons({ venues, preferences: { venues: chosen, language } }: StartInput): Message["buttons"] {
  const { start } = catalogueOf(language);
  const toggles = venues.map((venue) => {
    const name = safe(venueName(venue), 20);
    return button(chosen?.includes(venue) === true ? start.chosen(name) : name, `start:v:${venue}`);
  });
  const rowsOfVenues = Array.from({ length: Math.ceil(toggles.length / VENUES_A_ROW) }, (_, row) =>
    toggles.slice(row * VENUES_A_ROW, (row + 1) * VENUES_A_ROW),
  );
  const all = button(chosen === null ? start.chosen(start.all) : start.all, "start:all");
  return rows([all], ...rowsOfVenues, [chosen !== null && button(`${start.onwards} ›`, "start:size")]);
}

const sizeButtons = ({ sizeUsd, language }: Preferences): Message["buttons"] =>
  choices(
    START_SIZES_USD.map((size) => ({ text: format.usd(size, language), data: `start:s:${size}`, isChosen: size === sizeUsd })),
    { language, back: "start:venues" },
  );

const barButtons = ({ bar, language }: Preferences): Message["buttons"] =>
  choices(
    START_BARS.map((value) => ({
      text: format.apr(value, language),
      data: `start:b:${value}`,
      isChosen: bar.kind === "net-apr" && bar.value === value,
    })),
    { language, back: "start:size" },
  );

function choices(
  all: readonly { readonly text: string; readonly data: string; readonly isChosen: boolean }[],
  { language, back }: { readonly language: Language; readonly back: string },
): Message["buttons"] {
  const { start, general } = catalogueOf(language);
  const buttons = all.map(({ text, data, isChosen }) => button(isChosen ? start.chosen(text) : text, data));
  return rows(buttons.slice(0, 2), buttons.slice(2), [button(`‹ ${general.back}`, back)]);
}

function done({ preferences, market }: StartInput): Message {
  const { venues, sizeUsd, bar, language } = preferences;
  const { start } = catalogueOf(language);
  const names = venues === null ? start.all : venues.map((venue) => safe(venueName(venue), 20)).join(", ");
  const body = lines(
    marketBanner(market, language),
    bold(start.done),
    start.doneVenues(names),
    start.doneSize(format.usd(sizeUsd, language)),
    start.doneBar(barWords(bar, language)),
    "",
    start.later,
    riskLine(language),
  );
  return message(body, rows([button(start.showTop, "top:1")]));
}
