import type { VenueError } from "../domain/error.ts";
import type { CallRecord } from "../domain/feed.ts";
import { err, ok, type Result } from "../domain/result.ts";
import type { VenueId } from "../domain/venue.ts";
import { actionFor } from "./action.ts";
import { attempt, type AttemptOutcome, type FetchFunction } from "./attempt.ts";
import type { BudgetKeeper } from "./budget.ts";
import type { HostSlots } from "./limiter.ts";
import { firstState, nextAttempt, type NextAttempt, type RetryLimits, type RetryState } from "./retry-plan.ts";

/** One call to one endpoint of a venue. */
export type JsonRequest = {
  readonly venue: VenueId;
  readonly endpoint: string;
  readonly method: "GET" | "POST";
  /** Path and query, appended to a host. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Of signed calls alone: what goes out with the request and stands in no log. The query follows the path as it is. */
  readonly signed?: { readonly headers: Readonly<Record<string, string>>; readonly query: string };
  /** Origins in the order in which they are tried, e.g. `https://api.bybit.com`. */
  readonly hosts: readonly string[];
  readonly maxBytes: number;
  /** Request weight in the venue's own units; spent for each attempt. */
  readonly weight: number;
  /**
   * Whether sending it twice equals sending it once. So are all reads of market data, Hyperliquid's POST too.
   * Anything else gets a single attempt.
   */
  readonly idempotent: boolean;
  /** What the venue says is wrong, inside any status; `null` when the body is what was asked for. */
  readonly errorIn: (body: unknown, status: number) => VenueError | null;
};

/** Limits of one call. All times in ms. */
export type CallLimits = RetryLimits & {
  /** From the start of an attempt to its headers. */
  readonly headersMs: number;
  /** From the headers of an attempt to the end of its body. */
  readonly bodyMs: number;
  /** For everything: attempts, waits, waiting for a slot. No wait is begun that does not end within it. */
  readonly totalBudgetMs: number;
};

/** Where records of calls go. */
export type CallLog = {
  readonly info: (event: string, fields: Readonly<Record<string, unknown>>) => void;
  readonly warn: (event: string, fields: Readonly<Record<string, unknown>>) => void;
  readonly error: (event: string, fields: Readonly<Record<string, unknown>>) => void;
};

/** Everything that a call takes from outside. */
export type CallDeps = {
  readonly fetch: FetchFunction;
  /** Epoch ms. */
  readonly now: () => number;
  /** Resolves after `ms` or when the signal aborts. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: CallLog;
  /** `https://HOST/PATH` is fetched as `GATEWAY/HOST/PATH`; empty: directly. */
  readonly gatewayUrl: string;
  readonly userAgent: string;
  readonly limits: CallLimits;
  /** The venue's request budget; `null`: unlimited. */
  readonly budget: BudgetKeeper | null;
  /** Slots per host; `null`: only the platform's own limit. */
  readonly slots: HostSlots | null;
  /** Ends everything: the venue's total limit. */
  readonly signal?: AbortSignal;
};

export type Fetched = { readonly body: unknown; readonly receivedAtMs: number; readonly bytes: number; readonly host: string };
export type CallAnswer = { readonly result: Result<Fetched, VenueError>; readonly calls: readonly CallRecord[] };

type Total = { readonly untilMs: number; readonly limitMs: number };

/**
 * The one way to a venue. Sends the request, retries what is retryable over the hosts in order, within the call's total,
 * and logs one `venue.request` and one `venue.response` for each attempt. Failures are values with a kind; `actionFor`
 * says what each kind means.
 */
export async function fetchJson(request: JsonRequest, deps: CallDeps): Promise<CallAnswer> {
  const total: Total = { untilMs: deps.now() + deps.limits.totalBudgetMs, limitMs: deps.limits.totalBudgetMs };
  const calls: CallRecord[] = [];
  let state = firstState(request.hosts);
  let lastError: VenueError | null = null;
  for (;;) {
    const host = state.hosts[state.index];
    if (host === undefined) return { result: err(noHost(request)), calls };
    const made = await makeAttempt({ request, deps, total, host, number: calls.length + 1, state });
    if ("refusal" in made) return { result: err(lastError ?? made.refusal), calls };
    calls.push(made.record);
    const { outcome, next } = made;
    if (outcome.result.ok) {
      return {
        result: ok({ body: outcome.result.value, receivedAtMs: outcome.endedAtMs, bytes: outcome.bytes, host: hostName(host) }),
        calls,
      };
    }
    lastError = outcome.result.error;
    if (next === null) return { result: err(lastError), calls };
    if (next.waitMs > 0) await deps.sleep(next.waitMs, deps.signal);
    state = next.state;
  }
}

/** Waits until the venue's budget lets an attempt through; an error when that takes longer than the call has. */
async function admission(request: JsonRequest, deps: CallDeps, total: Total): Promise<VenueError | null> {
  for (;;) {
    const leftMs = total.untilMs - deps.now();
    if (deps.signal?.aborted === true || leftMs <= 0) {
      return {
        kind: "timeout",
        phase: "venue",
        limitMs: total.limitMs,
        message: `expected to send ${request.endpoint} in time, found none left`,
      };
    }
    const taken = deps.budget?.take(request.weight) ?? UNLIMITED;
    if (taken.allowed) return null;
    const { retryAfterMs, pausedFor } = taken;
    if (retryAfterMs >= leftMs) {
      const found = pausedFor === null ? "none" : `the venue left alone after ${pausedFor}`;
      return {
        kind: "budget",
        retryAfterMs,
        message: `expected room for weight ${request.weight}, found ${found} for ${retryAfterMs} ms; not sent`,
      };
    }
    await deps.sleep(retryAfterMs, deps.signal);
  }
}

const UNLIMITED = { allowed: true, retryAfterMs: 0, pausedFor: null };

const noHost = (request: JsonRequest): VenueError => ({ kind: "internal", message: `expected a host for ${request.venue}, found none` });

/** Nothing was sent: no time, or no room in the venue's budget. */
type NotSent = { readonly refusal: VenueError };
type MadeAttempt = { readonly outcome: AttemptOutcome; readonly record: CallRecord; readonly next: NextAttempt };

/**
 * One attempt in a slot of its host, with its two log records and what follows it. Time and budget are looked at inside
 * the slot: while a call queues, another may have been told to leave the venue alone.
 */
async function makeAttempt(input: {
  readonly request: JsonRequest;
  readonly deps: CallDeps;
  readonly total: Total;
  readonly host: string;
  readonly number: number;
  readonly state: RetryState;
}): Promise<MadeAttempt | NotSent> {
  const { request, deps, total, host, number } = input;
  const name = hostName(host);
  const place = { venue: request.venue, endpoint: request.endpoint, host: name, attempt: number };
  const run = async (): Promise<MadeAttempt | NotSent> => {
    const refusal = await admission(request, deps, total);
    if (refusal !== null) return { refusal };
    deps.log.info("venue.request", { ...place, method: request.method, path: request.path });
    const startedAtMs = deps.now();
    const outcome = await attempt({
      fetch: deps.fetch,
      now: deps.now,
      url: requestUrl(host, `${request.path}${request.signed?.query ?? ""}`, deps.gatewayUrl),
      host: name,
      init: requestInit(request, deps.userAgent),
      maxBytes: request.maxBytes,
      errorIn: request.errorIn,
      headersMs: deps.limits.headersMs,
      bodyMs: deps.limits.bodyMs,
      total,
      signal: deps.signal,
    });
    const { status, bytes, result } = outcome;
    const record: CallRecord = {
      ...place,
      status,
      bytes,
      ms: outcome.endedAtMs - startedAtMs,
      outcome: result.ok ? "ok" : result.error.kind,
    };
    const next = result.ok ? null : afterFailure({ ...input, error: result.error, cut: outcome.cut });
    logResponse(deps.log, record, result.ok ? null : { error: result.error, next });
    return { outcome, record, next };
  };
  return deps.slots === null ? run() : deps.slots(name, run);
}

/** Decides what follows, and pauses the venue at once where it asked for that, so that calls beside this one see it. */
function afterFailure(input: {
  readonly request: JsonRequest;
  readonly deps: CallDeps;
  readonly total: Total;
  readonly number: number;
  readonly state: RetryState;
  readonly error: VenueError;
  readonly cut: boolean;
}): NextAttempt {
  const { request, deps, error, cut, state } = input;
  const { pauseMs, retry } = actionFor(error);
  if (retry === "wait" && pauseMs !== null) deps.budget?.pause(pauseMs, error.kind);
  if (!request.idempotent || deps.signal?.aborted === true) return null;
  return nextAttempt({
    state,
    failure: { error, cut },
    attempt: input.number,
    leftMs: input.total.untilMs - deps.now(),
    limits: deps.limits,
    random: deps.random,
  });
}

/** Success at info; a failure that is followed by another attempt at warn; the failure of the whole call at error. */
function logResponse(log: CallLog, record: CallRecord, failure: { readonly error: VenueError; readonly next: NextAttempt } | null): void {
  if (failure === null) return log.info("venue.response", record);
  const { error, next } = failure;
  if (next === null) return log.error("venue.response", { ...record, message: error.message, action: actionFor(error).sentence });
  const nextHost = next.state.hosts[next.state.index];
  log.warn("venue.response", {
    ...record,
    message: error.message,
    retryInMs: next.waitMs,
    retryAt: nextHost === undefined ? null : hostName(nextHost),
  });
}

/** No cookies, and no credentials but a signed call's own: public data is read as anybody. */
function requestInit(request: JsonRequest, userAgent: string): RequestInit {
  const headers = { accept: "application/json", "user-agent": userAgent, ...request.signed?.headers };
  if (request.body === undefined) return { method: request.method, headers };
  return { method: request.method, headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(request.body) };
}

/**
 * Where a request really goes.
 * @example requestUrl("https://api.bybit.com", "/v5/market/time", "http://127.0.0.1:9/relay/") // "http://127.0.0.1:9/relay/api.bybit.com/v5/market/time"
 */
export function requestUrl(host: string, path: string, gatewayUrl: string): string {
  return gatewayUrl === "" ? `${host}${path}` : `${gatewayUrl.replace(/\/+$/u, "")}/${withoutScheme(host)}${path}`;
}

const withoutScheme = (host: string): string => host.replace(/^https?:\/\//u, "");
const hostName = (host: string): string => withoutScheme(host).split("/", 1)[0] ?? host;
