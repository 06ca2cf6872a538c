import { describe, expect, it } from "vitest";
import { instrumentId } from "../../src/domain/instrument.ts";
import { opportunityKey } from "../../src/lifecycle/key.ts";
import { adapterOf } from "../../src/venues/registry.ts";
import { mustParse, quotesOf } from "../contract/bodies.ts";

const NOW_MS = Date.UTC(2026, 10, 22);

/** A body of one row, in each venue's own spelling of a coin's linear perpetual. */
const SPELLED: Readonly<Record<string, (coin: string) => Readonly<Record<string, unknown>>>> = {
  binance: (coin) => ({ premiumIndex: [{ symbol: `${coin}USDT`, markPrice: "2" }] }),
  bybit: (coin) => ({
    tickers: { retCode: 0, result: { category: "linear", list: [{ symbol: `${coin}USDT`, markPrice: "2" }] }, time: NOW_MS },
  }),
  gate: (coin) => ({ contracts: [{ name: `${coin}_USDT`, type: "direct", status: "trading", mark_price: "2" }] }),
  hyperliquid: (coin) => ({ metaAndAssetCtxs: [{ universe: [{ name: coin }] }, [{ markPx: "2" }]] }),
};

function legOf(venue: string, coin: string): { readonly asset: string; readonly instrument: string } {
  const adapter = adapterOf(venue);
  const bodies = SPELLED[venue]?.(coin);
  if (adapter === null || bodies === undefined) throw new Error(`expected a venue of the table, found ${venue}`);
  const [quote] = quotesOf(mustParse(adapter, bodies, NOW_MS));
  if (quote === undefined) throw new Error(`expected a row of ${coin} on ${venue}, found none`);
  return { asset: quote.asset, instrument: instrumentId(quote.venue, quote.symbol) };
}

/** The key of a pair whose name for the coin comes from the given leg. */
function keyOf(coin: string, pair: { readonly long: string; readonly short: string; readonly named: "long" | "short" }): string {
  const legs = { long: legOf(pair.long, coin), short: legOf(pair.short, coin) };
  return opportunityKey({
    strategy: "funding",
    asset: legs[pair.named].asset,
    long: legs.long.instrument,
    short: legs.short.instrument,
  });
}

describe("one pair has one key, however its venues spell the coin", () => {
  const venues = Object.keys(SPELLED);
  const pairs = venues.flatMap((long) => venues.filter((short) => short !== long).map((short) => [long, short] as const));

  it.each(pairs)("long %s, short %s", (long, short) => {
    for (const coin of ["ETH", "1INCH", "币安人生", "PEPE"]) {
      const key = keyOf(coin, { long, short, named: "long" });
      expect(keyOf(coin, { long, short, named: "short" })).toBe(key);
      expect(key.startsWith(`funding|${coin}|${long}:${coin}/`)).toBe(true);
      expect(keyOf(coin, { long: short, short: long, named: "long" })).not.toBe(key);
    }
  });

  it("a multiplier in the name changes nothing: 1000PEPEUSDT, kPEPE and PEPE_USDT are PEPE", () => {
    const plain = legOf("gate", "PEPE");
    for (const [venue, name] of [
      ["binance", "1000PEPE"],
      ["bybit", "1000PEPE"],
      ["hyperliquid", "kPEPE"],
    ] as const) {
      expect(legOf(venue, name).asset).toBe(plain.asset);
    }
  });
});
