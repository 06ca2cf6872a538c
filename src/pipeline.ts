import { type FunnelStep, type StepName, unbalancedSteps } from "./domain/funnel.ts";
import { err, ok, type Result } from "./domain/result.ts";
import { type Writes, writesOf } from "./lifecycle/owed.ts";
import { reconcile, type Reconciled } from "./lifecycle/reconcile.ts";
import type { Logger } from "./monitoring/log.ts";
import { performanceOf } from "./monitoring/performance.ts";
import { identify } from "./quality/identity.ts";
import type { Published, ScanInput, ScanOutput, ScanPorts } from "./scan.ts";
import { bookWishes, booksWanted, joinDepths } from "./scan-depth.ts";
import { failingAfter, feedsAfter, fetchAll, planFetch, standingsAfter } from "./scan-fetch.ts";
import { recordOf } from "./scan-report.ts";
import { candidatesOf, type Counts, detect, fetchCounts, gateAll, marketOf, parseCounts, splitByNet, sum, unseenOf } from "./scan-steps.ts";
import type { SaveOutcome } from "./storage/save-outcome.ts";

/**
 * THE flow: plan (what this scan asks) → fetch (quotes, and the books wanted) → parse → gate → identify → detect → depth
 * (join the books) → price → reconcile → save → publish, and last which books the next scan wants. Each step tells the funnel
 * what came in, what went on and what it dropped by reason. A scan that cannot be saved changes nothing; while nothing is to
 * be stored, what it would have written is owed by the scans after it.
 */
export async function runScan(input: ScanInput, ports: ScanPorts): Promise<Result<ScanOutput, { readonly message: string }>> {
  const startedAtMs = ports.now();
  const funnel = recorder(ports);

  const plan = planFetch(input, ports.feeds);
  const fetched = await fetchAll(input, ports, plan);
  const { replies, books } = fetched;
  funnel.step("fetch", fetchCounts(replies));
  funnel.step("parse", parseCounts(replies));

  const nowMs = ports.now();
  const gated = gateAll(replies, { input, feeds: ports.feeds, nowMs });
  funnel.step("gate", sum("rows", gated));

  const { settings, overrides, rulings, identity: memory } = input;
  const identified = identify({ venues: gated, settings: settings.quality, overrides, memory, rulings, nowMs });
  funnel.step("identify", sum("rows", identified.venues));
  const market = marketOf(gated, identified);

  const detected = detect(market.venues, { input, nowMs });
  funnel.step("detect", detected.counts);

  const wishes = bookWishes(detected.selected, market.venues);
  const { depths, counts: depthCounts } = joinDepths(wishes, { before: input.depths, books: books.results, nowMs });
  funnel.step("depth", depthCounts);

  const { seen, unpriced, counts: priceCounts } = splitByNet(detected.price(depths), input.lifecycle.open);
  funnel.step("price", priceCounts);

  const outcome = reconcileRows(input, { seen, replies, market, nowMs });
  funnel.step("reconcile", { unit: "opportunities", ...outcome.counts });
  logMerges(ports.log, outcome);

  const { samples: droppedPairs, clusters } = detected;
  const failing = failingAfter(replies, input.failing, nowMs);
  const standings = standingsAfter(replies, input.standings, nowMs);
  const judged = { startedAtMs, finishedAtMs: ports.now(), nowMs, replies, failing, standings };
  const findings = { ...judged, market, clusters, droppedPairs, seen, unpriced, outcome };
  const record = recordOf(input, findings, funnel.steps());
  if (input.performanceMonitoring) ports.log.info("scan.performance", performanceOf(replies, funnel.steps()));
  const candidates = candidatesOf(seen, { open: outcome.state.open, openNet: settings.openNet });
  const { owed, ...writes } = writesOf(outcome, { owed: input.owed, storing: input.storing, scan: { ...input, nowMs } });
  const stored = await saveAndPublish({ record, market, outcome, candidates }, input.storing ? writes : null, ports);
  if (!stored.ok) return stored;
  const feeds = feedsAfter(fetched, { before: input, market, feeds: ports.feeds, failing, standings });
  const wanted = booksWanted(wishes, { depths, open: outcome.state.open, room: feeds.depthPace });
  const left = { lifecycle: outcome.state, owed, identity: identified.memory, depths, wanted, ...feeds };
  return ok({ record, ...left, refusedRows: stored.value.refused.length + stored.value.duplicatesRefused.length });
}

/** What the scan makes of the rows that are open and of the pairs that may be. */
function reconcileRows(input: ScanInput, { nowMs, ...found }: Parameters<typeof unseenOf>[1] & { readonly nowMs: number }): Reconciled {
  const unseen = unseenOf(input.lifecycle, found);
  return reconcile({ ...input, state: input.lifecycle, seen: found.seen, unseen, nowMs });
}

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

/** One D1 batch, then one KV write. When D1 refuses, nothing is shown that is not stored. No `writes`: nothing is to be stored. */
async function saveAndPublish(
  done: Published,
  writes: Writes | null,
  { save, publish, log }: ScanPorts,
): Promise<Result<Pick<SaveOutcome, "refused" | "duplicatesRefused">, { readonly message: string }>> {
  const { record } = done;
  const saved = writes === null ? ok({ refused: [], duplicatesRefused: [], skipped: "d1_enabled is off" }) : await save(record, writes);
  if (!saved.ok) {
    log.error("scan.not-saved", { message: saved.error.message });
    return err(saved.error);
  }
  log.info("scan.saved", { ...saved.value });
  await publish(done);
  const { slotMs, verdict, reason, startedAtMs, finishedAtMs, counts } = record;
  log.info("scan.done", { slotMs, verdict, reason, ms: finishedAtMs - startedAtMs, ...counts });
  return ok(saved.value);
}

/** Merges of one scan that are logged one by one. */
const MERGES_LOGGED = 20;

/** What became of pairs under one key: the first few one by one, all as counts. */
function logMerges(log: Logger, { merges, mergeCounts, counts }: Reconciled): void {
  const few = merges.slice(0, MERGES_LOGGED);
  log.info("scan.dedup", { seen: counts.in, kept: counts.out, dropped: counts.dropped, merged: mergeCounts, merges: few });
}
