import { DurableObject } from "cloudflare:workers";
import type { BooksAsk, BooksReply } from "../domain/depth.ts";
import type { VenueError } from "../domain/error.ts";
import { type FeedAsk, type FeedReply, geoBlockOf, type Placed, unreachableFrom } from "../domain/feed.ts";
import type { VenueId } from "../domain/venue.ts";
import type { KeyCheck } from "../domain/venue-key.ts";
import { collectBooks, failedBooks } from "../feeds/collect-books.ts";
import { collectVenue, failedReply } from "../feeds/collect-venue.ts";
import type { Logger } from "../monitoring/log.ts";
import { actionFor } from "../net/action.ts";
import { askBreaker, tellBreaker, wasNotSent } from "../net/breaker.ts";
import type { BudgetKeeper } from "../net/budget.ts";
import { startTimeLimit } from "../net/time-limit.ts";
import type { VenueAdapter } from "../venues/adapter.ts";
import { accountOf } from "../venues/account-registry.ts";
import { nameBook } from "../venues/name-book.ts";
import { adapterOf } from "../venues/registry.ts";
import { type Services, servicesFor } from "../wiring.ts";
import { checkAccount } from "./account-check.ts";
import { breakerOpen, caller, probing } from "./feed-caller.ts";
import { healthOf, type Held, loadFeed, poolOf, saveFeed, setBreaker } from "./feed-state.ts";

/** One ask for quotes, with what answers it. */
type Asked = {
  readonly ask: Placed<FeedAsk>;
  readonly adapter: VenueAdapter;
  readonly services: Services;
  readonly held: Held;
  readonly log: Logger;
};

/** The feed of one market of a venue, named by its id: the only place that calls it. Holds its metadata, its request budget, its breaker and what it showed last. */
export class VenueFeed extends DurableObject<Env> {
  /** One for all calls: quotes and books are asked for at once and share the budget. */
  #held: Promise<Held> | null = null;
  #calls = 0;
  /** Not stored: a feed that was out of memory reads its names anew. */
  readonly #names = nameBook();

  /** Fetches the market once and hands its rows over as columns. Never throws for what a venue does. */
  async quotes(ask: Placed<FeedAsk>): Promise<FeedReply> {
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
    const held = await this.#hold(adapter, services);
    const reply = await this.#collect({ ask, adapter, services, held, log });
    pauseAfter(reply.error, held.budget);
    await saveFeed(this.ctx.storage, held, "all");
    const health = healthOf(held, { region: ask.region, rules: ask.rules, nowMs: services.now() });
    const { error, ms, received } = reply;
    const geo = geoBlockOf({ error, health });
    if (error === null) log.info("feed.done", { received, rows: reply.columns?.count ?? 0, ms });
    else
      log.error("feed.failed", {
        kind: error.kind,
        message: error.message,
        ms,
        breaker: health.breaker,
        reach: geo === null ? null : unreachableFrom(geo.region),
      });
    return { ...reply, health };
  }

  /** The quotes, as far as the breaker lets calls leave. Its state follows what came of them. */
  async #collect({ ask, adapter, services, held, log }: Asked): Promise<FeedReply> {
    const { limitMs, rules } = ask;
    const breaker = rules.breaker === null ? null : askBreaker(held.breaker, services.now());
    if (breaker !== null) setBreaker(this.ctx.storage, held, breaker.state);
    const pass = breaker?.pass ?? "calls";
    if (pass === "none") {
      const error = breakerOpen(breaker?.retryAfterMs ?? 0);
      return failedReply({ feed: adapter.id, venue: adapter.facts.id, error, ms: 0 });
    }
    const turn = ++this.#calls;
    const { budget, hosts, memory } = held;
    const limit = startTimeLimit(limitMs);
    const slots = poolOf(held, rules)?.quotes ?? null;
    const { attempts } = services.callLimits;
    const call = caller({ adapter, services, budget, hosts, slots, rules, log, limitMs, attempts, signal: limit.signal });
    const probe = pass === "probe" ? probing(call) : { call, failure: () => null };
    const { slowCalls } = ask;
    const { now } = services;
    const collected = await collectVenue({ adapter, memory, call: probe.call, slowCalls, now, names: this.#names }).finally(limit.close);
    // A call that hung may end after a later one: what that one read is newer.
    if (turn > held.memoryOf) Object.assign(held, { memory: collected.memory, memoryOf: turn });
    const failure = probe.failure() ?? collected.reply.error;
    const ended = { pass, failure: failure?.kind ?? null, nowMs: now(), limits: rules.breaker };
    setBreaker(this.ctx.storage, held, tellBreaker(held.breaker, ended));
    return collected.reply;
  }

  /**
   * Fetches the order books of instruments of the last market, each in one attempt: a book that does not come is priced
   * from the last one, or from the top of the book. Nothing is sent while the venue is paused or its breaker is not closed.
   */
  async books(ask: Placed<BooksAsk>): Promise<BooksReply> {
    const services = servicesFor(this.env);
    const log = services.log.with({ component: "venue-feed", correlationId: ask.scanId, feed: ask.feed });
    const adapter = adapterOf(ask.feed);
    if (adapter === null) return failedBooks(ask, { kind: "internal", message: `expected a registered feed, found ${ask.feed}` });
    const held = await this.#hold(adapter, services);
    const { limitMs, rules } = ask;
    const { openUntilMs } = held.breaker;
    if (rules.breaker !== null && openUntilMs !== null) return failedBooks(ask, breakerOpen(Math.max(0, openUntilMs - services.now())));
    const { instruments } = held.memory;
    const limit = startTimeLimit(limitMs);
    const slots = poolOf(held, rules)?.books ?? null;
    const { books: budget, hosts } = held;
    const call = caller({ adapter, services, budget, hosts, slots, rules, log, limitMs, attempts: 1, signal: limit.signal });
    const reply = await collectBooks({ adapter, instruments, ask, call }).finally(limit.close);
    for (const { result } of reply.books) if (!result.ok) pauseAfter(result.error, held.budget);
    await saveFeed(this.ctx.storage, held, "calls");
    log.info("feed.books", { asked: ask.symbols.length, read: reply.books.filter(({ result }) => result.ok).length });
    return reply;
  }

  /** One look at the key of the operator's account at the venue. Never throws for what the venue does. */
  async checkKey(venue: VenueId): Promise<KeyCheck> {
    const services = servicesFor(this.env);
    const key = services.config.venueKeys[venue];
    const adapter = adapterOf(venue);
    const account = accountOf(venue);
    if (key === undefined || adapter === null || account === null) throw new RangeError(`expected a venue with a key, found ${venue}`);
    const { budget } = await this.#hold(adapter, services);
    const log = services.log.with({ component: "venue-feed", feed: venue });
    return await checkAccount({ account, key, services, budget, log });
  }

  /** What is in memory, else what is stored; a load that failed is tried again by the next call. */
  #hold(adapter: VenueAdapter, services: Services): Promise<Held> {
    return (this.#held ??= loadFeed(this.ctx.storage, { adapter, now: services.now }).catch((error: unknown) => {
      this.#held = null;
      throw error;
    }));
  }
}

/** Leaves the venue alone for as long as its answer asks for. */
function pauseAfter(error: VenueError | null, budget: BudgetKeeper): void {
  if (error === null || wasNotSent(error.kind)) return;
  const { pauseMs } = actionFor(error);
  if (pauseMs !== null) budget.pause(pauseMs, error.kind);
}
