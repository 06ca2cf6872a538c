/** What every market of Bitget shares: the envelope `{code, msg, requestTime, data}`, whose errors come inside HTTP 200, and the order book. */
import type { Book } from "../domain/book.ts";
import { badShape, type VenueError } from "../domain/error.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { bookIn, type BookInstrument, pairLevel } from "./wire-book.ts";
import { type Fault, fieldsIn, listIn, timeMsIn, type WireRow } from "./wire.ts";

export const BITGET_DOCS = "https://www.bitget.com/api-doc";

/** The rows of a reply, with the time of the reply. */
export type BitgetReply<Field extends string> = { readonly rows: readonly WireRow<Field>[]; readonly replyAtMs: number };

/** An error envelope at any HTTP status; null where the body is none. */
export function bitgetErrorIn(body: unknown, status: number): VenueError | null {
  const envelope = fieldsIn<"code" | "msg">(body);
  if (envelope === null || typeof envelope.code !== "string" || envelope.code === "00000") return null;
  const message = `${envelope.code}: ${String(envelope.msg)}`;
  if (TOO_MANY.has(envelope.code)) return { kind: "rate-limited", status, retryAfterMs: null, message };
  if (OUT_OF_ORDER.has(envelope.code)) return { kind: "server", status, retryAfterMs: null, message };
  return { kind: "venue-error", code: envelope.code, message };
}

/** `${BITGET_DOCS}/common/error-code`; other codes speak of what was asked. */
const TOO_MANY: ReadonlySet<string> = new Set(["429", "1001"]);
const OUT_OF_ORDER: ReadonlySet<string> = new Set(["500", "40015", "40200", "40725"]);

function dataIn(body: unknown): Result<unknown, VenueError> {
  const error = bitgetErrorIn(body, 200);
  if (error !== null) return err(error);
  const envelope = fieldsIn<"code" | "data">(body);
  return envelope?.code === "00000" ? ok(envelope.data) : err(badShape("$.code", '"00000"', envelope === null ? body : envelope.code));
}

export function bitgetReply<Field extends string>(body: unknown): Result<BitgetReply<Field>, VenueError> {
  const data = dataIn(body);
  const list = data.ok ? listIn<Field>(data.value, "$.data") : data;
  if (!list.ok) return list;
  const requestTime = fieldsIn<"requestTime">(body)?.requestTime;
  const fault: Fault = { raised: false };
  const replyAtMs = timeMsIn(requestTime, fault);
  return fault.raised ? err(badShape("$.requestTime", "epoch ms", requestTime)) : ok({ rows: list.value, replyAtMs });
}

/** `{bids, asks, ts}`, levels `[price, size, …]`; `ts` is when the book was made. */
export function readBitgetBook(body: unknown, instrument: BookInstrument): Result<Book, VenueError> {
  const data = dataIn(body);
  if (!data.ok) return data;
  const sides = fieldsIn<"bids" | "asks" | "ts">(data.value);
  return bookIn({ bids: sides?.bids, asks: sides?.asks, at: { value: sides?.ts, read: timeMsIn }, levelIn: pairLevel }, instrument);
}
