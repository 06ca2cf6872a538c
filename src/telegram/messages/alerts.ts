import type { InlineKeyboardButton } from "grammy/types";
import { STRATEGIES } from "../../domain/opportunity.ts";
import { ALERT_KINDS, type Language, type Preferences } from "../../domain/person.ts";
import type { VenueFacts } from "../../domain/venue.ts";
import type { Message } from "../message.ts";
import { catalogueOf } from "../text/catalogue.ts";
import { venueName } from "../../venues/trading-page.ts";
import { hoursWords } from "./horizon.ts";
import { barWords, strategyName } from "./pair.ts";
import { bold, button, lines, message, rows, safe } from "./parts.ts";

/** Names of a list that are shown before the rest is only counted. */
const MOST_NAMED = 6;
/** Coins with a button of their own. */
const MOST_COIN_BUTTONS = 20;
/** Bars that are offered. */
const OFFERED_BARS = ["3%", "5%", "10%", "20%"] as const;
const OFFERED_USD = ["$5", "$20", "$100"] as const;

/** What the pages of /alerts show. */
export type AlertsView = {
  readonly preferences: Preferences;
  readonly stopped: boolean;
  readonly venues: readonly VenueFacts[];
};

/** The state of everything that decides about alerts, each kind switched by its button. */
export function renderAlerts({ preferences, stopped }: AlertsView, language: Language): Message {
  const { alerts } = catalogueOf(language);
  const kinds = ALERT_KINDS.map((kind) => {
    const mode = preferences.alerts[kind];
    return {
      line: alerts.kind(alerts.kinds[kind], alerts.modes[mode]),
      button: button(`${alerts.marks[mode]} ${alerts.kinds[kind]}`, `alerts:${kind}`),
    };
  });
  const { strategies, venues, assets } = preferences;
  const body = lines(
    bold(alerts.title),
    stopped && bold(alerts.stopped),
    ...kinds.map(({ line }) => line),
    alerts.bar(barOf(preferences, language)),
    alerts.strategies(named(strategies?.map((strategy) => strategyName(strategy, language)) ?? null, language)),
    alerts.venues(named(venues?.map(venueName) ?? null, language)),
    alerts.coins(named(assets, language)),
    alerts.hint,
  );
  const { pages } = alerts;
  const switches = kinds.map((kind) => kind.button);
  return message(
    body,
    rows(
      ...twoARow(switches),
      [button(pages.bar, "alerts:bar"), button(pages.strategies, "alerts:strategies")],
      [button(pages.venues, "alerts:venues"), button(pages.coins, "alerts:coins")],
    ),
  );
}

/** The bar, with those that are offered. */
export function renderBar({ preferences }: AlertsView, language: Language): Message {
  const { alerts } = catalogueOf(language);
  const offer = (text: string): InlineKeyboardButton | null => button(text, `alerts:bar ${text}`);
  return message(
    lines(bold(alerts.barTitle(barOf(preferences, language))), alerts.barWhat, alerts.barHint),
    rows(OFFERED_BARS.map(offer), OFFERED_USD.map(offer), [back(language)]),
  );
}

/** Strategies or venues, each switched by its button. */
export function renderChoice(page: "strategies" | "venues", { preferences, venues }: AlertsView, language: Language): Message {
  const { alerts, settings } = catalogueOf(language);
  const all =
    page === "strategies"
      ? STRATEGIES.map((strategy) => ({ id: strategy, name: strategyName(strategy, language) }))
      : venues.map(({ id, name }) => ({ id, name: safe(name) }));
  const chosen: readonly string[] | null = preferences[page];
  const names = chosen === null ? null : all.filter(({ id }) => chosen.includes(id)).map(({ name }) => name);
  const title = page === "strategies" ? alerts.strategies : alerts.venues;
  const switches = all.map(({ id, name }) => {
    const on = chosen === null || chosen.includes(id);
    return button(on ? settings.chosen(name) : name, `alerts:${page} ${id}`);
  });
  return message(
    lines(bold(title(named(names, language))), alerts.choose),
    rows(...twoARow(switches), [chosen !== null && button(alerts.allOf, `alerts:${page} all`), back(language)]),
  );
}

/** The coins, each taken off by its button. */
export function renderCoins({ preferences }: AlertsView, language: Language): Message {
  const { alerts, settings } = catalogueOf(language);
  const coins = preferences.assets ?? [];
  const removes = coins.slice(0, MOST_COIN_BUTTONS).map((coin) => button(settings.remove(safe(coin)), `alerts:coins remove ${coin}`));
  return message(
    lines(
      bold(preferences.assets === null ? alerts.coinsAll : alerts.coinsWhat),
      preferences.assets !== null && coins.map((coin) => safe(coin)).join(", "),
      alerts.coinsHint,
    ),
    rows(...inRowsOf(removes, 4), [preferences.assets !== null && button(alerts.allOf, "alerts:coins all"), back(language)]),
  );
}

const back = (language: Language): InlineKeyboardButton | null => button(catalogueOf(language).general.back, "alerts:");

/** A bar with the time over which dollars count. */
export function barOf({ bar, horizonHours }: Pick<Preferences, "bar" | "horizonHours">, language: Language): string {
  const shown = barWords(bar, language);
  return bar.kind === "net-apr" ? shown : catalogueOf(language).parts.netIn(shown, hoursWords(horizonHours, language));
}

/** A list in one line: `all`, the names, or the first of them and how many more. */
function named(names: readonly string[] | null, language: Language): string {
  const { settings, alerts } = catalogueOf(language);
  if (names === null) return settings.all;
  const shown = names.slice(0, MOST_NAMED).map((name) => safe(name));
  const rest = names.length - shown.length;
  return [...shown, ...(rest > 0 ? [alerts.more(rest)] : [])].join(", ");
}

const twoARow = <T>(all: readonly T[]): readonly (readonly T[])[] => inRowsOf(all, 2);

/** Buttons in rows of so many. */
export const inRowsOf = <T>(all: readonly T[], most: number): readonly (readonly T[])[] =>
  all.flatMap((_, place) => (place % most === 0 ? [all.slice(place, place + most)] : []));
