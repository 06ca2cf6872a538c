import { instrumentId } from "../domain/instrument.ts";
import type { QuoteColumns } from "../domain/quote.ts";
import type { VenueId } from "../domain/venue.ts";
import type { QualityOverrides, QualitySettings } from "../domain/settings.ts";
import { type Cluster, isOneCoin, type Member, type Outsider, resolveTicker, type TickerRange } from "./identity-clusters.ts";
import { type IdentityMemory, openMemory } from "./identity-memory.ts";
import { listOf } from "./list-of.ts";
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
  const assetIds = venues.map(({ columns }) => listOf<string | null>(columns.count, null));
  const logs = venues.map(({ columns }) => refusalLog(columns.venue));
  const outs = venues.map(() => 0);
  const evidence: IdentityEvidence[] = [];
  const symbolOf = ({ market, row }: Member): string => venues[market]?.columns.symbol[row] ?? "";
  const nameOf = (member: Member): string => instrumentId(member.venue, symbolOf(member));
  const admit: Admit = (market, row, assetId) => {
    const ids = assetIds[market];
    if (ids === undefined) throw new RangeError(`market ${market} of ${venues.length}`);
    ids[row] = assetId;
    outs[market] = (outs[market] ?? 0) + 1;
  };
  const refuse = (outsider: Outsider): void => {
    logs[outsider.member.market]?.add(symbolOf(outsider.member), MISMATCH, () => [mismatch(outsider, nameOf)]);
  };
  const barsOf = (ticker: string): QualitySettings => (perPair ? settingsFor({ quality: settings, overrides, symbol: ticker }) : settings);
  const tickers = readTickers(venues, (market, row) => refuseUnpriced(logs[market], venues[market]?.columns, row));
  const oneCoin = tickers.ranges.map((range) => !opened.knows(range.ticker) && isOneCoin(range, barsOf(range.ticker)));
  for (const [ticker, members] of membersApart(venues, { tickers, oneCoin, admit })) {
    const resolved = resolveTicker({ ticker, members, settings: barsOf(ticker), memory: opened, nameOf });
    for (const cluster of resolved.clusters)
      for (const { market, row } of cluster.members) if (cluster.assetId !== null) admit(market, row, cluster.assetId);
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

const MISMATCH = ["identity-mismatch"] as const;
const NO_PRICE = ["identity-no-price"] as const;

/** The tickers of all priced rows, numbered as they come. Most need no more than this, so that no row becomes an object here. */
type Tickers = {
  readonly ranges: readonly (TickerRange & { readonly ticker: string })[];
  /** By market and row: the number of the row's ticker, -1 for a row that did not pass or has no price. */
  readonly ofRows: readonly Int32Array[];
};

/** Reads them; rows without a price are reported and left out. */
function readTickers(venues: IdentityInput["venues"], unpriced: (market: number, row: number) => void): Tickers {
  const numbers = new Map<string, number>();
  const ranges: OpenRange[] = [];
  const ofRows = venues.map(({ columns }) => new Int32Array(columns.count).fill(-1));
  for (const [market, { columns, passed }] of venues.entries()) {
    const tickers = ofRows[market] ?? new Int32Array(0);
    for (let index = 0; index < passed.length; index++) {
      const row = passed[index] ?? 0;
      const price = pricePerCoin(columns, row);
      if (Number.isNaN(price)) {
        unpriced(market, row);
        continue;
      }
      const ticker = columns.asset[row] ?? "";
      const number = numbers.get(ticker) ?? numbers.size;
      tickers[row] = number;
      const range = ranges[number];
      if (range !== undefined) {
        widen(range, price, columns.venue);
        continue;
      }
      numbers.set(ticker, number);
      ranges.push({ ticker, lowest: price, highest: price, venues: 1, seen: [columns.venue] });
    }
  }
  return { ranges, ofRows };
}

type OpenRange = { -readonly [K in keyof TickerRange]: TickerRange[K] } & { readonly ticker: string; readonly seen: VenueId[] };

function widen(range: OpenRange, price: number, venue: VenueId): void {
  if (price < range.lowest) range.lowest = price;
  if (price > range.highest) range.highest = price;
  if (range.seen.includes(venue)) return;
  range.seen.push(venue);
  range.venues++;
}

/** Admits the rows of the tickers that are one coin, and gives the rows of the others, ticker by ticker. */
function membersApart(
  venues: IdentityInput["venues"],
  { tickers, oneCoin, admit }: { readonly tickers: Tickers; readonly oneCoin: readonly boolean[]; readonly admit: Admit },
): ReadonlyMap<string, readonly Member[]> {
  const apart = new Map(
    tickers.ranges.filter((_, number) => oneCoin[number] === false).map(({ ticker }): [string, Member[]] => [ticker, []]),
  );
  for (const [market, { columns }] of venues.entries()) {
    const ofRows = tickers.ofRows[market] ?? new Int32Array(0);
    for (let row = 0; row < ofRows.length; row++) {
      const number = ofRows[row] ?? -1;
      if (number < 0) continue;
      const ticker = tickers.ranges[number]?.ticker ?? "";
      if (oneCoin[number] === true) {
        admit(market, row, ticker);
        continue;
      }
      const weightUsd = sent(columns.volume24hUsd[row]) + sent(columns.openInterestUsd[row]);
      apart.get(ticker)?.push({ market, venue: columns.venue, row, price: pricePerCoin(columns, row), weightUsd });
    }
  }
  return apart;
}

type Admit = (market: number, row: number, assetId: string) => void;

/** What was sent, for a sum that only orders clusters. */
const sent = (value: number | undefined): number => (value === undefined || Number.isNaN(value) ? 0 : value);

/** Index, else mark, else mid, in quote currency per coin; `NaN` where none is above zero. */
function pricePerCoin(columns: QuoteColumns, row: number): number {
  const index = columns.index[row] ?? Number.NaN;
  if (index > 0) return index;
  const mark = columns.mark[row] ?? Number.NaN;
  if (mark > 0) return mark;
  const mid = ((columns.bid[row] ?? Number.NaN) + (columns.ask[row] ?? Number.NaN)) / 2;
  return mid > 0 ? mid : Number.NaN;
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
