import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const SRC = join(import.meta.dirname, "..", "..", "src");

/** Collections at module scope that are changed, each with what bounds it. They live as long as the isolate. */
const BOUNDED: Readonly<Record<string, string>> = {
  "telegram/format.ts CLOCKS": "emptied at 50",
  "telegram/format.ts DECIMALS": "languages times digits, both few",
  "wiring.ts containers": "a WeakMap with one entry for the isolate's env",
};

/** Names of collections that stand at module scope and are changed in the same file. */
function changedCollections(code: string): readonly string[] {
  const made = [...code.matchAll(/^(?:export )?(?:const|let) (?<name>\w+)(?:: [^=\n]+)? = (?:new (?:Weak)?(?:Map|Set)\b|\[|\{)/gmu)];
  return made
    .map(({ groups }) => groups?.["name"] ?? "")
    .filter((name) =>
      new RegExp(`\\b${name}(?:\\.(?:set|add|push|unshift|splice|clear|delete)\\(|\\[[^\\]\\n]+\\] (?:\\+|\\?\\?)?= )`, "u").test(code),
    );
}

test("no collection at module scope is changed but those with a bound that is named here", () => {
  const found = readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .flatMap((file) => changedCollections(readFileSync(join(SRC, file), "utf8")).map((name) => `${file.replaceAll("\\", "/")} ${name}`));
  expect(found.toSorted()).toEqual(Object.keys(BOUNDED).toSorted());
});

test("a planted one is found, a constant and a local one are not", () => {
  expect(changedCollections("const seen = new Map<string, number>();\nexport const see = (k: string) => seen.set(k, 1);")).toEqual([
    "seen",
  ]);
  expect(changedCollections("let rows: string[] = [];\nrows.push(x);")).toEqual(["rows"]);
  expect(changedCollections("const counts: Record<string, number> = {};\nf(() => { counts[key] = 1; });")).toEqual(["counts"]);
  expect(
    changedCollections('const KINDS = new Set(["a"]);\nKINDS.has(x);\nfunction f() {\n  const local = new Set();\n  local.add(1);\n}'),
  ).toEqual([]);
});
