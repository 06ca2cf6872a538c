import { expect, test } from "vitest";
import { ADAPTERS } from "../../src/venues/registry.ts";
import { startSimulator } from "../simulator.ts";
import { SIMULATED_VENUES } from "./registry.ts";

const simulator = await startSimulator({ nowMs: Date.UTC(2026, 10, 22, 12, 34, 56) });

test("every registered feed is simulated, with the same taker fee", () => {
  const fees = (list: readonly { readonly id: string; readonly fee: number | undefined }[]): unknown =>
    list.map(({ id, fee }) => `${id} ${fee}`).sort();
  expect(fees(SIMULATED_VENUES.map((venue) => ({ id: venue.id, fee: venue.takerFeeRate })))).toEqual(
    fees(ADAPTERS.map(({ id, facts }) => ({ id, fee: (id === facts.id ? facts.takerFee.perpetual : facts.takerFee.spot)?.rate }))),
  );
});

test.each(
  ADAPTERS.flatMap((adapter) =>
    adapter.hosts.flatMap((host) => Object.entries(adapter.endpoints).map(([name, endpoint]) => ({ adapter, host, name, endpoint }))),
  ),
)("$adapter.id answers $name on $host", async ({ adapter, host, name, endpoint }) => {
  const init = endpoint.method === "POST" ? { method: "POST", body: JSON.stringify(endpoint.body) } : {};
  const response = await simulator.handle(new Request(`http://gateway/${host}${endpoint.path}`, init));
  expect(response.status).toBe(200);
  expect(endpoint.read(await response.json())).toMatchObject({ ok: true });
  expect(simulator.calls().calls.at(-1)).toMatchObject({ venue: adapter.id, endpoint: name });
});

test("no two venues share a host, only markets of one; and each venue's first endpoint is recorded under a name of its own", () => {
  const venuesOf = new Map<string, Set<string>>();
  for (const { id, venue, hosts } of SIMULATED_VENUES)
    for (const host of hosts) venuesOf.set(host, (venuesOf.get(host) ?? new Set()).add(venue ?? id));
  for (const [host, venues] of venuesOf) expect([...venues], host).toHaveLength(1);
  for (const venue of SIMULATED_VENUES) {
    const names = venue.endpoints.map((endpoint) => endpoint.recordedAs);
    expect(new Set(names).size).toBe(names.length);
  }
});
