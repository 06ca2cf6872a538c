import type { Priced } from "../domain/opportunity.ts";
import type { Preferences } from "../domain/person.ts";
import { withOwnTerms } from "../economics/own-terms.ts";

/** A pair at somebody's own terms. */
export type PriceAt = (priced: Priced, terms: Pick<Preferences, "fees" | "sizeUsd" | "horizonHours">) => Priced;

/** Prices pairs of one scan as of its end (epoch ms), each once for all people of the same terms. */
export function pricesAt(pricedAtMs: number): PriceAt {
  const byTerms = new Map<string, Map<Priced, Priced>>();
  return (priced, { fees, sizeUsd, horizonHours }) => {
    const name = JSON.stringify([sizeUsd, horizonHours, Object.entries(fees).sort(([a], [b]) => (a < b ? -1 : 1))]);
    const known = byTerms.get(name) ?? new Map<Priced, Priced>();
    byTerms.set(name, known);
    const own = known.get(priced) ?? withOwnTerms(priced, { fees, sizeUsd, horizonHours }, pricedAtMs);
    known.set(priced, own);
    return own;
  };
}
