import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { VenueErrorKind } from "../domain/error.ts";
import { askBreaker, type Breaker, breakerView, CLOSED_BREAKER, coolDownMs, PROBE_LEASE_MS, tellBreaker } from "./breaker.ts";

const LIMITS = { failures: 3, coolDownMs: 300_000 };
const MINUTE = 60_000;

/** A breaker on a clock of its own: `ask` says what may leave, `tell` what came of it. */
function stand(limits = LIMITS) {
  let state: Breaker = CLOSED_BREAKER;
  return {
    state: () => state,
    ask: (nowMs: number) => {
      const asked = askBreaker(state, nowMs);
      ({ state } = asked);
      return [asked.pass, asked.retryAfterMs];
    },
    tell: (pass: "calls" | "probe", failure: VenueErrorKind | null, nowMs: number) => {
      state = tellBreaker(state, { pass, failure, nowMs, limits });
    },
  };
}

/** Opened at 2,000 by three failures. */
function opened() {
  const breaker = stand();
  for (const atMs of [0, 1_000, 2_000]) {
    expect(breaker.ask(atMs)).toEqual(["calls", 0]);
    breaker.tell("calls", "server", atMs);
  }
  return breaker;
}

describe("the breaker, on an exact clock", () => {
  test("opens with the failure that makes K in a row, for the cool-down to the millisecond", () => {
    const breaker = opened();
    expect(breaker.ask(2_000)).toEqual(["none", 300_000]);
    expect(breaker.ask(301_999)).toEqual(["none", 1]);
    expect(breaker.ask(302_000)).toEqual(["probe", 0]);
  });

  test("a success in between starts the count anew", () => {
    const breaker = stand();
    for (const failure of ["server", "timeout", null, "server", "timeout"] as const) breaker.tell("calls", failure, 0);
    expect(breaker.ask(0)).toEqual(["calls", 0]);
    breaker.tell("calls", "bad-json", 0);
    expect(breaker.ask(0)).toEqual(["none", 300_000]);
  });

  test("one probe leaves, nobody else before it has told; success closes", () => {
    const breaker = opened();
    expect(breaker.ask(302_000)).toEqual(["probe", 0]);
    expect(breaker.ask(302_001)).toEqual(["none", PROBE_LEASE_MS - 1]);
    breaker.tell("probe", null, 303_000);
    expect(breaker.state()).toEqual({ ...CLOSED_BREAKER, lastFailure: { kind: "server", atMs: 2_000 } });
    expect(breaker.ask(303_000)).toEqual(["calls", 0]);
  });

  test("each failed probe opens it for twice as long, up to 30 minutes, and success makes it short again", () => {
    const breaker = opened();
    let nowMs = 302_000;
    for (const minutes of [10, 20, 30, 30, 30]) {
      expect(breaker.ask(nowMs)).toEqual(["probe", 0]);
      breaker.tell("probe", "timeout", nowMs + 500);
      expect(breaker.ask(nowMs + 500)).toEqual(["none", minutes * MINUTE]);
      nowMs += 500 + minutes * MINUTE;
      expect(breaker.ask(nowMs - 1)).toEqual(["none", 1]);
    }
    breaker.ask(nowMs);
    breaker.tell("probe", null, nowMs);
    for (let failure = 0; failure < 3; failure++) breaker.tell("calls", "network", nowMs);
    expect(breaker.ask(nowMs)).toEqual(["none", 300_000]);
  });

  test("a probe whose object died gives way to another after its lease", () => {
    const breaker = opened();
    breaker.ask(302_000);
    expect(breaker.ask(302_000 + PROBE_LEASE_MS - 1)).toEqual(["none", 1]);
    expect(breaker.ask(302_000 + PROBE_LEASE_MS)).toEqual(["probe", 0]);
  });

  test("a probe that was not sent, or met a limit, decides nothing: the next ask probes", () => {
    for (const failure of ["budget", "rate-limited", "banned", "internal"] as const) {
      const breaker = opened();
      breaker.ask(302_000);
      breaker.tell("probe", failure, 302_100);
      expect([failure, breaker.ask(302_100)]).toEqual([failure, ["probe", 0]]);
    }
  });

  test("a call that left before it opened and fails after moves nothing; one that succeeds closes it", () => {
    const breaker = opened();
    breaker.tell("calls", "timeout", 100_000);
    expect(breaker.ask(100_000)).toEqual(["none", 202_000]);
    breaker.tell("calls", null, 110_000);
    expect(breaker.ask(110_000)).toEqual(["calls", 0]);
  });

  test("switched off it forgets that it was open, and keeps the last failure", () => {
    const { state } = opened();
    const off = tellBreaker(state(), { pass: "calls", failure: "dns", nowMs: 9_000, limits: null });
    expect(off).toEqual({ ...CLOSED_BREAKER, lastFailure: { kind: "dns", atMs: 9_000 } });
    expect(tellBreaker(off, { pass: "calls", failure: "budget", nowMs: 9_001, limits: null })).toBe(off);
    expect(breakerView(state(), null)).toMatchObject({ state: "off", untilMs: null });
  });

  test("shows its state", () => {
    const breaker = stand();
    expect(breakerView(breaker.state(), LIMITS)).toEqual({ state: "closed", failures: 0, untilMs: null });
    const { ask, state } = opened();
    expect(breakerView(state(), LIMITS)).toEqual({ state: "open", failures: 3, untilMs: 302_000 });
    ask(302_000);
    expect(breakerView(state(), LIMITS)).toEqual({ state: "probing", failures: 3, untilMs: 302_000 });
  });

  test("a cool-down that is set above 30 minutes holds, and does not grow", () => {
    const limits = { failures: 1, coolDownMs: 60 * MINUTE };
    expect([coolDownMs(0, limits), coolDownMs(9, limits)]).toEqual([60 * MINUTE, 60 * MINUTE]);
  });
});

describe("which failures count", () => {
  const COUNTED = ["network", "dns", "timeout", "bad-request", "unauthorized", "forbidden", "geo-blocked", "http", "server"] as const;
  const ALSO = ["venue-error", "too-large", "bad-json", "bad-shape", "empty"] as const;
  const NOT = ["rate-limited", "banned", "internal", "budget", "breaker-open", "flag-off"] as const;

  test.each([...COUNTED, ...ALSO])("%s does", (kind) => {
    const breaker = stand({ failures: 1, coolDownMs: 1_000 });
    breaker.tell("calls", kind, 0);
    expect(breaker.ask(0)).toEqual(["none", 1_000]);
  });

  test.each(NOT)("%s does not", (kind) => {
    const breaker = stand({ failures: 1, coolDownMs: 1_000 });
    breaker.tell("calls", kind, 0);
    expect(breaker.ask(0)).toEqual(["calls", 0]);
  });
});

describe("whatever comes, in whatever order", () => {
  const kind = fc.constantFrom<(VenueErrorKind | null)[]>(null, "server", "timeout", "geo-blocked", "budget", "rate-limited", "banned");
  const steps = fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 400_000 }), tookMs: fc.integer({ min: 0, max: 40_000 }), kind }), {
    maxLength: 120,
  });

  test("open means silence until the time told, then one probe; K failures open; success closes", () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 5 }), (asks, failures) => {
        const limits = { failures, coolDownMs: 60_000 };
        let state: Breaker = CLOSED_BREAKER;
        let nowMs = 0;
        let inRow = 0;
        for (const { afterMs, tookMs, kind: failure } of asks) {
          nowMs += afterMs;
          const before = state;
          const asked = askBreaker(state, nowMs);
          ({ state } = asked);
          const isShut = before.openUntilMs !== null && nowMs < before.openUntilMs;
          if (isShut) expect(asked.pass).toBe("none");
          if (before.openUntilMs === null) expect(asked.pass).toBe("calls");
          if (asked.pass === "none") {
            // What it tells is when it lets one through, if nobody else takes it.
            expect(askBreaker(state, nowMs + asked.retryAfterMs - 1).pass).toBe("none");
            expect(askBreaker(state, nowMs + asked.retryAfterMs).pass).toBe("probe");
            continue;
          }
          if (asked.pass === "probe") expect(askBreaker(state, nowMs).pass).toBe("none");
          nowMs += tookMs;
          state = tellBreaker(state, { pass: asked.pass, failure, nowMs, limits });
          const counts = failure === "server" || failure === "timeout" || failure === "geo-blocked";
          inRow = failure === null ? 0 : inRow + Number(counts);
          expect(state.openUntilMs === null).toBe(inRow < failures);
          if (state.openUntilMs !== null) expect(state.openUntilMs - nowMs).toBeLessThanOrEqual(30 * MINUTE);
        }
      }),
      { numRuns: 500 },
    );
  });
});
