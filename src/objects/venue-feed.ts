import { DurableObject } from "cloudflare:workers";
import type { BooksAsk, BooksReply } from "../domain/depth.ts";
import type { VenueError } from "../domain/error.ts";
import type { FeedAsk, FeedReply } from "../domain/feed.ts";
import type { Logger } from "../monitoring/log.ts";
import { actionFor } from "../net/action.ts";
import { type BudgetKeeper, type Budget, FULL_BUDGET, keepBudget } from "../net/budget.ts";
import { fetchJson } from "../net/fetch-json.ts";
import { createHostSlots } from "../net/limiter.ts";
import { sleep } from "../net/sleep.ts";
import { startTimeLimit } from "../net/time-limit.ts";
import type { VenueAdapter } from "../venues/adapter.ts";
import { nameBook } from "../venues/name-book.ts";
import { adapterOf } from "../venues/registry.ts";
import { type Services, servicesFor } from "../wiring.ts";
import { collectBooks, failedBooks } from "../feeds/collect-books.ts";
import { type Call, collectVenue, failedReply, type FeedMemory } from "../feeds/collect-venue.ts";

const EMPTY_MEMORY: FeedMemory = { tables: {}, shown: null, instruments: null };

/** What a feed holds while it is in memory. */
type Held = {
  memory: FeedMemory;
  /** Which call of `quotes` left that memory. */
  memoryOf: number;
  readonly budget: BudgetKeeper;
  /** What order books may spend of the budget. */
  readonly books: BudgetKeeper;
};

/** The feed of one market of a venue, named by its id: the only place that calls it. Holds its metadata, its request budget and what it showed last. */
export class VenueFeed extends DurableObject<Env> {
  /** One for all calls: quotes and books are asked for at once and share the budget. */
  #held: Promise<Held> | null = null;
  #calls = 0;
  /** Not stored: a feed that was out of memory reads its names anew. */
  readonly #names = nameBook();

  /** Fetches the market once and hands its rows over as columns. Never throws for what a venue does. */
  async quotes(ask: FeedAsk): Promise<FeedReply> {
    const services = servicesFor(this.env);
    const log = services.log.with({ component: "venue-feed", correlationId: ask.scanId, feed: ask.feed });
    const adapter = adapterOf(ask.feed);
    if (adapter === null) {
      return failedReply({
        feed: ask.feed,
        venue: ask.feed,
        error: { kind: "internal", message: `expected a registered feed, found ${ask.feed}` },
        ms: 0,
      });
    }
    const turn = ++this.#calls;
    const held = await this.#hold(adapter, services);
    const { memory, budget } = held;
    const { limitMs } = ask;
    const limit = startTimeLimit(limitMs);
    const { attempts } = services.callLimits;
    const call = caller({ adapter, services, budget, log, limitMs, attempts, signal: limit.signal });
    const collected = await collectVenue({
      adapter,
      memory,
      call,
      slowCalls: ask.slowCalls,
      now: services.now,
      names: this.#names,
    }).finally(limit.close);
    pauseAfter(collected.reply.error, budget);
    // A call that hung may end after a later one: what that one read is newer.
    if (turn > held.memoryOf) Object.assign(held, { memory: collected.memory, memoryOf: turn });
    await this.ctx.storage.put({ memory: held.memory, budget: budget.state() });
    const { error, ms, received } = collected.reply;
    if (error === null) log.info("feed.done", { received, rows: collected.reply.columns?.count ?? 0, ms });
    else log.error("feed.failed", { kind: error.kind, message: error.message, ms });
    return collected.reply;
  }

  /**
   * Fetches the order books of instruments of the last market, each in one attempt: a book that does not come is priced
   * from the last one, or from the top of the book. Nothing is sent while the venue is paused.
   */
  async books(ask: BooksAsk): Promise<BooksReply> {
    const services = servicesFor(this.env);
    const log = services.log.with({ component: "venue-feed", correlationId: ask.scanId, feed: ask.feed });
    const adapter = adapterOf(ask.feed);
    if (adapter === null) return failedBooks(ask, { kind: "internal", message: `expected a registered feed, found ${ask.feed}` });
    const held = await this.#hold(adapter, services);
    const { instruments } = held.memory;
    const budget = bothOf(held.books, held.budget);
    const limit = startTimeLimit(ask.limitMs);
    const call = caller({ adapter, services, budget, log, limitMs: ask.limitMs, attempts: 1, signal: limit.signal });
    const reply = await collectBooks({ adapter, instruments, ask, call }).finally(limit.close);
    for (const { result } of reply.books) if (!result.ok) pauseAfter(result.error, held.budget);
    await this.ctx.storage.put({ budget: held.budget.state() });
    log.info("feed.books", { asked: ask.symbols.length, read: reply.books.filter(({ result }) => result.ok).length });
    return reply;
  }

  /** What is in memory, else what is stored; a load that failed is tried again by the next call. */
  #hold(adapter: VenueAdapter, services: Services): Promise<Held> {
    return (this.#held ??= this.#load(adapter, services).catch((error: unknown) => {
      this.#held = null;
      throw error;
    }));
  }

  async #load(adapter: VenueAdapter, services: Services): Promise<Held> {
    const { storage } = this.ctx;
    const [memory, state] = await Promise.all([storage.get<FeedMemory>("memory"), storage.get<Budget>("budget")]);
    const perMinute = adapter.budget.weightPerMinute;
    return {
      memory: memory ?? EMPTY_MEMORY,
      memoryOf: 0,
      budget: keepBudget({ state: state ?? FULL_BUDGET, perMinute, now: services.now }),
      books: keepBudget({ state: FULL_BUDGET, perMinute: perMinute * BOOKS_SHARE, now: services.now }),
    };
  }
}

/** Calls through net/ within the venue's own limit, shared by all calls of one ask. */
function caller(input: {
  readonly adapter: VenueAdapter;
  readonly services: Services;
  readonly budget: BudgetKeeper;
  readonly log: Logger;
  readonly limitMs: number;
  readonly attempts: number;
  readonly signal: AbortSignal;
}): Call {
  const { adapter, services, budget, log, limitMs, attempts, signal } = input;
  const untilMs = services.now() + limitMs;
  // The platform counts connections by invocation, and each ask is one: books that hang take no slot of the quotes.
  const slots = createHostSlots();
  return async ({ name, endpoint, path, errorIn }) => {
    const { method, maxBytes, weight, body } = endpoint;
    const request = {
      venue: adapter.facts.id,
      endpoint: name,
      method,
      path,
      hosts: adapter.hosts.map((host) => `https://${host}`),
      maxBytes,
      weight,
      idempotent: true,
      errorIn,
    };
    const totalBudgetMs = Math.max(0, untilMs - services.now());
    const limits = { ...services.callLimits, attempts, totalBudgetMs };
    const { fetch, now, random, gatewayUrl, userAgent } = services.outbound;
    return await fetchJson(body === undefined ? request : { ...request, body }, {
      fetch,
      now,
      random,
      sleep,
      log,
      gatewayUrl,
      userAgent,
      limits,
      budget,
      slots,
      signal,
    });
  };
}

/** The share of the request budget that order books may spend, so that short intervals never starve the rows. */
const BOOKS_SHARE = 0.5;

/** Spends from a part and from the whole; the part is asked first. */
const bothOf = (part: BudgetKeeper, whole: BudgetKeeper): BudgetKeeper => ({
  take: (weight) => {
    const taken = part.take(weight);
    return taken.allowed ? whole.take(weight) : taken;
  },
  pause: whole.pause,
  state: whole.state,
});

/** Leaves the venue alone for as long as its answer asks for. */
function pauseAfter(error: VenueError | null, budget: BudgetKeeper): void {
  if (error === null || error.kind === "budget") return;
  const { pauseMs } = actionFor(error);
  if (pauseMs !== null) budget.pause(pauseMs, error.kind);
}
