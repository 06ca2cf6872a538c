import { describe, expect, it } from "vitest";
import type { Quote } from "../../src/domain/quote.ts";
import { binance } from "../../src/venues/binance.ts";
import { bybit } from "../../src/venues/bybit.ts";
import { gate } from "../../src/venues/gate.ts";
import { hyperliquid } from "../../src/venues/hyperliquid.ts";
import { capture, capturesNote, haveCaptures } from "../captures.ts";
import { type Bodies, bySymbol, mustParse, rowsAt } from "./bodies.ts";
import type { VenueAdapter } from "../../src/venues/adapter.ts";

/** Bybit's stamp; the other captures of 2026-09-11 were taken about the same time. */
const SEPTEMBER_11_MS = 1_789_147_120_443;

/** Rows of recorded bodies, by the venue's own symbol. */
function rowsOf(adapter: VenueAdapter, files: Readonly<Record<string, string>>, nowMs = SEPTEMBER_11_MS): (symbol: string) => Quote {
  const bodies: Bodies = Object.fromEntries(Object.entries(files).map(([name, file]) => [name, capture(file)]));
  const rows = bySymbol(mustParse(adapter, bodies, nowMs));
  return (symbol) => {
    const row = rows.get(symbol);
    if (row === undefined) throw new Error(`expected a row ${symbol}, found ${[...rows.keys()].join(", ")}`);
    return row;
  };
}

const nothing = (...fields: (keyof Quote)[]): Partial<Record<keyof Quote, null>> =>
  Object.fromEntries(fields.map((field) => [field, null]));

describe.skipIf(!haveCaptures)(`figures of recorded bodies, worked out by hand${capturesNote}`, () => {
  it("binance, 2026-09-13: rate, next time, mark, index; the interval from fundingInfo", () => {
    const row = rowsOf(
      binance,
      { premiumIndex: "binance/fapi_v1_premiumIndex_2026-09-13.json", fundingInfo: "binance/fapi_v1_fundingInfo_2026-09-13.json" },
      1_789_308_900_000,
    );
    expect(row("BTCUSDT")).toEqual({
      venue: "binance",
      takerFeeRate: null,
      symbol: "BTC/USDT:USDT",
      kind: "perpetual",
      asset: "BTC",
      quote: "USDT",
      settle: "USDT",
      multiplier: 1,
      mark: 76979.73397101, // "76979.73397101"
      index: 77007.74782609, // "77007.74782609"
      fundingRatePerInterval: 0.0000668, // "0.00006680"
      fundingIntervalHours: 8,
      nextFundingAtMs: Date.UTC(2026, 8, 13, 16), // 1789315200000
      eventAtMs: 1_789_308_896_002,
      receivedAtMs: 1_789_308_900_000,
      // bookTicker, ticker24hr and exchangeInfo of that day were not recorded; fundingInfo came without caps.
      ...nothing("bid", "ask", "bidSizeBase", "askSizeBase", "volume24hUsd", "assetClass", "state", "minOrderBase", "lotBase"),
      ...nothing("fundingCap", "fundingFloor", "openInterestUsd", "quotedNotionalUsd", "lastSettledRatePerInterval", "replyAtMs"),
    });
    expect(row("LPTUSDT")).toMatchObject({ fundingIntervalHours: 4, fundingRatePerInterval: 0.00005 });
    expect(row("ETHUSDT")).toMatchObject({ fundingIntervalHours: 8, fundingRatePerInterval: -0.00001791 });
  });

  it("binance, October 2020 with metadata of 2025: book, volume, lots, class; 8 h where fundingInfo does not list the symbol", () => {
    const files = {
      premiumIndex: "binance/fapi_v1_premiumIndex_recorded.json",
      bookTicker: "binance/fapi_v1_ticker_bookTicker_recorded.json",
      ticker24hr: "binance/fapi_v1_ticker_24hr_recorded.json",
    };
    const eos = {
      mark: 2.59828765,
      index: 2.59732255,
      bid: 2.601, // "2.601"
      ask: 2.602, // "2.602"
      bidSizeBase: 6816.8,
      askSizeBase: 7045.9,
      volume24hUsd: 58711677.59, // quoteVolume "58711677.590"
      fundingRatePerInterval: 0.0001,
      nextFundingAtMs: 1_602_835_200_000,
      eventAtMs: 1_602_819_970_000, // premiumIndex, older than the book's 1602820275949
    };
    expect(rowsOf(binance, files)("EOSUSDT")).toMatchObject({ ...eos, fundingIntervalHours: null, state: null });
    const withMetadata = {
      ...files,
      fundingInfo: "binance/fapi_v1_fundingInfo_recorded.json",
      exchangeInfo: "binance/fapi_v1_exchangeInfo_recorded.json",
    };
    // Not in fundingInfo: 8 h by the documents. Not in exchangeInfo: nothing is known of its state.
    expect(rowsOf(binance, withMetadata)("EOSUSDT")).toMatchObject({ ...eos, fundingIntervalHours: 8, state: null, assetClass: null });
  });

  it("binance, metadata of 2025: state, class, lot, cap of symbols that it lists", () => {
    // The recorded premiumIndex has none of them; a row of their names and nothing else shows what the metadata gives.
    const bodies = {
      premiumIndex: ["BTCUSDT", "BATUSDT"].map((symbol) => ({ symbol })),
      fundingInfo: capture("binance/fapi_v1_fundingInfo_recorded.json"),
      exchangeInfo: capture("binance/fapi_v1_exchangeInfo_recorded.json"),
    };
    const rows = bySymbol(mustParse(binance, bodies, SEPTEMBER_11_MS));
    expect(rows.get("BTCUSDT")).toMatchObject({
      state: "trading",
      assetClass: "crypto",
      minOrderBase: 0.001, // LOT_SIZE minQty "0.001"
      lotBase: 0.001, // stepSize "0.001"
      fundingIntervalHours: 8,
      ...nothing("mark", "index", "fundingRatePerInterval", "nextFundingAtMs", "fundingCap", "bid", "eventAtMs"),
    });
    const bat = rowsAt(bodies.fundingInfo, []).find(({ symbol }) => symbol === "BATUSDT");
    expect(rows.get("BATUSDT")).toMatchObject({
      fundingIntervalHours: bat?.["fundingIntervalHours"],
      fundingCap: Number(bat?.["adjustedFundingRateCap"]),
      fundingFloor: Number(bat?.["adjustedFundingRateFloor"]),
    });
  });

  it("binance: the 451 body is a location block, at any status", () => {
    const body = capture("binance/geo_blocked_451.json");
    expect(binance.errorIn(body, 451)).toMatchObject({ kind: "geo-blocked", status: 451 });
    for (const endpoint of Object.values(binance.endpoints))
      expect(endpoint.read(body)).toMatchObject({ ok: false, error: { kind: "geo-blocked" } });
  });

  it("bybit, 2026-09-11: everything from one body", () => {
    const row = rowsOf(bybit, { tickers: "bybit/v5_market_tickers_linear_2026-09-11.json" });
    expect(row("BTCUSDT")).toEqual({
      venue: "bybit",
      takerFeeRate: null,
      symbol: "BTC/USDT:USDT",
      kind: "perpetual",
      asset: "BTC",
      quote: "USDT",
      settle: "USDT",
      state: "trading",
      multiplier: 1,
      bid: 77766.7,
      ask: 77766.8,
      bidSizeBase: 0.181,
      askSizeBase: 2.763,
      mark: 77766.7,
      index: 77797.59,
      fundingRatePerInterval: 0.00004936,
      fundingIntervalHours: 8,
      nextFundingAtMs: Date.UTC(2026, 8, 12), // "1789171200000"
      fundingCap: 0.00333,
      volume24hUsd: 6285417277.3039, // turnover24h
      openInterestUsd: 2071038505.15, // singleOpenInterestValue, half of openInterestValue "4142076932.53"
      replyAtMs: 1_789_147_120_443, // the envelope's time is of the reply, so there is no time of book or rate
      receivedAtMs: SEPTEMBER_11_MS,
      ...nothing("assetClass", "eventAtMs", "minOrderBase", "lotBase", "fundingFloor", "quotedNotionalUsd", "lastSettledRatePerInterval"),
    });
    expect(row("0GUSDT")).toMatchObject({ asset: "0G", multiplier: 1, fundingIntervalHours: 4, state: "trading" }); // phase "Finished"
    expect(row("1000BONKPERP")).toMatchObject({
      symbol: "BONK/USDC:USDC",
      multiplier: 1000,
      bid: 0.002762 / 1000,
      ask: 0.002765 / 1000,
      bidSizeBase: 19560 * 1000,
      askSizeBase: 20010 * 1000,
      mark: 0.002769 / 1000,
      index: 0.002769 / 1000,
      fundingRatePerInterval: -0.00022725,
      openInterestUsd: 85764.9,
    });
    const parsed = mustParse(bybit, { tickers: capture("bybit/v5_market_tickers_linear_2026-09-11.json") }, SEPTEMBER_11_MS);
    expect(parsed.rejected).toMatchObject([{ symbol: "BTCUSDT-18SEP26", reason: "not-perpetual" }]);
  });

  it("bybit, 2023-08-16: all 259 rows, of which 14 are dated; what that schema lacks is missing", () => {
    const body = capture("bybit/v5_market_tickers_linear_2023-08-16_FULL.json");
    const { columns, rejected, venueSymbols } = mustParse(bybit, { tickers: body }, 1_692_163_167_245);
    expect([columns.count, rejected.length]).toEqual([245, 14]);
    expect(rejected.every(({ symbol, reason }) => symbol.includes("-") && reason === "not-perpetual")).toBe(true);
    for (const name of ["fundingIntervalHours", "fundingCap", "openInterestUsd"] as const) {
      expect([...columns[name]].every(Number.isNaN), name).toBe(true);
    }
    expect(columns.state.every((state) => state === null)).toBe(true);

    const wire = new Map(rowsAt(body, ["result", "list"]).map((row) => [row["symbol"], row]));
    for (const [row, symbol] of venueSymbols.entries()) {
      const sent = (field: string): number => Number(wire.get(symbol)?.[field]);
      const multiplier = columns.multiplier[row] ?? 0;
      expect(columns.bid[row]).toBe(sent("bid1Price") / multiplier);
      expect(columns.ask[row]).toBe(sent("ask1Price") / multiplier);
      expect(columns.bidSizeBase[row]).toBe(sent("bid1Size") * multiplier);
      expect(columns.fundingRatePerInterval[row]).toBe(sent("fundingRate"));
      expect(columns.nextFundingAtMs[row]).toBe(sent("nextFundingTime"));
      expect(columns.volume24hUsd[row]).toBe(sent("turnover24h"));
    }
    const times1000 = venueSymbols.flatMap((symbol, row) =>
      columns.multiplier[row] === 1 ? [] : [[symbol, columns.symbol[row], columns.multiplier[row]]],
    );
    expect(times1000).toEqual([
      ["10000LADYSUSDT", "LADYS/USDT:USDT", 10_000],
      ["10000NFTUSDT", "NFT/USDT:USDT", 10_000],
      ["1000BONKUSDT", "BONK/USDT:USDT", 1000],
      ["1000BTTUSDT", "BTT/USDT:USDT", 1000],
      ["1000FLOKIUSDT", "FLOKI/USDT:USDT", 1000],
      ["1000LUNCUSDT", "LUNC/USDT:USDT", 1000],
      ["1000PEPEUSDT", "PEPE/USDT:USDT", 1000],
      ["1000XECUSDT", "XEC/USDT:USDT", 1000],
      ["SHIB1000USDT", "SHIB/USDT:USDT", 1000],
    ]);
  });

  it("bybit, instruments as documented: class, lots, agreement of the states", () => {
    const tickers = capture("bybit/v5_market_tickers_linear_2026-09-11.json");
    const instruments = capture("bybit/sample_http_get_instruments_linear.json");
    const rows = bySymbol(mustParse(bybit, { tickers, instruments }, SEPTEMBER_11_MS));
    expect(rows.get("BTCUSDT")).toMatchObject({ state: "trading", minOrderBase: 0.001, lotBase: 0.001, assetClass: null });
    expect(rows.get("0GUSDT")).toMatchObject({ state: null, assetClass: null }); // not among them
  });

  it("gate, 2026-09-11: contracts become coins, seconds become ms", () => {
    const row = rowsOf(gate, {
      contracts: "gate/futures_usdt_contracts_2026-09-11.json",
      tickers: "gate/futures_usdt_tickers_2026-09-11.json",
    });
    expect(row("BTC_USDT")).toEqual({
      venue: "gate",
      takerFeeRate: null,
      symbol: "BTC/USDT:USDT",
      kind: "perpetual",
      asset: "BTC",
      quote: "USDT",
      settle: "USDT",
      assetClass: "crypto",
      state: "trading",
      multiplier: 1,
      bid: 77763.7,
      ask: 77765.3,
      bidSizeBase: 2776 * 0.0001, // highest_size · quanto_multiplier
      askSizeBase: 36039 * 0.0001,
      mark: 77762.8, // of contracts, not the ticker's 77755.8
      index: 77790.63,
      fundingRatePerInterval: 0.000016,
      fundingIntervalHours: 28800 / 3600,
      nextFundingAtMs: 1_789_171_200 * 1000,
      fundingCap: 0.003,
      volume24hUsd: 7031702789,
      openInterestUsd: 320443501 * 0.0001 * 77762.8, // position_size, one-sided: half of total_size "640887002"
      minOrderBase: 1 * 0.0001,
      lotBase: 0.0001, // whole contracts
      receivedAtMs: SEPTEMBER_11_MS,
      ...nothing("eventAtMs", "replyAtMs", "fundingFloor", "quotedNotionalUsd", "lastSettledRatePerInterval"),
    });
    expect(row("ETH_USDT")).toMatchObject({ askSizeBase: 30562.2 * 0.01, minOrderBase: 0, lotBase: null }); // decimal sizes, step not sent
    expect(row("2Z_USDT")).toMatchObject({
      asset: "2Z",
      fundingIntervalHours: 4,
      bidSizeBase: 11 * 100,
      askSizeBase: 9 * 100,
      lotBase: 100,
    });
    expect(row("ANDURIL_USDT")).toMatchObject({
      state: "pre-market",
      assetClass: "equity",
      fundingRatePerInterval: 0,
      fundingCap: 0.000001,
    });
  });

  it("hyperliquid, 2026-09-11: hourly rate, impact prices with their notional, the next full hour", () => {
    const row = rowsOf(hyperliquid, { metaAndAssetCtxs: "hyperliquid/metaAndAssetCtxs_2026-09-11.json" });
    expect(row("BTC")).toEqual({
      venue: "hyperliquid",
      takerFeeRate: null,
      symbol: "BTC/USDC:USDC",
      kind: "perpetual",
      asset: "BTC",
      quote: "USDC",
      settle: "USDC",
      assetClass: "crypto",
      state: "trading",
      multiplier: 1,
      bid: 77748, // impactPxs[0]
      ask: 77775.4, // impactPxs[1]
      quotedNotionalUsd: 20_000,
      mark: 77748,
      index: 77783.3,
      fundingRatePerInterval: 0.0000083651,
      fundingIntervalHours: 1,
      nextFundingAtMs: Date.UTC(2026, 8, 11, 18), // the recording is of 17:18:40 UTC
      volume24hUsd: Number("3571973656.4438381195"),
      openInterestUsd: 35818.6831799999 * 77748,
      lotBase: 0.00001, // szDecimals 5
      receivedAtMs: SEPTEMBER_11_MS,
      ...nothing(
        "bidSizeBase",
        "askSizeBase",
        "fundingCap",
        "fundingFloor",
        "minOrderBase",
        "eventAtMs",
        "replyAtMs",
        "lastSettledRatePerInterval",
      ),
    });
    expect(new Date(SEPTEMBER_11_MS).toISOString()).toBe("2026-09-11T17:18:40.443Z");
    const parsed = mustParse(hyperliquid, { metaAndAssetCtxs: capture("hyperliquid/metaAndAssetCtxs_2026-09-11.json") }, SEPTEMBER_11_MS);
    expect(parsed.rejected).toMatchObject([{ symbol: "MATIC", reason: "delisted", canonical: "MATIC/USDC:USDC" }]);
  });

  it("hyperliquid: exactly at the hour the next payment is an hour away", () => {
    const body = { metaAndAssetCtxs: capture("hyperliquid/metaAndAssetCtxs_2026-09-11.json") };
    const next = (nowMs: number) => bySymbol(mustParse(hyperliquid, body, nowMs)).get("BTC")?.nextFundingAtMs;
    const hour = Date.UTC(2026, 8, 11, 18);
    expect([next(hour - 1), next(hour)]).toEqual([hour, hour + 3_600_000]);
  });
});
