import { describe, expect, it } from "vitest";
import type { Quote } from "../../src/domain/quote.ts";
import { kucoin } from "../../src/venues/kucoin.ts";
import { okx } from "../../src/venues/okx.ts";
import { capture, capturesNote, haveCaptures } from "../captures.ts";
import { bySymbol, mustParse } from "./bodies.ts";
import { referenceOf } from "./ccxt-reference.ts";

const nothing = (...fields: (keyof Quote)[]): Partial<Record<keyof Quote, null>> =>
  Object.fromEntries(fields.map((field) => [field, null]));

const OKX = {
  fundingRate: "okx/public_funding-rate_instId_ANY_2026-09-19_fragment.json",
  tickers: "okx/v5_market_tickers_SWAP_2026-09-11.json",
  markPrice: "okx/v5_public_mark-price_SWAP_2026-09-11.json",
  openInterest: "okx/v5_public_open-interest_SWAP_2026-09-11.json",
  instruments: "okx/v5_public_instruments_SWAP_2026-09.json",
} as const;

/** Shortly after the newest stamp of the rates. */
const SEPTEMBER_19_MS = 1_789_824_246_000;
/** `nextFundingRateDateTime` less the countdown `nextFundingRateTime`: 1789171200000 − 24079531. */
const SEPTEMBER_11_MS = 1_789_147_120_469;

describe.skipIf(!haveCaptures)(`figures of recorded bodies, worked out by hand${capturesNote}`, () => {
  const okxParsed = (...names: (keyof typeof OKX)[]) =>
    mustParse(okx, Object.fromEntries(names.map((name) => [name, capture(OKX[name])])), SEPTEMBER_19_MS);

  it("okx, 2026-09-19 with book, mark, interest and contracts of 2026-09-11", () => {
    const parsed = okxParsed("fundingRate", "tickers", "markPrice", "openInterest", "instruments");
    expect(bySymbol(parsed).get("BTC-USDT-SWAP")).toEqual({
      venue: "okx",
      takerFeeRate: null,
      symbol: "BTC/USDT:USDT",
      kind: "perpetual",
      asset: "BTC",
      quote: "USDT",
      settle: "USDT",
      assetClass: "crypto", // instCategory "1"
      state: "trading",
      multiplier: 1,
      bid: 77769.4,
      ask: 77769.5,
      bidSizeBase: 504.48 * 0.01, // bidSz · ctVal · ctMult: 5.0448 coins
      askSizeBase: 28.23 * 0.01,
      mark: 77760.9,
      fundingRatePerInterval: 0.0001,
      fundingIntervalHours: 8, // (1789862400000 − 1789833600000) / 3600000
      nextFundingAtMs: Date.UTC(2026, 8, 19, 16), // fundingTime "1789833600000"
      lastSettledRatePerInterval: 0.0001,
      fundingCap: 0.00375,
      fundingFloor: -0.00375,
      volume24hUsd: 110381.4949 * 77769.5, // volCcy24h in coins · last: 8.58e9
      openInterestUsd: Number("2146320021.55324936285784"),
      eventAtMs: 1_789_147_119_770,
      replyAtMs: 1_789_824_243_998,
      receivedAtMs: SEPTEMBER_19_MS,
      minOrderBase: 0.01 * 0.01,
      lotBase: 0.01 * 0.01,
      ...nothing("index", "quotedNotionalUsd"),
    });
    expect([...parsed.bookUnitBase]).toEqual([0.01, Number.NaN, Number.NaN]);
    // Neither has an instrument row: no class, no state, no sizes.
    expect(bySymbol(parsed).get("OKB-USDT-SWAP")).toMatchObject({
      fundingRatePerInterval: 0.00005,
      fundingIntervalHours: 4, // 1789848000000 − 1789833600000
      nextFundingAtMs: Date.UTC(2026, 8, 19, 16),
      ...nothing("bid", "ask", "mark", "state", "assetClass", "openInterestUsd", "volume24hUsd", "eventAtMs"),
    });
    expect(bySymbol(parsed).get("ONE-USDT-SWAP")).toMatchObject({
      fundingRatePerInterval: -0.0018087460514744,
      lastSettledRatePerInterval: -0.0020913845892044,
      fundingIntervalHours: 1, // 1789830000000 − 1789826400000
      nextFundingAtMs: Date.UTC(2026, 8, 19, 14),
      fundingCap: 0.01,
    });
    expect(parsed.rejected).toMatchObject([
      { symbol: "XAU-USD_UM_XPERP-310502", reason: "not-perpetual" },
      { symbol: "ETH-USDT-SWAP", reason: "no-counterpart" },
      { symbol: "CHIP-USDT-SWAP", reason: "no-counterpart" },
      { symbol: "BTC-USD-SWAP", reason: "no-counterpart" },
    ]);
  });

  it("okx: sizes of ETH, CHIP and the inverse BTC, whose funding of that day was not recorded", () => {
    const data = ["ETH-USDT-SWAP", "CHIP-USDT-SWAP", "BTC-USD-SWAP"].map((instId) => ({ instId, instType: "SWAP" }));
    const bodies = {
      fundingRate: { code: "0", msg: "", data },
      tickers: capture(OKX.tickers),
      instruments: capture(OKX.instruments),
      openInterest: capture(OKX.openInterest),
    };
    const parsed = mustParse(okx, bodies, SEPTEMBER_19_MS);
    expect(bySymbol(parsed).get("ETH-USDT-SWAP")).toMatchObject({
      bidSizeBase: 517.85 * 0.1, // 51.785 coins
      askSizeBase: 194.26 * 0.1,
      volume24hUsd: 4950767.36 * 2574.81,
      openInterestUsd: Number("1653362618.7449753792629"),
      lotBase: 0.01 * 0.1,
    });
    expect(bySymbol(parsed).get("CHIP-USDT-SWAP")).toMatchObject({ bidSizeBase: 3 * 100, askSizeBase: 1 * 100, lotBase: 100 });
    expect(parsed.rejected).toContainEqual(expect.objectContaining({ symbol: "BTC-USD-SWAP", reason: "not-linear" }));
    // The documented unit holds in the recording: oi is contracts, oiCcy coins, oiUsd their worth at about the price.
    expect(Number("6423794.3700000209") * 0.1).toBeCloseTo(Number("642379.43700000209"), 6);
    expect(Number("1653362618.7449753792629") / 642379.437 / 2573.89).toBeCloseTo(1, 3);
  });

  it("kucoin, 2026-09-11: lots become coins, XBT becomes BTC, the countdown is not a time", () => {
    const parsed = mustParse(kucoin, { contractsActive: capture("kucoin/api_v1_contracts_active_2026-09-11.json") }, SEPTEMBER_11_MS);
    expect(bySymbol(parsed).get("XBTUSDTM")).toEqual({
      venue: "kucoin",
      takerFeeRate: null,
      symbol: "BTC/USDT:USDT",
      kind: "perpetual",
      asset: "BTC",
      quote: "USDT",
      settle: "USDT",
      assetClass: "crypto",
      state: "trading",
      multiplier: 1,
      mark: 77754.7,
      index: 77783.14,
      fundingRatePerInterval: 0.000037,
      fundingIntervalHours: 8, // 28800000 ms
      nextFundingAtMs: Date.UTC(2026, 8, 12), // nextFundingRateDateTime 1789171200000
      lastSettledRatePerInterval: 0.000044,
      fundingCap: 0.003,
      fundingFloor: -0.003,
      volume24hUsd: 511004312.1306,
      openInterestUsd: 11784994 * 0.001 * 77754.7, // lots · multiplier · mark: 9.16e8
      minOrderBase: 0.001,
      lotBase: 0.001,
      receivedAtMs: SEPTEMBER_11_MS,
      // allTickers of that day was not recorded, and no stamp stands in this body.
      ...nothing("bid", "ask", "bidSizeBase", "askSizeBase", "quotedNotionalUsd", "eventAtMs", "replyAtMs"),
    });
    expect(bySymbol(parsed).get("WIFUSDTM")).toMatchObject({
      fundingIntervalHours: 4, // 14400000 ms
      nextFundingAtMs: Date.UTC(2026, 8, 11, 20),
      openInterestUsd: 1858612 * 10 * 0.1946, // 3.6 million
      lotBase: 10,
    });
    // No interval ever changed: currentFundingRateGranularity is null and fundingRateGranularity holds.
    expect(bySymbol(parsed).get("DOGEUSDTM")).toMatchObject({ fundingIntervalHours: 8, lotBase: 100 });
    expect([...parsed.bookUnitBase]).toEqual([0.001, 0.01, 10, 100]);
    expect(parsed.rejected).toMatchObject([
      { symbol: "XBTUSDM", reason: "not-linear" },
      { symbol: "XBTMU26", reason: "not-perpetual" },
    ]);
  });

  it("kucoin: the ticker that the documents print is read, its last trade's time is not the book's", () => {
    const sample = capture("kucoin/sample_GetTickers.json");
    const contract = { symbol: "XBTUSDM", type: "FFWCSX", isInverse: true };
    const eth = { symbol: "ETHUSDTM", type: "FFWCSX", isInverse: false, multiplier: 0.01 };
    const printed = kucoin.endpoints["allTickers"]?.read(sample);
    expect(printed).toMatchObject({ ok: true });
    const ticker = { ...(printed?.ok === true && Array.isArray(printed.value) ? printed.value[0] : {}), symbol: "ETHUSDTM" };
    const bodies = {
      contractsActive: { code: "200000", data: [contract, eth] },
      allTickers: { code: "200000", data: [ticker] },
    };
    expect(bySymbol(mustParse(kucoin, bodies, SEPTEMBER_11_MS)).get("ETHUSDTM")).toMatchObject({
      bid: 7000,
      ask: 7001,
      bidSizeBase: 20 * 0.01,
      askSizeBase: 30 * 0.01,
      eventAtMs: null,
      replyAtMs: null,
    });
  });

  /** The recorded body of the first path that a URL contains. */
  const recorded =
    (files: readonly (readonly [path: string, body: unknown])[]) =>
    (url: string): Promise<unknown> => {
      const found = files.find(([path]) => url.includes(path));
      return found === undefined ? Promise.reject(new Error(`expected a body for ${url}`)) : Promise.resolve(structuredClone(found[1]));
    };

  it("okx: ccxt reads the same of the same bodies", async () => {
    const answer = recorded([
      ["funding-rate", capture(OKX.fundingRate)],
      ["tickers", capture(OKX.tickers)],
      ["instruments", capture(OKX.instruments)],
    ]);
    const theirs = await referenceOf("okx", answer, SEPTEMBER_19_MS);
    expect([...theirs]).toEqual([
      [
        "BTC-USDT-SWAP",
        {
          symbol: "BTC/USDT:USDT",
          rate: 0.0001,
          intervalHours: 8,
          nextFundingAtMs: Date.UTC(2026, 8, 19, 16),
          bid: 77769.4,
          ask: 77769.5,
        },
      ],
    ]);
  });

  it("kucoin: ccxt reads the same of the same body", async () => {
    const contractsActive = capture("kucoin/api_v1_contracts_active_2026-09-11.json");
    const theirs = await referenceOf(
      "kucoin",
      recorded([
        ["contracts/active", contractsActive],
        ["allTickers", { code: "200000", data: [] }],
      ]),
      SEPTEMBER_11_MS,
    );
    const ours = bySymbol(mustParse(kucoin, { contractsActive }, SEPTEMBER_11_MS));
    expect([...theirs.keys()].sort()).toEqual([...ours.keys()].sort());
    for (const [symbol, quote] of ours) {
      expect(theirs.get(symbol)).toEqual({
        symbol: quote.symbol,
        rate: quote.fundingRatePerInterval,
        intervalHours: quote.fundingIntervalHours,
        nextFundingAtMs: quote.nextFundingAtMs,
        bid: null,
        ask: null,
      });
    }
  });
});
