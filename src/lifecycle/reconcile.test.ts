import { describe, expect, it } from "vitest";
import { HOUR_MS, MINUTE_MS } from "../domain/units.ts";
import { keepBest } from "./dedup.ts";
import { opportunityId } from "./key.ts";
import { reconcile, type Reconciled } from "./reconcile.ts";
import { EMPTY_STATE, LIMITS, type LifecycleState, POINT_MS, withPoint } from "./state.ts";
import { type Found, pricedPair, scans, seen, SETTINGS, SLOT_MS, START_MS } from "../../test/pairs.ts";

const HIGH: Found = { seen: [seen({ net: 0.002 })] };
const MIDDLE: Found = { seen: [seen({ net: 0.0007 })] };
const LOW: Found = { seen: [seen({ net: 0.0004 })] };
const UNKNOWN: Found = { seen: [seen({ net: null })] };
const FROZEN: Found = { seen: [seen({ net: 0.002 }, { mayOpen: false, mayRefresh: false })] };
const NOTHING: Found = {};
const { key } = pricedPair({ net: 0 });
const missing = (reason = "stale"): Found => ({ unseen: [{ key, reason: { kind: "missing", reason } }] });
const DELISTED: Found = { unseen: [{ key, reason: { kind: "delisted" } }] };
const IDENTITY_LOST: Found = { unseen: [{ key, reason: { kind: "identity-lost" } }] };

const opened = () => scans([HIGH, HIGH]).state;
/** What the scans made of the row that `opened` holds: kinds of events, scan by scan. */
const kindsAfter = (list: readonly Found[]): readonly (readonly string[])[] =>
  scans(list, opened()).results.map((result) => result.events.map((event) => event.kind));
const last = (list: readonly Found[], from: LifecycleState = opened()): Reconciled => {
  const result = scans(list, from).results.at(-1);
  if (result === undefined) throw new Error("no scan");
  return result;
};
const rowIn = (state: LifecycleState) => state.open[key]?.row;

describe("opening", () => {
  it("takes two scans in a row over the bar; the row remembers when it was first seen", () => {
    const { results } = scans([HIGH, HIGH]);
    expect(results.map((result) => [result.counts.dropped, result.counts.outcomes])).toEqual([
      [{ pending: 1 }, {}],
      [{}, { opened: 1 }],
    ]);
    const slotMs = START_MS + SLOT_MS;
    expect(results[1]?.changes).toEqual([{ kind: "opened", row: rowIn(results[1]?.state ?? EMPTY_STATE) }]);
    expect(rowIn(opened())).toMatchObject({
      id: opportunityId(key, slotMs),
      key,
      status: "open",
      openedAtMs: slotMs + 3_000,
      firstSeenAtMs: START_MS + 3_000,
      revivals: 0,
      scansMerged: 0,
    });
  });

  it.each<[string, Found]>([
    ["under the bar", MIDDLE],
    ["with a net that is not known", UNKNOWN],
    ["without data", NOTHING],
    ["frozen", FROZEN],
    ["with the settled rates against it", { seen: [seen({ net: 0.002 }, { mayOpen: false })] }],
    ["that does not survive stress", { seen: [seen({ net: 0.002, survives: false })] }],
  ])("a scan %s between two over the bar starts confirmation again", (_, between) => {
    const { state } = scans([HIGH, between, HIGH]);
    expect(Object.keys(state.open)).toEqual([]);
    expect(state.pending[key]?.scans).toBe(1);
  });

  it.each<[string, Found]>([
    ["net-unknown", UNKNOWN],
    ["below-bar", MIDDLE],
    ["stress-failed", { seen: [seen({ net: 0.002, survives: false })] }],
    ["frozen", FROZEN],
    ["sign-disagrees", { seen: [seen({ net: 0.002 }, { mayOpen: false })] }],
  ])("never happens for %s, and the reason is counted", (reason, found) => {
    const { results, state } = scans([found, found, found]);
    expect(state.open).toEqual({});
    for (const { counts } of results) expect(counts).toEqual({ in: 1, out: 0, dropped: { [reason]: 1 }, outcomes: {} });
  });

  it("counts scans that were made: a slot without a scan does not break the row", () => {
    expect(Object.keys(scans([HIGH, { ...HIGH, afterMs: 3 * SLOT_MS }]).state.open)).toEqual([key]);
  });

  it("at exactly the bar opens", () => {
    const bar: Found = { seen: [seen({ net: SETTINGS.openNet })] };
    expect(Object.keys(scans([bar, bar]).state.open)).toEqual([key]);
  });
});

describe("an open row", () => {
  it("is written when its net moves by more than 10 % and 2 bps, and not before", () => {
    const after = (net: number) => last([{ seen: [seen({ net })] }]);
    expect(after(0.0021).changes).toEqual([]);
    expect(after(0.00219).changes).toEqual([]);
    expect(after(0.0023).changes.map((change) => change.kind)).toEqual(["updated"]);
    expect(after(0.0017).events.map((event) => [event.kind, event.net])).toEqual([["updated", 0.0017]]);
  });

  it("measures the move from what was last written, so that many small moves are written too", () => {
    const drift = [0.00215, 0.00219, 0.00225, 0.0023].map((net) => ({ seen: [seen({ net })] }));
    expect(kindsAfter(drift)).toEqual([[], [], ["updated"], []]);
  });

  it("shows the latest economics whether written or not, and counts what was merged and what made no event", () => {
    const { state } = last([HIGH, { seen: [seen({ net: 0.0021 })] }, { seen: [seen({ net: 0.003 })] }]);
    expect(rowIn(state)).toMatchObject({ scansMerged: 3, priced: { ledger: { net: 0.003 } } });
    expect(state.open[key]?.suppressed).toBe(2);
  });

  it("is written when a leg's interval changes", () => {
    expect(
      kindsAfter([{ seen: [seen({ net: 0.002, longIntervalHours: 4 })] }, { seen: [seen({ net: 0.002, longIntervalHours: 4 })] }]),
    ).toEqual([["interval-changed"], []]);
  });

  it("is written when a leg's cap changes, from what was written last, and not while the cap is not sent", () => {
    const capped = (longCap: number | null) => ({ seen: [seen({ net: 0.002, longCap })] });
    const first = last([capped(0.02)]);
    expect(first.events).toEqual([]);
    const known = scans([capped(0.02), { seen: [seen({ net: 0.003, longCap: 0.02 })] }], opened()).state;
    const after = (...caps: readonly (number | null)[]) =>
      scans(
        caps.map((longCap) => ({ seen: [seen({ net: 0.003, longCap })] })),
        known,
      ).results.map(({ events }) => events.map(({ kind, reason }) => [kind, reason]));
    expect(after(0.02, null, 0.02)).toEqual([[], [], []]);
    expect(after(0.03, 0.03)).toEqual([[["cap-changed", "funding at most 3 % an interval on bybit, 2 % before"]], []]);
  });

  it("is not touched by a net that is not known, which is told beside it", () => {
    const result = last([LOW, LOW, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN]);
    expect(result.changes).toEqual([]);
    expect(rowIn(result.state)).toMatchObject({ status: "open", priced: { ledger: { net: 0.0004 } } });
    expect(result.state.open[key]?.netUnknown?.reasons).toEqual(["The crossing is not known."]);
    expect(last([UNKNOWN, HIGH]).state.open[key]?.netUnknown).toBeNull();
  });

  it("keeps at most 96 points, the last net of each quarter of an hour", () => {
    let points = withPoint([], 0, 1);
    points = withPoint(points, POINT_MS - 1, 2);
    expect(points).toEqual([{ atMs: 0, net: 2 }]);
    for (let n = 1; n <= 200; n++) points = withPoint(points, n * POINT_MS, n);
    expect(points).toHaveLength(96);
    expect(points.at(-1)).toEqual({ atMs: 200 * POINT_MS, net: 200 });
  });
});

describe("closing", () => {
  it("takes three scans in a row seen under the closing bar", () => {
    expect(kindsAfter([LOW, LOW, LOW])).toEqual([["updated"], [], ["closed"]]);
    expect(last([LOW, LOW, LOW])).toMatchObject({
      counts: { in: 1, out: 0, dropped: { "closed-below-bar": 1 } },
      changes: [{ kind: "closed" }],
    });
    expect(last([LOW, LOW, LOW]).changes[0]?.row).toMatchObject({
      status: "closed",
      closeReason: "below-bar",
      priced: { ledger: { net: 0.0004 } },
    });
  });

  it("takes a price gap that is gone for one under the bar, whatever the funding of its legs pays", () => {
    const gap = (priceGain: number): Found => {
      const found = seen({ net: 0.003 });
      return { seen: [{ ...found, priced: { ...found.priced, ledger: { ...found.priced.ledger, priceGain } } }] };
    };
    expect(last([gap(0), gap(-0.0001)]).state.open[key]?.lowScans).toBe(2);
    expect(last([gap(0), gap(-0.0001), gap(0)]).events.map(({ kind, reason }) => [kind, reason])).toEqual([["closed", "below-bar"]]);
    expect(last([gap(0), gap(0), gap(0.0001)]).state.open[key]?.lowScans).toBe(0);
  });

  it("starts again after a scan at or over the closing bar", () => {
    expect(rowIn(last([LOW, LOW, MIDDLE, LOW, LOW]).state)?.status).toBe("open");
  });

  it("neither counts nor forgets in scans without data or with a net that is not known", () => {
    expect(rowIn(last([LOW, LOW, missing(), UNKNOWN, missing()]).state)?.status).toBe("no-data");
    expect(kindsAfter([LOW, LOW, missing(), UNKNOWN, LOW]).at(-1)).toEqual(["closed"]);
  });

  it.each<[string, Found]>([
    ["delisted", DELISTED],
    ["identity-lost", IDENTITY_LOST],
  ])("happens at once when %s", (reason, found) => {
    const result = last([found]);
    expect(result.state.open).toEqual({});
    expect(result.events).toMatchObject([{ kind: "closed", reason }]);
    expect(result.counts.dropped).toEqual({ [`closed-${reason}`]: 1 });
  });
});

describe("missing data", () => {
  it("is said once, shown as such, and closes nothing for an hour", () => {
    const kinds = kindsAfter([missing(), missing(), { ...missing(), afterMs: HOUR_MS - SLOT_MS - 1 }]);
    expect(kinds).toEqual([["no-data"], [], []]);
    const result = last([missing("http-500")]);
    expect(rowIn(result.state)).toMatchObject({
      status: "no-data",
      noDataReason: "http-500",
      noDataSinceMs: START_MS + 2 * SLOT_MS + 3_000,
    });
    expect(result.counts).toEqual({ in: 1, out: 1, dropped: {}, outcomes: { "no-data": 1 } });
  });

  it("closes the row as data-lost after an hour", () => {
    expect(last([missing(), { ...missing(), afterMs: HOUR_MS }]).events).toMatchObject([{ kind: "closed", reason: "data-lost" }]);
  });

  it("that comes back opens the row again with an event, and the hour starts anew", () => {
    const back = scans(
      [missing(), { ...HIGH, afterMs: HOUR_MS - SLOT_MS }, missing(), { ...missing(), afterMs: HOUR_MS - SLOT_MS }],
      opened(),
    );
    expect(back.results.map((result) => result.events.map((event) => event.kind))).toEqual([["no-data"], ["data-back"], ["no-data"], []]);
    expect(back.results[1]?.changes).toMatchObject([
      { kind: "data-back", row: { status: "open", noDataSinceMs: null, noDataReason: null } },
    ]);
  });

  it("is what a frozen row counts as: it refreshes nothing", () => {
    const result = last([FROZEN]);
    expect(rowIn(result.state)).toMatchObject({ status: "no-data", noDataReason: "frozen", lastSeenAtMs: rowIn(opened())?.lastSeenAtMs });
    expect(kindsAfter([FROZEN, { ...FROZEN, afterMs: HOUR_MS }]).at(-1)).toEqual(["closed"]);
  });

  it("is assumed for an open key that the scan says nothing about", () => {
    expect(rowIn(last([NOTHING]).state)).toMatchObject({ status: "no-data", noDataReason: "not-priced" });
  });

  it("back with a net that is not known opens the row with the net it had", () => {
    expect(last([missing(), UNKNOWN]).changes).toMatchObject([{ kind: "data-back", row: { priced: { ledger: { net: 0.002 } } } }]);
  });
});

describe("coming back", () => {
  const closed = () => scans([LOW, LOW, LOW], opened()).state;

  it("within four hours revives the same row, after confirmation", () => {
    const { results, state } = scans([HIGH, HIGH], closed());
    expect(results.map((result) => result.events.map((event) => event.kind))).toEqual([[], ["revived"]]);
    expect(rowIn(state)).toMatchObject({
      id: rowIn(opened())?.id,
      openedAtMs: rowIn(opened())?.openedAtMs,
      revivals: 1,
      status: "open",
      closedAtMs: null,
      closeReason: null,
    });
    expect(state.closed).toEqual({});
  });

  it("later is a row of its own, and the old one is forgotten", () => {
    const { state } = scans([{ ...HIGH, afterMs: 4 * HOUR_MS }, HIGH], closed());
    expect(rowIn(state)?.id).not.toBe(rowIn(opened())?.id);
    expect(rowIn(state)?.revivals).toBe(0);
    expect(scans([{ afterMs: 4 * HOUR_MS + MINUTE_MS }], closed()).state.closed).toEqual({});
  });

  it("does not start below the bar of opening", () => expect(scans([MIDDLE, MIDDLE], closed()).state.open).toEqual({}));
});

describe("the same key more than once", () => {
  const low = seen({ net: 0.0015 }, { source: "open-row" });
  const high = seen({ net: 0.002 });

  it("keeps the highest net, whatever the order, and tells what was merged into what", () => {
    expect(keepBest([low, high]).kept).toEqual(keepBest([high, low]).kept);
    const result = last([{ seen: [low, high, seen({ net: null }, { source: "other" })] }]);
    expect(rowIn(result.state)?.priced.ledger.net).toBe(0.002);
    expect(result.counts).toEqual({ in: 3, out: 1, dropped: { duplicate: 2 }, outcomes: { unchanged: 1 } });
    expect(result.state.open[key]?.repeated).toBe(2);
    const survivingId = rowIn(opened())?.id;
    expect(result.merges).toEqual([
      { key, survivingId, source: "open-row", reason: "same-key-in-scan" },
      { key, survivingId, source: "other", reason: "same-key-in-scan" },
      { key, survivingId, source: "detect", reason: "already-open" },
    ]);
    expect(result.mergeCounts).toEqual({ "same-key-in-scan": 2, "already-open": 1 });
  });

  it("says null as the surviving row while there is none", () => {
    expect(scans([{ seen: [low, high] }]).results[0]?.merges).toEqual([
      { key, survivingId: null, source: "open-row", reason: "same-key-in-scan" },
    ]);
  });
});

describe("a slot that was reconciled before", () => {
  it.each([0, -SLOT_MS])("changes nothing (%s ms from the last)", (afterMs) => {
    const before = opened();
    const result = last([{ seen: [seen({ net: 0.009 }), seen({ asset: "ETH", net: 0.009 })], afterMs }], before);
    expect(result.state).toBe(before);
    expect([result.changes, result.events]).toEqual([[], []]);
    expect(result.counts).toEqual({ in: 2, out: 1, dropped: { "slot-repeated": 1 }, outcomes: { unchanged: 1 } });
  });

  it("gives the same rows and events when the state of before is used again, as after a failed write", () => {
    const before = scans([HIGH]).state;
    expect(scans([HIGH], before)).toEqual(scans([HIGH], before));
  });
});

it("never holds more rows than the limit; the best are kept and the others counted", () => {
  const many = Array.from({ length: LIMITS.open + 10 }, (_, n) => seen({ asset: `C${n}`, net: 0.001 + n * 1e-6 }));
  const result = reconcile({
    state: EMPTY_STATE,
    seen: many,
    unseen: [],
    nowMs: START_MS,
    slotMs: START_MS,
    scanId: "s",
    settings: { ...SETTINGS, confirmScans: 1 },
  });
  expect(result.counts).toMatchObject({ in: LIMITS.open + 10, out: LIMITS.open, dropped: { "limit-open": 10 } });
  const assets = Object.values(result.state.open).map((open) => open.row.priced.asset);
  expect(assets).not.toContain("C9");
  expect(assets).toContain("C10");
});
