import * as z from "zod";
import { type FunnelStep, STEP_NAMES } from "../domain/funnel.ts";
import {
  CLOSE_REASONS,
  CROSSING_SOURCES,
  EVENT_KINDS,
  type Ledger,
  type Leg,
  type Missed,
  type Opportunity,
  type OpportunityEvent,
  type Priced,
  STRATEGIES,
} from "../domain/opportunity.ts";
import { type PairIdentity, PRICE_SOURCES, type ScanIdentity } from "../domain/identity.ts";
import type { Quote } from "../domain/quote.ts";

/** Schemas of what storage hands back. They say that a value is whole; opportunity-row.ts says that it is sound. */
const number = z.number().nullable();
/** A number of a quote. A column that did not exist when the row was written was not sent: missing. */
const sent = z.number().nullable().default(null);

const quoteSchema: z.ZodType<Quote> = z.object({
  venue: z.string(),
  symbol: z.string(),
  kind: z.enum(["perpetual", "spot"]),
  asset: z.string(),
  quote: z.string(),
  settle: z.string(),
  assetClass: z.enum(["crypto", "equity", "commodity", "forex", "index", "other"]).nullable(),
  state: z.enum(["trading", "pre-market", "delisting", "halted"]).nullable(),
  multiplier: sent,
  bid: sent,
  ask: sent,
  bidSizeBase: sent,
  askSizeBase: sent,
  quotedNotionalUsd: sent,
  mark: sent,
  index: sent,
  fundingRatePerInterval: sent,
  fundingIntervalHours: sent,
  nextFundingAtMs: sent,
  lastSettledRatePerInterval: sent,
  fundingCap: sent,
  fundingFloor: sent,
  volume24hUsd: sent,
  openInterestUsd: sent,
  eventAtMs: sent,
  replyAtMs: sent,
  receivedAtMs: sent,
  minOrderBase: sent,
  lotBase: sent,
  takerFeeRate: sent,
});

const legSchema: z.ZodType<Leg> = z.object({
  side: z.enum(["long", "short"]),
  quote: quoteSchema,
  takerFeeRate: number,
  takerFeeSource: z.string().nullable().default(null),
  accrual: z.enum(["settled", "continuous"]),
});

const ledgerSchema: z.ZodType<Ledger> = z.object({
  sizeUsd: z.number(),
  horizonHours: z.number(),
  priceGain: sent,
  funding: number,
  fees: number,
  crossing: number,
  crossingSource: z.enum(CROSSING_SOURCES).nullable().default(null),
  crossingAgeMs: sent,
  net: number,
  netUsd: number,
  netAprOnNotional: number,
  netAprOnCapital: number,
  netByHours: z.array(z.object({ horizonHours: z.number(), net: number })),
  costBySize: z.array(z.object({ sizeUsd: z.number(), cost: number })),
  breakEven: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("at"), atMs: z.number(), days: z.number() }),
    z.object({ kind: z.literal("never") }),
    z.object({ kind: z.literal("unknown") }),
  ]),
  stress: z.object({ carryHalved: number, costPlus10Bps: number, survives: z.boolean().nullable() }),
  capacityUsd: number,
  reasons: z.array(z.string()),
});

const coinPrice = { price: z.number(), source: z.enum(PRICE_SOURCES) };
const clusterFields = { venues: z.number().int(), instruments: z.number().int(), spread: number, bar: z.number() };
const pairIdentitySchema: z.ZodType<PairIdentity> = z.object({
  ...clusterFields,
  long: z.object(coinPrice),
  short: z.object(coinPrice),
  confirmed: z.array(z.enum(["long", "short"])),
});

/** What a scan keeps of identity. */
export const scanIdentitySchema: z.ZodType<ScanIdentity> = z.object({
  clusters: z.array(
    z.object({
      ...clusterFields,
      assetId: z.string(),
      prices: z.array(z.object({ ...coinPrice, instrument: z.string(), confirmed: z.boolean() })),
    }),
  ),
  quarantine: z.array(
    z.object({
      ...coinPrice,
      instrument: z.string(),
      ticker: z.string(),
      rule: z.enum(["identity-mismatch", "identity-denied"]),
      sinceMs: z.number().int(),
      against: z.object({ assetId: z.string().nullable(), instrument: z.string(), price: z.number() }).nullable(),
      ratio: number,
      bar: z.number(),
    }),
  ),
  quarantined: z.number().int(),
});

const pricedFields = {
  key: z.string(),
  strategy: z.enum(STRATEGIES),
  asset: z.string(),
  long: legSchema,
  short: legSchema,
  longRate: number,
  shortRate: z.number(),
  rateDifference: z.number(),
  grossApr: z.number(),
  ledger: ledgerSchema,
  marks: z.array(z.string()),
  identity: pairIdentitySchema.nullable().default(null),
};
/** A directed pair with its economics. */
export const pricedSchema: z.ZodType<Priced> = z.object(pricedFields);

/** A priced pair without a row. Those written before the refusal was told have none. */
export const missedSchema: z.ZodType<Missed> = z.object({ ...pricedFields, refusal: z.string().nullable().default(null) });

const epochMs = z.number().int();

const opportunityFields = {
  id: z.string().min(1),
  key: z.string().min(1),
  status: z.enum(["open", "no-data", "closed"]),
  openedAtMs: epochMs,
  closedAtMs: epochMs.nullable(),
  closeReason: z.enum(CLOSE_REASONS).nullable(),
  noDataSinceMs: epochMs.nullable(),
  noDataReason: z.string().nullable(),
  revivals: z.number().int(),
  scansMerged: z.number().int(),
  firstSeenAtMs: epochMs,
  lastSeenAtMs: epochMs,
};

/** Net of a row at the start of a quarter of an hour, epoch ms and fraction: what a sparkline draws. */
export type SparkPoint = { readonly atMs: number; readonly net: number };
/** Since when a row's net is not known although both legs are there, epoch ms, and a sentence for each line that is missing. */
export type NetUnknown = { readonly sinceMs: number; readonly reasons: readonly string[] };
/**
 * An opportunity as the snapshot carries it. `points` and `netUnknown` are `null` where D1 answers, which does not keep
 * them. While `netUnknown` is set, `priced` is the last whose net was known.
 */
export type ShownOpportunity = Opportunity & { readonly points: readonly SparkPoint[] | null; readonly netUnknown: NetUnknown | null };

/** A row of the snapshot. */
export const shownOpportunitySchema: z.ZodType<ShownOpportunity> = z.object({
  ...opportunityFields,
  priced: pricedSchema,
  points: z.array(z.object({ atMs: epochMs, net: z.number() })).nullable(),
  netUnknown: z
    .object({ sinceMs: epochMs, reasons: z.array(z.string()) })
    .nullable()
    .default(null),
});

/** An event as readers get it. */
export const eventSchema: z.ZodType<OpportunityEvent> = z.object({
  id: z.string().min(1),
  opportunityId: z.string().min(1),
  kind: z.enum(EVENT_KINDS),
  scanId: z.string().min(1),
  atMs: epochMs,
  net: number,
  reason: z.string().nullable(),
});

/** The steps of a scan. */
export const funnelSchema: z.ZodType<readonly FunnelStep[]> = z.array(
  z.object({
    step: z.enum(STEP_NAMES),
    unit: z.enum(["feeds", "rows", "pairs", "opportunities"]),
    in: z.number().int(),
    out: z.number().int(),
    dropped: z.record(z.string(), z.number().int()),
    ms: z.number(),
  }),
);

/** JSON text of a column. */
const jsonText = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: "custom", message: "expected JSON" });
    return z.NEVER;
  }
});

/** A row of the table `opportunities`, its columns under the names of the domain. */
export const opportunityRowSchema: z.ZodType<Opportunity> = z.object({ ...opportunityFields, priced: jsonText.pipe(pricedSchema) });

/** One sentence for what a schema found. */
export const schemaProblem = (error: z.ZodError): string =>
  error.issues
    .slice(0, 3)
    .map((issue) => `${issue.path.join(".")}: ${issue.message}`)
    .join("; ");
