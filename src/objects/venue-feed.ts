import { DurableObject } from "cloudflare:workers";
import type { FeedAsk, FeedReply } from "../domain/feed.ts";
import type { Logger } from "../monitoring/log.ts";
import { actionFor } from "../net/action.ts";
import { type BudgetKeeper, type Budget, FULL_BUDGET, keepBudget } from "../net/budget.ts";
import { fetchJson } from "../net/fetch-json.ts";
import { createHostSlots, type HostSlots } from "../net/limiter.ts";
import { sleep } from "../net/sleep.ts";
import { startTimeLimit } from "../net/time-limit.ts";
import type { VenueAdapter } from "../venues/adapter.ts";
import { adapterOf } from "../venues/registry.ts";
import { type Services, servicesFor } from "../wiring.ts";
import { type Call, collectVenue, failedReply, type FeedMemory } from "../feeds/collect-venue.ts";

const EMPTY_MEMORY: FeedMemory = { tables: {}, shown: null };

/** One venue's feed: the only place that calls the venue. Holds its metadata, its request budget and what it showed last. */
export class VenueFeed extends DurableObject<Env> {
  #memory: FeedMemory | null = null;
  #budget: BudgetKeeper | null = null;
  readonly #slots: HostSlots = createHostSlots();

  /** Fetches the venue once and hands its rows over as columns. Never throws for what a venue does. */
  async quotes(ask: FeedAsk): Promise<FeedReply> {
    const services = servicesFor(this.env);
    const log = services.log.with({ component: "venue-feed", correlationId: ask.scanId, venue: ask.venue });
    const adapter = adapterOf(ask.venue);
    if (adapter === null) {
      return failedReply({
        venue: ask.venue,
        error: { kind: "internal", message: `expected a registered venue, found ${ask.venue}` },
        ms: 0,
      });
    }
    const memory = this.#memory ?? (await this.ctx.storage.get<FeedMemory>("memory")) ?? EMPTY_MEMORY;
    const budget = (this.#budget ??= await this.#loadBudget(adapter, services));
    const limit = startTimeLimit(ask.limitMs);
    const call = this.#caller({ adapter, services, budget, log, limitMs: ask.limitMs, signal: limit.signal });
    const collected = await collectVenue({ adapter, memory, call, now: services.now }).finally(limit.close);
    this.#memory = collected.memory;
    const failure = collected.reply.error;
    if (failure !== null && failure.kind !== "budget") {
      const { pauseMs } = actionFor(failure);
      if (pauseMs !== null) budget.pause(pauseMs, failure.kind);
    }
    await this.ctx.storage.put({ memory: collected.memory, budget: budget.state() });
    const { error, ms, received } = collected.reply;
    if (error === null) log.info("feed.done", { received, rows: collected.reply.columns?.count ?? 0, ms });
    else log.error("feed.failed", { kind: error.kind, message: error.message, ms });
    return collected.reply;
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
    readonly signal: AbortSignal;
  }): Call {
    const { adapter, services, budget, log, limitMs, signal } = input;
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
      const limits = { ...services.callLimits, totalBudgetMs };
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
