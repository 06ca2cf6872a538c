import * as z from "zod";

/** Who did what, when. */
export type Audit = {
  readonly id: string;
  readonly atMs: number;
  /** `operator:ID`, `person:ID`, `api:HASH` or `system`. */
  readonly actor: string;
  /** A dotted name, e.g. `flag.set`. */
  readonly action: string;
  readonly target: string;
  /** Anything JSON can hold. Never a secret, never a name. */
  readonly detail: unknown;
};

/** Who changes something, and when; `auditId` is a new one. */
export type Author = { readonly by: string; readonly nowMs: number; readonly auditId: string };

const WRITE_AUDIT_SQL = "INSERT INTO audits (id, at_ms, actor, action, target, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

/** Written only while the actor has fewer than ?7 of the same action since ?8: one statement counts and claims. */
const WRITE_LIMITED_AUDIT_SQL = `
  INSERT INTO audits (id, at_ms, actor, action, target, detail)
  SELECT ?1, ?2, ?3, ?4, ?5, ?6
  WHERE (SELECT count(*) FROM audits WHERE at_ms > ?8 AND actor = ?3 AND action = ?4) < ?7`;

export const LIST_AUDITS_SQL = `
  SELECT id, at_ms AS atMs, actor, action, target, detail FROM audits
  WHERE (at_ms, id) < (?1, ?2) ORDER BY at_ms DESC, id DESC LIMIT ?3`;

export const MOST_AUDITS_PAGE = 100;

/** The statement that writes an audit, for a batch with what it tells of. */
export const auditStatement = (db: D1Database, { id, atMs, actor, action, target, detail }: Audit): D1PreparedStatement =>
  db.prepare(WRITE_AUDIT_SQL).bind(id, atMs, actor, action, target, JSON.stringify(detail ?? null));

export async function writeAudit(db: D1Database, audit: Audit): Promise<void> {
  await auditStatement(db, audit).run();
}

/** Writes an audit unless the actor has `most` of its action since `sinceMs`; false when they have. */
export async function writeLimitedAudit(
  db: D1Database,
  { id, atMs, actor, action, target, detail }: Audit,
  { most, sinceMs }: { readonly most: number; readonly sinceMs: number },
): Promise<boolean> {
  const values = [id, atMs, actor, action, target, JSON.stringify(detail ?? null), most, sinceMs];
  const { meta } = await db
    .prepare(WRITE_LIMITED_AUDIT_SQL)
    .bind(...values)
    .run();
  return meta.changes > 0;
}

const auditSchema = z.object({
  id: z.string(),
  atMs: z.number(),
  actor: z.string(),
  action: z.string(),
  target: z.string(),
  detail: z.string().transform((text): unknown => JSON.parse(text)),
});

/** Where a page of audits ends. */
export type AuditsKey = { readonly atMs: number; readonly id: string };

/** Audits older than the key, newest first. `next` is the key of the following page, `null` at the end. */
export async function listAudits(
  db: D1Database,
  { before, limit }: { readonly before: AuditsKey | null; readonly limit: number },
): Promise<{ readonly audits: readonly Audit[]; readonly next: AuditsKey | null }> {
  const size = Math.min(Math.max(1, Math.trunc(limit)), MOST_AUDITS_PAGE);
  const { results } = await db
    .prepare(LIST_AUDITS_SQL)
    .bind(before?.atMs ?? Number.MAX_SAFE_INTEGER, before?.id ?? "", size)
    .all();
  const audits = results.map((row): Audit => auditSchema.parse(row));
  const last = audits.at(-1);
  return { audits, next: audits.length < size || last === undefined ? null : { atMs: last.atMs, id: last.id } };
}
