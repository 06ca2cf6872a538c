import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gate } from "../../src/quality/gate.ts";
import { identify, type IdentityResult } from "../../src/quality/identity.ts";
import { EMPTY_IDENTITY_MEMORY, type IdentityMemory } from "../../src/quality/identity-memory.ts";
import { priceClusters, spreadOf } from "../../src/quality/price-clusters.ts";
import { SAMPLES_PER_RULE } from "../../src/quality/refusals.ts";
import { RULES } from "../../src/quality/rules.ts";
import { HOUR_MS } from "../../src/domain/units.ts";
import { columnsOf, FACTS, NOW_MS, type RowSpec, SETTINGS } from "../rows.ts";

const number = fc.oneof(
  { weight: 4, arbitrary: fc.double({ min: 0.0001, max: 200, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(0, -1, null) },
);
const rate = fc.oneof(fc.double({ min: -0.05, max: 0.05, noNaN: true }), fc.constantFrom(0, null, 0.2));
const time = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: NOW_MS - 90_000, max: NOW_MS + 8_000 }) },
  { weight: 1, arbitrary: fc.constantFrom(null, NOW_MS / 1_000) },
);
const anyRow: fc.Arbitrary<RowSpec> = fc.record(
  {
    bid: number,
    ask: number,
    mark: number,
    fundingRatePerInterval: rate,
    fundingIntervalHours: fc.constantFrom(1, 4, 8, null),
    eventAtMs: time,
    receivedAtMs: time,
    volume24hUsd: fc.constantFrom(0, 1e6, null),
    state: fc.constantFrom("trading" as const, "halted" as const, null),
    assetClass: fc.constantFrom("crypto" as const, "equity" as const, null),
  },
  { requiredKeys: [] },
);
const rows = fc.array(anyRow, { maxLength: 40 });
const unchanged = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 40, maxLength: 40 });
const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((total, value) => total + value, 0);

function run(specs: readonly RowSpec[], unchangedScans: readonly number[], level: "permissive" | "strict") {
  return gate({ columns: columnsOf("venue", specs), unchangedScans, facts: FACTS, settings: { ...SETTINGS, level }, nowMs: NOW_MS });
}

describe("the gate, whatever comes", () => {
  it("accounts for every row, and a sample shows the rule it is filed under among all that failed", () => {
    fc.assert(
      fc.property(rows, unchanged, fc.constantFrom("permissive" as const, "strict" as const), (specs, still, level) => {
        const result = run(specs, still, level);
        expect(result.in).toBe(specs.length);
        expect(result.in).toBe(result.out + sum(result.dropped));
        expect(result.passed.length).toBe(result.out);
        expect(result.marks.length).toBe(specs.length);
        for (const { rule, failed } of result.samples) expect(failed.map((one) => one.rule)).toContain(rule);
        for (const { id } of RULES) {
          expect(result.samples.filter((sample) => sample.rule === id).length).toBeLessThanOrEqual(SAMPLES_PER_RULE);
          expect(result.failures[id] ?? 0).toBeGreaterThanOrEqual(result.dropped[id] ?? 0);
        }
      }),
    );
  });

  it("strict passes exactly the rows that permissive passes without a mark", () => {
    fc.assert(
      fc.property(rows, unchanged, (specs, still) => {
        const permissive = run(specs, still, "permissive");
        const unmarked = [...permissive.passed].filter((row) => permissive.marks[row]?.length === 0);
        expect([...run(specs, still, "strict").passed]).toEqual(unmarked);
      }),
    );
  });

  it("lets nothing through that could price a leg wrongly", () => {
    fc.assert(
      fc.property(rows, unchanged, (specs, still) => {
        const { columns, passed } = { columns: columnsOf("venue", specs), passed: run(specs, still, "permissive").passed };
        for (const row of passed) {
          const [bid, ask, funding, hours] = [
            columns.bid[row],
            columns.ask[row],
            columns.fundingRatePerInterval[row],
            columns.fundingIntervalHours[row],
          ];
          expect(bid).toBeGreaterThan(0);
          expect(ask).toBeGreaterThanOrEqual(bid ?? Number.NaN);
          expect(Math.abs(funding ?? Number.NaN)).toBeLessThanOrEqual(0.02 * (1 + 1e-9));
          expect(hours).toBeGreaterThan(0);
        }
      }),
    );
  });

  it("asks every rule about every row that fails it: a screen leaves none out", () => {
    const facts = fc.record({
      hasBulkBook: fc.boolean(),
      accrual: fc.constantFrom("settled" as const, "continuous" as const),
      documentedCap: fc.constantFrom(null, { rate: 0.01, source: "https://docs.example", readOn: "2026-11-22" }),
    });
    const settings = fc.record({
      ratesMustBePositive: fc.boolean(),
      allowedAssetClasses: fc.constantFrom(["crypto"], ["crypto", "equity"], ["equity", "crypto"], []),
    });
    const odd: fc.Arbitrary<RowSpec> = fc.record(
      {
        kind: fc.constantFrom("perpetual" as const, "spot" as const),
        fundingCap: rate,
        fundingFloor: rate,
        nextFundingAtMs: fc.oneof(
          time,
          fc.integer({ min: 1, max: 9 }).map((hours) => NOW_MS + hours * HOUR_MS),
        ),
        replyAtMs: time,
        openInterestUsd: fc.constantFrom(0, 1e6, 1e7, null),
      },
      { requiredKeys: [] },
    );
    const both = fc.array(
      fc.tuple(anyRow, odd).map(([row, more]) => ({ ...row, ...more })),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(both, unchanged, facts, settings, (specs, still, ownFacts, own) => {
        const columns = columnsOf("venue", specs);
        const terms = { facts: { ...FACTS, ...ownFacts }, settings: { ...SETTINGS, ...own }, nowMs: NOW_MS };
        const result = gate({ ...terms, columns, unchangedScans: still });
        for (const row of specs.keys()) {
          const failing = RULES.filter((rule) => rule.check({ ...terms, columns, row, unchangedScans: still[row] ?? 0 }) !== null);
          expect([...(result.failed[row] ?? []), ...(result.marks[row] ?? [])]).toEqual(failing.map(({ id }) => id));
        }
      }),
      { numRuns: 300 },
    );
  });

  it("judges a row alike in whatever company it stands", () => {
    fc.assert(
      fc.property(rows, unchanged, (specs, still) => {
        const passed = new Set(run(specs, still, "permissive").passed);
        for (const [row, spec] of specs.entries()) expect(run([spec], still.slice(row), "permissive").out === 1).toBe(passed.has(row));
      }),
    );
  });
});

describe("identity, whatever comes", () => {
  /** Prices of one ticker at up to eight venues, on a few levels that may lie close to each other. */
  const market = fc.array(
    fc.record({ level: fc.constantFrom(1, 1.02, 1.05, 2, 1_000), noise: fc.double({ min: 0.99, max: 1.01, noNaN: true }) }),
    {
      maxLength: 8,
    },
  );
  type Prices = readonly { readonly level: number; readonly noise: number }[];
  const judge = (prices: Prices, memory: IdentityMemory): IdentityResult =>
    identify({
      venues: prices.map(({ level, noise }, place) => ({ columns: columnsOf(`v${place}`, [{ index: level * noise }]), passed: [0] })),
      settings: SETTINGS,
      memory,
      nowMs: NOW_MS,
    });

  it("accounts for every row, and rows of one id lie within the tolerance", () => {
    fc.assert(
      fc.property(fc.array(market, { minLength: 1, maxLength: 6 }), (scans) => {
        let memory = EMPTY_IDENTITY_MEMORY;
        for (const prices of scans) {
          const result = judge(prices, memory);
          const groups = Map.groupBy(
            result.venues.map((venue, place) => ({
              id: venue.assetId[0] ?? null,
              price: (prices[place]?.level ?? 0) * (prices[place]?.noise ?? 0),
            })),
            ({ id }) => id,
          );
          for (const venue of result.venues) expect(venue.in).toBe(venue.out + sum(venue.dropped));
          for (const [id, members] of groups) {
            if (id === null) continue;
            const spread = spreadOf(members.toSorted((a, b) => a.price - b.price));
            expect(spread).toBeLessThanOrEqual(members.length === 2 ? SETTINGS.identityToleranceTwoVenues : SETTINGS.identityTolerance);
            if (prices.length > 1) expect(members.length).toBeGreaterThan(1);
          }
          ({ memory } = result);
          expect(JSON.parse(JSON.stringify(memory))).toEqual(memory);
        }
      }),
    );
  });

  it("says the same of the same prices in the next scan", () => {
    fc.assert(
      fc.property(market, (prices) => {
        const first = judge(prices, EMPTY_IDENTITY_MEMORY);
        const second = judge(prices, first.memory);
        expect(second.venues).toEqual(first.venues);
        expect(second.memory).toEqual(first.memory);
      }),
    );
  });

  it("price clusters keep every member once, narrow and in order", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1e-9, max: 1e6, noNaN: true })),
        fc.double({ min: 0, max: 0.1, noNaN: true }),
        (prices, tolerance) => {
          const groups = priceClusters(
            prices.map((price) => ({ price })),
            tolerance,
          );
          expect(groups.flat().map(({ price }) => price)).toEqual(prices.toSorted((a, b) => a - b));
          for (const group of groups) expect(spreadOf(group)).toBeLessThanOrEqual(tolerance);
        },
      ),
    );
  });
});
