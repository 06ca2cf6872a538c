import type { DeliveryRef, EventsMessage, NewDelivery } from "../domain/delivery.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../domain/units.ts";
import type { Flags } from "../flags.ts";
import { rollUpQuality } from "../history/roll-up-quality.ts";
import { validateStep } from "../history/validate-rows.ts";
import type { Logger } from "../monitoring/log.ts";
import { lostDeliveries } from "../storage/deliveries.ts";
import { purge } from "../storage/purge.ts";
import { readSnapshot, type SnapshotSource } from "../storage/read-snapshot.ts";
import type { ScanDetail } from "../storage/scan-record.ts";
import { checkKeys, type KeyPorts } from "./check-keys.ts";
import { makeDigests } from "./digest.ts";
import { enqueue } from "./enqueue.ts";
import type { LocalClock } from "./local-time.ts";
import { duplicateAlarm, passRateAlarm } from "./quality-alarms.ts";
import { ringWatches } from "./ring-watches.ts";
import { settle } from "./settle.ts";
import { zeroAlarm } from "./zero-alarm.ts";

/** What the steps touch outside themselves. */
export type AfterScanPorts = {
  readonly db: D1Database;
  readonly log: Logger;
  /** Epoch ms. */
  readonly now: () => number;
  readonly clock: LocalClock;
  readonly snapshots: SnapshotSource;
  readonly wake: (refs: readonly DeliveryRef[]) => Promise<void>;
  readonly keys: KeyPorts;
};

/** A message of a waiting row that has not come by then is lost. A busy hour may take longer; a row is sent once all the same. */
const LOST_AFTER_MS = 15 * MINUTE_MS;

/**
 * What is done once a scan besides its events: the alarms for scans without an opportunity, for low pass rates and for what is
 * double, the sums of hours and days, watches, settlements of pairs that are held, digests of nights that are over, messages
 * that were lost, a step of a validation that runs, keys that are due for a look, and once an hour what is kept no longer.
 * Each step stands alone: one that fails is logged, and the next scan does it.
 */
export async function afterScan(
  ports: AfterScanPorts,
  { message, scan, flags }: { readonly message: EventsMessage; readonly scan: ScanDetail; readonly flags: Flags },
): Promise<void> {
  const { db, clock, wake } = ports;
  const { slotMs } = message;
  const nowMs = ports.now();
  const store = async (deliveries: readonly NewDelivery[]): Promise<void> => {
    if (deliveries.length > 0) await wake(await enqueue(db, deliveries, nowMs));
  };
  const step = async (name: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      ports.log.error("after-scan.failed", { step: name, scanId: message.scanId, error });
    }
  };
  await step("zero-alarm", async () => await store(await zeroAlarm({ db, scan, flags, nowMs })));
  await step("digests", async () => {
    const read = await readSnapshot(ports.snapshots);
    if (read.ok) await wake(await makeDigests(db, { snapshot: read.value.snapshot, nowMs, clock }));
  });
  await step("lost", async () => await wake(await lostDeliveries(db, { queuedBeforeMs: nowMs - LOST_AFTER_MS, nowMs })));
  await step("market", async () => {
    const read = await readSnapshot(ports.snapshots);
    if (!read.ok || read.value.snapshot.market === null) return;
    const { market } = read.value.snapshot;
    await step("settlements", () => settle(db, { market }, nowMs));
    await step("watches", () => ringWatches({ db, market, slotMs, scanAtMs: scan.finishedAtMs, nowMs, clock, store }));
  });
  await step("pass-rates", async () => await store(await passRateAlarm({ db, scan, flags, nowMs })));
  await keepQuality(ports, { step, store, scan, flags, nowMs });
  const isFirstOfHour = Math.floor(slotMs / HOUR_MS) !== Math.floor((slotMs - scan.intervalSeconds * SECOND_MS) / HOUR_MS);
  if (flags.real_time_data) {
    const look = { flags, scanId: message.scanId, isFirstOfHour, nowMs };
    await step("keys", async () => await store(await checkKeys({ ...ports.keys, db, log: ports.log }, look)));
  }
  if (isFirstOfHour) await step("purge", async () => ports.log.info("delivery.purged", { ...(await purge(db, nowMs)) }));
}

/** The record of quality and what looks after stored rows: sums, the count of duplicates, a step of a validation. */
async function keepQuality(
  { db, log, now, snapshots }: AfterScanPorts,
  run: {
    readonly step: (name: string, work: () => Promise<unknown>) => Promise<void>;
    readonly store: (deliveries: readonly NewDelivery[]) => Promise<void>;
    readonly scan: ScanDetail;
    readonly flags: Flags;
    readonly nowMs: number;
  },
): Promise<void> {
  const { step, store, scan, flags, nowMs } = run;
  await step("quality", async () => {
    const made = await rollUpQuality(db, nowMs);
    if (made.hours + made.days > 0) log.info("quality.summed", made);
  });
  await step("duplicates", async () => {
    const coolDownMinutes = flags.incident_cooldown_minutes;
    const found = await duplicateAlarm({ db, scanAtMs: scan.finishedAtMs, coolDownMinutes, nowMs });
    if (found === null) return;
    log.info("duplicates.checked", found.check);
    await store(found.notices);
  });
  await step("validation", async () => {
    const validated = await validateStep({ db, now, venues: snapshots.venues });
    if (validated !== null) log.info("rows.validated", { ...validated });
  });
}
