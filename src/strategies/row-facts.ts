import { crossingAt } from "../economics/crossing.ts";
import { fundingOver, ratePerHour } from "../economics/funding.ts";
import { type QuoteColumns, valueAt } from "../domain/quote.ts";
import type { Market, MarketVenue, SelectRequest } from "./strategy.ts";

/**
 * What pairing needs of each perpetual that passed the gate, worked out once a row, as a row meets many others. One entry
 * a row, `NaN` where it is not known.
 */
export type RowFacts = {
  readonly count: number;
  /** Place of the venue in the market, and of the row in its columns. */
  readonly venue: Uint16Array;
  readonly row: Uint32Array;
  /** Coin with its identity cluster. */
  readonly asset: readonly string[];
  /** Equal numbers may pair: dollars and dollar stablecoins share one. */
  readonly settleGroup: Uint16Array;
  /** Funding per hour, fraction. */
  readonly ratePerHour: Float64Array;
  /** What a short receives over the horizon, fraction. */
  readonly funding: Float64Array;
  /** Spread paid at the reference size, fraction. */
  readonly crossing: Float64Array;
  /** Taker fee, fraction, one way. */
  readonly takerFee: Float64Array;
  /** Entries of each asset, in the order of the market. */
  readonly byAsset: ReadonlyMap<string, readonly number[]>;
};

/** Currencies worth a dollar, near enough to be set off against each other; the card names it as a risk. */
const DOLLARS: ReadonlySet<string> = new Set(["USD", "USDT", "USDC"]);

/** Works out the facts of all perpetuals that may pair. Example: run in row-facts.test.ts. */
export function rowFacts(market: Market, request: SelectRequest): RowFacts {
  const most = market.reduce((total, { passed }) => total + passed.length, 0);
  const facts = {
    venue: new Uint16Array(most),
    row: new Uint32Array(most),
    settleGroup: new Uint16Array(most),
    ratePerHour: new Float64Array(most),
    funding: new Float64Array(most),
    crossing: new Float64Array(most),
    takerFee: new Float64Array(most),
  };
  const byAsset = new Map<string, number[]>();
  const assets: string[] = [];
  const groupOf = settleGroups();
  let count = 0;
  market.forEach((venue, place) => {
    const { columns } = venue;
    for (const row of venue.passed) {
      const asset = venue.assetId[row] ?? null;
      if (asset === null || columns.kind[row] !== "perpetual") continue;
      assets.push(asset);
      facts.venue[count] = place;
      facts.row[count] = row;
      facts.settleGroup[count] = groupOf(columns.settle[row] ?? "");
      writeNumbers(facts, count, { venue, row, request });
      const entries = byAsset.get(asset);
      if (entries === undefined) byAsset.set(asset, [count]);
      else entries.push(count);
      count++;
    }
  });
  return { ...facts, asset: assets, count, byAsset };
}

type Numbers = Pick<RowFacts, "ratePerHour" | "funding" | "crossing" | "takerFee">;

function writeNumbers(
  facts: Numbers,
  entry: number,
  at: { readonly venue: MarketVenue; readonly row: number; readonly request: SelectRequest },
): void {
  const { columns, facts: documented } = at.venue;
  const terms = {
    ratePerInterval: valueAt(columns.fundingRatePerInterval, at.row),
    intervalHours: valueAt(columns.fundingIntervalHours, at.row),
    nextAtMs: valueAt(columns.nextFundingAtMs, at.row),
    accrual: documented.accrual,
  };
  const { nowMs, settings } = at.request;
  facts.ratePerHour[entry] = ratePerHour(terms) ?? Number.NaN;
  facts.funding[entry] = fundingOver(terms, { nowMs, horizonHours: settings.horizonHours }) ?? Number.NaN;
  facts.crossing[entry] = crossingAt(topOfBookAt(columns, at.row), settings.referenceSizeUsd) ?? Number.NaN;
  facts.takerFee[entry] = documented.takerFee.perpetual?.rate ?? Number.NaN;
}

const topOfBookAt = (columns: QuoteColumns, row: number) => ({
  bid: valueAt(columns.bid, row),
  ask: valueAt(columns.ask, row),
  bidSizeBase: valueAt(columns.bidSizeBase, row),
  askSizeBase: valueAt(columns.askSizeBase, row),
  quotedNotionalUsd: valueAt(columns.quotedNotionalUsd, row),
});

/** Numbers settle currencies: one number for all dollars, one for each other currency. */
function settleGroups(): (settle: string) => number {
  const groups = new Map<string, number>();
  return (settle) => {
    if (DOLLARS.has(settle)) return 0;
    const known = groups.get(settle) ?? groups.size + 1;
    groups.set(settle, known);
    return known;
  };
}
