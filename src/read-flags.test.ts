import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FLAGS, type Flags } from "./flags.ts";
import { parseFlag, readFlags } from "./read-flags.ts";
import { qualityOverrides, scanSettings } from "./scan-settings.ts";

const none = { stored: [], deployment: {}, lastGood: null };
const stored = (values: Readonly<Record<string, unknown>>) =>
  Object.entries(values).map(([key, value]) => ({ key, value: JSON.stringify(value) }));
const defaults: Flags = readFlags(none).flags;

describe("the table of flags", () => {
  it.each(Object.entries(FLAGS))("%s: its own default passes its bounds, and it says why", (key, spec) => {
    expect(parseFlag(key, spec.default)).toEqual({ ok: true, value: spec.default });
    expect(spec.why.length).toBeGreaterThan(20);
  });

  const numeric = Object.entries(FLAGS).flatMap(([key, spec]) => ("min" in spec ? [[key, spec.min, spec.max, spec.type] as const] : []));
  it.each(numeric)("%s: takes %d and %d and nothing beyond", (key, min, max, type) => {
    expect(parseFlag(key, min).ok && parseFlag(key, max).ok).toBe(true);
    for (const bad of [min - 1, max + 1, Number.NaN, Number.POSITIVE_INFINITY, String(min), null, undefined, true]) {
      expect(parseFlag(key, bad).ok).toBe(false);
    }
    if (type === "integer") expect(parseFlag(key, min + 0.5).ok).toBe(false);
  });

  it.each([
    ["snapshot_ttl_seconds", 29, "snapshot_ttl_seconds: expected a whole number from 30 to 300 (seconds), found 29"],
    ["real_time_data", "no", 'real_time_data: expected true or false, found "no"'],
    ["quality_level", "lax", 'quality_level: expected one of permissive, strict, found "lax"'],
    ["allowed_asset_classes", ["crypto", "crypto"], "without repeats"],
    ["allowed_asset_classes", [], "at least one"],
    ["allowed_asset_classes", ["coins"], 'found ["coins"]'],
    ["open_bps", 1, "found an unknown key"],
    ["toString", 1, "found an unknown key"],
    ["quality_overrides", { venues: { gate: { max_age_seconds: 0 } } }, "quality_overrides of gate: max_age_seconds: expected"],
    ["quality_overrides", { venues: { gate: { open_net: 0 } } }, 'found "open_net"'],
    ["quality_overrides", { coins: {} }, "expected {"],
  ])("%s = %j is refused with what was expected and found", (key, raw, sentence) => {
    const parsed = parseFlag(key, raw);
    expect(parsed.ok ? "" : parsed.error).toContain(sentence);
  });
});

describe("flags in force", () => {
  it("take the stored row before the deployment's default before the table's", () => {
    const { flags, problems } = readFlags({
      stored: stored({ confirm_scans: 4 }),
      deployment: { confirm_scans: 3, close_scans: 5 },
      lastGood: null,
    });
    expect(problems).toEqual([]);
    expect(flags).toEqual({ ...defaults, confirm_scans: 4, close_scans: 5 });
  });

  it("keep the last good value of a stored one that is wrong, and report it", () => {
    const lastGood = { ...defaults, scan_interval_seconds: 10 };
    const rows = [
      { key: "scan_interval_seconds", value: "1" },
      { key: "close_scans", value: "{" },
      { key: "nonsense", value: "1" },
    ];
    const { flags, problems } = readFlags({ stored: rows, deployment: {}, lastGood });
    expect(flags).toEqual(lastGood);
    expect(problems.map(({ key, from }) => [key, from])).toEqual([
      ["scan_interval_seconds", "flags table"],
      ["close_scans", "flags table"],
      ["nonsense", "flags table"],
    ]);
    expect(problems[1]?.message).toContain("found nothing");
  });

  it("fall back to the default when there is no last good value, and forget a row that was removed", () => {
    expect(readFlags({ ...none, stored: stored({ confirm_scans: 99 }) }).flags).toEqual(defaults);
    expect(readFlags({ ...none, lastGood: { ...defaults, confirm_scans: 7 } }).flags).toEqual(defaults);
  });

  it("report a deployment's default that is wrong", () => {
    const { flags, problems } = readFlags({ ...none, deployment: { horizon_hours: -1 } });
    expect(flags).toEqual(defaults);
    expect(problems).toMatchObject([{ key: "horizon_hours", from: "FLAGS variable" }]);
  });

  it("never close at or over the bar at which they open", () => {
    const { flags, problems } = readFlags({
      stored: stored({ close_net: 0.002 }),
      deployment: {},
      lastGood: { ...defaults, open_net: 0.003 },
    });
    expect([flags.close_net, flags.open_net]).toEqual([0.0005, 0.003]);
    expect(problems).toMatchObject([{ key: "close_net", from: "combination" }]);
  });

  it("are whole and within bounds whatever is stored", () => {
    const row = fc.record({ key: fc.oneof(fc.constantFrom(...Object.keys(FLAGS)), fc.string()), value: fc.oneof(fc.json(), fc.string()) });
    fc.assert(
      fc.property(fc.array(row), (rows) => {
        const { flags } = readFlags({ ...none, stored: rows });
        expect(Object.keys(flags).sort()).toEqual(Object.keys(FLAGS).sort());
        for (const [key, value] of Object.entries(flags)) expect(parseFlag(key, value).ok).toBe(true);
      }),
    );
  });
});

describe("settings of a scan", () => {
  it("have the defaults of the design in the domain's units", () => {
    expect(scanSettings(defaults)).toEqual({
      referenceSizeUsd: 5_000,
      horizonHours: 168,
      openNet: 0.001,
      closeNet: 0.0005,
      confirmScans: 2,
      closeScans: 3,
      dataLostAfterMs: 3_600_000,
      revivalWindowMs: 14_400_000,
      collateralPerLeg: 1,
      priceClosure: 0.5,
      quality: {
        level: "permissive",
        maxAgeMs: 60_000,
        maxFutureMs: 5_000,
        maxAbsRate: 0.1,
        minVolume24hUsd: 500_000,
        minOpenInterestUsd: 1_000_000,
        frozenScans: 10,
        identityTolerance: 0.03,
        identityToleranceTwoVenues: 0.01,
        allowedAssetClasses: ["crypto"],
        ratesMustBePositive: false,
        lowVolumeSeverity: "soft",
        lowOpenInterestSeverity: "soft",
        zeroRateSeverity: "soft",
        frozenSeverity: "soft",
        unknownAssetClassSeverity: "soft",
      },
    });
  });

  it("carry other bars for a venue and a coin, and only those that were set", () => {
    const quality_overrides = {
      venues: { gate: { max_age_seconds: 30 } },
      pairs: { PEPE: { min_volume_usd: 0, quality_level: "strict" } },
    };
    const { flags, problems } = readFlags({ ...none, stored: stored({ quality_overrides }) });
    expect(problems).toEqual([]);
    expect(qualityOverrides(flags)).toEqual({
      venues: { gate: { maxAgeMs: 30_000 } },
      pairs: { PEPE: { minVolume24hUsd: 0, level: "strict" } },
    });
  });
});
