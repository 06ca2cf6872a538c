import { describe, expect, it } from "vitest";
import { krakenfutures } from "../../src/venues/krakenfutures.ts";
import { capture, capturesNote, haveCaptures } from "../captures.ts";
import { bySymbol, mustParse } from "./bodies.ts";

const NOW_MS = Date.UTC(2026, 10, 22, 12, 34);

const TICKER = { symbol: "PF_XBTUSD", tag: "perpetual", markPrice: 80_000, indexPrice: 79_900, suspended: false, postOnly: false };
const INSTRUMENT = { symbol: "PF_XBTUSD", type: "flexible_futures", tradeable: true, tradfi: false, contractSize: 1 };

const parse = (ticker: object, instrument: object | null = {}) =>
  mustParse(
    krakenfutures,
    {
      tickers: { result: "success", serverTime: "2026-11-22T12:33:59.000Z", tickers: [{ ...TICKER, ...ticker }] },
      ...(instrument === null ? {} : { instruments: { result: "success", instruments: [{ ...INSTRUMENT, ...instrument }] } }),
    },
    NOW_MS,
  );
const row = (ticker: object, instrument?: object | null) => bySymbol(parse(ticker, instrument)).get("PF_XBTUSD");

describe("Kraken's rate is USD a coin and hour", () => {
  it("becomes a fraction of the notional by the mark price, with the next full hour as its time", () => {
    // 0.8 USD on a coin of 80,000 USD: a thousandth of a percent.
    expect(row({ fundingRate: 0.8 })).toMatchObject({
      fundingRatePerInterval: 0.00001,
      fundingIntervalHours: 1,
      nextFundingAtMs: Date.UTC(2026, 10, 22, 13),
      replyAtMs: Date.UTC(2026, 10, 22, 12, 33, 59),
    });
    expect(row({ fundingRate: -4 })?.fundingRatePerInterval).toBe(-0.00005);
    expect(row({ fundingRate: 0 })?.fundingRatePerInterval).toBe(0);
  });

  it("is missing where the mark is, and never divided by the index instead", () => {
    expect(row({ fundingRate: 0.8, markPrice: null })?.fundingRatePerInterval).toBeNull();
    expect(row({ fundingRate: 0.8, markPrice: 0 })?.fundingRatePerInterval).toBeNull();
    expect(row({})?.fundingRatePerInterval).toBeNull();
  });

  it("takes the cap from the metadata as the relative rate that it is", () => {
    expect(row({ fundingRate: 0.8, markPrice: 80_100 }, { maxRelativeFundingRate: 0.0025 })?.fundingCap).toBe(0.0025);
  });

  it("holds a rate that was cut at the cap of the index to be within it while the mark is lower", () => {
    const cut = row({ fundingRate: -0.0025 * 79_900, markPrice: 79_100 }, { maxRelativeFundingRate: 0.0025 });
    // 199.75 USD of 79,100: 0.2525 % an hour, which is 0.25 % of the index.
    expect(cut?.fundingRatePerInterval).toBeCloseTo(-199.75 / 79_100, 15);
    expect(cut?.fundingCap).toBeCloseTo(199.75 / 79_100, 15);
    for (const missing of [{ markPrice: 0 }, { markPrice: null }, { indexPrice: null }])
      expect(row({ fundingRate: 1, ...missing }, { maxRelativeFundingRate: 0.0025 })?.fundingCap).toBeNull();
  });
});

describe("states, classes and types of Kraken", () => {
  it.each([
    [{}, {}, "trading", "crypto"],
    [{ suspended: true }, {}, "halted", "crypto"],
    [{ postOnly: true }, {}, "halted", "crypto"],
    [{ suspended: null }, {}, null, "crypto"],
    [{ postOnly: undefined }, {}, null, "crypto"],
    [{}, { tradeable: false }, "halted", "crypto"],
    [{}, { tradeable: undefined }, null, "crypto"],
    [{}, { lastTradingTime: "2026-12-01T16:00:00.000Z" }, "delisting", "crypto"],
    [{}, { tradfi: true }, "trading", "other"],
    [{}, { tradfi: undefined }, "trading", null],
    [{}, { symbol: "PF_ETHUSD" }, null, null],
    [{}, null, null, null],
  ])("ticker %o, instrument %o", (ticker, instrument, state, assetClass) => {
    const { columns } = parse(ticker, instrument);
    expect([columns.state[0], columns.assetClass[0]]).toEqual([state, assetClass]);
  });

  it.each([
    [{ tag: "quarter" }, {}, "unknown-contract-type"],
    [{ tag: undefined }, {}, "unknown-contract-type"],
    [{}, { type: "futures_vanilla" }, "unknown-contract-type"],
    [{ suspended: "no" }, {}, "bad-field"],
    [{}, { contractSize: 0 }, "bad-field"],
    [{}, { lastTradingTime: "soon" }, "bad-field"],
  ])("ticker %o, instrument %o is refused as %s", (ticker, instrument, reason) => {
    expect(parse(ticker, instrument).rejected).toMatchObject([{ symbol: "PF_XBTUSD", reason }]);
  });

  it("without metadata no size is in coins: how many a contract holds is not known", () => {
    expect(row({ bid: 79_990, bidSize: 2 }, null)).toMatchObject({ bid: 79_990, bidSizeBase: null, openInterestUsd: null });
  });
});

describe.skipIf(!haveCaptures)(`Kraken's printed samples, worked out by hand${capturesNote}`, () => {
  it("a whole row", () => {
    const bodies = {
      tickers: capture("krakenfutures/sample_http_futures_tickers.json"),
      instruments: capture("krakenfutures/sample_http_futures_instruments.json"),
    };
    const atMs = Date.UTC(2025, 10, 17, 0, 34, 38);
    const parsed = mustParse(krakenfutures, bodies, atMs);
    expect(bySymbol(parsed).get("PF_ETHUSD")).toEqual({
      venue: "krakenfutures",
      symbol: "ETH/USD:USD",
      kind: "perpetual",
      asset: "ETH",
      quote: "USD",
      settle: "USD",
      multiplier: 1,
      bid: 3200,
      ask: 3210.5,
      bidSizeBase: 100, // bidSize 100 × contractSize 1
      askSizeBase: 150,
      mark: 3205.25,
      index: 3202.75,
      fundingRatePerInterval: 0.000015 / 3205.25, // 0.000015 USD a coin and hour
      fundingIntervalHours: 1,
      nextFundingAtMs: Date.UTC(2025, 10, 17, 1),
      fundingCap: 0.0025,
      volume24hUsd: 1_600_000, // volumeQuote, 500,000 ETH by vol24h: the sample was edited
      openInterestUsd: 1_000_000 * 3205.25,
      replyAtMs: Date.UTC(2025, 10, 17, 0, 34, 37, 524),
      receivedAtMs: atMs,
      minOrderBase: 0.001, // contractValueTradePrecision 3
      lotBase: 0.001,
      takerFeeRate: null,
      state: "trading",
      assetClass: null, // no tradfi in the sample
      eventAtMs: null,
      fundingFloor: null,
      quotedNotionalUsd: null,
      lastSettledRatePerInterval: null,
    });
    expect(parsed.rejected.map(({ symbol, reason }) => [symbol, reason])).toEqual([["PI_XBTUSD", "not-linear"]]);
  });

  it("the history shows the step from USD to a fraction: both divide to one price", () => {
    const { rates } = capture("krakenfutures/sample_GetHistoricalFundingRates.json") as {
      readonly rates: readonly { readonly fundingRate: number; readonly relativeFundingRate: number }[];
    };
    // An inverse contract: the absolute rate is in BTC a USD, so that the quotient is the price of BTC on that day.
    for (const { fundingRate, relativeFundingRate } of rates) expect(relativeFundingRate / fundingRate).toBeCloseTo(20_750, -3);
  });
});
