/** A coin whose funding was set by hand so that the outcome of pricing it is known before anything is measured. */
export type PlantedCoin = {
  /** What it was planted for. */
  readonly strategy: "funding" | "carry" | "price";
  readonly asset: string;
  /** `opens`: the net is far above the bar. `below-bar`: positive, but under 10 basis points. */
  readonly kind: "opens" | "below-bar";
  /** Where it is listed, by feed. Funding per 8 h as a fraction; it stands still. A spot leg pays nothing. */
  readonly legs: Readonly<Record<string, PlantedTerms>>;
};

/** `premium`: how far its book stands above the coin's price, fraction; its own small basis where absent. */
export type PlantedTerms = { readonly per8h: number; readonly intervalHours: number; readonly premium?: number };

/** Funding that is the same on every venue, so that the gap is all there is. */
const LEVEL = { per8h: 0.0001, intervalHours: 8 };
const SPOT = { per8h: 0, intervalHours: 8 };

/**
 * Over 168 hours a difference of 0.0001 per 8 h earns 21 basis points; both fees cost 19 to 21 and crossing 4. So a
 * difference of 0.0007 leaves about 120, and one of 0.00015 about 7. Listed on the named venues only, but for `ARB`,
 * whose other venues stand between its legs.
 */
export const PLANTED: readonly PlantedCoin[] = [
  {
    strategy: "funding",
    asset: "TIA",
    kind: "opens",
    legs: { hyperliquid: { per8h: -0.0002, intervalHours: 1 }, binance: { per8h: 0.0006, intervalHours: 8 } },
  },
  {
    strategy: "funding",
    asset: "PEPE",
    kind: "opens",
    legs: {
      binance: { per8h: -0.0004, intervalHours: 4 },
      hyperliquid: { per8h: 0.0003, intervalHours: 1 },
      bybit: { per8h: 0.001, intervalHours: 8 },
    },
  },
  {
    strategy: "funding",
    asset: "WIF",
    kind: "opens",
    legs: { gate: { per8h: -0.0005, intervalHours: 4 }, bybit: { per8h: 0.0003, intervalHours: 4 } },
  },
  {
    strategy: "funding",
    asset: "JTO",
    kind: "opens",
    legs: { gate: { per8h: 0.0004, intervalHours: 8 }, binance: { per8h: 0.0012, intervalHours: 8 } },
  },
  {
    strategy: "funding",
    asset: "ORDI",
    kind: "opens",
    legs: { bybit: { per8h: -0.0015, intervalHours: 8 }, hyperliquid: { per8h: -0.0006, intervalHours: 1 } },
  },
  {
    strategy: "funding",
    asset: "币安人生",
    kind: "opens",
    legs: { gate: { per8h: -0.0003, intervalHours: 8 }, binance: { per8h: 0.0006, intervalHours: 4 } },
  },
  {
    strategy: "funding",
    asset: "2Z",
    kind: "opens",
    legs: { bybit: { per8h: -0.0004, intervalHours: 1 }, gate: { per8h: 0.0005, intervalHours: 4 } },
  },
  {
    strategy: "funding",
    asset: "RATS",
    kind: "opens",
    legs: { bitget: { per8h: -0.0004, intervalHours: 4 }, binance: { per8h: 0.0005, intervalHours: 8 } },
  },
  {
    strategy: "funding",
    asset: "ETHFI",
    kind: "opens",
    legs: { okx: { per8h: -0.0003, intervalHours: 8 }, kucoin: { per8h: 0.0007, intervalHours: 4 } },
  },
  {
    strategy: "funding",
    asset: "ZRO",
    kind: "opens",
    legs: { kucoin: { per8h: -0.0002, intervalHours: 8 }, okx: { per8h: 0.0009, intervalHours: 2 } },
  },
  {
    strategy: "funding",
    asset: "CAT",
    kind: "opens",
    legs: { okx: { per8h: -0.0005, intervalHours: 4 }, kucoin: { per8h: 0.0004, intervalHours: 8 } },
  },
  {
    strategy: "funding",
    asset: "WLD",
    kind: "opens",
    legs: {
      gate: { per8h: -0.0002, intervalHours: 8 },
      hyperliquid: { per8h: -0.00018, intervalHours: 1 },
      binance: { per8h: 0.001, intervalHours: 8 },
      bybit: { per8h: 0.00102, intervalHours: 8 },
    },
  },
  {
    strategy: "funding",
    asset: "TRUMP",
    kind: "opens",
    legs: {
      aster: { per8h: -0.0004, intervalHours: 1 },
      kucoin: { per8h: 0.0005, intervalHours: 8 },
      bitget: { per8h: 0.0006, intervalHours: 4 },
    },
  },
  {
    strategy: "funding",
    asset: "ZEC",
    kind: "opens",
    legs: {
      htx: { per8h: -0.0005, intervalHours: 1 },
      okx: { per8h: 0.0006, intervalHours: 8 },
      gate: { per8h: 0.0005, intervalHours: 4 },
    },
  },
  {
    strategy: "funding",
    asset: "HBAR",
    kind: "opens",
    legs: {
      bingx: { per8h: -0.0005, intervalHours: 1 },
      htx: { per8h: 0.0004, intervalHours: 8 },
      bybit: { per8h: 0.0005, intervalHours: 8 },
    },
  },
  {
    strategy: "funding",
    asset: "XLM",
    kind: "opens",
    legs: { krakenfutures: { per8h: -0.0005, intervalHours: 1 }, bybit: { per8h: 0.0005, intervalHours: 8 } },
  },
  // Paradex accrues by the second.
  {
    strategy: "funding",
    asset: "GRT",
    kind: "opens",
    legs: { paradex: { per8h: -0.0006, intervalHours: 8 }, bitget: { per8h: 0.0006, intervalHours: 4 } },
  },
  // dYdX and Lighter have no prices but those of an order book.
  {
    strategy: "funding",
    asset: "ALGO",
    kind: "opens",
    legs: { dydx: { per8h: -0.0006, intervalHours: 1 }, binance: { per8h: 0.0006, intervalHours: 8 } },
  },
  {
    strategy: "funding",
    asset: "VET",
    kind: "opens",
    legs: { lighter: { per8h: -0.0006, intervalHours: 1 }, krakenfutures: { per8h: 0.0006, intervalHours: 1 } },
  },
  // MEXC's list has no sizes: only the order book prices it.
  {
    strategy: "funding",
    asset: "VIRTUAL",
    kind: "opens",
    legs: { mexc: { per8h: -0.0006, intervalHours: 4 }, okx: { per8h: 0.0005, intervalHours: 8 } },
  },
  // Spot fees are 10 basis points: 0.0008 per 8 h earn 168, and 34 to 35 go into fees and crossing.
  { strategy: "carry", asset: "ENA", kind: "opens", legs: { "binance-spot": SPOT, bybit: { per8h: 0.0008, intervalHours: 8 } } },
  { strategy: "carry", asset: "INJ", kind: "opens", legs: { "bybit-spot": SPOT, bybit: { per8h: 0.0009, intervalHours: 4 } } },
  {
    strategy: "carry",
    asset: "SEI",
    kind: "opens",
    legs: { "okx-spot": SPOT, "binance-spot": SPOT, gate: { per8h: 0.001, intervalHours: 8 } },
  },
  { strategy: "carry", asset: "STX", kind: "opens", legs: { "bitget-spot": SPOT, okx: { per8h: 0.0009, intervalHours: 8 } } },
  {
    strategy: "carry",
    asset: "RUNE",
    kind: "opens",
    legs: { "kucoin-spot": SPOT, "bitget-spot": SPOT, kucoin: { per8h: 0.001, intervalHours: 4 } },
  },
  // Gate's spot tickers have no sizes: only the order book prices it.
  { strategy: "carry", asset: "FET", kind: "opens", legs: { "gate-spot": SPOT, bybit: { per8h: 0.0011, intervalHours: 4 } } },
  {
    strategy: "funding",
    asset: "ARB",
    kind: "below-bar",
    legs: {
      binance: { per8h: 0.00002, intervalHours: 8 },
      gate: { per8h: 0.0001, intervalHours: 8 },
      hyperliquid: { per8h: 0.0001, intervalHours: 1 },
      bybit: { per8h: 0.000172, intervalHours: 8 },
    },
  },
  {
    strategy: "funding",
    asset: "APT",
    kind: "below-bar",
    legs: { hyperliquid: { per8h: 0.00004, intervalHours: 1 }, gate: { per8h: 0.000188, intervalHours: 4 } },
  },
  { strategy: "carry", asset: "LDO", kind: "below-bar", legs: { "okx-spot": SPOT, binance: { per8h: 0.000188, intervalHours: 8 } } },
  { strategy: "carry", asset: "KAS", kind: "below-bar", legs: { "kucoin-spot": SPOT, bitget: { per8h: 0.0002, intervalHours: 8 } } },
  {
    strategy: "funding",
    asset: "NEAR",
    kind: "below-bar",
    legs: { gate: { per8h: -0.00002, intervalHours: 8 }, bybit: { per8h: 0.000118, intervalHours: 8 } },
  },
  // Half of 180 basis points pays 22 and leaves 68; half of 55 leaves 5. The index is the coin's own, so these are one coin.
  {
    strategy: "price",
    asset: "GALA",
    kind: "opens",
    legs: { binance: { ...LEVEL, premium: 0 }, gate: { ...LEVEL, premium: 0.018 } },
  },
  {
    strategy: "price",
    asset: "PENDLE",
    kind: "opens",
    legs: { bybit: { ...LEVEL, premium: -0.009 }, gate: { ...LEVEL, premium: 0.012 } },
  },
  {
    strategy: "price",
    asset: "ICP",
    kind: "below-bar",
    legs: { gate: { ...LEVEL, premium: 0 }, binance: { ...LEVEL, premium: 0.0055 } },
  },
];
