import * as z from "zod";
import type { Missed, Priced } from "../domain/opportunity.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { SECOND_MS } from "../domain/units.ts";
import type { VenueId } from "../domain/venue.ts";
import { type KvError, kvPut, type KvWriter, SNAPSHOT_KEY } from "./keys.ts";
import { isMarketColumns, type MarketColumns } from "./market-columns.ts";
import { opportunityRow, pricedRefusal, type RowRefusal } from "./opportunity-row.ts";
import { type ScanDetail, type ScanSummary, scanSummarySchema, summaryOf, type VenueReport, venueReportSchema } from "./scan-record.ts";
import { missedSchema, pricedSchema, schemaProblem, type ShownOpportunity, shownOpportunitySchema } from "./schemas.ts";

/** What readers show: one scan's market and everything that is open after it. */
export type Snapshot = {
  readonly version: typeof SNAPSHOT_VERSION;
  /** Logical expiry, epoch ms: from then on the value counts as absent. */
  readonly expiresAtMs: number;
  readonly scan: ScanSummary;
  readonly venues: readonly VenueReport[];
  /** Rows that are not closed. */
  readonly opportunities: readonly ShownOpportunity[];
  /** The best pairs that are neither open nor pending, each with what kept it out. */
  readonly nearMisses: readonly Missed[];
  /** Pairs whose net is not known, each with its reasons. */
  readonly unpriced: readonly Priced[];
  /**
   * Pairs that are not open and clear the bar at half the default fees, for people with lower ones; `null` where D1
   * answers, which does not keep them.
   */
  readonly candidates: readonly Priced[] | null;
  /** Net from which a pair opens, fraction over the horizon; `null` where the scan does not say. */
  readonly openNet: number | null;
  /** Rows that passed the gate; `null` where D1 answers, which does not keep them. */
  readonly market: MarketColumns | null;
};

/** Changes with the form of the value, together with the prefix of its key. */
export const SNAPSHOT_VERSION = 1;
/** A snapshot outlives its slot by a late scan. */
export const TTL_GRACE_SECONDS = 90;

/**
 * Logical life of a snapshot, s: `max(flag, interval + 90)`, so that it never ends before the next scan can replace it.
 * @example snapshotTtlSeconds({ flagSeconds: 30, intervalSeconds: 120 }) // 210
 */
export const snapshotTtlSeconds = ({ flagSeconds, intervalSeconds }: { readonly flagSeconds: number; readonly intervalSeconds: number }) =>
  Math.max(flagSeconds, intervalSeconds + TTL_GRACE_SECONDS);

/** The snapshot of a scan. What the validator refuses is left out and told; a closed row is none of it. */
export function buildSnapshot(input: {
  readonly scan: ScanDetail;
  readonly opportunities: readonly ShownOpportunity[];
  readonly candidates: readonly Priced[] | null;
  readonly market: MarketColumns | null;
  readonly nowMs: number;
  /** The flag `snapshot_ttl_seconds`. */
  readonly flagSeconds: number;
  /** The registered venues. */
  readonly venues: ReadonlySet<VenueId>;
}): { readonly snapshot: Snapshot; readonly refused: readonly RowRefusal[] } {
  const { scan, nowMs, venues } = input;
  const refused: RowRefusal[] = [];
  const soundPair = (pair: Priced): boolean => {
    const refusal = pricedRefusal(pair, venues);
    if (refusal !== null) refused.push(refusal);
    return refusal === null;
  };
  const soundRow = (row: ShownOpportunity): boolean => {
    const checked = opportunityRow(row, { nowMs, venues });
    if (!checked.ok) refused.push(checked.error);
    return checked.ok;
  };
  const ttlSeconds = snapshotTtlSeconds({ flagSeconds: input.flagSeconds, intervalSeconds: scan.intervalSeconds });
  const openNet = scan.flags["open_net"];
  const snapshot: Snapshot = {
    version: SNAPSHOT_VERSION,
    expiresAtMs: scan.finishedAtMs + ttlSeconds * SECOND_MS,
    scan: summaryOf(scan),
    venues: scan.venues,
    opportunities: input.opportunities.filter((row) => row.status !== "closed").filter(soundRow),
    nearMisses: scan.nearMisses.filter(soundPair),
    unpriced: scan.unpriced.filter(soundPair),
    candidates: input.candidates?.filter(soundPair) ?? null,
    openNet: typeof openNet === "number" ? openNet : null,
    market: input.market,
  };
  return { snapshot, refused };
}

/** Writes the snapshot under its one key. Its physical life is what is left of the logical one, and never under 60 s. */
export function writeSnapshot(
  cache: KvWriter,
  { snapshot, nowMs }: { readonly snapshot: Snapshot; readonly nowMs: number },
): Promise<Result<{ readonly bytes: number }, KvError>> {
  const ttlSeconds = (snapshot.expiresAtMs - nowMs) / SECOND_MS;
  return kvPut(cache, { key: SNAPSHOT_KEY, value: JSON.stringify(snapshot), ttlSeconds });
}

const snapshotSchema: z.ZodType<Snapshot> = z.object({
  version: z.literal(SNAPSHOT_VERSION),
  expiresAtMs: z.number(),
  scan: scanSummarySchema,
  venues: z.array(venueReportSchema),
  opportunities: z.array(shownOpportunitySchema),
  nearMisses: z.array(missedSchema),
  unpriced: z.array(pricedSchema),
  candidates: z.array(pricedSchema).nullable(),
  openNet: z.number().nullable(),
  market: z.custom<MarketColumns>(isMarketColumns, "expected columns of one length").nullable(),
});

/**
 * The snapshot in a text of KV, or why it counts as absent: expired, of another form, or with an item that the validator
 * refuses. One bad item condemns the whole value, since whatever wrote it was not `writeSnapshot`.
 */
export function parseSnapshot(
  text: string,
  context: { readonly nowMs: number; readonly venues: ReadonlySet<VenueId> },
): Result<Snapshot, string> {
  const parsed = snapshotSchema.safeParse(parseJson(text));
  if (!parsed.success) return err(`invalid: ${schemaProblem(parsed.error)}`);
  const snapshot = parsed.data;
  if (snapshot.expiresAtMs <= context.nowMs) return err(`expired at ${snapshot.expiresAtMs}`);
  for (const row of snapshot.opportunities) {
    const checked = opportunityRow(row, context);
    if (!checked.ok) return err(`invalid: ${checked.error.key}: ${checked.error.message}`);
  }
  for (const pair of [...snapshot.nearMisses, ...snapshot.unpriced, ...(snapshot.candidates ?? [])]) {
    const refusal = pricedRefusal(pair, context.venues);
    if (refusal !== null) return err(`invalid: ${refusal.key}: ${refusal.message}`);
  }
  return ok(snapshot);
}

/** `undefined` for what is not JSON, which no schema accepts. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
