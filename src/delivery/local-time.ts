import type { QuietHours } from "../domain/person.ts";

/** A moment on somebody's clock and calendar. */
export type LocalTime = {
  /** Minutes after local midnight. */
  readonly minute: number;
  /** Local date, e.g. `2026-03-29`. */
  readonly day: string;
};

/** Local time of a moment in a zone (IANA name). A zone that the platform does not know counts as UTC. */
export type LocalClock = (atMs: number, timeZone: string) => LocalTime;

/** A clock that builds the rules of each zone once. The platform's own zone data knows summer time. */
export function localClock(): LocalClock {
  const formats = new Map<string, Intl.DateTimeFormat>();
  return (atMs, timeZone) => {
    const format = formats.get(timeZone) ?? formatOf(timeZone);
    formats.set(timeZone, format);
    const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
    return {
      minute: Number(parts.get("hour")) * 60 + Number(parts.get("minute")),
      day: `${parts.get("year")}-${parts.get("month")}-${parts.get("day")}`,
    };
  };
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const fields = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  try {
    return new Intl.DateTimeFormat("en-GB", { ...fields, timeZone });
  } catch {
    return new Intl.DateTimeFormat("en-GB", { ...fields, timeZone: "UTC" });
  }
}

/**
 * Whether a moment falls into somebody's quiet hours, by their clock on the wall: from the start, up to and not including the
 * end, which may be on the next day. The same start and end are no quiet hours.
 */
export function isQuiet(quiet: QuietHours | null, atMs: number, clock: LocalClock): boolean {
  if (quiet === null) return false;
  const { fromMinute, toMinute, timeZone } = quiet;
  const { minute } = clock(atMs, timeZone);
  return fromMinute <= toMinute ? fromMinute <= minute && minute < toMinute : minute >= fromMinute || minute < toMinute;
}
