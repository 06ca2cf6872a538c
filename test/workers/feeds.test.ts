import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SimulatorState } from "../../simulator/simulator.ts";
import type { CallReport } from "../../simulator/calls.ts";
import type { ControlCommand } from "../../simulator/controls.ts";
import type { CallRules } from "../../src/domain/feed.ts";
import { adapterOf } from "../../src/venues/registry.ts";

const MINUTE_MS = 60_000;
const START_MS = Date.UTC(2026, 10, 22, 9, 9, 0);
const RULES: CallRules = { mostAtOnce: 5, mostPerHost: 5, breaker: { failures: 3, coolDownMs: 5 * MINUTE_MS } };

/** The simulator answers in Node; vitest.config.ts sends it what leaves workerd. */
const at = (path: string, init: RequestInit = {}): Promise<Response> => fetch(`http://simulator.test${path}`, init);
const control = async (command: ControlCommand): Promise<SimulatorState> =>
  await (await at("/control", { method: "POST", body: JSON.stringify(command) })).json();
/** Calls since this was last asked. */
const calls = async (): Promise<CallReport> => {
  const report = await (await at("/control/calls")).json<CallReport>();
  await at("/control/calls", { method: "DELETE" });
  return report;
};
const sent = async (feed: string): Promise<number> => (await calls()).venues[feed]?.total ?? 0;

let nowMs = START_MS;
/** Clocks of market and Worker stand at so many ms after the start. */
const setClock = async (ms: number): Promise<void> => {
  nowMs = START_MS + ms;
  vi.setSystemTime(nowMs);
  await control({ clock: { nowMs } });
};

let name = 0;
/** A feed that never called. Its name is its own, so that tests share nothing but the venue. */
function feedOf(feed: string, rules: CallRules = RULES) {
  const stub = env.VENUE_FEED.getByName(`${feed} ${++name}`);
  const ask = { feed, scanId: "scan-1", rules, region: null };
  return {
    stub,
    quotes: async (over: { readonly limitMs?: number } = {}) => await stub.quotes({ ...ask, limitMs: 2_000, slowCalls: 9, ...over }),
    books: async () => await stub.books({ ...ask, limitMs: 2_000, symbols: ["BTC/USDT:USDT"], sizesUsd: [1_000] }),
    evict: async () => await evictDurableObject(stub),
  };
}

beforeEach(async () => {
  vi.useFakeTimers({ now: START_MS, toFake: ["Date"] });
  await control({ reset: true });
  await setClock(0);
  await calls();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a venue that names a time", () => {
  it.each([
    ["binance", "ban-418", 300, "banned"],
    ["gate", "rate-429", 90, "rate-limited"],
  ] as const)(
    "%s, %s: not one call before it is over, to the millisecond, though the feed restarts in the middle",
    async (venue, kind, seconds, outcome) => {
      const feed = feedOf(venue);
      await control({ fault: { venue, kind, options: { retryAfterSeconds: seconds } } });
      expect((await feed.quotes()).error?.kind).toBe(outcome);
      await control({ clear: true });
      expect(await sent(venue)).toBeGreaterThan(0);
      for (const ms of [1_000, seconds * 500, seconds * 1_000 - 1]) {
        await setClock(ms);
        await feed.evict();
        const reply = await feed.quotes({ limitMs: 1 });
        expect(reply.error?.kind).toBe("budget");
        expect(reply.health?.pause).toEqual({ untilMs: START_MS + seconds * 1_000, after: outcome });
      }
      expect(await sent(venue)).toBe(0);
      await setClock(seconds * 1_000);
      expect((await feed.quotes()).error).toBeNull();
      expect(await sent(venue)).toBeGreaterThan(0);
    },
  );

  it("is noted in storage as it answers, while another call of the same ask still hangs", async () => {
    const feed = feedOf("bybit");
    await control({ fault: { venue: "bybit", endpoint: "tickers", kind: "ban-418", options: { retryAfterSeconds: 600 } } });
    await control({ fault: { venue: "bybit", endpoint: "instruments", kind: "hang" } });
    const asking = feed.quotes({ limitMs: 1_500 });
    const stored = async () => await runInDurableObject(feed.stub, (_, { storage }) => storage.kv.get("budget"));
    await expect.poll(stored).toMatchObject({ pausedUntilMs: START_MS + 600_000, pausedFor: "banned" });
    expect((await asking).error?.kind).toBe("banned");
  });
});

describe("the breaker of a feed", () => {
  const failing = { fault: { venue: "gate", kind: "html" } } as const;

  it("opens after K failed scans, lets exactly one call through after each cool-down, and closes; all through restarts", async () => {
    const feed = feedOf("gate");
    await feed.quotes();
    await control(failing);
    await calls();
    for (let scan = 1; scan <= 3; scan++) expect((await feed.quotes()).error?.kind).toBe("bad-json");
    expect(await sent("gate")).toBeGreaterThanOrEqual(3);

    let openedMs = 0;
    for (const [cooldowns, next] of [5, 10, 20].entries()) {
      for (const ms of [openedMs, openedMs + next * MINUTE_MS - 1]) {
        await setClock(ms);
        await feed.evict();
        const { error, health } = await feed.quotes();
        expect(error).toMatchObject({ kind: "breaker-open", retryAfterMs: openedMs + next * MINUTE_MS - ms });
        expect(health?.breaker).toEqual({ state: "open", failures: 3 + cooldowns, untilMs: START_MS + openedMs + next * MINUTE_MS });
        expect(health?.lastFailure?.kind).toBe("bad-json");
        expect((await feed.books()).books[0]?.result).toMatchObject({ ok: false, error: { kind: "breaker-open" } });
      }
      expect(await sent("gate")).toBe(0);
      openedMs += next * MINUTE_MS;
      await setClock(openedMs);
      await feed.evict();
      expect((await feed.quotes()).error?.kind).toBe("bad-json");
      expect(await sent("gate")).toBe(1);
    }

    await control({ clear: true });
    await setClock(openedMs + 30 * MINUTE_MS);
    await feed.evict();
    const back = await feed.quotes();
    expect([back.error, back.columns?.count === 0, back.health?.breaker]).toEqual([
      null,
      false,
      { state: "closed", failures: 0, untilMs: null },
    ]);
    expect((await feed.books()).books[0]?.result.ok).toBe(true);
  });

  it("a probe that dies with its object gives way to another after half a minute", async () => {
    const feed = feedOf("gate");
    await control(failing);
    for (let scan = 1; scan <= 3; scan++) await feed.quotes();
    await runInDurableObject(feed.stub, (_, { storage }) => {
      const breaker = storage.kv.get<object>("breaker");
      storage.kv.put("breaker", { ...breaker, probeUntilMs: START_MS + 5 * MINUTE_MS + 30_000 });
    });
    await feed.evict();
    await control({ clear: true });
    await calls();
    await setClock(5 * MINUTE_MS + 29_999);
    expect((await feed.quotes()).health?.breaker.state).toBe("probing");
    expect(await sent("gate")).toBe(0);
    await setClock(5 * MINUTE_MS + 30_000);
    expect((await feed.quotes()).error).toBeNull();
  });

  it("switched off, a failing venue is called in each scan", async () => {
    const feed = feedOf("gate", { ...RULES, breaker: null });
    await control(failing);
    for (let scan = 1; scan <= 8; scan++) {
      const { health } = await feed.quotes();
      expect(health?.breaker.state).toBe("off");
      expect(await sent("gate")).toBeGreaterThan(0);
    }
  });
});

describe("hosts of a venue", () => {
  const [first = "", second = ""] = adapterOf("bybit")?.hosts ?? [];
  const byHost = async () => {
    const { byHost: counts = {} } = (await calls()).venues["bybit"] ?? {};
    return [counts[first] ?? 0, counts[second] ?? 0];
  };

  it("calls start at the one that answers; a blocked one is tried by one call after 15 minutes, and is first again once it answers", async () => {
    const feed = feedOf("bybit");
    await control({ fault: { venue: "bybit", host: first, kind: "cdn-403" } });
    expect((await feed.quotes()).error).toBeNull();
    const [atFirst = 0, atSecond = 0] = await byHost();
    expect([atFirst > 0, atSecond]).toEqual([true, atFirst]);
    for (const minutes of [2, 8, 14]) {
      await setClock(minutes * MINUTE_MS);
      await feed.evict();
      const { error, health } = await feed.quotes();
      expect(error).toBeNull();
      expect(health?.hosts.map(({ host }) => host)).toEqual([second, first]);
      expect(health?.hosts[1]).toMatchObject({ failures: atFirst, lastFailure: { kind: "geo-blocked", atMs: START_MS } });
    }
    expect((await byHost())[0]).toBe(0);
    await setClock(15 * MINUTE_MS);
    expect((await feed.quotes()).error).toBeNull();
    expect((await byHost())[0]).toBe(1);
    await control({ clear: true });
    await setClock(30 * MINUTE_MS);
    await feed.quotes();
    await byHost();
    await setClock(31 * MINUTE_MS);
    await feed.quotes();
    expect((await byHost())[1]).toBe(0);
  });

  it("where all refuse the country, the reply says from where, and the pause after it too", async () => {
    const feed = feedOf("bybit");
    await control({ fault: { venue: "bybit", kind: "cdn-403" } });
    const { error, health } = await feed.quotes();
    expect(error?.kind).toBe("geo-blocked");
    expect(health).toMatchObject({ region: null, pause: { untilMs: START_MS + 15 * MINUTE_MS, after: "geo-blocked" } });
  });
});

describe("the request budget", () => {
  it("is passed in no minute of a burst, through restarts, as counted at the venue by its own weights", { timeout: 30_000 }, async () => {
    const feed = feedOf("hyperliquid", { ...RULES, breaker: null });
    const adapter = adapterOf("hyperliquid");
    const perMinute = adapter?.budget.weightPerMinute ?? Number.NaN;
    const arrivals: { readonly atMs: number; readonly weight: number }[] = [];
    for (const second of [0, 20, 40, 55, 60, 80, 100, 115, 120]) {
      await setClock(second * 1_000);
      if (second % 40 === 20) await feed.evict();
      await Promise.all(Array.from({ length: 12 }, () => feed.quotes({ limitMs: 5_000 })));
      const made = (await calls()).calls.filter(({ venue }) => venue === "hyperliquid");
      arrivals.push(...made.map(({ endpoint, atMs }) => ({ atMs, weight: adapter?.endpoints[endpoint ?? ""]?.weight ?? Number.NaN })));
    }
    const within = (fromMs: number) => arrivals.filter(({ atMs }) => atMs >= fromMs && atMs < fromMs + MINUTE_MS);
    const busiest = Math.max(...arrivals.map(({ atMs }) => within(atMs).reduce((sum, { weight }) => sum + weight, 0)));
    expect(busiest).toBeLessThanOrEqual(perMinute);
    // The burst asked for more, so it did reach the limit.
    expect(busiest).toBeGreaterThan(perMinute * 0.9);
  });
});
