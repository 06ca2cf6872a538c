import { crossingAt } from "../economics/crossing.ts";
import { fundingOver, NO_FUNDING, ratePerHour } from "../economics/funding.ts";
import { exitCrossing } from "../economics/price-gain.ts";
import { type QuoteColumns, valueAt } from "../domain/quote.ts";
import type { Market, MarketVenue, RowFacts, SelectRequest } from "./strategy.ts";

/** Currencies worth a dollar, near enough to be set off against each other; the card names it as a risk. */
const DOLLARS: ReadonlySet<string> = new Set(["USD", "USDT", "USDC"]);

/** Works out the facts of all rows that may pair. Example: run in row-facts.test.ts. */
export function rowFacts(market: Market, request: Pick<SelectRequest, "nowMs" | "settings">): RowFacts {
  const most = market.reduce((total, { passed }) => total + passed.length, 0);
  const facts = {
    venue: new Uint16Array(most),
    row: new Uint32Array(most),
    settleGroup: new Uint16Array(most),
    currency: new Uint16Array(most),
    bid: new Float64Array(most),
    ask: new Float64Array(most),
    ratePerHour: new Float64Array(most),
    funding: new Float64Array(most),
    crossing: new Float64Array(most),
    exitCrossing: new Float64Array(most),
    takerFee: new Float64Array(most),
  };
  const byAsset = new Map<string, number[]>();
  const spotByAsset = new Map<string, number[]>();
  const assets: string[] = [];
  const groupOf = settleGroups();
  const currencyOf = numbering();
  let count = 0;
  market.forEach((venue, place) => {
    const { columns } = venue;
    for (const row of venue.passed) {
      const asset = venue.assetId[row] ?? null;
      if (asset === null) continue;
      assets.push(asset);
      facts.venue[count] = place;
      facts.row[count] = row;
      const quote = columns.quote[row] ?? "";
      const settle = columns.settle[row] ?? "";
      facts.settleGroup[count] = groupOf(settle);
      facts.currency[count] = currencyOf(quote === settle ? settle : `${quote}:${settle}`);
      writeNumbers(facts, count, { venue, row, request });
      const list = columns.kind[row] === "spot" ? spotByAsset : byAsset;
      const entries = list.get(asset);
      if (entries === undefined) list.set(asset, [count]);
      else entries.push(count);
      count++;
    }
  });
  return { ...facts, asset: assets, count, byAsset, spotByAsset };
}

type Numbers = Pick<RowFacts, "bid" | "ask" | "ratePerHour" | "funding" | "crossing" | "exitCrossing" | "takerFee">;

function writeNumbers(
  facts: Numbers,
  entry: number,
  at: { readonly venue: MarketVenue; readonly row: number; readonly request: Pick<SelectRequest, "nowMs" | "settings"> },
): void {
  const { columns, facts: documented } = at.venue;
  const kind = columns.kind[at.row] ?? "perpetual";
  const terms =
    kind === "spot"
      ? NO_FUNDING
      : {
          ratePerInterval: valueAt(columns.fundingRatePerInterval, at.row),
          intervalHours: valueAt(columns.fundingIntervalHours, at.row),
          nextAtMs: valueAt(columns.nextFundingAtMs, at.row),
          accrual: documented.accrual,
        };
  const { nowMs, settings } = at.request;
  const book = topOfBookAt(columns, at.row);
  const crossing = crossingAt(book, settings.referenceSizeUsd);
  const { bid, ask } = book;
  const isQuoted = bid !== null && ask !== null && bid > 0 && ask > 0;
  facts.bid[entry] = isQuoted ? bid : Number.NaN;
  facts.ask[entry] = isQuoted ? ask : Number.NaN;
  facts.ratePerHour[entry] = ratePerHour(terms) ?? Number.NaN;
  facts.funding[entry] = fundingOver(terms, { nowMs, horizonHours: settings.horizonHours }) ?? Number.NaN;
  facts.crossing[entry] = crossing ?? Number.NaN;
  facts.exitCrossing[entry] = exitCrossing(book, crossing) ?? Number.NaN;
  facts.takerFee[entry] = documented.takerFee[kind]?.rate ?? Number.NaN;
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
  const numberOf = numbering();
  return (settle) => (DOLLARS.has(settle) ? 0 : numberOf(settle));
}

/** A number from 1 for each name, the same for the same name. */
function numbering(): (name: string) => number {
  const numbers = new Map<string, number>();
  return (name) => {
    const known = numbers.get(name) ?? numbers.size + 1;
    numbers.set(name, known);
    return known;
  };
}
