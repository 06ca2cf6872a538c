import { describe, expect, it } from "vitest";
import { marketVenue } from "../../test/market.ts";
import { fundingPair, missed, NOW_MS, opened, pricePair, scanOf, VENUES } from "../../test/opportunities.ts";
import { catalogueEntry, KV_CATALOGUE, kvDelete, kvPut, sessionKey, SNAPSHOT_KEY } from "./keys.ts";
import { isMarketColumns, venueMarket } from "./market-columns.ts";
import type { ShownOpportunity } from "./schemas.ts";
import { buildSnapshot, parseSnapshot, snapshotTtlSeconds, writeSnapshot } from "./snapshot.ts";

const shown = (row = opened(fundingPair())): ShownOpportunity => ({
  ...row,
  points: [{ atMs: NOW_MS, net: 0.001 }],
  netUnknown: { sinceMs: NOW_MS, reasons: ["Crossing is not known."] },
});
const market = {
  alpha: venueMarket(marketVenue({ id: "alpha", takerFeeRate: 0.0005, rows: [{ bid: 1, ask: 2 }, { refused: true }, { mark: 3 }] })),
};
const build = (opportunities: readonly ShownOpportunity[], scan = scanOf()) =>
  buildSnapshot({ scan, opportunities, candidates: [], market, nowMs: NOW_MS + 1_000, flagSeconds: 300, venues: VENUES });
const context = { nowMs: NOW_MS + 2_000, venues: VENUES };

describe("the life of a snapshot", () => {
  it.each([
    [300, 120, 300],
    [30, 120, 210],
    [30, 2, 92],
    [300, 900, 990],
  ])("flag %i s at an interval of %i s lives %i s", (flagSeconds, intervalSeconds, expected) => {
    expect(snapshotTtlSeconds({ flagSeconds, intervalSeconds })).toBe(expected);
  });

  it("counts from the end of the scan, and what has expired is absent", () => {
    const { snapshot } = build([shown()]);
    expect(snapshot.expiresAtMs).toBe(NOW_MS + 900 + 300_000);
    const text = JSON.stringify(snapshot);
    expect(parseSnapshot(text, { ...context, nowMs: snapshot.expiresAtMs - 1 }).ok).toBe(true);
    expect(parseSnapshot(text, { ...context, nowMs: snapshot.expiresAtMs })).toEqual({
      ok: false,
      error: `expired at ${snapshot.expiresAtMs}`,
    });
  });

  it("is physically at least 60 s and at least its logical life", async () => {
    const ttls: number[] = [];
    const cache = {
      put: async (_key: string, _value: string, options: { expirationTtl: number }) => void ttls.push(options.expirationTtl),
    };
    const { snapshot } = build([]);
    await writeSnapshot(cache, { snapshot, nowMs: NOW_MS + 1_000 });
    await kvPut(cache, { key: SNAPSHOT_KEY, value: "{}", ttlSeconds: 30 });
    expect(ttls).toEqual([300, 60]);
  });
});

describe("only what the validator passes enters or leaves a snapshot", () => {
  const bent = shown(opened({ ...fundingPair({ asset: "ETH" }), rateDifference: 0.5 }));

  it("leaves out and tells a row, a near-miss and an unpriced pair that do not recompute", () => {
    const bad = { ...fundingPair(), grossApr: 5 };
    const scan = scanOf({ nearMisses: [missed(bad), missed(fundingPair())], unpriced: [pricePair(), { ...pricePair(), longRate: -1 }] });
    const { snapshot, refused } = build([bent, shown()], scan);
    expect(snapshot.opportunities).toEqual([shown()]);
    expect([snapshot.nearMisses.length, snapshot.unpriced.length]).toEqual([1, 1]);
    expect(refused.map(({ rule }) => rule).sort()).toEqual(["apr-mismatch", "difference-mismatch", "price-not-positive"]);
  });

  it("shows no closed row", () => {
    const closed = opened(fundingPair(), { status: "closed", closedAtMs: NOW_MS, closeReason: "below-bar" });
    expect(build([shown(closed)]).snapshot.opportunities).toEqual([]);
  });

  it("survives the way through KV unchanged", () => {
    const { snapshot } = build([shown()], scanOf({ nearMisses: [missed(fundingPair({ asset: "SOL" }))], unpriced: [pricePair()] }));
    expect(parseSnapshot(JSON.stringify(snapshot), context)).toEqual({ ok: true, value: snapshot });
  });

  const { snapshot } = build([shown()]);
  it.each([
    ["a row that does not recompute", { ...snapshot, opportunities: [bent] }],
    ["a row without its legs", { ...snapshot, opportunities: [{ ...shown(), priced: null }] }],
    ["a near-miss that does not recompute", { ...snapshot, nearMisses: [{ ...fundingPair(), rateDifference: 0.5 }] }],
    ["another version", { ...snapshot, version: 2 }],
    ["columns of different lengths", { ...snapshot, market: { alpha: { ...market.alpha, bid: [1] } } }],
    ["text in a column of numbers", { ...snapshot, market: { alpha: { ...market.alpha, bid: ["1", null] } } }],
    ["nothing of a snapshot", []],
  ])("treats a value poisoned with %s as absent", (_name, value) => {
    const parsed = parseSnapshot(JSON.stringify(value), context);
    expect(parsed.ok ? "" : parsed.error).toMatch(/^invalid: /u);
  });

  it("treats a cut value as absent", () => {
    expect(parseSnapshot(JSON.stringify(snapshot).slice(0, -9), context).ok).toBe(false);
  });
});

describe("market columns", () => {
  it("hold the rows that passed, missing as null", () => {
    expect(market.alpha.bid).toEqual([1, null]);
    expect(market.alpha.mark).toEqual([null, 3]);
    expect(market.alpha.asset).toEqual(["BTC", "BTC"]);
    expect(isMarketColumns(JSON.parse(JSON.stringify(market)))).toBe(true);
  });
});

describe("the catalogue of keys", () => {
  const silent = { put: async () => undefined };
  it.each(["market:v2:snapshot", "market:v1:snapshot:5", "user:42", "", "x".repeat(600)])("refuses to write %s", async (key) => {
    await expect(kvPut(silent, { key, value: "{}", ttlSeconds: 60 })).rejects.toThrow("expected a key of the catalogue");
  });
  it("refuses a life outside the bounds of the key", async () => {
    await expect(kvPut(silent, { key: SNAPSHOT_KEY, value: "{}", ttlSeconds: 29 })).rejects.toThrow(
      "expected a life of 30 to 990 s, found 29",
    );
  });
  it("gives KV's own failure back as an error", async () => {
    const put = async () => Promise.reject(new Error("KV PUT failed: 429 Too Many Requests"));
    expect(await kvPut({ put }, { key: SNAPSHOT_KEY, value: "{}", ttlSeconds: 60 })).toMatchObject({ ok: false, error: { kind: "kv" } });
  });
  it("has versioned prefixes, an owner and a purpose for every key", () => {
    for (const { prefix, owner, what, names } of Object.values(KV_CATALOGUE)) {
      expect(prefix).toMatch(/^[a-z]+:v\d+:$/u);
      expect([owner, what, ...("form" in names ? [names.what] : names)].every((text) => text.length > 0)).toBe(true);
    }
  });
  it("knows a session by a Telegram id and nothing else", () => {
    expect(catalogueEntry(sessionKey(42))).toBe(KV_CATALOGUE.session);
    for (const name of ["session:v1:", "session:v1:0", "session:v1:-5", "session:v1:42:x", "session:v1:anna", "session:v2:42"]) {
      expect(catalogueEntry(name)).toBeNull();
    }
  });
  it("deletes keys of the catalogue only, and hands a failure back", async () => {
    const asked: string[] = [];
    expect(await kvDelete({ delete: async (key) => void asked.push(key) }, sessionKey(42))).toMatchObject({ ok: true });
    expect(asked).toEqual(["session:v1:42"]);
    await expect(kvDelete({ delete: async (key) => void asked.push(key) }, "anything")).rejects.toThrow(RangeError);
    const failing = { delete: () => Promise.reject(new Error("KV DELETE failed: 429")) };
    expect(await kvDelete(failing, sessionKey(42))).toMatchObject({ ok: false, error: { kind: "kv" } });
  });
});
