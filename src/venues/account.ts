import { type AuthReason, badShape, type VenueError } from "../domain/error.ts";
import { err, ok, type Result } from "../domain/result.ts";
import type { VenueId } from "../domain/venue.ts";
import type { KeyGrant, VenueKey } from "../domain/venue-key.ts";
import { fieldsIn, type WireRow } from "./wire.ts";

/** One signed read of an account. */
export type AccountEndpoint<T> = {
  /** Host name. */
  readonly host: string;
  /** Path and query, before the signature. */
  readonly path: string;
  /** Request weight in the venue's own units. */
  readonly weight: number;
  readonly read: (body: unknown) => Result<T, VenueError>;
};

/** A request that waits for its signature. */
export type Unsigned = {
  /** What is signed with HMAC-SHA-256 under the key's secret. */
  readonly text: string;
  /** Headers, and what follows the path, once the signature is there. */
  readonly finish: (signature: string) => { readonly headers: Readonly<Record<string, string>>; readonly query: string };
};

/** How a venue reads an account's key and fees. Data and pure functions: no crypto, no clock. */
export type AccountAdapter = {
  readonly venue: VenueId;
  readonly docs: readonly string[];
  /** How the signature is written. */
  readonly encoding: "hex" | "base64";
  readonly unsigned: (request: { readonly path: string; readonly key: VenueKey; readonly nowMs: number }) => Unsigned;
  /** What the key may do. */
  readonly grant: AccountEndpoint<KeyGrant>;
  /** Taker fees of the account on the most traded pair in USDT, fraction one way. */
  readonly takerFee: { readonly perpetual: AccountEndpoint<number>; readonly spot: AccountEndpoint<number> };
  readonly errorIn: (body: unknown, status: number) => VenueError | null;
};

/** Larger fees are a mistake of reading, larger rebates are no taker's. */
const LEAST_FEE = -0.001;
const MOST_FEE = 0.01;

/**
 * A fee as the venue writes it, a decimal; `sign` is −1 where it writes what is charged below zero. Refused outside
 * −0.001…0.01.
 */
export function feeIn(value: unknown, path: string, sign: 1 | -1 = 1): Result<number, VenueError> {
  const isDecimal = typeof value === "string" && /^-?\d+(?:\.\d+)?(?:e-?\d+)?$/iu.test(value);
  const rate = isDecimal ? sign * Number(value) : Number.NaN;
  return rate >= LEAST_FEE && rate <= MOST_FEE ? ok(rate) : err(badShape(path, `a fee from ${LEAST_FEE} to ${MOST_FEE}`, value));
}

/** The only object of a list, or what stood there instead. */
export function onlyIn(value: unknown, path: string): Result<NonNullable<WireRow<string>>, VenueError> {
  const list: readonly unknown[] = Array.isArray(value) ? value : [];
  const row = list.length === 1 ? fieldsIn<string>(list[0]) : null;
  return row === null ? err(badShape(path, "a list of one object", value)) : ok(row);
}

/** The errors of public calls, and on top the codes with which the venue refuses a key. */
export const withAuthCodes =
  (errorIn: AccountAdapter["errorIn"], codes: Readonly<Record<string, AuthReason>>): AccountAdapter["errorIn"] =>
  (body, status) => {
    const error = errorIn(body, status);
    if (error?.kind !== "venue-error" || status === 451 || !Object.hasOwn(codes, error.code)) return error;
    const { code, message } = error;
    return { kind: "auth-failed", reason: codes[code] ?? "unclear", code, message };
  };
