import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Incident } from "../domain/incident.ts";
import { advance, type IncidentNotice, newIncident, noticeAt } from "./incident.ts";

const MINUTE_MS = 60_000;
const START_MS = 1_800_000_000_000;

/** Observations two minutes apart, each `true` for bad. */
function run(looks: readonly boolean[], policy: { readonly openAfter: number; readonly coolDownMs: number }) {
  let state: Incident = newIncident("kind", "subject");
  const notices: { readonly notice: IncidentNotice; readonly atMs: number }[] = [];
  const states: Incident[] = [];
  for (const [index, bad] of looks.entries()) {
    const nowMs = START_MS + index * 2 * MINUTE_MS;
    const { next, notice } = advance(state, { bad, label: bad ? "bad" : "good", detail: [] }, { policy, nowMs });
    if (notice !== null) notices.push({ notice, atMs: nowMs });
    state = next;
    states.push(next);
  }
  return { state, states, notices };
}
const names = (looks: readonly boolean[], policy: { readonly openAfter: number; readonly coolDownMs: number }) =>
  run(looks, policy).notices.map(({ notice }) => notice);
const times = (count: number, bad: boolean): readonly boolean[] => Array.from({ length: count }, () => bad);

const policies = fc.record({ openAfter: fc.integer({ min: 1, max: 6 }), coolDownMs: fc.integer({ min: 0, max: 30 * MINUTE_MS }) });
const looks = fc.array(fc.boolean(), { maxLength: 120 });

describe("an incident", () => {
  test("opens at the N-th bad observation in a row, is told once however long it lasts, and recovers once", () => {
    const policy = { openAfter: 3, coolDownMs: 0 };
    expect(names(times(2, true), policy)).toEqual([]);
    expect(names([true, true, false, true, true], policy)).toEqual([]);
    expect(run([...times(50, true), ...times(20, false)], policy).notices).toEqual([
      { notice: "opened", atMs: START_MS + 2 * 2 * MINUTE_MS },
      { notice: "recovered", atMs: START_MS + 50 * 2 * MINUTE_MS },
    ]);
  });

  test("that begins again while it cools down is told at the end of it, if it lasts so long", () => {
    const policy = { openAfter: 1, coolDownMs: 10 * MINUTE_MS };
    // Recovered at look 1; the next looks are 2, 4, … min later.
    expect(run([true, false, true, true, true, true, true], policy).notices.map(({ atMs }) => (atMs - START_MS) / MINUTE_MS)).toEqual([
      0, 2, 12,
    ]);
    expect(names([true, false, true, true, false, false, false, false], policy)).toEqual(["opened", "recovered"]);
  });

  test("keeps since when it was bad, through its recovery", () => {
    const { states } = run([true, true, true, false, false], { openAfter: 3, coolDownMs: 0 });
    expect(states.map(({ badSinceMs }) => badSinceMs)).toEqual([START_MS, START_MS, START_MS, START_MS, null]);
  });
});

describe("whatever is observed", () => {
  test("notices alternate, opened first", () => {
    fc.assert(
      fc.property(looks, policies, (seen, policy) => {
        for (const [index, notice] of names(seen, policy).entries()) expect(notice).toBe(index % 2 === 0 ? "opened" : "recovered");
      }),
    );
  });

  test("nothing is opened within the cool-down after a recovery", () => {
    fc.assert(
      fc.property(looks, policies, (seen, policy) => {
        const { notices } = run(seen, policy);
        for (const [index, { notice, atMs }] of notices.entries()) {
          const before = notices[index - 1];
          if (notice === "opened" && before !== undefined) expect(atMs - before.atMs).toBeGreaterThanOrEqual(policy.coolDownMs);
        }
      }),
    );
  });

  test("what stays bad for N observations and a cool-down is open", () => {
    fc.assert(
      fc.property(looks, policies, (seen, policy) => {
        const long = policy.openAfter + Math.ceil(policy.coolDownMs / (2 * MINUTE_MS)) + 1;
        expect(run([...seen, ...times(long, true)], policy).state.state).toBe("open");
      }),
    );
  });

  test("the same observation again changes nothing and is not told again", () => {
    fc.assert(
      fc.property(looks, policies, fc.boolean(), (seen, policy, bad) => {
        const { state, notices } = run(seen, policy);
        const again = advance(state, { bad, label: "again", detail: ["x"] }, { policy, nowMs: state.seenAtMs });
        expect(again).toEqual({ next: state, notice: null });
        // What was made at that moment can still be read.
        const last = notices.at(-1);
        if (last !== undefined && last.atMs === state.seenAtMs) expect(noticeAt(state, state.seenAtMs)).toBe(last.notice);
        else expect(noticeAt(state, state.seenAtMs)).toBeNull();
      }),
    );
  });
});
