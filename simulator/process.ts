import type { Coin } from "./coins.ts";
import { hash, normal, signed, unit } from "./random.ts";

/** What moves a coin: constants drawn once from the seed, so that price and rate at any time cost a few sines. */
export type CoinProcess = {
  readonly coin: Coin;
  readonly salt: number;
  readonly waves: readonly { readonly share: number; readonly periodMs: number; readonly phase: number }[];
  /** Funding per 8 h that all venues share, before its slow swing. */
  readonly fundingPer8h: number;
  readonly fundingSwing: number;
};

/** What differs between the venues of one coin. */
export type ListingProcess = {
  readonly salt: number;
  readonly basis: number;
  readonly basisPhase: number;
  /** Own part of the funding per 8 h; within ± `largestOwnFunding`. */
  readonly fundingPer8h: number;
  readonly fundingPhase: number;
};

const HOUR_MS = 3_600_000;
const BASIS_POINT = 0.0001;
/** Swing and period of each wave of the price: days, half a day, an hour, minutes. */
const WAVES = [
  { share: 0.04, periodMs: 71 * HOUR_MS },
  { share: 0.011, periodMs: 11.3 * HOUR_MS },
  { share: 0.0022, periodMs: 0.83 * HOUR_MS },
  { share: 0.0006, periodMs: 0.091 * HOUR_MS },
];
/** Share of coins whose funding rests at the interest rate of 0.01 % per 8 h. */
const AT_INTEREST_RATE = 0.15;
const INTEREST_PER_8H = 0.0001;
/** Log-normal size of the other coins' funding: median 0.003 % per 8 h, 99th percentile 0.14 %. */
const FUNDING_MEDIAN = 0.00003;
const FUNDING_SIGMA = 1.65;
const FUNDING_LIMIT = 0.0035;
/** The most traded coins never pay that much: everybody trades their difference away. */
const MAJORS = 4;
const FUNDING_LIMIT_OF_MAJORS = 0.00009;

export function coinProcess(seed: number, coin: Coin): CoinProcess {
  const salt = hash(seed, coin.id);
  const wild = Math.min(
    coin.rank <= MAJORS ? FUNDING_LIMIT_OF_MAJORS : FUNDING_LIMIT,
    FUNDING_MEDIAN * Math.exp(FUNDING_SIGMA * normal(salt, "funding")),
  );
  const rests = unit(salt, "at-interest") < AT_INTEREST_RATE;
  return {
    coin,
    salt,
    waves: WAVES.map(({ share, periodMs }, place) => ({
      share: share * (0.6 + 0.8 * unit(salt, place, "share")),
      periodMs: periodMs * (0.8 + 0.4 * unit(salt, place, "period")),
      phase: 2 * Math.PI * unit(salt, place, "phase"),
    })),
    fundingPer8h: rests ? INTEREST_PER_8H : wild * (unit(salt, "sign") < 0.6 ? 1 : -1),
    fundingSwing: rests ? 0 : 0.2,
  };
}

/**
 * How far a venue's funding may stand from what all venues of a coin pay, per 8 h: 0.5 basis points, so that two venues
 * differ by 1 at most, and less where its fee is low: 21 payments of it earn no more than 4 basis points over the venue's two
 * fees, so that no pair of two venues clears a bar of 10 unless it was planted.
 */
export const largestOwnFunding = (takerFeeRate: number): number => Math.min(0.5 * BASIS_POINT, (2 * takerFeeRate + 4 * BASIS_POINT) / 21);

export function listingProcess(coin: CoinProcess, key: string, ownFunding: number): ListingProcess {
  const salt = hash(coin.salt, key);
  const rests = coin.fundingSwing === 0 && unit(salt, "rests") < 0.6;
  return {
    salt,
    basis: BASIS_POINT * signed(salt, "basis"),
    basisPhase: 2 * Math.PI * unit(salt, "basis-phase"),
    fundingPer8h: rests ? 0 : ownFunding * signed(salt, "own-funding"),
    fundingPhase: 2 * Math.PI * unit(salt, "funding-phase"),
  };
}

/** Funding per 8 h that no venue of the coin exceeds. */
export const largestFundingPer8h = (coin: CoinProcess): number => coin.fundingPer8h * (1 + coin.fundingSwing) + 0.5 * BASIS_POINT;

/** Price of one coin in USD. */
export function priceAt(process: CoinProcess, atMs: number): number {
  let log = 0;
  for (const wave of process.waves) log += wave.share * Math.sin((2 * Math.PI * atMs) / wave.periodMs + wave.phase);
  return process.coin.level * Math.exp(log) * (1 + 0.5 * BASIS_POINT * noise(process.salt, atMs));
}

/** How far a venue's price stands from the coin's: at most 3 basis points. */
export const basisAt = (process: ListingProcess, atMs: number): number =>
  process.basis + 2 * BASIS_POINT * Math.sin((2 * Math.PI * atMs) / (0.61 * HOUR_MS) + process.basisPhase);

/** Funding of a venue as a fraction per 8 hours, before rounding. */
export function fundingPer8hAt(coin: CoinProcess, own: ListingProcess, atMs: number): number {
  const shared = coin.fundingPer8h * (1 + coin.fundingSwing * Math.sin((2 * Math.PI * atMs) / (53 * HOUR_MS) + coin.salt));
  return shared + own.fundingPer8h * (0.75 + 0.25 * Math.sin((2 * Math.PI * atMs) / (7.7 * HOUR_MS) + own.fundingPhase));
}

/** Noise in [−1, 1) that changes once a second. */
export const noise = (salt: number, atMs: number, what = 0): number =>
  signed(salt, Math.floor(atMs / 1000), Math.floor(atMs / 4_294_967_296_000), what);
