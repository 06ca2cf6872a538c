import { SECOND_MS } from "../domain/units.ts";
import { claimUpdate, type DoneMark, markUpdatesDone } from "../storage/updates.ts";
import type { Defer } from "./session.ts";

/** Done marks that no claim has carried to D1 after so long go alone. */
export const FLUSH_MS = 5 * SECOND_MS;
/** Done marks that one statement carries at most; the rest goes with the next. */
const MOST_MARKS = 200;

/** Updates that this isolate takes, each once. The mark that one is done travels with the next claim. */
export type Claims = {
  /** Takes an update; `null` when it was taken before. Rejects when D1 does not answer. */
  readonly take: (updateId: number) => Promise<{ readonly claimedAtMs: number } | null>;
  /** Notes that a taken update is answered. */
  readonly done: (updateId: number, claimedAtMs: number, defer: Defer) => void;
};

/** Claims of one isolate. Marks that are lost with it leave a claim that may be taken again after 60 s. */
export function createClaims(ports: {
  readonly db: D1Database;
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<void>;
}): Claims {
  const { db, now, wait } = ports;
  /** In the order of their ends. */
  const marks = new Map<number, DoneMark>();
  let lastMarkAtMs = 0;
  /** Hands out marks; they come back when D1 did not take them. */
  const carry = async <T>(work: (carried: readonly DoneMark[]) => Promise<T>): Promise<T> => {
    const carried = [...marks.values()].slice(0, MOST_MARKS);
    for (const { updateId } of carried) marks.delete(updateId);
    try {
      return await work(carried);
    } catch (error) {
      for (const mark of carried) marks.set(mark.updateId, mark);
      throw error;
    }
  };
  return {
    take: async (updateId) => {
      if (marks.has(updateId)) return null;
      const nowMs = now();
      const ours = await carry((carried) => claimUpdate(db, { updateId, nowMs, marks: carried }));
      return ours ? { claimedAtMs: nowMs } : null;
    },
    done: (updateId, claimedAtMs, defer) => {
      const doneAtMs = now();
      marks.set(updateId, { updateId, claimedAtMs, doneAtMs });
      lastMarkAtMs = doneAtMs;
      defer("updates.done", async () => {
        await wait(FLUSH_MS);
        // A later update waits in its turn, or has carried this mark with its claim.
        if (marks.size === 0 || lastMarkAtMs > doneAtMs) return;
        await carry((carried) => markUpdatesDone(db, carried));
      });
    },
  };
}
