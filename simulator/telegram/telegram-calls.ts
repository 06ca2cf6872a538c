import type { ApiResponse } from "grammy/types";
import type { Params } from "./params.ts";
import type { TelegramFaultKind } from "./switches.ts";

/** One call of a method as the simulator saw it. */
export type TelegramCall = {
  /** Rises by one with each call. */
  readonly number: number;
  readonly method: string;
  readonly chatId: number | null;
  readonly params: Params;
  /** Simulated time of arrival, epoch ms. */
  readonly atMs: number;
  /** Whether it had its effect: the message is in the chat, whatever the caller was told. */
  readonly accepted: boolean;
  /** The message that it made, changed or deleted. */
  readonly messageId: number | null;
  readonly fault: TelegramFaultKind | "limit" | null;
  /** `null`: unanswered, for ever when `inFlight` is false. */
  readonly status: number | null;
  /** `null`: unanswered, or not in Telegram's form. */
  readonly answer: ApiResponse<unknown> | null;
  readonly inFlight: boolean;
};

/** Counts are exact since the last reset; the list keeps the newest calls only. */
export type TelegramCallReport = {
  readonly total: number;
  readonly byMethod: Readonly<Record<string, number>>;
  readonly byStatus: Readonly<Record<string, number>>;
  /** Calls that ended without an answer. */
  readonly unanswered: number;
  /** Most messages that were taken within any second of the simulated clock. */
  readonly mostSentInASecond: number;
  readonly calls: readonly TelegramCall[];
};

export type OpenTelegramCall = { -readonly [K in keyof TelegramCall]: TelegramCall[K] };

export type TelegramCallLog = {
  readonly begin: (call: Pick<TelegramCall, "method" | "chatId" | "params" | "atMs">) => OpenTelegramCall;
  readonly end: (call: OpenTelegramCall) => void;
  /** Calls after the one of that number. */
  readonly after: (number: number) => readonly TelegramCall[];
  /** Number of the newest call. */
  readonly newest: () => number;
  readonly report: () => TelegramCallReport;
  readonly reset: () => void;
};

/** A log that lists at most `limit` calls. */
export function createTelegramCallLog(limit = 200_000): TelegramCallLog {
  let calls: OpenTelegramCall[] = [];
  let counts = emptyCounts();
  let number = 0;
  return {
    begin: (seen) => {
      number += 1;
      const call: OpenTelegramCall = {
        ...seen,
        number,
        accepted: false,
        messageId: null,
        fault: null,
        status: null,
        answer: null,
        inFlight: true,
      };
      calls.push(call);
      if (calls.length > limit) calls.shift();
      counts.byMethod[call.method] = (counts.byMethod[call.method] ?? 0) + 1;
      return call;
    },
    end: (call) => {
      call.inFlight = false;
      if (call.status === null) counts.unanswered += 1;
      else counts.byStatus[call.status] = (counts.byStatus[call.status] ?? 0) + 1;
    },
    after: (number) => calls.slice(calls.findLastIndex((call) => call.number <= number) + 1),
    newest: () => number,
    report: () => ({
      total: Object.values(counts.byMethod).reduce((sum, count) => sum + count, 0),
      byMethod: { ...counts.byMethod },
      byStatus: { ...counts.byStatus },
      unanswered: counts.unanswered,
      mostSentInASecond: mostInASecond(
        calls.filter(({ accepted, method }) => accepted && method.startsWith("send")).map(({ atMs }) => atMs),
      ),
      calls: calls.map((call) => ({ ...call })),
    }),
    reset: () => {
      calls = calls.filter((call) => call.inFlight);
      counts = emptyCounts();
    },
  };
}

const emptyCounts = (): { byMethod: Record<string, number>; byStatus: Record<string, number>; unanswered: number } => ({
  byMethod: {},
  byStatus: {},
  unanswered: 0,
});

function mostInASecond(times: readonly number[]): number {
  const sorted = times.toSorted((one, other) => one - other);
  let from = 0;
  let most = 0;
  for (const [place, atMs] of sorted.entries()) {
    while ((sorted[from] ?? atMs) <= atMs - 1_000) from += 1;
    most = Math.max(most, place - from + 1);
  }
  return most;
}
