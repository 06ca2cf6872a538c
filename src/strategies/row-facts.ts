import { HOUR_MS } from "../domain/units.ts";
import type { Market, MarketVenue, RowFacts, SelectRequest } from "./strategy.ts";

/** Currencies worth a dollar, near enough to be set off against each other; the card names it as a risk. */
const DOLLARS: ReadonlySet<string> = new Set(["USD", "USDT", "USDC"]);

/** Bit of `lacks`: best bid or ask is not known. */
export const LACKS_PRICE = 1;
/** Bit of `lacks`: rate or schedule is not known. */
export const LACKS_FUNDING = 2;

type Terms = Pick<SelectRequest, "nowMs" | "settings">;
type Numbers = Omit<RowFacts, "asset" | "count" | "byAsset" | "spotByAsset">;

/** Works out the facts of all rows that may pair. Example: run in row-facts.test.ts. */
export function rowFacts(market: Market, request: Terms): RowFacts {
  const facts = roomFor(market.reduce((total, { passed }) => total + passed.length, 0));
  const byAsset = new Map<string, number[]>();
  const spotByAsset = new Map<string, number[]>();
  const assets: string[] = [];
  const currencies = currencyNumbers();
  market.forEach((venue, number) => {
    const from = assets.length;
    const venueNumber = market.findIndex(({ facts: { id } }) => id === venue.facts.id);
    const { kind, quote, settle } = venue.columns;
    for (let place = 0; place < venue.passed.length; place++) {
      const row = venue.passed[place] ?? 0;
      const asset = venue.assetId[row] ?? null;
      if (asset === null) continue;
      const entry = assets.length;
      assets.push(asset);
      facts.venue[entry] = number;
      facts.row[entry] = row;
      facts.venueNumber[entry] = venueNumber;
      const currency = currencies(quote[row] ?? "", settle[row] ?? "");
      facts.settleGroup[entry] = currency.settleGroup;
      facts.currency[entry] = currency.number;
      const list = kind[row] === "spot" ? spotByAsset : byAsset;
      const entries = list.get(asset);
      if (entries === undefined) list.set(asset, [entry]);
      else entries.push(entry);
    }
    const entries = { from, to: assets.length };
    writeBooks(facts, { ...entries, venue, sizeUsd: request.settings.referenceSizeUsd });
    writeFunding(facts, { ...entries, venue, request });
  });
  return { ...facts, asset: assets, count: assets.length, byAsset, spotByAsset };
}

const roomFor = (rows: number): Numbers => ({
  venue: new Uint16Array(rows),
  row: new Uint32Array(rows),
  venueNumber: new Uint16Array(rows),
  settleGroup: new Uint16Array(rows),
  currency: new Uint16Array(rows),
  lacks: new Uint8Array(rows),
  bid: new Float64Array(rows),
  ask: new Float64Array(rows),
  ratePerHour: new Float64Array(rows),
  funding: new Float64Array(rows),
  crossing: new Float64Array(rows),
  exitCrossing: new Float64Array(rows),
  takerFee: new Float64Array(rows),
});

/** The entries of one venue: those from `from` up to `to`. */
type Entries = { readonly from: number; readonly to: number; readonly venue: MarketVenue };

/**
 * Prices and what crossing costs: `crossingAt` and `exitCrossing` of the economics, over columns and without an object a row.
 * A comparison with a number that was not sent is false, so that every test asks for what must hold.
 */
function writeBooks(facts: Numbers, { from, to, venue, sizeUsd }: Entries & { readonly sizeUsd: number }): void {
  const { bid: bids, ask: asks, bidSizeBase, askSizeBase, quotedNotionalUsd } = venue.columns;
  for (let entry = from; entry < to; entry++) {
    const row = facts.row[entry] ?? 0;
    const bid = bids[row] ?? Number.NaN;
    const ask = asks[row] ?? Number.NaN;
    const isQuoted = bid > 0 && ask > 0;
    facts.bid[entry] = isQuoted ? bid : Number.NaN;
    facts.ask[entry] = isQuoted ? ask : Number.NaN;
    if (!isQuoted) facts.lacks[entry] = LACKS_PRICE;
    const sold = bid * (bidSizeBase[row] ?? Number.NaN);
    const bought = ask * (askSizeBase[row] ?? Number.NaN);
    const isSized = !Number.isNaN(sold) && !Number.isNaN(bought);
    const depth = isSized ? Math.min(sold, bought) : (quotedNotionalUsd[row] ?? Number.NaN);
    const crossing = bid > 0 && ask >= bid && sizeUsd <= depth ? (ask - bid) / ((bid + ask) / 2) : Number.NaN;
    facts.crossing[entry] = crossing;
    facts.exitCrossing[entry] = Math.max(crossing / 2, crossing - (ask - bid) / (bid + ask));
  }
}

/** What a row pays over the horizon: `ratePerHour` and `fundingOver` of the economics, over columns; and the fee of its own or of its kind. */
function writeFunding(facts: Numbers, { from, to, venue, request }: Entries & { readonly request: Terms }): void {
  const { kind, fundingRatePerInterval, fundingIntervalHours, nextFundingAtMs, takerFeeRate } = venue.columns;
  const { takerFee, accrual } = venue.facts;
  const { horizonHours } = request.settings;
  const spotFee = takerFee.spot?.rate ?? Number.NaN;
  const perpetualFee = takerFee.perpetual?.rate ?? Number.NaN;
  for (let entry = from; entry < to; entry++) {
    const row = facts.row[entry] ?? 0;
    const isSpot = kind[row] === "spot";
    const ownFee = takerFeeRate[row] ?? Number.NaN;
    facts.takerFee[entry] = Number.isNaN(ownFee) ? (isSpot ? spotFee : perpetualFee) : ownFee;
    // Spot pays no funding: both figures stay 0.
    if (isSpot) continue;
    const rate = fundingRatePerInterval[row] ?? Number.NaN;
    const intervalHours = fundingIntervalHours[row] ?? Number.NaN;
    const perHour = intervalHours > 0 ? rate / intervalHours : Number.NaN;
    const settlements = settlementsFrom(nextFundingAtMs[row] ?? Number.NaN, intervalHours * HOUR_MS, request);
    const settled = settlements === 0 && !Number.isNaN(perHour) ? 0 : rate * settlements;
    const funding = accrual === "continuous" ? perHour * horizonHours : settled;
    facts.ratePerHour[entry] = perHour;
    facts.funding[entry] = funding;
    if (Number.isNaN(perHour + funding)) facts.lacks[entry] = (facts.lacks[entry] ?? 0) | LACKS_FUNDING;
  }
}

/** `settlementsWithin` of the economics on numbers, `NaN` where the schedule is not known. */
function settlementsFrom(nextAtMs: number, intervalMs: number, { nowMs, settings }: Terms): number {
  if (!(intervalMs > 0) || !(nextAtMs >= nowMs)) return Number.NaN;
  const leftMs = nowMs + settings.horizonHours * HOUR_MS - (nextAtMs === nowMs ? nextAtMs + intervalMs : nextAtMs);
  return leftMs < 0 ? 0 : Math.floor(leftMs / intervalMs) + 1;
}

type Currency = { readonly quote: string; readonly settle: string; readonly settleGroup: number; readonly number: number };

/** Numbers currencies, the same for the same: the settlement group, one for all dollars, and the pair of quote and settle. */
function currencyNumbers(): (quote: string, settle: string) => Currency {
  const groups = new Map<string, number>();
  const bySettle = new Map<string, Map<string, Currency>>();
  let last: Currency | null = null;
  let number = 0;
  const find = (quote: string, settle: string): Currency => {
    const byQuote = bySettle.get(settle) ?? new Map<string, Currency>();
    const known = byQuote.get(quote);
    if (known !== undefined) return known;
    const group = DOLLARS.has(settle) ? 0 : (groups.get(settle) ?? groups.size + 1);
    if (group > 0) groups.set(settle, group);
    const currency = { quote, settle, settleGroup: group, number: ++number };
    byQuote.set(quote, currency);
    bySettle.set(settle, byQuote);
    return currency;
  };
  // Most rows are in the currency of the row before.
  return (quote, settle) => (last !== null && last.quote === quote && last.settle === settle ? last : (last = find(quote, settle)));
}
