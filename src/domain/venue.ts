/** A venue's id as it stands in keys, tables and URLs: lower case, e.g. `binance`. The list is venues/registry.ts. */
export type VenueId = string;

/**
 * Regions that a feed can be asked to live in, which decides from where it calls its venue:
 * https://developers.cloudflare.com/durable-objects/reference/data-location/ (read 2026-11-22).
 */
export const LOCATION_HINTS = ["wnam", "enam", "sam", "weur", "eeur", "apac", "apac-ne", "apac-se", "oc", "afr", "me"] as const;
export type LocationHint = (typeof LOCATION_HINTS)[number];

/** A figure that a venue does not send with its market data: from its documents, or a fee as the operator's account pays it. */
export type Documented = {
  /** A fraction: of notional for a fee, per interval for a funding cap. */
  readonly rate: number;
  /** Address of the document, or what else it was read from. */
  readonly source: string;
  /** The day the source was read, YYYY-MM-DD. */
  readonly readOn: string;
};

/** What a venue's documents say about it and the pipeline needs. Derived from its adapter. */
export type VenueFacts = {
  readonly id: VenueId;
  readonly name: string;
  /** Taker fee for the lowest tier, fraction of notional, one way. */
  readonly takerFee: { readonly perpetual: Documented | null; readonly spot: Documented | null };
  /** `settled`: pays at each settlement; `continuous`: accrues by the second, so no next time is needed. */
  readonly accrual: "settled" | "continuous";
  /** Whether bulk data carries bid and ask. A venue without passes the gate with nulls there. */
  readonly hasBulkBook: boolean;
  /** Largest |rate| per interval by the venue's documents, for venues that do not send a cap. */
  readonly documentedCap: Documented | null;
};
