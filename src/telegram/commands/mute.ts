import { MOST_MUTES, type Mute } from "../../domain/person.ts";
import { HOUR_MS } from "../../domain/units.ts";
import type { VenueFacts } from "../../domain/venue.ts";
import type { MarketColumns } from "../../storage/market-columns.ts";
import { coinNamed, parseHours, strategyNamed, venueNamed } from "../arguments.ts";
import { liveMutes, withMute, withoutMute } from "../changes.ts";
import * as format from "../format.ts";
import { mutedWords, renderMutes } from "../messages/mute.ts";
import { renderWrong } from "../messages/wrong.ts";
import { marketNow, type PersonalAsk, personalCommand, type Reply } from "./personal-command.ts";

/** A snooze lasts at most so long; for longer there is /mute. */
export const MOST_SNOOZE_HOURS = 2_160;

/** Something that can be muted. */
export type Muted = Pick<Mute, "scope" | "value">;
/** What was named, and the words behind it. */
export type NamedThing = { readonly what: Muted | null; readonly rest: readonly string[] };

const SCOPES: Readonly<Record<string, Mute["scope"]>> = { asset: "asset", coin: "asset", venue: "venue", strategy: "strategy" };

/** Buttons of cards and alerts put colons between the words; the card stays. */
function fromCard(args: string): boolean {
  return args.includes(":");
}

/** The words of a text that names a thing; a button puts colons between them. */
export const thingWords = (args: string): readonly string[] => args.split(/[\s:]+/u).filter((word) => word !== "");

/**
 * What the first words name: `asset BTC`, `venue okx`, `strategy price` for certain; of a bare word a strategy or a venue of
 * that name, else a coin.
 */
export function namedThing(
  [first = "", ...rest]: readonly string[],
  { venues, market }: { readonly venues: readonly VenueFacts[]; readonly market: MarketColumns | null },
): NamedThing {
  const scope = Object.hasOwn(SCOPES, first.toLowerCase()) ? SCOPES[first.toLowerCase()] : undefined;
  const name = scope === undefined ? first : (rest[0] ?? "");
  const behind = scope === undefined ? rest : rest.slice(1);
  const find: Readonly<Record<Mute["scope"], () => string | null>> = {
    strategy: () => strategyNamed(name),
    venue: () => venueNamed(name, venues)?.id ?? null,
    asset: () => coinNamed(name, market),
  };
  for (const each of scope === undefined ? (["strategy", "venue", "asset"] as const) : [scope]) {
    const value = find[each]();
    if (value !== null) return { what: { scope: each, value }, rest: behind };
  }
  return { what: null, rest: behind };
}

/** `/mute`, `/mute BTC`: nothing more of a coin, venue or strategy until it is taken off. */
export const mute = personalCommand({
  name: "mute",
  quietly: fromCard,
  describe: (text) => text.mute.describe,
  reply: async (ask) => {
    const all = thingWords(ask.args);
    if (all.length === 0) return list(ask, null);
    if (all[0]?.toLowerCase() === "off") return unmute(ask, all.slice(1));
    const { what, rest } = await thing(ask, all);
    if (what === null || rest.length > 0) return wrong(ask, ask.text.mute.expected, "/mute BTC");
    return muteFor(ask, what, null);
  },
});

/** `/snooze BTC 24h`: the same for a while. */
export const snooze = personalCommand({
  name: "snooze",
  quietly: fromCard,
  describe: (text) => text.mute.describeSnooze,
  reply: async (ask) => {
    const all = thingWords(ask.args);
    if (all.length === 0) return list(ask, null);
    const { what, rest } = await thing(ask, all);
    const typed = rest.filter((word) => word.toLowerCase() !== "for").join(" ");
    // A button names its scope and gives bare hours.
    const hours = /^\d{1,4}$/u.test(typed) && fromCard(ask.args) ? Number(typed) : parseHours(typed);
    if (what === null || hours === null || !(hours > 0) || hours > MOST_SNOOZE_HOURS) {
      return wrong(ask, ask.text.mute.expectedSnooze, "/snooze BTC 24h");
    }
    return muteFor(ask, what, ask.nowMs + hours * HOUR_MS);
  },
});

/** A thing by its words; the market is read only where a coin was typed without being called one. */
async function thing(ask: PersonalAsk, all: readonly string[]): Promise<NamedThing> {
  const { venues } = ask.services;
  const named = namedThing(all, { venues, market: null });
  const typedCoin = named.what?.scope === "asset" && all[0]?.toLowerCase() !== "asset";
  return typedCoin ? namedThing(all, { venues, market: (await marketNow(ask)).market }) : named;
}

async function muteFor(ask: PersonalAsk, what: Muted, untilMs: number | null): Promise<Reply> {
  let tooMany = false;
  const { person } = await ask.services.people.change(ask.person, (now) => {
    const muted = withMute(now, { ...what, untilMs }, ask.nowMs);
    tooMany = muted === null;
    return muted ?? now;
  });
  if (tooMany) return list({ ...ask, person }, ask.text.mute.tooMany(MOST_MUTES));
  const name = mutedWords(what, ask.language);
  const { mute: text } = ask.text;
  const done = untilMs === null ? text.done(name) : text.doneFor(name, format.span(untilMs - ask.nowMs, ask.language));
  return list({ ...ask, person }, done, `${done}. ${text.undo}`);
}

async function unmute(ask: PersonalAsk, all: readonly string[]): Promise<Reply> {
  const [scope = "", ...rest] = all;
  const found = ask.person.preferences.mutes.find((each) => each.scope === scope && each.value === rest.join(" "));
  const what = found ?? (await thing(ask, all)).what;
  if (what === null) return list(ask, null, ask.text.settings.gone);
  const { before, person } = await ask.services.people.change(ask.person, (now) => withoutMute(now, what) ?? now);
  if (withoutMute(before, what) === null) return list({ ...ask, person }, null, ask.text.settings.gone);
  return list({ ...ask, person }, ask.text.mute.undone(mutedWords(what, ask.language)));
}

function list({ person, language, nowMs, text }: PersonalAsk, note: string | null, toast = note ?? text.settings.saved): Reply {
  return { message: renderMutes({ mutes: liveMutes(person.preferences.mutes, nowMs), note, nowMs }, language), toast };
}

const wrong = (ask: PersonalAsk, expected: string, example: string): Reply => ({
  message: renderWrong({ expected, example, found: ask.args }, ask.language),
});
