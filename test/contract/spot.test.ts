import { describe, expect, it } from "vitest";
import { createMarket } from "../../simulator/market.ts";
import { rowsOf } from "../../simulator/rows.ts";
import { SIMULATED_VENUES } from "../../simulator/venues/registry.ts";
import type { Parsed } from "../../src/venues/adapter.ts";
import { binanceSpot } from "../../src/venues/binance-spot.ts";
import { bybitSpot } from "../../src/venues/bybit-spot.ts";
import { bitgetSpot } from "../../src/venues/bitget-spot.ts";
import { gateSpot } from "../../src/venues/gate-spot.ts";
import { kucoinSpot } from "../../src/venues/kucoin-spot.ts";
import { okxSpot } from "../../src/venues/okx-spot.ts";
import { adapterOf } from "../../src/venues/registry.ts";
import { capture, capturesNote, haveCaptures } from "../captures.ts";
import { type Bodies, bySymbol, mustParse, quotesOf, rowsAt } from "./bodies.ts";

const NOW_MS = Date.UTC(2026, 10, 22);

const bybitBody = (list: readonly object[]): object => ({ retCode: 0, retMsg: "OK", result: { category: "spot", list }, time: NOW_MS });
const okxBody = (data: readonly object[]): object => ({ code: "0", msg: "", data });
const bitgetBody = (data: readonly object[]): object => ({ code: "00000", msg: "success", requestTime: NOW_MS, data });
const kucoinTickers = (ticker: readonly object[]): object => ({ code: "200000", data: { time: NOW_MS - 900, ticker } });
const kucoinBody = (data: readonly object[]): object => ({ code: "200000", data });

/** The least that each venue's rows need in order to be named. */
const NAMED: Readonly<Record<string, (name: string) => Bodies>> = {
  "binance-spot": (symbol) => ({ spotBookTicker: [{ symbol, bidPrice: "2" }] }),
  "bybit-spot": (symbol) => ({ spotTickers: bybitBody([{ symbol, bid1Price: "2" }]) }),
  "okx-spot": (instId) => ({ spotTickers: okxBody([{ instType: "SPOT", instId, bidPx: "2" }]) }),
  "bitget-spot": (symbol) => ({ spotTickers: bitgetBody([{ symbol, bidPr: "2" }]) }),
  "gate-spot": (pair) => ({ spotTickers: [{ currency_pair: pair, highest_bid: "2" }] }),
  "kucoin-spot": (symbol) => ({ spotTickers: kucoinTickers([{ symbol, buy: "2" }]) }),
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
    ["bitget-spot", "BTCUSDT", "BTC/USDT", 1],
    ["bitget-spot", "0GUSDC", "0G/USDC", 1],
    ["bitget-spot", "币安人生USDT", "币安人生/USDT", 1],
    ["gate-spot", "BTC_USDT", "BTC/USDT", 1],
    ["gate-spot", "2Z_USDC", "2Z/USDC", 1],
    ["gate-spot", "B_USDT", "B/USDT", 1],
    ["gate-spot", "1000SATS_USDT", "SATS/USDT", 1000],
    ["kucoin-spot", "BTC-USDT", "BTC/USDT", 1],
    ["kucoin-spot", "1INCH-USDT", "1INCH/USDT", 1],
    ["kucoin-spot", "10000CAT-USDC", "CAT/USDC", 10_000],
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
    ["bitget-spot", "BTCEUR", "unsupported-settle"],
    ["bitget-spot", "BTC3LUSDT", "not-an-instrument"],
    ["bitget-spot", "USDT", "bad-symbol"],
    ["gate-spot", "ETH_BTC", "unsupported-settle"],
    ["gate-spot", "ADA_GUSD", "unsupported-settle"],
    ["gate-spot", "BTC3L_USDT", "not-an-instrument"],
    ["gate-spot", "SOL2S_USDT", "not-an-instrument"],
    ["gate-spot", "BTC_USDT_20261225", "bad-symbol"],
    ["kucoin-spot", "BTC-EUR", "unsupported-settle"],
    ["kucoin-spot", "ETH3S-USDT", "not-an-instrument"],
    ["kucoin-spot", "BTCUSDT", "bad-symbol"],
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
    "bitget-spot": (change) => {
      const known = { symbol: "BTCUSDT", status: "online", baseCoin: "BTC", quoteCoin: "USDT", minTradeAmount: "0", offTime: "" };
      const bodies = { spotTickers: bitgetBody([{ symbol: "BTCUSDT" }]), spotSymbols: bitgetBody([{ ...known, ...change }]) };
      return mustParse(bitgetSpot, bodies, NOW_MS);
    },
    "gate-spot": (change) => {
      const known = { id: "BTC_USDT", base: "BTC", quote: "USDT", trade_status: "tradable", type: "normal", delisting_time: 0 };
      return mustParse(gateSpot, { spotTickers: [{ currency_pair: "BTC_USDT" }], spotPairs: [{ ...known, ...change }] }, NOW_MS);
    },
    "kucoin-spot": (change) => {
      const known = { symbol: "BTC-USDT", baseCurrency: "BTC", quoteCurrency: "USDT", enableTrading: true, callauctionIsEnabled: false };
      const bodies = { spotTickers: kucoinTickers([{ symbol: "BTC-USDT" }]), spotSymbols: kucoinBody([{ ...known, ...change }]) };
      return mustParse(kucoinSpot, bodies, NOW_MS);
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
    ["bitget-spot", {}, "trading", null],
    ["bitget-spot", { status: "halt" }, "halted", null],
    ["bitget-spot", { status: "offline" }, "halted", null],
    ["bitget-spot", { status: "gray" }, "pre-market", null],
    ["bitget-spot", { offTime: "1795435200000" }, "delisting", null],
    ["bitget-spot", { offTime: "-1" }, "trading", null],
    ["bitget-spot", { symbol: "ETHUSDT", baseCoin: "ETH" }, null, null],
    ["gate-spot", {}, "trading", null],
    ["gate-spot", { type: undefined, delisting_time: undefined }, "trading", null],
    ["gate-spot", { trade_status: "untradable" }, "halted", null],
    ["gate-spot", { trade_status: "buyable" }, "halted", null],
    ["gate-spot", { trade_status: "sellable" }, "halted", null],
    ["gate-spot", { type: "premarket" }, "pre-market", null],
    ["gate-spot", { delisting_time: 1_795_435_200 }, "delisting", null],
    ["gate-spot", { id: "ETH_USDT", base: "ETH" }, null, null],
    ["kucoin-spot", {}, "trading", null],
    ["kucoin-spot", { enableTrading: false }, "halted", null],
    ["kucoin-spot", { callauctionIsEnabled: true }, "pre-market", null],
    ["kucoin-spot", { symbol: "ETH-USDT", baseCurrency: "ETH" }, null, null],
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
    ["bitget-spot", { status: "normal" }, "unknown-state"],
    ["bitget-spot", { baseCoin: "WBTC" }, "bad-symbol"],
    ["bitget-spot", { quantityPrecision: "-1" }, "bad-field"],
    ["bitget-spot", { takerFeeRate: "0.1" }, "bad-field"],
    ["gate-spot", { trade_status: "paused" }, "unknown-state"],
    ["gate-spot", { trade_status: undefined }, "unknown-state"],
    ["gate-spot", { type: "something new" }, "unknown-state"],
    ["gate-spot", { quote: "USD" }, "bad-symbol"],
    ["gate-spot", { amount_precision: 2.5 }, "bad-field"],
    ["kucoin-spot", { enableTrading: "yes" }, "unknown-state"],
    ["kucoin-spot", { enableTrading: undefined }, "unknown-state"],
    ["kucoin-spot", { baseCurrency: "XBT" }, "bad-symbol"],
    ["kucoin-spot", { baseIncrement: "0" }, "bad-field"],
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
  { feed: "gate-spot", endpoint: "spotTickers", file: "gate/sample_spot_tickers.json", notPrinted: [] },
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
    const simulated = rowsIn(body).find((row) =>
      Object.values(row).some((value) => value === "BTCUSDT" || value === "BTC-USDT" || value === "BTC_USDT"),
    );
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
  it("bitget: sizes in the base of the name; the pair's own time is none of the book, the reply has a stamp", () => {
    const ticker = { symbol: "BTCUSDT", bidPr: "37583.68", askPr: "37583.69", bidSz: "0.0007", askSz: "0.0829", ts: "1700532903261" };
    const symbol = { symbol: "BTCUSDT", status: "online", baseCoin: "BTC", quoteCoin: "USDT", minTradeAmount: "0", quantityPrecision: "6" };
    const [quote] = quotesOf(
      mustParse(
        bitgetSpot,
        {
          spotTickers: bitgetBody([{ ...ticker, quoteVolume: "519127705.303", baseVolume: "13907.0386" }]),
          spotSymbols: bitgetBody([symbol]),
        },
        NOW_MS,
      ),
    );
    expect(quote).toMatchObject({
      bid: 37_583.68,
      ask: 37_583.69,
      bidSizeBase: 0.0007,
      askSizeBase: 0.0829,
      volume24hUsd: 519_127_705.303,
      minOrderBase: 0,
      lotBase: 0.000001,
      eventAtMs: null,
      replyAtMs: NOW_MS,
      takerFeeRate: null,
    });
  });

  it("gate: the tickers of all pairs have no sizes, and a size is never taken for 0; a token by its etf_ fields is none", () => {
    const ticker = { currency_pair: "BTC_USDT", last: "64000", lowest_ask: "64001", highest_bid: "63999", quote_volume: "80032000" };
    const pair = { id: "BTC_USDT", base: "BTC", quote: "USDT", trade_status: "tradable", min_base_amount: "0.00001", amount_precision: 5 };
    const token = { ...ticker, currency_pair: "BULL_USDT", etf_leverage: "2.91" };
    const rows = mustParse(gateSpot, { spotTickers: [ticker, token], spotPairs: [{ ...pair, fee: "0.2" }] }, NOW_MS);
    expect(quotesOf(rows)[0]).toMatchObject({
      bid: 63_999,
      ask: 64_001,
      bidSizeBase: null,
      askSizeBase: null,
      quotedNotionalUsd: null,
      volume24hUsd: 80_032_000,
      minOrderBase: 0.00001,
      lotBase: 0.00001,
      takerFeeRate: null,
    });
    expect(rows.rejected).toMatchObject([{ symbol: "BULL_USDT", reason: "not-an-instrument" }]);
  });

  it("kucoin: buy is the bid; one time holds for all rows; only the fee of classes B and C is a pair's own", () => {
    const figures = {
      buy: "11328.9",
      sell: "11329",
      bestBidSize: "0.5",
      bestAskSize: "0.25",
      volValue: "25984946.157790431",
      vol: "2282.7",
    };
    const classed = (symbol: string, takerCoefficient: string): object => ({ ...figures, symbol, takerFeeRate: "0.001", takerCoefficient });
    const rows = mustParse(
      kucoinSpot,
      { spotTickers: kucoinTickers([classed("BTC-USDT", "1"), classed("NKN-USDT", "2"), classed("OLD-USDT", "3")]) },
      NOW_MS,
    );
    expect(quotesOf(rows)[0]).toMatchObject({
      bid: 11_328.9,
      ask: 11_329,
      bidSizeBase: 0.5,
      askSizeBase: 0.25,
      volume24hUsd: Number("25984946.157790431"),
      eventAtMs: NOW_MS - 900,
      replyAtMs: null,
      state: null,
    });
    expect(quotesOf(rows).map(({ takerFeeRate }) => takerFeeRate)).toEqual([null, 0.002, 0.003]);
    expect(
      kucoinSpot.endpoints["spotTickers"]?.read({ code: "200000", data: { time: "soon", ticker: [{ symbol: "BTC-USDT" }] } }),
    ).toMatchObject({
      ok: false,
      error: { kind: "bad-shape", path: "$.data.time" },
    });
  });

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
