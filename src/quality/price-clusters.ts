/** Anything with a price above zero. */
export type HasPrice = { readonly price: number };

/** How far apart the prices of a sorted, non-empty list lie: max/min − 1, a fraction. */
export function spreadOf(sorted: readonly HasPrice[]): number {
  const lowest = sorted[0];
  const highest = sorted.at(-1);
  if (lowest === undefined || highest === undefined) throw new RangeError("no prices");
  return highest.price / lowest.price - 1;
}

/**
 * Splits prices at the largest gap until no group is wider than `tolerance` (fraction, max/min − 1). So two groups are
 * always further apart than two neighbours inside one, and a chain of small steps does not hold distant prices together.
 * @example priceClusters([{ price: 1 }, { price: 1.001 }, { price: 10 }], 0.03).length // 2
 */
export function priceClusters<T extends HasPrice>(members: readonly T[], tolerance: number): readonly (readonly T[])[] {
  const done: (readonly T[])[] = [];
  const waiting: (readonly T[])[] = [[...members].sort((a, b) => a.price - b.price)];
  for (let group = waiting.pop(); group !== undefined; group = waiting.pop()) {
    if (group.length === 0) continue;
    // A price that is no finite number has no spread; alone it is a group all the same, or this would never end.
    if (group.length === 1 || spreadOf(group) <= tolerance) {
      done.push(group);
      continue;
    }
    const cut = largestGap(group);
    waiting.push(group.slice(cut), group.slice(0, cut));
  }
  return done;
}

/** Place before which the widest step between sorted neighbours lies; the lowest such place when steps tie. */
function largestGap(sorted: readonly HasPrice[]): number {
  let place = 1;
  let widest = 0;
  for (let index = 1; index < sorted.length; index++) {
    const below = sorted[index - 1];
    const above = sorted[index];
    const step = below === undefined || above === undefined ? 0 : above.price / below.price;
    if (step > widest) {
      widest = step;
      place = index;
    }
  }
  return place;
}
