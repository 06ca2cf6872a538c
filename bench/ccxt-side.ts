import { readFileSync } from "node:fs";
import { join } from "node:path";
import ccxt, { type Exchange } from "ccxt";
import { z } from "zod";
import type { FeedId } from "../src/domain/feed.ts";
import { ADAPTERS } from "../src/venues/registry.ts";
import { startSimulator } from "../simulator/simulator.ts";
import { type RecordedMarket, type Moment, START_MS } from "./recorded-market.ts";

/** `requests`: the names of what the scan reads from the feed at that moment. */
type Reader = {
  readonly make: () => Exchange;
  readonly read: (exchange: Exchange, requests: readonly string[]) => Promise<unknown>;
  /** Where the scan reads the body that ccxt would ask for at another path. */
  readonly insteadOf?: Readonly<Record<string, string>>;
};

const swaps = { defaultType: "swap", fetchMarkets: { types: ["swap"] } };
const spots = { defaultType: "spot", fetchMarkets: { types: ["spot"] } };
const swapTickers = async (exchange: Exchange): Promise<unknown> => await exchange.fetchTickers(undefined, { type: "swap" });
const spotTickers = async (exchange: Exchange): Promise<unknown> => await exchange.fetchTickers(undefined, { type: "spot" });
const ratesAndTickers = async (exchange: Exchange): Promise<unknown> => [await exchange.fetchFundingRates(), await swapTickers(exchange)];

/**
 * Binance's tickers are two bodies: 24 h statistics (fetchTickers), which a scan reads every five minutes, and the best
 * bids and asks (fetchBidsAsks), which it reads each time.
 */
async function binanceTickers(exchange: Exchange, requests: readonly string[]): Promise<unknown> {
  const statistics = requests.some((request) => request.includes("/ticker/24hr"));
  return [statistics ? await exchange.fetchTickers() : null, await exchange.fetchBidsAsks()];
}

/** ccxt's class for each feed, and its calls for funding rates and tickers that read what a scan reads. */
const READERS: Readonly<Record<FeedId, Reader>> = {
  binance: {
    make: () => new ccxt.binanceusdm(),
    read: async (exchange, requests) => [await exchange.fetchFundingRates(), await binanceTickers(exchange, requests)],
  },
  bybit: { make: () => new ccxt.bybit({ options: { ...swaps, fetchMarkets: { types: ["linear"] } } }), read: ratesAndTickers },
  gate: {
    make: () => new ccxt.gate({ options: { ...swaps, swap: { fetchMarkets: { settlementCurrencies: ["usdt"] } } } }),
    read: ratesAndTickers,
  },
  hyperliquid: {
    make: () => new ccxt.hyperliquid({ options: { ...swaps, fetchMarkets: { types: ["swap"], hip3: { dexes: [], limit: 0 } } } }),
    read: ratesAndTickers,
  },
  okx: { make: () => new ccxt.okx({ options: swaps }), read: ratesAndTickers },
  bitget: {
    make: () => new ccxt.bitget({ options: { ...swaps, fetchMarkets: { types: ["swap"] } } }),
    read: async (exchange) => [
      await exchange.fetchFundingRates(undefined, { method: "publicMixGetV2MixMarketCurrentFundRate" }),
      await swapTickers(exchange),
    ],
  },
  // ccxt's fetchFundingRates asks another API of KuCoin: the rates of the one that a scan reads come with the contracts.
  kucoin: {
    make: () => new ccxt.kucoinfutures({ options: swaps }),
    read: async (exchange) => [
      await exchange.fetchTickers(undefined, { type: "swap", method: "futuresPublicGetContractsActive" }),
      await exchange.fetchTickers(undefined, { type: "swap", method: "futuresPublicGetAllTickers" }),
    ],
  },
  aster: {
    make: () => new ccxt.aster({ options: swaps }),
    read: async (exchange, requests) => [await exchange.fetchFundingRates(), await binanceTickers(exchange, requests)],
  },
  // ccxt asks for MEXC's rates symbol by symbol, although one body lists them all: its own reading of a row, over that body.
  mexc: {
    make: () => new ccxt.mexc({ options: swaps }),
    read: async (exchange) => [
      exchange.parseFundingRates(exchange.safeList(await exchange.fetch("https://api.mexc.com/api/v1/contract/funding_rate"), "data", [])),
      await swapTickers(exchange),
    ],
  },
  // ccxt has fetchFundingRates for HTX's inverse contracts alone, whose body is of the same form.
  htx: {
    make: () => new ccxt.htx({ options: { ...swaps, defaultSubType: "linear", fetchMarkets: { types: { spot: false, inverse: false } } } }),
    read: async (exchange) => [await exchange.fetchFundingRates(undefined, { subType: "inverse" }), await swapTickers(exchange)],
    insteadOf: {
      "/swap-api/v1/swap_batch_funding_rate": "/linear-swap-api/v1/swap_batch_funding_rate",
      "/linear-swap-ex/market/detail/batch_merged": "/v2/linear-swap-ex/market/detail/batch_merged",
    },
  },
  bingx: { make: () => new ccxt.bingx({ options: swaps }), read: ratesAndTickers },
  krakenfutures: { make: () => new ccxt.krakenfutures({ options: swaps }), read: ratesAndTickers },
  // ccxt reads dYdX's one body of all markets for their names alone, and rates market by market.
  dydx: { make: () => new ccxt.dydx({ options: swaps }), read: async (exchange) => await exchange.fetchMarkets() },
  lighter: { make: () => new ccxt.lighter({ options: swaps }), read: ratesAndTickers },
  paradex: { make: () => new ccxt.paradex({ options: swaps }), read: ratesAndTickers },
  "binance-spot": { make: () => new ccxt.binance({ options: spots }), read: binanceTickers },
  "bybit-spot": { make: () => new ccxt.bybit({ options: spots }), read: spotTickers },
  "okx-spot": { make: () => new ccxt.okx({ options: spots }), read: spotTickers },
  "bitget-spot": { make: () => new ccxt.bitget({ options: { ...spots, fetchMargins: false } }), read: spotTickers },
  "gate-spot": { make: () => new ccxt.gate({ options: spots }), read: spotTickers },
  "kucoin-spot": {
    make: () => new ccxt.kucoin({ options: { ...spots, fetchMarkets: { types: ["spot"], fetchTickersFees: false } } }),
    read: spotTickers,
  },
};

const packageSchema = z.object({ version: z.string() });

/** ccxt, which reads the funding rates and tickers of a moment from the texts that a scan reads. */
export type CcxtSide = { readonly version: string; readonly read: (moment: Moment) => Promise<void> };

/**
 * Makes ccxt's class for each registered feed, with its markets loaded from the simulated venues. Later calls are answered
 * by the recorded texts alone: each with the body that the scan reads at the same path.
 */
export async function ccxtSide({ coins }: RecordedMarket): Promise<CcxtSide> {
  const simulator = await startSimulator({ coins, nowMs: START_MS });
  let at: Moment | null = null;
  const readers = ADAPTERS.map(({ id }) => {
    const reader = READERS[id];
    if (reader === undefined) throw new Error(`expected ccxt's class for the feed ${id}, found none`);
    const answer: Answer = async (asked, init) => {
      const { origin, pathname, search } = new URL(asked);
      const url = `${origin}${reader.insteadOf?.[pathname] ?? pathname}${search}`;
      return at === null ? await (await simulator.handle(new Request(url, init))).text() : textAt(at.texts[id] ?? {}, url, init);
    };
    return { id, read: reader.read, exchange: connected(reader.make(), answer) };
  });
  for (const { exchange } of readers) await exchange.loadMarkets();
  await simulator.close();
  return {
    version: packageSchema.parse(JSON.parse(readFileSync(join(import.meta.dirname, "../node_modules/ccxt/package.json"), "utf8"))).version,
    read: async (moment) => {
      at = moment;
      for (const { id, exchange, read } of readers) await read(exchange, Object.keys(moment.texts[id] ?? {}));
    },
  };
}

/** What ccxt asks for with the markets and no scan reads: spot that can be traded on margin, other kinds of markets. Answered as empty. */
const BESIDE: readonly string[] = [
  "/margin/currency_pairs",
  "api.mexc.com/api/v3/exchangeInfo",
  "/openApi/spot/v1/common/symbols",
  "/openApi/cswap/v1/market/contracts",
];

type Answer = (url: string, init: { readonly method: string; readonly body?: string }) => Promise<string>;

/** Hands ccxt texts in place of its HTTP client. It turns them into JSON with its own `parseJson`. */
function connected(exchange: Exchange, answer: Answer): Exchange {
  exchange.has["fetchCurrencies"] = false;
  exchange.enableRateLimit = false;
  // ccxt calls it with url, method, headers and body.
  exchange.fetch = async (...[url, method = "GET", , body]: [string, string?, unknown?, string?]): Promise<unknown> =>
    BESIDE.some((path) => url.endsWith(path))
      ? []
      : exchange.parseJson(await answer(url, body === undefined ? { method } : { method, body }));
  return exchange;
}

/** The text that the scan reads at the path of the URL, whatever the query; of several, the one with that JSON body. */
function textAt(texts: Readonly<Record<string, string>>, url: string, { method, body }: Parameters<Answer>[1]): string {
  const start = `${method} ${new URL(url).pathname}`;
  const found = Object.entries(texts).filter(
    ([name]) => name.split(/[ ?]/u, 2).join(" ") === start && (body === undefined || name.endsWith(body)),
  );
  const [only] = found;
  if (only === undefined || found.length > 1) throw new Error(`expected one body of the scan for ccxt's ${start}, found ${found.length}`);
  return only[1];
}
