import * as z from "zod";
import type { Person, PersonStatus, Preferences } from "../domain/person.ts";
import { parsePreferences, PERSON_BY_ID_SQL, personOfRow } from "./people.ts";
import { LIVE_SESSION_SQL, loadSession, type Session, sessionOfRow } from "./sessions.ts";

/** Settings are written only over what they were made from; so often it is tried while others change them too. */
const MOST_TRIES = 5;

const SAVE_PREFERENCES_SQL =
  "UPDATE people SET preferences = ?3, updated_at = max(created_at, ?4) WHERE telegram_id = ?1 AND preferences = ?2";
const SET_STATUS_SQL = "UPDATE people SET status = ?2, updated_at = max(created_at, ?3) WHERE telegram_id = ?1 AND status <> ?2";

/** A person as D1 has them after a change. `session`: the live one, `null` where it has ended. */
export type Stored = { readonly person: Person; readonly session: Session | null };
/** The same, with the settings that the change was made from. */
export type StoredPreferences = Stored & { readonly before: Preferences };
/** The same, and whether there was anything to change. */
export type StoredStatus = Stored & { readonly changed: boolean };

type Whose = { readonly telegramId: number; readonly nowMs: number };

/**
 * Changes a person's settings as they stand in D1: `apply` gets those, and is asked again when somebody else wrote meanwhile.
 * `null` where there is no such person. Caches are the caller's to change.
 * @throws Error when others wrote each time
 */
export async function changePreferences(
  db: D1Database,
  { telegramId, nowMs }: Whose,
  apply: (preferences: Preferences) => Preferences,
): Promise<StoredPreferences | null> {
  for (let left = MOST_TRIES; left > 0; left--) {
    const row = await db.prepare(PERSON_BY_ID_SQL).bind(telegramId).first();
    if (row === null) return null;
    const stored = preferencesOfRow(row);
    const before = parsePreferences(stored);
    const person = { ...personOfRow(row), preferences: apply(before) };
    const text = JSON.stringify(person.preferences);
    if (text === stored) return { person, before, session: await loadSession(db, { telegramId, nowMs }) };
    const [saved, live] = await db.batch<Record<string, unknown>>([
      db.prepare(SAVE_PREFERENCES_SQL).bind(telegramId, stored, text, nowMs),
      db.prepare(LIVE_SESSION_SQL).bind(telegramId, nowMs),
    ]);
    if ((saved?.meta.changes ?? 0) > 0) return { person, before, session: sessionOf(live) };
  }
  throw new Error(`expected settings to hold still for one of ${MOST_TRIES} tries, found them changed each time`);
}

/** Writes a person's status. `null` where there is no such person. Caches are the caller's to change. */
export async function changeStatus(
  db: D1Database,
  { telegramId, status, nowMs }: Whose & { readonly status: PersonStatus },
): Promise<StoredStatus | null> {
  const [saved, people, live] = await db.batch<Record<string, unknown>>([
    db.prepare(SET_STATUS_SQL).bind(telegramId, status, nowMs),
    db.prepare(PERSON_BY_ID_SQL).bind(telegramId),
    db.prepare(LIVE_SESSION_SQL).bind(telegramId, nowMs),
  ]);
  const row = people?.results[0];
  if (row === undefined) return null;
  return { person: personOfRow(row), session: sessionOf(live), changed: (saved?.meta.changes ?? 0) > 0 };
}

const preferencesOfRow = (row: unknown): string => z.object({ preferences: z.string() }).parse(row).preferences;

function sessionOf(result: D1Result<Record<string, unknown>> | undefined): Session | null {
  const row = result?.results[0];
  return row === undefined ? null : sessionOfRow(row);
}
