import type { VenueError } from "../domain/error.ts";
import { SECOND_MS } from "../domain/units.ts";

/** An answer that is not HTTP 200, as far as it was read. `text` may be cut. */
export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Whose answer it is, for the message. */
  readonly host: string;
  readonly nowMs: number;
};

const COUNTRY_TEXT = /\bcountry\b|restricted (?:location|region|area)|\bregion\b|jurisdiction|\bu\.?s\.? ip\b|not available in your/iu;
const TOO_MANY_TEXT = /too frequent|too many|rate.?limit/iu;
/** Cloudflare's page for a name it cannot resolve, which a Worker gets as HTTP 530: https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-1xxx-errors/error-1016/ */
const ORIGIN_DNS_TEXT = /error(?: code:)? 1016\b/iu;

/** The kind of an HTTP status other than 200, from the status, its headers and the text of its body. */
export function statusError(answer: Answer): VenueError {
  const { status, headers, text } = answer;
  const message = describeAnswer(answer);
  const retryAfterMs = retryAfter(headers, answer.nowMs);
  switch (status) {
    case 400:
      return { kind: "bad-request", status, message };
    case 401:
      return { kind: "unauthorized", status, message };
    case 403:
      if (COUNTRY_TEXT.test(text)) return { kind: "geo-blocked", status, message };
      if (TOO_MANY_TEXT.test(text)) return { kind: "rate-limited", status, retryAfterMs, message };
      return { kind: "forbidden", status, message };
    case 418:
      return { kind: "banned", status, retryAfterMs, message };
    case 429:
      return { kind: "rate-limited", status, retryAfterMs, message };
    case 451:
      return { kind: "geo-blocked", status, message };
    case 530:
      return ORIGIN_DNS_TEXT.test(text) ? { kind: "dns", message } : { kind: "server", status, retryAfterMs, message };
    default:
      return status >= 500 ? { kind: "server", status, retryAfterMs, message } : { kind: "http", status, message };
  }
}

/**
 * Which of two readings of an answer holds: the venue's envelope, or the HTTP status. The envelope wins, except where
 * it says only "an error" (`venue-error`) and the status says more: Binance's 429 and 451 carry an ordinary envelope.
 */
export function preferEnvelope(fromEnvelope: VenueError, answer: Answer): VenueError {
  const named = withRetryAfter(fromEnvelope, retryAfter(answer.headers, answer.nowMs));
  if (answer.status === 200 || named.kind !== "venue-error") return named;
  const fromStatus = statusError(answer);
  return fromStatus.kind === "http" || fromStatus.kind === "bad-request" ? named : fromStatus;
}

/** The header's time for an error that carries one and that the body left open. */
function withRetryAfter(error: VenueError, retryAfterMs: number | null): VenueError {
  if (error.kind !== "rate-limited" && error.kind !== "banned" && error.kind !== "server") return error;
  return error.retryAfterMs === null ? { ...error, retryAfterMs } : error;
}

/** `Retry-After` in ms from now: seconds or an HTTP date; `null` when absent or neither; never negative. */
export function retryAfter(headers: Headers, nowMs: number): number | null {
  const value = headers.get("retry-after")?.trim() ?? "";
  if (value === "") return null;
  if (/^\d+(?:\.\d+)?$/u.test(value)) return Math.ceil(Number(value) * SECOND_MS);
  const atMs = Date.parse(value);
  return /[a-z]/iu.test(value) && Number.isFinite(atMs) ? Math.max(0, atMs - nowMs) : null;
}

/** Whether the body is a page and not data: an edge network answered, not the venue's API. */
export function isHtml(headers: Headers, text: string): boolean {
  return (headers.get("content-type") ?? "").includes("text/html") || /^\s*<(?:!doctype|html|head|body)\b/iu.test(text);
}

const EXCERPT_CHARS = 160;

function describeAnswer({ status, host, headers, text }: Answer): string {
  const where = status >= 300 && status < 400 ? ` to ${locationHost(headers)}` : "";
  const plain = (isHtml(headers, text) ? text.replaceAll(/<(?:style|script)[\s\S]*?<\/(?:style|script)>|<[^>]*>/giu, " ") : text)
    .replaceAll(/\s+/gu, " ")
    .trim();
  const excerpt = plain.length > EXCERPT_CHARS ? `${plain.slice(0, EXCERPT_CHARS)}…` : plain;
  return `expected HTTP 200 from ${host}, found ${status}${where}${excerpt === "" ? "" : `: ${excerpt}`}`;
}

/** Where a redirect points, without path and query. */
function locationHost(headers: Headers): string {
  const location = headers.get("location") ?? "";
  return URL.canParse(location) ? new URL(location).host : "another path";
}
