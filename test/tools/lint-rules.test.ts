import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..");

/** A file planted into a copy of the configuration, and the rule that has to refuse it; `null` = nothing may. */
type Plant = { readonly file: string; readonly text: string; readonly rule: string | null; readonly says?: string };

const IMPORTS = "eslint(no-restricted-imports)";
const GLOBALS = "eslint(no-restricted-globals)";
const PROPERTIES = "eslint(no-restricted-properties)";
const TYPES = "typescript(no-restricted-types)";

const importing = (path: string): string => `import { thing } from "${path}";\n\nexport const used = [thing];\n`;

/** Each arrow of the folder list, crossed once. */
const FORBIDDEN_IMPORTS: readonly Plant[] = [
  ["src/domain/planted.ts", "../economics/fees.ts", "domain/ imports nothing"],
  ["src/domain/planted.ts", "zod", "domain/ imports nothing"],
  ["src/economics/planted.ts", "../strategies/funding.ts", "import domain/ only"],
  ["src/economics/planted.ts", "node:crypto", "import domain/ only"],
  ["src/strategies/planted.ts", "../quality/gate.ts", "domain/ and economics/ only"],
  ["src/strategies/planted.ts", "../venues/registry.ts", "domain/ and economics/ only"],
  ["src/quality/planted.ts", "../economics/ledger.ts", "import domain/ only"],
  ["src/feeds/planted.ts", "../net/fetch-json.ts", "domain/, economics/, quality/, venues/ and the time limit of net/ only"],
  ["src/quality/planted.ts", "../monitoring/log.ts", "import domain/ only"],
  ["src/lifecycle/planted.ts", "../storage/snapshot.ts", "import domain/ only"],
  ["src/lifecycle/planted.ts", "cloudflare:workers", "import domain/ only"],
  ["src/venues/planted.ts", "../net/fetch-json.ts", "venues/ is pure"],
  ["src/venues/planted.ts", "../config.ts", "venues/ is pure"],
  ["src/net/planted.ts", "../venues/registry.ts", "net/ and monitoring/"],
  ["src/storage/planted.ts", "../lifecycle/reconcile.ts", "storage/ imports"],
  ["src/storage/planted.ts", "../config.ts", "storage/ imports"],
  ["src/monitoring/planted.ts", "../objects/scanner.ts", "net/ and monitoring/"],
  ["src/objects/planted.ts", "../api/app.ts", "objects/ are shells"],
  ["src/history/planted.ts", "../delivery/match.ts", "history/ imports"],
  ["src/delivery/planted.ts", "../telegram/bot.ts", "delivery/ imports"],
  ["src/telegram/planted.ts", "../api/app.ts", "telegram/ imports"],
  ["src/telegram/commands/planted.ts", "../../api/app.ts", "telegram/ imports"],
  ["src/api/planted.ts", "../telegram/bot.ts", "api/ imports"],
  ["src/api/planted.ts", "../wiring.ts", "api/ imports"],
  ["src/api/routes/planted.ts", "../../objects/scanner.ts", "api/ imports"],
  ["src/planted.ts", "../simulator/market.ts", "never imports its tools"],
  ["src/planted.ts", "node:fs", "no file system"],
  ["simulator/planted.ts", "../src/venues/registry.ts", "nothing else of the product"],
  ["simulator/venues/planted.ts", "../../src/venues/bybit.ts", "nothing else of the product"],
].map(([file = "", path = "", says = ""], index) => ({
  file: file.replace("planted", `planted-import-${index}`),
  text: importing(path),
  rule: IMPORTS,
  says,
}));

const PURE_FOLDERS = ["domain", "economics", "strategies", "quality", "lifecycle", "venues"] as const;
const PLATFORM_USES: readonly (readonly [name: string, text: string, rule: string])[] = [
  ["fetch", 'export const planted = (): Promise<Response> => fetch("https://example.com");\n', GLOBALS],
  ["global-fetch", 'export const planted = (): unknown => globalThis.fetch("https://example.com");\n', GLOBALS],
  ["clock", "export const planted = (): number => Date.now();\n", PROPERTIES],
  ["taken-clock", "const { now } = Date;\nexport const planted = now;\n", PROPERTIES],
  ["random", "export const planted = (): number => Math.random();\n", PROPERTIES],
  ["crypto", "export const planted = (): string => crypto.randomUUID();\n", GLOBALS],
  ["console", 'export const planted = (): void => console.log("x");\n', GLOBALS],
  ["timer", "export const planted = (): unknown => setTimeout(() => null, 1);\n", GLOBALS],
  ["process", 'export const planted = (): unknown => process.env["X"];\n', GLOBALS],
  ["env", "export const planted = (env: Env): Env => env;\n", TYPES],
  ["binding", "export const planted = (cache: KVNamespace): KVNamespace => cache;\n", TYPES],
];
const PLATFORM_PLANTS: readonly Plant[] = PURE_FOLDERS.flatMap((folder) =>
  PLATFORM_USES.map(([name, text, rule]) => ({ file: `src/${folder}/planted-${name}.ts`, text, rule })),
);

const ELSEWHERE: readonly Plant[] = [
  {
    file: "src/objects/planted-fetch.ts",
    text: 'export const planted = (): unknown => fetch("x");\n',
    rule: GLOBALS,
    says: "Only src/net",
  },
  { file: "src/storage/planted-clock.ts", text: "export const planted = (): number => Date.now();\n", rule: PROPERTIES },
  { file: "src/api/planted-console.ts", text: 'export const planted = (): void => console.log("x");\n', rule: GLOBALS },
  { file: "src/objects/planted-wait.ts", text: "export const planted = (): unknown => setTimeout(() => null, 1);\n", rule: GLOBALS },
  { file: "src/net/planted-console.ts", text: 'export const planted = (): void => console.log("x");\n', rule: GLOBALS },
  {
    file: "src/objects/planted-any.ts",
    text: "export const planted = (value: any): string => String(value);\n",
    rule: "typescript(no-explicit-any)",
  },
  {
    file: "src/objects/planted-bang.ts",
    text: "export const planted = (value: string | null): string => value!;\n",
    rule: "typescript(no-non-null-assertion)",
  },
  {
    file: "src/objects/planted-params.ts",
    text: "export const planted = (a: number, b: number, c: number, d: number): number => a + b + c + d;\n",
    rule: "eslint(max-params)",
  },
  {
    file: "src/objects/planted-long-function.ts",
    text: `export function planted(): number {\n  let sum = 0;\n${"  sum += 1;\n".repeat(50)}  return sum;\n}\n`,
    rule: "eslint(max-lines-per-function)",
  },
  {
    file: "src/objects/planted-long-file.ts",
    text: Array.from({ length: 301 }, (_, line) => `export const planted${line} = ${line};\n`).join(""),
    rule: "eslint(max-lines)",
  },
  { file: "src/domain/planted-cycle-a.ts", text: importing("./planted-cycle-b.ts"), rule: "import(no-cycle)" },
  { file: "src/domain/planted-cycle-b.ts", text: 'export { used as thing } from "./planted-cycle-a.ts";\n', rule: "import(no-cycle)" },
  {
    file: "src/domain/planted-type-cycle-a.ts",
    text: 'import type { B } from "./planted-type-cycle-b.ts";\n\nexport type A = { readonly b: B | null };\n',
    rule: "import(no-cycle)",
  },
  {
    file: "src/domain/planted-type-cycle-b.ts",
    text: 'import type { A } from "./planted-type-cycle-a.ts";\n\nexport type B = { readonly a: A | null };\n',
    rule: "import(no-cycle)",
  },
  {
    file: "src/objects/planted-floating.ts",
    text: "const work = async (): Promise<number> => await Promise.resolve(1);\n\nexport const planted = (): void => {\n  work();\n};\n",
    rule: "typescript(no-floating-promises)",
  },
  {
    file: "src/objects/planted-unsafe.ts",
    text: "export const planted = (text: string): string => {\n  const value = JSON.parse(text);\n  return `${String(value)} read`;\n};\n",
    rule: "typescript(no-unsafe-assignment)",
  },
  {
    file: "src/objects/planted-switch.ts",
    text: 'export function planted(side: "long" | "short"): number {\n  switch (side) {\n    case "long":\n      return 1;\n  }\n  return 0;\n}\n',
    rule: "typescript(switch-exhaustiveness-check)",
  },
];

/** What the list allows, so that the rules are known to refuse the forbidden and not everything. */
const CLEAN: readonly Plant[] = [
  ["src/economics/clean.ts", "../domain/units.ts"],
  ["src/strategies/clean.ts", "../economics/fees.ts"],
  ["src/feeds/clean.ts", "../venues/adapter.ts"],
  ["src/quality/clean.ts", "../domain/quote.ts"],
  ["src/lifecycle/clean.ts", "./key.ts"],
  ["src/venues/clean.ts", "zod"],
  ["src/net/clean.ts", "p-retry"],
  ["src/storage/clean.ts", "../domain/opportunity.ts"],
  ["src/storage/clean-flags.ts", "../flags.ts"],
  ["src/api/clean-log.ts", "../monitoring/log.ts"],
  ["src/objects/clean.ts", "../venues/registry.ts"],
  ["src/delivery/clean.ts", "../lifecycle/key.ts"],
  ["src/telegram/commands/clean.ts", "../../storage/snapshot.ts"],
  ["src/api/clean.ts", "../storage/snapshot.ts"],
  ["src/api/routes/clean.ts", "../problem.ts"],
  ["src/clean.ts", "./objects/scanner.ts"],
  ["simulator/venues/clean.ts", "../../src/domain/instrument.ts"],
  ["scripts/clean.ts", "../src/venues/registry.ts"],
].map(([file = "", path = ""]) => ({ file, text: importing(path), rule: null }));
const CLEAN_USES: readonly Plant[] = [
  { file: "src/net/clean-fetch.ts", text: 'export const clean = (): unknown => fetch("x");\n', rule: null },
  {
    file: "src/wiring.ts",
    text: 'export const nowMs = (): number => Date.now();\n\nexport const ask = (): unknown => fetch("x");\n',
    rule: null,
  },
  { file: "src/monitoring/log.ts", text: "export const write = (line: string): void => console.log(line);\n", rule: null },
  { file: "src/economics/clean.test.ts", text: importing("../venues/registry.ts"), rule: null },
  { file: "src/domain/clean-date.ts", text: "export const day = (atMs: number): string => new Date(atMs).toISOString();\n", rule: null },
];

const PLANTS = [...FORBIDDEN_IMPORTS, ...PLATFORM_PLANTS, ...ELSEWHERE];
const ALL_CLEAN = [...CLEAN, ...CLEAN_USES];
/** Restrictions only: a clean plant imports names that do not exist, so that other rules may have a word about it. */
const RESTRICTIONS = new Set([IMPORTS, GLOBALS, PROPERTIES, TYPES, "import(no-cycle)"]);

type Finding = { readonly code: string; readonly text: string };
let folder = "";
const findings = new Map<string, Finding[]>();

/** Runs the linter once over all plants, beside copies of the configuration that the repository uses. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "carrywatch-lint-"));
  for (const name of [
    ".oxlintrc.json",
    "package.json",
    "tsconfig.json",
    "tsconfig.worker.json",
    "tsconfig.workerd.json",
    "tsconfig.node.json",
  ]) {
    cpSync(join(ROOT, name), join(folder, name));
  }
  // Without the file that tsconfig.worker.json names, the linter leaves out every rule that needs types.
  writeFileSync(join(folder, "worker-configuration.d.ts"), "export {};\n");
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"), "dir");
  for (const { file, text } of [...PLANTS, ...ALL_CLEAN]) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  const run = spawnSync(
    process.execPath,
    [join(ROOT, "node_modules", "oxlint", "bin", "oxlint"), "-f", "json", "src", "simulator", "scripts"],
    {
      cwd: folder,
      encoding: "utf8",
      maxBuffer: 64_000_000,
    },
  );
  const report: unknown = JSON.parse(run.stdout);
  for (const finding of diagnosticsOf(report)) findings.set(finding.file, [...(findings.get(finding.file) ?? []), finding]);
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The findings of oxlint's JSON report: file, rule, and message with help. */
function diagnosticsOf(report: unknown): readonly (Finding & { readonly file: string })[] {
  const list: readonly unknown[] =
    typeof report === "object" && report !== null && "diagnostics" in report && Array.isArray(report.diagnostics) ? report.diagnostics : [];
  return list.flatMap((item) => {
    if (typeof item !== "object" || item === null) return [];
    const field = (name: string): string => String(Object.entries(item).find(([key]) => key === name)?.[1] ?? "");
    return [{ file: field("filename").replaceAll("\\", "/"), code: field("code"), text: `${field("message")} ${field("help")}` }];
  });
}

describe("the linter refuses", () => {
  test.each(PLANTS)("$rule in $file", ({ file, rule, says }) => {
    const found = (findings.get(file) ?? []).filter((finding) => finding.code === rule);
    expect(found, `findings in ${file}: ${JSON.stringify(findings.get(file) ?? [])}`).not.toEqual([]);
    expect(found.map((finding) => finding.text).join(" ")).toContain(says ?? "");
  });
});

describe("the linter lets pass", () => {
  test.each(ALL_CLEAN)("$file", ({ file }) => {
    expect((findings.get(file) ?? []).filter((finding) => RESTRICTIONS.has(finding.code))).toEqual([]);
  });
});
