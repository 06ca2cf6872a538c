import { instrumentId } from "../domain/instrument.ts";
import type { QuoteColumns } from "../domain/quote.ts";
import type { QualityOverrides, QualitySettings } from "../domain/settings.ts";
import { type Cluster, type Member, type Outsider, resolveTicker } from "./identity-clusters.ts";
import { type IdentityMemory, openMemory } from "./identity-memory.ts";
import { type Refusals, refusalLog } from "./refusals.ts";
import { hasPairOverrides, NO_OVERRIDES, settingsFor } from "./settings-for.ts";

export type IdentityInput = {
  /** Each market once, with the places of the rows that passed its gate. A venue may have two, perpetuals and spot. */
  readonly venues: readonly { readonly columns: QuoteColumns; readonly passed: ArrayLike<number> }[];
  readonly settings: QualitySettings;
  /** Tolerances may differ by coin; they hold across venues, so only a coin's own overrides act here. */
  readonly overrides?: QualityOverrides;
  readonly memory: IdentityMemory;
};

export type VenueIdentity = Refusals & {
  readonly in: number;
  readonly out: number;
  /** Asset id by place in the columns, `NEIRO` or `NEIRO~2`; `null` for rows that may not pair. */
  readonly assetId: readonly (string | null)[];
};

/** What a ticker's instruments cost, cluster by cluster: why they are, or are not, one coin. */
export type IdentityEvidence = {
  readonly ticker: string;
  readonly clusters: readonly {
    /** `null`: outsiders. */
    readonly assetId: string | null;
    readonly prices: readonly { readonly instrument: string; readonly price: number }[];
  }[];
};

export type IdentityResult = {
  /** In the order of the input. */
  readonly venues: readonly VenueIdentity[];
  /** One entry for each ticker whose prices form more than one cluster. */
  readonly evidence: readonly IdentityEvidence[];
  /** To be handed to the next scan. */
  readonly memory: IdentityMemory;
};

/**
 * Tells which instruments of one ticker are one coin, by price per coin (index, else mark, else mid): groups within
 * `identityTolerance`, or `identityToleranceTwoVenues` where only two venues are in a group. Legs pair inside a group
 * only. Per venue `in = out + Σ dropped`.
 * So NEIRO at 0.08 on two venues and at 0.0004 on two others has the asset ids `NEIRO` and `NEIRO~2`.
 */
export function identify({ venues, settings, overrides = NO_OVERRIDES, memory }: IdentityInput): IdentityResult {
  const opened = openMemory(memory);
  const perPair = hasPairOverrides(overrides);
  const assetIds = venues.map(({ columns }) => Array.from<string | null>({ length: columns.count }).fill(null));
  const logs = venues.map(({ columns }) => refusalLog(columns.venue));
  const outs = venues.map(() => 0);
  const evidence: IdentityEvidence[] = [];
  const symbolOf = ({ market, row }: Member): string => venues[market]?.columns.symbol[row] ?? "";
  const nameOf = (member: Member): string => instrumentId(member.venue, symbolOf(member));
  const admit = ({ market, row }: Member, assetId: string): void => {
    const ids = assetIds[market];
    if (ids === undefined) throw new RangeError(`market ${market} of ${venues.length}`);
    ids[row] = assetId;
    outs[market] = (outs[market] ?? 0) + 1;
  };
  const refuse = (outsider: Outsider): void => {
    logs[outsider.member.market]?.add(symbolOf(outsider.member), MISMATCH, () => [mismatch(outsider, nameOf)]);
  };
  for (const [ticker, members] of membersByTicker(venues, (market, row) => refuseUnpriced(logs[market], venues[market]?.columns, row))) {
    const bars = perPair ? settingsFor({ quality: settings, overrides, symbol: ticker }) : settings;
    const resolved = resolveTicker({ ticker, members, settings: bars, memory: opened, nameOf });
    for (const cluster of resolved.clusters)
      for (const member of cluster.members) if (cluster.assetId !== null) admit(member, cluster.assetId);
    for (const outsider of resolved.outsiders) refuse(outsider);
    if (resolved.clusters.length > 1) evidence.push({ ticker, clusters: resolved.clusters.map((cluster) => shown(cluster, nameOf)) });
  }
  return {
    venues: venues.map(({ passed }, venue) => ({
      in: passed.length,
      out: outs[venue] ?? 0,
      assetId: assetIds[venue] ?? [],
      ...(logs[venue] ?? refusalLog("")).result(),
    })),
    evidence,
    memory: opened.close(),
  };
}

// The rules of identity, judged across venues, both hard.
/** The price per coin agrees with no other venue's: same ticker, other coin or other scale. */
const MISMATCH = ["identity-mismatch"] as const;
/** There is no index, mark or mid price by which to tell which coin it is. */
const NO_PRICE = ["identity-no-price"] as const;

/** Priced rows of all venues by ticker; rows without a price are reported and left out. */
function membersByTicker(venues: IdentityInput["venues"], unpriced: (market: number, row: number) => void): Map<string, Member[]> {
  const tickers = new Map<string, Member[]>();
  for (const [market, { columns, passed }] of venues.entries()) {
    const { venue } = columns;
    for (let index = 0; index < passed.length; index++) {
      const row = passed[index] ?? 0;
      const price = pricePerCoin(columns, row);
      if (price === null) {
        unpriced(market, row);
        continue;
      }
      const member = { market, venue, row, price, weightUsd: sent(columns.volume24hUsd[row]) + sent(columns.openInterestUsd[row]) };
      const ticker = columns.asset[row] ?? "";
      const known = tickers.get(ticker);
      if (known === undefined) tickers.set(ticker, [member]);
      else known.push(member);
    }
  }
  return tickers;
}

/** What was sent, for a sum that only orders clusters. */
const sent = (value: number | undefined): number => (value === undefined || Number.isNaN(value) ? 0 : value);

/** Index, else mark, else mid, in quote currency per coin; `null` where none is above zero. */
function pricePerCoin(columns: QuoteColumns, row: number): number | null {
  const index = columns.index[row] ?? Number.NaN;
  if (index > 0) return index;
  const mark = columns.mark[row] ?? Number.NaN;
  if (mark > 0) return mark;
  const mid = ((columns.bid[row] ?? Number.NaN) + (columns.ask[row] ?? Number.NaN)) / 2;
  return mid > 0 ? mid : null;
}

function refuseUnpriced(log: ReturnType<typeof refusalLog> | undefined, columns: QuoteColumns | undefined, row: number): void {
  log?.add(columns?.symbol[row] ?? "", NO_PRICE, () => [{ rule: NO_PRICE[0], value: null, bar: "a price above 0" }]);
}

/** The outsider's evidence: its own price, the nearest of another venue, their ratio, and the ratio that was allowed. */
function mismatch({ member, nearest, tolerance }: Outsider, nameOf: (member: Member) => string) {
  const ratio = member.price / nearest.price;
  return {
    rule: MISMATCH[0],
    value: ratio,
    bar: 1 + tolerance,
    evidence: { price: member.price, nearestPrice: nearest.price, nearestInstrument: nameOf(nearest) },
  };
}

const shown = ({ assetId, members }: Cluster, nameOf: (member: Member) => string): IdentityEvidence["clusters"][number] => ({
  assetId,
  prices: members.map((member) => ({ instrument: nameOf(member), price: member.price })),
});
