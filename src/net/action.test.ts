import { describe, expect, test } from "vitest";
import type { VenueError, VenueErrorKind } from "../domain/error.ts";
import { actionFor, type Retry } from "./action.ts";

const message = "m";
const EACH: { readonly [K in VenueErrorKind]: readonly [Extract<VenueError, { kind: K }>, Retry, number | null] } = {
  network: [{ kind: "network", message }, "backoff", null],
  dns: [{ kind: "dns", message }, "backoff", null],
  timeout: [{ kind: "timeout", phase: "headers", limitMs: 3_000, message }, "backoff", null],
  "bad-request": [{ kind: "bad-request", status: 400, message }, "no", null],
  unauthorized: [{ kind: "unauthorized", status: 401, message }, "no", null],
  forbidden: [{ kind: "forbidden", status: 403, message }, "next-host", 600_000],
  "geo-blocked": [{ kind: "geo-blocked", status: 451, message }, "next-host", 900_000],
  "rate-limited": [{ kind: "rate-limited", status: 429, retryAfterMs: null, message }, "wait", 60_000],
  banned: [{ kind: "banned", status: 418, retryAfterMs: null, message }, "wait", 120_000],
  http: [{ kind: "http", status: 404, message }, "no", null],
  server: [{ kind: "server", status: 500, retryAfterMs: null, message }, "backoff", null],
  "venue-error": [{ kind: "venue-error", code: "-1000", message }, "no", null],
  "too-large": [{ kind: "too-large", limitBytes: 5, message }, "no", null],
  "bad-json": [{ kind: "bad-json", message }, "no", null],
  "bad-shape": [{ kind: "bad-shape", path: "result.list", message }, "no", null],
  empty: [{ kind: "empty", message }, "no", null],
  budget: [{ kind: "budget", retryAfterMs: 7_000, message }, "no", 7_000],
  internal: [{ kind: "internal", message }, "no", null],
  "auth-failed": [{ kind: "auth-failed", reason: "bad-key", code: "-2014", message }, "no", null],
  "breaker-open": [{ kind: "breaker-open", retryAfterMs: 9_000, message }, "no", null],
  "flag-off": [{ kind: "flag-off", message }, "no", null],
  deferred: [{ kind: "deferred", message }, "no", null],
};

describe("actionFor", () => {
  test.each(Object.entries(EACH))("%s has its own action", (_, [error, retry, pauseMs]) => {
    expect(actionFor(error)).toMatchObject({ retry, pauseMs });
  });

  test("no two kinds share a sentence", () => {
    const sentences = Object.values(EACH).map(([error]) => actionFor(error).sentence);
    expect(new Set(sentences).size).toBe(sentences.length);
  });

  test("a venue is paused for at least what it asks", () => {
    expect(actionFor({ kind: "rate-limited", status: 429, retryAfterMs: 300_000, message }).pauseMs).toBe(300_000);
    expect(actionFor({ kind: "rate-limited", status: 429, retryAfterMs: 0, message }).pauseMs).toBe(1_000);
    expect(actionFor({ kind: "rate-limited", status: 403, retryAfterMs: null, message }).pauseMs).toBe(600_000);
    expect(actionFor({ kind: "banned", status: 418, retryAfterMs: 1_000, message }).pauseMs).toBe(120_000);
    expect(actionFor({ kind: "banned", status: 418, retryAfterMs: 259_200_000, message }).pauseMs).toBe(259_200_000);
    expect(actionFor({ kind: "server", status: 503, retryAfterMs: 5_000, message }).pauseMs).toBe(5_000);
  });

  test("time that ran out for the whole venue is not retried; 408 and 425 are", () => {
    expect(actionFor({ kind: "timeout", phase: "venue", limitMs: 8_000, message }).retry).toBe("no");
    expect(actionFor({ kind: "timeout", phase: "body", limitMs: 8_000, message }).retry).toBe("backoff");
    expect([408, 425, 404, 301].map((status) => actionFor({ kind: "http", status, message }).retry)).toEqual([
      "backoff",
      "backoff",
      "no",
      "no",
    ]);
  });
});
