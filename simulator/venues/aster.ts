/**
 * Aster perpetuals: the futures protocol of Binance under /fapi/v3 (`binance-futures.ts`).
 * https://asterdex.github.io/aster-api-website/futures-v3/market-data/
 * fundingInfo lists all symbols, with a cap and floor of its own name as JSON numbers. Contracts that have gone, and rows
 * quoted in USD, stay in premiumIndex and fundingInfo alone. Every contract is COIN; tags tell shares from coins.
 */
import type { Coin } from "../coins.ts";
import type { Listing, MarketRow } from "../listing.ts";
import { array, bundleName, futuresEndpoints, futuresError, futuresWire } from "./binance-futures.ts";
import { json, type RenderContext, type SimulatedVenue, type WireBody } from "./venue.ts";

/** Contracts of old, each a level in USD. */
const GONE = "MATIC 0.39;BLZ 0.06;GNS 0.44;LOOM 0.05;AMB 0.004;VIDT 0.02;UNFI 2.1;REN 0.03;KEY 0.004;DEFI 800";

export const aster: SimulatedVenue = {
  id: "aster",
  hosts: ["fapi.asterdex.com"],
  takerFeeRate: 0.00035,
  profile: {
    quote: "USDT",
    settle: "USDT",
    coverage: 0.8,
    usdcContracts: 0,
    listsTradfi: true,
    volumeShare: 0.25,
    intervals: [
      [8, 0.4],
      [4, 0.4],
      [1, 0.15],
      [2, 0.05],
    ],
    ratePlaces: 8,
    canList: () => true,
    multiplier: (coin) => coin.bundle,
    symbol: ({ ticker, quote, multiplier }) => `${bundleName(ticker, multiplier)}${quote}`,
    ownTraps: (coins) => [
      ...GONE.split(";").map((entry) => gone(entry, "USDT")),
      ...coins.slice(0, 2).map(({ ticker, level }) => gone(`${ticker} ${level}`, "USD")),
      gone("GNS 0.44", "USD"),
      gone("TEST1 1.2", "USDT"),
    ],
  },
  endpoints: futuresEndpoints({
    api: "/fapi/v3",
    recordedAs: "fapi",
    fundingInfo,
    listsGone: false,
    underlying: (row) => ({ contractType: "PERPETUAL", underlyingType: "COIN", underlyingSubType: tagsOf(row) }),
  }),
  error: futuresError,
  unknownRequest: (path) => json(404, { code: -1000, msg: `no such endpoint: ${path}` }),
  wire: futuresWire,
};

function gone(entry: string, quote: string): { readonly coin: Coin; readonly listing: Partial<Listing> } {
  const [ticker = "", level] = entry.split(" ");
  const coin: Coin = { id: `${ticker} (gone)`, ticker, class: "crypto", level: Number(level), rank: 500, bundle: 1 };
  return { coin, listing: { state: "delisted", quote, settle: quote } };
}

/** About a third of the coins have a tag that stands on nothing else. */
function tagsOf({ listing: { coin } }: MarketRow): readonly string[] {
  if (coin.class !== "crypto") return coin.class === "equity" ? ["STOCK"] : ["Commodities"];
  return coin.rank <= 16 ? ["Top"] : coin.rank % 3 === 0 ? ["AI"] : coin.rank % 3 === 1 ? ["Meme"] : [];
}

function fundingInfo({ rows, time, nowMs }: RenderContext): WireBody {
  return array(
    rows.map(({ symbol, state, listing }) => ({
      symbol,
      interestRate: state === "delisted" ? "0" : "0.00010000",
      time: time(Math.floor(nowMs / 1000) * 1000),
      fundingIntervalHours: listing.intervalHours,
      fundingFeeCap: state === "delisted" ? null : listing.fundingCap,
      fundingFeeFloor: state === "delisted" ? null : -listing.fundingCap,
    })),
  );
}
