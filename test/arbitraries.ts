import fc from "fast-check";
import type { Leg } from "../src/domain/opportunity.ts";
import type { Quote } from "../src/domain/quote.ts";
import { HOUR_MS } from "../src/domain/units.ts";
import { legWith } from "./market.ts";

/** 2026-09-11 17:18:40 UTC. */
export const NOW = 1_789_147_120_443;
/** Most values are sent; some are missing. */
export const maybe = <T>(sent: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(sent, { nil: null, freq: 12 });
export const rate = fc.integer({ min: -300_000, max: 300_000 }).map((millionths) => millionths / 1e8);
export const intervalHours = fc.constantFrom(1, 2, 4, 8);
export const accrual = fc.constantFrom<Leg["accrual"]>("settled", "settled", "continuous");
const size = fc.double({ min: 0, max: 1_000, noNaN: true });

/** What a venue may send of a perpetual, by the given way of leaving out. */
export const fields = (optional: <T>(sent: fc.Arbitrary<T>) => fc.Arbitrary<T | null>): fc.Arbitrary<Partial<Quote>> =>
  fc
    .record({
      fundingRatePerInterval: optional(rate),
      fundingIntervalHours: optional(intervalHours),
      nextFundingAtMs: optional(fc.integer({ min: 0, max: 8 * HOUR_MS }).map((inMs) => NOW + inMs)),
      bid: optional(fc.double({ min: 99.95, max: 100, noNaN: true })),
      ask: optional(fc.double({ min: 100, max: 100.05, noNaN: true })),
      bidSizeBase: optional(size),
      askSizeBase: optional(size),
      quotedNotionalUsd: fc.constantFrom(null, 6_000, 20_000),
      openInterestUsd: optional(fc.double({ min: 0, max: 1e8, noNaN: true })),
    })
    .map((quote) => quote);

export const fee = fc.constantFrom(0, 0.00045, 0.0005, 0.00055);
export const leg = (side: Leg["side"], optional = maybe): fc.Arbitrary<Leg> =>
  fc.record({ quote: fields(optional), takerFeeRate: optional(fee), accrual }).map(({ quote, ...terms }) => legWith(side, quote, terms));
/** Everything is sent. */
export const sent = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => value;
