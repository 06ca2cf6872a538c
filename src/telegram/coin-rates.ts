import type { VenueId } from "../domain/venue.ts";
import { per8Hours, ratePerHour } from "../economics/funding.ts";
import type { MarketColumns, VenueMarket } from "../storage/market-columns.ts";

/** One instrument of a coin as the last scan saw it. Rates are fractions, prices USD per coin, times epoch ms. */
export type CoinRate = {
  readonly venue: VenueId;
  readonly kind: "perpetual" | "spot";
  /** Canonical symbol. */
  readonly symbol: string;
  /** Coin with its identity cluster. */
  readonly asset: string;
  readonly ratePer8h: number | null;
  readonly intervalHours: number | null;
  readonly nextFundingAtMs: number | null;
  readonly price: number | null;
  readonly receivedAtMs: number | null;
};

/** The ticker of a coin without its identity cluster, in capitals. */
export const tickerOf = (asset: string): string => (asset.split("~")[0] ?? asset).toUpperCase();

/**
 * Every instrument of a coin that passed the gate, the dearest funding first and unknown ones last. A coin named without its
 * cluster stands for all coins of that name.
 */
export function coinRates(market: MarketColumns, asked: string): readonly CoinRate[] {
  const name = asked.toUpperCase();
  const found = Object.values(market).flatMap((columns) =>
    columns.asset.flatMap((asset, row) =>
      asset !== null && (asset.toUpperCase() === name || tickerOf(asset) === name) ? [rateAt(columns, row, asset)] : [],
    ),
  );
  return found.sort(
    (a, b) => (b.ratePer8h ?? Number.NEGATIVE_INFINITY) - (a.ratePer8h ?? Number.NEGATIVE_INFINITY) || (a.venue < b.venue ? -1 : 1),
  );
}

function rateAt(columns: VenueMarket, row: number, asset: string): CoinRate {
  const intervalHours = columns.fundingIntervalHours[row] ?? null;
  const perHour = ratePerHour({ ratePerInterval: columns.fundingRatePerInterval[row] ?? null, intervalHours });
  const [bid, ask] = [columns.bid[row] ?? null, columns.ask[row] ?? null];
  return {
    venue: columns.venue,
    kind: columns.kind[row] === "spot" ? "spot" : "perpetual",
    symbol: columns.symbol[row] ?? "",
    asset,
    ratePer8h: perHour === null ? null : per8Hours(perHour),
    intervalHours,
    nextFundingAtMs: columns.nextFundingAtMs[row] ?? null,
    price: bid !== null && ask !== null ? (bid + ask) / 2 : (columns.mark[row] ?? null),
    receivedAtMs: columns.receivedAtMs[row] ?? null,
  };
}

/** Coins whose name begins like the one asked for, or else holds it; those on most venues first. */
export function similarCoins(market: MarketColumns, asked: string, most = 6): readonly string[] {
  const name = asked.toUpperCase();
  if (name === "") return [];
  const venues = new Map<string, number>();
  for (const { asset } of Object.values(market)) {
    for (const coin of new Set(asset)) if (coin !== null) venues.set(coin, (venues.get(coin) ?? 0) + 1);
  }
  const ranked = [...venues].filter(([coin]) => coin.toUpperCase().includes(name.slice(0, 3)));
  const score = (coin: string): number => (coin.toUpperCase().startsWith(name) ? 2 : coin.toUpperCase().includes(name) ? 1 : 0);
  return ranked
    .sort(([a, countA], [b, countB]) => score(b) - score(a) || countB - countA || (a < b ? -1 : 1))
    .slice(0, most)
    .map(([coin]) => coin);
}
