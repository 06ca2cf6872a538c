import { instrumentId } from "../domain/instrument.ts";
import { HOUR_MS } from "../domain/units.ts";
import { per8Hours, ratePerHour } from "../economics/funding.ts";
import type { MarketColumns, VenueMarket } from "../storage/market-columns.ts";

/** What a perpetual's row of the snapshot says of its funding. Rates are fractions per interval, times epoch ms. */
export type MarketRate = {
  readonly instrument: string;
  readonly venue: string;
  readonly asset: string | null;
  readonly ratePerInterval: number | null;
  readonly intervalMs: number | null;
  readonly nextAtMs: number | null;
  readonly lastSettledRate: number | null;
  readonly volume24hUsd: number | null;
  readonly receivedAtMs: number | null;
};

/** The perpetuals of a market by instrument, those asked for. */
export function ratesOfInstruments(market: MarketColumns, instruments: ReadonlySet<string>): ReadonlyMap<string, MarketRate> {
  const found = new Map<string, MarketRate>();
  for (const columns of Object.values(market)) {
    for (const [row, symbol] of columns.symbol.entries()) {
      const instrument = instrumentId(columns.venue, symbol);
      if (columns.kind[row] === "perpetual" && instruments.has(instrument)) found.set(instrument, rateAt(columns, row));
    }
  }
  return found;
}

/**
 * The perpetual that stands for a coin on a venue: the one that trades most, where a venue has several. Null where the
 * venue shows none now.
 */
export function rateOfCoin(market: MarketColumns, { asset, venue }: { readonly asset: string; readonly venue: string }): MarketRate | null {
  let best: MarketRate | null = null;
  for (const columns of Object.values(market)) {
    if (columns.venue !== venue) continue;
    for (let row = columns.asset.indexOf(asset); row !== -1; row = columns.asset.indexOf(asset, row + 1)) {
      if (columns.kind[row] !== "perpetual") continue;
      const rate = rateAt(columns, row);
      if (best === null || (rate.volume24hUsd ?? -1) > (best.volume24hUsd ?? -1)) best = rate;
    }
  }
  return best;
}

/** Funding as a fraction per 8 h; null where rate or interval is missing. */
export function ratePer8h({ ratePerInterval, intervalMs }: Pick<MarketRate, "ratePerInterval" | "intervalMs">): number | null {
  const perHour = ratePerHour({ ratePerInterval, intervalHours: intervalMs === null ? null : intervalMs / HOUR_MS });
  return perHour === null ? null : per8Hours(perHour);
}

function rateAt(columns: VenueMarket, row: number): MarketRate {
  const hours = columns.fundingIntervalHours[row] ?? null;
  return {
    instrument: instrumentId(columns.venue, columns.symbol[row] ?? ""),
    venue: columns.venue,
    asset: columns.asset[row] ?? null,
    ratePerInterval: columns.fundingRatePerInterval[row] ?? null,
    intervalMs: hours === null || !(hours > 0) ? null : hours * HOUR_MS,
    nextAtMs: columns.nextFundingAtMs[row] ?? null,
    lastSettledRate: columns.lastSettledRatePerInterval[row] ?? null,
    volume24hUsd: columns.volume24hUsd[row] ?? null,
    receivedAtMs: columns.receivedAtMs[row] ?? null,
  };
}
