import { count } from "../domain/funnel.ts";
import type { OpportunityEvent } from "../domain/opportunity.ts";
import { keepBest, type Repeat, type Seen } from "./dedup.ts";
import { type ClosedRow, type LifecycleState, LIMITS, type OpenRow, type Pending } from "./state.ts";
import {
  closedRowOf,
  missOpen,
  openRow,
  refusalToOpen,
  type RowChange,
  type Scan,
  seeAgain,
  type Step,
  type UnseenReason,
} from "./transitions.ts";

/** An open key that this scan could not price, and why. An open key that is in neither list counts as missing. */
export type Unseen = { readonly key: string; readonly reason: UnseenReason };

export type ReconcileInput = Scan & {
  readonly state: LifecycleState;
  /** Pairs priced in this scan: candidates and open rows priced again. A key may come more than once. */
  readonly seen: readonly Seen[];
  readonly unseen: readonly Unseen[];
};

/** A pair that was merged into another of the scan or into an open row instead of becoming a row. */
export type Merge = {
  readonly key: string;
  /** Row that the pair became part of; `null` while the key has none. */
  readonly survivingId: string | null;
  readonly source: string;
  readonly reason: "same-key-in-scan" | "already-open";
};

/**
 * `in` = pairs seen and open keys not priced, `out` = rows shown after the scan, `in = out + Σ dropped`. `outcomes` says
 * how each of `out` came to be there: opened, revived, updated, data-back, unchanged, no-data.
 */
export type ReconcileCounts = {
  readonly in: number;
  readonly out: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly outcomes: Readonly<Record<string, number>>;
};

export type Reconciled = {
  readonly state: LifecycleState;
  /** Rows to be written: all others stand in D1 as they should. */
  readonly changes: readonly RowChange[];
  readonly events: readonly OpportunityEvent[];
  readonly counts: ReconcileCounts;
  /** The first `MERGE_SAMPLES`, those within the scan before those over time. */
  readonly merges: readonly Merge[];
  readonly mergeCounts: Readonly<Record<string, number>>;
};

/** Merges reported one by one; the rest is in `mergeCounts`. */
export const MERGE_SAMPLES = 50;

/**
 * What one scan makes of the rows that were open: opens after `confirmScans` scans in a row over the bar, closes after
 * `closeScans` scans in a row seen under it, at once when an instrument is delisted or its identity lost, and after
 * `dataLostAfterMs` without data. "In a row" counts the scans that were made: a slot without a scan neither adds nor
 * breaks. A slot that was reconciled before changes nothing.
 */
export function reconcile(input: ReconcileInput): Reconciled {
  const { state, seen, unseen } = input;
  const { kept, repeats } = keepBest(seen);
  const unpriced = Object.keys(state.open).filter((key) => !kept.has(key));
  if (state.lastSlotMs !== null && input.slotMs <= state.lastSlotMs) return repeatedSlot(state, seen.length + unpriced.length);
  const repeatsByKey = Map.groupBy(repeats, (repeat) => repeat.key);
  const { steps, pending, dropped } = openNew(input, kept);
  const reasons = new Map(unseen.map(({ key, reason }) => [key, reason]));
  for (const [key, open] of Object.entries(state.open)) {
    const again = kept.get(key);
    const step = again === undefined ? missOpen(open, reasons.get(key) ?? NOT_PRICED, input) : seeAgain(open, again, input);
    steps.set(key, withRepeats(step, repeatsByKey.get(key)?.length ?? 0));
  }
  if (repeats.length > 0) count(dropped, "duplicate", repeats.length);
  return collect({ input, steps, pending, dropped, repeats, kept });
}

const NOT_PRICED: UnseenReason = { kind: "missing", reason: "not-priced" };

type Opening = { readonly steps: Map<string, Step>; readonly pending: Record<string, Pending>; readonly dropped: Record<string, number> };

/** Pairs that have no row: those that clear the bar wait for confirmation or open, the others are dropped with their reason. */
function openNew(input: ReconcileInput, kept: ReadonlyMap<string, Seen>): Opening {
  const { state, nowMs, settings } = input;
  const steps = new Map<string, Step>();
  const dropped: Record<string, number> = {};
  const waiting: [string, Pending][] = [];
  let room = LIMITS.open - Object.keys(state.open).length;
  for (const [key, seen] of bestFirst(kept)) {
    if (Object.hasOwn(state.open, key)) continue;
    const refusal = refusalToOpen(seen, input);
    if (refusal !== null) {
      count(dropped, refusal);
      continue;
    }
    const before = Object.hasOwn(state.pending, key) ? state.pending[key] : undefined;
    const pending = { scans: (before?.scans ?? 0) + 1, firstSeenAtMs: before?.firstSeenAtMs ?? nowMs };
    if (pending.scans < settings.confirmScans) {
      waiting.push([key, pending]);
      count(dropped, "pending");
    } else if (room <= 0) {
      count(dropped, "limit-open");
    } else {
      room -= 1;
      const closed = Object.hasOwn(state.closed, key) ? state.closed[key] : undefined;
      steps.set(key, openRow({ seen, pending, closed }, input));
    }
  }
  return { steps, dropped, pending: Object.fromEntries(waiting.slice(0, LIMITS.pending)) };
}

/** Highest net first, so that limits keep the best; the key decides among equals. */
function bestFirst(kept: ReadonlyMap<string, Seen>): [string, Seen][] {
  const net = (seen: Seen): number => seen.priced.ledger.net ?? Number.NEGATIVE_INFINITY;
  return [...kept].sort(([keyA, a], [keyB, b]) => {
    const [netA, netB] = [net(a), net(b)];
    return netA === netB ? (keyA < keyB ? -1 : 1) : netB - netA;
  });
}

function withRepeats(step: Step, times: number): Step {
  if (times === 0) return step;
  return { ...step, open: { ...step.open, repeated: step.open.repeated + times } };
}

type Collecting = Omit<Opening, "pending"> & {
  readonly input: ReconcileInput;
  readonly pending: Record<string, Pending>;
  readonly repeats: readonly Repeat[];
  readonly kept: ReadonlyMap<string, Seen>;
};

function collect({ input, steps, pending, dropped, repeats, kept }: Collecting): Reconciled {
  const { state, seen } = input;
  const open: Record<string, OpenRow> = {};
  const closed = new Map(Object.entries(state.closed));
  const outcomes: Record<string, number> = {};
  const changes: RowChange[] = [];
  const events: OpportunityEvent[] = [];
  let out = 0;
  let unpriced = 0;
  for (const [key, step] of steps) {
    if (!kept.has(key)) unpriced += 1;
    if (step.change !== null) changes.push(step.change);
    events.push(...step.events);
    const ended = closedRowOf(step.open);
    closed.delete(key);
    if (ended !== null) {
      closed.set(key, ended);
      count(dropped, step.outcome);
      continue;
    }
    open[key] = step.open;
    count(outcomes, step.outcome);
    out += 1;
  }
  return {
    state: { lastSlotMs: input.slotMs, open, pending, closed: prune(closed, input) },
    changes,
    events,
    counts: { in: seen.length + unpriced, out, dropped, outcomes },
    ...mergesOf({ state, open, repeats, kept }),
  };
}

/** Forgets what can no longer be revived, and the oldest beyond the limit. */
function prune(closed: ReadonlyMap<string, ClosedRow>, { nowMs, settings }: Scan): Record<string, ClosedRow> {
  const alive = [...closed].filter(([, row]) => nowMs - row.closedAtMs <= settings.revivalWindowMs);
  if (alive.length > LIMITS.closed) alive.sort(([, a], [, b]) => b.closedAtMs - a.closedAtMs);
  return Object.fromEntries(alive.slice(0, LIMITS.closed));
}

type Merging = Pick<Collecting, "repeats" | "kept"> & { readonly state: LifecycleState; readonly open: Readonly<Record<string, OpenRow>> };

function mergesOf({ state, open, repeats, kept }: Merging): Pick<Reconciled, "merges" | "mergeCounts"> {
  const merges: Merge[] = [];
  const mergeCounts: Record<string, number> = {};
  const add = (merge: Merge): void => {
    count(mergeCounts, merge.reason);
    if (merges.length < MERGE_SAMPLES) merges.push(merge);
  };
  for (const { key, source } of repeats) {
    add({ key, survivingId: open[key]?.row.id ?? state.open[key]?.row.id ?? null, source, reason: "same-key-in-scan" });
  }
  for (const [key, { source }] of kept) {
    const row = state.open[key]?.row;
    if (row !== undefined) add({ key, survivingId: row.id, source, reason: "already-open" });
  }
  return { merges, mergeCounts };
}

/** The slot was reconciled before, by the other trigger: nothing is opened, closed or counted towards confirmation. */
function repeatedSlot(state: LifecycleState, arrived: number): Reconciled {
  const out = Object.keys(state.open).length;
  const dropped: Record<string, number> = {};
  count(dropped, "slot-repeated", arrived - out);
  return {
    state,
    changes: [],
    events: [],
    counts: { in: arrived, out, dropped, outcomes: out === 0 ? {} : { unchanged: out } },
    merges: [],
    mergeCounts: {},
  };
}
