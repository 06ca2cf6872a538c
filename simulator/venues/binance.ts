/**
 * Binance USD-M futures: /fapi/v1 (`binance-futures.ts`).
 * https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api
 * Small coins are quoted by the thousand or million (1000PEPEUSDT, 1MBABYDOGEUSDT). fundingInfo leaves out part of the
 * contracts that pay every 8 hours.
 */
import { fixed } from "../decimal.ts";
import type { MarketRow } from "../listing.ts";
import { unit } from "../random.ts";
import { array, bundleName, futuresEndpoints, futuresError, futuresWire } from "./binance-futures.ts";
import { json, type RenderContext, type SimulatedVenue, type WireBody, type WireRow } from "./venue.ts";

/** Contracts that stay in the lists after their settlement. */
const SETTLED = ["BTCST", "SRM", "ANC", "COCOS", "TOMO", "CVC", "SC", "RAY", "FTT", "HNT", "AUDIO", "DGB", "BLUEBIRD", "FOOTBALL", "MDT"];

export const binance: SimulatedVenue = {
  id: "binance",
  hosts: ["fapi.binance.com"],
  takerFeeRate: 0.0005,
  profile: {
    quote: "USDT",
    settle: "USDT",
    coverage: 0.85,
    usdcContracts: 12,
    listsTradfi: true,
    volumeShare: 1,
    intervals: [
      [8, 0.4],
      [4, 0.5],
      [1, 0.07],
      [2, 0.03],
    ],
    ratePlaces: 8,
    canList: () => true,
    multiplier: (coin) => coin.bundle,
    symbol: ({ ticker, quote, multiplier }) => `${bundleName(ticker, multiplier)}${quote}`,
    datedSymbol: (listing, expiryAtMs) => `${listing.symbol}_${new Date(expiryAtMs).toISOString().slice(2, 10).replaceAll("-", "")}`,
    ownTraps: (coins) => [
      ...coins.slice(0, 2).map((coin) => ({ coin, listing: { kind: "dated" as const } })),
      ...SETTLED.map((ticker) => ({
        coin: { id: `${ticker} (settled)`, ticker, class: "crypto" as const, level: 0.31, rank: 500, bundle: 1 },
        listing: { state: "delisted" as const },
      })),
      {
        coin: { id: "ETH in BTC", ticker: "ETH", class: "crypto", level: 0.0331, rank: 80, bundle: 1 },
        listing: { quote: "BTC", settle: "BTC", symbol: "ETHBTC" },
      },
    ],
  },
  endpoints: futuresEndpoints({
    api: "/fapi/v1",
    recordedAs: "fapi_v1",
    fundingInfo,
    listsGone: true,
    underlying: (row) => ({
      contractType: contractType(row),
      underlyingType: { crypto: "COIN", equity: "EQUITY", commodity: "COMMODITY" }[row.listing.coin.class],
      underlyingSubType: row.listing.coin.class === "crypto" ? ["Layer-1"] : ["TradFi"],
    }),
  }),
  error: futuresError,
  unknownRequest: (path) => json(404, { code: -1000, msg: `no such endpoint: ${path}` }),
  wire: futuresWire,
};

/** Documented as "symbols that had an adjustment"; in practice most symbols. */
function fundingInfo({ rows, time }: RenderContext): WireBody {
  return array(
    rows
      .filter((row) => row.listing.kind === "perpetual" && row.listing.quote !== "BTC" && isAdjusted(row))
      .map((row) => fundingInfoRow(row, { time })),
  );
}

const isAdjusted = (row: MarketRow): boolean =>
  row.listing.intervalHours !== 8 || row.listing.coin.rank <= 4 || unit(row.listing.process.salt, "adjusted") < 0.6;

function fundingInfoRow(row: MarketRow, { time }: Pick<RenderContext, "time">): WireRow {
  return {
    symbol: row.symbol,
    adjustedFundingRateCap: fixed(row.listing.fundingCap, 8),
    adjustedFundingRateFloor: fixed(-row.listing.fundingCap, 8),
    fundingIntervalHours: row.listing.intervalHours,
    disclaimer: false,
    updateTime: time(1_752_854_309_429),
  };
}

function contractType({ listing }: MarketRow): string {
  if (listing.kind === "dated") return "CURRENT_QUARTER";
  return listing.coin.class === "crypto" ? "PERPETUAL" : "TRADIFI_PERPETUAL";
}
