import type { BookSpec } from "./adapter.ts";
import { fieldsIn, timeMsIn } from "./wire.ts";
import { bookIn, pairLevel } from "./wire-book.ts";

/**
 * Order books of Binance, of one form on its markets: `{bids, asks}` with levels `[price, size]`. The futures' `T` is the
 * time of the book's last change (`E` that of the reply); spot sends neither. `weight` is that of 100 levels, by the
 * market's own page on its order book; futures: 2 up to 50 levels, 5 for 100, 10 for 500.
 */
export const binanceBook = ({ path, weight }: { readonly path: string; readonly weight: number }): BookSpec => ({
  request: (symbol) => ({ method: "GET", path: `${path}?symbol=${encodeURIComponent(symbol)}&limit=100`, weight, maxBytes: 100_000 }),
  read: (body, instrument) => {
    const book = fieldsIn<"bids" | "asks" | "T">(body);
    return bookIn({ bids: book?.bids, asks: book?.asks, at: { value: book?.T, read: timeMsIn }, levelIn: pairLevel }, instrument);
  },
});
