import { expect, test } from "vitest";
import { marketVenue } from "../../test/market.ts";
import { HOUR_MS } from "../domain/units.ts";
import { rowFacts } from "./row-facts.ts";

const NOW = 1_789_147_120_443;
const request = {
  nowMs: NOW,
  settings: { referenceSizeUsd: 5_000, horizonHours: 168, openNet: 0.001, priceClosure: 0.5 },
  open: [],
  nearMissCount: 5,
};
const row = {
  fundingRatePerInterval: 0.0001,
  fundingIntervalHours: 8,
  nextFundingAtMs: NOW + HOUR_MS,
  bid: 99,
  ask: 101,
  bidSizeBase: 100,
  askSizeBase: 100,
};

test("each row's figures are worked out once, and what is missing is NaN", () => {
  const facts = rowFacts(
    [
      marketVenue({ id: "gate", takerFeeRate: 0.0005, rows: [row, { ...row, asset: "ETH", bidSizeBase: 1 }] }),
      marketVenue({ id: "dydx", takerFeeRate: null, rows: [{ ...row, fundingRatePerInterval: null, settle: "USDC" }] }),
    ],
    request,
  );
  expect(facts.count).toBe(3);
  expect(Array.from(facts.ratePerHour.slice(0, 3))).toEqual([0.0000125, 0.0000125, Number.NaN]);
  expect(Array.from(facts.funding.slice(0, 3))).toEqual([0.0001 * 21, 0.0001 * 21, Number.NaN]);
  expect(Array.from(facts.crossing.slice(0, 3))).toEqual([0.02, Number.NaN, 0.02]); // one ETH of 99 USD does not hold 5,000 USD
  expect(Array.from(facts.takerFee.slice(0, 3))).toEqual([0.0005, 0.0005, Number.NaN]);
  expect(facts.settleGroup[0]).toBe(facts.settleGroup[2]);
  expect(Object.fromEntries(facts.byAsset)).toEqual({ BTC: [0, 2], ETH: [1] });
});

test("only rows that passed the gate and have an identity take part, perpetuals and spot apart", () => {
  const rows = [
    { ...row, refused: true },
    { ...row, assetId: null },
    { ...row, kind: "spot" as const },
    { ...row, assetId: "BTC~2" },
  ];
  const facts = rowFacts([marketVenue({ id: "gate", takerFeeRate: 0.0005, rows })], request);
  expect(facts.count).toBe(2);
  expect(Array.from(facts.row.slice(0, 2))).toEqual([2, 3]);
  expect(Object.fromEntries(facts.byAsset)).toEqual({ "BTC~2": [1] });
  expect(Object.fromEntries(facts.spotByAsset)).toEqual({ BTC: [0] });
});

test("spot pays no funding and has the venue's fee for spot", () => {
  const spot = { ...row, kind: "spot" as const, symbol: "BTC/USDT", fundingRatePerInterval: null, fundingIntervalHours: null };
  const facts = rowFacts([marketVenue({ id: "gate", takerFeeRate: 0.0005, spotFeeRate: 0.001, rows: [spot] })], request);
  expect([facts.ratePerHour[0], facts.funding[0], facts.takerFee[0], facts.crossing[0]]).toEqual([0, 0, 0.001, 0.02]);
});

test("prices compare within one quote and settle currency; a book without both prices has none", () => {
  const rows = [row, { ...row, settle: "USDC" }, { ...row, quote: "USD" }, { ...row, bid: null }, { ...row, ask: 0 }];
  const facts = rowFacts([marketVenue({ id: "gate", takerFeeRate: 0.0005, rows })], request);
  const currency = Array.from(facts.currency);
  expect(new Set(currency.slice(0, 3)).size).toBe(3);
  expect(currency[3]).toBe(currency[0]);
  expect(Array.from(facts.bid)).toEqual([99, 99, 99, Number.NaN, Number.NaN]);
  expect(Array.from(facts.ask)).toEqual([101, 101, 101, Number.NaN, Number.NaN]);
  // Half of (101 − 99) / 100 is left to pay.
  expect(facts.exitCrossing[0]).toBe(0.01);
});
