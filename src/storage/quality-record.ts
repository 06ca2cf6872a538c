import * as z from "zod";
import { EMPTY_TALLY, sumTallies, type Tally, tallyOf } from "../domain/quality-tally.ts";
import { DAY_MS, HOUR_MS } from "../domain/units.ts";
import { schemaProblem } from "./schemas.ts";

/** Where what is summed ends: after the last hour, or after the last day where its hours are gone. */
const SUMMED_UNTIL = `max(coalesce((SELECT max(id) + 3600000 FROM quality_hours), 0), coalesce((SELECT max(id) + 86400000 FROM quality_days), 0))`;

/** Of scans in [?1, ?2), what their quality is told by. `?4` = 1: with their coins. */
export const SCAN_TALLIES_SQL = `
  SELECT id, venues, rejections -> '$.counts' AS counts, CASE ?4 WHEN 1 THEN quality ELSE quality -> '$.failed' END AS quality
  FROM scans WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT ?3`;

/** The same of scans in [?1, ?2) whose hour is not summed yet. */
export const OPEN_SCAN_TALLIES_SQL = `
  SELECT id, venues, rejections -> '$.counts' AS counts, CASE ?4 WHEN 1 THEN quality ELSE quality -> '$.failed' END AS quality
  FROM scans WHERE id >= max(?1, ${SUMMED_UNTIL}) AND id < ?2 ORDER BY id LIMIT ?3`;

/** Hours in [?1, ?2) whose day is not summed, or not wholly in it. */
export const HOURS_SQL = `
  SELECT id, scans, feeds, coin_scans AS coinScans, CASE ?3 WHEN 1 THEN coins ELSE '{}' END AS coins FROM quality_hours AS hour
  WHERE id >= ?1 AND id < ?2 AND NOT EXISTS (SELECT 1 FROM quality_days AS day
    WHERE day.id = hour.id - hour.id % 86400000 AND day.id >= ?1 AND day.id + 86400000 <= ?2)
  ORDER BY id LIMIT ?4`;

/** Days that lie in [?1, ?2). */
export const DAYS_SQL = `
  SELECT id, scans, feeds, coin_scans AS coinScans, CASE ?3 WHEN 1 THEN coins ELSE '{}' END AS coins FROM quality_days
  WHERE id >= ?1 AND id + 86400000 <= ?2 ORDER BY id LIMIT ?4`;

/** Every hour in [?1, ?2), without coins. */
const ALL_HOURS_SQL = `
  SELECT id, scans, feeds, coin_scans AS coinScans, '{}' AS coins FROM quality_hours
  WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT ?3`;

/** The first scan whose hour is not summed. */
export const NEXT_OPEN_SCAN_SQL = `
  SELECT id FROM scans WHERE id >= ${SUMMED_UNTIL} ORDER BY id LIMIT 1`;
/** The first hour whose day is not summed. */
export const NEXT_OPEN_HOUR_SQL = `
  SELECT id FROM quality_hours WHERE id >= coalesce((SELECT max(id) + 86400000 FROM quality_days), 0) ORDER BY id LIMIT 1`;

export const SAVE_HOUR_SQL = `
  INSERT INTO quality_hours (id, scans, feeds, coin_scans, coins, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (id) DO NOTHING`;
export const SAVE_DAY_SQL = `
  INSERT INTO quality_days (id, scans, feeds, coin_scans, coins, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (id) DO NOTHING`;

/** Hours are kept so long; days for years. */
export const HOURS_KEPT_MS = 40 * DAY_MS;
/** Scans read in one statement: an hour of two-minute slots is half of it. */
const SCANS_A_PAGE = 60;
/** Scans that one question reads besides hours and days: the ends of its period and the hour that runs. */
const MOST_SCANS = 400;
const MOST_HOURS = 24 * 41;
const MOST_DAYS = 400;

/** A period, start included and end not, epoch ms. */
export type Period = { readonly fromMs: number; readonly untilMs: number };

/** The tally of every scan in a period, read from the scans themselves, page by page. */
export async function tallyScans(db: D1Database, { fromMs, untilMs }: Period): Promise<Tally> {
  let tally = EMPTY_TALLY;
  let from: number | null = fromMs;
  while (from !== null) {
    const page: D1Result = await db.prepare(SCAN_TALLIES_SQL).bind(from, untilMs, SCANS_A_PAGE, 1).all();
    const scans = page.results.map((row) => scanRow.parse(row));
    tally = sumTallies([tally, ...scans.map(scanTally)]);
    const last = scans.at(-1);
    from = scans.length === SCANS_A_PAGE && last !== undefined ? last.id + 1 : null;
  }
  return tally;
}

/** What a period's tally was summed from. `whole`: no scan of it was left out. */
export type PeriodTally = { readonly tally: Tally; readonly whole: boolean };

/**
 * The tally of a period: of days where they lie in it, of hours for the rest, of scans at its ends and for the hour that
 * runs. One transaction, so that nothing is counted twice while hours and days are made.
 */
export async function tallyPeriod(
  db: D1Database,
  { fromMs, untilMs }: Period,
  { coins }: { readonly coins: boolean },
): Promise<PeriodTally> {
  const withCoins = coins ? 1 : 0;
  const firstHourMs = Math.min(Math.ceil(fromMs / HOUR_MS) * HOUR_MS, untilMs);
  const lastHourMs = Math.max(Math.floor(untilMs / HOUR_MS) * HOUR_MS, firstHourMs);
  const results = await db.batch<Record<string, unknown>>([
    db.prepare(DAYS_SQL).bind(firstHourMs, lastHourMs, withCoins, MOST_DAYS),
    db.prepare(HOURS_SQL).bind(firstHourMs, lastHourMs, withCoins, MOST_HOURS),
    db.prepare(OPEN_SCAN_TALLIES_SQL).bind(firstHourMs, lastHourMs, MOST_SCANS, withCoins),
    db.prepare(SCAN_TALLIES_SQL).bind(fromMs, firstHourMs, MOST_SCANS, withCoins),
    db.prepare(SCAN_TALLIES_SQL).bind(lastHourMs, untilMs, MOST_SCANS, withCoins),
  ]);
  const [days = [], hours = [], ...scans] = results.map((result) => result.results);
  const sums = [...days, ...hours].map((row) => sumTally(sumRow.parse(row)));
  const single = scans.flat().map((row) => scanTally(scanRow.parse(row)));
  const whole = scans.every((rows) => rows.length < MOST_SCANS) && hours.length < MOST_HOURS && days.length < MOST_DAYS;
  return { tally: sumTallies([...sums, ...single]), whole };
}

/** A day or hour with its sums; `startMs` is its start, epoch ms. */
export type TallyAt = { readonly startMs: number; readonly tally: Tally };

/** The finished hours or days of a period, oldest first, without coins. */
export async function listTallies(db: D1Database, by: "hour" | "day", { fromMs, untilMs }: Period): Promise<readonly TallyAt[]> {
  const query =
    by === "hour" ? db.prepare(ALL_HOURS_SQL).bind(fromMs, untilMs, MOST_HOURS) : db.prepare(DAYS_SQL).bind(fromMs, untilMs, 0, MOST_DAYS);
  const { results } = await query.all();
  return results.map((row) => {
    const sums = sumRow.parse(row);
    return { startMs: sums.id, tally: sumTally(sums) };
  });
}

/** Start of the first hour that has scans and no sums, and of the first day that has hours and no sums; `null` where there is none. */
export async function openSums(db: D1Database): Promise<{ readonly hourMs: number | null; readonly dayMs: number | null }> {
  const results = await db.batch<{ readonly id: number }>([db.prepare(NEXT_OPEN_SCAN_SQL), db.prepare(NEXT_OPEN_HOUR_SQL)]);
  const [scanMs, hourMs] = results.map((result) => result.results[0]?.id ?? null);
  const startOf = (atMs: number | null | undefined, ms: number): number | null => (atMs == null ? null : Math.floor(atMs / ms) * ms);
  return { hourMs: startOf(scanMs, HOUR_MS), dayMs: startOf(hourMs, DAY_MS) };
}

/** Stores the sums of an hour or day unless it has some: they are made once. */
export async function saveSums(
  db: D1Database,
  by: "hour" | "day",
  { startMs, tally, nowMs }: TallyAt & { readonly nowMs: number },
): Promise<void> {
  const { scans, feeds, coinScans, coins } = tally;
  await db
    .prepare(by === "hour" ? SAVE_HOUR_SQL : SAVE_DAY_SQL)
    .bind(startMs, scans, JSON.stringify(feeds), coinScans, JSON.stringify(coins), nowMs)
    .run();
}

/** The sum of the hours of a day, coins included. */
export async function tallyHours(db: D1Database, dayMs: number): Promise<Tally> {
  const { results } = await db
    .prepare(HOURS_SQL)
    .bind(dayMs, dayMs + DAY_MS, 1, 24)
    .all();
  return sumTallies(results.map((row) => sumTally(sumRow.parse(row))));
}

const rowCounts = z.record(z.string(), z.number().int());
const byFeed = z.record(z.string(), rowCounts);
const json = <T>(schema: z.ZodType<T>): z.ZodType<T> =>
  z.string().transform((text, context): T => {
    const parsed = schema.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
    context.addIssue({ code: "custom", message: schemaProblem(parsed.error) });
    return z.NEVER;
  });
const venuesSchema = z.array(z.object({ feed: z.string(), venue: z.string(), rows: z.number().int() }));
const names = z.array(z.string());
const qualitySchema = z.object({
  failed: byFeed,
  coins: z.record(z.string(), names),
  refused: z.record(z.string(), z.record(z.string(), names)),
});
const scanRow = z.object({
  id: z.number().int(),
  venues: json(venuesSchema),
  counts: json(z.record(z.string(), byFeed)),
  // Without its coins a scan gives the rules alone.
  quality: json(z.union([qualitySchema, byFeed.transform((failed) => ({ failed, coins: {}, refused: {} }))])).nullable(),
});
const scanTally = ({ venues, counts, quality }: z.infer<typeof scanRow>): Tally => tallyOf({ venues, rejections: { counts }, quality });

const feedSchema = z.object({
  venue: z.string(),
  asked: z.number().int(),
  answered: z.number().int(),
  received: z.number().int(),
  refused: z.object({ parse: rowCounts, gate: rowCounts, identify: rowCounts }),
  failed: rowCounts,
});
const sumRow = z.object({
  id: z.number().int(),
  scans: z.number().int(),
  coinScans: z.number().int(),
  feeds: json(z.record(z.string(), feedSchema)),
  coins: json(z.record(z.string(), z.object({ rows: z.number().int(), refused: rowCounts }))),
});
const sumTally = ({ scans, coinScans, feeds, coins }: z.infer<typeof sumRow>): Tally => ({ scans, feeds, coinScans, coins });
