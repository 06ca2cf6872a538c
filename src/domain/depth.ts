import type { VenueError } from "./error.ts";
import type { CallRecord, CallRules, FeedId } from "./feed.ts";
import type { Result } from "./result.ts";

/**
 * How many coins an amount of USD buys or sells on one side of a book: points of that curve, from the smallest amount to
 * all that the book holds, straight between them and from nothing to the first. Both lists rise and are of one length.
 */
export type Ladder = { readonly usd: readonly number[]; readonly base: readonly number[] };

/** What is kept of an instrument's order book: enough to walk it to any size, and small. */
export type LegDepth = {
  /** Middle of the book's own best bid and ask, USD per coin. */
  readonly mid: number;
  readonly bids: Ladder;
  readonly asks: Ladder;
  /** Arrival of the book, epoch ms. */
  readonly readAtMs: number;
};

/** What the Scanner keeps of order books, by instrument id (`bybit:BTC/USDT:USDT`). */
export type Depths = Readonly<Record<string, LegDepth>>;

/** What the Scanner asks of a feed: order books of some of its instruments. */
export type BooksAsk = {
  readonly feed: FeedId;
  /** Correlation id of the scan. */
  readonly scanId: string;
  /** Canonical symbols. */
  readonly symbols: readonly string[];
  /** Sizes at which what is kept must be exact, USD. */
  readonly sizesUsd: readonly number[];
  /** Time allowed for all of them, ms. */
  readonly limitMs: number;
  readonly rules: CallRules;
};

/** An order book, or why there is none. */
export type BookRead = { readonly symbol: string; readonly result: Result<LegDepth, VenueError> };

/** One entry for each symbol asked for. */
export type BooksReply = { readonly books: readonly BookRead[]; readonly calls: readonly CallRecord[] };
