import type { Coin } from "../coins.ts";
import type { Listing, MarketRow } from "../listing.ts";

/** What a venue lists and how it names it. */
export type VenueProfile = {
  /** What it lists; perpetuals where absent. */
  readonly kind?: "spot";
  /** Its list of all instruments has no bid and ask, or no sizes: a leg is priced from its order book alone. */
  readonly pricedByBook?: true;
  readonly quote: string;
  readonly settle: string;
  /** Share of the less traded coins that it lists. */
  readonly coverage: number;
  /** So many of the most traded coins have a second contract in USDC. */
  readonly usdcContracts: number;
  readonly listsTradfi: boolean;
  /** Its volume beside the largest venue's. */
  readonly volumeShare: number;
  /** Funding intervals with the share of its contracts that have them; the first is the most traded coins' own. */
  readonly intervals: readonly (readonly [hours: number, share: number])[];
  /** Decimals of a rate on the wire. */
  readonly ratePlaces: number;
  readonly canList: (coin: Coin) => boolean;
  /** Coins in one quoted unit. */
  readonly multiplier: (coin: Coin) => number;
  readonly symbol: (name: InstrumentName) => string;
  /** Name of a dated future; absent where the venue's list has none. */
  readonly datedSymbol?: (listing: Listing, expiryAtMs: number) => string;
  /** Rows that only this venue sends and a reader must not take for instruments. */
  readonly ownTraps: (coins: readonly Coin[]) => readonly { readonly coin: Coin; readonly listing: Partial<Listing> }[];
};

export type InstrumentName = {
  readonly ticker: string;
  readonly quote: string;
  readonly multiplier: number;
  readonly kind: Listing["kind"];
};

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
/** A row on the wire. Row faults take keys away before it is sent. */
export type WireRow = Record<string, Json>;

/** One reply: where the rows lie, so that row faults can reach them, and the whole body around them. */
export type WireBody = { readonly body: Json; readonly rows: readonly WireRow[][] };

export type RenderContext = {
  readonly rows: readonly MarketRow[];
  readonly nowMs: number;
  /** Every time that goes onto the wire passes here: faults shift it or change its unit. */
  readonly time: (epochMs: number) => number;
  readonly query: URLSearchParams;
  /** The JSON of a POST. */
  readonly payload?: unknown;
};

/** Reply of a venue that is not its data. */
export type VenueReply = {
  readonly status: number;
  readonly body: string;
  readonly contentType: "application/json" | "text/plain" | "text/html";
};

export type SimulatedEndpoint = {
  readonly name: string;
  readonly method: "GET" | "POST";
  /** `:symbol` at its end stands for any one part, which `asks` and `render` find in the query. */
  readonly path: string;
  /** Whether a request of that method and path asks for this endpoint. `body` is the JSON of a POST. */
  readonly asks: (query: URLSearchParams, body: unknown) => boolean;
  readonly render: (context: RenderContext) => WireBody;
  /** Keys that a row cannot do without; the fault `missing-field` takes the first away. */
  readonly vital: readonly string[];
  /** Start of the file names under which replies of this endpoint were recorded. */
  readonly recordedAs: string;
  /** The venue's own newest stamp in a recorded body, epoch ms; `null` where the body has none. */
  readonly stampedAtMs: (body: unknown) => number | null;
};

export type ErrorKind =
  | "bad-request"
  | "unauthorized"
  | "forbidden"
  | "geo-blocked"
  | "rate-limited"
  | "banned"
  | "server"
  | "envelope"
  | "envelope-rate-limited";

/** One market of a venue as the simulator plays it. Data and pure functions. */
export type SimulatedVenue = {
  /** The feed's id: the venue's own for perpetuals. */
  readonly id: string;
  /** The venue whose market this is, where that is not the id. */
  readonly venue?: string;
  /** Every host that its documents name for these endpoints. */
  readonly hosts: readonly string[];
  /** Taker fee for the lowest tier, fraction one way. */
  readonly takerFeeRate: number;
  readonly profile: VenueProfile;
  /** The first one carries the funding rate, or a spot market's prices. */
  readonly endpoints: readonly SimulatedEndpoint[];
  /** How the venue says no. The two `envelope` kinds are errors inside HTTP 200. */
  readonly error: (kind: ErrorKind, nowMs: number) => VenueReply;
  /** What it answers to a request that none of its endpoints knows. */
  readonly unknownRequest: (path: string, nowMs: number) => VenueReply;
  /** The strings of a row as they stand in its bodies. */
  readonly wire: (row: MarketRow) => WireQuote;
};

/** The figures that decide an opportunity, as the venue writes them. Prices and rate are its decimal strings; a spot pair pays `0`. */
export type WireQuote = {
  readonly symbol: string;
  readonly bid: string;
  readonly ask: string;
  readonly rate: string;
  readonly intervalHours: number;
  readonly nextFundingAtMs: number;
};

export const json = (status: number, value: Json): VenueReply => ({ status, body: JSON.stringify(value), contentType: "application/json" });

/** A text of a row that the venue itself has just written. Throws when it is no text. */
export function textOf(row: WireRow, key: string): string {
  const value = row[key];
  if (typeof value !== "string") throw new TypeError(`expected text under ${key}, found ${typeof value}`);
  return value;
}

/** The figures of a spot pair, which pays nothing, from the names of its bid and ask in a row that the venue has written. */
export const spotQuote = (
  { symbol, listing, nextFundingAtMs }: MarketRow,
  wire: WireRow,
  names: Record<"bid" | "ask", string>,
): WireQuote => ({
  symbol,
  bid: textOf(wire, names.bid),
  ask: textOf(wire, names.ask),
  rate: "0",
  intervalHours: listing.intervalHours,
  nextFundingAtMs,
});

/** Reads a stamp that a body carries once. */
export const stampIn =
  (key: string) =>
  (body: unknown): number | null => {
    const value: unknown = typeof body === "object" && body !== null ? Reflect.get(body, key) : undefined;
    return typeof value === "number" ? value : null;
  };

/** Reads the newest of the stamps that the rows of a bare list carry. */
export const newestStampIn =
  (key: string) =>
  (body: unknown): number | null => {
    const stamps = (Array.isArray(body) ? body : []).flatMap((row: unknown) => stampIn(key)(row) ?? []);
    return stamps.length === 0 ? null : Math.max(...stamps);
  };
