import * as z from "zod";
import { type AnnouncedRate, announcedSchema, type StoredSettlement } from "./taken.ts";

/** Instruments of pairs that somebody holds, and what was announced last of each that is known. */
export type HeldInstruments = {
  readonly held: readonly string[];
  /** Also of instruments that nobody holds any more. */
  readonly announced: readonly AnnouncedRate[];
};

export const HELD_INSTRUMENTS_SQL = `
  SELECT long_instrument AS instrument FROM taken WHERE ended_at_ms IS NULL
  UNION SELECT short_instrument FROM taken WHERE ended_at_ms IS NULL LIMIT 10000`;
const ANNOUNCED_SQL = `
  SELECT instrument, next_funding_at_ms AS nextFundingAtMs, rate, seen_at_ms AS seenAtMs FROM announced_rates LIMIT 20000`;

/** Each settlement once: what was written first stands. */
const INSERT_SETTLEMENTS_SQL = `
  INSERT INTO settlements (instrument, settled_at_ms, rate, source, created_at)
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, ?2 FROM json_each(?1) WHERE true
  ON CONFLICT (instrument, settled_at_ms) DO NOTHING`;
const SAVE_ANNOUNCED_SQL = `
  INSERT INTO announced_rates (instrument, next_funding_at_ms, rate, seen_at_ms)
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?1) WHERE true
  ON CONFLICT (instrument) DO UPDATE SET
    next_funding_at_ms = excluded.next_funding_at_ms, rate = excluded.rate, seen_at_ms = excluded.seen_at_ms
  WHERE excluded.seen_at_ms >= announced_rates.seen_at_ms`;
const FORGET_ANNOUNCED_SQL = "DELETE FROM announced_rates WHERE instrument IN (SELECT value FROM json_each(?1))";
const FORGET_SETTLEMENTS_SQL = "DELETE FROM settlements WHERE instrument IN (SELECT value FROM json_each(?1))";

/** Reads both in one batch. */
export async function loadHeldInstruments(db: D1Database): Promise<HeldInstruments> {
  const [held, announced] = await db.batch([db.prepare(HELD_INSTRUMENTS_SQL), db.prepare(ANNOUNCED_SQL)]);
  return {
    held: (held?.results ?? []).map((row) => instrumentSchema.parse(row).instrument),
    announced: (announced?.results ?? []).map((row) => announcedSchema.parse(row)),
  };
}

/** What one scan changes of settlements. */
export type SettlementChanges = {
  readonly settlements: readonly StoredSettlement[];
  readonly announced: readonly AnnouncedRate[];
  /** Instruments that nobody holds any more: everything kept of them goes. */
  readonly forget: readonly string[];
};

/** Writes it in one batch; nothing to write costs no statement. */
export async function saveSettlements(db: D1Database, changes: SettlementChanges & { readonly nowMs: number }): Promise<void> {
  const { settlements, announced, forget, nowMs } = changes;
  const settled = settlements.map(({ instrument, settledAtMs, rate, source }) => [instrument, settledAtMs, rate, source]);
  const shown = announced.map(({ instrument, nextFundingAtMs, rate, seenAtMs }) => [instrument, nextFundingAtMs, rate, seenAtMs]);
  const statements = [
    ...(settled.length === 0 ? [] : [db.prepare(INSERT_SETTLEMENTS_SQL).bind(JSON.stringify(settled), nowMs)]),
    ...(shown.length === 0 ? [] : [db.prepare(SAVE_ANNOUNCED_SQL).bind(JSON.stringify(shown))]),
    ...(forget.length === 0
      ? []
      : [FORGET_ANNOUNCED_SQL, FORGET_SETTLEMENTS_SQL].map((sql) => db.prepare(sql).bind(JSON.stringify(forget)))),
  ];
  if (statements.length > 0) await db.batch(statements);
}

const instrumentSchema = z.object({ instrument: z.string() });
