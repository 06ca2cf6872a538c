import type { BooksAsk, BooksReply, Depths, LegDepth } from "./domain/depth.ts";
import type { VenueError } from "./domain/error.ts";
import { count } from "./domain/funnel.ts";
import type { Result } from "./domain/result.ts";
import { MINUTE_MS } from "./domain/units.ts";
import { CARD_SIZES_USD } from "./economics/ledger.ts";
import { askBooks, type WantedBook } from "./feeds/ask-books.ts";
import { opportunityKey } from "./lifecycle/key.ts";
import type { LifecycleState } from "./lifecycle/state.ts";
import type { ScanInput } from "./scan.ts";
import { bookOf, type BookMarket, type Counts, type Selected } from "./scan-steps.ts";
import { chooseForDepth, type DepthWish } from "./strategies/choose-depth.ts";

/** How long a book prices a leg after it was read. */
export const DEPTH_REUSE_MS = 10 * MINUTE_MS;
/** Books kept at most, the newest: 20 a scan for ten minutes of 30 scans. */
const MOST_DEPTHS = 600;
/** With less time than this left of the scan no book is asked for. */
const LEAST_LIMIT_MS = 50;

/** What a scan tells of itself here. */
type DepthInput = Pick<ScanInput, "scanId" | "depths" | "depthLimitMs" | "scanDeadlineMs"> & {
  readonly lifecycle: Pick<LifecycleState, "open">;
  readonly settings: Pick<ScanInput["settings"], "referenceSizeUsd">;
};

/** What was read of order books, and what the step counted: pairs that want books, and those with both. */
export type ReadDepths = { readonly depths: Depths; readonly counts: Counts };

/**
 * Reads the order books of the few pairs that `chooseForDepth` names, each leg once, within what is left of the scan. What
 * was read before serves for ten minutes. Nothing here stops a scan: a pair without its books is priced from the top of
 * both, or says what is missing. A pair counts as dropped under the reason of its first leg without a book.
 */
export async function readDepths(
  selected: readonly Selected[],
  scan: {
    readonly input: DepthInput;
    readonly market: BookMarket;
    readonly startedAtMs: number;
    readonly now: () => number;
    readonly books: (ask: BooksAsk) => Promise<BooksReply>;
  },
): Promise<ReadDepths> {
  const { input, market, startedAtMs, now, books } = scan;
  const atMs = now();
  const known = recentDepths(input.depths, atMs);
  const wishes = wishesOf(selected, { market, open: input.lifecycle.open });
  const limitMs = Math.min(input.depthLimitMs, startedAtMs + input.scanDeadlineMs - atMs);
  const wanted =
    limitMs < LEAST_LIMIT_MS
      ? []
      : wantedBooks(
          chooseForDepth(
            wishes.map(({ wish }) => wish),
            known,
          ),
          wishes,
        );
  const sizesUsd = [...new Set([...CARD_SIZES_USD, input.settings.referenceSizeUsd])];
  const results = await askBooks({ wanted, scanId: input.scanId, sizesUsd, limitMs, ask: books });
  const depths: Record<string, LegDepth> = { ...known };
  for (const [id, result] of results) if (result.ok) depths[id] = result.value;
  const late = limitMs < LEAST_LIMIT_MS ? "no-time" : "not-chosen";
  return { depths: recentDepths(depths, atMs), counts: countsOf(wishes, { depths, results, late }) };
}

/** Books not older than ten minutes, the newest of them where there are too many. */
export function recentDepths(depths: Depths, nowMs: number): Depths {
  const recent = Object.entries(depths).filter(([, { readAtMs }]) => nowMs - readAtMs <= DEPTH_REUSE_MS);
  if (recent.length > MOST_DEPTHS) recent.sort(([, a], [, b]) => b.readAtMs - a.readAtMs);
  return Object.fromEntries(recent.slice(0, MOST_DEPTHS));
}

type Wish = { readonly wish: DepthWish; readonly books: readonly WantedBook[] };

/** Pairs that could open, and pairs of open rows; near-misses are shown with what is there. */
function wishesOf(
  selected: readonly Selected[],
  { market, open }: { readonly market: BookMarket; readonly open: LifecycleState["open"] },
): readonly Wish[] {
  return selected.flatMap(({ strategy, pair }) => {
    const [long, short] = [bookOf(market, pair.long), bookOf(market, pair.short)];
    if (pair.why === "near-miss" || long === null || short === null) return [];
    const key = opportunityKey({ strategy, asset: pair.asset, long: long.id, short: short.id });
    const wish: DepthWish = { key, legs: [long.id, short.id], gross: pair.gross, isOpen: Object.hasOwn(open, key) };
    return [{ wish, books: [long, short] }];
  });
}

/** The books of the chosen pairs, each once. */
function wantedBooks(chosen: readonly DepthWish[], wishes: readonly Wish[]): readonly WantedBook[] {
  const keys = new Set(chosen.map(({ key }) => key));
  const books = new Map<string, WantedBook>();
  for (const { wish, books: legs } of wishes) if (keys.has(wish.key)) for (const leg of legs) books.set(leg.id, leg);
  return [...books.values()];
}

function countsOf(
  wishes: readonly Wish[],
  {
    depths,
    results,
    late,
  }: { readonly depths: Depths; readonly results: ReadonlyMap<string, Result<LegDepth, VenueError>>; readonly late: string },
): Counts {
  const dropped: Record<string, number> = {};
  let out = 0;
  for (const { wish } of wishes) {
    const missing = wish.legs.find((leg) => !Object.hasOwn(depths, leg));
    const result = missing === undefined ? undefined : results.get(missing);
    if (missing === undefined) out += 1;
    else count(dropped, result?.ok === false ? result.error.kind : late);
  }
  return { unit: "pairs", in: wishes.length, out, dropped };
}
