import { topDrops } from "../domain/funnel.ts";
import { alertsPaused, type Layers } from "../storage/layers.ts";
import type { Operations } from "../storage/operations.ts";
import { missedView } from "./views.ts";

const MOST_DROPS = 20;

/** How the whole system stands, as operators' programs read it. */
export function operationsView({ scan, ...rest }: Operations, layers: Layers): Record<string, unknown> {
  return {
    ...rest,
    layers,
    alerts: { paused: alertsPaused(layers) },
    scan: scan === null ? null : scanView(scan, rest.atMs),
  };
}

function scanView(scan: NonNullable<Operations["scan"]>, atMs: number): Record<string, unknown> {
  const { scanId, slotMs, market, finishedAtMs, startedAtMs, verdict, reason, counts, funnel, venues, nearMisses } = scan;
  return {
    id: scanId,
    slotMs,
    market,
    finishedAtMs,
    durationMs: finishedAtMs - startedAtMs,
    ageMs: atMs - finishedAtMs,
    verdict,
    reason,
    counts,
    funnel,
    topDrops: topDrops(funnel, MOST_DROPS),
    venues: venues.map(({ receivedAtMs, ...venue }) => ({
      ...venue,
      receivedAtMs,
      ageMs: receivedAtMs === null ? null : atMs - receivedAtMs,
    })),
    nearMisses: nearMisses.map(missedView),
  };
}
