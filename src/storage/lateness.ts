import * as z from "zod";

/** From the end of a scan to Telegram's acceptance, ms; `null` where nothing was sent. */
export type Lateness = { readonly p50: number | null; readonly p95: number | null };

/** Nearest-rank percentiles: the smallest value that at least so many hundredths do not exceed. */
export const LATENESS_SQL = `
  WITH late AS (
    SELECT sent_at_ms - scan_at_ms AS ms, row_number() OVER (ORDER BY sent_at_ms - scan_at_ms) AS place, count(*) OVER () AS count
    FROM deliveries WHERE status = 'sent' AND sent_at_ms > ?1 AND scan_at_ms IS NOT NULL)
  SELECT min(CASE WHEN place * 100 >= count * 50 THEN ms END) AS p50, min(CASE WHEN place * 100 >= count * 95 THEN ms END) AS p95
  FROM late LIMIT 1`;

export const latenessSchema: z.ZodType<Lateness> = z.object({ p50: z.number().nullable(), p95: z.number().nullable() });

/** How late messages were that were sent since a time, epoch ms. */
export async function latenessOf(db: D1Database, sinceMs: number): Promise<Lateness> {
  const row = await db.prepare(LATENESS_SQL).bind(sinceMs).first();
  return row === null ? { p50: null, p95: null } : latenessSchema.parse(row);
}
