import { describe, expect, it } from "vitest";
import { identify, type IdentityResult } from "./identity.ts";
import { EMPTY_IDENTITY_MEMORY, type IdentityMemory, MAX_REMEMBERED, MERGE_AFTER_SCANS, openMemory } from "./identity-memory.ts";
import { priceClusters } from "./price-clusters.ts";
import { NOW_MS, columnsOf, type RowSpec, SETTINGS } from "../../test/rows.ts";

/** Rows by venue; prices stand in `index`. */
type Market = Readonly<Record<string, readonly RowSpec[]>>;

function run(market: Market, memory: IdentityMemory = EMPTY_IDENTITY_MEMORY): IdentityResult {
  const venues = Object.entries(market).map(([venue, specs]) => ({ columns: columnsOf(venue, specs), passed: specs.map((_, row) => row) }));
  return identify({ venues, settings: SETTINGS, memory, nowMs: NOW_MS });
}

/** Asset ids as `venue`: one id for a venue of one row, else a list. */
function ids(market: Market, result: IdentityResult): Record<string, unknown> {
  const names = Object.keys(market);
  return Object.fromEntries(
    result.venues.map((venue, place) => [names[place], venue.assetId.length === 1 ? venue.assetId[0] : venue.assetId]),
  );
}

/** One market after the other: a venue may come twice, with its perpetuals and with its spot pairs. */
function idsOfMarkets(markets: readonly (readonly [venue: string, specs: readonly RowSpec[]])[]): readonly unknown[] {
  const venues = markets.map(([venue, specs]) => ({ columns: columnsOf(venue, specs), passed: specs.map((_, row) => row) }));
  return identify({ venues, settings: SETTINGS, memory: EMPTY_IDENTITY_MEMORY, nowMs: NOW_MS }).venues.map(({ assetId }) => assetId[0]);
}
const spotOf = (price: number): readonly RowSpec[] => [
  { kind: "spot", symbol: "NEIRO/USDT", asset: "NEIRO", index: null, mark: null, bid: price, ask: price },
];

const neiro = (index: number, spec: RowSpec = {}): readonly RowSpec[] => [{ asset: "NEIRO", index, ...spec }];

describe("a venue's spot pair beside its perpetual", () => {
  it("is the same coin by its mid price, on one venue or on several", () => {
    expect(
      idsOfMarkets([
        ["a", neiro(1)],
        ["a", spotOf(1.004)],
      ]),
    ).toEqual(["NEIRO", "NEIRO"]);
    expect(
      idsOfMarkets([
        ["a", neiro(1)],
        ["b", neiro(1.001)],
        ["a", spotOf(1.004)],
      ]),
    ).toEqual(["NEIRO", "NEIRO", "NEIRO"]);
  });

  it("counts as one venue with it, so that two venues are still held to the closer bar", () => {
    expect(
      idsOfMarkets([
        ["a", neiro(1)],
        ["b", neiro(1.02)],
        ["a", spotOf(1)],
      ]),
    ).toEqual([null, null, null]);
  });

  it("is with it a coin of their own where other venues have another, and an outsider where they differ", () => {
    expect(
      idsOfMarkets([
        ["a", neiro(5)],
        ["a", spotOf(5.01)],
        ["b", neiro(1)],
        ["c", neiro(1)],
      ]),
    ).toEqual(["NEIRO~2", "NEIRO~2", "NEIRO", "NEIRO"]);
    expect(
      idsOfMarkets([
        ["a", neiro(1)],
        ["a", spotOf(5)],
        ["b", neiro(1)],
      ]),
    ).toEqual(["NEIRO", null, "NEIRO"]);
  });
});

describe("which instruments are one coin", () => {
  it.each<[string, Market, Record<string, unknown>]>([
    ["one price everywhere", { a: neiro(1), b: neiro(1.001), c: neiro(1.02) }, { a: "NEIRO", b: "NEIRO", c: "NEIRO" }],
    [
      "NEIRO and NEIROCTO, 2 + 2",
      { a: neiro(0.08), b: neiro(0.0801), c: neiro(0.0004), d: neiro(0.000401) },
      { a: "NEIRO", b: "NEIRO", c: "NEIRO~2", d: "NEIRO~2" },
    ],
    [
      "NEIRO and NEIROCTO, 2 + 3: more venues go first",
      { a: neiro(0.08), b: neiro(0.0801), c: neiro(0.0004), d: neiro(0.000401), e: neiro(0.000402) },
      { a: "NEIRO~2", b: "NEIRO~2", c: "NEIRO", d: "NEIRO", e: "NEIRO" },
    ],
    [
      "2 + 2 with more volume in the second: it goes first",
      { a: neiro(1), b: neiro(1), c: neiro(2, { volume24hUsd: 9e9 }), d: neiro(2) },
      { a: "NEIRO~2", b: "NEIRO~2", c: "NEIRO", d: "NEIRO" },
    ],
    ["a single outsider", { a: neiro(1), b: neiro(1.001), c: neiro(1.3) }, { a: "NEIRO", b: "NEIRO", c: null }],
    ["two venues 0.9 % apart", { a: neiro(1), b: neiro(1.009) }, { a: "NEIRO", b: "NEIRO" }],
    ["two venues 1.1 % apart", { a: neiro(1), b: neiro(1.011) }, { a: null, b: null }],
    ["three venues within 3 %", { a: neiro(1), b: neiro(1.011), c: neiro(1.029) }, { a: "NEIRO", b: "NEIRO", c: "NEIRO" }],
    ["one venue alone: unpaired, no outsider", { a: neiro(1) }, { a: "NEIRO" }],
    [
      "two instruments of one venue against another venue: one vote each venue",
      { a: [...neiro(1), ...neiro(1.001, { settle: "USDC", quote: "USDC" })], b: neiro(10), c: neiro(10) },
      { a: [null, null], b: "NEIRO", c: "NEIRO" },
    ],
    [
      "USDC and USDT 0.1 % apart",
      { a: [...neiro(1), ...neiro(1.001, { settle: "USDC", quote: "USDC" })], b: neiro(1) },
      { a: ["NEIRO", "NEIRO"], b: "NEIRO" },
    ],
    [
      "1000PEPE, kPEPE and PEPE once multipliers are taken off",
      {
        a: [{ asset: "PEPE", multiplier: 1000, index: 0.0000112 }],
        b: [{ asset: "PEPE", multiplier: 1000, index: 0.00001121 }],
        c: [{ asset: "PEPE", multiplier: 1, index: 0.00001119 }],
      },
      { a: "PEPE", b: "PEPE", c: "PEPE" },
    ],
    [
      "a pre-IPO share at ten times the scale",
      { a: [{ asset: "OPENAI", index: 700 }], b: [{ asset: "OPENAI", index: 701 }], c: [{ asset: "OPENAI", index: 7_005 }] },
      { a: "OPENAI", b: "OPENAI", c: null },
    ],
    [
      "a chain of 2 % steps, whose ends do not agree",
      { a: neiro(1), b: neiro(1.02), c: neiro(1.04), d: neiro(1.06) },
      { a: null, b: null, c: null, d: null },
    ],
    [
      "mark where there is no index, mid where there is no mark",
      { a: neiro(100), b: [{ asset: "NEIRO", index: null }], c: [{ asset: "NEIRO", index: null, mark: null }] },
      { a: "NEIRO", b: "NEIRO", c: "NEIRO" },
    ],
  ])("%s", (_, market, expected) => expect(ids(market, run(market))).toEqual(expected));

  it("the order of the venues does not matter", () => {
    const market = { a: neiro(0.08), b: neiro(0.0801), c: neiro(0.0004), d: neiro(0.000401), e: neiro(0.9) };
    const reversed = Object.fromEntries(Object.entries(market).reverse());
    expect(ids(reversed, run(reversed))).toEqual(ids(market, run(market)));
  });
});

describe("evidence", () => {
  it("an outsider shows its own price, the nearest of another venue, and their ratio beside what is allowed", () => {
    const [, , outsider] = run({ a: neiro(1), b: neiro(1.001), c: neiro(10.01) }).venues;
    expect(outsider).toEqual({
      in: 1,
      out: 0,
      assetId: [null],
      denied: [],
      dropped: { "identity-mismatch": 1 },
      failures: { "identity-mismatch": 1 },
      samples: [
        {
          venue: "c",
          symbol: "NEIRO/USDT:USDT",
          rule: "identity-mismatch",
          failed: [
            {
              rule: "identity-mismatch",
              value: 10.01 / 1.001,
              bar: 1.03,
              evidence: { price: 10.01, nearestPrice: 1.001, nearestInstrument: "b:NEIRO/USDT:USDT" },
            },
          ],
        },
      ],
    });
  });

  it("a row without any price is refused as such", () => {
    const [venue] = run({ a: neiro(0, { mark: null, bid: null }) }).venues;
    expect(venue?.dropped).toEqual({ "identity-no-price": 1 });
  });

  it("tickers of more than one cluster come with the price of each instrument, others do not", () => {
    const { evidence } = run({ a: [...neiro(1), { asset: "BTC" }], b: [...neiro(1), { asset: "BTC" }], c: neiro(3) });
    expect(evidence).toEqual([
      {
        ticker: "NEIRO",
        clusters: [
          {
            assetId: "NEIRO",
            prices: [
              { instrument: "a:NEIRO/USDT:USDT", price: 1 },
              { instrument: "b:NEIRO/USDT:USDT", price: 1 },
            ],
          },
          { assetId: null, prices: [{ instrument: "c:NEIRO/USDT:USDT", price: 3 }] },
        ],
      },
    ]);
  });

  it("rows that did not pass the gate are neither judged nor counted", () => {
    const columns = columnsOf("a", [...neiro(5), ...neiro(1)]);
    const other = columnsOf("b", neiro(1));
    const result = identify({
      venues: [
        { columns, passed: Uint32Array.of(1) },
        { columns: other, passed: [0] },
      ],
      settings: SETTINGS,
      memory: EMPTY_IDENTITY_MEMORY,
      nowMs: NOW_MS,
    });
    expect(result.venues[0]).toMatchObject({ in: 1, out: 1, assetId: [null, "NEIRO"] });
  });

  it("a coin's own tolerance holds for that coin only", () => {
    const columns = ["a", "b"].map((venue, n) => columnsOf(venue, [...neiro(1 + n / 50), { asset: "BTC", index: 1 + n / 50 }]));
    const result = identify({
      venues: columns.map((one) => ({ columns: one, passed: [0, 1] })),
      settings: SETTINGS,
      overrides: { venues: {}, pairs: { NEIRO: { identityToleranceTwoVenues: 0.025 } } },
      memory: EMPTY_IDENTITY_MEMORY,
      nowMs: NOW_MS,
    });
    expect(result.venues.map((venue) => venue.assetId)).toEqual([
      ["NEIRO", null],
      ["NEIRO", null],
    ]);
  });
});

describe("ids from scan to scan", () => {
  const market = { a: neiro(0.08), b: neiro(0.0801), c: neiro(0.0004), d: neiro(0.000401) };
  const first = () => run(market);

  it("stay when the other coin has more venues later", () => {
    const later = { ...market, e: neiro(0.0004), f: neiro(0.0004) };
    expect(ids(later, run(later, first().memory))).toEqual({
      a: "NEIRO",
      b: "NEIRO",
      c: "NEIRO~2",
      d: "NEIRO~2",
      e: "NEIRO~2",
      f: "NEIRO~2",
    });
  });

  it("stay when the venues of one coin drop out", () => {
    const rest = { c: market.c, d: market.d };
    const second = run(rest, first().memory);
    expect(ids(rest, second)).toEqual({ c: "NEIRO~2", d: "NEIRO~2" });
    expect(ids({ d: market.d }, run({ d: market.d }, second.memory))).toEqual({ d: "NEIRO~2" });
    expect(ids(market, run(market, second.memory))).toEqual(ids(market, first()));
  });

  it("stay with most of the instruments that had them when a coin breaks in two", () => {
    const broken = { ...market, b: neiro(5), e: neiro(5), f: neiro(5), g: neiro(0.08), h: neiro(0.08) };
    const three = run({ ...market, g: neiro(0.08), h: neiro(0.08) }, first().memory);
    expect(ids(broken, run(broken, three.memory))).toMatchObject({
      a: "NEIRO",
      g: "NEIRO",
      h: "NEIRO",
      b: "NEIRO~3",
      e: "NEIRO~3",
      f: "NEIRO~3",
    });
    const fewer = { a: market.a, g: neiro(0.08), b: neiro(5), e: neiro(5), f: neiro(5), i: neiro(5) };
    expect(ids(fewer, run(fewer, three.memory))).toEqual({
      a: "NEIRO",
      g: "NEIRO",
      b: "NEIRO~3",
      e: "NEIRO~3",
      f: "NEIRO~3",
      i: "NEIRO~3",
    });
  });

  it("of absent coins are not given to others", () => {
    const later = { a: market.a, b: market.b, e: neiro(7), f: neiro(7) };
    expect(ids(later, run(later, first().memory))).toEqual({ a: "NEIRO", b: "NEIRO", e: "NEIRO~3", f: "NEIRO~3" });
  });

  it("keep two coins apart while their prices cross, and take them for one after a day at one price", () => {
    const crossed = { a: neiro(1), b: neiro(1.001), c: neiro(1.002), d: neiro(1.003), e: neiro(1.003) };
    let { memory } = first();
    for (let scan = 1; scan < MERGE_AFTER_SCANS; scan++) {
      const result = run(crossed, memory);
      memory = result.memory;
      if (scan === 1 || scan === MERGE_AFTER_SCANS - 1) {
        expect(ids(crossed, result)).toEqual({ a: "NEIRO", b: "NEIRO", c: "NEIRO~2", d: "NEIRO~2", e: "NEIRO~2" });
      }
    }
    const merged = run(crossed, memory);
    expect(ids(crossed, merged)).toEqual({ a: "NEIRO", b: "NEIRO", c: "NEIRO", d: "NEIRO", e: "NEIRO" });
    expect(merged.memory).toEqual(EMPTY_IDENTITY_MEMORY);
  });

  it("one scan apart starts the day again", () => {
    const crossed = { a: neiro(1), b: neiro(1), c: neiro(1), d: neiro(1) };
    const twice = run(crossed, run(crossed, first().memory).memory).memory;
    expect(twice.togetherScans).toEqual({ NEIRO: 2 });
    expect(run(market, twice).memory.togetherScans).toEqual({});
  });

  it("are remembered only for tickers that stood for more than one price", () => {
    expect(run({ a: [{ asset: "BTC" }], b: [{ asset: "BTC" }] }).memory).toEqual(EMPTY_IDENTITY_MEMORY);
    expect(Object.keys(first().memory.ids)).toHaveLength(4);
  });

  it("memory is plain JSON and is not changed in place", () => {
    const { memory: kept } = first();
    const before = JSON.stringify(kept);
    run({ c: market.c, d: market.d, e: neiro(3), f: neiro(3) }, kept);
    expect(JSON.stringify(kept)).toBe(before);
    expect(JSON.parse(before)).toEqual(kept);
  });

  it("memory is bounded; what was seen least recently is forgotten first", () => {
    const memory = openMemory(EMPTY_IDENTITY_MEMORY);
    for (let n = 0; n < MAX_REMEMBERED; n++) memory.remember(`a:C${n}`, `C${n}`);
    memory.remember("a:C0", "C0");
    memory.remember("a:new", "NEW");
    const { ids: kept } = memory.close();
    expect(Object.keys(kept)).toHaveLength(MAX_REMEMBERED);
    expect([kept["a:C0"], kept["a:C1"], kept["a:new"]]).toEqual(["C0", undefined, "NEW"]);
  });
});

it("price clusters split a chain at its widest step until no group is wider than the tolerance", () => {
  const prices = (groups: readonly (readonly { price: number }[])[]): number[][] => groups.map((group) => group.map(({ price }) => price));
  const at = (...list: number[]): { price: number }[] => list.map((price) => ({ price }));
  expect(prices(priceClusters(at(1.06, 1, 1.04, 1.02), 0.03))).toEqual([[1], [1.02], [1.04, 1.06]]);
  expect(prices(priceClusters(at(1, 1.001, 1.03, 1.031), 0.03))).toEqual([
    [1, 1.001],
    [1.03, 1.031],
  ]);
  expect(prices(priceClusters(at(), 0.03))).toEqual([]);
});
