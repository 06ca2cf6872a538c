import { expect, test } from "vitest";
import { marketVenue, type VenueSpec } from "../../test/market.ts";
import { HOUR_MS } from "../domain/units.ts";
import { fundingStrategy } from "./funding.ts";
import { priceStrategy } from "./price.ts";
import type { PriceRequest, SelectRequest } from "./strategy.ts";

const NOW = 1_789_147_120_443;
type Row = VenueSpec["rows"][number];
const at = (bid: number | null, ask: number | null, over: Row = {}): Row => ({
  bid,
  ask,
  bidSizeBase: 100,
  askSizeBase: 100,
  fundingRatePerInterval: 0.0001,
  fundingIntervalHours: 8,
  nextFundingAtMs: NOW + HOUR_MS,
  ...over,
});
const venue = (id: string, ...rows: Row[]) => marketVenue({ id, takerFeeRate: 0.0005, rows });
const settings = { referenceSizeUsd: 5_000, horizonHours: 168, collateralPerLeg: 1, openNet: 0.001, priceClosure: 0.5 };
const request: PriceRequest = {
  nowMs: NOW,
  settings,
  keyOf: ({ strategy, asset, long, short }) => [strategy, asset, long, short].join("|"),
  marksOf: () => [],
  depthOf: () => null,
};
const select = (market: ReturnType<typeof venue>[], over: Partial<SelectRequest> = {}) =>
  priceStrategy.select(market, { nowMs: NOW, settings, open: [], nearMissCount: 5, ...over });
const shown = (market: ReturnType<typeof venue>[], over: Partial<SelectRequest> = {}) =>
  select(market, over).pairs.map(({ long, short, why }) => `${market[long.venue]?.facts.id} ${market[short.venue]?.facts.id} ${why}`);
const CHEAP = at(99.99, 100.01);
const DEAR = at(101.99, 102.01);

test("the cheap book is bought at its ask and the dear one sold at its bid", () => {
  const market = [venue("gate", DEAR), venue("bybit", CHEAP)];
  expect(shown(market)).toEqual(["bybit gate candidate"]);
  const [pair] = select(market).pairs;
  const priced = pair === undefined ? null : priceStrategy.pricer(market, request)(pair);
  expect(priced).toMatchObject({ strategy: "price", longRate: 100.01, shortRate: 101.99 });
  expect(priced?.key).toBe("price|BTC|bybit:BTC/USDT:USDT|gate:BTC/USDT:USDT");
  expect(priced?.rateDifference).toBeCloseTo(1.98 / 100.01, 15);
  const gain = (0.5 * 1.98) / 101; // 0.0098
  expect(priced?.ledger.net).toBeCloseTo(gain - 0.002 - 0.01 / 100 - 0.01 / 102, 12); // equal funding: 0.0076
  expect(priced?.grossApr).toBeCloseTo((gain * 8760) / 168, 12);
  expect(pair?.gross).toBeCloseTo(gain, 15);
  expect(priced?.ledger.reasons[0]).toBe("Assumes that 50 % of the price gap closes within 168 hours.");
});

test("the assumed closure is a setting", () => {
  const market = [venue("gate", at(100.5, 100.52)), venue("bybit", CHEAP)];
  const withClosure = (priceClosure: number) => shown(market, { settings: { ...settings, priceClosure } });
  // A gap of 0.0049: half of it pays 0.0024 − 0.001 − 0.0002, over the bar at half the fees; a quarter of it does not.
  expect(withClosure(0.5)).toEqual(["bybit gate candidate"]);
  expect(withClosure(0.25)).toEqual(["bybit gate near-miss"]);
});

test("is chosen by gain, funding, half the fees and the half-spreads of the exit", () => {
  const market = [venue("gate", { ...DEAR, fundingRatePerInterval: 0.0002 }), venue("bybit", CHEAP)];
  const atHalfFees = (0.5 * 1.98) / 101 + 21 * 0.0001 - 0.001 - 0.01 / 100 - 0.01 / 102;
  const barAt = (openNet: number) => shown(market, { settings: { ...settings, openNet } });
  expect(barAt(atHalfFees - 1e-9)).toEqual(["bybit gate candidate"]);
  expect(barAt(atHalfFees + 1e-9)).toEqual(["bybit gate near-miss"]);
});

test("books that overlap have no gap; open, the pair is priced all the same", () => {
  const market = [venue("gate", at(100, 100.03)), venue("bybit", CHEAP)];
  expect(select(market)).toMatchObject({ considered: 2, pairs: [], dropped: { "no-gap": 2 } });
  const leg = (id: string) => ({ quote: { venue: id, symbol: "BTC/USDT:USDT" } });
  expect(shown(market, { open: [{ asset: "BTC", long: leg("bybit"), short: leg("gate") }] })).toEqual(["bybit gate open"]);
});

test("prices of different currencies do not compare, dollars among themselves included", () => {
  const against = (over: Row) => select([venue("gate", { ...DEAR, ...over }), venue("bybit", CHEAP)]);
  for (const over of [{ settle: "USDC", quote: "USDC" }, { settle: "USD" }, { quote: "USD" }])
    expect(against(over)).toMatchObject({ considered: 2, pairs: [], dropped: { "quote-mismatch": 2 } });
});

test("a leg without both prices, and one without a schedule, are named", () => {
  expect(select([venue("gate", at(102, null)), venue("bybit", CHEAP)]).dropped).toEqual({ "no-price": 2 });
  expect(select([venue("gate", at(0, 102)), venue("bybit", CHEAP)]).dropped).toEqual({ "no-price": 2 });
  expect(select([venue("gate", { ...DEAR, nextFundingAtMs: null }), venue("bybit", CHEAP)]).dropped).toEqual({ "no-rate": 2 });
});

test("spot takes no part", () => {
  expect(select([venue("gate", { ...DEAR, kind: "spot" }), venue("bybit", CHEAP)]).considered).toBe(0);
});

test("funding and price of one pair stay two things, each with its own key", () => {
  const market = [venue("gate", { ...DEAR, fundingRatePerInterval: 0.0009 }), venue("bybit", CHEAP)];
  const keys = [fundingStrategy, priceStrategy].flatMap((strategy) =>
    strategy
      .select(market, { nowMs: NOW, settings, open: [], nearMissCount: 0 })
      .pairs.map(strategy.pricer(market, request))
      .map(({ key }) => key),
  );
  expect(keys).toEqual(["funding|BTC|bybit:BTC/USDT:USDT|gate:BTC/USDT:USDT", "price|BTC|bybit:BTC/USDT:USDT|gate:BTC/USDT:USDT"]);
});
