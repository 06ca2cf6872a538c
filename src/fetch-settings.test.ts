import { expect, test } from "vitest";
import { fetchSettings } from "./fetch-settings.ts";
import { readFlags } from "./read-flags.ts";

const withFlags = (deployment: Readonly<Record<string, unknown>>) => {
  const { flags, problems } = readFlags({ stored: [], deployment, lastGood: null });
  expect(problems).toEqual([]);
  return fetchSettings(flags);
};

test("by default everything overlaps, five calls in an ask and at a host, and the breaker opens after five failed scans", () => {
  expect(withFlags({})).toEqual({
    rules: { mostAtOnce: 5, mostPerHost: 5, breaker: { failures: 5, coolDownMs: 300_000 } },
    feedsAtOnce: 100,
    overlap: true,
    turnsDeadlineMs: 50_000,
  });
});

test("above what the platform has, numbers are clamped", () => {
  const { rules } = withFlags({ max_concurrent_requests: 100, connection_pool_size: 100 });
  expect([rules.mostAtOnce, rules.mostPerHost]).toEqual([6, 5]);
  const { rules: low } = withFlags({ max_concurrent_requests: 2, connection_pool_size: 3 });
  expect([low.mostAtOnce, low.mostPerHost]).toEqual([2, 3]);
});

test("switched off: one thing at a time, no pool, no breaker", () => {
  const off = withFlags({ concurrent_processing_enabled: false, api_connection_pooling_enabled: false, circuit_breaker_enabled: false });
  expect(off).toMatchObject({ rules: { mostAtOnce: 1, mostPerHost: null, breaker: null }, feedsAtOnce: 1, overlap: false });
});

test("a region is one that the platform knows, or none", () => {
  const read = (regions: unknown) => readFlags({ stored: [], deployment: { venue_regions: regions }, lastGood: null });
  expect(read({ bybit: "apac", okx: "none" }).flags.venue_regions).toEqual({ bybit: "apac", okx: "none" });
  for (const bad of ["apac", { bybit: "mars" }, { bybit: 1 }, ["apac"]]) {
    const { flags, problems } = read(bad);
    expect([flags.venue_regions, problems.length]).toEqual([{}, 1]);
  }
});
