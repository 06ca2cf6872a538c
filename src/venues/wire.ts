import { badShape, type VenueError } from "../domain/error.ts";
import type { RejectedRow, RejectReason } from "../domain/quote.ts";
import { err, ok, type Result } from "../domain/result.ts";
import type { Documented } from "../domain/venue.ts";

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

/** What divided by a unit could become 0 is no quantity of anything. */
const VANISHING = 1e-100;

/** A number that must be above zero where it is sent: intervals, contract sizes. */
export function positiveIn(value: unknown, fault: Fault): number {
  const number = numberIn(value, fault);
  if (number < VANISHING) fault.raised = true;
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

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/u;

/** A time sent as ISO 8601 text in UTC, e.g. `2026-09-11T17:28:05.123Z`, as epoch ms. Other text is a fault. */
export function timeIsoIn(value: unknown, fault: Fault): number {
  const text = textIn(value, fault);
  if (text === null || text === "") return Number.NaN;
  const time = ISO_TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) fault.raised = true;
  return time;
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

/** A pair named base + quote without a sign between: `1000SATSUSDT` → base `1000SATS`, quote USDT. Only USDT and USDC are compared with USD. */
export function pairInUsd(symbol: string): Result<{ readonly base: string; readonly quote: string }, "unsupported-settle" | "bad-symbol"> {
  const quote = symbol.endsWith("USDT") ? "USDT" : symbol.endsWith("USDC") ? "USDC" : null;
  if (quote === null) return err("unsupported-settle");
  return symbol === quote ? err("bad-symbol") : ok({ base: symbol.slice(0, -4), quote });
}

/** A pair named with a sign between: `BTC-USDT`, by `-`, → base BTC, quote USDT. */
export function signedPairInUsd(
  symbol: string,
  sign: "-" | "_",
): Result<{ readonly base: string; readonly quote: string }, "unsupported-settle" | "bad-symbol"> {
  const [base, quote, more] = symbol.split(sign);
  if (base === undefined || base === "" || quote === undefined || more !== undefined) return err("bad-symbol");
  return quote === "USDT" || quote === "USDC" ? ok({ base, quote }) : err("unsupported-settle");
}

/** Whether a name is that of a leveraged token, 2 to 5 times a coin, long or short: `BTC3L`, `EOS2S`. */
export const isLeveragedToken = (base: string): boolean => /^[A-Z0-9]*[A-Z][2-5][LS]$/u.test(base);

/** Decimals as a step, 4 → 0.0001; missing stays missing, what is no count of decimals is a fault. */
export function stepIn(decimals: unknown, fault: Fault): number {
  const places = numberIn(decimals, fault);
  if (Number.isNaN(places)) return places;
  if (!Number.isInteger(places) || places < 0 || places > 30) fault.raised = true;
  return Number(`1e-${places}`);
}

/** Above it a taker fee is in another unit, percent say. */
const LARGEST_FEE = 0.02;

/** A pair's taker fee, as a fraction, where it is not the documented one of its market; `NaN` where it is, or is not sent. */
export function otherFeeIn(feeRate: number, documented: Documented | null, fault: Fault): number {
  if (feeRate < 0 || feeRate > LARGEST_FEE) fault.raised = true;
  return Math.abs(feeRate - (documented?.rate ?? Number.NaN)) < 1e-9 ? Number.NaN : feeRate;
}

/** The same where fees below the documented one are promotions that end within days: only a dearer one counts. */
export function dearerFeeIn(feeRate: number, documented: Documented | null, fault: Fault): number {
  const other = otherFeeIn(feeRate, documented, fault);
  return other < (documented?.rate ?? 0) ? Number.NaN : other;
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
