import { describe, expect, it } from "vitest";
import { createMarket } from "../../simulator/market.ts";
import { rowsOf } from "../../simulator/rows.ts";
import { SIMULATED_VENUES } from "../../simulator/venues/registry.ts";
import type { Parsed } from "../../src/venues/adapter.ts";
import { binanceSpot } from "../../src/venues/binance-spot.ts";
import { bybitSpot } from "../../src/venues/bybit-spot.ts";
import { okxSpot } from "../../src/venues/okx-spot.ts";
import { adapterOf } from "../../src/venues/registry.ts";
import { capture, capturesNote, haveCaptures } from "../captures.ts";
import { type Bodies, bySymbol, mustParse, quotesOf, rowsAt } from "./bodies.ts";

const NOW_MS = Date.UTC(2026, 10, 22);

const bybitBody = (list: readonly object[]): object => ({ retCode: 0, retMsg: "OK", result: { category: "spot", list }, time: NOW_MS });
const okxBody = (data: readonly object[]): object => ({ code: "0", msg: "", data });

/** The least that each venue's rows need in order to be named. */
const NAMED: Readonly<Record<string, (name: string) => Bodies>> = {
  "binance-spot": (symbol) => ({ spotBookTicker: [{ symbol, bidPrice: "2" }] }),
  "bybit-spot": (symbol) => ({ spotTickers: bybitBody([{ symbol, bid1Price: "2" }]) }),
  "okx-spot": (instId) => ({ spotTickers: okxBody([{ instType: "SPOT", instId, bidPx: "2" }]) }),
};

function parsed(feed: string, name: string) {
  const adapter = adapterOf(feed);
  const bodies = NAMED[feed]?.(name);
  if (adapter === null || bodies === undefined) throw new Error(`expected a feed of the table, found ${feed}`);
  return mustParse(adapter, bodies, NOW_MS);
}

describe("a spot pair's name becomes one canonical symbol, and its price is per coin", () => {
  it.each([
    ["binance-spot", "BTCUSDT", "BTC/USDT", 1],
    ["binance-spot", "ETHUSDC", "ETH/USDC", 1],
    ["binance-spot", "1000SATSUSDT", "SATS/USDT", 1000],
    ["binance-spot", "1MBABYDOGEUSDT", "BABYDOGE/USDT", 1_000_000],
    ["binance-spot", "PEPEUSDT", "PEPE/USDT", 1],
    ["binance-spot", "1INCHUSDT", "1INCH/USDT", 1],
    ["binance-spot", "USDCUSDT", "USDC/USDT", 1],
    ["binance-spot", "币安人生USDT", "币安人生/USDT", 1],
    ["bybit-spot", "BTCUSDT", "BTC/USDT", 1],
    ["bybit-spot", "1SOLUSDT", "1SOL/USDT", 1],
    ["bybit-spot", "A8USDT", "A8/USDT", 1],
    ["bybit-spot", "SOLUSDC", "SOL/USDC", 1],
    ["okx-spot", "BTC-USDT", "BTC/USDT", 1],
    ["okx-spot", "1INCH-USDC", "1INCH/USDC", 1],
  ])("%s %s → %s", (feed, name, symbol, multiplier) => {
    const [quote] = quotesOf(parsed(feed, name));
    const [, currency] = symbol.split("/");
    expect(quote).toMatchObject({ symbol, kind: "spot", quote: currency, settle: currency, multiplier, bid: 2 / multiplier });
  });

  it.each([
    ["binance-spot", "ETHBTC", "unsupported-settle"],
    ["binance-spot", "BTCFDUSD", "unsupported-settle"],
    ["binance-spot", "USDTTRY", "unsupported-settle"],
    ["binance-spot", "USDT", "bad-symbol"],
    ["bybit-spot", "BTCEUR", "unsupported-settle"],
    ["bybit-spot", "BTC3LUSDT", "not-an-instrument"],
    ["bybit-spot", "EOS2SUSDT", "not-an-instrument"],
    ["okx-spot", "PEOPLE-EUR", "unsupported-settle"],
    ["okx-spot", "BTC-USDT-SWAP", "bad-symbol"],
    ["okx-spot", "-USDT", "bad-symbol"],
  ])("%s %s is refused as %s", (feed, symbol, reason) => {
    expect(parsed(feed, symbol).rejected).toMatchObject([{ symbol, reason }]);
  });
});

describe("what the metadata says of a spot pair", () => {
  const ROWS: Readonly<Record<string, (change: object) => Parsed>> = {
    "binance-spot": (change) => {
      const known = { symbol: "BTCUSDT", status: "TRADING", baseAsset: "BTC", quoteAsset: "USDT", isSpotTradingAllowed: true };
      return mustParse(
        binanceSpot,
        { spotBookTicker: [{ symbol: "BTCUSDT" }], spotExchangeInfo: { symbols: [{ ...known, ...change }] } },
        NOW_MS,
      );
    },
    "bybit-spot": (change) => {
      const known = { symbol: "BTCUSDT", status: "Trading", baseCoin: "BTC", quoteCoin: "USDT", symbolType: "" };
      return mustParse(
        bybitSpot,
        { spotTickers: bybitBody([{ symbol: "BTCUSDT" }]), spotInstruments: bybitBody([{ ...known, ...change }]) },
        NOW_MS,
      );
    },
    "okx-spot": (change) => {
      const known = { instId: "BTC-USDT", state: "live", baseCcy: "BTC", quoteCcy: "USDT", instCategory: "1", expTime: "" };
      return mustParse(
        okxSpot,
        { spotTickers: okxBody([{ instType: "SPOT", instId: "BTC-USDT" }]), spotInstruments: okxBody([{ ...known, ...change }]) },
        NOW_MS,
      );
    },
  };
  const rowOf = (feed: string, change: object): Parsed => {
    const make = ROWS[feed];
    if (make === undefined) throw new Error(`expected a feed of the table, found ${feed}`);
    return make(change);
  };

  it.each([
    ["binance-spot", {}, "trading", null],
    ["binance-spot", { status: "HALT" }, "halted", null],
    ["binance-spot", { status: "BREAK" }, "halted", null],
    ["binance-spot", { isSpotTradingAllowed: false }, "halted", null],
    ["binance-spot", { symbol: "ETHUSDT", baseAsset: "ETH" }, null, null],
    ["bybit-spot", {}, "trading", "crypto"],
    ["bybit-spot", { symbolType: "innovation" }, "trading", "crypto"],
    ["bybit-spot", { symbolType: "xstocks" }, "trading", "equity"],
    ["bybit-spot", { symbolType: "something new" }, "trading", "other"],
    ["bybit-spot", { symbolType: undefined }, "trading", null],
    ["bybit-spot", { symbol: "ETHUSDT", baseCoin: "ETH" }, null, null],
    ["okx-spot", {}, "trading", "crypto"],
    ["okx-spot", { state: "suspend" }, "halted", "crypto"],
    ["okx-spot", { state: "preopen" }, "pre-market", "crypto"],
    ["okx-spot", { expTime: "1795435200000" }, "delisting", "crypto"],
    ["okx-spot", { instCategory: "3" }, "trading", "equity"],
    ["okx-spot", { instCategory: "" }, "trading", null],
    ["okx-spot", { instId: "ETH-USDT", baseCcy: "ETH" }, null, null],
  ])("%s %o: state %s, class %s", (feed, change, state, assetClass) => {
    const { columns } = rowOf(feed, change);
    expect([columns.state[0], columns.assetClass[0]]).toEqual([state, assetClass]);
  });

  it.each([
    ["binance-spot", { status: "SOMETHING_NEW" }, "unknown-state"],
    ["binance-spot", { baseAsset: "WBTC" }, "bad-symbol"],
    ["binance-spot", { filters: [{ filterType: "LOT_SIZE", minQty: "none" }] }, "bad-field"],
    ["bybit-spot", { status: "Closed" }, "unknown-state"],
    ["bybit-spot", { quoteCoin: "USDC" }, "bad-symbol"],
    ["okx-spot", { state: "expired" }, "delisted"],
    ["okx-spot", { state: "test" }, "not-an-instrument"],
    ["okx-spot", { state: "something new" }, "unknown-state"],
    ["okx-spot", { quoteCcy: "USD" }, "bad-symbol"],
  ])("%s %o is refused as %s", (feed, change, reason) => {
    const { columns, rejected } = rowOf(feed, change);
    expect(columns.count).toBe(0);
    expect(rejected).toMatchObject([{ reason }]);
  });
});

/** Printed in documents: evidence of shape, so each is held against the simulated body of its endpoint. */
const SAMPLES: readonly {
  readonly feed: string;
  readonly endpoint: string;
  readonly file: string;
  readonly notPrinted: readonly string[];
}[] = [
  { feed: "binance-spot", endpoint: "spotBookTicker", file: "binance/sample_http_spot_market_book_ticker.json", notPrinted: [] },
  { feed: "bybit-spot", endpoint: "spotTickers", file: "bybit/sample_GetSpotTickers.json", notPrinted: [] },
  {
    feed: "okx-spot",
    endpoint: "spotTickers",
    file: "okx/sample_tickers.json",
    // https://www.okx.com/docs-v5/en/#order-book-trading-market-data-get-tickers
    notPrinted: ["lastSz", "askPx", "askSz", "bidPx", "bidSz", "vol24h", "sodUtc0", "sodUtc8"],
  },
];
const LISTS: readonly (readonly string[])[] = [[], ["result", "list"], ["data"]];

function rowsIn(body: unknown): readonly Readonly<Record<string, unknown>>[] {
  return LISTS.map((path) => rowsAt(body, path)).find((rows) => rows.length > 0) ?? rowsAt([body], []);
}

describe.skipIf(!haveCaptures)(`printed spot bodies${capturesNote}`, () => {
  it.each(SAMPLES)("$feed $endpoint is simulated with the keys and types of $file", ({ feed, endpoint, file, notPrinted }) => {
    const market = createMarket({ seed: 1, venues: SIMULATED_VENUES });
    const venue = SIMULATED_VENUES.find(({ id }) => id === feed);
    const view = { market, nowMs: NOW_MS, priceAtMs: NOW_MS, overrides: new Map(), distortion: null };
    const rows = venue === undefined ? [] : rowsOf(view, venue);
    const { body } = venue?.endpoints
      .find(({ name }) => name === endpoint)
      ?.render({ rows, nowMs: NOW_MS, time: (epochMs) => epochMs, query: new URLSearchParams() }) ?? { body: null };
    const [printed] = rowsIn(capture(file));
    const simulated = rowsIn(body).find((row) => Object.values(row).some((value) => value === "BTCUSDT" || value === "BTC-USDT"));
    expect(Object.keys(simulated ?? {}).sort()).toEqual([...Object.keys(printed ?? {}), ...notPrinted].sort());
    for (const [key, value] of Object.entries(printed ?? {})) {
      const ours = simulated?.[key];
      expect(typeof ours, key).toBe(typeof value);
      const [theirs, mine] = [Number(value), Number(ours)];
      if (!(theirs > 0) || !(mine > 0)) continue;
      const decades = /volume|vol|size|qty|turnover/iu.test(key) ? 4 : 1;
      expect(Math.abs(Math.log10(mine / theirs)), key).toBeLessThan(decades);
    }
  });

  it("binance: the one row of BTCUSDT", () => {
    const rows = mustParse(binanceSpot, { spotBookTicker: capture("binance/sample_http_spot_market_book_ticker.json") }, NOW_MS);
    expect(bySymbol(rows).get("BTCUSDT")).toMatchObject({
      bid: 60_741.67,
      ask: 60_741.68,
      bidSizeBase: 0.3658,
      askSizeBase: 0.45178,
      volume24hUsd: null,
      index: null,
      state: null,
      assetClass: null,
    });
  });

  it("bybit: turnover is the volume in USD, the USD index is no index of the pair", () => {
    const rows = mustParse(bybitSpot, { spotTickers: capture("bybit/sample_GetSpotTickers.json") }, 1_673_859_087_947);
    expect(bySymbol(rows).get("BTCUSDT")).toMatchObject({
      bid: 20_517.96,
      ask: 20_527.77,
      bidSizeBase: 2,
      askSizeBase: 1.862172,
      volume24hUsd: Number("243765620.65899866"),
      index: null,
      replyAtMs: 1_673_859_087_947,
      eventAtMs: null,
    });
  });

  it("okx: volCcy24h is in the quote currency; a pair in euros is refused", () => {
    const rows = mustParse(okxSpot, { spotTickers: capture("okx/sample_tickers.json") }, 1_785_369_600_000);
    expect(bySymbol(rows).get("BTC-USDT")).toMatchObject({ bid: null, ask: null, volume24hUsd: 80_032_000, eventAtMs: 1_785_369_600_000 });
    expect(rows.rejected).toMatchObject([{ symbol: "PEOPLE-EUR", reason: "unsupported-settle" }]);
  });
});

describe("spot figures are per coin and in coins", () => {
  it("binance: a bundle's prices are divided, its sizes and lots multiplied; its book's unit is the bundle", () => {
    const symbol = "1000SATSUSDT";
    const filters = [{ filterType: "LOT_SIZE", minQty: "1.00000000", stepSize: "0.10000000" }];
    const bodies = {
      spotBookTicker: [{ symbol, bidPrice: "0.00003900", bidQty: "5000.00", askPrice: "0.00003901", askQty: "7.00" }],
      spotTicker24hr: [{ symbol, quoteVolume: "1234.5", volume: "9" }],
      spotExchangeInfo: { symbols: [{ symbol, status: "TRADING", baseAsset: "1000SATS", quoteAsset: "USDT", filters }] },
    };
    const rows = mustParse(binanceSpot, bodies, NOW_MS);
    const [quote] = quotesOf(rows);
    expect(quote?.bid).toBeCloseTo(0.000000039, 18);
    expect(quote).toMatchObject({
      symbol: "SATS/USDT",
      bidSizeBase: 5_000_000,
      askSizeBase: 7_000,
      volume24hUsd: 1_234.5,
      minOrderBase: 1_000,
      lotBase: 100,
      state: "trading",
    });
    expect([...rows.bookUnitBase]).toEqual([1000]);
  });
});
