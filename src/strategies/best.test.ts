import { expect, test } from "vitest";
import { best } from "./best.ts";

function keepOf(limit: number, scores: readonly number[]) {
  const list = best<number>(limit);
  const out = scores.map((score, place) => (list.takes(score) ? list.add(place, score) : "refused"));
  return { kept: list.items(), out };
}

test("the highest scores stay, highest first, and everything else is refused or makes room", () => {
  const { kept, out } = keepOf(2, [1, 3, 2, 4]);
  expect(kept).toEqual([3, 1]); // scores 4 and 3
  expect(out).toEqual([null, null, 0, 2]);
});

test("of equal scores the earlier stays", () => {
  expect(keepOf(2, [1, 1, 1])).toEqual({ kept: [0, 1], out: [null, null, "refused"] });
});

test("a score that is not known is never among the best, and a limit of 0 keeps nothing", () => {
  expect(keepOf(2, [Number.NaN, 1])).toEqual({ kept: [1], out: ["refused", null] });
  expect(keepOf(0, [1, 2])).toEqual({ kept: [], out: ["refused", "refused"] });
});

test("there is room until the limit, whatever the score, and the list is the same however often it is asked for", () => {
  const list = best<string>(2);
  expect([list.takes(-Infinity), list.takes(-1e308), list.takes(Number.NaN)]).toEqual([false, true, false]);
  expect(list.add("a", -1e308)).toBeNull();
  expect([list.takes(-1e307), list.items(), list.items()]).toEqual([true, ["a"], ["a"]]);
  expect(list.add("b", 5)).toBeNull();
  expect([list.takes(-1e308), list.takes(-1e307), list.takes(5)]).toEqual([false, true, true]);
});
