import { describe, expect, it } from "vitest";
import { dydx } from "../../src/venues/dydx.ts";
import { capture, capturesNote, haveCaptures } from "../captures.ts";
import { bySymbol, mustParse } from "./bodies.ts";

const NOW_MS = Date.UTC(2026, 10, 22, 12, 34);

const parse = (change: object) => {
  const market = { ticker: "BTC-USD", status: "ACTIVE", marketType: "CROSS", oraclePrice: "80000", ...change };
  return mustParse(dydx, { perpetualMarkets: { markets: { "BTC-USD": market } } }, NOW_MS);
};
const row = (change: object) => bySymbol(parse(change)).get("BTC-USD");

describe("what dYdX sends", () => {
  it.each([
    [{}, "trading"],
    [{ status: "INITIALIZING" }, "pre-market"],
    [{ status: "PAUSED" }, "halted"],
    [{ status: "CANCEL_ONLY" }, "halted"],
    [{ status: "POST_ONLY" }, "halted"],
    [{ marketType: "ISOLATED" }, "trading"],
  ])("%o is %s, of a class that is not known", (change, state) => {
    expect(row(change)).toMatchObject({ state, assetClass: null });
  });

  it.each([
    [{ status: "FINAL_SETTLEMENT" }, "delisted"],
    [{ status: "SOMETHING_NEW" }, "unknown-state"],
    [{ status: undefined }, "unknown-state"],
    [{ marketType: "SOMETHING_NEW" }, "unknown-contract-type"],
    [{ marketType: undefined }, "unknown-contract-type"],
    [{ stepSize: "0" }, "bad-field"],
  ])("%o is refused as %s", (change, reason) => {
    expect(parse(change).rejected).toMatchObject([{ symbol: "BTC-USD", reason }]);
  });

  it("a market that has ended carries the canonical symbol", () => {
    expect(parse({ status: "FINAL_SETTLEMENT" }).rejected).toMatchObject([{ canonical: "BTC/USD:USD" }]);
  });

  it("a hidden cap: 600 % of the difference of the margin fractions for 8 hours, an eighth of that for one", () => {
    // (0.05 − 0.03) · 6 / 8
    expect(row({ initialMarginFraction: "0.05", maintenanceMarginFraction: "0.03" })?.fundingCap).toBeCloseTo(0.015, 15);
    expect(row({ initialMarginFraction: "0.05" })?.fundingCap).toBeNull();
  });

  it("an exact zero stays a rate, an empty one is missing", () => {
    expect(row({ nextFundingRate: "0" })?.fundingRatePerInterval).toBe(0);
    expect(row({ nextFundingRate: "" })?.fundingRatePerInterval).toBeNull();
  });

  it("a list in place of the object by name is another shape", () => {
    expect(dydx.endpoints["perpetualMarkets"]?.read({ markets: [{ ticker: "BTC-USD" }] })).toMatchObject({
      ok: false,
      error: { kind: "bad-shape", path: "$.markets" },
    });
  });
});

describe.skipIf(!haveCaptures)(`figures of dYdX's recorded body, worked out by hand${capturesNote}`, () => {
  it("September 2026: rate for an hour, oracle as the index, open interest in coins; neither mark nor book", () => {
    const parsed = mustParse(dydx, { perpetualMarkets: capture("dydx/v4_perpetualMarkets_2026-09.json") }, NOW_MS);
    const nothing = { bid: null, ask: null, bidSizeBase: null, askSizeBase: null, quotedNotionalUsd: null, mark: null };
    expect(bySymbol(parsed).get("ETH-USD")).toEqual({
      venue: "dydx",
      symbol: "ETH/USD:USD",
      kind: "perpetual",
      asset: "ETH",
      quote: "USD",
      settle: "USD",
      multiplier: 1,
      ...nothing,
      index: 2577.379583, // oraclePrice
      fundingRatePerInterval: -0.00000022767857142857,
      fundingIntervalHours: 1,
      nextFundingAtMs: Date.UTC(2026, 10, 22, 13),
      volume24hUsd: 7656688.5006, // volume24H is USD
      openInterestUsd: 3976.853 * 2577.379583, // 3,976.853 ETH
      receivedAtMs: NOW_MS,
      state: "trading",
      // Trimmed from the recording: margin fractions and steps.
      fundingCap: null,
      fundingFloor: null,
      minOrderBase: null,
      lotBase: null,
      takerFeeRate: null,
      assetClass: null,
      eventAtMs: null,
      replyAtMs: null,
      lastSettledRatePerInterval: null,
    });
    expect(bySymbol(parsed).get("BTC-USD")).toMatchObject({ fundingRatePerInterval: 0, index: 77862.55687, ...nothing });
    expect(parsed.rejected.map(({ symbol, reason, canonical }) => [symbol, reason, canonical])).toEqual([
      ["MATIC-USD", "delisted", "MATIC/USD:USD"],
    ]);
  });
});
