import { paysFunding } from "../economics/taken-funding.ts";
import type { ChangedRow, Held } from "./match-input.ts";
import { looksAtNet } from "./notices.ts";

/** The sign of the carry of a pair that somebody holds, as a scan saw it. */
export type CarrySeen = Pick<Held, "takenId" | "paysNow">;

/**
 * Of the pairs that one person holds, those whose carry has another sign than when a scan showed it last: what is noted once
 * the scan's notices are stored, so that the next turn is told again.
 */
export function carriesSeen(rows: readonly ChangedRow[], holds: ReadonlyMap<string, Held>): readonly CarrySeen[] {
  return rows.flatMap(({ row, events }) => {
    const held = holds.get(row.id);
    if (held === undefined || row.status !== "open" || !events.some(looksAtNet)) return [];
    const paysNow = paysFunding(row.priced);
    return paysNow === held.paysNow ? [] : [{ takenId: held.takenId, paysNow }];
  });
}
