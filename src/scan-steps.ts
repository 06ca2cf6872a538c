import type { FeedReply } from "./domain/feed.ts";
import { count, type FunnelStep } from "./domain/funnel.ts";
import type { Priced } from "./domain/opportunity.ts";
import type { QuoteColumns } from "./domain/quote.ts";
import type { VenueFacts, VenueId } from "./domain/venue.ts";
import { signAgrees } from "./economics/funding.ts";
import type { Seen } from "./lifecycle/dedup.ts";
import { opportunityKey } from "./lifecycle/key.ts";
import type { Unseen } from "./lifecycle/reconcile.ts";
import type { LifecycleState } from "./lifecycle/state.ts";
import { gate, type GateResult } from "./quality/gate.ts";
import type { IdentityResult } from "./quality/identity.ts";
import { type VenueView, whyUnseen } from "./quality/unseen.ts";
import type { GatedMarket, ScanInput } from "./scan.ts";
import { strategies } from "./strategies/registry.ts";
import type { DirectedPair, DroppedPair, RowRef } from "./strategies/strategy.ts";

/** What a step counted; the funnel adds its name and time. */
export type Counts = Omit<FunnelStep, "step" | "ms">;

/** Near-misses that are priced for the list, of which five are shown. */
const NEAR_MISS_CANDIDATES = 20;

/** Venues asked and answered. */
export function fetchCounts(replies: readonly FeedReply[]): Counts {
  const dropped: Record<string, number> = {};
  for (const { error } of replies) if (error !== null) count(dropped, error.kind);
  return { unit: "venues", in: replies.length, out: replies.filter(({ error }) => error === null).length, dropped };
}

/** Rows in the bodies that became quotes. */
export function parseCounts(replies: readonly FeedReply[]): Counts {
  return sum(
    "rows",
    replies.map(({ received, columns, rejected }) => ({ in: received, out: columns?.count ?? 0, dropped: rejected.counts })),
  );
}

/** The counts of one step over all venues. */
export function sum(unit: FunnelStep["unit"], parts: readonly Pick<Counts, "in" | "out" | "dropped">[]): Counts {
  const dropped: Record<string, number> = {};
  for (const part of parts) for (const [reason, times] of Object.entries(part.dropped)) count(dropped, reason, times);
  return { unit, in: parts.reduce((total, part) => total + part.in, 0), out: parts.reduce((total, part) => total + part.out, 0), dropped };
}

type GatedReply = GateResult & { readonly columns: QuoteColumns; readonly facts: VenueFacts };

/** The rules, run over the rows of every venue that answered. */
export function gateAll(
  replies: readonly FeedReply[],
  scan: { readonly input: ScanInput; readonly venues: readonly VenueFacts[]; readonly nowMs: number },
): readonly GatedReply[] {
  const { settings, overrides } = scan.input;
  return replies.flatMap(({ venue, columns, unchangedScans }) => {
    const facts = scan.venues.find(({ id }) => id === venue);
    if (columns === null || facts === undefined) return [];
    return [{ ...gate({ columns, unchangedScans, facts, settings: settings.quality, overrides, nowMs: scan.nowMs }), columns, facts }];
  });
}

/** The rows that may pair, with what gate and identity say of each. */
export function marketOf(gated: readonly GatedReply[], identified: IdentityResult): GatedMarket {
  return {
    evidence: identified.evidence,
    venues: gated.flatMap((reply, index) => {
      const identity = identified.venues[index];
      if (identity === undefined) return [];
      const { facts, columns, passed } = reply;
      return [{ facts, columns, passed, assetId: identity.assetId, gated: reply, identity }];
    }),
  };
}

/** A pair with its ledger, and whether each leg may open or refresh a row. */
type Found = Omit<Seen, "source"> & { readonly why: DirectedPair["why"] };

/** Selects pairs on numbers alone, strategy by strategy; `price` then makes ledgers for the selected few. */
export function detect(
  market: GatedMarket["venues"],
  scan: { readonly input: ScanInput; readonly nowMs: number },
): { readonly counts: Counts; readonly samples: readonly DroppedPair[]; readonly price: () => readonly Found[] } {
  const { input, nowMs } = scan;
  const open = Object.values(input.lifecycle.open).map(({ row }) => row.priced);
  const selections = strategies.map((strategy) => {
    const own = open.filter((pair) => pair.strategy === strategy.id);
    return { strategy, ...strategy.select(market, { nowMs, settings: input.settings, open: own, nearMissCount: NEAR_MISS_CANDIDATES }) };
  });
  const counts = sum(
    "pairs",
    selections.map(({ considered, pairs, dropped }) => ({ in: considered, out: pairs.length, dropped })),
  );
  const marksOf = ({ venue, row }: RowRef): readonly string[] => market[venue]?.gated.marks[row] ?? [];
  const isFrozen = ({ venue, row }: RowRef): boolean => market[venue]?.gated.frozen[row] === 1;
  const price = (): readonly Found[] =>
    selections.flatMap(({ strategy, pairs }) => {
      const priceOf = strategy.pricer(market, { nowMs, settings: input.settings, keyOf: opportunityKey, marksOf });
      return pairs.map((pair) => {
        const priced = priceOf(pair);
        const mayRefresh = !isFrozen(pair.long) && !isFrozen(pair.short);
        const mayOpen = mayRefresh && signAgrees(priced.long.quote, priced.short.quote) !== false;
        return { priced, mayOpen, mayRefresh, why: pair.why };
      });
    });
  return { counts, samples: selections.flatMap(({ samples }) => samples), price };
}

/** Pairs whose net is not known are shown with their reasons and go no further, unless they are open. */
export function splitByNet(
  found: readonly Found[],
  open: LifecycleState["open"],
): { readonly seen: readonly Seen[]; readonly unpriced: readonly Priced[]; readonly counts: Counts } {
  const isKnown = ({ priced }: Found): boolean => priced.ledger.net !== null || Object.hasOwn(open, priced.key);
  const seen = found.filter(isKnown).map(({ why, ...each }) => ({ ...each, source: why }));
  const unpriced = found.filter((each) => !isKnown(each)).map(({ priced }) => priced);
  const dropped: Record<string, number> = {};
  count(dropped, "net-unknown", unpriced.length);
  return { seen, unpriced, counts: { unit: "pairs", in: found.length, out: seen.length, dropped } };
}

/** Why each open row that was not priced could not be. */
export function unseenOf(
  lifecycle: LifecycleState,
  scan: { readonly seen: readonly Seen[]; readonly replies: readonly FeedReply[]; readonly market: GatedMarket },
): readonly Unseen[] {
  const priced = new Set(scan.seen.map((each) => each.priced.key));
  const missing = Object.values(lifecycle.open).filter(({ row }) => !priced.has(row.key));
  if (missing.length === 0) return [];
  const views = new Map(scan.replies.map((reply): [VenueId, VenueView] => [reply.venue, viewOf(reply, scan.market)]));
  return missing.map(({ row }) => {
    const { asset, long, short } = row.priced;
    return { key: row.key, reason: whyUnseen({ asset, legs: [long.quote, short.quote] }, views) };
  });
}

function viewOf({ venue, error, columns }: FeedReply, market: GatedMarket): VenueView {
  const gated = market.venues.find(({ facts }) => facts.id === venue);
  const samples = [...(gated?.gated.samples ?? []), ...(gated?.identity.samples ?? [])];
  return { venue, error, columns, assetId: gated?.assetId ?? [], passed: gated?.passed ?? new Uint32Array(0), samples };
}
