import { topDrops } from "../domain/funnel.ts";
import type { Incident } from "../domain/incident.ts";
import type { Missed } from "../domain/opportunity.ts";
import { MINUTE_MS } from "../domain/units.ts";
import type { Flags } from "../flags.ts";
import { advance } from "../monitoring/incident.ts";
import type { ScanDetail } from "../storage/scan-record.ts";

/** What the alarm reads of a scan. */
export type WatchedScan = Pick<ScanDetail, "finishedAtMs" | "verdict" | "reason" | "funnel" | "venues" | "nearMisses">;
export type ZeroAlarmFlags = Pick<Flags, "zero_alarm_scans" | "incident_cooldown_minutes">;

/** Scans without an opportunity: the market pays too little, or its data does not come. */
export const QUIET = "market-quiet";
export const FAILURE = "data-failure";
export const SUBJECT = "scans";

/** The two incidents after one more scan. Pure: the scan's end is the time of the look. */
export function watchZero(
  { quiet, failure }: { readonly quiet: Incident; readonly failure: Incident },
  scan: WatchedScan,
  flags: ZeroAlarmFlags,
): { readonly quiet: Incident; readonly failure: Incident } {
  // Pairs over the bar await the next scan: neither an opportunity yet nor the lack of one.
  if (scan.verdict === "confirming") return { quiet, failure };
  const nowMs = scan.finishedAtMs;
  const coolDownMs = flags.incident_cooldown_minutes * MINUTE_MS;
  const failed = scan.verdict === FAILURE;
  const zero = scan.verdict !== "opportunities";
  // Whoever was told of the failure hears that the data is back; a quiet market then counts from there.
  const dataBack = failure.state === "open" && !failed && quiet.state !== "open";
  const detail = zero ? linesOf(scan) : [scan.reason];
  const afterQuiet = advance(
    quiet,
    { label: QUIET, detail, bad: zero && !dataBack },
    { policy: { openAfter: failed ? Number.POSITIVE_INFINITY : flags.zero_alarm_scans, coolDownMs }, nowMs },
  ).next;
  const enough = afterQuiet.badCount >= flags.zero_alarm_scans;
  const afterFailure = advance(
    failure,
    { label: FAILURE, detail, bad: failed },
    { policy: { openAfter: enough ? 1 : Number.POSITIVE_INFINITY, coolDownMs }, nowMs },
  ).next;
  return { quiet: afterQuiet, failure: afterFailure };
}

const MOST_REASONS = 3;
const MOST_FEEDS = 5;

/** What explains a scan without an opportunity: its reason, the feeds that failed, what was dropped most, the nearest miss. */
function linesOf(scan: WatchedScan): readonly string[] {
  const feeds = scan.venues.filter(({ ok }) => !ok);
  const drops = topDrops(scan.funnel, MOST_REASONS);
  const more = feeds.length > MOST_FEEDS ? ` and ${feeds.length - MOST_FEEDS} more` : "";
  const [nearest] = scan.nearMisses;
  return [
    scan.reason,
    ...(feeds.length === 0
      ? []
      : [
          `Feeds without rows: ${feeds
            .slice(0, MOST_FEEDS)
            .map(({ feed, error }) => `${feed} (${error?.kind ?? "empty"})`)
            .join(", ")}${more}`,
        ]),
    ...(drops.length === 0 ? [] : [`Most refused: ${drops.map(({ reason, count }) => `${count} ${reason}`).join(", ")}`]),
    ...(nearest === undefined ? [] : [nearestLine(nearest)]),
  ];
}

/** The best pair that did not open, with the days of holding that would pay for it. */
function nearestLine({ asset, long, short, ledger: { net, breakEven }, refusal }: Missed): string {
  const pays =
    breakEven.kind === "at"
      ? `pays after ${breakEven.days.toFixed(1)} days`
      : breakEven.kind === "never"
        ? "never pays in 90 days"
        : "break-even not known";
  const figure = net === null ? "net not known" : `net ${(net * 100).toFixed(3)} %`;
  return `Nearest: ${asset} long ${long.quote.venue}, short ${short.quote.venue}: ${figure}, ${pays} (${refusal ?? "refusal not known"})`;
}
