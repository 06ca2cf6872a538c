import type { Opportunity, Priced, Strategy } from "../domain/opportunity.ts";
import { instrumentId } from "../domain/instrument.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { SECOND_MS } from "../domain/units.ts";
import type { VenueId } from "../domain/venue.ts";
import { type Fault, fault, pricedFault, type RowRule } from "./priced-check.ts";

/** A row of the table `opportunities`, spelled as its columns. Fractions per stated period, USD, epoch ms. */
export type OpportunityRow = {
  readonly id: string;
  readonly key: string;
  readonly strategy: Strategy;
  readonly asset: string;
  readonly status: Opportunity["status"];
  readonly long_venue: string;
  readonly long_symbol: string;
  readonly long_settle: string;
  readonly short_venue: string;
  readonly short_symbol: string;
  readonly short_settle: string;
  readonly long_rate: number | null;
  readonly short_rate: number;
  readonly rate_difference: number;
  readonly long_rate_per_interval: number | null;
  readonly long_interval_hours: number | null;
  readonly long_next_funding_at_ms: number | null;
  readonly short_rate_per_interval: number | null;
  readonly short_interval_hours: number | null;
  readonly short_next_funding_at_ms: number | null;
  readonly long_bid: number | null;
  readonly long_ask: number | null;
  readonly long_mark: number | null;
  readonly short_bid: number | null;
  readonly short_ask: number | null;
  readonly short_mark: number | null;
  readonly long_taker_fee_rate: number | null;
  readonly short_taker_fee_rate: number | null;
  readonly size_usd: number;
  readonly horizon_hours: number;
  readonly price_gain: number | null;
  readonly funding: number | null;
  readonly fees: number | null;
  readonly crossing: number | null;
  readonly net: number | null;
  readonly net_apr: number | null;
  readonly gross_apr: number;
  readonly capacity_usd: number | null;
  readonly priced: Priced;
  readonly scans_merged: number;
  readonly revivals: number;
  readonly no_data_since_ms: number | null;
  readonly no_data_reason: string | null;
  readonly opened_at_ms: number;
  readonly closed_at_ms: number | null;
  readonly close_reason: Opportunity["closeReason"];
  readonly first_seen_at_ms: number;
  readonly last_seen_at_ms: number;
  readonly created_at: number;
  readonly updated_at: number;
  readonly validated_at: number;
};

/** Why a row is not written. The rule is stable, for counts; the message says what was expected and found. */
export type RowRefusal = {
  readonly id: string;
  readonly key: string;
  readonly rule: RowRule;
  readonly value: string | number | null;
  readonly message: string;
};
export type RowContext = {
  /** Time of the write: created_at, updated_at, validated_at. */
  readonly nowMs: number;
  /** The registered venues. */
  readonly venues: ReadonlySet<VenueId>;
};

/** Seconds are below, microseconds above. */
const EARLIEST_MS = 1e11;
const LATEST_MS = 1e14;
/** A row seen later than the clock by more than this was not seen. */
const MAX_FUTURE_MS = 5 * SECOND_MS;
const isEpochMs = (value: number): boolean => Number.isSafeInteger(value) && value >= EARLIEST_MS && value <= LATEST_MS;

/**
 * The row of an opportunity, after recomputing from its own legs what it claims: rates from raw rates and intervals,
 * `rate_difference` from the rates, fees from the legs' fees, net from the ledger's lines, annual figures from those.
 * A row that does not recompute within 1e-9 is refused, with the rule it broke.
 */
export function opportunityRow(opportunity: Opportunity, context: RowContext): Result<OpportunityRow, RowRefusal> {
  const { priced } = opportunity;
  const found =
    pricedFault(priced, context.venues) ??
    keyFault(opportunity) ??
    statusFault(opportunity) ??
    countFault(opportunity) ??
    timeFault(opportunity, context.nowMs);
  if (found !== null) return err({ id: opportunity.id, key: opportunity.key, ...found });
  return ok({
    id: opportunity.id,
    key: opportunity.key,
    strategy: priced.strategy,
    asset: priced.asset,
    status: opportunity.status,
    ...legColumns(priced),
    ...ledgerColumns(priced),
    priced,
    scans_merged: opportunity.scansMerged,
    revivals: opportunity.revivals,
    no_data_since_ms: opportunity.noDataSinceMs,
    no_data_reason: opportunity.noDataReason,
    opened_at_ms: opportunity.openedAtMs,
    closed_at_ms: opportunity.closedAtMs,
    close_reason: opportunity.closeReason,
    first_seen_at_ms: opportunity.firstSeenAtMs,
    last_seen_at_ms: opportunity.lastSeenAtMs,
    created_at: context.nowMs,
    updated_at: context.nowMs,
    validated_at: context.nowMs,
  });
}

/** The same judgement for a pair that is no row: near-misses and pairs whose net is not known. `null` when sound. */
export function pricedRefusal(priced: Priced, venues: ReadonlySet<VenueId>): RowRefusal | null {
  const found = pricedFault(priced, venues);
  return found === null ? null : { id: "", key: priced.key, ...found };
}

function legColumns({ strategy, long, short }: Priced) {
  // The long leg of `carry` is spot, which has no funding.
  const spotLong = strategy === "carry";
  return {
    long_venue: long.quote.venue,
    long_symbol: long.quote.symbol,
    long_settle: long.quote.settle,
    short_venue: short.quote.venue,
    short_symbol: short.quote.symbol,
    short_settle: short.quote.settle,
    long_rate_per_interval: spotLong ? null : long.quote.fundingRatePerInterval,
    long_interval_hours: spotLong ? null : long.quote.fundingIntervalHours,
    long_next_funding_at_ms: spotLong ? null : long.quote.nextFundingAtMs,
    short_rate_per_interval: short.quote.fundingRatePerInterval,
    short_interval_hours: short.quote.fundingIntervalHours,
    short_next_funding_at_ms: short.quote.nextFundingAtMs,
    long_bid: long.quote.bid,
    long_ask: long.quote.ask,
    long_mark: long.quote.mark,
    short_bid: short.quote.bid,
    short_ask: short.quote.ask,
    short_mark: short.quote.mark,
    long_taker_fee_rate: long.takerFeeRate,
    short_taker_fee_rate: short.takerFeeRate,
  };
}

function ledgerColumns(priced: Priced) {
  const { ledger } = priced;
  return {
    long_rate: priced.longRate,
    short_rate: priced.shortRate,
    rate_difference: priced.rateDifference,
    size_usd: ledger.sizeUsd,
    horizon_hours: ledger.horizonHours,
    price_gain: ledger.priceGain,
    funding: ledger.funding,
    fees: ledger.fees,
    crossing: ledger.crossing,
    net: ledger.net,
    net_apr: ledger.netAprOnNotional,
    gross_apr: priced.grossApr,
    capacity_usd: ledger.capacityUsd,
  };
}

function keyFault({ id, key, priced }: Opportunity): Fault | null {
  const { long, short } = priced;
  const expected = [
    priced.strategy,
    priced.asset,
    instrumentId(long.quote.venue, long.quote.symbol),
    instrumentId(short.quote.venue, short.quote.symbol),
  ].join("|");
  if (id === "") return fault("key-mismatch", "id", { expected: "a name", found: id });
  if (key !== expected) return fault("key-mismatch", "key", { expected: expected, found: key });
  return priced.key === key ? null : fault("key-mismatch", "key of the priced pair", { expected: key, found: priced.key });
}

function statusFault(row: Opportunity): Fault | null {
  const { status, closedAtMs, closeReason, noDataSinceMs, noDataReason } = row;
  if (status === "open" && row.priced.ledger.net === null)
    return fault("net-missing", "net of an open row", { expected: "a number", found: null });
  if (status === "closed") {
    return closedAtMs === null || closeReason === null
      ? fault("bad-status", "closed row", { expected: "its end and reason", found: `${closedAtMs}, ${closeReason}` })
      : null;
  }
  if (closedAtMs !== null || closeReason !== null)
    return fault("bad-status", `row ${status}`, { expected: "no end", found: `${closedAtMs}, ${closeReason}` });
  if (status === "open" && (noDataSinceMs !== null || noDataReason !== null)) {
    return fault("bad-status", "open row", { expected: "both legs seen", found: `no data since ${noDataSinceMs}, ${noDataReason}` });
  }
  if (status === "no-data" && (noDataSinceMs === null || noDataReason === null || noDataReason === "")) {
    return fault("bad-status", "row without data", { expected: "since when and why", found: `${noDataSinceMs}, ${noDataReason}` });
  }
  return null;
}

function countFault({ scansMerged, revivals }: Opportunity): Fault | null {
  const sound = [scansMerged, revivals].every((value) => Number.isSafeInteger(value) && value >= 0);
  return sound
    ? null
    : fault("bad-count", "scansMerged, revivals", { expected: "whole numbers from 0", found: `${scansMerged}, ${revivals}` });
}

function timeFault(row: Opportunity, nowMs: number): Fault | null {
  const { openedAtMs, closedAtMs, noDataSinceMs, firstSeenAtMs, lastSeenAtMs } = row;
  const { nextFundingAtMs: longNextAtMs } = row.priced.long.quote;
  const { nextFundingAtMs: shortNextAtMs } = row.priced.short.quote;
  const past = { openedAtMs, closedAtMs, noDataSinceMs, firstSeenAtMs, lastSeenAtMs };
  for (const [name, value] of Object.entries({ ...past, longNextAtMs, shortNextAtMs })) {
    if (value !== null && !isEpochMs(value)) return fault("bad-time", name, { expected: "whole epoch milliseconds", found: value });
  }
  const future = pastFault(past, nowMs);
  if (future !== null) return future;
  if (firstSeenAtMs > lastSeenAtMs)
    return fault("bad-time", "firstSeenAtMs", { expected: `not after lastSeenAtMs ${lastSeenAtMs}`, found: firstSeenAtMs });
  if (closedAtMs !== null && openedAtMs > closedAtMs)
    return fault("bad-time", "closedAtMs", { expected: `not before openedAtMs ${openedAtMs}`, found: closedAtMs });
  return null;
}

/** A time of something that has happened, and is not a time or has not. */
export function pastFault(times: Readonly<Record<string, number | null>>, nowMs: number): Fault | null {
  for (const [name, value] of Object.entries(times)) {
    if (value !== null && !isEpochMs(value)) return fault("bad-time", name, { expected: "whole epoch milliseconds", found: value });
    if (value !== null && value > nowMs + MAX_FUTURE_MS)
      return fault("bad-time", name, { expected: `not later than ${nowMs}`, found: value });
  }
  return null;
}
