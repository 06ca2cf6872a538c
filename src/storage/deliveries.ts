import * as z from "zod";
import {
  DELIVERY_KINDS,
  DELIVERY_STATUSES,
  type Delivery,
  type DeliveryPayload,
  type DeliveryRef,
  type NewDelivery,
} from "../domain/delivery.ts";
import { STRATEGIES } from "../domain/opportunity.ts";
import { MINUTE_MS } from "../domain/units.ts";
import { jsonParameters } from "./d1.ts";
import { type DeadLetter, deadLettersStatement } from "./dead-letters.ts";

/** One row an event and person; a row that is there already stays as it is. Whoever was erased since they were read gets none. */
export const INSERT_DELIVERIES_SQL = `
  INSERT INTO deliveries (event_id, telegram_id, kind, status, reason, protective, silent, opportunity_id, strategy, asset,
    net_told, terms_told, payload, attempts, venue_at_ms, scan_at_ms, created_at, updated_at)
  SELECT value ->> 'eventId', value ->> 'telegramId', value ->> 'kind', value ->> 'status', value ->> 'reason',
    value ->> 'protective', value ->> 'silent', value ->> 'opportunityId', value ->> 'strategy', value ->> 'asset',
    value ->> 'netTold',
    CASE WHEN value ->> 'netTold' IS NOT NULL THEN json_extract(value -> '$.payload.pair.priced', '$.ledger.sizeUsd', '$.ledger.horizonHours',
      '$.long.quote.venue', '$.long.quote.kind', '$.long.takerFeeRate', '$.short.quote.venue', '$.short.quote.kind', '$.short.takerFeeRate') END,
    value -> 'payload', 0, value ->> 'venueAtMs', value ->> 'scanAtMs', ?2, ?2
  FROM json_each(?1) WHERE EXISTS (SELECT 1 FROM people WHERE people.telegram_id = value ->> 'telegramId')
  ON CONFLICT (event_id, telegram_id) DO NOTHING`;

/** Of some deliveries, those that wait to be sent. */
export const STILL_QUEUED_SQL = `
  SELECT deliveries.event_id AS eventId, deliveries.telegram_id AS telegramId
  FROM json_each(?1) AS given
  JOIN deliveries ON deliveries.event_id = given.value ->> 0 AND deliveries.telegram_id = given.value ->> 1
  WHERE deliveries.status = 'queued'`;

/** Statements of one batch; each carries up to a megabyte. */
const STATEMENTS_A_BATCH = 8;

/**
 * Stores deliveries; those that exist already stay as they are. Gives those that now wait to be sent, in the order given, so
 * that work that was cut short before they were put on the queue puts them there when it is done again.
 */
export async function insertDeliveries(db: D1Database, deliveries: readonly NewDelivery[], nowMs: number): Promise<readonly DeliveryRef[]> {
  const inserts = insertDeliveriesStatements(db, deliveries, nowMs);
  const queued = deliveries.filter(({ status }) => status === "queued").map(({ eventId, telegramId }) => [eventId, telegramId]);
  const looks = jsonParameters(queued).map((json) => db.prepare(STILL_QUEUED_SQL).bind(json));
  const statements = [...inserts, ...looks];
  const waiting: DeliveryRef[] = [];
  for (let from = 0; from < statements.length; from += STATEMENTS_A_BATCH) {
    const results = await db.batch<Record<string, unknown>>(statements.slice(from, from + STATEMENTS_A_BATCH));
    results.forEach(({ results: found }, place) => {
      if (from + place >= inserts.length) waiting.push(...found.map((row) => refSchema.parse(row)));
    });
  }
  return waiting;
}

/** The insertion as statements for a batch; nothing to store is no statement. */
export function insertDeliveriesStatements(
  db: D1Database,
  deliveries: readonly NewDelivery[],
  nowMs: number,
): readonly D1PreparedStatement[] {
  const rows = deliveries.map((row) => ({ ...row, protective: Number(row.protective), silent: Number(row.silent) }));
  return jsonParameters(rows).map((json) => db.prepare(INSERT_DELIVERIES_SQL).bind(json, nowMs));
}

export const refSchema: z.ZodType<DeliveryRef> = z.object({ eventId: z.string().min(1), telegramId: z.number().int() });

/** A row that an isolate took and never finished is taken again after so long. */
export const SENDING_LIMIT_MS = 2 * MINUTE_MS;
/** `reason` of a row that is or was sent a second time, since the first was not answered. */
export const REPEAT = "repeat";
/** Marks the `reason` of a row that was under way when its isolate died. */
const DIED = "died";

/**
 * Takes rows for sending in one statement: those that wait, and those that an isolate took too long ago to be alive. What is
 * under way, done or gone is not given. `+` keeps the planner to the key: the index of what waits is long on a busy day. ?1: [event, person] rows; ?2: now; ?3: taken before then is dead.
 */
export const CLAIM_SQL = `
  UPDATE deliveries SET status = 'sending', attempts = attempts + 1, updated_at = max(created_at, ?2),
    reason = CASE WHEN status = 'sending' AND called_at_ms IS NOT NULL THEN '${DIED}' || coalesce(' ' || reason, '') ELSE reason END,
    called_at_ms = NULL
  WHERE (event_id, telegram_id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?1))
    AND (+status = 'queued' OR (+status = 'sending' AND updated_at <= ?3))
  RETURNING event_id AS eventId, telegram_id AS telegramId, kind, status, reason, protective, silent, opportunity_id AS opportunityId,
    strategy, asset, net_told AS netTold, payload, attempts, venue_at_ms AS venueAtMs, scan_at_ms AS scanAtMs`;

/** Right before a message goes out. */
export const CALLED_SQL = `
  UPDATE deliveries SET called_at_ms = ?3 WHERE event_id = ?1 AND telegram_id = ?2 AND +status = 'sending'`;

/** What became of rows. A row that was erased meanwhile stays away. */
export const RECORD_SQL = `
  UPDATE deliveries SET status = done.status, reason = done.reason, attempts = done.attempts, sent_at_ms = done.sent_at_ms,
    not_before_ms = done.not_before_ms, updated_at = max(created_at, ?2)
  FROM (SELECT value ->> 'eventId' AS event_id, value ->> 'telegramId' AS telegram_id, value ->> 'status' AS status,
    value ->> 'reason' AS reason, value ->> 'attempts' AS attempts, value ->> 'sentAtMs' AS sent_at_ms,
    value ->> 'notBeforeMs' AS not_before_ms FROM json_each(?1)) AS done
  WHERE deliveries.event_id = done.event_id AND deliveries.telegram_id = done.telegram_id AND +deliveries.status = 'sending'`;

/** Nothing more goes to a chat that Telegram refuses. */
export const FAIL_CHATS_SQL = `
  UPDATE deliveries SET status = 'failed', reason = 'blocked', updated_at = max(created_at, ?2)
  WHERE telegram_id IN (SELECT value FROM json_each(?1)) AND (status = 'queued' OR status = 'held')`;
/** Whoever has stopped alerts stays stopped. */
export const BLOCK_PEOPLE_SQL = `
  UPDATE people SET status = 'blocked', updated_at = max(created_at, ?2)
  WHERE telegram_id IN (SELECT value FROM json_each(?1)) AND status = 'active'`;

/** Of messages that the queue gave up on. */
export const FAIL_REFS_SQL = `
  UPDATE deliveries SET status = 'failed', reason = 'dead-letter', updated_at = max(created_at, ?2)
  WHERE (event_id, telegram_id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?1)) AND +status IN ('queued', 'sending')`;

/** What waits or is under way for too long: its message is lost. ?1: waits since before then; ?2: under way since before then. */
export const LOST_SQL = `
  SELECT eventId, telegramId FROM (
    SELECT event_id AS eventId, telegram_id AS telegramId FROM deliveries
      WHERE status = 'queued' AND updated_at <= ?1 AND coalesce(not_before_ms, 0) <= ?1
    UNION ALL SELECT event_id, telegram_id FROM deliveries WHERE status = 'sending' AND updated_at <= ?2) LIMIT 500`;

/** A row taken for sending. `died`: an isolate called Telegram for it before and did not come back; `repeat`: it was not answered before. */
export type Claimed = { readonly delivery: Delivery; readonly died: boolean; readonly repeat: boolean };

/** What a message is rendered from, as the column has it. */
export const payloadText = z.string().transform((text): DeliveryPayload => writtenPayload(JSON.parse(text)));
/** Sound because `insertDeliveries` and the broadcast are the only writers of the column, and both write this type. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the guarantee stands above
const writtenPayload = (payload: unknown): DeliveryPayload => payload as DeliveryPayload;

const mark = z.number().transform((value) => value === 1);
const deliverySchema: z.ZodType<Delivery> = z.object({
  eventId: z.string(),
  telegramId: z.number(),
  kind: z.enum(DELIVERY_KINDS),
  status: z.enum(DELIVERY_STATUSES),
  reason: z.string().nullable(),
  protective: mark,
  silent: mark,
  opportunityId: z.string().nullable(),
  strategy: z.enum(STRATEGIES).nullable(),
  asset: z.string().nullable(),
  netTold: z.number().nullable(),
  payload: payloadText,
  attempts: z.number(),
  venueAtMs: z.number().nullable(),
  scanAtMs: z.number().nullable(),
});

/** Takes those of some deliveries that are to be sent, in the order given. */
export async function claimDeliveries(db: D1Database, refs: readonly DeliveryRef[], nowMs: number): Promise<readonly Claimed[]> {
  const rows = JSON.stringify(refs.map(({ eventId, telegramId }) => [eventId, telegramId]));
  const { results } = await db
    .prepare(CLAIM_SQL)
    .bind(rows, nowMs, nowMs - SENDING_LIMIT_MS)
    .all();
  const claimed = new Map(
    results.map((row) => {
      const delivery = deliverySchema.parse(row);
      const words = (delivery.reason ?? "").split(" ");
      return [nameOf(delivery), { delivery, died: words.includes(DIED), repeat: words.includes(REPEAT) }] as const;
    }),
  );
  return [...new Set(refs.map(nameOf))].flatMap((name) => claimed.get(name) ?? []);
}
const nameOf = ({ eventId, telegramId }: DeliveryRef): string => `${telegramId} ${eventId}`;

/** Notes that a taken row is about to be called; an isolate that dies after this may have sent it. */
export async function markCalled(db: D1Database, { eventId, telegramId }: DeliveryRef, nowMs: number): Promise<void> {
  await db.prepare(CALLED_SQL).bind(eventId, telegramId, nowMs).run();
}

/** What became of one row. `attempts`: those that count; a time of sending only with `sent`. */
export type Done = DeliveryRef & {
  readonly status: "sent" | "unknown" | "failed" | "queued";
  readonly reason: string | null;
  readonly attempts: number;
  readonly sentAtMs: number | null;
  /** Of a row that waits: not to be tried before, epoch ms. */
  readonly notBeforeMs: number | null;
};

/** Writes what became of a batch at once: the rows, the chats that are closed to us, and what was given up. */
export async function recordDeliveries(
  db: D1Database,
  done: {
    readonly rows: readonly Done[];
    readonly blocked: readonly number[];
    readonly letters: readonly DeadLetter[];
    readonly nowMs: number;
  },
): Promise<void> {
  const { rows, blocked, letters, nowMs } = done;
  const statements = [
    ...(rows.length === 0 ? [] : [db.prepare(RECORD_SQL).bind(JSON.stringify(rows), nowMs)]),
    ...(blocked.length === 0 ? [] : [BLOCK_PEOPLE_SQL, FAIL_CHATS_SQL].map((sql) => db.prepare(sql).bind(JSON.stringify(blocked), nowMs))),
    ...(letters.length === 0 ? [] : [deadLettersStatement(db, letters)]),
  ];
  if (statements.length > 0) await db.batch(statements);
}

/** Keeps messages that a queue gave up on, and fails their rows, in one batch. */
export async function buryDeliveries(
  db: D1Database,
  buried: { readonly letters: readonly DeadLetter[]; readonly refs: readonly DeliveryRef[]; readonly nowMs: number },
): Promise<void> {
  const { letters, refs, nowMs } = buried;
  if (letters.length === 0) return;
  const rows = JSON.stringify(refs.map(({ eventId, telegramId }) => [eventId, telegramId]));
  await db.batch([deadLettersStatement(db, letters), ...(refs.length === 0 ? [] : [db.prepare(FAIL_REFS_SQL).bind(rows, nowMs)])]);
}

/** Deliveries whose message must have been lost: waiting since before `queuedBeforeMs`, or under way for too long. */
export async function lostDeliveries(
  db: D1Database,
  { queuedBeforeMs, nowMs }: { readonly queuedBeforeMs: number; readonly nowMs: number },
): Promise<readonly DeliveryRef[]> {
  const { results } = await db
    .prepare(LOST_SQL)
    .bind(queuedBeforeMs, nowMs - SENDING_LIMIT_MS)
    .all();
  return results.map((row) => refSchema.parse(row));
}
