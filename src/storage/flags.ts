import type { Flags } from "../flags.ts";
import { type FlagProblem, readFlags } from "../read-flags.ts";

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
