import type { VenueError } from "../domain/error.ts";
import { type FeedId, feedIdOf } from "../domain/feed.ts";
import type { InstrumentKind } from "../domain/instrument.ts";
import type { QuoteColumns } from "../domain/quote.ts";
import type { VenueId } from "../domain/venue.ts";

/** What one scan knows of one feed, for explaining why an instrument is not in the market. */
export type VenueView = {
  readonly feed: FeedId;
  readonly error: VenueError | null;
  readonly columns: QuoteColumns | null;
  /** Canonical symbols of the feed that its venue calls delisted. */
  readonly delisted: readonly string[];
  /** Coin of each row after identity; `null` where the row may not pair. */
  readonly assetId: readonly (string | null)[];
  /** Places of the rows that an operator keeps out. */
  readonly denied: readonly number[];
  /** Places of the rows that the gate let pass. */
  readonly passed: Uint32Array;
  /** All rules that each refused row failed, by its place in the columns. */
  readonly failed: readonly (readonly string[])[];
};

/** Why an open row could not be priced. Delisting and another identity end it; anything else is missing data. */
export type Unseen =
  | { readonly kind: "missing"; readonly reason: string }
  | { readonly kind: "delisted" }
  | { readonly kind: "identity-lost" };

export type LegName = { readonly venue: VenueId; readonly kind: InstrumentKind; readonly symbol: string };

/**
 * Why a pair that is open was not priced in this scan: the first leg that is gone for good decides, then the first that
 * is missing.
 */
export function whyUnseen(
  pair: { readonly asset: string; readonly legs: readonly LegName[] },
  views: ReadonlyMap<FeedId, VenueView>,
): Unseen {
  const found = pair.legs.map((leg) => whyLegUnseen({ ...leg, asset: pair.asset }, views));
  return (
    found.find((unseen) => unseen !== null && unseen.kind !== "missing") ??
    found.find((unseen) => unseen !== null) ?? { kind: "missing", reason: "not priced" }
  );
}

function whyLegUnseen(leg: LegName & { readonly asset: string }, views: ReadonlyMap<FeedId, VenueView>): Unseen | null {
  const name = `${leg.venue} ${leg.symbol}`;
  const feed = feedIdOf(leg.venue, leg.kind);
  const view = views.get(feed);
  if (view === undefined) return { kind: "missing", reason: `${feed} was not asked` };
  if (view.columns === null) return { kind: "missing", reason: `${feed}: ${view.error?.kind ?? "no data"}` };
  const row = view.columns.symbol.indexOf(leg.symbol);
  if (row === -1 && view.delisted.includes(leg.symbol)) return { kind: "delisted" };
  if (row === -1) return { kind: "missing", reason: `${name} is not in the venue's answer` };
  if (view.columns.state[row] === "delisting") return { kind: "delisted" };
  if (!view.passed.includes(row)) {
    const rules = view.failed[row]?.join(", ") ?? "";
    return { kind: "missing", reason: `${name} was refused: ${rules === "" ? "quality" : rules}` };
  }
  const asset = view.assetId[row] ?? null;
  if (asset === leg.asset) return null;
  if (asset !== null || view.denied.includes(row) || isJudged(view.columns, row, views)) return { kind: "identity-lost" };
  return { kind: "missing", reason: `${name} could not be told by price` };
}

/**
 * Whether identity could decide on a row: it has a price, and no feed failed. With one missing two are left where
 * there were three, and those are held to a closer bar. So while one feed stays away, however long, an outsider counts
 * as missing and its row ends as `data-lost`; another coin under the ticker ends it at once all the same.
 */
function isJudged(columns: QuoteColumns, row: number, views: ReadonlyMap<FeedId, VenueView>): boolean {
  const prices = [columns.index[row], columns.mark[row], columns.bid[row]];
  return prices.some((price) => price !== undefined && price > 0) && [...views.values()].every(({ error }) => error === null);
}
