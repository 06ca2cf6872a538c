import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { SimulatedVenue } from "./venues/venue.ts";

/** Bodies of one day as venues sent them. */
export type Recording = {
  readonly date: string;
  /** By `venue endpoint`. */
  readonly bodies: ReadonlyMap<string, RecordedBody>;
  /** When these bodies were taken, see `timeOf`; `null` where none carries a stamp. */
  readonly recordedAtMs: number | null;
};

export type RecordedBody = { readonly file: string; readonly bytes: Uint8Array };

type IndexEntry = { readonly file: string; readonly venue: string; readonly name: string; readonly date: string | null };

/** `venue/start-of-the-name_YYYY-MM-DD…json`; a file without a day belongs to no market. */
const FILE_NAME = /^([^/]+)\/(.+?)(?:_(\d{4}-\d{2}-\d{2})[^/]*)?\.json$/u;

/**
 * Reads a folder of captures by its INDEX.md: only rows whose kind starts with `recorded`. Without a date it takes
 * the day that most venues were recorded on. Throws when the folder has no index or the day no body of these venues.
 */
export function loadRecording(
  dir: string,
  { date, venues }: { readonly date?: string | undefined; readonly venues: readonly SimulatedVenue[] },
): Recording {
  if (!existsSync(join(dir, "INDEX.md"))) {
    throw new Error(`expected a folder with INDEX.md, found ${existsSync(dir) ? `"${dir}" without one` : `nothing at "${dir}"`}`);
  }
  const entries = readIndex(readFileSync(join(dir, "INDEX.md"), "utf8"));
  const day = date ?? busiestDay(entries);
  const bodies = new Map<string, RecordedBody>();
  const stamps: number[] = [];
  for (const venue of venues) {
    for (const endpoint of venue.endpoints) {
      const entry = entries.find((one) => one.venue === venue.id && one.name === endpoint.recordedAs && one.date === day);
      if (entry === undefined) continue;
      const bytes = readFileSync(join(dir, entry.file));
      bodies.set(`${venue.id} ${endpoint.name}`, { file: entry.file, bytes });
      const stamp = endpoint.stampedAtMs(JSON.parse(bytes.toString("utf8")));
      if (stamp !== null) stamps.push(stamp);
    }
  }
  if (bodies.size === 0)
    throw new Error(
      `no recorded body of ${venues.map((venue) => venue.id).join(", ")} on ${day} in ${dir}; days there: ${daysOf(entries).join(", ")}`,
    );
  return { date: day, bodies, recordedAtMs: timeOf(stamps) };
}

const MINUTE_MS = 60_000;

/**
 * The stamp that most bodies stand within a minute before, the newest of equals: not the newest of all, as one body that was
 * taken some minutes later would make the rest of the market old.
 */
function timeOf(stamps: readonly number[]): number | null {
  const near = (atMs: number): number => stamps.filter((stamp) => stamp <= atMs && stamp > atMs - MINUTE_MS).length;
  const [busiest] = [...stamps].sort((first, second) => near(second) - near(first) || second - first);
  return busiest ?? null;
}

function readIndex(text: string): readonly IndexEntry[] {
  const entries: IndexEntry[] = [];
  for (const line of text.split("\n")) {
    const [file, , kind] = line
      .split("|")
      .slice(1)
      .map((cell) => cell.trim());
    const parts = FILE_NAME.exec(file ?? "");
    const [venue, name, date] = parts?.slice(1) ?? [];
    if (file === undefined || venue === undefined || name === undefined || kind?.startsWith("recorded") !== true) continue;
    entries.push({ file, venue, name, date: date ?? null });
  }
  return entries;
}

const daysOf = (entries: readonly IndexEntry[]): readonly string[] => [...new Set(entries.flatMap((entry) => entry.date ?? []))].sort();

/** The earlier day where two have equally many venues. */
function busiestDay(entries: readonly IndexEntry[]): string {
  const venuesOn = (day: string): number => new Set(entries.filter((entry) => entry.date === day).map((entry) => entry.venue)).size;
  const [busiest] = [...daysOf(entries)].sort((first, second) => venuesOn(second) - venuesOn(first));
  if (busiest === undefined) throw new Error("no recorded body carries a day in its file name");
  return busiest;
}
