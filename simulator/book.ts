import { rounded } from "./decimal.ts";
import type { MarketRow } from "./listing.ts";
import { unit } from "./random.ts";

/** Price in quoted units, size in coins. */
export type Level = { readonly price: number; readonly sizeCoins: number };

/** Levels of each side of a full book. */
export const BOOK_LEVELS = 40;

/**
 * An instrument's order book at the moment of its row: the row's own bid and ask with their sizes first, then levels
 * further and further away, every one on the tick and size grid. Equal rows give equal books. Both sides are empty where
 * nobody quotes.
 */
export function bookOf(row: MarketRow): { readonly bids: readonly Level[]; readonly asks: readonly Level[] } {
  if (row.state === "empty-book" || row.state === "delisted") return { bids: [], asks: [] };
  return {
    bids: sideOf(row, { side: "bid", price: row.bid, sizeCoins: row.bidSizeCoins }),
    asks: sideOf(row, { side: "ask", price: row.ask, sizeCoins: row.askSizeCoins }),
  };
}

function sideOf({ listing }: MarketRow, best: Level & { readonly side: "bid" | "ask" }): readonly Level[] {
  const { pricePlaces, sizePlaces, multiplier, process, spread } = listing;
  const { side } = best;
  const tick = 10 ** -pricePlaces;
  // Gaps between levels are about a quarter of the spread: a thin coin's book falls away faster.
  const widest = Math.max(1, Math.round((0.5 * spread * best.price) / tick));
  const levels: Level[] = [{ price: best.price, sizeCoins: best.sizeCoins }];
  let ticks = 0;
  for (let place = 1; place < BOOK_LEVELS; place += 1) {
    ticks += 1 + Math.floor(widest * unit(process.salt, "gap", side, place));
    const price = rounded(best.price + (side === "bid" ? -ticks : ticks) * tick, pricePlaces);
    if (price <= 0) break;
    const units = (best.sizeCoins / multiplier) * (0.3 + 1.4 * unit(process.salt, "size", side, place));
    levels.push({ price, sizeCoins: Math.max(rounded(units, sizePlaces), 10 ** -sizePlaces) * multiplier });
  }
  return levels;
}

/** The row that a request for one order book names, or `null` where the venue has no such instrument. */
export const rowNamed = (rows: readonly MarketRow[], symbol: unknown): MarketRow | null =>
  rows.find((row) => row.symbol === symbol) ?? null;
