import type { VenueError } from "../domain/error.ts";
import { err, ok } from "../domain/result.ts";
import type { VenueKey } from "../domain/venue-key.ts";
import { type CallAnswer, type CallDeps, type CallLog, fetchJson, type JsonRequest } from "./fetch-json.ts";
import { hmacSha256 } from "./sign.ts";

/** One signed read. How it is signed is the venue's; the key stays here. */
export type SignedRequest = Pick<JsonRequest, "venue" | "endpoint" | "path" | "maxBytes" | "weight" | "errorIn"> & {
  /** Origin, e.g. `https://api.bybit.com`. */
  readonly host: string;
  readonly key: VenueKey;
  readonly encoding: "hex" | "base64";
  readonly unsigned: (request: { readonly path: string; readonly key: VenueKey; readonly nowMs: number }) => {
    readonly text: string;
    readonly finish: (signature: string) => { readonly headers: Readonly<Record<string, string>>; readonly query: string };
  };
};

/**
 * Signs a request and sends it once: a key that is refused is refused again, and a signature holds for seconds. Key, secret,
 * passphrase and signature stand in none of its log lines and errors, whatever the venue or the runtime puts there. A relay
 * that is reached in the clear gets no key.
 */
export async function signedCall(request: SignedRequest, deps: CallDeps): Promise<CallAnswer> {
  const { key, encoding, unsigned, host, path } = request;
  if (!isSafeRelay(deps.gatewayUrl)) {
    const message = "expected a relay over HTTPS for a signed call, found one in the clear; nothing was sent";
    return { result: err({ kind: "internal", message }), calls: [] };
  }
  const { text, finish } = unsigned({ path, key, nowMs: deps.now() });
  const signature = await hmacSha256(key.secret, text, encoding);
  const cover = coverOf([key.key, key.secret, key.passphrase ?? "", signature]);
  const { venue, endpoint, maxBytes, weight, errorIn } = request;
  const call: JsonRequest = { venue, endpoint, method: "GET", path, hosts: [host], maxBytes, weight, idempotent: false, errorIn };
  const answer = await fetchJson({ ...call, signed: finish(signature) }, { ...deps, log: coveredLog(deps.log, cover) });
  if (answer.result.ok) {
    const { value } = answer.result;
    return { ...answer, result: ok({ ...value, body: coveredBody(value.body, cover) }) };
  }
  return { ...answer, result: err(covered(asAuthFailure(answer.result.error), cover)) };
}

/** A 401 without a code of the venue's is about the key too. */
const asAuthFailure = (error: VenueError): VenueError =>
  error.kind === "unauthorized" ? { kind: "auth-failed", reason: "unclear", code: String(error.status), message: error.message } : error;

const isSafeRelay = (gatewayUrl: string): boolean =>
  gatewayUrl === "" || gatewayUrl.startsWith("https:") || /^http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?::|\/|$)/u.test(gatewayUrl);

/** Takes secrets out of a text, as they are and as a URL or JSON writes them. */
type Cover = (text: string) => string;

function coverOf(secrets: readonly string[]): Cover {
  const written = secrets.flatMap((secret) =>
    secret === "" ? [] : [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)],
  );
  const longestFirst = [...new Set(written)].sort((a, b) => b.length - a.length);
  return (text) => {
    const whole = longestFirst.reduce((rest, secret) => rest.replaceAll(secret, COVERED), text);
    return longestFirst.reduce(withoutStart, whole);
  };
}

const COVERED = "[redacted]";
/** So much of a secret in a text that was cut short is no chance. */
const START_CHARS = 8;

/** Takes out what a text has of the start of a secret: texts of venues are cut to a length before they come here. */
function withoutStart(text: string, secret: string): string {
  const start = secret.slice(0, START_CHARS);
  const parts = text.split(start);
  if (start.length < START_CHARS || parts.length === 1) return text;
  const rest = secret.slice(START_CHARS);
  const more = (part: string): number => {
    let end = 0;
    while (end < rest.length && part[end] === rest[end]) end++;
    return end;
  };
  return parts.map((part, place) => (place === 0 ? part : COVERED + part.slice(more(part)))).join("");
}

/** A body that holds the key, as Bybit's does, must not give it to whoever says what was found in it. */
function coveredBody(body: unknown, cover: Cover): unknown {
  if (typeof body === "string") return cover(body);
  if (Array.isArray(body)) return body.map((each) => coveredBody(each, cover));
  if (typeof body !== "object" || body === null) return body;
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [cover(name), coveredBody(value, cover)]));
}

function covered(error: VenueError, cover: Cover): VenueError {
  const message = cover(error.message);
  return error.kind === "auth-failed" || error.kind === "venue-error"
    ? { ...error, code: cover(error.code), message }
    : { ...error, message };
}

function coveredLog(log: CallLog, cover: Cover): CallLog {
  const clean = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> =>
    Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, typeof value === "string" ? cover(value) : value]));
  return {
    info: (event, fields) => log.info(event, clean(fields)),
    warn: (event, fields) => log.warn(event, clean(fields)),
    error: (event, fields) => log.error(event, clean(fields)),
  };
}
