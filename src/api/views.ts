import type { Card } from "../lifecycle/cards.ts";
import type { Leg, Missed, Opportunity, Priced } from "../domain/opportunity.ts";

/** One leg as people and programs read it: the venue's own figures, and what they mean per 8 h. */
export function legView(leg: Leg): Record<string, unknown> {
  const { quote } = leg;
  const rate = quote.fundingRatePerInterval;
  const hours = quote.fundingIntervalHours;
  return {
    side: leg.side,
    venue: quote.venue,
    symbol: quote.symbol,
    kind: quote.kind,
    bid: quote.bid,
    ask: quote.ask,
    bidSizeBase: quote.bidSizeBase,
    askSizeBase: quote.askSizeBase,
    mark: quote.mark,
    index: quote.index,
    fundingRatePerInterval: rate,
    fundingIntervalHours: hours,
    fundingRatePer8h: rate === null || hours === null ? null : (rate * 8) / hours,
    nextFundingAtMs: quote.nextFundingAtMs,
    // `continuous` has no next time; spot pays no funding at all.
    fundingAccrual: quote.kind === "spot" ? null : leg.accrual,
    fundingCap: quote.fundingCap,
    takerFeeRate: leg.takerFeeRate,
    takerFeeSource: leg.takerFeeSource,
    volume24hUsd: quote.volume24hUsd,
    openInterestUsd: quote.openInterestUsd,
    minOrderBase: quote.minOrderBase,
    multiplier: quote.multiplier,
    receivedAtMs: quote.receivedAtMs,
    eventAtMs: quote.eventAtMs,
  };
}

/** A priced pair with its ledger line by line. Rates and nets are fractions; the basis of each is in its name. */
export function pricedView(priced: Priced): Record<string, unknown> {
  return {
    key: priced.key,
    strategy: priced.strategy,
    asset: priced.asset,
    longRate: priced.longRate,
    shortRate: priced.shortRate,
    rateDifference: priced.rateDifference,
    grossApr: priced.grossApr,
    long: legView(priced.long),
    short: legView(priced.short),
    ledger: priced.ledger,
    marks: priced.marks,
    identity: priced.identity,
  };
}

/** A pair without a row, and what kept it from opening at the documented fees. */
export const missedView = (pair: Missed): Record<string, unknown> => ({ ...pricedView(pair), refusal: pair.refusal });

/** A row of the list. `nowMs` is the clock of the answer. */
export function opportunityView(row: Opportunity, nowMs: number): Record<string, unknown> {
  return {
    id: row.id,
    status: row.status,
    ...pricedView(row.priced),
    openedAtMs: row.openedAtMs,
    ageMs: nowMs - row.openedAtMs,
    closedAtMs: row.closedAtMs,
    closeReason: row.closeReason,
    noDataSinceMs: row.noDataSinceMs,
    noDataReason: row.noDataReason,
    dedup: { firstSeenAtMs: row.firstSeenAtMs, lastSeenAtMs: row.lastSeenAtMs, scansMerged: row.scansMerged, revivals: row.revivals },
  };
}

/** A card: the best pair, the others nested under it. */
export function cardView<T extends Opportunity>(card: Card<T>, view: (row: T) => Record<string, unknown>): Record<string, unknown> {
  return { asset: card.asset, strategy: card.strategy, best: view(card.best), others: card.others.map(view) };
}

/** Said wherever an opportunity is shown. */
export const RISK_LINE =
  "Basis, liquidation of one leg, auto-deleveraging, venue and stablecoin risk remain. Rates change until they settle. This is information, not advice.";
