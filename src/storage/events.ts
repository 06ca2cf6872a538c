import * as z from "zod";
import type { Opportunity, OpportunityEvent } from "../domain/opportunity.ts";
import { type ScanDetail, scanDetailSchema } from "./scan-record.ts";
import { readScanRow } from "./scans.ts";
import { eventSchema, opportunityRowSchema, schemaProblem } from "./schemas.ts";
import type { UnreadableRow } from "./opportunities.ts";

/** One scan by the start of its slot, without its observations. */
export const SCAN_OF_SLOT_SQL = `
  SELECT id AS slotMs, scan_id AS scanId, trigger, market, started_at_ms AS startedAtMs, finished_at_ms AS finishedAtMs,
    interval_seconds AS intervalSeconds, verdict, reason, open_count, opened_count, updated_count, closed_count,
    funnel, rejections, flags, venues, near_misses AS nearMisses, unpriced
  FROM scans WHERE id = ?1`;

/**
 * Rows that a scan may have changed: those that are not closed, and those closed since its slot began (?2). An index of
 * events by scan would cost each event one more row written; this reads a few hundred entries of indexes that are there.
 */
const ROWS_SINCE_SQL = `
  SELECT id FROM opportunities WHERE status <> 'closed'
  UNION ALL SELECT id FROM opportunities WHERE status = 'closed' AND closed_at_ms >= ?2 LIMIT 20000`;

export const EVENTS_OF_SCAN_SQL = `
  SELECT event.id, event.opportunity_id AS opportunityId, event.kind, event.scan_id AS scanId, event.at_ms AS atMs, event.net,
    event.reason
  FROM (${ROWS_SINCE_SQL}) AS own
  CROSS JOIN opportunity_events AS event ON event.opportunity_id = own.id AND event.at_ms >= ?2
  WHERE event.scan_id = ?1 LIMIT 20000`;

/** Rows that a scan changed, as they stand now. */
export const ROWS_OF_SCAN_SQL = `
  SELECT id, key, status, opened_at_ms AS openedAtMs, closed_at_ms AS closedAtMs, close_reason AS closeReason,
    no_data_since_ms AS noDataSinceMs, no_data_reason AS noDataReason, revivals, scans_merged AS scansMerged,
    first_seen_at_ms AS firstSeenAtMs, last_seen_at_ms AS lastSeenAtMs, priced
  FROM opportunities WHERE id IN (
    SELECT event.opportunity_id FROM (${ROWS_SINCE_SQL}) AS own
    CROSS JOIN opportunity_events AS event ON event.opportunity_id = own.id AND event.at_ms >= ?2 WHERE event.scan_id = ?1)
  LIMIT 4000`;

/** What a scan did. */
export type ScanEvents = {
  /** `null` where D1 has no such scan, or one that is not what was written. */
  readonly scan: ScanDetail | null;
  readonly rows: readonly { readonly row: Opportunity; readonly events: readonly OpportunityEvent[] }[];
  /** Rows and events that are not what was written. */
  readonly unreadable: readonly UnreadableRow[];
};

const idSchema = z.object({ id: z.string() }).catch({ id: "" });

/** A scan with its events and their rows, read in one batch. */
export async function loadScanEvents(
  db: D1Database,
  { scanId, slotMs }: { readonly scanId: string; readonly slotMs: number },
): Promise<ScanEvents> {
  const [scans, events, rows] = await db.batch<Record<string, unknown>>([
    db.prepare(SCAN_OF_SLOT_SQL).bind(slotMs),
    db.prepare(EVENTS_OF_SCAN_SQL).bind(scanId, slotMs),
    db.prepare(ROWS_OF_SCAN_SQL).bind(scanId, slotMs),
  ]);
  const unreadable: UnreadableRow[] = [];
  const readable = <T>(schema: z.ZodType<T>, found: readonly unknown[]): readonly T[] =>
    found.flatMap((each) => {
      const parsed = schema.safeParse(each);
      if (parsed.success) return [parsed.data];
      unreadable.push({ id: idSchema.parse(each).id, message: schemaProblem(parsed.error) });
      return [];
    });
  const byRow = Map.groupBy(readable(eventSchema, events?.results ?? []), ({ opportunityId }) => opportunityId);
  const scan = scans?.results[0];
  return {
    scan: scan === undefined ? null : readScanRow(scan, scanDetailSchema),
    rows: readable(opportunityRowSchema, rows?.results ?? []).map((row) => ({ row, events: byRow.get(row.id) ?? [] })),
    unreadable,
  };
}
