import { describe, expect, test } from "vitest";
import { newPace, spread, turns } from "./pace.ts";

/** A clock that stands still but for waits; it notes when each message went out. */
function stage(messagesPerSecond: number, callMs = 0) {
  let nowMs = 1_000_000;
  const sentAtMs: number[] = [];
  const ports = { now: () => nowMs, wait: async (ms: number) => void (nowMs += ms), pace: newPace(), messagesPerSecond };
  const batch = async (chats: readonly number[]): Promise<void> => {
    const turn = turns(ports);
    for (const chat of chats) {
      await turn(chat);
      sentAtMs.push(nowMs);
      nowMs += callMs;
    }
  };
  return { batch, sentAtMs };
}

/** The most messages within any stretch of a second. */
const busiest = (times: readonly number[], spanMs = 1_000): number =>
  Math.max(...times.map((start) => times.filter((time) => time >= start && time < start + spanMs - 1e-6).length));

const chats = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);

describe("the pace", () => {
  test.each([
    [25, 0],
    [25, 3],
    [30, 0],
    [1, 0],
  ])("%i a second is never passed, over batches too, with calls of %i ms", async (messagesPerSecond, callMs) => {
    const { batch, sentAtMs } = stage(messagesPerSecond, callMs);
    for (let from = 0; from < 200; from += 20) await batch(chats(20).map((chat) => chat + from));
    expect(sentAtMs).toHaveLength(200);
    expect(busiest(sentAtMs)).toBeLessThanOrEqual(messagesPerSecond);
    expect((sentAtMs.at(-1) ?? 0) - (sentAtMs[0] ?? 0)).toBeCloseTo((199 * 1_000) / messagesPerSecond, 3);
  });

  test("a chat gets one a second within a batch", async () => {
    const { batch, sentAtMs } = stage(25);
    await batch([7, 7, 7, 8, 7]);
    expect(sentAtMs.map((time) => time - (sentAtMs[0] ?? 0))).toEqual([0, 1_000, 2_000, 2_040, 3_000]);
  });

  test("slow calls are no reason to hurry afterwards", async () => {
    const { batch, sentAtMs } = stage(25, 500);
    await batch(chats(5));
    expect(sentAtMs.map((time) => time - (sentAtMs[0] ?? 0))).toEqual([0, 500, 1_000, 1_500, 2_000]);
  });
});

test("messages to one person are spread as far as they can be, in their order", () => {
  const entries = [1, 1, 1, 2, 2, 3].map((telegramId, place) => ({ telegramId, place }));
  expect(spread(entries).map(({ telegramId, place }) => `${telegramId}.${place}`)).toEqual(["1.0", "2.3", "3.5", "1.1", "2.4", "1.2"]);
});
