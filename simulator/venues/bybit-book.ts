/** `orderbook` of Bybit v5, of one form in its categories. https://bybit-exchange.github.io/docs/v5/market/orderbook */
import { bookOf, type Level, rowNamed } from "../book.ts";
import { fixed } from "../decimal.ts";
import type { Json, RenderContext, WireBody, WireRow } from "./venue.ts";

/** Levels of one instrument as `[price, size]`, up to `limit`, in the venue's envelope. An unknown symbol has an empty book. */
export function bybitBook(context: RenderContext, envelopeOf: (result: Json) => Json): WireBody {
  const { rows, query, time, nowMs } = context;
  const symbol = query.get("symbol");
  const row = rowNamed(rows, symbol);
  const { pricePlaces, sizePlaces, multiplier } = row?.listing ?? { pricePlaces: 0, sizePlaces: 0, multiplier: 1 };
  const side = (levels: readonly Level[]): readonly Json[] =>
    levels
      .slice(0, Number(query.get("limit") ?? 25))
      .map(({ price, sizeCoins }) => [fixed(price, pricePlaces), fixed(sizeCoins / multiplier, sizePlaces)]);
  const { bids, asks } = row === null ? { bids: [], asks: [] } : bookOf(row);
  const atMs = row?.bookAtMs ?? nowMs;
  const book: WireRow = { s: symbol, b: side(bids), a: side(asks), ts: time(nowMs), u: atMs, seq: atMs, cts: time(atMs) };
  return { body: envelopeOf(book), rows: [[book]] };
}
