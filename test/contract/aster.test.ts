import { describe, expect, it } from "vitest";
import { aster } from "../../src/venues/aster.ts";
import { capture, capturesNote, haveCaptures } from "../captures.ts";
import { bySymbol, mustParse, parseBodies } from "./bodies.ts";

const NOW_MS = Date.UTC(2026, 10, 22);

const CONTRACT = {
  symbol: "BTCUSDT",
  baseAsset: "BTC",
  quoteAsset: "USDT",
  marginAsset: "USDT",
  contractType: "PERPETUAL",
  status: "TRADING",
  deliveryDate: 4_133_404_800_000,
  underlyingType: "COIN",
};

describe("states and classes of Aster", () => {
  const asterRow = (change: object) => {
    const known = { ...CONTRACT, underlyingSubType: ["Top"], ...change };
    return mustParse(aster, { premiumIndex: [{ symbol: "BTCUSDT" }], exchangeInfo: { symbols: [known] } }, NOW_MS);
  };

  it.each([
    [{}, "trading", "crypto"],
    [{ underlyingSubType: [] }, "trading", null],
    [{ underlyingSubType: null }, "trading", null],
    [{ underlyingSubType: ["Meme"] }, "trading", null],
    [{ underlyingSubType: ["AI", "STOCK"] }, "trading", "equity"],
    [{ underlyingSubType: ["Commodities"] }, "trading", "commodity"],
    [{ underlyingSubType: ["pre-launch", "STOCK"] }, "pre-market", null],
    [{ underlyingType: "SOMETHING_NEW" }, "trading", "other"],
    [{ status: "PENDING_TRADING" }, "pre-market", "crypto"],
    [{ status: "PRE_SETTLE" }, "delisting", "crypto"],
    [{ status: "SETTLING" }, "delisting", "crypto"],
    [{ deliveryDate: 1_795_435_200_000 }, "delisting", "crypto"],
    [{ symbol: "ETHUSDT", baseAsset: "ETH" }, null, null],
  ])("aster %o", (change, state, assetClass) => {
    const { columns } = asterRow(change);
    expect([columns.state[0], columns.assetClass[0]]).toEqual([state, assetClass]);
  });

  it.each([
    [{ status: "CLOSE" }, "delisted"],
    [{ status: "TRADING_HALT" }, "unknown-state"],
    [{ contractType: "TRADIFI_PERPETUAL" }, "unknown-contract-type"],
    [{ contractType: "CURRENT_QUARTER" }, "unknown-contract-type"],
    [{ marginAsset: "USDF" }, "not-linear"],
    [{ underlyingSubType: "STOCK" }, "bad-field"],
  ])("aster %o is refused as %s", (change, reason) => {
    expect(asterRow(change).rejected).toMatchObject([{ symbol: "BTCUSDT", reason }]);
  });
});

describe("what Aster's metadata says of a row", () => {
  const interval = (fundingInfo: unknown) => {
    const parsed = parseBodies(aster, { premiumIndex: [{ symbol: "BTCUSDT" }], fundingInfo }, NOW_MS);
    return parsed.ok ? (bySymbol(parsed.value).get("BTCUSDT") ?? parsed.value.rejected[0]?.reason) : parsed.error.kind;
  };

  it("a symbol that fundingInfo lacks has no interval: the list is of all symbols", () => {
    expect(interval([{ symbol: "ETHUSDT", fundingIntervalHours: 4 }])).toMatchObject({ fundingIntervalHours: null, fundingCap: null });
    expect(interval([{ symbol: "BTCUSDT", fundingIntervalHours: 0 }])).toBe("bad-field");
  });

  it("cap and floor are its own fields, JSON numbers or null", () => {
    const row = { symbol: "BTCUSDT", fundingIntervalHours: 4 };
    expect(interval([{ ...row, fundingFeeCap: 0.02, fundingFeeFloor: -0.03 }])).toMatchObject({
      fundingIntervalHours: 4,
      fundingCap: 0.02,
      fundingFloor: -0.03,
    });
    expect(interval([{ ...row, fundingFeeCap: null, fundingFeeFloor: null }])).toMatchObject({ fundingCap: null, fundingFloor: null });
    expect(interval([{ ...row, adjustedFundingRateCap: "0.03" }])).toMatchObject({ fundingCap: null });
  });

  it("a row of premiumIndex alone, as contracts that have gone leave, has no state and is refused by the gate", () => {
    const bodies = {
      premiumIndex: [{ symbol: "MKRUSDT", markPrice: "1610", indexPrice: "1610", lastFundingRate: "0" }],
      exchangeInfo: { symbols: [CONTRACT] },
    };
    expect(bySymbol(mustParse(aster, bodies, NOW_MS)).get("MKRUSDT")).toMatchObject({ state: null, assetClass: null });
  });
});

describe.skipIf(!haveCaptures)(`figures of Aster's recorded bodies, worked out by hand${capturesNote}`, () => {
  it("2026-09-11: rate, next time, mark, index; the rows in USD are refused", () => {
    const bodies = { premiumIndex: capture("aster/fapi_premiumIndex_2026-09-11.json") };
    const parsed = mustParse(aster, bodies, 1_789_147_685_500);
    expect(bySymbol(parsed).get("BTCUSDT")).toEqual({
      venue: "aster",
      takerFeeRate: null,
      symbol: "BTC/USDT:USDT",
      kind: "perpetual",
      asset: "BTC",
      quote: "USDT",
      settle: "USDT",
      multiplier: 1,
      mark: 77852.06061232, // "77852.06061232"
      index: 77866.89217391, // "77866.89217391"
      fundingRatePerInterval: 0.00003274, // "0.00003274"
      nextFundingAtMs: Date.UTC(2026, 8, 12), // 1789171200000
      eventAtMs: 1_789_147_685_000,
      receivedAtMs: 1_789_147_685_500,
      // No other body of that day was recorded: no interval, book, volume, state.
      fundingIntervalHours: null,
      fundingCap: null,
      fundingFloor: null,
      bid: null,
      ask: null,
      bidSizeBase: null,
      askSizeBase: null,
      quotedNotionalUsd: null,
      volume24hUsd: null,
      openInterestUsd: null,
      lastSettledRatePerInterval: null,
      replyAtMs: null,
      minOrderBase: null,
      lotBase: null,
      assetClass: null,
      state: null,
    });
    // 15:00 … 18:00: this one settles each hour or every two, ETH and BTC at midnight.
    expect(bySymbol(parsed).get("SUSHIUSDT")).toMatchObject({
      fundingRatePerInterval: -0.00000112,
      nextFundingAtMs: Date.UTC(2026, 8, 11, 18),
    });
    expect(parsed.rejected.map(({ symbol, reason }) => [symbol, reason])).toEqual([
      ["GNSUSD", "unsupported-settle"],
      ["BTCUSD", "unsupported-settle"],
    ]);
  });

  it("fundingInfo as printed: intervals of 8 and 4 hours, caps as numbers", () => {
    const bodies = {
      premiumIndex: ["INJUSDT", "ZORAUSDT"].map((symbol) => ({ symbol })),
      fundingInfo: capture("aster/sample_GetFundingInfo.json"),
    };
    const rows = bySymbol(mustParse(aster, bodies, NOW_MS));
    expect(rows.get("INJUSDT")).toMatchObject({ fundingIntervalHours: 8, fundingCap: 0.03, fundingFloor: -0.03 });
    expect(rows.get("ZORAUSDT")).toMatchObject({ fundingIntervalHours: 4, fundingCap: 0.02, fundingFloor: -0.02 });
  });
});
