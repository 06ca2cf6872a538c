import { describe, expect, test } from "vitest";
import { legWith } from "../../test/market.ts";
import type { Leg } from "../domain/opportunity.ts";
import { HOUR_MS } from "../domain/units.ts";
import { buildLedger, stressOf } from "./ledger.ts";

const NOW = 1_789_147_120_443;
const perpetual = {
  fundingIntervalHours: 8,
  nextFundingAtMs: NOW + 4 * HOUR_MS,
  bid: 99.995,
  ask: 100.005, // spread 0.01 by mid 100: 0.0001
  bidSizeBase: 300, // 29,998.5 USD
  askSizeBase: 300,
  openInterestUsd: 50_000_000,
};
const long = legWith("long", { venue: "gate", ...perpetual, fundingRatePerInterval: 0.0001 });
const short = legWith("short", { venue: "bybit", ...perpetual, fundingRatePerInterval: 0.0003 });
const ledgerOf = (legs: { long?: Leg; short?: Leg }, sizeUsd = 5_000) =>
  buildLedger({ long, short, ...legs, sizeUsd, horizonHours: 168, nowMs: NOW, collateralPerLeg: 1 });
const without = (leg: Leg, fields: Partial<Leg["quote"]>): Leg => ({ ...leg, quote: { ...leg.quote, ...fields } });

describe("a ledger with all its lines", () => {
  const ledger = () => ledgerOf({});

  test("funding, fees, crossing and net are the arithmetic of the design", () => {
    expect(ledger().funding).toBeCloseTo(21 * 0.0003 - 21 * 0.0001, 15); // 0.0042
    expect(ledger().fees).toBeCloseTo(2 * (0.0005 + 0.0005), 15); // 0.002
    expect(ledger().crossing).toBeCloseTo(0.01 / 100 + 0.01 / 100, 15); // 0.0002
    expect(ledger().net).toBeCloseTo(0.0042 - 0.002 - 0.0002, 15); // 0.002
    expect(ledger().netUsd).toBeCloseTo(0.002 * 5_000, 11); // 10 USD
    expect(ledger().reasons).toEqual(["Cost is not known at 100,000 USD: more than the best bid and ask hold."]);
  });

  test("APR on notional and on the collateral of both legs", () => {
    expect(ledger().netAprOnNotional).toBeCloseTo((0.002 * 8760) / 168, 12);
    expect(ledger().netAprOnCapital).toBeCloseTo((0.002 * 8760) / 168 / 2, 12);
    const leveraged = buildLedger({ long, short, sizeUsd: 5_000, horizonHours: 168, nowMs: NOW, collateralPerLeg: 0.25 });
    expect(leveraged.netAprOnCapital).toBeCloseTo((0.002 * 8760) / 168 / 0.5, 12);
  });

  test("net after 1, 7 and 30 days", () => {
    const expected = [3, 21, 90].map((settlements) => settlements * (0.0003 - 0.0001) - 0.002 - 0.0002);
    expect(ledger().netByHours.map((line) => line.horizonHours)).toEqual([24, 168, 720]);
    ledger().netByHours.forEach((line, place) => expect(line.net).toBeCloseTo(expected[place] ?? Number.NaN, 15));
  });

  test("cost at each size of the card, not known beyond the book", () => {
    expect(ledger().costBySize.map((line) => line.sizeUsd)).toEqual([1_000, 5_000, 20_000, 100_000]);
    expect(
      ledger()
        .costBySize.slice(0, 3)
        .every((line) => line.cost !== null && Math.abs(line.cost - 0.0022) < 1e-15),
    ).toBe(true);
    expect(ledger().costBySize[3]?.cost).toBeNull();
  });

  test("break-even: 11 settlements of 0.0002 pay 0.0022, the eleventh is 4 + 80 h away", () => {
    expect(ledger().breakEven).toEqual({ kind: "at", atMs: NOW + 84 * HOUR_MS, days: 3.5 });
  });

  test("stress: half the carry, and 10 bps more cost", () => {
    expect(ledger().stress.carryHalved).toBeCloseTo(0.0021 - 0.002 - 0.0002, 15); // −0.0001
    expect(ledger().stress.costPlus10Bps).toBeCloseTo(0.002 - 0.001, 15);
    expect(ledger().stress.survives).toBe(false);
    const strong = ledgerOf({ short: without(short, { fundingRatePerInterval: 0.0005 }) });
    expect(strong.stress.carryHalved).toBeCloseTo(0.0042 - 0.0022, 15);
    expect(strong.stress.survives).toBe(true);
    // A small pair with small costs: half of 0.0009 pays 0.0004, while 10 bps more cost do not.
    expect(stressOf({ funding: 0.0009, fees: 0.0002, crossing: 0.0002 }).carryHalved).toBeGreaterThan(0);
    expect(stressOf({ funding: 0.0009, fees: 0.0002, crossing: 0.0002 }).survives).toBe(false);
  });

  test("capacity is the thinner side of the book", () => {
    expect(ledger().capacityUsd).toBeCloseTo(300 * 99.995, 9);
  });

  test("the same pair the other way round loses what this one earns, and its capacity is nothing", () => {
    const reverse = buildLedger({ long: short, short: long, sizeUsd: 5_000, horizonHours: 168, nowMs: NOW, collateralPerLeg: 1 });
    expect(reverse.net).toBeCloseTo(-0.0042 - 0.002 - 0.0002, 15);
    expect(reverse.capacityUsd).toBe(0);
    expect(reverse.breakEven).toEqual({ kind: "never" });
  });
});

describe("a line that cannot be computed is null, makes net null, and says why", () => {
  test.each<[string, { long?: Leg; short?: Leg }, string]>([
    ["rate", { long: without(long, { fundingRatePerInterval: null }) }, "Funding is not known: gate sends no funding rate."],
    [
      "interval",
      { short: without(short, { fundingIntervalHours: null }) },
      "Funding is not known: bybit sends no usable funding interval.",
    ],
    ["next time", { short: without(short, { nextFundingAtMs: null }) }, "Funding is not known: bybit sends no next funding time."],
    [
      "next time",
      { long: without(long, { nextFundingAtMs: NOW - 1 }) },
      "Funding is not known: gate sends a next funding time that has passed.",
    ],
    ["fee", { long: { ...long, takerFeeRate: null } }, "Fees are not known: no documented taker fee for gate."],
    ["bid", { long: without(long, { bid: null }) }, "Crossing is not known: gate sends no bid."],
    ["size", { short: without(short, { askSizeBase: null }) }, "Crossing is not known: bybit sends no size at its best bid and ask."],
  ])("missing %s", (_, legs, sentence) => {
    const ledger = ledgerOf(legs);
    expect(ledger.reasons).toContain(sentence);
    expect(ledger.reasons).toContain("Net, and what follows from it, is not known.");
    const { net, netUsd, netAprOnNotional, netAprOnCapital, capacityUsd, breakEven, stress } = ledger;
    expect([net, netUsd, netAprOnNotional, netAprOnCapital, capacityUsd]).toEqual([null, null, null, null, null]);
    expect(breakEven).toEqual({ kind: "unknown" });
    expect(stress).toEqual({ carryHalved: null, costPlus10Bps: null, survives: null });
    expect(ledger.netByHours.every((line) => line.net === null)).toBe(true);
  });

  test("a size beyond the book leaves crossing null, with what each leg holds; the other lines stay", () => {
    const ledger = ledgerOf({ long: without(long, { bidSizeBase: 10 }) });
    expect(ledger.crossing).toBeNull();
    expect(ledger.fees).toBeCloseTo(0.002, 15);
    expect(ledger.funding).toBeCloseTo(0.0042, 15);
    expect(ledger.reasons).toEqual([
      "Crossing is not known: gate quotes 999 USD at its best bid and ask, less than 5,000 USD.",
      "Net, and what follows from it, is not known.",
    ]);
  });

  test("a leg that accrues continuously needs no next time", () => {
    const accruing: Leg = { ...without(short, { nextFundingAtMs: null }), accrual: "continuous" };
    expect(ledgerOf({ short: accruing }).funding).toBeCloseTo((0.0003 * 168) / 8 - 21 * 0.0001, 15);
  });
});

describe("carry: spot bought, a perpetual sold", () => {
  const spot = legWith(
    "long",
    { venue: "binance", kind: "spot", symbol: "BTC/USDT", bid: 99.99, ask: 100.01, bidSizeBase: 80, askSizeBase: 80 },
    { takerFeeRate: 0.001 },
  );
  const earning = without(short, { fundingRatePerInterval: 0.0005 });
  const ledger = () => ledgerOf({ long: spot, short: earning });

  test("earns the perpetual's funding alone and pays the spot fee and both spreads", () => {
    expect(ledger().funding).toBeCloseTo(21 * 0.0005, 15); // 0.0105
    expect(ledger().fees).toBeCloseTo(2 * (0.001 + 0.0005), 15); // 0.003
    expect(ledger().crossing).toBeCloseTo(0.02 / 100 + 0.01 / 100, 15); // 0.0003
    expect(ledger().net).toBeCloseTo(0.0105 - 0.003 - 0.0003, 15); // 0.0072
    expect(ledger().netByHours.map(({ net }) => net)).toEqual(
      [3, 21, 90].map((settlements) => expect.closeTo(settlements * 0.0005 - 0.0033, 12)),
    );
    expect(ledger().priceGain).toBeNull();
  });

  test("half its funding still pays 0.0033, and 7 settlements of 0.0005 pay it, the seventh 4 + 48 h away", () => {
    expect(ledger().stress).toEqual({
      carryHalved: expect.closeTo(0.00195, 12),
      costPlus10Bps: expect.closeTo(0.0062, 12),
      survives: true,
    });
    expect(ledger().breakEven).toEqual({ kind: "at", atMs: NOW + 52 * HOUR_MS, days: 52 / 24 });
  });

  test("is limited by the spot book and by the open interest of the perpetual; spot has none and is not asked for it", () => {
    expect(ledger().capacityUsd).toBeCloseTo(80 * 99.99, 9); // under 1 % of 50,000,000 and 300 coins
    expect(ledgerOf({ long: spot, short: without(earning, { openInterestUsd: 600_000 }) }).capacityUsd).toBeCloseTo(6_000, 9);
    expect(ledger().reasons).toEqual(["Cost is not known at 20,000 USD and 100,000 USD: more than the best bid and ask hold."]);
  });
});

describe("price: a gap that is assumed to close in part", () => {
  const cheap = without(long, { bid: 99.99, ask: 100.01, fundingRatePerInterval: 0.0001 });
  const dear = without(short, { bid: 101.98, ask: 102.02, fundingRatePerInterval: 0.00002 });
  const gap = (101.98 - 100.01) / 101; // the mean of the four prices is 101
  const gapLedger = (closure: number, legs: { long?: Leg; short?: Leg } = {}) =>
    buildLedger({ long: cheap, short: dear, ...legs, sizeUsd: 5_000, horizonHours: 168, nowMs: NOW, collateralPerLeg: 1, closure });
  const ledger = () => gapLedger(0.5);
  const exit = 0.01 / 100 + 0.02 / 102; // half of 0.02 by mid 100, half of 0.04 by mid 102
  const funding = 21 * 0.00002 - 21 * 0.0001; // −0.00168

  test("half the gap, the funding of the hold, fees, and the half-spreads of the exit", () => {
    expect(ledger().priceGain).toBeCloseTo(0.5 * gap, 15); // 0.00975
    expect(ledger().funding).toBeCloseTo(funding, 15);
    expect(ledger().fees).toBeCloseTo(0.002, 15);
    expect(ledger().crossing).toBeCloseTo(exit, 15); // 0.000296
    expect(ledger().net).toBeCloseTo(0.5 * gap + funding - 0.002 - exit, 15); // 0.00578
    expect(ledger().reasons[0]).toBe("Assumes that 50 % of the price gap closes within 168 hours.");
    expect(ledger().netByHours[2]?.net).toBeCloseTo(0.5 * gap + (90 / 21) * funding - 0.002 - exit, 12);
  });

  test("closing wholly or not at all", () => {
    expect(gapLedger(1).net).toBeCloseTo(gap + funding - 0.002 - exit, 15);
    expect(gapLedger(0).net).toBeCloseTo(funding - 0.002 - exit, 15);
  });

  test("stress: half the closure, and no funding that is received", () => {
    expect(ledger().stress.carryHalved).toBeCloseTo(0.25 * gap + funding - 0.002 - exit, 15); // paid funding stays: 0.0009
    expect(ledger().stress.costPlus10Bps).toBeCloseTo((ledger().net ?? Number.NaN) - 0.001, 15);
    const received = without(dear, { fundingRatePerInterval: 0.001 });
    expect(gapLedger(0.5, { short: received }).stress.carryHalved).toBeCloseTo(0.25 * gap - 0.002 - exit, 15);
    // Funding alone: a gap of nearly nothing never survives, however much the legs pay.
    const level = without(received, { bid: 100.02, ask: 100.06 });
    expect(gapLedger(0.5, { short: level }).net).toBeGreaterThan(0.01);
    expect(gapLedger(0.5, { short: level }).stress.survives).toBe(false);
  });

  test("break-even is of funding alone against fees and whole spreads, as if the gap never closed", () => {
    expect(ledger().breakEven).toEqual({ kind: "never" });
    const received = gapLedger(0.5, { short: without(dear, { fundingRatePerInterval: 0.0003 }) });
    // 0.0002 a settlement; fees 0.002 and spreads 2 · 0.000296: 13 settlements, the last 4 + 96 h away.
    expect(received.breakEven).toEqual({ kind: "at", atMs: NOW + 100 * HOUR_MS, days: 100 / 24 });
  });

  test("the other direction buys dear and sells cheap: its gain is a loss", () => {
    const reverse = gapLedger(0.5, { long: dear, short: cheap });
    expect(reverse.priceGain).toBeCloseTo((0.5 * (99.99 - 102.02)) / 101, 15);
    expect(reverse.stress.survives).toBe(false);
    expect(reverse.capacityUsd).toBe(0);
  });

  test("a missing price leaves no gap to speak of, and the ledger says so", () => {
    const silent = gapLedger(0.5, { short: without(dear, { bid: null }) });
    expect([silent.priceGain, silent.net, silent.capacityUsd, silent.stress.survives]).toEqual([null, null, null, null]);
    expect(silent.reasons).toContain("The price gap is not known: no usable bid and ask from bybit.");
  });
});

describe("at the edges of a ledger", () => {
  test("nothing left is not survived, of the carry or of the cost", () => {
    expect(stressOf({ funding: 0.5, fees: 0.125, crossing: 0.125 })).toEqual({ carryHalved: 0, costPlus10Bps: 0.249, survives: false });
    expect(stressOf({ funding: 0.001, fees: 0, crossing: 0 })).toEqual({ carryHalved: 0.0005, costPlus10Bps: 0, survives: false });
    expect(stressOf({ priceGain: null, funding: 0.1, fees: 0, crossing: 0 }).survives).toBeNull();
    expect(stressOf({ priceGain: 0.1, funding: null, fees: 0, crossing: 0 }).survives).toBeNull();
  });

  test("an interval of zero or less is not usable", () => {
    for (const fundingIntervalHours of [0, -8]) {
      const ledger = ledgerOf({ long: without(long, { fundingIntervalHours }) });
      expect(ledger.funding).toBeNull();
      expect(ledger.reasons).toContain("Funding is not known: gate sends no usable funding interval.");
    }
  });

  test("a leg that accrues has no next time to miss, and says nothing of it", () => {
    const accruing: Leg = { ...without(short, { nextFundingAtMs: null }), accrual: "continuous" };
    expect(ledgerOf({ short: accruing }).reasons).toEqual(["Cost is not known at 100,000 USD: more than the best bid and ask hold."]);
  });

  test("a cost beyond the books is said of the books, also where only one was read", () => {
    const depth = { mid: 100, bids: { usd: [30_000], base: [300] }, asks: { usd: [30_000], base: [300] }, readAtMs: NOW };
    const reasons = (depths: { long: typeof depth | null; short: typeof depth | null }) =>
      buildLedger({ long, short, sizeUsd: 5_000, horizonHours: 168, nowMs: NOW, collateralPerLeg: 1, depths }).reasons;
    const sentence = "Cost is not known at 100,000 USD: more than the books hold.";
    expect(reasons({ long: depth, short: depth })).toEqual([sentence]);
    expect(reasons({ long: depth, short: null })).toEqual([sentence]);
    expect(reasons({ long: null, short: depth })).toEqual([sentence]);
  });

  test("a gap without any price names both venues", () => {
    const silent = { long: without(long, { bid: null }), short: without(short, { ask: null }) };
    const ledger = buildLedger({ ...silent, sizeUsd: 5_000, horizonHours: 168, nowMs: NOW, collateralPerLeg: 1, closure: 0.5 });
    expect(ledger.reasons[0]).toBe("The price gap is not known: no usable bid and ask from gate and bybit.");
  });
});
