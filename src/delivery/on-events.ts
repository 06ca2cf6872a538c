import type { EventsMessage, NewDelivery } from "../domain/delivery.ts";
import type { Person } from "../domain/person.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../domain/units.ts";
import type { Flags } from "../flags.ts";
import { loadScanEvents } from "../storage/events.ts";
import { pageOfPeople } from "../storage/people.ts";
import { holdersOf, saveCarries } from "../storage/taken.ts";
import { toldTo } from "../storage/told.ts";
import { afterScan, type AfterScanPorts } from "./after-scan.ts";
import { type CarrySeen, carriesSeen } from "./carries-seen.ts";
import { enqueue } from "./enqueue.ts";
import { matchPerson } from "./match.ts";
import type { Held, TellingScan } from "./match-input.ts";
import { spread } from "./pace.ts";
import { pricesAt } from "./price-at.ts";

export type EventsPorts = AfterScanPorts & {
  readonly flags: () => Promise<Flags>;
  /** Puts the next page of people on this queue. */
  readonly goOn: (message: EventsMessage) => Promise<void>;
};

/** People of one page. */
export const PEOPLE_A_PAGE = 500;
/** Longer than any local day, and than any cool-down. */
const LATELY_MS = DAY_MS + 12 * HOUR_MS;

/**
 * One scan and one page of people: reads what the scan did, matches it with each person, stores a delivery for each event and
 * person that match, and puts those that are to be sent on the next queue; a full page is followed by the next. The number of
 * statements does not grow with people. A message that comes again makes the same deliveries, which are there already.
 */
export async function onEvents(ports: EventsPorts, message: EventsMessage, pageSize = PEOPLE_A_PAGE): Promise<void> {
  const { db, log } = ports;
  const { scan, rows, unreadable } = await loadScanEvents(db, message);
  for (const row of unreadable) log.error("events.row-unreadable", { ...row });
  if (scan === null) {
    log.warn("events.no-such-scan", { ...message });
    return;
  }
  const flags = await ports.flags();
  if (message.after === 0) await afterScan(ports, { message, scan, flags });
  if (rows.length === 0) return;
  const people = await pageOfPeople(db, { after: message.after, limit: pageSize });
  const last = people.at(-1)?.telegramId;
  if (last === undefined) return;
  const telling: TellingScan = { scanId: message.scanId, finishedAtMs: scan.finishedAtMs, rows, venues: scan.venues };
  const { deliveries, carries } = await matchPage(ports, { scan: telling, people, flags });
  const waiting = await enqueue(db, spread(deliveries), ports.now());
  await ports.wake(waiting);
  if (people.length === pageSize) await ports.goOn({ ...message, after: last });
  // Last: while it is not written, doing the page again tells the same.
  await saveCarries(db, carries);
  log.info("events.page", {
    scanId: message.scanId,
    after: message.after,
    people: people.length,
    rows: rows.length,
    ...countsOf(deliveries),
  });
}

/** Two statements for all people of the page. Somebody who cannot be matched costs nobody else their alerts. */
async function matchPage(
  ports: EventsPorts,
  { scan, people, flags }: { readonly scan: TellingScan; readonly people: readonly Person[]; readonly flags: Flags },
): Promise<{ readonly deliveries: readonly NewDelivery[]; readonly carries: readonly CarrySeen[] }> {
  const { db, log, clock } = ports;
  const nowMs = ports.now();
  const opportunityIds = scan.rows.map(({ row }) => row.id);
  const ids = people.map(({ telegramId }) => telegramId);
  const asked = { first: Math.min(...ids), last: Math.max(...ids), opportunityIds, sinceMs: nowMs - LATELY_MS };
  const [told, holders] = await Promise.all([toldTo(db, asked), holdersOf(db, opportunityIds)]);
  const limits = {
    perScan: flags.alerts_per_scan,
    perDay: flags.alerts_per_day,
    coolDownMs: flags.alert_cooldown_minutes * MINUTE_MS,
  };
  const priceAt = pricesAt(scan.finishedAtMs);
  const heldBy = new Map<number, Map<string, Held>>();
  for (const [row, holding] of holders) {
    for (const { telegramId, ...held } of holding) {
      const known = heldBy.get(telegramId) ?? new Map<string, Held>();
      heldBy.set(telegramId, known.set(row, held));
    }
  }
  const matched = people.flatMap((person) => {
    const { telegramId } = person;
    const holds = heldBy.get(telegramId) ?? new Map<string, Held>();
    try {
      const deliveries = matchPerson({ scan, person, told: told.get(telegramId) ?? [], holds, limits, priceAt, clock, nowMs });
      return [{ deliveries, carries: carriesSeen(scan.rows, holds) }];
    } catch (error) {
      log.error("events.person-failed", { scanId: scan.scanId, telegramId, error });
      return [];
    }
  });
  return { deliveries: matched.flatMap(({ deliveries }) => deliveries), carries: matched.flatMap(({ carries }) => carries) };
}

function countsOf(deliveries: readonly NewDelivery[]): Readonly<Record<NewDelivery["status"], number>> {
  const counts = { queued: 0, held: 0, suppressed: 0 };
  for (const { status } of deliveries) counts[status]++;
  return counts;
}
