import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createMarket } from "./market.ts";
import { plantedPairs, slowNet, type PlantedPair } from "./reference.ts";
import { rowsOf, type View } from "./rows.ts";
import { startSimulator, type Simulator } from "./simulator.ts";
import { SIMULATED_VENUES } from "./venues/registry.ts";

const HOUR_MS = 3_600_000;
const TIMES = [Date.UTC(2026, 10, 22, 12, 34, 56, 789), Date.UTC(2026, 10, 23, 0, 0, 0, 0), Date.UTC(2027, 1, 3, 7, 59, 59, 999)];

/** Bid, ask, rate, interval and next time of one instrument, read from the venue's bodies and nothing else. */
type Read = {
  readonly bid: number;
  readonly ask: number;
  readonly rate: number;
  readonly hours: number;
  readonly nextMs: number;
  readonly fee: number;
};

const decimal = z.string().transform(Number);
const premiumIndex = z.array(z.object({ symbol: z.string(), lastFundingRate: decimal, nextFundingTime: z.number() }));
const bookTicker = z.array(z.object({ symbol: z.string(), bidPrice: decimal, askPrice: decimal }));
const fundingInfo = z.array(z.object({ symbol: z.string(), fundingIntervalHours: z.number() }));
const bybitTickers = z.object({
  result: z.object({
    list: z.array(
      z.object({
        symbol: z.string(),
        bid1Price: decimal,
        ask1Price: decimal,
        fundingRate: decimal,
        fundingIntervalHour: decimal,
        nextFundingTime: decimal,
      }),
    ),
  }),
});
const gateContracts = z.array(
  z.object({ name: z.string(), funding_rate: decimal, funding_interval: z.number(), funding_next_apply: z.number() }),
);
const gateTickers = z.array(z.object({ contract: z.string(), highest_bid: decimal, lowest_ask: decimal }));
const metaAndAssetCtxs = z.tuple([
  z.object({ universe: z.array(z.object({ name: z.string() })) }),
  z.array(z.object({ funding: decimal, impactPxs: z.tuple([decimal, decimal]).nullable() })),
]);

async function fetchBody(simulator: Simulator, path: string, post?: unknown): Promise<unknown> {
  const init = post === undefined ? {} : { method: "POST", body: JSON.stringify(post), headers: { "content-type": "application/json" } };
  return (await simulator.handle(new Request(`http://gateway/${path}`, init))).json();
}

function found<T>(value: T | null | undefined): T {
  if (value === undefined || value === null) throw new Error("the body lacks what the planted pair names");
  return value;
}

const READERS: Record<string, (simulator: Simulator, symbol: string) => Promise<Read>> = {
  binance: async (simulator, symbol) => {
    const host = "fapi.binance.com/fapi/v1";
    const premium = found(premiumIndex.parse(await fetchBody(simulator, `${host}/premiumIndex`)).find((row) => row.symbol === symbol));
    const book = found(bookTicker.parse(await fetchBody(simulator, `${host}/ticker/bookTicker`)).find((row) => row.symbol === symbol));
    const info = fundingInfo.parse(await fetchBody(simulator, `${host}/fundingInfo`)).find((row) => row.symbol === symbol);
    const hours = info?.fundingIntervalHours ?? 8;
    return { bid: book.bidPrice, ask: book.askPrice, rate: premium.lastFundingRate, hours, nextMs: premium.nextFundingTime, fee: 0.0005 };
  },
  bybit: async (simulator, symbol) => {
    const { list } = bybitTickers.parse(await fetchBody(simulator, "api.bybit.com/v5/market/tickers?category=linear")).result;
    const row = found(list.find((one) => one.symbol === symbol));
    return {
      bid: row.bid1Price,
      ask: row.ask1Price,
      rate: row.fundingRate,
      hours: row.fundingIntervalHour,
      nextMs: row.nextFundingTime,
      fee: 0.00055,
    };
  },
  gate: async (simulator, symbol) => {
    const host = "api.gateio.ws/api/v4/futures/usdt";
    const contract = found(gateContracts.parse(await fetchBody(simulator, `${host}/contracts`)).find((row) => row.name === symbol));
    const ticker = found(gateTickers.parse(await fetchBody(simulator, `${host}/tickers`)).find((row) => row.contract === symbol));
    const hours = contract.funding_interval / 3600;
    return {
      bid: ticker.highest_bid,
      ask: ticker.lowest_ask,
      rate: contract.funding_rate,
      hours,
      nextMs: 1000 * contract.funding_next_apply,
      fee: 0.0005,
    };
  },
  hyperliquid: async (simulator, symbol) => {
    const [meta, contexts] = metaAndAssetCtxs.parse(await fetchBody(simulator, "api.hyperliquid.xyz/info", { type: "metaAndAssetCtxs" }));
    const context = found(contexts[meta.universe.findIndex((row) => row.name === symbol)]);
    const [bid, ask] = found(context.impactPxs);
    const nextMs = (Math.floor(simulator.nowMs() / HOUR_MS) + 1) * HOUR_MS;
    return { bid, ask, rate: context.funding, hours: 1, nextMs, fee: 0.00045 };
  },
};

/** design §4 by closed form: settlements counted, not walked. */
function netOf(long: Read, short: Read, nowMs: number): number {
  const count = ({ nextMs, hours }: Read): number => Math.floor((nowMs + 168 * HOUR_MS - nextMs) / (hours * HOUR_MS)) + 1;
  const crossing = ({ bid, ask }: Read): number => (2 * (ask - bid)) / (ask + bid);
  return short.rate * count(short) - long.rate * count(long) - 2 * (long.fee + short.fee) - crossing(long) - crossing(short);
}

describe("planted opportunities", () => {
  test.each(TIMES)("have the net that the bodies on the wire give, at %i", async (nowMs) => {
    const simulator = await startSimulator({ nowMs });
    const pairs = simulator.planted();
    expect(pairs.length).toBeGreaterThan(10);
    for (const pair of pairs) {
      const read = (leg: PlantedPair["long"]): Promise<Read> => {
        const reader = READERS[leg.venue];
        if (reader === undefined) throw new Error(`no reader for ${leg.venue}`);
        return reader(simulator, leg.symbol);
      };
      expect(
        netOf(await read(pair.long), await read(pair.short), nowMs),
        `${pair.asset} ${pair.long.venue}/${pair.short.venue}`,
      ).toBeCloseTo(pair.net, 12);
    }
  });

  test.each(TIMES)("are clearly over the bar with stress survived, or clearly under it, at %i", (nowMs) => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const pairs = plantedPairs(viewOf(seed, nowMs), SIMULATED_VENUES);
      const opens = pairs.filter((pair) => pair.kind === "opens");
      expect(new Set(opens.map((pair) => pair.asset)).size).toBeGreaterThanOrEqual(6);
      for (const pair of opens) {
        expect(pair.net).toBeGreaterThan(0.005);
        expect(pair.survives).toBe(true);
      }
      const below = pairs.filter((pair) => pair.kind === "below-bar");
      expect(below.map((pair) => pair.asset).sort()).toEqual(["APT", "ARB", "NEAR"]);
      for (const pair of below) {
        expect(pair.net).toBeGreaterThan(0.0002);
        expect(pair.net).toBeLessThan(0.00095);
      }
    }
  });

  test("earn the same funding at every hour of the day, since their rates stand still", () => {
    const fundingAt = (nowMs: number): unknown =>
      plantedPairs(viewOf(1, nowMs), SIMULATED_VENUES)
        .map((pair) => [pair.asset, pair.long.venue, pair.short.venue, pair.funding.toFixed(10)].join(" "))
        .sort();
    const first = fundingAt(TIMES[0] ?? 0);
    for (let hour = 1; hour <= 24; hour += 5) expect(fundingAt((TIMES[0] ?? 0) + hour * HOUR_MS)).toEqual(first);
  });

  test.each(TIMES)("are the only pairs of healthy rows over the bar; without them nothing reaches 5 basis points, at %i", (nowMs) => {
    for (const seed of [1, 2, 3]) {
      const planted = plantedPairs(viewOf(seed, nowMs), SIMULATED_VENUES).filter((pair) => pair.kind === "opens");
      const found = pairsOverBar(viewOf(seed, nowMs), 0.001);
      expect(found.sort()).toEqual(planted.map((pair) => `${pair.asset} ${pair.long.venue} ${pair.short.venue}`).sort());
      expect(
        pairsOverBar({ ...viewOf(seed, nowMs), market: createMarket({ seed, venues: SIMULATED_VENUES, planted: false }) }, 0.0005),
      ).toEqual([]);
    }
  });

  test("would not be the only ones if stocks, pre-market and delisted rows and namesakes were taken for coins", () => {
    const nowMs = TIMES[0] ?? 0;
    const honest = new Set(pairsOverBar(viewOf(1, nowMs), 0.001));
    const traps = pairsOverBar(viewOf(1, nowMs), 0.001, () => true).filter((name) => !honest.has(name));
    for (const ticker of ["NEIRO", "HIPPO", "SWARMS", "MEGA", "REEF", "OMG", "LOKA", "HOLO"])
      expect(
        traps.some((name) => name.startsWith(`${ticker} `)),
        ticker,
      ).toBe(true);
    expect(traps.some((name) => /^(TSLA|NVDA|AAPL|MSTR|COIN|HOOD|XAU) /u.test(name))).toBe(true);
  });
});

const viewOf = (seed: number, nowMs: number): View => ({
  market: createMarket({ seed, venues: SIMULATED_VENUES }),
  nowMs,
  priceAtMs: nowMs,
  overrides: new Map(),
  distortion: null,
});

type Row = ReturnType<typeof rowsOf>[number];
const isHealthy = (row: Row): boolean => row.state === "trading" && row.listing.coin.class === "crypto" && row.listing.quote !== "BTC";

/** Every directed pair of rows of one ticker on two venues whose net is over the bar, as `ticker long short`. */
function pairsOverBar(view: View, bar: number, isEligible?: (row: Row) => boolean): string[] {
  const legs = SIMULATED_VENUES.flatMap((venue) =>
    rowsOf(view, venue)
      .filter(
        (row) =>
          row.listing.kind === "perpetual" && row.state !== "empty-book" && row.state !== "delisted" && (isEligible ?? isHealthy)(row),
      )
      .map((row) => ({ venue, row, quote: venue.wire(row), coinPrice: row.index / row.listing.multiplier })),
  );
  const byTicker = Map.groupBy(legs, (leg) => leg.row.listing.coin.ticker);
  const names: string[] = [];
  for (const [ticker, group] of byTicker) {
    for (const long of group) {
      for (const short of group) {
        if (long.venue === short.venue) continue;
        if (isEligible === undefined && Math.abs(long.coinPrice / short.coinPrice - 1) > 0.01) continue;
        const { net, survives } = slowNet(
          { quote: long.quote, takerFeeRate: long.venue.takerFeeRate },
          { quote: short.quote, takerFeeRate: short.venue.takerFeeRate },
          view.nowMs,
        );
        if (net >= bar && (survives || bar < 0.001)) names.push(`${ticker} ${long.venue.id} ${short.venue.id}`);
      }
    }
  }
  return names;
}
