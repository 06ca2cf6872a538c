import type { FeedId } from "./domain/feed.ts";
import { count } from "./domain/funnel.ts";
import type { RowCounts, ScanQuality } from "./domain/quality-tally.ts";
import type { GatedVenue } from "./scan.ts";

/** Of what identity refused: which of its rules it was stands in the scan's counts. */
const IDENTITY = "identity";

/** What a scan keeps of its rows: the rules that failed by feed, how many rows each coin had, and the coins of refused rows. */
export function qualityOf(venues: readonly Pick<GatedVenue, "feed" | "columns" | "gated" | "identity">[]): ScanQuality {
  const rowsOf = new Map<string, { rows: number }>();
  const failed: Record<FeedId, RowCounts> = {};
  const refused: Record<FeedId, Record<string, readonly string[]>> = {};
  for (const { feed, columns, gated, identity } of venues) {
    for (const coin of columns.asset) {
      const known = rowsOf.get(coin);
      if (known === undefined) rowsOf.set(coin, { rows: 1 });
      else known.rows++;
    }
    const counts: Record<string, number> = { ...gated.failures };
    for (const [rule, rows] of Object.entries(gated.marked)) count(counts, rule, rows);
    if (Object.keys(counts).length > 0) failed[feed] = counts;
    const coins = refusedCoins({ columns, gated, identity });
    if (Object.keys(coins).length > 0) refused[feed] = coins;
  }
  const coins: Record<string, string[]> = {};
  for (const [coin, { rows }] of rowsOf) (coins[rows] ??= []).push(coin);
  return { failed, coins, refused };
}

/** The coin of each row that gate or identity refused, by the first rule it failed. */
function refusedCoins({ columns, gated, identity }: Pick<GatedVenue, "columns" | "gated" | "identity">): Record<string, readonly string[]> {
  const coins: Record<string, string[]> = {};
  if (gated.out < gated.in) {
    for (const [row, rules] of gated.failed.entries()) {
      const [first] = rules;
      if (first !== undefined) (coins[first] ??= []).push(columns.asset[row] ?? "");
    }
  }
  if (identity.out < identity.in) {
    for (const row of gated.passed) if (identity.assetId[row] === null) (coins[IDENTITY] ??= []).push(columns.asset[row] ?? "");
  }
  return coins;
}
