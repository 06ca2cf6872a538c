import * as z from "zod";
import { type AccountFee, KEY_SCOPES, type KeyState } from "../domain/venue-key.ts";

const LIST_SQL = `
  SELECT venue, key_id AS keyId, credential_id AS credentialId, scope, message, perpetual_fee_rate AS perpetualRate,
    perpetual_fee_read_at_ms AS perpetualReadAtMs, spot_fee_rate AS spotRate, spot_fee_read_at_ms AS spotReadAtMs,
    checked_at_ms AS checkedAtMs
  FROM venue_keys ORDER BY venue LIMIT 100`;

/** An older look than the stored one changes nothing. */
const SAVE_SQL = `
  INSERT INTO venue_keys (venue, key_id, credential_id, scope, message, perpetual_fee_rate, perpetual_fee_read_at_ms, spot_fee_rate,
    spot_fee_read_at_ms, checked_at_ms, created_at, updated_at)
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8, value ->> 9,
    ?2, ?2
  FROM json_each(?1) WHERE true
  ON CONFLICT (venue) DO UPDATE SET key_id = excluded.key_id, credential_id = excluded.credential_id, scope = excluded.scope,
    message = excluded.message, perpetual_fee_rate = excluded.perpetual_fee_rate,
    perpetual_fee_read_at_ms = excluded.perpetual_fee_read_at_ms, spot_fee_rate = excluded.spot_fee_rate,
    spot_fee_read_at_ms = excluded.spot_fee_read_at_ms, checked_at_ms = excluded.checked_at_ms, updated_at = excluded.updated_at
  WHERE excluded.checked_at_ms > venue_keys.checked_at_ms`;

const FORGET_SQL = "DELETE FROM venue_keys WHERE venue IN (SELECT value FROM json_each(?1))";

const epochMs = z.number().int().nullable();
const rate = z.number().nullable();
const feeOf = (found: number | null, readAtMs: number | null): AccountFee | null =>
  found === null || readAtMs === null ? null : { rate: found, readAtMs };
const rowSchema: z.ZodType<KeyState> = z
  .object({
    venue: z.string(),
    keyId: z.string(),
    credentialId: z.string(),
    scope: z.enum(KEY_SCOPES),
    message: z.string().nullable(),
    perpetualRate: rate,
    perpetualReadAtMs: epochMs,
    spotRate: rate,
    spotReadAtMs: epochMs,
    checkedAtMs: z.number().int(),
  })
  .transform(({ perpetualRate, perpetualReadAtMs, spotRate, spotReadAtMs, ...row }) => ({
    ...row,
    fees: { perpetual: feeOf(perpetualRate, perpetualReadAtMs), spot: feeOf(spotRate, spotReadAtMs) },
  }));

/** The last look at each key, as a statement; its rows are read by `keyStateOf`. */
export const listKeyStates = (db: D1Database): D1PreparedStatement => db.prepare(LIST_SQL);

/** A row as `listKeyStates` selects it. @throws ZodError when it is not what was written */
export const keyStateOf = (row: unknown): KeyState => rowSchema.parse(row);

/** The last look at each key. Throws when D1 fails or a row is not what was written. */
export async function loadKeyStates(db: D1Database): Promise<readonly KeyState[]> {
  const { results } = await listKeyStates(db).all();
  return results.map(keyStateOf);
}

/** The statement that keeps the last look at each key. */
export function saveKeyStates(db: D1Database, states: readonly KeyState[], nowMs: number): D1PreparedStatement {
  const rows = states.map(({ venue, keyId, credentialId, scope, message, fees: { perpetual, spot }, checkedAtMs }) => [
    venue,
    keyId,
    credentialId,
    scope,
    message,
    perpetual?.rate ?? null,
    perpetual?.readAtMs ?? null,
    spot?.rate ?? null,
    spot?.readAtMs ?? null,
    checkedAtMs,
  ]);
  return db.prepare(SAVE_SQL).bind(JSON.stringify(rows), nowMs);
}

/** The statement that forgets keys that were taken away. */
export const forgetKeyStates = (db: D1Database, venues: readonly string[]): D1PreparedStatement =>
  db.prepare(FORGET_SQL).bind(JSON.stringify(venues));
