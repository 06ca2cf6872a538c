import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";

/** A figure with what it has to be, where there is such a bar. */
export type Figure = {
  /** Key in the results file. */
  readonly key: string;
  readonly value: number;
  readonly bar: { readonly is: "at most" | "at least" | "under"; readonly value: number } | null;
  readonly what: string;
};

const meets = ({ value, bar }: Figure): boolean => {
  if (bar === null) return true;
  if (bar.is === "at least") return value >= bar.value;
  return bar.is === "under" ? value < bar.value : value <= bar.value;
};

/** Figures as a table: value, bar, whether it is met. */
export function renderFigures(figures: readonly Figure[]): string {
  return figures
    .map((figure) => {
      const { key, value, bar, what } = figure;
      const against = bar === null ? "" : `${bar.is} ${bar.value}`;
      const verdict = bar === null ? "" : meets(figure) ? "met" : "MISSED";
      return `  ${key.padEnd(24)} ${shown(value).padStart(10)}  ${against.padEnd(14)} ${verdict.padEnd(7)} ${what}`;
    })
    .join("\n");
}

const shown = (value: number): string => (Number.isInteger(value) ? value.toLocaleString("en-US") : value.toFixed(2));

/** Writes the figures as one flat JSON object to bench/results/NAME.json and returns its path. */
export function writeResults(name: string, figures: readonly Figure[]): string {
  const folder = join(import.meta.dirname, "results");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.json`);
  writeFileSync(file, `${JSON.stringify(Object.fromEntries(figures.map(({ key, value }) => [key, value])), null, 2)}\n`);
  return file;
}

/** The machine and the runtime that the figures come from. */
export function machine(): string {
  const all = cpus();
  return `${all.length} × ${all[0]?.model.trim() ?? "unknown CPU"}, ${process.platform} ${process.arch}, Node ${process.versions.node}, V8 ${process.versions.v8}`;
}
