import { type InstrumentKind, perpetualSymbol, spotSymbol } from "../domain/instrument.ts";
import type { NameColumns, RejectReason } from "../domain/quote.ts";
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

/** A name that a feed has met. */
export type KnownName = {
  readonly name: string;
  /** Its place among them, by which tables of one scan are indexed. */
  readonly number: number;
  /** The same for its canonical symbol, which two names may share; -1 where there is none. */
  readonly symbolNumber: number;
  readonly parsed: Result<NameParts, RejectReason>;
};

/** The rows of a scan: as the book knows them, and the columns of their names. */
type ShownNames = { readonly known: readonly KnownName[]; readonly columns: NameColumns; readonly venueSymbols: readonly string[] };

/**
 * The names that a feed has met, each read once, and where they stood last. Holds nothing that a new book would not find
 * again: a feed keeps one while it is in memory, as reading and joining thousands of names anew is a third of what it costs
 * to make rows of a body.
 */
export type NameBook = {
  readonly byName: Map<string, KnownName>;
  readonly symbolNumbers: Map<string, number>;
  /** By body: the names in its order. */
  readonly orders: Map<string, KnownName[]>;
  /** By kept table: its entry for each name that was asked for, by the number of the name. */
  entries: WeakMap<object, unknown[]>;
  /** The rows of the last scan. */
  shown: ShownNames | null;
};

/** A book with nothing in it. */
export const nameBook = (): NameBook => ({
  byName: new Map(),
  symbolNumbers: new Map(),
  orders: new Map(),
  entries: new WeakMap(),
  shown: null,
});

/** Many times what a venue lists; beyond it the book starts anew. */
const MOST_NAMES = 20_000;

/** Starts a book anew that holds too much. Before a scan is joined and never within, as numbers are given anew. */
export function boundNames(book: NameBook): void {
  if (book.byName.size <= MOST_NAMES) return;
  book.byName.clear();
  book.symbolNumbers.clear();
  book.orders.clear();
  book.entries = new WeakMap();
  book.shown = null;
}

/** The names of one body as they are read. */
export type NameReader = {
  readonly book: NameBook;
  /** The entry of the name that stands at a place of the body. */
  readonly read: (name: string, place: number) => KnownName;
};

/**
 * Reads the names of one body of a feed. Venues list their instruments in the same order from scan to scan, so that one
 * comparison finds most of them; the others are looked up.
 */
export function nameReader(book: NameBook, body: string, parse: ParseName): NameReader {
  const order = book.orders.get(body) ?? [];
  book.orders.set(body, order);
  const read = (name: string, place: number): KnownName => {
    const likely = order[place];
    if (likely !== undefined && likely.name === name) return likely;
    const found = book.byName.get(name) ?? meet(book, name, parse);
    // A place beyond the end would leave a hole, of which nothing is known.
    if (place <= order.length) order[place] = found;
    return found;
  };
  return { book, read };
}

function meet(book: NameBook, name: string, parse: ParseName): KnownName {
  const parsed = longLived(parse(name));
  const met = { name, number: book.byName.size, symbolNumber: parsed.ok ? numberOf(book, parsed.value.symbol) : -1, parsed };
  book.byName.set(name, met);
  return met;
}

function numberOf({ symbolNumbers }: NameBook, symbol: string): number {
  const number = symbolNumbers.get(symbol) ?? symbolNumbers.size;
  symbolNumbers.set(symbol, number);
  return number;
}

/** The entry of a kept table for a name. */
export type EntryReader<T> = (known: KnownName) => T | undefined;

/**
 * Reads a table that is kept from scan to scan by names: each is looked up once while the table is the same. Sound because
 * an array stands under one table and holds that table's values alone.
 */
export function entryReader<T>(book: NameBook, table: ReadonlyMap<string, T> | undefined): EntryReader<T> {
  if (table === undefined) return () => undefined;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the guarantee stands above
  const entries = (book.entries.get(table) ?? []) as (T | null | undefined)[];
  book.entries.set(table, entries);
  return ({ name, number }) => {
    const entry = entries[number];
    if (entry !== undefined) return entry ?? undefined;
    const found = table.get(name);
    while (entries.length < number) entries.push(undefined);
    entries[number] = found ?? null;
    return found;
  };
}

/** The names of a scan's rows as columns: the very ones of the scan before where no row has come, gone or moved. */
export function namesOf(book: NameBook, known: readonly KnownName[]): Pick<ShownNames, "columns" | "venueSymbols"> {
  const { shown } = book;
  if (shown !== null && shown.known.length === known.length && known.every((name, row) => name === shown.known[row])) return shown;
  const symbol: string[] = [];
  const kind: InstrumentKind[] = [];
  const asset: string[] = [];
  const quote: string[] = [];
  const settle: string[] = [];
  for (const { parsed } of known) {
    // Rows are made of names that could be read.
    if (!parsed.ok) continue;
    symbol.push(parsed.value.symbol);
    kind.push(parsed.value.kind);
    asset.push(parsed.value.asset);
    quote.push(parsed.value.quote);
    settle.push(parsed.value.settle);
  }
  const named = { known, columns: { symbol, kind, asset, quote, settle }, venueSymbols: known.map(({ name }) => name) };
  book.shown = named;
  return named;
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
