import type { DeliveryRef, NewDelivery, PersonalPair } from "../domain/delivery.ts";
import type { Person } from "../domain/person.ts";
import { type HeldAlert, heldAlerts, saveDigests, waitingPeople } from "../storage/digests.ts";
import { peopleByIds } from "../storage/people.ts";
import { isQuiet, type LocalClock } from "./local-time.ts";

/** Pairs that one digest carries at most. */
export const MOST_DIGEST_PAIRS = 10;
/** People whose digests are made in one call; the next scan makes the others'. */
const MOST_PEOPLE = 300;

/**
 * One digest for each person whose quiet hours are over and for whom alerts wait: the pairs that are still open, best first.
 * Gives the digests that wait to be sent. Doing it again makes none twice: what is in a digest waits no longer.
 */
export async function makeDigests(
  db: D1Database,
  { slotMs, nowMs, clock }: { readonly slotMs: number; readonly nowMs: number; readonly clock: LocalClock },
): Promise<readonly DeliveryRef[]> {
  const waiting = await waitingPeople(db);
  if (waiting.length === 0) return [];
  const people = await peopleByIds(db, waiting);
  const due = [...people.values()].filter(({ preferences }) => !isQuiet(preferences.quiet, nowMs, clock)).slice(0, MOST_PEOPLE);
  if (due.length === 0) return [];
  const held = await heldAlerts(
    db,
    due.map(({ telegramId }) => telegramId),
  );
  const digests = due.flatMap((person) => digestOf(person, held.get(person.telegramId) ?? [], slotMs));
  return await saveDigests(db, { digests, held: [...held.values()].flat(), nowMs });
}

/** The digest of one person. A person who does not get alerts any more gets none, and nothing waits for them any longer. */
export function digestOf({ telegramId, status }: Person, held: readonly HeldAlert[], slotMs: number): readonly NewDelivery[] {
  if (held.length === 0 || status !== "active") return [];
  const pairs = new Map<string, PersonalPair>();
  for (const { payload, rowOpen } of [...held].sort((a, b) => a.createdAtMs - b.createdAtMs)) {
    if (rowOpen && "pair" in payload && payload.pair.status === "open") pairs.set(payload.pair.id, payload.pair);
  }
  const netOf = ({ priced }: PersonalPair): number => priced.ledger.netUsd ?? -Infinity;
  const best = [...pairs.values()].sort((a, b) => (netOf(a) === netOf(b) ? 0 : netOf(b) - netOf(a))).slice(0, MOST_DIGEST_PAIRS);
  return [
    {
      eventId: `digest:${telegramId}:${slotMs}`,
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
      payload: { kind: "digest", pairs: best, held: held.length },
      venueAtMs: null,
      scanAtMs: null,
    },
  ];
}
