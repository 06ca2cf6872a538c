import { MINUTE_MS } from "../domain/units.ts";
import type { MarketColumns } from "../storage/market-columns.ts";
import type { Watch } from "../storage/watches.ts";
import { rateOfCoin, ratePer8h } from "./market-rates.ts";

/** Share of the value by which a rate has to come back before the same watch is told again. */
export const REARM_SHARE = 0.1;
/** A rate that was read longer ago is no news. */
const MAX_AGE_MS = 10 * MINUTE_MS;

/** What a scan's market does to watches. */
export type WatchHits = {
  /** Watches whose value was passed, with the funding that did, fraction per 8 h, and when it was read, epoch ms. */
  readonly fired: readonly { readonly watch: Watch; readonly ratePer8h: number; readonly readAtMs: number | null }[];
  /** Those whose armed mark changes, as they are then. */
  readonly changed: readonly Watch[];
};

/**
 * Which watches a market passes. One that was told is told again only after the rate came back by a tenth of its value, or,
 * where the value is 0, to the other side of it. A coin that its venue does not show now changes nothing.
 */
export function watchHits(watches: readonly Watch[], market: MarketColumns, nowMs: number): WatchHits {
  const fired: WatchHits["fired"][number][] = [];
  const changed: Watch[] = [];
  for (const watch of watches) {
    const row = rateOfCoin(market, watch);
    const rate = row === null ? null : ratePer8h(row);
    if (row === null || rate === null || nowMs - (row.receivedAtMs ?? nowMs) > MAX_AGE_MS) continue;
    if (watch.armed && isPast(watch, rate)) {
      fired.push({ watch, ratePer8h: rate, readAtMs: row.receivedAtMs });
      changed.push({ ...watch, armed: false });
    } else if (!watch.armed && isBack(watch, rate)) changed.push({ ...watch, armed: true });
  }
  return { fired, changed };
}

/** Whether a rate (fraction per 8 h) is past the value of a watch. */
export const isPast = ({ direction, ratePer8h: bar }: Pick<Watch, "direction" | "ratePer8h">, rate: number): boolean =>
  direction === "above" ? rate > bar : rate < bar;

function isBack({ direction, ratePer8h: bar }: Watch, rate: number): boolean {
  if (bar === 0) return direction === "above" ? rate < 0 : rate > 0;
  const margin = REARM_SHARE * Math.abs(bar);
  return direction === "above" ? rate <= bar - margin : rate >= bar + margin;
}
