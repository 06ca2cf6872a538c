import type { PairIdentity } from "./identity.ts";
import type { Quote } from "./quote.ts";

export const STRATEGIES = ["funding", "carry", "price"] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** One side of an opportunity: the quote that priced it, never anything else. */
export type Leg = {
  readonly side: "long" | "short";
  readonly quote: Quote;
  /** Taker fee used, fraction of notional one way; `null` where the venue's fee is not known. */
  readonly takerFeeRate: number | null;
  /** Where that fee comes from, with the day it was read; `null` where it is not known or a person's own. */
  readonly takerFeeSource: string | null;
  readonly accrual: "settled" | "continuous";
};

/**
 * Net of every cost, line by line. Each line is a fraction of the notional of one leg, signed (a cost is positive in
 * `fees` and `crossing`, which are subtracted). A line that cannot be computed is `null` with a sentence in `reasons`,
 * and then `net` is `null` too.
 */
export type Ledger = {
  /** USD on each leg. */
  readonly sizeUsd: number;
  readonly horizonHours: number;
  /** `price` only: what the assumed closing of the gap brings. `null` in the other strategies, which have no such line. */
  readonly priceGain: number | null;
  readonly funding: number | null;
  readonly fees: number | null;
  readonly crossing: number | null;
  /** Where `crossing` was read; `null` where it is not known. */
  readonly crossingSource: CrossingSource | null;
  /** Age of the older book behind `crossing` when it was priced, ms; `null` where none was read. */
  readonly crossingAgeMs: number | null;
  /** priceGain (where there is one) + funding − fees − crossing. */
  readonly net: number | null;
  readonly netUsd: number | null;
  /** net · 8760 / horizon, on the notional of one leg, fraction a year. */
  readonly netAprOnNotional: number | null;
  /** The same on the collateral of both legs. */
  readonly netAprOnCapital: number | null;
  /** Net when held 1, 7 and 30 days. */
  readonly netByHours: readonly { readonly horizonHours: number; readonly net: number | null }[];
  /** Fees and crossing when each leg is that large. */
  readonly costBySize: readonly { readonly sizeUsd: number; readonly cost: number | null }[];
  readonly breakEven: BreakEven;
  readonly stress: Stress;
  readonly capacityUsd: number | null;
  /** One sentence for each line that is null and for each limit that could not be applied. */
  readonly reasons: readonly string[];
};

/** `book`: both legs' order books; `top`: best bid and ask of both; `mixed`: one of each. */
export const CROSSING_SOURCES = ["book", "top", "mixed"] as const;
export type CrossingSource = (typeof CROSSING_SOURCES)[number];

/** When funding alone has paid fees and crossing: of `price` too, with its gap as wide as at the entry. */
export type BreakEven =
  | { readonly kind: "at"; readonly atMs: number; readonly days: number }
  /** Not within 90 days. */
  | { readonly kind: "never" }
  /** A line it needs is missing. */
  | { readonly kind: "unknown" };

/**
 * Net with the carry halved (in `price`: half the closure, and no funding that is received), and net with 10 basis points
 * more cost. Survives when both are above zero.
 */
export type Stress = { readonly carryHalved: number | null; readonly costPlus10Bps: number | null; readonly survives: boolean | null };

/** A directed pair with its economics at one moment. What `price` makes and everything after it reads. */
export type Priced = {
  readonly key: string;
  readonly strategy: Strategy;
  /** Coin, with its identity cluster: `NEIRO`, `NEIRO~2`. */
  readonly asset: string;
  readonly long: Leg;
  readonly short: Leg;
  /** Meaning by strategy, design: funding per 8 h of each leg, or prices. `null` only for the long leg of `carry`. */
  readonly longRate: number | null;
  readonly shortRate: number;
  readonly rateDifference: number;
  /** Annual carry before costs, fraction: 8760 · c; in `price` the assumed gain, 8760 · priceGain / horizon. */
  readonly grossApr: number;
  readonly ledger: Ledger;
  /** Soft rules that marked a leg, e.g. `long:low-volume`. */
  readonly marks: readonly string[];
  /** Why both legs count as one coin; `null` where the row was written before that was kept. */
  readonly identity: PairIdentity | null;
};

/** A priced pair without a row. `refusal`: what kept it from opening, e.g. `below-bar`; `null` where the record does not say. */
export type Missed = Priced & { readonly refusal: string | null };

export const CLOSE_REASONS = ["below-bar", "delisted", "identity-lost", "data-lost"] as const;
export type CloseReason = (typeof CLOSE_REASONS)[number];
export type OpportunityStatus = "open" | "no-data" | "closed";

/** A row of the table `opportunities`. Times are epoch ms. */
export type Opportunity = {
  readonly id: string;
  readonly key: string;
  readonly status: OpportunityStatus;
  readonly openedAtMs: number;
  readonly closedAtMs: number | null;
  readonly closeReason: CloseReason | null;
  /** When a leg was first missing; `null` while both are seen. */
  readonly noDataSinceMs: number | null;
  readonly noDataReason: string | null;
  /** Times the row was closed and came back within the revival window. */
  readonly revivals: number;
  /** Scans in which the same key was found again and merged into this row. */
  readonly scansMerged: number;
  readonly firstSeenAtMs: number;
  readonly lastSeenAtMs: number;
  /** The latest economics whose net was known; in D1 those last written. */
  readonly priced: Priced;
};

/** What a scan did to a row, and what it says to people later. */
export const EVENT_KINDS = ["opened", "revived", "updated", "interval-changed", "cap-changed", "no-data", "data-back", "closed"] as const;
export type EventKind = (typeof EVENT_KINDS)[number];
export type OpportunityEvent = {
  readonly id: string;
  readonly opportunityId: string;
  readonly kind: EventKind;
  readonly scanId: string;
  readonly atMs: number;
  readonly net: number | null;
  readonly reason: string | null;
};
