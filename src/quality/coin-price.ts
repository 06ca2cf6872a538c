import type { PriceSource } from "../domain/identity.ts";
import type { QuoteColumns } from "../domain/quote.ts";

/** Index, else mark, else mid, in quote currency per coin; `NaN` where none is above zero. */
export function pricePerCoin(columns: QuoteColumns, row: number): number {
  const index = columns.index[row] ?? Number.NaN;
  if (index > 0) return index;
  const mark = columns.mark[row] ?? Number.NaN;
  if (mark > 0) return mark;
  const mid = ((columns.bid[row] ?? Number.NaN) + (columns.ask[row] ?? Number.NaN)) / 2;
  return mid > 0 ? mid : Number.NaN;
}

/** Which of them `pricePerCoin` took. */
export const priceSource = (columns: QuoteColumns, row: number): PriceSource =>
  (columns.index[row] ?? Number.NaN) > 0 ? "index" : (columns.mark[row] ?? Number.NaN) > 0 ? "mark" : "mid";
