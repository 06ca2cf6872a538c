import { describe, expect, it } from "vitest";
import { marketOf } from "../../../test/market-columns.ts";
import { NOW_MS, scanOf } from "../../../test/opportunities.ts";
import type { RejectionSample } from "../../storage/scan-record.ts";
import { SNAPSHOT_VERSION } from "../../storage/snapshot.ts";
import { coinRates } from "../coin-rates.ts";
import { type AskedLeg, legStep } from "./why-data.ts";

const market = marketOf([
  { venue: "gate", asset: "BTC", rate: 0.0001, receivedAtMs: NOW_MS - 5_000 },
  { venue: "binance", asset: "BTC", kind: "spot", symbol: "BTC/USDT", receivedAtMs: NOW_MS - 5_000 },
]);
const report = {
  feed: "okx",
  venue: "okx",
  ok: false,
  receivedAtMs: null,
  rows: 0,
  degraded: [],
  calls: 1,
  ms: 8_000,
  health: null,
  healthAtMs: null,
};
const sample = (fields: Partial<RejectionSample>): RejectionSample => ({
  step: "gate",
  feed: "bybit",
  venue: "bybit",
  subject: "BTC/USDT:USDT",
  rule: "crossed-book",
  evidence: [
    { rule: "stale", value: 90_000, bar: 60_000 },
    { rule: "crossed-book", value: 2, bar: 1 },
  ],
  ...fields,
});

function stepOf(leg: AskedLeg, samples: readonly RejectionSample[] = [], hasRates = true) {
  const record = scanOf({ rejections: { counts: {}, samples } });
  const snapshot = {
    version: SNAPSHOT_VERSION,
    expiresAtMs: NOW_MS + 1,
    scan: record,
    venues: [{ ...report, error: { kind: "timeout", message: "8 s" } }],
    opportunities: [],
    nearMisses: [],
    unpriced: [],
    candidates: null,
    openNet: 0.001,
    market: hasRates ? market : null,
  } as const;
  const rates = hasRates ? coinRates(market, "BTC") : null;
  return legStep(leg, { snapshot, scan: record, rates, asset: "BTC", language: "en", nowMs: NOW_MS });
}
const perpetual = (venue: string): AskedLeg => ({ venue, kind: "perpetual" });

describe("what a leg met", () => {
  it("is that it passed, with its rate and age", () => {
    expect(stepOf(perpetual("gate"))).toEqual({ verdict: "yes", text: "Gate: passed all checks, +0.01% per 8 h, 5 s old" });
    expect(stepOf({ venue: "binance", kind: "spot" })).toEqual({ verdict: "yes", text: "Binance spot: passed all checks, 5 s old" });
  });

  it("is that its venue gave no answer", () => {
    expect(stepOf(perpetual("okx"))).toEqual({ verdict: "no", text: "OKX: no answer in this scan (timeout)" });
  });

  it("is the rule that refused it, with that rule's own value and bar", () => {
    expect(stepOf(perpetual("bybit"), [sample({})])).toEqual({
      verdict: "no",
      text: "Bybit: refused, the bid is above the ask ($2.00, bar $1.00)",
    });
    const parse = sample({ step: "parse", subject: "BTC-USDT", rule: "bad-field", evidence: "bid: x" });
    expect(stepOf(perpetual("bybit"), [parse])).toEqual({ verdict: "no", text: "Bybit: refused, bad field" });
  });

  it.each([
    ["another coin", sample({ subject: "BTCDOM/USDT:USDT" })],
    ["another venue", sample({ venue: "kucoin", feed: "kucoin" })],
    ["the other market of the venue", sample({ feed: "bybit-spot" })],
    ["another coin before parsing", sample({ step: "parse", subject: "BTCDOMUSDT" })],
  ])("is not known from a refusal of %s", (_what, other) => {
    expect(stepOf(perpetual("bybit"), [other]).verdict).toBe("unknown");
  });

  it("is not known while rates are not at hand", () => {
    expect(stepOf(perpetual("gate"), [], false)).toEqual({
      verdict: "unknown",
      text: "Gate: not known now, rates come back with the next scan",
    });
  });
});
