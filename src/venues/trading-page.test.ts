import { describe, expect, it } from "vitest";
import { quoteWith } from "../../test/market.ts";
import { VENUE_IDS, venueFacts } from "./registry.ts";
import { tradingLink, venueName } from "./trading-page.ts";

const at = (venue: string, fields: Parameters<typeof quoteWith>[0] = {}) => tradingLink(quoteWith({ venue, multiplier: 1, ...fields }));

describe("links to trading pages", () => {
  it("names each venue as its adapter does", () => {
    expect(VENUE_IDS.map(venueName)).toEqual(VENUE_IDS.map((id) => venueFacts(id)?.name));
  });

  it("leads to the coin's own page, by the venue's own name of it", () => {
    expect(at("binance")).toBe("https://www.binance.com/en/futures/BTCUSDT");
    expect(at("kucoin")).toBe("https://www.kucoin.com/futures/trade/XBTUSDTM");
    expect(at("okx", { asset: "ETH" })).toBe("https://www.okx.com/trade-swap/eth-usdt-swap");
    expect(at("bybit", { kind: "spot", settle: "USDT" })).toBe("https://www.bybit.com/en/trade/spot/BTC/USDT");
    expect(at("hyperliquid", { asset: "PEPE", multiplier: 1_000, quote: "USDC", settle: "USDC" })).toBe(
      "https://app.hyperliquid.xyz/trade/kPEPE",
    );
    expect(at("binance", { asset: "PEPE", multiplier: 1_000 })).toBe("https://www.binance.com/en/futures/1000PEPEUSDT");
    expect(at("bybit", { asset: "SHIB", multiplier: 1_000 })).toBe("https://www.bybit.com/trade/usdt/SHIB1000USDT");
  });

  it("is absent where the address would be a guess", () => {
    expect(at("binance", { asset: "BABYDOGE", multiplier: 1_000_000 })).toBeNull();
    expect(at("binance", { multiplier: null })).toBeNull();
    expect(at("binance", { settle: "USDC" })).toBeNull();
    expect(at("binance", { asset: "A/../B" })).toBeNull();
    expect(at("hyperliquid", { kind: "spot" })).toBeNull();
    expect(at("somewhere")).toBeNull();
    expect(at("constructor")).toBeNull();
  });
});
