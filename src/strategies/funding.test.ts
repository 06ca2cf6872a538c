import { describe, expect, test } from "vitest";
import { marketVenue } from "../../test/market.ts";
import { HOUR_MS } from "../domain/units.ts";
import { fundingStrategy } from "./funding.ts";
import { strategies } from "./registry.ts";
import type { PriceRequest } from "./strategy.ts";

const NOW = 1_789_147_120_443;
const market = [
  marketVenue({
    id: "hyperliquid",
    takerFeeRate: 0.00045,
    rows: [
      {
        symbol: "BTC/USDC:USDC",
        settle: "USDC",
        fundingRatePerInterval: 0.00001,
        fundingIntervalHours: 1,
        nextFundingAtMs: NOW + HOUR_MS,
        bid: 99.99,
        ask: 100.01,
        quotedNotionalUsd: 20_000,
        openInterestUsd: 90_000_000,
      },
    ],
  }),
  marketVenue({
    id: "bybit",
    takerFeeRate: 0.00055,
    rows: [
      {
        fundingRatePerInterval: 0.0004,
        fundingIntervalHours: 8,
        nextFundingAtMs: NOW + 2 * HOUR_MS,
        bid: 100.1,
        ask: 100.12,
        bidSizeBase: 80,
        askSizeBase: 90,
        openInterestUsd: 700_000,
      },
    ],
  }),
];
const request: PriceRequest = {
  nowMs: NOW,
  settings: { referenceSizeUsd: 5_000, horizonHours: 168, collateralPerLeg: 1, priceClosure: 0.5 },
  keyOf: ({ strategy, asset, long, short }) => [strategy, asset, long, short].join("|"),
  marksOf: (ref) => (ref.venue === 1 ? ["low-open-interest"] : []),
  depthOf: () => null,
};
const pair = { asset: "BTC", long: { venue: 0, row: 0 }, short: { venue: 1, row: 0 }, why: "candidate", gross: 0.00672 } as const;

describe("a priced pair", () => {
  const priced = fundingStrategy.pricer(market, request)(pair);

  test("has its rates per 8 h, their difference, and the annual carry", () => {
    expect(priced.longRate).toBeCloseTo(8 * 0.00001, 15);
    expect(priced.shortRate).toBeCloseTo(0.0004, 15);
    expect(priced.rateDifference).toBe(priced.shortRate - (priced.longRate ?? Number.NaN));
    expect(priced.grossApr).toBeCloseTo(8760 * (0.0004 / 8 - 0.00001), 12);
  });

  test("has the ledger of its own legs", () => {
    expect(priced.ledger.funding).toBeCloseTo(21 * 0.0004 - 168 * 0.00001, 15);
    expect(priced.ledger.fees).toBeCloseTo(2 * (0.00045 + 0.00055), 15);
    expect(priced.ledger.crossing).toBeCloseTo(0.02 / 100 + 0.02 / 100.11, 12);
    expect(priced.ledger.capacityUsd).toBeCloseTo(7_000, 9); // 1 % of Bybit's open interest
  });

  test("names its instruments in the key and its marks by leg", () => {
    expect(priced.key).toBe("funding|BTC|hyperliquid:BTC/USDC:USDC|bybit:BTC/USDT:USDT");
    expect(priced.marks).toEqual(["short:low-open-interest"]);
    expect([priced.long.side, priced.short.side]).toEqual(["long", "short"]);
  });
});

test("selection finds what pricing prices", () => {
  const { pairs } = fundingStrategy.select(market, {
    nowMs: NOW,
    settings: { referenceSizeUsd: 5_000, horizonHours: 168, openNet: 0.001, priceClosure: 0.5 },
    open: [],
    nearMissCount: 5,
  });
  expect(pairs).toEqual([{ ...pair, gross: expect.closeTo(pair.gross, 12) }]);
});

test("a pair without a rate never gets a price", () => {
  const silent = [marketVenue({ id: "gate", takerFeeRate: 0.0005, rows: [{}] }), ...market.slice(1)];
  expect(() => fundingStrategy.pricer(silent, request)(pair)).toThrow("no rate: gate:BTC/USDT:USDT");
});

test("each strategy is registered once", () => {
  expect(new Set(strategies.map(({ id }) => id)).size).toBe(strategies.length);
  expect(strategies).toContain(fundingStrategy);
});
