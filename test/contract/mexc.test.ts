import { describe, expect, it } from "vitest";
import { mexc } from "../../src/venues/mexc.ts";
import { capture, capturesNote, haveCaptures } from "../captures.ts";
import { bySymbol, mustParse } from "./bodies.ts";
import { referenceOf } from "./ccxt-reference.ts";

const NOW_MS = Date.UTC(2026, 10, 22);
const envelope = (data: object[]) => ({ success: true, code: 0, data });

const CONTRACT = {
  symbol: "BTC_USDT",
  quoteCoin: "USDT",
  settleCoin: "USDT",
  futureType: 1,
  state: 0,
  type: 1,
  isHidden: false,
  apiAllowed: true,
  contractSize: 0.0001,
  minVol: 1,
  volUnit: 1,
};

const parsed = ({ rate = {}, ticker = {}, contract = {} }: { rate?: object; ticker?: object; contract?: object | null }) =>
  mustParse(
    mexc,
    {
      fundingRate: envelope([{ symbol: "BTC_USDT", fairPrice: 100, ...rate }]),
      ticker: envelope([{ symbol: "BTC_USDT", ...ticker }]),
      ...(contract === null ? {} : { detail: envelope([{ ...CONTRACT, ...contract }]) }),
    },
    NOW_MS,
  );

describe("states of MEXC that decide money", () => {
  it.each([
    [null, null, null],
    [{}, "trading", "crypto"],
    [{ state: 1 }, "delisting", "crypto"],
    [{ state: 4 }, "halted", "crypto"],
    [{ isHidden: true }, "halted", "crypto"],
    [{ apiAllowed: false }, "halted", "crypto"],
    [{ preMarket: true }, "pre-market", "crypto"],
    [{ type: 2 }, "trading", "other"],
    [{ type: 7 }, "trading", "other"],
    [{ type: undefined }, "trading", null],
    [{ futureType: undefined }, null, "crypto"],
    [{ isHidden: undefined }, null, "crypto"],
    [{ apiAllowed: null }, null, "crypto"],
    [{ symbol: "ETH_USDT" }, null, null],
  ])("contract %o", (contract, state, assetClass) => {
    const { columns } = parsed({ contract });
    expect([columns.state[0], columns.assetClass[0]]).toEqual([state, assetClass]);
  });

  it.each([
    [{ contract: { state: 2 } }, "delisted"],
    [{ contract: { state: 3 } }, "delisted"],
    [{ contract: { state: 5 } }, "unknown-state"],
    [{ contract: { state: "0" } }, "unknown-state"],
    [{ contract: { state: null } }, "unknown-state"],
    [{ contract: { futureType: 2 } }, "not-perpetual"],
    [{ contract: { futureType: 3 } }, "unknown-contract-type"],
    [{ contract: { settleCoin: "BTC" } }, "not-linear"],
    [{ contract: { quoteCoin: "USDC" } }, "bad-symbol"],
    [{ contract: { contractSize: 0 } }, "bad-field"],
    [{ contract: { isHidden: "no" } }, "bad-field"],
    [{ rate: { collectCycle: 0 } }, "bad-field"],
    [{ rate: { fundingRate: "1 %" } }, "bad-field"],
    [{ ticker: { bid1: "much" } }, "bad-field"],
  ])("%o is refused as %s", (change, reason) => {
    expect(parsed(change).rejected).toMatchObject([{ symbol: "BTC_USDT", reason }]);
  });

  it("a delisted row carries the canonical symbol, its multiplier taken off", () => {
    const rows = mustParse(
      mexc,
      {
        fundingRate: envelope([{ symbol: "1000000BABYDOGE_USDT" }]),
        detail: envelope([{ ...CONTRACT, symbol: "1000000BABYDOGE_USDT", state: 3 }]),
      },
      NOW_MS,
    );
    expect(rows.rejected.map(({ canonical }) => canonical)).toEqual(["BABYDOGE/USDT:USDT"]);
  });
});

describe("figures of MEXC that must not be taken for others", () => {
  it("no size is known at the best prices, whatever a ticker holds; lots and the book's unit wait for the contract size", () => {
    const ticker = { bid1: 1, ask1: 2, bidSize: 5, volume24: 7, holdVol: 10 };
    const [known, unknown] = [parsed({ ticker }), parsed({ ticker, contract: null })];
    for (const { columns } of [known, unknown]) expect([columns.bidSizeBase[0], columns.askSizeBase[0]]).toEqual([Number.NaN, Number.NaN]);
    expect([...known.bookUnitBase, known.columns.minOrderBase[0], known.columns.openInterestUsd[0]]).toEqual([0.0001, 0.0001, 0.1]);
    expect([...unknown.bookUnitBase, unknown.columns.minOrderBase[0], unknown.columns.openInterestUsd[0]]).toEqual(
      Array.from({ length: 3 }, () => Number.NaN),
    );
  });

  it("mark, index and rate are those of the rate's own body, the last trade's time is no time of the row", () => {
    const row = parsed({
      rate: { fundingRate: 0.0001, idxPrice: 101 },
      ticker: { fundingRate: 0.0009, fairPrice: 90, indexPrice: 91, lastPrice: 92, timestamp: NOW_MS },
    });
    expect(bySymbol(row).get("BTC_USDT")).toMatchObject({
      mark: 100,
      index: 101,
      fundingRatePerInterval: 0.0001,
      eventAtMs: null,
      replyAtMs: null,
      fundingIntervalHours: null,
    });
  });

  it("a fee under the documented one is a promotion and not taken; a contract that costs more says so", () => {
    const feeOf = (takerFeeRate: number) => bySymbol(parsed({ contract: { takerFeeRate, makerFeeRate: 0 } })).get("BTC_USDT")?.takerFeeRate;
    expect([feeOf(0), feeOf(0.0002), feeOf(0.0004), feeOf(0.0008)]).toEqual([null, null, null, 0.0008]);
    expect(parsed({ contract: { takerFeeRate: 4 } }).rejected).toMatchObject([{ reason: "bad-field" }]);
  });
});

describe.skipIf(!haveCaptures)(`figures of recorded bodies, worked out by hand${capturesNote}`, () => {
  const RECORDED_MS = 1_789_827_293_197;
  const bodies = {
    fundingRate: haveCaptures ? capture("mexc/contract_funding_rate_2026-09-19_fragment.json") : null,
    ticker: haveCaptures ? capture("mexc/contract_ticker_2026-09-11.json") : null,
    detail: haveCaptures ? capture("mexc/contract_detail_2026-09_fragment.json") : null,
  };

  it("mexc, rates and contracts of 2026-09-19 with the ticker of 2026-09-11", () => {
    const rows = mustParse(mexc, bodies, RECORDED_MS);
    expect(bySymbol(rows).get("BTC_USDT")).toEqual({
      venue: "mexc",
      symbol: "BTC/USDT:USDT",
      kind: "perpetual",
      asset: "BTC",
      quote: "USDT",
      settle: "USDT",
      assetClass: null, // no type in the fragment
      state: null, // no futureType, isHidden and apiAllowed in the fragment
      multiplier: 1,
      bid: null,
      ask: null,
      bidSizeBase: null,
      askSizeBase: null,
      quotedNotionalUsd: null,
      mark: 81351.6, // fairPrice
      index: 81382.7,
      fundingRatePerInterval: 0.0001,
      fundingIntervalHours: 8, // collectCycle
      nextFundingAtMs: Date.UTC(2026, 8, 19, 16), // 1789833600000
      lastSettledRatePerInterval: null,
      fundingCap: 0.0018,
      fundingFloor: -0.0018,
      volume24hUsd: 4750304885.22576, // amount24
      openInterestUsd: 417583841 * 0.0001 * 81351.6, // holdVol · contractSize · fairPrice: 3.4e9
      eventAtMs: null,
      replyAtMs: null,
      receivedAtMs: RECORDED_MS,
      minOrderBase: null,
      lotBase: null,
      takerFeeRate: null,
    });
    expect(bySymbol(rows).get("CVC_USDT")).toMatchObject({
      fundingRatePerInterval: -0.000379,
      fundingIntervalHours: 1,
      nextFundingAtMs: Date.UTC(2026, 8, 19, 14), // 1789826400000
      fundingCap: null,
      openInterestUsd: null,
    });
    expect([...rows.bookUnitBase]).toEqual([0.0001, Number.NaN]);
    expect(rows.rejected.map(({ symbol, reason }) => [symbol, reason])).toEqual([
      ["ETH_USDT", "no-counterpart"],
      ["XAU_USDT", "no-counterpart"],
      ["TON_USDT", "no-counterpart"],
    ]);
  });

  it("mexc: ccxt reads the same of the same bodies", async () => {
    const details = envelope(
      ["BTC", "CVC"].map((coin) => ({ ...CONTRACT, symbol: `${coin}_USDT`, baseCoin: coin, priceUnit: 0.1, takerFeeRate: 0.0004 })),
    );
    const theirs = await referenceOf(
      "mexc",
      (url) =>
        Promise.resolve(structuredClone(url.includes("detail") ? details : url.includes("ticker") ? bodies.ticker : bodies.fundingRate)),
      RECORDED_MS,
    );
    const ours = bySymbol(mustParse(mexc, bodies, RECORDED_MS));
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
