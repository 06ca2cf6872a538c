import type { DeliveryRef, NewDelivery, PersonalPair } from "../domain/delivery.ts";
import type { Person } from "../domain/person.ts";
import { type HeldAlert, heldAlerts, saveDigests, waitingPeople } from "../storage/digests.ts";
import { peopleByIds } from "../storage/people.ts";
import type { Snapshot } from "../storage/snapshot.ts";
import { isQuiet, type LocalClock } from "./local-time.ts";
import { type MyPair, myCards } from "./my-cards.ts";

/** Pairs that one digest carries at most. */
export const MOST_DIGEST_PAIRS = 10;
/** People whose digests are made in one call; the next scan makes the others'. */
const MOST_PEOPLE = 300;

/** What is shown when the night is over: the market as it is then. */
export type Morning = {
  readonly snapshot: Snapshot;
  readonly nowMs: number;
  readonly clock: LocalClock;
};

/**
 * One digest for each person whose quiet hours are over and for whom alerts wait: the pairs that still clear their bar, as
 * they stand now, best first. Gives the digests that wait to be sent. Doing it again makes none twice: what is in a digest
 * waits no longer, and the first alert of the night names its digest.
 */
export async function makeDigests(db: D1Database, morning: Morning): Promise<readonly DeliveryRef[]> {
  const { nowMs, clock } = morning;
  const waiting = await waitingPeople(db);
  if (waiting.length === 0) return [];
  const people = await peopleByIds(db, waiting);
  const due = [...people.values()].filter(({ preferences }) => !isQuiet(preferences.quiet, nowMs, clock)).slice(0, MOST_PEOPLE);
  if (due.length === 0) return [];
  const held = await heldAlerts(
    db,
    due.map(({ telegramId }) => telegramId),
  );
  const digests = due.flatMap((person) => digestOf(person, held.get(person.telegramId) ?? [], morning));
  return await saveDigests(db, { digests, held: [...held.values()].flat(), nowMs });
}

/** The digest of one person. A person who does not get alerts any more gets none, and nothing waits for them any longer. */
export function digestOf(
  { telegramId, status, preferences }: Person,
  held: readonly HeldAlert[],
  { snapshot, nowMs }: Morning,
): readonly NewDelivery[] {
  const [first] = held;
  if (first === undefined || status !== "active") return [];
  const waited = new Set(held.map(({ opportunityId }) => opportunityId));
  const { cards } = myCards(snapshot, preferences, nowMs);
  const open = cards
    .flatMap(({ best, others }) => [best, ...others])
    .flatMap((pair) => (pair.status === "open" && pair.mute === null && waited.has(pair.id) ? personal(pair) : []));
  const pairs = open
    .sort((a, b) => (b.priced.ledger.netUsd ?? -Infinity) - (a.priced.ledger.netUsd ?? -Infinity))
    .slice(0, MOST_DIGEST_PAIRS);
  const receivedAtMs = pairs
    .flatMap(({ priced: { long, short } }) => [long.quote.receivedAtMs, short.quote.receivedAtMs])
    .filter((atMs) => atMs !== null);
  return [
    {
      eventId: `digest:${telegramId}:${first.createdAtMs}`,
      telegramId,
      kind: "digest",
      status: "queued",
      reason: null,
      protective: false,
      silent: false,
      opportunityId: null,
      strategy: null,
      asset: null,
      netTold: null,
      payload: { kind: "digest", pairs, held: held.length, open: open.length },
      venueAtMs: receivedAtMs.length === 0 ? null : Math.min(...receivedAtMs),
      scanAtMs: snapshot.scan.finishedAtMs,
    },
  ];
}

/** A pair that has a row, as a message carries it. */
function personal({ row, priced }: MyPair): readonly PersonalPair[] {
  if (row === null) return [];
  const { id, status, openedAtMs, scansMerged, revivals } = row;
  return [{ id, status, openedAtMs, scansMerged, revivals, priced }];
}
