import type { BooksAsk, BooksReply, LegDepth } from "../domain/depth.ts";
import type { VenueError } from "../domain/error.ts";
import type { FeedId } from "../domain/feed.ts";
import type { Result } from "../domain/result.ts";
import { failedBooks } from "./collect-books.ts";

/** An instrument whose book is wanted. `id` is `bybit:BTC/USDT:USDT`. */
export type WantedBook = { readonly id: string; readonly feed: FeedId; readonly symbol: string };

/** Of the time for all, what a feed may use, so that it can still say why a book is missing. */
const FEED_SHARE = 0.9;

/**
 * Asks each feed once for the books wanted of it, all feeds at once, and waits no longer than the limit. A feed that throws
 * or stays silent costs its own books and nobody else's. Gives what became of each book, by instrument id.
 */
export async function askBooks(input: {
  readonly wanted: readonly WantedBook[];
  readonly scanId: string;
  readonly sizesUsd: readonly number[];
  readonly limitMs: number;
  readonly ask: (ask: BooksAsk) => Promise<BooksReply>;
}): Promise<ReadonlyMap<string, Result<LegDepth, VenueError>>> {
  const { wanted, scanId, sizesUsd, limitMs } = input;
  const results = new Map<string, Result<LegDepth, VenueError>>();
  const one = async ([feed, books]: [FeedId, readonly WantedBook[]]): Promise<void> => {
    const ask = { feed, scanId, symbols: books.map(({ symbol }) => symbol), sizesUsd, limitMs: Math.floor(limitMs * FEED_SHARE) };
    const bySymbol = new Map(books.map(({ symbol, id }) => [symbol, id]));
    for (const { symbol, result } of (await answerOf(ask, input)).books) {
      const id = bySymbol.get(symbol);
      if (id !== undefined) results.set(id, result);
    }
  };
  await Promise.all([...Map.groupBy(wanted, ({ feed }) => feed)].map(one));
  return results;
}

async function answerOf(ask: BooksAsk, { limitMs, ask: send }: Parameters<typeof askBooks>[0]): Promise<BooksReply> {
  const silent = AbortSignal.timeout(limitMs);
  const late = new Promise<BooksReply>((resolve) => {
    silent.addEventListener("abort", () => {
      resolve(failedBooks(ask, { kind: "timeout", phase: "scan", limitMs, message: `no books from the feed within ${limitMs} ms` }));
    });
  });
  try {
    return await Promise.race([send(ask), late]);
  } catch (error) {
    const message = `the feed failed: ${error instanceof Error ? error.message : String(error)}`;
    return failedBooks(ask, { kind: "internal", message });
  }
}
