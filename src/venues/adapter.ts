import type { Book } from "../domain/book.ts";
import type { VenueError } from "../domain/error.ts";
import type { FeedId } from "../domain/feed.ts";
import type { QuoteColumns, RejectedRow } from "../domain/quote.ts";
import type { Result } from "../domain/result.ts";
import type { LocationHint, VenueFacts } from "../domain/venue.ts";
import { boundNames, type NameBook, nameBook } from "./name-book.ts";

/** One endpoint of a venue. `Table` is what `read` keeps of its body: small, plain, storable (Map, arrays, objects). */
export type Endpoint<Table = unknown> = {
  readonly method: "GET" | "POST";
  /** Path and query, appended to a host; the same for every coin. */
  readonly path: string;
  /** JSON body of a POST. */
  readonly body?: unknown;
  /** How long a body serves, ms: 0 = fetched each scan (hot), else metadata or a heavy endpoint. */
  readonly refreshMs: number;
  /** Request weight in the venue's own units. */
  readonly weight: number;
  /** Larger bodies are refused unread. */
  readonly maxBytes: number;
  /** Whether the venue gives no rows at all without it. */
  readonly required: boolean;
  /** Checks the envelope and keeps what `join` needs. An error envelope inside HTTP 200 is an error, so is an empty list. */
  readonly read: (body: unknown) => Result<Table, VenueError>;
  /** Path of the next page, for endpoints that page; `null` at the end. */
  readonly nextPath?: (body: unknown) => string | null;
  /** Joins the tables of two pages. Given together with `nextPath`. */
  readonly mergePages?: (first: Table, next: Table) => Table;
  /**
   * Name of the endpoint that this one can stand in for: another version of the same data with its own parse function.
   * `join` takes it where the other is absent. Scans never fetch it; tools and tests read it.
   */
  readonly alternativeTo?: string;
};

/** A table with the time its body arrived. */
export type Fetched<Table> = { readonly table: Table; readonly receivedAtMs: number };

export type Parsed = {
  readonly columns: QuoteColumns;
  readonly rejected: readonly RejectedRow[];
  /** The venue's own symbol of each row, for depth and links; it never leaves the feed. */
  readonly venueSymbols: readonly string[];
  /** Coins in one unit of the sizes of the row's order book: contract size times multiplier; `NaN` where it is not known. */
  readonly bookUnitBase: Float64Array;
};

/** How to read one instrument's order book. */
export type BookSpec = {
  /** Deep enough for 100,000 USD on a liquid coin, at the venue's lowest weight for that. */
  readonly request: (venueSymbol: string) => Pick<Endpoint, "method" | "path" | "body" | "weight" | "maxBytes">;
  /** Prices are divided by `multiplier`, sizes multiplied by `unitBase`; both sides best first. An empty side is an error. */
  readonly read: (body: unknown, instrument: { readonly multiplier: number; readonly unitBase: number }) => Result<Book, VenueError>;
};

/** Where people trade a feed's instruments. */
export type TradingPage = {
  /** Address by the venue's own name of the coin and the quote currency, e.g. `BTC` and `USDT`. */
  readonly url: (coin: string, quote: string) => string;
  /** The currency of settlement for which the address holds; others have no link. Absent: any. */
  readonly settle?: string;
  /** In front of the coin for a multiplier of 1,000; absent: `1000`. */
  readonly thousand?: string;
  /** The venue's own name of a coin where it is not multiplier and ticker. */
  readonly coins?: Readonly<Record<string, string>>;
};

/** What a venue's file exports. Data and pure functions: no I/O, no clock. */
export type VenueAdapter = {
  /** Names the feed: the venue for its perpetuals, e.g. `binance`, with its market otherwise, e.g. `binance-spot`. */
  readonly id: FeedId;
  readonly facts: VenueFacts;
  /** Pages read for this adapter, by their addresses. */
  readonly docs: readonly string[];
  /** Host names, tried in order, over HTTPS. Only documented hosts. */
  readonly hosts: readonly string[];
  /** Durable Object location hint from which the venue answers; `null` where anywhere will do. */
  readonly region: LocationHint | null;
  /** Requests weight allowed per minute to us: far under the venue's documented limit, with its source. */
  readonly budget: { readonly weightPerMinute: number; readonly documentedLimit: string };
  readonly endpoints: Readonly<Record<string, Endpoint>>;
  /** A venue's error envelope at any HTTP status, when the body is one; `null` otherwise. */
  readonly errorIn: (body: unknown, status: number) => VenueError | null;
  readonly book: BookSpec;
  /** Form of the address in use on 2026-11-22; absent where it is not known. */
  readonly tradingPage?: TradingPage;
  /**
   * Joins what has been fetched into rows. Endpoints not fetched leave their fields missing. `names` is the feed's own, if it
   * keeps one: with it the same rows come in less time.
   */
  readonly join: (
    tables: Readonly<Record<string, Fetched<unknown> | undefined>>,
    nowMs: number,
    names?: NameBook,
  ) => Result<Parsed, VenueError>;
};

type Tables = Record<string, unknown>;

/** An adapter as its author writes it: each endpoint's table has its type, and `join` sees them by name. */
export type AdapterSpec<T extends Tables> = Omit<VenueAdapter, "endpoints" | "join"> & {
  readonly endpoints: { readonly [K in keyof T]: Endpoint<T[K]> };
  readonly join: (
    tables: { readonly [K in keyof T]?: Fetched<T[K]> | undefined },
    nowMs: number,
    names: NameBook,
  ) => Result<Parsed, VenueError>;
};

/**
 * Hides the table types of an adapter. Sound because the feed hands each table back only to the `join` of the adapter
 * whose `read` made it, under the name of the endpoint that made it.
 */
export function defineAdapter<T extends Tables>(spec: AdapterSpec<T>): VenueAdapter {
  type Join = AdapterSpec<T>["join"];
  const join = (tables: Parameters<Join>[0], nowMs: number, names: NameBook = nameBook()): ReturnType<Join> => {
    boundNames(names);
    return spec.join(tables, nowMs, names);
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the guarantee stands above
  return { ...spec, join } as unknown as VenueAdapter;
}
