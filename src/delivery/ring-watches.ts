import type { NewDelivery } from "../domain/delivery.ts";
import type { Mute, Person } from "../domain/person.ts";
import type { MarketColumns } from "../storage/market-columns.ts";
import { peopleByIds } from "../storage/people.ts";
import { liveWatches, saveArmed } from "../storage/watches.ts";
import { isQuiet, type LocalClock } from "./local-time.ts";
import { isCoin } from "./my-cards.ts";
import { type WatchHits, watchHits } from "./watches.ts";

/**
 * Looks at every watch once a scan. `store` is given the messages before the watches are disarmed, so that work which was cut
 * short is done again and makes the same messages under the same ids. A watch on what is muted, or in quiet hours, stays armed
 * and rings afterwards if the rate still is past its value.
 */
export async function ringWatches(input: {
  readonly db: D1Database;
  readonly market: MarketColumns;
  readonly slotMs: number;
  readonly scanAtMs: number;
  readonly nowMs: number;
  readonly clock: LocalClock;
  readonly store: (deliveries: readonly NewDelivery[]) => Promise<void>;
}): Promise<void> {
  const { db, market, nowMs, clock } = input;
  const watches = await liveWatches(db);
  if (watches.length === 0) return;
  const { fired, changed } = watchHits(watches, market, nowMs);
  if (changed.length === 0) return;
  const people = await peopleByIds(
    db,
    fired.map(({ watch }) => watch.telegramId),
  );
  const rings = fired.filter(({ watch }) => {
    const person = people.get(watch.telegramId);
    return person !== undefined && !isSilenced(watch, person, nowMs) && !isQuiet(person.preferences.quiet, nowMs, clock);
  });
  const rang = new Set(rings.map(({ watch }) => nameOf(watch)));
  if (rings.length > 0) await input.store(rings.map((ring) => deliveryOf(ring, input)));
  await saveArmed(
    db,
    changed.filter((watch) => watch.armed || rang.has(nameOf(watch))),
  );
}

type Ring = WatchHits["fired"][number];
type Watched = Ring["watch"];

const nameOf = ({ telegramId, asset, venue, direction }: Watched): string => `${telegramId}:${asset}:${venue}:${direction}`;

function isSilenced({ asset, venue }: Watched, { preferences }: Person, nowMs: number): boolean {
  const covers = ({ scope, value }: Mute): boolean => (scope === "asset" && isCoin(asset, value)) || (scope === "venue" && value === venue);
  return preferences.mutes.some((mute) => (mute.untilMs === null || mute.untilMs > nowMs) && covers(mute));
}

function deliveryOf(
  { watch, ratePer8h, readAtMs }: Ring,
  { slotMs, scanAtMs }: { readonly slotMs: number; readonly scanAtMs: number },
): NewDelivery {
  const { telegramId, asset, venue, direction, ratePer8h: barPer8h } = watch;
  return {
    eventId: `watch:${nameOf(watch)}:${slotMs}`,
    telegramId,
    kind: "watch",
    status: "queued",
    reason: null,
    protective: false,
    silent: false,
    opportunityId: null,
    strategy: null,
    asset,
    netTold: null,
    payload: { kind: "watch", asset, venue, direction, ratePer8h, barPer8h },
    venueAtMs: readAtMs,
    scanAtMs,
  };
}
