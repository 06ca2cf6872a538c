/**
 * Taker fees in and out on both legs: `2 (f_L + f_S)`, fraction of the notional of one leg. Null where a fee is not known.
 * @example roundTripFees(0.0005, 0.00055) // 0.0021
 */
export const roundTripFees = (longFeeRate: number | null, shortFeeRate: number | null): number | null =>
  longFeeRate === null || shortFeeRate === null ? null : 2 * (longFeeRate + shortFeeRate);
