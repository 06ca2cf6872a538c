import type { Coin } from "./coins.ts";
import type { CoinProcess, ListingProcess } from "./process.ts";

/** `delisted`: still in some of the venue's lists, no market any more. `empty-book`: listed, nobody quotes. */
export type ListingState = "trading" | "pre-market" | "delisting" | "halted" | "delisted" | "empty-book";

/** One instrument of a venue, with everything about it that does not move. */
export type Listing = {
  readonly venue: string;
  readonly coin: Coin;
  readonly coinProcess: CoinProcess;
  readonly process: ListingProcess;
  readonly kind: "perpetual" | "spot" | "dated" | "leveraged";
  readonly state: ListingState;
  readonly quote: string;
  readonly settle: string;
  /** The venue's own name for it; for dated futures the part before the date. */
  readonly symbol: string;
  /** Coins in one quoted unit. */
  readonly multiplier: number;
  readonly intervalHours: number;
  /** Funding per 8 h that stands still, or `null` where the process decides. */
  readonly fixedPer8h: number | null;
  /** How far its book stands above the coin's price, fraction, or `null` where the process decides. */
  readonly premium: number | null;
  /** Largest |rate| per interval. */
  readonly fundingCap: number;
  /** Price decimals in quoted units; 10^−places is the tick. */
  readonly pricePlaces: number;
  /** Size decimals in quoted units; may be negative. */
  readonly sizePlaces: number;
  /** Spread as a fraction of the price. */
  readonly spread: number;
  /** USD on each side of the top of book, before its own movement. */
  readonly depthUsd: number;
  readonly volumeUsd: number;
  /** One side. */
  readonly openInterestUsd: number;
  /** The market makes no other instrument look like an opportunity; this one was put there on purpose. */
  readonly planted: boolean;
};

/** One instrument at one moment. Prices are in quoted units (a bundle of coins where the venue bundles), sizes in coins. */
export type MarketRow = {
  readonly listing: Listing;
  readonly symbol: string;
  readonly state: ListingState;
  readonly bid: number;
  readonly ask: number;
  readonly bidSizeCoins: number;
  readonly askSizeCoins: number;
  readonly mark: number;
  readonly index: number;
  readonly last: number;
  readonly open24h: number;
  readonly high24h: number;
  readonly low24h: number;
  /** Fraction per interval, rounded to the venue's decimals. */
  readonly rate: number;
  readonly nextFundingAtMs: number;
  /** When the book last changed. */
  readonly bookAtMs: number;
  readonly volumeUsd: number;
  readonly volumeCoins: number;
  /** One side. */
  readonly openInterestCoins: number;
  /** Expiry of a dated future, end of trading of an instrument about to be delisted; else `null`. */
  readonly endsAtMs: number | null;
};
