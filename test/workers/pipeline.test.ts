import { describe, expect, test } from "vitest";
import { NOW_MS } from "../rows.ts";
import { ANSWERS, COINS, flags, stage } from "../scan-stage.ts";
import type { LegDepth } from "../../src/domain/depth.ts";
import type { FeedReply } from "../../src/domain/feed.ts";
import { unbalancedSteps } from "../../src/domain/funnel.ts";
import { err, ok } from "../../src/domain/result.ts";
import { failedReply } from "../../src/feeds/collect-venue.ts";
import { EMPTY_STATE } from "../../src/lifecycle/state.ts";

test("a scan is stored before it is shown, and every step's counts add up", async () => {
  const { scan, done } = stage();
  const result = await scan(0, EMPTY_STATE);
  expect(done).toEqual(["ask alpha", "ask beta", "save scan-0", "publish scan-0"]);
  expect(result.ok && result.value.record.verdict).toBe("confirming");
  expect(result.ok && unbalancedSteps(result.value.record.funnel)).toEqual([]);
});

test("a scan that storage refuses is not shown and changes nothing", async () => {
  const { scan, done, lines } = stage({ save: async () => err({ message: "D1 is away" }) });
  expect(await scan(0, EMPTY_STATE)).toEqual({ ok: false, error: { message: "D1 is away" } });
  expect(done).toEqual(["ask alpha", "ask beta"]);
  expect(lines).toContainEqual(expect.objectContaining({ event: "scan.not-saved", level: "error", message: "D1 is away" }));
});

describe("the books of a scan", () => {
  const depth: LegDepth = { mid: 1, bids: { usd: [1e6], base: [1e6] }, asks: { usd: [1e6], base: [1e6] }, readAtMs: NOW_MS };

  test("are chosen at its end, asked for with the quotes of the next, and price that one; there is no second round", async () => {
    const asked: (readonly string[])[] = [];
    const { scan, done } = stage({
      books: async ({ feed, symbols }) => {
        done.push(`books ${feed}`);
        asked.push(symbols.map((symbol) => `${feed}:${symbol}`));
        return { books: symbols.map((symbol) => ({ symbol, result: ok(depth) })), calls: [] };
      },
    });
    const first = await scan(0, EMPTY_STATE, { depthLimitMs: 50 });
    if (!first.ok) throw new Error(first.error.message);
    const { lifecycle, wanted, depths } = first.value;
    expect(done).toEqual(["ask alpha", "ask beta", "save scan-0", "publish scan-0"]);
    expect([wanted.length, depths]).toEqual([20, {}]);

    done.length = 0;
    const second = await scan(1, lifecycle, { depthLimitMs: 50, wanted });
    if (!second.ok) throw new Error(second.error.message);
    // Ten books of each feed, at most five in a call.
    const books = ["books alpha", "books alpha", "books beta", "books beta"];
    expect(done).toEqual(["ask alpha", "ask beta", ...books, "save scan-1", "publish scan-1"]);
    expect(asked.flat().sort()).toEqual(wanted.map(({ id }) => id).sort());
    expect(Object.keys(second.value.depths).sort()).toEqual(wanted.map(({ id }) => id).sort());
    const { funnel } = second.value.record;
    expect(funnel.find(({ step }) => step === "depth")).toMatchObject({ in: 30, out: 10, dropped: { "not-asked": 20 } });
    const sources = Object.values(second.value.lifecycle.open).map(({ row }) => row.priced.ledger.crossingSource);
    expect(sources.filter((source) => source === "book")).toHaveLength(10);
    // Then the others have their turn.
    expect(second.value.wanted.filter(({ id }) => wanted.some((before) => before.id === id))).toEqual([]);
  });

  test("are not asked for while real data is switched off, nor with no time for them", async () => {
    const wanted = [{ id: "alpha:C0/USDT:USDT", feed: "alpha", symbol: "C0/USDT:USDT" }];
    const { scan, done } = stage({
      books: async () => {
        done.push("books");
        return { books: [], calls: [] };
      },
    });
    await scan(0, EMPTY_STATE, { wanted, depthLimitMs: 50, realTimeData: false });
    await scan(1, EMPTY_STATE, { wanted, depthLimitMs: 0 });
    expect(done).not.toContain("books");
  });
});

describe("a feed that lets its time pass", () => {
  const hung = (feed: string): FeedReply =>
    failedReply({ feed, venue: feed, error: { kind: "timeout", phase: "venue", limitMs: 50, message: "nothing came" }, ms: 50 });

  test("is told to the next scan, and one that answers is not", async () => {
    const { scan } = stage({ ask: async ({ feed }) => (feed === "beta" ? hung(feed) : (ANSWERS[feed] ?? hung(feed))) });
    const result = await scan(0, EMPTY_STATE, { silent: ["alpha"] });
    expect(result.ok && result.value.silent).toEqual(["beta"]);
  });
});

describe("a scan without data", () => {
  test("with real data switched off asks nobody, and says flag-off for each venue", async () => {
    const { scan, done } = stage();
    const result = await scan(0, EMPTY_STATE, { realTimeData: false });
    expect(done).toEqual(["save scan-0", "publish scan-0"]);
    expect(result.ok && result.value.record).toMatchObject({
      verdict: "data-failure",
      venues: [{ error: { kind: "flag-off" } }, { error: { kind: "flag-off" } }],
    });
  });

  test("with calls switched on and none answered is a failure that keeps open rows as they were", async () => {
    const sound = stage();
    const first = await sound.scan(0, EMPTY_STATE);
    const second = await sound.scan(1, first.ok ? first.value.lifecycle : EMPTY_STATE);
    const open = second.ok ? second.value.lifecycle : EMPTY_STATE;
    expect(Object.keys(open.open)).toHaveLength(COINS.length);

    const silent = stage({
      ask: async ({ feed }) => failedReply({ feed, venue: feed, error: { kind: "dns", message: "no such host" }, ms: 0 }),
    });
    const third = await silent.scan(2, open);
    expect(third.ok && third.value.record).toMatchObject({ verdict: "data-failure", reason: expect.stringContaining("2 dns") });
    const rows = third.ok ? Object.values(third.value.lifecycle.open).map(({ row }) => row) : [];
    expect(rows.map(({ status, noDataReason }) => `${status}: ${noDataReason}`)).toEqual(COINS.map(() => "no-data: alpha: dns"));
    for (const { key, priced } of rows) expect(priced).toEqual(open.open[key]?.row.priced);
  });
});

test("pairs over the bar that were refused are the near-misses, and the verdict says what refused the best of them", async () => {
  const standing = (reply: FeedReply): FeedReply => ({ ...reply, unchangedScans: reply.unchangedScans.map(() => 1_000) });
  const silent = (feed: string): FeedReply => failedReply({ feed, venue: feed, error: { kind: "internal", message: "no answer" }, ms: 0 });
  const { scan } = stage({ ask: async ({ feed }) => standing(ANSWERS[feed] ?? silent(feed)) });
  const result = await scan(0, EMPTY_STATE);
  const record = result.ok ? result.value.record : null;
  expect(record?.nearMisses.map(({ refusal }) => refusal)).toEqual(["frozen", "frozen", "frozen", "frozen", "frozen"]);
  for (const { ledger } of record?.nearMisses ?? []) expect(ledger.net).toBeGreaterThan(flags.open_net);
  expect(record).toMatchObject({ verdict: "market-quiet", reason: expect.stringMatching(/that pair was refused: frozen$/u) });
});

test("what awaits confirmation or is open is no near-miss", async () => {
  const { scan } = stage();
  const first = await scan(0, EMPTY_STATE);
  const second = await scan(1, first.ok ? first.value.lifecycle : EMPTY_STATE);
  expect([first, second].map((done) => done.ok && done.value.record.nearMisses)).toEqual([[], []]);
});

test("what was deduplicated is logged: all as counts, at most twenty one by one with key, surviving row, source and reason", async () => {
  const { scan, lines } = stage();
  let lifecycle = EMPTY_STATE;
  for (let slot = 0; slot < 3; slot++) {
    const result = await scan(slot, lifecycle);
    if (result.ok) ({ lifecycle } = result.value);
  }
  const told = lines.filter(({ event }) => event === "scan.dedup");
  expect(told).toHaveLength(3);
  expect(told[2]).toMatchObject({ seen: COINS.length, kept: COINS.length, dropped: {}, merged: { "already-open": COINS.length } });
  const merges = told[2]?.["merges"];
  expect(merges).toHaveLength(20);
  for (const merge of Array.isArray(merges) ? merges : []) {
    const row = lifecycle.open[String(merge.key)]?.row;
    expect(merge).toEqual({ key: row?.key, survivingId: row?.id, source: "candidate", reason: "already-open" });
  }
});
