import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createMarket } from "./market.ts";
import { plantedPairs, slowNet, slowPriceNet, type PlantedPair } from "./reference.ts";
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
const bitgetTickers = z.object({ data: z.array(z.object({ symbol: z.string(), bidPr: decimal, askPr: decimal })) });
const bitgetRates = z.object({
  data: z.array(z.object({ symbol: z.string(), fundingRate: decimal, fundingRateInterval: decimal, nextUpdate: decimal })),
});
const okxRates = z.object({
  data: z.array(z.object({ instId: z.string(), fundingRate: decimal, fundingTime: decimal, nextFundingTime: decimal })),
});
const okxTickers = z.object({ data: z.array(z.object({ instId: z.string(), bidPx: decimal, askPx: decimal })) });
const kucoinContracts = z.object({
  data: z.array(
    z.object({
      symbol: z.string(),
      fundingFeeRate: z.number().nullable(),
      fundingRateGranularity: z.number().nullable(),
      nextFundingRateDateTime: z.number().nullable(),
    }),
  ),
});
const kucoinTickers = z.object({ data: z.array(z.object({ symbol: z.string(), bestBidPrice: decimal, bestAskPrice: decimal })) });
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

const okxSpotTickers = z.object({ data: z.array(z.object({ instId: z.string(), bidPx: decimal, askPx: decimal })) });
const bybitSpotTickers = z.object({
  result: z.object({ list: z.array(z.object({ symbol: z.string(), bid1Price: decimal, ask1Price: decimal })) }),
});

/** A spot pair pays nothing; its fee is 0.1 % at all three venues. */
const spotRead = (bid: number, ask: number): Read => ({ bid, ask, rate: 0, hours: 8, nextMs: 0, fee: 0.001 });

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
  bitget: async (simulator, symbol) => {
    const url = (name: string): string => `api.bitget.com/api/v2/mix/market/${name}?productType=USDT-FUTURES`;
    const ticker = found(bitgetTickers.parse(await fetchBody(simulator, url("tickers"))).data.find((row) => row.symbol === symbol));
    const funding = found(
      bitgetRates.parse(await fetchBody(simulator, url("current-fund-rate"))).data.find((row) => row.symbol === symbol),
    );
    const { fundingRate: rate, fundingRateInterval: hours, nextUpdate: nextMs } = funding;
    return { bid: ticker.bidPr, ask: ticker.askPr, rate, hours, nextMs, fee: 0.0006 };
  },
  okx: async (simulator, symbol) => {
    const host = "www.okx.com/api/v5";
    const rates = okxRates.parse(await fetchBody(simulator, `${host}/public/funding-rate?instId=ANY`)).data;
    const tickers = okxTickers.parse(await fetchBody(simulator, `${host}/market/tickers?instType=SWAP`)).data;
    const rate = found(rates.find((row) => row.instId === symbol));
    const ticker = found(tickers.find((row) => row.instId === symbol));
    const hours = (rate.nextFundingTime - rate.fundingTime) / HOUR_MS;
    return { bid: ticker.bidPx, ask: ticker.askPx, rate: rate.fundingRate, hours, nextMs: rate.fundingTime, fee: 0.0005 };
  },
  kucoin: async (simulator, symbol) => {
    const host = "api-futures.kucoin.com/api/v1";
    const contracts = kucoinContracts.parse(await fetchBody(simulator, `${host}/contracts/active`)).data;
    const tickers = kucoinTickers.parse(await fetchBody(simulator, `${host}/allTickers`)).data;
    const contract = found(contracts.find((row) => row.symbol === symbol));
    const ticker = found(tickers.find((row) => row.symbol === symbol));
    return {
      bid: ticker.bestBidPrice,
      ask: ticker.bestAskPrice,
      rate: found(contract.fundingFeeRate),
      hours: found(contract.fundingRateGranularity) / HOUR_MS,
      nextMs: found(contract.nextFundingRateDateTime),
      fee: 0.0006,
    };
  },
  hyperliquid: async (simulator, symbol) => {
    const [meta, contexts] = metaAndAssetCtxs.parse(await fetchBody(simulator, "api.hyperliquid.xyz/info", { type: "metaAndAssetCtxs" }));
    const context = found(contexts[meta.universe.findIndex((row) => row.name === symbol)]);
    const [bid, ask] = found(context.impactPxs);
    const nextMs = (Math.floor(simulator.nowMs() / HOUR_MS) + 1) * HOUR_MS;
    return { bid, ask, rate: context.funding, hours: 1, nextMs, fee: 0.00045 };
  },
  "binance-spot": async (simulator, symbol) => {
    const rows = bookTicker.parse(await fetchBody(simulator, "data-api.binance.vision/api/v3/ticker/bookTicker"));
    const book = found(rows.find((row) => row.symbol === symbol));
    return spotRead(book.bidPrice, book.askPrice);
  },
  "bybit-spot": async (simulator, symbol) => {
    const { list } = bybitSpotTickers.parse(await fetchBody(simulator, "api.bybit.com/v5/market/tickers?category=spot")).result;
    const row = found(list.find((one) => one.symbol === symbol));
    return spotRead(row.bid1Price, row.ask1Price);
  },
  "okx-spot": async (simulator, symbol) => {
    const { data } = okxSpotTickers.parse(await fetchBody(simulator, "www.okx.com/api/v5/market/tickers?instType=SPOT"));
    const row = found(data.find((one) => one.instId === symbol));
    return spotRead(row.bidPx, row.askPx);
  },
};

/** design §4 by closed form: settlements counted, not walked. */
function netOf(long: Read, short: Read, nowMs: number): number {
  return fundingOf(long, short, nowMs) - 2 * (long.fee + short.fee) - crossingOf(long) - crossingOf(short);
}

/** The same of `price`: half the gap comes in, and half of each spread is in its prices already. */
function priceNetOf(long: Read, short: Read, nowMs: number): number {
  const gap = (4 * (short.bid - long.ask)) / (long.bid + long.ask + short.bid + short.ask);
  return gap / 2 + fundingOf(long, short, nowMs) - 2 * (long.fee + short.fee) - (crossingOf(long) + crossingOf(short)) / 2;
}

function fundingOf(long: Read, short: Read, nowMs: number): number {
  const count = ({ nextMs, hours }: Read): number => Math.floor((nowMs + 168 * HOUR_MS - nextMs) / (hours * HOUR_MS)) + 1;
  return short.rate * count(short) - long.rate * count(long);
}

const crossingOf = ({ bid, ask }: Read): number => (2 * (ask - bid)) / (ask + bid);

describe("planted opportunities", () => {
  test.each(TIMES)("have the net that the bodies on the wire give, at %i", async (nowMs) => {
    const simulator = await startSimulator({ nowMs });
    const pairs = simulator.planted();
    expect(pairs.length).toBeGreaterThan(10);
    for (const pair of pairs) {
      const read = (leg: PlantedPair["long"]): Promise<Read> => {
        const reader = READERS[leg.feed];
        if (reader === undefined) throw new Error(`no reader for ${leg.feed}`);
        return reader(simulator, leg.symbol);
      };
      const closedForm = pair.strategy === "price" ? priceNetOf : netOf;
      expect(
        closedForm(await read(pair.long), await read(pair.short), nowMs),
        `${pair.strategy} ${pair.asset} ${pair.long.venue}/${pair.short.venue}`,
      ).toBeCloseTo(pair.net, 12);
    }
  });

  test.each(TIMES)("are clearly over the bar with stress survived, or clearly under it, at %i", (nowMs) => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const pairs = plantedPairs(viewOf(seed, nowMs), SIMULATED_VENUES);
      const opens = pairs.filter((pair) => pair.kind === "opens");
      expect(new Set(opens.map((pair) => pair.asset)).size).toBeGreaterThanOrEqual(6);
      const carries = opens.filter((pair) => pair.strategy === "carry");
      expect(new Set(carries.map((pair) => pair.asset)).size).toBeGreaterThanOrEqual(2);
      expect(opens.filter((pair) => pair.strategy === "price").map((pair) => pair.asset)).toEqual(["PENDLE", "GALA"]);
      expect(new Set(carries.map((pair) => pair.long.feed)).size).toBe(3);
      for (const pair of opens) {
        expect(pair.net).toBeGreaterThan(0.005);
        expect(pair.survives).toBe(true);
      }
      const below = pairs.filter((pair) => pair.kind === "below-bar");
      expect(below.map((pair) => pair.asset).sort()).toEqual(["APT", "ARB", "ICP", "LDO", "NEAR"]);
      for (const pair of below) {
        expect(pair.net).toBeGreaterThan(0.0002);
        expect(pair.net).toBeLessThan(0.00095);
      }
    }
  });

  test("earn the same funding at every hour of the day, since their rates stand still", () => {
    const fundingAt = (nowMs: number): unknown =>
      plantedPairs(viewOf(1, nowMs), SIMULATED_VENUES)
        .map((pair) => [pair.asset, pair.long.feed, pair.short.feed, pair.funding.toFixed(10)].join(" "))
        .sort();
    const first = fundingAt(TIMES[0] ?? 0);
    for (let hour = 1; hour <= 24; hour += 5) expect(fundingAt((TIMES[0] ?? 0) + hour * HOUR_MS)).toEqual(first);
  });

  test.each(TIMES)(
    "are the only pairs of healthy rows over the bar; without them nothing reaches 5 basis points, at %i",
    (nowMs) => {
      for (const seed of [1, 2, 3]) {
        const planted = plantedPairs(viewOf(seed, nowMs), SIMULATED_VENUES).filter((pair) => pair.kind === "opens");
        const found = pairsOverBar(viewOf(seed, nowMs), 0.001);
        expect(found.sort()).toEqual(planted.map((pair) => `${pair.asset} ${pair.long.feed} ${pair.short.feed} ${pair.strategy}`).sort());
        expect(
          pairsOverBar({ ...viewOf(seed, nowMs), market: createMarket({ seed, venues: SIMULATED_VENUES, planted: false }) }, 0.0005),
        ).toEqual([]);
      }
    },
    60_000,
  );

  test("would not be the only ones if stocks, pre-market and delisted rows and namesakes were taken for coins", () => {
    const nowMs = TIMES[0] ?? 0;
    const honest = new Set(pairsOverBar(viewOf(1, nowMs), 0.001));
    const traps = pairsOverBar(viewOf(1, nowMs), 0.001, () => true).filter((name) => !honest.has(name));
    for (const ticker of ["NEIRO", "HIPPO", "SWARMS", "MEGA", "REEF", "OMG", "LOKA", "HOLO", "XVS", "BAKE", "OPENAI", "DUSK", "ALPACA"])
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

/** Every pair of rows of one ticker whose net is over the bar, spot never short, as `ticker long short strategy` by market. */
function pairsOverBar(view: View, bar: number, isEligible?: (row: Row) => boolean): string[] {
  const legs = SIMULATED_VENUES.flatMap((venue) =>
    rowsOf(view, venue)
      .filter(
        (row) =>
          (row.listing.kind === "perpetual" || row.listing.kind === "spot") &&
          row.state !== "empty-book" &&
          row.state !== "delisted" &&
          (isEligible ?? isHealthy)(row),
      )
      .map((row) => ({ venue, row, quote: venue.wire(row), coinPrice: row.index / row.listing.multiplier })),
  );
  const byTicker = Map.groupBy(legs, (leg) => leg.row.listing.coin.ticker);
  const names: string[] = [];
  for (const [ticker, group] of byTicker) {
    for (const long of group) {
      for (const short of group) {
        if (long.venue === short.venue || short.venue.profile.kind === "spot") continue;
        if (isEligible === undefined && Math.abs(long.coinPrice / short.coinPrice - 1) > 0.01) continue;
        const [bought, sold] = [long, short].map(({ venue, row, quote }) => ({
          quote,
          takerFeeRate: venue.takerFeeRate,
          listing: row.listing,
        }));
        if (bought === undefined || sold === undefined) continue;
        const { net, survives } = slowNet(bought, sold, view.nowMs);
        const isCarry = long.venue.profile.kind === "spot";
        const name = `${ticker} ${long.venue.id} ${short.venue.id}`;
        if (net >= bar && (survives || bar < 0.001)) names.push(`${name} ${isCarry ? "carry" : "funding"}`);
        const isOneCurrency = long.row.listing.quote === short.row.listing.quote && long.row.listing.settle === short.row.listing.settle;
        if (isCarry || !isOneCurrency) continue;
        // A price pair stands on its gap: under stress it gets none of the funding it receives.
        const gap = slowPriceNet(bought, sold, view.nowMs);
        if (gap.net >= bar && gap.survives) names.push(`${name} price`);
      }
    }
  }
  return names;
}
