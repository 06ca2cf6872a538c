import { FEE_BOUNDS, type Preferences } from "../../domain/person.ts";
import type { VenueFacts } from "../../domain/venue.ts";
import { parsePercent, venueNamed, words } from "../arguments.ts";
import * as format from "../format.ts";
import { type FeeMarket, feeMarketName, feeMarkets, renderFees } from "../messages/fees.ts";
import { expectedVenue, renderWrong } from "../messages/wrong.ts";
import { personalCommand } from "./personal-command.ts";

/** What was asked of fees. */
export type FeesAsk =
  | { readonly kind: "set"; readonly market: FeeMarket; readonly rate: number }
  | { readonly kind: "reset"; readonly market: FeeMarket }
  | { readonly kind: "reset-all" }
  /** `venue`: no venue of that name, or none with such a market; `fee`: not a fee within bounds. */
  | { readonly kind: "wrong"; readonly what: "venue" | "fee" };

/**
 * Reads `binance 0.04%`, `binance spot 0.08%`, `binance-spot 0.08%`, `reset binance`, `binance reset`, `reset all`.
 */
export function parseFees(args: string, venues: readonly VenueFacts[]): FeesAsk {
  const all = words(args);
  const isReset = (word: string | undefined): boolean => word?.toLowerCase() === "reset";
  const reset = isReset(all[0]) || isReset(all.at(-1));
  const rest = all.filter((word) => !isReset(word));
  if (reset && (rest.length === 0 || rest[0]?.toLowerCase() === "all")) return { kind: "reset-all" };
  const [name = "", second] = rest;
  const isSpot = second?.toLowerCase() === "spot" || name.toLowerCase().endsWith("-spot");
  const venue = venueNamed(name.replace(/-spot$/iu, ""), venues);
  const market = feeMarkets(venues).find(({ venue: id, kind }) => id === venue?.id && (kind === "spot") === isSpot);
  if (market === undefined) return { kind: "wrong", what: "venue" };
  if (reset) return { kind: "reset", market };
  const rate = parsePercent(rest.slice(second?.toLowerCase() === "spot" ? 2 : 1).join(" "));
  if (rate === null || rate < FEE_BOUNDS.min || rate > FEE_BOUNDS.max) return { kind: "wrong", what: "fee" };
  return { kind: "set", market, rate };
}

/** `/fees`, `/fees binance 0.04%`: a person's own taker fees. */
export const fees = personalCommand({
  name: "fees",
  describe: (text) => text.fees.describe,
  reply: async ({ args, person, language, text, services }) => {
    const { venues, people } = services;
    const { preferences } = person;
    if (args === "") return { message: renderFees({ venues, fees: preferences.fees, note: null }, language) };
    const asked = parseFees(args, venues);
    if (asked.kind === "wrong") {
      const [least, most] = [format.percent(FEE_BOUNDS.min, language), format.percent(FEE_BOUNDS.max, language)];
      const expected = asked.what === "venue" ? expectedVenue(venues, language) : text.fees.expected(least, most);
      return { message: renderWrong({ expected, example: "/fees binance 0.04%", found: args }, language) };
    }
    const { person: after } = await people.change(person, (now) => ({ ...now, fees: feesAfter(now.fees, asked) }));
    const name = asked.kind === "reset-all" ? "" : feeMarketName(asked.market, language);
    const note =
      asked.kind === "set"
        ? text.fees.set(name, format.percent(asked.rate, language))
        : asked.kind === "reset"
          ? text.fees.wasReset(name)
          : text.fees.allReset;
    return { message: renderFees({ venues, fees: after.preferences.fees, note }, language), toast: text.settings.saved };
  },
});

function feesAfter(fees: Preferences["fees"], asked: Exclude<FeesAsk, { readonly kind: "wrong" }>): Preferences["fees"] {
  if (asked.kind === "reset-all") return {};
  const others = Object.entries(fees).filter(([feed]) => feed !== asked.market.feed);
  return Object.fromEntries(asked.kind === "set" ? [...others, [asked.market.feed, asked.rate]] : others);
}
