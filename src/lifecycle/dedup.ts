import type { Priced } from "../domain/opportunity.ts";

/** A pair priced in this scan. */
export type Seen = {
  readonly priced: Priced;
  /** False where a leg is frozen or the sign of the carry disagrees with the last settled rates. */
  readonly mayOpen: boolean;
  /** False where a leg is frozen. */
  readonly mayRefresh: boolean;
  /** Which way it came: `detect` for candidates, `open-row` for rows priced again, or another path. */
  readonly source: string;
};

/** A pair that arrived under a key that another one in the same scan already held. */
export type Repeat = { readonly key: string; readonly source: string };

export type Deduplicated = { readonly kept: ReadonlyMap<string, Seen>; readonly repeats: readonly Repeat[] };

/**
 * One pair for each key: the one with the highest net, known before unknown. What is kept does not depend on the order
 * of arrival, deduplicating again changes nothing, and every pair kept is one of those given.
 * @example keepBest([]).repeats // []
 */
export function keepBest(seen: readonly Seen[]): Deduplicated {
  const kept = new Map<string, Seen>();
  const repeats: Repeat[] = [];
  for (const item of seen) {
    const { key } = item.priced;
    const known = kept.get(key);
    if (known === undefined) {
      kept.set(key, item);
      continue;
    }
    const better = isBetter(item, known);
    if (better) kept.set(key, item);
    repeats.push({ key, source: (better ? known : item).source });
  }
  return { kept, repeats };
}

function isBetter(a: Seen, b: Seen): boolean {
  const netA = a.priced.ledger.net ?? Number.NEGATIVE_INFINITY;
  const netB = b.priced.ledger.net ?? Number.NEGATIVE_INFINITY;
  if (netA !== netB) return netA > netB;
  // Any fixed order will do among equals, as long as it is not the order of arrival.
  if (a.source !== b.source) return a.source < b.source;
  return a !== b && JSON.stringify(a) < JSON.stringify(b);
}
