import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Budget, FULL_BUDGET, keepBudget, pauseUntil, spend } from "./budget.ts";

const MINUTE = 60_000;
const asks = fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 9_000 }), weight: fc.integer({ min: 1, max: 40 }) }), {
  maxLength: 200,
});

describe("the venue's budget", () => {
  test("no window of a minute ever holds more than the budget, and state stays small", () => {
    fc.assert(
      fc.property(asks, fc.integer({ min: 40, max: 300 }), (steps, perMinute) => {
        const granted: { at: number; weight: number }[] = [];
        let state: Budget = FULL_BUDGET;
        let nowMs = 0;
        for (const { afterMs, weight } of steps) {
          nowMs += afterMs;
          const spending = spend({ state, weight, nowMs, perMinute });
          state = spending.state;
          if (spending.allowed) granted.push({ at: nowMs, weight });
          expect(state.spent.length).toBeLessThanOrEqual(61);
        }
        for (const { at } of granted) {
          const inWindow = granted.filter((each) => each.at >= at && each.at < at + MINUTE);
          expect(inWindow.reduce((sum, each) => sum + each.weight, 0)).toBeLessThanOrEqual(perMinute);
        }
      }),
    );
  });

  test("a refused weight is granted after the time named, and not a millisecond sooner", () => {
    fc.assert(
      fc.property(asks, (steps) => {
        let state: Budget = FULL_BUDGET;
        let nowMs = 0;
        for (const { afterMs, weight } of steps) {
          nowMs += afterMs;
          const spending = spend({ state, weight, nowMs, perMinute: 50 });
          if (!spending.allowed) {
            expect(spending.retryAfterMs).toBeGreaterThan(0);
            expect(spend({ state, weight, nowMs: nowMs + spending.retryAfterMs - 1, perMinute: 50 }).allowed).toBe(false);
            expect(spend({ state, weight, nowMs: nowMs + spending.retryAfterMs, perMinute: 50 }).allowed).toBe(true);
          }
          state = spending.state;
        }
      }),
    );
  });

  test("a burst gets exactly the budget, and the rest only when the minute is over", () => {
    let nowMs = 5_000;
    const budget = keepBudget({ state: FULL_BUDGET, perMinute: 120, now: () => nowMs });
    const burst = (): number => Array.from({ length: 500 }, () => budget.take(1)).filter((taken) => taken.allowed).length;
    expect(burst()).toBe(120);
    nowMs += MINUTE - 1;
    expect(burst()).toBe(0);
    nowMs += 1;
    expect(burst()).toBe(120);
  });

  test("a pause refuses everything until its end and is never shortened", () => {
    const paused = pauseUntil(pauseUntil(FULL_BUDGET, 9_000), 4_000);
    expect(spend({ state: paused, weight: 1, nowMs: 8_999, perMinute: 10 })).toMatchObject({ allowed: false, retryAfterMs: 1 });
    expect(spend({ state: paused, weight: 1, nowMs: 9_000, perMinute: 10 }).allowed).toBe(true);
  });

  test("a pause says which failure it follows, as long as it lasts and no longer, and after a restart", () => {
    let nowMs = 1_000;
    const now = (): number => nowMs;
    const before = keepBudget({ state: FULL_BUDGET, perMinute: 10, now });
    before.pause(500, "geo-blocked");
    before.pause(100, "server");
    const after = keepBudget({ state: before.state(), perMinute: 10, now });
    expect(after.take(1)).toEqual({ allowed: false, retryAfterMs: 500, pausedFor: "geo-blocked", state: expect.anything() });
    nowMs = 1_500;
    expect(after.take(10)).toMatchObject({ allowed: true, pausedFor: null });
    expect(after.take(1)).toMatchObject({ allowed: false, pausedFor: null });
  });

  test("a token comes back a minute after it was spent, not with those spent a second later", () => {
    const first = spend({ state: FULL_BUDGET, weight: 5, nowMs: 0, perMinute: 10 });
    const { state } = spend({ state: first.state, weight: 5, nowMs: 1_000, perMinute: 10 });
    expect(spend({ state, weight: 5, nowMs: 60_000, perMinute: 10 }).allowed).toBe(true);
    expect(spend({ state, weight: 6, nowMs: 60_000, perMinute: 10 })).toMatchObject({ allowed: false, retryAfterMs: 1_000 });
  });

  test("a call that the venue counts as nothing passes a spent bucket, not a pause", () => {
    const { state } = spend({ state: FULL_BUDGET, weight: 10, nowMs: 0, perMinute: 10 });
    expect(spend({ state, weight: 0, nowMs: 1, perMinute: 10 }).allowed).toBe(true);
    expect(spend({ state: pauseUntil(state, 500), weight: 0, nowMs: 1, perMinute: 10 }).allowed).toBe(false);
  });

  test("what is stored continues where it stopped", () => {
    const before = keepBudget({ state: FULL_BUDGET, perMinute: 10, now: () => 1_000 });
    before.take(10);
    before.pause(500);
    const after = keepBudget({ state: before.state(), perMinute: 10, now: () => 2_000 });
    expect(after.take(1)).toMatchObject({ allowed: false, retryAfterMs: 59_000 });
  });

  test("a weight that never fits is a bug and throws", () => {
    expect(() => spend({ state: FULL_BUDGET, weight: 11, nowMs: 0, perMinute: 10 })).toThrow(RangeError);
    expect(() => spend({ state: FULL_BUDGET, weight: -1, nowMs: 0, perMinute: 10 })).toThrow(RangeError);
    expect(() => spend({ state: FULL_BUDGET, weight: Number.NaN, nowMs: 0, perMinute: 10 })).toThrow(RangeError);
  });
});
