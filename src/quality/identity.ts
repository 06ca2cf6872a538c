import { coinOfInstrument, type IdentityRulings, NO_RULINGS, type Quarantined } from "../domain/identity.ts";
import type { QuoteColumns } from "../domain/quote.ts";
import type { QualityOverrides, QualitySettings } from "../domain/settings.ts";
import type { VenueId } from "../domain/venue.ts";
import { pricePerCoin } from "./coin-price.ts";
import { type Cluster, isOneCoin, type Member, resolveTicker, type TickerRange } from "./identity-clusters.ts";
import { type IdentityLog, identityLog, type VenueIdentity } from "./identity-log.ts";
import { type IdentityMemory, openMemory } from "./identity-memory.ts";
import { quarantineOf } from "./identity-quarantine.ts";
import { hasPairOverrides, NO_OVERRIDES, settingsFor } from "./settings-for.ts";

export type IdentityInput = {
  /** Each market once, with the places of the rows that passed its gate. A venue may have two, perpetuals and spot. */
  readonly venues: readonly { readonly columns: QuoteColumns; readonly passed: ArrayLike<number> }[];
  readonly settings: QualitySettings;
  /** Tolerances may differ by coin; they hold across venues, so only a coin's own overrides act here. */
  readonly overrides?: QualityOverrides;
  readonly memory: IdentityMemory;
  /** By instrument. */
  readonly rulings?: IdentityRulings;
  readonly nowMs: number;
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
  /** Every instrument that is kept out, longest first. */
  readonly quarantine: readonly Quarantined[];
  /** To be handed to the next scan. */
  readonly memory: IdentityMemory;
};

/**
 * Tells which instruments of one ticker are one coin, by price per coin (index, else mark, else mid): groups within
 * `identityTolerance`, or `identityToleranceTwoVenues` where only two venues are in a group. Legs pair inside a group
 * only. Per venue `in = out + Σ dropped`.
 * So NEIRO at 0.08 on two venues and at 0.0004 on two others has the asset ids `NEIRO` and `NEIRO~2`.
 */
export function identify(input: IdentityInput): IdentityResult {
  const { venues, settings, overrides = NO_OVERRIDES, memory, rulings = NO_RULINGS, nowMs } = input;
  const opened = openMemory(memory);
  const perPair = hasPairOverrides(overrides);
  const log = identityLog(venues);
  const { admit, nameOf } = log;
  const evidence: IdentityEvidence[] = [];
  const quarantine: Quarantined[] = [];
  const ruled = new Set(Object.keys(rulings).map(coinOfInstrument));
  const barsOf = (ticker: string): QualitySettings => (perPair ? settingsFor({ quality: settings, overrides, symbol: ticker }) : settings);
  const tickers = readTickers(venues, log.refuseUnpriced);
  const isApart = (ticker: string): boolean => opened.knows(ticker) || opened.hasOutsider(ticker) || ruled.has(ticker);
  const oneCoin = tickers.ranges.map((range) => !isApart(range.ticker) && isOneCoin(range, barsOf(range.ticker)));
  for (const [ticker, members] of membersApart(venues, { tickers, oneCoin, admit })) {
    const bars = barsOf(ticker);
    const resolved = resolveTicker({ ticker, members, settings: bars, memory: opened, nameOf, rulings });
    for (const { assetId, members: of } of resolved.clusters) {
      if (assetId === null) continue;
      for (const member of of) {
        admit(member.market, member.row, assetId);
        opened.inside(nameOf(member));
      }
    }
    for (const outsider of resolved.outsiders) log.refuse(outsider);
    for (const member of resolved.denied) log.deny(member);
    const bar = 1 + bars.identityTolerance;
    quarantine.push(...quarantineOf(resolved, { ticker, bar, nowMs, memory: opened, nameOf, sourceOf: log.sourceOf }));
    if (resolved.clusters.length > 1) evidence.push({ ticker, clusters: resolved.clusters.map((cluster) => shown(cluster, nameOf)) });
  }
  return { venues: log.result(), evidence, quarantine: quarantine.sort((a, b) => a.sinceMs - b.sinceMs), memory: opened.close() };
}

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
  { tickers, oneCoin, admit }: { readonly tickers: Tickers; readonly oneCoin: readonly boolean[]; readonly admit: IdentityLog["admit"] },
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

/** What was sent, for a sum that only orders clusters. */
const sent = (value: number | undefined): number => (value === undefined || Number.isNaN(value) ? 0 : value);

const shown = ({ assetId, members }: Cluster, nameOf: (member: Member) => string): IdentityEvidence["clusters"][number] => ({
  assetId,
  prices: members.map((member) => ({ instrument: nameOf(member), price: member.price })),
});
