import type { Told } from "../domain/delivery.ts";
import type { EventKind, OpportunityEvent, Opportunity, Priced } from "../domain/opportunity.ts";
import type { AlertKind } from "../domain/person.ts";
import { clearsBar } from "./my-cards.ts";
import type { ChangedRow, MatchInput } from "./match-input.ts";

/** Something that one row has to say to one person. */
export type Notice = {
  readonly kind: "opened" | "improved" | "terms-changed" | "no-data" | "data-back" | "ended";
  readonly event: OpportunityEvent;
  readonly row: Opportunity;
  /** The pair at the person's own terms. */
  readonly own: Priced;
  /** `improved`: net last told, fraction. */
  readonly netBefore: number | null;
  readonly reason: string | null;
  /** Whether the person holds it. */
  readonly taken: boolean;
  /** About a pair that is held, and not to be missed. */
  readonly protective: boolean;
  /** Whether its net counts as told from then on. */
  readonly tellsNet: boolean;
};

/** The switch of a person's settings that a notice falls under. */
export const alertKindOf = (kind: Notice["kind"]): AlertKind => (kind === "data-back" ? "no-data" : kind);

/** A net this much larger than the one last told is news. */
export const IMPROVED_SHARE = 0.5;

/** Deliveries that a person has got, or will. */
export const isTold = ({ status }: Pick<Told, "status">): boolean => status !== "suppressed" && status !== "failed";

/** What the events of one row have to say to a person, before mutes and limits: at most one notice an event. */
export function noticesOf(changed: ChangedRow, input: Pick<MatchInput, "person" | "told" | "holds" | "priceAt">): readonly Notice[] {
  const { row, events } = changed;
  const { person, holds, priceAt } = input;
  const about = input.told.filter((told) => told.opportunityId === row.id && isTold(told));
  const taken = holds.has(row.id);
  const own = priceAt(row.priced, person.preferences);
  const base = { row, own, taken, netBefore: null, reason: null, protective: false, tellsNet: false };
  const notices: Notice[] = [];
  for (const event of events) {
    const kind = kindOf(event.kind);
    if (kind === null || !(taken || about.length > 0)) continue;
    notices.push({ ...base, kind, event, reason: event.reason, protective: taken, tellsNet: kind === "terms-changed" });
  }
  const event = events.find(({ kind }) => kind === "opened" || kind === "revived" || kind === "updated");
  if (event === undefined || row.status !== "open") return notices;
  const before = latestNet(about);
  const { net } = own.ledger;
  if (taken && net !== null && net < 0 && (before === null || before >= 0)) {
    return [...notices, { ...base, kind: "terms-changed", event, reason: NET_NEGATIVE, protective: true, tellsNet: true }];
  }
  if (net === null || !clearsBar(own, person.preferences.bar)) return notices;
  if (about.length === 0) return [...notices, { ...base, kind: "opened", event, tellsNet: true }];
  const improved = before !== null && net - before >= IMPROVED_SHARE * Math.abs(before) && net > before;
  return improved ? [...notices, { ...base, kind: "improved", event, netBefore: before, tellsNet: true }] : notices;
}

/** Said to who holds a pair that has begun to cost. */
export const NET_NEGATIVE = "net-negative";

/** What is told of an event by its kind alone; `null` where it takes a look at the net. */
function kindOf(kind: EventKind): "terms-changed" | "no-data" | "data-back" | "ended" | null {
  switch (kind) {
    case "interval-changed":
    case "cap-changed":
      return "terms-changed";
    case "no-data":
    case "data-back":
      return kind;
    case "closed":
      return "ended";
    case "opened":
    case "revived":
    case "updated":
      return null;
  }
}

/** The net that was told last, fraction; `null` where none was. */
export function latestNet(told: readonly Told[]): number | null {
  let latest: Told | null = null;
  for (const each of told) if (each.netTold !== null && (latest === null || each.createdAtMs >= latest.createdAtMs)) latest = each;
  return latest?.netTold ?? null;
}
