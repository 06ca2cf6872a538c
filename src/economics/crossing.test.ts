import { describe, expect, test } from "vitest";
import { crossingAt, crossingGap, depthUsd, type TopOfBook } from "./crossing.ts";
import { formatUsd } from "./format-usd.ts";

const book = (over: Partial<TopOfBook>): TopOfBook => ({
  bid: 99,
  ask: 101,
  bidSizeBase: 60,
  askSizeBase: 50,
  quotedNotionalUsd: null,
  ...over,
});

describe("crossing at the top of the book", () => {
  test("costs the spread by the mid", () => {
    expect(crossingAt(book({}), 5_000)).toBeCloseTo(2 / 100, 15);
  });

  test("is known up to what the thinner side holds, and not beyond", () => {
    // 60 · 99 = 5,940 at the bid, 50 · 101 = 5,050 at the ask
    expect(depthUsd(book({}))).toBe(5_050);
    expect(crossingAt(book({}), 5_050)).not.toBeNull();
    expect(crossingAt(book({}), 5_050.01)).toBeNull();
    expect(crossingGap(book({}), 20_000)).toBe("quotes 5,050 USD at its best bid and ask, less than 20,000 USD");
  });

  test("without sizes holds up to the notional that the venue documents for its prices", () => {
    const impact = book({ bidSizeBase: null, askSizeBase: null, quotedNotionalUsd: 20_000 });
    expect(crossingAt(impact, 20_000)).toBeCloseTo(0.02, 15);
    expect(crossingAt(impact, 20_001)).toBeNull();
  });

  test.each([
    [{ bid: null }, "sends no bid"],
    [{ ask: null }, "sends no ask"],
    [{ bid: 0 }, "sends a book without a bid below its ask"],
    [{ bid: 102 }, "sends a book without a bid below its ask"],
    [{ askSizeBase: null }, "sends no size at its best bid and ask"],
    [{ bidSizeBase: 0 }, "quotes 0 USD at its best bid and ask, less than 5,000 USD"],
  ])("%o is not priced, and the reason says why", (missing, why) => {
    expect(crossingAt(book(missing), 5_000)).toBeNull();
    expect(crossingGap(book(missing), 5_000)).toBe(why);
  });

  test("a known crossing has no gap", () => {
    expect(crossingGap(book({}), 5_000)).toBeNull();
  });
});

test("amounts in sentences are rounded down and grouped", () => {
  expect([999.99, 1_000, 1_234_567.8].map(formatUsd)).toEqual(["999 USD", "1,000 USD", "1,234,567 USD"]);
});

test("what a book holds is not known without both prices, and without both sizes is what the venue documents", () => {
  expect([depthUsd(book({ bid: null })), depthUsd(book({ ask: null })), depthUsd(book({ bid: null, ask: null }))]).toEqual([
    null,
    null,
    null,
  ]);
  const documented = { quotedNotionalUsd: 20_000 };
  expect([depthUsd(book({ bidSizeBase: null, ...documented })), depthUsd(book({ askSizeBase: null, ...documented }))]).toEqual([
    20_000, 20_000,
  ]);
  expect(depthUsd(book({ bidSizeBase: null }))).toBeNull();
});

test("a book whose bid is its ask costs nothing to cross, and a bid of zero prices nothing, whatever is documented", () => {
  expect(crossingAt(book({ bid: 101 }), 1_000)).toBe(0);
  expect(crossingGap(book({ bid: 101 }), 1_000)).toBeNull();
  const documented = { bidSizeBase: null, askSizeBase: null, quotedNotionalUsd: 20_000 };
  expect([crossingAt(book({ bid: 0, ...documented }), 1_000), crossingAt(book({ bid: -1, ask: 0, ...documented }), 1_000)]).toEqual([
    null,
    null,
  ]);
  expect(crossingAt(book({ bid: null, ...documented }), 1_000)).toBeNull();
  expect(crossingAt(book({ ask: null, ...documented }), 1_000)).toBeNull();
});
