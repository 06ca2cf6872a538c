import { finishColumns, NUMERIC_COLUMNS, type Quote, type QuoteColumns, quoteWriter } from "../src/domain/quote.ts";
import type { QualitySettings } from "../src/domain/settings.ts";
import { HOUR_MS, MINUTE_MS } from "../src/domain/units.ts";
import type { VenueFacts } from "../src/domain/venue.ts";

/** 2026-09-11 12:00:30 UTC. */
export const NOW_MS = Date.UTC(2026, 8, 11, 12, 0, 30);

export const SETTINGS: QualitySettings = {
  level: "permissive",
  maxAgeMs: MINUTE_MS,
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
};

export const FACTS: VenueFacts = {
  id: "venue",
  name: "Venue",
  takerFee: { perpetual: null, spot: null },
  accrual: "settled",
  hasBulkBook: true,
  documentedCap: null,
};

const SOUND: Omit<Quote, "venue" | "symbol"> = {
  kind: "perpetual",
  asset: "BTC",
  quote: "USDT",
  settle: "USDT",
  assetClass: "crypto",
  state: "trading",
  multiplier: 1,
  bid: 99.9,
  ask: 100.1,
  bidSizeBase: 1_000,
  askSizeBase: 1_000,
  quotedNotionalUsd: null,
  mark: 100,
  index: 100,
  fundingRatePerInterval: 0.0001,
  fundingIntervalHours: 8,
  nextFundingAtMs: Date.UTC(2026, 8, 11, 16),
  lastSettledRatePerInterval: null,
  fundingCap: 0.02,
  fundingFloor: null,
  volume24hUsd: 10_000_000,
  openInterestUsd: 10_000_000,
  eventAtMs: NOW_MS - 2_000,
  replyAtMs: null,
  receivedAtMs: NOW_MS - 1_000,
  minOrderBase: null,
  lotBase: null,
  takerFeeRate: null,
};

export type RowSpec = Partial<Omit<Quote, "venue">>;

/** Rows that pass every rule, except for what each spec says. The symbol follows the asset where it is not given. */
export function columnsOf(venue: string, specs: readonly RowSpec[]): QuoteColumns {
  const writer = quoteWriter(venue, specs.length);
  for (const [row, spec] of specs.entries()) {
    const { symbol, kind, asset, quote, settle, assetClass, state, ...numbers } = { ...SOUND, symbol: undefined, ...spec };
    writer.symbol.push(symbol ?? `${asset}/${quote}:${settle}`);
    writer.kind.push(kind);
    writer.asset.push(asset);
    writer.quote.push(quote);
    writer.settle.push(settle);
    writer.assetClass.push(assetClass);
    writer.state.push(state);
    for (const name of NUMERIC_COLUMNS) writer[name][row] = numbers[name] ?? Number.NaN;
  }
  return finishColumns(writer);
}

/** Counts of a row that has just moved. */
export const moving = (columns: QuoteColumns): Uint16Array => new Uint16Array(columns.count).fill(1);

export const hoursAhead = (hours: number): number => NOW_MS + hours * HOUR_MS;
