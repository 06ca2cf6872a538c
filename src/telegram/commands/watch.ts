import { MOST_WATCHES } from "../../domain/person.ts";
import type { VenueFacts } from "../../domain/venue.ts";
import { ratePer8h, rateOfCoin } from "../../delivery/market-rates.ts";
import { isPast } from "../../delivery/watches.ts";
import type { MarketColumns } from "../../storage/market-columns.ts";
import { removeWatch, saveWatch, type Watch, watchesOf } from "../../storage/watches.ts";
import { coinNamed, parsePercent, venueNamed, words } from "../arguments.ts";
import { renderWatches, watchWords } from "../messages/watch.ts";
import { expectedVenue, renderWrong } from "../messages/wrong.ts";
import { venueName } from "../../venues/trading-page.ts";
import { type MarketNow, marketNow, type PersonalAsk, personalCommand, type Reply } from "./personal-command.ts";

/** What was asked to be watched, or what of it could not be read. */
export type WatchAsk =
  | { readonly ok: true; readonly value: Pick<Watch, "asset" | "venue" | "direction" | "ratePer8h"> }
  | { readonly ok: false; readonly what: "coin" | "venue" | "rate" };

const SIGNS: Readonly<Record<string, Watch["direction"]>> = {
  ">": "above",
  above: "above",
  over: "above",
  "<": "below",
  below: "below",
  under: "below",
};

/**
 * Reads `BTC binance 0.05%`, `BTC okx < -0.02%`: fractions per 8 h. Without a sign a positive value is to be risen above; a
 * negative one is not read without, since both are likely to be meant.
 */
export function parseWatch(
  args: string,
  { venues, market }: { readonly venues: readonly VenueFacts[]; readonly market: MarketColumns | null },
): WatchAsk {
  const [coin = "", name = "", ...rest] = words(args.replace(/[<>]/gu, " $& "));
  const asset = coinNamed(coin, market);
  if (asset === null) return { ok: false, what: "coin" };
  const venue = venueNamed(name, venues);
  if (venue === null) return { ok: false, what: "venue" };
  const sign = (rest[0] ?? "").toLowerCase();
  const direction = Object.hasOwn(SIGNS, sign) ? SIGNS[sign] : undefined;
  const rate = parsePercent((direction === undefined ? rest : rest.slice(1)).join(" "));
  if (rate === null || Math.abs(rate) > 1 || (direction === undefined && rate < 0)) return { ok: false, what: "rate" };
  return { ok: true, value: { asset, venue: venue.id, direction: direction ?? "above", ratePer8h: rate } };
}

/** `/watch`, `/watch BTC binance 0.05%`: told when the funding of a coin passes a value. */
export const watch = personalCommand({
  name: "watch",
  describe: (text) => text.watch.describe,
  reply: async (ask) => {
    if (ask.args === "") return list(ask, []);
    const [first, asset, venue, direction] = words(ask.args);
    if (first?.toLowerCase() === "remove") return remove(ask, [asset ?? "", venue ?? "", direction ?? ""]);
    const now = await marketNow(ask);
    const { venues } = ask.services;
    const parsed = parseWatch(ask.args, { venues, market: now.market });
    if (parsed.ok) return add(ask, parsed.value, now);
    const { wrong, watch: text } = ask.text;
    const expected = { coin: wrong.coin, venue: expectedVenue(venues, ask.language), rate: text.expected }[parsed.what];
    const example = parsed.what === "rate" ? "/watch BTC okx < -0.02%" : "/watch BTC binance 0.05%";
    return { message: renderWrong({ expected, example, found: ask.args }, ask.language) };
  },
});

async function add(ask: PersonalAsk, value: Pick<Watch, "asset" | "venue" | "direction" | "ratePer8h">, now: MarketNow): Promise<Reply> {
  const { watch: text } = ask.text;
  const { market } = now;
  const row = market === null ? null : rateOfCoin(market, value);
  const rate = row === null ? null : ratePer8h(row);
  // What is past already is said at once, and is told by itself only after it has come back.
  const past = rate !== null && isPast(value, rate);
  const added: Watch = { ...value, telegramId: ask.person.telegramId, armed: !past };
  if (!(await saveWatch(ask.services.db, { ...added, nowMs: ask.nowMs }))) return list(ask, [text.tooMany(MOST_WATCHES)]);
  const absent = market !== null && row === null;
  const then = past ? text.already : absent ? text.notThere(value.asset, venueName(value.venue)) : text.added;
  return list(ask, [watchWords(added, ask.language), then], now);
}

async function remove(ask: PersonalAsk, [asset, venue, direction]: readonly [string, string, string]): Promise<Reply> {
  const { telegramId } = ask.person;
  const known = direction === "above" || direction === "below" ? direction : null;
  const gone = known !== null && (await removeWatch(ask.services.db, { telegramId, asset, venue, direction: known }));
  const reply = await list(ask, []);
  return { ...reply, toast: gone ? ask.text.settings.saved : ask.text.settings.gone };
}

async function list(ask: PersonalAsk, notes: readonly string[], now?: MarketNow): Promise<Reply> {
  const [watches, shown] = await Promise.all([watchesOf(ask.services.db, ask.person.telegramId), now ?? marketNow(ask)]);
  return { message: renderWatches({ watches, ...shown, notes }, ask.language) };
}
