import * as z from "zod";
import { costOf, type DbCost } from "./d1.ts";
import { type ScanDetail, scanDetailSchema, type ScanSummary, scanSummarySchema } from "./scan-record.ts";
import { schemaProblem } from "./schemas.ts";

/** Newest first by the slot, which is the table's own order. */
export const LATEST_SCAN_SQL = `
  SELECT id AS slotMs, scan_id AS scanId, trigger, market, started_at_ms AS startedAtMs, finished_at_ms AS finishedAtMs,
    interval_seconds AS intervalSeconds, verdict, reason, open_count, opened_count, updated_count, closed_count,
    funnel, rejections, flags, venues, near_misses AS nearMisses, unpriced, identity
  FROM scans ORDER BY id DESC LIMIT 1`;

export const LIST_SCANS_SQL = `
  SELECT id AS slotMs, scan_id AS scanId, trigger, market, started_at_ms AS startedAtMs, finished_at_ms AS finishedAtMs,
    interval_seconds AS intervalSeconds, verdict, reason, open_count, opened_count, updated_count, closed_count, funnel
  FROM scans WHERE id < ?1 ORDER BY id DESC LIMIT ?2`;

export const LATEST_SLOT_SQL = "SELECT id FROM scans ORDER BY id DESC LIMIT 1";

/** Scans that a page of the list holds at most. */
export const MAX_SCANS_PAGE = 200;

/** The newest scan with its explanation; `null` before the first one. Throws when the row is not what was written. */
export async function latestScan(db: D1Database): Promise<{ readonly scan: ScanDetail | null; readonly cost: DbCost }> {
  const result = await db.prepare(LATEST_SCAN_SQL).all();
  const row = result.results[0];
  return { scan: row === undefined ? null : readScanRow(row, scanDetailSchema), cost: costOf([result]) };
}

/** Start of the newest slot that was scanned, epoch ms; `null` before the first one. */
export const latestSlotMs = (db: D1Database): Promise<number | null> => db.prepare(LATEST_SLOT_SQL).first<number>("id");

/**
 * Scans before a slot, newest first. `next` is the `before` of the page after this one, `null` at the end.
 * Throws when a row is not what was written.
 */
export async function listScans(
  db: D1Database,
  { limit, before }: { readonly limit: number; readonly before: number | null },
): Promise<{ readonly scans: readonly ScanSummary[]; readonly next: number | null; readonly cost: DbCost }> {
  const size = Math.min(Math.max(1, Math.trunc(limit)), MAX_SCANS_PAGE);
  const result = await db
    .prepare(LIST_SCANS_SQL)
    .bind(before ?? Number.MAX_SAFE_INTEGER, size)
    .all();
  const scans = result.results.map((row) => readScanRow(row, scanSummarySchema));
  return { scans, next: scans.length < size ? null : (scans.at(-1)?.slotMs ?? null), cost: costOf([result]) };
}

const JSON_COLUMNS = ["funnel", "rejections", "flags", "venues", "nearMisses", "unpriced", "identity"] as const;
const countColumns = z.object({ open_count: z.number(), opened_count: z.number(), updated_count: z.number(), closed_count: z.number() });

/** A row of `scans` by a schema: its JSON columns parsed, its counts gathered. */
export function readScanRow<T>(row: Readonly<Record<string, unknown>>, schema: z.ZodType<T>): T {
  const whole: Record<string, unknown> = { ...row };
  for (const name of JSON_COLUMNS) if (typeof row[name] === "string") whole[name] = JSON.parse(row[name]);
  const { open_count: open, opened_count: opened, updated_count: updated, closed_count: closed } = countColumns.parse(row);
  const parsed = schema.safeParse({ ...whole, counts: { open, opened, updated, closed } });
  if (!parsed.success) throw new Error(`scan ${String(row["slotMs"])} in D1: ${schemaProblem(parsed.error)}`);
  return parsed.data;
}
