import { err, ok, type Result } from "../domain/result.ts";

/** What D1 counted for some statements. Index writes are in `rowsWritten`. */
export type DbCost = { readonly statements: number; readonly rowsRead: number; readonly rowsWritten: number };

/** D1 did not do what was asked. `constraint`: the database itself refused a row. */
export type StorageError = {
  readonly kind: "d1" | "constraint";
  readonly message: string;
  readonly attempts: number;
};

/** How often a statement that failed for a reason of the platform is tried again. */
export type D1Retry = {
  /** In all, the first included. */
  readonly attempts: number;
  readonly wait: (ms: number) => Promise<void>;
};

/** Three tries within a second: a storage object that restarts is back by then, and a scan has ten seconds. */
export const D1_ATTEMPTS = 3;
const FIRST_WAIT_MS = 100;

/** The failures after which D1 asks for the same statement again; only sound for what is idempotent. */
const RETRYABLE = ["Network connection lost", "storage caused object to be reset", "reset because its code was updated"];

/**
 * Runs an idempotent piece of work on D1, again while it fails with one of the messages that D1 documents as retryable
 * (waits 100, 200, 400 … ms). Any other failure is returned at once.
 */
export async function withD1Retry<T>(
  retry: D1Retry,
  work: () => Promise<T>,
): Promise<Result<{ readonly value: T; readonly attempts: number }, StorageError>> {
  for (let attempt = 1; ; attempt++) {
    try {
      return ok({ value: await work(), attempts: attempt });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const again = RETRYABLE.some((text) => message.includes(text)) && attempt < retry.attempts;
      if (!again) return err({ kind: message.includes("constraint failed") ? "constraint" : "d1", message, attempts: attempt });
      await retry.wait(FIRST_WAIT_MS * 2 ** (attempt - 1));
    }
  }
}

/** What D1 says of a statement it ran. */
type Metered = { readonly meta: { readonly rows_read: number; readonly rows_written: number } };

/** What some statements cost in all. */
export function costOf(results: readonly Metered[]): DbCost {
  return results.reduce<DbCost>(
    (sum, { meta }) => ({
      statements: sum.statements + 1,
      rowsRead: sum.rowsRead + meta.rows_read,
      rowsWritten: sum.rowsWritten + meta.rows_written,
    }),
    { statements: 0, rowsRead: 0, rowsWritten: 0 },
  );
}

/** Half of the 2 MB that D1 takes in one parameter. */
const MAX_PARAMETER_BYTES = 1_000_000;

/**
 * Rows as JSON arrays for `json_each(?)`, as few as hold them with at most a megabyte each.
 * A row alone above that is a bug and throws.
 */
export function jsonParameters(rows: readonly unknown[], maxBytes = MAX_PARAMETER_BYTES): readonly string[] {
  const encoder = new TextEncoder();
  const parameters: string[] = [];
  let texts: string[] = [];
  let bytes = 0;
  for (const row of rows) {
    const text = JSON.stringify(row);
    const length = encoder.encode(text).byteLength + 1;
    if (length >= maxBytes) throw new RangeError(`expected a row under ${maxBytes} bytes, found ${length}`);
    if (bytes + length > maxBytes) {
      parameters.push(`[${texts.join(",")}]`);
      texts = [];
      bytes = 0;
    }
    texts.push(text);
    bytes += length;
  }
  if (texts.length > 0) parameters.push(`[${texts.join(",")}]`);
  return parameters;
}
