import type { RuleText } from "./rule.ts";

/** The rules that are judged across venues, in identity.ts: all hard. */
export const IDENTITY_RULES = [
  {
    id: "identity-mismatch",
    kind: "hard",
    scope: "rows that passed the gate and have a price, of tickers at two venues or more",
    sentence: "The price per coin agrees with no other venue's: same ticker, other coin or other scale.",
  },
  {
    id: "identity-denied",
    kind: "hard",
    scope: "instruments that an operator ruled on",
    sentence: "An operator keeps the instrument out: it is not the coin of its ticker.",
  },
  {
    id: "identity-no-price",
    kind: "hard",
    scope: "rows that passed the gate",
    sentence: "There is no index, mark or mid price by which to tell which coin it is.",
  },
] as const satisfies readonly RuleText[];
