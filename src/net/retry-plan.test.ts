import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FULL_BUDGET, keepBudget } from "./budget.ts";
import { type CallDeps, type CallLimits, fetchJson, type JsonRequest } from "./fetch-json.ts";
import { backoffMs, firstState, nextAttempt } from "./retry-plan.ts";

const limits: CallLimits = { headersMs: 5_000, bodyMs: 5_000, attempts: 6, baseDelayMs: 100, maxDelayMs: 1_000, totalBudgetMs: 10_000 };
const START_MS = Date.parse("2026-09-11T00:00:00Z");
type Reply = { readonly status: number; readonly headers?: Record<string, string>; readonly tookMs?: number };

/** A call on a clock that moves only by waiting and by what replies take; returns when each attempt was sent, from 0. */
async function play(input: {
  readonly replies: readonly Reply[];
  readonly limits?: Partial<CallLimits>;
  readonly random?: () => number;
  readonly hosts?: readonly string[];
  readonly budgetPerMinute?: number;
}): Promise<{
  readonly sentAtMs: readonly number[];
  readonly endedAtMs: number;
  readonly outcomes: readonly string[];
  readonly hosts: readonly string[];
}> {
  let nowMs = START_MS;
  const now = (): number => nowMs;
  const sentAtMs: number[] = [];
  const silent = (): void => undefined;
  const deps: CallDeps = {
    fetch: () => {
      const reply = input.replies[Math.min(sentAtMs.length, input.replies.length - 1)] ?? { status: 200 };
      sentAtMs.push(nowMs - START_MS);
      nowMs += reply.tookMs ?? 0;
      return Promise.resolve(new Response("[1]", { status: reply.status, headers: reply.headers ?? {} }));
    },
    now,
    sleep: (ms) => {
      nowMs += ms;
      return Promise.resolve();
    },
    random: input.random ?? (() => 0.5),
    log: { info: silent, warn: silent, error: silent },
    gatewayUrl: "",
    userAgent: "test",
    limits: { ...limits, ...input.limits },
    budget: input.budgetPerMinute === undefined ? null : keepBudget({ state: FULL_BUDGET, perMinute: input.budgetPerMinute, now }),
    slots: null,
  };
  const request: JsonRequest = {
    venue: "bybit",
    endpoint: "tickers",
    method: "GET",
    path: "/x",
    hosts: input.hosts ?? ["https://a.example"],
    maxBytes: 1_000,
    weight: 1,
    idempotent: true,
    errorIn: () => null,
  };
  const { calls } = await fetchJson(request, deps);
  return { sentAtMs, endedAtMs: nowMs - START_MS, outcomes: calls.map((call) => call.outcome), hosts: calls.map((call) => call.host) };
}

describe("waits on an exact clock", () => {
  test("back-off doubles from the base to its ceiling, jitter in the middle", async () => {
    const { sentAtMs } = await play({ replies: [{ status: 500 }], limits: { maxDelayMs: 500 } });
    // Waits of 0.5 · 100, 200, 400, 500, 500.
    expect(sentAtMs).toEqual([0, 50, 150, 350, 600, 850]);
  });

  test("the time a reply takes comes on top of the waits", async () => {
    const { sentAtMs } = await play({ replies: [{ status: 500, tookMs: 1_000 }], limits: { attempts: 3 } });
    expect(sentAtMs).toEqual([0, 1_050, 2_150]);
  });

  test("hosts follow at once; only a new round waits", async () => {
    const { sentAtMs, hosts } = await play({
      replies: [{ status: 500 }],
      hosts: ["https://a.example", "https://b.example"],
      limits: { attempts: 5 },
    });
    expect(hosts).toEqual(["a.example", "b.example", "a.example", "b.example", "a.example"]);
    expect(sentAtMs).toEqual([0, 0, 50, 50, 150]);
  });

  test("Retry-After in seconds is waited in full, on the same host", async () => {
    const { sentAtMs, outcomes, hosts } = await play({
      replies: [{ status: 429, headers: { "retry-after": "3" } }, { status: 200 }],
      hosts: ["https://a.example", "https://b.example"],
    });
    expect(sentAtMs).toEqual([0, 3_000]);
    expect(outcomes).toEqual(["rate-limited", "ok"]);
    expect(hosts).toEqual(["a.example", "a.example"]);
  });

  test("Retry-After as an HTTP date is waited until that date", async () => {
    const { sentAtMs } = await play({
      replies: [{ status: 429, headers: { "retry-after": "Fri, 11 Sep 2026 00:00:04 GMT" } }, { status: 200 }],
    });
    expect(sentAtMs).toEqual([0, 4_000]);
  });

  test("a Retry-After that does not fit the total ends the call without a wait", async () => {
    const { sentAtMs, endedAtMs } = await play({ replies: [{ status: 429, headers: { "retry-after": "10" } }] });
    expect([sentAtMs, endedAtMs]).toEqual([[0], 0]);
  });

  test("a 429 that names no time is not asked again, however long the call may take", async () => {
    const { sentAtMs } = await play({ replies: [{ status: 429 }, { status: 200 }], limits: { totalBudgetMs: 200_000 } });
    expect(sentAtMs).toEqual([0]);
  });

  test("with no time left nothing follows, another host neither", () => {
    const failure = { error: { kind: "network", message: "down" }, cut: false } as const;
    const input = { state: firstState(["https://a.example", "https://b.example"]), failure, attempt: 1, limits, random: () => 0.5 };
    expect(nextAttempt({ ...input, leftMs: 0 })).toBeNull();
    expect(nextAttempt({ ...input, leftMs: 1 })).toMatchObject({ waitMs: 0, state: { index: 1 } });
  });

  test("a ban is left alone for two minutes at least, whatever it says", async () => {
    const { sentAtMs } = await play({ replies: [{ status: 418, headers: { "retry-after": "1" } }, { status: 200 }] });
    expect(sentAtMs).toEqual([0]);
    const patient = await play({
      replies: [{ status: 418, headers: { "retry-after": "1" } }, { status: 200 }],
      limits: { totalBudgetMs: 200_000 },
    });
    expect(patient.sentAtMs).toEqual([0, 120_000]);
  });

  test("a 503 with Retry-After is not asked sooner than it says", async () => {
    const { sentAtMs } = await play({ replies: [{ status: 503, headers: { "retry-after": "2" } }, { status: 200 }] });
    expect(sentAtMs).toEqual([0, 2_000]);
  });

  test("a retry waits for the venue's budget when that fits, and the call then honours its own pause", async () => {
    const slow = await play({
      replies: [{ status: 500 }, { status: 500 }, { status: 200 }],
      budgetPerMinute: 2,
      limits: { totalBudgetMs: 90_000 },
    });
    expect(slow.sentAtMs).toEqual([0, 50, 60_050]);
    const paused = await play({ replies: [{ status: 429, headers: { "retry-after": "3" } }, { status: 200 }], budgetPerMinute: 100 });
    expect(paused.sentAtMs).toEqual([0, 3_000]);
  });

  test("4xx other than 408, 425 and 429 are never sent twice", async () => {
    for (let status = 400; status < 500; status++) {
      const { sentAtMs } = await play({ replies: [{ status, headers: { "retry-after": "1" } }] });
      expect([status, sentAtMs.length]).toEqual([status, [408, 425, 429].includes(status) ? 6 : 1]);
    }
  });
});

describe("bounds", () => {
  test("jitter spans 0 to the exponential ceiling", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), fc.double({ min: 0, max: 0.999_999, noNaN: true }), (round, random) => {
        const ceiling = Math.min(limits.maxDelayMs, limits.baseDelayMs * 2 ** round);
        const wait = backoffMs(round, limits, () => random);
        expect(wait).toBe(Math.floor(random * ceiling));
        expect(wait).toBeLessThan(ceiling);
      }),
    );
  });

  test("no attempt is sent at or after the end of the total, none beyond the cap, whatever the venue answers", async () => {
    const reply = fc.record({
      status: fc.constantFrom(200, 400, 403, 408, 418, 429, 451, 500, 503),
      tookMs: fc.integer({ min: 0, max: 4_000 }),
      headers: fc.constantFrom({}, { "retry-after": "1" }, { "retry-after": "7" }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(reply, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 4 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        async (replies, hosts, random) => {
          const played = await play({
            replies,
            hosts: Array.from({ length: hosts }, (_, i) => `https://h${i}.example`),
            random: () => random,
            limits: { attempts: 5 },
          });
          expect(played.sentAtMs.length).toBeLessThanOrEqual(5);
          expect(played.sentAtMs.every((at) => at < limits.totalBudgetMs)).toBe(true);
          expect(played.endedAtMs).toBeLessThan(limits.totalBudgetMs + 4_000);
        },
      ),
      { numRuns: 300 },
    );
  });
});
