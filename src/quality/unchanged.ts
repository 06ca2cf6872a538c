import type { QuoteColumns } from "../domain/quote.ts";

/** What a venue showed in the scan before, for telling rows that stand still. */
export type ShownBook = {
  readonly symbol: readonly string[];
  readonly bid: Float64Array;
  readonly ask: Float64Array;
  readonly mark: Float64Array;
  readonly index: Float64Array;
  readonly unchangedScans: Uint16Array;
};

const MOST = 65_535;

/**
 * For each row the number of scans in a row, this one included, in which bid, ask, mark and index were all the same:
 * 1 for a row that is new or has moved.
 */
export function unchangedScans(columns: QuoteColumns, before: ShownBook | null): Uint16Array {
  const counts = new Uint16Array(columns.count).fill(1);
  if (before === null) return counts;
  const moved = movedRows(columns, before);
  let places: Map<string, number> | null = null;
  for (let row = 0; row < columns.count; row++) {
    const symbol = columns.symbol[row] ?? "";
    // Venues list their instruments in the same order from scan to scan, so the map is rarely needed.
    let place: number | undefined = before.symbol[row] === symbol ? row : undefined;
    if (place === undefined) {
      places ??= new Map(before.symbol.map((name, index) => [name, index]));
      place = places.get(symbol);
    }
    if (place !== undefined && !moved(row, place)) counts[row] = Math.min((before.unchangedScans[place] ?? 0) + 1, MOST);
  }
  return counts;
}

/** What to remember of this scan for the next: copies, as a column may be part of a larger array that would be kept with it. */
export const shownBook = (columns: QuoteColumns, unchanged: Uint16Array): ShownBook => ({
  symbol: columns.symbol,
  bid: columns.bid.slice(),
  ask: columns.ask.slice(),
  mark: columns.mark.slice(),
  index: columns.index.slice(),
  unchangedScans: unchanged,
});

/** Whether a row differs from its place before. A number missing both times has not moved. */
function movedRows(columns: QuoteColumns, before: ShownBook): (row: number, place: number) => boolean {
  return (row, place) =>
    !Object.is(columns.bid[row], before.bid[place]) ||
    !Object.is(columns.ask[row], before.ask[place]) ||
    !Object.is(columns.mark[row], before.mark[place]) ||
    !Object.is(columns.index[row], before.index[place]);
}
