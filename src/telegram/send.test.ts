import { GrammyError } from "grammy";
import { describe, expect, it } from "vitest";
import { outcomeOf } from "./send.ts";

const answered = (error_code: number, description: string, retry_after?: number): GrammyError =>
  new GrammyError(
    "failed",
    { ok: false, error_code, description, ...(retry_after === undefined ? {} : { parameters: { retry_after } }) },
    "sendMessage",
    {},
  );

describe("what a failed call says of its message", () => {
  it.each([
    [answered(429, "Too Many Requests: retry after 7", 7), { kind: "rate-limited", retryAfterMs: 7_000 }],
    [answered(403, "Forbidden: bot was blocked by the user"), { kind: "blocked" }],
    [answered(400, "Bad Request: chat not found"), { kind: "blocked" }],
    [answered(400, "Bad Request: message text is empty"), { kind: "refused" }],
    [answered(500, "Internal Server Error"), { kind: "failed" }],
    // A wrong token spoils every message and is no fault of any.
    [answered(401, "Unauthorized"), { kind: "failed" }],
    [answered(404, "Not Found"), { kind: "failed" }],
    [new Error("socket hang up"), { kind: "no-answer" }],
  ])("%s", (error, outcome) => {
    expect(outcomeOf(error)).toMatchObject(outcome);
  });
});
