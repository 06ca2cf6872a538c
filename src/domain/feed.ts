import type { VenueError } from "./error.ts";
import type { InstrumentKind } from "./instrument.ts";
import type { QuoteColumns, RejectedRow } from "./quote.ts";
import type { LocationHint, VenueId } from "./venue.ts";

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
  readonly degraded: readonly {
    readonly endpoint: string;
    readonly error: VenueError;
    /** Arrival of the older body that serves in its place, epoch ms; `null`: its fields are missing. */
    readonly fromMs: number | null;
  }[];
  /** Slow endpoints that are due and wait for their turn; `null` where the feed did not answer. */
  readonly slowDue: number | null;
  readonly calls: readonly CallRecord[];
  readonly ms: number;
  /** How the feed stands towards its venue after this scan; `null` where the feed itself did not answer. */
  readonly health: FeedHealth | null;
};

/** How a feed stands towards its venue. Times epoch ms. */
export type FeedHealth = {
  /** Where the feed was asked to live, and so from where it calls; `null`: nowhere in particular. */
  readonly region: LocationHint | null;
  /** `probing`: one call is under way to see whether the venue is back. */
  readonly breaker: {
    readonly state: "off" | "closed" | "open" | "probing";
    /** Failures in a row that it counted. */
    readonly failures: number;
    /** When the next call may leave; `null` while calls leave anyway. */
    readonly untilMs: number | null;
  };
  /** Request weight of the last minute, in the venue's own units, and the most that we allow ourselves. */
  readonly budget: { readonly spent: number; readonly perMinute: number };
  /** A time for which the venue is left alone, and the kind of failure that it follows; `null`: none. */
  readonly pause: { readonly untilMs: number; readonly after: string | null } | null;
  /** The hosts in the order in which the next call tries them. */
  readonly hosts: readonly HostView[];
  /** The last failure of the feed as a whole; it stays when the venue is back. */
  readonly lastFailure: LastFailure | null;
};
export type LastFailure = { readonly kind: string; readonly atMs: number };
export type HostView = {
  readonly host: string;
  /** Calls in a row that failed there. */
  readonly failures: number;
  /** Moving average over answered calls, ms; `null` before the first. */
  readonly latencyMs: number | null;
  readonly lastFailure: LastFailure | null;
};

/** "unreachable from apac": what people are told of a venue that refuses the country of our address. */
export const unreachableFrom = (region: LocationHint | null): string => `unreachable from ${region ?? "here (no region set)"}`;

/**
 * Where the venue cannot be reached from because it refuses the country: by its last answer, by the pause after that, or
 * by the failure behind an open breaker. `null`: it is no matter of place.
 */
export function geoBlockOf({
  error,
  health,
}: {
  readonly error: { readonly kind: string } | null;
  readonly health: FeedHealth | null;
}): { readonly region: LocationHint | null } | null {
  const behind = error?.kind === "budget" ? health?.pause?.after : error?.kind === "breaker-open" ? health?.lastFailure?.kind : error?.kind;
  return behind === "geo-blocked" ? { region: health?.region ?? null } : null;
}

/** How a feed may call its venue in one scan. */
export type CallRules = {
  /** Calls in flight in one ask. */
  readonly mostAtOnce: number;
  /** Attempts in flight at one host of the feed, over all its asks; `null`: only what `mostAtOnce` allows. */
  readonly mostPerHost: number | null;
  /** Failures in a row that open the breaker, and how long it stays open the first time; `null`: no breaker. */
  readonly breaker: BreakerLimits | null;
};
export type BreakerLimits = { readonly failures: number; readonly coolDownMs: number };

/** An ask with the region that its feed was asked to live in. */
export type Placed<Ask> = Ask & { readonly region: LocationHint | null };

/** What the Scanner asks of a feed. */
export type FeedAsk = {
  readonly feed: FeedId;
  /** Correlation id of the scan. */
  readonly scanId: string;
  /** Time allowed for everything the feed does, ms. */
  readonly limitMs: number;
  /** Slow endpoints (metadata, heavy bodies) that the feed may fetch in this scan. */
  readonly slowCalls: number;
  readonly rules: CallRules;
};
