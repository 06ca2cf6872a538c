import type { EventKind, Opportunity, OpportunityEvent } from "../domain/opportunity.ts";
import type { Reconciled } from "./reconcile.ts";
import type { LifecycleState } from "./state.ts";
import type { RowChange, Scan } from "./transitions.ts";

/** How storage last had a row: `none` where it never did. */
type Stored = "none" | Opportunity["status"];
/** A row that changed while nothing was stored, as it last changed, and how storage has it. */
export type OwedRow = { readonly row: Opportunity; readonly stored: Stored };
/** By id. At most the rows that were shown when storing stopped and those that are shown now. */
export type Owed = Readonly<Record<string, OwedRow>>;

/** What a scan has to write. */
export type Writes = { readonly opportunities: readonly Opportunity[]; readonly events: readonly OpportunityEvent[] };

/**
 * What a scan writes: its own changes, and what the scans before could not. While nothing is stored, changes are owed; the
 * first scan that stores again writes each row once, as it stands, with the one event that leads from what storage has to
 * that. So nobody hears of what came and went in between, and of what is still so once, under the limits of one scan.
 */
export function writesOf(
  outcome: Reconciled,
  before: { readonly owed: Owed; readonly storing: boolean; readonly scan: Scan },
): Writes & { readonly owed: Owed } {
  const { storing, scan } = before;
  const owed = owedAfter(before.owed, outcome);
  if (!storing) return { opportunities: [], events: [], owed };
  const ownChanges = outcome.changes.filter(({ row }) => !Object.hasOwn(before.owed, row.id));
  const ownEvents = outcome.events.filter(({ opportunityId }) => !Object.hasOwn(before.owed, opportunityId));
  const late = Object.entries(owed)
    .filter(([id]) => Object.hasOwn(before.owed, id))
    .map(([id, { row, stored }]) => [id, { stored, row: asItStands(row, outcome.state) }] as const);
  const settled = late.filter(([, each]) => !isUntimely(each)).map(([, each]) => each);
  return {
    opportunities: [...ownChanges, ...settled].map(({ row }) => row),
    events: [...ownEvents, ...settled.flatMap((each) => eventOf(each, scan))],
    owed: Object.fromEntries(late.filter(([, each]) => isUntimely(each))),
  };
}

/** A row that storage does not show and that is without data now: it waits until there is something to say. */
const isUntimely = ({ row, stored }: OwedRow): boolean => row.status === "no-data" && (stored === "none" || stored === "closed");

/** Adds the changes of a scan. What storage never had and what is over is owed no more; nor is what it has as closed and still is. */
function owedAfter(before: Owed, { changes }: Reconciled): Owed {
  const owed: Record<string, OwedRow> = { ...before };
  for (const { row, kind } of changes) {
    const stored = before[row.id]?.stored ?? STORED_BEFORE[kind];
    if (row.status === "closed" && (stored === "none" || stored === "closed")) delete owed[row.id];
    else owed[row.id] = { row, stored };
  }
  return owed;
}

/** How storage has a row that stood as it did before its first change. One that closes was shown, with data or without. */
const STORED_BEFORE: { readonly [K in RowChange["kind"]]: Stored } = {
  opened: "none",
  revived: "closed",
  updated: "open",
  "no-data": "open",
  "data-back": "no-data",
  closed: "open",
};

const asItStands = (row: Opportunity, { open }: LifecycleState): Opportunity => {
  const shown = open[row.key]?.row;
  return shown?.id === row.id ? shown : row;
};

/** The event that leads from what storage has to what is; its id is of this scan, as if all had happened in it. */
function eventOf({ row, stored }: OwedRow, { scanId, nowMs }: Scan): readonly OpportunityEvent[] {
  const kind = kindOf(row.status, stored);
  if (kind === null) return [];
  const reason = kind === "closed" ? row.closeReason : kind === "no-data" ? row.noDataReason : null;
  const { id, priced } = row;
  return [{ id: `${id}|${scanId}|${kind}`, opportunityId: id, kind, scanId, atMs: nowMs, net: priced.ledger.net, reason }];
}

function kindOf(status: Opportunity["status"], stored: Stored): EventKind | null {
  if (stored === "none") return "opened";
  if (stored === "closed") return "revived";
  if (status === "closed") return "closed";
  if (status === stored) return status === "open" ? "updated" : null;
  return status === "no-data" ? "no-data" : "data-back";
}
