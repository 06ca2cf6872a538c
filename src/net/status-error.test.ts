import { describe, expect, test } from "vitest";
import { retryAfter, statusError } from "./status-error.ts";
import { transportError } from "./transport-error.ts";

const NOW_MS = Date.parse("2026-11-22T12:00:00Z");
const after = (value: string): number | null => retryAfter(new Headers({ "retry-after": value }), NOW_MS);
const at = { host: "api.example", phase: "headers", limitMs: 3_000 } as const;

describe("Retry-After", () => {
  test("is seconds or an HTTP date, and nothing else is guessed", () => {
    expect(after("120")).toBe(120_000);
    expect(after("0.5")).toBe(500);
    expect(after("Sun, 22 Nov 2026 12:01:30 GMT")).toBe(90_000);
    expect(after("Sun, 22 Nov 2026 11:00:00 GMT")).toBe(0);
    expect([after("soon"), after("-5"), after(""), retryAfter(new Headers(), NOW_MS)]).toEqual([null, null, null, null]);
  });
});

describe("a rejected fetch", () => {
  const undici = (code: string): Error => new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code }) });
  test.each([
    [undici("ENOTFOUND"), "dns"],
    [undici("EAI_AGAIN"), "dns"],
    [undici("ECONNREFUSED"), "network"],
    [undici("ECONNRESET"), "network"],
    [undici("UND_ERR_SOCKET"), "network"],
    [undici("UND_ERR_CONNECT_TIMEOUT"), "timeout"],
    [undici("UND_ERR_HEADERS_TIMEOUT"), "timeout"],
    [new TypeError("fetch failed", { cause: new AggregateError([Object.assign(new Error("x"), { code: "ETIMEDOUT" })]) }), "timeout"],
    [new TypeError("terminated", { cause: new Error("other side closed") }), "network"],
    [new Error("Network connection lost."), "network"],
    [new Error("internal error; reference = d9ptdvm14ut6"), "network"],
    [new TypeError("Invalid URL: nope/x"), "internal"],
    [new Error("Too many subrequests by single Worker invocation."), "internal"],
    ["a string", "network"],
    [undefined, "network"],
  ])("%s is %s", (thrown, kind) => {
    expect(transportError(thrown, at).kind).toBe(kind);
  });

  test("an error that is its own cause ends", () => {
    const loop = new Error("loop");
    loop.cause = loop;
    expect(transportError(loop, at).kind).toBe("network");
  });
});

describe("statusError", () => {
  test("an ordinary word is no country: a JSON 403 without a reason stays forbidden", () => {
    const answer = { status: 403, headers: new Headers({ "content-type": "application/json" }), host: "api.example", nowMs: NOW_MS };
    expect(statusError({ ...answer, text: '{"code":403,"message":"access denied for this key"}' }).kind).toBe("forbidden");
    expect(statusError({ ...answer, text: '{"message":"Service unavailable from a restricted location"}' }).kind).toBe("geo-blocked");
  });

  test("a page with 403 is geo-blocked only where it names the country: a bot check or a firewall is forbidden", () => {
    const answer = { status: 403, headers: new Headers({ "content-type": "text/html" }), host: "api.example", nowMs: NOW_MS };
    expect(statusError({ ...answer, text: "<html><title>Just a moment...</title>Checking your browser</html>" }).kind).toBe("forbidden");
    expect(statusError({ ...answer, text: "<html>configured to block access from your country</html>" }).kind).toBe("geo-blocked");
  });

  // Binance: recorded; the others as the venues' and the edge's documents and users quote them.
  test.each([
    [
      "binance 451",
      451,
      "application/json",
      '{"code":0,"msg":"Service unavailable from a restricted location according to \'b. Eligibility\' in https://www.binance.com/en/terms."}',
      "geo-blocked",
    ],
    [
      "the edge in front of bybit",
      403,
      "text/html",
      "<H1>403 ERROR</H1>The Amazon CloudFront distribution is configured to block access from your country.",
      "geo-blocked",
    ],
    [
      "dydx",
      403,
      "application/json",
      '{"errors":[{"msg":"Because you appear to be a resident of, or trading from, a jurisdiction that violates our terms of use"}]}',
      "geo-blocked",
    ],
    [
      "Cloudflare 1009",
      403,
      "text/html",
      "error code 1009: The owner of this website has banned the country or region your IP address is in",
      "geo-blocked",
    ],
    ["bybit, a passed limit", 403, "application/json", '{"retCode":10006,"retMsg":"access too frequent"}', "rate-limited"],
    ["Cloudflare 1015", 429, "text/html", "error code 1015: You are being rate limited", "rate-limited"],
    ["Cloudflare 1020", 403, "text/html", "error code 1020: Access denied", "forbidden"],
    ["bitget, from Workers", 403, "text/plain", "Forbidden", "forbidden"],
    ["a bad key", 401, "application/json", '{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}', "unauthorized"],
  ])("%s is told apart: place, limit, key or firewall", (_, status, type, text, kind) => {
    const answer = { status, headers: new Headers({ "content-type": type }), host: "api.example", nowMs: NOW_MS };
    expect(statusError({ ...answer, text }).kind).toBe(kind);
  });

  test("messages stay short whatever the venue sends", () => {
    const error = statusError({ status: 500, headers: new Headers(), text: "x".repeat(10_000), host: "api.example", nowMs: NOW_MS });
    expect(error.message.length).toBeLessThan(260);
  });
});
