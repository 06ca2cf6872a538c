import type { BroadcastMessage, DeliveriesMessage, EventsMessage, SendDelivery } from "../domain/delivery.ts";
import type { Flags } from "../flags.ts";
import type { Logger } from "../monitoring/log.ts";
import { loadFlags } from "../storage/flags.ts";
import type { SnapshotSource } from "../storage/read-snapshot.ts";
import type { KeyPorts } from "./check-keys.ts";
import { wake } from "./enqueue.ts";
import { localClock } from "./local-time.ts";
import { newPace } from "./pace.ts";
import type { QueuePorts } from "./queues.ts";

/** What the consumers of one isolate are built from. */
export type QueueParts = {
  readonly db: D1Database;
  readonly log: Logger;
  /** Epoch ms. */
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<void>;
  readonly snapshots: SnapshotSource;
  /** This deployment's own defaults of flags. */
  readonly flagDefaults: Readonly<Record<string, unknown>>;
  readonly messagesPerSecond: number;
  /** `null`: there is no bot. */
  readonly send: SendDelivery | null;
  readonly keys: KeyPorts;
  readonly events: Pick<Queue<EventsMessage | BroadcastMessage>, "send">;
  readonly deliveries: Pick<Queue<DeliveriesMessage>, "sendBatch">;
};

/** The consumers' ports, built without I/O. The pace, the rules of time zones and the last good flags are the isolate's. */
export function queuePorts(parts: QueueParts): QueuePorts {
  const log = parts.log.with({ component: "delivery" });
  let lastGood: Flags | null = null;
  return {
    db: parts.db,
    log,
    now: parts.now,
    wait: parts.wait,
    snapshots: parts.snapshots,
    messagesPerSecond: parts.messagesPerSecond,
    send: parts.send,
    keys: parts.keys,
    pace: newPace(),
    clock: localClock(),
    flags: async () => {
      const loaded = await loadFlags(parts.db, { deployment: parts.flagDefaults, lastGood });
      if (loaded.error !== null) log.error("flags.unavailable", { source: loaded.source, message: loaded.error });
      lastGood = loaded.flags;
      return loaded.flags;
    },
    wake: (refs, delaySeconds) => wake(parts.deliveries, refs, delaySeconds),
    goOn: async (message, delaySeconds) => void (await parts.events.send(message, delaySeconds === undefined ? {} : { delaySeconds })),
  };
}
