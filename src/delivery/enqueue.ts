import type { DeliveriesMessage, DeliveryRef, NewDelivery } from "../domain/delivery.ts";
import { insertDeliveries } from "../storage/deliveries.ts";

/** People of one message of the queue: what is sent again together when a batch is cut short. */
export const MOST_REFS_A_MESSAGE = 20;
/** Messages that the queue takes in one call; the platform's limit is 100, and 256 kB. */
const MESSAGES_A_CALL = 50;

/** The part of the queue that is used. */
export type DeliveriesQueue = Pick<Queue<DeliveriesMessage>, "sendBatch">;

/**
 * Stores deliveries, ignoring those that exist, and gives those that wait to be sent: hand them to `wake`. Doing both again
 * after a failure sends nothing twice, since the sender claims each row once.
 */
export const enqueue = (db: D1Database, deliveries: readonly NewDelivery[], nowMs: number): Promise<readonly DeliveryRef[]> =>
  insertDeliveries(db, deliveries, nowMs);

/** Puts waiting deliveries on the queue that sends, at most twenty a message, in the order given; after a delay where one is given. */
export async function wake(queue: DeliveriesQueue, refs: readonly DeliveryRef[], delaySeconds = 0): Promise<void> {
  const messages: MessageSendRequest<DeliveriesMessage>[] = [];
  for (let from = 0; from < refs.length; from += MOST_REFS_A_MESSAGE) {
    const deliveries = refs.slice(from, from + MOST_REFS_A_MESSAGE).map(({ eventId, telegramId }) => ({ eventId, telegramId }));
    messages.push({ body: { deliveries }, ...(delaySeconds > 0 ? { delaySeconds } : {}) });
  }
  for (let from = 0; from < messages.length; from += MESSAGES_A_CALL) await queue.sendBatch(messages.slice(from, from + MESSAGES_A_CALL));
}
