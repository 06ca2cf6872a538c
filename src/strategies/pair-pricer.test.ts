import { describe, expect, test } from "vitest";
import { marketVenue, type VenueSpec } from "../../test/market.ts";
import { HOUR_MS } from "../domain/units.ts";
import { strategies } from "./registry.ts";
import type { DirectedPair, PriceRequest } from "./strategy.ts";

const NOW = 1_789_147_120_443;
type Row = VenueSpec["rows"][number];
const perpetual: Row = {
  fundingRatePerInterval: 0.0001,
  fundingIntervalHours: 8,
  nextFundingAtMs: NOW + HOUR_MS,
  bid: 99.99,
  ask: 100.01,
  bidSizeBase: 100,
  askSizeBase: 100,
};
const venue = (id: string, row: Row) => marketVenue({ id, takerFeeRate: 0.0005, spotFeeRate: 0.001, rows: [row] });
const settings = { referenceSizeUsd: 5_000, horizonHours: 168, collateralPerLeg: 1, openNet: 0.001, priceClosure: 0.5 };
const request: PriceRequest = {
  nowMs: NOW,
  settings,
  keyOf: ({ strategy, long, short }) => `${strategy} ${long} ${short}`,
  marksOf: () => [],
  depthOf: () => null,
};
const pair: DirectedPair = { asset: "BTC", long: { venue: 0, row: 0 }, short: { venue: 1, row: 0 }, why: "candidate", gross: 0 };
const strategyOf = (id: string) => {
  const found = strategies.find((strategy) => strategy.id === id);
  if (found === undefined) throw new Error(`no strategy ${id}`);
  return found;
};

test("the strategies are funding, carry and price, of which the first two live on funding", () => {
  expect(strategies.map(({ id, livesOnFunding }) => [id, livesOnFunding])).toEqual([
    ["funding", true],
    ["carry", true],
    ["price", false],
  ]);
});

describe("a pair that selection would have dropped is a bug and never priced", () => {
  test.each<[string, Row, Row, string]>([
    ["funding", { ...perpetual, fundingRatePerInterval: null }, perpetual, "no rate: gate:BTC/USDT:USDT, bybit:BTC/USDT:USDT"],
    ["funding", perpetual, { ...perpetual, fundingIntervalHours: null }, "no rate: gate:BTC/USDT:USDT, bybit:BTC/USDT:USDT"],
    ["carry", { ...perpetual, kind: "spot" }, { ...perpetual, fundingRatePerInterval: null }, "no rate: bybit:BTC/USDT:USDT"],
    ["price", { ...perpetual, ask: null }, perpetual, "no price: gate:BTC/USDT:USDT, bybit:BTC/USDT:USDT"],
    ["price", perpetual, { ...perpetual, bid: null }, "no price: gate:BTC/USDT:USDT, bybit:BTC/USDT:USDT"],
    ["price", { ...perpetual, bid: null }, perpetual, "no price: gate:BTC/USDT:USDT, bybit:BTC/USDT:USDT"],
  ])("%s", (id, long, short, message) => {
    const price = strategyOf(id).pricer([venue("gate", long), venue("bybit", short)], request);
    expect(() => price(pair)).toThrow(message);
  });

  test("nor one of a venue that is not in the market", () => {
    const price = strategyOf("funding").pricer([venue("gate", perpetual)], request);
    expect(() => price(pair)).toThrow("venue 1 of 1");
  });
});

test("each leg has its side, its own row, the marks of its row and the fee of its kind", () => {
  const market = [venue("gate", { ...perpetual, kind: "spot" }), venue("bybit", perpetual)];
  const marksOf: PriceRequest["marksOf"] = (ref) => (ref.venue === 0 ? ["low-volume", "frozen"] : ["zero-rate"]);
  const priced = strategyOf("carry").pricer(market, { ...request, marksOf })(pair);
  expect(priced).toMatchObject({
    asset: "BTC",
    long: {
      side: "long",
      takerFeeRate: 0.001,
      takerFeeSource: "test, read 2026-11-22",
      accrual: "settled",
      quote: { venue: "gate", kind: "spot" },
    },
    short: { side: "short", takerFeeRate: 0.0005, accrual: "settled", quote: { venue: "bybit", kind: "perpetual" } },
    marks: ["long:low-volume", "long:frozen", "short:zero-rate"],
    identity: null,
  });
});

test("an instrument that costs another fee than its market has its own", () => {
  const market = [venue("gate", { ...perpetual, kind: "spot", takerFeeRate: 0.003 }), venue("bybit", perpetual)];
  const priced = strategyOf("carry").pricer(market, request)(pair);
  expect(priced).toMatchObject({ long: { takerFeeRate: 0.003 }, short: { takerFeeRate: 0.0005 }, ledger: { fees: 0.007 } });
});

test("a fee that no document names is not known; a row in many pairs becomes one object", () => {
  const market = [marketVenue({ id: "gate", takerFeeRate: null, rows: [perpetual, perpetual] }), venue("bybit", perpetual)];
  const price = strategyOf("funding").pricer(market, request);
  const [one, other, second] = [price(pair), price(pair), price({ ...pair, long: { venue: 0, row: 1 } })];
  expect(one.long.takerFeeRate).toBeNull();
  expect(other.long.quote).toBe(one.long.quote);
  expect(second.short.quote).toBe(one.short.quote);
  expect(second.long.quote).not.toBe(one.long.quote);
});

test("each leg is priced from its own book where that was read", () => {
  const book = (half: number, readAtMs: number) => ({
    mid: 100,
    bids: { usd: [(100 - half) * 1_000], base: [1_000] },
    asks: { usd: [(100 + half) * 1_000], base: [1_000] },
    readAtMs,
  });
  const market = [venue("gate", perpetual), venue("bybit", perpetual)];
  const ledgerWith = (depthOf: PriceRequest["depthOf"]) => strategyOf("funding").pricer(market, { ...request, depthOf })(pair).ledger;
  expect(ledgerWith((ref) => (ref.venue === 0 ? book(1, NOW - 5_000) : null))).toMatchObject({
    crossing: expect.closeTo(0.02 + 0.0002, 12),
    crossingSource: "mixed",
    crossingAgeMs: 5_000,
  });
  expect(ledgerWith((ref) => book(ref.venue === 0 ? 1 : 2, NOW))).toMatchObject({
    crossing: expect.closeTo(0.02 + 0.04, 12),
    crossingSource: "book",
  });
});

test("a leg says where its fee comes from: documents, the account, or the venue for this very instrument", () => {
  const priced = (source: string, row: Row) => {
    const [gate, bybit] = [venue("gate", row), venue("bybit", perpetual)];
    const fee = { rate: 0.0004, source, readOn: "2026-11-30" };
    const own = { ...gate, facts: { ...gate.facts, takerFee: { perpetual: fee, spot: null } } };
    return strategyOf("funding").pricer([own, bybit], request)(pair).long;
  };
  expect(priced("https://venue.example/fees", perpetual)).toMatchObject({
    takerFeeRate: 0.0004,
    takerFeeSource: "documented fee, read 2026-11-30",
  });
  expect(priced("your account's fee", perpetual)).toMatchObject({ takerFeeSource: "your account's fee, read 2026-11-30" });
  expect(priced("x", { ...perpetual, takerFeeRate: 0.002 })).toMatchObject({
    takerFeeRate: 0.002,
    takerFeeSource: "sent for this instrument",
  });
});
