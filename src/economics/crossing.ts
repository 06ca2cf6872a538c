import type { Quote } from "../domain/quote.ts";
import { formatUsd } from "./format-usd.ts";

/** What a quote says of its book: best prices, and how much they hold for. */
export type TopOfBook = Pick<Quote, "bid" | "ask" | "bidSizeBase" | "askSizeBase" | "quotedNotionalUsd">;

/**
 * USD that can be sold at the bid and bought at the ask: `min(bid · bid size, ask · ask size)`, else the notional up to
 * which the venue documents both prices to hold. Null where neither is sent.
 * @example depthUsd({ bid: 99, ask: 101, bidSizeBase: 100, askSizeBase: 50, quotedNotionalUsd: null }) // 5_050
 */
export function depthUsd(book: TopOfBook): number | null {
  const { bid, ask, bidSizeBase, askSizeBase } = book;
  if (bid === null || ask === null) return null;
  if (bidSizeBase === null || askSizeBase === null) return book.quotedNotionalUsd;
  return Math.min(bid * bidSizeBase, ask * askSizeBase);
}

/**
 * What one leg pays to go in and out at a size: it buys at the ask and sells at the bid, whichever comes first, so
 * `(ask − bid) / mid`, a fraction of notional. Null where the top of the book does not hold the size on both sides, or
 * bid, ask or what they hold is missing; `crossingGap` says which.
 * @example crossingAt({ bid: 99, ask: 101, bidSizeBase: 100, askSizeBase: 100, quotedNotionalUsd: null }, 5_000) // 0.02
 */
export function crossingAt(book: TopOfBook, sizeUsd: number): number | null {
  const { bid, ask } = book;
  if (bid === null || ask === null || !(bid > 0) || !(ask >= bid)) return null;
  const depth = depthUsd(book);
  return depth !== null && sizeUsd <= depth ? (ask - bid) / ((bid + ask) / 2) : null;
}

/**
 * Why the crossing is not known at a size, as the end of a sentence that begins with the venue; null where it is known.
 * @example crossingGap({ bid: 99, ask: 101, bidSizeBase: 40, askSizeBase: 100, quotedNotionalUsd: null }, 5_000) // "quotes 3,960 USD at its best bid and ask, less than 5,000 USD"
 */
export function crossingGap(book: TopOfBook, sizeUsd: number): string | null {
  if (crossingAt(book, sizeUsd) !== null) return null;
  if (book.bid === null) return "sends no bid";
  if (book.ask === null) return "sends no ask";
  if (!(book.bid > 0) || !(book.ask >= book.bid)) return "sends a book without a bid below its ask";
  const depth = depthUsd(book);
  if (depth === null) return "sends no size at its best bid and ask";
  return `quotes ${formatUsd(depth)} at its best bid and ask, less than ${formatUsd(sizeUsd)}`;
}
