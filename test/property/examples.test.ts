import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runInThisContext } from "node:vm";
import { describe, expect, test } from "vitest";

describe("every example in a docstring gives what it says", () => {
  const root = join(import.meta.dirname, "..", "..", "src");
  const files = ["economics", "strategies"].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
      .map((name) => join(folder, name)),
  );
  const examples = files.flatMap((file) =>
    [...readFileSync(join(root, file), "utf8").matchAll(/@example (?<call>.+?) \/\/ (?<result>.+?)(?: \*\/)?$/gmu)].map(({ groups }) => ({
      file,
      call: groups?.["call"] ?? "",
      result: groups?.["result"] ?? "",
    })),
  );

  test("there are examples", () => expect(examples.length).toBeGreaterThanOrEqual(12));

  test.each(examples)("$file: $call", async ({ file, call, result }) => {
    const exported: unknown = await import(join(root, file));
    const found = expressionOver(call)(exported);
    const expected = expressionOver(result)(exported);
    if (typeof expected === "number") expect(found).toBeCloseTo(expected, 12);
    else expect(rounded(found)).toEqual(rounded(expected));
  });
});

/** An expression in which a module's exports stand by their names. The text makes a function of one argument, so this is one. */
const expressionOver = (code: string): ((names: unknown) => unknown) =>
  runInThisContext(`(names) => { with (names) return (${code}); }`) as (names: unknown) => unknown;

/** Numbers to 12 digits, all through a value: examples are written in decimals. */
function rounded(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, part: unknown) => (typeof part === "number" ? Number(part.toPrecision(12)) : part)) ?? "null",
  );
}
