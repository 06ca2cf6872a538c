import { readSnapshot } from "../../storage/read-snapshot.ts";
import { endTaken, loadHoldings } from "../../storage/taken.ts";
import { words } from "../arguments.ts";
import { type HeldPair, heldPairs } from "../held-pairs.ts";
import { LEGS_PAGE, type LegsView, renderEnded, renderEndLeg, renderLeg, renderLegs } from "../messages/legs.ts";
import { type PersonalAsk, personalCommand, type Reply } from "./personal-command.ts";

/** `/legs`: what somebody holds and what it has earned; `ID` one of them, `end ID` asks, `ended ID` ends it. */
export const legs = personalCommand({
  name: "legs",
  describe: (text) => text.legs.describe,
  reply: async (ask) => {
    const [first = "", second = ""] = words(ask.args);
    if (first === "" || first === "page") return list(ask, first === "" ? 0 : Number(second));
    const asked = first === "end" || first === "ended" ? second : first;
    const found = await find(ask, asked);
    if (found === null) return { ...(await list(ask, 0)), toast: ask.text.settings.gone };
    const { pair, view } = found;
    if (first === "end") return { message: renderEndLeg(pair, ask.language) };
    if (first !== "ended") return { message: renderLeg(pair, view, ask.language) };
    await endTaken(ask.services.db, { id: pair.taken.id, telegramId: ask.person.telegramId, nowMs: ask.nowMs });
    return { message: renderEnded(pair, ask.language), toast: ask.text.settings.saved };
  },
});

async function list(ask: PersonalAsk, page: number): Promise<Reply> {
  const view = await viewOf(ask, Number.isInteger(page) && page >= 0 ? page : 0);
  return { message: renderLegs(view, ask.language) };
}

/** One pair; `null` where the person does not hold it. A pair behind the first page costs a second reading, of its page. */
async function find(ask: PersonalAsk, id: string): Promise<{ readonly pair: HeldPair; readonly view: LegsView } | null> {
  const first = await viewOf(ask, 0);
  const place = first.ids.indexOf(id);
  if (place === -1) return null;
  const view = place < LEGS_PAGE ? first : await viewOf(ask, Math.floor(place / LEGS_PAGE));
  const pair = view.pairs.find(({ taken }) => taken.id === id);
  return pair === undefined ? null : { pair, view };
}

type LegsPage = LegsView & { readonly ids: readonly string[] };

async function viewOf(ask: PersonalAsk, wanted: number): Promise<LegsPage> {
  const { services, person, nowMs } = ask;
  const [read, holdings] = await Promise.all([
    readSnapshot(services.snapshots),
    loadHoldings(services.db, { telegramId: person.telegramId, page: wanted, pageSize: LEGS_PAGE }),
  ]);
  const count = holdings.taken.length;
  const pages = Math.max(1, Math.ceil(count / LEGS_PAGE));
  // Pairs were ended since the button was made: the settlements read are those of a page that is no more.
  if (wanted > 0 && wanted >= pages) return viewOf(ask, pages - 1);
  const shown = holdings.taken.slice(wanted * LEGS_PAGE, (wanted + 1) * LEGS_PAGE);
  const snapshot = read.ok ? read.value.snapshot : null;
  return {
    pairs: heldPairs({ ...holdings, taken: shown }, { snapshot, nowMs }),
    ids: holdings.taken.map(({ id }) => id),
    page: wanted,
    pages,
    count,
    ageMs: read.ok ? read.value.ageMs : null,
    market: snapshot?.scan.market ?? services.market,
    nowMs,
  };
}
