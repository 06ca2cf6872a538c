import * as z from "zod";
import { DELIVERY_KINDS, DELIVERY_STATUSES, type Told } from "../domain/delivery.ts";
import { feedIdOf } from "../domain/feed.ts";
import { STRATEGIES } from "../domain/opportunity.ts";

/**
 * What a page of people was told: anything about the rows asked for, and everything but suppressed rows since a time. One
 * statement for all of them; each half goes by its own index.
 * ?1 and ?2: first and last person of the page; ?3: rows; ?4: epoch ms.
 */
export const TOLD_SQL = `
  WITH found AS (
    SELECT event_id, telegram_id FROM json_each(?3) AS asked
      CROSS JOIN deliveries ON deliveries.opportunity_id = asked.value AND deliveries.telegram_id BETWEEN ?1 AND ?2
    UNION
    SELECT event_id, deliveries.telegram_id FROM people
      CROSS JOIN deliveries ON deliveries.telegram_id = people.telegram_id AND deliveries.created_at > ?4
    WHERE people.telegram_id BETWEEN ?1 AND ?2 AND deliveries.status <> 'suppressed' AND deliveries.opportunity_id IS NOT NULL)
  SELECT told.event_id AS eventId, told.telegram_id AS telegramId, told.kind, told.status, told.reason, told.protective,
    told.opportunity_id AS opportunityId, told.strategy, told.asset, told.net_told AS netTold, told.terms_told AS termsTold, told.created_at AS createdAtMs,
    opportunities.status AS rowStatus
  FROM found JOIN deliveries AS told ON told.event_id = found.event_id AND told.telegram_id = found.telegram_id
  LEFT JOIN opportunities ON opportunities.id = told.opportunity_id`;

const leg = [z.string(), z.enum(["spot", "perpetual"]), z.number().nullable()] as const;
const termsSchema = z
  .tuple([z.number(), z.number(), ...leg, ...leg])
  .transform(([sizeUsd, horizonHours, longVenue, longKind, longFee, shortVenue, shortKind, shortFee]): NonNullable<Told["termsTold"]> => {
    const fees = [
      [feedIdOf(longVenue, longKind), longFee],
      [feedIdOf(shortVenue, shortKind), shortFee],
    ] as const;
    return { sizeUsd, horizonHours, fees: Object.fromEntries(fees.flatMap(([feed, fee]) => (fee === null ? [] : [[feed, fee]]))) };
  });
/** The terms of a net, as the column has them. */
const termsText = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(termsSchema);

const toldSchema = z
  .object({
    eventId: z.string(),
    telegramId: z.number(),
    kind: z.enum(DELIVERY_KINDS),
    status: z.enum(DELIVERY_STATUSES),
    reason: z.string().nullable(),
    protective: z.number(),
    opportunityId: z.string().nullable(),
    strategy: z.enum(STRATEGIES).nullable(),
    asset: z.string().nullable(),
    netTold: z.number().nullable(),
    termsTold: termsText.nullable(),
    createdAtMs: z.number(),
    rowStatus: z.string().nullable(),
  })
  .transform(({ rowStatus, protective, ...row }): Told => {
    return { ...row, protective: protective === 1, rowOpen: rowStatus !== null && rowStatus !== "closed" };
  });

/** What the people from `first` to `last` were told about some rows, and lately about any; by person, in one statement. */
export async function toldTo(
  db: D1Database,
  asked: { readonly first: number; readonly last: number; readonly opportunityIds: readonly string[]; readonly sinceMs: number },
): Promise<ReadonlyMap<number, readonly Told[]>> {
  const { results } = await db.prepare(TOLD_SQL).bind(asked.first, asked.last, JSON.stringify(asked.opportunityIds), asked.sinceMs).all();
  const byPerson = new Map<number, Told[]>();
  for (const row of results) {
    const told = toldSchema.parse(row);
    const known = byPerson.get(told.telegramId);
    if (known === undefined) byPerson.set(told.telegramId, [told]);
    else known.push(told);
  }
  return byPerson;
}
