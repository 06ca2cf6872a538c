import { describe, expect, test } from "vitest";
import { marketVenue } from "../../test/market.ts";
import { HOUR_MS } from "../domain/units.ts";
import { crossingAt } from "../economics/crossing.ts";
import { fundingOver, ratePerHour } from "../economics/funding.ts";
import { exitCrossing } from "../economics/price-gain.ts";
import { LACKS_FUNDING, LACKS_PRICE, rowFacts } from "./row-facts.ts";

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

test("an instrument's own fee stands before that of its market, for spot and perpetuals, a fee of 0 too", () => {
  const own = [0.002, 0, null].map((takerFeeRate) => ({ ...row, takerFeeRate }));
  const spot = own.map((each) => ({ ...each, kind: "spot" as const }));
  const facts = rowFacts([marketVenue({ id: "kucoin", takerFeeRate: 0.0005, spotFeeRate: 0.001, rows: [...own, ...spot] })], request);
  expect(Array.from(facts.takerFee.slice(0, 6))).toEqual([0.002, 0, 0.0005, 0.002, 0, 0.001]);
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

describe("a row's figures are those of the economics, to the bit", () => {
  const orNaN = (value: number | null): number => value ?? Number.NaN;
  const factsOf = (
    over: Partial<typeof row> | Record<string, number | null>,
    accrual: "settled" | "continuous" = "settled",
    horizonHours = 168,
  ) =>
    rowFacts([marketVenue({ id: "gate", takerFeeRate: 0.0005, accrual, rows: [{ ...row, ...over }] })], {
      ...request,
      settings: { ...request.settings, horizonHours },
    });

  test.each<[string, Record<string, number | null>]>([
    ["that hold the size", {}],
    ["that hold exactly the size at the bid", { bid: 100, bidSizeBase: 50 }],
    ["that hold a little less at the ask", { ask: 101, askSizeBase: 49.5 }],
    ["without a size on one side, and a documented notional", { bidSizeBase: null, quotedNotionalUsd: 5_000 }],
    ["without a size on the other, and none documented", { askSizeBase: null }],
    ["with a documented notional under the size", { bidSizeBase: null, askSizeBase: null, quotedNotionalUsd: 4_999 }],
    ["of which bid and ask are one", { bid: 101 }],
    ["that are crossed", { bid: 102 }],
    ["without a bid", { bid: null }],
    ["with a bid of zero", { bid: 0, bidSizeBase: null, quotedNotionalUsd: 9_000 }],
    ["with an ask of zero", { ask: 0, askSizeBase: null, quotedNotionalUsd: 9_000 }],
  ])("books %s", (_, over) => {
    const facts = factsOf(over);
    const quote = { quotedNotionalUsd: null, ...row, ...over };
    const crossing = crossingAt(quote, 5_000);
    expect([facts.crossing[0], facts.exitCrossing[0]]).toEqual([orNaN(crossing), orNaN(exitCrossing(quote, crossing))]);
    const isQuoted = orNaN(quote.bid) > 0 && orNaN(quote.ask) > 0;
    expect((facts.lacks[0] ?? 0) & LACKS_PRICE).toBe(isQuoted ? 0 : LACKS_PRICE);
  });

  test.each<[string, Record<string, number | null>, number?]>([
    ["as sent", {}],
    ["at this very moment", { nextFundingAtMs: NOW }],
    ["in the past", { nextFundingAtMs: NOW - 1 }],
    ["not sent", { nextFundingAtMs: null }],
    ["after the horizon, with a rate below zero", { nextFundingAtMs: NOW + 5 * HOUR_MS, fundingRatePerInterval: -0.0001 }, 4],
    ["at the end of the horizon", { nextFundingAtMs: NOW + 4 * HOUR_MS }, 4],
    ["after the horizon, of a rate not sent", { nextFundingAtMs: NOW + 5 * HOUR_MS, fundingRatePerInterval: null }, 4],
    ["with an interval of zero", { fundingIntervalHours: 0 }],
    ["with an interval below zero", { fundingIntervalHours: -8 }],
    ["with no interval", { fundingIntervalHours: null }],
    ["with an hourly interval", { fundingIntervalHours: 1, fundingRatePerInterval: -0.00003 }],
  ])("settlements %s", (_, over, horizonHours = 168) => {
    const quote = { ...row, ...over };
    for (const accrual of ["settled", "continuous"] as const) {
      const facts = factsOf(over, accrual, horizonHours);
      const terms = {
        ratePerInterval: quote.fundingRatePerInterval,
        intervalHours: quote.fundingIntervalHours,
        nextAtMs: quote.nextFundingAtMs,
        accrual,
      };
      const [perHour, funding] = [ratePerHour(terms), fundingOver(terms, { nowMs: NOW, horizonHours })];
      expect([facts.ratePerHour[0], facts.funding[0]]).toEqual([orNaN(perHour), orNaN(funding)]);
      expect((facts.lacks[0] ?? 0) & LACKS_FUNDING).toBe(perHour === null || funding === null ? LACKS_FUNDING : 0);
    }
  });
});

test("currencies that are no dollars settle apart from dollars and from each other, and alike each time they come", () => {
  const rows = ["USDT", "BTC", "ETH", "BTC", "USD", "USDC"].map((settle) => ({ ...row, settle }));
  const { settleGroup } = rowFacts([marketVenue({ id: "gate", takerFeeRate: 0.0005, rows })], request);
  const [usdt, btc, eth, again, usd, usdc] = settleGroup;
  expect([again, usd, usdc]).toEqual([btc, usdt, usdt]);
  expect(new Set([usdt, btc, eth]).size).toBe(3);
});
