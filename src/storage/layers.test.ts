import { expect, test } from "vitest";
import { onQueue, QUEUES, type QueuePorts } from "../delivery/queues.ts";
import { createLogger } from "../monitoring/log.ts";
import { readFlags } from "../read-flags.ts";
import { loadFlags } from "./flags.ts";
import { layerSwitches } from "./layers.ts";

const flagsWith = (deployment: Readonly<Record<string, unknown>>) => readFlags({ stored: [], deployment, lastGood: null }).flags;

/** A D1 that gives these flags, or none when it is away; it counts how often it was asked. */
function d1(rows: readonly { readonly key: string; readonly value: string }[] | null) {
  const asked = { times: 0 };
  const all = async () => {
    asked.times += 1;
    if (rows === null) throw new Error("D1 is away");
    return { results: rows.map((row) => ({ kind: "flag", ...row })) };
  };
  return { db: { prepare: () => ({ all }) } as unknown as D1Database, asked };
}

test("an isolate goes by the flags for ten seconds, and knows at once what it was told", async () => {
  let nowMs = 0;
  const { db, asked } = d1([{ key: "kv_enabled", value: "false" }]);
  const layers = layerSwitches({ db, deployment: {}, now: () => nowMs });
  expect(layers.known()).toEqual({ kv: true, d1: true });
  expect(await layers.read()).toEqual({ kv: false, d1: true });
  nowMs = 9_999;
  expect([await layers.read(), layers.known(), asked.times]).toEqual([{ kv: false, d1: true }, { kv: false, d1: true }, 1]);
  nowMs = 10_000;
  await layers.read();
  expect(asked.times).toBe(2);
  layers.note(flagsWith({ d1_enabled: false }));
  expect([await layers.read(), asked.times]).toEqual([{ kv: true, d1: false }, 2]);
});

test("a D1 that does not answer is switched off by the variable FLAGS, whatever it said last; other flags keep their last good value", async () => {
  const lastGood = flagsWith({ open_net: 0.002 });
  const deployment = { d1_enabled: false, open_net: 0.003 };
  const { flags } = await loadFlags(d1(null).db, { deployment, lastGood });
  expect([flags.d1_enabled, flags.kv_enabled, flags.open_net]).toEqual([false, true, 0.002]);
  expect((await loadFlags(d1(null).db, { deployment: {}, lastGood: flagsWith({ d1_enabled: false }) })).flags.d1_enabled).toBe(false);
  const back = await loadFlags(d1([{ key: "d1_enabled", value: "true" }]).db, { deployment, lastGood: null });
  expect(back.flags.d1_enabled).toBe(true);
});

test("while D1 is switched off nobody is told: events come again later with no try counted, deliveries are left to D1", async () => {
  const done: string[] = [];
  const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const ports = {
    snapshots: { layers: async () => ({ kv: true, d1: false }) },
    flags: async () => flagsWith({ d1_enabled: false }),
    log: createLogger({ level: "error", component: "test", sink: quiet, now: () => 0 }),
    goOn: async (message: unknown, delaySeconds: number) => void done.push(`again ${JSON.stringify(message)} in ${delaySeconds} s`),
  };
  const batch = (queue: string, body: unknown) => ({
    queue,
    messages: [{ id: "1", body, attempts: 1, ack: () => done.push(`ack ${queue}`), retry: () => done.push(`retry ${queue}`) }],
  });
  const events = { scanId: "scan-1", slotMs: 1, after: 0 };
  for (const [queue, body] of [
    [QUEUES.events, events],
    [QUEUES.deliveries, { deliveries: [] }],
    [QUEUES.dead, events],
  ] as const) {
    await onQueue(batch(queue, body) as unknown as MessageBatch, ports as unknown as QueuePorts);
  }
  // An isolate that has not heard of the switch yet: the flags decide.
  const unaware = { ...ports, snapshots: { layers: async () => ({ kv: true, d1: true }) } };
  await onQueue(batch(QUEUES.events, { ...events, after: 7 }) as unknown as MessageBatch, unaware as unknown as QueuePorts);
  expect(done.splice(-2)).toEqual([`again ${JSON.stringify({ ...events, after: 7 })} in 600 s`, `ack ${QUEUES.events}`]);
  expect(done).toEqual([
    `again ${JSON.stringify(events)} in 600 s`,
    `ack ${QUEUES.events}`,
    `ack ${QUEUES.deliveries}`,
    `retry ${QUEUES.dead}`,
  ]);
});
