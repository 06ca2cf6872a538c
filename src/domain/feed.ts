import type { VenueError } from "./error.ts";
import type { InstrumentKind } from "./instrument.ts";
import type { QuoteColumns, RejectedRow } from "./quote.ts";
import type { VenueId } from "./venue.ts";

/** A feed: one market of one venue, with its own hosts, limits and Durable Object. `binance`, `binance-spot`. */
export type FeedId = string;

/**
 * The feed that has a venue's instruments of a kind: the venue's own name for perpetuals, with the market otherwise.
 * @example feedIdOf("binance", "spot") // "binance-spot"
 */
export const feedIdOf = (venue: VenueId, kind: InstrumentKind): FeedId => (kind === "perpetual" ? venue : `${venue}-${kind}`);

/** What became of one HTTP attempt. `outcome` is `ok` or the kind of the error. */
export type CallRecord = {
  readonly venue: VenueId;
  readonly endpoint: string;
  readonly host: string;
  readonly attempt: number;
  readonly status: number | null;
  readonly ms: number;
  readonly bytes: number;
  readonly outcome: string;
};

/** What a feed hands to the Scanner for one scan. A feed that failed has no columns and says why. */
export type FeedReply = {
  readonly feed: FeedId;
  readonly venue: VenueId;
  readonly columns: QuoteColumns | null;
  /** Scans in a row in which bid, ask, mark and index of the row stayed the same; one entry a row. */
  readonly unchangedScans: Uint16Array;
  /** Rows in the bodies: `columns.count` + everything rejected. */
  readonly received: number;
  readonly rejected: { readonly counts: Readonly<Record<string, number>>; readonly samples: readonly RejectedRow[] };
  /** Canonical symbols that the venue still sends and calls delisted; not all of them where there are very many. */
  readonly delisted: readonly string[];
  readonly error: VenueError | null;
  /** Endpoints that failed although the venue still gave rows: their fields are missing or come from an older body. */
  readonly degraded: readonly { readonly endpoint: string; readonly error: VenueError }[];
  /** Slow endpoints that are due and wait for their turn; `null` where the feed did not answer. */
  readonly slowDue: number | null;
  readonly calls: readonly CallRecord[];
  readonly ms: number;
};

/** What the Scanner asks of a feed. */
export type FeedAsk = {
  readonly feed: FeedId;
  /** Correlation id of the scan. */
  readonly scanId: string;
  /** Time allowed for everything the feed does, ms. */
  readonly limitMs: number;
  /** Slow endpoints (metadata, heavy bodies) that the feed may fetch in this scan. */
  readonly slowCalls: number;
};
