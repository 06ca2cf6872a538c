import type { BroadcastMessage, DeliveryRef } from "../domain/delivery.ts";
import type { Logger } from "../monitoring/log.ts";
import { fanOutBroadcast } from "../storage/broadcasts.ts";

/** What the work on a broadcast touches outside itself. */
export type BroadcastPorts = {
  readonly db: D1Database;
  readonly log: Logger;
  /** Epoch ms. */
  readonly now: () => number;
  /** Puts waiting deliveries on the queue that sends. */
  readonly wake: (refs: readonly DeliveryRef[]) => Promise<void>;
  /** Puts the next page on this queue. */
  readonly goOn: (message: BroadcastMessage) => Promise<void>;
};

/**
 * One page of a confirmed broadcast: a delivery for each person, their messages, then the next page. A message that comes
 * again makes no second delivery; a page that failed half-way is made whole.
 */
export async function onBroadcast(ports: BroadcastPorts, { broadcastId, after }: BroadcastMessage): Promise<void> {
  const { queued, next } = await fanOutBroadcast(ports.db, { id: broadcastId, after, nowMs: ports.now() });
  await ports.wake(queued);
  if (next !== null) await ports.goOn({ broadcastId, after: next });
  ports.log.info("broadcast.page", { broadcastId, after, queued: queued.length, next });
}
