import { SECOND_MS } from "../domain/units.ts";

/** An update that was answered, with the times of its claim and its end, epoch ms. */
export type DoneMark = { readonly updateId: number; readonly claimedAtMs: number; readonly doneAtMs: number };

/** A claim that is not marked as done may be taken again after so long: its isolate is gone. */
export const CLAIM_LIMIT_MS = 60 * SECOND_MS;

/**
 * One statement for a claim and for done marks of earlier updates. Returns what it wrote: a claim that is not returned
 * belongs to somebody else, or is done. ?1: rows [id, claimed, done or null]; ?2: how long a claim holds.
 */
export const WRITE_UPDATES_SQL = `
  INSERT INTO telegram_updates (update_id, claimed_at_ms, done_at_ms)
  SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?1) WHERE true
  ON CONFLICT (update_id) DO UPDATE SET
    claimed_at_ms = CASE WHEN excluded.done_at_ms IS NULL THEN excluded.claimed_at_ms ELSE telegram_updates.claimed_at_ms END,
    done_at_ms = excluded.done_at_ms
  WHERE telegram_updates.done_at_ms IS NULL
    AND (excluded.done_at_ms IS NOT NULL OR telegram_updates.claimed_at_ms <= excluded.claimed_at_ms - ?2)
  RETURNING update_id AS updateId, done_at_ms AS doneAtMs`;

/** Claims an update and writes done marks, in one statement. True when the update is ours to answer. */
export async function claimUpdate(
  db: D1Database,
  claim: { readonly updateId: number; readonly nowMs: number; readonly marks: readonly DoneMark[] },
): Promise<boolean> {
  const { updateId, nowMs, marks } = claim;
  const rows = [...marks.map((mark) => rowOf(mark)), [updateId, nowMs, null]];
  const { results } = await db.prepare(WRITE_UPDATES_SQL).bind(JSON.stringify(rows), CLAIM_LIMIT_MS).all();
  return results.some((row) => row["updateId"] === updateId && row["doneAtMs"] === null);
}

/** Writes done marks alone. */
export async function markUpdatesDone(db: D1Database, marks: readonly DoneMark[]): Promise<void> {
  await db
    .prepare(WRITE_UPDATES_SQL)
    .bind(JSON.stringify(marks.map((mark) => rowOf(mark))), CLAIM_LIMIT_MS)
    .run();
}

const rowOf = ({ updateId, claimedAtMs, doneAtMs }: DoneMark): readonly number[] => [updateId, claimedAtMs, doneAtMs];
