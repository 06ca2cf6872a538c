/** `depth` of Binance's markets. https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Order-Book */
import { bookOf, type Level, rowNamed } from "../book.ts";
import { fixed } from "../decimal.ts";
import type { Json, RenderContext, WireBody, WireRow } from "./venue.ts";

/** The futures' body: levels as `[price, quantity]`, up to `limit`, with the times of reply and book. */
export function binanceDepth(context: RenderContext): WireBody {
  const { time, nowMs } = context;
  return depthBody(context, (bookAtMs) => ({ E: time(nowMs), T: time(bookAtMs) }));
}

/** The spot body, which has no times. */
export const binanceSpotDepth = (context: RenderContext): WireBody => depthBody(context, () => ({}));

function depthBody({ rows, query }: RenderContext, stamps: (bookAtMs: number) => WireRow): WireBody {
  const row = rowNamed(rows, query.get("symbol"));
  if (row === null) return { body: { code: -1121, msg: "Invalid symbol." }, rows: [] };
  const { pricePlaces, sizePlaces, multiplier } = row.listing;
  const side = (levels: readonly Level[]): readonly Json[] =>
    levels
      .slice(0, Number(query.get("limit") ?? 100))
      .map(({ price, sizeCoins }) => [fixed(price, pricePlaces), fixed(sizeCoins / multiplier, sizePlaces)]);
  const { bids, asks } = bookOf(row);
  const book: WireRow = { lastUpdateId: row.bookAtMs, ...stamps(row.bookAtMs), bids: side(bids), asks: side(asks) };
  return { body: book, rows: [[book]] };
}
