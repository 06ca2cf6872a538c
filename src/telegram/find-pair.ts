import type { Opportunity, Priced } from "../domain/opportunity.ts";
import type { Preferences } from "../domain/person.ts";
import type { VenueId } from "../domain/venue.ts";
import { withOwnTerms } from "../economics/own-terms.ts";
import { withUnknownNet } from "../economics/unknown-net.ts";
import type { Snapshot } from "../storage/snapshot.ts";
import { tickerOf } from "./coin-rates.ts";
import { pairRef } from "./messages/pair.ts";

/** A pair of a snapshot, whoever it is for. */
export type FoundPair = {
  readonly key: string;
  /** Id of its row; `null` for a pair that has none. */
  readonly id: string | null;
  readonly row: Opportunity | null;
  /** At the list's terms: documented fees, reference size and horizon. */
  readonly listed: Priced;
  /** What kept a pair without a row from opening; `null` where it is not said. */
  readonly refusal: string | null;
};

/** Every pair of a snapshot with its figures, rows first, each once. */
export function pairsIn({ opportunities, candidates, nearMisses, unpriced }: Snapshot): readonly FoundPair[] {
  const found = new Map<string, FoundPair>();
  const add = (pair: FoundPair): void => {
    if (!found.has(pair.key)) found.set(pair.key, pair);
  };
  for (const row of opportunities) {
    const listed = row.netUnknown === null ? row.priced : withUnknownNet(row.priced, row.netUnknown.reasons);
    add({ key: row.key, id: row.id, row, listed, refusal: null });
  }
  const missed = new Map(nearMisses.map((pair) => [pair.key, pair]));
  for (const pair of candidates ?? [])
    add({ key: pair.key, id: null, row: null, listed: pair, refusal: missed.get(pair.key)?.refusal ?? null });
  for (const pair of nearMisses) add({ key: pair.key, id: null, row: null, listed: pair, refusal: pair.refusal });
  for (const pair of unpriced) add({ key: pair.key, id: null, row: null, listed: pair, refusal: "net-unknown" });
  return [...found.values()];
}

/** The pair that a button names (`pairRef`); null where the snapshot has it no more. */
export const pairByRef = (snapshot: Snapshot, ref: string): FoundPair | null =>
  pairsIn(snapshot).find((pair) => pairRef(pair) === ref) ?? null;

/** Whether a text has the form of a row's id, as buttons carry it. */
export const isRowId = (ref: string): boolean => /^[0-9a-z]{13}$/u.test(ref);

/** The pairs of a coin between two venues, either way round: rows first, then the larger net. */
export function pairsBetween(
  snapshot: Snapshot,
  { asset, venues }: { readonly asset: string; readonly venues: readonly [VenueId, VenueId] },
): readonly FoundPair[] {
  const [one, other] = venues;
  const wanted = asset.toUpperCase();
  return pairsIn(snapshot)
    .filter(({ listed: { asset: coin } }) => coin.toUpperCase() === wanted || tickerOf(coin) === wanted)
    .filter(({ listed: { long, short } }) => {
      const [bought, sold] = [long.quote.venue, short.quote.venue];
      return (bought === one && sold === other) || (bought === other && sold === one);
    })
    .sort(
      (a, b) => Number(b.row !== null) - Number(a.row !== null) || (b.listed.ledger.net ?? -Infinity) - (a.listed.ledger.net ?? -Infinity),
    );
}

/** A pair at a person's own terms as of the scan. What is not known at the list's terms is not at theirs. */
export function ownPrice(pair: FoundPair, { fees, sizeUsd, horizonHours }: Preferences, pricedAtMs: number): Priced {
  const own = withOwnTerms(pair.row?.priced ?? pair.listed, { fees, sizeUsd, horizonHours }, pricedAtMs);
  return pair.row !== null && pair.listed.ledger.net === null ? withUnknownNet(own, pair.listed.ledger.reasons) : own;
}
