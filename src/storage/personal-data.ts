/** Rows of one table that an export holds at most, newest first where it can grow. */
const MOST_ROWS = 5_000;

const SESSIONS_SQL = `
  SELECT created_at AS createdAtMs, last_active_at_ms AS lastActiveAtMs, expires_at_ms AS expiresAtMs, ended_at_ms AS endedAtMs
  FROM sessions WHERE telegram_id = ?1 ORDER BY created_at DESC LIMIT ?2`;
const PERSON_SQL = `
  SELECT telegram_id AS telegramId, chat_id AS chatId, role, status, preferences, created_at AS createdAtMs, updated_at AS updatedAtMs
  FROM people WHERE telegram_id = ?1 LIMIT 1`;
const TAKEN_SQL = `
  SELECT id, opportunity_id AS opportunityId, asset, long_instrument AS longInstrument, short_instrument AS shortInstrument,
    size_usd AS sizeUsd, priced, taken_at_ms AS takenAtMs, ended_at_ms AS endedAtMs
  FROM taken WHERE telegram_id = ?1 ORDER BY taken_at_ms DESC LIMIT ?2`;
const WATCHES_SQL = `
  SELECT asset, venue, rate_per_8h AS ratePer8h, direction, armed, created_at AS createdAtMs
  FROM watches WHERE telegram_id = ?1 ORDER BY created_at DESC LIMIT ?2`;
const DELIVERIES_SQL = `
  SELECT event_id AS eventId, kind, status, reason, asset, payload, created_at AS createdAtMs, sent_at_ms AS sentAtMs
  FROM deliveries WHERE telegram_id = ?1 ORDER BY created_at DESC LIMIT ?2`;

/** Columns of JSON, which an export shows as what they are. */
const JSON_COLUMNS = ["preferences", "priced", "payload"] as const;

/** Everything that D1 has about a person, by table, read at one moment. */
export async function personalDataOf(db: D1Database, telegramId: number): Promise<Readonly<Record<string, unknown>>> {
  const [person, sessions, taken, watches, deliveries] = await db.batch<Record<string, unknown>>([
    db.prepare(PERSON_SQL).bind(telegramId),
    ...[SESSIONS_SQL, TAKEN_SQL, WATCHES_SQL, DELIVERIES_SQL].map((sql) => db.prepare(sql).bind(telegramId, MOST_ROWS)),
  ]);
  const rows = (result: D1Result<Record<string, unknown>> | undefined): readonly unknown[] => (result?.results ?? []).map(readable);
  return {
    person: rows(person)[0] ?? null,
    sessions: rows(sessions),
    taken: rows(taken),
    watches: rows(watches),
    deliveries: rows(deliveries),
  };
}

/** A row with its JSON columns parsed. */
function readable(row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const whole: Record<string, unknown> = { ...row };
  for (const name of JSON_COLUMNS) if (typeof row[name] === "string") whole[name] = JSON.parse(row[name]);
  return whole;
}

/**
 * Every table with rows about a person; those that refer to `people` first. What an operator did stays, without a name; tries
 * to become one go, and whoever an act was about is no longer named.
 */
const ERASE_SQL = [
  "DELETE FROM audits WHERE actor = 'person:' || CAST(?1 AS INTEGER)",
  "UPDATE audits SET target = 'person:erased' WHERE target = 'person:' || CAST(?1 AS INTEGER)",
  "UPDATE audits SET actor = 'operator:erased' WHERE actor = 'operator:' || CAST(?1 AS INTEGER)",
  "UPDATE flags SET updated_by = 'operator:erased' WHERE updated_by = 'operator:' || CAST(?1 AS INTEGER)",
  "UPDATE identity_rulings SET created_by = 'operator:erased' WHERE created_by = 'operator:' || CAST(?1 AS INTEGER)",
  "UPDATE flag_changes SET changed_by = 'operator:erased' WHERE changed_by = 'operator:' || CAST(?1 AS INTEGER)",
  "UPDATE broadcasts SET created_by = 'operator:erased' WHERE created_by = 'operator:' || CAST(?1 AS INTEGER)",
  "UPDATE validation_runs SET started_by = 'operator:erased' WHERE started_by = 'operator:' || CAST(?1 AS INTEGER)",
  "UPDATE quarantined_rows SET quarantined_by = 'operator:erased' WHERE quarantined_by = 'operator:' || CAST(?1 AS INTEGER)",
  // Letters about one delivery go; of those about many the others stay.
  "DELETE FROM dead_letters WHERE body ->> 'telegramId' = CAST(?1 AS INTEGER)",
  `UPDATE dead_letters SET body = json_set(body, '$.deliveries', (
     SELECT json_group_array(json(value)) FROM json_each(body, '$.deliveries') WHERE value ->> 'telegramId' IS NOT CAST(?1 AS INTEGER)))
   WHERE EXISTS (SELECT 1 FROM json_each(body, '$.deliveries') WHERE value ->> 'telegramId' = CAST(?1 AS INTEGER))`,
  "DELETE FROM deliveries WHERE telegram_id = ?1",
  "DELETE FROM watches WHERE telegram_id = ?1",
  "DELETE FROM taken WHERE telegram_id = ?1",
  "DELETE FROM sessions WHERE telegram_id = ?1",
  "DELETE FROM people WHERE telegram_id = ?1",
] as const;

/** Deletes every row about a person, in one batch. Caches are the caller's to empty. */
export async function erasePersonalData(db: D1Database, telegramId: number): Promise<void> {
  await db.batch(ERASE_SQL.map((sql) => db.prepare(sql).bind(telegramId)));
}
