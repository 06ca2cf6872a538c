import { afterAll, beforeAll, expect, test } from "vitest";
import { ADAPTERS } from "../../src/venues/registry.ts";
import { expectedPairs, openPairs, startWorld, type World } from "./world.ts";

let world: World;
const asked: string[] = [];
const realFetch = globalThis.fetch;

// The harness sends the Worker's requests to other machines through this fetch; the simulator plays those machines.
beforeAll(async () => {
  world = await startWorld({ vars: { VENUE_GATEWAY_URL: "" } });
  const hosts = new Set(ADAPTERS.flatMap((adapter) => adapter.hosts));
  globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    if (!hosts.has(new URL(request.url).hostname)) return await realFetch(request);
    asked.push(request.url);
    return await world.simulator.handle(request);
  };
});
afterAll(async () => {
  globalThis.fetch = realFetch;
  await world.close();
});

test("without a gateway each venue is asked at its own host over HTTPS, and the planted pairs are found", async () => {
  await world.scan();
  await world.scan();
  expect([...openPairs(await world.list()).keys()].sort()).toEqual([...expectedPairs(world).keys()].sort());
  for (const url of asked) expect(url).toMatch(/^https:\/\//u);
  expect(new Set(asked.map((url) => new URL(url).hostname))).toEqual(new Set(ADAPTERS.map((adapter) => adapter.hosts[0])));
});
