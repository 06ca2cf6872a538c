import * as z from "zod";
import { OPPORTUNITY_COLUMNS } from "./save-scan.ts";
import { opportunityRow, pastFault, type RowContext } from "./opportunity-row.ts";
import { opportunityRowSchema, schemaProblem } from "./schemas.ts";

/** A row of `opportunities` as D1 gives it, by its column names. */
export type StoredRow = Readonly<Record<string, unknown>>;

/** Why a stored row does not hold: the rule, what was found, and one sentence with what was expected. */
export type StoredFault = { readonly rule: string; readonly value: string | number | null; readonly message: string };

/** Times of the writes, which the row itself does not make. */
const WRITTEN = ["created_at", "updated_at", "validated_at"] as const;
const writtenSchema = z.object({ created_at: z.number(), updated_at: z.number(), validated_at: z.number() });
/** D1 reads a number's text back within the last digit. */
const RELATIVE_TOLERANCE = 1e-12;

/**
 * What is wrong with a stored row; `null` when it holds. The judge is the one of new rows: what `priced` says must be sound
 * now (with the venues that are registered now), and each column must be what that makes of it, missing where that is missing.
 */
export function storedRowFault(row: StoredRow, { nowMs, venues }: RowContext): StoredFault | null {
  const parsed = opportunityRowSchema.safeParse(namedAsInDomain(row));
  if (!parsed.success) return { rule: "unreadable", value: null, message: schemaProblem(parsed.error) };
  const built = opportunityRow(parsed.data, { nowMs, venues });
  if (!built.ok) return { rule: built.error.rule, value: built.error.value, message: built.error.message };
  const written = writtenSchema.safeParse(row);
  if (!written.success) return { rule: "unreadable", value: null, message: schemaProblem(written.error) };
  const { created_at, updated_at, validated_at } = written.data;
  const times = pastFault({ created_at, updated_at, validated_at }, nowMs);
  if (times !== null) return times;
  if (created_at > updated_at)
    return { rule: "bad-time", value: created_at, message: `created_at: expected not after updated_at ${updated_at}, found ${created_at}` };
  return columnFault(row, { ...built.value, priced: null });
}

const namedAsInDomain = (row: StoredRow): Record<string, unknown> => ({
  id: row["id"],
  key: row["key"],
  status: row["status"],
  openedAtMs: row["opened_at_ms"],
  closedAtMs: row["closed_at_ms"],
  closeReason: row["close_reason"],
  noDataSinceMs: row["no_data_since_ms"],
  noDataReason: row["no_data_reason"],
  revivals: row["revivals"],
  scansMerged: row["scans_merged"],
  firstSeenAtMs: row["first_seen_at_ms"],
  lastSeenAtMs: row["last_seen_at_ms"],
  priced: row["priced"],
});

/** The first column that is not what the row's own `priced` makes of it. */
function columnFault(row: StoredRow, expected: Readonly<Record<string, unknown>>): StoredFault | null {
  const judged = OPPORTUNITY_COLUMNS.filter((name) => name !== "priced" && !WRITTEN.some((written) => written === name));
  for (const name of judged) {
    const [found, wanted] = [row[name] ?? null, expected[name] ?? null];
    if (isSame(found, wanted)) continue;
    const value = typeof found === "number" || typeof found === "string" ? found : null;
    const message = `${name}: expected ${JSON.stringify(wanted)} as in priced, found ${JSON.stringify(found)}`;
    return { rule: "column-mismatch", value, message };
  }
  return null;
}

function isSame(found: unknown, wanted: unknown): boolean {
  if (typeof found !== "number" || typeof wanted !== "number") return found === wanted;
  return Math.abs(found - wanted) <= RELATIVE_TOLERANCE * Math.max(Math.abs(found), Math.abs(wanted));
}
