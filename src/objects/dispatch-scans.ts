import * as z from "zod";
import { SECOND_MS } from "../domain/units.ts";
import type { EventsMessage } from "../domain/delivery.ts";
import type { Logger } from "../monitoring/log.ts";
import { sleep } from "../net/sleep.ts";
import { loadText, saveText } from "./chunked-state.ts";

/** A stored scan; `slotMs` is the start of its slot. */
export type ScanRef = Pick<EventsMessage, "scanId" | "slotMs">;

/** Scans that wait for the queue at most: what an hour and a half ago changed is no news. */
export const MOST_UNDISPATCHED = 50;
/** A queue that does not answer holds up no scan. */
const QUEUE_LIMIT_MS = 5 * SECOND_MS;
const NAME = "undispatched";

/**
 * Notes a scan that is about to be stored, so that people hear of it also when the object dies right after D1 took it, or when D1
 * took it and its answer was lost. One that was never stored is no harm: whoever is told finds no such scan.
 */
export function noteScan(storage: DurableObjectStorage, { scan, log }: { readonly scan: ScanRef; readonly log: Logger }): void {
  const waiting = [...without(undispatched(storage), scan.scanId), { scanId: scan.scanId, slotMs: scan.slotMs }];
  const kept = waiting.slice(-MOST_UNDISPATCHED);
  if (kept.length < waiting.length) log.error("scanner.scans-not-told", { scans: waiting.slice(0, -MOST_UNDISPATCHED) });
  keep(storage, kept);
}

const without = (scans: readonly ScanRef[], scanId: string): readonly ScanRef[] => scans.filter((each) => each.scanId !== scanId);

/**
 * Hands the noted scans to the queue by which people hear of them. They stand whatever the queue does: what it does not take
 * is sent again after the next scan, also when the object left memory in between. A scan that arrives twice is told once.
 */
export async function dispatchScans(to: {
  readonly storage: DurableObjectStorage;
  readonly queue: Pick<Queue<EventsMessage>, "sendBatch">;
  readonly log: Logger;
}): Promise<void> {
  const { storage, queue, log } = to;
  const waiting = undispatched(storage);
  if (waiting.length === 0) return;
  const answered = new AbortController();
  try {
    const sent = queue.sendBatch(waiting.map((each) => ({ body: { ...each, after: 0 } })));
    const tooLate = sleep(QUEUE_LIMIT_MS, answered.signal).then(() => false);
    if (!(await Promise.race([sent.then(() => true), tooLate]))) throw new Error(`no answer within ${QUEUE_LIMIT_MS} ms`);
    keep(storage, []);
  } catch (error) {
    log.error("scanner.queue-failed", { waiting: waiting.length, error });
  } finally {
    answered.abort();
  }
}

/** Scans that the queue has not taken, oldest first; none where what was stored cannot be read. */
export function undispatched(storage: DurableObjectStorage): readonly ScanRef[] {
  try {
    const stored = scansSchema.safeParse(JSON.parse(loadText(storage.sql, NAME) ?? "[]"));
    return stored.success ? stored.data : [];
  } catch {
    return [];
  }
}
const scansSchema = z.array(z.object({ scanId: z.string().min(1), slotMs: z.number() }));

const keep = (storage: DurableObjectStorage, scans: readonly ScanRef[]): void =>
  storage.transactionSync(() => saveText(storage.sql, NAME, JSON.stringify(scans)));
