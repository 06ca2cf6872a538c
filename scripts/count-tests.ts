import { existsSync, readFileSync } from "node:fs";

/** What counts of vitest's JSON report. */
type Report = {
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly { readonly status: string }[] }[];
};
export type TestCounts = { readonly passed: number; readonly failed: number; readonly skipped: number };

/**
 * Counts the tests of vitest's JSON report. A file that failed before it had a test counts as one failure; whatever
 * neither passed nor failed (skipped, todo) as skipped.
 * @example countTests({ testResults: [{ status: "failed", assertionResults: [] }] }) // { passed: 0, failed: 1, skipped: 0 }
 */
export function countTests(report: Report): TestCounts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const file of report.testResults) {
    let failedHere = 0;
    for (const test of file.assertionResults) {
      if (test.status === "passed") counts.passed++;
      else if (test.status === "failed") failedHere++;
      else counts.skipped++;
    }
    counts.failed += file.status === "failed" ? Math.max(1, failedHere) : failedHere;
  }
  return counts;
}

/** The line with which a run of all tests closes. */
export const countLine = (counts: TestCounts): string => `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;

/** The report is written by vitest's own JSON reporter in the run just before; that is the guarantee for its shape. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
const readReport = (path: string): Report => JSON.parse(readFileSync(path, "utf8")) as Report;

if (import.meta.main) {
  const path = process.argv[2];
  if (path === undefined) throw new Error("usage: node scripts/count-tests.ts REPORT.json");
  const counts = existsSync(path) ? countTests(readReport(path)) : { passed: 0, failed: 0, skipped: 0 };
  console.log(countLine(counts));
  if (counts.failed > 0 || counts.passed === 0) process.exitCode = 1;
}
