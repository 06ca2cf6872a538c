import { describe, expect, it } from "vitest";
import { jsonParameters, withD1Retry } from "./d1.ts";

const failing = (messages: readonly string[]) => {
  const waits: number[] = [];
  let calls = 0;
  const work = async (): Promise<string> => {
    const message = messages[calls++];
    if (message !== undefined) throw new Error(message);
    return "done";
  };
  return { waits, work, calls: () => calls, retry: { attempts: 3, wait: async (ms: number) => void waits.push(ms) } };
};

describe("D1 is asked again only when it says so", () => {
  it.each([
    "D1_ERROR: Network connection lost.",
    "D1_ERROR: internal error in D1 DB storage caused object to be reset.",
    "D1 DB reset because its code was updated.",
  ])("tries again after %s", async (message) => {
    const { work, retry, waits } = failing([message, message]);
    expect(await withD1Retry(retry, work)).toEqual({ ok: true, value: { value: "done", attempts: 3 } });
    expect(waits).toEqual([100, 200]);
  });

  it("gives up after its attempts", async () => {
    const { work, retry, calls } = failing(Array.from({ length: 9 }, () => "Network connection lost"));
    expect(await withD1Retry(retry, work)).toEqual({
      ok: false,
      error: { kind: "d1", message: "Network connection lost", attempts: 3 },
    });
    expect(calls()).toBe(3);
  });

  it.each([
    ["D1_ERROR: CHECK constraint failed: funding_difference", "constraint"],
    ["D1_ERROR: no such table: scans", "d1"],
  ])("never repeats %s", async (message, kind) => {
    const { work, retry, calls, waits } = failing([message]);
    expect(await withD1Retry(retry, work)).toMatchObject({ ok: false, error: { kind, attempts: 1 } });
    expect([calls(), waits]).toEqual([1, []]);
  });
});

describe("rows as parameters of json_each", () => {
  it("splits by bytes, not characters, and loses no row", () => {
    const rows = Array.from({ length: 40 }, (_, index) => ({ index, text: "€".repeat(20) }));
    const parameters = jsonParameters(rows, 500);
    expect(parameters.length).toBeGreaterThan(5);
    for (const parameter of parameters) expect(new TextEncoder().encode(parameter).byteLength).toBeLessThanOrEqual(501);
    expect(parameters.flatMap((parameter): unknown => JSON.parse(parameter))).toEqual(rows);
  });

  it("needs no statement for no rows and refuses a row that cannot fit", () => {
    expect(jsonParameters([])).toEqual([]);
    expect(() => jsonParameters(["x".repeat(600)], 500)).toThrow(/under 500 bytes, found 603/u);
  });
});
