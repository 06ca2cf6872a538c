import { describe, expect, test } from "vitest";
import type { QualitySettings } from "../domain/settings.ts";
import type { VenueFacts } from "../domain/venue.ts";
import { columnsOf, FACTS, hoursAhead, NOW_MS, type RowSpec, SETTINGS } from "../../test/rows.ts";
import { RULES } from "./rules.ts";
import { type Batch, SCREENS, screenRows } from "./screens.ts";

type Terms = { readonly facts?: Partial<VenueFacts>; readonly settings?: Partial<QualitySettings> };

function batchOf(specs: readonly RowSpec[], { facts, settings }: Terms = {}): Batch {
  const columns = columnsOf("venue", specs);
  return {
    columns,
    unchangedScans: new Float64Array(specs.length).fill(1),
    facts: { ...FACTS, ...facts },
    settings: { ...SETTINGS, ...settings },
    nowMs: NOW_MS,
    hasPerpetuals: columns.kind.includes("perpetual"),
  };
}

/** The rules that the screens of a batch ask about each row. */
function asked(specs: readonly RowSpec[], terms: Terms = {}): readonly (readonly string[])[] {
  const batch = batchOf(specs, terms);
  const suspects = new Uint32Array(specs.length);
  RULES.forEach(({ id }, place) => {
    for (const screen of SCREENS[id]?.(batch) ?? []) screenRows(suspects, 1 << place, screen);
  });
  return [...suspects].map((bits) => RULES.filter((_, place) => (bits & (1 << place)) !== 0).map(({ id }) => id));
}
const NOTHING: readonly string[] = [];
const cap = { rate: 0.04, source: "https://docs.example", readOn: "2026-11-22" };

describe("a row that is well within every bar costs no rule a look", () => {
  const within: RowSpec = {
    eventAtMs: NOW_MS + 4_000,
    replyAtMs: NOW_MS - 58_000,
    receivedAtMs: NOW_MS - 58_000,
    nextFundingAtMs: hoursAhead(8),
    volume24hUsd: 500_001,
    openInterestUsd: 1_000_001,
  };
  const spot: RowSpec = {
    kind: "spot",
    mark: null,
    index: null,
    fundingRatePerInterval: null,
    fundingIntervalHours: null,
    nextFundingAtMs: null,
    fundingCap: null,
    openInterestUsd: null,
    eventAtMs: null,
  };

  test.each<[string, RowSpec, Terms?]>([
    ["a sound row", {}],
    ["just inside the bars", within],
    ["a rate under its cap", { fundingRatePerInterval: 0.019 }],
    ["a rate over its mirrored cap", { fundingRatePerInterval: -0.019 }],
    ["a rate over its floor", { fundingRatePerInterval: -0.009, fundingFloor: -0.01 }],
    ["a rate under the documented cap", { fundingRatePerInterval: 0.039, fundingCap: null }, { facts: { documentedCap: cap } }],
    ["a rate over the documented floor", { fundingRatePerInterval: -0.039, fundingCap: null }, { facts: { documentedCap: cap } }],
    ["a large rate without any cap", { fundingRatePerInterval: -0.099, fundingCap: null }],
    ["a negative rate where that is allowed", { fundingRatePerInterval: -0.001 }],
    ["a positive rate where it must be", {}, { settings: { ratesMustBePositive: true } }],
    ["no book at a venue without a bulk book", { bid: null, ask: null }, { facts: { hasBulkBook: false } }],
    ["no next time where funding accrues", { nextFundingAtMs: null }, { facts: { accrual: "continuous" } }],
    ["spot, which has no funding", spot],
  ])("%s", (_, spec, terms) => expect(asked([spec], terms)).toEqual([NOTHING]));

  test("beside rows that do", () => expect(asked([{}, { mark: 0 }, {}])).toEqual([NOTHING, ["mark-not-positive"], NOTHING]));
});

test("every rule has screens, so that none looks at every row", () => {
  const batch = batchOf([{}]);
  expect(RULES.map(({ id }) => id).filter((id) => !Array.isArray(SCREENS[id]?.(batch)))).toEqual([]);
});

test("a rule that does not hold for a venue looks at none of its rows", () => {
  const batch = batchOf([{ kind: "spot" }], { facts: { hasBulkBook: false } });
  const rules = ["missing-bid", "missing-ask", "missing-rate", "missing-interval", "missing-next-funding", "rates-must-be-positive"];
  expect(rules.map((id) => SCREENS[id]?.(batch))).toEqual(rules.map(() => []));
});

test("a list of more than one allowed class asks about the rows of the others only", () => {
  const settings = { allowedAssetClasses: ["crypto", "equity"] } as const;
  expect(asked([{ assetClass: "crypto" }, { assetClass: "equity" }, { assetClass: "forex" }], { settings })).toEqual([
    NOTHING,
    ["asset-class", "unknown-asset-class"],
    ["asset-class", "unknown-asset-class"],
  ]);
});

test("an age that is exactly the bar is asked about, as a subtraction may round", () => {
  expect(asked([{ receivedAtMs: NOW_MS - 60_000 }, { eventAtMs: NOW_MS - 59_999 }, { replyAtMs: NOW_MS - 60_000 }])).toEqual([
    ["stale"],
    ["stale"],
    ["stale"],
  ]);
});
