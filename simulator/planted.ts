/** A coin whose funding was set by hand so that the outcome of pricing it is known before anything is measured. */
export type PlantedCoin = {
  readonly asset: string;
  /** `opens`: the net is far above the bar. `below-bar`: positive, but under 10 basis points. */
  readonly kind: "opens" | "below-bar";
  /** Where it is listed. Funding per 8 h as a fraction; it stands still. */
  readonly legs: Readonly<Record<string, { readonly per8h: number; readonly intervalHours: number }>>;
};

/**
 * Over 168 hours a difference of 0.0001 per 8 h earns 21 basis points; both fees cost 19 to 21 and crossing 4. So a
 * difference of 0.0007 leaves about 120, and one of 0.00015 about 7. Listed on the named venues only, but for `ARB`,
 * whose other venues stand between its legs.
 */
export const PLANTED: readonly PlantedCoin[] = [
  {
    asset: "TIA",
    kind: "opens",
    legs: { hyperliquid: { per8h: -0.0002, intervalHours: 1 }, binance: { per8h: 0.0006, intervalHours: 8 } },
  },
  {
    asset: "PEPE",
    kind: "opens",
    legs: {
      binance: { per8h: -0.0004, intervalHours: 4 },
      hyperliquid: { per8h: 0.0003, intervalHours: 1 },
      bybit: { per8h: 0.001, intervalHours: 8 },
    },
  },
  { asset: "WIF", kind: "opens", legs: { gate: { per8h: -0.0005, intervalHours: 4 }, bybit: { per8h: 0.0003, intervalHours: 4 } } },
  { asset: "JTO", kind: "opens", legs: { gate: { per8h: 0.0004, intervalHours: 8 }, binance: { per8h: 0.0012, intervalHours: 8 } } },
  {
    asset: "ORDI",
    kind: "opens",
    legs: { bybit: { per8h: -0.0015, intervalHours: 8 }, hyperliquid: { per8h: -0.0006, intervalHours: 1 } },
  },
  { asset: "币安人生", kind: "opens", legs: { gate: { per8h: -0.0003, intervalHours: 8 }, binance: { per8h: 0.0006, intervalHours: 4 } } },
  { asset: "2Z", kind: "opens", legs: { bybit: { per8h: -0.0004, intervalHours: 1 }, gate: { per8h: 0.0005, intervalHours: 4 } } },
  {
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
    asset: "APT",
    kind: "below-bar",
    legs: { hyperliquid: { per8h: 0.00004, intervalHours: 1 }, gate: { per8h: 0.000188, intervalHours: 4 } },
  },
  { asset: "NEAR", kind: "below-bar", legs: { gate: { per8h: -0.00002, intervalHours: 8 }, bybit: { per8h: 0.000118, intervalHours: 8 } } },
];
