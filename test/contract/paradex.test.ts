import { describe, expect, it } from "vitest";
import { paradex } from "../../src/venues/paradex.ts";
import { capture, capturesNote, haveCaptures } from "../captures.ts";
import { bySymbol, mustParse } from "./bodies.ts";

const NOW_MS = Date.UTC(2026, 10, 22, 12, 34);

const MARKET = { symbol: "BTC-USD-PERP", asset_kind: "PERP", quote_currency: "USD", settlement_currency: "USDC", open_at: 1, expiry_at: 0 };
const parse = (change: object | null) =>
  mustParse(
    paradex,
    {
      summary: { results: [{ symbol: "BTC-USD-PERP", mark_price: "80000", funding_rate: "0.0001" }] },
      ...(change === null ? {} : { markets: { results: [{ ...MARKET, ...change }] } }),
    },
    NOW_MS,
  );

describe("what Paradex's markets say of a row", () => {
  it("the period that the rate is for; there is no next time, as it accrues by the second", () => {
    const row = (change: object | null) => bySymbol(parse(change)).get("BTC-USD-PERP");
    expect(row({ funding_period_hours: 8 })).toMatchObject({
      fundingIntervalHours: 8,
      nextFundingAtMs: null,
      fundingRatePerInterval: 0.0001,
    });
    expect(row({ funding_period_hours: 24 })).toMatchObject({ fundingIntervalHours: 24 });
    expect(row({})).toMatchObject({ fundingIntervalHours: null });
    expect(row(null)).toMatchObject({ fundingIntervalHours: null, state: null });
    expect(paradex.facts.accrual).toBe("continuous");
  });

  it("the taker fee of the API where it is not the documented one, never that of the website", () => {
    const taker = (fee: string) => ({ taker_fee: { fee, fee_cap: "0.5", fee_floor: "-0.5" } });
    const feeOf = (fee_config?: unknown) => bySymbol(parse({ fee_config })).get("BTC-USD-PERP")?.takerFeeRate;
    expect(feeOf({ api_fee: taker("0.0003"), interactive_fee: taker("0") })).toBe(0.0003);
    expect(feeOf({ api_fee: taker("0.0002") })).toBeNull();
    expect([feeOf(), feeOf(null), feeOf({ interactive_fee: taker("0") })]).toEqual([null, null, null]);
    expect(parse({ fee_config: { api_fee: taker("30%") } }).rejected).toMatchObject([{ reason: "bad-field" }]);
  });

  it.each([
    [{}, "trading"],
    [{ open_at: NOW_MS + 1 }, "pre-market"],
    [{ expiry_at: NOW_MS + 86_400_000 }, "delisting"],
    [{ symbol: "ETH-USD-PERP" }, null],
    [null, null],
  ])("%o is %s", (change, state) => {
    expect(parse(change).columns.state).toEqual([state]);
  });

  it.each([
    [{ asset_kind: "SPOT" }, "unknown-contract-type"],
    [{ asset_kind: undefined }, "unknown-contract-type"],
    [{ settlement_currency: "USDT" }, "unsupported-settle"],
    [{ quote_currency: undefined }, "unsupported-settle"],
    [{ funding_period_hours: 0 }, "bad-field"],
  ])("%o is refused as %s", (change, reason) => {
    expect(parse(change).rejected).toMatchObject([{ symbol: "BTC-USD-PERP", reason }]);
  });
});

describe.skipIf(!haveCaptures)(`figures of Paradex's recorded body, worked out by hand${capturesNote}`, () => {
  it("2026-09-11: everything but the period from one body; an option is no perpetual", () => {
    const bodies = { summary: capture("paradex/v1_markets_summary_ALL_2026-09-11.json") };
    const parsed = mustParse(paradex, bodies, 1_789_147_120_443);
    expect(bySymbol(parsed).get("BTC-USD-PERP")).toEqual({
      venue: "paradex",
      symbol: "BTC/USD:USDC",
      kind: "perpetual",
      asset: "BTC",
      quote: "USD",
      settle: "USDC",
      multiplier: 1,
      bid: 77804.3,
      ask: 77814,
      bidSizeBase: 2.58196, // coins
      askSizeBase: 0.02581,
      mark: 77804.85141726,
      index: 77788.24195927, // underlying_price
      fundingRatePerInterval: 0.00007688102642,
      volume24hUsd: 4273947.632803999,
      openInterestUsd: 50.4599 * 77804.85141726, // 50.4599 BTC
      replyAtMs: 1_789_147_120_003, // created_at
      receivedAtMs: 1_789_147_120_443,
      // No markets of that day: neither period nor state, cap or lot.
      fundingIntervalHours: null,
      state: null,
      fundingCap: null,
      lotBase: null,
      minOrderBase: null,
      nextFundingAtMs: null,
      fundingFloor: null,
      quotedNotionalUsd: null,
      lastSettledRatePerInterval: null,
      eventAtMs: null,
      takerFeeRate: null,
      assetClass: null,
    });
    expect(parsed.rejected.map(({ symbol, reason }) => [symbol, reason])).toEqual([["BTC-USD-25JUN27-86000-C", "not-perpetual"]]);
  });
});
