import * as z from "zod";
import type { Incident } from "../domain/incident.ts";
import { DAY_MS } from "../domain/units.ts";
import type { KeyState } from "../domain/venue-key.ts";
import type { DeadLetter } from "./dead-letters.ts";
import { currentIncidents, incidentOf } from "./incidents.ts";
import { type Lateness, LATENESS_SQL, latenessSchema } from "./lateness.ts";
import { LATEST_SCAN_SQL, readScanRow } from "./scans.ts";
import { type ScanDetail, scanDetailSchema } from "./scan-record.ts";
import { keyStateOf, listKeyStates } from "./venue-keys.ts";

/** How the whole system stands, in counts. Nobody is named. Times are epoch ms. */
export type Operations = {
  readonly atMs: number;
  /** The newest scan; `null` before the first one. */
  readonly scan: ScanDetail | null;
  /** Sessions that have neither ended nor expired. */
  readonly liveSessions: number;
  readonly deliveries: {
    /** Made within a day, by status. */
    readonly byStatus: Readonly<Record<string, number>>;
    /** Failed, held or suppressed within a day, by reason, the most frequent first. */
    readonly byReason: readonly { readonly status: string; readonly reason: string; readonly count: number }[];
    /** From the end of a scan to Telegram's acceptance, ms, over what was sent within a day; `null` where nothing was. */
    readonly lateMs: Lateness;
  };
  readonly deadLetters: {
    readonly all: number;
    readonly lastDay: number;
    /** The newest few; all of them are in GET /api/admin/dead-letters. */
    readonly latest: readonly Omit<DeadLetter, "id" | "body">[];
  };
  readonly people: {
    readonly all: number;
    readonly byStatus: Readonly<Record<string, number>>;
    readonly byLanguage: Readonly<Record<string, number>>;
    /** With the taps of /start done. */
    readonly onboarded: number;
    readonly operators: number;
  };
  /** What is open or cools down. */
  readonly incidents: readonly Incident[];
  /** The last look at each key of the operator's accounts; never a key. */
  readonly venueKeys: readonly Omit<KeyState, "credentialId">[];
};

const SESSIONS_SQL = "SELECT count(*) AS live FROM sessions WHERE ended_at_ms IS NULL AND expires_at_ms > ?1 LIMIT 1";
const DELIVERIES_SQL = `
  SELECT status, CASE WHEN status IN ('failed', 'held', 'suppressed') THEN reason END AS reason, count(*) AS count
  FROM deliveries WHERE created_at > ?1 GROUP BY 1, 2 ORDER BY count DESC, status, reason LIMIT 200`;
const DEAD_LETTERS_SQL = "SELECT count(*) AS every, coalesce(sum(at_ms > ?1), 0) AS lastDay FROM dead_letters LIMIT 1";
const LATEST_LETTERS_SQL = "SELECT queue, attempts, at_ms AS atMs FROM dead_letters ORDER BY at_ms DESC, id LIMIT 3";
const PEOPLE_SQL = `
  SELECT status, coalesce(json_extract(preferences, '$.language'), 'en') AS language,
    coalesce(json_extract(preferences, '$.onboarded'), 0) AS onboarded, role = 'operator' AS operator, count(*) AS count
  FROM people GROUP BY 1, 2, 3, 4 LIMIT 1000`;

/** How the system stands, in one batch of reads. @throws Error when D1 fails or a row is not what was written */
export async function readOperations(db: D1Database, nowMs: number): Promise<Operations> {
  const dayAgoMs = nowMs - DAY_MS;
  const results = await db.batch<Record<string, unknown>>([
    db.prepare(LATEST_SCAN_SQL),
    db.prepare(SESSIONS_SQL).bind(nowMs),
    db.prepare(DELIVERIES_SQL).bind(dayAgoMs),
    db.prepare(LATENESS_SQL).bind(dayAgoMs),
    db.prepare(DEAD_LETTERS_SQL).bind(dayAgoMs),
    db.prepare(PEOPLE_SQL),
    currentIncidents(db),
    db.prepare(LATEST_LETTERS_SQL),
    listKeyStates(db),
  ]);
  const rows = (index: number): readonly Record<string, unknown>[] => results[index]?.results ?? [];
  const [scan] = rows(0);
  return {
    atMs: nowMs,
    scan: scan === undefined ? null : readScanRow(scan, scanDetailSchema),
    liveSessions: liveRow.parse(rows(1)[0]).live,
    deliveries: { ...countsOf(rows(2)), lateMs: latenessSchema.parse(rows(3)[0] ?? { p50: null, p95: null }) },
    deadLetters: { ...deadRow.parse(rows(4)[0]), latest: letterRows.parse(rows(7)) },
    people: peopleOf(rows(5)),
    incidents: rows(6).map((row) => incidentOf(row)),
    venueKeys: rows(8).map((row) => {
      const { credentialId: _, ...state } = keyStateOf(row);
      return state;
    }),
  };
}

const count = z.number().int();
const liveRow = z.object({ live: count });
const deadRow = z.object({ every: count, lastDay: count }).transform(({ every, lastDay }) => ({ all: every, lastDay }));
const letterRows = z.array(z.object({ queue: z.string(), attempts: count, atMs: z.number() }));
const deliveryRows = z.array(z.object({ status: z.string(), reason: z.string().nullable(), count }));
const peopleRows = z.array(z.object({ status: z.string(), language: z.string(), onboarded: count, operator: count, count }));

function countsOf(rows: readonly unknown[]): Pick<Operations["deliveries"], "byStatus" | "byReason"> {
  const parsed = deliveryRows.parse(rows);
  const byReason = parsed.flatMap(({ status, reason, count }) => (reason === null ? [] : [{ status, reason, count }]));
  return { byStatus: summed(parsed, ({ status }) => status), byReason };
}

function peopleOf(rows: readonly unknown[]): Operations["people"] {
  const parsed = peopleRows.parse(rows);
  const total = (of: readonly { readonly count: number }[]): number => of.reduce((sum, { count }) => sum + count, 0);
  return {
    all: total(parsed),
    byStatus: summed(parsed, ({ status }) => status),
    byLanguage: summed(parsed, ({ language }) => language),
    onboarded: total(parsed.filter(({ onboarded }) => onboarded === 1)),
    operators: total(parsed.filter(({ operator }) => operator === 1)),
  };
}

function summed<T extends { readonly count: number }>(rows: readonly T[], nameOf: (row: T) => string): Readonly<Record<string, number>> {
  const sums = new Map<string, number>();
  for (const row of rows) sums.set(nameOf(row), (sums.get(nameOf(row)) ?? 0) + row.count);
  return Object.fromEntries(sums);
}
