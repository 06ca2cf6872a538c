import { DurableObject } from "cloudflare:workers";
import type { BooksAsk, BooksReply } from "../domain/depth.ts";
import type { VenueError } from "../domain/error.ts";
import type { FeedAsk, FeedReply } from "../domain/feed.ts";
import type { Logger } from "../monitoring/log.ts";
import { actionFor } from "../net/action.ts";
import { type BudgetKeeper, type Budget, FULL_BUDGET, keepBudget } from "../net/budget.ts";
import { fetchJson } from "../net/fetch-json.ts";
import { createHostSlots, type HostSlots } from "../net/limiter.ts";
import { sleep } from "../net/sleep.ts";
import { startTimeLimit } from "../net/time-limit.ts";
import type { VenueAdapter } from "../venues/adapter.ts";
import { nameBook } from "../venues/name-book.ts";
import { adapterOf } from "../venues/registry.ts";
import { type Services, servicesFor } from "../wiring.ts";
import { collectBooks, failedBooks } from "../feeds/collect-books.ts";
import { type Call, collectVenue, failedReply, type FeedMemory } from "../feeds/collect-venue.ts";

const EMPTY_MEMORY: FeedMemory = { tables: {}, shown: null, instruments: null };

/** The feed of one market of a venue, named by its id: the only place that calls it. Holds its metadata, its request budget and what it showed last. */
export class VenueFeed extends DurableObject<Env> {
  #memory: FeedMemory | null = null;
  #budget: BudgetKeeper | null = null;
  /** What order books may spend of the budget. */
  #books: BudgetKeeper | null = null;
  readonly #slots: HostSlots = createHostSlots();
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
    const memory = await this.#loadMemory();
    const budget = (this.#budget ??= await this.#loadBudget(adapter, services));
    const { limitMs } = ask;
    const limit = startTimeLimit(limitMs);
    const { attempts } = services.callLimits;
    const call = this.#caller({ adapter, services, budget, log, limitMs, attempts, signal: limit.signal });
    const collected = await collectVenue({
      adapter,
      memory,
      call,
      slowCalls: ask.slowCalls,
      now: services.now,
      names: this.#names,
    }).finally(limit.close);
    this.#memory = collected.memory;
    pauseAfter(collected.reply.error, budget);
    await this.ctx.storage.put({ memory: collected.memory, budget: budget.state() });
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
    const { instruments } = await this.#loadMemory();
    const budget = (this.#budget ??= await this.#loadBudget(adapter, services));
    const perMinute = adapter.budget.weightPerMinute * BOOKS_SHARE;
    this.#books ??= keepBudget({ state: FULL_BUDGET, perMinute, now: services.now });
    const within = bothOf(this.#books, budget);
    const limit = startTimeLimit(ask.limitMs);
    const call = this.#caller({ adapter, services, budget: within, log, limitMs: ask.limitMs, attempts: 1, signal: limit.signal });
    const reply = await collectBooks({ adapter, instruments, ask, call }).finally(limit.close);
    for (const { result } of reply.books) if (!result.ok) pauseAfter(result.error, budget);
    await this.ctx.storage.put({ budget: budget.state() });
    log.info("feed.books", { asked: ask.symbols.length, read: reply.books.filter(({ result }) => result.ok).length });
    return reply;
  }

  async #loadMemory(): Promise<FeedMemory> {
    return (this.#memory ??= (await this.ctx.storage.get<FeedMemory>("memory")) ?? EMPTY_MEMORY);
  }

  async #loadBudget(adapter: VenueAdapter, services: Services): Promise<BudgetKeeper> {
    const state = (await this.ctx.storage.get<Budget>("budget")) ?? FULL_BUDGET;
    return keepBudget({ state, perMinute: adapter.budget.weightPerMinute, now: services.now });
  }

  /** Calls through net/ within the venue's own limit, shared by all calls of this scan. */
  #caller(input: {
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
        slots: this.#slots,
        signal,
      });
    };
  }
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
