import * as z from "zod";
import { MOST_WATCHES } from "../domain/person.ts";

/** "Tell me when the funding of this coin on this venue passes this value." */
export type Watch = {
  readonly telegramId: number;
  /** Coin with its identity cluster. */
  readonly asset: string;
  readonly venue: string;
  /** Fraction per 8 h. */
  readonly ratePer8h: number;
  readonly direction: "above" | "below";
  /** Whether the next pass is told; `false` from a pass until the rate has come back. */
  readonly armed: boolean;
};
/** Names one watch. */
export type WatchName = Pick<Watch, "telegramId" | "asset" | "venue" | "direction">;

export const WATCHES_OF_SQL = `
  SELECT telegram_id AS telegramId, asset, venue, rate_per_8h AS ratePer8h, direction, armed
  FROM watches WHERE telegram_id = ?1 ORDER BY asset, venue, direction LIMIT ${MOST_WATCHES}`;

/** Watches of people who get messages, a page behind a name. */
export const LIVE_WATCHES_SQL = `
  SELECT watches.telegram_id AS telegramId, asset, venue, rate_per_8h AS ratePer8h, direction, armed
  FROM watches JOIN people ON people.telegram_id = watches.telegram_id AND people.status = 'active'
  WHERE (watches.telegram_id, asset, venue, direction) > (?1, ?2, ?3, ?4)
  ORDER BY watches.telegram_id, asset, venue, direction LIMIT ?5`;

const SAVE_WATCH_SQL = `
  INSERT INTO watches (telegram_id, asset, venue, rate_per_8h, direction, armed, created_at)
  SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
  WHERE (SELECT count(*) FROM watches WHERE telegram_id = ?1 AND (asset, venue, direction) <> (?2, ?3, ?5)) < ${MOST_WATCHES}
  ON CONFLICT (telegram_id, asset, venue, direction) DO UPDATE SET rate_per_8h = excluded.rate_per_8h, armed = excluded.armed`;
const REMOVE_WATCH_SQL = "DELETE FROM watches WHERE telegram_id = ?1 AND asset = ?2 AND venue = ?3 AND direction = ?4";
const SET_ARMED_SQL = `
  UPDATE watches SET armed = changed.armed
  FROM (SELECT value ->> 0 AS telegram_id, value ->> 1 AS asset, value ->> 2 AS venue, value ->> 3 AS direction,
    value ->> 4 AS armed, value ->> 5 AS rate_per_8h FROM json_each(?1)) AS changed
  WHERE watches.telegram_id = changed.telegram_id AND watches.asset = changed.asset AND watches.venue = changed.venue
    AND watches.direction = changed.direction AND watches.rate_per_8h = changed.rate_per_8h`;

/** Watches read in one statement. */
const PAGE = 5_000;

/** A person's watches, by coin. */
export async function watchesOf(db: D1Database, telegramId: number): Promise<readonly Watch[]> {
  const { results } = await db.prepare(WATCHES_OF_SQL).bind(telegramId).all();
  return results.map((row) => watchSchema.parse(row));
}

/** Writes a watch, in place of the one of that name. False where the person has as many as they may. */
export async function saveWatch(db: D1Database, watch: Watch & { readonly nowMs: number }): Promise<boolean> {
  const { telegramId, asset, venue, ratePer8h, direction, armed, nowMs } = watch;
  const { meta } = await db
    .prepare(SAVE_WATCH_SQL)
    .bind(telegramId, asset, venue, ratePer8h, direction, armed ? 1 : 0, nowMs)
    .run();
  return meta.changes > 0;
}

/** False where there is no such watch. */
export async function removeWatch(db: D1Database, { telegramId, asset, venue, direction }: WatchName): Promise<boolean> {
  const { meta } = await db.prepare(REMOVE_WATCH_SQL).bind(telegramId, asset, venue, direction).run();
  return meta.changes > 0;
}

/** Every watch of people who get messages. */
export async function liveWatches(db: D1Database): Promise<readonly Watch[]> {
  const watches: Watch[] = [];
  let after: WatchName = { telegramId: 0, asset: "", venue: "", direction: "above" };
  for (;;) {
    const { results } = await db.prepare(LIVE_WATCHES_SQL).bind(after.telegramId, after.asset, after.venue, after.direction, PAGE).all();
    const page = results.map((row) => watchSchema.parse(row));
    watches.push(...page);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return watches;
    after = last;
  }
}

/** Writes whether these are armed, in one statement. A watch whose value was changed meanwhile stays as it is. */
export async function saveArmed(db: D1Database, watches: readonly Watch[]): Promise<void> {
  if (watches.length === 0) return;
  const rows = watches.map(({ telegramId, asset, venue, direction, armed, ratePer8h }) => [
    telegramId,
    asset,
    venue,
    direction,
    armed ? 1 : 0,
    ratePer8h,
  ]);
  await db.prepare(SET_ARMED_SQL).bind(JSON.stringify(rows)).run();
}

const watchSchema: z.ZodType<Watch> = z.object({
  telegramId: z.number(),
  asset: z.string(),
  venue: z.string(),
  ratePer8h: z.number(),
  direction: z.enum(["above", "below"]),
  armed: z.number().transform((armed) => armed === 1),
});
