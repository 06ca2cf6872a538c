import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MINUTE_MS } from "../domain/units.ts";
import type { MarketColumns } from "../storage/market-columns.ts";
import type { Watch } from "../storage/watches.ts";
import { marketOf, type MarketRow } from "../../test/market-columns.ts";
import { watchHits } from "./watches.ts";

const NOW_MS = Date.UTC(2026, 8, 11, 12);
const watching = (fields: Partial<Watch> = {}): Watch => ({
  telegramId: 7,
  asset: "BTC",
  venue: "alpha",
  ratePer8h: 0.0005,
  direction: "above",
  armed: true,
  ...fields,
});
/** A market in which the coin pays this per 8 h. */
const paying = (per8h: number, fields: Partial<MarketRow> = {}): MarketColumns =>
  marketOf([{ venue: "alpha", asset: "BTC", rate: per8h / 2, hours: 4, receivedAtMs: NOW_MS, ...fields }]);
/** Whether a watch fires and is armed after each of some rates. */
function follow(watch: Watch, rates: readonly number[]): readonly (readonly [boolean, boolean])[] {
  let current = watch;
  return rates.map((rate) => {
    const { fired, changed } = watchHits([current], paying(rate), NOW_MS);
    current = changed[0] ?? current;
    return [fired.length > 0, current.armed] as const;
  });
}

describe("watches", () => {
  it("fire once when the value is passed, and again only after the rate came back by a tenth of it", () => {
    expect(follow(watching(), [0.0004, 0.0006, 0.0007, 0.00048, 0.0006, 0.00045, 0.0006])).toEqual([
      [false, true],
      [true, false],
      [false, false],
      [false, false],
      [false, false],
      [false, true],
      [true, false],
    ]);
  });

  it("work downwards, below zero too", () => {
    const watch = watching({ direction: "below", ratePer8h: -0.0002 });
    expect(follow(watch, [-0.0001, -0.0003, -0.00019, -0.0003, -0.00018, -0.0003]).map(([fired]) => fired)).toEqual([
      false,
      true,
      false,
      false,
      false,
      true,
    ]);
  });

  it("at zero are armed again on the other side", () => {
    expect(follow(watching({ ratePer8h: 0 }), [0.0001, 0, 0.0001, -0.0001, 0.0001]).map(([fired]) => fired)).toEqual([
      true,
      false,
      false,
      false,
      true,
    ]);
  });

  it("tell the rate per 8 h and when it was read", () => {
    const { fired } = watchHits([watching()], paying(0.0006), NOW_MS);
    expect(fired).toEqual([{ watch: watching(), ratePer8h: expect.closeTo(0.0006, 12), readAtMs: NOW_MS }]);
  });

  it("look at the perpetual that trades most, never at spot or another coin", () => {
    const market = marketOf([
      { venue: "alpha", asset: "BTC", rate: 0.01, hours: 8, volume24hUsd: 1 },
      { venue: "alpha", asset: "BTC", rate: 0.0001, hours: 8, volume24hUsd: 2, symbol: "BTC/USDC:USDC" },
      { venue: "alpha", asset: "BTC", kind: "spot", rate: 0.02, hours: 8, volume24hUsd: 3, symbol: "BTC/USDT" },
      { venue: "alpha", asset: "BTC~2", rate: 0.02, hours: 8, volume24hUsd: 4, symbol: "BTC2/USDT:USDT" },
      { venue: "beta", asset: "BTC", rate: 0.02, hours: 8, volume24hUsd: 5 },
    ]);
    expect(watchHits([watching()], market, NOW_MS).fired).toEqual([]);
  });

  it("change nothing where the venue does not show the coin, or what it showed is old", () => {
    expect(watchHits([watching({ asset: "ETH" })], paying(0.0006), NOW_MS)).toEqual({ fired: [], changed: [] });
    expect(watchHits([watching()], paying(0.0006, { rate: null }), NOW_MS)).toEqual({ fired: [], changed: [] });
    expect(watchHits([watching()], paying(0.0006), NOW_MS + 11 * MINUTE_MS)).toEqual({ fired: [], changed: [] });
  });

  it("never fire twice without having been armed between", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -0.001, max: 0.001, noNaN: true }),
        fc.constantFrom("above" as const, "below" as const),
        fc.array(fc.double({ min: -0.002, max: 0.002, noNaN: true }), { maxLength: 40 }),
        (ratePer8h, direction, rates) => {
          const steps = follow(watching({ ratePer8h, direction }), rates);
          let armed = true;
          for (const [fired, after] of steps) {
            if (fired) expect(armed).toBe(true);
            if (fired) expect(after).toBe(false);
            armed = after;
          }
        },
      ),
    );
  });
});
