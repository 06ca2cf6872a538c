import type { Depths } from "../domain/depth.ts";
import type { FeedId } from "../domain/feed.ts";
import type { WantedBook } from "../feeds/ask-books.ts";
import type { Opportunity } from "../domain/opportunity.ts";
import type { Flags } from "../flags.ts";
import { type ClosedRow, type LifecycleState, type OpenRow, writtenOf } from "../lifecycle/state.ts";
import type { IdentityMemory } from "../quality/identity-memory.ts";

/** What the Scanner keeps from scan to scan, stored with every scan. */
export type Kept = {
  readonly lastSlotMs: number | null;
  readonly lifecycle: LifecycleState;
  readonly identity: IdentityMemory;
  readonly depths: Depths;
  /** Books that the next scan asks for. */
  readonly wanted: readonly WantedBook[];
  /** Feeds that the next scan waits for no longer than for the others. */
  readonly silent: readonly FeedId[];
  readonly slowDue: Readonly<Record<FeedId, number>>;
  readonly flags: Flags | null;
};

/**
 * Changes with the form of what is kept. Version 3 had neither wanted books nor silent feeds, and is otherwise the same;
 * what an older version kept is read from D1 instead.
 */
const KEPT_VERSION = 4;
const NEW_SINCE_3 = { wanted: [], silent: [] } satisfies Partial<Kept>;

export const keptText = (kept: Kept): string => JSON.stringify({ version: KEPT_VERSION, kept });

/** What `keptText` wrote in this version or the one before, else `null`. Sound because nothing else writes to the Scanner's storage. */
export function parseKept(text: string): Kept | null {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the guarantee stands above
    const stored = JSON.parse(text) as { readonly version: unknown; readonly kept: Kept };
    if (stored.version === 3) return { ...stored.kept, ...NEW_SINCE_3 };
    return stored.version === KEPT_VERSION ? stored.kept : null;
  } catch {
    return null;
  }
}

/** The state that D1 tells of: open rows start with no low scans, closed ones can still be revived. */
export function stateFromRows(rows: { readonly open: readonly Opportunity[]; readonly closed: readonly Opportunity[] }): LifecycleState {
  const open = Object.fromEntries(rows.open.map((row) => [row.key, openRowOf(row)]));
  const closed = Object.fromEntries(
    rows.closed.flatMap((row) => {
      const ended = closedRowOf(row);
      return ended === null ? [] : [[row.key, ended] as const];
    }),
  );
  return { lastSlotMs: null, open, pending: {}, closed };
}

const openRowOf = (row: Opportunity): OpenRow => ({
  row,
  lowScans: 0,
  written: writtenOf(row.priced),
  netUnknown: null,
  points: [],
  suppressed: 0,
  repeated: 0,
});

function closedRowOf(row: Opportunity): ClosedRow | null {
  const { id, openedAtMs, firstSeenAtMs, closedAtMs, closeReason, revivals, scansMerged } = row;
  if (closedAtMs === null || closeReason === null) return null;
  return { id, openedAtMs, firstSeenAtMs, closedAtMs, closeReason, revivals, scansMerged, suppressed: 0, repeated: 0 };
}
