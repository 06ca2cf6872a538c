import { describe, expect, test } from "vitest";
import { legWith } from "../../test/market.ts";
import { HOUR_MS, MINUTE_MS } from "../domain/units.ts";
import { depthOf } from "./book-walk.ts";
import { buildLedger } from "./ledger.ts";
import { crossingOrigin } from "./leg-crossing.ts";

const NOW = 1_789_147_120_443;
const perpetual = {
  fundingIntervalHours: 8,
  nextFundingAtMs: NOW + 4 * HOUR_MS,
  bid: 99.995,
  ask: 100.005,
  bidSizeBase: 20, // 1,999.9 USD: the reference size of 5,000 USD does not fit
  askSizeBase: 20,
  openInterestUsd: 50_000_000,
};
const long = legWith("long", { venue: "gate", ...perpetual, fundingRatePerInterval: 0.0001 });
const short = legWith("short", { venue: "bybit", ...perpetual, fundingRatePerInterval: 0.0003 });
/** Best level as in the quotes, then 30,000 USD at 100.105 and 99.895, then 200,000 USD at 101 and 99. */
const depth = () =>
  depthOf(
    {
      bids: [
        [99.995, 20],
        [99.895, 300],
        [99, 2_000],
      ],
      asks: [
        [100.005, 20],
        [100.105, 300],
        [101, 2_000],
      ],
      eventAtMs: null,
    },
    { sizesUsd: [], readAtMs: NOW - 3 * MINUTE_MS },
  );
const terms = { long, short, horizonHours: 168, nowMs: NOW, collateralPerLeg: 1 };

/** Crossing of one leg at a size by hand, level by level. */
function slowCrossing(usd: number): number {
  const coins = (levels: readonly (readonly [number, number])[]): number => {
    let [left, bought] = [usd, 0];
    for (const [price, size] of levels) {
      const take = Math.min(left, price * size);
      bought += take / price;
      left -= take;
    }
    return bought;
  };
  const asks = coins([
    [100.005, 20],
    [100.105, 300],
    [101, 2_000],
  ]);
  const bids = coins([
    [99.995, 20],
    [99.895, 300],
    [99, 2_000],
  ]);
  return (usd / asks - usd / bids) / 100;
}

describe("a ledger with order books", () => {
  const ledger = () => buildLedger({ ...terms, sizeUsd: 5_000, depths: { long: depth(), short: depth() } });

  test("walks both to the reference size, where the top of the book does not hold it", () => {
    expect(buildLedger({ ...terms, sizeUsd: 5_000 }).crossing).toBeNull();
    // Per leg: 2,000.1 USD at 100.005, 2,999.9 at 100.105; 1,999.9 at 99.995, 3,000.1 at 99.895.
    expect(ledger().crossing).toBeCloseTo(2 * slowCrossing(5_000), 12);
    expect(ledger().net).toBeCloseTo(21 * 0.0002 - 0.002 - 2 * slowCrossing(5_000), 12);
    expect(ledger()).toMatchObject({ crossingSource: "book", crossingAgeMs: 3 * MINUTE_MS });
  });

  test("gives the cost at all four sizes", () => {
    for (const { sizeUsd, cost } of ledger().costBySize) expect(cost).toBeCloseTo(0.002 + 2 * slowCrossing(sizeUsd), 12);
    expect(ledger().reasons).toEqual([]);
  });

  test("capacity is the size at which net reaches zero, as a slow search over slow crossings finds it", () => {
    const net = (usd: number): number => 0.0042 - 0.002 - 2 * slowCrossing(usd);
    let slow = 0;
    for (let step = 65_536; step >= 2 ** -20; step /= 2) while (net(slow + step) > 0) slow += step;
    expect(slow).toBeGreaterThan(3_000);
    expect(ledger().capacityUsd).not.toBeNull();
    expect(Math.abs((ledger().capacityUsd ?? 0) / slow - 1)).toBeLessThan(1e-9);
  });

  test("capacity is found too where only a size below the reference earns", () => {
    const thin = buildLedger({ ...terms, sizeUsd: 100_000, depths: { long: depth(), short: depth() } });
    expect(thin.net).toBeLessThan(0);
    expect(thin.capacityUsd).toBeCloseTo(ledger().capacityUsd ?? Number.NaN, 6);
  });

  test("says what the book holds where that is less than the size", () => {
    const beyond = buildLedger({ ...terms, sizeUsd: 1_000_000, depths: { long: depth(), short: depth() } });
    expect(beyond.crossing).toBeNull();
    expect(beyond).toMatchObject({ crossingSource: null, crossingAgeMs: null });
    expect(beyond.reasons[0]).toBe("Crossing is not known: gate holds 229,968 USD in the book that was read, less than 1,000,000 USD.");
  });

  test("takes one leg from its book and the other from the top of it, and says so", () => {
    const mixed = buildLedger({ ...terms, sizeUsd: 1_500, depths: { long: depth(), short: null } });
    expect(mixed.crossing).toBeCloseTo(0.0001 + 0.0001, 12);
    expect(mixed).toMatchObject({ crossingSource: "mixed", crossingAgeMs: 3 * MINUTE_MS });
    expect(buildLedger({ ...terms, sizeUsd: 1_500 })).toMatchObject({ crossingSource: "top", crossingAgeMs: null });
  });
});

test("the age is that of the older book, and never below zero", () => {
  expect(crossingOrigin([depth(), { ...depth(), readAtMs: NOW }], NOW).crossingAgeMs).toBe(3 * MINUTE_MS);
  expect(crossingOrigin([{ ...depth(), readAtMs: NOW + 500 }], NOW).crossingAgeMs).toBe(0);
});
