import { describe, expect, it } from "vitest";
import { type Found, pricedPair, scans, seen, SETTINGS, SLOT_MS, START_MS } from "../../test/pairs.ts";
import { keepBest } from "./dedup.ts";
import { MERGE_SAMPLES, reconcile } from "./reconcile.ts";
import { type ClosedRow, EMPTY_STATE, LIMITS, type LifecycleState } from "./state.ts";

const assets = (many: number, net: (n: number) => number) => Array.from({ length: many }, (_, n) => seen({ asset: `C${n}`, net: net(n) }));
const scan = (state: LifecycleState, found: Found, confirmScans = SETTINGS.confirmScans) =>
  reconcile({
    state,
    seen: found.seen ?? [],
    unseen: found.unseen ?? [],
    nowMs: START_MS + 3_000,
    slotMs: START_MS,
    scanId: "s",
    settings: { ...SETTINGS, confirmScans },
  });
const keyOf = (asset: string): string => pricedPair({ asset, net: 0 }).key;

describe("what is kept between scans is bounded", () => {
  it("pending pairs: those of the highest net stay", () => {
    const { state, counts } = scan(EMPTY_STATE, { seen: assets(LIMITS.pending + 5, (n) => 0.002 + n * 1e-7) });
    expect(Object.keys(state.pending)).toHaveLength(LIMITS.pending);
    expect([state.pending[keyOf("C4")], state.pending[keyOf("C5")]]).toEqual([undefined, { scans: 1, firstSeenAtMs: START_MS + 3_000 }]);
    expect(counts.dropped).toEqual({ pending: LIMITS.pending + 5 });
  });

  it("closed rows: those closed last stay", () => {
    const row = (closedAtMs: number): ClosedRow => ({
      id: "x",
      openedAtMs: 0,
      firstSeenAtMs: 0,
      closedAtMs,
      closeReason: "below-bar",
      revivals: 0,
      scansMerged: 0,
      suppressed: 0,
      repeated: 0,
    });
    const kept = (many: number) =>
      scan({ ...EMPTY_STATE, closed: Object.fromEntries(Array.from({ length: many }, (_, n) => [`k${n}`, row(START_MS - many + n)])) }, {})
        .state.closed;
    const beyond = kept(LIMITS.closed + 3);
    expect(Object.keys(beyond)).toHaveLength(LIMITS.closed);
    expect([beyond["k2"], beyond["k3"]?.id]).toEqual([undefined, "x"]);
    expect(Object.keys(kept(LIMITS.closed))).toHaveLength(LIMITS.closed);
  });

  it("open rows: room is what the rows before leave, the best take it, and of equals the lower key", () => {
    const before = scan(EMPTY_STATE, { seen: assets(LIMITS.open - 1, () => 0.002) }, 1).state;
    const rivals = ["Y", "X", "Z"].map((asset) => seen({ asset, net: 0.002 }));
    const at = { nowMs: START_MS + SLOT_MS, slotMs: START_MS + SLOT_MS, scanId: "t", settings: { ...SETTINGS, confirmScans: 1 } };
    const opens = (found: typeof rivals) =>
      reconcile({ ...at, state: before, seen: found, unseen: [] }).changes.filter(({ kind }) => kind === "opened");
    expect(opens(rivals).map(({ row }) => row.priced.asset)).toEqual(["X"]);
    expect(opens([...rivals, seen({ asset: "W", net: 0.0019 })]).map(({ row }) => row.priced.asset)).toEqual(["X"]);
    expect(opens([...rivals, seen({ asset: "ZZ", net: 0.0021 })]).map(({ row }) => row.priced.asset)).toEqual(["ZZ"]);
  });

  it("merges are told one by one up to a limit and counted beyond", () => {
    const many = assets(MERGE_SAMPLES + 10, () => 0.002);
    const { merges, mergeCounts, counts } = scan(EMPTY_STATE, { seen: [...many, ...many] });
    expect(merges).toHaveLength(MERGE_SAMPLES);
    expect(mergeCounts).toEqual({ "same-key-in-scan": MERGE_SAMPLES + 10 });
    expect(counts.dropped["duplicate"]).toBe(MERGE_SAMPLES + 10);
  });
});

describe("a pair that waits", () => {
  it("remembers when it was first seen and counts on", () => {
    const { state } = scans([{ seen: [seen({ net: 0.002 })] }]);
    expect(state.pending).toEqual({ [keyOf("BTC")]: { scans: 1, firstSeenAtMs: START_MS + 3_000 } });
    const three = { ...SETTINGS, confirmScans: 3 };
    const next = reconcile({
      state,
      seen: [seen({ net: 0.002 })],
      unseen: [],
      nowMs: START_MS + SLOT_MS,
      slotMs: START_MS + SLOT_MS,
      scanId: "n",
      settings: three,
    });
    expect(next.state.pending).toEqual({ [keyOf("BTC")]: { scans: 2, firstSeenAtMs: START_MS + 3_000 } });
    expect(next.counts).toEqual({ in: 1, out: 0, dropped: { pending: 1 }, outcomes: {} });
  });

  it("is not taken for a name that every object has", () => {
    const found = seen({ net: 0.002 });
    const odd = { ...found, priced: { ...found.priced, key: "constructor" } };
    expect(scan(EMPTY_STATE, { seen: [odd] }).state.pending).toEqual({ constructor: { scans: 1, firstSeenAtMs: START_MS + 3_000 } });
    expect(scan(EMPTY_STATE, { seen: [odd] }, 1).changes).toMatchObject([{ kind: "opened", row: { revivals: 0 } }]);
  });
});

describe("of pairs with one key", () => {
  it("the known net is kept before the unknown, and of equal nets the earlier source, then the same whichever came first", () => {
    const of = (net: number | null, source: string) => seen({ net }, { source });
    const keptOf = (...found: readonly ReturnType<typeof of>[]) => [...keepBest(found).kept.values()];
    expect(keptOf(of(null, "a"), of(-0.5, "b"))).toEqual([of(-0.5, "b")]);
    expect(keptOf(of(0.1, "b"), of(0.1, "a"))).toEqual([of(0.1, "a")]);
    expect(keptOf(of(0.1, "a"), of(0.1, "b"))).toEqual([of(0.1, "a")]);
    const [frozen, moving] = [seen({ net: 0.1 }, { mayOpen: false }), seen({ net: 0.1 })];
    expect(keptOf(frozen, moving)).toEqual(keptOf(moving, frozen));
    expect(keepBest([of(0.1, "a"), of(0.2, "b")]).repeats).toEqual([{ key: keyOf("BTC"), source: "a" }]);
    expect(keepBest([of(0.2, "b"), of(0.1, "a")]).repeats).toEqual([{ key: keyOf("BTC"), source: "a" }]);
  });
});

describe("a slot that comes again", () => {
  it("shows nothing where nothing was open, and counts what arrived as repeated", () => {
    const state = { ...EMPTY_STATE, lastSlotMs: START_MS };
    expect(scan(state, { seen: [seen({ net: 0.002 })] }).counts).toEqual({ in: 1, out: 0, dropped: { "slot-repeated": 1 }, outcomes: {} });
  });
});

describe("rows that are open beside what arrives", () => {
  const other = seen({ asset: "ETH", net: 0.002 });
  const both = scans([{ seen: [seen({ net: 0.002 }), other] }, { seen: [seen({ net: 0.002 }), other] }]).state;

  it("a slot that comes again counts those that nothing arrived for as well, and tells no merges", () => {
    const again = reconcile({
      state: both,
      seen: [other],
      unseen: [],
      nowMs: START_MS,
      slotMs: both.lastSlotMs ?? Number.NaN,
      scanId: "again",
      settings: SETTINGS,
    });
    expect(again.counts).toEqual({ in: 2, out: 2, dropped: {}, outcomes: { unchanged: 2 } });
    expect([again.merges, again.mergeCounts]).toEqual([[], {}]);
  });

  it("a row that closes in a scan with repeats is the one that they were merged into", () => {
    const low = () => seen({ net: 0.0004 });
    const { results } = scans([{ seen: [low()] }, { seen: [low()] }, { seen: [low(), low()] }], both);
    expect(results.at(-1)?.merges[0]).toMatchObject({ survivingId: both.open[keyOf("BTC")]?.row.id, reason: "same-key-in-scan" });
    expect(results.at(-1)?.state.closed[keyOf("BTC")]?.repeated).toBe(1);
    expect(results.at(0)?.counts.dropped).toEqual({});
  });
});
