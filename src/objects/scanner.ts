import { DurableObject } from "cloudflare:workers";
import type { FeedId } from "../domain/feed.ts";
import { liveRulings } from "../domain/identity.ts";
import type { Verdict } from "../domain/funnel.ts";
import { SECOND_MS } from "../domain/units.ts";
import type { KeyState } from "../domain/venue-key.ts";
import { fetchSettings } from "../fetch-settings.ts";
import type { Flags } from "../flags.ts";
import { runScan } from "../pipeline.ts";
import { EMPTY_STATE, type LifecycleState } from "../lifecycle/state.ts";
import type { ScanInput } from "../scan.ts";
import { qualityOverrides, scanSettings } from "../scan-settings.ts";
import { loadFlags } from "../storage/flags.ts";
import { takeLease } from "../storage/lease.ts";
import { latestSlotMs } from "../storage/scans.ts";
import { loadClosedSince, loadOpen } from "../storage/opportunities.ts";
import { type Services, servicesFor } from "../wiring.ts";
import { loadText, saveText } from "./chunked-state.ts";
import { dispatchScans, noteScan } from "./dispatch-scans.ts";
import { type Kept, keptText, NOTHING_KEPT, parseKept, stateFromRows } from "./kept-state.ts";
import { givenKeyStates } from "./key-states.ts";
import { leaseOf, scanPorts } from "./scan-ports.ts";

export type Trigger = { readonly source: "cron" | "alarm"; /** Time the trigger stands for, epoch ms. */ readonly atMs: number };
export type TriggerOutcome =
  | { readonly ran: true; readonly slotMs: number; readonly verdict: Verdict }
  | { readonly ran: false; readonly slotMs: number; readonly reason: SkipReason | "not-saved" };
/** `lease_held`: another Scanner over the same D1 makes the scans. */
type SkipReason = "slot-done" | "scan-running" | "lease_held";

/** The second trigger comes this long after the start of a slot, or after a quarter of a shorter one. */
const ALARM_GRACE_MS = 15 * SECOND_MS;

/** What one scan begins with. */
type Run = {
  readonly trigger: Trigger;
  readonly slotMs: number;
  readonly kept: Kept;
  readonly flags: Flags;
  readonly services: Services;
};

/**
 * The single writer: one scan a slot, whichever trigger comes first. The platform has one Scanner of a Worker; where another
 * Worker shares the database, the lease in D1 lets one of the two scan and the other stand by.
 */
export class Scanner extends DurableObject<Env> {
  #kept: Kept | null = null;
  #running = false;
  #keys: readonly KeyState[] = [];

  /** Runs the scan of the slot that the time falls in, unless it is done, or another scan runs. */
  async trigger(trigger: Trigger): Promise<TriggerOutcome> {
    const services = servicesFor(this.env);
    const log = services.log.with({ component: "scanner" });
    if (this.#running) return this.#skipped({ trigger, reason: "scan-running", slotMs: trigger.atMs });
    this.#running = true;
    try {
      const before = (this.#kept ??= await this.#load(services));
      const loaded = await loadFlags(services.db, { deployment: services.config.flagDefaults, lastGood: before.flags });
      const kept = { ...before, rulings: loaded.rulings ?? before.rulings };
      for (const problem of loaded.problems) log.warn("flags.refused", problem);
      if (loaded.error !== null) log.error("flags.unavailable", { source: loaded.source, message: loaded.error });
      services.layers.note(loaded.flags);
      const intervalMs = loaded.flags.scan_interval_seconds * SECOND_MS;
      const slotMs = Math.floor(trigger.atMs / intervalMs) * intervalMs;
      await this.#arm(intervalMs, services);
      if (kept.lastSlotMs !== null && slotMs <= kept.lastSlotMs) return this.#skipped({ trigger, reason: "slot-done", slotMs });
      const lead = await this.#lead({ trigger, slotMs, kept, flags: loaded.flags, services });
      return typeof lead === "string" ? this.#skipped({ trigger, reason: lead, slotMs }) : await this.#scan(lead);
    } finally {
      this.#running = false;
    }
  }

  /** The second trigger. Cron can stop or be late; intervals under two minutes have no other. */
  override async alarm(): Promise<void> {
    const services = servicesFor(this.env);
    try {
      await this.trigger({ source: "alarm", atMs: services.now() });
    } catch (error) {
      services.log.with({ component: "scanner" }).error("scanner.alarm-failed", { error });
      await this.ctx.storage.setAlarm(services.wallNow() + ALARM_GRACE_MS);
    }
  }

  /**
   * Takes the lease of scans, or says who has done or will do this slot. A Scanner that stood by knows less than D1 and starts
   * from there. When D1 does not answer the scan goes on: its batch asks for the lease again.
   */
  async #lead(run: Run): Promise<Run | SkipReason> {
    const { slotMs, kept, flags, services } = run;
    if (!flags.d1_enabled) return run;
    const log = services.log.with({ component: "scanner" });
    try {
      const asked = leaseOf({ holder: await this.#holder(services), nowMs: services.now(), flags });
      const { isHeld, lastSlotMs: stored } = await takeLease(services.db, asked);
      if (!isHeld) return "lease_held";
      if (stored === null || stored <= (kept.lastSlotMs ?? Number.NEGATIVE_INFINITY)) return run;
      log.warn("scanner.behind", { lastSlotMs: kept.lastSlotMs, stored });
      const caughtUp = { ...kept, ...(await this.#fromD1(services, flags)), lastSlotMs: stored };
      this.#save(caughtUp);
      return stored >= slotMs ? "slot-done" : { ...run, kept: caughtUp };
    } catch (error) {
      log.error("scanner.lease-unknown", { error });
      return run;
    }
  }

  /** The name under which this object holds the lease: its own for life, since two Workers may give objects one id. */
  async #holder(services: Services): Promise<string> {
    const known = await this.ctx.storage.get<string>("holder");
    if (known !== undefined) return known;
    const holder = services.newId();
    await this.ctx.storage.put("holder", holder);
    return holder;
  }

  async #scan(run: Run): Promise<TriggerOutcome> {
    const { trigger, slotMs, flags, services } = run;
    const scanId = `scan-${slotMs}`;
    const log = services.log.with({ component: "scanner", correlationId: scanId });
    log.info("scan.start", { slotMs, trigger: trigger.source, lateMs: services.now() - slotMs, market: services.config.market, flags });
    // What is not stored is told to nobody, and neither is what waits.
    if (flags.d1_enabled) noteScan(this.ctx.storage, { scan: { scanId, slotMs }, log });
    const answered = new Set<FeedId>();
    const hear = (feed: FeedId): void => {
      answered.add(feed);
      if (!this.#running) this.#forgetSilence(feed);
    };
    const result = await runScan(
      inputOf({ ...run, scanId }),
      scanPorts({ services, flags, log, holder: await this.#holder(services), answered: hear, keys: await this.#keyStates(services) }),
    );
    if (!result.ok) {
      // The rows in memory may differ from what D1 has: the next trigger starts from what is stored.
      this.#kept = null;
      return { ran: false, slotMs, reason: "not-saved" };
    }
    const { refusedRows, record, ...left } = result.value;
    const rows = refusedRows === 0 ? {} : await this.#fromD1(services, flags);
    // A feed may have answered since the scan went on without it.
    const silent = left.silent.filter((feed) => !answered.has(feed));
    this.#save({ ...left, ...rows, lastSlotMs: slotMs, silent, rulings: run.kept.rulings, flags });
    if (flags.d1_enabled) await dispatchScans({ storage: this.ctx.storage, queue: this.env.EVENTS, log });
    return { ran: true, slotMs, verdict: record.verdict };
  }

  /** What D1 knows of the keys that this deployment has; the last answer where it gives none. No statement without keys. */
  async #keyStates({ db, config, log }: Services): Promise<readonly KeyState[]> {
    try {
      this.#keys = await givenKeyStates(db, config);
    } catch (error) {
      log.with({ component: "scanner" }).error("scanner.keys-unknown", { error });
    }
    return this.#keys;
  }

  /** A feed answered after its scan had ended: the next one waits for it as for any other. */
  #forgetSilence(feed: FeedId): void {
    const kept = this.#kept;
    if (kept?.silent.includes(feed) === true) this.#save({ ...kept, silent: kept.silent.filter((each) => each !== feed) });
  }

  #skipped(skip: { readonly trigger: Trigger; readonly reason: SkipReason; readonly slotMs: number }): TriggerOutcome {
    const { trigger, reason, slotMs } = skip;
    servicesFor(this.env).log.with({ component: "scanner" }).info("scan.skipped", { trigger: trigger.source, slotMs, reason });
    return { ran: false, slotMs, reason };
  }

  /** Sets the alarm behind the start of the next slot: a cron that comes in time moves it on before it rings. */
  async #arm(intervalMs: number, services: Services): Promise<void> {
    const graceMs = Math.min(ALARM_GRACE_MS, intervalMs / 4);
    const nowMs = services.now();
    const nextMs = (Math.floor(nowMs / intervalMs) + 1) * intervalMs + graceMs;
    await this.ctx.storage.setAlarm(services.wallNow() + (nextMs - nowMs));
  }

  /** What the last scan stored, else what D1 knows: rows that are open, and those that may still be revived. */
  async #load(services: Services): Promise<Kept> {
    const text = loadText(this.ctx.storage.sql, "kept");
    const kept = text === null ? null : parseKept(text);
    if (kept !== null) return kept;
    if (text !== null) services.log.with({ component: "scanner" }).warn("scanner.state-unreadable", { characters: text.length });
    const { flags } = await loadFlags(services.db, { deployment: services.config.flagDefaults, lastGood: null });
    try {
      const { lifecycle } = await this.#fromD1(services, flags);
      return { ...NOTHING_KEPT, lastSlotMs: await latestSlotMs(services.db), lifecycle };
    } catch (error) {
      if (flags.d1_enabled) throw error;
      services.log.with({ component: "scanner" }).warn("scanner.without-past", { error });
      return { ...NOTHING_KEPT, lastSlotMs: null, lifecycle: EMPTY_STATE };
    }
  }

  /** Rows that are open, and those that may still be revived, as D1 has them. */
  async #fromD1(services: Services, flags: Flags): Promise<{ readonly lifecycle: LifecycleState }> {
    const open = await loadOpen(services.db);
    const closed = await loadClosedSince(services.db, services.now() - scanSettings(flags).revivalWindowMs);
    for (const row of [...open.unreadable, ...closed.unreadable]) services.log.error("scanner.row-unreadable", row);
    return { lifecycle: stateFromRows({ open: open.opportunities, closed: closed.opportunities }) };
  }

  #save(kept: Kept): void {
    this.ctx.storage.transactionSync(() => saveText(this.ctx.storage.sql, "kept", keptText(kept)));
    this.#kept = kept;
  }
}

function inputOf({ trigger, slotMs, kept, flags, services, scanId }: Run & { readonly scanId: string }): ScanInput {
  const { lastSlotMs: _, flags: __, ...left } = kept;
  return {
    ...left,
    slotMs,
    scanId,
    trigger: trigger.source,
    market: services.config.market,
    intervalSeconds: flags.scan_interval_seconds,
    flags,
    realTimeData: flags.real_time_data,
    storing: flags.d1_enabled,
    venueLimitMs: flags.venue_limit_ms,
    scanDeadlineMs: flags.scan_deadline_ms,
    depthLimitMs: flags.depth_limit_ms,
    fetching: fetchSettings(flags),
    performanceMonitoring: flags.performance_monitoring_enabled,
    settings: scanSettings(flags),
    overrides: qualityOverrides(flags),
    rulings: liveRulings(kept.rulings, slotMs),
    maxCalls: flags.max_calls_per_scan,
    maxSlowCalls: flags.max_slow_calls,
    depthPairs: { min: flags.depth_pairs_min, max: flags.depth_pairs_max },
  };
}
