import { HOUR_MS } from "../domain/units.ts";
import { type Audit, auditStatement, writeAudit, writeLimitedAudit } from "./audits.ts";

/** Tries to become the first operator, of one person in an hour. */
export const MOST_CLAIMS_AN_HOUR = 5;

/** The secret makes the first operator only; operators name the others. */
const CLAIM_SQL = `
  UPDATE people SET role = 'operator', updated_at = max(created_at, ?2)
  WHERE telegram_id = ?1 AND NOT EXISTS (SELECT 1 FROM people WHERE role = 'operator')`;
const NAME_SQL = "UPDATE people SET role = ?2, updated_at = max(created_at, ?3) WHERE telegram_id = ?1 AND role <> ?2";

type Act = { readonly telegramId: number; readonly nowMs: number; readonly auditId: string };

/** Counts a try; false when the person has had as many as an hour allows, and then nothing may be compared. */
export const mayTryClaim = (db: D1Database, { telegramId, nowMs, auditId }: Act): Promise<boolean> =>
  writeLimitedAudit(
    db,
    { id: auditId, atMs: nowMs, actor: `person:${telegramId}`, action: "operator.try", target: `person:${telegramId}`, detail: null },
    { most: MOST_CLAIMS_AN_HOUR, sinceMs: nowMs - HOUR_MS },
  );

/** Makes somebody the first operator, with its audit. False when there is one already, or no such person; then nothing is written. */
export async function claimOperator(db: D1Database, { telegramId, nowMs, auditId }: Act): Promise<boolean> {
  const { meta } = await db.prepare(CLAIM_SQL).bind(telegramId, nowMs).run();
  if (meta.changes === 0) return false;
  const [actor, target] = [`operator:${telegramId}`, `person:${telegramId}`];
  await writeAudit(db, { id: auditId, atMs: nowMs, actor, action: "operator.claim", target, detail: null });
  return true;
}

/** Gives somebody a role, with its audit; false when they have it already, or do not exist. */
export async function nameOperator(
  db: D1Database,
  { telegramId, role, audit }: { readonly telegramId: number; readonly role: "person" | "operator"; readonly audit: Audit },
): Promise<boolean> {
  const results = await db.batch([db.prepare(NAME_SQL).bind(telegramId, role, audit.atMs), auditStatement(db, audit)]);
  return (results[0]?.meta.changes ?? 0) > 0;
}
