import { describe, expect, it } from "vitest";
import { kucoin } from "../../src/venues/kucoin.ts";
import { okx } from "../../src/venues/okx.ts";
import { bySymbol, mustParse } from "./bodies.ts";

const NOW_MS = Date.UTC(2026, 10, 22);

describe("states of OKX and KuCoin that decide money", () => {
  const okxInstrument = {
    instId: "BTC-USDT-SWAP",
    instFamily: "BTC-USDT",
    ctType: "linear",
    ctVal: "0.01",
    ctMult: "1",
    ctValCcy: "BTC",
    settleCcy: "USDT",
    state: "live",
    ruleType: "normal",
    instCategory: "1",
    minSz: "0.01",
    lotSz: "0.01",
    expTime: "",
  };
  const okxRow = (rate: object, instrument: object | null) => {
    const envelope = (data: object[]) => ({ code: "0", msg: "", data });
    const fundingRate = envelope([{ instId: "BTC-USDT-SWAP", instType: "SWAP", ...rate }]);
    return mustParse(
      okx,
      { fundingRate, ...(instrument === null ? {} : { instruments: envelope([{ ...okxInstrument, ...instrument }]) }) },
      NOW_MS,
    );
  };

  it.each([
    [null, null, null],
    [{}, "trading", "crypto"],
    [{ state: "preopen" }, "pre-market", "crypto"],
    [{ ruleType: "pre_market", instCategory: "3" }, "pre-market", "equity"],
    [{ state: "suspend" }, "halted", "crypto"],
    [{ state: "rebase", ruleType: "rebase_contract" }, "halted", "crypto"],
    [{ state: "post_only" }, "halted", "crypto"],
    [{ expTime: "1795435200000" }, "delisting", "crypto"],
    [{ expTime: "1795435200000", state: "suspend" }, "delisting", "crypto"],
    [{ instCategory: "4" }, "trading", "commodity"],
    [{ instCategory: "5" }, "trading", "forex"],
    [{ instCategory: "6" }, "trading", "other"],
    [{ instCategory: "" }, "trading", null],
    [{ instCategory: undefined, category: "1" }, "trading", null],
    [{ instId: "ETH-USDT-SWAP" }, null, null],
  ])("okx instrument %o", (instrument, state, assetClass) => {
    const { columns } = okxRow({}, instrument);
    expect([columns.state[0], columns.assetClass[0]]).toEqual([state, assetClass]);
  });

  it("okx refuses an instrument with two mark prices, or one that is no number, and has one without", () => {
    const envelope = (data: object[]) => ({ code: "0", msg: "", data });
    const names = ["BTC-USDT-SWAP", "ETH-USDT-SWAP", "SOL-USDT-SWAP", "XRP-USDT-SWAP"];
    const fundingRate = envelope(names.map((instId) => ({ instId, instType: "SWAP" })));
    const mark = (instId: string, markPx: string) => ({ instId, instType: "SWAP", markPx });
    const marks = [mark("BTC-USDT-SWAP", "1"), mark("ETH-USDT-SWAP", "2"), mark("XRP-USDT-SWAP", "much"), mark("BTC-USDT-SWAP", "1")];
    const parsed = mustParse(okx, { fundingRate, markPrice: envelope(marks) }, NOW_MS);
    expect([...bySymbol(parsed)].map(([symbol, quote]) => [symbol, quote.mark])).toEqual([
      ["ETH-USDT-SWAP", 2],
      ["SOL-USDT-SWAP", null],
    ]);
    expect(parsed.rejected.map(({ symbol, reason }) => [symbol, reason])).toEqual([
      ["BTC-USDT-SWAP", "bad-field"],
      ["XRP-USDT-SWAP", "bad-field"],
    ]);
  });

  it.each([
    [{ instType: "FUTURES" }, null, "not-perpetual"],
    [{ instType: "SOMETHING_NEW" }, null, "unknown-contract-type"],
    [{ instType: undefined }, null, "unknown-contract-type"],
    [{}, { ctType: "inverse" }, "not-linear"],
    [{}, { ctType: "something_new" }, "unknown-contract-type"],
    [{}, { ruleType: "xperp" }, "not-perpetual"],
    [{}, { ruleType: "something_new" }, "unknown-contract-type"],
    [{}, { state: "expired" }, "delisted"],
    [{}, { state: "test" }, "not-an-instrument"],
    [{}, { state: "something_new" }, "unknown-state"],
    [{}, { state: null }, "unknown-state"],
    [{}, { settleCcy: "USDC" }, "unsupported-settle"],
    [{}, { instFamily: "WBTC-USDT" }, "bad-symbol"],
    [{}, { ctValCcy: "USD" }, "bad-symbol"],
    [{}, { ctVal: "0" }, "bad-field"],
    [{ fundingTime: "1000000000000", nextFundingTime: "1000000000000" }, null, "bad-field"],
    [{ fundingTime: "soon" }, null, "bad-field"],
  ])("okx rate %o, instrument %o is refused as %s", (rate, instrument, reason) => {
    expect(okxRow(rate, instrument).rejected).toMatchObject([{ symbol: "BTC-USDT-SWAP", reason }]);
  });

  const kucoinRow = (change: object) => {
    const row = { symbol: "ETHUSDTM", type: "FFWCSX", isInverse: false, status: "Open", marketStage: "NORMAL", assetClass: "CRYPTO" };
    return mustParse(kucoin, { contractsActive: { code: "200000", data: [{ ...row, ...change }] } }, NOW_MS);
  };

  it.each([
    [{}, "trading", "crypto"],
    [{ status: "Init" }, "pre-market", "crypto"],
    [{ marketStage: "PRE_MARKET" }, "pre-market", "crypto"],
    [{ status: "Paused" }, "halted", "crypto"],
    [{ status: "CancelOnly", marketStage: "PRE_MARKET" }, "halted", "crypto"],
    [{ status: "BeingSettled" }, "delisting", "crypto"],
    [{ expireDate: 1_795_435_200_000 }, "delisting", "crypto"],
    [{ assetClass: "STOCK" }, "trading", "equity"],
    [{ assetClass: "METAL" }, "trading", "commodity"],
    [{ assetClass: "SOMETHING_NEW" }, "trading", "other"],
    [{ assetClass: null }, "trading", null],
    [{ status: null }, null, "crypto"],
    [{ marketStage: undefined }, null, "crypto"],
  ])("kucoin %o", (change, state, assetClass) => {
    const { columns } = kucoinRow(change);
    expect([columns.state[0], columns.assetClass[0]]).toEqual([state, assetClass]);
  });

  it.each([
    [{ type: "FFICSX" }, "not-perpetual"],
    [{ type: "SOMETHING_NEW" }, "unknown-contract-type"],
    [{ type: null }, "unknown-contract-type"],
    [{ isInverse: true }, "not-linear"],
    [{ isInverse: "false" }, "unknown-contract-type"],
    [{ isInverse: null }, "unknown-contract-type"],
    [{ status: "Closed" }, "delisted"],
    [{ status: "Settled" }, "delisted"],
    [{ status: "SomethingNew" }, "unknown-state"],
    [{ marketStage: "SOMETHING_NEW" }, "unknown-state"],
    [{ settleCurrency: "USDC" }, "unsupported-settle"],
    [{ baseCurrency: "STETH" }, "bad-symbol"],
    [{ multiplier: -1 }, "bad-field"],
    [{ fundingRateGranularity: 0 }, "bad-field"],
    [{ fundingFeeRate: "1 %" }, "bad-field"],
  ])("kucoin %o is refused as %s", (change, reason) => {
    expect(kucoinRow(change).rejected).toMatchObject([{ symbol: "ETHUSDTM", reason }]);
  });
});

describe("figures of OKX and KuCoin that must not be taken for others", () => {
  it("okx: the interval is between the next two settlements, between the last two where the second is not sent, never assumed", () => {
    const hours = (rate: object) => {
      const data = [{ instId: "BTC-USDT-SWAP", instType: "SWAP", ...rate }];
      return bySymbol(mustParse(okx, { fundingRate: { code: "0", msg: "", data } }, NOW_MS)).get("BTC-USDT-SWAP")?.fundingIntervalHours;
    };
    const [last, next, afterNext] = ["1795320000000", "1795334400000", "1795341600000"]; // 4 h, then 2 h
    expect(hours({ prevFundingTime: last, fundingTime: next, nextFundingTime: afterNext })).toBe(2);
    expect(hours({ prevFundingTime: last, fundingTime: next, nextFundingTime: "" })).toBe(4);
    expect(hours({ prevFundingTime: last, fundingTime: next, nextFundingTime: "0" })).toBe(4);
    expect(hours({ fundingTime: next })).toBeNull();
    expect(hours({ prevFundingTime: last, nextFundingTime: afterNext })).toBeNull();
  });

  it("okx: sizes, lots and the unit of the book are missing until the contract size is known", () => {
    const bodies = {
      fundingRate: { code: "0", msg: "", data: [{ instId: "BTC-USDT-SWAP", instType: "SWAP" }] },
      tickers: { code: "0", msg: "", data: [{ instId: "BTC-USDT-SWAP", bidPx: "1", bidSz: "3", askPx: "2", askSz: "4" }] },
    };
    const parsed = mustParse(okx, bodies, NOW_MS);
    const missing = { bid: 1, ask: 2, bidSizeBase: null, askSizeBase: null, minOrderBase: null, lotBase: null };
    expect(bySymbol(parsed).get("BTC-USDT-SWAP")).toMatchObject(missing);
    expect([...parsed.bookUnitBase]).toEqual([Number.NaN]);
  });

  it("kucoin: the interval of the running rate, not the one configured for the next cycle; never the countdown for a time", () => {
    const row = (change: object) => {
      const data = [{ symbol: "ETHUSDTM", type: "FFWCSX", isInverse: false, nextFundingRateTime: 24_079_531, ...change }];
      return bySymbol(mustParse(kucoin, { contractsActive: { code: "200000", data } }, NOW_MS)).get("ETHUSDTM");
    };
    const eight = 28_800_000;
    expect(row({ fundingRateGranularity: eight / 8, currentFundingRateGranularity: eight })?.fundingIntervalHours).toBe(8);
    expect(row({ fundingRateGranularity: eight / 2, currentFundingRateGranularity: null })?.fundingIntervalHours).toBe(4);
    expect(row({})).toMatchObject({ fundingIntervalHours: null, nextFundingAtMs: null });
  });
});
