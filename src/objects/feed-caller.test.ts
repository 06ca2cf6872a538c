import { describe, expect, test } from "vitest";
import type { CallRules } from "../domain/feed.ts";
import { createLogger } from "../monitoring/log.ts";
import { FULL_BUDGET, keepBudget } from "../net/budget.ts";
import { keepHosts } from "../net/host-health.ts";
import { createHostPool } from "../net/limiter.ts";
import { binance } from "../venues/binance.ts";
import { caller, probing } from "./feed-caller.ts";

const silent = (): void => undefined;
const log = createLogger({
  level: "error",
  component: "test",
  sink: { debug: silent, info: silent, warn: silent, error: silent },
  now: () => 0,
});
const ENDPOINT = { method: "GET", weight: 1, maxBytes: 1_000 } as const;

/** A feed whose venue answers when a test lets it; what was in flight at most, in all and at one host. */
function stage(rules: CallRules, hosts: readonly string[] = ["a.example"]) {
  const adapter = { ...binance, hosts };
  const waiting: (() => void)[] = [];
  const open = new Map<string, number>();
  const seen = { all: 0, host: 0, sent: 0 };
  let status = 200;
  const services = {
    now: () => 0,
    callLimits: { attempts: 3, baseDelayMs: 1, maxDelayMs: 1, headersMs: 60_000, bodyMs: 60_000 },
    outbound: {
      now: () => 0,
      random: () => 0,
      gatewayUrl: "",
      userAgent: "test",
      fetch: async (url: string) => {
        const { host } = new URL(url);
        seen.sent += 1;
        open.set(host, (open.get(host) ?? 0) + 1);
        seen.all = Math.max(
          seen.all,
          [...open.values()].reduce((sum, count) => sum + count, 0),
        );
        seen.host = Math.max(seen.host, open.get(host) ?? 0);
        await new Promise<void>((resolve) => waiting.push(resolve));
        open.set(host, (open.get(host) ?? 0) - 1);
        return new Response("[1]", { status });
      },
    },
  };
  const pool = rules.mostPerHost === null ? null : createHostPool(rules.mostPerHost);
  const calls = (kind: "quotes" | "books") =>
    caller({
      adapter,
      services,
      budget: keepBudget({ state: FULL_BUDGET, perMinute: 100, now: () => 0 }),
      hosts: keepHosts({ hosts, state: {}, now: () => 0 }),
      slots: pool?.[kind] ?? null,
      rules,
      log,
      limitMs: 60_000,
      attempts: 1,
      signal: new AbortController().signal,
    });
  /** Lets the venue answer whatever comes, until everything is done. */
  const finish = async <T>(work: Promise<T>): Promise<T> => {
    for (let turn = 0; turn < 30; turn++) {
      await new Promise((resolve) => setTimeout(resolve));
      for (const answer of waiting.splice(0)) answer();
    }
    return await work;
  };
  return { quotes: calls("quotes"), books: calls("books"), seen, finish, fail: () => (status = 500) };
}
const request = (name: string) => ({ name, endpoint: ENDPOINT, path: `/${name}`, errorIn: () => null });
const ten = Array.from({ length: 10 }, (_, place) => request(`e${place}`));

describe("calls in flight", () => {
  test.each([1, 2, 5, 6])("of one ask are exactly as many as %i, where it asks for more", async (mostAtOnce) => {
    const { quotes, seen, finish } = stage({ mostAtOnce, mostPerHost: null, breaker: null });
    await finish(Promise.all(ten.map(quotes)));
    expect(seen).toEqual({ all: mostAtOnce, host: mostAtOnce, sent: 10 });
  });

  test.each([1, 2, 5])("at one host are %i in all, of quotes and books together", async (mostPerHost) => {
    const { quotes, books, seen, finish } = stage({ mostAtOnce: 6, mostPerHost, breaker: null });
    await finish(Promise.all([...ten.map(quotes), ...ten.map(books)]));
    expect(seen).toEqual({ all: mostPerHost, host: mostPerHost, sent: 20 });
  });

  test("without a pool quotes and books double at the host", async () => {
    const { quotes, books, seen, finish } = stage({ mostAtOnce: 3, mostPerHost: null, breaker: null });
    await finish(Promise.all([...ten.map(quotes), ...ten.map(books)]));
    expect(seen.host).toBe(6);
  });

  test("books that hang leave a slot to the quotes", async () => {
    const { quotes, books, seen } = stage({ mostAtOnce: 6, mostPerHost: 3, breaker: null });
    for (const each of ten) void books(each);
    await new Promise((resolve) => setTimeout(resolve));
    expect(seen.sent).toBe(2);
    void quotes(request("tickers"));
    await new Promise((resolve) => setTimeout(resolve));
    expect(seen.sent).toBe(3);
  });
});

describe("a probe", () => {
  test("is one attempt; when it fails nothing else is sent", async () => {
    const { quotes, seen, finish, fail } = stage({ mostAtOnce: 5, mostPerHost: 5, breaker: null }, ["a.example", "b.example"]);
    fail();
    const probe = probing(quotes);
    const answers = await finish(Promise.all(ten.map(probe.call)));
    expect(seen.sent).toBe(1);
    expect(probe.failure()).toMatchObject({ kind: "server" });
    expect(answers.map(({ result }) => (result.ok ? "ok" : result.error.kind))).toEqual([
      "server",
      ...ten.slice(1).map(() => "breaker-open"),
    ]);
  });

  test("that is answered lets the others follow", async () => {
    const { quotes, seen, finish } = stage({ mostAtOnce: 1, mostPerHost: 1, breaker: null });
    const probe = probing(quotes);
    const answers = await finish(Promise.all(ten.map(probe.call)));
    expect([seen.sent, seen.all, probe.failure()]).toEqual([10, 1, null]);
    expect(answers.every(({ result }) => result.ok)).toBe(true);
  });
});
