import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BreakEven, Leg } from "../../src/domain/opportunity.ts";
import { DAY_MS, HOUR_MS } from "../../src/domain/units.ts";
import { BREAK_EVEN_LIMIT_DAYS, breakEven } from "../../src/economics/break-even.ts";
import { crossingAt } from "../../src/economics/crossing.ts";
import { carryPerHour, type FundingTerms, fundingOver, fundingTerms } from "../../src/economics/funding.ts";
import { buildLedger } from "../../src/economics/ledger.ts";
import { accrual, intervalHours, leg, NOW, rate, sent } from "../arbitraries.ts";

const sizeUsd = fc.double({ min: 1, max: 200_000, noNaN: true });
const horizonHours = fc.integer({ min: 1, max: 720 });
const ledgerOf = (long: Leg, short: Leg, usd: number, hours: number) =>
  buildLedger({ long, short, sizeUsd: usd, horizonHours: hours, nowMs: NOW, collateralPerLeg: 1 });
const opposite = (value: number | null): number | null => (value === null ? null : 0 - value);

describe("economics", () => {
  test("swapping the legs flips the sign of carry and funding, and leaves fees and crossing as they are", () => {
    fc.assert(
      fc.property(leg("long"), leg("short"), sizeUsd, horizonHours, (one, other, usd, hours) => {
        const there = ledgerOf(one, other, usd, hours);
        const back = ledgerOf(other, one, usd, hours);
        expect(carryPerHour(fundingTerms(other), fundingTerms(one))).toEqual(
          opposite(carryPerHour(fundingTerms(one), fundingTerms(other))),
        );
        expect(back.funding).toEqual(opposite(there.funding));
        expect([back.fees, back.crossing]).toEqual([there.fees, there.crossing]);
      }),
    );
  });

  test("a pair and its reverse together always lose twice their costs", () => {
    fc.assert(
      fc.property(leg("long", sent), leg("short", sent), horizonHours, (one, other, hours) => {
        const there = ledgerOf(one, other, 1, hours);
        const back = ledgerOf(other, one, 1, hours);
        if (there.net === null || back.net === null || there.fees === null || there.crossing === null) return;
        expect(there.net + back.net).toBeCloseTo(-2 * (there.fees + there.crossing), 12);
      }),
    );
  });

  test("more fee never improves net", () => {
    fc.assert(
      fc.property(leg("long", sent), leg("short", sent), fc.double({ min: 0, max: 0.01, noNaN: true }), (long, short, more) => {
        const dearer = { ...long, takerFeeRate: (long.takerFeeRate ?? 0) + more };
        const before = ledgerOf(long, short, 1_000, 168);
        const after = ledgerOf(dearer, short, 1_000, 168);
        if (before.net === null) expect(after.net).toBeNull();
        else expect(after.net).toBeLessThanOrEqual(before.net);
      }),
    );
  });

  test("more size never improves price, and a size that is not known stays so above", () => {
    fc.assert(
      fc.property(leg("long"), sizeUsd, sizeUsd, ({ quote }, one, other) => {
        const small = crossingAt(quote, Math.min(one, other));
        const large = crossingAt(quote, Math.max(one, other));
        if (small === null) expect(large).toBeNull();
        else if (large !== null) expect(large).toBeGreaterThanOrEqual(small);
      }),
    );
  });

  test("net is null exactly where a line is, and only then reasons name a missing line", () => {
    fc.assert(
      fc.property(leg("long"), leg("short"), sizeUsd, horizonHours, (long, short, usd, hours) => {
        const { funding, fees, crossing, net, stress, breakEven: paid, capacityUsd, reasons } = ledgerOf(long, short, usd, hours);
        const missing = [funding, fees, crossing].includes(null);
        expect(net === null).toBe(missing);
        expect(stress.survives === null).toBe(missing);
        expect(paid.kind === "unknown").toBe(missing);
        expect(capacityUsd === null).toBe(missing);
        expect(reasons.some((reason) => / is not known: | are not known: /u.test(reason) && !reason.startsWith("Cost"))).toBe(missing);
        if (funding !== null && fees !== null && crossing !== null) expect(net).toBe(funding - fees - crossing);
      }),
    );
  });

  const closure = fc.double({ min: 0, max: 1, noNaN: true });
  const gapLedger = (long: Leg, short: Leg, share: number, usd = 1_000) =>
    buildLedger({ long, short, sizeUsd: usd, horizonHours: 168, nowMs: NOW, collateralPerLeg: 1, closure: share });

  test("with a closure: net is null exactly where a line is, else gain + funding − fees − crossing", () => {
    fc.assert(
      fc.property(leg("long"), leg("short"), closure, sizeUsd, (long, short, share, usd) => {
        const { priceGain: gain, funding, fees, crossing, net, stress, reasons } = gapLedger(long, short, share, usd);
        const missing = [gain, funding, fees, crossing].includes(null);
        expect(net === null).toBe(missing);
        expect(stress.survives === null).toBe(missing);
        if (gain === null || funding === null || fees === null || crossing === null) return;
        expect(net).toBe(gain + funding - fees - crossing);
        expect(reasons[0]).toMatch(/^Assumes that \d+ % of the price gap closes within 168 hours\.$/u);
      }),
    );
  });

  test("of the two directions of a gap at most one gains, and neither pays less than its exit", () => {
    fc.assert(
      fc.property(leg("long", sent), leg("short", sent), closure, (one, other, share) => {
        const there = gapLedger(one, other, share);
        const back = gapLedger(other, one, share);
        expect((there.priceGain ?? 0) > 0 && (back.priceGain ?? 0) > 0).toBe(false);
        expect(back.crossing).toBe(there.crossing);
        const whole = ledgerOf(one, other, 1_000, 168);
        // What the entry prices already hold is half the spread of each leg.
        if (whole.crossing !== null) expect(there.crossing).toBeCloseTo(whole.crossing / 2, 14);
      }),
    );
  });

  test("a gap that closes further never earns less, and one that survives stress survives it without any funding", () => {
    fc.assert(
      fc.property(leg("long", sent), leg("short", sent), closure, closure, (long, short, one, other) => {
        const less = gapLedger(long, short, Math.min(one, other));
        const more = gapLedger(long, short, Math.max(one, other));
        if (less.net === null || more.net === null || less.priceGain === null) return;
        if (less.priceGain >= 0) expect(more.net).toBeGreaterThanOrEqual(less.net);
        if (more.stress.survives === true) {
          const alone = (more.priceGain ?? 0) - (more.fees ?? 0) - (more.crossing ?? 0);
          expect(alone).toBeGreaterThan(0);
        }
      }),
    );
  });

  test("a spot leg pays no funding, whatever its row says", () => {
    fc.assert(
      fc.property(leg("long"), leg("short"), horizonHours, (long, short, hours) => {
        const spot: Leg = { ...long, quote: { ...long.quote, kind: "spot" } };
        const ledger = ledgerOf(spot, short, 1_000, hours);
        expect(ledger.funding).toEqual(fundingOver(fundingTerms(short), { nowMs: NOW, horizonHours: hours }));
        expect(ledger.breakEven.kind === "unknown").toBe([ledger.funding, ledger.fees, ledger.crossing].includes(null));
      }),
    );
  });

  test("at its capacity a pair still earns, above it the price is not known or the limit of open interest is passed", () => {
    fc.assert(
      fc.property(leg("long", sent), leg("short", sent), (long, short) => {
        const { net, capacityUsd } = ledgerOf(long, short, 1, 720);
        if (net === null || capacityUsd === null || net <= 0) {
          expect(capacityUsd).toBe(net === null ? null : 0);
          return;
        }
        expect(ledgerOf(long, short, capacityUsd, 720).net).toBeGreaterThan(0);
        const above = 1.001 * capacityUsd + 1e-9;
        const overInterest = [long, short].some(({ quote }) => above > 0.01 * (quote.openInterestUsd ?? Infinity));
        expect(overInterest || ledgerOf(long, short, above, 720).crossing === null).toBe(true);
      }),
    );
  });
});

/** Break-even by looking at every settlement of 90 days in turn. Same sums, no shortcut. */
function breakEvenByLooking(long: FundingTerms, short: FundingTerms, cost: number): BreakEven {
  const endMs = NOW + BREAK_EVEN_LIMIT_DAYS * DAY_MS;
  const times = new Set<number>([endMs]);
  for (const terms of [long, short]) {
    if (terms.accrual === "continuous" || terms.nextAtMs === null || terms.intervalHours === null) continue;
    for (let at = terms.nextAtMs; at <= endMs; at += terms.intervalHours * HOUR_MS) if (at > NOW) times.add(at);
  }
  const fundingAt = (atMs: number): number => {
    const window = { nowMs: NOW, horizonHours: (atMs - NOW) / HOUR_MS };
    return (fundingOver(short, window) ?? Number.NaN) - (fundingOver(long, window) ?? Number.NaN);
  };
  const slope = (terms: FundingTerms): number =>
    terms.accrual === "continuous" ? (terms.ratePerInterval ?? Number.NaN) / ((terms.intervalHours ?? Number.NaN) * HOUR_MS) : 0;
  const perMs = slope(short) - slope(long);
  let sinceMs = NOW;
  for (const atMs of [...times].sort((a, b) => a - b)) {
    const reachedMs = perMs > 0 ? Math.max(sinceMs, sinceMs + (cost - fundingAt(sinceMs)) / perMs) : Infinity;
    if (reachedMs < atMs) return { kind: "at", atMs: reachedMs, days: (reachedMs - NOW) / DAY_MS };
    const settles = [long, short].some((terms) => terms.accrual === "settled" && settlesAt(terms, atMs));
    if (settles && fundingAt(atMs) >= cost - 1e-12) return { kind: "at", atMs, days: (atMs - NOW) / DAY_MS };
    sinceMs = atMs;
  }
  return { kind: "never" };
}

const settlesAt = ({ nextAtMs, intervalHours: hours }: FundingTerms, atMs: number): boolean =>
  nextAtMs !== null && hours !== null && atMs >= nextAtMs && (atMs - nextAtMs) % (hours * HOUR_MS) === 0;

describe("break-even is what looking at every settlement finds", () => {
  const terms = (kinds: fc.Arbitrary<Leg["accrual"]>, maxFirstHours: number): fc.Arbitrary<FundingTerms> =>
    fc.record({
      ratePerInterval: rate,
      intervalHours,
      // Mostly on the hour, so that settlements of both legs often fall together.
      nextAtMs: fc.oneof(
        fc.integer({ min: 0, max: maxFirstHours }).map((hours) => NOW + hours * HOUR_MS),
        fc.integer({ min: 0, max: maxFirstHours * HOUR_MS }).map((ms) => NOW + ms),
      ),
      accrual: kinds,
    });
  const cost = fc.integer({ min: 0, max: 1_000_000 }).map((millionths) => millionths / 1e8);

  test("settled legs: the same settlement, to the bit", () => {
    const settled = terms(fc.constant("settled"), 8);
    fc.assert(
      fc.property(settled, settled, cost, (long, short, owed) => {
        expect(breakEven({ long, short, cost: owed, nowMs: NOW })).toEqual(breakEvenByLooking(long, short, owed));
      }),
      { numRuns: 300 },
    );
  });

  test("also where the carry is next to nothing, so that it takes weeks or never comes", () => {
    const slow = fc.record({
      base: rate,
      hours: intervalHours,
      more: fc.integer({ min: -20, max: 200 }).map((n) => n / 1e8),
      other: intervalHours,
    });
    fc.assert(
      fc.property(
        slow,
        fc.integer({ min: 0, max: 8 }),
        fc.integer({ min: 0, max: 8 }),
        cost,
        ({ base, hours, more, other }, first, next, owed) => {
          const settled = (perHour: number, every: number, inHours: number): FundingTerms => ({
            ratePerInterval: perHour * every,
            intervalHours: every,
            nextAtMs: NOW + inHours * HOUR_MS,
            accrual: "settled",
          });
          const long = settled(base / 8, hours, first);
          const short = settled(base / 8 + more / 8, other, next);
          expect(breakEven({ long, short, cost: owed, nowMs: NOW })).toEqual(breakEvenByLooking(long, short, owed));
        },
      ),
      { numRuns: 300 },
    );
  });

  test("continuous legs, and first settlements further away than an interval: the same moment to the millisecond", () => {
    fc.assert(
      fc.property(terms(accrual, 30), terms(accrual, 30), cost, (long, short, owed) => {
        const found = breakEven({ long, short, cost: owed, nowMs: NOW });
        const expected = breakEvenByLooking(long, short, owed);
        expect(found.kind).toBe(expected.kind);
        if (found.kind === "at" && expected.kind === "at") expect(Math.abs(found.atMs - expected.atMs)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 300 },
    );
  });
});
