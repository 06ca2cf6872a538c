import type { Priced, Strategy } from "../domain/opportunity.ts";

/** A pair that is not open, with how long it must be held to pay its costs. */
export type NearMiss = {
  readonly priced: Priced;
  /** Days until funding has paid fees and crossing; null where that takes over 90 days. */
  readonly breakEvenDays: number | null;
};

/**
 * The best of pairs that did not open, at most `count` of each strategy, all of them highest net first (equal nets by key):
 * gross above zero and net known, over the bar or under it. Example: run in near-misses.test.ts.
 */
export function nearMisses(priced: readonly Priced[], count: number): readonly NearMiss[] {
  const taken = new Map<Strategy, number>();
  const isAmongTheBest = ({ strategy }: Priced): boolean => {
    const place = taken.get(strategy) ?? 0;
    taken.set(strategy, place + 1);
    return place < count;
  };
  return priced
    .flatMap((pair) => (pair.grossApr > 0 && pair.ledger.net !== null ? [{ pair, net: pair.ledger.net }] : []))
    .sort((a, b) => b.net - a.net || (a.pair.key < b.pair.key ? -1 : 1))
    .filter(({ pair }) => isAmongTheBest(pair))
    .map(({ pair }) => ({ priced: pair, breakEvenDays: pair.ledger.breakEven.kind === "at" ? pair.ledger.breakEven.days : null }));
}
