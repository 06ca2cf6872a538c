import type { VenueErrorKind } from "../../src/domain/error.ts";
import type { KeyState } from "../../src/domain/venue-key.ts";

/** What one feed of a venue did when everything of it was asked for once. */
export type FeedProbe = {
  readonly feed: string;
  readonly venue: string;
  /** `ok`; `part`: rows came, and an endpoint failed; `clock`: this machine's clock is off; else the kind of the failure. */
  readonly outcome: "ok" | "part" | "clock" | VenueErrorKind;
  /** Whether the venue refuses this place or address rather than the request. */
  readonly isBlocked: boolean;
  /** The host that was asked last. */
  readonly host: string;
  /** HTTP status of the last answer, of the failed call where one failed; `null` where none came. */
  readonly status: number | null;
  /** Median of the calls that were answered, ms. */
  readonly latencyMs: number | null;
  readonly calls: number;
  readonly rows: number;
  /** The venue's clock less ours, ms; `null` where it told no time. */
  readonly skewMs: number | null;
  /** Where the venue's time was read: in its body, or in the Date header, which has whole seconds. */
  readonly skewFrom: "body" | "date" | null;
  readonly problem: string | null;
  readonly advice: string | null;
};

/** What one key may do, and what its account is charged. Never the key. */
export type KeyProbe = Pick<KeyState, "venue" | "keyId" | "scope" | "fees"> & {
  readonly reason: string | null;
  readonly problem: string | null;
  readonly advice: string | null;
};

export type ProbeReport = {
  readonly market: "live" | "simulated";
  readonly atMs: number;
  readonly feeds: readonly FeedProbe[];
  readonly keys: readonly KeyProbe[];
  /** How many feeds and keys are not as they should be. */
  readonly failed: number;
};

export const LINE_CHARS = 100;

/** The report as text, no line longer than `LINE_CHARS`. */
export function renderReport(report: ProbeReport): string {
  const feeds = align([
    ["feed", "outcome", "HTTP", "latency", "rows", "clock", "host"],
    ...report.feeds.map(({ feed, outcome, status, latencyMs, rows, host, ...rest }) => [
      feed,
      outcome,
      status === null ? "none" : String(status),
      latencyMs === null ? "none" : `${Math.round(latencyMs)} ms`,
      String(rows),
      skewText(rest),
      host,
    ]),
  ]);
  const keys = align([
    ["key of", "id", "scope", "taker, perpetual", "taker, spot"],
    ...report.keys.map(({ venue, keyId, scope, fees }) => [venue, keyId, scope, feeText(fees.perpetual), feeText(fees.spot)]),
  ]);
  const problems = [
    ...report.feeds.map((each) => ({ name: each.feed, ...each })),
    ...report.keys.map((each) => ({ name: `${each.venue} key`, ...each })),
  ]
    .filter(({ problem }) => problem !== null)
    .flatMap(({ name, problem, advice }) => [`! ${name}: ${problem ?? ""}`, ...(advice === null ? [] : [`  → ${advice}`])]);
  const feedCount = `${report.feeds.length} feeds`;
  const all = report.keys.length === 0 ? feedCount : `${feedCount} and ${report.keys.length} keys`;
  const verdict = report.failed === 0 ? `All of ${all} are well.` : `${report.failed} of ${all} are not well.`;
  const parts = [feeds, report.keys.length === 0 ? ["No keys are given."] : keys, problems, [verdict]];
  return parts
    .filter((part) => part.length > 0)
    .map((part) => part.flatMap(wrapped).join("\n"))
    .join("\n\n");
}

function skewText({ skewMs, skewFrom }: Pick<FeedProbe, "skewMs" | "skewFrom">): string {
  if (skewMs === null || skewFrom === null) return "not told";
  const seconds = (Math.abs(skewMs) / 1_000).toFixed(1);
  return `${seconds === "0.0" ? "" : skewMs < 0 ? "-" : "+"}${seconds} s ${skewFrom}`;
}

const feeText = (fee: { readonly rate: number } | null): string => (fee === null ? "not read" : `${Number((fee.rate * 100).toFixed(4))} %`);

function align(table: readonly (readonly string[])[]): readonly string[] {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0)));
  return table.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** A long line as several, the later ones set in. */
function wrapped(line: string): readonly string[] {
  if (line.length <= LINE_CHARS) return [line];
  const space = line.lastIndexOf(" ", LINE_CHARS);
  const at = space > 8 ? space : LINE_CHARS;
  return [line.slice(0, at), ...wrapped(`    ${line.slice(at).trimStart()}`)];
}
