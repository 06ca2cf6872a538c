import * as z from "zod";
import type { Opportunity, OpportunityEvent } from "../domain/opportunity.ts";
import { costOf, type DbCost } from "./d1.ts";
import { eventSchema, opportunityRowSchema, schemaProblem } from "./schemas.ts";

/** Rows that are not closed, in the order of their keys, from the partial unique index. */
export const LIST_OPEN_SQL = `
  SELECT id, key, status, opened_at_ms AS openedAtMs, closed_at_ms AS closedAtMs, close_reason AS closeReason,
    no_data_since_ms AS noDataSinceMs, no_data_reason AS noDataReason, revivals, scans_merged AS scansMerged,
    first_seen_at_ms AS firstSeenAtMs, last_seen_at_ms AS lastSeenAtMs, priced
  FROM opportunities WHERE status <> 'closed' AND key > ?1 ORDER BY key LIMIT ?2`;

/** Closed rows since a time, oldest first: the revival window after a restart. */
export const LIST_CLOSED_SQL = `
  SELECT id, key, status, opened_at_ms AS openedAtMs, closed_at_ms AS closedAtMs, close_reason AS closeReason,
    no_data_since_ms AS noDataSinceMs, no_data_reason AS noDataReason, revivals, scans_merged AS scansMerged,
    first_seen_at_ms AS firstSeenAtMs, last_seen_at_ms AS lastSeenAtMs, priced
  FROM opportunities WHERE status = 'closed' AND (closed_at_ms, id) > (?1, ?2) ORDER BY closed_at_ms, id LIMIT ?3`;

export const OPPORTUNITY_BY_ID_SQL = `
  SELECT id, key, status, opened_at_ms AS openedAtMs, closed_at_ms AS closedAtMs, close_reason AS closeReason,
    no_data_since_ms AS noDataSinceMs, no_data_reason AS noDataReason, revivals, scans_merged AS scansMerged,
    first_seen_at_ms AS firstSeenAtMs, last_seen_at_ms AS lastSeenAtMs, priced,
    created_at AS createdAtMs, updated_at AS updatedAtMs, validated_at AS validatedAtMs
  FROM opportunities WHERE id = ?1`;

export const EVENTS_OF_SQL = `
  SELECT id, opportunity_id AS opportunityId, kind, scan_id AS scanId, at_ms AS atMs, net, reason
  FROM opportunity_events WHERE opportunity_id = ?1 ORDER BY at_ms DESC, id DESC LIMIT ?2`;

/** Rows of one page. A row is about 5 kB. */
export const OPEN_PAGE_ROWS = 500;
/** Newest events that the page of one opportunity shows. */
const MAX_EVENTS = 200;

/** A row that D1 has and that is not what was written; it is left out and told. */
export type UnreadableRow = { readonly id: string; readonly message: string };
export type OpportunityPage = {
  readonly opportunities: readonly Opportunity[];
  readonly unreadable: readonly UnreadableRow[];
  /** Where the next page starts; `null` at the end. */
  readonly next: string | null;
  readonly cost: DbCost;
};

/** One page of rows that are not closed, in the order of their keys, after a key. */
export async function listOpen(
  db: D1Database,
  { after = "", limit = OPEN_PAGE_ROWS }: { readonly after?: string; readonly limit?: number } = {},
): Promise<OpportunityPage> {
  const size = Math.min(Math.max(1, Math.trunc(limit)), OPEN_PAGE_ROWS);
  const result = await db.prepare(LIST_OPEN_SQL).bind(after, size).all();
  return { ...readOpenRows(result.results, size), cost: costOf([result]) };
}

/** Rows of `LIST_OPEN_SQL`, asked for with a limit. */
export function readOpenRows(rows: readonly Record<string, unknown>[], limit: number): Omit<OpportunityPage, "cost"> {
  const lastKey = rows.at(-1)?.["key"];
  return { ...readRows(rows), next: rows.length === limit && typeof lastKey === "string" ? lastKey : null };
}

/** Every row that is not closed, page by page. */
export async function loadOpen(db: D1Database): Promise<Omit<OpportunityPage, "next">> {
  let page = await listOpen(db);
  let { opportunities, unreadable, cost } = page;
  while (page.next !== null) {
    page = await listOpen(db, { after: page.next });
    opportunities = [...opportunities, ...page.opportunities];
    unreadable = [...unreadable, ...page.unreadable];
    cost = addCosts(cost, page.cost);
  }
  return { opportunities, unreadable, cost };
}

/** Rows that were closed after a time (epoch ms), oldest first. */
export async function loadClosedSince(db: D1Database, sinceMs: number): Promise<Omit<OpportunityPage, "next">> {
  const opportunities: Opportunity[] = [];
  const unreadable: UnreadableRow[] = [];
  let cost: DbCost = { statements: 0, rowsRead: 0, rowsWritten: 0 };
  let from: { readonly closedAtMs: unknown; readonly id: unknown } | null = { closedAtMs: sinceMs, id: "" };
  while (from !== null) {
    const result: D1Result<Record<string, unknown>> = await db
      .prepare(LIST_CLOSED_SQL)
      .bind(from.closedAtMs, from.id, OPEN_PAGE_ROWS)
      .all();
    const page = readRows(result.results);
    opportunities.push(...page.opportunities);
    unreadable.push(...page.unreadable);
    cost = addCosts(cost, costOf([result]));
    const last = result.results.at(-1);
    from = result.results.length === OPEN_PAGE_ROWS && last !== undefined ? { closedAtMs: last["closedAtMs"], id: last["id"] } : null;
  }
  return { opportunities, unreadable, cost };
}

/** When the row was first and last written and last passed the validator, epoch ms. */
export type Audit = { readonly createdAtMs: number; readonly updatedAtMs: number; readonly validatedAtMs: number };
export type StoredOpportunity = {
  readonly opportunity: Opportunity;
  readonly audit: Audit;
  /** Newest first. */
  readonly events: readonly OpportunityEvent[];
};

/** A row with its events, read at one moment; `null` when there is none. Throws when it is not what was written. */
export async function opportunityById(
  db: D1Database,
  id: string,
): Promise<{ readonly found: StoredOpportunity | null; readonly cost: DbCost }> {
  const results = await db.batch<Record<string, unknown>>([
    db.prepare(OPPORTUNITY_BY_ID_SQL).bind(id),
    db.prepare(EVENTS_OF_SQL).bind(id, MAX_EVENTS),
  ]);
  const row = results[0]?.results[0];
  const cost = costOf(results);
  if (row === undefined) return { found: null, cost };
  const parsed = opportunityRowSchema.safeParse(row);
  if (!parsed.success) throw new Error(`opportunity ${id} in D1: ${schemaProblem(parsed.error)}`);
  const events = z.array(eventSchema).parse(results[1]?.results ?? []);
  return { found: { opportunity: parsed.data, audit: auditSchema.parse(row), events }, cost };
}

const auditSchema: z.ZodType<Audit> = z.object({ createdAtMs: z.number(), updatedAtMs: z.number(), validatedAtMs: z.number() });

function readRows(rows: readonly Record<string, unknown>[]): Pick<OpportunityPage, "opportunities" | "unreadable"> {
  const opportunities: Opportunity[] = [];
  const unreadable: UnreadableRow[] = [];
  for (const row of rows) {
    const parsed = opportunityRowSchema.safeParse(row);
    if (parsed.success) opportunities.push(parsed.data);
    else unreadable.push({ id: String(row["id"]), message: schemaProblem(parsed.error) });
  }
  return { opportunities, unreadable };
}

const addCosts = (a: DbCost, b: DbCost): DbCost => ({
  statements: a.statements + b.statements,
  rowsRead: a.rowsRead + b.rowsRead,
  rowsWritten: a.rowsWritten + b.rowsWritten,
});
