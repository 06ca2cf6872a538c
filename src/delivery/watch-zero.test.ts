import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Verdict } from "../domain/funnel.ts";
import type { Incident } from "../domain/incident.ts";
import { newIncident, noticeAt } from "../monitoring/incident.ts";
import { scanOf } from "../../test/opportunities.ts";
import { type WatchedScan, watchZero } from "./watch-zero.ts";

const MINUTE_MS = 60_000;
const START_MS = 1_800_000_000_000;
const FLAGS = { zero_alarm_scans: 3, incident_cooldown_minutes: 0 };

/** Scans two minutes apart: q quiet, f data failure, o opportunities, c confirming. Gives what was told, by scan. */
function told(letters: string, flags = FLAGS) {
  let state: { readonly quiet: Incident; readonly failure: Incident } = {
    quiet: newIncident("market-quiet", "scans"),
    failure: newIncident("data-failure", "scans"),
  };
  const notices: string[] = [];
  for (const [index, letter] of letters.split("").entries()) {
    const scan = scanAt(letter, START_MS + index * 2 * MINUTE_MS);
    state = watchZero(state, scan, flags);
    for (const incident of [state.quiet, state.failure]) {
      const notice = noticeAt(incident, scan.finishedAtMs);
      if (notice !== null) notices.push(`${index}:${incident.kind}:${notice}`);
    }
  }
  return { notices, state };
}

const VERDICT_OF: Readonly<Record<string, Verdict>> = { q: "market-quiet", f: "data-failure", o: "opportunities", c: "confirming" };
const scanAt = (letter: string, finishedAtMs: number): WatchedScan => ({
  ...scanOf({ verdict: VERDICT_OF[letter] ?? "opportunities", reason: `reason ${letter}` }),
  finishedAtMs,
});

describe("scans without an opportunity", () => {
  test("are told once after N in a row by the name of the reason, and once when opportunities are back", () => {
    expect(told("qq").notices).toEqual([]);
    expect(told("qqqqqqqqoo").notices).toEqual(["2:market-quiet:opened", "8:market-quiet:recovered"]);
    expect(told("ffffffffoo").notices).toEqual(["2:data-failure:opened", "8:data-failure:recovered"]);
    expect(told("qqoqqoff").notices).toEqual([]);
  });

  test("count together whatever the reason, and the reason of the last names them", () => {
    expect(told("ffq").notices).toEqual(["2:market-quiet:opened"]);
    expect(told("qqf").notices).toEqual(["2:data-failure:opened"]);
  });

  test("tell once that a quiet market has become a data failure, and end each story", () => {
    expect(told("qqqffffqqo").notices).toEqual([
      "2:market-quiet:opened",
      "3:data-failure:opened",
      "7:data-failure:recovered",
      "9:market-quiet:recovered",
    ]);
  });

  test("say that data is back, and count a quiet market from there", () => {
    expect(told("fffqqqo").notices).toEqual(["2:data-failure:opened", "3:data-failure:recovered"]);
    expect(told("fffqqqqo").notices).toEqual([
      "2:data-failure:opened",
      "3:data-failure:recovered",
      "6:market-quiet:opened",
      "7:market-quiet:recovered",
    ]);
  });

  test("a pair over the bar that awaits its confirmation neither breaks the row nor lengthens it", () => {
    expect(told("qcqcq").notices).toEqual(["4:market-quiet:opened"]);
    expect(told("qqqcccq").notices).toEqual(["2:market-quiet:opened"]);
  });

  test("explain themselves: reason, feeds that failed, what was refused most, the nearest miss", () => {
    const scan = scanOf({ verdict: "data-failure", reason: "1 of 2 feeds answered" });
    const failed = {
      ...scan.venues[0],
      feed: "beta",
      venue: "beta",
      ok: false,
      receivedAtMs: null,
      rows: 0,
      degraded: [],
      health: null,
      healthAtMs: null,
      calls: 3,
      ms: 8_000,
    };
    const states = { quiet: newIncident("market-quiet", "scans"), failure: newIncident("data-failure", "scans") };
    const { failure } = watchZero(
      states,
      { ...scan, venues: [...scan.venues, { ...failed, error: { kind: "timeout", message: "x" } }] },
      FLAGS,
    );
    expect(failure.detail).toEqual(["1 of 2 feeds answered", "Feeds without rows: beta (timeout)", "Most refused: 1 timeout"]);
  });

  test("whatever comes, each story alternates, and a scan seen again changes nothing", () => {
    const letters = fc.array(fc.constantFrom("q", "f", "o", "c"), { maxLength: 80 }).map((all) => all.join(""));
    const flags = fc.record({
      zero_alarm_scans: fc.integer({ min: 2, max: 6 }),
      incident_cooldown_minutes: fc.integer({ min: 0, max: 20 }),
    });
    fc.assert(
      fc.property(letters, flags, (all, policy) => {
        const { notices, state } = told(all, policy);
        for (const kind of ["market-quiet", "data-failure"]) {
          const own = notices.filter((line) => line.includes(kind)).map((line) => line.split(":")[2]);
          expect(own).toEqual(own.map((_, index) => (index % 2 === 0 ? "opened" : "recovered")));
        }
        const last = START_MS + Math.max(0, all.length - 1) * 2 * MINUTE_MS;
        if (state.quiet.seenAtMs === last) expect(watchZero(state, scanAt("f", last), policy)).toEqual(state);
      }),
    );
  });
});
