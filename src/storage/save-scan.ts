import type { Opportunity, OpportunityEvent } from "../domain/opportunity.ts";
import { err, ok, type Result } from "../domain/result.ts";
import type { VenueId } from "../domain/venue.ts";
import { costOf, type D1Retry, jsonParameters, type StorageError, withD1Retry } from "./d1.ts";
import { holdLease, isLeaseLost, type Lease } from "./lease.ts";
import { opportunityRow, type OpportunityRow, pricedRefusal, type RowRefusal } from "./opportunity-row.ts";
import type { SaveOutcome } from "./save-outcome.ts";
import type { ScanRecord } from "./scan-record.ts";

/** What one scan leaves behind. */
export type ScanWrite = {
  readonly scan: ScanRecord;
  /** Rows that the scan changed; the others stand as they should. */
  readonly opportunities: readonly Opportunity[];
  readonly events: readonly OpportunityEvent[];
  /** Time of the write, epoch ms. A repetition of the write has the same. */
  readonly nowMs: number;
  /** The registered venues. */
  readonly venues: ReadonlySet<VenueId>;
  /** With it nothing is stored while another Scanner holds the lease of scans. */
  readonly lease?: Lease;
};

/** Columns of `opportunities`, as `OpportunityRow` spells them, in the order of the table. */
export const OPPORTUNITY_COLUMNS = [
  "id",
  "key",
  "strategy",
  "asset",
  "status",
  "long_venue",
  "long_symbol",
  "long_settle",
  "short_venue",
  "short_symbol",
  "short_settle",
  "long_rate",
  "short_rate",
  "rate_difference",
  "long_rate_per_interval",
  "long_interval_hours",
  "long_next_funding_at_ms",
  "short_rate_per_interval",
  "short_interval_hours",
  "short_next_funding_at_ms",
  "long_bid",
  "long_ask",
  "long_mark",
  "short_bid",
  "short_ask",
  "short_mark",
  "long_taker_fee_rate",
  "short_taker_fee_rate",
  "size_usd",
  "horizon_hours",
  "price_gain",
  "funding",
  "fees",
  "crossing",
  "net",
  "net_apr",
  "gross_apr",
  "capacity_usd",
  "priced",
  "scans_merged",
  "revivals",
  "no_data_since_ms",
  "no_data_reason",
  "opened_at_ms",
  "closed_at_ms",
  "close_reason",
  "first_seen_at_ms",
  "last_seen_at_ms",
  "created_at",
  "updated_at",
  "validated_at",
] as const satisfies readonly (keyof OpportunityRow)[];

/** What never changes under an id, and the time of the first write. */
const FIXED: ReadonlySet<string> = new Set([
  "id",
  "key",
  "strategy",
  "asset",
  "long_venue",
  "long_symbol",
  "long_settle",
  "short_venue",
  "short_symbol",
  "short_settle",
  "opened_at_ms",
  "first_seen_at_ms",
  "created_at",
]);

/**
 * A row under its id; a second row of a key that is not closed is left out, whether it is new or was closed before.
 * A write that is not later than the row's own changes nothing, so a repetition writes nothing.
 */
export const SAVE_OPPORTUNITIES_SQL = `
  INSERT INTO opportunities (${OPPORTUNITY_COLUMNS.join(", ")})
  SELECT ${OPPORTUNITY_COLUMNS.map((name) => `value ->> '${name}'`).join(", ")} FROM json_each(?1) WHERE true
  ON CONFLICT (id) DO UPDATE SET ${OPPORTUNITY_COLUMNS.filter((name) => !FIXED.has(name))
    .map((name) => `${name} = excluded.${name}`)
    .join(", ")}
    WHERE excluded.updated_at > opportunities.updated_at AND (excluded.status = 'closed' OR NOT EXISTS (
      SELECT 1 FROM opportunities AS other WHERE other.key = excluded.key AND other.status <> 'closed' AND other.id <> excluded.id))
  ON CONFLICT (key) WHERE status <> 'closed' DO NOTHING`;

/** Rows just given whose key is held by another one. */
export const DUPLICATES_SQL = `
  SELECT given.value ->> 'id' AS id, other.id AS keptId
  FROM json_each(?1) AS given
  JOIN opportunities AS other ON other.key = given.value ->> 'key' AND other.status <> 'closed' AND other.id <> given.value ->> 'id'
  WHERE given.value ->> 'status' <> 'closed'`;

/** Events of rows that were kept; an event of a row that was left out as a second one of its key is left out too. */
export const SAVE_EVENTS_SQL = `
  INSERT INTO opportunity_events (id, opportunity_id, kind, scan_id, at_ms, net, reason, created_at)
  SELECT event.value ->> 'id', own.id, event.value ->> 'kind', event.value ->> 'scanId', event.value ->> 'atMs',
    event.value ->> 'net', event.value ->> 'reason', ?2
  FROM json_each(?1) AS event
  JOIN opportunities AS own ON own.id = event.value ->> 'opportunityId'
  WHERE event.value ->> 'kind' = 'closed' OR own.status <> 'closed' OR NOT EXISTS (
    SELECT 1 FROM opportunities AS other WHERE other.key = own.key AND other.status <> 'closed')
  ON CONFLICT (id) DO NOTHING`;

/** Events just given that are not there. */
export const MISSING_EVENTS_SQL = `
  SELECT event.value ->> 'id' AS id FROM json_each(?1) AS event
  WHERE NOT EXISTS (SELECT 1 FROM opportunity_events AS stored WHERE stored.id = event.value ->> 'id')`;

export const SAVE_SCAN_SQL = `
  INSERT INTO scans (id, scan_id, trigger, market, started_at_ms, finished_at_ms, interval_seconds, verdict, reason,
    open_count, opened_count, updated_count, closed_count, funnel, rejections, observations, flags, venues, near_misses, unpriced,
    quality, identity, created_at)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)
  ON CONFLICT (id) DO NOTHING`;

type Kind = "lease" | "scan" | "opportunities" | "events" | "duplicates" | "missing-events";
type Planned = { readonly kind: Kind; readonly statement: D1PreparedStatement };

/**
 * Writes one scan as one transaction: its row, the rows it changed, its events. Each opportunity and near-miss passes
 * the validator first; there is no other way into the tables. Repeating the same write changes nothing, therefore D1's
 * passing failures are retried. What D1 refuses comes back as an error, and then nothing of the scan is stored.
 */
export async function saveScan(db: D1Database, write: ScanWrite, retry: D1Retry): Promise<Result<SaveOutcome, StorageError>> {
  const { rows, refused } = validated(write);
  const plan = [...planLease(db, write), ...planRows(db, rows), ...planEvents(db, write), planScan(db, write)];
  const done = await withD1Retry(retry, () => db.batch<Record<string, unknown>>(plan.map(({ statement }) => statement)));
  if (!done.ok) return isLeaseLost(done.error.message) ? err({ ...done.error, message: "another Scanner holds the lease of scans" }) : done;
  const results = done.value.value;
  const rowsOf = (kind: Kind) => plan.flatMap((planned, index) => (planned.kind === kind ? (results[index]?.results ?? []) : []));
  const scanResult = results[plan.findIndex(({ kind }) => kind === "scan")];
  return ok({
    refused: [...refused, ...soundPairs(write).refused],
    duplicatesRefused: rowsOf("duplicates").map((row) => ({ id: String(row["id"]), keptId: String(row["keptId"]) })),
    eventsRefused: rowsOf("missing-events").map((row) => String(row["id"])),
    scanStored: (scanResult?.meta.changes ?? 0) > 0,
    attempts: done.value.attempts,
    cost: costOf(results),
  });
}

/** First, so that nothing is worked out for a Scanner that lost its lease. */
const planLease = (db: D1Database, { lease }: ScanWrite): readonly Planned[] =>
  lease === undefined ? [] : [{ kind: "lease", statement: holdLease(db, lease) }];

/** Ends come first, so that a key is free before its next row takes it. */
function validated({ opportunities, nowMs, venues }: ScanWrite): {
  readonly rows: readonly OpportunityRow[];
  readonly refused: readonly RowRefusal[];
} {
  const checked = opportunities.map((opportunity) => opportunityRow(opportunity, { nowMs, venues }));
  const rows = checked.flatMap((row) => (row.ok ? [row.value] : []));
  const closed = rows.filter((row) => row.status === "closed");
  return {
    rows: [...closed, ...rows.filter((row) => row.status !== "closed")],
    refused: checked.flatMap((row) => (row.ok ? [] : [row.error])),
  };
}

function planRows(db: D1Database, rows: readonly OpportunityRow[]): readonly Planned[] {
  const parameters = jsonParameters(rows);
  return [
    ...parameters.map((json): Planned => ({ kind: "opportunities", statement: db.prepare(SAVE_OPPORTUNITIES_SQL).bind(json) })),
    ...parameters.map((json): Planned => ({ kind: "duplicates", statement: db.prepare(DUPLICATES_SQL).bind(json) })),
  ];
}

function planEvents(db: D1Database, { events, nowMs }: ScanWrite): readonly Planned[] {
  const parameters = jsonParameters(events);
  return [
    ...parameters.map((json): Planned => ({ kind: "events", statement: db.prepare(SAVE_EVENTS_SQL).bind(json, nowMs) })),
    ...parameters.map((json): Planned => ({ kind: "missing-events", statement: db.prepare(MISSING_EVENTS_SQL).bind(json) })),
  ];
}

/** Largest row of `scans`; D1 takes 2 MB. The open set and the samples are bounded, so more is a bug. */
const MAX_SCAN_BYTES = 1_500_000;

function planScan(db: D1Database, write: ScanWrite): Planned {
  const { scan, nowMs } = write;
  const { counts } = scan;
  const { nearMisses, unpriced } = soundPairs(write);
  const { funnel, rejections, observations, flags, venues, quality, identity } = scan;
  const texts = [funnel, rejections, observations, flags, venues, nearMisses, unpriced, quality, identity].map((part) =>
    JSON.stringify(part),
  );
  const bytes = texts.reduce((sum, text) => sum + new TextEncoder().encode(text).byteLength, 0);
  if (bytes > MAX_SCAN_BYTES) throw new RangeError(`expected a scan of at most ${MAX_SCAN_BYTES} bytes, found ${bytes}`);
  const facts = [scan.slotMs, scan.scanId, scan.trigger, scan.market, scan.startedAtMs, scan.finishedAtMs, scan.intervalSeconds];
  const verdict = [scan.verdict, scan.reason, counts.open, counts.opened, counts.updated, counts.closed];
  return { kind: "scan", statement: db.prepare(SAVE_SCAN_SQL).bind(...facts, ...verdict, ...texts, nowMs) };
}

/** Near-misses and unpriced pairs that the validator passes: they are served when the snapshot is not there. */
function soundPairs({ scan, venues }: ScanWrite) {
  const refusals = [...scan.nearMisses, ...scan.unpriced].map((pair) => pricedRefusal(pair, venues));
  const split = scan.nearMisses.length;
  return {
    nearMisses: scan.nearMisses.filter((_, index) => refusals[index] === null),
    unpriced: scan.unpriced.filter((_, index) => refusals[split + index] === null),
    refused: refusals.filter((refusal) => refusal !== null),
  };
}
