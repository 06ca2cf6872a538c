import * as z from "zod";
import { err, ok, type Result } from "../domain/result.ts";
import type { VenueId } from "../domain/venue.ts";
import { jsonParameters } from "./d1.ts";
import { OPPORTUNITY_COLUMNS } from "./save-scan.ts";
import { type StoredFault, storedRowFault } from "./stored-row-check.ts";
import { type Finding, foundValue } from "./validation-runs.ts";

/** A row that was taken out of `opportunities`, whole, with its events. */
export type QuarantinedRow = StoredFault & {
  readonly rowId: string;
  readonly rowKey: string;
  readonly quarantinedAtMs: number;
  readonly runId: string;
  readonly by: string;
  readonly restoredAtMs: number | null;
  /** Its columns by name. */
  readonly row: Readonly<Record<string, unknown>>;
  readonly events: readonly unknown[];
};

/** What was found, if the row is still the one that it was found in. */
const TAKE_SQL = `
  INSERT INTO quarantined_rows (row_id, quarantined_at_ms, row_key, rule, value, message, row, events, run_id, quarantined_by)
  SELECT own.id, ?2, given.value ->> 'rowKey', given.value ->> 'rule', given.value -> 'value', given.value ->> 'message',
    given.value -> 'row', given.value -> 'events', ?3, ?4
  FROM json_each(?1) AS given JOIN opportunities AS own
    ON own.id = given.value ->> 'rowId' AND own.updated_at = given.value ->> 'rowUpdatedAt'
  WHERE true ON CONFLICT (row_id, quarantined_at_ms) DO NOTHING`;
const TAKEN =
  "SELECT row_id FROM quarantined_rows WHERE quarantined_at_ms = ?1 AND run_id = ?2 AND row_id IN (SELECT value FROM json_each(?3))";
const DROP_EVENTS_SQL = `DELETE FROM opportunity_events WHERE opportunity_id IN (${TAKEN})`;
const DROP_ROWS_SQL = `DELETE FROM opportunities WHERE id IN (${TAKEN})`;
/** One audit a row: rule, value, key, when and who. */
const AUDIT_SQL = `
  INSERT INTO audits (id, at_ms, actor, action, target, detail)
  SELECT run_id || '|' || row_id, quarantined_at_ms, quarantined_by, 'row.quarantine', 'opportunity:' || row_id,
    json_object('rule', rule, 'value', json(value), 'key', row_key, 'message', message, 'run', run_id)
  FROM quarantined_rows WHERE quarantined_at_ms = ?1 AND run_id = ?2 AND row_id IN (SELECT value FROM json_each(?3))
  ON CONFLICT (id) DO NOTHING`;
const EVENTS_SQL = `
  SELECT id, opportunity_id, kind, scan_id, at_ms, net, reason, created_at FROM opportunity_events
  WHERE opportunity_id IN (SELECT value FROM json_each(?1)) ORDER BY at_ms, id`;

const QUARANTINED = `row_id AS rowId, row_key AS rowKey, quarantined_at_ms AS quarantinedAtMs, run_id AS runId, quarantined_by AS "by",
    rule, value, message, restored_at_ms AS restoredAtMs, row, events`;
const LIST_QUARANTINED_SQL = `
  SELECT ${QUARANTINED} FROM quarantined_rows WHERE (row_id, quarantined_at_ms) > (?1, ?2) ORDER BY row_id, quarantined_at_ms LIMIT ?3`;
const LATEST_OF_SQL = `
  SELECT ${QUARANTINED} FROM quarantined_rows WHERE row_id = ?1 AND restored_at_ms IS NULL ORDER BY quarantined_at_ms DESC LIMIT 1`;
/** First the mark, which only a free place gets: no row of its id, and no other that is not closed under its key. */
const MARK_RESTORED_SQL = `
  UPDATE quarantined_rows SET restored_at_ms = ?3 WHERE row_id = ?1 AND quarantined_at_ms = ?2 AND restored_at_ms IS NULL
    AND NOT EXISTS (SELECT 1 FROM opportunities WHERE id = ?1)
    AND (row ->> 'status' = 'closed' OR NOT EXISTS (SELECT 1 FROM opportunities WHERE key = row_key AND status <> 'closed'))`;
const MARKED = "quarantined_rows WHERE row_id = ?1 AND quarantined_at_ms = ?2 AND restored_at_ms = ?3";
const RESTORE_ROW_SQL = `
  INSERT INTO opportunities (${OPPORTUNITY_COLUMNS.join(", ")})
  SELECT ${OPPORTUNITY_COLUMNS.map((name) => `row ->> '${name}'`).join(", ")} FROM ${MARKED}`;
const RESTORE_EVENTS_SQL = `
  INSERT INTO opportunity_events (id, opportunity_id, kind, scan_id, at_ms, net, reason, created_at)
  SELECT event.value ->> 'id', event.value ->> 'opportunity_id', event.value ->> 'kind', event.value ->> 'scan_id',
    event.value ->> 'at_ms', event.value ->> 'net', event.value ->> 'reason', event.value ->> 'created_at'
  FROM (SELECT events FROM ${MARKED}) AS marked, json_each(marked.events) AS event`;
const RESTORE_AUDIT_SQL = `
  INSERT INTO audits (id, at_ms, actor, action, target, detail)
  SELECT ?4, ?3, ?5, 'row.restore', 'opportunity:' || ?1, json_object('rule', rule, 'key', row_key, 'quarantinedAtMs', quarantined_at_ms)
  FROM ${MARKED}`;

export const MOST_QUARANTINED_PAGE = 50;

/** A finding with the row it was found in. */
export type FoundRow = { readonly finding: Finding; readonly row: Readonly<Record<string, unknown>> };

/**
 * The statements that take rows out of `opportunities`, with their events and an audit each. A row that was written since it
 * was read stays, and so does one that got an event since: then the transaction fails, and the next step takes it.
 */
export async function quarantineStatements(
  db: D1Database,
  found: readonly FoundRow[],
  { runId, by, nowMs }: { readonly runId: string; readonly by: string; readonly nowMs: number },
): Promise<readonly D1PreparedStatement[]> {
  const ids = JSON.stringify(found.map(({ finding }) => finding.rowId));
  const { results: events } = await db.prepare(EVENTS_SQL).bind(ids).all();
  const given = found.map(({ finding, row }) => ({
    ...finding,
    row,
    events: events.filter((event) => event["opportunity_id"] === finding.rowId),
  }));
  return [
    ...jsonParameters(given).map((json) => db.prepare(TAKE_SQL).bind(json, nowMs, runId, by)),
    ...[DROP_EVENTS_SQL, DROP_ROWS_SQL, AUDIT_SQL].map((sql) => db.prepare(sql).bind(nowMs, runId, ids)),
  ];
}

/** Where a page of quarantined rows ends. */
export type QuarantineKey = { readonly rowId: string; readonly atMs: number };

/** Rows in quarantine and those put back from it, by id. */
export async function listQuarantined(
  db: D1Database,
  { after, limit }: { readonly after: QuarantineKey | null; readonly limit: number },
): Promise<readonly QuarantinedRow[]> {
  const { results } = await db
    .prepare(LIST_QUARANTINED_SQL)
    .bind(after?.rowId ?? "", after?.atMs ?? 0, limit)
    .all();
  return results.map((row) => quarantinedSchema.parse(row));
}

export type RestoreRefusal =
  | { readonly kind: "not-in-quarantine" }
  | { readonly kind: "does-not-hold"; readonly fault: StoredFault }
  /** A row of its id, or an open one of its key, is there. */
  | { readonly kind: "taken" };

/** Puts a row back, with its events, if it passes the rules as they are now and its place is free. */
export async function restoreRow(
  db: D1Database,
  rowId: string,
  act: { readonly by: string; readonly auditId: string; readonly nowMs: number; readonly venues: ReadonlySet<VenueId> },
): Promise<Result<QuarantinedRow, RestoreRefusal>> {
  const found = await db.prepare(LATEST_OF_SQL).bind(rowId).first();
  if (found === null) return err({ kind: "not-in-quarantine" });
  const quarantined = quarantinedSchema.parse(found);
  const fault = storedRowFault(quarantined.row, act);
  if (fault !== null) return err({ kind: "does-not-hold", fault });
  const marked = [rowId, quarantined.quarantinedAtMs, act.nowMs];
  const results = await db.batch([
    ...[MARK_RESTORED_SQL, RESTORE_ROW_SQL, RESTORE_EVENTS_SQL].map((sql) => db.prepare(sql).bind(...marked)),
    db.prepare(RESTORE_AUDIT_SQL).bind(...marked, act.auditId, act.by),
  ]);
  return (results[0]?.meta.changes ?? 0) > 0 ? ok({ ...quarantined, restoredAtMs: act.nowMs }) : err({ kind: "taken" });
}

const jsonText = z.string().transform((text): unknown => JSON.parse(text));
const quarantinedSchema: z.ZodType<QuarantinedRow> = z.object({
  rowId: z.string(),
  rowKey: z.string(),
  quarantinedAtMs: z.number(),
  runId: z.string(),
  by: z.string(),
  rule: z.string(),
  value: foundValue,
  message: z.string(),
  restoredAtMs: z.number().nullable(),
  row: jsonText.pipe(z.record(z.string(), z.unknown())),
  events: jsonText.pipe(z.array(z.unknown())),
});
