import { expect } from "vitest";
import { ADAPTERS } from "../../src/venues/registry.ts";
import type { World } from "./world.ts";

/** Long enough for a busy machine, short enough for faults that take their time; rows may stand still for ever. */
export const PATIENT = {
  vars: { FETCH_HEADERS_LIMIT_MS: "1000", FETCH_BODY_LIMIT_MS: "1000" },
  flags: { venue_limit_ms: 1_500, scan_deadline_ms: 2_500, frozen_scans: 1_000 },
} as const;

/** Calls of a venue in a scan in which nothing fails and no metadata is due. */
export const hotCalls = (venue: string): number =>
  Object.values(ADAPTERS.find(({ facts }) => facts.id === venue)?.endpoints ?? {}).filter(({ refreshMs }) => refreshMs === 0).length;
/** The same where metadata is due too. */
export const allCalls = (venue: string): number => Object.keys(ADAPTERS.find(({ facts }) => facts.id === venue)?.endpoints ?? {}).length;

/** Calls that each venue got. */
export const callsOf = ({ simulator }: World): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(simulator.calls().venues).map(([venue, { total }]) => [venue, total]));

export type Stored = {
  readonly id: string;
  readonly status: string;
  readonly pair: string;
  readonly net: number;
  readonly why: string | null;
};

/** The rows of D1, closed ones too. */
export async function storedRows(world: World): Promise<readonly Stored[]> {
  const rows = await world.sql("SELECT id, asset, long_venue, short_venue, status, net, no_data_reason FROM opportunities ORDER BY key");
  return rows.map((row) => ({
    id: String(row["id"]),
    status: String(row["status"]),
    pair: `${String(row["asset"])} ${String(row["long_venue"])} ${String(row["short_venue"])}`,
    net: Number(row["net"]),
    why: typeof row["no_data_reason"] === "string" ? row["no_data_reason"] : null,
  }));
}

/** Events of a kind in D1. */
export const eventsOf = async (world: World, kind: string): Promise<number> =>
  (await world.sql(`SELECT id FROM opportunity_events WHERE kind = '${kind}'`)).length;

export const touches = (row: Stored, venue: string): boolean => row.pair.split(" ").slice(1).includes(venue);

/** The rows are exactly the planted pairs, each with its true net. */
export function expectPlanted(rows: readonly Stored[], expected: ReadonlyMap<string, number>): void {
  expect(rows.map(({ pair }) => pair).sort()).toEqual([...expected.keys()].sort());
  for (const { pair, net } of rows) expect(Math.abs(net - (expected.get(pair) ?? Number.NaN)), pair).toBeLessThan(1e-9);
}
