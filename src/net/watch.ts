import type { VenueError } from "../domain/error.ts";

/** The time limits of one attempt behind one abort signal. */
export type Watch = {
  readonly signal: AbortSignal;
  /** Starts the limit of a phase; the limit before it ends. */
  readonly arm: (phase: "headers" | "body", limitMs: number) => void;
  /** The promise, or a rejection as soon as a limit is reached: nothing waits for a runtime that ignores the signal. */
  readonly race: <T>(promise: Promise<T>) => Promise<T>;
  /** The limit that was reached; `null` while none was. */
  readonly stopped: () => VenueError | null;
  readonly close: () => void;
};

/**
 * Watches one attempt. A phase that is given more time than is left of the call's total ends with the total, and says
 * so. The outer signal is the venue's own limit.
 */
export function startWatch(input: {
  readonly host: string;
  readonly now: () => number;
  readonly total: { readonly untilMs: number; readonly limitMs: number };
  readonly signal: AbortSignal | undefined;
}): Watch {
  const { host, total } = input;
  const controller = new AbortController();
  const limitReached = Promise.withResolvers<never>();
  limitReached.promise.catch(() => undefined);
  let stopped: VenueError | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const stop = (phase: "headers" | "body" | "venue", limitMs: number): void => {
    stopped ??= { kind: "timeout", phase, limitMs, message: `expected ${WAITED_FOR[phase]} from ${host} within ${limitMs} ms, found none` };
    const reason = new Error(stopped.message);
    limitReached.reject(reason);
    controller.abort(reason);
  };
  const stopByVenue = (): void => stop("venue", total.limitMs);
  if (input.signal?.aborted === true) stopByVenue();
  input.signal?.addEventListener("abort", stopByVenue, { once: true });

  return {
    signal: controller.signal,
    arm: (phase, limitMs) => {
      if (timer !== undefined) clearTimeout(timer);
      const leftMs = Math.max(0, total.untilMs - input.now());
      timer = leftMs < limitMs ? setTimeout(stopByVenue, leftMs) : setTimeout(() => stop(phase, limitMs), limitMs);
    },
    race: (promise) => Promise.race([limitReached.promise, promise]),
    stopped: () => stopped,
    close: () => {
      if (timer !== undefined) clearTimeout(timer);
      input.signal?.removeEventListener("abort", stopByVenue);
    },
  };
}

const WAITED_FOR = { headers: "headers", body: "the whole body", venue: "a usable answer" } as const;
