import type { NewDelivery } from "../domain/delivery.ts";
import type { Person } from "../domain/person.ts";
import { degradedLegs } from "../storage/degraded-legs.ts";
import { applyLimits } from "./apply-limits.ts";
import type { MatchInput } from "./match-input.ts";
import { isAmong, mutedBy } from "./my-cards.ts";
import { alertKindOf, isExit, type Notice, noticesOf } from "./notices.ts";

/**
 * What one person is told of a scan: design, "Delivery". Of the events on rows among their venues, strategies and assets that
 * clear their bar at their own terms, one a card, within their limits; what is limited or waits for the morning is there with
 * its reason. What befalls a pair they hold is told whatever they have muted, limited or set. Doing a scan again gives the
 * same deliveries under the same events.
 */
export function matchPerson(input: MatchInput): readonly NewDelivery[] {
  const { scan, person, nowMs } = input;
  const own = new Set(scan.rows.flatMap(({ events }) => events.map(({ id }) => id)));
  // What this very scan has told already, before its work was cut short, must not change what it tells.
  const told = input.told.filter(({ eventId }) => !own.has(eventId));
  const notices = scan.rows.flatMap((changed) => noticesOf(changed, { ...input, told }));
  const protective = notices.filter((notice) => notice.protective);
  // Before the taps of /start are done only what a person holds is told.
  const wanted = person.preferences.onboarded ? notices.filter((notice) => !notice.protective && isWanted(notice, person, nowMs)) : [];
  const deliveries = [
    ...protective.map((notice) => deliveryOf(notice, input, 0)),
    ...applyLimits(bestOfCards(wanted), { ...input, told }).map(({ notice, others, limit }) =>
      limited(deliveryOf(notice, input, others), limit),
    ),
  ];
  return deliveries;
}

/** Whether a person wants to hear of it at all; what they do not want leaves no trace. */
function isWanted({ kind, own }: Notice, { preferences }: Person, nowMs: number): boolean {
  return isAmong(own, preferences) && mutedBy(own, preferences, nowMs) === null && preferences.alerts[alertKindOf(kind)] !== "off";
}

/** One notice a card and sort of news: that of the best pair, with how many others there are. A signal to leave is each pair's own. Best first. */
function bestOfCards(notices: readonly Notice[]): readonly { readonly notice: Notice; readonly others: number }[] {
  const cards = new Map<string, { readonly notice: Notice; readonly others: number }>();
  for (const notice of [...notices].sort(byNews)) {
    const { own, row } = notice;
    const card = `${SORT_OF_NEWS[notice.kind]}|${isExit(notice) ? row.id : `${own.strategy}|${own.asset}`}`;
    const best = cards.get(card);
    const isOther = best !== undefined && best.notice.row.id !== row.id;
    cards.set(card, best === undefined ? { notice, others: 0 } : { ...best, others: best.others + (isOther ? 1 : 0) });
  }
  return [...cards.values()];
}

/** A pair that opens and one that pays more are one sort of news of a card; the order is that of the messages. */
const SORT_OF_NEWS: Readonly<Record<Notice["kind"], number>> = {
  opened: 0,
  improved: 0,
  "terms-changed": 1,
  ended: 2,
  "no-data": 3,
  "data-back": 4,
};

function byNews(a: Notice, b: Notice): number {
  const netOf = ({ own }: Notice): number => own.ledger.netUsd ?? -Infinity;
  const [first, second] = [netOf(a), netOf(b)];
  return SORT_OF_NEWS[a.kind] - SORT_OF_NEWS[b.kind] || (first === second ? 0 : second - first) || (a.event.id < b.event.id ? -1 : 1);
}

type Queued = Extract<NewDelivery, { readonly status: "queued" }>;

function deliveryOf(notice: Notice, { scan, person }: MatchInput, others: number): Queued {
  const { kind, event, row, own, protective } = notice;
  const { id, status, openedAtMs, scansMerged, revivals } = row;
  const degraded = degradedLegs(own, scan.venues).map(({ venue, endpoint, sinceMs, fromMs }) => ({ venue, endpoint, sinceMs, fromMs }));
  return {
    eventId: event.id,
    telegramId: person.telegramId,
    kind,
    status: "queued",
    reason: null,
    protective,
    silent: !protective && person.preferences.alerts[alertKindOf(kind)] === "silent",
    opportunityId: id,
    strategy: own.strategy,
    asset: own.asset,
    netTold: notice.tellsNet ? own.ledger.net : null,
    payload: {
      kind,
      pair: { id, status, openedAtMs, scansMerged, revivals, priced: own },
      others,
      netBefore: notice.netBefore,
      reason: notice.reason,
      taken: notice.taken,
      ...(degraded.length === 0 ? {} : { degraded }),
    },
    venueAtMs: oldestOf(own.long.quote.receivedAtMs, own.short.quote.receivedAtMs),
    scanAtMs: scan.finishedAtMs,
  };
}

const oldestOf = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : Math.min(a, b));

function limited(delivery: Queued, limit: { readonly status: "held" | "suppressed"; readonly reason: string } | null): NewDelivery {
  if (limit === null) return delivery;
  return limit.status === "held"
    ? { ...delivery, status: "held", reason: limit.reason }
    : { ...delivery, status: "suppressed", reason: limit.reason, payload: null, netTold: null };
}
