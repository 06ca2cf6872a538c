import type { QualityOverrides, QualitySettings, ScanSettings } from "./domain/settings.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "./domain/units.ts";
import type { FLAGS, FlagOverrides, Flags } from "./flags.ts";

/** The settings of one scan in the domain's units: fractions, ms, USD, hours. */
export function scanSettings(flags: Flags): ScanSettings {
  return {
    referenceSizeUsd: flags.reference_size_usd,
    horizonHours: flags.horizon_hours,
    openNet: flags.open_net,
    closeNet: flags.close_net,
    confirmScans: flags.confirm_scans,
    closeScans: flags.close_scans,
    dataLostAfterMs: flags.data_lost_after_minutes * MINUTE_MS,
    revivalWindowMs: flags.revival_window_hours * HOUR_MS,
    collateralPerLeg: flags.collateral_per_leg,
    priceClosure: flags.price_closure,
    quality: qualitySettings(flags),
  };
}

function qualitySettings(flags: Flags): QualitySettings {
  return {
    level: flags.quality_level,
    maxAgeMs: flags.max_age_seconds * SECOND_MS,
    maxFutureMs: flags.max_future_seconds * SECOND_MS,
    maxAbsRate: flags.max_abs_rate,
    minVolume24hUsd: flags.min_volume_usd,
    minOpenInterestUsd: flags.min_open_interest_usd,
    frozenScans: flags.frozen_scans,
    identityTolerance: flags.identity_tolerance,
    identityToleranceTwoVenues: flags.identity_tolerance_two_venues,
    allowedAssetClasses: flags.allowed_asset_classes,
    ratesMustBePositive: flags.rates_must_be_positive,
    lowVolumeSeverity: flags.low_volume_severity,
    lowOpenInterestSeverity: flags.low_open_interest_severity,
    zeroRateSeverity: flags.zero_rate_severity,
    frozenSeverity: flags.frozen_severity,
    unknownAssetClassSeverity: flags.unknown_asset_class_severity,
  };
}

/** The setting that a flag of `quality_overrides` sets. */
export const SETTING_OF: Readonly<Record<(typeof FLAGS)["quality_overrides"]["of"][number], keyof QualitySettings>> = {
  quality_level: "level",
  max_age_seconds: "maxAgeMs",
  max_future_seconds: "maxFutureMs",
  max_abs_rate: "maxAbsRate",
  min_volume_usd: "minVolume24hUsd",
  min_open_interest_usd: "minOpenInterestUsd",
  frozen_scans: "frozenScans",
  allowed_asset_classes: "allowedAssetClasses",
  rates_must_be_positive: "ratesMustBePositive",
  identity_tolerance: "identityTolerance",
  identity_tolerance_two_venues: "identityToleranceTwoVenues",
  low_volume_severity: "lowVolumeSeverity",
  low_open_interest_severity: "lowOpenInterestSeverity",
  zero_rate_severity: "zeroRateSeverity",
  frozen_severity: "frozenSeverity",
  unknown_asset_class_severity: "unknownAssetClassSeverity",
};

/** The bars of single venues and pairs in the domain's units, from the flag `quality_overrides`. */
export function qualityOverrides(flags: Flags): QualityOverrides {
  const part = (named: FlagOverrides["venues"]) =>
    Object.fromEntries(Object.entries(named).map(([name, values]) => [name, overriddenSettings(flags, values)]));
  return { venues: part(flags.quality_overrides.venues), pairs: part(flags.quality_overrides.pairs) };
}

/** What was set, and nothing else: `parseFlag` has passed each of `values` through the bounds of the flag it names. */
function overriddenSettings(flags: Flags, values: FlagOverrides["venues"][string]): Partial<QualitySettings> {
  const all = qualitySettings({ ...flags, ...values });
  const named: ReadonlyMap<string, keyof QualitySettings> = new Map(Object.entries(SETTING_OF));
  const settings = Object.keys(values).flatMap((flag) => named.get(flag) ?? []);
  return Object.fromEntries(settings.map((setting) => [setting, all[setting]]));
}
