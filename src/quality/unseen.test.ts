import { describe, expect, test } from "vitest";
import { type QuoteColumns, finishColumns, quoteWriter } from "../domain/quote.ts";
import type { TradingState } from "../domain/instrument.ts";
import { type VenueView, whyUnseen } from "./unseen.ts";

function columnsOf(venue: string, state: TradingState, mark: number): QuoteColumns {
  const writer = quoteWriter(venue, 1);
  writer.symbol.push("BTC/USDT:USDT");
  writer.kind.push("perpetual");
  writer.asset.push("BTC");
  writer.quote.push("USDT");
  writer.settle.push("USDT");
  writer.assetClass.push("crypto");
  writer.state.push(state);
  writer.mark[0] = mark;
  return finishColumns(writer);
}

const sound = (feed: string, changes: Partial<VenueView> = {}): VenueView => ({
  feed,
  error: null,
  columns: columnsOf(feed, "trading", 100),
  delisted: [],
  assetId: ["BTC"],
  denied: [],
  passed: new Uint32Array([0]),
  failed: [],
  ...changes,
});
const pair = {
  asset: "BTC",
  legs: [
    { venue: "gate", kind: "perpetual", symbol: "BTC/USDT:USDT" },
    { venue: "bybit", kind: "perpetual", symbol: "BTC/USDT:USDT" },
  ],
} as const;
const views = (...list: readonly VenueView[]) => new Map(list.map((view) => [view.feed, view]));

describe("why an open pair was not priced", () => {
  test("a venue that failed is named with the kind of its failure", () => {
    const failed = sound("gate", { error: { kind: "geo-blocked", status: 451, message: "" }, columns: null });
    expect(whyUnseen(pair, views(failed, sound("bybit")))).toEqual({ kind: "missing", reason: "gate: geo-blocked" });
  });

  test("a spot leg is looked for in its venue's spot feed, and only there", () => {
    const carry = { asset: "BTC", legs: [{ venue: "gate", kind: "spot", symbol: "BTC/USDT" }, pair.legs[1]] } as const;
    expect(whyUnseen(carry, views(sound("gate"), sound("bybit")))).toEqual({ kind: "missing", reason: "gate-spot was not asked" });
    const failed = sound("gate-spot", { error: { kind: "geo-blocked", status: 451, message: "" }, columns: null });
    expect(whyUnseen(carry, views(sound("gate"), failed, sound("bybit")))).toEqual({ kind: "missing", reason: "gate-spot: geo-blocked" });
  });

  test("an instrument that the venue no longer sends is missing, not delisted", () => {
    const partial = sound("gate", { columns: finishColumns(quoteWriter("gate", 0)), assetId: [], passed: new Uint32Array(0) });
    expect(whyUnseen(pair, views(partial, sound("bybit")))).toEqual({
      kind: "missing",
      reason: "gate BTC/USDT:USDT is not in the venue's answer",
    });
  });

  test("a refused row names every rule that it failed", () => {
    const refused = sound("gate", {
      passed: new Uint32Array(0),
      failed: [["stale", "crossed-book"]],
    });
    expect(whyUnseen(pair, views(refused, sound("bybit")))).toEqual({
      kind: "missing",
      reason: "gate BTC/USDT:USDT was refused: stale, crossed-book",
    });
  });

  test("an instrument that its venue calls delisted is delisted, unless a row has its symbol", () => {
    const delisted = ["BTC/USDT:USDT"];
    const gone = sound("gate", { delisted, columns: finishColumns(quoteWriter("gate", 0)), assetId: [], passed: new Uint32Array(0) });
    expect(whyUnseen(pair, views(gone, sound("bybit")))).toEqual({ kind: "delisted" });
    expect(whyUnseen(pair, views(sound("gate", { delisted }), sound("bybit"))).kind).toBe("missing");
    expect(whyUnseen(pair, views({ ...gone, delisted: ["ETH/USDT:USDT"] }, sound("bybit"))).kind).toBe("missing");
  });

  test("delisting on either leg decides, whatever the other lacks", () => {
    const gone = sound("bybit", { columns: columnsOf("bybit", "delisting", 100), passed: new Uint32Array(0) });
    const failed = sound("gate", { error: { kind: "internal", message: "" }, columns: null });
    expect(whyUnseen(pair, views(failed, gone))).toEqual({ kind: "delisted" });
  });

  test("another coin under the ticker is identity lost; an outsider only when every venue answered and it has a price", () => {
    expect(whyUnseen(pair, views(sound("gate", { assetId: ["BTC~2"] }), sound("bybit")))).toEqual({ kind: "identity-lost" });
    expect(whyUnseen(pair, views(sound("gate", { assetId: [null] }), sound("bybit")))).toEqual({ kind: "identity-lost" });
    const third = sound("binance", { error: { kind: "internal", message: "" }, columns: null });
    expect(whyUnseen(pair, views(sound("gate", { assetId: [null] }), sound("bybit"), third)).kind).toBe("missing");
    const unpriced = sound("gate", { assetId: [null], columns: columnsOf("gate", "trading", Number.NaN) });
    expect(whyUnseen(pair, views(unpriced, sound("bybit"))).kind).toBe("missing");
  });

  test("a leg that an operator denied is identity lost at once, whatever else failed", () => {
    const third = sound("binance", { error: { kind: "internal", message: "" }, columns: null });
    const denied = sound("gate", { assetId: [null], denied: [0] });
    expect(whyUnseen(pair, views(denied, sound("bybit"), third))).toEqual({ kind: "identity-lost" });
  });

  test("a venue that sent nothing, and a refusal that names no rule, are said as that", () => {
    expect(whyUnseen(pair, views(sound("gate", { columns: null }), sound("bybit")))).toEqual({ kind: "missing", reason: "gate: no data" });
    const refused = sound("gate", { passed: new Uint32Array(0) });
    const reason = "gate BTC/USDT:USDT was refused: quality";
    expect(whyUnseen(pair, views(refused, sound("bybit")))).toEqual({ kind: "missing", reason });
    expect(whyUnseen(pair, views({ ...refused, failed: [[]] }, sound("bybit")))).toEqual({ kind: "missing", reason });
  });

  test("legs that are all there leave a pair that was not priced", () => {
    expect(whyUnseen(pair, views(sound("gate"), sound("bybit")))).toEqual({ kind: "missing", reason: "not priced" });
  });

  test("a price that cannot be told is named, and any of index, mark and bid is enough to tell by", () => {
    const priced = (mark: number, name: "index" | "bid" | null): VenueView => {
      const columns = columnsOf("gate", "trading", mark);
      if (name !== null) columns[name][0] = 100;
      return sound("gate", { assetId: [null], columns });
    };
    expect(whyUnseen(pair, views(priced(Number.NaN, null), sound("bybit")))).toEqual({
      kind: "missing",
      reason: "gate BTC/USDT:USDT could not be told by price",
    });
    for (const view of [priced(100, null), priced(Number.NaN, "index"), priced(Number.NaN, "bid")])
      expect(whyUnseen(pair, views(view, sound("bybit")))).toEqual({ kind: "identity-lost" });
    expect(whyUnseen(pair, views(priced(0, null), sound("bybit"))).kind).toBe("missing");
  });

  test("the first leg that is missing gives the reason", () => {
    const failed = (feed: string) => sound(feed, { columns: null });
    expect(whyUnseen(pair, views(failed("gate"), failed("bybit")))).toEqual({ kind: "missing", reason: "gate: no data" });
    expect(whyUnseen(pair, views(sound("gate"), failed("bybit")))).toEqual({ kind: "missing", reason: "bybit: no data" });
  });
});
