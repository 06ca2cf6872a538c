import { describe, expect, it } from "vitest";
import { marketOf } from "../../test/market-columns.ts";
import { coinRates, similarCoins } from "./coin-rates.ts";

const market = marketOf([
  { venue: "gate", asset: "NEIRO", rate: 0.0001, hours: 8, bid: 1, ask: 3 },
  { venue: "bybit", asset: "NEIRO", rate: 0.0001, hours: 1, mark: 5 },
  { venue: "okx", asset: "NEIRO~2", rate: null },
  { venue: "okx", asset: "NEIROCTO", rate: 0.01 },
  { venue: "binance", asset: "NEIRO", kind: "spot", symbol: "NEIRO/USDT", rate: null },
]);

describe("the rates of a coin", () => {
  it("are per 8 h, the dearest first and unknown ones last, of every coin of that name", () => {
    expect(coinRates(market, "neiro").map(({ venue, kind, asset, ratePer8h }) => [venue, kind, asset, ratePer8h])).toEqual([
      ["bybit", "perpetual", "NEIRO", 0.0008],
      ["gate", "perpetual", "NEIRO", 0.0001],
      ["binance", "spot", "NEIRO", null],
      ["okx", "perpetual", "NEIRO~2", null],
    ]);
    expect(coinRates(market, "NEIRO~2").map(({ venue }) => venue)).toEqual(["okx"]);
    expect(coinRates(market, "NEI")).toEqual([]);
  });

  it("come with the middle of the book, else the mark, else no price", () => {
    expect(Object.fromEntries(coinRates(market, "NEIRO").map(({ venue, price }) => [venue, price]))).toEqual({
      gate: 2,
      bybit: 5,
      okx: null,
      binance: null,
    });
  });

  it("of a name that nobody sends lead to names like it, those on most venues first", () => {
    expect(similarCoins(market, "NEIR")).toEqual(["NEIRO", "NEIROCTO", "NEIRO~2"]);
    expect(similarCoins(market, "XYZ")).toEqual([]);
    expect(similarCoins(market, "")).toEqual([]);
  });
});
