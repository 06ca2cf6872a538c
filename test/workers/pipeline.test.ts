import { describe, expect, test } from "vitest";
import { columnsOf, FACTS, moving, NOW_MS } from "../rows.ts";
import { ANSWERS, COINS, flags, stage } from "../scan-stage.ts";
import type { LegDepth } from "../../src/domain/depth.ts";
import { type IdentityRulings, NO_RULINGS, scaleOf } from "../../src/domain/identity.ts";
import type { FeedReply } from "../../src/domain/feed.ts";
import { unbalancedSteps } from "../../src/domain/funnel.ts";
import { err, ok } from "../../src/domain/result.ts";
import { failedReply } from "../../src/feeds/collect-venue.ts";
import { EMPTY_STATE } from "../../src/lifecycle/state.ts";
import { identify } from "../../src/quality/identity.ts";
import type { ScanPorts } from "../../src/scan.ts";
import { scanSettings } from "../../src/scan-settings.ts";

const SLOT_MS = 120_000;

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

describe("the identity of a pair", () => {
  /** One coin at one price each; the pair would pay if it were one coin. */
  const market = (prices: Readonly<Record<string, number>>): ScanPorts["ask"] => {
    return async ({ feed }) => {
      const price = prices[feed] ?? Number.NaN;
      const row = { asset: "NEIRO", fundingRatePerInterval: feed === "alpha" ? 0.0001 : 0.0009 };
      const columns = columnsOf(feed, [{ ...row, bid: price * 0.9999, ask: price * 1.0001, mark: price, index: price }]);
      const reply = ANSWERS[feed === "alpha" ? "alpha" : "beta"];
      if (reply === undefined) throw new Error("expected a reply");
      return { ...reply, feed, venue: feed, columns, unchangedScans: moving(columns), received: 1 };
    };
  };
  const feeds = (ids: readonly string[]): ScanPorts["feeds"] =>
    ids.map((id) => ({ id, endpoints: {}, facts: { ...FACTS, id, takerFee: FEES } }));
  const FEES = { perpetual: { rate: 0.0005, source: "test", readOn: "2026-11-22" }, spot: null };
  const through = async (prices: Readonly<Record<string, number>>, rulings: IdentityRulings = NO_RULINGS) => {
    const { scan } = stage({ feeds: feeds(Object.keys(prices)), ask: market(prices) });
    const result = await scan(0, EMPTY_STATE, { rulings });
    if (!result.ok) throw new Error(result.error.message);
    expect(unbalancedSteps(result.value.record.funnel)).toEqual([]);
    const pending = Object.keys(result.value.lifecycle.pending).filter((key) => key.startsWith("funding|"));
    return { ...result.value, identity: result.value.record.identity, pending, memory: result.value.identity };
  };
  const at = (venue: string): string => `${venue}:NEIRO/USDT:USDT`;
  const key = (long: string, short: string): string => `funding|NEIRO|${at(long)}|${at(short)}`;
  const allow = { verdict: "allow", assetId: "NEIRO", expiresAtMs: null } as const;
  const deny = { verdict: "deny", expiresAtMs: null } as const;

  test("is kept with what it was told by: spread, bar, venues, and the price and source of each leg", async () => {
    const { scan } = stage({ feeds: feeds(["alpha", "beta", "gamma"]), ask: market({ alpha: 100, beta: 100.2, gamma: 100.4 }) });
    const first = await scan(0, EMPTY_STATE);
    const second = first.ok ? await scan(1, first.value.lifecycle) : first;
    if (!second.ok) throw new Error(second.error.message);
    const row = second.value.lifecycle.open[key("alpha", "beta")]?.row;
    expect(row?.priced.identity).toEqual({
      venues: 3,
      instruments: 3,
      spread: expect.closeTo(0.004, 9),
      bar: 0.03,
      long: { price: 100, source: "index" },
      short: { price: 100.2, source: "index" },
      confirmed: [],
    });
    expect(second.value.record.identity?.clusters).toEqual([
      {
        assetId: "NEIRO",
        venues: 3,
        instruments: 3,
        spread: expect.closeTo(0.004, 9),
        bar: 0.03,
        prices: ["alpha", "beta", "gamma"].map((venue, step) => ({
          instrument: at(venue),
          price: expect.closeTo(100 + step * 0.2, 9),
          source: "index",
          confirmed: false,
        })),
      },
    ]);
    expect(second.value.record.identity).toMatchObject({ quarantine: [], quarantined: 0 });
  });

  test("where two stand apart alone keeps both out, each listed beside the other, and since when", async () => {
    const { pending, identity, memory } = await through({ alpha: 100, beta: 1_003 });
    expect(pending).toEqual([]);
    const kept = { ticker: "NEIRO", rule: "identity-mismatch", sinceMs: NOW_MS, source: "index" };
    expect(identity?.quarantine).toEqual([
      {
        ...kept,
        instrument: at("alpha"),
        price: 100,
        against: { assetId: null, instrument: at("beta"), price: 1_003 },
        ratio: 100 / 1_003,
        bar: 1.03,
      },
      {
        ...kept,
        instrument: at("beta"),
        price: 1_003,
        against: { assetId: null, instrument: at("alpha"), price: 100 },
        ratio: 10.03,
        bar: 1.03,
      },
    ]);
    expect(identity?.quarantine.map(({ ratio }) => scaleOf(ratio ?? Number.NaN))).toEqual([0.1, 10]);
    // The time stays while it lasts, and starts anew after an end.
    const again = identify({ venues: [], settings: scanSettings(flags).quality, memory, nowMs: NOW_MS + SLOT_MS });
    expect(again.memory.outsideSinceMs).toEqual({ [at("alpha")]: NOW_MS, [at("beta")]: NOW_MS });
  });

  test("an operator's word lets one instrument in, one by one, and the pair is marked", async () => {
    const prices = { alpha: 100, beta: 1_003 };
    expect((await through(prices, { [at("beta")]: allow })).pending).toEqual([]);
    const both = await through(prices, { [at("alpha")]: allow, [at("beta")]: allow });
    expect(both.pending).toEqual([key("alpha", "beta")]);
    const third = await through({ ...prices, gamma: 100.1 }, { [at("beta")]: allow });
    expect(third.pending).toContain(key("alpha", "beta"));
    expect(third.identity?.quarantine).toEqual([]);
    expect((await through({ ...prices, gamma: 100.1 })).pending).not.toContain(key("alpha", "beta"));
  });

  test("what an operator denies never pairs, though its price agrees, and nothing else changes", async () => {
    const prices = { alpha: 100, beta: 100, gamma: 100 };
    expect((await through(prices)).pending).toEqual([key("alpha", "beta"), key("alpha", "gamma")]);
    const denied = await through(prices, { [at("beta")]: deny });
    expect(denied.pending).toEqual([key("alpha", "gamma")]);
    expect(denied.record.rejections.counts.identify).toEqual({ beta: { "identity-denied": 1 } });
    expect(denied.identity?.quarantine).toMatchObject([{ instrument: at("beta"), rule: "identity-denied", ratio: 1 }]);
  });

  test("an open pair ends as soon as a leg is denied", async () => {
    const prices = { alpha: 100, beta: 100 };
    const { scan } = stage({ ask: market(prices) });
    const first = await scan(0, EMPTY_STATE);
    const open = first.ok ? await scan(1, first.value.lifecycle) : first;
    const ended = open.ok ? await scan(2, open.value.lifecycle, { rulings: { [at("beta")]: deny } }) : open;
    if (!open.ok || !ended.ok) throw new Error("expected three scans");
    expect(open.value.record.counts).toMatchObject({ opened: 1, open: 1 });
    expect(ended.value.record.counts).toMatchObject({ closed: 1, open: 0 });
    expect(Object.values(ended.value.lifecycle.closed).map(({ closeReason }) => closeReason)).toEqual(["identity-lost"]);
  });

  test("a leg that an operator let in is marked on the pair, and is not counted as agreeing", async () => {
    const { scan } = stage({ feeds: feeds(["alpha", "beta", "gamma"]), ask: market({ alpha: 100, beta: 1_000, gamma: 100.1 }) });
    const rulings = { [at("beta")]: allow };
    const first = await scan(0, EMPTY_STATE, { rulings });
    const second = first.ok ? await scan(1, first.value.lifecycle, { rulings }) : first;
    if (!second.ok) throw new Error(second.error.message);
    const priced = second.value.lifecycle.open[key("alpha", "beta")]?.row.priced;
    expect(priced?.marks).toEqual(["short:identity-confirmed"]);
    expect(priced?.identity).toMatchObject({
      confirmed: ["short"],
      venues: 2,
      instruments: 2,
      spread: expect.closeTo(0.001, 9),
      bar: 0.01,
    });
  });
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
