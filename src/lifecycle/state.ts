import type { CloseReason, Opportunity, Priced } from "../domain/opportunity.ts";
import { MINUTE_MS } from "../domain/units.ts";

/** What the Scanner keeps between scans. Plain JSON, bounded by `LIMITS`. */
export type LifecycleState = {
  /** Start of the last slot that was reconciled, epoch ms. */
  readonly lastSlotMs: number | null;
  /** Rows that are shown (open or without data), by key. */
  readonly open: Readonly<Record<string, OpenRow>>;
  /** Pairs over the bar that await confirmation, by key. */
  readonly pending: Readonly<Record<string, Pending>>;
  /** Rows closed within the revival window, by key. */
  readonly closed: Readonly<Record<string, ClosedRow>>;
};

export const EMPTY_STATE: LifecycleState = { lastSlotMs: null, open: {}, pending: {}, closed: {} };

/** Rows kept at most. A pair that finds `open` full is dropped and counted as `limit-open`; the others lose their oldest or least. */
export const LIMITS = { open: 2_000, pending: 5_000, closed: 5_000, points: 96 } as const;

/** Time that one point of a sparkline stands for. */
export const POINT_MS = 15 * MINUTE_MS;

export type OpenRow = {
  /** The row as people see it now; its economics are the latest whose net was known. */
  readonly row: Opportunity;
  /** Scans in a row in which the pair was seen under the closing bar; scans without data neither add nor reset. */
  readonly lowScans: number;
  /** What D1 was last told, for telling a material change. */
  readonly written: Written;
  /** Set while both legs are there but a line of the ledger is not, with its sentences. */
  readonly netUnknown: { readonly sinceMs: number; readonly reasons: readonly string[] } | null;
  /** Net at the end of each quarter of an hour, oldest first. */
  readonly points: readonly Point[];
  /** Scans that were merged into the row without an event, as nothing material had changed. */
  readonly suppressed: number;
  /** Times the key arrived more than once within a scan. */
  readonly repeated: number;
};

export type Written = {
  readonly net: number | null;
  readonly longIntervalHours: number | null;
  readonly shortIntervalHours: number | null;
  /** Largest rate per interval, as sent. Absent in what was kept before caps were compared. */
  readonly longCap?: number | null;
  readonly shortCap?: number | null;
};

/** What D1 is told of a pair when its row is written. */
export const writtenOf = ({ ledger, long, short }: Priced): Written => ({
  net: ledger.net,
  longIntervalHours: long.quote.fundingIntervalHours,
  shortIntervalHours: short.quote.fundingIntervalHours,
  longCap: long.quote.fundingCap,
  shortCap: short.quote.fundingCap,
});

/** `atMs` is the start of the quarter of an hour, `net` a fraction of the notional of one leg. */
export type Point = { readonly atMs: number; readonly net: number };

/** `scans` counts scans in a row over the bar. */
export type Pending = { readonly scans: number; readonly firstSeenAtMs: number };

/** What a revival needs of a row that was closed. */
export type ClosedRow = {
  readonly id: string;
  readonly openedAtMs: number;
  readonly firstSeenAtMs: number;
  readonly closedAtMs: number;
  readonly closeReason: CloseReason;
  readonly revivals: number;
  readonly scansMerged: number;
  readonly suppressed: number;
  readonly repeated: number;
};

/** Adds a net to the points; within one quarter of an hour the last one stands. */
export function withPoint(points: readonly Point[], nowMs: number, net: number): readonly Point[] {
  const atMs = Math.floor(nowMs / POINT_MS) * POINT_MS;
  const before = points.at(-1)?.atMs === atMs ? points.slice(0, -1) : points;
  return [...before, { atMs, net }].slice(-LIMITS.points);
}
