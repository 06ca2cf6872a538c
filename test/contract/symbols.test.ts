import { describe, expect, it } from "vitest";
import { binance } from "../../src/venues/binance.ts";
import { bitget } from "../../src/venues/bitget.ts";
import { bybit } from "../../src/venues/bybit.ts";
import { bybitSpot } from "../../src/venues/bybit-spot.ts";
import { gate } from "../../src/venues/gate.ts";
import { hyperliquid } from "../../src/venues/hyperliquid.ts";
import type { Parsed } from "../../src/venues/adapter.ts";
import { adapterOf } from "../../src/venues/registry.ts";
import { type Bodies, bySymbol, mustParse, parseBodies } from "./bodies.ts";

const NOW_MS = Date.UTC(2026, 10, 22);

/** The least that each venue's rows need in order to be named: nothing but the name, and what tells linear from inverse. */
const NAMED: Readonly<Record<string, (name: string) => Bodies>> = {
  binance: (symbol) => ({ premiumIndex: [{ symbol, markPrice: "2" }] }),
  bybit: (symbol) => ({ tickers: { retCode: 0, result: { category: "linear", list: [{ symbol, markPrice: "2" }] }, time: NOW_MS } }),
  bitget: (symbol) => ({ tickers: { code: "00000", requestTime: NOW_MS, data: [{ symbol, markPrice: "2" }] } }),
  gate: (name) => ({ contracts: [{ name, type: "direct", status: "trading", mark_price: "2" }] }),
  okx: (instId) => ({
    fundingRate: { code: "0", msg: "", data: [{ instId, instType: instId.includes("XPERP") ? "FUTURES" : "SWAP" }] },
    markPrice: { code: "0", msg: "", data: [{ instId, markPx: "2" }] },
  }),
  kucoin: (symbol) => ({
    contractsActive: {
      code: "200000",
      data: [{ symbol, type: symbol.endsWith("M") ? "FFWCSX" : "FFICSX", isInverse: symbol === "XBTUSDM", markPrice: 2 }],
    },
  }),
  bingx: (symbol) => ({ premiumIndex: { code: 0, msg: "", data: [{ symbol, markPrice: "2" }] } }),
  htx: (contract_code) => ({
    fundingRate: { status: "ok", data: [{ contract_code }], ts: NOW_MS },
    merged: { status: "ok", ticks: [{ contract_code, bid: [2, 1] }], ts: NOW_MS },
  }),
  mexc: (symbol) => ({ fundingRate: { success: true, code: 0, data: [{ symbol, fairPrice: 2 }] } }),
  hyperliquid: (name) => ({ metaAndAssetCtxs: [{ universe: [{ name }] }, [{ markPx: "2" }]] }),
  krakenfutures: (symbol) => ({ tickers: { result: "success", tickers: [{ symbol, tag: "perpetual", markPrice: 2 }] } }),
  paradex: (symbol) => ({ summary: { results: [{ symbol, mark_price: "2" }] } }),
  lighter: (symbol) => ({
    orderBookDetails: { code: 200, order_book_details: [{ symbol, market_id: 7, market_type: "perp", status: "active", mark_price: "2" }] },
  }),
  dydx: (ticker) => ({ perpetualMarkets: { markets: { [ticker]: { ticker, status: "ACTIVE", marketType: "CROSS", oraclePrice: "2" } } } }),
  aster: (symbol) => ({ premiumIndex: [{ symbol, markPrice: "2" }] }),
};

/** Venues that send no mark price in bulk. */
const PRICED_BY_BID: ReadonlySet<string> = new Set(["htx"]);

function parsed(venue: string, name: string) {
  const adapter = adapterOf(venue);
  const bodies = NAMED[venue]?.(name);
  if (adapter === null || bodies === undefined) throw new Error(`expected a venue of the table, found ${venue}`);
  return mustParse(adapter, bodies, NOW_MS);
}

/** The mark, or the index where a venue sends none. */
const priceOf = ({ mark, index }: Parsed["columns"]) => (Number.isNaN(mark[0]) ? index[0] : mark[0]);

describe("a venue's name becomes one canonical symbol, and its price is per coin", () => {
  it.each([
    ["binance", "BTCUSDT", "BTC/USDT:USDT", 1],
    ["binance", "BTCUSDC", "BTC/USDC:USDC", 1],
    ["binance", "1000PEPEUSDT", "PEPE/USDT:USDT", 1000],
    ["binance", "1000000MOGUSDT", "MOG/USDT:USDT", 1_000_000],
    ["binance", "1MBABYDOGEUSDT", "BABYDOGE/USDT:USDT", 1_000_000],
    ["binance", "1INCHUSDT", "1INCH/USDT:USDT", 1],
    ["binance", "2ZUSDT", "2Z/USDT:USDT", 1],
    ["binance", "4USDT", "4/USDT:USDT", 1],
    ["binance", "0GUSDT", "0G/USDT:USDT", 1],
    ["binance", "币安人生USDT", "币安人生/USDT:USDT", 1],
    ["binance", "USDCUSDT", "USDC/USDT:USDT", 1],
    ["bybit", "BTCUSDT", "BTC/USDT:USDT", 1],
    ["bybit", "BTCPERP", "BTC/USDC:USDC", 1],
    ["bybit", "PERPUSDT", "PERP/USDT:USDT", 1],
    ["bybit", "SHIB1000USDT", "SHIB/USDT:USDT", 1000],
    ["bybit", "SHIB1000PERP", "SHIB/USDC:USDC", 1000],
    ["bybit", "1000PEPEUSDT", "PEPE/USDT:USDT", 1000],
    ["bybit", "10000LADYSUSDT", "LADYS/USDT:USDT", 10_000],
    ["bybit", "1000BONKPERP", "BONK/USDC:USDC", 1000],
    ["bybit", "1INCHUSDT", "1INCH/USDT:USDT", 1],
    ["bybit", "4USDT", "4/USDT:USDT", 1],
    ["bitget", "BTCUSDT", "BTC/USDT:USDT", 1],
    ["bitget", "1000BONKUSDT", "BONK/USDT:USDT", 1000],
    ["bitget", "SHIBUSDT", "SHIB/USDT:USDT", 1],
    ["bitget", "1MBABYDOGEUSDT", "BABYDOGE/USDT:USDT", 1_000_000],
    ["bitget", "龙虾USDT", "龙虾/USDT:USDT", 1],
    ["bitget", "1INCHUSDT", "1INCH/USDT:USDT", 1],
    ["bitget", "H100USDT", "H100/USDT:USDT", 1],
    ["gate", "BTC_USDT", "BTC/USDT:USDT", 1],
    ["gate", "PEPE_USDT", "PEPE/USDT:USDT", 1],
    ["gate", "币安人生_USDT", "币安人生/USDT:USDT", 1],
    ["gate", "2Z_USDT", "2Z/USDT:USDT", 1],
    ["gate", "1INCH_USDT", "1INCH/USDT:USDT", 1],
    ["gate", "SOL_USDT", "SOL/USDT:USDT", 1],
    ["okx", "BTC-USDT-SWAP", "BTC/USDT:USDT", 1],
    ["okx", "BTC-USDC-SWAP", "BTC/USDC:USDC", 1],
    ["okx", "PEPE-USDT-SWAP", "PEPE/USDT:USDT", 1],
    ["okx", "1INCH-USDT-SWAP", "1INCH/USDT:USDT", 1],
    ["okx", "4-USDT-SWAP", "4/USDT:USDT", 1],
    ["okx", "币安人生-USDT-SWAP", "币安人生/USDT:USDT", 1],
    ["kucoin", "XBTUSDTM", "BTC/USDT:USDT", 1],
    ["kucoin", "XBTUSDCM", "BTC/USDC:USDC", 1],
    ["kucoin", "AIXBTUSDTM", "AIXBT/USDT:USDT", 1],
    ["kucoin", "1000BONKUSDTM", "BONK/USDT:USDT", 1000],
    ["kucoin", "10000CATUSDTM", "CAT/USDT:USDT", 10_000],
    ["kucoin", "1INCHUSDTM", "1INCH/USDT:USDT", 1],
    ["kucoin", "4USDTM", "4/USDT:USDT", 1],
    ["kucoin", "龙虾USDTM", "龙虾/USDT:USDT", 1],
    ["aster", "BTCUSDT", "BTC/USDT:USDT", 1],
    ["aster", "1000PEPEUSDT", "PEPE/USDT:USDT", 1000],
    ["aster", "1INCHUSDT", "1INCH/USDT:USDT", 1],
    ["aster", "币安人生USDT", "币安人生/USDT:USDT", 1],
    ["mexc", "BTC_USDT", "BTC/USDT:USDT", 1],
    ["mexc", "BTC_USDC", "BTC/USDC:USDC", 1],
    ["mexc", "PEPE_USDT", "PEPE/USDT:USDT", 1],
    ["mexc", "1000000BABYDOGE_USDT", "BABYDOGE/USDT:USDT", 1_000_000],
    ["mexc", "FILECOIN_USDT", "FILECOIN/USDT:USDT", 1],
    ["mexc", "1INCH_USDT", "1INCH/USDT:USDT", 1],
    ["mexc", "4_USDT", "4/USDT:USDT", 1],
    ["mexc", "币安人生_USDT", "币安人生/USDT:USDT", 1],
    ["htx", "BTC-USDT", "BTC/USDT:USDT", 1],
    ["htx", "PEPE-USDT", "PEPE/USDT:USDT", 1],
    ["htx", "1INCH-USDT", "1INCH/USDT:USDT", 1],
    ["htx", "币安人生-USDT", "币安人生/USDT:USDT", 1],
    ["bingx", "BTC-USDT", "BTC/USDT:USDT", 1],
    ["bingx", "BTC-USDC", "BTC/USDC:USDC", 1],
    ["bingx", "1000PEPE-USDT", "PEPE/USDT:USDT", 1000],
    ["bingx", "1000000MOG-USDT", "MOG/USDT:USDT", 1_000_000],
    ["bingx", "NEIROCTO-USDT", "NEIROCTO/USDT:USDT", 1],
    ["bingx", "CROSS-USDT", "CROSS/USDT:USDT", 1],
    ["bingx", "NCSKTSLA2USD-USDT", "NCSKTSLA2USD/USDT:USDT", 1],
    ["bingx", "1INCH-USDT", "1INCH/USDT:USDT", 1],
    ["bingx", "币安人生-USDT", "币安人生/USDT:USDT", 1],
    ["krakenfutures", "PF_XBTUSD", "BTC/USD:USD", 1],
    ["krakenfutures", "PF_PEPEUSD", "PEPE/USD:USD", 1],
    ["krakenfutures", "PF_1INCHUSD", "1INCH/USD:USD", 1],
    ["krakenfutures", "PF_AAPLxUSD", "AAPLx/USD:USD", 1],
    ["krakenfutures", "PF_AIXBTUSD", "AIXBT/USD:USD", 1],
    ["dydx", "BTC-USD", "BTC/USD:USD", 1],
    ["dydx", "PEPE-USD", "PEPE/USD:USD", 1],
    ["dydx", "1INCH-USD", "1INCH/USD:USD", 1],
    ["paradex", "BTC-USD-PERP", "BTC/USD:USDC", 1],
    ["paradex", "kPEPE-USD-PERP", "PEPE/USD:USDC", 1000],
    ["paradex", "1INCH-USD-PERP", "1INCH/USD:USDC", 1],
    ["paradex", "KAS-USD-PERP", "KAS/USD:USDC", 1],
    ["lighter", "BTC", "BTC/USDC:USDC", 1],
    ["lighter", "1000PEPE", "PEPE/USDC:USDC", 1000],
    ["lighter", "1INCH", "1INCH/USDC:USDC", 1],
    ["hyperliquid", "BTC", "BTC/USDC:USDC", 1],
    ["hyperliquid", "kPEPE", "PEPE/USDC:USDC", 1000],
    ["hyperliquid", "KAS", "KAS/USDC:USDC", 1],
    ["hyperliquid", "0G", "0G/USDC:USDC", 1],
    ["hyperliquid", "2Z", "2Z/USDC:USDC", 1],
  ])("%s %s → %s × %d", (venue, name, symbol, multiplier) => {
    const { columns, venueSymbols } = parsed(venue, name);
    const price = PRICED_BY_BID.has(venue) ? columns.bid[0] : priceOf(columns);
    expect({ symbol: columns.symbol, venueSymbols, multiplier: columns.multiplier[0], price }).toEqual({
      symbol: [symbol],
      venueSymbols: [venue === "lighter" ? "7" : name],
      multiplier,
      price: 2 / multiplier,
    });
  });

  it.each([
    ["binance", "BTCUSDT_261225", "not-perpetual"],
    ["binance", "ETHBTC", "unsupported-settle"],
    ["binance", "BTCBUSD", "unsupported-settle"],
    ["binance", "USDT", "bad-symbol"],
    ["bybit", "BTCUSDT-18SEP26", "not-perpetual"],
    ["bybit", "BTC-26DEC25", "not-perpetual"],
    ["bybit", "BTCUSD", "unsupported-settle"],
    ["bybit", "PERP", "bad-symbol"],
    ["bitget", "BTCUSD", "unsupported-settle"],
    ["bitget", "BTCPERP", "unsupported-settle"],
    ["bitget", "ETHUSD_231229", "not-perpetual"],
    ["bitget", "USDT", "bad-symbol"],
    ["gate", "BTC3L_USDT", "not-an-instrument"],
    ["gate", "ETH5S_USDT", "not-an-instrument"],
    ["gate", "BTC_USDT_20260925", "not-perpetual"],
    ["gate", "BTC_USD", "unsupported-settle"],
    ["gate", "BTCUSDT", "bad-symbol"],
    ["okx", "BTC-USD-SWAP", "not-linear"],
    ["okx", "BTC-USD_UM-SWAP", "unsupported-settle"],
    ["okx", "XAU-USD_UM_XPERP-310502", "not-perpetual"],
    ["okx", "BTC-USDT", "bad-symbol"],
    ["okx", "-USDT-SWAP", "bad-symbol"],
    ["okx", "BTC-USDT-SWAP-2", "bad-symbol"],
    ["kucoin", "XBTUSDM", "not-linear"],
    ["kucoin", "XBTMU26", "not-perpetual"],
    ["kucoin", "ETHEURM", "unsupported-settle"],
    ["kucoin", "USDTM", "bad-symbol"],
    ["aster", "BTCUSD", "unsupported-settle"],
    ["aster", "GNSUSD", "unsupported-settle"],
    ["aster", "BTCUSD1", "unsupported-settle"],
    ["aster", "TESTUSDT", "not-an-instrument"],
    ["aster", "TEST1USDT", "not-an-instrument"],
    ["mexc", "BTC_USD", "not-linear"],
    ["mexc", "HYPE_USD1", "unsupported-settle"],
    ["mexc", "BTC_USDT_20261225", "bad-symbol"],
    ["mexc", "BTCUSDT", "bad-symbol"],
    ["mexc", "_USDT", "bad-symbol"],
    ["htx", "BTC-USDT-260918", "not-perpetual"],
    ["htx", "BTC-USD", "not-linear"],
    ["htx", "BTC-HUSD", "unsupported-settle"],
    ["htx", "BTCUSDT", "bad-symbol"],
    ["htx", "-USDT", "bad-symbol"],
    ["bingx", "BTC-USD", "not-linear"],
    ["bingx", "BTC-EUR", "unsupported-settle"],
    ["bingx", "BTC-USDT-260918", "bad-symbol"],
    ["bingx", "BTCUSDT", "bad-symbol"],
    ["bingx", "-USDT", "bad-symbol"],
    ["krakenfutures", "PI_XBTUSD", "not-linear"],
    ["krakenfutures", "FF_XBTUSD_261225", "not-perpetual"],
    ["krakenfutures", "FI_XBTUSD_261225", "not-perpetual"],
    ["krakenfutures", "fi_ethusd_220624", "not-perpetual"],
    ["krakenfutures", "in_xbtusd", "not-an-instrument"],
    ["krakenfutures", "rr_xbtusd", "not-an-instrument"],
    ["krakenfutures", "PF_XBTEUR", "bad-symbol"],
    ["krakenfutures", "PF_USD", "bad-symbol"],
    ["krakenfutures", "XBTUSD", "bad-symbol"],
    ["dydx", "BTC-USDC", "bad-symbol"],
    ["dydx", "-USD", "bad-symbol"],
    ["dydx", "BUFFI,uniswap_v3,0X4C1B-USD", "bad-symbol"],
    ["paradex", "BTC-USD-25JUN27-86000-C", "not-perpetual"],
    ["paradex", "BTC-USD", "not-perpetual"],
    ["paradex", "BTC-EUR-PERP", "bad-symbol"],
    ["paradex", "-USD-PERP", "bad-symbol"],
    ["lighter", "ETH/USDC", "not-perpetual"],
    ["hyperliquid", "xyz:TSLA", "not-an-instrument"],
  ])("%s %s is refused as %s", (venue, name, reason) => {
    const { columns, rejected } = parsed(venue, name);
    expect(columns.count).toBe(0);
    expect(rejected).toMatchObject([{ symbol: name, reason }]);
  });
});

describe("states that decide money", () => {
  const contract = {
    symbol: "BTCUSDT",
    baseAsset: "BTC",
    quoteAsset: "USDT",
    marginAsset: "USDT",
    contractType: "PERPETUAL",
    status: "TRADING",
    underlyingType: "COIN",
  };
  const binanceRow = (change: object) =>
    mustParse(binance, { premiumIndex: [{ symbol: "BTCUSDT" }], exchangeInfo: { symbols: [{ ...contract, ...change }] } }, NOW_MS);

  it.each([
    [{}, "trading", "crypto"],
    [{ status: "PENDING_TRADING" }, "pre-market", "crypto"],
    [{ status: "SETTLING" }, "delisting", "crypto"],
    [{ deliveryDate: 1_795_435_200_000 }, "delisting", "crypto"],
    [{ deliveryDate: 4_133_404_800_000 }, "trading", "crypto"],
    [{ deliveryDate: 4_133_404_800_001 }, "trading", "crypto"],
    [{ status: "TRADING_HALT" }, "halted", "crypto"],
    [{ underlyingType: "PREMARKET" }, "pre-market", null],
    [{ contractType: "TRADIFI_PERPETUAL", underlyingType: "KR_EQUITY" }, "trading", "equity"],
    [{ contractType: "TRADIFI_PERPETUAL", underlyingType: "COIN" }, "trading", "other"],
    [{ underlyingType: "SOMETHING_NEW" }, "trading", "other"],
    [{ underlyingType: null }, "trading", null],
  ])("binance %o", (change, state, assetClass) => {
    const { columns } = binanceRow(change);
    expect([columns.state[0], columns.assetClass[0]]).toEqual([state, assetClass]);
  });

  it.each([
    [{ status: "CLOSE" }, "delisted"],
    [{ status: "SOMETHING_NEW" }, "unknown-state"],
    [{ status: null }, "unknown-state"],
    [{ contractType: "CURRENT_QUARTER" }, "not-perpetual"],
    [{ contractType: "SOMETHING_NEW" }, "unknown-contract-type"],
    [{ marginAsset: "BTC" }, "not-linear"],
    [{ baseAsset: "WBTC" }, "bad-symbol"],
    [{ deliveryDate: 1_795_435_200 }, "bad-field"],
    [{ deliveryDate: 0 }, "bad-field"],
  ])("binance %o is refused as %s", (change, reason) => {
    expect(binanceRow(change).rejected).toMatchObject([{ symbol: "BTCUSDT", reason }]);
  });

  const bybitRow = (ticker: object, instrument: object | null) => {
    const list = [{ symbol: "BTCUSDT", deliveryTime: "0", curPreListingPhase: "", ...ticker }];
    const tickers = { retCode: 0, result: { category: "linear", list }, time: NOW_MS };
    const known = {
      symbol: "BTCUSDT",
      contractType: "LinearPerpetual",
      status: "Trading",
      settleCoin: "USDT",
      symbolType: "",
      ...instrument,
    };
    return mustParse(
      bybit,
      { tickers, ...(instrument === null ? {} : { instruments: { retCode: 0, result: { list: [known] } } }) },
      NOW_MS,
    );
  };

  it.each([
    [{}, null, "trading"],
    [{ curPreListingPhase: "Finished" }, null, "trading"],
    [{ curPreListingPhase: "ContinuousTrading" }, null, "pre-market"],
    [{ deliveryTime: "1795435200000" }, null, "delisting"],
    [{ deliveryTime: "" }, null, null],
    [{ curPreListingPhase: undefined }, null, null],
    [{}, {}, "trading"],
    [{}, { status: "PreLaunch" }, "pre-market"],
    [{}, { status: "Delivering" }, "delisting"],
    [{}, { symbol: "ETHUSDT" }, null],
    [{ deliveryTime: "1795435200000" }, {}, "delisting"],
  ])("bybit ticker %o, instrument %o → %s", (ticker, instrument, state) => {
    expect(bybitRow(ticker, instrument).columns.state).toEqual([state]);
  });

  it.each([
    [{ curPreListingPhase: "SomethingNew" }, null, "unknown-state"],
    [{}, { status: "Closed" }, "delisted"],
    [{}, { status: "SomethingNew" }, "unknown-state"],
    [{}, { contractType: "LinearFutures" }, "not-perpetual"],
    [{}, { contractType: "InversePerpetual" }, "not-linear"],
    [{}, { contractType: "SomethingNew" }, "unknown-contract-type"],
    [{}, { settleCoin: "USDE" }, "unsupported-settle"],
  ])("bybit ticker %o, instrument %o is refused as %s", (ticker, instrument, reason) => {
    expect(bybitRow(ticker, instrument).rejected).toMatchObject([{ symbol: "BTCUSDT", reason }]);
  });

  it.each([
    ["", "crypto"],
    ["innovation", "crypto"],
    ["stock", "equity"],
    ["commodity", "commodity"],
    ["somethingNew", "other"],
  ])("bybit symbolType %o is %s", (symbolType, assetClass) => {
    expect(bybitRow({}, { symbolType }).columns.assetClass).toEqual([assetClass]);
  });

  const gateRow = (change: object) => {
    const row = { name: "BTC_USDT", type: "direct", status: "trading", in_delisting: false, is_pre_market: false, contract_type: "" };
    return mustParse(gate, { contracts: [{ ...row, position_size: 5, ...change }] }, NOW_MS);
  };

  it.each([
    [{}, "trading", "crypto"],
    [{ status: "prelaunch" }, "pre-market", "crypto"],
    [{ is_pre_market: true, contract_type: "stocks" }, "pre-market", "equity"],
    [{ in_delisting: true }, "delisting", "crypto"],
    [{ status: "circuit_breaker" }, "halted", "crypto"],
    [{ contract_type: "metals" }, "trading", "commodity"],
    [{ status: undefined }, null, "crypto"],
    [{ in_delisting: null }, null, "crypto"],
    [{ contract_type: undefined }, "trading", null],
  ])("gate %o", (change, state, assetClass) => {
    const { columns } = gateRow(change);
    expect([columns.state[0], columns.assetClass[0]]).toEqual([state, assetClass]);
  });

  it.each([
    [{ status: "delisted" }, "delisted"],
    [{ in_delisting: true, position_size: 0 }, "delisted"],
    [{ status: "somethingNew" }, "unknown-state"],
    [{ type: "inverse" }, "not-linear"],
    [{ type: "somethingNew" }, "unknown-contract-type"],
    [{ contract_type: "somethingNew" }, "unknown-contract-type"],
    [{ in_delisting: "no" }, "bad-field"],
    [{ funding_next_apply: NOW_MS }, "bad-field"],
    [{ funding_interval: 0 }, "bad-field"],
    [{ quanto_multiplier: "0" }, "bad-field"],
  ])("gate %o is refused as %s", (change, reason) => {
    expect(gateRow(change).rejected).toMatchObject([{ symbol: "BTC_USDT", reason }]);
  });

  const bitgetRow = (change: object) => {
    const known = { symbol: "BTCUSDT", baseCoin: "BTC", quoteCoin: "USDT", symbolType: "perpetual", symbolStatus: "normal", offTime: "-1" };
    const envelope = (data: object[]) => ({ code: "00000", requestTime: NOW_MS, data });
    return mustParse(
      bitget,
      { tickers: envelope([{ symbol: "BTCUSDT" }]), contracts: envelope([{ ...known, isRwa: "NO", ...change }]) },
      NOW_MS,
    );
  };

  it.each([
    [{}, "trading", "crypto"],
    [{ symbolStatus: "listed" }, "pre-market", "crypto"],
    [{ symbolStatus: "maintain" }, "halted", "crypto"],
    [{ symbolStatus: "limit_open" }, "halted", "crypto"],
    [{ symbolStatus: "restrictedAPI" }, "halted", "crypto"],
    [{ offTime: "1795435200000" }, "delisting", "crypto"],
    [{ offTime: "1795435200000", symbolStatus: "limit_open" }, "delisting", "crypto"],
    [{ offTime: "" }, "trading", "crypto"],
    [{ isRwa: "YES" }, "trading", "other"],
    [{ isRwa: "SOMETHING_NEW" }, "trading", "other"],
    [{ isRwa: undefined }, "trading", null],
    [{ symbol: "ETHUSDT", baseCoin: "ETH" }, null, null],
  ])("bitget %o", (change, state, assetClass) => {
    const { columns } = bitgetRow(change);
    expect([columns.state[0], columns.assetClass[0]]).toEqual([state, assetClass]);
  });

  it.each([
    [{ symbolStatus: "off" }, "delisted"],
    [{ symbolStatus: "online" }, "unknown-state"],
    [{ symbolStatus: null }, "unknown-state"],
    [{ symbolType: "delivery" }, "not-perpetual"],
    [{ symbolType: "SOMETHING_NEW" }, "unknown-contract-type"],
    [{ quoteCoin: "USDC" }, "unsupported-settle"],
    [{ baseCoin: "WBTC" }, "bad-symbol"],
    [{ offTime: "soon" }, "bad-field"],
    [{ minTradeNum: "0" }, "bad-field"],
  ])("bitget %o is refused as %s", (change, reason) => {
    expect(bitgetRow(change).rejected).toMatchObject([{ symbol: "BTCUSDT", reason }]);
  });

  it("a delisted row carries the canonical symbol, its multiplier taken off", () => {
    const canonical = (parsed: Parsed) => parsed.rejected.map((row) => row.canonical);
    expect(canonical(binanceRow({ status: "CLOSE" }))).toEqual(["BTC/USDT:USDT"]);
    expect(canonical(bybitRow({}, { status: "Closed" }))).toEqual(["BTC/USDT:USDT"]);
    expect(canonical(bitgetRow({ symbolStatus: "off" }))).toEqual(["BTC/USDT:USDT"]);
    const bonk = [{ universe: [{ name: "kBONK", isDelisted: true }] }, [{}]];
    expect(canonical(mustParse(hyperliquid, { metaAndAssetCtxs: bonk }, NOW_MS))).toEqual(["BONK/USDC:USDC"]);
  });

  it("bybit: tickers of another category are a bad shape", () => {
    for (const [adapter, name] of [
      [bybit, "tickers"],
      [bybitSpot, "spotTickers"],
    ] as const) {
      const read = adapter.endpoints[name]?.read({
        retCode: 0,
        result: { category: "inverse", list: [{ symbol: "BTCUSDT" }] },
        time: NOW_MS,
      });
      expect(read).toMatchObject({ ok: false, error: { kind: "bad-shape", path: "$.result.category" } });
    }
  });

  it("hyperliquid: isDelisted must be true, false or absent", () => {
    const row = (coin: object) => mustParse(hyperliquid, { metaAndAssetCtxs: [{ universe: [{ name: "BTC", ...coin }] }, [{}]] }, NOW_MS);
    expect(row({}).columns.state).toEqual(["trading"]);
    expect(row({ isDelisted: false }).columns.state).toEqual(["trading"]);
    expect(row({ isDelisted: true }).rejected).toMatchObject([{ reason: "delisted" }]);
    expect(row({ isDelisted: "true" }).rejected).toMatchObject([{ reason: "unknown-state" }]);
  });
});

describe("figures that must not be taken for others", () => {
  it("an exact zero stays zero, an empty string is missing", () => {
    const row = (lastFundingRate: string) => mustParse(binance, { premiumIndex: [{ symbol: "BTCUSDT", lastFundingRate }] }, NOW_MS);
    expect(bySymbol(row("0.00000000")).get("BTCUSDT")?.fundingRatePerInterval).toBe(0);
    expect(bySymbol(row("")).get("BTCUSDT")?.fundingRatePerInterval).toBeNull();
  });

  it("binance: 8 h only for a symbol that fundingInfo, once fetched and sound, does not list", () => {
    const interval = (fundingInfo: unknown) => {
      const bodies = { premiumIndex: [{ symbol: "BTCUSDT" }], ...(fundingInfo === null ? {} : { fundingInfo }) };
      const rows = parseBodies(binance, bodies, NOW_MS);
      return rows.ok
        ? (bySymbol(rows.value).get("BTCUSDT")?.fundingIntervalHours ?? rows.value.rejected[0]?.reason ?? null)
        : rows.error.kind;
    };
    expect(interval(null)).toBeNull();
    expect(interval([{ symbol: "ETHUSDT", fundingIntervalHours: 4 }])).toBe(8);
    expect(interval([{ symbol: "BTCUSDT", fundingIntervalHours: 1 }])).toBe(1);
    expect(interval([{ symbol: "BTCUSDT" }])).toBeNull();
    expect(interval([{ symbol: "BTCUSDT", fundingIntervalHours: 0 }])).toBe("bad-field");
    expect(
      interval([
        { symbol: "BTCUSDT", fundingIntervalHours: 4 },
        { symbol: "BTCUSDT", fundingIntervalHours: 8 },
      ]),
    ).toBe("bad-field");
    expect(interval([{ fundingIntervalHours: 4 }])).toBe("bad-shape");
  });

  it("a row that only one of two hot bodies has is never completed from elsewhere", () => {
    const bodies = {
      premiumIndex: [{ symbol: "BTCUSDT", markPrice: "2" }],
      bookTicker: [{ symbol: "ETHUSDT", bidPrice: "1", askPrice: "1" }],
    };
    const { columns, rejected } = mustParse(binance, bodies, NOW_MS);
    expect([columns.symbol, [...columns.bid]]).toEqual([["BTC/USDT:USDT"], [Number.NaN]]);
    expect(rejected).toMatchObject([{ symbol: "ETHUSDT", reason: "no-counterpart" }]);
  });

  it("hyperliquid: lists of unequal length cannot be zipped", () => {
    const body = [{ universe: [{ name: "BTC" }, { name: "ETH" }] }, [{}]];
    expect(parseBodies(hyperliquid, { metaAndAssetCtxs: body }, NOW_MS)).toMatchObject({ ok: false, error: { kind: "bad-shape" } });
  });
});

describe("pages of Bybit's instruments", () => {
  const page = (symbol: string, nextPageCursor: string | null) => ({ retCode: 0, result: { list: [{ symbol }], nextPageCursor } });
  const { instruments } = bybit.endpoints;

  it("follow the cursor as it was sent, to the end", () => {
    expect(instruments?.nextPath?.(page("A", "first%3DA%26last%3DB"))).toBe(`${instruments?.path}&cursor=first%3DA%26last%3DB`);
    expect(instruments?.nextPath?.(page("A", "a&b=c"))).toBe(`${instruments?.path}&cursor=a%26b%3Dc`);
    expect(instruments?.nextPath?.(page("A", ""))).toBeNull();
    expect(instruments?.nextPath?.(page("A", null))).toBeNull();
  });

  it("are merged into one table", () => {
    const [first, next] = [page("AUSDT", "x"), page("BUSDT", "")].map((body) => instruments?.read(body));
    const merged = first?.ok === true && next?.ok === true ? instruments?.mergePages?.(first.value, next.value) : null;
    expect(merged instanceof Map && [...merged.keys()]).toEqual(["AUSDT", "BUSDT"]);
  });
});
