import { describe, expect, test } from "vitest";
import { fundingPair, NOW_MS } from "../../test/opportunities.ts";
import { buildLedger } from "./ledger.ts";
import { withOwnFees } from "./own-fees.ts";

const pair = fundingPair();
const rebuilt = (longFee: number, shortFee: number) =>
  buildLedger({
    long: { ...pair.long, takerFeeRate: longFee },
    short: { ...pair.short, takerFeeRate: shortFee },
    sizeUsd: 5_000,
    horizonHours: 168,
    nowMs: NOW_MS,
    collateralPerLeg: 1,
  });

describe("a pair at a person's own fees", () => {
  test("is what the ledger gives when built with them, but for capacity, which may be larger", () => {
    const own = withOwnFees(pair, { alpha: 0.0002, beta: 0.0003 }, NOW_MS);
    const { reasons, capacityUsd, ...expected } = rebuilt(0.0002, 0.0003);
    expect(own.ledger.fees).toBeCloseTo(2 * (0.0002 + 0.0003), 15);
    expect(own.ledger.net).toBe(expected.net);
    expect(own.ledger.stress).toEqual(expected.stress);
    expect(own.ledger.breakEven).toEqual(expected.breakEven);
    own.ledger.netByHours.forEach((line, place) => expect(line.net).toBeCloseTo(expected.netByHours[place]?.net ?? Number.NaN, 14));
    own.ledger.costBySize
      .slice(0, 3)
      .forEach((line, place) => expect(line.cost).toBeCloseTo(expected.costBySize[place]?.cost ?? Number.NaN, 14));
    expect(own.ledger.netAprOnCapital).toBeCloseTo(expected.netAprOnCapital ?? Number.NaN, 12);
    expect(own.ledger.capacityUsd).toBe(pair.ledger.capacityUsd);
    expect(own.ledger.capacityUsd ?? Number.NaN).toBeLessThanOrEqual(capacityUsd ?? Number.NaN);
    expect(own.ledger.reasons).toEqual([...reasons, "Capacity is that at the documented fees; at yours it may be larger."]);
    expect([own.long.takerFeeRate, own.short.takerFeeRate]).toEqual([0.0002, 0.0003]);
  });

  test("keeps the documented fee of a venue that the person does not name, and is untouched where none is named", () => {
    expect(withOwnFees(pair, { beta: 0.0001 }, NOW_MS).ledger.net).toBe(rebuilt(0.0005, 0.0001).net);
    expect(withOwnFees(pair, { gamma: 0, "alpha-spot": 0 }, NOW_MS)).toBe(pair);
  });

  test("at higher fees nets less, and says that its capacity is not known", () => {
    const own = withOwnFees(pair, { alpha: 0.002 }, NOW_MS);
    expect(own.ledger.net ?? Infinity).toBeLessThan(pair.ledger.net ?? Number.NaN);
    expect(own.ledger.capacityUsd).toBeNull();
  });

  test("a fee that no document names is filled by the person's own", () => {
    const unnamed = { ...pair, long: { ...pair.long, takerFeeRate: null }, ledger: { ...pair.ledger, fees: null, net: null } };
    expect(withOwnFees(unnamed, { alpha: 0.0005 }, NOW_MS).ledger.net).toBe(pair.ledger.net);
  });
});
