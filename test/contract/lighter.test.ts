import { describe, expect, it } from "vitest";
import { lighter } from "../../src/venues/lighter.ts";
import { capture, capturesNote, haveCaptures } from "../captures.ts";
import { bySymbol, mustParse } from "./bodies.ts";

const NOW_MS = Date.UTC(2026, 10, 22, 12, 34);

const DETAILS = { symbol: "BTC", market_id: 1, market_type: "perp", status: "active", mark_price: "80000", index_price: "79990" };
const parse = (change: object, rates: readonly object[] | null = []) =>
  mustParse(
    lighter,
    {
      orderBookDetails: { code: 200, order_book_details: [{ ...DETAILS, ...change }] },
      ...(rates === null ? {} : { fundingRates: { code: 200, funding_rates: [...OTHERS, ...rates] } }),
    },
    NOW_MS,
  );
const OTHERS = [
  { market_id: 1, symbol: "BTC", exchange: "binance", rate: 0.001 },
  { market_id: 9, symbol: "SOL", exchange: "lighter", rate: 0.002 },
];

describe("Lighter's rates", () => {
  it("are its own among four exchanges', an eighth for one hour, due at the next full hour", () => {
    expect(bySymbol(parse({}, [{ symbol: "BTC", exchange: "lighter", rate: 0.00008 }])).get("1")).toMatchObject({
      fundingRatePerInterval: 0.00001,
      fundingIntervalHours: 1,
      nextFundingAtMs: Date.UTC(2026, 10, 22, 13),
    });
  });

  it("are never another exchange's: without its own row a coin has none", () => {
    expect(bySymbol(parse({})).get("1")?.fundingRatePerInterval).toBeNull();
    expect(bySymbol(parse({}, null)).get("1")?.fundingRatePerInterval).toBeNull();
  });

  it("without one row of its own the body is an error", () => {
    const body = { code: 200, funding_rates: [OTHERS[0]] };
    expect(lighter.endpoints["fundingRates"]?.read(body)).toMatchObject({ ok: false, error: { kind: "empty" } });
  });
});

describe("the taker fee of a market of Lighter", () => {
  it("is in percent, and told where it is not the documented 0", () => {
    const feeOf = (taker_fee?: string) => bySymbol(parse({ taker_fee })).get("1")?.takerFeeRate;
    expect([feeOf("0.0000"), feeOf()]).toEqual([null, null]);
    expect(feeOf("0.0350")).toBeCloseTo(0.00035, 15);
    expect(parse({ taker_fee: "3.5" }).rejected).toMatchObject([{ reason: "bad-field" }, { reason: "no-counterpart" }]);
  });
});

describe("states and types of Lighter", () => {
  it.each([
    [{}, "trading"],
    [{ status: "inactive" }, "halted"],
    [{ market_config: { force_reduce_only: true } }, "halted"],
    [{ market_config: { force_reduce_only: false } }, "trading"],
  ])("%o is %s, of a class that is not known", (change, state) => {
    expect(bySymbol(parse(change)).get("1")).toMatchObject({ state, assetClass: null });
  });

  it.each([
    [{ status: "frozen" }, "unknown-state"],
    [{ status: undefined }, "unknown-state"],
    [{ market_type: "spot" }, "not-perpetual"],
    [{ market_type: "option" }, "unknown-contract-type"],
    [{ market_type: undefined }, "unknown-contract-type"],
    [{ market_id: "1" }, "bad-field"],
    [{ market_id: null }, "bad-field"],
    [{ min_base_amount: "0" }, "bad-field"],
  ])("%o is refused as %s", (change, reason) => {
    expect(parse(change).rejected.filter(({ symbol }) => symbol === "BTC")).toMatchObject([{ reason }]);
  });
});

describe("Lighter's books", () => {
  const order = (order_index: number, price: string, remaining_base_amount: string) => ({ order_index, price, remaining_base_amount });
  const asks = [order(10, "101", "1")];

  it("sum the orders that stand at one price into a level, per coin and in coins", () => {
    const body = { code: 200, bids: [order(1, "100", "2"), order(2, "100", "3"), order(3, "99", "1")], asks };
    expect(lighter.book.read(body, { multiplier: 1000, unitBase: 1000 })).toEqual({
      ok: true,
      value: {
        bids: [
          [0.1, 5000],
          [0.099, 1000],
        ],
        asks: [[0.101, 1000]],
        eventAtMs: null,
      },
    });
  });

  it("with one order twice, or a size that is none, are refused", () => {
    for (const bids of [
      [order(1, "100", "2"), order(1, "100", "2")],
      [order(1, "100", "2"), order(2, "100", "much")],
      [order(1, "100", "2"), order(2, "100", "")],
      [order(1, "100", "2"), order(2, "100", "0")],
    ])
      expect(lighter.book.read({ code: 200, bids, asks }, { multiplier: 1, unitBase: 1 }).ok, JSON.stringify(bids)).toBe(false);
  });
});

describe.skipIf(!haveCaptures)(`figures of Lighter's recorded bodies, worked out by hand${capturesNote}`, () => {
  it("September 2026: the rate of its own row, an eighth; mark, index, open interest; no book", () => {
    const bodies = {
      orderBookDetails: capture("lighter/orderBookDetails_2026-09-19_fragment.json"),
      fundingRates: capture("lighter/funding-rates_2026-09-11.json"),
    };
    const parsed = mustParse(lighter, bodies, NOW_MS);
    // By market_id: 1 is BTC.
    expect(bySymbol(parsed).get("1")).toEqual({
      venue: "lighter",
      symbol: "BTC/USDC:USDC",
      kind: "perpetual",
      asset: "BTC",
      quote: "USDC",
      settle: "USDC",
      multiplier: 1,
      mark: 81468.9,
      index: 81479.3,
      fundingRatePerInterval: 9.599999999999999e-5 / 8, // 0.000012 an hour; Hyperliquid's row there is 6.55096e-05
      fundingIntervalHours: 1,
      nextFundingAtMs: Date.UTC(2026, 10, 22, 13),
      volume24hUsd: 548204182.531075,
      openInterestUsd: 2178.34573 * 81468.9, // 2,178.34573 BTC
      receivedAtMs: NOW_MS,
      state: "trading",
      bid: null,
      ask: null,
      bidSizeBase: null,
      askSizeBase: null,
      quotedNotionalUsd: null,
      fundingCap: null,
      fundingFloor: null,
      lastSettledRatePerInterval: null,
      eventAtMs: null,
      replyAtMs: null,
      minOrderBase: null,
      lotBase: null,
      takerFeeRate: null,
      assetClass: null,
    });
    expect(bySymbol(parsed).get("9")).toMatchObject({ state: "halted", fundingRatePerInterval: null });
    // ETH has a rate and no details in what was recorded.
    expect(parsed.rejected).toMatchObject([{ symbol: "ETH", reason: "no-counterpart" }]);
  });

  it("the 8-hour basis: its row of Hyperliquid is eight times what Hyperliquid paid in that hour", () => {
    const { funding_rates: rates } = capture("lighter/funding-rates_2026-09-11.json") as {
      readonly funding_rates: readonly { readonly exchange: string; readonly rate: number }[];
    };
    const [, contexts] = capture("hyperliquid/metaAndAssetCtxs_2026-09-11.json") as [unknown, readonly { readonly funding: string }[]];
    const theirs = rates.find(({ exchange }) => exchange === "hyperliquid")?.rate ?? Number.NaN;
    expect(theirs / Number(contexts[0]?.funding)).toBeGreaterThan(7);
    expect(theirs / Number(contexts[0]?.funding)).toBeLessThan(9);
  });
});
