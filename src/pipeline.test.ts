import { describe, expect, test } from "vitest";
import { columnsOf, moving, NOW_MS } from "../test/rows.ts";
import { ANSWERS, COINS, flags, inARow, stage, venueAt } from "../test/scan-stage.ts";
import type { LegDepth } from "./domain/depth.ts";
import type { FeedReply } from "./domain/feed.ts";
import { ok } from "./domain/result.ts";
import { MINUTE_MS } from "./domain/units.ts";
import { failedReply } from "./feeds/collect-venue.ts";
import { keptText, NOTHING_KEPT } from "./objects/kept-state.ts";
import { scanSettings } from "./scan-settings.ts";
import type { ScanInput, ScanOutput } from "./scan.ts";
import { degradedLegs } from "./storage/degraded-legs.ts";

const silent = (feed: string): FeedReply => failedReply({ feed, venue: feed, error: { kind: "dns", message: "no such host" }, ms: 0 });
/** Beta's rows with something about them; alpha's as ever. */
const withBeta = (change: (beta: FeedReply) => FeedReply) => async (ask: { readonly feed: string }) => {
  const reply = ANSWERS[ask.feed] ?? silent(ask.feed);
  return ask.feed === "beta" ? change(reply) : reply;
};
const rowsOf = ({ lifecycle }: ScanOutput) => Object.values(lifecycle.open).map(({ row }) => row);
const nothing = (): Partial<ScanInput> => ({});

describe("data that is old makes and refreshes no opportunity", () => {
  const old = (seconds: number) => (beta: FeedReply) => {
    const columns = columnsOf(
      "beta",
      COINS.map((asset) => ({ asset, fundingRatePerInterval: 0.0009, receivedAtMs: NOW_MS - seconds * 1_000 })),
    );
    return { ...beta, columns, unchangedScans: moving(columns) };
  };

  test("rows over a minute old: none opens, and open ones are without data with what they last were", async () => {
    expect((await inARow(stage({ ask: withBeta(old(60)) }).scan, [nothing, nothing])).at(-1)?.record.counts.open).toBe(COINS.length);
    const stale = await inARow(stage({ ask: withBeta(old(61)) }).scan, [nothing, nothing, nothing]);
    for (const { record } of stale) expect([record.counts.open, record.counts.opened, record.verdict]).toEqual([0, 0, "data-failure"]);
    let age = 1;
    const turned = await inARow(stage({ ask: withBeta((beta) => old(age)(beta)) }).scan, [nothing, nothing, () => ((age = 61), {})]);
    const [, before, after] = turned.map(rowsOf);
    expect(after?.map(({ status }) => status)).toEqual(COINS.map(() => "no-data"));
    expect(after?.map(({ priced, lastSeenAtMs }) => [priced, lastSeenAtMs])).toEqual(
      before?.map(({ priced, lastSeenAtMs }) => [priced, lastSeenAtMs]),
    );
  });

  test("rows that stand still are marked, and count as no data", async () => {
    let scans = 0;
    const standing = (beta: FeedReply) => ({ ...beta, unchangedScans: beta.unchangedScans.map(() => scans) });
    const { scan } = stage({ ask: withBeta(standing) });
    const done = await inARow(scan, [nothing, nothing, () => ((scans = flags.frozen_scans), {})]);
    expect(done.map((each) => rowsOf(each).map(({ noDataReason }) => noDataReason))).toEqual([
      [],
      COINS.map(() => null),
      COINS.map(() => "frozen"),
    ]);
  });

  test("the last good market of a feed that fails stands for nothing: its rows are without data", async () => {
    let fails = false;
    const { scan } = stage({ ask: withBeta((beta) => (fails ? silent("beta") : beta)) });
    const done = await inARow(scan, [nothing, nothing, () => ((fails = true), {}), nothing]);
    for (const output of done.slice(2)) {
      expect(new Set(rowsOf(output).map(({ status, noDataReason }) => `${status} ${noDataReason}`))).toEqual(
        new Set(["no-data beta: dns"]),
      );
      expect(output.record.observations.net).toEqual(COINS.map(() => null));
    }
  });

  test("a book over ten minutes old prices nothing: the top of the book of this scan does", async () => {
    const depth = (ageMs: number): LegDepth => ({
      mid: 100,
      bids: { usd: [1e6], base: [1e4] },
      asks: { usd: [1e6], base: [1e4] },
      readAtMs: NOW_MS - ageMs,
    });
    const both = (ageMs: number) => ({ "alpha:C0/USDT:USDT": depth(ageMs), "beta:C0/USDT:USDT": depth(ageMs) });
    const sources = async (ageMs: number) => {
      const [, second] = await inARow(stage().scan, [nothing, () => ({ depths: both(ageMs) })]);
      const row = second === undefined ? undefined : rowsOf(second).find(({ priced }) => priced.asset === "C0");
      return [row?.priced.ledger.crossingSource, row?.priced.ledger.crossingAgeMs];
    };
    expect(await sources(10 * MINUTE_MS)).toEqual(["book", 10 * MINUTE_MS]);
    expect(await sources(10 * MINUTE_MS + 1)).toEqual(["top", null]);
  });
});

test("an endpoint that fails although rows came is named at each leg, with the first scan in a row in which it did", async () => {
  let broken = true;
  const failed = {
    endpoint: "openInterest",
    error: { kind: "timeout", phase: "headers", limitMs: 1, message: "late" },
    fromMs: null,
  } as const;
  let nowMs = NOW_MS;
  const { scan } = stage({
    ask: withBeta((beta) => ({ ...beta, degraded: broken ? [failed] : [] })),
    now: () => nowMs,
  });
  const step = (atMs: number, isBroken: boolean) => (): Partial<ScanInput> => {
    nowMs = NOW_MS + atMs;
    broken = isBroken;
    return {};
  };
  const done = await inARow(scan, [step(0, true), step(1_000, true), step(2_000, false), step(3_000, true)]);
  const since = done.map(({ record }) => record.venues.find(({ feed }) => feed === "beta")?.degraded.map(({ sinceMs }) => sinceMs));
  expect(since).toEqual([[NOW_MS], [NOW_MS], [], [NOW_MS + 3_000]]);
  const [row] = rowsOf(done[1] ?? expect.fail());
  expect(degradedLegs(row?.priced ?? expect.fail(), done[1]?.record.venues ?? [])).toEqual([
    { side: "short", venue: "beta", endpoint: "openInterest", kind: "timeout", message: "late", sinceMs: NOW_MS, fromMs: null },
  ]);
});

/** What the Scanner keeps of a scan. */
const keptOf = ({
  lifecycle,
  owed,
  identity,
  depths,
  wanted,
  silent: quiet,
  slowDue,
  loads,
  depthPace,
  failing,
  standings,
}: ScanOutput) => ({
  lifecycle,
  owed,
  identity,
  depths,
  wanted,
  silent: quiet,
  slowDue,
  loads,
  depthPace,
  failing,
  standings,
});

test("what is kept from scan to scan stays bounded while a market flaps for 200 scans", async () => {
  let scans = 0;
  const nowMs = (): number => NOW_MS + scans * 2 * MINUTE_MS;
  // Pairs come and go, whole feeds too, and each scan has coins that no other has.
  const flapping = (feed: string): FeedReply => {
    if (feed === "gamma" && scans % 3 === 0) return silent(feed);
    const rate = feed === "alpha" ? 0.0001 : scans % 4 < 2 ? 0.0009 : 0.0001;
    const assets = [...COINS.slice(0, 6), ...Array.from({ length: 3 }, (_, place) => `NEW${scans}X${place}`)];
    const columns = columnsOf(
      feed,
      assets.map((asset) => ({
        asset,
        fundingRatePerInterval: rate,
        receivedAtMs: nowMs(),
        eventAtMs: nowMs(),
        nextFundingAtMs: nowMs() + MINUTE_MS,
      })),
    );
    const failed = { endpoint: `part${scans % 2}`, error: { kind: "dns", message: "away" }, fromMs: null } as const;
    return { ...venueAt(feed, rate), columns, unchangedScans: moving(columns), received: columns.count, degraded: [failed] };
  };
  const [first] = stage().feeds;
  const feeds = ["alpha", "beta", "gamma"].map((id) => ({
    ...(first ?? expect.fail()),
    id,
    facts: { ...(first ?? expect.fail()).facts, id },
  }));
  const depth = (): LegDepth => ({ mid: 100, bids: { usd: [1e6], base: [1e4] }, asks: { usd: [1e6], base: [1e4] }, readAtMs: nowMs() });
  const { scan } = stage({
    feeds,
    now: nowMs,
    ask: async ({ feed }) => flapping(feed),
    books: async ({ symbols }) => ({ books: symbols.map((symbol) => ({ symbol, result: ok(depth()) })), calls: [] }),
  });
  const settings = { ...scanSettings(flags), revivalWindowMs: 0, dataLostAfterMs: 0 };
  const sizes: number[] = [];
  const steps = Array.from({ length: 200 }, () => (): Partial<ScanInput> => {
    scans += 1;
    return { settings, depthLimitMs: 50, storing: scans % 50 > 10, maxCalls: 10 + (scans % 20) };
  });
  const done = await inARow(scan, steps);
  for (const [place, left] of done.entries()) {
    if (place % 5 === 0) sizes.push(keptText({ ...NOTHING_KEPT, ...keptOf(left), lastSlotMs: 1 }).length);
    expect(Object.keys(left.depths).length).toBeLessThanOrEqual(600);
    expect(left.wanted.length).toBeLessThanOrEqual(20);
    expect(left.silent.length).toBeLessThanOrEqual(3);
    for (const byFeed of [left.slowDue, left.loads, left.failing, left.standings, left.depthPace.books])
      expect(Object.keys(byFeed).length).toBeLessThanOrEqual(3);
    for (const endpoints of Object.values(left.failing)) expect(Object.keys(endpoints).length).toBeLessThanOrEqual(1);
    // Three feeds of nine coins have at most as many pairs as they can make both ways.
    for (const rows of [left.lifecycle.open, left.lifecycle.pending, left.owed]) expect(Object.keys(rows).length).toBeLessThanOrEqual(54);
  }
  // Books fill up for ten minutes; after that nothing grows any more.
  const most = (from: number, to: number): number => Math.max(...sizes.slice(from, to));
  expect(most(30, 40)).toBeLessThanOrEqual(1.05 * most(20, 30));
});
