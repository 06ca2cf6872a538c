import { expect, test } from "vitest";
import { adapterOf } from "../venues/registry.ts";
import { feedPlace } from "./feed-place.ts";

const okx = { id: "okx-spot", facts: { id: "okx" }, region: null };
const bybit = { id: "bybit", facts: { id: "bybit" }, region: "apac" } as const;

test("a feed lives under its own name where its adapter says, unless a flag says otherwise", () => {
  expect(feedPlace(bybit, {})).toEqual({ name: "bybit", region: "apac" });
  expect(feedPlace(okx, { bybit: "weur" })).toEqual({ name: "okx-spot", region: null });
  expect(feedPlace(adapterOf("binance") ?? okx, {})).toEqual({ name: "binance", region: adapterOf("binance")?.region ?? null });
});

test("another region is another object, for all feeds of the venue, since a hint holds only when an object is made", () => {
  expect(feedPlace(okx, { okx: "weur" })).toEqual({ name: "okx-spot@weur", region: "weur" });
  expect(feedPlace(bybit, { bybit: "weur" })).toEqual({ name: "bybit@weur", region: "weur" });
  expect(feedPlace(bybit, { bybit: "none" })).toEqual({ name: "bybit@none", region: null });
});

test("the region that the adapter has anyway is the same object", () => {
  expect(feedPlace(bybit, { bybit: "apac" })).toEqual({ name: "bybit", region: "apac" });
  expect(feedPlace(okx, { okx: "none" })).toEqual({ name: "okx-spot", region: null });
});
