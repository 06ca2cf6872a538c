import { describe, expect, it } from "vitest";
import { bingx } from "../../src/venues/bingx.ts";
import { capture, capturesNote, haveCaptures } from "../captures.ts";
import { bySymbol, mustParse, rowsAt } from "./bodies.ts";
import { referenceOf } from "./ccxt-reference.ts";

const NOW_MS = Date.UTC(2026, 10, 22);
const envelope = (data: object[]) => ({ code: 0, msg: "", data });
const CONTRACT = {
  symbol: "BTC-USDT",
  currency: "USDT",
  status: 1,
  apiStateOpen: "true",
  apiStateClose: "true",
  offTime: 0,
  quantityPrecision: 4,
  tradeMinQuantity: 0.0001,
};

const parsed = ({ rate = {}, ticker = {}, contract = {} }: { rate?: object; ticker?: object; contract?: object | null }) =>
  mustParse(
    bingx,
    {
      premiumIndex: envelope([{ symbol: "BTC-USDT", markPrice: "100", ...rate }]),
      ticker: envelope([{ symbol: "BTC-USDT", ...ticker }]),
      ...(contract === null ? {} : { contracts: envelope([{ ...CONTRACT, ...contract }]) }),
    },
    NOW_MS,
  );

describe("states and classes of BingX that decide money", () => {
  it.each([
    [null, null],
    [{}, "trading"],
    [{ status: "1" }, "trading"],
    [{ status: 25 }, "halted"],
    [{ status: 5 }, "pre-market"],
    [{ apiStateOpen: "false" }, "halted"],
    [{ apiStateClose: "false" }, "halted"],
    [{ apiStateOpen: undefined }, null],
    [{ apiStateOpen: "perhaps" }, null],
    [{ offTime: 1_795_435_200_000 }, "delisting"],
    [{ offTime: "1795435200000", status: 25 }, "delisting"],
    [{ symbol: "ETH-USDT" }, null],
  ])("contract %o", (contract, state) => {
    expect(parsed({ contract }).columns.state).toEqual([state]);
  });

  it.each([
    [{ contract: { status: 0 } }, "delisted"],
    [{ contract: { status: 7 } }, "unknown-state"],
    [{ contract: { status: null } }, "unknown-state"],
    [{ contract: { currency: "BTC" } }, "not-linear"],
    [{ contract: { tradeMinQuantity: 0 } }, "bad-field"],
    [{ contract: { apiStateOpen: true } }, "bad-field"],
    [{ rate: { fundingIntervalHours: 0 } }, "bad-field"],
    [{ rate: { lastFundingRate: "1 %" } }, "bad-field"],
    [{ ticker: { bidQty: "much" } }, "bad-field"],
  ])("%o is refused as %s", (change, reason) => {
    expect(parsed(change).rejected).toMatchObject([{ symbol: "BTC-USDT", reason }]);
  });

  it.each([
    ["BTC-USDT", "crypto"],
    ["NCT-USDT", "crypto"],
    ["NCSKTSLA2USD-USDT", "equity"],
    ["NCFXEUR2USD-USDT", "forex"],
    ["NCCOGOLD2USD-USDT", "commodity"],
    ["NCSISP5002USD-USDT", "index"],
    ["NCXXSOMETHING2USD-USDT", "other"],
  ])("%s is %s by its name", (symbol, assetClass) => {
    expect(mustParse(bingx, { premiumIndex: envelope([{ symbol }]) }, NOW_MS).columns.assetClass).toEqual([assetClass]);
  });

  it("an ended row carries the canonical symbol, its multiplier taken off", () => {
    const rows = mustParse(
      bingx,
      { premiumIndex: envelope([{ symbol: "1000PEPE-USDT" }]), contracts: envelope([{ ...CONTRACT, symbol: "1000PEPE-USDT", status: 0 }]) },
      NOW_MS,
    );
    expect(rows.rejected.map(({ canonical }) => canonical)).toEqual(["PEPE/USDT:USDT"]);
  });
});

describe("figures of BingX that must not be taken for others", () => {
  it("the last settlement and the end of the 24 hours are no time of the row, lastFundingRate is the coming rate", () => {
    const row = parsed({ rate: { lastFundingRate: "0.0001", updateTime: NOW_MS - 3_600_000 }, ticker: { closeTime: NOW_MS - 20_000 } });
    expect(bySymbol(row).get("BTC-USDT")).toMatchObject({
      fundingRatePerInterval: 0.0001,
      lastSettledRatePerInterval: null,
      eventAtMs: null,
      replyAtMs: null,
      fundingIntervalHours: null,
    });
  });

  it("a contract that costs more than the documented fee says so; one that costs less for a while is not taken at its word", () => {
    const feeOf = (takerFeeRate: unknown) => bySymbol(parsed({ contract: { takerFeeRate } })).get("BTC-USDT")?.takerFeeRate;
    expect([feeOf(0.0005), feeOf(0.0002), feeOf("0.00075"), feeOf(undefined)]).toEqual([null, null, 0.00075, null]);
  });

  it("a book's asks come worst first and its sizes are bids and asks, never bidsCoin and asksCoin", () => {
    const data = {
      T: NOW_MS,
      bids: [
        ["83760.7", "7.0861"],
        ["83760.6", "0.0044"],
      ],
      asks: [
        ["83784.3", "8.3531"],
        ["83782.8", "23.7289"],
      ],
      bidsCoin: [["83760.7", "0.0007"]],
      asksCoin: [["83784.3", "0.0008"]],
    };
    expect(bingx.book.read({ code: 0, msg: "", data }, { multiplier: 1, unitBase: 1 })).toEqual({
      ok: true,
      value: {
        bids: [
          [83760.7, 7.0861],
          [83760.6, 0.0044],
        ],
        asks: [
          [83782.8, 23.7289],
          [83784.3, 8.3531],
        ],
        eventAtMs: null,
      },
    });
  });
});

describe.skipIf(!haveCaptures)(`figures of recorded bodies, worked out by hand${capturesNote}`, () => {
  const RECORDED_MS = 1_789_336_870_000;
  const bodies = {
    premiumIndex: haveCaptures ? capture("bingx/swap_v2_quote_premiumIndex_2026-09-13.json") : null,
    ticker: haveCaptures ? capture("bingx/swap_v2_quote_ticker_2026-09-13.json") : null,
  };

  it("bingx, 2026-09-13", () => {
    const rows = mustParse(bingx, bodies, RECORDED_MS);
    expect(bySymbol(rows).get("1000PEPE-USDT")).toEqual({
      venue: "bingx",
      symbol: "PEPE/USDT:USDT",
      kind: "perpetual",
      asset: "PEPE",
      quote: "USDT",
      settle: "USDT",
      assetClass: "crypto",
      state: null, // no contracts of that day
      multiplier: 1000,
      bid: 0.003403 / 1000,
      ask: 0.0034031 / 1000,
      bidSizeBase: 7586 * 1000,
      askSizeBase: 365122 * 1000, // 1,242 USD at the ask
      quotedNotionalUsd: null,
      mark: 0.0034057 / 1000,
      index: 0.0034075 / 1000,
      fundingRatePerInterval: 0.0001,
      fundingIntervalHours: 8,
      nextFundingAtMs: Date.UTC(2026, 8, 14), // 1789344000000
      lastSettledRatePerInterval: null,
      fundingCap: 0.02,
      fundingFloor: -0.02,
      volume24hUsd: 14962111.26,
      openInterestUsd: null,
      eventAtMs: null,
      replyAtMs: null,
      receivedAtMs: RECORDED_MS,
      minOrderBase: null,
      lotBase: null,
      takerFeeRate: null,
    });
    expect(bySymbol(rows).get("IOST-USDT")).toMatchObject({
      fundingRatePerInterval: -0.000529,
      fundingIntervalHours: 1,
      nextFundingAtMs: Date.UTC(2026, 8, 13, 23), // 1789340400000
      bidSizeBase: 111026,
    });
    expect(bySymbol(rows).get("BTC-USDC")).toMatchObject({ symbol: "BTC/USDC:USDC", bid: 77162.3, ask: 77162.5 });
    expect(bySymbol(rows).get("NCSISP5002USD-USDT")).toMatchObject({ assetClass: "index", bid: null, mark: 7612.3 });
    expect(rows.rejected).toEqual([]);
    expect(Array.from(rows.bookUnitBase.slice(0, 3))).toEqual([1, 1, 1000]);
  });

  it("bingx: ccxt reads the same of the same bodies", async () => {
    const contracts = envelope(
      rowsAt(bodies.premiumIndex, ["data"]).map(({ symbol }) => ({
        ...CONTRACT,
        symbol,
        currency: String(symbol).split("-")[1],
        pricePrecision: 4,
      })),
    );
    const theirs = await referenceOf(
      "bingx",
      (url) =>
        Promise.resolve(
          structuredClone(url.includes("contracts") ? contracts : url.includes("ticker") ? bodies.ticker : bodies.premiumIndex),
        ),
      RECORDED_MS,
    );
    const ours = bySymbol(mustParse(bingx, bodies, RECORDED_MS));
    expect([...theirs.keys()].sort()).toEqual([...ours.keys()].sort());
    for (const [symbol, quote] of ours) {
      const { multiplier } = quote;
      const bid = theirs.get(symbol)?.bid ?? null;
      expect(theirs.get(symbol)).toMatchObject({
        rate: quote.fundingRatePerInterval,
        intervalHours: quote.fundingIntervalHours,
        nextFundingAtMs: quote.nextFundingAtMs,
      });
      expect(bid === null ? null : bid / (multiplier ?? Number.NaN)).toBe(quote.bid);
    }
  });
});
