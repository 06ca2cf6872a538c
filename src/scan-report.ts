import type { FeedId, FeedReply } from "./domain/feed.ts";
import type { FunnelStep, StepName } from "./domain/funnel.ts";
import type { Priced } from "./domain/opportunity.ts";
import type { Reconciled } from "./lifecycle/reconcile.ts";
import { verdictOf } from "./lifecycle/verdict.ts";
import type { GatedMarket, ScanInput } from "./scan.ts";
import type { Observations, Rejections, RejectionSample, ScanRecord, VenueReport } from "./storage/scan-record.ts";
import { nearMisses } from "./strategies/near-misses.ts";

/** What the steps of a scan found. */
export type ScanFindings = {
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly replies: readonly FeedReply[];
  readonly market: GatedMarket;
  /** Pairs priced in this scan whose net is known, open rows among them. */
  readonly priced: readonly Priced[];
  readonly unpriced: readonly Priced[];
  readonly outcome: Reconciled;
};

/** Of each strategy. */
const NEAR_MISSES_SHOWN = 5;
/** Pairs with an unknown net that are kept with their reasons, the largest gross first. */
const UNPRICED_SHOWN = 20;

/** The scan as it is stored and served. */
export function recordOf(input: ScanInput, findings: ScanFindings, funnel: readonly FunnelStep[]): ScanRecord {
  const { outcome, replies, market } = findings;
  const { open, pending } = outcome.state;
  const closed = findings.priced.filter(({ key }) => !Object.hasOwn(open, key));
  const missed = nearMisses(closed, input.settings.openNet, NEAR_MISSES_SHOWN).map(({ priced }) => priced);
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
    rejections: rejectionsOf(replies, market),
    flags: input.flags,
    venues: replies.map(venueReport),
    nearMisses: missed,
    unpriced: [...findings.unpriced].sort((a, b) => b.grossApr - a.grossApr || (a.key < b.key ? -1 : 1)).slice(0, UNPRICED_SHOWN),
    observations: observationsOf(findings),
  };
}

function venueReport({ feed, venue, columns, error, calls, ms }: FeedReply): VenueReport {
  return {
    feed,
    venue,
    ok: error === null,
    receivedAtMs: columns === null || columns.count === 0 ? null : columns.receivedAtMs.reduce((oldest, at) => Math.min(oldest, at)),
    rows: columns?.count ?? 0,
    error: error === null ? null : { kind: error.kind, message: error.message },
    calls: calls.length,
    ms,
  };
}

function rejectionsOf(replies: readonly FeedReply[], market: GatedMarket): Rejections {
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
  return { counts: { parse, ...counts }, samples };
}

/** What the scan saw of every row that is shown; `null` where it could not price it. */
function observationsOf({ priced, outcome }: ScanFindings): Observations {
  const byKey = new Map(priced.map((pair) => [pair.key, pair]));
  const rows = Object.values(outcome.state.open).map(({ row }) => ({ id: row.id, pair: byKey.get(row.key) }));
  return {
    id: rows.map(({ id }) => id),
    rateDifference: rows.map(({ pair }) => pair?.rateDifference ?? null),
    net: rows.map(({ pair }) => pair?.ledger.net ?? null),
  };
}
