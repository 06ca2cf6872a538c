import type { VenueError } from "../domain/error.ts";

/**
 * The kind of a fetch or body read that was rejected by the runtime itself. undici (Node) hides the reason in `cause`
 * codes; workerd has sentences: "Network connection lost." for refused, reset and cut connections, and only
 * "internal error; reference = …" for a name it cannot resolve, which therefore counts as `network` there.
 */
export function transportError(
  thrown: unknown,
  at: { readonly host: string; readonly phase: "headers" | "body"; readonly limitMs: number },
): VenueError {
  const signs = signsOf(thrown).join(" · ");
  const message = `expected an answer from ${at.host}, found: ${signs.slice(0, MESSAGE_CHARS)}`;
  if (/ENOTFOUND|EAI_AGAIN|EAI_FAIL|EAI_NODATA|getaddrinfo|DNS lookup failed|failed to lookup address/iu.test(signs))
    return { kind: "dns", message };
  if (/UND_ERR_(?:HEADERS|BODY|CONNECT)_TIMEOUT|ETIMEDOUT|TimeoutError/u.test(signs)) {
    return { kind: "timeout", phase: at.phase, limitMs: at.limitMs, message };
  }
  if (/Invalid URL|Failed to parse URL|unknown scheme|bad port|Too many subrequests/iu.test(signs)) return { kind: "internal", message };
  return { kind: "network", message };
}

const MESSAGE_CHARS = 240;
const DEEPEST_CAUSE = 4;

/** Names, codes and messages of an error, of its causes and of what an AggregateError holds. */
function signsOf(thrown: unknown, depth = 0): string[] {
  if (depth > DEEPEST_CAUSE) return [];
  if (!(thrown instanceof Error)) return [typeof thrown === "string" ? thrown : "a thrown value that is no error"];
  const code = "code" in thrown && typeof thrown.code === "string" ? [thrown.code] : [];
  const own = [...(thrown.name === "Error" || thrown.name === "TypeError" ? [] : [thrown.name]), ...code, thrown.message];
  const held: readonly unknown[] = thrown instanceof AggregateError ? thrown.errors : [];
  const inner: readonly unknown[] = [...(thrown.cause === undefined ? [] : [thrown.cause]), ...held];
  return [...own, ...inner.flatMap((each) => signsOf(each, depth + 1))].filter((sign) => sign !== "");
}
