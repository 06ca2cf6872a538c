/**
 * An amount in a sentence: whole USD, rounded down, so that a limit is never overstated.
 * @example formatUsd(14_075.77) // "14,075 USD"
 */
export const formatUsd = (usd: number): string => `${String(Math.floor(usd)).replace(/\B(?=(?:\d{3})+$)/gu, ",")} USD`;
