import { describe, expect, it, test } from "vitest";
import type { QualitySettings } from "../domain/settings.ts";
import type { VenueFacts } from "../domain/venue.ts";
import { columnsOf, FACTS, hoursAhead, NOW_MS, type RowSpec, SETTINGS } from "../../test/rows.ts";
import type { Finding } from "./rule.ts";
import { RULES } from "./rules.ts";

type Terms = { readonly facts?: Partial<VenueFacts>; readonly settings?: Partial<QualitySettings>; readonly unchangedScans?: number };

/** What one rule finds in one row. */
function finding(id: string, spec: RowSpec, { facts, settings, unchangedScans = 1 }: Terms = {}): Finding | null {
  const rule = RULES.find((one) => one.id === id);
  if (rule === undefined) throw new Error(`no rule ${id}`);
  const input = { columns: columnsOf("venue", [spec]), row: 0, unchangedScans, nowMs: NOW_MS };
  return rule.check({ ...input, facts: { ...FACTS, ...facts }, settings: { ...SETTINGS, ...settings } });
}
const cap = (rate: number) => ({ rate, source: "https://docs.example", readOn: "2026-11-22" });

describe("every rule can be read by people and found by its setting", () => {
  it.each(RULES)("$id", ({ id, kind, scope, sentence, parameter }) => {
    expect(id).toMatch(/^[a-z]+(?:-[a-z]+)*$/u);
    expect(["hard", "soft"]).toContain(kind);
    expect(scope).toMatch(/\w{3}/u);
    expect(sentence).toMatch(/^[A-Z].{10,}\.$/u);
    if (parameter === null) return;
    expect(Object.keys(SETTINGS)).toContain(parameter.setting);
    expect(parameter.unit).toMatch(/\w/u);
  });

  it("each by a name of its own", () => expect(new Set(RULES.map(({ id }) => id)).size).toBe(RULES.length));

  it("every bar of the settings that a single row is held to belongs to a rule", () => {
    const used = new Set<string>(
      RULES.flatMap((rule) => [
        ...(rule.parameter === null ? [] : [rule.parameter.setting]),
        ...(rule.kind === "soft" ? [rule.severity] : []),
      ]),
    );
    const elsewhere = new Set(["level", "identityTolerance", "identityToleranceTwoVenues"]);
    expect(Object.keys(SETTINGS).filter((name) => !elsewhere.has(name) && !used.has(name))).toEqual([]);
  });
});

describe("a rule says what it found and the bar that it was held against", () => {
  test.each<[string, RowSpec, Finding, Terms?]>([
    ["not-trading", { state: "halted" }, { value: "halted", bar: "trading" }],
    ["unknown-state", { state: null }, { value: null, bar: "trading" }],
    [
      "asset-class",
      { assetClass: "forex" },
      { value: "forex", bar: "crypto, equity" },
      { settings: { allowedAssetClasses: ["crypto", "equity"] } },
    ],
    ["missing-bid", { bid: null }, { value: null, bar: "a number" }],
    ["missing-ask", { ask: null }, { value: null, bar: "a number" }],
    ["missing-rate", { fundingRatePerInterval: null }, { value: null, bar: "a number" }],
    ["missing-interval", { fundingIntervalHours: null }, { value: null, bar: "a number" }],
    ["missing-next-funding", { nextFundingAtMs: null }, { value: null, bar: "a number" }],
    ["empty-side", { bid: 0 }, { value: 0, bar: 0 }],
    ["empty-side", { ask: -2 }, { value: -2, bar: 0 }],
    ["crossed-book", { bid: 101, ask: 100 }, { value: 101, bar: 100 }],
    ["mark-not-positive", { mark: 0 }, { value: 0, bar: 0 }],
    ["interval-not-positive", { fundingIntervalHours: -1 }, { value: -1, bar: 0 }],
    ["rate-too-large", { fundingRatePerInterval: -0.2 }, { value: -0.2, bar: 0.1 }],
    ["rate-beyond-cap", { fundingRatePerInterval: 0.021 }, { value: 0.021, bar: 0.02 }],
    ["rate-beyond-cap", { fundingRatePerInterval: -0.021 }, { value: -0.021, bar: -0.02 }],
    ["rate-beyond-cap", { fundingRatePerInterval: -0.011, fundingFloor: -0.01 }, { value: -0.011, bar: -0.01 }],
    [
      "rate-beyond-cap",
      { fundingRatePerInterval: 0.05, fundingCap: null },
      { value: 0.05, bar: 0.04 },
      { facts: { documentedCap: cap(0.04) } },
    ],
    [
      "rate-beyond-cap",
      { fundingRatePerInterval: -0.05, fundingCap: null },
      { value: -0.05, bar: -0.04 },
      { facts: { documentedCap: cap(0.04) } },
    ],
    ["seconds-for-milliseconds", { nextFundingAtMs: 1_789_128_000 }, { value: 1_789_128_000, bar: 1e11 }],
    ["seconds-for-milliseconds", { eventAtMs: 1_789_128_000 }, { value: 1_789_128_000, bar: 1e11 }],
    ["seconds-for-milliseconds", { replyAtMs: 1_789_128_000 }, { value: 1_789_128_000, bar: 1e11 }],
    ["seconds-for-milliseconds", { receivedAtMs: 1_789_128_000 }, { value: 1_789_128_000, bar: 1e11 }],
    ["next-funding-past", { nextFundingAtMs: NOW_MS - 1 }, { value: NOW_MS - 1, bar: NOW_MS }],
    ["time-in-future", { eventAtMs: NOW_MS + 6_000 }, { value: NOW_MS + 6_000, bar: NOW_MS + 5_000 }],
    ["time-in-future", { replyAtMs: NOW_MS + 6_000 }, { value: NOW_MS + 6_000, bar: NOW_MS + 5_000 }],
    ["time-in-future", { receivedAtMs: NOW_MS + 6_000 }, { value: NOW_MS + 6_000, bar: NOW_MS + 5_000 }],
    ["time-in-future", { nextFundingAtMs: hoursAhead(9) }, { value: hoursAhead(9), bar: hoursAhead(8) + 5_000 }],
    ["stale", { receivedAtMs: NOW_MS - 61_000 }, { value: 61_000, bar: 60_000 }],
    ["stale", { eventAtMs: NOW_MS - 90_000, replyAtMs: NOW_MS - 70_000, receivedAtMs: NOW_MS - 61_000 }, { value: 90_000, bar: 60_000 }],
    ["stale", { replyAtMs: NOW_MS - 95_000, eventAtMs: NOW_MS - 70_000 }, { value: 95_000, bar: 60_000 }],
    ["stale", { receivedAtMs: null }, { value: null, bar: 60_000 }],
    ["rates-must-be-positive", { fundingRatePerInterval: 0 }, { value: 0, bar: 0 }, { settings: { ratesMustBePositive: true } }],
    ["low-volume", { volume24hUsd: 7 }, { value: 7, bar: 500_000 }],
    ["low-open-interest", { openInterestUsd: 7 }, { value: 7, bar: 1_000_000 }],
    ["zero-rate", { fundingRatePerInterval: 0 }, { value: 0, bar: "not exactly 0" }],
    ["frozen", {}, { value: 10, bar: 10 }, { unchangedScans: 10 }],
    [
      "unknown-asset-class",
      { assetClass: null },
      { value: null, bar: "crypto, equity" },
      { settings: { allowedAssetClasses: ["crypto", "equity"] } },
    ],
  ])("%s: %o", (id, spec, expected, terms) => expect(finding(id, spec, terms)).toEqual(expected));
});

describe("a rule lets pass what stands at its bar or was not sent", () => {
  test.each<[string, RowSpec, Terms?]>([
    ["not-trading", { state: null }],
    ["asset-class", { assetClass: null }],
    ["missing-bid", { bid: null }, { facts: { hasBulkBook: false } }],
    ["missing-ask", { ask: null }, { facts: { hasBulkBook: false } }],
    ["missing-rate", { kind: "spot", fundingRatePerInterval: null }],
    ["missing-interval", { kind: "spot", fundingIntervalHours: null }],
    ["missing-next-funding", { kind: "spot", nextFundingAtMs: null }],
    ["missing-next-funding", { nextFundingAtMs: null }, { facts: { accrual: "continuous" } }],
    ["empty-side", { bid: null, ask: null }],
    ["crossed-book", { bid: 100, ask: 100 }],
    // One side is empty then, which is a rule of its own.
    ["crossed-book", { bid: 100, ask: 0 }],
    ["mark-not-positive", { mark: null }],
    ["rate-too-large", { fundingRatePerInterval: 0.1 }],
    ["rate-beyond-cap", { fundingRatePerInterval: 0.5, fundingCap: null }],
    // A cap below zero: the slack widens it too.
    ["rate-beyond-cap", { fundingRatePerInterval: -0.01 * (1 - 1e-10), fundingCap: -0.01, fundingFloor: -0.02 }],
    ["rate-beyond-cap", { fundingRatePerInterval: -0.01 * (1 + 1e-10), fundingFloor: -0.01 }],
    ["rate-beyond-cap", { fundingRatePerInterval: 0.01 * (1 - 1e-10), fundingFloor: 0.01 }],
    ["seconds-for-milliseconds", { nextFundingAtMs: 1e11 }],
    ["next-funding-past", { nextFundingAtMs: NOW_MS }],
    [
      "time-in-future",
      { eventAtMs: NOW_MS + 5_000, replyAtMs: NOW_MS + 5_000, receivedAtMs: NOW_MS + 5_000, nextFundingAtMs: hoursAhead(8) + 5_000 },
    ],
    ["stale", { eventAtMs: NOW_MS - 60_000, replyAtMs: NOW_MS - 60_000, receivedAtMs: NOW_MS - 60_000 }],
    ["rates-must-be-positive", { fundingRatePerInterval: -1 }],
    ["low-volume", { volume24hUsd: 500_000 }],
    ["low-open-interest", { openInterestUsd: 1_000_000 }],
    ["zero-rate", { fundingRatePerInterval: null }],
  ])("%s: %o", (id, spec, terms) => expect(finding(id, spec, terms)).toBeNull());
});
