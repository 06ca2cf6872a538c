import * as z from "zod";
import type { FeedHealth, FeedId } from "../domain/feed.ts";
import { type FunnelStep, STEP_NAMES, type StepName, type Verdict, VERDICTS } from "../domain/funnel.ts";
import type { ScanIdentity } from "../domain/identity.ts";
import type { Missed, Priced } from "../domain/opportunity.ts";
import type { ScanQuality } from "../domain/quality-tally.ts";
import { LOCATION_HINTS, type VenueId } from "../domain/venue.ts";
import { funnelSchema, missedSchema, pricedSchema, scanIdentitySchema } from "./schemas.ts";

/** One feed in one scan. */
export type VenueReport = {
  readonly feed: FeedId;
  readonly venue: VenueId;
  /** Whether it gave rows. */
  readonly ok: boolean;
  /** Arrival of the oldest hot body in its rows, epoch ms; `null` without rows. */
  readonly receivedAtMs: number | null;
  readonly rows: number;
  readonly error: { readonly kind: string; readonly message: string } | null;
  /** Endpoints that failed although the venue gave rows: why fields of these are missing, or older. */
  readonly degraded: readonly {
    readonly endpoint: string;
    readonly kind: string;
    readonly message: string;
    /** First of the scans in a row in which it failed, epoch ms; `null` where the record does not say. */
    readonly sinceMs: number | null;
    /** Arrival of the older body that serves meanwhile, epoch ms; `null`: what it gives is missing. */
    readonly fromMs: number | null;
  }[];
  /** HTTP attempts, retries included. */
  readonly calls: number;
  readonly ms: number;
  /** Breaker, budget, pause, hosts and region as the feed last told them; `null` before it ever did. */
  readonly health: FeedHealth | null;
  /** The scan that it told them in, epoch ms: an older one where the feed was put off or did not answer. */
  readonly healthAtMs: number | null;
};

/** What a scan refused, by step, feed and rule, with a few samples. */
export type Rejections = {
  readonly counts: Readonly<Partial<Record<StepName, Readonly<Record<FeedId, Readonly<Record<string, number>>>>>>>;
  readonly samples: readonly RejectionSample[];
};
/** One refused row or pair, named by symbol or key, with what its step says about it. */
export type RejectionSample = {
  readonly step: StepName;
  readonly feed: FeedId | null;
  readonly venue: VenueId | null;
  readonly subject: string;
  readonly rule: string;
  readonly evidence: unknown;
};

/** What a scan saw of each row that is not closed, as columns; `null` where the row was not priced. Fractions. */
export type Observations = {
  readonly id: readonly string[];
  readonly rateDifference: readonly (number | null)[];
  readonly net: readonly (number | null)[];
};

/** A scan as lists show it. */
export type ScanSummary = {
  /** Start of the slot, epoch ms: the identity of the scan. */
  readonly slotMs: number;
  /** Correlation id of the scan's log lines and events. */
  readonly scanId: string;
  readonly trigger: string;
  /** `live`, or what was played instead. */
  readonly market: string;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly intervalSeconds: number;
  readonly verdict: Verdict;
  /** The verdict in one sentence. */
  readonly reason: string;
  readonly counts: ScanCounts;
  readonly funnel: readonly FunnelStep[];
};
/** Rows not closed after the scan, and rows that it wrote. */
export type ScanCounts = { readonly open: number; readonly opened: number; readonly updated: number; readonly closed: number };

/** A scan with everything that explains it. */
export type ScanDetail = ScanSummary & {
  readonly rejections: Rejections;
  /** Flags in force. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly venues: readonly VenueReport[];
  /** The best pairs that are neither open nor pending, each with what kept it out. */
  readonly nearMisses: readonly Missed[];
  /** Pairs whose net is not known, each with its reasons. */
  readonly unpriced: readonly Priced[];
  /** `null` in scans that were made before it was kept. */
  readonly identity: ScanIdentity | null;
};

/** A scan without its explanation. */
export function summaryOf(scan: ScanSummary): ScanSummary {
  const { slotMs, scanId, trigger, market, startedAtMs, finishedAtMs, intervalSeconds, verdict, reason, counts, funnel } = scan;
  return { slotMs, scanId, trigger, market, startedAtMs, finishedAtMs, intervalSeconds, verdict, reason, counts, funnel };
}

/** A scan as it is stored: one row of `scans`. */
export type ScanRecord = ScanDetail & { readonly observations: Observations; readonly quality: ScanQuality };

const lastFailureSchema = z.object({ kind: z.string(), atMs: z.number() }).nullable();
const healthSchema: z.ZodType<FeedHealth> = z.object({
  region: z.enum(LOCATION_HINTS).nullable(),
  breaker: z.object({
    state: z.enum(["off", "closed", "open", "probing"]),
    failures: z.number().int(),
    untilMs: z.number().nullable(),
  }),
  budget: z.object({ spent: z.number(), perMinute: z.number() }),
  pause: z.object({ untilMs: z.number(), after: z.string().nullable() }).nullable(),
  hosts: z.array(
    z.object({ host: z.string(), failures: z.number().int(), latencyMs: z.number().nullable(), lastFailure: lastFailureSchema }),
  ),
  lastFailure: lastFailureSchema,
});

/** What one scan did at a feed, as readers get it. */
export const venueReportSchema: z.ZodType<VenueReport> = z.object({
  feed: z.string(),
  venue: z.string(),
  ok: z.boolean(),
  receivedAtMs: z.number().nullable(),
  rows: z.number().int(),
  error: z.object({ kind: z.string(), message: z.string() }).nullable(),
  // Rows written before endpoints were told one by one have none.
  degraded: z
    .array(
      z.object({
        endpoint: z.string(),
        kind: z.string(),
        message: z.string(),
        sinceMs: z.number().nullable().default(null),
        fromMs: z.number().nullable().default(null),
      }),
    )
    .default([]),
  calls: z.number().int(),
  ms: z.number(),
  // Rows written before feeds told how they stand have none.
  health: healthSchema.nullable().default(null),
  healthAtMs: z.number().nullable().default(null),
});

const rejectionsSchema: z.ZodType<Rejections> = z.object({
  counts: z.partialRecord(z.enum(STEP_NAMES), z.record(z.string(), z.record(z.string(), z.number().int()))),
  samples: z.array(
    z.object({
      step: z.enum(STEP_NAMES),
      feed: z.string().nullable(),
      venue: z.string().nullable(),
      subject: z.string(),
      rule: z.string(),
      evidence: z.unknown(),
    }),
  ),
});

const epochMs = z.number().int();
const counted = z.number().int().nonnegative();
const summaryShape = {
  slotMs: epochMs,
  scanId: z.string(),
  trigger: z.string(),
  market: z.string(),
  startedAtMs: epochMs,
  finishedAtMs: epochMs,
  intervalSeconds: z.number().int(),
  verdict: z.enum(VERDICTS),
  reason: z.string(),
  counts: z.object({ open: counted, opened: counted, updated: counted, closed: counted }),
  funnel: funnelSchema,
};

/** A scan of a list, as readers get it. */
export const scanSummarySchema: z.ZodType<ScanSummary> = z.object(summaryShape);

/** A scan with its explanation, as readers get it. */
export const scanDetailSchema: z.ZodType<ScanDetail> = z.object({
  ...summaryShape,
  rejections: rejectionsSchema,
  flags: z.record(z.string(), z.unknown()),
  venues: z.array(venueReportSchema),
  nearMisses: z.array(missedSchema),
  unpriced: z.array(pricedSchema),
  identity: scanIdentitySchema.nullable().default(null),
});
