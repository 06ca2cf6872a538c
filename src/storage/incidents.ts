import * as z from "zod";
import type { Incident } from "../domain/incident.ts";

export const LOAD_INCIDENTS_SQL = `
  SELECT kind, subject, state, bad_count AS badCount, opened_at_ms AS openedAtMs, recovered_at_ms AS recoveredAtMs, label, detail,
    updated_at AS seenAtMs
  FROM incidents WHERE kind IN (SELECT value FROM json_each(?1)) ORDER BY kind, subject LIMIT 1000`;

/** An older observation than the stored one changes nothing, so that work done twice, or out of order, cannot turn it back. */
export const SAVE_INCIDENTS_SQL = `
  INSERT INTO incidents (kind, subject, state, bad_count, opened_at_ms, recovered_at_ms, label, detail, updated_at)
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value -> 7, value ->> 8
  FROM json_each(?1) WHERE true
  ON CONFLICT (kind, subject) DO UPDATE SET state = excluded.state, bad_count = excluded.bad_count,
    opened_at_ms = excluded.opened_at_ms, recovered_at_ms = excluded.recovered_at_ms, label = excluded.label,
    detail = excluded.detail, updated_at = excluded.updated_at
  WHERE excluded.updated_at > incidents.updated_at`;

const LIST_INCIDENTS_SQL = `
  SELECT kind, subject, state, bad_count AS badCount, opened_at_ms AS openedAtMs, recovered_at_ms AS recoveredAtMs, label, detail,
    updated_at AS seenAtMs
  FROM incidents WHERE state <> 'ok' ORDER BY updated_at DESC, kind, subject LIMIT 50`;

const epochMs = z.number().int();
const rowSchema = z.object({
  kind: z.string(),
  subject: z.string(),
  state: z.enum(["ok", "open", "cool-down"]),
  badCount: z.number().int(),
  openedAtMs: epochMs.nullable(),
  recoveredAtMs: epochMs.nullable(),
  label: z.string(),
  detail: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(z.object({ lines: z.array(z.string()), badSinceMs: epochMs.nullable() })),
  seenAtMs: epochMs,
});

/** Every incident of the kinds. @throws ZodError when a row is not what was written */
export async function loadIncidents(db: D1Database, kinds: readonly string[]): Promise<readonly Incident[]> {
  const { results } = await db.prepare(LOAD_INCIDENTS_SQL).bind(JSON.stringify(kinds)).all();
  return results.map(incidentOf);
}

/** The statement that writes incidents, for a batch with what is told of them. */
export function incidentsStatement(db: D1Database, incidents: readonly Incident[]): D1PreparedStatement {
  const rows = incidents.map(({ kind, subject, state, badCount, badSinceMs, openedAtMs, recoveredAtMs, label, detail, seenAtMs }) => [
    kind,
    subject,
    state,
    badCount,
    openedAtMs,
    recoveredAtMs,
    label,
    { lines: detail, badSinceMs },
    seenAtMs,
  ]);
  return db.prepare(SAVE_INCIDENTS_SQL).bind(JSON.stringify(rows));
}

/** What is open or cools down, the latest first. */
export const currentIncidents = (db: D1Database): D1PreparedStatement => db.prepare(LIST_INCIDENTS_SQL);

/** A row as the statements here select it. */
export function incidentOf(row: unknown): Incident {
  const { detail, ...rest } = rowSchema.parse(row);
  return { ...rest, detail: detail.lines, badSinceMs: detail.badSinceMs };
}
