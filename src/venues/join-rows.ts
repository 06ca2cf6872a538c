import type { VenueError } from "../domain/error.ts";
import type { AssetClass, TradingState } from "../domain/instrument.ts";
import { finishColumns, type QuoteWriter, type RejectedRow } from "../domain/quote.ts";
import { err, ok, type Result } from "../domain/result.ts";
import type { Parsed } from "./adapter.ts";
import type { KnownName, NameParts, ReadName } from "./name-book.ts";
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
  readName: ReadName,
): NamedRows<Field> {
  const byNumber: (NonNullable<WireRow<Field>> | undefined)[] = [];
  const names: KnownName[] = [];
  const rejected: RejectedRow[] = [];
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index] ?? null;
    const name = row?.[field];
    if (row === null || typeof name !== "string" || name === "") {
      rejected.push(nameless(index, field, row));
      continue;
    }
    const known = readName(name, index);
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
 * Puts the numbers of one row at place `at` of the columns and names it last (`nameRow`). A row that it refuses is
 * not named, so its place is written again by the next row; therefore it sets every column it uses for every row, missing
 * ones to `NaN`.
 */
export type WriteRow<Field extends string> = (
  known: KnownName,
  fields: NonNullable<WireRow<Field>>,
  /** `at` in the columns, `index` in the body. One object serves all rows. */
  place: { readonly at: number; readonly index: number },
) => RejectedRow | null;

/** Turns the rows of a venue's primary body into columns, and says which rows it refused. A body without one name is a bad shape. */
export function joinRows<Field extends string>(input: {
  readonly rows: readonly WireRow<Field>[];
  readonly field: Field;
  readonly readName: ReadName;
  readonly write: WriteRow<Field>;
  readonly out: QuoteWriter;
  /** Coins in one unit of the book's sizes, by place in the columns, written by `write`; absent where that is the multiplier. */
  readonly bookUnitBase?: Float64Array;
  /** Rows of a second body that are joined into these, where there is one and it has been fetched. */
  readonly counterparts?: NamedRows<string> | null;
}): Result<Parsed, VenueError> {
  const { rows, field, readName, out, write, counterparts } = input;
  const rejected = [...(counterparts?.rejected ?? [])];
  if (counterparts?.names.length === 0) return err(unnamed(rejected));
  const venueSymbols: string[] = [];
  /** By number of the name. */
  const seen: boolean[] = [];
  const multiplied = new Set<string>();
  const place = { at: 0, index: 0 };
  for (let index = 0; index < rows.length; index++) {
    const fields = rows[index] ?? null;
    const name = fields?.[field];
    if (fields === null || typeof name !== "string" || name === "") {
      rejected.push(nameless(index, field, fields));
      continue;
    }
    const known = readName(name, index);
    while (seen.length <= known.number) seen.push(false);
    if (seen[known.number] === true) {
      rejected.push(twice(name));
      continue;
    }
    seen[known.number] = true;
    place.at = out.symbol.length;
    place.index = index;
    const refused = write(known, fields, place);
    if (refused !== null) rejected.push(refused);
    else if (isTaken(out, place.at, multiplied)) rejected.push(unname(out, name));
    else venueSymbols.push(known.name);
  }
  if (!seen.includes(true)) return err(unnamed(rejected));
  for (const { name, number } of counterparts?.names ?? []) {
    if (seen[number] !== true) rejected.push(reject(name, "no-counterpart", `expected a row with that ${field}, found none`));
  }
  const bookUnitBase = (input.bookUnitBase ?? out.multiplier).subarray(0, venueSymbols.length);
  return ok({ columns: finishColumns(out), rejected, venueSymbols, bookUnitBase });
}

/** Whether an earlier row has the symbol of this one. Names are unique, so only a multiplier can bring two of them together. */
function isTaken(out: QuoteWriter, at: number, multiplied: Set<string>): boolean {
  const asset = out.asset[at] ?? "";
  if (out.multiplier[at] !== 1) multiplied.add(asset);
  else if (!multiplied.has(asset)) return false;
  return out.symbol.indexOf(out.symbol[at] ?? "") < at;
}

/** Takes the last row back: beside `1000CAT` there is a `CAT`, and both cannot be `CAT/USDT:USDT`. */
function unname(out: QuoteWriter, name: string): RejectedRow {
  const symbol = out.symbol.pop() ?? "";
  for (const names of [out.kind, out.asset, out.quote, out.settle, out.assetClass, out.state]) names.pop();
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

/** Names, class and state of a row: pushed last, so that a row whose numbers were refused leaves no trace. */
export function nameRow(
  out: QuoteWriter,
  { symbol, kind, asset, quote, settle }: NameParts,
  { assetClass, state }: { readonly assetClass: AssetClass | null; readonly state: TradingState | null },
): void {
  out.symbol.push(symbol);
  out.kind.push(kind);
  out.asset.push(asset);
  out.quote.push(quote);
  out.settle.push(settle);
  out.assetClass.push(assetClass);
  out.state.push(state);
}
