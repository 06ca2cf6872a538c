/** The settings of one scan, taken from the flags at its start. Fractions, ms, USD and hours as named. */
export type ScanSettings = {
  readonly referenceSizeUsd: number;
  readonly horizonHours: number;
  /** Net over the horizon from which a pair opens, fraction. */
  readonly openNet: number;
  /** Net over the horizon under which an open pair counts towards closing, fraction. */
  readonly closeNet: number;
  /** Scans in a row over the bar before a pair opens. */
  readonly confirmScans: number;
  /** Scans in a row seen under the closing bar before a pair closes. */
  readonly closeScans: number;
  readonly dataLostAfterMs: number;
  readonly revivalWindowMs: number;
  /** Collateral of each leg as a fraction of its notional. */
  readonly collateralPerLeg: number;
  /** Share of a price gap that is assumed to close within the horizon, 0 to 1. */
  readonly priceClosure: number;
  readonly quality: QualitySettings;
};

export type QualitySettings = {
  /** `permissive` marks what a soft rule finds, `strict` refuses it. */
  readonly level: "permissive" | "strict";
  readonly maxAgeMs: number;
  readonly maxFutureMs: number;
  /** Largest |rate| per interval for any venue, fraction. */
  readonly maxAbsRate: number;
  readonly minVolume24hUsd: number;
  readonly minOpenInterestUsd: number;
  readonly frozenScans: number;
  readonly identityTolerance: number;
  readonly identityToleranceTwoVenues: number;
  readonly allowedAssetClasses: readonly string[];
  readonly ratesMustBePositive: boolean;
  readonly lowVolumeSeverity: Severity;
  readonly lowOpenInterestSeverity: Severity;
  readonly zeroRateSeverity: Severity;
  readonly frozenSeverity: Severity;
  readonly unknownAssetClassSeverity: Severity;
};

/** How a soft rule is taken: `soft` as the level says, `hard` refuses at either level, `off` is not asked. */
export type Severity = "soft" | "hard" | "off";
/** The settings that say how a soft rule is taken. */
export type SeveritySetting = Extract<keyof QualitySettings, `${string}Severity`>;

/**
 * Other bars for one venue or one pair. A pair is named by coin (`PEPE`), by canonical symbol (`PEPE/USDT:USDT`) or by
 * instrument (`bybit:PEPE/USDT:USDT`). Precedence: instrument > symbol > coin > venue > global.
 */
export type QualityOverrides = {
  readonly venues: Readonly<Record<string, Partial<QualitySettings>>>;
  readonly pairs: Readonly<Record<string, Partial<QualitySettings>>>;
};
