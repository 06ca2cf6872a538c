import type { SnapshotRead } from "../../storage/read-snapshot.ts";
import { opportunityById } from "../../storage/opportunities.ts";
import { whyFacts } from "../../storage/why-facts.ts";
import { venueNamed, words } from "../arguments.ts";
import { coinRates } from "../coin-rates.ts";
import type { Answer, Ask, Command } from "../command.ts";
import { type FoundPair, isRowId, ownPrice, pairByRef, pairsBetween } from "../find-pair.ts";
import type { Message } from "../message.ts";
import { message, safe } from "../messages/parts.ts";
import { renderWhy } from "../messages/why.ts";
import type { AskedLeg } from "../messages/why-data.ts";
import { fromSnapshot, languageFor } from "./reading.ts";

/** Every gate and rule that a pair met, and why it was or was not told. `why:REF` and `why:COIN VENUE VENUE` in place. */
export const why: Command = {
  name: "why",
  needsSession: true,
  groups: false,
  describe: (text) => text.why.describe,
  run: (ask) => answer(ask, false),
  press: (ask) => answer(ask, true),
};

const answer = (ask: Ask, edit: boolean): Promise<Answer> => fromSnapshot(ask, edit, (read) => explain(read, ask));

async function explain(read: SnapshotRead, ask: Ask): Promise<Message> {
  const { snapshot } = read;
  const pair = pairByRef(snapshot, ask.args) ?? (await endedPair(ask));
  if (pair !== null) return told(read, ask, { asset: pair.listed.asset, pair, ...legsOf(pair) });
  const [coin, ...named] = words(ask.args);
  const venues = named.map((name) => ({ name, venue: venueNamed(name, ask.services.venues) }));
  if (coin === undefined || venues.length === 0 || venues.length > 2) return message(ask.text.why.usage);
  const unknown = venues.find(({ venue }) => venue === null);
  if (unknown !== undefined) {
    return message(ask.text.why.unknownVenue(safe(unknown.name), ask.services.venues.map(({ name }) => name).join(", ")));
  }
  const [one, other] = [venues[0]?.venue?.id, (venues[1] ?? venues[0])?.venue?.id];
  if (one === undefined || other === undefined) return message(ask.text.why.usage);
  const asset = coin.replace(/^[$#]/u, "").slice(0, 30).toUpperCase();
  const [best] = pairsBetween(snapshot, { asset, venues: [one, other] });
  if (best !== undefined) return told(read, ask, { asset: best.listed.asset, pair: best, ...legsOf(best) });
  return told(read, ask, { asset, pair: null, ...guessedLegs(read, asset, [one, other]) });
}

/** A pair that is shown no more, by the id of its row: buttons under old messages name it. */
async function endedPair({ args, services }: Ask): Promise<FoundPair | null> {
  if (!isRowId(args)) return null;
  const row = (await opportunityById(services.db, args)).found?.opportunity ?? null;
  return row === null ? null : { key: row.key, id: row.id, row, listed: row.priced, refusal: null };
}

type Subject = { readonly asset: string; readonly pair: FoundPair | null; readonly long: AskedLeg; readonly short: AskedLeg };

const legsOf = ({ listed: { long, short } }: FoundPair): Pick<Subject, "long" | "short"> => ({
  long: { venue: long.quote.venue, kind: long.quote.kind },
  short: { venue: short.quote.venue, kind: short.quote.kind },
});

/** Long where less is paid; in the order asked where a rate is not known. On one venue only its spot and its perpetual make a pair. */
function guessedLegs(
  { snapshot: { market } }: SnapshotRead,
  asset: string,
  [one, other]: readonly [string, string],
): Pick<Subject, "long" | "short"> {
  if (one === other) return { long: { venue: one, kind: "spot" }, short: { venue: one, kind: "perpetual" } };
  const rates = market === null ? [] : coinRates(market, asset);
  const rateAt = (venue: string): number =>
    rates.find((rate) => rate.venue === venue && rate.kind === "perpetual")?.ratePer8h ?? Number.NaN;
  const [long, short] = rateAt(one) > rateAt(other) ? [other, one] : [one, other];
  return { long: { venue: long, kind: "perpetual" }, short: { venue: short, kind: "perpetual" } };
}

async function told({ snapshot }: SnapshotRead, ask: Ask, subject: Subject): Promise<Message> {
  const { person, services } = ask;
  if (person === null) return message(ask.text.general.needsStart);
  const facts = await whyFacts(services.db, { telegramId: person.telegramId, opportunityId: subject.pair?.id ?? null });
  return renderWhy({
    ...subject,
    ...facts,
    snapshot,
    rates: snapshot.market === null ? null : coinRates(snapshot.market, subject.asset),
    own: subject.pair === null ? null : ownPrice(subject.pair, person.preferences, snapshot.scan.finishedAtMs),
    person,
    language: languageFor(ask),
    nowMs: ask.nowMs,
  });
}
