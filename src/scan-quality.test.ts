import { expect, test } from "vitest";
import { columnsOf, FACTS, moving, NOW_MS, SETTINGS } from "../test/rows.ts";
import { gate } from "./quality/gate.ts";
import { EMPTY_IDENTITY_MEMORY } from "./quality/identity-memory.ts";
import { identify } from "./quality/identity.ts";
import { tallyOf } from "./domain/quality-tally.ts";
import { qualityOf } from "./scan-quality.ts";

test("a scan keeps the rows of every coin, all rules that rows failed, and the coins of refused rows by their first rule", () => {
  const tables = [
    columnsOf("alpha", [
      { asset: "BTC" },
      { asset: "BTC", settle: "USDC", quote: "USDC" },
      { asset: "OLD", receivedAtMs: NOW_MS - 120_000, bid: 2, ask: 1 },
      { asset: "AAPL", assetClass: "equity" },
      { asset: "NEIRO", index: 1 },
      { asset: "THIN", volume24hUsd: 1 },
    ]),
    columnsOf("beta", [{ asset: "BTC" }, { asset: "NEIRO", index: 2 }]),
  ];
  const gated = tables.map((columns) => {
    const facts = { ...FACTS, id: columns.venue };
    return { facts, columns, gated: gate({ columns, unchangedScans: moving(columns), facts, settings: SETTINGS, nowMs: NOW_MS }) };
  });
  const venues = gated.map(({ columns, gated: { passed } }) => ({ columns, passed }));
  const identified = identify({ venues, settings: SETTINGS, memory: EMPTY_IDENTITY_MEMORY, nowMs: NOW_MS });
  const judged = gated.map((each, index) => {
    const identity = identified.venues[index];
    if (identity === undefined) throw new Error("expected the identity of each venue");
    return { ...each, feed: each.columns.venue, identity };
  });
  const quality = qualityOf(judged);
  expect(quality).toEqual({
    failed: { alpha: { "crossed-book": 1, stale: 1, "asset-class": 1, "low-volume": 1 } },
    coins: { "1": ["OLD", "AAPL", "THIN"], "2": ["NEIRO"], "3": ["BTC"] },
    refused: { alpha: { "crossed-book": ["OLD"], "asset-class": ["AAPL"], identity: ["NEIRO"] }, beta: { identity: ["NEIRO"] } },
  });
  const counts = (of: "gated" | "identity") => Object.fromEntries(judged.map((each) => [each.feed, each[of].dropped]));
  const scan = {
    venues: judged.map(({ feed, columns }) => ({ feed, venue: feed, rows: columns.count })),
    rejections: { counts: { gate: counts("gated"), identify: counts("identity") } },
    quality,
  };
  const { feeds, coins } = tallyOf(scan);
  // The same rows, counted by feed and by coin.
  const byCoin = Object.values(coins).reduce((sum, { refused }) => sum + Object.values(refused).reduce((all, rows) => all + rows, 0), 0);
  const byFeed = judged.reduce((sum, { gated: { in: rows, out }, identity }) => sum + rows - out + identity.in - identity.out, 0);
  expect([byCoin, byFeed]).toEqual([4, 4]);
  expect(Object.values(feeds).map(({ received }) => received)).toEqual([6, 2]);
});
