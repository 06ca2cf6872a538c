import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createLogger, type Fields, type Level, type Logger, redactText } from "./log.ts";

type Written = { readonly level: string; readonly line: string };

function listen(
  level: Level = "debug",
  context: Fields = {},
): { readonly log: Logger; readonly written: Written[]; readonly last: () => Record<string, unknown> } {
  const written: Written[] = [];
  const write =
    (at: string) =>
    (line: string): void => {
      written.push({ level: at, line });
    };
  const sink = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  const log = createLogger({ level, component: "net", sink, now: () => Date.UTC(2026, 8, 11), context });
  return { log, written, last: () => JSON.parse(written.at(-1)?.line ?? "") };
}

describe("a line", () => {
  test("is one JSON object with its head first", () => {
    const { log, written } = listen("info", { correlationId: "scan-7" });
    log.info("scan.done", { rows: 3, note: "two\nlines" });
    expect(written).toEqual([
      {
        level: "info",
        line: '{"ts":"2026-09-11T00:00:00.000Z","level":"info","event":"scan.done","component":"net","correlationId":"scan-7","rows":3,"note":"two\\nlines"}',
      },
    ]);
  });

  test("goes to the console's method of its own level, quieter levels than the set one nowhere", () => {
    const { log, written } = listen("info");
    log.debug("a");
    log.info("b");
    log.warn("c");
    log.error("d");
    expect(written.map(({ level, line }) => [level, JSON.parse(line).level, JSON.parse(line).event])).toEqual([
      ["info", "info", "b"],
      ["warn", "warn", "c"],
      ["error", "error", "d"],
    ]);
  });

  test("carries the context of its logger, fields over context, and no field can pose as the head", () => {
    const { log, last } = listen("debug", { correlationId: "a", venue: "x" });
    log.with({ correlationId: "b", scanId: "s" }).info("e", { venue: "bybit", level: "fatal", ts: 1 });
    expect(last()).toMatchObject({ correlationId: "b", scanId: "s", venue: "bybit", level: "info", "field.level": "fatal", "field.ts": 1 });
    log.info("f");
    expect(last()).toMatchObject({ correlationId: "a", venue: "x" });
    expect(last()).not.toHaveProperty("scanId");
  });

  test("has correlationId null where there is none", () => {
    const { log, last } = listen();
    log.info("e");
    expect(last()["correlationId"]).toBeNull();
  });
});

describe("errors", () => {
  test("keep name, message, stack, code and cause", () => {
    const { log, last } = listen();
    log.error("failed", { error: Object.assign(new RangeError("outer", { cause: new Error("inner") }), { code: "E1" }) });
    expect(last()["error"]).toMatchObject({
      name: "RangeError",
      message: "outer",
      code: "E1",
      stack: expect.stringContaining("RangeError: outer"),
      cause: { name: "Error", message: "inner" },
    });
  });
});

describe("secrets", () => {
  const SECRET = "s3cr3t-value";
  test.each(["token", "botToken", "secret", "Authorization", "apiKey", "api_key", "x-api-key", "signature", "password", "cookie", "sign"])(
    "under the key %s never reach a line, at any depth",
    (key) => {
      const { log, written, last } = listen();
      log.info("e", { [key]: SECRET, rows: [{ deep: { [key]: { inner: SECRET } } }], map: new Map([[key, SECRET]]), shown: 1 });
      expect(written[0]?.line).not.toContain(SECRET);
      expect(last()).toMatchObject({ [key]: "[redacted]", rows: [{ deep: { [key]: "[redacted]" } }], shown: 1 });
    },
  );

  test("inside texts, errors, events and context neither", () => {
    const { log, written } = listen("debug", { url: `https://x/y?symbol=BTC&signature=${SECRET}` });
    log.error(`call ?apiKey=${SECRET}`, { error: new Error(`{"token": "${SECRET}"} Authorization: Bearer ${SECRET}`) });
    expect(written[0]?.line).not.toContain(SECRET);
    expect(written[0]?.line).toContain("symbol=BTC&signature=[redacted]");
  });

  test("a bearer's token is covered wherever it stands", () => {
    expect(redactText(`sent Bearer ${SECRET} twice`)).toBe("sent Bearer [redacted] twice");
  });

  test("a bot's token in a path is covered, ordinary text is left alone", () => {
    expect(redactText("https://api.telegram.org/bot123456789:AAF-abc_defghijklmnopqrstuvwxyz012345/getMe")).toBe(
      "https://api.telegram.org/bot[redacted]/getMe",
    );
    const plain = "Unexpected token '<', \"<html>\" is not valid JSON; BTC/USDT:USDT; design=1; 12:30:00";
    expect(redactText(plain)).toBe(plain);
  });
});

describe("bounds", () => {
  test("whatever is logged, the line is one JSON object of at most 16,384 characters and logging does not throw", () => {
    const { log, written } = listen();
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string(),
          fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withNullPrototype: true }),
        ),
        (fields) => {
          log.info("e", fields);
          const line = written.at(-1)?.line ?? "";
          expect(line.length).toBeLessThanOrEqual(16_384);
          expect(line).not.toContain("\n");
          expect(JSON.parse(line)).toMatchObject({ event: "e", component: "net" });
        },
      ),
    );
  });

  test("the longest fields give way first, with their length", () => {
    const { log, written, last } = listen();
    log.info("e", { big: Array.from({ length: 100 }, () => "x".repeat(500)), small: "kept" });
    expect(written[0]?.line.length).toBeLessThanOrEqual(16_384);
    expect(last()).toMatchObject({ small: "kept", big: expect.stringMatching(/^\[\d+ characters left out\]$/u) });
  });

  test("many long names fit too", () => {
    const { log, written } = listen();
    log.info("e", Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`${i}${"\n".repeat(200)}`, "y".repeat(3_000)])));
    expect(written[0]?.line.length).toBeLessThanOrEqual(16_384);
  });

  test("loops, long strings, long arrays and special numbers are cut or named", () => {
    const { log, last } = listen();
    const loop: Record<string, unknown> = {};
    loop["self"] = loop;
    log.info("e", { loop, text: "x".repeat(3_000), list: Array.from({ length: 150 }, () => 0), nan: Number.NaN, none: undefined, big: 5n });
    expect(last()).toMatchObject({ loop: { self: "[circular]" }, nan: "NaN", big: "5", text: expect.stringMatching(/… \[1000 more\]$/u) });
    expect(last()["list"]).toHaveLength(101);
    expect(last()).not.toHaveProperty("none");
  });
});
