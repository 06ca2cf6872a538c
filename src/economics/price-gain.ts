import type { Quote } from "../domain/quote.ts";

/** Best bid and ask of a leg, USD per coin. */
export type TopPrices = Pick<Quote, "bid" | "ask">;

/**
 * The gap between what the short leg sells for and what the long leg costs: `(bid_S − ask_L) / mid`, mid being the mean of
 * the four prices; a signed fraction of notional. Above zero where the pair goes in with money left. Null where a price is
 * missing or not positive.
 * @example priceGap({ bid: 98, ask: 99 }, { bid: 101, ask: 102 }) // 0.02
 */
export function priceGap(long: TopPrices, short: TopPrices): number | null {
  if (!arePositive(long) || !arePositive(short)) return null;
  return (short.bid - long.ask) / ((long.bid + long.ask + short.bid + short.ask) / 4);
}

/**
 * What an assumed closing of the gap brings: `gap · closure`, fraction of notional, closure from 0 (it stands) to 1 (it
 * closes whole). A gap of the wrong sign costs by the same measure. Null as for `priceGap`.
 * @example priceGain({ bid: 98, ask: 99 }, { bid: 101, ask: 102 }, 0.5) // 0.01
 */
export function priceGain(long: TopPrices, short: TopPrices, closure: number): number | null {
  const gap = priceGap(long, short);
  return gap === null ? null : gap * closure;
}

/**
 * What is left to pay of a leg's crossing (in and out at a size, fraction of notional) where its entry is priced at the
 * best ask or bid already: the half-spread out, and what the size pays beyond the best price on the way in, so
 * `max(crossing / 2, crossing − spread / 2)`. Null where the crossing is.
 * @example exitCrossing({ bid: 99, ask: 101 }, 0.05) // 0.04
 */
export function exitCrossing(book: TopPrices, crossing: number | null): number | null {
  if (crossing === null || !arePositive(book)) return null;
  return Math.max(crossing / 2, crossing - (book.ask - book.bid) / (book.bid + book.ask));
}

const arePositive = (book: TopPrices): book is { readonly bid: number; readonly ask: number } =>
  book.bid !== null && book.ask !== null && book.bid > 0 && book.ask > 0;
