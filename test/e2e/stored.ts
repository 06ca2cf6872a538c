import { expect } from "vitest";
import { feedIdOf } from "../../src/domain/feed.ts";
import type { Endpoint } from "../../src/venues/adapter.ts";
import { adapterOf } from "../../src/venues/registry.ts";
import type { World } from "./world.ts";

/** Long enough for a busy machine, short enough for faults that take their time; rows may stand still for ever. */
export const PATIENT = {
  vars: { FETCH_HEADERS_LIMIT_MS: "1500", FETCH_BODY_LIMIT_MS: "1500" },
  flags: { venue_limit_ms: 2_500, scan_deadline_ms: 4_000, frozen_scans: 1_000 },
} as const;

/** What scans fetch of a feed, order books aside. */
const scannedEndpoints = (feed: string): readonly Endpoint[] =>
  Object.values(adapterOf(feed)?.endpoints ?? {}).filter(({ alternativeTo }) => alternativeTo === undefined);
/** Calls of a feed in a scan in which nothing fails and no metadata is due, order books aside. */
export const hotCalls = (feed: string): number => scannedEndpoints(feed).filter(({ refreshMs }) => refreshMs === 0).length;
/** The same where metadata is due too. */
export const allCalls = (feed: string): number => scannedEndpoints(feed).length;

/** Calls that each feed got, order books aside: these are asked of the pairs of the scan, not of the feed. */
export const callsOf = ({ simulator }: World): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(simulator.calls().venues).map(([feed, { byEndpoint }]) => [feed, marketCalls(feed, byEndpoint)]));

/** An endpoint that no adapter has is a call too, if it is not the feed's order book. */
function marketCalls(feed: string, byEndpoint: Readonly<Record<string, number>>): number {
  const known = Object.entries(byEndpoint).filter(([name]) => name === "unknown" || Object.hasOwn(adapterOf(feed)?.endpoints ?? {}, name));
  return known.reduce((sum, [, calls]) => sum + calls, 0);
}

export type Stored = {
  readonly id: string;
  readonly status: string;
  readonly pair: string;
  readonly net: number;
  readonly why: string | null;
};

/** The rows of D1, closed ones too. */
export async function storedRows(world: World): Promise<readonly Stored[]> {
  const rows = await world.sql(
    "SELECT id, strategy, asset, long_venue, short_venue, status, net, no_data_reason FROM opportunities ORDER BY key",
  );
  return rows.map((row) => ({
    id: String(row["id"]),
    status: String(row["status"]),
    pair: pairOf(row),
    // A book and the top of the book give one cost, and differ in the last digits.
    net: Number(Number(row["net"]).toFixed(12)),
    why: typeof row["no_data_reason"] === "string" ? row["no_data_reason"] : null,
  }));
}

/** Strategy, asset and the feeds of both legs; carry alone buys spot. */
function pairOf(row: Readonly<Record<string, unknown>>): string {
  const { strategy, asset, long_venue: long, short_venue: short } = row;
  const longFeed = feedIdOf(String(long), strategy === "carry" ? "spot" : "perpetual");
  return `${String(strategy)} ${String(asset)} ${longFeed} ${feedIdOf(String(short), "perpetual")}`;
}

/** Events of a kind in D1. */
export const eventsOf = async (world: World, kind: string): Promise<number> =>
  (await world.sql(`SELECT id FROM opportunity_events WHERE kind = '${kind}'`)).length;

export const touches = (row: Stored, feed: string): boolean => row.pair.split(" ").slice(2).includes(feed);

/** The rows are exactly the planted pairs, each with its true net. */
export function expectPlanted(rows: readonly Stored[], expected: ReadonlyMap<string, number>): void {
  expect(rows.map(({ pair }) => pair).sort()).toEqual([...expected.keys()].sort());
  for (const { pair, net } of rows) expect(Math.abs(net - (expected.get(pair) ?? Number.NaN)), pair).toBeLessThan(1e-9);
}
