import { DAY_MS, HOUR_MS, MINUTE_MS } from "../domain/units.ts";
import { openSums, saveSums, tallyHours, tallyScans } from "../storage/quality-record.ts";

/** An hour is summed when it is over for so long: its last scan may still be on its way into D1. */
const GRACE_MS = 5 * MINUTE_MS;
/** Hours made in one call: what an outage left is made up in a few scans. */
const MOST_HOURS = 6;

/**
 * Sums the scans of each hour that is over, and the hours of each UTC day that is over, once. Gives what it made. Two reads
 * while there is nothing to do; a call that was cut short is done by the next.
 */
export async function rollUpQuality(db: D1Database, nowMs: number): Promise<{ readonly hours: number; readonly days: number }> {
  let [hours, days] = [0, 0];
  for (;;) {
    const { hourMs, dayMs } = await openSums(db);
    const isHourOver = hourMs !== null && hourMs + HOUR_MS + GRACE_MS <= nowMs;
    // The hours of a day are whole once the first scan without sums is of a later one.
    const isDayOver = dayMs !== null && dayMs + DAY_MS + GRACE_MS <= nowMs && (hourMs === null || hourMs >= dayMs + DAY_MS);
    if (isDayOver) {
      await saveSums(db, "day", { startMs: dayMs, tally: await tallyHours(db, dayMs), nowMs });
      days += 1;
    } else if (isHourOver && hours < MOST_HOURS) {
      await saveSums(db, "hour", { startMs: hourMs, tally: await tallyScans(db, { fromMs: hourMs, untilMs: hourMs + HOUR_MS }), nowMs });
      hours += 1;
    } else return { hours, days };
  }
}
