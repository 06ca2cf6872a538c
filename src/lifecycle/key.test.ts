import { describe, expect, it } from "vitest";
import { fnv1a64, opportunityId, opportunityKey } from "./key.ts";

const parts = { strategy: "funding", asset: "ETH", long: "gate:ETH/USDT:USDT", short: "bybit:ETH/USDT:USDT" } as const;

describe("the key", () => {
  it("is strategy, asset, long and short instrument", () => {
    expect(opportunityKey(parts)).toBe("funding|ETH|gate:ETH/USDT:USDT|bybit:ETH/USDT:USDT");
  });

  it("is another for the other direction, strategy or identity cluster", () => {
    const others = [
      { ...parts, long: parts.short, short: parts.long },
      { ...parts, strategy: "price" as const },
      { ...parts, asset: "ETH~2" },
    ];
    expect(new Set([parts, ...others].map(opportunityKey)).size).toBe(4);
  });

  it("is refused for the same instrument twice", () => {
    expect(() => opportunityKey({ ...parts, short: parts.long })).toThrow(RangeError);
  });
});

describe("the id", () => {
  it("is FNV-1a of 64 bits, by the published vectors", () => {
    expect(["", "a", "foobar"].map((text) => fnv1a64(text).toString(16))).toEqual([
      "cbf29ce484222325",
      "af63dc4c8601ec8c",
      "85944171f73967e8",
    ]);
  });

  it("is the same for the same key and slot, another for another slot, and of one length", () => {
    const key = opportunityKey({ ...parts, asset: "币安人生" });
    const ids = [opportunityId(key, 1_000), opportunityId(key, 1_000), opportunityId(key, 2_000)];
    expect(ids[0]).toBe(ids[1]);
    expect(ids[0]).not.toBe(ids[2]);
    for (const id of ids) expect(id).toMatch(/^[0-9a-z]{13}$/u);
  });
});

it("names what was asked for where both legs are one instrument", () => {
  expect(() => opportunityKey({ ...parts, short: parts.long })).toThrow("both legs of funding ETH are gate:ETH/USDT:USDT");
});

it("fills ids up with zeros in front, so that all have one length", () => {
  const keys = Array.from({ length: 40 }, (_, n) => `${n}|ETH`);
  const short = keys.filter((key) => fnv1a64(`${key}|0`).toString(36).length < 13);
  expect(short.length).toBeGreaterThan(0);
  for (const key of short) expect(opportunityId(key, 0)).toMatch(/^0[0-9a-z]{12}$/u);
});
