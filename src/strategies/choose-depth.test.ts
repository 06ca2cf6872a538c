import { describe, expect, test } from "vitest";
import type { Depths, LegDepth } from "../domain/depth.ts";
import { chooseForDepth as choose, type DepthRoom, type DepthWish } from "./choose-depth.ts";

const wish = (name: string, gross: number, isOpen = false): DepthWish => ({
  key: name,
  legs: [`gate:${name}`, `bybit:${name}`],
  feeds: ["gate", "bybit"],
  gross,
  isOpen,
});
const TEN: DepthRoom = { pairs: 10, books: {} };
const chooseForDepth = (wishes: readonly DepthWish[], depths: Depths, room = TEN): readonly DepthWish[] => choose(wishes, depths, room);
const readAt = (readAtMs: number): LegDepth => ({ mid: 1, bids: { usd: [1], base: [1] }, asks: { usd: [1], base: [1] }, readAtMs });
const both = (name: string, atMs: number): Depths => ({ [`gate:${name}`]: readAt(atMs), [`bybit:${name}`]: readAt(atMs + 1) });
const names = (chosen: readonly DepthWish[]): readonly string[] => chosen.map(({ key }) => key);

test("the best gross candidates come first, then open rows", () => {
  const wishes = [wish("a", 0.002), wish("open", 0.09, true), wish("b", 0.005)];
  expect(names(chooseForDepth(wishes, {}))).toEqual(["b", "a", "open"]);
});

test("at most ten pairs are chosen, and candidates leave half of the places to open rows", () => {
  const many = Array.from({ length: 30 }, (_, place) => wish(`c${place}`, place));
  expect(names(chooseForDepth(many, {}))).toEqual(Array.from({ length: 10 }, (_, place) => `c${29 - place}`));
  const open = ["u", "v", "w", "x", "y", "z"].map((name) => wish(name, 0, true));
  expect(names(chooseForDepth([...many, ...open], {})).slice(4)).toEqual(["c25", "u", "v", "w", "x", "y"]);
  expect(names(chooseForDepth([...many, ...open.slice(0, 1)], {})).slice(8)).toEqual(["c21", "u"]);
});

test("open rows take turns: the one read longest ago is next, one never read before all", () => {
  const wishes = ["a", "b", "c"].map((name) => wish(name, 0.01, true));
  expect(names(chooseForDepth(wishes, { ...both("a", 300), ...both("b", 100) }))).toEqual(["c", "b", "a"]);
});

test("every open row is read within the fewest scans, as the oldest come first", () => {
  const wishes = Array.from({ length: 47 }, (_, place) => wish(`o${place}`, place, true));
  let depths: Depths = {};
  for (let scan = 1; scan <= 5; scan++) {
    for (const { key } of chooseForDepth(wishes, depths)) depths = { ...depths, ...both(key, scan * 1_000) };
  }
  expect(Object.keys(depths)).toHaveLength(2 * 47);
});

test("a candidate whose books are there gives way to one without, and is renewed when there is room", () => {
  expect(names(chooseForDepth([wish("best", 9), wish("next", 1)], both("best", 5)))).toEqual(["next", "best"]);
  const half = { "gate:best": readAt(5) };
  expect(names(chooseForDepth([wish("best", 9), wish("next", 1)], half))).toEqual(["best", "next"]);
});

describe("less room", () => {
  const pair = (name: string, gross: number, feeds: readonly [string, string], leg = name): DepthWish => ({
    key: name,
    legs: [`${feeds[0]}:${leg}`, `${feeds[1]}:${name}`],
    feeds,
    gross,
    isOpen: false,
  });

  test("two pairs are the best of their kind, one of them for open rows where there are any", () => {
    const many = Array.from({ length: 5 }, (_, place) => wish(`c${place}`, place));
    expect(names(chooseForDepth(many, {}, { pairs: 2, books: {} }))).toEqual(["c4", "c3"]);
    expect(names(chooseForDepth([...many, wish("x", 0, true), wish("y", 0, true)], {}, { pairs: 2, books: {} }))).toEqual(["c4", "x"]);
  });

  test("a pair whose feed has no book left gives way to the next, and one whose book is asked for already does not", () => {
    const wishes = [
      pair("a", 9, ["okx", "gate"]),
      pair("b", 8, ["okx", "gate"]),
      pair("c", 7, ["okx", "bybit"], "a"),
      pair("d", 6, ["bybit", "gate"]),
    ];
    expect(names(chooseForDepth(wishes, {}, { pairs: 10, books: { okx: 1 } }))).toEqual(["a", "c", "d"]);
    expect(names(chooseForDepth(wishes, {}, { pairs: 2, books: { okx: 1 } }))).toEqual(["a", "c"]);
  });
});
