/** What every market of OKX v5 shares: the envelope `{code, msg, data}`, whose errors come inside HTTP 200, and the order book. */
import { badShape, type VenueError } from "../domain/error.ts";
import { err, type Result } from "../domain/result.ts";
import type { BookSpec } from "./adapter.ts";
import { bookIn, pairLevel } from "./wire-book.ts";
import { fieldsIn, listIn, timeMsIn, type WireRow } from "./wire.ts";

export const OKX_DOCS = "https://www.okx.com/docs-v5/en/";

/** An error envelope at any HTTP status; null where the body is none. */
export function okxErrorIn(body: unknown, status: number): VenueError | null {
  const envelope = fieldsIn<"code" | "msg">(body);
  if (envelope === null || typeof envelope.code !== "string" || envelope.code === "0") return null;
  const { code } = envelope;
  const message = `${code}: ${String(envelope.msg)}`;
  if (code === "50011") return { kind: "rate-limited", status, retryAfterMs: null, message };
  return SERVER_ERRORS.has(code) ? { kind: "server", status, retryAfterMs: null, message } : { kind: "venue-error", code, message };
}

/** Unavailable, timed out, busy, failed: `${OKX_DOCS}#error-code`; other codes speak of what was asked. */
const SERVER_ERRORS: ReadonlySet<string> = new Set(["50001", "50004", "50013", "50026"]);

/** The rows of a reply. */
export function okxList<Field extends string>(body: unknown): Result<readonly WireRow<Field>[], VenueError> {
  const error = okxErrorIn(body, 200);
  if (error !== null) return err(error);
  const envelope = fieldsIn<"code" | "data">(body);
  if (envelope?.code !== "0") return err(badShape("$.code", '"0"', envelope === null ? body : envelope.code));
  return listIn<Field>(envelope.data, "$.data");
}

/**
 * `${OKX_DOCS}#order-book-trading-market-data-get-order-book`: levels `[price, size, "0", orders]`, 400 a side at most,
 * sizes in contracts where the instrument has contracts; `ts` is when the book was made.
 */
export const okxBook: BookSpec = {
  request: (symbol) => ({
    method: "GET",
    path: `/api/v5/market/books?instId=${encodeURIComponent(symbol)}&sz=400`,
    weight: 1,
    maxBytes: 500_000,
  }),
  read: (body, instrument) => {
    const list = okxList<"bids" | "asks" | "ts">(body);
    if (!list.ok) return list;
    const [sides] = list.value;
    const at = { value: sides?.ts, read: timeMsIn };
    return bookIn({ bids: sides?.bids, asks: sides?.asks, at, levelIn: pairLevel }, instrument);
  },
};
