import type { Depths } from "../domain/depth.ts";
import type { FeedId } from "../domain/feed.ts";
import type { WantedBook } from "../feeds/ask-books.ts";
import { type DepthPace, FULL_PACE } from "../feeds/depth-pace.ts";
import type { FeedLoads } from "../feeds/plan-scan.ts";
import { type IdentityRulings, NO_RULINGS } from "../domain/identity.ts";
import type { Opportunity } from "../domain/opportunity.ts";
import type { Flags } from "../flags.ts";
import type { Failing, Standings } from "../scan.ts";
import type { Owed } from "../lifecycle/owed.ts";
import { type ClosedRow, type LifecycleState, type OpenRow, writtenOf } from "../lifecycle/state.ts";
import { EMPTY_IDENTITY_MEMORY, type IdentityMemory } from "../quality/identity-memory.ts";

/** What the Scanner keeps from scan to scan, stored with every scan. */
export type Kept = {
  readonly lastSlotMs: number | null;
  readonly lifecycle: LifecycleState;
  /** Rows that changed while nothing was stored. */
  readonly owed: Owed;
  readonly identity: IdentityMemory;
  readonly depths: Depths;
  /** Books that the next scan asks for. */
  readonly wanted: readonly WantedBook[];
  /** Feeds that the next scan waits for no longer than for the others. */
  readonly silent: readonly FeedId[];
  readonly slowDue: Readonly<Record<FeedId, number>>;
  readonly loads: FeedLoads;
  readonly depthPace: DepthPace;
  /** What operators ruled on instruments, as it was last read. */
  readonly rulings: IdentityRulings;
  readonly failing: Failing;
  readonly standings: Standings;
  readonly flags: Flags | null;
};

/** What a Scanner without a past knows, besides rows and slot: everything here is measured or chosen anew within a scan or two. */
export const NOTHING_KEPT = {
  owed: {},
  identity: EMPTY_IDENTITY_MEMORY,
  depths: {},
  wanted: [],
  silent: [],
  slowDue: {},
  loads: {},
  depthPace: FULL_PACE,
  rulings: NO_RULINGS,
  failing: {},
  standings: {},
  flags: null,
} satisfies Omit<Kept, "lastSlotMs" | "lifecycle">;

/** Changes when a part takes another form. A part that is new since version 3 is as in a Scanner without a past. */
const KEPT_VERSION = 4;
const READABLE: ReadonlySet<unknown> = new Set([3, KEPT_VERSION]);

export const keptText = (kept: Kept): string => JSON.stringify({ version: KEPT_VERSION, kept });

/** What `keptText` wrote in this version or the one before, else `null`: then D1 is read instead. Sound because nothing else writes to the Scanner's storage. */
export function parseKept(text: string): Kept | null {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the guarantee stands above
    const stored = JSON.parse(text) as { readonly version: unknown; readonly kept: Kept };
    if (!READABLE.has(stored.version)) return null;
    // An identity that was kept before the times of outsiders has none.
    return { ...NOTHING_KEPT, ...stored.kept, identity: { ...EMPTY_IDENTITY_MEMORY, ...stored.kept.identity } };
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
