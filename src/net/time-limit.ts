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
