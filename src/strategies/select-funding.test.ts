import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { marketVenue, quoteWith, type VenueSpec } from "../../test/market.ts";
import { HOUR_MS } from "../domain/units.ts";
import { rowFacts } from "./row-facts.ts";
import { selectFunding } from "./select-funding.ts";
import type { OpenPair, SelectRequest } from "./strategy.ts";

const NOW = 1_789_147_120_443;
const at = (ratePerInterval: number | null, over: VenueSpec["rows"][number] = {}): VenueSpec["rows"][number] => ({
  fundingRatePerInterval: ratePerInterval,
  fundingIntervalHours: 8,
  nextFundingAtMs: NOW + HOUR_MS,
  bid: 99.995,
  ask: 100.005, // spread 0.0001
  bidSizeBase: 100,
  askSizeBase: 100,
  ...over,
});
const venue = (id: string, ...rows: VenueSpec["rows"]) => marketVenue({ id, takerFeeRate: 0.0005, rows });
const REQUEST: SelectRequest = {
  nowMs: NOW,
  settings: { referenceSizeUsd: 5_000, horizonHours: 168, openNet: 0.001, priceClosure: 0.5 },
  open: [],
  nearMissCount: 5,
};
const select = (market: ReturnType<typeof venue>[], over: Partial<SelectRequest> = {}) => selectFunding(market, { ...REQUEST, ...over });
const shown = (market: ReturnType<typeof venue>[], { pairs }: ReturnType<typeof select>) =>
  pairs.map(({ asset, long, short, why }) => `${asset} ${market[long.venue]?.facts.id} ${market[short.venue]?.facts.id} ${why}`);
const open = (asset: string, long: string, short: string): OpenPair => ({
  asset,
  long: { quote: quoteWith({ venue: long }) },
  short: { quote: quoteWith({ venue: short }) },
});

describe("which pairs are priced", () => {
  test("the direction of positive carry whose net at half the fees clears the bar", () => {
    // 21 · 0.0002 = 0.0042; fees 0.002, half 0.001; crossing 0.0002. Net 0.002, at half the fees 0.003.
    const market = [venue("gate", at(0.0003)), venue("bybit", at(0.0001))];
    const selection = select(market);
    expect(shown(market, selection)).toEqual(["BTC bybit gate candidate"]);
    expect(selection).toMatchObject({ considered: 2, dropped: { "no-carry": 1 } });
    // 21 · 0.0001 = 0.0021: net −0.0001, at half the fees 0.0009, under the bar of 0.001.
    const quiet = [venue("gate", at(0.0002)), venue("bybit", at(0.0001))];
    expect(shown(quiet, select(quiet))).toEqual(["BTC bybit gate near-miss"]);
    expect(select(quiet, { nearMissCount: 0 }).dropped).toEqual({ "no-carry": 1, "below-threshold": 1 });
  });

  test("a pair whose book or fee is not known counts without that cost, and is no near-miss", () => {
    const strong = [venue("dydx", at(0.0003, { bid: null, ask: null })), venue("bybit", at(0.0001))];
    expect(shown(strong, select(strong))).toEqual(["BTC bybit dydx candidate"]);
    const weak = [venue("dydx", at(0.00015, { bid: null, ask: null })), venue("bybit", at(0.0001))];
    expect(shown(weak, select(weak))).toEqual([]);
    expect(select(weak).dropped).toEqual({ "no-carry": 1, "below-threshold": 1 });
  });

  test("a pair of an open row, in its own direction, whatever it earns now", () => {
    const market = [venue("gate", at(0.0003)), venue("bybit", at(0.0001))];
    const turned = select(market, { open: [open("BTC", "gate", "bybit")] });
    expect(shown(market, turned)).toEqual(["BTC gate bybit open", "BTC bybit gate candidate"]);
    expect(turned.dropped).toEqual({});
    const otherCoin = select(market, { open: [open("BTC~2", "gate", "bybit")] });
    expect(shown(market, otherCoin)).toEqual(["BTC bybit gate candidate"]);
  });

  test("the best of the rest, best first, and no more than asked for", () => {
    const market = [venue("gate", at(0.0002)), venue("bybit", at(0.00012)), venue("okx", at(0.00015))];
    expect(shown(market, select(market))).toEqual(["BTC bybit gate near-miss", "BTC okx gate near-miss", "BTC bybit okx near-miss"]);
    const one = select(market, { nearMissCount: 1 });
    expect(shown(market, one)).toEqual(["BTC bybit gate near-miss"]);
    expect(one.dropped).toEqual({ "no-carry": 3, "below-threshold": 2 });
  });
});

test("a pair that stands exactly at the bar is a candidate", () => {
  const noCost = { bid: null, ask: null };
  const market = [
    marketVenue({ id: "gate", takerFeeRate: null, rows: [at(0.0003, noCost)] }),
    marketVenue({ id: "bybit", takerFeeRate: null, rows: [at(0.0001, noCost)] }),
  ];
  const openNet = 0.0003 * 21 - 0.0001 * 21;
  const barAt = (bar: number) =>
    select(market, { settings: { referenceSizeUsd: 5_000, horizonHours: 168, openNet: bar, priceClosure: 0.5 } }).pairs.length;
  expect(barAt(openNet)).toBe(1);
  expect(barAt(openNet * (1 + 1e-12))).toBe(0);
});

test("near-misses are ranked by net of all their fees, not of half", () => {
  const feesOf = (id: string, takerFeeRate: number, rate: number) => marketVenue({ id, takerFeeRate, rows: [at(rate)] });
  const market = [feesOf("gate", 0.0011, 0.00019), feesOf("okx", 0.0001, 0.00014), feesOf("bybit", 0, 0.0001)];
  // Gate: 21 · 0.00009 − 0.0022 = −0.00031, at half the fees 0.00079. Okx: 21 · 0.00004 − 0.0002 = 0.00064, at half 0.00074.
  expect(shown(market, select(market, { nearMissCount: 1 }))).toEqual(["BTC bybit okx near-miss"]);
});

describe("what never pairs", () => {
  test("two instruments of one venue, two coins, two identity clusters", () => {
    const rows = [at(0.0009), at(0.0001, { symbol: "BTC/USDC:USDC", settle: "USDC" })];
    expect(select([venue("gate", ...rows), venue("bybit", at(0, { asset: "ETH" }), at(0, { assetId: "BTC~2" }))]).considered).toBe(0);
  });

  test("dollars mix, other settlement currencies do not", () => {
    const dollars = [
      venue("gate", at(0.0003)),
      venue("hyperliquid", at(0.0001, { settle: "USDC" })),
      venue("kraken", at(0.0002, { settle: "USD" })),
    ];
    expect(select(dollars).dropped["settle-mismatch"]).toBeUndefined();
    const coins = [venue("gate", at(0.0003)), venue("deribit", at(0.0001, { settle: "BTC" })), venue("okx", at(0.0001, { settle: "ETH" }))];
    expect(select(coins)).toMatchObject({ considered: 6, pairs: [], dropped: { "settle-mismatch": 6 } });
  });

  test("a row without rate or schedule", () => {
    const market = [venue("gate", at(null)), venue("bybit", at(0.0001)), venue("okx", at(0.0009, { nextFundingAtMs: null }))];
    expect(select(market)).toMatchObject({ considered: 6, pairs: [], dropped: { "no-rate": 6 } });
  });
});

describe("the evidence", () => {
  test("says pair, reason and what was estimated, a few of each long venue and reason", () => {
    const coins = ["A", "B", "C", "D", "E"];
    const market = [
      venue("gate", ...coins.map((asset) => at(0.00012, { asset, symbol: asset }))),
      venue("bybit", ...coins.map((asset) => at(0.0001, { asset, symbol: asset }))),
    ];
    const { dropped, samples } = select(market, { nearMissCount: 0 });
    expect(dropped).toEqual({ "no-carry": 5, "below-threshold": 5 });
    const below = samples.filter((sample) => sample.reason === "below-threshold");
    expect(below.map(({ asset, long, short }) => [asset, long, short])).toEqual([
      ["A", "bybit", "gate"],
      ["B", "bybit", "gate"],
      ["C", "bybit", "gate"],
    ]);
    expect(below[0]?.estimate).toBeCloseTo(21 * 0.00002 - 0.001 - 0.0002, 12);
  });

  const told = (market: ReturnType<typeof venue>[], over: Partial<SelectRequest> = {}) =>
    select(market, over).samples.map(({ asset, long, short, reason, estimate }) => [asset, long, short, reason, estimate === null]);

  test("names both directions of rows that may not pair, and the one that earns nothing, without an estimate", () => {
    expect(told([venue("gate", at(0.0003)), venue("deribit", at(0.0001, { settle: "BTC" }))])).toEqual([
      ["BTC", "gate", "deribit", "settle-mismatch", true],
      ["BTC", "deribit", "gate", "settle-mismatch", true],
    ]);
    expect(told([venue("gate", at(null)), venue("bybit", at(0.0001))])).toEqual([
      ["BTC", "gate", "bybit", "no-rate", true],
      ["BTC", "bybit", "gate", "no-rate", true],
    ]);
    expect(told([venue("gate", at(0.0003)), venue("bybit", at(0.0001))])).toEqual([["BTC", "gate", "bybit", "no-carry", true]]);
  });

  test("has the pair that a better near-miss put out, with its own estimate", () => {
    const market = [venue("gate", at(0.0001)), venue("bybit", at(0.00012)), venue("okx", at(0.0002))];
    expect(told(market, { nearMissCount: 1 }).filter(([, , , reason]) => reason === "below-threshold")).toEqual([
      ["BTC", "gate", "bybit", "below-threshold", false],
      ["BTC", "bybit", "okx", "below-threshold", false],
    ]);
    expect(shown(market, select(market, { nearMissCount: 1 }))).toEqual(["BTC gate okx near-miss"]);
  });

  test("two legs that pay the same have no edge in either direction", () => {
    expect(select([venue("gate", at(0.0001)), venue("bybit", at(0.0001))]).dropped).toEqual({ "no-carry": 2 });
  });
});

describe("an open row", () => {
  test("of which a leg is not in the market is not taken for another pair", () => {
    const market = [venue("gate", at(0.0002)), venue("bybit", at(0.0001))];
    for (const gone of [open("BTC", "okx", "gate"), open("BTC", "gate", "okx"), open("BTC", "okx", "kucoin"), open("ETH", "gate", "bybit")])
      expect(shown(market, select(market, { open: [gone], nearMissCount: 0 }))).toEqual([]);
  });

  test("is found among many, in its own direction only", () => {
    const ids = ["gate", "bybit", "okx", "kucoin"];
    const market = ids.map((id) => venue(id, at(0.0001), at(0.0001, { asset: "ETH", symbol: "ETH/USDT:USDT" })));
    for (const long of ids)
      for (const short of ids.filter((id) => id !== long))
        expect(shown(market, select(market, { open: [open("BTC", long, short)] }))).toEqual([`BTC ${long} ${short} open`]);
  });
});

test("a near-miss is ranked by what both of its legs cost to cross", () => {
  const wide = { bid: 99.9, ask: 100.1 }; // 0.002
  const market = [venue("gate", at(0.00019, wide)), venue("okx", at(0.00015)), venue("bybit", at(0.0001))];
  // Gate over Bybit: 21 · 0.00009 − 0.002 − 0.0021 = −0.0022; Okx over Bybit: 21 · 0.00005 − 0.002 − 0.0002 = −0.0012.
  expect(shown(market, select(market, { nearMissCount: 1 }))).toEqual(["BTC bybit okx near-miss"]);
  const bought = [venue("gate", at(0.00019)), venue("okx", at(0.0001, wide)), venue("bybit", at(0.00013))];
  expect(shown(bought, select(bought, { nearMissCount: 1 }))).toEqual(["BTC bybit gate near-miss"]);
});

describe("of any market", () => {
  const figure = (least: number, most: number) =>
    fc.option(
      fc.integer({ min: least, max: most }).map((value) => value / 1e6),
      { freq: 8 },
    );
  const row = fc.record({ rate: figure(-200, 200), fee: figure(0, 1_000), spread: figure(0, 2_000) });
  const marketOf = (rows: readonly { rate: number | null; fee: number | null; spread: number | null }[]) =>
    rows.map(({ rate, fee, spread }, number) => {
      const book = spread === null ? { bid: null, ask: null } : { bid: 100 - spread * 50, ask: 100 + spread * 50 };
      return marketVenue({ id: `venue-${number}`, takerFeeRate: fee, rows: [at(rate, book)] });
    });

  /** Each direction with an edge: its net at half the fees, where what is not known costs nothing, and at all of them. */
  function alone({ count, ratePerHour, funding, takerFee, crossing }: ReturnType<typeof rowFacts>) {
    const of = (column: Float64Array, place: number): number => column[place] ?? Number.NaN;
    const orNothing = (cost: number): number => (Number.isNaN(cost) ? 0 : cost);
    const legs = Array.from({ length: count }, (_, place) => place);
    const directions = legs.flatMap((long) => legs.map((short) => ({ long, short })));
    return directions
      .filter(({ long, short }) => of(ratePerHour, short) > of(ratePerHour, long))
      .map(({ long, short }) => {
        const earned = of(funding, short) - of(funding, long);
        const sum = (column: Float64Array, cost: (value: number) => number): number => cost(of(column, long)) + cost(of(column, short));
        const half = earned - sum(takerFee, orNothing) - sum(crossing, orNothing);
        return { pair: `${long} ${short}`, half, full: earned - 2 * sum(takerFee, Number) - sum(crossing, Number) };
      });
  }

  test("the same pairs are priced, and as many dropped, as if each pair were worked out alone", () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 2, maxLength: 7 }), fc.nat({ max: 4 }), fc.boolean(), (rows, nearMissCount, hasOpen) => {
        const market = marketOf(rows);
        const opened = hasOpen ? [open("BTC", "venue-0", "venue-1")] : [];
        const all = alone(rowFacts(market, REQUEST)).filter(({ pair, half }) => !hasOpen || pair !== "0 1" || half >= 0.001);
        const under = all.filter(({ half }) => !(half >= REQUEST.settings.openNet));
        const near = under.map(({ full }) => full).filter((full) => !Number.isNaN(full));
        const best = near.toSorted((a, b) => b - a).slice(0, nearMissCount);
        const { pairs, dropped } = select(market, { nearMissCount, open: opened });
        const chosen = (why: string) => pairs.filter((pair) => pair.why === why).map(({ long, short }) => `${long.venue} ${short.venue}`);
        // Without a rate the two may not pair, open or not.
        const isPriced = hasOpen && rows[0]?.rate !== null && rows[1]?.rate !== null;
        expect([...chosen("open"), ...chosen("candidate")].includes("0 1")).toBe(
          isPriced || all.some(({ pair, half }) => pair === "0 1" && half >= 0.001),
        );
        expect(chosen("candidate")).toHaveLength(all.length - under.length);
        for (const pair of chosen("candidate")) expect(under.map((each) => each.pair)).not.toContain(pair);
        expect(chosen("near-miss").map((pair) => under.find((each) => each.pair === pair)?.full)).toEqual(best);
        expect(dropped["below-threshold"] ?? 0).toBe(under.length - best.length);
      }),
      { numRuns: 1_000 },
    );
  });
});
