/** A limit in time that can be called off. */
export type TimeLimit = {
  /** Aborts when the time is over. */
  readonly signal: AbortSignal;
  /** Calls it off. */
  readonly close: () => void;
};

/**
 * Starts a limit of `ms`. Its owner closes it when what it limits is done: a timer that is left running, as that of
 * `AbortSignal.timeout`, keeps a Durable Object in memory and billed until it rings.
 */
export function startTimeLimit(ms: number): TimeLimit {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), ms);
  return { signal: controller.signal, close: () => clearTimeout(timer) };
}

/** What the promise gives, or `late()` as soon as the signal aborts. Leaves no listener behind, whichever comes first. */
export async function orLate<T>(promise: Promise<T>, signal: AbortSignal, late: () => T): Promise<T> {
  if (signal.aborted) {
    promise.catch(() => undefined);
    return late();
  }
  const aborted = Promise.withResolvers<T>();
  const giveUp = (): void => aborted.resolve(late());
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}
