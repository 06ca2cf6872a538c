import * as z from "zod";
import { HOUR_MS } from "../domain/units.ts";

/**
 * Rows that are not closed, counted by other columns than the index that keeps them single: a row is double when an earlier
 * one has its key, or when both are open on the same instruments under one strategy.
 */
export const DOUBLE_ROWS_SQL = `
  WITH placed AS (
    SELECT id, status, row_number() OVER (PARTITION BY key ORDER BY opened_at_ms, id) AS of_key,
      row_number() OVER (PARTITION BY status, strategy, long_venue, long_symbol, short_venue, short_symbol
        ORDER BY opened_at_ms, id) AS of_legs
    FROM opportunities WHERE status <> 'closed')
  SELECT count(*) AS every, coalesce(sum(of_key > 1 OR (status = 'open' AND of_legs > 1)), 0) AS double,
    json_group_array(id) FILTER (WHERE of_key > 1 OR (status = 'open' AND of_legs > 1)) AS names
  FROM placed LIMIT 1`;

/**
 * Messages made since ?1, person by person: one is double when an earlier one is of the same event, or says the same of the
 * same row after the same scan. Digests and watches are counted and not named, since their names hold a person's id.
 */
export const DOUBLE_DELIVERIES_SQL = `
  WITH placed AS (
    SELECT made.event_id, made.kind, row_number() OVER (PARTITION BY made.telegram_id, made.event_id ORDER BY made.created_at) AS of_event,
      CASE WHEN made.opportunity_id IS NULL THEN 1 ELSE row_number() OVER (
        PARTITION BY made.telegram_id, made.opportunity_id, made.kind, made.scan_at_ms, made.payload ORDER BY made.created_at) END AS of_text
    FROM people CROSS JOIN deliveries AS made ON made.telegram_id = people.telegram_id AND made.created_at > ?1)
  SELECT count(*) AS every, coalesce(sum(of_event > 1 OR of_text > 1), 0) AS double,
    json_group_array(event_id) FILTER (WHERE (of_event > 1 OR of_text > 1) AND kind NOT IN ('digest', 'watch')) AS names
  FROM placed LIMIT 1`;

const LATEST_CHECK_SQL = "SELECT id FROM duplicate_checks ORDER BY id DESC LIMIT 1";
const SAVE_CHECK_SQL = `
  INSERT INTO duplicate_checks (id, rows_checked, rows_double, deliveries_checked, deliveries_double, samples, created_at)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO NOTHING`;
export const LIST_CHECKS_SQL = `
  SELECT id AS hourMs, rows_checked AS rowsChecked, rows_double AS rowsDouble, deliveries_checked AS deliveriesChecked,
    deliveries_double AS deliveriesDouble, samples, created_at AS atMs
  FROM duplicate_checks WHERE id >= ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3`;

/** Doubles that a check names. */
const MOST_SAMPLES = 10;

/** What one check found. `samples` are ids of rows and events. */
export type DuplicateCheck = {
  /** Start of its hour, epoch ms. */
  readonly hourMs: number;
  readonly rowsChecked: number;
  readonly rowsDouble: number;
  readonly deliveriesChecked: number;
  readonly deliveriesDouble: number;
  readonly samples: readonly string[];
  readonly atMs: number;
};

/** Whether the hour of a time has had its check. */
export async function isHourChecked(db: D1Database, nowMs: number): Promise<boolean> {
  const latestMs = await db.prepare(LATEST_CHECK_SQL).first<number>("id");
  return latestMs !== null && latestMs >= hourOf(nowMs);
}

/** Counts what is double now. Messages of the last two hours are looked at, so that none falls between two checks. */
export async function countDuplicates(db: D1Database, nowMs: number): Promise<DuplicateCheck> {
  const results = await db.batch([db.prepare(DOUBLE_ROWS_SQL), db.prepare(DOUBLE_DELIVERIES_SQL).bind(nowMs - 2 * HOUR_MS)]);
  const [rows, deliveries] = results.map((result) => foundSchema.parse(result.results[0]));
  if (rows === undefined || deliveries === undefined) throw new Error("expected two counts, found fewer");
  return {
    hourMs: hourOf(nowMs),
    rowsChecked: rows.every,
    rowsDouble: rows.double,
    deliveriesChecked: deliveries.every,
    deliveriesDouble: deliveries.double,
    samples: [...rows.names, ...deliveries.names].slice(0, MOST_SAMPLES),
    atMs: nowMs,
  };
}

/** The statement that stores a check; the first of an hour stays. */
export const checkStatement = (db: D1Database, check: DuplicateCheck): D1PreparedStatement =>
  db
    .prepare(SAVE_CHECK_SQL)
    .bind(
      check.hourMs,
      check.rowsChecked,
      check.rowsDouble,
      check.deliveriesChecked,
      check.deliveriesDouble,
      JSON.stringify(check.samples),
      check.atMs,
    );

/** The checks of a period, newest first. */
export async function listChecks(
  db: D1Database,
  { fromMs, untilMs, limit }: { readonly fromMs: number; readonly untilMs: number; readonly limit: number },
): Promise<readonly DuplicateCheck[]> {
  const { results } = await db.prepare(LIST_CHECKS_SQL).bind(fromMs, untilMs, limit).all();
  return results.map((row) => checkSchema.parse(row));
}

const hourOf = (atMs: number): number => Math.floor(atMs / HOUR_MS) * HOUR_MS;

const count = z.number().int();
const names = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(z.array(z.string()));
const foundSchema = z.object({ every: count, double: count, names });
const checkSchema = z.object({
  hourMs: count,
  rowsChecked: count,
  rowsDouble: count,
  deliveriesChecked: count,
  deliveriesDouble: count,
  samples: names,
  atMs: count,
});
