import type { Depths, LegDepth } from "./domain/depth.ts";
import { count } from "./domain/funnel.ts";
import { MINUTE_MS } from "./domain/units.ts";
import type { BookResults, WantedBook } from "./feeds/ask-books.ts";
import { opportunityKey } from "./lifecycle/key.ts";
import type { LifecycleState } from "./lifecycle/state.ts";
import { bookOf, type BookMarket, type Counts, type Selected } from "./scan-steps.ts";
import { chooseForDepth, type DepthRoom, type DepthWish } from "./strategies/choose-depth.ts";

/** How long a book prices a leg after it was read. */
export const DEPTH_REUSE_MS = 10 * MINUTE_MS;
/** Books kept at most, the newest: 20 a scan for ten minutes of 30 scans. */
const MOST_DEPTHS = 600;

/** A pair that wants the books of both legs. */
export type BookWish = { readonly wish: Omit<DepthWish, "isOpen">; readonly books: readonly WantedBook[] };

/** Pairs that could open, and pairs of open rows; near-misses are shown with what is there. */
export function bookWishes(selected: readonly Selected[], market: BookMarket): readonly BookWish[] {
  return selected.flatMap(({ strategy, pair }) => {
    const [long, short] = [bookOf(market, pair.long), bookOf(market, pair.short)];
    if (pair.why === "near-miss" || long === null || short === null) return [];
    const key = opportunityKey({ strategy, asset: pair.asset, long: long.id, short: short.id });
    return [{ wish: { key, legs: [long.id, short.id], feeds: [long.feed, short.feed], gross: pair.gross }, books: [long, short] }];
  });
}

/**
 * Joins the books that came with the quotes to those of the scans before, which serve for ten minutes. Nothing here stops
 * a scan: a pair without its books is priced from the top of both, or says what is missing. A pair counts as dropped under
 * the reason of its first leg without a book, `not-asked` where the scan before did not choose it.
 */
export function joinDepths(
  wishes: readonly BookWish[],
  known: { readonly before: Depths; readonly books: BookResults; readonly nowMs: number },
): { readonly depths: Depths; readonly counts: Counts } {
  const { before, books, nowMs } = known;
  const joined: Record<string, LegDepth> = { ...before };
  for (const [id, result] of books) if (result.ok) joined[id] = result.value;
  const depths = recentDepths(joined, nowMs);
  const dropped: Record<string, number> = {};
  let out = 0;
  for (const { wish } of wishes) {
    const missing = wish.legs.find((leg) => !Object.hasOwn(depths, leg));
    const result = missing === undefined ? undefined : books.get(missing);
    if (missing === undefined) out += 1;
    else count(dropped, result?.ok === false ? result.error.kind : "not-asked");
  }
  return { depths, counts: { unit: "pairs", in: wishes.length, out, dropped } };
}

/** Books not older than ten minutes, the newest of them where there are too many. */
function recentDepths(depths: Depths, nowMs: number): Depths {
  const recent = Object.entries(depths).filter(([, { readAtMs }]) => nowMs - readAtMs <= DEPTH_REUSE_MS);
  if (recent.length > MOST_DEPTHS) recent.sort(([, a], [, b]) => b.readAtMs - a.readAtMs);
  return Object.fromEntries(recent.slice(0, MOST_DEPTHS));
}

/**
 * The books that the next scan asks for beside the quotes: of the few pairs that `chooseForDepth` names, each leg once. A
 * list that has grown old does no harm: its books cost their calls, and an instrument that is gone costs none.
 */
export function booksWanted(
  wishes: readonly BookWish[],
  { depths, open, room }: { readonly depths: Depths; readonly open: LifecycleState["open"]; readonly room: DepthRoom },
): readonly WantedBook[] {
  const known = wishes.map(({ wish }) => ({ ...wish, isOpen: Object.hasOwn(open, wish.key) }));
  const chosen = new Set(chooseForDepth(known, depths, room).map(({ key }) => key));
  const books = new Map<string, WantedBook>();
  for (const { wish, books: legs } of wishes) if (chosen.has(wish.key)) for (const leg of legs) books.set(leg.id, leg);
  return [...books.values()];
}
