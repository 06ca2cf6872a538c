import type { VenueError } from "../domain/error.ts";
import type { AssetClass, TradingState } from "../domain/instrument.ts";
import { finishColumns, type QuoteWriter, type RejectedRow } from "../domain/quote.ts";
import { err, ok, type Result } from "../domain/result.ts";
import type { Parsed } from "./adapter.ts";
import { type KnownName, type NameReader, namesOf } from "./name-book.ts";
import { reject, shownFields, type WireRow } from "./wire.ts";

/** Rows that have a name, and rejections for those that have none or one that is taken. */
export type NamedRows<Field extends string> = {
  readonly rowOf: (name: KnownName) => NonNullable<WireRow<Field>> | undefined;
  /** In the order of the body. */
  readonly names: readonly KnownName[];
  readonly rejected: readonly RejectedRow[];
};

/** Rows by the field that names them. Of two rows of one name the first is kept, the second rejected. */
export function rowsByName<Field extends string>(
  rows: readonly WireRow<Field>[],
  field: NoInfer<Field>,
  { book, read }: NameReader,
): NamedRows<Field> {
  const byNumber: (NonNullable<WireRow<Field>> | undefined)[] = [];
  while (byNumber.length < book.byName.size) byNumber.push(undefined);
  const names: KnownName[] = [];
  const rejected: RejectedRow[] = [];
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index] ?? null;
    const name = row?.[field];
    if (row === null || typeof name !== "string" || name === "") {
      rejected.push(nameless(index, field, row));
      continue;
    }
    const known = read(name, index);
    while (byNumber.length <= known.number) byNumber.push(undefined);
    if (byNumber[known.number] !== undefined) {
      rejected.push(twice(name));
      continue;
    }
    byNumber[known.number] = row;
    names.push(known);
  }
  return { rowOf: ({ number }) => byNumber[number], names, rejected };
}

/**
 * Puts the numbers of one row at place `at` of the columns, and its class and state last (`closeRow`). The place of a row
 * that it refuses is written again by the next row; therefore it sets every column it uses for every row, missing ones to
 * `NaN`.
 */
export type WriteRow<Field extends string> = (
  known: KnownName,
  fields: NonNullable<WireRow<Field>>,
  /** `at` in the columns, `index` in the body. One object serves all rows. */
  place: { readonly at: number; readonly index: number },
) => RejectedRow | null;

/** What rows are made of. */
type Join<Field extends string> = {
  readonly rows: readonly WireRow<Field>[];
  readonly field: Field;
  readonly readName: NameReader;
  readonly write: WriteRow<Field>;
  readonly out: QuoteWriter;
  /** Coins in one unit of the book's sizes, by place in the columns, written by `write`; absent where that is the multiplier. */
  readonly bookUnitBase?: Float64Array;
  /** Rows of a second body that are joined into these, where there is one and it has been fetched. */
  readonly counterparts?: NamedRows<string> | null;
};

/** Turns the rows of a venue's primary body into columns, and says which rows it refused. A body without one name is a bad shape. */
export function joinRows<Field extends string>(input: Join<Field>): Result<Parsed, VenueError> {
  const { rows, field, out, write, counterparts } = input;
  const { book, read } = input.readName;
  const rejected = [...(counterparts?.rejected ?? [])];
  if (counterparts?.names.length === 0) return err(unnamed(rejected));
  const shown: KnownName[] = [];
  // A row brings one name at most, and a name one symbol.
  const most = book.byName.size + rows.length;
  /** By number of the name: whether it stood in an earlier row. */
  const seen = new Uint8Array(most);
  /** By number of the symbol: whether an earlier row has it. Two names can share one, as `1000CAT` and `CAT` do. */
  const taken = new Uint8Array(most);
  const place = { at: 0, index: 0 };
  for (let index = 0; index < rows.length; index++) {
    const fields = rows[index] ?? null;
    const name = fields?.[field];
    if (fields === null || typeof name !== "string" || name === "") {
      rejected.push(nameless(index, field, fields));
      continue;
    }
    const known = read(name, index);
    if (seen[known.number] === 1) {
      rejected.push(twice(name));
      continue;
    }
    seen[known.number] = 1;
    place.at = shown.length;
    place.index = index;
    const refused = write(known, fields, place);
    if (refused !== null) rejected.push(refused);
    else if (taken[known.symbolNumber] === 1) rejected.push(takeBack(out, known));
    else {
      taken[known.symbolNumber] = 1;
      shown.push(known);
    }
  }
  if (!seen.includes(1)) return err(unnamed(rejected));
  for (const { name, number } of counterparts?.names ?? []) {
    if (seen[number] !== 1) rejected.push(reject(name, "no-counterpart", `expected a row with that ${field}, found none`));
  }
  const { columns: names, venueSymbols } = namesOf(book, shown);
  const bookUnitBase = (input.bookUnitBase ?? out.multiplier).subarray(0, shown.length);
  return ok({ columns: finishColumns(out, names), rejected, venueSymbols, bookUnitBase });
}

/** Takes the last row back: beside `1000CAT` there is a `CAT`, and both cannot be `CAT/USDT:USDT`. */
function takeBack(out: QuoteWriter, { name, parsed }: KnownName): RejectedRow {
  out.assetClass.pop();
  out.state.pop();
  const symbol = parsed.ok ? parsed.value.symbol : name;
  return reject(name, "duplicate-symbol", `expected one instrument that is ${symbol}, found a second`);
}

/** The rejection of a row without the field that names it. */
const nameless = (index: number, field: string, row: unknown): RejectedRow =>
  reject(`row ${index}`, "no-symbol", `expected a name at ${field}, found ${shownFields(row)}`);

/** A body in which no row has a name: another shape, not a venue without instruments. */
const unnamed = (rejected: readonly RejectedRow[]): VenueError => ({
  kind: "bad-shape",
  path: "$[0]",
  message: rejected.at(-1)?.detail ?? "expected rows, found none",
});

const twice = (name: string): RejectedRow => reject(name, "duplicate-symbol", "expected one row of that name, found a second");

/** Class and state of a row: pushed last, so that a row whose numbers were refused leaves no trace. */
export function closeRow(out: QuoteWriter, assetClass: AssetClass | null, state: TradingState | null): void {
  out.assetClass.push(assetClass);
  out.state.push(state);
}
