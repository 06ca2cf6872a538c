import type { Preferences } from "../domain/person.ts";
import type { VenueId } from "../domain/venue.ts";
import { START_BARS, START_SIZES_USD, type StartInput } from "./messages/start.ts";

/** What one tap changes and which screen follows. A tap that means nothing begins again. */
export function tap(
  args: string,
  preferences: Preferences,
  venues: readonly VenueId[],
): { readonly preferences: Preferences; readonly step: StartInput["step"] } {
  const [what = "", value = ""] = args.split(":");
  if (what === "all") return { preferences: { ...preferences, venues: null }, step: "size" };
  if (what === "size" || what === "bar") return { preferences, step: what };
  if (what === "v" && venues.includes(value))
    return { preferences: { ...preferences, venues: toggled(preferences.venues, value, venues) }, step: "venues" };
  const sizeUsd = START_SIZES_USD.find((size) => what === "s" && String(size) === value);
  if (sizeUsd !== undefined) return { preferences: { ...preferences, sizeUsd }, step: "bar" };
  const bar = START_BARS.find((each) => what === "b" && String(each) === value);
  if (bar !== undefined) return { preferences: { ...preferences, bar: { kind: "net-apr", value: bar }, onboarded: true }, step: "done" };
  return { preferences, step: "venues" };
}

/** The venues with one put in or taken out, in the order of the registry; all of them again when none is left. */
function toggled(chosen: readonly VenueId[] | null, venue: VenueId, venues: readonly VenueId[]): readonly VenueId[] | null {
  if (chosen === null) return [venue];
  const left = chosen.includes(venue) ? chosen.filter((each) => each !== venue) : [...chosen, venue];
  return left.length === 0 ? null : venues.filter((each) => left.includes(each));
}
