/** The price by which an instrument's coin is told: index, else mark, else the middle of bid and ask. */
export const PRICE_SOURCES = ["index", "mark", "mid"] as const;
export type PriceSource = (typeof PRICE_SOURCES)[number];

/** What one instrument costs per coin, in its quote currency. */
export type CoinPrice = { readonly price: number; readonly source: PriceSource };

/** Why the legs of a pair count as one coin: the instruments of its cluster, as a scan saw them. */
export type PairIdentity = {
  /** Venues whose instruments agree by price, and how many instruments these are; what an operator let in is not counted. */
  readonly venues: number;
  readonly instruments: number;
  /** How far apart their prices lie, max/min − 1, fraction; `null` where none agree and an operator's word alone holds. */
  readonly spread: number | null;
  /** The most that was allowed, fraction. */
  readonly bar: number;
  readonly long: CoinPrice;
  readonly short: CoinPrice;
  /** Legs whose coin an operator confirmed. */
  readonly confirmed: readonly ("long" | "short")[];
};

/** A cluster with its instruments, lowest price first. */
export type CoinCluster = Pick<PairIdentity, "venues" | "instruments" | "spread" | "bar"> & {
  readonly assetId: string;
  readonly prices: readonly (CoinPrice & { readonly instrument: string; readonly confirmed: boolean })[];
};

/** An instrument that identity keeps out, with what it was held against. */
export type Quarantined = CoinPrice & {
  readonly instrument: string;
  readonly ticker: string;
  /** `identity-denied`: an operator's word; the figures are those of the moment all the same. */
  readonly rule: "identity-mismatch" | "identity-denied";
  readonly sinceMs: number;
  /** The nearest coin of the ticker, else the nearest instrument elsewhere; `null` where no other venue has one. */
  readonly against: { readonly assetId: string | null; readonly instrument: string; readonly price: number } | null;
  /** price / against.price */
  readonly ratio: number | null;
  /** The ratio that was allowed, from 1. */
  readonly bar: number;
};

/** What a scan keeps of identity: the coins of the pairs it shows, and what is kept out. */
export type ScanIdentity = {
  readonly clusters: readonly CoinCluster[];
  readonly quarantine: readonly Quarantined[];
  /** All that are kept out, those beyond the list too. */
  readonly quarantined: number;
};

/** What operators ruled on instruments: into which coin one is let, or that it never pairs; until when, epoch ms. */
export type IdentityRulings = Readonly<
  Record<
    string,
    ({ readonly verdict: "allow"; readonly assetId: string } | { readonly verdict: "deny" }) & { readonly expiresAtMs: number | null }
  >
>;
export const NO_RULINGS: IdentityRulings = {};

/** Those that have not run out. */
export const liveRulings = (rulings: IdentityRulings, nowMs: number): IdentityRulings =>
  Object.fromEntries(Object.entries(rulings).filter(([, { expiresAtMs }]) => expiresAtMs === null || expiresAtMs > nowMs));

/** Ratios so near to a power of ten are another scale of one coin more likely than another coin. */
const SCALE_TOLERANCE = 0.1;

/**
 * The power of ten that a ratio of prices stands near, but for 1: another scale. `null` where it stands near none.
 * @example scaleOf(9.7) // 10
 */
export function scaleOf(ratio: number): number | null {
  const power = 10 ** Math.round(Math.log10(ratio));
  return power !== 1 && Math.abs(ratio / power - 1) <= SCALE_TOLERANCE ? power : null;
}

/**
 * The ticker in an asset id.
 * @example tickerOf("NEIRO~2") // "NEIRO"
 */
export const tickerOf = (assetId: string): string => assetId.replace(/~\d+$/u, "");
/**
 * The coin in the name of an instrument.
 * @example coinOfInstrument("gate:PEPE/USDT:USDT") // "PEPE"
 */
export const coinOfInstrument = (instrument: string): string =>
  instrument.slice(instrument.indexOf(":") + 1).split("/", 1)[0] ?? instrument;
