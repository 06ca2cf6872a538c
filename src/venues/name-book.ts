import { type InstrumentKind, perpetualSymbol, spotSymbol } from "../domain/instrument.ts";
import type { RejectReason } from "../domain/quote.ts";
import type { Result } from "../domain/result.ts";

/** What a venue's name of an instrument says of it. */
export type NameParts = {
  readonly kind: InstrumentKind;
  /** Canonical symbol. */
  readonly symbol: string;
  readonly asset: string;
  readonly quote: string;
  readonly settle: string;
  /** Coins in one quoted unit. */
  readonly multiplier: number;
};

/** Reads a name, and nothing but the name: what it says is kept for good. */
export type ParseName = (name: string) => Result<NameParts, RejectReason>;

/** A name that a feed has met. `number` is its place among them, by which tables of one scan are indexed. */
export type KnownName = { readonly name: string; readonly number: number; readonly parsed: Result<NameParts, RejectReason> };

/**
 * The names that a feed has met, each read once, and the order in which each body had them last. Holds nothing that a new
 * book would not find again: a feed keeps one while it is in memory, as reading and joining thousands of names anew is a
 * third of what it costs to make rows of a body.
 */
export type NameBook = { readonly byName: Map<string, KnownName>; readonly orders: Map<string, KnownName[]> };

/** A book with nothing in it. */
export const nameBook = (): NameBook => ({ byName: new Map(), orders: new Map() });

/** Many times what a venue lists; beyond it the book starts anew. */
const MOST_NAMES = 20_000;

/** The entry of the name that stands at a place of a body. */
export type ReadName = (name: string, place: number) => KnownName;

/**
 * Reads the names of one body of a feed. Venues list their instruments in the same order from scan to scan, so that one
 * comparison finds most of them; the others are looked up.
 */
export function nameReader(book: NameBook, body: string, parse: ParseName): ReadName {
  if (book.byName.size > MOST_NAMES) {
    book.byName.clear();
    book.orders.clear();
  }
  const order = book.orders.get(body) ?? [];
  book.orders.set(body, order);
  return (name, place) => {
    const likely = order[place];
    if (likely !== undefined && likely.name === name) return likely;
    const found = book.byName.get(name) ?? { name, number: book.byName.size, parsed: longLived(parse(name)) };
    if (found.number === book.byName.size) book.byName.set(name, found);
    // A place beyond the end would leave a hole, of which nothing is known.
    if (place <= order.length) order[place] = found;
    return found;
  };
}

/**
 * A copy made here and nowhere else. V8 learns for each place in the code how long what it makes lives: were the results of
 * `ok` kept for good, it would put all of them where only a full collection frees them, with the bodies that others hold.
 */
const longLived = (parsed: KnownName["parsed"]): KnownName["parsed"] =>
  parsed.ok ? { ok: true, value: parsed.value } : { ok: false, error: parsed.error };

type Coin = { readonly asset: string; readonly multiplier: number };

/** The parts of a linear perpetual's name. */
export const perpetualName = ({ asset, multiplier }: Coin, quote: string, settle: string): NameParts => ({
  kind: "perpetual",
  symbol: perpetualSymbol(asset, quote, settle),
  asset,
  quote,
  settle,
  multiplier,
});

/** The parts of a spot pair's name, which settles in its quote currency. */
export const spotName = ({ asset, multiplier }: Coin, quote: string): NameParts => ({
  kind: "spot",
  symbol: spotSymbol(asset, quote),
  asset,
  quote,
  settle: quote,
  multiplier,
});
