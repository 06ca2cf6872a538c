import { describe, expect, test } from "vitest";
import { fundingPair, NOW_MS, opened } from "../../test/opportunities.ts";
import type { EventKind, Opportunity, OpportunityEvent } from "../domain/opportunity.ts";
import type { OpenRow } from "./state.ts";
import { EMPTY_STATE } from "./state.ts";
import { type Owed, writesOf } from "./owed.ts";
import type { Reconciled } from "./reconcile.ts";
import type { RowChange, Scan } from "./transitions.ts";

const ROW = opened(fundingPair());
const OTHER = { ...opened(fundingPair({ asset: "ETH" })), id: "other", key: "other" };
const NO_DATA: Partial<Opportunity> = { status: "no-data", noDataSinceMs: NOW_MS, noDataReason: "gate: timeout" };
const CLOSED: Partial<Opportunity> = { status: "closed", closedAtMs: NOW_MS, closeReason: "below-bar" };
type Change = readonly [kind: RowChange["kind"], over?: Partial<Opportunity>, row?: Opportunity];

const eventOf = (row: Opportunity, kind: EventKind, scan: number): OpportunityEvent => ({
  id: `${row.id}|scan-${scan}|${kind}`,
  opportunityId: row.id,
  kind,
  scanId: `scan-${scan}`,
  atMs: NOW_MS,
  net: row.priced.ledger.net,
  reason: null,
});

/** Scans in a row, of which some store nothing: what each writes, as `status` of rows and `kind` of events with their scan. */
function run(scans: readonly { readonly storing: boolean; readonly changes: readonly Change[] }[]) {
  let owed: Owed = {};
  const open: Record<string, OpenRow> = {};
  return scans.map(({ storing, changes }, scan) => {
    const rows = changes.map(([kind, over = {}, row = ROW]): RowChange => ({ kind, row: { ...row, ...over } }));
    for (const { row } of rows) {
      if (row.status === "closed") delete open[row.key];
      else
        open[row.key] = {
          row,
          lowScans: 0,
          written: { net: 0, longIntervalHours: 8, shortIntervalHours: 8 },
          netUnknown: null,
          points: [],
          suppressed: 0,
          repeated: 0,
        };
    }
    const outcome: Reconciled = {
      state: { ...EMPTY_STATE, open: { ...open } },
      changes: rows,
      events: rows.map(({ row, kind }) => eventOf(row, kind, scan)),
      counts: { in: 0, out: 0, dropped: {}, outcomes: {} },
      merges: [],
      mergeCounts: {},
    };
    const settings = {} as Scan["settings"];
    const writes = writesOf(outcome, { owed, storing, scan: { nowMs: NOW_MS, slotMs: NOW_MS, scanId: `scan-${scan}`, settings } });
    ({ owed } = writes);
    return {
      rows: writes.opportunities.map(({ id, status }) => `${id === ROW.id ? "row" : id} ${status}`),
      events: writes.events.map(({ kind, scanId, reason }) => `${kind} ${scanId}${reason === null ? "" : `: ${reason}`}`),
      owed: Object.keys(owed).length,
    };
  });
}
const on = (...changes: readonly Change[]) => ({ storing: true, changes });
const off = (...changes: readonly Change[]) => ({ storing: false, changes });

test("a scan that stores writes its own changes and events, and owes nothing", () => {
  expect(run([on(["opened"]), on(["updated"])])).toEqual([
    { rows: ["row open"], events: ["opened scan-0"], owed: 0 },
    { rows: ["row open"], events: ["updated scan-1"], owed: 0 },
  ]);
});

describe("after scans that stored nothing, the next one writes each row once and tells once what is still so", () => {
  test.each<readonly [string, readonly ReturnType<typeof off>[], readonly string[], readonly string[]]>([
    ["opened", [off(["opened"]), off(["updated"]), off()], ["row open"], ["opened scan-3"]],
    ["opened and closed", [off(["opened"]), off(["closed", CLOSED]), off()], [], []],
    ["revived", [off(["revived"]), off(), off()], ["row open"], ["revived scan-3"]],
    ["revived and closed again", [off(["revived"]), off(["closed", CLOSED]), off()], [], []],
    ["closed", [off(["updated"]), off(["closed", CLOSED]), off()], ["row closed"], ["closed scan-3: below-bar"]],
    ["closed and back", [off(["closed", CLOSED]), off(["revived"]), off()], ["row open"], ["updated scan-3"]],
    ["without data", [off(["no-data", NO_DATA]), off(), off()], ["row no-data"], ["no-data scan-3: gate: timeout"]],
    ["without data for a while", [off(["no-data", NO_DATA]), off(["data-back"]), off()], ["row open"], ["updated scan-3"]],
    ["with data again", [off(["data-back"]), off(), off()], ["row open"], ["data-back scan-3"]],
    ["paying more", [off(["updated"]), off(["updated"]), off()], ["row open"], ["updated scan-3"]],
  ])("%s", (_, scans, rows, events) => {
    expect(run([...scans, on()]).at(-1)).toEqual({ rows, events, owed: 0 });
    for (const scan of run(scans)) expect([scan.rows, scan.events]).toEqual([[], []]);
  });

  test("a change of that scan itself is part of it, and changes of other rows are written as ever", () => {
    const scans = run([off(["opened"]), on(["updated"], ["opened", {}, OTHER]), on(["closed", CLOSED])]);
    expect(scans[1]).toEqual({ rows: ["other open", "row open"], events: ["opened scan-1", "opened scan-1"], owed: 0 });
    expect(scans[2]).toEqual({ rows: ["row closed"], events: ["closed scan-2"], owed: 0 });
  });

  test("what opened and has no data now waits: nobody is told of an opening without data", () => {
    const scans = run([off(["opened"]), off(["no-data", NO_DATA]), on(), on(["data-back"])]);
    expect(scans[2]).toEqual({ rows: [], events: [], owed: 1 });
    expect(scans[3]).toEqual({ rows: ["row open"], events: ["opened scan-3"], owed: 0 });
    expect(run([off(["opened"]), off(["no-data", NO_DATA]), on(), on(["closed", CLOSED])]).at(-1)).toEqual({
      rows: [],
      events: [],
      owed: 0,
    });
  });
});
