import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Book, BookSide } from "../../src/domain/book.ts";
import { capacity } from "../../src/economics/capacity.ts";
import { crossingIn, depthOf, heldUsd, walk } from "../../src/economics/book-walk.ts";
import { legCrossing } from "../../src/economics/leg-crossing.ts";
import { quoteWith } from "../market.ts";

/** Steps between levels as fractions of the price, sizes in coins. */
const shape = fc.array(
  fc.record({
    step: fc.double({ min: 1e-6, max: 0.002, noNaN: true }),
    size: fc.double({ min: 0.001, max: 400, noNaN: true }),
  }),
  { minLength: 1, maxLength: 120 },
);
const side = (from: number, sign: 1 | -1, levels: readonly { readonly step: number; readonly size: number }[]): BookSide => {
  let price = from;
  return levels.map(({ step, size }) => {
    price *= 1 + sign * step;
    return [price, size];
  });
};
const book: fc.Arbitrary<Book> = fc
  .record({ price: fc.double({ min: 1e-7, max: 80_000, noNaN: true }), up: shape, down: shape })
  .map(({ price, up, down }) => ({ bids: side(price, -1, down), asks: side(price, 1, up), eventAtMs: null }));
const share = fc.double({ min: 1e-6, max: 1, noNaN: true });
const heldBy = (levels: BookSide): number => levels.reduce((usd, [price, size]) => usd + price * size, 0);

/** A side filled level by level, the money counted down: no ladder, no sums from the start. */
function slowWalk(levels: BookSide, usd: number): number | null {
  let left = usd;
  let coins = 0;
  for (const [price, size] of levels) {
    if (left <= price * size) return usd / (coins + left / price);
    left -= price * size;
    coins += size;
  }
  return null;
}

describe("walking a book", () => {
  test("agrees with filling it level by level", () => {
    fc.assert(
      fc.property(book, share, ({ bids, asks }, part) => {
        for (const levels of [bids, asks]) {
          const usd = part * heldBy(levels) * 0.999;
          const [found, slow] = [walk(levels, usd)?.vwap ?? Number.NaN, slowWalk(levels, usd) ?? Number.NaN];
          expect(Math.abs(found / slow - 1)).toBeLessThan(1e-9);
          expect(walk(levels, heldBy(levels) * 1.001)).toBeNull();
        }
      }),
    );
  });

  test("more size never improves price, in the book and in what is kept of it", () => {
    fc.assert(
      fc.property(book, share, share, (one, first, second) => {
        const depth = depthOf(one, { sizesUsd: [1_000, 5_000], readAtMs: 0 });
        const held = Math.min(heldBy(one.bids), heldBy(one.asks)) * 0.999;
        const [small, large] = [Math.min(first, second) * held, Math.max(first, second) * held];
        expect(walk(one.asks, large)?.vwap).toBeGreaterThanOrEqual((walk(one.asks, small)?.vwap ?? Number.NaN) * (1 - 1e-12));
        expect(walk(one.bids, large)?.vwap).toBeLessThanOrEqual((walk(one.bids, small)?.vwap ?? Number.NaN) * (1 + 1e-12));
        expect(crossingIn(depth, large)).toBeGreaterThanOrEqual((crossingIn(depth, small) ?? Number.NaN) - 1e-12);
      }),
    );
  });

  test("what is kept says a cost that is never less than the book's", () => {
    fc.assert(
      fc.property(book, share, (one, part) => {
        const depth = depthOf(one, { sizesUsd: [], readAtMs: 0 });
        const usd = part * heldUsd(depth) * 0.999;
        const exact = ((slowWalk(one.asks, usd) ?? Number.NaN) - (slowWalk(one.bids, usd) ?? Number.NaN)) / depth.mid;
        expect(crossingIn(depth, usd)).toBeGreaterThanOrEqual(exact - 1e-9);
      }),
    );
  });
});

test("capacity by depth is what a slow search over level-by-level fills finds", () => {
  const shallow = book.filter(({ bids, asks }) => bids.length <= 50 && asks.length <= 50);
  fc.assert(
    fc.property(shallow, shallow, fc.double({ min: 0, max: 0.02, noNaN: true }), (one, other, earned) => {
      const legs = [one, other].map((each) => ({
        quote: quoteWith({ openInterestUsd: 1e12 }),
        depth: depthOf(each, { sizesUsd: [], readAtMs: 0 }),
      }));
      const [long, short] = legs;
      if (long === undefined || short === undefined) return;
      const netAt = (usd: number): number | null => {
        const [here, there] = [legCrossing(long, usd), legCrossing(short, usd)];
        return here === null || there === null ? null : earned - here - there;
      };
      const slowNet = (usd: number): number =>
        [one, other].reduce((net, { bids, asks }) => {
          const mid = ((bids[0]?.[0] ?? Number.NaN) + (asks[0]?.[0] ?? Number.NaN)) / 2;
          return net - ((slowWalk(asks, usd) ?? Infinity) - (slowWalk(bids, usd) ?? 0)) / mid;
        }, earned);
      const found = capacity({ netAt, long, short }).usd ?? Number.NaN;
      // Just below it earns, just above it does not, or the books end.
      const held = Math.min(heldUsd(long.depth), heldUsd(short.depth));
      if (found > 0) expect(slowNet(found * (1 - 1e-9))).toBeGreaterThan(-1e-12);
      if (found < held) expect(slowNet(Math.max(found, held * 1e-15) * (1 + 1e-9))).toBeLessThan(1e-12);
      expect(found).toBeLessThanOrEqual(held);
    }),
  );
});
