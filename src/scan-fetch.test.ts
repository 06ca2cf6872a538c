import { describe, expect, test } from "vitest";
import { NOW_MS } from "../test/rows.ts";
import { ANSWERS, inARow, stage, venueAt } from "../test/scan-stage.ts";
import type { LegDepth } from "./domain/depth.ts";
import type { FeedHealth, FeedReply } from "./domain/feed.ts";
import { err, ok } from "./domain/result.ts";
import { failedReply } from "./feeds/collect-venue.ts";
import { unbalancedSteps } from "./domain/funnel.ts";
import type { ScanInput, ScanOutput, ScanPorts } from "./scan.ts";

const BOOK: LegDepth = { mid: 1, bids: { usd: [1e6], base: [1e6] }, asks: { usd: [1e6], base: [1e6] }, readAtMs: NOW_MS };

test("a step of load on books: half of the pairs, a feed with 429 half of its own books, and back one by one", async () => {
  let load: "calm" | "slow" | "limited" = "calm";
  const asked: Record<string, number>[] = [];
  const books: ScanPorts["books"] = async ({ feed, symbols }) => {
    const counts = asked.at(-1) ?? {};
    counts[feed] = (counts[feed] ?? 0) + symbols.length;
    const refusal = { kind: "rate-limited", status: 429, retryAfterMs: null, message: "too many" } as const;
    const result = load === "limited" && feed === "beta" ? err(refusal) : ok(BOOK);
    const call = {
      venue: feed,
      endpoint: "book",
      host: feed,
      attempt: 1,
      status: 200,
      ms: load === "slow" ? 26 : 5,
      bytes: 1,
      outcome: "ok",
    };
    return { books: symbols.map((symbol) => ({ symbol, result })), calls: [call] };
  };
  const steps = ["calm", "calm", "slow", "slow", "calm", "calm", "limited", "calm", "calm"] as const;
  const done = await inARow(
    stage({ books }).scan,
    steps.map((step) => (): Partial<ScanInput> => {
      load = step;
      asked.push({});
      // No book is kept, so that each scan wants as many as it may.
      return { depthLimitMs: 50, depths: {} };
    }),
  );
  expect(done.map(({ depthPace }) => depthPace.pairs)).toEqual([10, 10, 5, 2, 3, 4, 5, 6, 7]);
  expect(done.map(({ depthPace }) => depthPace.books)).toEqual([{}, {}, {}, {}, {}, {}, { beta: 2 }, { beta: 3 }, { beta: 4 }]);
  // What a scan asks for was chosen by the one before.
  const perFeed = [0, 10, 10, 5, 2, 3, 4, 2, 3];
  expect(asked.map(({ alpha = 0, beta = 0 }) => [alpha, beta])).toEqual(perFeed.map((count) => [count, count]));
});

test("a feed that does not answer stands as it last said, with the scan in which it said so; one that never did is not known", async () => {
  const health: FeedHealth = {
    region: null,
    breaker: { state: "closed", failures: 2, untilMs: null },
    budget: { spent: 4, perMinute: 100 },
    pause: null,
    hosts: [],
    lastFailure: null,
  };
  let nowMs = NOW_MS;
  let isSilent = false;
  const silence = { kind: "timeout", phase: "headers", limitMs: 1, message: "silent" } as const;
  const { scan } = stage({
    now: () => nowMs,
    ask: async ({ feed }) => {
      if (feed === "beta" && isSilent) return failedReply({ feed, venue: feed, error: silence, ms: 1 });
      return {
        ...(ANSWERS[feed] ?? expect.fail()),
        health: feed === "beta" ? { ...health, region: nowMs === NOW_MS ? null : "weur" } : null,
      };
    },
  });
  const step = (atMs: number, silent: boolean) => (): Partial<ScanInput> => {
    nowMs = NOW_MS + atMs;
    isSilent = silent;
    return {};
  };
  const done = await inARow(scan, [step(0, false), step(1_000, true), step(2_000, true), step(3_000, false)]);
  const told = (feed: string) =>
    done.map(({ record }) => record.venues.find((report) => report.feed === feed)).map((report) => [report?.health, report?.healthAtMs]);
  expect(told("beta")).toEqual([
    [health, NOW_MS],
    [health, NOW_MS],
    [health, NOW_MS],
    [{ ...health, region: "weur" }, NOW_MS + 3_000],
  ]);
  expect(told("alpha")).toEqual(done.map(() => [null, null]));
});

describe("calls that do not suffice", () => {
  const endpoints = { tickers: { refreshMs: 0 }, funding: { refreshMs: 0 } };
  const replies: Readonly<Record<string, FeedReply>> = { ...ANSWERS, gamma: venueAt("gamma", 0.0005, 10) };
  const feeds: ScanPorts["feeds"] = stage().feeds.flatMap((feed) => {
    const named = (id: string) => ({ ...feed, id, endpoints, facts: { ...feed.facts, id } });
    return feed.id === "beta" ? [named("beta"), named("gamma")] : [named(feed.id)];
  });
  const calls: string[] = [];
  const { scan } = stage({
    feeds,
    ask: async ({ feed }) => {
      calls.push(feed);
      return replies[feed] ?? failedReply({ feed, venue: feed, error: { kind: "internal", message: "no answer" }, ms: 0 });
    },
    books: async ({ feed, symbols }) => {
      calls.push(...symbols.map(() => `${feed} book`));
      return { books: symbols.map((symbol) => ({ symbol, result: ok(BOOK) })), calls: [] };
    },
  });
  const callsOf = async (steps: readonly number[]) => {
    const made: (readonly string[])[] = [];
    const note = (maxCalls: number) => (): Partial<ScanInput> => {
      made.push(calls.splice(0));
      return { maxCalls, depthLimitMs: 50, depths: {} };
    };
    const done = await inARow(scan, steps.map(note));
    return { done, made: [...made.slice(1), calls.splice(0)] };
  };
  const deferredIn = ({ record }: ScanOutput) => record.venues.filter(({ error }) => error?.kind === "deferred").map(({ feed }) => feed);
  const booksIn = (made: readonly string[]) => made.filter((call) => call.endsWith("book")).length;

  test("cost books first, then the feed with the fewest rows, and the record says so; nothing of it counts as a failure", async () => {
    const { done, made } = await callsOf([100, 100, 9, 6, 5, 100]);
    expect(made.map(booksIn)).toEqual([0, 20, 3, 0, 0, 20]);
    expect(made.map((each) => each.filter((call) => !call.endsWith("book")).join(" "))).toEqual([
      ...Array.from({ length: 4 }, () => "alpha beta gamma"),
      "alpha beta",
      "alpha beta gamma",
    ]);
    expect(done.map(deferredIn)).toEqual([[], [], [], [], ["gamma"], []]);
    const { record, silent, loads } = done[4] ?? done[0] ?? expect.fail();
    expect(record.funnel[0]).toMatchObject({ step: "fetch", in: 3, out: 2, dropped: { deferred: 1 } });
    expect(record.funnel.find(({ step }) => step === "depth")?.dropped["deferred"]).toBeGreaterThan(0);
    for (const each of done) expect(unbalancedSteps(each.record.funnel)).toEqual([]);
    expect([record.verdict, silent]).toEqual(["opportunities", []]);
    expect(loads).toEqual({
      alpha: { rows: 30, ms: 1, waited: 0 },
      beta: { rows: 30, ms: 1, waited: 0 },
      gamma: { rows: 10, ms: 1, waited: 1 },
    });
    // A row with a leg there is without data meanwhile, for that reason, and is back with the feed.
    const rowsOf = (output: ScanOutput | undefined) =>
      Object.values(output?.lifecycle.open ?? {})
        .filter(({ row }) => row.key.includes("gamma:"))
        .map(({ row }) => `${row.status} ${row.noDataReason}`);
    expect(new Set(rowsOf(done[4]))).toEqual(new Set(["no-data gamma: deferred"]));
    expect(rowsOf(done[5]).length).toBe(rowsOf(done[4]).length);
    expect(new Set(rowsOf(done[5]))).toEqual(new Set(["open null"]));
  });

  test("for long put none off for ever: the feed that waits has its turn every sixth scan", async () => {
    const { made } = await callsOf([100, ...Array.from({ length: 12 }, () => 4)]);
    expect(made.slice(1).map((each) => each.join(" "))).toEqual(
      Array.from({ length: 12 }, (_, scan) => (scan % 6 === 5 ? "alpha gamma" : "alpha beta")),
    );
  });
});
