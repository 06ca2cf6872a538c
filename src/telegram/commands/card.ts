import { withOwnTerms } from "../../economics/own-terms.ts";
import { opportunityById } from "../../storage/opportunities.ts";
import { degradedLegs } from "../../storage/degraded-legs.ts";
import type { SnapshotRead } from "../../storage/read-snapshot.ts";
import type { Answer, Ask, Command } from "../command.ts";
import { isRowId, ownPrice, pairByRef } from "../find-pair.ts";
import type { Message } from "../message.ts";
import { renderCard } from "../messages/card.ts";
import { button, message, rows } from "../messages/parts.ts";
import { fromSnapshot, termsOf } from "./reading.ts";

/** One pair in full. `card:REF` shows or reloads it in place. */
export const card: Command = {
  name: "card",
  needsSession: true,
  groups: false,
  describe: null,
  run: (ask) => answer(ask, false),
  press: (ask) => answer(ask, true),
};

const answer = (ask: Ask, edit: boolean): Promise<Answer> => fromSnapshot(ask, edit, (read) => show(read, ask));

async function show(read: SnapshotRead, ask: Ask): Promise<Message> {
  const { snapshot, ageMs } = read;
  const preferences = termsOf(ask);
  const shown = { language: preferences.language, ownFees: preferences.fees, market: snapshot.scan.market, nowMs: ask.nowMs };
  const pair = pairByRef(snapshot, ask.args);
  if (pair !== null) {
    const priced = ownPrice(pair, preferences, snapshot.scan.finishedAtMs);
    return renderCard({ ...shown, pair: { ...pair, priced }, ageMs, degraded: degradedLegs(priced, snapshot.venues) });
  }
  const row = isRowId(ask.args) ? ((await opportunityById(ask.services.db, ask.args)).found?.opportunity ?? null) : null;
  if (row === null) return message(ask.text.card.gone, rows([button(ask.text.top.show, "top:1")]));
  const { fees, sizeUsd, horizonHours } = preferences;
  const priced = withOwnTerms(row.priced, { fees, sizeUsd, horizonHours }, row.lastSeenAtMs);
  return renderCard({ ...shown, pair: { key: row.key, id: row.id, row, priced, refusal: null }, ageMs: null, degraded: [] });
}
