import { expect, test } from "vitest";
import { refusalLog } from "./refusals.ts";

const described = (rule: string) => () => [{ rule, value: 1, bar: 2 }];

test("a row without a failed rule is no refusal: that is a bug of the caller", () => {
  expect(() => refusalLog("gate").add("BTC/USDT:USDT", [], described("stale"))).toThrow(/BTC\/USDT:USDT .*without a rule/u);
});

test("rows are counted under their first rule, rules once a row, and described only where a sample is kept", () => {
  const log = refusalLog("gate");
  let asked = 0;
  for (let n = 0; n < 5; n++) {
    log.add(`C${n}`, ["stale", "frozen"].slice(0, n === 4 ? 2 : 1), () => {
      asked += 1;
      return [{ rule: "stale", value: n, bar: 2 }];
    });
  }
  const { dropped, failures, samples } = log.result();
  expect([dropped, failures]).toEqual([{ stale: 5 }, { stale: 5, frozen: 1 }]);
  expect(samples.map(({ venue, symbol, rule }) => [venue, symbol, rule])).toEqual([
    ["gate", "C0", "stale"],
    ["gate", "C1", "stale"],
    ["gate", "C2", "stale"],
    ["gate", "C4", "frozen"],
  ]);
  expect(samples[1]?.failed).toEqual([{ rule: "stale", value: 1, bar: 2 }]);
  expect(asked).toBe(4);
});
