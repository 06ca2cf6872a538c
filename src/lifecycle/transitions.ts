import type { CloseReason, EventKind, Opportunity, OpportunityEvent, Priced } from "../domain/opportunity.ts";
import type { ScanSettings } from "../domain/settings.ts";
import { BASIS_POINT } from "../domain/units.ts";
import type { Seen } from "./dedup.ts";
import { opportunityId } from "./key.ts";
import { type ClosedRow, type OpenRow, type Pending, withPoint, type Written, writtenOf } from "./state.ts";

/** The scan that is reconciled. Times are epoch ms. */
export type Scan = {
  readonly nowMs: number;
  /** Start of the scan's slot. */
  readonly slotMs: number;
  readonly scanId: string;
  readonly settings: Pick<ScanSettings, "openNet" | "closeNet" | "confirmScans" | "closeScans" | "dataLostAfterMs" | "revivalWindowMs">;
};

/** Why an open key was not priced. */
export type UnseenReason =
  | { readonly kind: "missing"; readonly reason: string }
  | { readonly kind: "delisted" }
  | { readonly kind: "identity-lost" };

/** A row that must be written, and what happened to it. */
export type RowChange = {
  readonly kind: "opened" | "revived" | "updated" | "no-data" | "data-back" | "closed";
  readonly row: Opportunity;
};

/** What one scan does to one key; a row whose status is `closed` is not shown after it. */
export type Step = {
  readonly outcome: string;
  readonly open: OpenRow;
  readonly change: RowChange | null;
  readonly events: readonly OpportunityEvent[];
};

/** A net that moved by more than this share of what was written, or by this much, is written again. */
export const MATERIAL_SHARE = 0.1;
export const MATERIAL_NET = 2 * BASIS_POINT;

/** Why a pair that is not open may not open: the first reason that holds, or `null` where it clears every bar. */
export function refusalToOpen({ priced, mayOpen, mayRefresh }: Seen, { settings }: Scan): string | null {
  const { net, stress } = priced.ledger;
  if (net === null) return "net-unknown";
  if (net < settings.openNet) return "below-bar";
  if (stress.survives !== true) return "stress-failed";
  if (!mayRefresh) return "frozen";
  return mayOpen ? null : "sign-disagrees";
}

/** Opens a confirmed pair: a row of its own, or the row it had if that was closed within the revival window. */
export function openRow(found: { seen: Seen; pending: Pending; closed: ClosedRow | undefined }, scan: Scan): Step {
  const { seen, pending, closed } = found;
  const { priced } = seen;
  const revives = closed !== undefined && scan.nowMs - closed.closedAtMs <= scan.settings.revivalWindowMs;
  const row: Opportunity = {
    id: revives ? closed.id : opportunityId(priced.key, scan.slotMs),
    key: priced.key,
    status: "open",
    openedAtMs: revives ? closed.openedAtMs : scan.nowMs,
    closedAtMs: null,
    closeReason: null,
    noDataSinceMs: null,
    noDataReason: null,
    revivals: revives ? closed.revivals + 1 : 0,
    scansMerged: revives ? closed.scansMerged : 0,
    firstSeenAtMs: revives ? closed.firstSeenAtMs : pending.firstSeenAtMs,
    lastSeenAtMs: scan.nowMs,
    priced,
  };
  const kind = revives ? "revived" : "opened";
  const reason = revives ? `closed as ${closed.closeReason} before` : null;
  return {
    outcome: kind,
    open: {
      row,
      lowScans: 0,
      written: writtenOf(priced),
      netUnknown: null,
      points: priced.ledger.net === null ? [] : withPoint([], scan.nowMs, priced.ledger.net),
      suppressed: revives ? closed.suppressed : 0,
      repeated: revives ? closed.repeated : 0,
    },
    change: { kind, row },
    events: [eventOf(row, kind, { scan, reason })],
  };
}

/** An open key was priced again. */
export function seeAgain(open: OpenRow, seen: Seen, scan: Scan): Step {
  if (!seen.mayRefresh) return loseData(open, "frozen", scan);
  const { priced } = seen;
  const { net } = priced.ledger;
  const wasLost = open.row.status === "no-data";
  const row: Opportunity = {
    ...open.row,
    status: "open",
    noDataSinceMs: null,
    noDataReason: null,
    scansMerged: open.row.scansMerged + 1,
    lastSeenAtMs: scan.nowMs,
    priced: net === null ? open.row.priced : priced,
  };
  if (net === null) {
    const netUnknown = { sinceMs: open.netUnknown?.sinceMs ?? scan.nowMs, reasons: priced.ledger.reasons };
    return refreshed({ ...open, row, netUnknown }, wasLost ? ["data-back"] : [], scan);
  }
  // A gap that is gone is over, whatever the funding of its legs still pays.
  const gapIsGone = priced.ledger.priceGain !== null && priced.ledger.priceGain <= 0;
  const lowScans = net < scan.settings.closeNet || gapIsGone ? open.lowScans + 1 : 0;
  const next: OpenRow = { ...open, row, lowScans, netUnknown: null, points: withPoint(open.points, scan.nowMs, net) };
  if (lowScans >= scan.settings.closeScans) return closeRow(next, "below-bar", scan);
  const kinds: EventKind[] = wasLost ? ["data-back"] : [];
  if (intervalChanged(open.written, priced)) kinds.push("interval-changed");
  if (capsChanged(open.written, priced).length > 0) kinds.push("cap-changed");
  if (isMaterial(open.written.net, net)) kinds.push("updated");
  return refreshed(next, kinds, scan);
}

/** An open key was not priced. */
export function missOpen(open: OpenRow, reason: UnseenReason, scan: Scan): Step {
  return reason.kind === "missing" ? loseData(open, reason.reason, scan) : closeRow(open, reason.kind, scan);
}

/** What a revival needs of a row, or `null` for a row that is not closed. */
export function closedRowOf({ row, suppressed, repeated }: OpenRow): ClosedRow | null {
  const { id, openedAtMs, firstSeenAtMs, closedAtMs, closeReason, revivals, scansMerged } = row;
  if (closedAtMs === null || closeReason === null) return null;
  return { id, openedAtMs, firstSeenAtMs, closedAtMs, closeReason, revivals, scansMerged, suppressed, repeated };
}

/** The row after a scan that saw it: written with its events, or left as D1 has it. */
function refreshed(next: OpenRow, kinds: readonly EventKind[], scan: Scan): Step {
  if (kinds.length === 0) return { outcome: "unchanged", open: { ...next, suppressed: next.suppressed + 1 }, change: null, events: [] };
  const kind = kinds[0] === "data-back" ? "data-back" : "updated";
  return {
    outcome: kind,
    open: { ...next, written: writtenOf(next.row.priced) },
    change: { kind, row: next.row },
    events: kinds.map((event) => eventOf(next.row, event, { scan, reason: termsOf(event, next) })),
  };
}

/** A leg is missing, refused or frozen: the row says so once, and ends when that lasts. */
function loseData(open: OpenRow, reason: string, scan: Scan): Step {
  const noDataSinceMs = open.row.noDataSinceMs ?? scan.nowMs;
  const row: Opportunity = { ...open.row, status: "no-data", noDataSinceMs, noDataReason: reason };
  const next: OpenRow = { ...open, row, netUnknown: null };
  if (scan.nowMs - noDataSinceMs >= scan.settings.dataLostAfterMs) return closeRow(next, "data-lost", scan);
  if (open.row.status === "no-data") return { outcome: "no-data", open: next, change: null, events: [] };
  return {
    outcome: "no-data",
    open: { ...next, written: writtenOf(row.priced) },
    change: { kind: "no-data", row },
    events: [eventOf(row, "no-data", { scan, reason })],
  };
}

function closeRow(open: OpenRow, closeReason: CloseReason, scan: Scan): Step {
  const row: Opportunity = { ...open.row, status: "closed", closedAtMs: scan.nowMs, closeReason };
  return {
    outcome: `closed-${closeReason}`,
    open: { ...open, row },
    change: { kind: "closed", row },
    events: [eventOf(row, "closed", { scan, reason: closeReason })],
  };
}

/** The id is made of what happened, so the same scan applied again gives the same event. */
function eventOf(row: Opportunity, kind: EventKind, { scan, reason }: { scan: Scan; reason: string | null }): OpportunityEvent {
  const id = `${row.id}|${scan.scanId}|${kind}`;
  return { id, opportunityId: row.id, kind, scanId: scan.scanId, atMs: scan.nowMs, net: row.priced.ledger.net, reason };
}

const intervalChanged = (written: Written, { long, short }: Priced): boolean =>
  written.longIntervalHours !== long.quote.fundingIntervalHours || written.shortIntervalHours !== short.quote.fundingIntervalHours;

/** Caps that both scans saw and that differ, in sentences. A cap that is not sent for a while has not changed. */
const capsChanged = (written: Written, { long, short }: Priced): readonly string[] =>
  [
    { leg: long, before: written.longCap },
    { leg: short, before: written.shortCap },
  ].flatMap(({ leg, before }) => {
    const now = leg.quote.fundingCap;
    const isOther = typeof before === "number" && now !== null && Math.abs(now - before) > SAME_CAP * Math.abs(before);
    return isOther ? [`funding at most ${percent(now)} an interval on ${leg.quote.venue}, ${percent(before)} before`] : [];
  });
/** Caps that differ by less than this share are one cap in other decimals. */
const SAME_CAP = 1e-6;
const percent = (fraction: number): string => `${Number((fraction * 100).toPrecision(4))} %`;

/** |net − written| > max(10 % of |written|, 2 bps). */
const isMaterial = (written: number | null, net: number): boolean =>
  written === null || Math.abs(net - written) > Math.max(MATERIAL_SHARE * Math.abs(written), MATERIAL_NET);

/** What an event of changed terms says of them. `next.written` still is what was written before. */
function termsOf(kind: EventKind, next: OpenRow): string | null {
  if (kind === "interval-changed") return intervals(next);
  return kind === "cap-changed" ? capsChanged(next.written, next.row.priced).join("; ") : null;
}

const intervals = ({ row }: OpenRow): string =>
  `funding every ${row.priced.long.quote.fundingIntervalHours ?? "?"} h long, ${row.priced.short.quote.fundingIntervalHours ?? "?"} h short`;
