import * as z from "zod";
import type { DeliveryRef, NewDelivery } from "../domain/delivery.ts";
import { insertDeliveriesStatements, refSchema } from "./deliveries.ts";

/** An alert that waits for the end of quiet hours. */
export type HeldAlert = DeliveryRef & {
  readonly opportunityId: string | null;
  /** Epoch ms. */
  readonly createdAtMs: number;
};

/** Everybody for whom something waits. */
export const WAITING_PEOPLE_SQL = "SELECT DISTINCT telegram_id AS telegramId FROM deliveries WHERE status = 'held' LIMIT 10000";

/** What waits for some people. */
export const HELD_ALERTS_SQL = `
  SELECT event_id AS eventId, telegram_id AS telegramId, opportunity_id AS opportunityId, created_at AS createdAtMs
  FROM deliveries WHERE status = 'held' AND telegram_id IN (SELECT value FROM json_each(?1))
  ORDER BY telegram_id, created_at, event_id LIMIT 50000`;

export const DIGESTED_SQL = `
  UPDATE deliveries SET status = 'digested', reason = 'quiet-hours', updated_at = max(created_at, ?2)
  WHERE (event_id, telegram_id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?1)) AND status = 'held'`;

/** Ids of everybody for whom an alert waits. */
export async function waitingPeople(db: D1Database): Promise<readonly number[]> {
  const { results } = await db.prepare(WAITING_PEOPLE_SQL).all();
  return results.map((row) => z.object({ telegramId: z.number() }).parse(row).telegramId);
}

const heldSchema: z.ZodType<HeldAlert> = z.object({
  eventId: z.string(),
  telegramId: z.number(),
  opportunityId: z.string().nullable(),
  createdAtMs: z.number(),
});

/** What waits for some people, by person, oldest first. */
export async function heldAlerts(db: D1Database, telegramIds: readonly number[]): Promise<ReadonlyMap<number, readonly HeldAlert[]>> {
  const { results } = await db.prepare(HELD_ALERTS_SQL).bind(JSON.stringify(telegramIds)).all();
  return Map.groupBy(
    results.map((row) => heldSchema.parse(row)),
    ({ telegramId }) => telegramId,
  );
}

/** Stores digests and marks what is in them, in one batch: an alert is in one digest and never waits on. */
export async function saveDigests(
  db: D1Database,
  { digests, held, nowMs }: { readonly digests: readonly NewDelivery[]; readonly held: readonly DeliveryRef[]; readonly nowMs: number },
): Promise<readonly DeliveryRef[]> {
  const rows = JSON.stringify(held.map(({ eventId, telegramId }) => [eventId, telegramId]));
  await db.batch([...insertDeliveriesStatements(db, digests, nowMs), db.prepare(DIGESTED_SQL).bind(rows, nowMs)]);
  return digests.map((digest) => refSchema.parse(digest));
}
