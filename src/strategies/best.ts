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
  return {
    takes: (score) => score > (kept.length < limit ? -Infinity : (kept.at(-1)?.score ?? Infinity)),
    add: (item, score) => {
      const place = kept.findIndex((other) => other.score < score);
      kept.splice(place === -1 ? kept.length : place, 0, { item, score });
      return kept.length > limit ? (kept.pop()?.item ?? null) : null;
    },
    items: () => kept.map(({ item }) => item),
  };
}
