import { type DroppedPair, PAIR_DROP_REASONS, type PairDropReason, SAMPLES_PER_REASON, type Selection } from "./strategy.ts";

/** Counts pairs that are dropped, and keeps a few of each long venue and reason as evidence. */
export type DropCounter = {
  /** Counts one, by the number of its reason, and says whether evidence of it is wanted. */
  readonly add: (reason: number, longVenue: number) => boolean;
  readonly keep: (sample: DroppedPair) => void;
  readonly result: () => Pick<Selection, "dropped" | "samples">;
};

/** The number of a reason: tens of thousands of pairs are dropped in a scan, and a number indexes an array. */
export const reasonNumber = (reason: PairDropReason): number => PAIR_DROP_REASONS.indexOf(reason);

/** A counter for a market of that many venues, with nothing in it. */
export function dropCounter(venues: number): DropCounter {
  const counts = new Uint32Array(PAIR_DROP_REASONS.length);
  const sampled = new Uint8Array(PAIR_DROP_REASONS.length * venues);
  const samples: DroppedPair[] = [];
  return {
    add: (reason, longVenue) => {
      counts[reason] = (counts[reason] ?? 0) + 1;
      const place = reason * venues + longVenue;
      const taken = sampled[place] ?? SAMPLES_PER_REASON;
      if (taken >= SAMPLES_PER_REASON) return false;
      sampled[place] = taken + 1;
      return true;
    },
    keep: (sample) => samples.push(sample),
    result: () => ({ dropped: countsByReason(counts), samples }),
  };
}

function countsByReason(counts: Uint32Array): Readonly<Record<string, number>> {
  const dropped: Record<string, number> = {};
  for (const [place, reason] of PAIR_DROP_REASONS.entries()) {
    const pairs = counts[place] ?? 0;
    if (pairs > 0) dropped[reason] = pairs;
  }
  return dropped;
}
