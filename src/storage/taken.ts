import * as z from "zod";
import { instrumentId } from "../domain/instrument.ts";
import type { Leg, Priced } from "../domain/opportunity.ts";
import { MOST_TAKEN } from "../domain/person.ts";
import { pricedSchema } from "./schemas.ts";

/** A pair that somebody says to hold. Times are epoch ms. */
export type Taken = {
  readonly id: string;
  readonly telegramId: number;
  /** The row it stood in when it was taken. */
  readonly opportunityId: string;
  readonly key: string;
  readonly asset: string;
  readonly longInstrument: string;
  readonly shortInstrument: string;
  /** USD on each leg. */
  readonly sizeUsd: number;
  /** As it was shown when taken, at the person's own terms: rates, fees and crossing of the entry. */
  readonly priced: Priced;
  readonly takenAtMs: number;
  readonly endedAtMs: number | null;
};

/** Somebody who holds the pair of a row. */
export type Holder = {
  readonly telegramId: number;
  readonly takenId: string;
  /** USD on each leg. */
  readonly sizeUsd: number;
  /** Whether its carry was negative when a scan showed it last. */
  readonly paysNow: boolean;
};

/** A settlement as stored; `missed` has no rate. */
export type StoredSettlement = {
  readonly instrument: string;
  readonly settledAtMs: number;
  readonly rate: number | null;
  readonly source: "settled" | "last-seen" | "missed";
};
/** The rate and next funding time that an instrument showed last. */
export type AnnouncedRate = {
  readonly instrument: string;
  readonly nextFundingAtMs: number;
  readonly rate: number;
  readonly seenAtMs: number;
};

export const TAKEN_OF_SQL = `
  SELECT id, telegram_id AS telegramId, opportunity_id AS opportunityId, key, asset, long_instrument AS longInstrument,
    short_instrument AS shortInstrument, size_usd AS sizeUsd, priced, taken_at_ms AS takenAtMs, ended_at_ms AS endedAtMs
  FROM taken WHERE telegram_id = ?1 AND ended_at_ms IS NULL ORDER BY taken_at_ms DESC, id LIMIT ${MOST_TAKEN}`;

/** By key, since a pair that closed and opened anew stands in another row and is still held. */
export const HOLDERS_SQL = `
  SELECT opportunities.id AS opportunityId, taken.telegram_id AS telegramId, taken.id AS takenId, taken.size_usd AS sizeUsd,
    taken.pays_now AS paysNow
  FROM json_each(?1) AS asked
  JOIN opportunities ON opportunities.id = asked.value
  JOIN taken ON taken.key = opportunities.key AND taken.ended_at_ms IS NULL
  ORDER BY taken.telegram_id`;

const INSERT_TAKEN_SQL = `
  INSERT INTO taken (id, telegram_id, opportunity_id, key, asset, long_instrument, short_instrument, size_usd, priced, taken_at_ms)
  SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10
  WHERE (SELECT count(*) FROM taken WHERE telegram_id = ?2 AND ended_at_ms IS NULL) < ${MOST_TAKEN}
  ON CONFLICT DO NOTHING`;

/** What the legs announced when the pair was taken: a settlement before the next scan is known by it. */
const ANNOUNCE_SQL = `
  INSERT INTO announced_rates (instrument, next_funding_at_ms, rate, seen_at_ms)
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?1) WHERE true
  ON CONFLICT (instrument) DO NOTHING`;

export const SAVE_CARRIES_SQL = `
  UPDATE taken SET pays_now = seen.pays FROM (SELECT value ->> 0 AS id, value ->> 1 AS pays FROM json_each(?1)) AS seen
  WHERE taken.id = seen.id AND taken.ended_at_ms IS NULL`;

const RESIZE_SQL = "UPDATE taken SET size_usd = ?3, priced = ?4 WHERE id = ?1 AND telegram_id = ?2 AND ended_at_ms IS NULL";
const END_SQL = "UPDATE taken SET ended_at_ms = max(taken_at_ms, ?3) WHERE id = ?1 AND telegram_id = ?2 AND ended_at_ms IS NULL";
/** Ended pairs kept of a person, for /export. */
const MOST_ENDED = 50;
const FORGET_ENDED_SQL = `
  DELETE FROM taken WHERE telegram_id = ?1 AND ended_at_ms IS NOT NULL AND id NOT IN (
    SELECT id FROM taken WHERE telegram_id = ?1 AND ended_at_ms IS NOT NULL ORDER BY ended_at_ms DESC, id LIMIT ${MOST_ENDED})`;

/** Settlements since the entry of the pairs of one page. */
const SETTLEMENTS_OF_SQL = `
  SELECT DISTINCT settlements.instrument, settled_at_ms AS settledAtMs, rate, source
  FROM (SELECT long_instrument, short_instrument, taken_at_ms, row_number() OVER (ORDER BY taken_at_ms DESC, id) AS place
    FROM taken WHERE telegram_id = ?1 AND ended_at_ms IS NULL) AS held
  JOIN settlements ON settlements.instrument IN (held.long_instrument, held.short_instrument)
    AND settlements.settled_at_ms > held.taken_at_ms
  WHERE held.place > ?2 * ?3 AND held.place <= (?2 + 1) * ?3
  ORDER BY settled_at_ms DESC LIMIT ?4`;
const ANNOUNCED_OF_SQL = `
  SELECT instrument, next_funding_at_ms AS nextFundingAtMs, rate, seen_at_ms AS seenAtMs FROM announced_rates
  WHERE instrument IN (SELECT long_instrument FROM taken WHERE telegram_id = ?1 AND ended_at_ms IS NULL
    UNION SELECT short_instrument FROM taken WHERE telegram_id = ?1 AND ended_at_ms IS NULL)
  LIMIT ${2 * MOST_TAKEN}`;

/** Settlements that one reading gives at most, the newest: two hourly legs of five pairs over five months. */
export const MOST_SETTLEMENTS = 40_000;

/** What a person holds now, the latest first. */
export async function takenOf(db: D1Database, telegramId: number): Promise<readonly Taken[]> {
  const { results } = await db.prepare(TAKEN_OF_SQL).bind(telegramId).all();
  return results.map((row) => takenRowSchema.parse(row));
}

/** Who holds the pairs of these rows now, by row. A row that nobody holds is absent. */
export async function holdersOf(db: D1Database, opportunityIds: readonly string[]): Promise<ReadonlyMap<string, readonly Holder[]>> {
  if (opportunityIds.length === 0) return new Map();
  const { results } = await db.prepare(HOLDERS_SQL).bind(JSON.stringify(opportunityIds)).all();
  const holders = new Map<string, Holder[]>();
  for (const row of results) {
    const { opportunityId, holder } = holderSchema.parse(row);
    const known = holders.get(opportunityId);
    if (known === undefined) holders.set(opportunityId, [holder]);
    else known.push(holder);
  }
  return holders;
}

/** Notes the sign of the carry of pairs that are held, in one statement; none where there is none to note. */
export async function saveCarries(db: D1Database, seen: readonly Pick<Holder, "takenId" | "paysNow">[]): Promise<void> {
  if (seen.length === 0) return;
  const rows = JSON.stringify(seen.map(({ takenId, paysNow }) => [takenId, Number(paysNow)]));
  await db.prepare(SAVE_CARRIES_SQL).bind(rows).run();
}

/** Writes a pair as taken. False where the person holds that pair already, or as many as they may. */
export async function saveTaken(db: D1Database, taken: Omit<Taken, "endedAtMs" | "longInstrument" | "shortInstrument">): Promise<boolean> {
  const { priced, takenAtMs } = taken;
  const [long, short] = [legInstrument(priced.long), legInstrument(priced.short)];
  const { id, telegramId, opportunityId, key, asset, sizeUsd } = taken;
  const insert = db
    .prepare(INSERT_TAKEN_SQL)
    .bind(id, telegramId, opportunityId, key, asset, long, short, sizeUsd, JSON.stringify(priced), takenAtMs);
  const announced = [priced.long, priced.short].flatMap((leg) => announcedBy(leg, takenAtMs));
  const [inserted] = await db.batch([insert, db.prepare(ANNOUNCE_SQL).bind(JSON.stringify(announced))]);
  return (inserted?.meta.changes ?? 0) > 0;
}

/** Sets size and entry terms of a pair that is held. False where it is not, or not by this person. */
export async function resizeTaken(
  db: D1Database,
  { id, telegramId, sizeUsd, priced }: Pick<Taken, "id" | "telegramId" | "sizeUsd" | "priced">,
): Promise<boolean> {
  const { meta } = await db.prepare(RESIZE_SQL).bind(id, telegramId, sizeUsd, JSON.stringify(priced)).run();
  return meta.changes > 0;
}

/** Ends a pair that is held. False where it is not, or not by this person. */
export async function endTaken(
  db: D1Database,
  { id, telegramId, nowMs }: { readonly id: string; readonly telegramId: number; readonly nowMs: number },
): Promise<boolean> {
  const [ended] = await db.batch([db.prepare(END_SQL).bind(id, telegramId, nowMs), db.prepare(FORGET_ENDED_SQL).bind(telegramId)]);
  return (ended?.meta.changes ?? 0) > 0;
}

/** What a person holds, with what is known of the funding of one page of it. */
export type Holdings = {
  /** All of it, the latest first. */
  readonly taken: readonly Taken[];
  /** Of the pairs of the page, since each entry. */
  readonly settlements: readonly StoredSettlement[];
  readonly announced: readonly AnnouncedRate[];
  /** Older settlements than these were not read; `null` where none was left out. Epoch ms. */
  readonly cutAtMs: number | null;
};

/** Reads it in one batch. Pages are counted from 0. */
export async function loadHoldings(
  db: D1Database,
  { telegramId, page, pageSize }: { readonly telegramId: number; readonly page: number; readonly pageSize: number },
): Promise<Holdings> {
  const [taken, settlements, announced] = await db.batch([
    db.prepare(TAKEN_OF_SQL).bind(telegramId),
    db.prepare(SETTLEMENTS_OF_SQL).bind(telegramId, page, pageSize, MOST_SETTLEMENTS),
    db.prepare(ANNOUNCED_OF_SQL).bind(telegramId),
  ]);
  const settled = (settlements?.results ?? []).map((row) => settlementSchema.parse(row));
  return {
    taken: (taken?.results ?? []).map((row) => takenRowSchema.parse(row)),
    settlements: settled,
    announced: (announced?.results ?? []).map((row) => announcedSchema.parse(row)),
    cutAtMs: settled.length < MOST_SETTLEMENTS ? null : (settled.at(-1)?.settledAtMs ?? null),
  };
}

const legInstrument = ({ quote }: Leg): string => instrumentId(quote.venue, quote.symbol);

/** What a leg announces, as a row of `announced_rates`; nothing where it pays no funding or does not say. */
function announcedBy({ quote }: Leg, seenAtMs: number): readonly (readonly [string, number, number, number])[] {
  const { nextFundingAtMs, fundingRatePerInterval } = quote;
  if (quote.kind === "spot" || nextFundingAtMs === null || fundingRatePerInterval === null) return [];
  return [[instrumentId(quote.venue, quote.symbol), nextFundingAtMs, fundingRatePerInterval, quote.receivedAtMs ?? seenAtMs]];
}

const takenRowSchema: z.ZodType<Taken> = z.object({
  id: z.string().min(1),
  telegramId: z.number(),
  opportunityId: z.string(),
  key: z.string(),
  asset: z.string(),
  longInstrument: z.string(),
  shortInstrument: z.string(),
  sizeUsd: z.number(),
  priced: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(pricedSchema),
  takenAtMs: z.number(),
  endedAtMs: z.number().nullable(),
});
const holderSchema = z
  .object({ opportunityId: z.string(), telegramId: z.number(), takenId: z.string(), sizeUsd: z.number(), paysNow: z.number() })
  .transform(({ opportunityId, paysNow, ...holder }) => ({ opportunityId, holder: { ...holder, paysNow: paysNow === 1 } }));
const settlementSchema: z.ZodType<StoredSettlement> = z.object({
  instrument: z.string(),
  settledAtMs: z.number(),
  rate: z.number().nullable(),
  source: z.enum(["settled", "last-seen", "missed"]),
});
export const announcedSchema: z.ZodType<AnnouncedRate> = z.object({
  instrument: z.string(),
  nextFundingAtMs: z.number(),
  rate: z.number(),
  seenAtMs: z.number(),
});
