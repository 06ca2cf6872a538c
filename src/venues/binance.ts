/**
 * Binance USDⓈ-M futures, REST `/fapi/v1`. The protocol is in `binance-futures.ts`.
 *
 * - `fundingInfo` lists the symbols whose interval, cap or floor was adjusted; a symbol it lacks pays every 8 hours.
 * - `underlyingType` is not listed in the documents; shares and metals are `TRADIFI_PERPETUAL` contracts.
 */
import type { AssetClass, TradingState } from "../domain/instrument.ts";
import { defineAdapter } from "./adapter.ts";
import { binanceFutures, type ContractKind, type ContractRow, type FuturesTables } from "./binance-futures.ts";
import { type Fault, textIn } from "./wire.ts";

const DOCS = "https://developers.binance.com/docs/derivatives/usds-margined-futures";

/** Binance USDⓈ-M futures. */
export const binance = defineAdapter<FuturesTables>({
  id: "binance",
  facts: {
    id: "binance",
    name: "Binance",
    takerFee: {
      perpetual: { rate: 0.0005, source: "https://www.binance.com/en/fee/futureFee", readOn: "2026-11-22" },
      spot: { rate: 0.001, source: "https://www.binance.com/en/fee/trading", readOn: "2026-11-22" },
    },
    accrual: "settled",
    hasBulkBook: true,
    documentedCap: null,
  },
  docs: [`${DOCS}/market-data/rest-api`, `${DOCS}/common-definition`, `${DOCS}/error-code`],
  hosts: ["fapi.binance.com"],
  // US egress is answered 451.
  region: "apac",
  tradingPage: { url: (coin) => `https://www.binance.com/en/futures/${coin}USDT`, settle: "USDT" },
  budget: { weightPerMinute: 600, documentedLimit: `2400 weight a minute per IP, ${DOCS}/general-info` },
  ...binanceFutures({
    id: "binance",
    api: "/fapi/v1",
    weights: { premiumIndex: 10, bookTicker: 5, ticker24hr: 40, fundingInfo: 0, exchangeInfo: 1, depth: 5 },
    // Source: `${DOCS}/market-data/rest-api/Get-Funding-Rate-Info`, read 2026-11-22.
    unlistedIntervalHours: 8,
    cap: "adjustedFundingRateCap",
    floor: "adjustedFundingRateFloor",
    perpetualTypes: new Set(["PERPETUAL", "TRADIFI_PERPETUAL"]),
    datedTypes: new Set(["CURRENT_MONTH", "NEXT_MONTH", "CURRENT_QUARTER", "NEXT_QUARTER"]),
    // Contract status, `${DOCS}/common-definition`.
    states: new Map<unknown, TradingState>([
      ["TRADING", "trading"],
      ["PENDING_TRADING", "pre-market"],
      ["TRADING_HALT", "halted"],
      ["TRADING_CANCEL_ONLY", "halted"],
      ["PRE_DELIVERING", "delisting"],
      ["DELIVERING", "delisting"],
      ["PRE_SETTLE", "delisting"],
      ["SETTLING", "delisting"],
    ]),
    kindOf,
  }),
});

function kindOf(row: ContractRow, state: TradingState | null, fault: Fault): ContractKind {
  // Pre-market contracts do not say what kind of asset they will be.
  if (row.underlyingType === "PREMARKET") return { state: state === "trading" ? "pre-market" : state, assetClass: null };
  const underlying = textIn(row.underlyingType, fault);
  const assetClass = underlying === null ? null : underlying.endsWith("EQUITY") ? "equity" : (CLASSES.get(underlying) ?? "other");
  return { state, assetClass: row.contractType === "TRADIFI_PERPETUAL" && assetClass === "crypto" ? "other" : assetClass };
}

/** The values seen on 2026-10-07, beside EQUITY, CN_EQUITY, HK_EQUITY and KR_EQUITY. */
const CLASSES: ReadonlyMap<string, AssetClass> = new Map([
  ["COIN", "crypto"],
  ["INDEX", "index"],
  ["COMMODITY", "commodity"],
  ["FX", "forex"],
]);
