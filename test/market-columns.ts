import { feedIdOf } from "../src/domain/feed.ts";
import { MARKET_NUMBERS, type MarketColumns, type MarketNumber, type VenueMarket } from "../src/storage/market-columns.ts";

/** One row of a market as the snapshot has it; a number that is not given was not sent. */
export type MarketRow = Partial<Record<MarketNumber, number | null>> & {
  readonly venue: string;
  readonly asset: string;
  readonly symbol?: string;
  readonly kind?: "perpetual" | "spot";
  /** Fraction per interval. */
  readonly rate?: number | null;
  readonly hours?: number;
};

/** The market of some rows. */
export function marketOf(rows: readonly MarketRow[]): MarketColumns {
  const feeds = Map.groupBy(rows, ({ venue, kind = "perpetual" }) => feedIdOf(venue, kind));
  return Object.fromEntries([...feeds].map(([feed, of]) => [feed, columnsOf(of)]));
}

function columnsOf(rows: readonly MarketRow[]): VenueMarket {
  const sent = rows.map(({ rate = null, hours = 8, ...numbers }): Partial<Record<MarketNumber, number | null>> => {
    return { fundingRatePerInterval: rate, fundingIntervalHours: hours, ...numbers };
  });
  const columns = MARKET_NUMBERS.map((name) => [name, sent.map((row) => row[name] ?? null)] as const);
  return {
    venue: rows[0]?.venue ?? "",
    symbol: rows.map(({ symbol, asset }) => symbol ?? `${asset}/USDT:USDT`),
    kind: rows.map(({ kind = "perpetual" }) => kind),
    asset: rows.map(({ asset }) => asset),
    refused: [],
    ...(Object.fromEntries(columns) as unknown as Record<MarketNumber, readonly (number | null)[]>),
  };
}
