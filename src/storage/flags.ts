import * as z from "zod";
import { err, ok, type Result } from "../domain/result.ts";
import { FLAGS, type FlagKey, type Flags, type FlagSpec, type FlagValue, isFlagKey } from "../flags.ts";
import { type FlagProblem, parseFlag, readFlags } from "../read-flags.ts";
import { auditStatement } from "./audits.ts";

/** Every stored flag. */
export const LOAD_FLAGS_SQL = "SELECT key, value FROM flags ORDER BY key LIMIT 200";

/** The flags in force, with what is wrong with the stored ones. */
export type LoadedFlags = {
  readonly flags: Flags;
  readonly problems: readonly FlagProblem[];
  /** `last-good`: D1 did not answer, the flags of the scan before hold; `defaults`: nor was there one. */
  readonly source: "d1" | "last-good" | "defaults";
  /** Why D1 did not answer; `null` when it did. */
  readonly error: string | null;
};

/** Reads the table `flags`. A failure of D1 keeps the last good flags, else this deployment's defaults. */
export async function loadFlags(
  db: D1Database,
  { deployment, lastGood }: { readonly deployment: Readonly<Record<string, unknown>>; readonly lastGood: Flags | null },
): Promise<LoadedFlags> {
  try {
    const { results } = await db.prepare(LOAD_FLAGS_SQL).all();
    const stored = results.map(({ key, value }) => ({ key: String(key), value: String(value) }));
    return { ...readFlags({ stored, deployment, lastGood }), source: "d1", error: null };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const defaults = readFlags({ stored: [], deployment, lastGood });
    if (lastGood !== null) return { flags: lastGood, problems: defaults.problems, source: "last-good", error: message };
    return { ...defaults, source: "defaults", error: message };
  }
}

const SET_FLAG_SQL = `
  INSERT INTO flags (key, value, updated_at, updated_by) VALUES (?1, ?2, ?3, ?4)
  ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at, updated_by = excluded.updated_by`;
const UNSET_FLAG_SQL = "DELETE FROM flags WHERE key = ?1";
export const STORED_FLAGS_SQL = "SELECT key, value, updated_at AS updatedAtMs, updated_by AS updatedBy FROM flags ORDER BY key LIMIT 200";

/** Who changes a flag, and when; `auditId` is a new one. */
export type FlagAuthor = { readonly by: string; readonly nowMs: number; readonly auditId: string };

/**
 * Stores a flag's value and its audit, or says in one sentence what was expected and found: a value out of bounds, an unknown
 * key, or one that makes no sense beside another flag.
 */
export async function setFlag(
  db: D1Database,
  { key, value, deployment }: { readonly key: string; readonly value: unknown; readonly deployment: Readonly<Record<string, unknown>> },
  { by, nowMs, auditId }: FlagAuthor,
): Promise<Result<FlagValue, string>> {
  const parsed = parseFlag(key, value);
  if (!parsed.ok) return parsed;
  const stored = (await storedFlags(db)).filter((row) => row.key !== key);
  const text = JSON.stringify(parsed.value);
  const { problems } = readFlags({ stored: [...stored, { key, value: text }], deployment, lastGood: null });
  const clash = problems.find(({ from, message }) => from === "combination" && message.includes(key));
  if (clash !== undefined) return err(clash.message);
  await db.batch([
    db.prepare(SET_FLAG_SQL).bind(key, text, nowMs, by),
    auditStatement(db, { id: auditId, atMs: nowMs, actor: by, action: "flag.set", target: key, detail: parsed.value }),
  ]);
  return ok(parsed.value);
}

/** Removes a stored flag, so that its default holds again, with its audit. Unknown keys may be removed too. False: none was stored. */
export async function unsetFlag(db: D1Database, key: string, { by, nowMs, auditId }: FlagAuthor): Promise<boolean> {
  const results = await db.batch([
    db.prepare(UNSET_FLAG_SQL).bind(key),
    auditStatement(db, { id: auditId, atMs: nowMs, actor: by, action: "flag.unset", target: key, detail: null }),
  ]);
  return (results[0]?.meta.changes ?? 0) > 0;
}

const storedSchema = z.array(z.object({ key: z.string(), value: z.string(), updatedAtMs: z.number(), updatedBy: z.string() }));
const storedFlags = async (db: D1Database) => storedSchema.parse((await db.prepare(STORED_FLAGS_SQL).all()).results);

/** A flag as operators see it. */
export type FlagView = {
  readonly key: FlagKey;
  readonly spec: FlagSpec;
  /** In force: stored, else this deployment's default, else the table's. */
  readonly value: FlagValue;
  /** When and by whom it was stored; `null` where nothing is. */
  readonly stored: { readonly value: string; readonly atMs: number; readonly by: string } | null;
};

/** Every flag in the order of the table, with what is wrong with stored ones. */
export async function viewFlags(
  db: D1Database,
  deployment: Readonly<Record<string, unknown>>,
): Promise<{ readonly flags: readonly FlagView[]; readonly problems: readonly FlagProblem[] }> {
  const rows = await storedFlags(db);
  const { flags, problems } = readFlags({ stored: rows, deployment, lastGood: null });
  const views = Object.keys(FLAGS)
    .filter(isFlagKey)
    .map((key): FlagView => {
      const row = rows.find((each) => each.key === key);
      return {
        key,
        spec: FLAGS[key],
        value: flags[key],
        stored: row === undefined ? null : { value: row.value, atMs: row.updatedAtMs, by: row.updatedBy },
      };
    });
  return { flags: views, problems };
}

/** Whether a flag has another value than the table's default. */
export const isChanged = ({ value, spec }: FlagView): boolean => JSON.stringify(value) !== JSON.stringify(spec.default);
