import type { DeliveriesMessage, DeliveryRef, SendDelivery, SendOutcome } from "../domain/delivery.ts";
import type { Person } from "../domain/person.ts";
import { MINUTE_MS, SECOND_MS } from "../domain/units.ts";
import type { Logger } from "../monitoring/log.ts";
import { D1_ATTEMPTS, withD1Retry } from "../storage/d1.ts";
import type { DeadLetter } from "../storage/dead-letters.ts";
import { claimDeliveries, type Claimed, type Done, markCalled, recordDeliveries, REPEAT } from "../storage/deliveries.ts";
import { peopleByIds } from "../storage/people.ts";
import { type PacePorts, spread, turns } from "./pace.ts";

/** What sending touches outside itself. */
export type DeliverPorts = PacePorts & {
  readonly db: D1Database;
  readonly log: Logger;
  /** `null`: this deployment has no bot. */
  readonly send: SendDelivery | null;
  readonly wake: (refs: readonly DeliveryRef[], delaySeconds: number) => Promise<void>;
};

/** Answered failures of one message after which it is given up: about four minutes of 2, 4, 8 … s. */
export const MOST_ATTEMPTS = 8;
/** A protective message that was not answered is said again after this, s. */
const REPEAT_AFTER_SECONDS = 5;
/** The queue's own longest delay. */
const MOST_DELAY_SECONDS = 12 * 3_600;
/** A batch that has taken this long hands the rest back, well before its rows count as those of a dead isolate. */
export const BATCH_LIMIT_MS = 1 * MINUTE_MS;

/** D1 did not take a note: after so long it is tried again, s. */
const NOT_NOTED_SECONDS = 10;
/** Longer than any turn that the pace makes one wait for. */
const LONGEST_TURN_MS = 2 * SECOND_MS;

/** A wait in whole seconds, within what a queue can delay. */
const secondsOf = (ms: number): number => Math.min(MOST_DELAY_SECONDS, Math.max(1, Math.ceil(ms / SECOND_MS)));

/** What is left to do after a batch. */
type Tally = {
  readonly rows: Done[];
  /** Waiting rows by the seconds after which they are tried again. */
  readonly later: Map<number, DeliveryRef[]>;
  readonly blocked: Set<number>;
  readonly letters: DeadLetter[];
};

/**
 * Sends the deliveries of one message: takes their rows in one statement, looks the people up in one, sends one by one at
 * the pace, each noted right before, and writes what became of them in one batch. Only rows that wait are taken, so the same message again sends
 * nothing twice. When D1 fails before the first message it throws, and the queue brings the message again.
 */
export async function onDeliveries(ports: DeliverPorts, message: DeliveriesMessage): Promise<void> {
  const claimed = await claimDeliveries(ports.db, message.deliveries, ports.now());
  if (claimed.length === 0) return;
  const people = await peopleByIds(
    ports.db,
    claimed.map(({ delivery }) => delivery.telegramId),
  );
  const tally = await sendAll(ports, claimed, people);
  const { rows, blocked, letters } = tally;
  const write = { rows, blocked: [...blocked], letters, nowMs: ports.now() };
  const recorded = await withD1Retry({ attempts: D1_ATTEMPTS, wait: ports.wait }, () => recordDeliveries(ports.db, write));
  if (!recorded.ok) throw new Error(`deliveries not recorded: ${recorded.error.message}`);
  for (const [delaySeconds, refs] of tally.later) await ports.wake(refs, delaySeconds);
  ports.log.info("deliveries.batch", { taken: claimed.length, ...countsOf(rows), blocked: blocked.size });
}

async function sendAll(ports: DeliverPorts, claimed: readonly Claimed[], people: ReadonlyMap<number, Person>): Promise<Tally> {
  const tally: Tally = { rows: [], later: new Map(), blocked: new Set(), letters: [] };
  const turn = turns(ports);
  const startedMs = ports.now();
  const toSend = claimed.flatMap((each) => {
    const { telegramId } = each.delivery;
    const person = people.get(telegramId) ?? null;
    const settled = ports.send === null ? doneOf(each, "failed", "no-bot") : withoutSending(each, person);
    if (settled !== null) tally.rows.push(settled);
    return settled !== null || person === null ? [] : [{ ...each, telegramId, person }];
  });
  const rest = spread(toSend);
  for (const [place, each] of rest.entries()) {
    const { person } = each;
    if (tally.blocked.has(person.telegramId)) {
      tally.rows.push(doneOf(each, "failed", "blocked"));
      continue;
    }
    if (ports.now() - startedMs > BATCH_LIMIT_MS) {
      handBack(tally, rest.slice(place), { delaySeconds: 0, nowMs: ports.now() });
      break;
    }
    // Telegram asked for a pause: nobody is called before it is over.
    const pauseMs = ports.pace.nextAtMs - ports.now();
    if (pauseMs > LONGEST_TURN_MS) {
      handBack(tally, rest.slice(place), { delaySeconds: secondsOf(pauseMs), nowMs: ports.now() });
      break;
    }
    const [noted] = await Promise.all([note(ports, each), turn(person.chatId)]);
    if (!noted) {
      handBack(tally, rest.slice(place), { delaySeconds: NOT_NOTED_SECONDS, nowMs: ports.now() });
      break;
    }
    const outcome = await attempt(ports, each, person);
    if (outcome.kind === "rate-limited") {
      const delaySeconds = secondsOf(outcome.retryAfterMs);
      ports.pace.nextAtMs = Math.max(ports.pace.nextAtMs, ports.now() + delaySeconds * SECOND_MS);
      ports.log.warn("deliveries.rate-limited", { delaySeconds, waiting: rest.length - place });
      handBack(tally, rest.slice(place), { delaySeconds, nowMs: ports.now() });
      break;
    }
    settle(ports, tally, { each, outcome });
  }
  return tally;
}

/** Whether D1 knows that the row is about to be called, so that a call it does not know of is never made. */
async function note({ db, log, now }: DeliverPorts, { delivery }: Claimed): Promise<boolean> {
  try {
    await markCalled(db, delivery, now());
    return true;
  } catch (error) {
    log.error("delivery.not-noted", { eventId: delivery.eventId, telegramId: delivery.telegramId, error });
    return false;
  }
}

/** Renders and sends. A bug in rendering fails this message alone. */
async function attempt(ports: DeliverPorts, { delivery, died, repeat }: Claimed, person: Person): Promise<SendOutcome> {
  try {
    if (ports.send === null) return { kind: "refused", message: "no bot" };
    return await ports.send(delivery, { person, repeated: died || repeat });
  } catch (error) {
    ports.log.error("delivery.threw", { eventId: delivery.eventId, telegramId: delivery.telegramId, error });
    return { kind: "refused", message: "could not be rendered" };
  }
}

/** What becomes of a row without a call; `null` where it is to be sent. */
function withoutSending(each: Claimed, person: Person | null): Done | null {
  const { delivery, died, repeat } = each;
  if (person === null) return doneOf(each, "failed", "nobody");
  if (person.status === "blocked") return doneOf(each, "failed", "blocked");
  if (person.status === "stopped" && delivery.kind !== "incident") return doneOf(each, "failed", "stopped");
  // An isolate that died may have sent it: as no answer.
  return died && (!delivery.protective || repeat) ? doneOf(each, "unknown", "no-answer") : null;
}

function settle(
  ports: DeliverPorts,
  tally: Tally,
  { each, outcome }: { readonly each: Claimed; readonly outcome: Exclude<SendOutcome, { readonly kind: "rate-limited" }> },
): void {
  const { delivery, died, repeat } = each;
  const ref = { eventId: delivery.eventId, telegramId: delivery.telegramId };
  if (outcome.kind === "sent") {
    tally.rows.push({ ...doneOf(each, "sent", died || repeat ? REPEAT : null), sentAtMs: ports.now() });
    return;
  }
  ports.log.warn("delivery.not-sent", { ...ref, outcome: outcome.kind, message: outcome.message, attempts: delivery.attempts });
  switch (outcome.kind) {
    case "blocked":
      tally.blocked.add(delivery.telegramId);
      tally.rows.push(doneOf(each, "failed", "blocked"));
      return;
    case "refused":
      tally.rows.push(doneOf(each, "failed", "refused"));
      return;
    case "no-answer": {
      const again = delivery.protective && !died && !repeat;
      tally.rows.push(again ? doneOf(each, "queued", REPEAT) : doneOf(each, "unknown", "no-answer"));
      if (again) later(tally, ref, REPEAT_AFTER_SECONDS);
      return;
    }
    case "failed": {
      if (delivery.attempts < MOST_ATTEMPTS) {
        tally.rows.push(doneOf(each, "queued", died || repeat ? REPEAT : null));
        later(tally, ref, 2 ** delivery.attempts);
        return;
      }
      tally.rows.push(doneOf(each, "failed", "gave-up"));
      const body = { ...ref, kind: delivery.kind, message: outcome.message };
      tally.letters.push({
        id: `delivery:${ref.eventId}:${ref.telegramId}`,
        queue: "deliveries",
        body,
        attempts: delivery.attempts,
        atMs: ports.now(),
      });
    }
  }
}

/** Puts rows back that were not tried, or whose turn Telegram put off: that is no attempt. */
function handBack(
  tally: Tally,
  claimed: readonly Claimed[],
  { delaySeconds, nowMs }: { readonly delaySeconds: number; readonly nowMs: number },
): void {
  const notBeforeMs = delaySeconds === 0 ? null : nowMs + delaySeconds * SECOND_MS;
  for (const each of claimed) {
    const { eventId, telegramId, attempts } = each.delivery;
    // What an isolate died over stays marked, so that it is never taken for new.
    const reason = each.died || each.repeat ? REPEAT : null;
    tally.rows.push({ ...doneOf(each, "queued", reason), attempts: attempts - 1, notBeforeMs });
    later(tally, { eventId, telegramId }, delaySeconds);
  }
}

function later({ later: waiting }: Tally, ref: DeliveryRef, delaySeconds: number): void {
  const known = waiting.get(delaySeconds);
  if (known === undefined) waiting.set(delaySeconds, [ref]);
  else known.push(ref);
}

const doneOf = ({ delivery }: Claimed, status: Done["status"], reason: string | null): Done => ({
  eventId: delivery.eventId,
  telegramId: delivery.telegramId,
  status,
  reason,
  attempts: delivery.attempts,
  sentAtMs: null,
  notBeforeMs: null,
});

function countsOf(rows: readonly Done[]): Readonly<Record<Done["status"], number>> {
  const counts = { sent: 0, unknown: 0, failed: 0, queued: 0 };
  for (const { status } of rows) counts[status]++;
  return counts;
}
