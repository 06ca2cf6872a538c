import type { Book, BookSide } from "../domain/book.ts";
import { badShape, type VenueError } from "../domain/error.ts";
import { err, ok, type Result } from "../domain/result.ts";
import type { BookSpec } from "./adapter.ts";
import { type Fault, numberIn, shownFields } from "./wire.ts";

/** Prices are divided by `multiplier`, sizes multiplied by `unitBase`. */
export type BookInstrument = Parameters<BookSpec["read"]>[1];

/** The two sides of a book as a venue sent them, with their paths for messages. */
export type WireBook = {
  readonly bids: unknown;
  readonly asks: unknown;
  /** The time of the book as sent, with its reader; absent where the venue documents none. */
  readonly at?: { readonly value: unknown; readonly read: (value: unknown, fault: Fault) => number };
  /** Price and size of one level, as sent. */
  readonly levelIn: (level: unknown) => readonly [price: unknown, size: unknown];
};

/**
 * An order book per coin and in coins: prices divided by `multiplier`, sizes multiplied by `unitBase`. A side that is
 * empty is an error, and so is a level that is no price and size above zero, one that is out of order, and a bid at or
 * above an ask: a book with a hole in it would be walked to the wrong price.
 */
export function bookIn(wire: WireBook, instrument: BookInstrument): Result<Book, VenueError> {
  const { unitBase, multiplier } = instrument;
  if (!(unitBase > 0) || !(multiplier > 0)) {
    return err({
      kind: "empty",
      message: `expected the coins in one unit of the book's sizes, found ${unitBase} and multiplier ${multiplier}`,
    });
  }
  const bids = sideIn(wire, "bids", instrument);
  if (!bids.ok) return bids;
  const asks = sideIn(wire, "asks", instrument);
  if (!asks.ok) return asks;
  const [bid, ask] = [bids.value[0]?.[0] ?? Number.NaN, asks.value[0]?.[0] ?? Number.NaN];
  if (!(bid < ask)) return err({ kind: "bad-shape", path: "bids[0]", message: `expected a bid below the ask ${ask}, found ${bid}` });
  const fault: Fault = { raised: false };
  const eventAtMs = wire.at === undefined ? Number.NaN : wire.at.read(wire.at.value, fault);
  if (fault.raised) return err(badShape("time", "the time of the book", wire.at?.value));
  return ok({ bids: bids.value, asks: asks.value, eventAtMs: Number.isNaN(eventAtMs) ? null : eventAtMs });
}

function sideIn(wire: WireBook, name: "bids" | "asks", { multiplier, unitBase }: BookInstrument): Result<BookSide, VenueError> {
  const levels = wire[name];
  if (!Array.isArray(levels)) return err(badShape(name, "an array of levels", levels));
  if (levels.length === 0) return err({ kind: "empty", message: `expected levels in ${name}, found none` });
  const fault: Fault = { raised: false };
  const side: (readonly [number, number])[] = [];
  let best = name === "bids" ? Infinity : 0;
  for (const [place, level] of levels.entries()) {
    const [sentPrice, sentSize] = wire.levelIn(level);
    const price = numberIn(sentPrice, fault) / multiplier;
    const sizeBase = numberIn(sentSize, fault) * unitBase;
    const inOrder = name === "bids" ? price < best : price > best;
    if (fault.raised || !inOrder || !(price > 0) || !(sizeBase > 0)) {
      return err(badShape(`${name}[${place}]`, "a price and a size above zero, best first", shownFields(level)));
    }
    side.push([price, sizeBase]);
    best = price;
  }
  return ok(side);
}

/** A level sent as `[price, size, …]`. */
export const pairLevel = (level: unknown): readonly [unknown, unknown] =>
  Array.isArray(level) ? [level[0], level[1]] : [undefined, undefined];
