import { type CoinCluster, type IdentityRulings, NO_RULINGS, type PairIdentity, tickerOf } from "../domain/identity.ts";
import { instrumentId } from "../domain/instrument.ts";
import type { QuoteColumns } from "../domain/quote.ts";
import type { QualityOverrides, QualitySettings } from "../domain/settings.ts";
import { pricePerCoin, priceSource } from "./coin-price.ts";
import { agreeing, distinct, toleranceFor } from "./identity-clusters.ts";
import { spreadOf } from "./price-clusters.ts";
import { NO_OVERRIDES, settingsFor } from "./settings-for.ts";

export type EvidenceInput = {
  /** Each market with the coin of each row, as `identify` gave it. */
  readonly venues: readonly { readonly columns: QuoteColumns; readonly assetId: readonly (string | null)[] }[];
  readonly settings: QualitySettings;
  readonly overrides?: QualityOverrides;
  readonly rulings?: IdentityRulings;
};

type Found = CoinCluster["prices"][number] & { readonly venue: string; readonly market: number };

/** The clusters of some coins with every instrument: what each costs, how far apart they lie, and how far they might. */
export function clusterEvidence(
  { venues, settings, overrides = NO_OVERRIDES, rulings = NO_RULINGS }: EvidenceInput,
  assetIds: ReadonlySet<string>,
): ReadonlyMap<string, CoinCluster> {
  const found = new Map<string, Found[]>([...assetIds].map((id) => [id, []]));
  const isRuled = Object.keys(rulings).length > 0;
  for (const [market, { columns, assetId }] of venues.entries()) {
    // Every row of a scan passes here.
    for (let row = 0; row < assetId.length; row++) {
      const id = assetId[row] ?? null;
      const members = id === null ? undefined : found.get(id);
      if (members === undefined) continue;
      const instrument = instrumentId(columns.venue, columns.symbol[row] ?? "");
      const confirmed = isRuled && Object.hasOwn(rulings, instrument) && rulings[instrument]?.verdict === "allow";
      const price = pricePerCoin(columns, row);
      members.push({ instrument, venue: columns.venue, market, price, source: priceSource(columns, row), confirmed });
    }
  }
  const bars = (id: string): QualitySettings => settingsFor({ quality: settings, overrides, symbol: tickerOf(id) });
  return new Map([...found].map(([id, members]) => [id, clusterOf(id, members, bars(id))]));
}

function clusterOf(assetId: string, members: readonly Found[], settings: QualitySettings): CoinCluster {
  const sorted = [...members].sort((a, b) => a.price - b.price);
  const told = sorted.filter(({ confirmed }) => !confirmed);
  return {
    assetId,
    venues: distinct(told, "venue"),
    instruments: told.length,
    spread: told.length > 1 ? spreadOf(told) : null,
    bar: toleranceFor(agreeing(told), settings),
    prices: sorted.map(({ instrument, price, source, confirmed }) => ({ instrument, price, source, confirmed })),
  };
}

/** What a cluster says of two of its instruments; `null` where one is not in it. */
export function pairIdentity(cluster: CoinCluster, legs: { readonly long: string; readonly short: string }): PairIdentity | null {
  const long = cluster.prices.find(({ instrument }) => instrument === legs.long);
  const short = cluster.prices.find(({ instrument }) => instrument === legs.short);
  if (long === undefined || short === undefined) return null;
  const { venues, instruments, spread, bar } = cluster;
  return {
    venues,
    instruments,
    spread,
    bar,
    long: { price: long.price, source: long.source },
    short: { price: short.price, source: short.source },
    confirmed: [...(long.confirmed ? (["long"] as const) : []), ...(short.confirmed ? (["short"] as const) : [])],
  };
}
