import type { FeedId, FeedReply } from "./domain/feed.ts";
import { count, type FunnelStep, type StepName } from "./domain/funnel.ts";
import type { CoinCluster, ScanIdentity } from "./domain/identity.ts";
import type { Missed, Priced } from "./domain/opportunity.ts";
import { keepBest, type Seen } from "./lifecycle/dedup.ts";
import type { Reconciled } from "./lifecycle/reconcile.ts";
import { refusalToOpen } from "./lifecycle/transitions.ts";
import { verdictOf } from "./lifecycle/verdict.ts";
import { qualityOf } from "./scan-quality.ts";
import type { Failing, GatedMarket, ScanInput, Standings } from "./scan.ts";
import type { Observations, Rejections, RejectionSample, ScanRecord, VenueReport } from "./storage/scan-record.ts";
import { nearMisses } from "./strategies/near-misses.ts";
import { type DroppedPair, SAMPLES_PER_REASON } from "./strategies/strategy.ts";

/** What the steps of a scan found. */
export type ScanFindings = {
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly replies: readonly FeedReply[];
  readonly failing: Failing;
  readonly standings: Standings;
  readonly market: GatedMarket;
  /** When the rows were judged, epoch ms. */
  readonly nowMs: number;
  /** The coins of the selected pairs with their instruments. */
  readonly clusters: ReadonlyMap<string, CoinCluster>;
  /** A few of the pairs that selection dropped. */
  readonly droppedPairs: readonly DroppedPair[];
  /** Pairs priced in this scan whose net is known, open rows among them. */
  readonly seen: readonly Seen[];
  readonly unpriced: readonly Priced[];
  readonly outcome: Reconciled;
};

/** Of each strategy. */
const NEAR_MISSES_SHOWN = 5;
/** Pairs with an unknown net that are kept with their reasons, the largest gross first. */
const UNPRICED_SHOWN = 20;

/** The scan as it is stored and served. */
export function recordOf(input: ScanInput, findings: ScanFindings, funnel: readonly FunnelStep[]): ScanRecord {
  const { outcome, replies } = findings;
  const { open, pending } = outcome.state;
  const missed = missedOf(input, findings);
  const verdict = verdictOf({
    steps: funnel,
    open: Object.values(open).filter(({ row }) => row.status === "open").length,
    pending: Object.keys(pending).length,
    openNet: input.settings.openNet,
    nearMisses: missed,
  });
  const changed = (kinds: readonly string[]): number => outcome.changes.filter(({ kind }) => kinds.includes(kind)).length;
  return {
    slotMs: input.slotMs,
    scanId: input.scanId,
    trigger: input.trigger,
    market: input.market,
    startedAtMs: findings.startedAtMs,
    finishedAtMs: findings.finishedAtMs,
    intervalSeconds: input.intervalSeconds,
    ...verdict,
    counts: {
      open: Object.keys(open).length,
      opened: changed(["opened", "revived"]),
      updated: changed(["updated", "no-data", "data-back"]),
      closed: changed(["closed"]),
    },
    funnel,
    rejections: rejectionsOf(input, findings),
    flags: input.flags,
    venues: replies.map((reply) => venueReport(reply, findings)),
    nearMisses: missed,
    unpriced: [...findings.unpriced].sort((a, b) => b.grossApr - a.grossApr || (a.key < b.key ? -1 : 1)).slice(0, UNPRICED_SHOWN),
    observations: observationsOf(findings),
    quality: qualityOf(findings.market.venues),
    identity: identityOf(findings, [...Object.values(open).map(({ row }) => row.priced), ...missed]),
  };
}

/** Coins that a scan's record lists with their instruments, those of open rows first; instruments of one, and those kept out. */
const CLUSTERS_KEPT = 40;
const PRICES_KEPT = 40;
const QUARANTINE_KEPT = 200;

/** The coins of what is shown, each with the prices by which it was told, and what is kept out. */
function identityOf({ clusters, market: { quarantine } }: ScanFindings, shown: readonly Priced[]): ScanIdentity {
  const coins = [...new Set(shown.map(({ asset }) => asset))].flatMap((asset) => clusters.get(asset) ?? []);
  return {
    clusters: coins.slice(0, CLUSTERS_KEPT).map((cluster) => ({ ...cluster, prices: cluster.prices.slice(0, PRICES_KEPT) })),
    quarantine: quarantine.slice(0, QUARANTINE_KEPT),
    quarantined: quarantine.length,
  };
}

/** The best priced pairs that are neither open nor pending, whatever kept them out. */
function missedOf(input: ScanInput, { seen, outcome, nowMs }: Pick<ScanFindings, "seen" | "outcome" | "nowMs">): readonly Missed[] {
  const { open, pending } = outcome.state;
  const { kept } = keepBest(seen.filter(({ priced: { key } }) => !Object.hasOwn(open, key) && !Object.hasOwn(pending, key)));
  const ended = new Map(
    outcome.changes.flatMap(({ kind, row }) => (kind === "closed" ? [[row.key, `closed-${row.closeReason}`] as const] : [])),
  );
  const pairs = [...kept.values()].map(({ priced }) => priced);
  return nearMisses(pairs, NEAR_MISSES_SHOWN).map(({ priced }) => {
    const found = kept.get(priced.key);
    const refusal = found === undefined ? null : refusalToOpen(found, { ...input, nowMs });
    // What clears every bar and has no row ended in this scan, or found no room.
    return { ...priced, refusal: refusal ?? ended.get(priced.key) ?? "limit-open" };
  });
}

function venueReport(reply: FeedReply, { failing, standings }: Pick<ScanFindings, "failing" | "standings">): VenueReport {
  const { feed, venue, columns, error, degraded, calls, ms } = reply;
  const standing = standings[feed];
  const failed = degraded.map(({ endpoint, fromMs, error: { kind, message } }) => ({
    endpoint,
    kind,
    message,
    sinceMs: failing[feed]?.[endpoint] ?? null,
    fromMs,
  }));
  return {
    feed,
    venue,
    ok: error === null,
    receivedAtMs: columns === null || columns.count === 0 ? null : columns.receivedAtMs.reduce((oldest, at) => Math.min(oldest, at)),
    rows: columns?.count ?? 0,
    error: error === null ? null : { kind: error.kind, message: error.message },
    degraded: error === null ? failed : [],
    calls: calls.length,
    ms,
    health: standing?.health ?? null,
    healthAtMs: standing?.atMs ?? null,
  };
}

function rejectionsOf(input: ScanInput, { replies, market, droppedPairs, ...pairs }: ScanFindings): Rejections {
  const parse: Record<FeedId, Readonly<Record<string, number>>> = {};
  const samples: RejectionSample[] = [];
  for (const { feed, venue, rejected } of replies) {
    if (Object.keys(rejected.counts).length > 0) parse[feed] = rejected.counts;
    for (const { symbol, reason, detail } of rejected.samples)
      samples.push({ step: "parse", feed, venue, subject: symbol, rule: reason, evidence: detail });
  }
  const refused = { gate: {}, identify: {} } satisfies Partial<Record<StepName, object>>;
  const counts: Record<"gate" | "identify", Record<FeedId, Readonly<Record<string, number>>>> = refused;
  for (const { feed, facts, gated, identity } of market.venues) {
    for (const [step, refusals] of [["gate", gated] as const, ["identify", identity] as const]) {
      if (Object.keys(refusals.dropped).length > 0) counts[step][feed] = refusals.dropped;
      for (const { symbol, rule, failed } of refusals.samples)
        samples.push({ step, feed, venue: facts.id, subject: symbol, rule, evidence: failed });
    }
  }
  for (const { asset, long, short, reason, estimate } of droppedPairs) {
    samples.push({ step: "detect", feed: null, venue: long, subject: `${asset} ${long} ${short}`, rule: reason, evidence: { estimate } });
  }
  return { counts: { parse, ...counts }, samples: [...samples, ...notOpened(input, pairs)] };
}

/** Priced pairs that have no row, each with the bar that it did not clear; a few of each long venue and reason. */
function notOpened(
  input: ScanInput,
  { seen, outcome, nowMs }: Pick<ScanFindings, "seen" | "outcome" | "nowMs">,
): readonly RejectionSample[] {
  const samples: RejectionSample[] = [];
  const taken: Record<string, number> = {};
  for (const each of seen) {
    const { key, asset, long, short, ledger } = each.priced;
    if (Object.hasOwn(outcome.state.open, key)) continue;
    const rule = refusalToOpen(each, { ...input, nowMs }) ?? "pending";
    const place = `${long.quote.venue}|${rule}`;
    count(taken, place);
    if ((taken[place] ?? 0) > SAMPLES_PER_REASON) continue;
    const subject = `${asset} ${long.quote.venue} ${short.quote.venue}`;
    samples.push({
      step: "reconcile",
      feed: null,
      venue: long.quote.venue,
      subject,
      rule,
      evidence: { net: ledger.net, bar: input.settings.openNet },
    });
  }
  return samples;
}

/** What the scan saw of every row that is shown; `null` where it could not price it. */
function observationsOf({ seen, outcome }: ScanFindings): Observations {
  const byKey = new Map(seen.map(({ priced }) => [priced.key, priced]));
  const rows = Object.values(outcome.state.open).map(({ row }) => ({ id: row.id, pair: byKey.get(row.key) }));
  return {
    id: rows.map(({ id }) => id),
    rateDifference: rows.map(({ pair }) => pair?.rateDifference ?? null),
    net: rows.map(({ pair }) => pair?.ledger.net ?? null),
  };
}
