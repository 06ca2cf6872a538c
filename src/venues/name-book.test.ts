import fc from "fast-check";
import { expect, it } from "vitest";
import { splitMultiplier } from "../domain/instrument.ts";
import { quoteWriter } from "../domain/quote.ts";
import { err, ok } from "../domain/result.ts";
import { joinRows, closeRow, rowsByName } from "./join-rows.ts";
import { boundNames, entryReader, type NameBook, nameBook, nameReader, type ParseName, perpetualName } from "./name-book.ts";
import { reject } from "./wire.ts";

const parse: ParseName = (name) => (name.startsWith("?") ? err("bad-symbol") : ok(perpetualName(splitMultiplier(name), "USDT", "USDT")));

type Row = { readonly name?: unknown };
type Scan = { readonly primary: readonly Row[]; readonly second: readonly Row[] };

/** The rows of two bodies joined, and what was refused, in order. */
function joined({ primary, second }: Scan, book: NameBook) {
  const out = quoteWriter("alpha", primary.length);
  const counterparts = rowsByName(second, "name", nameReader(book, "second", parse));
  const met: string[] = [];
  const result = joinRows<"name">({
    rows: primary,
    field: "name",
    readName: nameReader(book, "primary", parse),
    out,
    counterparts,
    write: (known, _, { at, index }) => {
      if (!known.parsed.ok) return reject(known.name, known.parsed.error, "expected a coin");
      out.multiplier[at] = known.parsed.value.multiplier;
      met.push(`${index} ${String(counterparts.rowOf(known)?.name)}`);
      closeRow(out, null, null);
      return null;
    },
  });
  if (!result.ok) return result;
  const { columns, rejected, venueSymbols } = result.value;
  return { symbol: columns.symbol, multiplier: [...columns.multiplier], rejected, venueSymbols, met };
}

const rows = fc.array(fc.record({ name: fc.constantFrom("A", "B", "C", "1000C", "1000D", "?", "", null, 7) }), { maxLength: 9 });

it("a feed that has met names makes of any bodies what a feed that has met none makes", () => {
  fc.assert(
    fc.property(fc.array(fc.record({ primary: rows, second: rows }), { minLength: 2, maxLength: 5 }), (scans) => {
      const book = nameBook();
      for (const scan of scans) expect(joined(scan, book)).toEqual(joined(scan, nameBook()));
    }),
    { numRuns: 500 },
  );
});

it("a name is read once, wherever and in whichever body it stands", () => {
  const met: string[] = [];
  const counting: ParseName = (name) => {
    met.push(name);
    return parse(name);
  };
  const book = nameBook();
  for (const body of ["primary", "second", "primary"]) {
    const { read } = nameReader(book, body, counting);
    expect(["A", "B", "A"].map((name, place) => read(name, place).number)).toEqual([0, 1, 0]);
    expect(read("B", 0)).toBe(read("B", 8));
  }
  expect(met).toEqual(["A", "B"]);
});

it("names are bounded: beyond many times what a venue lists the book starts anew", () => {
  const book = nameBook();
  const { read } = nameReader(book, "primary", parse);
  for (let place = 0; place < 20_000; place++) read(`C${place}`, place);
  boundNames(book);
  expect(nameReader(book, "primary", parse).read("D", 0).number).toBe(20_000);
  boundNames(book);
  expect(nameReader(book, "primary", parse).read("E", 0).number).toBe(0);
});

it("a kept table is read as by its names, whatever was asked for before and whichever table came last", () => {
  const names = fc.array(fc.constantFrom("A", "B", "C", "D", "E"), { maxLength: 8 });
  const tables = fc.array(fc.dictionary(fc.constantFrom("A", "B", "C", "D", "E"), fc.integer()), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(tables, fc.array(fc.tuple(fc.nat(), names), { maxLength: 6 }), (kept, scans) => {
      const book = nameBook();
      const maps = kept.map((table) => new Map(Object.entries(table)));
      for (const [which, asked] of scans) {
        const table = maps[which % maps.length];
        const { read } = nameReader(book, "body", parse);
        const entryOf = entryReader(book, table);
        expect(asked.map((name, place) => entryOf(read(name, place)))).toEqual(asked.map((name) => table?.get(name)));
      }
    }),
  );
  const { read } = nameReader(nameBook(), "body", parse);
  expect(entryReader(nameBook(), undefined)(read("A", 0))).toBeUndefined();
});

it("the columns of names are the same ones as long as the same rows come", () => {
  const book = nameBook();
  const columns = [["A", "B"], ["A", "B"], ["B", "A"], ["B"]].map((names) => {
    const scan = { primary: names.map((name) => ({ name })), second: names.map((name) => ({ name })) };
    const result = joined(scan, book);
    if ("ok" in result) throw new Error("expected rows");
    return result.symbol;
  });
  expect(columns.map((symbol) => columns.indexOf(symbol))).toEqual([0, 0, 2, 3]);
  expect(columns.slice(2)).toEqual([["B/USDT:USDT", "A/USDT:USDT"], ["B/USDT:USDT"]]);
});
