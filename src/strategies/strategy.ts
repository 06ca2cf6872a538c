import type { LegDepth } from "../domain/depth.ts";
import type { Priced, Strategy } from "../domain/opportunity.ts";
import type { QuoteColumns } from "../domain/quote.ts";
import type { ScanSettings } from "../domain/settings.ts";
import type { VenueFacts, VenueId } from "../domain/venue.ts";

/** One venue's rows after the gate and the identity clusters. */
export type MarketVenue = {
  readonly facts: VenueFacts;
  readonly columns: QuoteColumns;
  /** Places of the rows that the gate let pass. */
  readonly passed: Uint32Array;
  /** By place in the columns: the coin with its identity cluster (`NEIRO`, `NEIRO~2`), null where it has none. Equal ids pair. */
  readonly assetId: readonly (string | null)[];
};
export type Market = readonly MarketVenue[];

/** A row of a market: the venue's place in it and the row's place in the venue's columns. */
export type RowRef = { readonly venue: number; readonly row: number };

/**
 * What pairing needs of each row that passed the gate, worked out once a row, as a row meets many others. One entry a row,
 * `NaN` where it is not known.
 */
export type RowFacts = {
  readonly count: number;
  /** Place of the venue in the market, and of the row in its columns. */
  readonly venue: Uint16Array;
  readonly row: Uint32Array;
  /** Equal where the venue is: a venue's perpetuals and its spot stand in two places of the market. */
  readonly venueNumber: Uint16Array;
  /** Coin with its identity cluster. */
  readonly asset: readonly string[];
  /** Equal numbers may pair: dollars and dollar stablecoins share one. */
  readonly settleGroup: Uint16Array;
  /** Equal where quote and settle currency are the same, so that prices can be compared. */
  readonly currency: Uint16Array;
  /** Best prices, USD per coin; both `NaN` unless both are sent and above zero. */
  readonly bid: Float64Array;
  readonly ask: Float64Array;
  /** Bits of what is not known of the row: `LACKS_PRICE`, `LACKS_FUNDING`. */
  readonly lacks: Uint8Array;
  /** Funding per hour, fraction; 0 for spot, which pays none. */
  readonly ratePerHour: Float64Array;
  /** What a short receives over the horizon, fraction. */
  readonly funding: Float64Array;
  /** Spread paid at the reference size, fraction. */
  readonly crossing: Float64Array;
  /** What is left of it where the entry is priced at the best bid or ask already, fraction. */
  readonly exitCrossing: Float64Array;
  /** Taker fee, fraction, one way. */
  readonly takerFee: Float64Array;
  /** Entries of each asset's perpetuals, in the order of the market. */
  readonly byAsset: ReadonlyMap<string, readonly number[]>;
  /** The same of its spot rows. */
  readonly spotByAsset: ReadonlyMap<string, readonly number[]>;
};

/** A pair with its direction: long here, short there. One pair of rows has two. */
export type DirectedPair = {
  readonly asset: string;
  readonly long: RowRef;
  readonly short: RowRef;
  /** `candidate`: clears the bar with half the fees. `open`: belongs to an open row. `near-miss`: of the best under the bar. */
  readonly why: "candidate" | "open" | "near-miss";
  /** What the pair earns over the horizon before any cost, fraction of the notional of one leg. */
  readonly gross: number;
};

/** Why a directed pair is not priced. */
export const PAIR_DROP_REASONS = [
  /** The legs settle in currencies that do not mix. */
  "settle-mismatch",
  /** A leg's rate, interval or settlement time is missing. */
  "no-rate",
  /** `price`: the legs are quoted or settled in different currencies, so that their prices do not compare. */
  "quote-mismatch",
  /** `price`: a leg's bid or ask is missing. */
  "no-price",
  /** The carry of this direction is not positive: the other one earns, if there is one. */
  "no-carry",
  /** `price`: what is bought costs as much as what is sold brings, or more. */
  "no-gap",
  /** Not over the bar even at half the fees. */
  "below-threshold",
] as const;
export type PairDropReason = (typeof PAIR_DROP_REASONS)[number];

/** A dropped pair, as evidence. `estimate` is its net over the horizon at half the fees, fraction, where it was reached. */
export type DroppedPair = {
  readonly asset: string;
  readonly long: VenueId;
  readonly short: VenueId;
  readonly reason: PairDropReason;
  readonly estimate: number | null;
};

/** What goes on to pricing: `considered = pairs + Σ dropped`, all counted as directed pairs. */
export type Selection = {
  readonly pairs: readonly DirectedPair[];
  readonly considered: number;
  readonly dropped: Readonly<Record<string, number>>;
  /** At most `SAMPLES_PER_REASON` for each long venue and reason. */
  readonly samples: readonly DroppedPair[];
};
export const SAMPLES_PER_REASON = 3;

/** Names the legs of an open row, which is priced whatever it earns, so that it can be seen to end. */
export type OpenPair = {
  readonly asset: string;
  readonly long: { readonly quote: { readonly venue: VenueId; readonly symbol: string } };
  readonly short: { readonly quote: { readonly venue: VenueId; readonly symbol: string } };
};

export type SelectRequest = {
  readonly nowMs: number;
  readonly settings: Pick<ScanSettings, "referenceSizeUsd" | "horizonHours" | "openNet" | "priceClosure">;
  readonly open: readonly OpenPair[];
  /** How many of the best pairs under the bar to price. */
  readonly nearMissCount: number;
  /** The facts of this market's rows under these settings, where they were worked out before: strategies share them. */
  readonly rows?: RowFacts;
};

export type PriceRequest = {
  readonly nowMs: number;
  readonly settings: Pick<ScanSettings, "referenceSizeUsd" | "horizonHours" | "collateralPerLeg" | "priceClosure">;
  /** `lifecycle/key.ts`, handed in: strategies know nothing of the life of a row. */
  readonly keyOf: (parts: { readonly strategy: Strategy; readonly asset: string; readonly long: string; readonly short: string }) => string;
  /** What soft rules found in a row, e.g. `low-volume`. */
  readonly marksOf: (ref: RowRef) => readonly string[];
  /** The order book of a row, read within the last minutes; null where there is none. */
  readonly depthOf: (ref: RowRef) => LegDepth | null;
};

/** A way to pair legs. Two steps, so that thousands of pairs are told apart by numbers and few become objects. */
export type StrategyModule = {
  readonly id: Strategy;
  /** Whether it lives on funding, so that a pair opens only where the sign of the last settled rates agrees. */
  readonly livesOnFunding: boolean;
  readonly select: (market: Market, request: SelectRequest) => Selection;
  /** Makes the function that prices the selected pairs of one market. */
  readonly pricer: (market: Market, request: PriceRequest) => (pair: DirectedPair) => Priced;
};
