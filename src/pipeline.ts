import type { FeedAsk, FeedReply } from "./domain/feed.ts";
import { count, type FunnelStep, type StepName, unbalancedSteps } from "./domain/funnel.ts";
import type { Priced } from "./domain/opportunity.ts";
import type { QuoteColumns } from "./domain/quote.ts";
import { err, ok, type Result } from "./domain/result.ts";
import type { QualityOverrides, ScanSettings } from "./domain/settings.ts";
import type { VenueFacts, VenueId } from "./domain/venue.ts";
import { signAgrees } from "./economics/funding.ts";
import type { Seen } from "./lifecycle/dedup.ts";
import { opportunityKey } from "./lifecycle/key.ts";
import { reconcile, type Reconciled, type Unseen } from "./lifecycle/reconcile.ts";
import type { LifecycleState } from "./lifecycle/state.ts";
import type { Logger } from "./monitoring/log.ts";
import { askFeeds } from "./objects/ask-feeds.ts";
import { failedReply } from "./objects/collect-venue.ts";
import { gate, type GateResult } from "./quality/gate.ts";
import { type IdentityEvidence, type IdentityResult, identify, type VenueIdentity } from "./quality/identity.ts";
import type { IdentityMemory } from "./quality/identity-memory.ts";
import { type VenueView, whyUnseen } from "./quality/unseen.ts";
import { recordOf, type ScanFindings } from "./scan-report.ts";
import type { SaveOutcome } from "./storage/save-scan.ts";
import type { ScanRecord } from "./storage/scan-record.ts";
import { strategies } from "./strategies/registry.ts";
import type { DirectedPair, Market, RowRef } from "./strategies/strategy.ts";

/** One scan: its identity, the settings in force, and what the scan before left. */
export type ScanInput = {
  readonly slotMs: number;
  readonly scanId: string;
  readonly trigger: string;
  readonly market: string;
  readonly intervalSeconds: number;
  readonly flags: Readonly<Record<string, unknown>>;
  readonly realTimeData: boolean;
  readonly venueLimitMs: number;
  readonly scanDeadlineMs: number;
  readonly settings: ScanSettings;
  readonly overrides: QualityOverrides;
  readonly lifecycle: LifecycleState;
  readonly identity: IdentityMemory;
};

/** Everything a scan touches outside itself. */
export type ScanPorts = {
  readonly venues: readonly VenueFacts[];
  readonly ask: (ask: FeedAsk) => Promise<FeedReply>;
  readonly save: (record: ScanRecord, outcome: Reconciled) => Promise<Result<SaveOutcome, { readonly message: string }>>;
  readonly publish: (record: ScanRecord, market: GatedMarket, outcome: Reconciled) => Promise<void>;
  readonly now: () => number;
  readonly log: Logger;
};

/** What a scan hands to the next one. */
export type ScanOutput = { readonly record: ScanRecord; readonly lifecycle: LifecycleState; readonly identity: IdentityMemory };

/** The rows of all venues after gate and identity. */
export type GatedMarket = {
  readonly venues: readonly GatedVenue[];
  readonly evidence: readonly IdentityEvidence[];
};
export type GatedVenue = Market[number] & { readonly gated: GateResult; readonly identity: VenueIdentity };

/** Merges of one scan that are logged one by one. */
const MERGES_LOGGED = 20;
/** Near-misses that are priced for the list, of which five are shown. */
const NEAR_MISS_CANDIDATES = 20;

/**
 * THE flow: fetch → parse → gate → identify → detect → price → reconcile → save → publish. Each step tells the funnel
 * what came in, what went on and what it dropped by reason. A scan that cannot be saved changes nothing.
 */
export async function runScan(input: ScanInput, ports: ScanPorts): Promise<Result<ScanOutput, { readonly message: string }>> {
  const startedAtMs = ports.now();
  const funnel = recorder(ports);

  const replies = await fetchAll(input, ports);
  funnel.step("fetch", fetchCounts(replies));
  funnel.step("parse", parseCounts(replies));

  const nowMs = ports.now();
  const gated = gateAll(replies, { input, venues: ports.venues, nowMs });
  funnel.step("gate", sum("rows", gated));

  const identified = identify({
    venues: gated.map(({ columns, passed }) => ({ columns, passed })),
    settings: input.settings.quality,
    overrides: input.overrides,
    memory: input.identity,
  });
  funnel.step("identify", sum("rows", identified.venues));

  const market = marketOf(gated, identified);
  const detected = detect(market.venues, { input, nowMs });
  funnel.step("detect", detected.counts);

  const priced = detected.price();
  const { seen, unpriced } = splitByNet(priced, input.lifecycle.open);
  funnel.step("price", {
    unit: "pairs",
    in: priced.length,
    out: seen.length,
    dropped: unpriced.length === 0 ? {} : { "net-unknown": unpriced.length },
  });

  const outcome = reconcile({
    ...input,
    state: input.lifecycle,
    seen,
    unseen: unseenOf(input.lifecycle, { seen, replies, market }),
    nowMs,
  });
  funnel.step("reconcile", { unit: "opportunities", ...outcome.counts });
  logMerges(ports.log, outcome);

  const findings: ScanFindings = {
    startedAtMs,
    finishedAtMs: ports.now(),
    replies,
    market,
    priced: seen.map((each) => each.priced),
    unpriced,
    outcome,
  };
  const record = recordOf(input, findings, funnel.steps());

  const saved = await ports.save(record, outcome);
  if (!saved.ok) {
    ports.log.error("scan.not-saved", { message: saved.error.message });
    return err(saved.error);
  }
  ports.log.info("scan.saved", { ...saved.value });
  await ports.publish(record, market, outcome);
  ports.log.info("scan.done", {
    slotMs: input.slotMs,
    verdict: record.verdict,
    reason: record.reason,
    ms: ports.now() - startedAtMs,
    ...record.counts,
  });
  return ok({ record, lifecycle: outcome.state, identity: identified.memory });
}

type Counts = Omit<FunnelStep, "step" | "ms">;

/** Collects the steps and logs each as it ends. Counts that do not add up are a bug and are logged as one. */
function recorder(ports: ScanPorts): {
  readonly step: (name: StepName, counts: Counts) => void;
  readonly steps: () => readonly FunnelStep[];
} {
  const steps: FunnelStep[] = [];
  let lastMs = ports.now();
  return {
    step: (name, { unit, in: before, out, dropped }) => {
      const nowMs = ports.now();
      const step: FunnelStep = { step: name, unit, in: before, out, dropped, ms: nowMs - lastMs };
      lastMs = nowMs;
      steps.push(step);
      if (unbalancedSteps([step]).length === 0) ports.log.info("scan.step", step);
      else ports.log.error("scan.step-unbalanced", step);
    },
    steps: () => steps,
  };
}

/** All venues at once, each within its limit; none while real data is switched off. */
async function fetchAll(input: ScanInput, ports: ScanPorts): Promise<readonly FeedReply[]> {
  const venues = ports.venues.map(({ id }) => id);
  if (!input.realTimeData) {
    return venues.map((venue) => failedReply({ venue, error: { kind: "flag-off", message: "the flag real_time_data is off" }, ms: 0 }));
  }
  const { scanId, venueLimitMs: limitMs, scanDeadlineMs: deadlineMs } = input;
  return await askFeeds({ venues, scanId, limitMs, deadlineMs, ask: ports.ask, now: ports.now });
}

function fetchCounts(replies: readonly FeedReply[]): Counts {
  const dropped: Record<string, number> = {};
  for (const { error } of replies) if (error !== null) count(dropped, error.kind);
  return { unit: "venues", in: replies.length, out: replies.filter(({ error }) => error === null).length, dropped };
}

function parseCounts(replies: readonly FeedReply[]): Counts {
  return sum(
    "rows",
    replies.map(({ received, columns, rejected }) => ({ in: received, out: columns?.count ?? 0, dropped: rejected.counts })),
  );
}

/** The counts of one step over all venues. */
function sum(unit: FunnelStep["unit"], parts: readonly Pick<Counts, "in" | "out" | "dropped">[]): Counts {
  const dropped: Record<string, number> = {};
  for (const part of parts) for (const [reason, times] of Object.entries(part.dropped)) count(dropped, reason, times);
  return { unit, in: parts.reduce((total, part) => total + part.in, 0), out: parts.reduce((total, part) => total + part.out, 0), dropped };
}

type GatedReply = GateResult & { readonly columns: QuoteColumns; readonly facts: VenueFacts };

/** The rules, run over the rows of every venue that answered. */
function gateAll(
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

function marketOf(gated: readonly GatedReply[], identified: IdentityResult): GatedMarket {
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
function detect(
  market: Market & GatedMarket["venues"],
  scan: { readonly input: ScanInput; readonly nowMs: number },
): { readonly counts: Counts; readonly price: () => readonly Found[] } {
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
  return { counts, price };
}

/** Pairs whose net is not known are shown with their reasons and go no further, unless they are open. */
function splitByNet(
  found: readonly Found[],
  open: LifecycleState["open"],
): { readonly seen: readonly Seen[]; readonly unpriced: readonly Priced[] } {
  const isKnown = ({ priced }: Found): boolean => priced.ledger.net !== null || Object.hasOwn(open, priced.key);
  return {
    seen: found.filter(isKnown).map(({ why, ...each }) => ({ ...each, source: why })),
    unpriced: found.filter((each) => !isKnown(each)).map(({ priced }) => priced),
  };
}

/** Why each open row that was not priced could not be. */
function unseenOf(
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

/** Merges one by one up to a cap, then as counts. */
function logMerges(log: Logger, { merges, mergeCounts, counts }: Reconciled): void {
  log.info("scan.dedup", {
    seen: counts.in,
    kept: counts.out,
    dropped: counts.dropped,
    merged: mergeCounts,
    merges: merges.slice(0, MERGES_LOGGED),
  });
}
