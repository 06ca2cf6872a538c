export type InstrumentKind = "perpetual" | "spot";
export type AssetClass = "crypto" | "equity" | "commodity" | "forex" | "index" | "other";
/** What one may do with the instrument now. `null` in a row: the venue's metadata has not been fetched. */
export type TradingState = "trading" | "pre-market" | "delisting" | "halted";

/** Canonical symbol of a linear perpetual, e.g. `BTC/USDT:USDT`. */
export const perpetualSymbol = (base: string, quote: string, settle: string): string => `${base}/${quote}:${settle}`;
/** An instrument's name across venues, e.g. `bybit:BTC/USDT:USDT`. */
export const instrumentId = (venue: string, symbol: string): string => `${venue}:${symbol}`;

const MULTIPLIER_PREFIX = /^(1(?:000|0000|00000|000000)|1M)(?=[^0-9])/u;

/**
 * The coin and how many of it one quoted unit holds: `1000PEPE` is 1,000 PEPE, `1MBABYDOGE` 1,000,000 BABYDOGE,
 * while `1INCH`, `2Z`, `4`, `0G` are coins of their own. Identity is checked by price before two legs pair.
 * @example splitMultiplier("1000PEPE") // { asset: "PEPE", multiplier: 1000 }
 */
export function splitMultiplier(base: string): { readonly asset: string; readonly multiplier: number } {
  // Few names start with a 1; the others need no expression.
  const prefix = base.charCodeAt(0) === 49 ? MULTIPLIER_PREFIX.exec(base)?.[1] : undefined;
  if (prefix === undefined || base.length === prefix.length) return { asset: base, multiplier: 1 };
  return { asset: base.slice(prefix.length), multiplier: prefix === "1M" ? 1_000_000 : Number(prefix) };
}
