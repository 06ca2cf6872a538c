import * as z from "zod";
import type { BroadcastMessage, DeliveriesMessage, DeliveryRef, EventsMessage } from "../domain/delivery.ts";
import { buryDeliveries } from "../storage/deliveries.ts";
import type { DeadLetter } from "../storage/dead-letters.ts";
import { BOTH, layersOf } from "../storage/layers.ts";
import { onBroadcast } from "./on-broadcast.ts";
import { type DeliverPorts, onDeliveries } from "./on-deliveries.ts";
import { type EventsPorts, onEvents } from "./on-events.ts";

/** Names of the queues, as wrangler.jsonc has them. */
export const QUEUES = { events: "carrywatch-events", deliveries: "carrywatch-deliveries", dead: "carrywatch-dead" } as const;

/** Everything that the consumers touch. */
export type QueuePorts = Omit<EventsPorts, "wake" | "goOn"> &
  Omit<DeliverPorts, "wake"> & {
    readonly wake: (refs: readonly DeliveryRef[], delaySeconds?: number) => Promise<void>;
    /** Puts a message on the queue of events. */
    readonly goOn: (message: EventsMessage | BroadcastMessage, delaySeconds?: number) => Promise<void>;
  };

const eventsMessage: z.ZodType<EventsMessage> = z.object({ scanId: z.string().min(1), slotMs: z.number().int(), after: z.number().int() });
const broadcastMessage: z.ZodType<BroadcastMessage> = z.object({ broadcastId: z.string().min(1), after: z.number().int() });
const deliveriesMessage: z.ZodType<DeliveriesMessage> = z.object({
  deliveries: z.array(z.object({ eventId: z.string().min(1), telegramId: z.number().int() })),
});

/** Waits between tries of a message that failed: 5, 10, 20 … s, at most ten minutes. */
const retryDelaySeconds = (attempts: number): number => Math.min(600, 5 * 2 ** (attempts - 1));

/** Each message of a batch alone: what fails is brought again later, and in the end becomes a dead letter. */
export async function onQueue(batch: MessageBatch, ports: QueuePorts): Promise<void> {
  for (const message of batch.messages) {
    try {
      await handle(batch.queue, message, ports);
      message.ack();
    } catch (error) {
      const delaySeconds = retryDelaySeconds(message.attempts);
      ports.log.error("queue.message-failed", { queue: batch.queue, id: message.id, attempts: message.attempts, delaySeconds, error });
      message.retry({ delaySeconds });
    }
  }
}

/** How long a message waits for D1 to be switched on, s. */
const PUT_OFF_SECONDS = 600;

/**
 * Nobody is told anything while D1 is switched off. Events and broadcasts are put on their queue anew, so that no try is
 * counted. A message about deliveries may go: their rows wait in D1 and are found as lost by the first scan after.
 */
async function putOff(queue: string, { body, id }: Message, ports: QueuePorts): Promise<void> {
  const paged = z.union([eventsMessage, broadcastMessage]).safeParse(body);
  ports.log.info("queue.put-off", { queue, id, reason: "the flag d1_enabled is off" });
  if (queue === QUEUES.events && paged.success) return await ports.goOn(paged.data, PUT_OFF_SECONDS);
  if (queue !== QUEUES.deliveries) throw new Error("the flag d1_enabled is off: a dead letter has no place");
}

async function handle(queue: string, message: Message, ports: QueuePorts): Promise<void> {
  const { body } = message;
  // What follows a scan goes by the flags as they are now: what an isolate knows of the layers may be ten seconds old.
  const flags = queue === QUEUES.events ? await ports.flags() : null;
  const { d1 } = flags === null ? ((await ports.snapshots.layers?.()) ?? BOTH) : layersOf(flags);
  if (!d1) return await putOff(queue, message, ports);
  const wake = (refs: readonly DeliveryRef[], delaySeconds?: number) => ports.wake(refs, delaySeconds);
  if (flags !== null) {
    const events = eventsMessage.safeParse(body);
    if (events.success) return await onEvents({ ...ports, wake, flags: async () => flags }, events.data);
    const broadcast = broadcastMessage.safeParse(body);
    if (broadcast.success) return await onBroadcast({ ...ports, wake }, broadcast.data);
  }
  if (queue === QUEUES.deliveries) {
    const deliveries = deliveriesMessage.safeParse(body);
    if (deliveries.success) return await onDeliveries({ ...ports, wake }, deliveries.data);
  }
  await bury(queue, message, ports);
}

/** Keeps a dead letter, or a message of no known form, for operators, and fails the deliveries it was about. */
async function bury(queue: string, { id, body, attempts }: Message, ports: QueuePorts): Promise<void> {
  const deliveries = deliveriesMessage.safeParse(body);
  const letter: DeadLetter = { id, queue: queue === QUEUES.dead ? originOf(body) : queue, body: body ?? null, attempts, atMs: ports.now() };
  const refs = deliveries.success ? deliveries.data.deliveries : [];
  await buryDeliveries(ports.db, { letters: [letter], refs, nowMs: ports.now() });
  ports.log.error("queue.dead-letter", { queue: letter.queue, id, deliveries: refs.length });
}

/** The queue that a dead letter was on: a message does not say. */
function originOf(body: unknown): string {
  if (deliveriesMessage.safeParse(body).success) return QUEUES.deliveries;
  return eventsMessage.safeParse(body).success || broadcastMessage.safeParse(body).success ? QUEUES.events : QUEUES.dead;
}
