import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ControlCommand } from "../../simulator/controls.ts";
import { FAULT_KINDS, type FaultKind } from "../../simulator/faults.ts";
import { FEED_IDS } from "../../src/venues/registry.ts";
import { allCalls, callsOf, eventsOf, expectPlanted, hotCalls, PATIENT, storedRows, touches } from "./stored.ts";
import { type Served, servedNow, untruths } from "./truth.ts";
import { expectedPairs, type Scan, startWorld, type World } from "./world.ts";

type Fault = {
  readonly kind: FaultKind;
  readonly venue: string;
  readonly options?: NonNullable<ControlCommand["fault"]>["options"];
  /** Where the scan tells why: venues that gave nothing, rows that the gate refused. */
  readonly reason: { readonly step: "fetch" | "gate"; readonly name: string };
  /** Calls to the venue in each scan, retries included; `most` where time decides. */
  readonly calls: number | { readonly most: number };
};

/** Faults after which the venue is asked again in the next scan. */
const PASSING: readonly Fault[] = [
  { kind: "http-401", venue: "binance", reason: { step: "fetch", name: "unauthorized" }, calls: 2 },
  { kind: "html", venue: "binance", reason: { step: "fetch", name: "bad-json" }, calls: 2 },
  { kind: "stale-rows", venue: "binance", reason: { step: "gate", name: "stale" }, calls: 2 },
  { kind: "missing-field", venue: "binance", reason: { step: "gate", name: "missing-bid" }, calls: 2 },
  { kind: "error-envelope", venue: "bybit", reason: { step: "fetch", name: "server" }, calls: 3 },
  { kind: "cut-body", venue: "bybit", reason: { step: "fetch", name: "bad-json" }, calls: 2 },
  { kind: "slow-body", venue: "bybit", reason: { step: "fetch", name: "timeout" }, calls: { most: 3 } },
  { kind: "empty-list", venue: "bybit", reason: { step: "fetch", name: "empty" }, calls: 1 },
  { kind: "future-times", venue: "bybit", reason: { step: "gate", name: "time-in-future" }, calls: 1 },
  { kind: "http-500", venue: "gate", reason: { step: "fetch", name: "server" }, calls: 6 },
  // The connection ends where the body breaks; what came is JSON that stops early, and is asked for once more.
  { kind: "cut-connection", venue: "gate", reason: { step: "fetch", name: "bad-json" }, calls: 4 },
  { kind: "zero-rates", venue: "gate", reason: { step: "gate", name: "zero-rate" }, calls: 2 },
  { kind: "crossed-book", venue: "gate", reason: { step: "gate", name: "crossed-book" }, calls: 2 },
  { kind: "seconds-for-ms", venue: "gate", reason: { step: "gate", name: "seconds-for-milliseconds" }, calls: 2 },
  { kind: "http-400", venue: "hyperliquid", reason: { step: "fetch", name: "bad-request" }, calls: 1 },
  { kind: "hang", venue: "hyperliquid", reason: { step: "fetch", name: "timeout" }, calls: { most: 3 } },
  { kind: "huge-body", venue: "hyperliquid", options: { bytes: 3_000_000 }, reason: { step: "fetch", name: "too-large" }, calls: 1 },
  { kind: "absurd-rate", venue: "hyperliquid", reason: { step: "gate", name: "rate-too-large" }, calls: 1 },
];

/** Faults after which the venue is left alone; `calls` of the scan that met it, metadata included. */
const PAUSING: readonly Fault[] = [
  { kind: "http-403", venue: "gate", reason: { step: "fetch", name: "forbidden" }, calls: 4 },
  { kind: "cdn-403", venue: "binance", reason: { step: "fetch", name: "geo-blocked" }, calls: 5 },
  { kind: "geo-451", venue: "hyperliquid", reason: { step: "fetch", name: "geo-blocked" }, calls: 1 },
  { kind: "rate-429", venue: "bybit", options: { retryAfterSeconds: 60 }, reason: { step: "fetch", name: "rate-limited" }, calls: 2 },
  { kind: "ban-418", venue: "binance", options: { retryAfterSeconds: 120 }, reason: { step: "fetch", name: "banned" }, calls: 5 },
];

/** Rows in another form, some of them, or twice, which every reader meets in its own way: chaos.test.ts draws them for all feeds. */
const DRAWN: readonly FaultKind[] = ["skewed-clock", "renamed-field", "changed-type", "duplicate-rows", "partial-list"];

test("every fault that the simulator knows has its case here", () => {
  const tested = new Set([...PASSING, ...PAUSING].map(({ kind }) => kind)).add("frozen-rows");
  expect([...tested, ...DRAWN].sort()).toEqual([...FAULT_KINDS].sort());
});

const faultOf = ({ kind, venue, options = {} }: Fault): ControlCommand => ({ fault: { kind, venue, options } });

/** The scan adds up, shows the others' opportunities, and says what is wrong with the venue. */
function expectExplained(scan: Scan, { venue, reason }: Fault): void {
  expect(scan.balanced).toBe(true);
  const step = scan.funnel.find(({ step: name }) => name === reason.step);
  if (reason.step === "fetch") {
    expect(step?.dropped).toEqual({ [reason.name]: 1 });
    expect(scan.venues.find((each) => each.feed === venue)).toMatchObject({ ok: false, rows: 0, error: { kind: reason.name } });
    return;
  }
  const refused = scan.rejections.counts["gate"]?.[venue]?.[reason.name] ?? 0;
  expect(refused).toBeGreaterThan(50);
  expect(step?.dropped[reason.name]).toBeGreaterThanOrEqual(refused);
}

describe.each([...new Set(PASSING.map(({ venue }) => venue))])("faults that pass, at %s", (faulty) => {
  const faults = PASSING.filter(({ venue }) => venue === faulty);
  const others = FEED_IDS.filter((id) => id !== faulty);
  let world: World;
  let served: Served;
  beforeAll(async () => {
    // These scans come thirty times as fast as real ones: with order books they would spend the venues' request budgets.
    // Fault follows fault at one venue, which its breaker would spare the most of.
    world = await startWorld({ ...PATIENT, flags: { ...PATIENT.flags, depth_limit_ms: 0, circuit_breaker_enabled: false } });
    served = await servedNow(world.simulator);
    await world.scan();
  });
  afterAll(async () => {
    await world.close();
  });
  beforeEach(() => world.simulator.control({ clear: true }));

  test.each(faults)("$kind: opens nothing, loses nothing, costs the others nothing", async (fault) => {
    await world.forgetScans();
    world.simulator.control(faultOf(fault));
    world.simulator.resetCalls();
    expectExplained(await world.scan(), fault);
    const second = await world.scan();
    expectExplained(second, fault);
    expect(second.verdict).toBe("opportunities");
    const rows = await storedRows(world);
    expectPlanted(rows, expectedPairs(world, [faulty]));
    for (const { status, pair } of rows) expect(status, pair).toBe("open");
    const called = callsOf(world);
    for (const other of others) expect(called[other], other).toBe(2 * hotCalls(other));
    if (typeof fault.calls === "number") expect(called[faulty]).toBe(2 * fault.calls);
    else expect(called[faulty]).toBeLessThanOrEqual(2 * fault.calls.most);
    expect(await untruths(world, served)).toEqual([]);
  });

  test("cured, the venue's pairs open too", async () => {
    await world.forgetScans();
    // Scans of a minute are as many as the tightest budget allows: the second half begins a minute later.
    await world.later(60_000);
    await world.scan();
    await world.scan();
    expectPlanted(await storedRows(world), expectedPairs(world));
  });

  test.each(faults)(
    "$kind while rows are open: the venue's become no-data, none ends, and cured they are back under their ids",
    async (fault) => {
      const before = await storedRows(world);
      const lost = before.filter((row) => touches(row, faulty)).length;
      expect(lost).toBeGreaterThan(0);
      const [noData, dataBack] = [await eventsOf(world, "no-data"), await eventsOf(world, "data-back")];
      world.simulator.control(faultOf(fault));
      const scan = await world.scan();
      expectExplained(scan, fault);
      for (const row of await storedRows(world)) {
        expect(row.status, row.pair).toBe(touches(row, faulty) ? "no-data" : "open");
        if (touches(row, faulty)) expect(row.why, row.pair).toContain(faulty);
      }
      expect(await untruths(world, served)).toEqual([]);

      world.simulator.control({ clear: true });
      expect((await world.scan()).balanced).toBe(true);
      expect(await storedRows(world)).toEqual(before);
      expect(await eventsOf(world, "no-data")).toBe(noData + lost);
      expect(await eventsOf(world, "data-back")).toBe(dataBack + lost);
      expect(await eventsOf(world, "closed")).toBe(0);
    },
  );
});

describe("faults after which a venue is left alone", () => {
  test.each(PAUSING)("$kind at $venue: not one call more in the next scan, and the reason still told", async (fault) => {
    const world = await startWorld(PATIENT);
    try {
      const { venue, calls, reason } = fault;
      world.simulator.control(faultOf(fault));
      expectExplained(await world.scan(), fault);
      const others = FEED_IDS.filter((id) => id !== venue);
      const first = callsOf(world);
      for (const other of others) expect(first[other], other).toBe(allCalls(other));
      expect(first[venue]).toBe(calls);

      const second = await world.scan();
      const called = callsOf(world);
      expect(called[venue]).toBe(first[venue]);
      for (const other of others) expect(called[other], other).toBe(allCalls(other) + hotCalls(other));
      expect(second.funnel[0]?.dropped).toEqual({ budget: 1 });
      const report = second.venues.find((each) => each.feed === venue);
      expect(report?.error?.message).toContain(`left alone after ${reason.name}`);

      expectPlanted(await storedRows(world), expectedPairs(world, [venue]));
      expect(await untruths(world, await servedNow(world.simulator, [venue]))).toEqual([]);
    } finally {
      await world.close();
    }
  });
});
