import type { Told } from "../domain/delivery.ts";
import type { EventKind, OpportunityEvent, Opportunity, Priced } from "../domain/opportunity.ts";
import { feedIdOf } from "../domain/feed.ts";
import type { AlertKind } from "../domain/person.ts";
import { paysFunding } from "../economics/taken-funding.ts";
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

/** What tells somebody to leave a pair they were told of, or that it is another one now. */
export const isExit = ({ kind }: Pick<Told, "kind">): boolean => kind === "ended" || kind === "terms-changed";

/** Deliveries that a person has got, or will. */
export const isTold = ({ status }: Pick<Told, "status">): boolean => status !== "suppressed" && status !== "failed";

/**
 * What the events of one row have to say to a person, before mutes and limits: at most one notice an event. A row that the
 * person holds is told of at the size they took.
 */
export function noticesOf(changed: ChangedRow, input: Pick<MatchInput, "person" | "told" | "holds" | "priceAt">): readonly Notice[] {
  const { row, events } = changed;
  const { person, priceAt } = input;
  const { preferences } = person;
  const held = input.holds.get(row.id) ?? null;
  const about = input.told.filter((told) => told.opportunityId === row.id && isTold(told));
  const taken = held !== null;
  const own = priceAt(row.priced, { ...preferences, sizeUsd: held?.sizeUsd ?? preferences.sizeUsd });
  const base = { row, own, taken, netBefore: null, reason: null, protective: false, tellsNet: false };
  const notices: Notice[] = [];
  for (const event of events) {
    const kind = kindOf(event.kind);
    if (kind === null || !(taken || about.length > 0)) continue;
    notices.push({ ...base, kind, event, reason: event.reason, protective: taken, tellsNet: kind === "terms-changed" });
  }
  const event = events.find(looksAtNet);
  if (event === undefined || row.status !== "open") return notices;
  if (held !== null && !held.paysNow && paysFunding(row.priced)) {
    if (notices.some(({ kind }) => kind === "terms-changed")) return notices;
    return [...notices, { ...base, kind: "terms-changed", event, reason: PAYS_FUNDING, protective: true, tellsNet: true }];
  }
  if (!clearsBar(own, preferences.bar)) return notices;
  if (about.length === 0) return [...notices, { ...base, kind: "opened", event, tellsNet: true }];
  const last = lastNetTold(about);
  const gain = last === null ? null : gainSince(last, row.priced, input);
  if (last === null || gain === null || !(gain > 0 && gain >= IMPROVED_SHARE * Math.abs(last.netTold))) return notices;
  return [...notices, { ...base, kind: "improved", event, netBefore: isAt(last.termsTold, own) ? last.netTold : null, tellsNet: true }];
}

/** Said to who holds a pair whose carry has turned negative. */
export const PAYS_FUNDING = "pays-funding";

/** Whether an event of a row is one at which its net and its carry are looked at. */
export const looksAtNet = ({ kind }: Pick<OpportunityEvent, "kind">): boolean =>
  kind === "opened" || kind === "revived" || kind === "updated";

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

/** A delivery that told a net, and at what terms. */
export type NetTold = Told & { readonly netTold: number; readonly termsTold: NonNullable<Told["termsTold"]> };

/** What told a net last; `null` where nothing did. */
export function lastNetTold(told: readonly Told[]): NetTold | null {
  let latest: NetTold | null = null;
  for (const each of told) {
    const { netTold, termsTold, createdAtMs } = each;
    if (netTold === null || termsTold === null || (latest !== null && createdAtMs < latest.createdAtMs)) continue;
    latest = { ...each, netTold, termsTold };
  }
  return latest;
}

/**
 * What a pair pays more now than was told, fraction, both at the terms of what was told: a person who has set another size,
 * horizon or fee since has not made it pay more. Null where its net at those terms is not known.
 */
export function gainSince(
  { netTold, termsTold }: NetTold,
  priced: Priced,
  { person, priceAt }: Pick<MatchInput, "person" | "priceAt">,
): number | null {
  const { net } = priceAt(priced, { ...termsTold, fees: { ...person.preferences.fees, ...termsTold.fees } }).ledger;
  return net === null ? null : net - netTold;
}

/** Whether a pair is priced at these very terms. */
const isAt = ({ sizeUsd, horizonHours, fees }: NetTold["termsTold"], { ledger, long, short }: Priced): boolean =>
  ledger.sizeUsd === sizeUsd &&
  ledger.horizonHours === horizonHours &&
  [long, short].every(({ quote, takerFeeRate }) => (fees[feedIdOf(quote.venue, quote.kind)] ?? null) === takerFeeRate);
