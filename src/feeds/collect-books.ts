import type { BookRead, BooksAsk, BooksReply } from "../domain/depth.ts";
import type { VenueError } from "../domain/error.ts";
import type { Book } from "../domain/book.ts";
import type { CallRecord } from "../domain/feed.ts";
import { err, ok } from "../domain/result.ts";
import { depthOf } from "../economics/book-walk.ts";
import type { VenueAdapter } from "../venues/adapter.ts";
import type { BookInstruments, Call } from "./collect-venue.ts";

type Collecting = {
  readonly adapter: VenueAdapter;
  /** Those of the feed's last market; null where it has none yet. */
  readonly instruments: BookInstruments | null;
  readonly ask: BooksAsk;
  readonly call: Call;
};

/** Fetches the order books asked for, side by side, and keeps of each what pricing needs. A book that fails costs itself alone. */
export async function collectBooks(input: Collecting): Promise<BooksReply> {
  // A feed is asked for a few books of its thousand instruments: a search for each is less than a map of all.
  const placeOf = (symbol: string): number => input.instruments?.symbol.indexOf(symbol) ?? -1;
  const reads = await Promise.all(input.ask.symbols.map((symbol) => readOne(input, symbol, placeOf(symbol))));
  return { books: reads.map(({ book }) => book), calls: reads.flatMap(({ calls }) => calls) };
}

async function readOne(
  { adapter, instruments, ask, call }: Collecting,
  symbol: string,
  place: number,
): Promise<{ readonly book: BookRead; readonly calls: readonly CallRecord[] }> {
  const venueSymbol = instruments?.venueSymbol[place];
  if (instruments === null || venueSymbol === undefined) {
    const message = `expected ${symbol} in the market of ${adapter.id}, found no such row`;
    return { book: { symbol, result: err({ kind: "empty", message }) }, calls: [] };
  }
  const instrument = { multiplier: instruments.multiplier[place] ?? Number.NaN, unitBase: instruments.unitBase[place] ?? Number.NaN };
  const { path, ...request } = adapter.book.request(venueSymbol);
  let book: Book | null = null;
  const errorIn = (body: unknown, status: number): VenueError | null => {
    const error = adapter.errorIn(body, status);
    if (error !== null || status !== 200) return error;
    const read = adapter.book.read(body, instrument);
    if (!read.ok) return read.error;
    book = read.value;
    return null;
  };
  const { result, calls } = await call({ name: "book", endpoint: request, path, errorIn });
  if (!result.ok) return { book: { symbol, result }, calls };
  if (book === null) throw new Error(`a book of ${symbol} was called good and not read`);
  const depth = depthOf(book, { sizesUsd: ask.sizesUsd, readAtMs: result.value.receivedAtMs });
  return { book: { symbol, result: ok(depth) }, calls };
}

/** A reply without books that says why. */
export const failedBooks = ({ symbols }: BooksAsk, error: VenueError): BooksReply => ({
  books: symbols.map((symbol) => ({ symbol, result: err(error) })),
  calls: [],
});
