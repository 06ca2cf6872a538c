import { STRATEGIES } from "../../domain/opportunity.ts";
import { ALERT_KINDS, ALERT_MODES, type AlertKind, type AlertMode, type Bar, type Preferences } from "../../domain/person.ts";
import type { VenueFacts } from "../../domain/venue.ts";
import type { MarketColumns } from "../../storage/market-columns.ts";
import { coinNamed, parsePercent, parseUsd, strategyNamed, venueNamed, words } from "../arguments.ts";
import { modeAfter, switched } from "../changes.ts";
import type { Message } from "../message.ts";
import { type AlertsView, renderAlerts, renderBar, renderChoice, renderCoins } from "../messages/alerts.ts";
import { expectedVenue, renderWrong } from "../messages/wrong.ts";
import { marketNow, type PersonalAsk, personalCommand, type Reply } from "./personal-command.ts";

/** Coins that somebody may choose at most. */
export const MOST_COINS = 50;
/** A year's net and USD above which a bar is a slip of the finger. */
const MOST_BAR = { "net-apr": 10, "net-usd": 1_000_000 } as const;

type Page = "main" | "bar" | "strategies" | "venues" | "coins";
/** What the pages are called, and what else people call them. */
const PAGES: Readonly<Record<string, Page>> = {
  bar: "bar",
  strategy: "strategies",
  strategies: "strategies",
  venue: "venues",
  venues: "venues",
  coin: "coins",
  coins: "coins",
  asset: "coins",
  assets: "coins",
};

/** `/alerts`, `/alerts bar 8%`, `/alerts opened silent`, `/alerts venues okx`, `/alerts coins BTC ETH`: what is told. */
export const alerts = personalCommand({
  name: "alerts",
  describe: (text) => text.alerts.describe,
  reply: async (ask) => {
    const [first = "", ...rest] = words(ask.args);
    const name = first.toLowerCase();
    if (name === "") return { message: page("main", ask, ask.person.preferences) };
    const kind = ALERT_KINDS.find((each) => each === name);
    if (kind !== undefined) return switchKind(ask, kind, rest[0]);
    const asked = Object.hasOwn(PAGES, name) ? PAGES[name] : undefined;
    if (asked === undefined) return wrong(ask, ask.text.alerts.expected, "/alerts bar 8%");
    if (rest.length === 0) return { message: page(asked, ask, ask.person.preferences) };
    if (asked === "bar") return setBar(ask, rest.join(" "));
    if (asked === "coins") return setCoins(ask, rest);
    return asked === "venues" ? switchVenue(ask, rest.join(" ")) : switchStrategy(ask, rest.join(" "));
  },
});

/** A bar as typed: `8%` a year, or `$25`, `25 usd`. A bare number is neither. */
export function parseBar(text: string): Bar | null {
  const isMoney = /\$|usd|dollar/iu.test(text);
  const value = isMoney ? parseUsd(text) : text.includes("%") ? parsePercent(text.replace(/\s*apr$/iu, "")) : null;
  const kind = isMoney ? "net-usd" : "net-apr";
  return value === null || value < 0 || value > MOST_BAR[kind] ? null : { kind, value };
}

/** Coins as typed, each once, in the market's spelling; the first that is none otherwise. */
export function parseCoins(
  names: readonly string[],
  market: MarketColumns | null,
): { readonly coins: readonly string[] } | { readonly unknown: string } {
  const coins = new Set<string>();
  for (const name of names.flatMap((word) => word.split(",")).filter((word) => word !== "")) {
    const coin = coinNamed(name, market);
    if (coin === null) return { unknown: name };
    coins.add(coin);
  }
  return { coins: [...coins] };
}

function switchKind(ask: PersonalAsk, kind: AlertKind, word: string | undefined): Promise<Reply> | Reply {
  const mode: AlertMode | undefined = ALERT_MODES.find((each) => each === word?.toLowerCase());
  if (word !== undefined && mode === undefined) return wrong(ask, ALERT_MODES.join(", "), `/alerts ${kind} silent`);
  return saved(ask, "main", (now) => ({ ...now, alerts: { ...now.alerts, [kind]: mode ?? modeAfter(now.alerts[kind]) } }));
}

function setBar(ask: PersonalAsk, typed: string): Promise<Reply> | Reply {
  const bar = parseBar(typed);
  if (bar === null) return wrong(ask, ask.text.alerts.barExpected, "/alerts bar 8%");
  return saved(ask, "bar", (now) => ({ ...now, bar }));
}

async function setCoins(ask: PersonalAsk, names: readonly string[]): Promise<Reply> {
  const [first = "", second] = names;
  if (first.toLowerCase() === "all") return saved(ask, "coins", (now) => ({ ...now, assets: null }));
  if (first === "remove" && second !== undefined) {
    return saved(ask, "coins", (now) => {
      const left = (now.assets ?? []).filter((coin) => coin !== second);
      return { ...now, assets: left.length === 0 ? null : left };
    });
  }
  const parsed = parseCoins(names, (await marketNow(ask)).market);
  if ("unknown" in parsed || parsed.coins.length > MOST_COINS) {
    const found = "unknown" in parsed ? parsed.unknown : ask.args;
    return wrong({ ...ask, args: found }, ask.text.alerts.coinsExpected, "/alerts coins BTC ETH SOL");
  }
  return saved(ask, "coins", (now) => ({ ...now, assets: parsed.coins }));
}

function switchVenue(ask: PersonalAsk, name: string): Promise<Reply> | Reply {
  const all: readonly VenueFacts[] = ask.services.venues;
  if (name.toLowerCase() === "all") return saved(ask, "venues", (now) => ({ ...now, venues: null }));
  const venue = venueNamed(name, all);
  if (venue === null) return wrong(ask, expectedVenue(all, ask.language), "/alerts venues okx");
  const ids = all.map(({ id }) => id);
  return saved(ask, "venues", (now) => {
    const venues = switched(now.venues, venue.id, ids);
    return venues === undefined ? null : { ...now, venues };
  });
}

function switchStrategy(ask: PersonalAsk, name: string): Promise<Reply> | Reply {
  if (name.toLowerCase() === "all") return saved(ask, "strategies", (now) => ({ ...now, strategies: null }));
  const strategy = strategyNamed(name);
  if (strategy === null) return wrong(ask, STRATEGIES.join(", "), "/alerts strategies funding");
  return saved(ask, "strategies", (now) => {
    const strategies = switched(now.strategies, strategy, STRATEGIES);
    return strategies === undefined ? null : { ...now, strategies };
  });
}

/** Changes the settings and shows their page; `apply` gives `null` for the last choice that is on, which stays on. */
async function saved(ask: PersonalAsk, at: Page, apply: (preferences: Preferences) => Preferences | null): Promise<Reply> {
  let lastOne = false;
  const { person } = await ask.services.people.change(ask.person, (now) => {
    const changed = apply(now);
    lastOne = changed === null;
    return changed ?? now;
  });
  const { alerts: words, settings } = ask.text;
  return { message: page(at, { ...ask, person }, person.preferences), toast: lastOne ? words.lastOne : settings.saved };
}

function page(at: Page, { person, language, services }: PersonalAsk, preferences: Preferences): Message {
  const view: AlertsView = { preferences, stopped: person.status !== "active", venues: services.venues };
  if (at === "main") return renderAlerts(view, language);
  if (at === "bar") return renderBar(view, language);
  return at === "coins" ? renderCoins(view, language) : renderChoice(at, view, language);
}

const wrong = (ask: PersonalAsk, expected: string, example: string): Reply => ({
  message: renderWrong({ expected, example, found: ask.args }, ask.language),
});
