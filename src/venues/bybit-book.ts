import type { BookSpec } from "./adapter.ts";
import { fieldsIn, timeMsIn } from "./wire.ts";
import { bookIn, pairLevel } from "./wire-book.ts";

/**
 * Order books of Bybit v5, of one form in its categories: `b` and `a` with levels `[price, size]`. `cts` is the matching
 * engine's time of the book, `ts` that of the reply. https://bybit-exchange.github.io/docs/v5/market/orderbook
 */
export const bybitBook = (category: "linear" | "spot"): BookSpec => ({
  request: (symbol) => ({
    method: "GET",
    path: `/v5/market/orderbook?category=${category}&symbol=${encodeURIComponent(symbol)}&limit=200`,
    weight: 1,
    maxBytes: 200_000,
  }),
  read: (body, instrument) => {
    const book = fieldsIn<"b" | "a" | "cts">(fieldsIn<"result">(body)?.result);
    return bookIn({ bids: book?.b, asks: book?.a, at: { value: book?.cts, read: timeMsIn }, levelIn: pairLevel }, instrument);
  },
});
