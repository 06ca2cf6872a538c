import { DAY_MS } from "../domain/units.ts";
import { HOURS_KEPT_MS } from "./quality-record.ts";

/** Telegram sends an update again for a day at most. */
const UPDATES_MS = 2 * DAY_MS;
/** Reasons why something was not sent, which /why shows. */
const REASONS_MS = 2 * DAY_MS;
const DELIVERIES_MS = 30 * DAY_MS;
const AUDITS_MS = 30 * DAY_MS;
/** Sessions that are over: the next /start makes a new one. */
const SESSIONS_MS = 30 * DAY_MS;
const DEAD_LETTERS_MS = 90 * DAY_MS;
/** Validations of stored rows with their findings; what they took out stays in quarantine. */
const VALIDATIONS_MS = 90 * DAY_MS;
/** Counts of what is double, hour by hour. */
const CHECKS_MS = 400 * DAY_MS;
/** Rows that one statement removes at most. */
const MOST_ROWS = 5_000;

/** Oldest claims first: ids of updates rise. */
export const PURGE_UPDATES_SQL = `
  DELETE FROM telegram_updates WHERE claimed_at_ms < ?1
    AND update_id IN (SELECT update_id FROM telegram_updates ORDER BY update_id LIMIT ?2)`;

/** Old deliveries, person by person through the index; what was told of a row that is not closed stays, so that it is not told anew. */
export const PURGE_DELIVERIES_SQL = `
  DELETE FROM deliveries WHERE (event_id, telegram_id) IN (
    SELECT old.event_id, old.telegram_id FROM people
      CROSS JOIN deliveries AS old ON old.telegram_id = people.telegram_id AND old.created_at < ?1
    WHERE (old.status = 'suppressed' OR old.created_at < ?2) AND old.status NOT IN ('queued', 'sending', 'held')
      AND (old.status = 'suppressed' OR NOT EXISTS (
        SELECT 1 FROM opportunities WHERE opportunities.id = old.opportunity_id AND opportunities.status <> 'closed'))
    LIMIT ?3)`;

/** Rows of nobody who is stored, of any age: each person with rows is found through the index, and looked up once. */
export const PURGE_ORPHANS_SQL = `
  WITH RECURSIVE somebody(id) AS (
    SELECT 0
    UNION ALL SELECT (SELECT telegram_id FROM deliveries WHERE telegram_id > somebody.id ORDER BY telegram_id LIMIT 1)
      FROM somebody WHERE somebody.id IS NOT NULL)
  DELETE FROM deliveries WHERE (event_id, telegram_id) IN (
    SELECT orphan.event_id, orphan.telegram_id FROM somebody CROSS JOIN deliveries AS orphan ON orphan.telegram_id = somebody.id
    WHERE somebody.id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM people WHERE people.telegram_id = somebody.id) LIMIT ?1)`;

/** Reads over HTTP and tries to become an operator; what operators changed stays. */
export const PURGE_AUDITS_SQL = `
  DELETE FROM audits WHERE id IN (
    SELECT id FROM audits WHERE at_ms < ?1 AND action IN ('http.get', 'operator.try') ORDER BY at_ms LIMIT ?2)`;

export const PURGE_SESSIONS_SQL = `
  DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE coalesce(ended_at_ms, expires_at_ms) < ?1 LIMIT ?2)`;

export const PURGE_DEAD_LETTERS_SQL = `
  DELETE FROM dead_letters WHERE id IN (SELECT id FROM dead_letters WHERE at_ms < ?1 LIMIT ?2)`;

/** Hours of the record of quality, once their day is summed; days stay. */
export const PURGE_QUALITY_HOURS_SQL = `
  DELETE FROM quality_hours WHERE id IN (
    SELECT id FROM quality_hours WHERE id < min(?1, coalesce((SELECT max(id) + 86400000 FROM quality_days), 0)) ORDER BY id LIMIT ?2)`;
export const PURGE_CHECKS_SQL = `
  DELETE FROM duplicate_checks WHERE id IN (SELECT id FROM duplicate_checks WHERE id < ?1 ORDER BY id LIMIT ?2)`;
/** Runs that removed first, since they name their dry run. */
const PURGE_VALIDATIONS_SQL = `
  DELETE FROM validation_runs WHERE state = 'done' AND ended_at_ms < ?1 AND NOT EXISTS (
    SELECT 1 FROM validation_runs AS later WHERE later.dry_run_id = validation_runs.id)`;

/** Removes what is kept no longer, a bounded part a call. Gives the rows removed. */
export async function purge(db: D1Database, nowMs: number): Promise<{ readonly updates: number; readonly deliveries: number }> {
  const [updates, deliveries] = await db.batch([
    db.prepare(PURGE_UPDATES_SQL).bind(nowMs - UPDATES_MS, MOST_ROWS),
    db.prepare(PURGE_DELIVERIES_SQL).bind(nowMs - REASONS_MS, nowMs - DELIVERIES_MS, MOST_ROWS),
    db.prepare(PURGE_AUDITS_SQL).bind(nowMs - AUDITS_MS, MOST_ROWS),
    db.prepare(PURGE_SESSIONS_SQL).bind(nowMs - SESSIONS_MS, MOST_ROWS),
    db.prepare(PURGE_DEAD_LETTERS_SQL).bind(nowMs - DEAD_LETTERS_MS, MOST_ROWS),
    db.prepare(PURGE_ORPHANS_SQL).bind(MOST_ROWS),
    db.prepare(PURGE_QUALITY_HOURS_SQL).bind(nowMs - HOURS_KEPT_MS, MOST_ROWS),
    db.prepare(PURGE_VALIDATIONS_SQL).bind(nowMs - VALIDATIONS_MS),
    db.prepare(PURGE_CHECKS_SQL).bind(nowMs - CHECKS_MS, MOST_ROWS),
  ]);
  return { updates: updates?.meta.changes ?? 0, deliveries: deliveries?.meta.changes ?? 0 };
}
