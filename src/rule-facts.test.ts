import { describe, expect, it } from "vitest";
import { FLAGS, type FlagOverrides } from "./flags.ts";
import { gate } from "./quality/gate.ts";
import { RULES } from "./quality/rules.ts";
import { parseFlag, readFlags } from "./read-flags.ts";
import { RULE_FACTS } from "./rule-facts.ts";
import { qualityOverrides, scanSettings, SETTING_OF } from "./scan-settings.ts";
import { ruleView, valueInForce } from "./storage/rules.ts";
import { columnsOf, FACTS, moving, NOW_MS, type RowSpec } from "../test/rows.ts";

/** A row that fails one rule, at the settings given besides; spot rules and venue facts are the gate's own tests. */
const FAILING: Readonly<
  Record<string, { readonly row: RowSpec; readonly unchanged?: number; readonly flags?: Readonly<Record<string, unknown>> }>
> = {
  "not-trading": { row: { state: "halted" } },
  "unknown-state": { row: { state: null } },
  "asset-class": { row: { assetClass: "equity" } },
  "missing-bid": { row: { bid: null } },
  "missing-ask": { row: { ask: null } },
  "missing-rate": { row: { fundingRatePerInterval: null } },
  "missing-interval": { row: { fundingIntervalHours: null } },
  "missing-next-funding": { row: { nextFundingAtMs: null } },
  "empty-side": { row: { bid: 0 } },
  "crossed-book": { row: { bid: 101, ask: 100 } },
  "mark-not-positive": { row: { mark: 0 } },
  "interval-not-positive": { row: { fundingIntervalHours: 0 } },
  "rate-too-large": { row: { fundingRatePerInterval: 0.2, fundingCap: 0.5 } },
  "rate-beyond-cap": { row: { fundingRatePerInterval: 0.03, fundingCap: 0.02 } },
  "seconds-for-milliseconds": { row: { nextFundingAtMs: NOW_MS / 1_000 } },
  "next-funding-past": { row: { nextFundingAtMs: NOW_MS - 1 } },
  "time-in-future": { row: { eventAtMs: NOW_MS + 6_000 } },
  stale: { row: { receivedAtMs: NOW_MS - 61_000 } },
  "rates-must-be-positive": { row: { fundingRatePerInterval: -0.0001 }, flags: { rates_must_be_positive: true } },
  "low-volume": { row: { volume24hUsd: 499_999 } },
  "low-open-interest": { row: { openInterestUsd: 999_999 } },
  "zero-rate": { row: { fundingRatePerInterval: 0 } },
  frozen: { row: {}, unchanged: 10 },
  "unknown-asset-class": { row: { assetClass: null } },
};

/** What becomes of the row that fails a rule: the flags given, from the table of flags to the gate. */
function outcome(id: string, flags: Readonly<Record<string, unknown>>): "passes" | "marked" | "refused" | "other" {
  const { row, unchanged, flags: needed = {} } = FAILING[id] ?? { row: {} };
  const stored = Object.entries({ ...needed, ...flags }).map(([key, value]) => ({ key, value: JSON.stringify(value) }));
  const { flags: inForce, problems } = readFlags({ stored, deployment: {}, lastGood: null });
  if (problems.length > 0) throw new Error(problems[0]?.message);
  const columns = columnsOf("venue", [row]);
  const unchangedScans = unchanged === undefined ? moving(columns) : moving(columns).fill(unchanged);
  const settings = scanSettings(inForce).quality;
  const { out, marks, failed } = gate({
    columns,
    unchangedScans,
    facts: FACTS,
    settings,
    overrides: qualityOverrides(inForce),
    nowMs: NOW_MS,
  });
  const [marked = [], refused = []] = [marks[0], failed[0]];
  if (out === 0) return refused.includes(id) ? "refused" : "other";
  return marked.length === 0 ? "passes" : marked.includes(id) ? "marked" : "other";
}

describe("what becomes of a row that fails a rule", () => {
  it("the table has every rule of the gate", () => expect(Object.keys(FAILING)).toEqual(RULES.map(({ id }) => id)));

  it.each(RULES.map(({ id, kind }) => [id, kind] as const))("%s: %s at permissive and at strict", (id, kind) => {
    expect(outcome(id, { quality_level: "permissive" })).toBe(kind === "hard" ? "refused" : "marked");
    expect(outcome(id, { quality_level: "strict" })).toBe("refused");
  });

  const soft = RULE_FACTS.flatMap(({ id, severity }) => (severity === null ? [] : [[id, severity] as const]));
  it.each(soft)("%s made hard refuses at either level, for all, a venue and a pair; off it is not asked", (id, flag) => {
    const only = (scope: "venues" | "pairs", name: string, value: string) => ({
      quality_overrides: { [scope]: { [name]: { [flag]: value } } },
    });
    for (const quality_level of ["permissive", "strict"]) {
      const asSoft = quality_level === "strict" ? "refused" : "marked";
      const hard = [
        { [flag]: "hard" },
        only("venues", "venue", "hard"),
        only("pairs", "BTC", "hard"),
        only("pairs", "venue:BTC/USDT:USDT", "hard"),
      ];
      for (const set of hard) expect(outcome(id, { quality_level, ...set })).toBe("refused");
      for (const set of [only("venues", "other", "hard"), only("pairs", "ETH", "hard")])
        expect(outcome(id, { quality_level, ...set })).toBe(asSoft);
      if (!parseFlag(flag, "off").ok) continue;
      for (const set of [{ [flag]: "off" }, only("venues", "venue", "off"), only("pairs", "BTC", "off")])
        expect(outcome(id, { quality_level, ...set })).toBe("passes");
      // The pair's own goes before its venue's, and that before what holds for all.
      const both: FlagOverrides = { venues: { venue: { [flag]: "off" } }, pairs: { BTC: { [flag]: "soft" } } };
      expect(outcome(id, { quality_level, [flag]: "hard", quality_overrides: both })).toBe(asSoft);
      expect(outcome(id, { quality_level, [flag]: "hard", quality_overrides: { venues: both.venues } })).toBe("passes");
    }
  });

  it("what is refused always has nothing that could switch it off, and frozen cannot be", () => {
    for (const { id, kind, severity } of RULE_FACTS) if (kind === "hard") expect(severity, id).toBeNull();
    expect(parseFlag("frozen_severity", "off").ok).toBe(false);
  });
});

describe("rules as they are listed", () => {
  const flags = readFlags({ stored: [], deployment: {}, lastGood: null }).flags;

  it("each once, with a sentence, and bounds that are those of its flag", () => {
    expect(new Set(RULE_FACTS.map(({ id }) => id)).size).toBe(RULE_FACTS.length);
    expect(RULE_FACTS).toHaveLength(RULES.length + 4);
    for (const facts of RULE_FACTS) {
      const view = ruleView(facts, flags);
      expect(view.sentence).toMatch(/^[A-Z].{10,}\.$/u);
      for (const { flag, spec, value, venues, pairs } of view.parameters) {
        expect(spec).toBe(FLAGS[flag]);
        expect([value, venues, pairs]).toEqual([FLAGS[flag].default, {}, {}]);
      }
    }
  });

  it("every flag that a venue or pair may have of its own belongs to a rule or is the level", () => {
    const listed = RULE_FACTS.flatMap(({ parameters, severity }) => [...parameters, ...(severity === null ? [] : [severity])]);
    expect(new Set(listed)).toEqual(new Set(FLAGS.quality_overrides.of));
    expect(Object.keys(SETTING_OF)).toEqual(FLAGS.quality_overrides.of);
  });

  it("show where other values hold, and which one holds at a place", () => {
    const min_volume_usd = (value: number) => ({ min_volume_usd: value });
    const quality_overrides = {
      venues: { gate: min_volume_usd(1) },
      pairs: { PEPE: min_volume_usd(2), "PEPE/USDT:USDT": min_volume_usd(3), "gate:PEPE/USDT:USDT": min_volume_usd(4) },
    };
    const facts = RULE_FACTS.find(({ id }) => id === "low-volume");
    const setting = facts === undefined ? undefined : ruleView(facts, { ...flags, quality_overrides }).parameters[0];
    if (setting === undefined) throw new Error("expected the rule low-volume");
    expect([setting.venues, Object.keys(setting.pairs)]).toEqual([{ gate: 1 }, ["PEPE", "PEPE/USDT:USDT", "gate:PEPE/USDT:USDT"]]);
    const at = ["gate:PEPE/USDT:USDT", "bybit:PEPE/USDT:USDT", "PEPE/USDC:USDC", "gate:BTC/USDT:USDT", "gate", "BTC", "constructor"];
    expect(at.map((scope) => valueInForce(setting, scope))).toEqual([4, 3, 2, 1, 1, 500_000, 500_000]);
  });
});
