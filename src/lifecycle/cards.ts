import type { Opportunity, Strategy } from "../domain/opportunity.ts";

/** What a person sees: the best pair of an asset in a strategy, the others nested under it. */
export type Card<T extends Opportunity = Opportunity> = {
  readonly asset: string;
  readonly strategy: Strategy;
  readonly best: T;
  readonly others: readonly T[];
};

/**
 * Open rows before those without data; in each the larger net first and a net that is not known last; the older row wins a
 * tie, so that order is stable.
 */
export function byNet(a: Opportunity, b: Opportunity): number {
  if (a.status !== b.status && (a.status === "open" || b.status === "open")) return a.status === "open" ? -1 : 1;
  const netA = a.priced.ledger.net;
  const netB = b.priced.ledger.net;
  if (netA !== netB) {
    if (netA === null) return 1;
    if (netB === null) return -1;
    return netB - netA;
  }
  return a.openedAtMs - b.openedAtMs || (a.id < b.id ? -1 : 1);
}

/**
 * One card per (asset, strategy), best first. Near-duplicates never fill a list, and when the best pair changes the
 * rows stay the rows they were.
 */
export function cardsOf<T extends Opportunity>(rows: readonly T[]): readonly Card<T>[] {
  const groups = new Map<string, T[]>();
  for (const row of [...rows].sort(byNet)) {
    const group = `${row.priced.strategy}|${row.priced.asset}`;
    const known = groups.get(group);
    if (known === undefined) groups.set(group, [row]);
    else known.push(row);
  }
  const cards: Card<T>[] = [];
  for (const [best, ...others] of groups.values()) {
    if (best !== undefined) cards.push({ asset: best.priced.asset, strategy: best.priced.strategy, best, others });
  }
  return cards;
}
