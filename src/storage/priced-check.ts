import { instrumentId } from "../domain/instrument.ts";
import type { Ledger, Leg, Priced, Strategy } from "../domain/opportunity.ts";
import { YEAR_HOURS } from "../domain/units.ts";
import type { VenueId } from "../domain/venue.ts";

/** What a row must hold. Stable names, for counts. */
export type RowRule =
  | "unknown-venue"
  | "same-instrument"
  | "same-venue"
  | "wrong-kind"
  | "settle"
  | "key-mismatch"
  | "missing-rate"
  | "missing-interval"
  | "rate-mismatch"
  | "difference-mismatch"
  | "price-not-positive"
  | "crossed-book"
  | "gain-mismatch"
  | "fees-mismatch"
  | "net-mismatch"
  | "apr-mismatch"
  | "net-missing"
  | "bad-status"
  | "bad-count"
  | "bad-time";

/** A rule that a row broke, what was found, and one sentence with what was expected. */
export type Fault = { readonly rule: RowRule; readonly value: string | number | null; readonly message: string };

/** Rates, differences, ledger lines and prices agree within this; the CHECKs of the migrations say the same. */
const TOLERANCE = 1e-9;
/** Annual figures are a thousand times the 8-hour ones. */
const APR_TOLERANCE = 1e-6;
const COMPARABLE_SETTLES: readonly string[] = ["USD", "USDT", "USDC"];
/**
 * What a priced pair claims and its own legs do not bear out, `null` when sound: rates per 8 h = raw · 8 / interval,
 * `rateDifference` from the rates, fees = 2(f_L + f_S), net = funding − fees − crossing (of `price` with its gain, which is
 * no more than its gap), annual figures from those.
 */
export function pricedFault(priced: Priced, venues: ReadonlySet<VenueId>): Fault | null {
  return instrumentFault(priced, venues) ?? bookFault(priced.long) ?? bookFault(priced.short) ?? rateFault(priced) ?? ledgerFault(priced);
}

function instrumentFault({ strategy, long, short }: Priced, venues: ReadonlySet<VenueId>): Fault | null {
  for (const { side, quote } of [long, short]) {
    if (!venues.has(quote.venue)) return fault("unknown-venue", `${side} venue`, { expected: "a registered venue", found: quote.venue });
    if (!COMPARABLE_SETTLES.includes(quote.settle))
      return fault("settle", `${side} settle`, { expected: COMPARABLE_SETTLES.join(", "), found: quote.settle });
  }
  const longId = instrumentId(long.quote.venue, long.quote.symbol);
  if (longId === instrumentId(short.quote.venue, short.quote.symbol))
    return fault("same-instrument", "legs", { expected: "two instruments", found: longId });
  const bought = strategy === "carry" ? "spot" : "perpetual";
  if (long.quote.kind !== bought || short.quote.kind !== "perpetual") {
    return fault("wrong-kind", "legs", { expected: `${bought} and perpetual`, found: `${long.quote.kind} and ${short.quote.kind}` });
  }
  if (strategy !== "carry" && long.quote.venue === short.quote.venue)
    return fault("same-venue", "legs", { expected: "two venues", found: long.quote.venue });
  if (strategy === "price" && long.quote.settle !== short.quote.settle) {
    return fault("settle", "settle of the legs", { expected: "the same", found: `${long.quote.settle} and ${short.quote.settle}` });
  }
  return null;
}

function bookFault({ side, quote }: Leg): Fault | null {
  for (const name of ["bid", "ask", "mark"] as const) {
    const price = quote[name];
    if (price !== null && !(Number.isFinite(price) && price > 0)) {
      return fault("price-not-positive", `${side} ${name}`, { expected: "a price above 0 or null", found: price });
    }
  }
  if (quote.bid !== null && quote.ask !== null && quote.bid > quote.ask) {
    return fault("crossed-book", `${side} bid`, { expected: `at most the ask ${quote.ask}`, found: quote.bid });
  }
  return null;
}

/** Meaning of the rates by strategy: design, table of strategies. */
function rateFault(priced: Priced): Fault | null {
  const { strategy, long, short, longRate, shortRate, rateDifference } = priced;
  if (!Number.isFinite(shortRate)) return fault("missing-rate", "shortRate", { expected: "a finite number", found: shortRate });
  if (strategy === "carry") {
    if (longRate !== null) return fault("rate-mismatch", "longRate of carry", { expected: "null", found: longRate });
    return fundingLegFault(short, shortRate) ?? differenceFault(rateDifference, shortRate) ?? grossAprFault(priced);
  }
  if (longRate === null || !Number.isFinite(longRate))
    return fault("missing-rate", "longRate", { expected: "a finite number", found: longRate });
  if (strategy === "price") {
    if (!(longRate > 0 && shortRate > 0))
      return fault("price-not-positive", "rates of price", { expected: "both above 0", found: `${longRate} and ${shortRate}` });
    if (!near(longRate, long.quote.ask, TOLERANCE * longRate))
      return fault("rate-mismatch", "longRate", { expected: `the long ask ${long.quote.ask}`, found: longRate });
    if (!near(shortRate, short.quote.bid, TOLERANCE * shortRate))
      return fault("rate-mismatch", "shortRate", { expected: `the short bid ${short.quote.bid}`, found: shortRate });
    return differenceFault(rateDifference, (shortRate - longRate) / longRate) ?? gainFault(priced);
  }
  return (
    fundingLegFault(long, longRate) ??
    fundingLegFault(short, shortRate) ??
    differenceFault(rateDifference, shortRate - longRate) ??
    grossAprFault(priced)
  );
}

function fundingLegFault({ side, quote }: Leg, ratePer8h: number): Fault | null {
  const { fundingRatePerInterval: raw, fundingIntervalHours: hours } = quote;
  if (raw === null || !Number.isFinite(raw))
    return fault("missing-rate", `${side} funding rate`, { expected: "a finite number", found: raw });
  if (hours === null || !(hours > 0 && Number.isFinite(hours))) {
    return fault("missing-interval", `${side} funding interval`, { expected: "hours above 0", found: hours });
  }
  const expected = (raw * 8) / hours;
  return near(ratePer8h, expected, TOLERANCE)
    ? null
    : fault("rate-mismatch", `${side} rate per 8 h`, { expected: `${raw} · 8 / ${hours} = ${expected}`, found: ratePer8h });
}

const differenceFault = (found: number, expected: number): Fault | null =>
  near(found, expected, TOLERANCE)
    ? null
    : fault("difference-mismatch", "rateDifference", { expected: `${expected} from the legs`, found });

function grossAprFault({ grossApr, rateDifference }: Priced): Fault | null {
  const expected = (rateDifference * YEAR_HOURS) / 8;
  return near(grossApr, expected, APR_TOLERANCE)
    ? null
    : fault("apr-mismatch", "grossApr", { expected: `${expected} from the difference`, found: grossApr });
}

/** The gain of `price`: of the sign of the gap, no larger than it, and a year of it in `grossApr`. */
function gainFault({ long, short, ledger, grossApr }: Priced): Fault | null {
  const { priceGain, horizonHours } = ledger;
  if (priceGain === null) return null;
  const [longBid, longAsk, shortBid, shortAsk] = [long.quote.bid, long.quote.ask, short.quote.bid, short.quote.ask];
  const isQuoted = longBid !== null && longAsk !== null && shortBid !== null && shortAsk !== null;
  const gap = isQuoted ? (shortBid - longAsk) / ((longBid + longAsk + shortBid + shortAsk) / 4) : null;
  if (gap === null || !(priceGain * gap >= 0 && Math.abs(priceGain) <= Math.abs(gap) + TOLERANCE)) {
    return fault("gain-mismatch", "priceGain", { expected: `a part of the gap ${gap}`, found: priceGain });
  }
  const expected = (priceGain * YEAR_HOURS) / horizonHours;
  return near(grossApr, expected, APR_TOLERANCE)
    ? null
    : fault("apr-mismatch", "grossApr", { expected: `${expected} from the gain`, found: grossApr });
}

function ledgerFault({ strategy, ledger, long, short }: Priced): Fault | null {
  if (strategy !== "price" && ledger.priceGain !== null)
    return fault("gain-mismatch", "priceGain", { expected: `null in ${strategy}`, found: ledger.priceGain });
  const { fees, crossing, crossingSource, net, netAprOnNotional, sizeUsd, horizonHours, capacityUsd } = ledger;
  if (!(sizeUsd > 0 && Number.isFinite(sizeUsd))) return fault("net-mismatch", "sizeUsd", { expected: "above 0", found: sizeUsd });
  if (!(horizonHours > 0 && Number.isFinite(horizonHours)))
    return fault("net-mismatch", "horizonHours", { expected: "above 0", found: horizonHours });
  if (capacityUsd !== null && !(capacityUsd >= 0 && Number.isFinite(capacityUsd)))
    return fault("net-mismatch", "capacityUsd", { expected: "0 or more", found: capacityUsd });
  if (fees !== null) {
    if (long.takerFeeRate === null || short.takerFeeRate === null)
      return fault("fees-mismatch", "fees", { expected: "null, as a leg's fee is null", found: fees });
    const expected = 2 * (long.takerFeeRate + short.takerFeeRate);
    if (!(fees >= 0 && near(fees, expected, TOLERANCE)))
      return fault("fees-mismatch", "fees", { expected: `${expected} from the legs`, found: fees });
  }
  if (crossing !== null && crossing < -TOLERANCE) return fault("net-mismatch", "crossing", { expected: "0 or more", found: crossing });
  const quotes = [long.quote.bid, long.quote.ask, short.quote.bid, short.quote.ask];
  const isBookRead = crossingSource === "book" || crossingSource === "mixed";
  if (net !== null && !isBookRead && quotes.includes(null)) {
    return fault("net-mismatch", "net", { expected: "null without best bid and ask of both legs", found: net });
  }
  const expectedNet = netOfLines(strategy, ledger);
  if (expectedNet === null ? net !== null : !near(net, expectedNet, TOLERANCE)) {
    return fault("net-mismatch", "net", { expected: `${expectedNet} from the lines`, found: net });
  }
  const expectedApr = net === null ? null : (net * YEAR_HOURS) / horizonHours;
  if (expectedApr === null ? netAprOnNotional !== null : !near(netAprOnNotional, expectedApr, APR_TOLERANCE)) {
    return fault("apr-mismatch", "netAprOnNotional", { expected: `${expectedApr} from net`, found: netAprOnNotional });
  }
  return null;
}

/** funding − fees − crossing, in `price` with its gain; `null` while a line is. */
function netOfLines(strategy: Strategy, { priceGain, funding, fees, crossing }: Ledger): number | null {
  const gain = strategy === "price" ? priceGain : 0;
  return gain === null || funding === null || fees === null || crossing === null ? null : gain + funding - fees - crossing;
}

const near = (found: number | null, expected: number | null, tolerance: number): boolean =>
  found !== null && expected !== null && Math.abs(found - expected) <= tolerance;

/** A broken rule with a message of one form. */
export const fault = (
  rule: RowRule,
  what: string,
  { expected, found }: { readonly expected: string; readonly found: string | number | null },
): Fault => ({ rule, value: found, message: `${what}: expected ${expected}, found ${found}` });
