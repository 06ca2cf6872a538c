/**
 * The one convention of the code base: rates are fractions per stated period (0.0001 = 0.01 %), times are epoch
 * milliseconds, money is USD, and the unit is the last word of a name. Percent and basis points exist in render code only.
 */
export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
export const YEAR_HOURS = 8_760;
/** One basis point as a fraction. */
export const BASIS_POINT = 0.0001;
