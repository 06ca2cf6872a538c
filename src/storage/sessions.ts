import * as z from "zod";
import type { Person } from "../domain/person.ts";
import { DAY_MS, HOUR_MS } from "../domain/units.ts";
import { personOfRow, readPreferences } from "./people.ts";

/** A session ends so long after the last use that was written. */
export const SESSION_MS = 7 * DAY_MS;
/** A person's use is written at most so often. */
export const ACTIVITY_MS = HOUR_MS;

/** A live session with whose it is. Times are epoch ms. */
export type Session = {
  readonly id: string;
  readonly lastActiveAtMs: number;
  readonly expiresAtMs: number;
  readonly person: Person;
};

export const LIVE_SESSION_SQL = `
  SELECT sessions.id AS sessionId, last_active_at_ms AS lastActiveAtMs, expires_at_ms AS expiresAtMs,
    people.telegram_id AS telegramId, chat_id AS chatId, role, status, preferences, people.created_at AS createdAtMs
  FROM sessions JOIN people ON people.telegram_id = sessions.telegram_id
  WHERE sessions.telegram_id = ?1 AND ended_at_ms IS NULL AND expires_at_ms > ?2 LIMIT 1`;

/** Somebody who blocked the bot and sends /start has unblocked it; whoever stopped alerts stays stopped. */
const ARRIVE_SQL = `
  INSERT INTO people (telegram_id, chat_id, role, status, preferences, created_at, updated_at)
  VALUES (?1, ?2, 'person', 'active', ?3, ?4, ?4)
  ON CONFLICT (telegram_id) DO UPDATE SET chat_id = excluded.chat_id,
    status = CASE status WHEN 'blocked' THEN 'active' ELSE status END, updated_at = max(created_at, excluded.updated_at)`;

const END_OVERDUE_SQL =
  "UPDATE sessions SET ended_at_ms = max(created_at, ?2) WHERE telegram_id = ?1 AND ended_at_ms IS NULL AND expires_at_ms <= ?2";

const OPEN_SESSION_SQL = `
  INSERT INTO sessions (id, telegram_id, created_at, last_active_at_ms, expires_at_ms) VALUES (?1, ?2, ?3, ?3, ?4)
  ON CONFLICT (telegram_id) WHERE ended_at_ms IS NULL DO UPDATE SET
    last_active_at_ms = max(last_active_at_ms, excluded.last_active_at_ms), expires_at_ms = max(expires_at_ms, excluded.expires_at_ms)`;

/** Only a live session slides, and only when its last written use is old enough. */
const SLIDE_SQL = `
  UPDATE sessions SET last_active_at_ms = ?2, expires_at_ms = ?3
  WHERE id = ?1 AND ended_at_ms IS NULL AND expires_at_ms > ?2 AND last_active_at_ms <= ?4`;

const END_SQL = "UPDATE sessions SET ended_at_ms = max(created_at, ?2) WHERE telegram_id = ?1 AND ended_at_ms IS NULL";

/** Whoever has stopped alerts gets none either way, and stays stopped when they come back. */
const BLOCK_SQL = "UPDATE people SET status = 'blocked', updated_at = max(created_at, ?2) WHERE telegram_id = ?1 AND status = 'active'";
const UNBLOCK_SQL = "UPDATE people SET status = 'active', updated_at = max(created_at, ?2) WHERE telegram_id = ?1 AND status = 'blocked'";

/** A person's live session; `null` where there is none, or it is over. */
export async function loadSession(
  db: D1Database,
  { telegramId, nowMs }: { readonly telegramId: number; readonly nowMs: number },
): Promise<Session | null> {
  const row = await db.prepare(LIVE_SESSION_SQL).bind(telegramId, nowMs).first();
  return row === null ? null : sessionOfRow(row);
}

/** Lets somebody in: the person and their session are there afterwards, whether they were before or not. One batch. */
export async function openSession(
  db: D1Database,
  input: {
    readonly id: string;
    readonly telegramId: number;
    readonly chatId: number;
    /** Settings of somebody new, as JSON. */
    readonly preferences: string;
    readonly nowMs: number;
  },
): Promise<Session> {
  const { id, telegramId, chatId, preferences, nowMs } = input;
  const results = await db.batch<Record<string, unknown>>([
    db.prepare(ARRIVE_SQL).bind(telegramId, chatId, preferences, nowMs),
    db.prepare(END_OVERDUE_SQL).bind(telegramId, nowMs),
    db.prepare(OPEN_SESSION_SQL).bind(id, telegramId, nowMs, nowMs + SESSION_MS),
    db.prepare(LIVE_SESSION_SQL).bind(telegramId, nowMs),
  ]);
  const row = results.at(-1)?.results[0];
  if (row === undefined) throw new Error("expected a live session after opening one, found none");
  return sessionOfRow(row);
}

/**
 * Writes that a session is used: it then ends seven days from now. In the same batch the session is read as it stands
 * after that; `null` where it is over or gone. Another isolate that wrote within the hour leaves nothing to write.
 */
export async function slideSession(
  db: D1Database,
  { session, nowMs }: { readonly session: Session; readonly nowMs: number },
): Promise<Session | null> {
  const results = await db.batch<Record<string, unknown>>([
    db.prepare(SLIDE_SQL).bind(session.id, nowMs, nowMs + SESSION_MS, nowMs - ACTIVITY_MS),
    db.prepare(LIVE_SESSION_SQL).bind(session.person.telegramId, nowMs),
  ]);
  const row = results.at(-1)?.results[0];
  return row === undefined ? null : sessionOfRow(row);
}

/** Ends a person's session in D1. Caches are the caller's to empty. */
export async function endSession(
  db: D1Database,
  { telegramId, nowMs }: { readonly telegramId: number; readonly nowMs: number },
): Promise<void> {
  await db.prepare(END_SQL).bind(telegramId, nowMs).run();
}

/** Writes that a person blocked the bot, or lets it write again. False when that changed nothing. */
export async function setBlocked(
  db: D1Database,
  { telegramId, blocked, nowMs }: { readonly telegramId: number; readonly blocked: boolean; readonly nowMs: number },
): Promise<boolean> {
  const { meta } = await db
    .prepare(blocked ? BLOCK_SQL : UNBLOCK_SQL)
    .bind(telegramId, nowMs)
    .run();
  return meta.changes > 0;
}

const sessionRowSchema = z.object({ sessionId: z.string(), lastActiveAtMs: z.number(), expiresAtMs: z.number() });

/** A row of `LIVE_SESSION_SQL`. @throws ZodError when it is not what was written */
export function sessionOfRow(row: unknown): Session {
  const { sessionId, lastActiveAtMs, expiresAtMs } = sessionRowSchema.parse(row);
  return { id: sessionId, lastActiveAtMs, expiresAtMs, person: personOfRow(row) };
}

const cachedSchema = z.object({
  id: z.string().min(1),
  lastActiveAtMs: z.number(),
  expiresAtMs: z.number(),
  person: z.object({
    telegramId: z.number(),
    chatId: z.number(),
    role: z.enum(["person", "operator"]),
    status: z.enum(["active", "stopped", "blocked"]),
    preferences: z.unknown(),
    createdAtMs: z.number(),
  }),
});

/** A session as a value of KV. */
export const sessionText = (session: Session): string => JSON.stringify(session);

/** A session from KV; `null` for what is not one of this person, or is over. */
export function parseSession(text: string, { telegramId, nowMs }: { readonly telegramId: number; readonly nowMs: number }): Session | null {
  const parsed = cachedSchema.safeParse(parseJson(text));
  if (!parsed.success) return null;
  const { person, ...session } = parsed.data;
  if (person.telegramId !== telegramId || session.expiresAtMs <= nowMs) return null;
  return { ...session, person: { ...person, preferences: readPreferences(person.preferences) } };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
