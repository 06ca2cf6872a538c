import type { CallRules, FeedHealth } from "../domain/feed.ts";
import type { LocationHint } from "../domain/venue.ts";
import type { FeedMemory } from "../feeds/collect-venue.ts";
import { type Breaker, breakerView, CLOSED_BREAKER } from "../net/breaker.ts";
import { type Budget, type BudgetKeeper, FULL_BUDGET, keepBudget } from "../net/budget.ts";
import { type HostHealth, type HostKeeper, keepHosts } from "../net/host-health.ts";
import { createHostPool, type HostPool } from "../net/limiter.ts";
import type { VenueAdapter } from "../venues/adapter.ts";

const EMPTY_MEMORY: FeedMemory = { tables: {}, shown: null, instruments: null };

/** What a feed holds while it is in memory. All of it but the pool comes back from storage. */
export type Held = {
  memory: FeedMemory;
  /** Which call of `quotes` left that memory. */
  memoryOf: number;
  breaker: Breaker;
  readonly budget: BudgetKeeper;
  /** What order books may spend of the budget. */
  readonly books: BudgetKeeper;
  readonly hosts: HostKeeper;
  pool: HostPool | null;
};

/** The share of the request budget that order books may spend, so that short intervals never starve the rows. */
const BOOKS_SHARE = 0.5;

/** What the feed stored, else the state of one that never called. */
export async function loadFeed(
  storage: DurableObjectStorage,
  { adapter, now }: { readonly adapter: VenueAdapter; readonly now: () => number },
): Promise<Held> {
  const stored = await storage.get(["memory", "budget", "breaker", "hosts"]);
  const of = storedState(stored);
  const perMinute = adapter.budget.weightPerMinute;
  const whole = keepBudget({ state: of.budget ?? FULL_BUDGET, perMinute, now });
  // A pause outlives an isolate that ends before its ask does.
  const budget: BudgetKeeper = {
    ...whole,
    pause: (ms, pausedFor) => {
      whole.pause(ms, pausedFor);
      storage.kv.put("budget", whole.state());
    },
  };
  const part = keepBudget({ state: FULL_BUDGET, perMinute: perMinute * BOOKS_SHARE, now });
  return {
    memory: of.memory ?? EMPTY_MEMORY,
    memoryOf: 0,
    breaker: of.breaker ?? CLOSED_BREAKER,
    budget,
    books: bothOf(part, budget),
    hosts: keepHosts({ hosts: adapter.hosts, state: of.hosts ?? {}, now }),
    pool: null,
  };
}

type Stored = { readonly memory?: FeedMemory; readonly budget?: Budget; readonly breaker?: Breaker; readonly hosts?: HostHealth };

/** What this file's functions wrote, by name. Sound because nothing else writes to the storage of a feed. */
const storedState = (stored: ReadonlyMap<string, unknown>): Stored => Object.fromEntries(stored);

/** Stores what an ask has changed. */
export async function saveFeed(storage: DurableObjectStorage, held: Held, what: "all" | "calls"): Promise<void> {
  const calls = { budget: held.budget.state(), hosts: held.hosts.state() };
  await storage.put(what === "all" ? { ...calls, memory: held.memory } : calls);
}

/** The breaker as it is from now on, stored at once: whoever asks next sees it, also after this isolate ended. */
export function setBreaker(storage: DurableObjectStorage, held: Held, breaker: Breaker): void {
  if (breaker === held.breaker) return;
  held.breaker = breaker;
  storage.kv.put("breaker", breaker);
}

/** Slots per host by the rules in force; `null` where there is no limit per host. */
export function poolOf(held: Held, { mostPerHost }: CallRules): HostPool | null {
  if (mostPerHost === null) return null;
  if (held.pool?.size !== mostPerHost) held.pool = createHostPool(mostPerHost);
  return held.pool;
}

/** How the feed stands, as the scan's record and readers get it. */
export function healthOf(
  held: Held,
  at: { readonly region: LocationHint | null; readonly rules: CallRules; readonly nowMs: number },
): FeedHealth {
  const { spent, pausedUntilMs, pausedFor } = held.budget.view();
  const { lastFailure } = held.breaker;
  return {
    region: at.region,
    breaker: breakerView(held.breaker, at.rules.breaker),
    budget: { spent, perMinute: held.budget.perMinute },
    pause: pausedUntilMs > at.nowMs ? { untilMs: pausedUntilMs, after: pausedFor } : null,
    hosts: held.hosts.view(),
    lastFailure,
  };
}

/** Spends from a part and from the whole; the part is asked first. */
const bothOf = (part: BudgetKeeper, whole: BudgetKeeper): BudgetKeeper => ({
  ...whole,
  take: (weight) => {
    const taken = part.take(weight);
    return taken.allowed ? whole.take(weight) : taken;
  },
});
