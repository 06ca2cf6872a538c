import type { Coin } from "./coins.ts";
import type { Listing } from "./listing.ts";

/** Rows that must never become an opportunity although their funding says so, in several venues at once. */
export type Trap = {
  readonly coin: Coin;
  readonly legs: Readonly<Record<string, { readonly listing: Partial<Listing>; readonly priceFactor?: number }>>;
};

const trapCoin = (id: string, ticker: string, level: number): Coin => ({ id, ticker, class: "crypto", level, rank: 90, bundle: 1 });
const pays = (fixedPer8h: number, extra: Partial<Listing> = {}): { readonly listing: Partial<Listing> } => ({
  listing: { fixedPer8h, depthUsd: 90_000, volumeUsd: 30_000_000, openInterestUsd: 20_000_000, ...extra },
});

export const TRAPS: readonly Trap[] = [
  // One ticker, two coins, two venues each: the price tells them apart.
  { coin: trapCoin("NEIRO", "NEIRO", 0.00041), legs: { binance: pays(-0.001), bybit: pays(-0.00098), "binance-spot": pays(0) } },
  { coin: trapCoin("NEIRO (other)", "NEIRO", 0.052), legs: { gate: pays(0.001), hyperliquid: pays(0.00099) } },
  // One venue's coin of that ticker is another coin.
  { coin: trapCoin("HIPPO", "HIPPO", 0.0031), legs: { binance: pays(0.0001), bybit: pays(0.00012), hyperliquid: pays(0.00011) } },
  { coin: trapCoin("HIPPO (other)", "HIPPO", 0.0217), legs: { gate: pays(-0.0012) } },
  // Two venues only and 2 % apart, though one coin would stand within basis points.
  { coin: trapCoin("SWARMS", "SWARMS", 0.0231), legs: { bybit: pays(-0.0009), gate: { ...pays(0.0008), priceFactor: 1.02 } } },
  // Not launched, or about to go.
  {
    coin: trapCoin("MEGA", "MEGA", 0.41),
    legs: {
      bybit: pays(-0.0015, { state: "pre-market" }),
      gate: pays(0.002, { state: "pre-market" }),
      bitget: pays(0.0018, { state: "pre-market" }),
    },
  },
  {
    coin: trapCoin("OPENAI", "OPENAI", 812),
    legs: { okx: pays(-0.0016, { state: "pre-market" }), kucoin: pays(0.0019, { state: "pre-market" }) },
  },
  {
    coin: trapCoin("REEF", "REEF", 0.00071),
    legs: {
      binance: pays(-0.002, { state: "delisting" }),
      bybit: pays(0.001, { state: "delisting" }),
      gate: pays(0.0015, { state: "delisting" }),
      bitget: pays(0.0013, { state: "delisting" }),
    },
  },
  // Delisting on one venue alone: the pair has one leg that cannot be held.
  {
    coin: trapCoin("OMG", "OMG", 0.22),
    legs: { binance: pays(0.0018, { state: "delisting" }), gate: pays(-0.0011), bybit: pays(-0.0011) },
  },
  { coin: trapCoin("DUSK", "DUSK", 0.072), legs: { okx: pays(0.0018, { state: "delisting" }), kucoin: pays(-0.0012) } },
  { coin: trapCoin("ALPACA", "ALPACA", 0.19), legs: { kucoin: pays(0.0017, { state: "halted" }), okx: pays(-0.0011) } },
  { coin: trapCoin("LOKA", "LOKA", 0.061), legs: { gate: pays(-0.0016, { state: "halted" }), bybit: pays(0.0012) } },
  { coin: trapCoin("HOLO", "HOLO", 0.19), legs: { binance: pays(0.0017, { state: "pre-market" }), bybit: pays(-0.0004) } },
  // Holding the coin would pay if spot could be sold short.
  { coin: trapCoin("STG", "STG", 0.41), legs: { "binance-spot": pays(0), bybit: pays(-0.0011) } },
  // The coin does not trade where it would have to be bought.
  {
    coin: trapCoin("XVS", "XVS", 6.2),
    legs: { "binance-spot": pays(0, { state: "halted" }), "okx-spot": pays(0, { state: "halted" }), gate: pays(0.0012) },
  },
  {
    coin: trapCoin("BAKE", "BAKE", 0.091),
    legs: { "okx-spot": pays(0, { state: "pre-market" }), "bybit-spot": pays(0, { state: "empty-book" }), gate: pays(0.0013) },
  },
  // Listed, funded, nobody quotes.
  {
    coin: trapCoin("VOXEL", "VOXEL", 0.051),
    legs: { gate: pays(-0.002, { state: "empty-book" }), bitget: pays(-0.0019, { state: "empty-book" }), binance: pays(0.001) },
  },
  {
    coin: trapCoin("NTRN", "NTRN", 0.091),
    legs: { hyperliquid: pays(-0.002, { state: "empty-book" }), gate: pays(0.001), bybit: pays(-0.0018, { state: "empty-book" }) },
  },
  // One venue quotes it by the thousand, and its name does not say so.
  {
    coin: trapCoin("GRIFFAIN", "GRIFFAIN", 0.021),
    legs: { aster: pays(-0.001), bitget: pays(-0.001), htx: { ...pays(0.0012), priceFactor: 1000 } },
  },
  {
    coin: trapCoin("VINE", "VINE", 0.031),
    legs: { mexc: pays(-0.0018, { state: "pre-market" }), bingx: pays(-0.0017, { state: "halted" }), aster: pays(0.0012) },
  },
  {
    coin: trapCoin("KDA", "KDA", 0.21),
    legs: { htx: pays(0.0018, { state: "delisting" }), mexc: pays(-0.0011), okx: pays(-0.0011), bingx: pays(-0.0011) },
  },
  {
    coin: trapCoin("PORTAL", "PORTAL", 0.051),
    legs: { mexc: pays(-0.002, { state: "empty-book" }), htx: pays(-0.0018, { state: "empty-book" }), aster: pays(0.0011) },
  },
  {
    coin: trapCoin("KSMX", "KSMX", 0.61),
    legs: {
      krakenfutures: pays(0.0013, { state: "halted" }),
      dydx: pays(0.0014, { state: "pre-market" }),
      lighter: pays(0.0013, { state: "delisting" }),
      okx: pays(-0.001),
    },
  },
  // Halted, in its opening auction, about to go: nowhere can it be bought and kept.
  {
    coin: trapCoin("SLERF", "SLERF", 0.061),
    legs: {
      "bitget-spot": pays(0, { state: "halted" }),
      "kucoin-spot": pays(0, { state: "pre-market" }),
      "gate-spot": pays(0, { state: "delisting" }),
      gate: pays(0.0013),
    },
  },
];
