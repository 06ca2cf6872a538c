import { MINUTE_MS, SECOND_MS } from "../domain/units.ts";

/** What one venue has been asked for in the last minute, and until when it is left alone. */
export type Budget = {
  /** Weights spent, oldest first, those of one second together at the time of the last. */
  readonly spent: readonly { readonly firstAtMs: number; readonly atMs: number; readonly weight: number }[];
  readonly pausedUntilMs: number;
  /** Kind of the failure that the pause follows; `null` where none was told. */
  readonly pausedFor: string | null;
};

export type Spending = {
  readonly state: Budget;
  readonly allowed: boolean;
  /** When refused: ms until the same weight may be spent, at least 1; else 0. */
  readonly retryAfterMs: number;
  /** When refused by a pause: the failure that it follows. */
  readonly pausedFor: string | null;
};

export const FULL_BUDGET: Budget = { spent: [], pausedUntilMs: 0, pausedFor: null };

/**
 * Spends `weight` if the venue is not paused and its bucket holds enough. A token comes back exactly one minute after
 * it was spent, so no window of a minute ever holds more than `perMinute`; a bucket that refills evenly would allow
 * nearly twice that after a rest. Calls that a venue counts as nothing pass unless it is paused. A weight above
 * `perMinute` could never be spent and throws.
 */
export function spend(input: {
  readonly state: Budget;
  readonly weight: number;
  readonly nowMs: number;
  readonly perMinute: number;
}): Spending {
  const { weight, nowMs, perMinute } = input;
  if (!(weight >= 0 && weight <= perMinute)) throw new RangeError(`weight ${weight} does not fit a budget of ${perMinute} a minute`);
  const spent = input.state.spent.filter((entry) => nowMs < entry.atMs + MINUTE_MS);
  const state: Budget = { ...input.state, spent };
  const waitMs = Math.max(state.pausedUntilMs - nowMs, msUntilFree({ spent, free: perMinute - weight, nowMs }));
  const pausedFor = state.pausedUntilMs > nowMs ? state.pausedFor : null;
  if (waitMs > 0) return { state, allowed: false, retryAfterMs: waitMs, pausedFor };
  return { state: { ...state, spent: withSpent(spent, weight, nowMs) }, allowed: true, retryAfterMs: 0, pausedFor: null };
}

/** Leaves the venue alone until that time. Never shortens a pause. */
export function pauseUntil(state: Budget, untilMs: number, pausedFor: string | null = null): Budget {
  return untilMs > state.pausedUntilMs ? { ...state, pausedUntilMs: untilMs, pausedFor } : state;
}

/** Ms until at most `free` of what is spent is still out; 0 when that holds now. */
function msUntilFree(input: { readonly spent: Budget["spent"]; readonly free: number; readonly nowMs: number }): number {
  let out = input.spent.reduce((sum, entry) => sum + entry.weight, 0);
  let waitMs = 0;
  for (const entry of input.spent) {
    if (out <= input.free) break;
    out -= entry.weight;
    waitMs = Math.max(waitMs, entry.atMs + MINUTE_MS - input.nowMs);
  }
  return waitMs;
}

/** Adds to the last entry within its first second (its tokens then all come back with its last), else a new entry. */
function withSpent(spent: Budget["spent"], weight: number, nowMs: number): Budget["spent"] {
  const last = spent.at(-1);
  if (last === undefined || nowMs - last.firstAtMs >= SECOND_MS) return [...spent, { firstAtMs: nowMs, atMs: nowMs, weight }];
  return [...spent.slice(0, -1), { firstAtMs: last.firstAtMs, atMs: Math.max(last.atMs, nowMs), weight: last.weight + weight }];
}

/** The budget of one venue as calls share it: asked before every attempt, told of every pause. */
export type BudgetKeeper = {
  readonly take: (weight: number) => Omit<Spending, "state">;
  /** `pausedFor` is the kind of the failure, for those who ask meanwhile. */
  readonly pause: (ms: number, pausedFor?: string) => void;
  readonly perMinute: number;
  /** What is spent of the last minute, and the pause, which may be over. */
  readonly view: () => { readonly spent: number } & Pick<Budget, "pausedUntilMs" | "pausedFor">;
  /** What to store, so that a restart forgets nothing. */
  readonly state: () => Budget;
};

/** Holds the state for calls that run side by side. */
export function keepBudget(input: { readonly state: Budget; readonly perMinute: number; readonly now: () => number }): BudgetKeeper {
  let state = input.state;
  return {
    take: (weight) => {
      const spending = spend({ state, weight, nowMs: input.now(), perMinute: input.perMinute });
      state = spending.state;
      return spending;
    },
    pause: (ms, pausedFor) => {
      state = pauseUntil(state, input.now() + ms, pausedFor ?? null);
    },
    perMinute: input.perMinute,
    view: () => {
      const { pausedUntilMs, pausedFor } = state;
      const nowMs = input.now();
      const spent = state.spent.reduce((sum, { atMs, weight }) => (nowMs < atMs + MINUTE_MS ? sum + weight : sum), 0);
      return { spent, pausedUntilMs, pausedFor };
    },
    state: () => state,
  };
}
