/** What KuCoin's markets share: the envelope `{code, data}`, whose errors come inside HTTP 200 as `{code, msg}`. */
import { badShape, type VenueError } from "../domain/error.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { fieldsIn } from "./wire.ts";

export const KUCOIN_DOCS = "https://www.kucoin.com/docs-new";

/** An error envelope at any HTTP status; null where the body is none. */
export function kucoinErrorIn(body: unknown, status: number): VenueError | null {
  const envelope = fieldsIn<"code" | "msg">(body);
  if (envelope === null || typeof envelope.code !== "string" || envelope.code === "200000") return null;
  const { code } = envelope;
  const message = `${code}: ${String(envelope.msg)}`;
  if (code === "429000") return { kind: "rate-limited", status, retryAfterMs: null, message };
  return code === "500000" ? { kind: "server", status, retryAfterMs: null, message } : { kind: "venue-error", code, message };
}

/** The data of a reply. */
export function kucoinData(body: unknown): Result<unknown, VenueError> {
  const error = kucoinErrorIn(body, 200);
  if (error !== null) return err(error);
  const envelope = fieldsIn<"code" | "data">(body);
  return envelope?.code === "200000" ? ok(envelope.data) : err(badShape("$.code", '"200000"', envelope === null ? body : envelope.code));
}
