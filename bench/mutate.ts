/**
 * `npm run mutate`: changes the pure folders one expression at a time (Stryker) and counts the changes that a test notices.
 * Figures are printed and written to bench/results/mutate.json, what no test noticed to bench/results/mutate-survivors.txt.
 * `npm run mutate -- economics` runs that folder alone and writes its survivors only; `--again` forgets earlier verdicts.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { Stryker } from "@stryker-mutator/core";
import { ROOT } from "../scripts/offline.ts";
import { type Figure, machine, renderFigures, writeResults } from "./report.ts";

const FOLDERS: readonly string[] = ["economics", "strategies", "quality", "lifecycle"];
/** Least share of mutants that a test has to notice, percent. */
const LEAST_SCORE = 85;
const WORK = ".carrywatch/mutation";

type Verdicts = Awaited<ReturnType<Stryker["runMutationTest"]>>;
type Tally = { readonly killed: number; readonly survived: number };

await main();

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options: { again: { type: "boolean", default: false } }, allowPositionals: true });
  const unknown = positionals.filter((name) => !FOLDERS.includes(name));
  if (unknown.length > 0) throw new RangeError(`expected some of ${FOLDERS.join(", ")}, found ${unknown.join(", ")}`);
  process.chdir(ROOT);
  const folders = positionals.length === 0 ? FOLDERS : positionals;
  const verdicts = new Map<string, Verdicts>();
  for (const folder of folders) verdicts.set(folder, await mutate(folder, values.again));
  const all = tally([...verdicts.values()].flat());
  const figures = figuresOf(all, verdicts);
  process.stdout.write(`\n${machine()}\n${renderFigures(figures)}\n`);
  writeSurvivors([...verdicts.values()].flat());
  if (folders.length === FOLDERS.length) process.stdout.write(`written to ${relative(ROOT, writeResults("mutate", figures))}\n`);
  if (scoreOf(all) < LEAST_SCORE) process.exitCode = 1;
}

/** The verdict on every mutant of one folder, by that folder's own tests. */
async function mutate(folder: string, again: boolean): Promise<Verdicts> {
  process.env["MUTATED_FOLDER"] = folder;
  const incrementalFile = join(WORK, `${folder}.json`);
  if (again) rmSync(incrementalFile, { force: true });
  return new Stryker({
    testRunner: "vitest",
    vitest: { configFile: "bench/mutation/vitest.config.ts", related: false },
    plugins: ["@stryker-mutator/vitest-runner"],
    packageManager: "npm",
    coverageAnalysis: "perTest",
    concurrency: 2,
    incremental: true,
    incrementalFile,
    tempDirName: join(WORK, "sandbox"),
    reporters: ["progress-append-only"],
    // There is no such file: rewriting one for the sandbox needs an older TypeScript, and nothing reads it there.
    tsconfigFile: "tsconfig.of-no-sandbox.json",
    disableTypeChecks: false,
    ignorePatterns: ["**", "!src/**", "!test/**", "!bench/mutation/**", "!package.json"],
    mutate: [`src/${folder}/**/*.ts`, "!src/**/*.test.ts"],
  }).runMutationTest();
}

function tally(verdicts: Verdicts): Tally {
  const of = (...statuses: readonly string[]): number => verdicts.filter(({ status }) => statuses.includes(status)).length;
  // A change that makes a test run for ever is noticed; one that no test runs is not.
  return { killed: of("Killed", "Timeout"), survived: of("Survived", "NoCoverage") };
}

function scoreOf({ killed, survived }: Tally): number {
  return (100 * killed) / (killed + survived);
}

function figuresOf(all: Tally, verdicts: ReadonlyMap<string, Verdicts>): readonly Figure[] {
  return [
    { key: "killed", value: all.killed, bar: null, what: "changes that a test noticed" },
    { key: "survived", value: all.survived, bar: null, what: "changes that none did" },
    { key: "score", value: scoreOf(all), bar: { is: "at least", value: LEAST_SCORE }, what: "percent noticed" },
    ...[...verdicts].flatMap(([folder, found]): readonly Figure[] => {
      const { killed, survived } = tally(found);
      const what = `percent of src/${folder}: ${killed} of ${killed + survived}`;
      return [{ key: `${folder}Score`, value: scoreOf({ killed, survived }), bar: null, what }];
    }),
  ];
}

/** One line a survivor: place, kind of change, what stood there and what was put in its place. */
function writeSurvivors(verdicts: Verdicts): void {
  const lines = verdicts
    .filter(({ status }) => status === "Survived" || status === "NoCoverage")
    .map(({ fileName, location: { start, end }, mutatorName, replacement, status }) => {
      const text = readFileSync(fileName, "utf8")
        .split("\n")
        .slice(start.line, end.line + 1);
      const last = text.length - 1;
      const stood = text.map((line, place) => line.slice(place === 0 ? start.column : 0, place === last ? end.column : undefined));
      const said = (code: string): string => code.replaceAll(/\s+/gu, " ").slice(0, 120);
      return `${relative(ROOT, fileName)}:${start.line + 1} ${mutatorName}${status === "NoCoverage" ? " (no test)" : ""}: ${said(stood.join(" "))} -> ${said(replacement ?? "")}`;
    });
  mkdirSync(join(ROOT, "bench", "results"), { recursive: true });
  writeFileSync(join(ROOT, "bench", "results", "mutate-survivors.txt"), `${lines.join("\n")}\n`);
}
