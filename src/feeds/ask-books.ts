import pLimit from "p-limit";
import type { BooksAsk, BooksReply, LegDepth } from "../domain/depth.ts";
import type { VenueError } from "../domain/error.ts";
import type { CallRules, FeedId } from "../domain/feed.ts";
import type { Result } from "../domain/result.ts";
import { orLate, startTimeLimit } from "../net/time-limit.ts";
import { failedBooks } from "./collect-books.ts";
import type { BooksOutcome } from "./depth-pace.ts";

/** An instrument whose book is wanted. `id` is `bybit:BTC/USDT:USDT`. */
export type WantedBook = { readonly id: string; readonly feed: FeedId; readonly symbol: string };
/** What became of each book that was asked for, by instrument id. */
export type BookResults = ReadonlyMap<string, Result<LegDepth, VenueError>>;

/** The books that were asked for, and what asking came to at each feed. */
export type BooksRead = { readonly results: BookResults; readonly outcomes: Readonly<Record<FeedId, BooksOutcome>> };

/** How the books of a scan are asked for. */
export type BooksRound = {
  readonly wanted: readonly WantedBook[];
  readonly scanId: string;
  readonly sizesUsd: readonly number[];
  /** For each ask, from its turn on. */
  readonly limitMs: number;
  readonly rules: CallRules;
  /** Asks at once; where there are more they take turns. */
  readonly atOnce: number;
  readonly ask: (ask: BooksAsk) => Promise<BooksReply>;
};

/** Of the time for all, what a feed may use, so that it can still say why a book is missing. */
const FEED_SHARE = 0.9;
/**
 * Books in one call to a feed: as many as may be open at once in one invocation of it (`net/limiter.ts`), so that none
 * waits for another.
 */
const BOOKS_A_CALL = 5;

/**
 * Asks the feeds for the books wanted of them, at once or in turns, and waits for each ask no longer than its limit, or
 * until `enough` aborts. A call that throws or stays silent costs its own books and nobody else's. With a limit of 0
 * nothing is asked.
 */
export async function askBooks(input: BooksRound, enough: AbortSignal): Promise<BooksRead> {
  const { scanId, sizesUsd, limitMs, rules } = input;
  const wanted = limitMs > 0 ? input.wanted : [];
  const results = new Map<string, Result<LegDepth, VenueError>>();
  const outcomes: Record<FeedId, BooksOutcome> = {};
  const one = async (feed: FeedId, books: readonly WantedBook[]): Promise<void> => {
    const symbols = books.map(({ symbol }) => symbol);
    const ask = { feed, scanId, symbols, sizesUsd, limitMs: Math.floor(limitMs * FEED_SHARE), rules };
    const bySymbol = new Map(books.map(({ symbol, id }) => [symbol, id]));
    const reply = await answerOf(ask, { input, enough });
    outcomes[feed] = withReply(outcomes[feed], reply);
    for (const { symbol, result } of reply.books) {
      const id = bySymbol.get(symbol);
      if (id !== undefined) results.set(id, result);
    }
  };
  const parts = [...Map.groupBy(wanted, ({ feed }) => feed)].flatMap(([feed, books]) => inParts(books).map((part) => ({ feed, part })));
  const inTurn = pLimit(Math.max(1, input.atOnce));
  await Promise.all(parts.map(({ feed, part }) => inTurn(() => one(feed, part))));
  return { results, outcomes };
}

/** Adds what one call to a feed came to. A book for which nothing was sent says nothing of the feed. */
function withReply(before: BooksOutcome | undefined, { books, calls }: BooksReply): BooksOutcome {
  const kinds = books.map(({ result }) => (result.ok ? "ok" : result.error.kind));
  const ofKind = (of: ReadonlySet<string>): number => kinds.filter((kind) => of.has(kind)).length;
  return {
    asked: (before?.asked ?? 0) + books.length - ofKind(NOT_SENT),
    limited: (before?.limited ?? 0) + ofKind(LIMITED),
    late: (before?.late ?? 0) + ofKind(LATE),
    slowestMs: Math.max(before?.slowestMs ?? 0, ...calls.map(({ ms }) => ms)),
  };
}
const NOT_SENT: ReadonlySet<string> = new Set(["budget", "breaker-open", "flag-off", "internal"]);
const LIMITED: ReadonlySet<string> = new Set(["rate-limited", "banned"]);
const LATE: ReadonlySet<string> = new Set(["timeout"]);

function inParts(books: readonly WantedBook[]): readonly (readonly WantedBook[])[] {
  const parts: (readonly WantedBook[])[] = [];
  for (let from = 0; from < books.length; from += BOOKS_A_CALL) parts.push(books.slice(from, from + BOOKS_A_CALL));
  return parts;
}

async function answerOf(
  ask: BooksAsk,
  { input, enough }: { readonly input: BooksRound; readonly enough: AbortSignal },
): Promise<BooksReply> {
  const { limitMs } = input;
  const limit = startTimeLimit(limitMs);
  const message = `no books from the feed within ${limitMs} ms, or soon after the quotes`;
  const late = (): BooksReply => failedBooks(ask, { kind: "timeout", phase: "scan", limitMs, message });
  const until = AbortSignal.any([limit.signal, enough]);
  if (until.aborted) return late();
  try {
    return await orLate(input.ask(ask), until, late);
  } catch (error) {
    return failedBooks(ask, { kind: "internal", message: `the feed failed: ${error instanceof Error ? error.message : String(error)}` });
  } finally {
    limit.close();
  }
}
