import { describe, expect, it } from "vitest";
import { HOUR_MS } from "../domain/units.ts";
import { type Found, pricedPair, scans, seen, SETTINGS, SLOT_MS, START_MS } from "../../test/pairs.ts";
import type { Reconciled } from "./reconcile.ts";
import type { Seen } from "./dedup.ts";

const HIGH: Found = { seen: [seen({ net: 0.002 })] };
const LOW: Found = { seen: [seen({ net: 0.0004 })] };
const { key } = pricedPair({ net: 0 });
const missing: Found = { unseen: [{ key, reason: { kind: "missing", reason: "stale" } }] };
const opened = () => scans([HIGH, HIGH]).state;
const OPENED_SLOT_MS = START_MS + SLOT_MS;

/** What the last of the scans made of the open row. */
function last(list: readonly Found[], from = opened()): Reconciled {
  const result = scans(list, from).results.at(-1);
  if (result === undefined) throw new Error("no scan");
  return result;
}
const withLegs = (
  found: Seen,
  legs: { readonly longCap?: number | null; readonly shortCap?: number | null; readonly shortHours?: number },
): Seen => {
  const { long, short } = found.priced;
  const longQuote = { ...long.quote, fundingCap: legs.longCap ?? null };
  const shortQuote = { ...short.quote, fundingCap: legs.shortCap ?? null, fundingIntervalHours: legs.shortHours ?? 8 };
  return { ...found, priced: { ...found.priced, long: { ...long, quote: longQuote }, short: { ...short, quote: shortQuote } } };
};

describe("an event", () => {
  it("has an id of row, scan and kind, the row's net, the time, and a reason where there is one to tell", () => {
    const [event] = last([HIGH, HIGH], scans([]).state).events;
    const { row } = opened().open[key] ?? {};
    expect(event).toEqual({
      id: `${row?.id}|scan-${OPENED_SLOT_MS}|opened`,
      opportunityId: row?.id,
      kind: "opened",
      scanId: `scan-${OPENED_SLOT_MS}`,
      atMs: OPENED_SLOT_MS + 3_000,
      net: 0.002,
      reason: null,
    });
    expect(last([missing]).events).toMatchObject([{ kind: "no-data", reason: "stale" }]);
    expect(last([{ seen: [seen({ net: 0.003 })] }]).events).toMatchObject([{ kind: "updated", net: 0.003, reason: null }]);
    expect(last([missing, HIGH]).events).toMatchObject([{ kind: "data-back", net: 0.002, reason: null }]);
  });

  it("of an interval says both as they are now, whichever leg changed, and that of one not sent is not known", () => {
    const found = seen({ net: 0.002 });
    expect(last([{ seen: [withLegs(found, { shortHours: 1 })] }]).events).toMatchObject([
      { kind: "interval-changed", reason: "funding every 8 h long, 1 h short" },
    ]);
    const { long } = found.priced;
    const silent = { ...found.priced, long: { ...long, quote: { ...long.quote, fundingIntervalHours: null } } };
    expect(last([{ seen: [{ ...found, priced: silent }] }]).events).toMatchObject([{ reason: "funding every ? h long, 8 h short" }]);
  });

  it("of caps names each leg whose cap differs by more than its decimals", () => {
    const at = (longCap: number | null, shortCap: number | null, net = 0.003): Found => ({
      seen: [withLegs(seen({ net }), { longCap, shortCap })],
    });
    const known = scans([at(0.02, -0.01)], opened()).state;
    const reasonAfter = (longCap: number, shortCap: number) => last([at(longCap, shortCap)], known).events.map(({ reason }) => reason);
    expect(reasonAfter(0.02, -0.02)).toEqual(["funding at most -2 % an interval on gate, -1 % before"]);
    expect(reasonAfter(0.012345, -0.02)).toEqual([
      "funding at most 1.234 % an interval on bybit, 2 % before; funding at most -2 % an interval on gate, -1 % before",
    ]);
    expect(reasonAfter(0.02 * (1 + 5e-7), -0.01 * (1 - 5e-7))).toEqual([]);
    expect(reasonAfter(0.02 * (1 + 5e-6), -0.01)).toHaveLength(1);
  });

  it("comes for each kind of change of one scan, and the row is written once", () => {
    const known = scans([{ seen: [withLegs(seen({ net: 0.003 }), { longCap: 0.02 })] }], opened()).state;
    const result = last([{ seen: [withLegs(seen({ net: 0.009 }), { longCap: 0.03, shortHours: 4 })] }], known);
    expect(result.events.map(({ kind }) => kind)).toEqual(["interval-changed", "cap-changed", "updated"]);
    expect(result.changes.map(({ kind }) => kind)).toEqual(["updated"]);
    const back = last([missing, { seen: [seen({ net: 0.009 })] }]);
    expect(back.events.map(({ kind }) => kind)).toEqual(["data-back", "updated"]);
    expect(back.changes.map(({ kind }) => kind)).toEqual(["data-back"]);
    expect(back.counts.outcomes).toEqual({ "data-back": 1 });
  });
});

describe("a material change", () => {
  const changes = (from: number, to: number): number =>
    last([{ seen: [seen({ net: to })] }], scans([{ seen: [seen({ net: from })] }, { seen: [seen({ net: from })] }]).state).changes.length;

  it("is more than 2 bps where the net is small and more than 10 % of it where it is large, up or down", () => {
    expect([changes(0.001, 0.00119), changes(0.001, 0.00121), changes(0.001, 0.00081), changes(0.001, 0.00079)]).toEqual([0, 1, 0, 1]);
    expect([changes(0.01, 0.0109), changes(0.01, 0.0111), changes(0.01, 0.0091), changes(0.01, 0.0089)]).toEqual([0, 1, 0, 1]);
  });

  it("is measured from what was written when data went missing", () => {
    // 0.00215 is not written until the row says no-data, and 0.0023 is then within 2 bps of it.
    const back = last([{ seen: [seen({ net: 0.00215 })] }, missing, { seen: [seen({ net: 0.0023 })] }]);
    expect(back.events.map(({ kind }) => kind)).toEqual(["data-back"]);
  });
});

describe("a row without data", () => {
  it("keeps its first moment and tells its latest reason, and its known net makes no net unknown", () => {
    const later: Found = { unseen: [{ key, reason: { kind: "missing", reason: "gate: timeout" } }] };
    const { state } = last([{ seen: [seen({ net: null })] }, missing, later]);
    expect(state.open[key]).toMatchObject({
      row: { noDataSinceMs: OPENED_SLOT_MS + 2 * SLOT_MS + 3_000, noDataReason: "gate: timeout" },
      netUnknown: null,
    });
  });

  it("that lasts exactly an hour is data-lost, with its row as it was last priced", () => {
    const result = last([missing, { ...missing, afterMs: HOUR_MS }]);
    expect(result.changes).toMatchObject([
      { kind: "closed", row: { status: "closed", closeReason: "data-lost", closedAtMs: OPENED_SLOT_MS + SLOT_MS + HOUR_MS + 3_000 } },
    ]);
  });
});

describe("a net that is not known", () => {
  it("is told since its first scan, in the words of the last, and makes no point", () => {
    const told = (sentence: string): Found => {
      const found = seen({ net: null });
      return { seen: [{ ...found, priced: { ...found.priced, ledger: { ...found.priced.ledger, reasons: [sentence] } } }] };
    };
    const before = opened().open[key];
    const open = last([told("First."), told("Second.")]).state.open[key];
    expect(open?.netUnknown).toEqual({ sinceMs: OPENED_SLOT_MS + SLOT_MS + 3_000, reasons: ["Second."] });
    expect(open?.points).toEqual(before?.points);
    expect(open?.row).toMatchObject({ scansMerged: 2, lastSeenAtMs: OPENED_SLOT_MS + 2 * SLOT_MS + 3_000 });
  });
});

describe("a revived row", () => {
  it("goes on with what it was: first seen, merged and suppressed scans, repeats; and says why it had ended", () => {
    const twice: Found = { seen: [seen({ net: 0.002 }), seen({ net: 0.002 }, { source: "other" })] };
    const running = scans([HIGH, twice], opened()).state;
    const { row, suppressed, repeated } = running.open[key] ?? {};
    expect([suppressed, repeated]).toEqual([2, 1]);
    const closed = scans([LOW, LOW, LOW], running).state;
    const kept = closed.closed[key];
    expect(kept).toMatchObject({ id: row?.id, closeReason: "below-bar", repeated: 1, revivals: 0 });
    const revived = last([HIGH, HIGH], closed);
    expect(revived.events).toMatchObject([{ kind: "revived", reason: "closed as below-bar before" }]);
    expect(revived.changes.map(({ kind }) => kind)).toEqual(["revived"]);
    expect(revived.counts.outcomes).toEqual({ revived: 1 });
    expect(revived.state.open[key]).toMatchObject({
      row: { firstSeenAtMs: row?.firstSeenAtMs, scansMerged: kept?.scansMerged, revivals: 1 },
      suppressed: kept?.suppressed,
      repeated: 1,
      lowScans: 0,
      netUnknown: null,
    });
    expect(kept?.scansMerged).toBe(5);
  });

  it("comes back at the very end of the window, and no later", () => {
    const closed = scans([LOW, LOW, LOW], opened()).state;
    const after = (afterMs: number) => last([{ ...HIGH, afterMs: afterMs - SLOT_MS }, HIGH], closed).events.map(({ kind }) => kind);
    expect(after(SETTINGS.revivalWindowMs)).toEqual(["revived"]);
    expect(after(SETTINGS.revivalWindowMs + 1)).toEqual(["opened"]);
  });
});

describe("a new row", () => {
  it("begins with the net it opened at as its one point, and with nothing suppressed or repeated", () => {
    expect(opened().open[key]).toMatchObject({ lowScans: 0, netUnknown: null, suppressed: 0, repeated: 0 });
    expect(opened().open[key]?.points.map(({ net }) => net)).toEqual([0.002]);
    expect(opened().open[key]?.written).toEqual({ net: 0.002, longIntervalHours: 8, shortIntervalHours: 8, longCap: null, shortCap: null });
  });
});

describe("at the bar of closing", () => {
  it("a net that is exactly the bar is not under it", () => {
    const at: Found = { seen: [seen({ net: SETTINGS.closeNet })] };
    expect(last([at, at, at]).state.open[key]?.lowScans).toBe(0);
  });

  it("each scan without data is counted as one", () => {
    const results = scans([missing, missing], opened()).results.map(({ counts }) => counts);
    expect(results).toEqual(Array.from({ length: 2 }, () => ({ in: 1, out: 1, dropped: {}, outcomes: { "no-data": 1 } })));
  });
});
