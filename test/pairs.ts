import { legWith } from "./market.ts";
import type { Priced } from "../src/domain/opportunity.ts";
import { HOUR_MS, MINUTE_MS } from "../src/domain/units.ts";
import type { Seen } from "../src/lifecycle/dedup.ts";
import { opportunityKey } from "../src/lifecycle/key.ts";
import { reconcile, type Reconciled, type Unseen } from "../src/lifecycle/reconcile.ts";
import { EMPTY_STATE, type LifecycleState } from "../src/lifecycle/state.ts";
import type { Scan } from "../src/lifecycle/transitions.ts";

export const START_MS = Date.UTC(2026, 8, 11, 12);
export const SLOT_MS = 2 * MINUTE_MS;

export const SETTINGS: Scan["settings"] = {
  openNet: 0.001,
  closeNet: 0.0005,
  confirmScans: 2,
  closeScans: 3,
  dataLostAfterMs: HOUR_MS,
  revivalWindowMs: 4 * HOUR_MS,
};

export type PairSpec = {
  readonly asset?: string;
  readonly net: number | null;
  readonly survives?: boolean;
  readonly longIntervalHours?: number;
  /** Largest rate per interval that the long leg's venue sends. */
  readonly longCap?: number | null;
  readonly swapped?: boolean;
};

/** A priced pair of Bybit and Gate; only what the lifecycle reads is set. */
export function pricedPair({
  asset = "BTC",
  net,
  survives = true,
  longIntervalHours = 8,
  longCap = null,
  swapped = false,
}: PairSpec): Priced {
  const [longVenue, shortVenue] = swapped ? ["gate", "bybit"] : ["bybit", "gate"];
  const symbol = `${asset}/USDT:USDT`;
  return {
    key: opportunityKey({ strategy: "funding", asset, long: `${longVenue}:${symbol}`, short: `${shortVenue}:${symbol}` }),
    strategy: "funding",
    asset,
    long: legWith("long", { venue: longVenue, symbol, asset, fundingIntervalHours: longIntervalHours, fundingCap: longCap }),
    short: legWith("short", { venue: shortVenue, symbol, asset, fundingIntervalHours: 8 }),
    longRate: 0.0001,
    shortRate: 0.0003,
    rateDifference: 0.0002,
    grossApr: 0.2,
    ledger: {
      sizeUsd: 5_000,
      horizonHours: 168,
      priceGain: null,
      funding: net === null ? null : net + 0.003,
      fees: 0.002,
      crossing: net === null ? null : 0.001,
      crossingSource: net === null ? null : "top",
      crossingAgeMs: null,
      net,
      netUsd: net === null ? null : net * 5_000,
      netAprOnNotional: null,
      netAprOnCapital: null,
      netByHours: [],
      costBySize: [],
      breakEven: { kind: "unknown" },
      stress: { carryHalved: null, costPlus10Bps: null, survives },
      capacityUsd: null,
      reasons: net === null ? ["The crossing is not known."] : [],
    },
    marks: [],
    identity: null,
  };
}

export const seen = (spec: PairSpec, flags: Partial<Omit<Seen, "priced">> = {}): Seen => ({
  priced: pricedPair(spec),
  mayOpen: true,
  mayRefresh: true,
  source: "detect",
  ...flags,
});

/** What a scan found: pairs, or why a key was not priced. */
export type Found = { readonly seen?: readonly Seen[]; readonly unseen?: readonly Unseen[]; readonly afterMs?: number };

/** Scans one after the other, each in the slot after the last or `afterMs` later. */
export function scans(
  list: readonly Found[],
  from: LifecycleState = EMPTY_STATE,
): { readonly results: readonly Reconciled[]; readonly state: LifecycleState } {
  const results: Reconciled[] = [];
  let state = from;
  let slotMs = from.lastSlotMs ?? START_MS - SLOT_MS;
  for (const { seen: found = [], unseen = [], afterMs = SLOT_MS } of list) {
    slotMs += afterMs;
    const result = reconcile({ state, seen: found, unseen, nowMs: slotMs + 3_000, slotMs, scanId: `scan-${slotMs}`, settings: SETTINGS });
    results.push(result);
    state = result.state;
  }
  return { results, state };
}
