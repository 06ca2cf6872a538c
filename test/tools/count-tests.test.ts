import { describe, expect, test } from "vitest";
import { countLine, countTests } from "../../scripts/count-tests.ts";

const file = (status: string, ...tests: readonly string[]) => ({ status, assertionResults: tests.map((each) => ({ status: each })) });

describe("the closing line of a test run", () => {
  test("counts each test once, by what became of it", () => {
    const counts = countTests({ testResults: [file("passed", "passed", "pending", "todo"), file("failed", "passed", "failed", "failed")] });
    expect(countLine(counts)).toBe("2 passed, 2 failed, 2 skipped");
  });

  test("a file that broke before its first test is a failure", () => {
    expect(countTests({ testResults: [file("failed"), file("passed", "passed")] })).toEqual({ passed: 1, failed: 1, skipped: 0 });
  });

  test("a file that broke outside its tests is a failure", () => {
    expect(countTests({ testResults: [file("failed", "passed", "passed")] })).toEqual({ passed: 2, failed: 1, skipped: 0 });
  });

  test("no test is no pass", () => {
    expect(countLine(countTests({ testResults: [] }))).toBe("0 passed, 0 failed, 0 skipped");
  });
});
