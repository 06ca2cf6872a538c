import { type DroppedPair, PAIR_DROP_REASONS, type PairDropReason, SAMPLES_PER_REASON, type Selection } from "./strategy.ts";

/** Counts pairs that are dropped, and keeps a few of each long venue and reason as evidence. */
export type DropCounter = {
  /** Counts one, and says whether evidence of it is wanted. */
  readonly add: (reason: PairDropReason, longVenue: number) => boolean;
  readonly keep: (sample: DroppedPair) => void;
  readonly result: () => Pick<Selection, "dropped" | "samples">;
};

/** A counter for a market of that many venues, with nothing in it. */
export function dropCounter(venues: number): DropCounter {
  const counts = new Uint32Array(PAIR_DROP_REASONS.length);
  const sampled = new Uint8Array(PAIR_DROP_REASONS.length * venues);
  const samples: DroppedPair[] = [];
  return {
    add: (reason, longVenue) => {
      const place = PAIR_DROP_REASONS.indexOf(reason);
      counts[place] = (counts[place] ?? 0) + 1;
      const taken = sampled[place * venues + longVenue] ?? SAMPLES_PER_REASON;
      if (taken >= SAMPLES_PER_REASON) return false;
      sampled[place * venues + longVenue] = taken + 1;
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
