import { expect, test } from "vitest";
import { finishColumns, type QuoteColumns, quoteWriter } from "../domain/quote.ts";
import { shownBook, unchangedScans } from "./unchanged.ts";

type Row = { readonly symbol: string; readonly bid: number; readonly mark?: number };

function columnsOf(rows: readonly Row[]): QuoteColumns {
  const writer = quoteWriter("gate", rows.length);
  rows.forEach((row, index) => {
    writer.symbol.push(row.symbol);
    writer.kind.push("perpetual");
    writer.asset.push(row.symbol);
    writer.quote.push("USDT");
    writer.settle.push("USDT");
    writer.assetClass.push("crypto");
    writer.state.push("trading");
    writer.bid[index] = row.bid;
    if (row.mark !== undefined) writer.mark[index] = row.mark;
  });
  return finishColumns(writer);
}

test("a row that stands still is counted scan by scan, and one move starts it anew", () => {
  const still = columnsOf([{ symbol: "A", bid: 1, mark: 1 }]);
  let counts = unchangedScans(still, null);
  expect([...counts]).toEqual([1]);
  for (let scan = 2; scan <= 10; scan++) {
    counts = unchangedScans(still, shownBook(still, counts));
    expect([...counts]).toEqual([scan]);
  }
  const moved = columnsOf([{ symbol: "A", bid: 1, mark: 1.01 }]);
  expect([...unchangedScans(moved, shownBook(still, counts))]).toEqual([1]);
});

test("rows are found again when the venue lists them in another order", () => {
  const before = columnsOf([
    { symbol: "A", bid: 1 },
    { symbol: "B", bid: 2 },
  ]);
  const after = columnsOf([
    { symbol: "B", bid: 2 },
    { symbol: "C", bid: 3 },
    { symbol: "A", bid: 1.5 },
  ]);
  expect([...unchangedScans(after, shownBook(before, new Uint16Array([4, 7])))]).toEqual([8, 1, 1]);
});
