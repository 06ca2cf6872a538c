import { type Context, Hono } from "hono";
import * as z from "zod";
import { coinQuality, feedQuality, type QualityFilter, ruleQuality, totalQuality } from "../../domain/quality-report.ts";
import { DAY_MS, HOUR_MS } from "../../domain/units.ts";
import { listChecks } from "../../storage/duplicate-checks.ts";
import { HOURS_KEPT_MS, listTallies, type Period, tallyPeriod } from "../../storage/quality-record.ts";
import { problem } from "../problem.ts";
import { numberText, readQuery } from "../query.ts";
import type { ApiServices } from "../services.ts";

/** Longest period of each view: what one answer may cost. */
const MOST_DAYS = { rule: 366, venue: 366, pair: 31, hour: 7, day: 366 } as const;
type View = keyof typeof MOST_DAYS;
const VIEWS = ["rule", "venue", "pair", "hour", "day"] as const satisfies readonly View[];
const MOST_ROWS = 500;

const DATE = /^\d{4}-\d{2}-\d{2}$/u;
const TIME = "expected a UTC date as 2026-11-30, or a time as 2026-11-30T18:00Z";
/** A date or time as the first ms that it names, and the first after it. */
const timeText = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{3})?)?Z)?$/u, TIME)
  // A day that the month does not have would be read as one of the next.
  .refine((text) => isTime(text), TIME)
  .transform((text) => ({ startMs: Date.parse(text), lengthMs: DATE.test(text) ? DAY_MS : 1 }));
function isTime(text: string): boolean {
  const atMs = Date.parse(text);
  return Number.isFinite(atMs) && new Date(atMs).toISOString().startsWith(text.slice(0, 10));
}
const LIMIT = `expected a whole number from 1 to ${MOST_ROWS}`;
const name = z.string().min(1, "expected a name").max(60, "expected at most 60 characters");
const querySchema = z.strictObject({
  from: timeText.optional(),
  to: timeText.optional(),
  by: z.enum(VIEWS, `expected one of ${VIEWS.join(", ")}`).default("venue"),
  venue: name.optional(),
  rule: name.optional(),
  limit: numberText(LIMIT).pipe(z.int(LIMIT).min(1, LIMIT).max(MOST_ROWS, LIMIT)).default(100),
});
const checksSchema = z.strictObject({ from: timeText.optional(), to: timeText.optional() });

/**
 * `GET /api/quality?from=&to=&by=rule|venue|pair|hour|day&venue=&rule=`: how many rows passed, and why the others did not, over
 * a period in UTC, both ends included. Without a period: the last 24 hours,
 * by day the last 30 days. `GET /api/quality/duplicates`: what was double.
 */
export function qualityRecordRoutes(services: ApiServices): Hono {
  const routes = new Hono();
  routes.get("/", async (context) => {
    const query = readQuery(context, querySchema);
    if (!query.ok) return badQuery(context, query.error);
    const { by, limit } = query.value;
    const period = periodOf(query.value, services.now());
    if (typeof period === "string") return badQuery(context, period);
    if (period.untilMs - period.fromMs > MOST_DAYS[by] * DAY_MS)
      return badQuery(context, `from, to: expected at most ${MOST_DAYS[by]} days by ${by}, found ${days(period)}`);
    const filter: QualityFilter = { venue: query.value.venue ?? null, rule: query.value.rule ?? null };
    const head = { by, ...shown(period), ...filter };
    if (by === "hour" || by === "day") {
      const tallies = await listTallies(services.db, by, period);
      const rows = tallies.map(({ startMs, tally }) => ({
        start: new Date(startMs).toISOString(),
        startMs,
        scans: tally.scans,
        ...totalQuality(tally, filter),
        topRules: ruleQuality(tally, filter)
          .filter(({ fault }) => fault)
          .slice(0, 3),
      }));
      return context.json({ ...head, rows });
    }
    const { tally, whole } = await tallyPeriod(services.db, period, { coins: by === "pair" });
    const rows = by === "rule" ? ruleQuality(tally, filter) : by === "venue" ? feedQuality(tally, filter) : coinQuality(tally, filter);
    const counts = { scans: tally.scans, ...(by === "pair" ? { scansWithPairs: tally.coinScans } : {}) };
    return context.json({
      ...head,
      ...counts,
      whole,
      total: totalQuality(tally, filter),
      rowCount: rows.length,
      rows: rows.slice(0, limit),
    });
  });
  routes.get("/duplicates", async (context) => {
    const query = readQuery(context, checksSchema);
    if (!query.ok) return badQuery(context, query.error);
    const period = periodOf(query.value, services.now());
    if (typeof period === "string") return badQuery(context, period);
    const checks = await listChecks(services.db, { ...period, limit: MOST_ROWS });
    return context.json({ ...shown(period), checks });
  });
  return routes;
}

type Time = z.output<typeof timeText>;
type Asked = { readonly from?: Time | undefined; readonly to?: Time | undefined; readonly by?: View };

/**
 * The period that is asked for; a sentence where it is none. Hours are kept for forty days: what begins or ends before lies
 * in whole days, so its ends are moved out to them, which the answer shows.
 */
function periodOf({ from, to, by }: Asked, nowMs: number): Period | string {
  const untilMs = to === undefined ? nowMs + 1 : to.startMs + to.lengthMs;
  const fromMs = from === undefined ? untilMs - (by === "day" ? 30 : 1) * DAY_MS : from.startMs;
  if (fromMs >= untilMs) return `from: expected a time before to, found ${new Date(fromMs).toISOString()}`;
  const oldestMs = nowMs - HOURS_KEPT_MS + 2 * HOUR_MS;
  const outward = (atMs: number, round: (days: number) => number): number => (atMs < oldestMs ? round(atMs / DAY_MS) * DAY_MS : atMs);
  return { fromMs: outward(fromMs, Math.floor), untilMs: outward(untilMs, Math.ceil) };
}

const days = ({ fromMs, untilMs }: Period): string => ((untilMs - fromMs) / DAY_MS).toFixed(1);
/** The period of an answer, its last ms included. */
const shown = ({ fromMs, untilMs }: Period) => ({
  from: new Date(fromMs).toISOString(),
  to: new Date(untilMs - 1).toISOString(),
});
const badQuery = (context: Context, detail: string): Response =>
  problem(context, { status: 400, code: "bad-query", title: "The query is not as expected", detail });
