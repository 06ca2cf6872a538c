import { expect, test } from "vitest";
import { type ChaosResult, runChaos } from "./chaos.ts";
import { CHAOS_KINDS, draw } from "./chaos-draw.ts";

/** A small market and few scans; `npm run chaos` runs thousands. */
const SHORT = { scans: 24, seed: 4, coins: 12, maxSlowCalls: 40 };

test("through drawn faults, outages and evictions nothing stored or shown is wrong or double, and no planted pair of healthy venues is missed", async () => {
  const { violations, missed, found, stored, refused, faults }: ChaosResult = await runChaos(SHORT);
  expect(violations).toEqual([]);
  expect(missed).toEqual([]);
  expect(stored).toBeGreaterThan(SHORT.scans / 2);
  expect(found).toBeGreaterThan(SHORT.scans);
  expect(refused).toBeGreaterThan(1_000);
  expect(Object.values(faults).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(10);
}, 180_000);

test("equal seeds draw equal faults, and every kind is drawn", () => {
  const scans = Array.from({ length: 2_000 }, (_, scan) => scan);
  const kinds = scans.flatMap((scan) => draw(7, scan).faults.map(({ kind }) => kind));
  expect([...new Set(kinds)].sort()).toEqual([...CHAOS_KINDS].sort());
  expect(draw(7, 123)).toEqual(draw(7, 123));
  const storage = scans.map((scan) => draw(7, scan)).map(({ d1, kv }) => `${d1} ${kv}`);
  expect([...new Set(storage)].sort()).toEqual(["deaf up", "down up", "up deaf", "up down", "up up"]);
});
