import type { VenueId } from "../domain/venue.ts";
import { MINUTE_MS, SECOND_MS } from "../domain/units.ts";
import { type FoundRow, quarantineStatements } from "../storage/quarantined-rows.ts";
import { type StoredRow, storedRowFault } from "../storage/stored-row-check.ts";
import {
  advanceStatement,
  claimRun,
  type Finding,
  findingsStatements,
  listFindings,
  releaseRun,
  rowsAfter,
  rowsById,
  type ValidationRun,
} from "../storage/validation-runs.ts";

export type ValidationPorts = {
  readonly db: D1Database;
  /** Epoch ms. */
  readonly now: () => number;
  /** The registered venues. */
  readonly venues: ReadonlySet<VenueId>;
};

/** A step begins no page after so long: what people are told of the scan waits for it. */
const STEP_LIMIT_MS = 2 * SECOND_MS;
/** Whoever died over a step holds it no longer than this. */
const LEASE_MS = MINUTE_MS;
/** A row is about 6 kB. */
const PAGE_ROWS = 200;

/**
 * One step of the validation that is running: as many pages as fit into two seconds. A dry run lists the rows that do not
 * hold; the run after it moves those of them that are still the same and still do not hold into quarantine. The place is
 * kept in D1 with each page, so that a step that was cut short is gone on with. `null`: there is nothing to do, or somebody
 * is at it.
 */
export async function validateStep(
  ports: ValidationPorts,
  { pageRows = PAGE_ROWS, limitMs = STEP_LIMIT_MS }: { readonly pageRows?: number; readonly limitMs?: number } = {},
): Promise<ValidationRun | null> {
  const { db, now } = ports;
  const startMs = now();
  const untilMs = startMs + LEASE_MS;
  let run = await claimRun(db, { nowMs: startMs, untilMs });
  if (run === null) return null;
  do run = await (run.dryRunId === null ? checkPage(ports, run, pageRows) : removePage(ports, run, { dryRunId: run.dryRunId, pageRows }));
  while (run.state === "running" && now() - startMs < limitMs);
  await releaseRun(db, run.id, untilMs);
  return run;
}

/** Checks the next rows and keeps what it found. */
async function checkPage({ db, now, venues }: ValidationPorts, run: ValidationRun, pageRows: number): Promise<ValidationRun> {
  const nowMs = now();
  const rows = await rowsAfter(db, run.afterId, pageRows);
  const findings = rows.flatMap((row) => findingOf(row, { nowMs, venues }) ?? []);
  const page = {
    afterId: idOf(rows.at(-1)) ?? run.afterId,
    checked: rows.length,
    found: findings.length,
    isLast: rows.length < pageRows,
    nowMs,
  };
  await db.batch([...findingsStatements(db, run.id, { findings, nowMs }), advanceStatement(db, run, page)]);
  return advanced(run, page);
}

/** Looks again at the next findings of the dry run, and takes out the rows that have not changed and still do not hold. */
async function removePage(
  { db, now, venues }: ValidationPorts,
  run: ValidationRun,
  { dryRunId, pageRows }: { readonly dryRunId: string; readonly pageRows: number },
): Promise<ValidationRun> {
  const nowMs = now();
  const findings = await listFindings(db, dryRunId, { after: run.afterId, limit: pageRows });
  const rows = await rowsById(
    db,
    findings.map(({ rowId }) => rowId),
  );
  const found = findings.flatMap((before): readonly FoundRow[] => {
    const row = rows.find((each) => idOf(each) === before.rowId);
    const finding = row === undefined ? null : findingOf(row, { nowMs, venues });
    return row === undefined || finding === null || finding.rowUpdatedAt !== before.rowUpdatedAt ? [] : [{ finding, row }];
  });
  const page = {
    afterId: findings.at(-1)?.rowId ?? run.afterId,
    checked: findings.length,
    found: found.length,
    isLast: findings.length < pageRows,
    nowMs,
  };
  const taking = found.length === 0 ? [] : await quarantineStatements(db, found, { runId: run.id, by: run.startedBy, nowMs });
  await db.batch([...taking, advanceStatement(db, run, page)]);
  return advanced(run, page);
}

/** What is wrong with a row, under its id and key; `null` where it holds. */
function findingOf(row: StoredRow, context: { readonly nowMs: number; readonly venues: ReadonlySet<VenueId> }): Finding | null {
  const fault = storedRowFault(row, context);
  const updatedAt = row["updated_at"];
  return fault === null
    ? null
    : { ...fault, rowId: idOf(row) ?? "", rowKey: String(row["key"]), rowUpdatedAt: typeof updatedAt === "number" ? updatedAt : 0 };
}

const idOf = (row: StoredRow | undefined): string | null => (typeof row?.["id"] === "string" ? row["id"] : null);

type Page = Parameters<typeof advanceStatement>[2];
const advanced = (run: ValidationRun, page: Page): ValidationRun => ({
  ...run,
  afterId: page.afterId,
  rowsChecked: run.rowsChecked + page.checked,
  rowsFound: run.rowsFound + page.found,
  rowsRemoved: run.dryRunId === null ? 0 : run.rowsRemoved + page.found,
  state: page.isLast ? "done" : "running",
  updatedAtMs: page.nowMs,
  endedAtMs: page.isLast ? page.nowMs : null,
});
