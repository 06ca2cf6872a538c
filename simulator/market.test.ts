import { describe, expect, test } from "vitest";
import { createMarket, type Market } from "./market.ts";
import type { MarketRow } from "./listing.ts";
import { PLANTED } from "./planted.ts";
import { rowsOf, type View } from "./rows.ts";
import { TRAPS } from "./traps.ts";
import { SIMULATED_VENUES } from "./venues/registry.ts";

const NOW_MS = Date.UTC(2026, 10, 22, 12, 34, 56, 789);
const viewOf = (market: Market, nowMs = NOW_MS): View => ({ market, nowMs, priceAtMs: nowMs, overrides: new Map(), distortion: null });
const allRows = (view: View): readonly MarketRow[] => SIMULATED_VENUES.flatMap((venue) => rowsOf(view, venue));
const isCoin = (row: MarketRow): boolean =>
  row.state === "trading" && row.listing.kind === "perpetual" && row.listing.coin.class === "crypto" && row.listing.quote !== "BTC";

const isSpotPair = (row: MarketRow): boolean =>
  row.state === "trading" && row.listing.kind === "spot" && ["USDT", "USDC"].includes(row.listing.quote);

const market = createMarket({ seed: 1, venues: SIMULATED_VENUES });
const rows = allRows(viewOf(market));

describe("the simulated market", () => {
  test("has at least 500 coins on at least two venues", () => {
    const venuesOf = new Map<string, Set<string>>();
    for (const row of rows.filter(isCoin))
      venuesOf.set(row.listing.coin.id, (venuesOf.get(row.listing.coin.id) ?? new Set()).add(row.listing.venue));
    expect([...venuesOf.values()].filter((venues) => venues.size >= 2).length).toBeGreaterThanOrEqual(500);
  });

  test("comes to 9,000 rows with the coins that benches take", () => {
    const { listings } = createMarket({ seed: 1, venues: SIMULATED_VENUES, coins: 750 });
    expect([...listings.values()].reduce((sum, list) => sum + list.length, 0)).toBeGreaterThanOrEqual(9_000);
  });

  test("names each instrument of a venue once", () => {
    for (const venue of SIMULATED_VENUES) {
      const symbols = rowsOf(viewOf(market), venue).map((row) => row.symbol);
      expect(new Set(symbols).size).toBe(symbols.length);
    }
  });

  test("has spot pairs that pay nothing, of the most traded coins at every spot market", () => {
    const spot = rows.filter((row) => row.listing.kind === "spot");
    expect(new Set(spot.map((row) => row.listing.venue))).toEqual(
      new Set(["binance-spot", "bybit-spot", "okx-spot", "bitget-spot", "gate-spot", "kucoin-spot"]),
    );
    for (const row of spot) expect(row.rate, row.symbol).toBe(0);
    for (const [feed, name] of [
      ["binance-spot", "ETHUSDT"],
      ["bybit-spot", "ETHUSDT"],
      ["okx-spot", "ETH-USDT"],
      ["bitget-spot", "ETHUSDT"],
      ["gate-spot", "ETH_USDT"],
      ["kucoin-spot", "ETH-USDT"],
    ])
      expect(spot.filter((row) => row.listing.venue === feed).map((row) => row.symbol)).toContain(name);
    expect(spot.map((row) => row.symbol)).toEqual(expect.arrayContaining(["1000SATSUSDT", "1MBABYDOGEUSDT", "BONKUSDT"]));
  });

  test("holds coins that are quoted by the thousand and million, names that start with digits, and a name that is not ASCII", () => {
    const symbols = (venue: string): readonly string[] => rows.filter((row) => row.listing.venue === venue).map((row) => row.symbol);
    expect(symbols("binance")).toEqual(
      expect.arrayContaining([
        "1000BONKUSDT",
        "1000SHIBUSDT",
        "1000FLOKIUSDT",
        "1000000MOGUSDT",
        "1MBABYDOGEUSDT",
        "1INCHUSDT",
        "4USDT",
        "币安人生USDT",
        "BTCUSDC",
      ]),
    );
    expect(symbols("bybit")).toEqual(
      expect.arrayContaining(["1000PEPEUSDT", "SHIB1000USDT", "0GUSDT", "2ZUSDT", "BTCPERP", "1000BONKPERP"]),
    );
    expect(symbols("gate")).toEqual(expect.arrayContaining(["BONK_USDT", "MOG_USDT", "2Z_USDT", "0G_USDT", "币安人生_USDT", "BTC3L_USDT"]));
    expect(symbols("okx")).toEqual(expect.arrayContaining(["BONK-USDT-SWAP", "4-USDT-SWAP", "BTC-USDC-SWAP", "BTC-USD-SWAP"]));
    expect(symbols("kucoin")).toEqual(
      expect.arrayContaining(["XBTUSDTM", "XBTUSDCM", "XBTUSDM", "1000BONKUSDTM", "10000LADYSUSDTM", "SHIBUSDTM", "4USDTM"]),
    );
    expect(symbols("hyperliquid")).toEqual(expect.arrayContaining(["kPEPE", "kBONK", "kSHIB", "kFLOKI", "BTC"]));
  });

  test("keeps a coin's prices within 10 basis points of each other on all venues", () => {
    const prices = new Map<string, number[]>();
    for (const row of rows.filter((each) => isCoin(each) || isSpotPair(each))) {
      const mid = (row.bid + row.ask) / 2 / row.listing.multiplier;
      prices.set(row.listing.coin.id, [...(prices.get(row.listing.coin.id) ?? []), mid]);
    }
    // Some traps stand on purpose at prices that one coin cannot have; a planted price gap stands apart as well.
    for (const { coin, legs } of TRAPS) if (Object.values(legs).some((leg) => leg.priceFactor !== undefined)) prices.delete(coin.id);
    for (const { asset, strategy } of PLANTED) if (strategy === "price") prices.delete(asset);
    for (const [coin, list] of prices) expect(Math.max(...list) / Math.min(...list) - 1, coin).toBeLessThan(0.001);
  });

  test.each([1, 2, 3])("has funding of the size that venues pay, seed %i", (seed) => {
    const per8h = allRows(viewOf(createMarket({ seed, venues: SIMULATED_VENUES })))
      .filter((row) => isCoin(row) && row.listing.fixedPer8h === null)
      .map((row) => Math.abs((row.rate * 8) / row.listing.intervalHours))
      .sort((first, second) => first - second);
    const at = (share: number): number => per8h[Math.floor(share * per8h.length)] ?? Number.NaN;
    expect(at(0.5)).toBeGreaterThan(0.00003);
    expect(at(0.5)).toBeLessThan(0.00008);
    expect(at(0.99)).toBeGreaterThan(0.0006);
    expect(at(0.99)).toBeLessThan(0.0028);
  });

  test("pays in mixed intervals, hourly on Hyperliquid, with the next settlement ahead and on the schedule", () => {
    const hours = (venue: string): ReadonlySet<number> =>
      new Set(rows.filter((row) => row.listing.venue === venue).map((row) => row.listing.intervalHours));
    for (const venue of ["binance", "bybit", "gate"])
      expect([...hours(venue)].sort((first, second) => first - second)).toEqual([1, 2, 4, 8]);
    expect([...hours("hyperliquid")]).toEqual([1]);
    for (const row of rows) {
      expect(row.nextFundingAtMs).toBeGreaterThan(NOW_MS);
      expect(row.nextFundingAtMs - NOW_MS).toBeLessThanOrEqual(row.listing.intervalHours * 3_600_000);
      expect(row.nextFundingAtMs % (row.listing.intervalHours * 3_600_000)).toBe(0);
    }
  });

  test("settles strictly after now when now is a settlement", () => {
    const noonMs = Date.UTC(2026, 10, 22, 16);
    for (const row of allRows(viewOf(market, noonMs))) expect(row.nextFundingAtMs).toBeGreaterThan(noonMs);
  });

  test("quotes bid below ask, and rates within the venue's own cap", () => {
    for (const row of rows) {
      expect(row.ask, row.symbol).toBeGreaterThan(row.bid);
      expect(row.bid).toBeGreaterThan(0);
      expect(Math.abs(row.rate)).toBeLessThanOrEqual(row.listing.fundingCap);
    }
  });

  test("moves every price from one scan to the next", () => {
    const later = allRows(viewOf(market, NOW_MS + 3_000));
    const stood = rows.filter(
      (row, place) => row.bid === later[place]?.bid && row.mark === later[place]?.mark && row.index === later[place]?.index,
    );
    expect(stood.length / rows.length).toBeLessThan(0.01);
  });

  test("is the same for the same seed and time, whatever was asked before, and another for another seed", () => {
    const again = createMarket({ seed: 1, venues: SIMULATED_VENUES });
    allRows(viewOf(again, NOW_MS + 86_400_000));
    const figures = (list: readonly MarketRow[]): unknown => list.map((row) => ({ ...row, listing: row.listing.symbol }));
    expect(figures(allRows(viewOf(again)))).toEqual(figures(rows));
    expect(figures(allRows(viewOf(createMarket({ seed: 2, venues: SIMULATED_VENUES }))))).not.toEqual(figures(rows));
  });
});
