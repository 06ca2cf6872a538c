/** Keeps the few best of many by a score, highest first. */
export type Best<T> = {
  /** Whether an item of that score would be among the best. A score that is NaN never is. */
  readonly takes: (score: number) => boolean;
  /** Takes in an item that is among the best; gives back the one that makes room for it, null while there is room. */
  readonly add: (item: T, score: number) => T | null;
  readonly items: () => readonly T[];
};

/** A list of the `limit` best. Of equal scores the earlier stays. */
export function best<T>(limit: number): Best<T> {
  const kept: { readonly item: T; readonly score: number }[] = [];
  let bar = limit > 0 ? -Infinity : Infinity;
  return {
    takes: (score) => score > bar,
    add: (item, score) => {
      const place = kept.findIndex((other) => other.score < score);
      kept.splice(place === -1 ? kept.length : place, 0, { item, score });
      const beaten = kept.length > limit ? (kept.pop()?.item ?? null) : null;
      if (kept.length === limit) bar = kept.at(-1)?.score ?? Infinity;
      return beaten;
    },
    items: () => kept.map(({ item }) => item),
  };
}
