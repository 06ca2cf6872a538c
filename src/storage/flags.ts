import * as z from "zod";
import type { IdentityRulings } from "../domain/identity.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { FLAGS, type FlagKey, type Flags, type FlagSpec, type FlagValue, isFlagKey } from "../flags.ts";
import { type FlagProblem, parseFlag, readFlags } from "../read-flags.ts";
import { readRulings } from "./identity-rulings.ts";
import { type Author, auditStatement } from "./audits.ts";

/** Every stored flag, and every ruling on an instrument beside them: what a scan goes by is read in one statement. */
export const LOAD_FLAGS_SQL = `
  SELECT 'flag' AS kind, key, value FROM flags
  UNION ALL
  SELECT 'ruling', instrument, json_object('verdict', verdict, 'assetId', asset_id, 'expiresAtMs', expires_at_ms) FROM identity_rulings
  LIMIT 600`;

/** The flags in force, with what is wrong with the stored ones. */
export type LoadedFlags = {
  readonly flags: Flags;
  readonly problems: readonly FlagProblem[];
  /** What operators ruled on instruments; `null` where D1 did not answer. */
  readonly rulings: IdentityRulings | null;
  /** `last-good`: D1 did not answer, the flags of the scan before hold; `defaults`: nor was there one. */
  readonly source: "d1" | "last-good" | "defaults";
  /** Why D1 did not answer; `null` when it did. */
  readonly error: string | null;
};

/**
 * Reads the table `flags`. A failure of D1 keeps the last good flags, else this deployment's defaults; of the layers this
 * deployment decides then, since nobody can switch D1 off in a D1 that does not answer.
 */
export async function loadFlags(
  db: D1Database,
  { deployment, lastGood }: { readonly deployment: Readonly<Record<string, unknown>>; readonly lastGood: Flags | null },
): Promise<LoadedFlags> {
  try {
    const { results } = await db.prepare(LOAD_FLAGS_SQL).all();
    const rows = (kind: string) =>
      results.filter((row) => row["kind"] === kind).map(({ key, value }) => ({ key: String(key), value: String(value) }));
    return {
      ...readFlags({ stored: rows("flag").sort((a, b) => (a.key < b.key ? -1 : 1)), deployment, lastGood }),
      rulings: readRulings(rows("ruling")),
      source: "d1",
      error: null,
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const defaults = readFlags({ stored: [], deployment, lastGood });
    if (lastGood !== null) {
      const own = Object.fromEntries(Object.entries(defaults.flags).filter(([key]) => isLayer(key) && Object.hasOwn(deployment, key)));
      return { flags: { ...lastGood, ...own }, problems: defaults.problems, rulings: null, source: "last-good", error: message };
    }
    return { ...defaults, rulings: null, source: "defaults", error: message };
  }
}

const isLayer = (key: string): boolean => key === "kv_enabled" || key === "d1_enabled";

/** An audit, written only while the flags are as they were read: ?7 has the stored text of each by key, NULL for none. */
const CLAIM_CHANGE_SQL = `
  INSERT INTO audits (id, at_ms, actor, action, target, detail) SELECT ?1, ?2, ?3, ?4, ?5, ?6
  WHERE NOT EXISTS (SELECT 1 FROM json_each(?7) AS was WHERE (SELECT value FROM flags WHERE key = was.key) IS NOT was.value)`;
/** Follow the audit ?5 or ?2 in its batch, and do nothing where that was not written. */
const SET_FLAG_SQL = `
  INSERT INTO flags (key, value, updated_at, updated_by) SELECT ?1, ?2, ?3, ?4 WHERE EXISTS (SELECT 1 FROM audits WHERE id = ?5)
  ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at, updated_by = excluded.updated_by`;
const DROP_FLAG_SQL = "DELETE FROM flags WHERE key = ?1 AND EXISTS (SELECT 1 FROM audits WHERE id = ?2)";
const UNSET_FLAG_SQL = "DELETE FROM flags WHERE key = ?1";
export const STORED_FLAGS_SQL = "SELECT key, value, updated_at AS updatedAtMs, updated_by AS updatedBy FROM flags ORDER BY key LIMIT 200";

/** Values to store by key; `null` removes. */
export type FlagEdit = Readonly<Record<string, FlagValue | null>>;
export type FlagEdits = {
  readonly deployment: Readonly<Record<string, unknown>>;
  readonly edit: (inForce: Flags) => Result<FlagEdit, string>;
  readonly audit: { readonly action: string; readonly target: string; readonly detail: (before: Flags, after: Flags) => unknown };
};

/** Two operators who change flags at one moment: the later one looks again at what the earlier one left. */
const MOST_LOOKS = 4;

/**
 * Changes flags together with their audit, from what is in force when they are stored, or says in one sentence what was
 * expected and found: a value out of bounds, or one that makes no sense beside another flag.
 */
export async function storeFlags(
  db: D1Database,
  { deployment, edit, audit }: FlagEdits,
  { by, nowMs, auditId }: Author,
): Promise<Result<{ readonly before: Flags; readonly after: Flags }, string>> {
  for (let look = 0; look < MOST_LOOKS; look++) {
    const stored = await storedFlags(db);
    const before = readFlags({ stored, deployment, lastGood: null }).flags;
    const edited = edit(before);
    if (!edited.ok) return edited;
    const edits = Object.entries(edited.value);
    const kept = stored.filter(({ key }) => !Object.hasOwn(edited.value, key));
    const next = edits.flatMap(([key, value]) => (value === null ? [] : [{ key, value: JSON.stringify(value) }]));
    const { flags: after, problems } = readFlags({ stored: [...kept, ...next], deployment, lastGood: null });
    const problem = problems.find(({ key, from, message }) =>
      edits.some(([name]) => (from === "combination" ? message.includes(name) : key === name)),
    );
    if (problem !== undefined) return err(problem.message);
    const was = Object.fromEntries(edits.map(([key]) => [key, stored.find((row) => row.key === key)?.value ?? null]));
    const detail = JSON.stringify(audit.detail(before, after));
    const results = await db.batch([
      db.prepare(CLAIM_CHANGE_SQL).bind(auditId, nowMs, by, audit.action, audit.target, detail, JSON.stringify(was)),
      ...next.map(({ key, value }) => db.prepare(SET_FLAG_SQL).bind(key, value, nowMs, by, auditId)),
      ...edits.flatMap(([key, value]) => (value === null ? [db.prepare(DROP_FLAG_SQL).bind(key, auditId)] : [])),
    ]);
    if ((results[0]?.meta.changes ?? 0) > 0) return ok({ before, after });
  }
  return err("expected flags that stand still, found them changed by others at each try; nothing was changed");
}

export type FlagChange = {
  readonly key: string;
  readonly value: unknown;
  readonly deployment: Readonly<Record<string, unknown>>;
  /** The registered venues, for values that name some. */
  readonly venues: ReadonlySet<string>;
};

/** The first venue of a flag with values by venue that is not registered. */
function unknownVenue(key: FlagKey, value: FlagValue, venues: ReadonlySet<string>): string | null {
  const { type } = FLAGS[key];
  const byVenue: unknown =
    type === "by-venue" ? value : type === "overrides" && typeof value === "object" && "venues" in value ? value.venues : {};
  return Object.keys(byVenue ?? {}).find((name) => !venues.has(name)) ?? null;
}

/** Stores one flag's value and its audit, or says what was expected and found; an unknown key is refused too. */
export async function setFlag(
  db: D1Database,
  { key, value, deployment, venues }: FlagChange,
  author: Author,
): Promise<Result<FlagValue, string>> {
  const parsed = parseFlag(key, value);
  if (!parsed.ok || !isFlagKey(key)) return parsed;
  const unknown = unknownVenue(key, parsed.value, venues);
  if (unknown !== null) return err(`${key}: expected venues among ${[...venues].join(", ")}, found "${unknown}"`);
  const detail = (before: Flags, after: Flags): unknown => ({ before: before[key], after: after[key] });
  const edit = (): Result<FlagEdit, string> => ok({ [key]: parsed.value });
  const stored = await storeFlags(db, { deployment, edit, audit: { action: "flag.set", target: key, detail } }, author);
  return stored.ok ? parsed : stored;
}

/** Removes a stored flag, so that its default holds again, with its audit. Unknown keys may be removed too. False: none was stored. */
export async function unsetFlag(db: D1Database, key: string, { by, nowMs, auditId }: Author): Promise<boolean> {
  const before = (await storedFlags(db)).find((row) => row.key === key)?.value ?? null;
  const results = await db.batch([
    db.prepare(UNSET_FLAG_SQL).bind(key),
    auditStatement(db, { id: auditId, atMs: nowMs, actor: by, action: "flag.unset", target: key, detail: { before, after: null } }),
  ]);
  return (results[0]?.meta.changes ?? 0) > 0;
}

const storedSchema = z.array(z.object({ key: z.string(), value: z.string(), updatedAtMs: z.number(), updatedBy: z.string() }));
/** Every stored flag, with its author. */
export const storedFlags = async (db: D1Database) => storedSchema.parse((await db.prepare(STORED_FLAGS_SQL).all()).results);

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
