import { describe, expect, it } from "vitest";
import type { QualitySettings } from "../domain/settings.ts";
import type { VenueFacts } from "../domain/venue.ts";
import { gate, type GateResult } from "./gate.ts";
import { RULES } from "./rules.ts";
import { columnsOf, FACTS, hoursAhead, moving, NOW_MS, type RowSpec, SETTINGS } from "../../test/rows.ts";

type Options = { facts?: Partial<VenueFacts>; settings?: Partial<QualitySettings>; unchanged?: number };

function run(specs: readonly RowSpec[], { facts, settings, unchanged }: Options = {}): GateResult {
  const columns = columnsOf("venue", specs);
  return gate({
    columns,
    unchangedScans: unchanged === undefined ? moving(columns) : moving(columns).fill(unchanged),
    facts: { ...FACTS, ...facts },
    settings: { ...SETTINGS, ...settings },
    nowMs: NOW_MS,
  });
}

const failedBy = (spec: RowSpec, options?: Options): readonly string[] =>
  run([spec], options).samples.flatMap((sample) => sample.failed.map((failed) => failed.rule));

const markedBy = (spec: RowSpec, options?: Options): readonly string[] => run([spec], options).marks[0] ?? [];

const cap = { rate: 0.04, source: "https://docs.example", readOn: "2026-11-22" };

describe("a sound row", () => {
  it("passes every rule without a mark", () => {
    const result = run([{}]);
    expect([...result.passed]).toEqual([0]);
    expect(result.marks).toEqual([[]]);
    expect(result.samples).toEqual([]);
  });

  it("passes at strict too", () => expect(run([{}], { settings: { level: "strict" } }).out).toBe(1));

  it.each<[string, RowSpec, Options?]>([
    ["a negative rate", { fundingRatePerInterval: -0.003 }],
    ["bid equal to ask", { bid: 100, ask: 100 }],
    ["a rate at its cap", { fundingRatePerInterval: 0.02 }],
    ["a rate at its mirrored cap", { fundingRatePerInterval: -0.02 }],
    ["a rate at its cap but for float noise", { fundingRatePerInterval: 0.1 + 0.2 - 0.28, fundingCap: 0.02 }],
    ["no mark, no index, no cap, no volume", { mark: null, index: null, fundingCap: null, volume24hUsd: null, openInterestUsd: null }],
    ["null books at a venue without a bulk book", { bid: null, ask: null }, { facts: { hasBulkBook: false } }],
    ["no next time where funding accrues continuously", { nextFundingAtMs: null }, { facts: { accrual: "continuous" } }],
    ["a next settlement one interval and the skew of clocks ahead", { nextFundingAtMs: hoursAhead(8) + 5_000 }],
    ["a stamp 5 s ahead", { eventAtMs: NOW_MS + 5_000 }],
    ["an age of 60 s", { receivedAtMs: NOW_MS - 60_000 }],
    ["spot without funding", { kind: "spot", fundingRatePerInterval: null, fundingIntervalHours: null, nextFundingAtMs: null }],
  ])("may have %s", (_, spec, options) => expect(run([spec], options).out).toBe(1));
});

describe("a spot row", () => {
  const spot: RowSpec = {
    kind: "spot",
    symbol: "BTC/USDT",
    mark: null,
    index: null,
    fundingRatePerInterval: null,
    fundingIntervalHours: null,
    nextFundingAtMs: null,
    fundingCap: null,
    openInterestUsd: null,
    eventAtMs: null,
  };

  it("has nothing to fail by that only perpetuals have, even at strict", () => {
    const result = run([spot], { settings: { level: "strict" } });
    expect([result.out, result.marks]).toEqual([1, [[]]]);
  });

  it.each<[string, RowSpec]>([
    ["missing-bid", { bid: null }],
    ["crossed-book", { bid: 101, ask: 100 }],
    ["empty-side", { ask: 0 }],
    ["not-trading", { state: "halted" }],
    ["unknown-state", { state: null }],
    ["asset-class", { assetClass: "equity" }],
    ["stale", { receivedAtMs: NOW_MS - 61_000 }],
  ])("is refused by %s as any other", (rule, change) => expect(failedBy({ ...spot, ...change })).toEqual([rule]));

  it("is marked for little volume, and for a class that the venue does not tell", () => {
    expect(markedBy({ ...spot, volume24hUsd: 1, assetClass: null })).toEqual(["low-volume", "unknown-asset-class"]);
  });
});

const HARD: readonly [string, RowSpec, Options?][] = [
  ["not-trading", { state: "pre-market" }],
  ["not-trading", { state: "delisting" }],
  ["not-trading", { state: "halted" }],
  ["unknown-state", { state: null }],
  ["asset-class", { assetClass: "equity" }],
  ["missing-bid", { bid: null }],
  ["missing-ask", { ask: null }],
  ["missing-ask", { ask: Number.POSITIVE_INFINITY }],
  ["missing-rate", { fundingRatePerInterval: null }],
  ["missing-interval", { fundingIntervalHours: null }],
  ["missing-next-funding", { nextFundingAtMs: null }],
  ["empty-side", { bid: 0 }],
  ["empty-side", { ask: 0 }],
  ["empty-side", { bid: -1 }],
  ["crossed-book", { bid: 100.2 }],
  ["mark-not-positive", { mark: 0 }],
  ["interval-not-positive", { fundingIntervalHours: 0, nextFundingAtMs: NOW_MS }],
  ["rate-too-large", { fundingRatePerInterval: -0.11, fundingCap: null }],
  ["rate-beyond-cap", { fundingRatePerInterval: 0.021 }],
  ["rate-beyond-cap", { fundingRatePerInterval: -0.021 }],
  ["rate-beyond-cap", { fundingRatePerInterval: -0.011, fundingFloor: -0.01 }],
  ["rate-beyond-cap", { fundingRatePerInterval: 0.041, fundingCap: null }, { facts: { documentedCap: cap } }],
  ["next-funding-past", { nextFundingAtMs: NOW_MS - 1 }],
  ["time-in-future", { eventAtMs: NOW_MS + 5_001 }],
  ["time-in-future", { replyAtMs: NOW_MS + 5_001 }],
  ["time-in-future", { receivedAtMs: NOW_MS + 5_001 }],
  ["time-in-future", { nextFundingAtMs: hoursAhead(8) + 5_001 }],
  ["stale", { receivedAtMs: NOW_MS - 60_001 }],
  ["stale", { eventAtMs: NOW_MS - 60_001 }],
  ["stale", { replyAtMs: NOW_MS - 60_001 }],
  ["stale", { receivedAtMs: null }],
  ["rates-must-be-positive", { fundingRatePerInterval: -0.001 }, { settings: { ratesMustBePositive: true } }],
];

describe("hard rules refuse at either level", () => {
  it.each(HARD)("%s: %o", (rule, spec, options) => {
    for (const level of ["permissive", "strict"] as const) {
      const settings = { ...options?.settings, level };
      expect(failedBy(spec, { ...options, settings })).toEqual([rule]);
    }
  });

  it("seconds sent for milliseconds are named as such, first", () => {
    expect(run([{ nextFundingAtMs: NOW_MS / 1_000 }]).dropped).toEqual({ "seconds-for-milliseconds": 1 });
    expect(failedBy({ eventAtMs: NOW_MS / 1_000 })).toEqual(["seconds-for-milliseconds", "stale"]);
  });

  it("microseconds are a time in the future", () => expect(failedBy({ eventAtMs: NOW_MS * 1_000 })).toEqual(["time-in-future"]));
});

const SOFT: readonly [string, RowSpec, Options?][] = [
  ["low-volume", { volume24hUsd: 499_999 }],
  ["low-open-interest", { openInterestUsd: 999_999 }],
  ["zero-rate", { fundingRatePerInterval: 0 }],
  ["frozen", {}, { unchanged: 10 }],
  ["unknown-asset-class", { assetClass: null }],
];

describe("soft rules", () => {
  it.each(SOFT)("%s marks at permissive and refuses at strict", (rule, spec, options) => {
    expect(markedBy(spec, options)).toEqual([rule]);
    expect(failedBy(spec, options)).toEqual([]);
    expect(failedBy(spec, { ...options, settings: { level: "strict" } })).toEqual([rule]);
  });

  it("flags frozen rows, from the tenth scan that stands still", () => {
    expect([...run([{}], { unchanged: 9 }).frozen]).toEqual([0]);
    expect([...run([{}], { unchanged: 10 }).frozen]).toEqual([1]);
    expect([...run([{ volume24hUsd: 1 }, { fundingRatePerInterval: 0 }]).frozen]).toEqual([0, 0]);
  });
});

describe("zero rates of a whole venue", () => {
  const rates = (zeros: number, others: number): readonly RowSpec[] =>
    Array.from({ length: zeros + others }, (_, n) => ({ asset: `C${n}`, fundingRatePerInterval: n < zeros ? 0 : 0.0001 }));

  it("are refused from half of its rates on, the others pass", () => {
    const result = run(rates(15, 15));
    expect([result.out, result.dropped]).toEqual([15, { "zero-rate": 15 }]);
  });

  it("are marked while they are fewer, or too few to tell", () => {
    expect(run(rates(14, 16))).toMatchObject({ out: 30, dropped: {}, marked: { "zero-rate": 14 } });
    expect(run(rates(19, 0))).toMatchObject({ out: 19, dropped: {}, marked: { "zero-rate": 19 } });
    expect(run(rates(10, 10))).toMatchObject({ out: 10, dropped: { "zero-rate": 10 } });
  });

  it("are a share of the rates that were sent, whatever was not", () => {
    const silent = Array.from({ length: 10 }, (_, n) => ({ asset: `S${n}`, fundingRatePerInterval: null }));
    expect(run([...rates(12, 10), ...silent]).dropped).toEqual({ "zero-rate": 12, "missing-rate": 10 });
  });
});

it("every rule has a case above", () => {
  const tested = new Set([...HARD, ...SOFT].map(([rule]) => rule).concat("seconds-for-milliseconds"));
  expect(RULES.map((rule) => rule.id).filter((id) => !tested.has(id))).toEqual([]);
});

it("the rules' places fit the bits of an integer", () => expect(RULES.length).toBeLessThanOrEqual(31));

describe("what is reported", () => {
  it("lists all failed rules of a refused row with value and bar, soft ones too, and counts the row under the first", () => {
    const result = run([{ state: "halted", bid: 101, volume24hUsd: 7, mark: -2 }]);
    expect(result.dropped).toEqual({ "not-trading": 1 });
    expect(result.failures).toEqual({ "not-trading": 1, "crossed-book": 1, "mark-not-positive": 1, "low-volume": 1 });
    expect(result.samples).toEqual([
      {
        venue: "venue",
        symbol: "BTC/USDT:USDT",
        rule: "not-trading",
        failed: [
          { rule: "not-trading", value: "halted", bar: "trading" },
          { rule: "crossed-book", value: 101, bar: 100.1 },
          { rule: "mark-not-positive", value: -2, bar: 0 },
          { rule: "low-volume", value: 7, bar: 500_000 },
        ],
      },
    ]);
  });

  it("keeps at most three samples a rule, and has some for a rule that never fails first", () => {
    const both = Array.from({ length: 9 }, (_, n) => ({ asset: `C${n}`, state: "halted" as const, mark: 0 }));
    const filed = run(both).samples.map((sample) => `${sample.rule} ${sample.symbol}`);
    expect(filed).toEqual([
      "not-trading C0/USDT:USDT",
      "not-trading C1/USDT:USDT",
      "not-trading C2/USDT:USDT",
      "mark-not-positive C3/USDT:USDT",
      "mark-not-positive C4/USDT:USDT",
      "mark-not-positive C5/USDT:USDT",
    ]);
  });

  it("names the failed rules of every refused row, beyond the samples too, and none of a passed one", () => {
    const { failed, samples } = run([{}, ...Array.from({ length: 9 }, (_, n) => ({ asset: `C${n}`, state: "halted" as const, mark: 0 }))]);
    expect(samples.length).toBeLessThan(9);
    expect(failed).toEqual([[], ...Array.from({ length: 9 }, () => ["not-trading", "mark-not-positive"])]);
  });

  it("gives rows that failed the same rules one list", () => {
    const { failed } = run([{ mark: 0 }, { mark: -1 }]);
    expect(failed[0]).toBe(failed[1]);
  });

  it("counts marks of rows that passed", () => {
    const result = run([{ volume24hUsd: 1 }, { volume24hUsd: 1, openInterestUsd: 1 }, {}]);
    expect(result.marked).toEqual({ "low-volume": 2, "low-open-interest": 1 });
    expect(result.marks).toEqual([["low-volume"], ["low-volume", "low-open-interest"], []]);
  });

  it("keeps the places of passed rows, and in = out + dropped", () => {
    const result = run([{ bid: null }, {}, { ask: 0 }, {}]);
    expect([...result.passed]).toEqual([1, 3]);
    expect([result.in, result.out, result.dropped]).toEqual([4, 2, { "missing-bid": 1, "empty-side": 1 }]);
  });
});

describe("bars of one venue or pair", () => {
  const columns = columnsOf("venue", [
    { asset: "BTC", volume24hUsd: 50 },
    { asset: "ETH", volume24hUsd: 50 },
  ]);
  const marks = (venues: Record<string, Partial<QualitySettings>>, pairs: Record<string, Partial<QualitySettings>>) =>
    gate({
      columns,
      unchangedScans: moving(columns),
      facts: FACTS,
      settings: SETTINGS,
      overrides: { venues, pairs },
      nowMs: NOW_MS,
    }).marks.map((list) => list.length);

  it("act there only, a pair's before its venue's", () => {
    expect(marks({}, {})).toEqual([1, 1]);
    expect(marks({ other: { minVolume24hUsd: 0 } }, {})).toEqual([1, 1]);
    expect(marks({ venue: { minVolume24hUsd: 0 } }, {})).toEqual([0, 0]);
    expect(marks({ venue: { minVolume24hUsd: 0 } }, { ETH: { minVolume24hUsd: 60 } })).toEqual([0, 1]);
    expect(marks({}, { "venue:BTC/USDT:USDT": { minVolume24hUsd: 0 } })).toEqual([0, 1]);
  });
});
