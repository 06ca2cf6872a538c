import { SECOND_MS } from "../domain/units.ts";

/** When the next message of this isolate may go out, epoch ms: a value, and nothing of any request. */
export type Pace = { nextAtMs: number };
export const newPace = (): Pace => ({ nextAtMs: 0 });

/** Telegram's limit on one chat. */
export const CHAT_GAP_MS = 1 * SECOND_MS;

export type PacePorts = {
  /** Epoch ms. */
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<void>;
  readonly pace: Pace;
  readonly messagesPerSecond: number;
};

/** Turns for the messages of one batch: each waits for the pace of the bot as a whole and for a second since the last of its chat. */
export function turns({ now, wait, pace, messagesPerSecond }: PacePorts): (chatId: number) => Promise<void> {
  const gapMs = SECOND_MS / messagesPerSecond;
  const lastOfChat = new Map<number, number>();
  return async (chatId) => {
    const nowMs = now();
    const atMs = Math.max(nowMs, pace.nextAtMs, (lastOfChat.get(chatId) ?? -Infinity) + CHAT_GAP_MS);
    pace.nextAtMs = atMs + gapMs;
    lastOfChat.set(chatId, atMs);
    if (atMs > nowMs) await wait(atMs - nowMs);
  };
}

/** The same entries in an order in which those of one person stand as far apart as can be: first ones first, then second ones. */
export function spread<T extends { readonly telegramId: number }>(entries: readonly T[]): readonly T[] {
  const seen = new Map<number, number>();
  return entries
    .map((entry) => {
      const turn = seen.get(entry.telegramId) ?? 0;
      seen.set(entry.telegramId, turn + 1);
      return { entry, turn };
    })
    .sort((a, b) => a.turn - b.turn)
    .map(({ entry }) => entry);
}
