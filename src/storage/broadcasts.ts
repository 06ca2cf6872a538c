import * as z from "zod";
import { auditStatement, type Audit } from "./audits.ts";

/** A message of an operator to everybody. */
export type Broadcast = {
  readonly id: string;
  readonly text: string;
  readonly createdBy: string;
  readonly createdAtMs: number;
  readonly confirmedAtMs: number | null;
};

/** Characters of a broadcast; below Telegram's limit, with room for what stands around the text. */
export const MOST_BROADCAST_CHARS = 3_500;
/** People of one page. */
export const BROADCAST_PAGE = 500;

const CREATE_SQL = "INSERT INTO broadcasts (id, text, created_by, created_at) VALUES (?1, ?2, ?3, ?4)";
/** Who gets a broadcast: everybody who has not stopped or blocked the bot. */
const COUNT_PEOPLE_SQL = "SELECT count(*) AS people FROM people WHERE status = 'active' AND chat_id > 0 LIMIT 1";
const CONFIRM_SQL = "UPDATE broadcasts SET confirmed_at_ms = ?2 WHERE id = ?1 AND confirmed_at_ms IS NULL";
const LOAD_SQL = `
  SELECT id, text, created_by AS createdBy, created_at AS createdAtMs, confirmed_at_ms AS confirmedAtMs
  FROM broadcasts WHERE id = ?1`;

/** The next people behind ?2 who have no row of this broadcast yet get one; only a confirmed broadcast gives any. */
const FAN_OUT_SQL = `
  INSERT INTO deliveries (event_id, telegram_id, kind, status, reason, protective, silent, payload, attempts, created_at, updated_at)
  SELECT 'broadcast:' || broadcasts.id, people.telegram_id, 'broadcast', 'queued', NULL, 0, 0,
    json_object('kind', 'broadcast', 'text', broadcasts.text), 0, ?4, ?4
  FROM broadcasts CROSS JOIN people
  WHERE broadcasts.id = ?1 AND broadcasts.confirmed_at_ms IS NOT NULL
    AND people.telegram_id > ?2 AND people.status = 'active' AND people.chat_id > 0
  ORDER BY people.telegram_id LIMIT ?3
  ON CONFLICT (event_id, telegram_id) DO NOTHING`;
const PAGE_SQL = `
  SELECT telegram_id AS telegramId, status FROM deliveries
  WHERE event_id = 'broadcast:' || ?1 AND telegram_id > ?2 ORDER BY telegram_id LIMIT ?3`;

/** Keeps a text until it is confirmed, with its audit. */
export async function createBroadcast(db: D1Database, broadcast: Omit<Broadcast, "confirmedAtMs">, audit: Audit): Promise<number> {
  const { id, text, createdBy, createdAtMs } = broadcast;
  const results = await db.batch<Record<string, unknown>>([
    db.prepare(CREATE_SQL).bind(id, text, createdBy, createdAtMs),
    auditStatement(db, audit),
    db.prepare(COUNT_PEOPLE_SQL),
  ]);
  return countedPeople.parse(results[2]?.results[0]).people;
}

const countedPeople = z.object({ people: z.number().int() });
const broadcastSchema = z.object({
  id: z.string(),
  text: z.string(),
  createdBy: z.string(),
  createdAtMs: z.number(),
  confirmedAtMs: z.number().nullable(),
});

/**
 * Confirms a broadcast. `first` is false when it was confirmed before, which changes nothing; `null` when there is none of
 * that id. The rows of people are made by `fanOutBroadcast`.
 */
export async function confirmBroadcast(
  db: D1Database,
  { id, nowMs, audit }: { readonly id: string; readonly nowMs: number; readonly audit: Audit },
): Promise<{ readonly broadcast: Broadcast; readonly first: boolean } | null> {
  const confirmed = await db.batch<Record<string, unknown>>([
    db.prepare(CONFIRM_SQL).bind(id, nowMs),
    db.prepare(LOAD_SQL).bind(id),
    auditStatement(db, audit),
  ]);
  const row = confirmed[1]?.results[0];
  return row === undefined ? null : { broadcast: broadcastSchema.parse(row), first: (confirmed[0]?.meta.changes ?? 0) > 0 };
}

/**
 * Rows for the next page of people behind `after`. Gives those of the page that wait to be sent, which may be woken more
 * than once, and where the next page begins, `null` at the end. Doing it again makes no second row.
 */
export async function fanOutBroadcast(
  db: D1Database,
  {
    id,
    after,
    nowMs,
    page = BROADCAST_PAGE,
  }: { readonly id: string; readonly after: number; readonly nowMs: number; readonly page?: number },
): Promise<{ readonly queued: readonly { readonly eventId: string; readonly telegramId: number }[]; readonly next: number | null }> {
  const results = await db.batch<Record<string, unknown>>([
    db.prepare(FAN_OUT_SQL).bind(id, after, page, nowMs),
    db.prepare(PAGE_SQL).bind(id, after, page),
  ]);
  const rows = z.array(z.object({ telegramId: z.number(), status: z.string() })).parse(results[1]?.results ?? []);
  const queued = rows.filter(({ status }) => status === "queued").map(({ telegramId }) => ({ eventId: `broadcast:${id}`, telegramId }));
  return { queued, next: rows.length < page ? null : (rows.at(-1)?.telegramId ?? null) };
}
