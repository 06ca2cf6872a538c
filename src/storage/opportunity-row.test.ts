import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { carryPair, fundingPair, gapPair, NOW_MS, opened, pricePair, VENUES } from "../../test/opportunities.ts";
import type { Leg, Opportunity, Priced } from "../domain/opportunity.ts";
import type { Quote } from "../domain/quote.ts";
import { opportunityRow, pricedRefusal } from "./opportunity-row.ts";
import type { RowRule } from "./priced-check.ts";

const context = { nowMs: NOW_MS, venues: VENUES };
const ruleOf = (row: Opportunity): RowRule | null => {
  const built = opportunityRow(row, context);
  return built.ok ? null : built.error.rule;
};
const withQuote = (leg: Leg, quote: Partial<Quote>): Leg => ({ ...leg, quote: { ...leg.quote, ...quote } });
const withPair = (change: Partial<Priced>): Opportunity => opened({ ...fundingPair(), ...change });

describe("a row is refused unless its own legs bear it out", () => {
  const pair = fundingPair();
  const { ledger, long, short } = pair;
  const refusedRows: readonly (readonly [name: string, rule: RowRule, row: Opportunity])[] = [
    ["the long leg has no rate", "missing-rate", withPair({ longRate: null })],
    ["the long venue sent no rate", "missing-rate", withPair({ long: withQuote(long, { fundingRatePerInterval: null }) })],
    ["the short rate is no number", "missing-rate", withPair({ shortRate: Number.NaN })],
    ["the short venue sent no interval", "missing-interval", withPair({ short: withQuote(short, { fundingIntervalHours: null }) })],
    ["an interval is 0", "missing-interval", withPair({ short: withQuote(short, { fundingIntervalHours: 0 }) })],
    ["rates are 0/0 and a difference is claimed", "rate-mismatch", withPair({ longRate: 0, shortRate: 0 })],
    ["a rate is per interval instead of per 8 h", "rate-mismatch", withPair({ shortRate: 0.0004, rateDifference: 0.0003 })],
    ["the difference is not short − long", "difference-mismatch", withPair({ rateDifference: pair.rateDifference + 2e-9 })],
    ["the difference is an absolute value", "difference-mismatch", withPair({ rateDifference: -pair.rateDifference })],
    ["gross APR is in percent", "apr-mismatch", withPair({ grossApr: pair.grossApr * 100 })],
    ["net forgets the fees", "net-mismatch", withPair({ ledger: { ...ledger, net: (ledger.net ?? 0) + (ledger.fees ?? 0) } })],
    ["net is known while a line is not", "net-mismatch", withPair({ ledger: { ...ledger, crossing: null } })],
    ["net is null while every line is known", "net-mismatch", withPair({ ledger: { ...ledger, net: null } })],
    ["net APR is in percent", "apr-mismatch", withPair({ ledger: { ...ledger, netAprOnNotional: (ledger.netAprOnNotional ?? 0) * 100 } })],
    ["fees are not those of the legs", "fees-mismatch", withPair({ ledger: { ...ledger, fees: 0.001, net: (ledger.net ?? 0) + 0.001 } })],
    ["fees are known while a leg's fee is not", "fees-mismatch", withPair({ long: { ...long, takerFeeRate: null } })],
    ["a price is 0", "price-not-positive", withPair({ long: withQuote(long, { bid: 0 }) })],
    ["a price is infinite", "price-not-positive", withPair({ long: withQuote(long, { mark: Number.POSITIVE_INFINITY }) })],
    ["a book is crossed", "crossed-book", withPair({ short: withQuote(short, { bid: 101 }) })],
    ["a venue is not registered", "unknown-venue", opened(fundingPair({ short: { venue: "delta" } }))],
    ["both legs are one instrument", "same-instrument", withPair({ short: { ...short, quote: { ...short.quote, venue: "alpha" } } })],
    ["both perpetuals are of one venue", "same-venue", withPair({ short: withQuote(short, { venue: "alpha", symbol: "BTC/USDC:USDC" }) })],
    ["a leg settles in a coin", "settle", withPair({ long: withQuote(long, { settle: "BTC" }) })],
    ["the key names other legs", "key-mismatch", opened(pair, { key: pair.key.replace("beta", "gamma") })],
    ["the id is empty", "key-mismatch", opened(pair, { id: "" })],
    ["it is open and its net is not known", "net-missing", opened(pricePair())],
    ["it is open and has an end", "bad-status", opened(pair, { closedAtMs: NOW_MS })],
    ["it is closed without a reason", "bad-status", opened(pair, { status: "closed", closedAtMs: NOW_MS })],
    ["it lacks data and does not say why", "bad-status", opened(pair, { status: "no-data", noDataSinceMs: NOW_MS })],
    ["a count is negative", "bad-count", opened(pair, { scansMerged: -1 })],
    ["a time is in seconds", "bad-time", opened(pair, { firstSeenAtMs: NOW_MS / 1_000 })],
    ["it was seen in the future", "bad-time", opened(pair, { lastSeenAtMs: NOW_MS + 5_001 })],
    ["it ended before it began", "bad-time", opened(pair, { status: "closed", closedAtMs: NOW_MS - 1, closeReason: "below-bar" })],
    ["it was last seen before it was first seen", "bad-time", opened(pair, { firstSeenAtMs: NOW_MS, lastSeenAtMs: NOW_MS - 1 })],
  ];
  it.each(refusedRows)("refuses when %s", (_name, rule, row) => {
    expect(ruleOf(row)).toBe(rule);
  });

  it("says what it expected and found", () => {
    const built = opportunityRow(withPair({ rateDifference: 0.5 }), context);
    expect(built).toMatchObject({ ok: false, error: { rule: "difference-mismatch", key: pair.key } });
    expect(built.ok ? "" : built.error.message).toMatch(/^rateDifference: expected 0\.0007\d* from the legs, found 0\.5$/u);
  });

  it("passes each status and strategy in its sound form", () => {
    expect(ruleOf(opened(pair))).toBeNull();
    expect(ruleOf(opened(pair, { status: "no-data", noDataSinceMs: NOW_MS, noDataReason: "beta: timeout" }))).toBeNull();
    expect(ruleOf(opened(pair, { status: "closed", closedAtMs: NOW_MS, closeReason: "delisted" }))).toBeNull();
    expect(ruleOf(opened(carryPair()))).toBeNull();
    expect(ruleOf(opened(gapPair()))).toBeNull();
    expect(pricedRefusal(pricePair(), VENUES)).toBeNull();
  });

  it("holds the strategies' own rules", () => {
    const price = pricePair();
    const priceFault = (change: Partial<Priced>) => pricedRefusal({ ...price, ...change }, VENUES)?.rule;
    expect(priceFault({ longRate: 0 })).toBe("price-not-positive");
    expect(priceFault({ longRate: null })).toBe("missing-rate");
    expect(priceFault({ longRate: 100.01 })).toBe("rate-mismatch");
    expect(priceFault({ rateDifference: 0.98 })).toBe("difference-mismatch");
    expect(priceFault({ short: withQuote(price.short, { settle: "USDC" }) })).toBe("settle");
    const gap = gapPair();
    const gapFault = (ledger: Partial<Priced["ledger"]>, change: Partial<Priced> = {}) =>
      pricedRefusal({ ...gap, ...change, ledger: { ...gap.ledger, ...ledger } }, VENUES)?.rule;
    const gain = gap.ledger.priceGain ?? Number.NaN;
    expect(gapFault({})).toBeUndefined();
    expect(gapFault({ priceGain: -gain })).toBe("gain-mismatch");
    expect(gapFault({ priceGain: 2.1 * gain })).toBe("gain-mismatch"); // more than the whole gap
    expect(gapFault({}, { grossApr: 100 * gap.grossApr })).toBe("apr-mismatch");
    expect(gapFault({ priceGain: null })).toBe("net-mismatch");
    expect(gapFault({ net: (gap.ledger.net ?? 0) - gain })).toBe("net-mismatch");
    expect(pricedRefusal({ ...fundingPair(), ledger: { ...fundingPair().ledger, priceGain: 0 } }, VENUES)?.rule).toBe("gain-mismatch");
    expect(pricedRefusal({ ...gap, long: withQuote(gap.long, { kind: "spot" }) }, VENUES)?.rule).toBe("wrong-kind");
    expect(pricedRefusal({ ...carryPair(), long: withQuote(carryPair().long, { kind: "perpetual" }) }, VENUES)?.rule).toBe("wrong-kind");
    expect(pricedRefusal({ ...carryPair(), longRate: 0 }, VENUES)?.rule).toBe("rate-mismatch");
    expect(pricedRefusal({ ...carryPair(), rateDifference: 0 }, VENUES)?.rule).toBe("difference-mismatch");
  });

  it("passes whatever the economics make of finite rates, and refuses it once the difference is bent", () => {
    const rate = fc.double({ min: -0.05, max: 0.05, noNaN: true });
    const hours = fc.constantFrom(1, 2, 4, 8);
    fc.assert(
      fc.property(rate, rate, hours, hours, fc.double({ min: 2e-9, max: 1, noNaN: true }), (a, b, h, k, bend) => {
        const row = opened(fundingPair({ long: { rate: a, hours: h }, short: { rate: b, hours: k } }));
        expect(ruleOf(row)).toBeNull();
        expect(ruleOf({ ...row, priced: { ...row.priced, rateDifference: row.priced.rateDifference + bend } })).toBe("difference-mismatch");
      }),
    );
  });
});

describe("the row", () => {
  it("takes every column from the legs and the ledger", () => {
    const row = opened(fundingPair());
    const built = opportunityRow(row, context);
    expect(built.ok && built.value).toMatchObject({
      long_venue: "alpha",
      short_symbol: "BTC/USDT:USDT",
      long_rate_per_interval: 0.0001,
      short_interval_hours: 4,
      short_rate: 0.0008,
      net: row.priced.ledger.net,
      net_apr: row.priced.ledger.netAprOnNotional,
      created_at: NOW_MS,
      validated_at: NOW_MS,
    });
  });

  it("has the gain of price, and none in the other strategies", () => {
    const gainOf = (priced: Priced) => {
      const built = opportunityRow(opened(priced), context);
      return built.ok ? built.value.price_gain : Number.NaN;
    };
    expect(gainOf(gapPair())).toBe(gapPair().ledger.priceGain);
    expect([gainOf(fundingPair()), gainOf(carryPair())]).toEqual([null, null]);
  });

  it("has no funding on the spot leg of carry", () => {
    const built = opportunityRow(opened(carryPair()), context);
    expect(built.ok && built.value).toMatchObject({ long_rate: null, long_rate_per_interval: null, long_interval_hours: null });
  });
});
