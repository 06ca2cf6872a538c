import type { FeedReply } from "../domain/feed.ts";
import { orLate, startTimeLimit } from "../net/time-limit.ts";
import { askBooks, type BooksRead, type BooksRound } from "./ask-books.ts";
import { askFeeds, type FeedsAsk } from "./ask-feeds.ts";

/** Books are waited for this many times as long as the last quotes took. */
const BOOKS_OVER_QUOTES = 1.1;
/** Books are waited for at least this long, ms: quotes may be there at once. */
const BOOKS_WAIT_MS = 1_000;

/**
 * Everything that a scan asks of its feeds, in one round: the quotes of all, and beside them the books that the scan before
 * chose. Quotes never wait for books; books are waited for a little longer than for the quotes, within their own limit.
 * Where nothing may overlap the books follow the quotes, for as long as is left of the time for turns.
 */
export async function askRound(round: {
  readonly quotes: FeedsAsk;
  readonly books: BooksRound;
  readonly overlap: boolean;
}): Promise<{ readonly replies: readonly FeedReply[]; readonly books: BooksRead }> {
  const { now, turnsDeadlineMs } = round.quotes;
  const startedAtMs = now();
  const enough = new AbortController();
  const quotes = askFeeds(round.quotes);
  if (!round.overlap) await quotes;
  const books = askBooks(round.books, enough.signal);
  const replies = await quotes;
  const tookMs = now() - startedAtMs;
  const restMs = round.overlap ? Math.max(BOOKS_WAIT_MS, tookMs * BOOKS_OVER_QUOTES) - tookMs : Math.max(0, turnsDeadlineMs - tookMs);
  const rest = startTimeLimit(restMs);
  const read = await orLate(books, rest.signal, () => null);
  rest.close();
  if (read !== null) return { replies, books: read };
  enough.abort();
  return { replies, books: await books };
}
