/**
 * Aster perpetuals, REST `/fapi/v3`: the futures protocol of Binance (`binance-futures.ts`), with these differences.
 *
 * - `fundingInfo` lists all symbols, with names of its own for cap and floor (JSON numbers or null). What it lacks has no
 *   known interval.
 * - `premiumIndex` and `fundingInfo` keep rows of contracts that have gone; only `exchangeInfo` tells, so that what it lacks
 *   has no state. Rows quoted in USD (rate 0, mark equal to index) and symbols that begin with TEST are no instruments.
 * - `underlyingType` is COIN for shares and metals too (seen 2026-10): the class is what `underlyingSubType` says, and
 *   unknown where its tags say nothing.
 * - Not found out: a list of those tags (`TAGS` are the ones seen), and whether the lowest tier still pays 0.035 %.
 */
import type { AssetClass, TradingState } from "../domain/instrument.ts";
import { defineAdapter } from "./adapter.ts";
import { binanceFutures, type ContractKind, type ContractRow, type FuturesTables } from "./binance-futures.ts";
import type { Fault } from "./wire.ts";

const DOCS = "https://asterdex.github.io/aster-api-website/futures-v3";

/** Aster perpetuals. */
export const aster = defineAdapter<FuturesTables>({
  id: "aster",
  facts: {
    id: "aster",
    name: "Aster",
    takerFee: {
      perpetual: { rate: 0.00035, source: "https://docs.asterdex.com/product/asterex-pro/pro-fees", readOn: "2026-11-22" },
      spot: null,
    },
    accrual: "settled",
    hasBulkBook: true,
    documentedCap: null,
  },
  docs: [`${DOCS}/market-data/`, `${DOCS}/general-info/`, "https://github.com/asterdex/api-docs"],
  hosts: ["fapi.asterdex.com"],
  region: null,
  budget: { weightPerMinute: 600, documentedLimit: `2400 weight a minute per IP, ${DOCS}/general-info/` },
  ...binanceFutures({
    id: "aster",
    api: "/fapi/v3",
    weights: { premiumIndex: 1, bookTicker: 2, ticker24hr: 40, fundingInfo: 1, exchangeInfo: 1, depth: 5 },
    refusedName: (symbol) => (symbol.startsWith("TEST") ? "not-an-instrument" : null),
    unlistedIntervalHours: null,
    cap: "fundingFeeCap",
    floor: "fundingFeeFloor",
    perpetualTypes: new Set(["PERPETUAL"]),
    datedTypes: new Set(),
    // "Contract status" of the general information, read 2026-11-22; CLOSE is one that has ended.
    states: new Map<unknown, TradingState>([
      ["TRADING", "trading"],
      ["PENDING_TRADING", "pre-market"],
      ["PRE_SETTLE", "delisting"],
      ["SETTLING", "delisting"],
    ]),
    kindOf,
  }),
});

function kindOf(row: ContractRow, state: TradingState | null, fault: Fault): ContractKind {
  const tags: unknown = row.underlyingSubType ?? [];
  if (!Array.isArray(tags)) fault.raised = true;
  const named: readonly unknown[] = Array.isArray(tags) ? tags : [];
  if (named.includes("pre-launch")) return { state: state === "trading" ? "pre-market" : state, assetClass: null };
  if (row.underlyingType !== undefined && row.underlyingType !== null && row.underlyingType !== "COIN")
    return { state, assetClass: "other" };
  const classes = named.flatMap((tag) => TAGS.get(tag) ?? []);
  // A share can carry a coin's tag as well, never the other way round.
  return { state, assetClass: classes.find((each) => each !== "crypto") ?? classes[0] ?? null };
}

/** Tags of `underlyingSubType` that stand on one kind of asset alone, as seen in October 2026; the others stand on both. */
const TAGS: ReadonlyMap<unknown, AssetClass> = new Map([
  ["STOCK", "equity"],
  ["Semiconductor", "equity"],
  ["ETF", "other"],
  ["Commodities", "commodity"],
  ["USD1-RWA", "other"],
  ["Top", "crypto"],
  ["AI", "crypto"],
]);
