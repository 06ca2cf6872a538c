import type { LocationHint } from "../domain/venue.ts";
import type { VenueAdapter } from "../venues/adapter.ts";

/** The object that a feed lives in: its name, and where it is asked to live. */
export type FeedPlace = { readonly name: string; readonly region: LocationHint | null };

/**
 * Where a feed lives. A hint holds when an object is made and never again, so another region is another object, which
 * starts without the budget, breaker and metadata of the first: it calls from another address.
 * @param regions by venue id; `none` takes the adapter's own region away
 * @example feedPlace({ id: "okx-spot", facts: { id: "okx" }, region: null }, { okx: "weur" }) // { name: "okx-spot@weur", region: "weur" }
 */
export function feedPlace(
  feed: Pick<VenueAdapter, "id" | "region"> & { readonly facts: { readonly id: string } },
  regions: Readonly<Record<string, LocationHint | "none">>,
): FeedPlace {
  const { id, facts } = feed;
  const asked = Object.hasOwn(regions, facts.id) ? regions[facts.id] : undefined;
  const region = asked === undefined ? feed.region : asked === "none" ? null : asked;
  return { name: region === feed.region ? id : `${id}@${region ?? "none"}`, region };
}
