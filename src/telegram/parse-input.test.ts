import { describe, expect, it } from "vitest";
import { coinOf, parseInput, parsePress } from "./parse-input.ts";

describe("what somebody typed", () => {
  it.each([
    ["/top", { kind: "command", name: "top", args: "", addressed: false }],
    ["  /Asset@Carrywatch_bot  btc ", { kind: "command", name: "asset", args: "btc", addressed: true }],
    ["/fees\nbinance 0.04%", { kind: "command", name: "fees", args: "binance 0.04%", addressed: false }],
    ["/top@another_bot", { kind: "other-bot" }],
    ["btc", { kind: "text", text: "btc" }],
    ["/", { kind: "text", text: "/" }],
    ["what is /top?", { kind: "text", text: "what is /top?" }],
    ["/héllo", { kind: "text", text: "/héllo" }],
  ])("%j", (text, expected) => {
    expect(parseInput(text, "carrywatch_bot")).toEqual(expected);
  });

  it("is never ours by name while the bot has none", () => {
    expect(parseInput("/top@x", "")).toEqual({ kind: "other-bot" });
  });
});

it("a button's data is a command and what follows, colons included", () => {
  expect(parsePress("mute:asset:BTC")).toEqual({ name: "mute", args: "asset:BTC" });
  expect(parsePress("top")).toEqual({ name: "top", args: "" });
  expect(parsePress("")).toEqual({ name: "", args: "" });
});

it("a coin's name alone is a coin; a sentence is none", () => {
  expect(["btc", "$PEPE", "#neiro~2", " 1inch "].map(coinOf)).toEqual(["BTC", "PEPE", "NEIRO~2", "1INCH"]);
  expect(["hello there", "", "btc?", "a".repeat(21), "~2"].map(coinOf)).toEqual([null, null, null, null, null]);
});
