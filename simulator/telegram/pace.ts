import type { SendLimits } from "./switches.ts";

export type Send = { readonly chatId: number; readonly group: boolean; readonly nowMs: number };

/** Counts what was sent and says when the next may be. */
export type Pace = {
  /** Seconds to wait, `null` when it may be sent now. */
  readonly retryAfter: (send: Send, limits: SendLimits) => number | null;
  readonly count: (send: Send) => void;
  readonly reset: () => void;
};

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/** Nothing sent yet. Windows slide: a limit of 30 a second holds between any two moments a second apart. */
export function createPace(): Pace {
  let all: number[] = [];
  let byChat = new Map<number, number[]>();
  const within = (times: readonly number[], fromMs: number): readonly number[] => times.filter((atMs) => atMs > fromMs);
  return {
    retryAfter: ({ chatId, group, nowMs }, limits) => {
      const inChat = byChat.get(chatId) ?? [];
      const waits = [
        waitMs(within(all, nowMs - SECOND_MS), { most: limits.perSecond, windowMs: SECOND_MS, nowMs }),
        waitMs(within(inChat, nowMs - SECOND_MS), { most: limits.perChatAndSecond, windowMs: SECOND_MS, nowMs }),
        group ? waitMs(within(inChat, nowMs - MINUTE_MS), { most: limits.perGroupAndMinute, windowMs: MINUTE_MS, nowMs }) : 0,
      ];
      const longest = Math.max(...waits);
      return longest > 0 ? Math.ceil(longest / SECOND_MS) : null;
    },
    count: ({ chatId, nowMs }) => {
      all = [...within(all, nowMs - SECOND_MS), nowMs];
      byChat.set(chatId, [...within(byChat.get(chatId) ?? [], nowMs - MINUTE_MS), nowMs]);
    },
    reset: () => {
      all = [];
      byChat = new Map();
    },
  };
}

function waitMs(
  times: readonly number[],
  { most, windowMs, nowMs }: { readonly most: number; readonly windowMs: number; readonly nowMs: number },
): number {
  const blocking = times.at(-most);
  return blocking === undefined ? 0 : blocking + windowMs - nowMs;
}
