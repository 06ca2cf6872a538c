import { expect, test } from "vitest";
import { finishColumns, type QuoteColumns, quoteWriter } from "../domain/quote.ts";
import { shownBook, unchangedScans } from "./unchanged.ts";
import { columnsOf as rowsOf, type RowSpec } from "../../test/rows.ts";

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

test("each of bid, ask, mark and index that moves starts the count anew; what is missing both times has not moved", () => {
  const row = { symbol: "A", asset: "A", bid: 1, ask: 2, mark: 3, index: 4 };
  const counted = (before: RowSpec, after: RowSpec): number | undefined =>
    unchangedScans(rowsOf("gate", [after]), shownBook(rowsOf("gate", [before]), new Uint16Array([5])))[0];
  expect(counted(row, row)).toBe(6);
  for (const name of ["bid", "ask", "mark", "index"] as const) {
    expect(counted(row, { ...row, [name]: 9 }), name).toBe(1);
    expect(counted(row, { ...row, [name]: null }), name).toBe(1);
    expect(counted({ ...row, [name]: null }, { ...row, [name]: null }), name).toBe(6);
  }
});

test("the count stays at the most that is kept of it", () => {
  const still = columnsOf([{ symbol: "A", bid: 1 }]);
  expect([...unchangedScans(still, shownBook(still, new Uint16Array([65_534])))]).toEqual([65_535]);
  expect([...unchangedScans(still, shownBook(still, new Uint16Array([65_535])))]).toEqual([65_535]);
});

test("what is remembered does not change with the columns it was taken from", () => {
  const columns = rowsOf("gate", [{ symbol: "A", bid: 1, ask: 2, mark: 3, index: 4 }]);
  const shown = shownBook(columns, new Uint16Array([1]));
  for (const name of ["bid", "ask", "mark", "index"] as const) columns[name][0] = 9;
  expect([shown.bid[0], shown.ask[0], shown.mark[0], shown.index[0]]).toEqual([1, 2, 3, 4]);
});
