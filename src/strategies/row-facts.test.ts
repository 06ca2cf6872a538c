import { expect, test } from "vitest";
import { marketVenue } from "../../test/market.ts";
import { HOUR_MS } from "../domain/units.ts";
import { rowFacts } from "./row-facts.ts";

const NOW = 1_789_147_120_443;
const request = {
  nowMs: NOW,
  settings: { referenceSizeUsd: 5_000, horizonHours: 168, openNet: 0.001 },
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

test("only perpetuals that passed the gate and have an identity take part", () => {
  const rows = [
    { ...row, refused: true },
    { ...row, assetId: null },
    { ...row, kind: "spot" as const },
    { ...row, assetId: "BTC~2" },
  ];
  const facts = rowFacts([marketVenue({ id: "gate", takerFeeRate: 0.0005, rows })], request);
  expect(facts.count).toBe(1);
  expect(facts.row[0]).toBe(3);
  expect([...facts.byAsset.keys()]).toEqual(["BTC~2"]);
});
