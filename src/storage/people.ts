import * as z from "zod";
import { STRATEGIES } from "../domain/opportunity.ts";
import {
  ALERT_MODES,
  DEFAULT_PREFERENCES,
  FEE_BOUNDS,
  HORIZON_BOUNDS_HOURS,
  LANGUAGES,
  MOST_MUTES,
  type Person,
  type Preferences,
  type Role,
  SIZE_BOUNDS_USD,
} from "../domain/person.ts";

export const PERSON_BY_ID_SQL = `
  SELECT telegram_id AS telegramId, chat_id AS chatId, role, status, preferences, created_at AS createdAtMs
  FROM people WHERE telegram_id = ?1 LIMIT 1`;

export const PEOPLE_BY_IDS_SQL = `
  SELECT telegram_id AS telegramId, chat_id AS chatId, role, status, preferences, created_at AS createdAtMs
  FROM people WHERE telegram_id IN (SELECT value FROM json_each(?1)) ORDER BY telegram_id`;

export const PAGE_OF_PEOPLE_SQL = `
  SELECT telegram_id AS telegramId, chat_id AS chatId, role, status, preferences, created_at AS createdAtMs
  FROM people
  WHERE telegram_id > ?1 AND status = 'active' AND chat_id > 0
    AND (json_extract(preferences, '$.onboarded') = 1
      OR EXISTS (SELECT 1 FROM taken WHERE taken.telegram_id = people.telegram_id AND taken.ended_at_ms IS NULL))
  ORDER BY telegram_id LIMIT ?2`;

export const OPERATORS_SQL = `
  SELECT telegram_id AS telegramId, chat_id AS chatId, role, status, preferences, created_at AS createdAtMs
  FROM people WHERE role = 'operator' ORDER BY telegram_id LIMIT 100`;

export const ROLE_SQL = "SELECT role FROM people WHERE telegram_id = ?1 LIMIT 1";

/** People of one page of `pageOfPeople` at most. */
export const MOST_PEOPLE_PAGE = 500;

/** Somebody by their Telegram id; `null` for somebody who never sent /start, or is erased. */
export async function loadPerson(db: D1Database, telegramId: number): Promise<Person | null> {
  const row = await db.prepare(PERSON_BY_ID_SQL).bind(telegramId).first();
  return row === null ? null : personOfRow(row);
}

/** People by their ids, in one statement. Who is not stored is absent. */
export async function peopleByIds(db: D1Database, telegramIds: readonly number[]): Promise<ReadonlyMap<number, Person>> {
  if (telegramIds.length === 0) return new Map();
  const { results } = await db
    .prepare(PEOPLE_BY_IDS_SQL)
    .bind(JSON.stringify([...new Set(telegramIds)]))
    .all();
  return new Map(results.map((row) => personOfRow(row)).map((person) => [person.telegramId, person]));
}

/** People who get alerts (active, with the taps of /start done or a pair that they hold), in the order of their ids, behind `after`. */
export async function pageOfPeople(
  db: D1Database,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<readonly Person[]> {
  const size = Math.min(Math.max(1, Math.trunc(limit)), MOST_PEOPLE_PAGE);
  const { results } = await db.prepare(PAGE_OF_PEOPLE_SQL).bind(after, size).all();
  return results.map((row) => personOfRow(row));
}

/** Everybody with the role `operator`, whatever their status. */
export async function operators(db: D1Database): Promise<readonly Person[]> {
  const { results } = await db.prepare(OPERATORS_SQL).all();
  return results.map((row) => personOfRow(row));
}

/** The role as D1 has it now; `person` for somebody who is not stored. */
export async function roleOf(db: D1Database, telegramId: number): Promise<Role> {
  const role = await db.prepare(ROLE_SQL).bind(telegramId).first("role");
  return role === "operator" ? "operator" : "person";
}

const within = ({ min, max }: { readonly min: number; readonly max: number }) => z.number().min(min).max(max);
const preset = DEFAULT_PREFERENCES;
const names = z.array(z.string().min(1).max(40)).max(1_000).readonly().nullable();
const mode = z.enum(ALERT_MODES);
const minute = z.int().min(0).max(1_439);

/** Each part stands for itself: one that is unknown or broken takes its default and spoils no other. */
const preferencesSchema: z.ZodType<Preferences> = z.object({
  language: z.enum(LANGUAGES).catch(preset.language),
  venues: names.catch(preset.venues),
  strategies: z.array(z.enum(STRATEGIES)).max(STRATEGIES.length).readonly().nullable().catch(preset.strategies),
  assets: names.catch(preset.assets),
  sizeUsd: within(SIZE_BOUNDS_USD).catch(preset.sizeUsd),
  horizonHours: within(HORIZON_BOUNDS_HOURS).catch(preset.horizonHours),
  bar: z.object({ kind: z.enum(["net-apr", "net-usd"]), value: z.number() }).catch(preset.bar),
  alerts: z
    .object({
      opened: mode.catch(preset.alerts.opened),
      improved: mode.catch(preset.alerts.improved),
      "terms-changed": mode.catch(preset.alerts["terms-changed"]),
      "no-data": mode.catch(preset.alerts["no-data"]),
      ended: mode.catch(preset.alerts.ended),
    })
    .catch(preset.alerts),
  fees: z.record(z.string(), within(FEE_BOUNDS)).catch(preset.fees),
  mutes: z
    .array(
      z.object({
        scope: z.enum(["asset", "venue", "strategy"]),
        value: z.string().min(1).max(40),
        untilMs: z.number().nullable(),
      }),
    )
    .max(MOST_MUTES)
    .readonly()
    .catch(preset.mutes),
  quiet: z
    .object({ fromMinute: minute, toMinute: minute, timeZone: z.string().min(1).max(60) })
    .nullable()
    .catch(preset.quiet),
  onboarded: z.boolean().catch(preset.onboarded),
});

/** A person's settings from the text of D1 or KV. Parts that are missing or unknown take their defaults; never throws. */
export function parsePreferences(text: string): Preferences {
  return readPreferences(parseJson(text));
}

/** The same from a value that is parsed already. */
export function readPreferences(value: unknown): Preferences {
  const parsed = preferencesSchema.safeParse(value);
  return parsed.success ? parsed.data : preset;
}

const personRowSchema = z.object({
  telegramId: z.number(),
  chatId: z.number(),
  role: z.enum(["person", "operator"]),
  status: z.enum(["active", "stopped", "blocked"]),
  preferences: z.string(),
  createdAtMs: z.number(),
});

/** A row of `people`, with its columns named as in `PERSON_BY_ID_SQL`. @throws ZodError when it is not what was written */
export function personOfRow(row: unknown): Person {
  const parsed = personRowSchema.parse(row);
  return { ...parsed, preferences: parsePreferences(parsed.preferences) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
