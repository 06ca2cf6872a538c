import type { VenueError } from "../domain/error.ts";
import { err } from "../domain/result.ts";
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
  return answer.result.ok ? answer : { ...answer, result: err(covered(asAuthFailure(answer.result.error), cover)) };
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
  return (text) => longestFirst.reduce((rest, secret) => rest.replaceAll(secret, "[redacted]"), text);
}

const covered = (error: VenueError, cover: Cover): VenueError => ({ ...error, message: cover(error.message) });

function coveredLog(log: CallLog, cover: Cover): CallLog {
  const clean = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> =>
    Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, typeof value === "string" ? cover(value) : value]));
  return {
    info: (event, fields) => log.info(event, clean(fields)),
    warn: (event, fields) => log.warn(event, clean(fields)),
    error: (event, fields) => log.error(event, clean(fields)),
  };
}
