import * as z from "zod";
import { DELIVERY_KINDS, DELIVERY_STATUSES } from "../domain/delivery.ts";
import type { ToldOfRow } from "../domain/told.ts";
import { LATEST_SCAN_SQL, readScanRow } from "./scans.ts";
import { type ScanDetail, scanDetailSchema } from "./scan-record.ts";

/** By the row's index; a person is told a handful of things about one row. */
const TOLD_OF_ROW_SQL = `
  SELECT kind, status, reason, created_at AS createdAtMs, sent_at_ms AS sentAtMs
  FROM deliveries WHERE opportunity_id = ?1 AND telegram_id = ?2 ORDER BY created_at DESC, event_id LIMIT 3`;

const toldSchema: z.ZodType<ToldOfRow> = z.object({
  kind: z.enum(DELIVERY_KINDS),
  status: z.enum(DELIVERY_STATUSES),
  reason: z.string().nullable(),
  createdAtMs: z.number(),
  sentAtMs: z.number().nullable(),
});

/**
 * What explains a pair to a person: the newest scan with its refusals, and what was told about the row, newest first. One D1
 * batch. Throws when a row is not what was written.
 */
export async function whyFacts(
  db: D1Database,
  { telegramId, opportunityId }: { readonly telegramId: number; readonly opportunityId: string | null },
): Promise<{ readonly scan: ScanDetail | null; readonly told: readonly ToldOfRow[] }> {
  const [scans, told] = await db.batch<Record<string, unknown>>([
    db.prepare(LATEST_SCAN_SQL),
    db.prepare(TOLD_OF_ROW_SQL).bind(opportunityId ?? "", telegramId),
  ]);
  const row = scans?.results[0];
  return {
    scan: row === undefined ? null : readScanRow(row, scanDetailSchema),
    told: (told?.results ?? []).map((each) => toldSchema.parse(each)),
  };
}
