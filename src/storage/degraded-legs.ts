import { feedIdOf } from "../domain/feed.ts";
import type { Priced } from "../domain/opportunity.ts";
import type { VenueId } from "../domain/venue.ts";
import type { VenueReport } from "./scan-record.ts";

/** An endpoint that failed at the venue of a leg although rows came: what it gives is missing from the leg, or old. */
export type DegradedLeg = { readonly side: "long" | "short"; readonly venue: VenueId } & VenueReport["degraded"][number];

/** What failed at the venues of both legs in the scan that the reports are of. */
export const degradedLegs = (pair: Pick<Priced, "long" | "short">, venues: readonly VenueReport[]): readonly DegradedLeg[] =>
  [pair.long, pair.short].flatMap(({ side, quote: { venue, kind } }) => {
    const report = venues.find(({ feed }) => feed === feedIdOf(venue, kind));
    return (report?.degraded ?? []).map((each) => ({ side, venue, ...each }));
  });
