import type { Depths, LegDepth } from "./domain/depth.ts";
import type { FeedId, FeedReply } from "./domain/feed.ts";
import { count, type FunnelStep } from "./domain/funnel.ts";
import type { CoinCluster } from "./domain/identity.ts";
import { instrumentId } from "./domain/instrument.ts";
import type { Priced, Strategy } from "./domain/opportunity.ts";
import type { QuoteColumns } from "./domain/quote.ts";
import type { VenueFacts } from "./domain/venue.ts";
import { signAgrees } from "./economics/funding.ts";
import type { WantedBook } from "./feeds/ask-books.ts";
import type { Seen } from "./lifecycle/dedup.ts";
import { opportunityKey } from "./lifecycle/key.ts";
import type { Unseen } from "./lifecycle/reconcile.ts";
import type { LifecycleState } from "./lifecycle/state.ts";
import { gate, type GateResult } from "./quality/gate.ts";
import { clusterEvidence, pairIdentity } from "./quality/identity-evidence.ts";
import type { IdentityResult } from "./quality/identity.ts";
import { type VenueView, whyUnseen } from "./quality/unseen.ts";
import type { GatedMarket, GatedVenue, ScannedFeed, ScanInput } from "./scan.ts";
import { strategies } from "./strategies/registry.ts";
import { rowFacts } from "./strategies/row-facts.ts";
import type { DirectedPair, DroppedPair, RowRef } from "./strategies/strategy.ts";

/** What a step counted; the funnel adds its name and time. */
export type Counts = Omit<FunnelStep, "step" | "ms">;

/** Near-misses of a strategy that are priced for the list, of which five are shown. */
const NEAR_MISS_CANDIDATES = 20;

/** Feeds asked and answered. */
export function fetchCounts(replies: readonly FeedReply[]): Counts {
  const dropped: Record<string, number> = {};
  for (const { error } of replies) if (error !== null) count(dropped, error.kind);
  return { unit: "feeds", in: replies.length, out: replies.filter(({ error }) => error === null).length, dropped };
}

/** Rows in the bodies that became quotes. */
export function parseCounts(replies: readonly FeedReply[]): Counts {
  return sum(
    "rows",
    replies.map(({ received, columns, rejected }) => ({ in: received, out: columns?.count ?? 0, dropped: rejected.counts })),
  );
}

/** The counts of one step over all feeds. */
export function sum(unit: FunnelStep["unit"], parts: readonly Pick<Counts, "in" | "out" | "dropped">[]): Counts {
  const dropped: Record<string, number> = {};
  for (const part of parts) for (const [reason, times] of Object.entries(part.dropped)) count(dropped, reason, times);
  return { unit, in: parts.reduce((total, part) => total + part.in, 0), out: parts.reduce((total, part) => total + part.out, 0), dropped };
}

type GatedReply = GateResult & { readonly feed: FeedId; readonly columns: QuoteColumns; readonly facts: VenueFacts };

/** The rules, run over the rows of every feed that answered. */
export function gateAll(
  replies: readonly FeedReply[],
  scan: { readonly input: ScanInput; readonly feeds: readonly ScannedFeed[]; readonly nowMs: number },
): readonly GatedReply[] {
  const { settings, overrides } = scan.input;
  return replies.flatMap(({ feed, columns, unchangedScans }) => {
    const facts = scan.feeds.find(({ id }) => id === feed)?.facts;
    if (columns === null || facts === undefined) return [];
    const gated = gate({ columns, unchangedScans, facts, settings: settings.quality, overrides, nowMs: scan.nowMs });
    return [{ ...gated, feed, columns, facts }];
  });
}

/** The rows that may pair, with what gate and identity say of each. */
export function marketOf(gated: readonly GatedReply[], identified: IdentityResult): GatedMarket {
  return {
    quarantine: identified.quarantine,
    venues: gated.flatMap((reply, index) => {
      const identity = identified.venues[index];
      if (identity === undefined) return [];
      const { feed, facts, columns, passed } = reply;
      return [{ feed, facts, columns, passed, assetId: identity.assetId, gated: reply, identity }];
    }),
  };
}

/** A pair with its ledger, and whether each leg may open or refresh a row. */
type Found = Omit<Seen, "source"> & { readonly why: DirectedPair["why"] };

/** A pair that was selected, with its strategy. */
export type Selected = { readonly strategy: Strategy; readonly pair: DirectedPair };

/**
 * Selects pairs on numbers alone, strategy by strategy; `price` then makes ledgers for the selected few, with the order
 * books that are at hand.
 */
export function detect(
  market: GatedMarket["venues"],
  scan: { readonly input: ScanInput; readonly nowMs: number },
): {
  readonly counts: Counts;
  readonly samples: readonly DroppedPair[];
  readonly selected: readonly Selected[];
  /** The coins of the selected pairs with their instruments. */
  readonly clusters: ReadonlyMap<string, CoinCluster>;
  readonly price: (depths: Depths) => readonly Found[];
} {
  const { input, nowMs } = scan;
  const open = Object.values(input.lifecycle.open).map(({ row }) => row.priced);
  const rows = rowFacts(market, { nowMs, settings: input.settings });
  const selections = strategies.map((strategy) => {
    const own = open.filter((pair) => pair.strategy === strategy.id);
    const request = { nowMs, settings: input.settings, open: own, nearMissCount: NEAR_MISS_CANDIDATES, rows };
    return { strategy, ...strategy.select(market, request) };
  });
  const counts = sum(
    "pairs",
    selections.map(({ considered, pairs, dropped }) => ({ in: considered, out: pairs.length, dropped })),
  );
  const marksOf = ({ venue, row }: RowRef): readonly string[] => market[venue]?.gated.marks[row] ?? [];
  const isFrozen = ({ venue, row }: RowRef): boolean => market[venue]?.gated.frozen[row] === 1;
  const selected = selections.flatMap(({ strategy, pairs }) => pairs.map((pair) => ({ strategy: strategy.id, pair })));
  const { settings, overrides, rulings } = input;
  const coins = new Set(selected.map(({ pair }) => pair.asset));
  const clusters = clusterEvidence({ venues: market, settings: settings.quality, overrides, rulings }, coins);
  const price = (depths: Depths): readonly Found[] =>
    selections.flatMap(({ strategy, pairs }) => {
      const depthOf = (ref: RowRef): LegDepth | null => depths[bookOf(market, ref)?.id ?? ""] ?? null;
      const priceOf = strategy.pricer(market, { nowMs, settings: input.settings, keyOf: opportunityKey, marksOf, depthOf });
      return pairs.map((pair) => {
        const priced = withIdentity(priceOf(pair), clusters);
        const mayRefresh = !isFrozen(pair.long) && !isFrozen(pair.short);
        const signHolds = !strategy.livesOnFunding || signAgrees(priced.long.quote, priced.short.quote) !== false;
        const mayOpen = mayRefresh && signHolds;
        return { priced, mayOpen, mayRefresh, why: pair.why };
      });
    });
  return { counts, samples: selections.flatMap(({ samples }) => samples), selected, clusters, price };
}

/** A pair with why its legs are one coin; a leg that an operator let in is marked. */
function withIdentity(priced: Priced, clusters: ReadonlyMap<string, CoinCluster>): Priced {
  const cluster = clusters.get(priced.asset);
  const [long, short] = [priced.long.quote, priced.short.quote].map(({ venue, symbol }) => instrumentId(venue, symbol));
  const identity = cluster === undefined || long === undefined || short === undefined ? null : pairIdentity(cluster, { long, short });
  const confirmed = identity?.confirmed.map((side) => `${side}:identity-confirmed`) ?? [];
  return { ...priced, identity, marks: [...priced.marks, ...confirmed] };
}

/** Where the rows of selected pairs stand. */
export type BookMarket = readonly Pick<GatedVenue, "feed" | "facts" | "columns">[];
/** The instrument of a row and the feed that has its book; null for a row that is not there. */
export function bookOf(market: BookMarket, { venue, row }: RowRef): WantedBook | null {
  const gated = market[venue];
  const symbol = gated?.columns.symbol[row];
  return gated === undefined || symbol === undefined ? null : { id: instrumentId(gated.facts.id, symbol), feed: gated.feed, symbol };
}

/** Pairs whose net is not known are shown with their reasons and go no further, unless they are open. */
export function splitByNet(
  found: readonly Found[],
  open: LifecycleState["open"],
): { readonly seen: readonly Seen[]; readonly unpriced: readonly Priced[]; readonly counts: Counts } {
  const seen: Seen[] = [];
  const unpriced: Priced[] = [];
  for (const { why, ...each } of found) {
    const { ledger, key } = each.priced;
    if (ledger.net !== null || Object.hasOwn(open, key)) seen.push({ ...each, source: why });
    else unpriced.push(each.priced);
  }
  const dropped: Record<string, number> = {};
  count(dropped, "net-unknown", unpriced.length);
  return { seen, unpriced, counts: { unit: "pairs", in: found.length, out: seen.length, dropped } };
}

/** Candidates that the snapshot carries at most, the best net first. */
const CANDIDATES_SHOWN = 50;

/**
 * Pairs that are not open and whose net at half the default fees clears the bar, so that a person with lower fees sees
 * theirs. A pair that may not open for another reason than its net is none.
 */
export function candidatesOf(
  seen: readonly Seen[],
  { open, openNet }: { readonly open: LifecycleState["open"]; readonly openNet: number },
): readonly Priced[] {
  const atHalfFees = ({ ledger: { net, fees } }: Priced): number => (net ?? Number.NaN) + (fees ?? Number.NaN) / 2;
  return seen
    .filter(({ priced, mayOpen }) => mayOpen && !Object.hasOwn(open, priced.key) && atHalfFees(priced) >= openNet)
    .map(({ priced }) => priced)
    .sort((a, b) => atHalfFees(b) - atHalfFees(a) || (a.key < b.key ? -1 : 1))
    .slice(0, CANDIDATES_SHOWN);
}

/** Why each open row that was not priced could not be. */
export function unseenOf(
  lifecycle: LifecycleState,
  scan: { readonly seen: readonly Seen[]; readonly replies: readonly FeedReply[]; readonly market: GatedMarket },
): readonly Unseen[] {
  const priced = new Set(scan.seen.map((each) => each.priced.key));
  const missing = Object.values(lifecycle.open).filter(({ row }) => !priced.has(row.key));
  if (missing.length === 0) return [];
  const views = new Map(scan.replies.map((reply): [FeedId, VenueView] => [reply.feed, viewOf(reply, scan.market)]));
  return missing.map(({ row }) => {
    const { asset, long, short } = row.priced;
    return { key: row.key, reason: whyUnseen({ asset, legs: [long.quote, short.quote] }, views) };
  });
}

function viewOf({ feed, error, columns, delisted }: FeedReply, market: GatedMarket): VenueView {
  const gated = market.venues.find((each) => each.feed === feed);
  const { assetId = [], passed = new Uint32Array(0) } = gated ?? {};
  return { feed, error, columns, delisted, assetId, denied: gated?.identity.denied ?? [], passed, failed: gated?.gated.failed ?? [] };
}
