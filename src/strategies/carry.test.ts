import { expect, test } from "vitest";
import { marketVenue, type quoteWith } from "../../test/market.ts";
import { HOUR_MS } from "../domain/units.ts";
import { carryStrategy } from "./carry.ts";
import { strategies } from "./registry.ts";
import type { PriceRequest, SelectRequest } from "./strategy.ts";

const NOW = 1_789_147_120_443;
const book = { bid: 99.99, ask: 100.01, bidSizeBase: 80, askSizeBase: 80 };
const spot = { ...book, kind: "spot", symbol: "BTC/USDT" } as const;
const perpetual = (ratePerInterval: number | null, over: Partial<ReturnType<typeof quoteWith>> = {}) => ({
  ...book,
  fundingRatePerInterval: ratePerInterval,
  fundingIntervalHours: 4,
  nextFundingAtMs: NOW + 2 * HOUR_MS,
  openInterestUsd: 90_000_000,
  ...over,
});
const venue = (id: string, ...rows: Parameters<typeof marketVenue>[0]["rows"]) =>
  marketVenue({ id, takerFeeRate: 0.0005, spotFeeRate: 0.001, rows });
const settings = { referenceSizeUsd: 5_000, horizonHours: 168, collateralPerLeg: 1, openNet: 0.001, priceClosure: 0.5 };
const request: PriceRequest = {
  nowMs: NOW,
  settings,
  keyOf: ({ strategy, asset, long, short }) => [strategy, asset, long, short].join("|"),
  marksOf: () => [],
  depthOf: () => null,
};
const select = (market: ReturnType<typeof venue>[], over: Partial<SelectRequest> = {}) =>
  carryStrategy.select(market, { nowMs: NOW, settings, open: [], nearMissCount: 5, ...over });
const shown = (market: ReturnType<typeof venue>[], over: Partial<SelectRequest> = {}) =>
  select(market, over).pairs.map(
    ({ long, short, why }) => `${market[long.venue]?.columns.symbol[long.row]} ${market[short.venue]?.facts.id} ${why}`,
  );

test("spot is bought and the perpetual sold, on one venue or two: 42 settlements of 0.0002 less 0.003 and 0.0004", () => {
  // The spot book and the perpetual's are two places of one venue.
  const market = [venue("binance", perpetual(0.0002)), venue("binance", spot), venue("gate", perpetual(0.0002))];
  expect(shown(market)).toEqual(["BTC/USDT binance candidate", "BTC/USDT gate candidate"]);
  const priceOf = carryStrategy.pricer(market, request);
  const [same, other] = select(market).pairs.map(priceOf);
  expect(same?.key).toBe("carry|BTC|binance:BTC/USDT|binance:BTC/USDT:USDT");
  expect(other?.key).toBe("carry|BTC|binance:BTC/USDT|gate:BTC/USDT:USDT");
  expect(same).toMatchObject({ strategy: "carry", longRate: null });
  expect(same?.shortRate).toBeCloseTo(2 * 0.0002, 15); // 4 h to 8 h
  expect(same?.rateDifference).toBe(same?.shortRate);
  expect(same?.grossApr).toBeCloseTo((8760 * 0.0002) / 4, 12);
  expect(same?.ledger.net).toBeCloseTo(42 * 0.0002 - 2 * (0.001 + 0.0005) - 2 * (0.02 / 100), 12); // 0.005
});

test("spot is never sold short: negative funding is dropped, and each pair is considered once", () => {
  const market = [venue("binance", spot), venue("gate", perpetual(-0.001))];
  expect(select(market)).toMatchObject({ considered: 1, pairs: [], dropped: { "no-carry": 1 } });
  // Open, it is priced all the same, so that its end can be seen.
  const open = [
    {
      asset: "BTC",
      long: { quote: { venue: "binance", symbol: "BTC/USDT" } },
      short: { quote: { venue: "gate", symbol: "BTC/USDT:USDT" } },
    },
  ];
  expect(shown(market, { open })).toEqual(["BTC/USDT gate open"]);
});

test("two spot books, or two perpetuals, are no carry", () => {
  expect(select([venue("binance", spot), venue("bybit", spot)]).considered).toBe(0);
  expect(select([venue("binance", perpetual(0.001)), venue("gate", perpetual(0))]).considered).toBe(0);
});

test("spot in USDT or USDC stands against perpetuals of any dollar, of no other currency, and of its own coin only", () => {
  const against = (over: Partial<ReturnType<typeof quoteWith>>) => select([venue("binance", spot), venue("gate", perpetual(0.001, over))]);
  expect(["USD", "USDT", "USDC"].map((settle) => against({ settle }).pairs.length)).toEqual([1, 1, 1]);
  expect(against({ settle: "BTC" })).toMatchObject({ considered: 1, pairs: [], dropped: { "settle-mismatch": 1 } });
  expect(against({ asset: "ETH" }).considered).toBe(0);
  expect(against({ fundingRatePerInterval: null }).dropped).toEqual({ "no-rate": 1 });
});

test("a venue without a documented fee for spot leaves net unknown, and the perpetual's fee is not put in its place", () => {
  const market = [marketVenue({ id: "binance", takerFeeRate: 0.0005, rows: [spot] }), venue("gate", perpetual(0.0002))];
  const [pair] = select(market).pairs;
  const priced = pair === undefined ? null : carryStrategy.pricer(market, request)(pair);
  expect(priced?.ledger.fees).toBeNull();
  expect(priced?.ledger.reasons).toContain("Fees are not known: no documented taker fee for binance.");
});

test("the registry runs funding, carry and price, in this order", () => {
  expect(strategies.map(({ id, livesOnFunding }) => [id, livesOnFunding])).toEqual([
    ["funding", true],
    ["carry", true],
    ["price", false],
  ]);
});
