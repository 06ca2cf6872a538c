import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keepBest, type Seen } from "../../src/lifecycle/dedup.ts";
import { opportunityId, opportunityKey } from "../../src/lifecycle/key.ts";
import { reconcile, type Reconciled, type Unseen } from "../../src/lifecycle/reconcile.ts";
import { EMPTY_STATE, LIMITS, type LifecycleState } from "../../src/lifecycle/state.ts";
import { pricedPair, seen, SETTINGS, SLOT_MS, START_MS } from "../pairs.ts";

const ASSETS = ["A", "B", "C", "D", "E", "F"];
const keyOf = (asset: string, swapped: boolean): string => pricedPair({ asset, swapped, net: 0 }).key;

const net = fc.oneof(
  { weight: 6, arbitrary: fc.double({ min: -0.002, max: 0.004, noNaN: true }) },
  { weight: 1, arbitrary: fc.constant(null) },
);

/** Any pair with any flags, as any path may bring it. */
const anySeen: fc.Arbitrary<Seen> = fc
  .record({
    asset: fc.constantFrom(...ASSETS),
    swapped: fc.boolean(),
    net,
    survives: fc.boolean(),
    longIntervalHours: fc.constantFrom(1, 4, 8),
    mayOpen: fc.boolean(),
    mayRefresh: fc.boolean(),
    source: fc.constantFrom("detect", "open-row", "other"),
  })
  .map(({ mayOpen, mayRefresh, source, ...spec }) => seen(spec, { mayOpen: mayOpen && mayRefresh, mayRefresh, source }));

const anyUnseen: fc.Arbitrary<Unseen> = fc.record({
  key: fc.tuple(fc.constantFrom(...ASSETS), fc.boolean()).map(([asset, swapped]) => keyOf(asset, swapped)),
  reason: fc.constantFrom<Unseen["reason"]>({ kind: "missing", reason: "stale" }, { kind: "delisted" }, { kind: "identity-lost" }),
});

type Scan = { readonly seen: readonly Seen[]; readonly unseen: readonly Unseen[]; readonly slots: number };
const anyScan: fc.Arbitrary<Scan> = fc.record({
  seen: fc.array(anySeen, { maxLength: 12 }),
  unseen: fc.array(anyUnseen, { maxLength: 4 }),
  slots: fc.oneof({ weight: 8, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.integer({ min: 2, max: 150 }) }),
});

function apply(state: LifecycleState, slotMs: number, { seen: found, unseen }: Scan): Reconciled {
  return reconcile({ state, seen: found, unseen, nowMs: slotMs + 1_500, slotMs, scanId: `scan-${slotMs}`, settings: SETTINGS });
}

type Step = { readonly before: LifecycleState; readonly slotMs: number; readonly scan: Scan; readonly result: Reconciled };
function play(scans: readonly Scan[]): readonly Step[] {
  const steps: Step[] = [];
  let state = EMPTY_STATE;
  let slotMs = START_MS;
  for (const scan of scans) {
    slotMs += scan.slots * SLOT_MS;
    const result = apply(state, slotMs, scan);
    steps.push({ before: state, slotMs, scan, result });
    state = result.state;
  }
  return steps;
}
const history = fc.array(anyScan, { minLength: 1, maxLength: 25 });
const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((total, value) => total + value, 0);
const changed = ({ changes }: Reconciled, ...kinds: readonly string[]): number =>
  changes.filter((change) => kinds.includes(change.kind)).length;
const live = (state: LifecycleState): number => Object.keys(state.open).length;

describe("reconcile, whatever comes", () => {
  it("adds nothing when the same scan is applied again, to the state after it or to the state before it", () => {
    fc.assert(
      fc.property(history, (scans) => {
        for (const { before, slotMs, scan, result } of play(scans)) {
          const again = apply(result.state, slotMs, scan);
          expect([again.state, again.changes, again.events]).toEqual([result.state, [], []]);
          expect(apply(before, slotMs, scan)).toEqual(result);
        }
      }),
    );
  });

  it("conserves rows: live after = live before + opened + revived − closed", () => {
    fc.assert(
      fc.property(history, (scans) => {
        for (const { before, result } of play(scans)) {
          expect(live(result.state)).toBe(live(before) + changed(result, "opened", "revived") - changed(result, "closed"));
        }
      }),
    );
  });

  it("counts add up: in = out + dropped, and out is what is shown, by outcome", () => {
    fc.assert(
      fc.property(history, (scans) => {
        for (const { before, scan, result } of play(scans)) {
          const { counts, state } = result;
          const keys = new Set(scan.seen.map(({ priced }) => priced.key));
          expect(counts.in).toBe(scan.seen.length + Object.keys(before.open).filter((key) => !keys.has(key)).length);
          expect(counts.in).toBe(counts.out + sum(counts.dropped));
          expect([counts.out, sum(counts.outcomes)]).toEqual([live(state), live(state)]);
        }
      }),
    );
  });

  it("does not depend on the order in which pairs arrive", () => {
    fc.assert(
      fc.property(history, (scans) => {
        const forward = play(scans).at(-1)?.result;
        const backward = play(scans.map((scan) => ({ ...scan, seen: scan.seen.toReversed() }))).at(-1)?.result;
        expect(backward?.state).toEqual(forward?.state);
        expect(backward?.counts).toEqual(forward?.counts);
      }),
    );
  });

  it("gives each event and each row change an id of its own, and state that survives JSON", () => {
    fc.assert(
      fc.property(history, (scans) => {
        const results = play(scans).map(({ result }) => result);
        const events = results.flatMap((result) => result.events.map(({ id }) => id));
        expect(new Set(events).size).toBe(events.length);
        for (const { changes, state } of results) {
          expect(new Set(changes.map(({ row }) => row.id)).size).toBe(changes.length);
          expect(JSON.parse(JSON.stringify(state))).toEqual(state);
        }
      }),
    );
  });

  it("never writes an open row without a net", () => {
    fc.assert(
      fc.property(history, (scans) => {
        for (const { result } of play(scans)) for (const { row } of result.changes) expect(row.priced.ledger.net).not.toBeNull();
      }),
    );
  });
});

describe("deduplication", () => {
  const many = fc.array(anySeen, { maxLength: 40 });

  it("is idempotent, blind to order, invents nothing and keeps the highest net", () => {
    fc.assert(
      fc.property(many, (list) => {
        const { kept, repeats } = keepBest(list);
        expect(keepBest([...kept.values()])).toEqual({ kept, repeats: [] });
        expect(Object.fromEntries(keepBest(list.toReversed()).kept)).toEqual(Object.fromEntries(kept));
        expect(kept.size + repeats.length).toBe(list.length);
        for (const [key, best] of kept) {
          expect(list).toContain(best);
          const nets = list.filter(({ priced }) => priced.key === key).map(({ priced }) => priced.ledger.net ?? Number.NEGATIVE_INFINITY);
          expect(best.priced.ledger.net ?? Number.NEGATIVE_INFINITY).toBe(Math.max(...nets));
        }
      }),
    );
  });

  it("N distinct and M repeated candidates give exactly N rows, and N > 0 never becomes 0", () => {
    const distinct = fc.uniqueArray(fc.tuple(fc.constantFrom(...ASSETS), fc.boolean()), { minLength: 1, selector: ([a, b]) => `${a}${b}` });
    fc.assert(
      fc.property(distinct, fc.array(fc.nat(), { maxLength: 30 }), (pairs, repeated) => {
        const items = pairs.map(([asset, swapped]) => seen({ asset, swapped, net: 0.002 }));
        const again = repeated.flatMap((place) => items[place % items.length] ?? []);
        const scan = { seen: [...again, ...items], unseen: [], slots: 1 };
        const [first, second] = play([scan, scan]);
        expect(first?.result.counts.dropped).toEqual(
          again.length === 0 ? { pending: items.length } : { pending: items.length, duplicate: again.length },
        );
        expect(changed(second?.result ?? apply(EMPTY_STATE, 0, scan), "opened")).toBe(items.length);
        expect(second?.result.mergeCounts).toEqual(again.length === 0 ? {} : { "same-key-in-scan": again.length });
      }),
    );
  });
});

describe("the key", () => {
  const name = fc.string({ minLength: 1, maxLength: 8 }).filter((text) => !text.includes("|"));

  it("changes with the direction, and with nothing that is measured", () => {
    fc.assert(
      fc.property(fc.constantFrom(...ASSETS), net, net, (asset, one, other) => {
        expect(pricedPair({ asset, net: one }).key).toBe(pricedPair({ asset, net: other, longIntervalHours: 1 }).key);
        expect(keyOf(asset, true)).not.toBe(keyOf(asset, false));
      }),
    );
  });

  it("is the same in whatever order its parts are named, and differs when any part differs", () => {
    const parts = fc.record({ asset: name, long: name, short: name }).filter(({ long, short }) => long !== short);
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const key = opportunityKey({ strategy: "funding", ...a });
        expect(opportunityKey({ short: a.short, long: a.long, asset: a.asset, strategy: "funding" })).toBe(key);
        const same = a.asset === b.asset && a.long === b.long && a.short === b.short;
        expect(opportunityKey({ strategy: "funding", ...b }) === key).toBe(same);
      }),
    );
  });

  it("gives ids that do not collide over keys and slots", () => {
    const ids = ASSETS.flatMap((asset) => Array.from({ length: 2_000 }, (_, slot) => opportunityId(keyOf(asset, false), slot * SLOT_MS)));
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("a flapping market over 500 scans", () => {
  /** Nets around both bars, holes in the data, delistings: a walk of its own for each key, the same for the same seed. */
  const flapping = fc.record({
    phases: fc.array(fc.integer({ min: 2, max: 23 }), { minLength: 12, maxLength: 12 }),
    holes: fc.array(fc.integer({ min: 3, max: 61 }), { minLength: 12, maxLength: 12 }),
  });

  it("never has more rows than keys, opens no second row inside the revival window, and keeps its state bounded", () => {
    fc.assert(
      fc.property(flapping, ({ phases, holes }) => {
        const keys = ASSETS.flatMap((asset) => [false, true].map((swapped) => ({ asset, swapped })));
        const lastLiveAtMs = new Map<string, number>();
        const idOf = new Map<string, string>();
        let state = EMPTY_STATE;
        for (let n = 1; n <= 500; n++) {
          const slotMs = START_MS + n * SLOT_MS;
          const found: Seen[] = [];
          for (const [place, { asset, swapped }] of keys.entries()) {
            const period = phases[place] ?? 2;
            if (n % (holes[place] ?? 3) === 0) continue;
            found.push(seen({ asset, swapped, net: Math.floor(n / period) % 2 === 0 ? 0.0012 : 0.0003 }));
          }
          const result = apply(state, slotMs, { seen: found, unseen: [], slots: 1 });
          ({ state } = result);
          for (const { kind, row } of result.changes) {
            const since = slotMs - (lastLiveAtMs.get(row.key) ?? Number.NEGATIVE_INFINITY);
            if (kind === "opened") expect(since).toBeGreaterThan(SETTINGS.revivalWindowMs);
            if (kind === "revived") expect(row.id).toBe(idOf.get(row.key));
            idOf.set(row.key, row.id);
          }
          for (const key of [...Object.keys(state.open), ...result.changes.map(({ row }) => row.key)]) lastLiveAtMs.set(key, slotMs);
          expect(live(state)).toBeLessThanOrEqual(keys.length);
          expect(live(state) + Object.keys(state.closed).length + Object.keys(state.pending).length).toBeLessThanOrEqual(2 * keys.length);
          for (const { points } of Object.values(state.open)) expect(points.length).toBeLessThanOrEqual(LIMITS.points);
        }
        expect(idOf.size).toBeGreaterThan(0);
        expect(JSON.parse(JSON.stringify(state))).toEqual(state);
      }),
      { numRuns: 12 },
    );
  });
});
