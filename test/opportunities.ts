import { instrumentId } from "../src/domain/instrument.ts";
import type { Leg, Missed, Opportunity, OpportunityEvent, Priced } from "../src/domain/opportunity.ts";
import { HOUR_MS, MINUTE_MS, YEAR_HOURS } from "../src/domain/units.ts";
import { buildLedger } from "../src/economics/ledger.ts";
import { opportunityId, opportunityKey } from "../src/lifecycle/key.ts";
import type { ScanRecord, VenueReport } from "../src/storage/scan-record.ts";
import { legWith } from "./market.ts";

/** 2026-09-11 12:00 UTC, the start of a slot. */
export const NOW_MS = Date.UTC(2026, 8, 11, 12);
export const VENUES: ReadonlySet<string> = new Set(["alpha", "beta", "gamma"]);

export type LegSpec = { readonly venue: string; readonly rate: number; readonly hours: number };

const fundingLeg = (side: Leg["side"], { venue, rate, hours }: LegSpec, asset: string): Leg =>
  legWith(side, {
    venue,
    asset,
    symbol: `${asset}/USDT:USDT`,
    multiplier: 1,
    bid: 100,
    ask: 100.02,
    bidSizeBase: 1_000,
    askSizeBase: 1_000,
    mark: 100.01,
    index: 100.01,
    fundingRatePerInterval: rate,
    fundingIntervalHours: hours,
    nextFundingAtMs: NOW_MS + HOUR_MS,
    volume24hUsd: 50_000_000,
    openInterestUsd: 20_000_000,
    receivedAtMs: NOW_MS - 1_000,
  });

/** A funding pair priced by the real economics: long where it pays less, net well over the bar by default. */
export function fundingPair(
  spec: { readonly asset?: string; readonly long?: Partial<LegSpec>; readonly short?: Partial<LegSpec> } = {},
): Priced {
  const asset = spec.asset ?? "BTC";
  const long = fundingLeg("long", { venue: "alpha", rate: 0.0001, hours: 8, ...spec.long }, asset);
  const short = fundingLeg("short", { venue: "beta", rate: 0.0004, hours: 4, ...spec.short }, asset);
  const per8Hours = ({ quote }: Leg): number =>
    ((quote.fundingRatePerInterval ?? Number.NaN) * 8) / (quote.fundingIntervalHours ?? Number.NaN);
  const [longRate, shortRate] = [per8Hours(long), per8Hours(short)];
  return {
    key: opportunityKey({
      strategy: "funding",
      asset,
      long: instrumentId(long.quote.venue, long.quote.symbol),
      short: instrumentId(short.quote.venue, short.quote.symbol),
    }),
    strategy: "funding",
    asset,
    long,
    short,
    longRate,
    shortRate,
    rateDifference: shortRate - longRate,
    grossApr: ((shortRate - longRate) * YEAR_HOURS) / 8,
    ledger: buildLedger({ long, short, sizeUsd: 5_000, horizonHours: 168, nowMs: NOW_MS, collateralPerLeg: 1 }),
    marks: [],
    identity: null,
  };
}

/** A spot–perpetual pair priced by the real economics: spot of one venue bought, the perpetual of another sold. */
export function carryPair(): Priced {
  const { short, shortRate, ...pair } = fundingPair();
  const long = legWith(
    "long",
    {
      ...pair.long.quote,
      symbol: "BTC/USDT",
      kind: "spot",
      fundingRatePerInterval: null,
      fundingIntervalHours: null,
      nextFundingAtMs: null,
    },
    { takerFeeRate: 0.001 },
  );
  return {
    ...pair,
    strategy: "carry",
    key: opportunityKey({ strategy: "carry", asset: "BTC", long: "alpha:BTC/USDT", short: "beta:BTC/USDT:USDT" }),
    long,
    short,
    longRate: null,
    shortRate,
    rateDifference: shortRate,
    grossApr: (shortRate * YEAR_HOURS) / 8,
    ledger: buildLedger({ long, short, sizeUsd: 5_000, horizonHours: 168, nowMs: NOW_MS, collateralPerLeg: 1 }),
  };
}

/** A standing gap between two books, ask of the long leg and bid of the short one, priced by the real economics. */
export function gapPair(longQuote: Partial<Leg["quote"]> = {}): Priced {
  const pair = fundingPair();
  const long: Leg = { ...pair.long, quote: { ...pair.long.quote, ...longQuote } };
  const short: Leg = { ...pair.short, quote: { ...pair.short.quote, bid: 101.5, ask: 101.52, fundingRatePerInterval: 0.00005 } };
  const [longRate, shortRate] = [100.02, 101.5];
  const ledger = buildLedger({ long, short, sizeUsd: 5_000, horizonHours: 168, nowMs: NOW_MS, collateralPerLeg: 1, closure: 0.5 });
  return {
    ...pair,
    strategy: "price",
    key: pair.key.replace("funding|", "price|"),
    long,
    short,
    longRate,
    shortRate,
    rateDifference: (shortRate - longRate) / longRate,
    grossApr: ((ledger.priceGain ?? Number.NaN) * YEAR_HOURS) / 168,
    ledger,
  };
}

/** The same gap while one leg's next settlement is not known, so that its net is not either. */
export const pricePair = (): Priced => gapPair({ nextFundingAtMs: null });

/** A pair as the list of near-misses has it. */
export const missed = (priced: Priced): Missed => ({ ...priced, refusal: "below-bar" });

/** An open row of a pair, opened at `openedAtMs`. */
export function opened(priced: Priced, fields: Partial<Opportunity> = {}): Opportunity {
  const openedAtMs = fields.openedAtMs ?? NOW_MS;
  return {
    id: opportunityId(priced.key, openedAtMs),
    key: priced.key,
    status: "open",
    openedAtMs,
    closedAtMs: null,
    closeReason: null,
    noDataSinceMs: null,
    noDataReason: null,
    revivals: 0,
    scansMerged: 0,
    firstSeenAtMs: openedAtMs - 2 * MINUTE_MS,
    lastSeenAtMs: openedAtMs,
    priced,
    ...fields,
  };
}

export const eventOf = (row: Opportunity, kind: OpportunityEvent["kind"], scanId = "scan-1"): OpportunityEvent => ({
  id: `${row.id}|${scanId}|${kind}`,
  opportunityId: row.id,
  kind,
  scanId,
  atMs: row.lastSeenAtMs,
  net: row.priced.ledger.net,
  reason: kind === "closed" ? row.closeReason : kind === "no-data" ? row.noDataReason : null,
});

/** What a feed did in a scan: of its own venue and without a fault where nothing else is said. */
export const reportOf = ({ feed, ...fields }: Partial<VenueReport> & { readonly feed: string }): VenueReport => ({
  feed,
  venue: feed,
  ok: true,
  receivedAtMs: null,
  rows: 0,
  error: null,
  degraded: [],
  calls: 1,
  ms: 1,
  health: null,
  healthAtMs: null,
  ...fields,
});

/** A scan of two venues that opened what it says. */
export function scanOf(fields: Partial<ScanRecord> = {}): ScanRecord {
  const slotMs = fields.slotMs ?? NOW_MS;
  return {
    slotMs,
    scanId: "scan-1",
    trigger: "cron",
    market: "simulated",
    startedAtMs: slotMs + 100,
    finishedAtMs: slotMs + 900,
    intervalSeconds: 120,
    verdict: "market-quiet",
    reason: "best net 0.02 % under the bar of 0.10 %",
    counts: { open: 0, opened: 0, updated: 0, closed: 0 },
    funnel: [{ step: "fetch", unit: "feeds", in: 2, out: 1, dropped: { timeout: 1 }, ms: 300 }],
    rejections: {
      counts: { gate: { alpha: { "crossed-book": 1 } } },
      samples: [
        { step: "gate", feed: "alpha", venue: "alpha", subject: "BTC/USDT:USDT", rule: "crossed-book", evidence: { bid: 2, ask: 1 } },
      ],
    },
    observations: { id: [], rateDifference: [], net: [] },
    quality: { failed: { alpha: { "crossed-book": 1 } }, coins: { "1": ["BTC"] }, refused: { alpha: { "crossed-book": ["BTC"] } } },
    identity: null,
    flags: { snapshot_ttl_seconds: 300 },
    venues: [reportOf({ feed: "alpha", rows: 1, receivedAtMs: slotMs + 300, calls: 2, ms: 200 })],
    nearMisses: [],
    unpriced: [],
    ...fields,
  };
}
