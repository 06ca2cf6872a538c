import pLimit from "p-limit";
import type { VenueError } from "../domain/error.ts";
import type { CallRules } from "../domain/feed.ts";
import { err } from "../domain/result.ts";
import type { Call } from "../feeds/collect-venue.ts";
import type { Logger } from "../monitoring/log.ts";
import type { BudgetKeeper } from "../net/budget.ts";
import { type CallDeps, type CallLimits, fetchJson } from "../net/fetch-json.ts";
import type { HostKeeper } from "../net/host-health.ts";
import type { HostSlots } from "../net/limiter.ts";
import { sleep } from "../net/sleep.ts";
import type { VenueAdapter } from "../venues/adapter.ts";

/** What calls take from outside, as an isolate or a tool has it. */
export type CallServices = {
  readonly now: () => number;
  readonly outbound: Pick<CallDeps, "fetch" | "now" | "random" | "gatewayUrl" | "userAgent">;
  readonly callLimits: Omit<CallLimits, "totalBudgetMs">;
};

type Calling = {
  readonly adapter: VenueAdapter;
  readonly services: CallServices;
  readonly budget: BudgetKeeper;
  readonly hosts: HostKeeper;
  readonly slots: HostSlots | null;
  readonly rules: CallRules;
  readonly log: Logger;
  readonly limitMs: number;
  readonly attempts: number;
  readonly signal: AbortSignal;
};

/** Calls through net/ within the venue's own limit, shared by all calls of one ask, each at the healthiest host first. */
export function caller(input: Calling): Call {
  const { adapter, services, budget, hosts, slots, log, limitMs, signal } = input;
  const untilMs = services.now() + limitMs;
  const { fetch, now, random, gatewayUrl, userAgent } = services.outbound;
  const inTurn = pLimit(input.rules.mostAtOnce);
  return ({ name, endpoint, path, errorIn, attempts = input.attempts }) =>
    inTurn(async () => {
      const { method, maxBytes, weight, body } = endpoint;
      const request = {
        venue: adapter.facts.id,
        endpoint: name,
        method,
        path,
        hosts: hosts.order().map((host) => `https://${host}`),
        maxBytes,
        weight,
        idempotent: true,
        errorIn,
      };
      const totalBudgetMs = Math.max(0, untilMs - services.now());
      const limits = { ...services.callLimits, attempts, totalBudgetMs };
      const deps = { fetch, now, random, sleep, log, gatewayUrl, userAgent, limits, budget, slots, signal };
      const answer = await fetchJson(body === undefined ? request : { ...request, body }, deps);
      hosts.note(answer.calls);
      return answer;
    });
}

/** The calls of an ask that may send one to see whether the venue is back. */
export type Probe = {
  readonly call: Call;
  /** What came of the one call; `null`: an answer, or none was made. */ readonly failure: () => VenueError | null;
};

/** Lets the first call through, in one attempt; the others follow when it was answered, else none of them is sent. */
export function probing(call: Call): Probe {
  let answered: Promise<boolean> | null = null;
  let failure: VenueError | null = null;
  const first: Call = async (request) => {
    const told = Promise.withResolvers<boolean>();
    answered = told.promise;
    try {
      const answer = await call({ ...request, attempts: 1 });
      if (!answer.result.ok) failure = answer.result.error;
      return answer;
    } finally {
      told.resolve(failure === null);
    }
  };
  return {
    call: async (request) => {
      if (answered === null) return await first(request);
      return (await answered) ? await call(request) : { result: err(breakerOpen(0)), calls: [] };
    },
    failure: () => failure,
  };
}

export const breakerOpen = (retryAfterMs: number): VenueError => ({
  kind: "breaker-open",
  retryAfterMs,
  message:
    retryAfterMs > 0
      ? `the venue failed too often in a row and is left alone for ${retryAfterMs} ms; not sent`
      : "the call that tries whether the venue is back failed; not sent",
});
