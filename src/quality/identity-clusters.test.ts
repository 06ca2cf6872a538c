import { describe, expect, test } from "vitest";
import { NOW_MS, columnsOf, type RowSpec, SETTINGS } from "../../test/rows.ts";
import { tickerOf } from "../domain/identity.ts";
import { identify, type IdentityResult } from "./identity.ts";
import { EMPTY_IDENTITY_MEMORY, type IdentityMemory, MERGE_AFTER_SCANS, nthAssetId, openMemory } from "./identity-memory.ts";
import { priceClusters, spreadOf } from "./price-clusters.ts";

/** One row of NEIRO at each venue, by its price. */
type Market = Readonly<Record<string, RowSpec>>;
const at = (index: number | null, spec: RowSpec = {}): RowSpec => ({
  asset: "NEIRO",
  index,
  volume24hUsd: null,
  openInterestUsd: null,
  ...spec,
});

function run(market: Market, memory: IdentityMemory = EMPTY_IDENTITY_MEMORY): IdentityResult {
  const venues = Object.entries(market).map(([venue, spec]) => ({ columns: columnsOf(venue, [spec]), passed: [0] }));
  return identify({ venues, settings: SETTINGS, memory, nowMs: NOW_MS });
}
const ids = (market: Market, memory?: IdentityMemory): readonly (string | null | undefined)[] =>
  run(market, memory).venues.map(({ assetId }) => assetId[0]);
const remembered = (byVenue: Readonly<Record<string, string>>): IdentityMemory => ({
  ids: Object.fromEntries(Object.entries(byVenue).map(([venue, id]) => [`${venue}:NEIRO/USDT:USDT`, id])),
  togetherScans: {},
  outsideSinceMs: {},
});

describe("which of two coins has the ticker as its id", () => {
  test("that on more venues, whatever the other trades", () => {
    const big = { volume24hUsd: 9e9 };
    expect(ids({ a: at(2, big), b: at(2, big), c: at(1), d: at(1), e: at(1) })).toEqual(["NEIRO~2", "NEIRO~2", "NEIRO", "NEIRO", "NEIRO"]);
  });

  test("of as many venues that with more volume and open interest together", () => {
    expect(ids({ a: at(1), b: at(1), c: at(2, { openInterestUsd: 5 }), d: at(2) })).toEqual(["NEIRO~2", "NEIRO~2", "NEIRO", "NEIRO"]);
    const [volume, interest] = [{ volume24hUsd: 6 }, { openInterestUsd: 4 }];
    expect(ids({ a: at(1, volume), b: at(1), c: at(2, interest), d: at(2, { volume24hUsd: 4 }) })).toEqual([
      "NEIRO~2",
      "NEIRO~2",
      "NEIRO",
      "NEIRO",
    ]);
  });

  test("of as much that with the lowest instrument id, whatever the prices and the order of the venues", () => {
    expect(ids({ a: at(1), b: at(2), c: at(2), d: at(1) })).toEqual(["NEIRO", "NEIRO~2", "NEIRO~2", "NEIRO"]);
    expect(ids({ a: at(2), b: at(1), c: at(1), d: at(2) })).toEqual(["NEIRO", "NEIRO~2", "NEIRO~2", "NEIRO"]);
    expect(ids({ d: at(1), c: at(2), b: at(2), a: at(1) })).toEqual(["NEIRO", "NEIRO~2", "NEIRO~2", "NEIRO"]);
  });
});

describe("the price per coin", () => {
  const other = { b: at(100), c: at(100) };
  test("is the index where it is above zero, else the mark, else the mid", () => {
    expect(ids({ a: at(100, { mark: 7 }), ...other })).toEqual(["NEIRO", "NEIRO", "NEIRO"]);
    expect(ids({ a: at(0, { mark: 100, bid: 7, ask: 7 }), ...other })).toEqual(["NEIRO", "NEIRO", "NEIRO"]);
    expect(ids({ a: at(-1, { mark: 0, bid: 99, ask: 101 }), ...other })).toEqual(["NEIRO", "NEIRO", "NEIRO"]);
    expect(ids({ a: at(null, { mark: null, bid: 49, ask: 51 }), ...other })).toEqual([null, "NEIRO", "NEIRO"]);
  });

  test("is not known without any of them: the row says which price it lacks", () => {
    const { venues, evidence } = run({ a: at(0, { mark: 0, ask: null }), ...other });
    expect(venues[0]?.samples).toEqual([
      {
        venue: "a",
        symbol: "NEIRO/USDT:USDT",
        rule: "identity-no-price",
        failed: [{ rule: "identity-no-price", value: null, bar: "a price above 0" }],
      },
    ]);
    expect(venues[0]).toMatchObject({ in: 1, out: 0, assetId: [null] });
    expect(evidence).toEqual([]);
    expect(run({ a: at(0, { mark: 0, bid: 0, ask: 0 }) }).venues[0]?.dropped).toEqual({ "identity-no-price": 1 });
  });
});

describe("an outsider", () => {
  const evidenceOf = (market: Market) => run(market).venues.map(({ samples }) => samples[0]?.failed[0]);

  test("names the nearest price by ratio, above or below, and the first of those as near", () => {
    const nearest = (market: Market) => evidenceOf(market)[0]?.evidence?.["nearestInstrument"];
    expect(nearest({ a: at(10), b: at(1), c: at(1), d: at(30), e: at(30) })).toBe("d:NEIRO/USDT:USDT");
    expect(nearest({ a: at(10), b: at(4), c: at(4), d: at(30), e: at(30) })).toBe("b:NEIRO/USDT:USDT");
    expect(nearest({ a: at(10), c: at(5), b: at(5) })).toBe("c:NEIRO/USDT:USDT");
  });

  test("of two venues that are too far apart is held to the closer bar, each against the other", () => {
    expect(evidenceOf({ a: at(1), b: at(1.02) })).toEqual([
      {
        rule: "identity-mismatch",
        value: 1 / 1.02,
        bar: 1.01,
        evidence: { price: 1, nearestPrice: 1.02, nearestInstrument: "b:NEIRO/USDT:USDT" },
      },
      {
        rule: "identity-mismatch",
        value: 1.02,
        bar: 1.01,
        evidence: { price: 1.02, nearestPrice: 1, nearestInstrument: "a:NEIRO/USDT:USDT" },
      },
    ]);
  });
});

describe("a remembered coin", () => {
  test("keeps the id that most of its instruments had", () => {
    const memory = remembered({ a: "NEIRO~2", b: "NEIRO~2", c: "NEIRO~5", d: "NEIRO", e: "NEIRO" });
    expect(ids({ a: at(1), b: at(1), d: at(9), e: at(9) }, memory)).toEqual(["NEIRO~2", "NEIRO~2", "NEIRO", "NEIRO"]);
  });

  test("that was one and is two gives its id to the part with more of its instruments, and the other a number never used", () => {
    const memory = remembered({ a: "NEIRO", b: "NEIRO", c: "NEIRO", d: "NEIRO", e: "NEIRO", z: "NEIRO~2" });
    expect(ids({ a: at(9), b: at(9), c: at(1), d: at(1), e: at(1) }, memory)).toEqual(["NEIRO~3", "NEIRO~3", "NEIRO", "NEIRO", "NEIRO"]);
  });

  test("draws an instrument that is new to it by the nearest price, where two remembered coins stand close together", () => {
    const memory = remembered({ a: "NEIRO", b: "NEIRO", c: "NEIRO~2", d: "NEIRO~2" });
    const market = { a: at(1), b: at(1), c: at(1.02), d: at(1.02), e: at(1.018), f: at(1.002) };
    expect(ids(market, memory)).toEqual(["NEIRO", "NEIRO", "NEIRO~2", "NEIRO~2", "NEIRO~2", "NEIRO"]);
    expect(run(market, memory).memory).toMatchObject({
      outsideSinceMs: {},
      togetherScans: { NEIRO: 1 },
      ids: { "e:NEIRO/USDT:USDT": "NEIRO~2" },
    });
  });

  test("that stands alone and whole is the coin it was, and is seen again", () => {
    const memory = remembered({ a: "NEIRO~2", b: "NEIRO~2", c: "NEIRO" });
    const result = run({ a: at(1), b: at(1) }, memory);
    expect(result.venues.map(({ assetId }) => assetId[0])).toEqual(["NEIRO~2", "NEIRO~2"]);
    // Least recently seen first.
    expect(Object.keys(result.memory.ids)).toEqual(["c:NEIRO/USDT:USDT", "a:NEIRO/USDT:USDT", "b:NEIRO/USDT:USDT"]);
    expect(result.evidence).toEqual([]);
  });
});

describe("the memory", () => {
  test("numbers coins from the ticker on, and finds the ticker in a number", () => {
    expect([1, 2, 12].map((nth) => nthAssetId("NEIRO", nth))).toEqual(["NEIRO", "NEIRO~2", "NEIRO~12"]);
    expect(["NEIRO", "NEIRO~2", "NEIRO~12", "A~B", "A~2B"].map(tickerOf)).toEqual(["NEIRO", "NEIRO", "NEIRO", "A~B", "A~2B"]);
  });

  test("knows tickers by any of their instruments, and counts scans together in a row", () => {
    const memory = openMemory(remembered({ a: "NEIRO", b: "NEIRO~2" }));
    expect([memory.knows("NEIRO"), memory.knows("BTC"), memory.knows("NEIRO~2")]).toEqual([true, false, false]);
    expect([...memory.assetIdsOf("NEIRO")]).toEqual(["NEIRO", "NEIRO~2"]);
    expect([...memory.assetIdsOf("BTC")]).toEqual([]);
    expect([memory.merged("NEIRO", true), memory.merged("NEIRO", true)]).toEqual([false, false]);
    expect(memory.close().togetherScans).toEqual({ NEIRO: 2 });
    expect([memory.merged("NEIRO", false), memory.close().togetherScans]).toEqual([false, {}]);
  });

  test("keeps no count for a ticker that it has forgotten", () => {
    expect(openMemory({ ids: {}, togetherScans: { NEIRO: 5 }, outsideSinceMs: {} }).close()).toEqual(EMPTY_IDENTITY_MEMORY);
  });
});

describe("price clusters", () => {
  const prices = (list: readonly number[], tolerance: number) =>
    priceClusters(
      list.map((price) => ({ price })),
      tolerance,
    ).map((group) => group.map(({ price }) => price));

  test("are cut at the lowest of equally wide steps, and not at all where the whole is within the tolerance", () => {
    expect(prices([4, 1, 2], 1)).toEqual([[1], [2, 4]]);
    expect(prices([1, 2], 1)).toEqual([[1, 2]]);
    expect(prices([1, 2.01], 1)).toEqual([[1], [2.01]]);
  });

  test("have a spread only with a price", () => expect(() => spreadOf([])).toThrow("no prices"));
});

test("prices that are no finite numbers end up alone", () => {
  const groups = priceClusters(
    [Infinity, 1, Infinity, 1.001].map((price) => ({ price })),
    0.03,
  );
  expect(groups.map((group) => group.map(({ price }) => price))).toEqual([[1, 1.001], [Infinity], [Infinity]]);
  expect(priceClusters([{ price: Number.NaN }], 0.03)).toHaveLength(1);
});

test("a spread that is exactly the tolerance is within it", () => {
  const judged = (prices: readonly number[]) =>
    identify({
      venues: prices.map((price, place) => ({ columns: columnsOf(`v${place}`, [at(price)]), passed: [0] })),
      settings: { ...SETTINGS, identityTolerance: 0.5, identityToleranceTwoVenues: 0.25 },
      memory: EMPTY_IDENTITY_MEMORY,
      nowMs: NOW_MS,
    }).venues.map(({ assetId }) => assetId[0]);
  expect(judged([1, 1.25])).toEqual(["NEIRO", "NEIRO"]);
  expect(judged([1, 1.26])).toEqual([null, null]);
  expect(judged([1, 1.25, 1.5])).toEqual(["NEIRO", "NEIRO", "NEIRO"]);
  expect(judged([1, 1.25, 8])).toEqual(["NEIRO", "NEIRO", null]);
});

test("the two markets of one venue count once, whichever venue has them", () => {
  const spot: RowSpec = { kind: "spot", symbol: "NEIRO/USDT", asset: "NEIRO", index: null, mark: null, bid: 1.02, ask: 1.02 };
  const venues = (["a", "b", "b"] as const).map((venue, place) => ({
    columns: columnsOf(venue, [place === 2 ? spot : at(place === 0 ? 1 : 1.02)]),
    passed: [0],
  }));
  // Two venues 2 % apart are two coins, of which that of two markets stands.
  const found = identify({ venues, settings: SETTINGS, memory: EMPTY_IDENTITY_MEMORY, nowMs: NOW_MS });
  expect(found.venues.map(({ assetId }) => assetId[0])).toEqual([null, null, null]);
});

describe("a coin that breaks in two equal parts", () => {
  const memory = remembered({ a: "NEIRO", b: "NEIRO", c: "NEIRO", d: "NEIRO" });
  test("leaves its id to the part that ranks first, cheap or dear", () => {
    expect(ids({ a: at(1), b: at(1), c: at(9), d: at(9) }, memory)).toEqual(["NEIRO", "NEIRO", "NEIRO~2", "NEIRO~2"]);
    expect(ids({ a: at(9), b: at(9), c: at(1), d: at(1) }, memory)).toEqual(["NEIRO", "NEIRO", "NEIRO~2", "NEIRO~2"]);
  });
});

test("coins that stand together are noticed beside others of the ticker that do not", () => {
  const memory = remembered({ a: "NEIRO", b: "NEIRO", c: "NEIRO~2", d: "NEIRO~2" });
  const market = { a: at(1), b: at(1), c: at(1.01), d: at(1.01), g: at(9), h: at(9) };
  expect(run(market, memory).memory.togetherScans).toEqual({ NEIRO: 1 });
  expect(ids(market, memory)).toEqual(["NEIRO", "NEIRO", "NEIRO~2", "NEIRO~2", "NEIRO~3", "NEIRO~3"]);
});

test("a memory that merges a ticker says so, forgets it, and no other", () => {
  const memory = openMemory({
    ids: { a: "NEIRO", b: "NEIRO~2", c: "PEPE", d: "PEPE~2" },
    togetherScans: { NEIRO: MERGE_AFTER_SCANS - 2, PEPE: 3 },
    outsideSinceMs: {},
  });
  expect([memory.merged("NEIRO", true), memory.knows("NEIRO")]).toEqual([false, true]);
  expect([memory.merged("NEIRO", true), memory.knows("NEIRO"), memory.knows("PEPE")]).toEqual([true, false, true]);
  expect(memory.close()).toEqual({ ids: { c: "PEPE", d: "PEPE~2" }, togetherScans: { PEPE: 3 }, outsideSinceMs: {} });
  memory.remember("e", "DOGE~2");
  expect([memory.knows("DOGE"), [...memory.assetIdsOf("DOGE")]]).toEqual([true, ["DOGE~2"]]);
});
