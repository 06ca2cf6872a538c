import { coinList, tradfiList, type Coin } from "./coins.ts";
import { exponent } from "./decimal.ts";
import type { Listing } from "./listing.ts";
import { PLANTED, type PlantedCoin } from "./planted.ts";
import { coinProcess, largestFundingPer8h, largestOwnFunding, listingProcess, type CoinProcess } from "./process.ts";
import { unit } from "./random.ts";
import { type Trap, TRAPS } from "./traps.ts";
import type { SimulatedVenue } from "./venues/venue.ts";

export type Market = {
  readonly seed: number;
  readonly coins: readonly Coin[];
  readonly listings: ReadonlyMap<string, readonly Listing[]>;
  readonly planted: readonly PlantedCoin[];
};

export type MarketOptions = {
  readonly seed: number;
  readonly venues: readonly SimulatedVenue[];
  /** Cryptocurrencies in the market; default 600. */
  readonly coins?: number | undefined;
  /** Whether opportunities are planted; default true. Without them the market is quiet. */
  readonly planted?: boolean | undefined;
  /** These coins, as these venues list them, and nothing else. */
  readonly only?: readonly Trap[] | undefined;
  /** Whether some of them have a leg that only its order book prices, so that they open later; default true. */
  readonly bookOnly?: boolean | undefined;
};

export const DEFAULT_COINS = 600;

/** Builds the market of a seed. Equal options give an equal market. */
export function createMarket(options: MarketOptions): Market {
  const { seed, venues, only } = options;
  const reserved = TRAPS.map((trap) => trap.coin.ticker);
  const coins = only === undefined ? coinList(seed, options.coins ?? DEFAULT_COINS, reserved) : [];
  const planted = options.planted === false ? [] : options.bookOnly === false ? pricedFromTop(venues) : PLANTED;
  const listings = new Map<string, readonly Listing[]>();
  const processes = new Map(coins.map((coin) => [coin.id, coinProcess(seed, coin)]));
  for (const venue of venues) listings.set(venue.id, venueListings({ seed, venue, coins, planted, processes, only }));
  return { seed, coins, listings, planted };
}

/** The planted coins of which no leg waits for its order book. */
function pricedFromTop(venues: readonly SimulatedVenue[]): readonly PlantedCoin[] {
  const waiting = venues.filter(({ profile }) => profile.pricedByBook === true).map(({ id }) => id);
  return PLANTED.filter(({ legs }) => waiting.every((id) => !Object.hasOwn(legs, id)));
}

type Build = {
  readonly seed: number;
  readonly venue: SimulatedVenue;
  readonly coins: readonly Coin[];
  readonly planted: readonly PlantedCoin[];
  readonly processes: ReadonlyMap<string, CoinProcess>;
  readonly only: readonly Trap[] | undefined;
};

function venueListings(build: Build): readonly Listing[] {
  const { seed, venue, coins, planted, processes, only } = build;
  const rows: Listing[] = [];
  const add = (coin: Coin, extra: Partial<Listing> = {}): void => {
    rows.push(newListing({ seed, venue, process: processes.get(coin.id) ?? coinProcess(seed, coin), extra }));
  };
  for (const coin of coins) {
    const plant = planted.find((entry) => entry.asset === coin.ticker);
    if (plant !== undefined) {
      const leg = plant.legs[venue.id];
      if (leg !== undefined)
        add(coin, {
          ...QUALITY_OF_PLANTED,
          intervalHours: leg.intervalHours,
          fixedPer8h: leg.per8h,
          premium: leg.premium ?? null,
          planted: true,
        });
      continue;
    }
    if (!venue.profile.canList(coin) || !isListed(seed, venue, coin)) continue;
    if (venue.profile.kind === "spot" && !isCalm(processes.get(coin.id))) continue;
    add(coin);
    if (coin.rank <= venue.profile.usdcContracts) add(coin, { quote: "USDC", settle: "USDC" });
  }
  if (only === undefined && venue.profile.listsTradfi)
    for (const coin of tradfiList(40)) add(coin, { fixedPer8h: tradfiFunding(seed, venue.id, coin) });
  for (const trap of only ?? TRAPS) {
    const leg = trap.legs[venue.id];
    if (leg !== undefined) add({ ...trap.coin, level: trap.coin.level * (leg.priceFactor ?? 1) }, leg.listing);
  }
  if (only === undefined) for (const { coin, listing } of venue.profile.ownTraps(coins)) add(coin, listing);
  return rows;
}

/** Deep and narrow enough for every check of a 5,000 USD pair. */
const QUALITY_OF_PLANTED: Partial<Listing> = { spread: 0.0002, depthUsd: 120_000, volumeUsd: 60_000_000, openInterestUsd: 40_000_000 };
/** Every venue lists the most traded coins. */
const LISTED_EVERYWHERE = 40;

const isListed = (seed: number, venue: SimulatedVenue, coin: Coin): boolean =>
  coin.rank <= LISTED_EVERYWHERE || isOddlyNamed(coin) || unit(seed, venue.id, coin.id, "listed") < venue.profile.coverage;

/** No spot market is made where holding the coin against a perpetual would pay, but for the planted ones. */
const isCalm = (process: CoinProcess | undefined): boolean => process !== undefined && largestFundingPer8h(process) <= CALM_PER_8H;
/** 21 payments of it cost no more than four taker fees of 0.1 and 0.045 %, with 5 basis points to spare. */
const CALM_PER_8H = 0.00016;

/** Names that a reader can get wrong: bundled coins, names that start with a digit, names that are not ASCII. */
const isOddlyNamed = (coin: Coin): boolean => coin.bundle !== 1 || !/^[A-Z]/u.test(coin.ticker);

/** Shares pay very different funding on different venues: they must never pair with coins or be shown as coins. */
const tradfiFunding = (seed: number, venue: string, coin: Coin): number => 0.002 * (2 * unit(seed, venue, coin.id, "tradfi") - 1);

/** Volume of a coin's USDC contract beside its USDT one. */
const SECOND_QUOTE_SHARE = 0.03;

type NewListing = {
  readonly seed: number;
  readonly venue: SimulatedVenue;
  readonly process: CoinProcess;
  readonly extra: Partial<Listing>;
};

function newListing({ seed, venue, process, extra }: NewListing): Listing {
  const { coin } = process;
  const { profile } = venue;
  const quote = extra.quote ?? profile.quote;
  const draw = (what: string): number => unit(seed, venue.id, coin.id, quote, what);
  const multiplier = profile.multiplier(coin);
  const pricePlaces = 5 - exponent(coin.level * multiplier);
  const share = quote === profile.quote ? 1 : SECOND_QUOTE_SHARE;
  const volumeUsd = ((share * profile.volumeShare * 2e10) / coin.rank ** 1.5) * (0.5 + draw("volume"));
  const kind = extra.kind ?? profile.kind ?? "perpetual";
  const intervalHours = extra.intervalHours ?? intervalOf(profile.intervals, coin.rank <= 4 ? 0 : draw("interval"));
  return {
    venue: venue.id,
    coin,
    coinProcess: process,
    process: listingProcess(process, `${venue.id}:${quote}:${kind}`, largestOwnFunding(venue.takerFeeRate)),
    kind,
    state: "trading",
    quote,
    settle: profile.settle,
    symbol: profile.symbol({ ticker: coin.ticker, quote, multiplier, kind }),
    multiplier,
    fixedPer8h: null,
    premium: null,
    fundingCap: coin.rank <= 4 ? 0.003 : 0.02,
    pricePlaces,
    sizePlaces: pricePlaces >= 4 ? 4 - pricePlaces : Math.min(3, exponent(coin.level * multiplier) - 1),
    spread: 0.00005 + 0.00095 * Math.min(1, coin.rank / 600) ** 0.7 * (0.5 + 0.5 * draw("spread")),
    depthUsd: ((share ** 0.25 * 150_000) / coin.rank ** 0.4) * Math.exp(1.8 * (draw("depth") - 0.5)),
    volumeUsd,
    openInterestUsd: volumeUsd * (0.2 + 0.4 * draw("interest")),
    planted: false,
    ...extra,
    intervalHours,
  };
}

/** Picks by cumulated share; the first entry is the one of the most traded coins. */
function intervalOf(intervals: readonly (readonly [hours: number, share: number])[], draw: number): number {
  let passed = 0;
  for (const [hours, share] of intervals) {
    passed += share;
    if (draw < passed) return hours;
  }
  return intervals[0]?.[0] ?? 8;
}
