import { badShape, type VenueError } from "../domain/error.ts";
import type { AssetClass, TradingState } from "../domain/instrument.ts";
import { finishColumns, type QuoteWriter, type RejectedRow, type RejectReason } from "../domain/quote.ts";
import { err, ok, type Result } from "../domain/result.ts";
import type { Parsed } from "./adapter.ts";
import type { KnownName, NameParts, ReadName } from "./name-book.ts";

/**
 * A row as a venue sent it: any JSON value, so each field may be absent and of any type, and the row may be null.
 * (Reading a field of a JSON number, string or array gives undefined, which is "absent" as well.)
 */
export type WireRow<Field extends string> = { readonly [F in Field]?: unknown } | null;

/** Raised while a row is read and something in it is not what the venue documents. One object serves a whole body. */
export type Fault = { raised: boolean };

/**
 * A number that a venue sends as a decimal string or as a JSON number. `""`, null and an absent key are missing: `NaN`.
 * Anything else that is no finite number raises the fault.
 */
export function numberIn(value: unknown, fault: Fault): number {
  if (typeof value === "string") return value.length === 0 ? Number.NaN : decimalIn(value, fault);
  if (typeof value === "number" && value - value === 0) return value;
  if (value !== undefined && value !== null) fault.raised = true;
  return Number.NaN;
}

/** 10^0 … 10^22, the powers of ten that a double holds exactly. */
const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/**
 * `Number(text)` for plain decimals, in a fraction of its time: digits as one whole number under 2^53, divided by a power
 * of ten up to 10^22. Both are exact in a double, so the one division rounds as `Number` does. Longer ones go to `Number`.
 */
function decimalIn(text: string, fault: Fault): number {
  const { length } = text;
  const first = text.charCodeAt(0) === 45 ? 1 : 0;
  let whole = 0;
  let at = first;
  let digit = -1;
  // Two loops rather than one that asks of each character whether it is the point.
  for (; at < length; at++) {
    digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) break;
    whole = whole * 10 + digit;
  }
  const decimals = at < length ? length - at - 1 : 0;
  if (at < length) {
    if (digit !== -2 || decimals === 0) return otherNumberIn(text, fault);
    for (at++; at < length; at++) {
      digit = text.charCodeAt(at) - 48;
      if (digit < 0 || digit > 9) return otherNumberIn(text, fault);
      whole = whole * 10 + digit;
    }
  }
  if (length === first) return otherNumberIn(text, fault);
  const power = POWERS_OF_TEN[decimals];
  if (whole > Number.MAX_SAFE_INTEGER || power === undefined) return Number(text);
  return first === 1 ? -whole / power : whole / power;
}

/** Exponents. What `Number` would turn into an invented figure (blanks into 0, hexadecimal) is a fault. */
function otherNumberIn(text: string, fault: Fault): number {
  const number = Number(text);
  if (number - number === 0 && /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/u.test(text)) return number;
  fault.raised = true;
  return Number.NaN;
}

/** A number that must be above zero where it is sent: intervals, contract sizes. */
export function positiveIn(value: unknown, fault: Fault): number {
  const number = numberIn(value, fault);
  if (number <= 0) fault.raised = true;
  return number;
}

/** A time sent in epoch ms, where the venue writes 0 for "none". */
export function timeMsIn(value: unknown, fault: Fault): number {
  const number = numberIn(value, fault);
  return number === 0 ? Number.NaN : number;
}

/** A time sent in epoch seconds, as epoch ms. Over 1e11 s (the year 5138) the unit is not seconds: a fault. */
export function timeSecondsIn(value: unknown, fault: Fault): number {
  const number = numberIn(value, fault);
  if (number > 1e11) fault.raised = true;
  return number === 0 ? Number.NaN : number * 1000;
}

/** The older of two times, either of which may be missing. */
export const olderOf = (a: number, b: number): number => (Number.isNaN(a) || b < a ? b : a);

/** A text field; null where it is absent, a fault where it is something else. */
export function textIn(value: unknown, fault: Fault): string | null {
  if (typeof value === "string") return value;
  if (value !== undefined && value !== null) fault.raised = true;
  return null;
}

/** A true/false field; null where it is absent, a fault where it is something else. */
export function flagIn(value: unknown, fault: Fault): boolean | null {
  if (typeof value === "boolean") return value;
  if (value !== undefined && value !== null) fault.raised = true;
  return null;
}

/** A rejection of a row by the venue's own name for it. */
export const reject = (symbol: string, reason: RejectReason, detail: string): RejectedRow => ({ symbol, reason, detail });

/** The rejection of an instrument that has ended, by the venue's name for it; `canonical` is ours. */
export const rejectDelisted = (symbol: string, canonical: string, detail: string): RejectedRow => ({
  ...reject(symbol, "delisted", detail),
  canonical,
});

/** The fields of a faulty row, bounded, for the detail of its rejection. */
export function shownFields(row: unknown): string {
  return (JSON.stringify(row) ?? "nothing").slice(0, 300);
}

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

/** What is kept of a metadata row, and whether something in it was not what the venue documents. */
export type Digested<T> = T & { readonly faulty: boolean };

/** Metadata rows by name, each cut down to what `join` needs. A name that comes twice is faulty: it cannot be told which holds. */
export function digestRows<Field extends string, T extends object>(
  rows: readonly WireRow<Field>[],
  field: NoInfer<Field>,
  read: (row: NonNullable<WireRow<Field>>, fault: Fault, name: string) => T,
): Map<string, Digested<T>> {
  const digest = new Map<string, Digested<T>>();
  for (const row of rows) {
    const name = row?.[field];
    if (row === null || typeof name !== "string" || name === "") continue;
    const fault: Fault = { raised: digest.has(name) };
    const kept = read(row, fault, name);
    digest.set(name, { ...kept, faulty: fault.raised });
  }
  return digest;
}

/**
 * Puts the numbers of one row at place `at` of the columns and names it last (`nameRow`). A row that it refuses is
 * not named, so its place is written again by the next row; therefore it sets every column it uses for every row, missing
 * ones to `NaN`.
 */
export type WriteRow<Field extends string> = (
  row: { readonly known: KnownName; readonly fields: NonNullable<WireRow<Field>>; readonly index: number },
  at: number,
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
    const at = out.symbol.length;
    const refused = write({ known, fields, index }, at);
    if (refused !== null) rejected.push(refused);
    else if (isTaken(out, at, multiplied)) rejected.push(unname(out, name));
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

/** A pair named base + quote without a sign between: `1000SATSUSDT` → base `1000SATS`, quote USDT. Only USDT and USDC are compared with USD. */
export function pairInUsd(symbol: string): Result<{ readonly base: string; readonly quote: string }, "unsupported-settle" | "bad-symbol"> {
  const quote = symbol.endsWith("USDT") ? "USDT" : symbol.endsWith("USDC") ? "USDC" : null;
  if (quote === null) return err("unsupported-settle");
  return symbol === quote ? err("bad-symbol") : ok({ base: symbol.slice(0, -4), quote });
}

/** A list of rows at a path of a body. A list that is absent is a bad shape, an empty one an error: never "no markets". */
export function listIn<Field extends string>(value: unknown, path: string): Result<readonly WireRow<Field>[], VenueError> {
  if (!isRows<Field>(value)) return err(badShape(path, "an array", value));
  if (value.length === 0) return err({ kind: "empty", message: `expected rows at ${path}, found an empty list` });
  return ok(value);
}

/** The same where a request for one instrument is answered with its row alone, told by the field that names it. */
export function listOrRowIn<Field extends string>(
  value: unknown,
  path: string,
  field: NoInfer<Field>,
): Result<readonly WireRow<Field>[], VenueError> {
  const row = fieldsIn<Field>(value);
  return typeof row?.[field] === "string" ? ok([row]) : listIn<Field>(value, path);
}

/** An object's fields, or null where it is none. */
export function fieldsIn<Field extends string>(value: unknown): WireRow<Field> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
}

/** Any array will do: a `WireRow` claims nothing of its fields, each is `unknown` until a reader above has judged it. */
const isRows = <Field extends string>(value: unknown): value is readonly WireRow<Field>[] => Array.isArray(value);
