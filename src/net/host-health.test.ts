import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CallRecord } from "../domain/feed.ts";
import { type HostHealth, keepHosts, noteCall, orderHosts } from "./host-health.ts";

const HOSTS = ["a.example", "b.example"];
const MINUTE = 60_000;

const callAt = (host: string, outcome: string, ms = 100): CallRecord => ({
  venue: "bybit",
  endpoint: "tickers",
  host,
  attempt: 1,
  status: null,
  ms,
  bytes: 0,
  outcome,
});
const after = (...calls: readonly (readonly [atMs: number, host: string, outcome: string, ms?: number])[]): HostHealth =>
  calls.reduce<HostHealth>((health, [atMs, host, outcome, ms]) => noteCall(health, callAt(host, outcome, ms), atMs), {});

describe("hosts by their health", () => {
  test("are asked in the documented order while nothing is known against it", () => {
    expect(orderHosts(HOSTS, {}, 0)).toEqual(HOSTS);
    expect(orderHosts(HOSTS, after([0, "b.example", "ok", 10]), 1)).toEqual(HOSTS);
  });

  test("one that fails is asked last for a minute, twice as long after each further failure, 15 minutes at most", () => {
    let health: HostHealth = {};
    let nowMs = 0;
    for (const minutes of [1, 2, 4, 8, 15, 15]) {
      health = noteCall(health, callAt("a.example", "timeout"), nowMs);
      expect(orderHosts(HOSTS, health, nowMs + minutes * MINUTE - 1)).toEqual(["b.example", "a.example"]);
      expect(orderHosts(HOSTS, health, nowMs + minutes * MINUTE)).toEqual(HOSTS);
      nowMs += minutes * MINUTE;
    }
    expect(orderHosts(HOSTS, noteCall(health, callAt("a.example", "ok"), nowMs), nowMs)).toEqual(HOSTS);
  });

  test.each(["forbidden", "geo-blocked"])("one that refuses our address (%s) rests for 15 minutes at once", (outcome) => {
    const health = after([0, "a.example", outcome]);
    expect(orderHosts(HOSTS, health, 15 * MINUTE - 1)).toEqual(["b.example", "a.example"]);
    expect(orderHosts(HOSTS, health, 15 * MINUTE)).toEqual(HOSTS);
  });

  test.each(["rate-limited", "banned", "venue-error", "bad-shape", "empty", "http"])("%s is no fault of the host", (outcome) => {
    expect(orderHosts(HOSTS, after([0, "a.example", outcome]), 1)).toEqual(HOSTS);
  });

  test("where all rest, the one goes first that rests least", () => {
    expect(orderHosts(HOSTS, after([0, "a.example", "forbidden"], [0, "b.example", "server"]), 1)).toEqual(["b.example", "a.example"]);
  });

  test("one that is more than twice as slow as another goes after it, until its latency is 15 minutes old", () => {
    const health = after([0, "a.example", "ok", 500], [0, "b.example", "ok", 200]);
    expect(orderHosts(HOSTS, health, 1)).toEqual(["b.example", "a.example"]);
    expect(orderHosts(HOSTS, health, 15 * MINUTE)).toEqual(HOSTS);
    expect(orderHosts(HOSTS, after([0, "a.example", "ok", 399], [0, "b.example", "ok", 200]), 1)).toEqual(HOSTS);
  });

  test("latency is an average that follows: three tenths of the newest answer", () => {
    expect(after([0, "a.example", "ok", 100], [1, "a.example", "ok", 200])["a.example"]?.latencyMs).toBe(130);
  });

  test("whatever was noted, each documented host is in the order once", () => {
    const outcome = fc.constantFrom("ok", "timeout", "server", "forbidden", "geo-blocked", "rate-limited");
    const calls = fc.array(
      fc.tuple(fc.nat({ max: 1e7 }), fc.constantFrom("a.example", "b.example", "c.example"), outcome, fc.nat({ max: 9_000 })),
    );
    fc.assert(
      fc.property(calls, fc.nat({ max: 2e7 }), (noted, nowMs) => {
        const hosts = ["a.example", "b.example", "c.example"];
        expect(orderHosts(hosts, after(...noted), nowMs).toSorted()).toEqual(hosts);
      }),
    );
  });
});

describe("hosts as calls share them", () => {
  test("one call alone tries a host that has rested, the others go on elsewhere until it has told", () => {
    let nowMs = 0;
    const keeper = keepHosts({ hosts: HOSTS, state: {}, now: () => nowMs });
    keeper.note([callAt("a.example", "timeout")]);
    expect(keeper.order()).toEqual(["b.example", "a.example"]);
    nowMs = MINUTE;
    expect([keeper.order(), keeper.order(), keeper.order()].map(([first]) => first)).toEqual(["a.example", "b.example", "b.example"]);
    keeper.note([callAt("a.example", "ok")]);
    expect([keeper.order(), keeper.order()].map(([first]) => first)).toEqual(["a.example", "a.example"]);
  });

  test("what is stored continues where it stopped, without hosts that are no longer documented", () => {
    const before = keepHosts({ hosts: HOSTS, state: {}, now: () => 0 });
    before.note([callAt("a.example", "geo-blocked"), callAt("b.example", "ok", 70)]);
    const restarted = keepHosts({ hosts: HOSTS, state: before.state(), now: () => 1 });
    expect(restarted.view()).toEqual([
      { host: "b.example", failures: 0, latencyMs: 70, lastFailure: null },
      { host: "a.example", failures: 1, latencyMs: null, lastFailure: { kind: "geo-blocked", atMs: 0 } },
    ]);
    expect(Object.keys(keepHosts({ hosts: ["b.example"], state: before.state(), now: () => 1 }).state())).toEqual(["b.example"]);
  });
});
