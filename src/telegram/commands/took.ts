import { MOST_TAKEN, type Preferences, SIZE_BOUNDS_USD } from "../../domain/person.ts";
import { myCards } from "../../delivery/my-cards.ts";
import { withOwnTerms } from "../../economics/own-terms.ts";
import { readSnapshot, type SnapshotRead } from "../../storage/read-snapshot.ts";
import type { Snapshot } from "../../storage/snapshot.ts";
import { resizeTaken, saveTaken, type Taken, takenOf } from "../../storage/taken.ts";
import { parseUsd, words } from "../arguments.ts";
import { ownPrice, pairByRef } from "../find-pair.ts";
import { direction, instrumentsOf, pairRef } from "../messages/pair.ts";
import { message } from "../messages/parts.ts";
import { renderTook, renderTookChoice } from "../messages/took.ts";
import { renderWrong } from "../messages/wrong.ts";
import { type PersonalAsk, personalCommand, type Reply } from "./personal-command.ts";

/** Pairs that are offered without an id. */
const MOST_CHOICES = 6;

/** `/took`, `/took ID`, `/took ID 2500`: marks a pair as taken, at the person's own terms as shown now. */
export const took = personalCommand({
  name: "took",
  describe: (text) => text.took.describe,
  reply: async (ask) => {
    const { args, person, language, text, services, nowMs } = ask;
    const read = await readSnapshot(services.snapshots);
    if (!read.ok) return { message: message(text.general.noData), toast: text.general.noData };
    const [ref = "", ...rest] = words(args);
    if (ref === "") return { message: renderTookChoice(choices(read.value.snapshot, person.preferences, nowMs), language) };
    const typed = rest.length === 0 ? null : parseUsd(rest.join(" "));
    const isWrong = rest.length > 0 && (typed === null || typed < SIZE_BOUNDS_USD.min || typed > SIZE_BOUNDS_USD.max);
    if (isWrong || !/^~?[a-z0-9]{1,20}$/u.test(ref)) {
      return { message: renderWrong({ expected: text.took.expected, example: "/took 0a1b2c3d4e5f6 2500", found: args }, language) };
    }
    return take(ask, { ref, typedUsd: typed, read: read.value });
  },
});

/** Marks a pair; what is held already changes its size where one is given. */
async function take(
  ask: PersonalAsk,
  { ref, typedUsd, read }: { readonly ref: string; readonly typedUsd: number | null; readonly read: SnapshotRead },
): Promise<Reply> {
  const { person, language, text, services, nowMs } = ask;
  // A size is chosen under the message that marked it, which then changes; the first mark leaves the card where it is.
  const beside = typedUsd === null;
  const { snapshot, ageMs } = read;
  const sizeUsd = typedUsd ?? person.preferences.sizeUsd;
  const show = (taken: Taken, already: boolean): Reply => {
    const view = { taken, already, market: snapshot.scan.market, ageMs };
    return { message: renderTook(view, language), toast: text.settings.saved, beside };
  };
  const held = await takenOf(services.db, person.telegramId);
  const pair = pairByRef(snapshot, ref);
  const before = held.find((each) => each.opportunityId === ref || each.key === pair?.key);
  if (before !== undefined) {
    const taken = typedUsd === null ? before : resized(before, sizeUsd);
    if (taken !== before) await resizeTaken(services.db, taken);
    return show(taken, typedUsd === null);
  }
  if (pair === null) return { message: message(text.took.gone), toast: text.took.gone, beside };
  const priced = ownPrice(pair, { ...person.preferences, sizeUsd }, snapshot.scan.finishedAtMs);
  const [longInstrument, shortInstrument] = instrumentsOf(priced);
  const taken: Taken = {
    id: services.random(),
    telegramId: person.telegramId,
    opportunityId: ref,
    key: pair.key,
    asset: priced.asset,
    longInstrument,
    shortInstrument,
    sizeUsd,
    priced,
    takenAtMs: nowMs,
    endedAtMs: null,
  };
  if (await saveTaken(services.db, taken)) return show(taken, false);
  // Two presses at once: the other one took it.
  const other = (await takenOf(services.db, person.telegramId)).find(({ key }) => key === pair.key);
  if (other !== undefined) return show(other, true);
  const full = text.took.tooMany(MOST_TAKEN);
  return { message: message(full), toast: full, beside };
}

/** A pair that is held at another size: the terms of its entry stand, costs are those of the new size. */
function resized(taken: Taken, sizeUsd: number): Taken {
  const { horizonHours } = taken.priced.ledger;
  return { ...taken, sizeUsd, priced: withOwnTerms(taken.priced, { fees: {}, sizeUsd, horizonHours }, taken.takenAtMs) };
}

/** The best pairs for somebody, to choose from. */
function choices(snapshot: Snapshot, preferences: Preferences, nowMs: number) {
  const { cards } = myCards(snapshot, preferences, nowMs);
  return cards.slice(0, MOST_CHOICES).map(({ asset, best }) => ({
    ref: pairRef(best),
    asset,
    direction: direction(best.priced, preferences.language),
  }));
}
