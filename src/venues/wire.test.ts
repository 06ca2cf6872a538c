import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { quoteWriter } from "../domain/quote.ts";
import { splitMultiplier } from "../domain/instrument.ts";
import { ok } from "../domain/result.ts";
import { joinRows, closeRow } from "./join-rows.ts";
import { nameBook, nameReader, perpetualName } from "./name-book.ts";
import { flagIn, listIn, numberIn, olderOf, positiveIn, textIn, timeIsoIn, timeMsIn, timeSecondsIn } from "./wire.ts";

const read = (value: unknown): { readonly number: number; readonly raised: boolean } => {
  const fault = { raised: false };
  return { number: numberIn(value, fault), raised: fault.raised };
};

describe("numberIn", () => {
  const digits = (most: number) => fc.stringMatching(new RegExp(`^[0-9]{1,${most}}$`, "u"));

  it("reads every plain decimal to the same double as Number", () => {
    const decimal = fc.tuple(fc.constantFrom("", "-"), digits(24), fc.option(digits(30), { nil: null }));
    fc.assert(
      fc.property(decimal, ([sign, whole, decimals]) => {
        const text = `${sign}${whole}${decimals === null ? "" : `.${decimals}`}`;
        expect(read(text)).toEqual({ number: Number(text), raised: false });
      }),
      { numRuns: 2000 },
    );
  });

  it("reads every JSON number and every exponent form", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        expect(read(number)).toEqual({ number, raised: false });
        expect(read(String(number))).toEqual({ number: Number(String(number)), raised: false });
      }),
    );
    expect(read("0E-18")).toEqual({ number: 0, raised: false });
  });

  it.each(["", null, undefined])("takes %o for missing, which is no fault", (value) => {
    expect(read(value)).toEqual({ number: Number.NaN, raised: false });
  });

  // Number() would make 0, 16, 2, 7, Infinity or 1 of these.
  it.each([
    " ",
    "\n",
    "0x10",
    "0b10",
    "0o7",
    "Infinity",
    "1e999",
    ".",
    "-",
    "1 ",
    "1_000",
    "1,5",
    "abc",
    "--1",
    true,
    [],
    ["1"],
    {},
    Number.POSITIVE_INFINITY,
  ])("refuses %o rather than make a figure of it", (value) => {
    expect(read(value)).toEqual({ number: Number.NaN, raised: true });
  });
});

describe("the other readers", () => {
  const fault = { raised: false };
  const raises = (reader: () => unknown): boolean => {
    fault.raised = false;
    reader();
    return fault.raised;
  };

  it("refuse what a field cannot hold and let an absent one be", () => {
    expect([raises(() => positiveIn("0", fault)), raises(() => positiveIn("-8", fault)), raises(() => positiveIn("", fault))]).toEqual([
      true,
      true,
      false,
    ]);
    expect([raises(() => textIn(5, fault)), raises(() => textIn(null, fault)), textIn("x", fault)]).toEqual([true, false, "x"]);
    expect([raises(() => flagIn("true", fault)), raises(() => flagIn(undefined, fault)), flagIn(false, fault)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it("take a time of 0 for none, and ms sent as seconds for a fault", () => {
    expect([timeMsIn("0", fault), timeMsIn("1789171200000", fault)]).toEqual([Number.NaN, 1_789_171_200_000]);
    expect([timeSecondsIn(0, fault), timeSecondsIn(1_789_171_200, fault)]).toEqual([Number.NaN, 1_789_171_200_000]);
    expect(raises(() => timeSecondsIn(1_789_171_200_000, fault))).toBe(true);
  });

  it("take ISO text in UTC for a time, and other text for a fault", () => {
    expect(timeIsoIn("2026-09-11T17:28:05.123Z", fault)).toBe(Date.UTC(2026, 8, 11, 17, 28, 5, 123));
    expect(timeIsoIn("2026-09-11T17:28:05.123456Z", fault)).toBe(Date.UTC(2026, 8, 11, 17, 28, 5, 123));
    expect([timeIsoIn("", fault), timeIsoIn(null, fault), timeIsoIn(undefined, fault)]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    for (const text of ["2026-09-11", "2026-09-11T17:28:05", "2026-13-11T17:28:05Z", "1789147120443", 1_789_147_120_443])
      expect(
        raises(() => timeIsoIn(text, fault)),
        String(text),
      ).toBe(true);
  });

  it("olderOf takes the only time there is", () => {
    expect([olderOf(1, 2), olderOf(2, 1), olderOf(Number.NaN, 2), olderOf(1, Number.NaN)]).toEqual([1, 1, 2, 1]);
  });

  it("an empty list is an error of its own kind, anything but a list a bad shape", () => {
    expect(listIn([], "$.list")).toMatchObject({ ok: false, error: { kind: "empty" } });
    expect(listIn({}, "$.list")).toMatchObject({ ok: false, error: { kind: "bad-shape", path: "$.list" } });
  });
});

describe("joinRows", () => {
  const parseName = (name: string) => ok(perpetualName(splitMultiplier(name), "USDT", "USDT"));
  const join = (rows: readonly ({ readonly name?: unknown; readonly asset?: unknown; readonly times?: unknown } | null)[]) => {
    const out = quoteWriter("alpha", rows.length);
    const fault = { raised: false };
    const joined = joinRows<"name" | "asset" | "times">({
      rows,
      field: "name",
      readName: nameReader(nameBook(), "body", parseName),
      out,
      write: (known, fields, { at }) => {
        out.multiplier[at] = numberIn(fields.times, fault);
        const asset = textIn(fields.asset, fault);
        if (asset === null || !known.parsed.ok) return { symbol: "?", reason: "bad-field", detail: "no asset" };
        closeRow(out, null, null);
        return null;
      },
    });
    if (!joined.ok) throw new Error(joined.error.message);
    return joined.value;
  };

  it("leaves no trace of a refused row in the columns", () => {
    const { columns, rejected, venueSymbols } = join([
      { name: "A", asset: "A", times: 1 },
      { name: "B", times: 7 },
      { name: "C", asset: "C", times: "" },
    ]);
    expect({ symbol: columns.symbol, multiplier: [...columns.multiplier], venueSymbols }).toEqual({
      symbol: ["A/USDT:USDT", "C/USDT:USDT"],
      multiplier: [1, Number.NaN],
      venueSymbols: ["A", "C"],
    });
    expect(rejected).toHaveLength(1);
  });

  it("gives no two rows one symbol: neither by name twice, nor by a multiplier", () => {
    const cat = { name: "CAT", asset: "CAT", times: 1 };
    const thousandCats = { name: "1000CAT", asset: "CAT", times: 1000 };
    for (const rows of [
      [cat, thousandCats, cat],
      [thousandCats, cat, thousandCats],
    ]) {
      const { columns, rejected, venueSymbols } = join(rows);
      expect(columns.symbol).toEqual(["CAT/USDT:USDT"]);
      expect(venueSymbols).toEqual([rows[0]?.name]);
      expect(rejected.map(({ symbol, reason }) => [symbol, reason])).toEqual([
        [rows[1]?.name, "duplicate-symbol"],
        [rows[2]?.name, "duplicate-symbol"],
      ]);
    }
  });

  it("counts a row without a name, and a null, as rejected", () => {
    const { columns, rejected } = join([null, { asset: "A" }, { name: 5, asset: "A" }, { name: "B", asset: "B", times: 1 }]);
    expect(columns.count).toBe(1);
    expect(rejected.map(({ reason }) => reason)).toEqual(["no-symbol", "no-symbol", "no-symbol"]);
    expect(() => join([null, { asset: "A" }])).toThrow("expected a name at name, found");
  });
});
