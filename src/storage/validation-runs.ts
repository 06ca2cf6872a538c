import * as z from "zod";
import { err, ok, type Result } from "../domain/result.ts";
import { type Audit, auditStatement } from "./audits.ts";
import { jsonParameters } from "./d1.ts";
import { OPPORTUNITY_COLUMNS } from "./save-scan.ts";
import type { StoredFault, StoredRow } from "./stored-row-check.ts";

/** One pass over stored rows. Times are epoch ms. */
export type ValidationRun = {
  readonly id: string;
  /** The dry run whose findings it takes out; `null`: it is a dry run itself. */
  readonly dryRunId: string | null;
  readonly state: "running" | "done";
  readonly startedBy: string;
  /** The last row that was looked at, or the last finding. */
  readonly afterId: string;
  readonly rowsChecked: number;
  readonly rowsFound: number;
  readonly rowsRemoved: number;
  readonly startedAtMs: number;
  readonly updatedAtMs: number;
  readonly endedAtMs: number | null;
};

/** A row that does not hold. */
export type Finding = StoredFault & { readonly rowId: string; readonly rowKey: string; readonly rowUpdatedAt: number };

const RUN = `id, dry_run_id AS dryRunId, state, started_by AS startedBy, after_id AS afterId, rows_checked AS rowsChecked,
    rows_found AS rowsFound, rows_removed AS rowsRemoved, created_at AS startedAtMs, updated_at AS updatedAtMs, ended_at_ms AS endedAtMs`;
/** A second run while one is running, or of the same dry run, is not made. */
const START_SQL = `
  INSERT INTO validation_runs (id, dry_run_id, state, started_by, after_id, rows_checked, rows_found, rows_removed, lease_until_ms,
    created_at, updated_at)
  VALUES (?1, ?2, 'running', ?3, '', 0, 0, 0, 0, ?4, ?4) ON CONFLICT DO NOTHING`;
const LOAD_RUN_SQL = `SELECT ${RUN} FROM validation_runs WHERE id = ?1`;
const RUN_OF_SQL = `SELECT ${RUN} FROM validation_runs WHERE dry_run_id = ?1 LIMIT 1`;
const RUNNING_SQL = `SELECT ${RUN} FROM validation_runs WHERE state = 'running' LIMIT 1`;
/** Whoever gets it works on it until it lets go or its time is over. */
const CLAIM_SQL = `UPDATE validation_runs SET lease_until_ms = ?2 WHERE state = 'running' AND lease_until_ms <= ?1 RETURNING ${RUN}`;
const RELEASE_SQL = "UPDATE validation_runs SET lease_until_ms = 0 WHERE id = ?1 AND lease_until_ms = ?2";
/** Only from the place where the page began, so that a page that is done twice counts once. */
const ADVANCE_SQL = `
  UPDATE validation_runs SET after_id = ?3, rows_checked = rows_checked + ?4, rows_found = rows_found + ?5,
    rows_removed = CASE WHEN dry_run_id IS NULL THEN 0 ELSE (SELECT count(*) FROM quarantined_rows WHERE run_id = ?1) END, state = CASE ?6 WHEN 1 THEN 'done' ELSE state END,
    ended_at_ms = CASE ?6 WHEN 1 THEN ?7 END, updated_at = ?7
  WHERE id = ?1 AND after_id = ?2 AND state = 'running'`;
export const ROWS_AFTER_SQL = `
  SELECT ${OPPORTUNITY_COLUMNS.join(", ")} FROM opportunities WHERE id > ?1 ORDER BY id LIMIT ?2`;
const ROWS_BY_ID_SQL = `
  SELECT ${OPPORTUNITY_COLUMNS.join(", ")} FROM opportunities WHERE id IN (SELECT value FROM json_each(?1))`;
const SAVE_FINDINGS_SQL = `
  INSERT INTO validation_findings (run_id, row_id, row_key, rule, value, message, row_updated_at, created_at)
  SELECT ?2, value ->> 'rowId', value ->> 'rowKey', value ->> 'rule', value -> 'value', value ->> 'message', value ->> 'rowUpdatedAt', ?3
  FROM json_each(?1) WHERE true ON CONFLICT (run_id, row_id) DO NOTHING`;
const FINDINGS_SQL = `
  SELECT row_id AS rowId, row_key AS rowKey, rule, value, message, row_updated_at AS rowUpdatedAt
  FROM validation_findings WHERE run_id = ?1 AND row_id > ?2 ORDER BY row_id LIMIT ?3`;

export const MOST_FINDINGS_PAGE = 200;

export type StartRefusal = "no-such-dry-run" | "dry-run-not-done" | "another-runs";

/**
 * Starts a dry run, or the run that takes out what a finished dry run found. `first` is false where it was started before:
 * then it is that one, and nothing is done. One run at a time: while another runs, a dry run is that one.
 */
export async function startValidation(
  db: D1Database,
  { dryRunId, audit }: { readonly dryRunId: string | null; readonly audit: Audit },
): Promise<Result<{ readonly run: ValidationRun; readonly first: boolean }, StartRefusal>> {
  if (dryRunId !== null) {
    const dry = await loadRun(db, dryRunId);
    if (dry === null || dry.dryRunId !== null) return err("no-such-dry-run");
    if (dry.state !== "done") return err("dry-run-not-done");
  }
  const id = audit.target;
  const [started] = await db.batch([db.prepare(START_SQL).bind(id, dryRunId, audit.actor, audit.atMs)]);
  if ((started?.meta.changes ?? 0) > 0) {
    await auditStatement(db, audit).run();
    const run = await loadRun(db, id);
    if (run === null) throw new Error(`validation run ${id} is not there after it was stored`);
    return ok({ run, first: true });
  }
  const known = dryRunId === null ? await running(db) : await one(db.prepare(RUN_OF_SQL).bind(dryRunId));
  if (known !== null && known.dryRunId === dryRunId) return ok({ run: known, first: false });
  return err("another-runs");
}

/** A run by its id; `null` where there is none. */
export const loadRun = (db: D1Database, id: string): Promise<ValidationRun | null> => one(db.prepare(LOAD_RUN_SQL).bind(id));
const running = (db: D1Database): Promise<ValidationRun | null> => one(db.prepare(RUNNING_SQL));

/** The run that waits for work, held until a time; `null` where none does, or somebody holds it. */
export const claimRun = (
  db: D1Database,
  { nowMs, untilMs }: { readonly nowMs: number; readonly untilMs: number },
): Promise<ValidationRun | null> => one(db.prepare(CLAIM_SQL).bind(nowMs, untilMs));

/** Lets go of a run that was claimed until then. */
export const releaseRun = async (db: D1Database, id: string, untilMs: number): Promise<void> =>
  void (await db.prepare(RELEASE_SQL).bind(id, untilMs).run());

/** Rows after an id, in the order of ids. */
export async function rowsAfter(db: D1Database, afterId: string, limit: number): Promise<readonly StoredRow[]> {
  return (await db.prepare(ROWS_AFTER_SQL).bind(afterId, limit).all()).results;
}

/** The rows of some ids that are still there. */
export async function rowsById(db: D1Database, ids: readonly string[]): Promise<readonly StoredRow[]> {
  return (await db.prepare(ROWS_BY_ID_SQL).bind(JSON.stringify(ids)).all()).results;
}

/** What a page did: where it ended, and what it counted. */
export type PageDone = {
  readonly afterId: string;
  readonly checked: number;
  readonly found: number;
  readonly isLast: boolean;
  readonly nowMs: number;
};

/** The statement that moves a run on by a page. */
export const advanceStatement = (db: D1Database, run: ValidationRun, page: PageDone): D1PreparedStatement =>
  db.prepare(ADVANCE_SQL).bind(run.id, run.afterId, page.afterId, page.checked, page.found, page.isLast ? 1 : 0, page.nowMs);

/** The statements that keep what a page of a dry run found. */
export const findingsStatements = (
  db: D1Database,
  runId: string,
  { findings, nowMs }: { readonly findings: readonly Finding[]; readonly nowMs: number },
): readonly D1PreparedStatement[] => jsonParameters(findings).map((json) => db.prepare(SAVE_FINDINGS_SQL).bind(json, runId, nowMs));

/** Findings of a dry run after a row's id, in the order of ids. */
export async function listFindings(
  db: D1Database,
  runId: string,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<readonly Finding[]> {
  const { results } = await db.prepare(FINDINGS_SQL).bind(runId, after, limit).all();
  return results.map((row) => findingSchema.parse(row));
}

const count = z.number().int();
const runSchema: z.ZodType<ValidationRun> = z.object({
  id: z.string(),
  dryRunId: z.string().nullable(),
  state: z.enum(["running", "done"]),
  startedBy: z.string(),
  afterId: z.string(),
  rowsChecked: count,
  rowsFound: count,
  rowsRemoved: count,
  startedAtMs: count,
  updatedAtMs: count,
  endedAtMs: count.nullable(),
});
/** JSON text of a value as it was found. */
export const foundValue = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(z.union([z.string(), z.number()]).nullable());
const findingSchema: z.ZodType<Finding> = z.object({
  rowId: z.string(),
  rowKey: z.string(),
  rule: z.string(),
  value: foundValue,
  message: z.string(),
  rowUpdatedAt: count,
});

async function one(statement: D1PreparedStatement): Promise<ValidationRun | null> {
  const row = await statement.first();
  return row === null ? null : runSchema.parse(row);
}
