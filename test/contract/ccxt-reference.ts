import ccxt, { type Exchange } from "ccxt";
import { rowsAt } from "./bodies.ts";

/** What ccxt makes of one instrument of a venue; numbers are per quoted unit, as it does not take multipliers off. */
export type Reference = {
  readonly symbol: string;
  readonly rate: number | null;
  readonly intervalHours: number | null;
  readonly nextFundingAtMs: number | null;
  readonly bid: number | null;
  readonly ask: number | null;
};

/** A venue's answer to a request of ccxt. */
export type Answer = (url: string, body: string | undefined) => Promise<unknown>;

const swapsOnly = { defaultType: "swap", fetchMarkets: { types: ["swap"] } };
const EXCHANGES: Readonly<Record<string, () => Exchange>> = {
  aster: () => new ccxt.aster({ options: swapsOnly }),
  binance: () => new ccxt.binanceusdm(),
  bingx: () => new ccxt.bingx({ options: swapsOnly }),
  bitget: () => new ccxt.bitget({ options: { ...swapsOnly, fetchFundingRates: { method: "publicMixGetV2MixMarketCurrentFundRate" } } }),
  bybit: () => new ccxt.bybit({ options: { ...swapsOnly, fetchMarkets: { types: ["linear"] } } }),
  gate: () => new ccxt.gate({ options: { ...swapsOnly, swap: { fetchMarkets: { settlementCurrencies: ["usdt"] } } } }),
  htx: () =>
    new ccxt.htx({
      options: { ...swapsOnly, defaultSubType: "linear", fetchMarkets: { types: { spot: false, linear: true, inverse: false } } },
    }),
  hyperliquid: () => new ccxt.hyperliquid({ options: { ...swapsOnly, fetchMarkets: { types: ["swap"], hip3: { dexes: [], limit: 0 } } } }),
  krakenfutures: () => new ccxt.krakenfutures({ options: swapsOnly }),
  kucoin: () => new ccxt.kucoinfutures({ options: swapsOnly }),
  mexc: () => new ccxt.mexc({ options: swapsOnly }),
  lighter: () => new ccxt.lighter({ options: swapsOnly }),
  paradex: () => new ccxt.paradex({ options: swapsOnly }),
  okx: () => new ccxt.okx({ options: swapsOnly }),
};

/** Where ccxt takes KuCoin's rates from. */
const KUCOIN_RATES = "/api/ua/v2/market/funding-rate";

/** That reply, put together from the rows of contracts/active, which carry the same figures. */
async function kucoinRates(answer: Answer): Promise<unknown> {
  const body = await answer("https://api-futures.kucoin.com/api/v1/contracts/active", undefined);
  const data = rowsAt(body, ["data"]).map((row) => ({
    symbol: row["symbol"],
    nextFundingRate: row["fundingFeeRate"],
    fundingTime: row["nextFundingRateDateTime"],
    currentGranularity: row["fundingRateGranularity"],
  }));
  return { code: "200000", data };
}

/** Rates that ccxt asks for contract by contract, or not at all, where the venue sends all at once. */
const BULK_RATES: Readonly<Record<string, string>> = {
  htx: "https://api.hbdm.com/linear-swap-api/v1/swap_batch_funding_rate",
  mexc: "https://api.mexc.com/api/v1/contract/funding_rate",
};

/** HTX's tickers as ccxt asks for them, and the next version of the same body, which we read. */
const HTX_TICKERS = ["/linear-swap-ex/market/detail/batch_merged", "/v2/linear-swap-ex/market/detail/batch_merged"] as const;

/** Lists of other markets, which some venues of ccxt read whatever is asked. */
const OTHER_LISTS: readonly (readonly [part: string, body: unknown])[] = [
  ["/api/v3/exchangeInfo", { symbols: [] }],
  ["/openApi/cswap/v1/market/contracts", { code: 0, data: [] }],
  ["/openApi/spot/v1/common/symbols", { code: 0, data: { symbols: [] } }],
];

async function ratesOf(exchange: Exchange, venue: string, answer: Answer): Promise<Exchange["fundingRates"]> {
  const url = BULK_RATES[venue];
  if (url === undefined) return await exchange.fetchFundingRates();
  return exchange.parseFundingRates([...rowsAt(await answer(url, undefined), ["data"])]);
}

/** The feeds that ccxt reads too. */
export const REFERENCE_VENUES: readonly string[] = Object.keys(EXCHANGES);

/**
 * ccxt's own loadMarkets, fetchFundingRates, fetchFundingIntervals and fetchTickers run over the given answers at the
 * given time; its figures by the venue's own symbol. Linear perpetuals only.
 */
export async function referenceOf(venue: string, answer: Answer, nowMs: number): Promise<ReadonlyMap<string, Reference>> {
  const exchange = EXCHANGES[venue]?.();
  if (exchange === undefined) throw new Error(`expected a venue that ccxt knows, found ${venue}`);
  exchange.has["fetchCurrencies"] = false;
  exchange.enableRateLimit = false;
  exchange.milliseconds = () => nowMs;
  exchange.fetch = async (url: string, _method?: string, _headers?: unknown, body?: string) => {
    const other = OTHER_LISTS.find(([part]) => url.includes(part));
    if (other !== undefined) return other[1];
    return url.includes(KUCOIN_RATES) ? await kucoinRates(answer) : await answer(url.replace(...HTX_TICKERS), body);
  };
  await exchange.loadMarkets();
  const rates = await ratesOf(exchange, venue, answer);
  const intervals = venue === "binance" || venue === "aster" ? await exchange.fetchFundingIntervals() : {};
  const tickers =
    venue === "binance" || venue === "aster" || venue === "kucoin"
      ? await exchange.fetchBidsAsks()
      : await exchange.fetchTickers(undefined, { type: "swap" });
  const references = new Map<string, Reference>();
  for (const market of Object.values(exchange.markets ?? {})) {
    if (market === undefined || market["swap"] !== true || market["linear"] !== true) continue;
    const rate = rates[market.symbol];
    if (rate === undefined) continue;
    const ticker = tickers[market.symbol];
    const interval = rate.interval ?? intervals[market.symbol]?.interval;
    references.set(venue === "hyperliquid" ? String(market.info["name"]) : String(market.id), {
      symbol: market.symbol,
      rate: rate.fundingRate ?? null,
      intervalHours: interval === undefined ? null : Number.parseInt(interval, 10),
      // The time that the rate is paid at; ccxt gives Aster's and BingX's under the other name.
      nextFundingAtMs: (venue === "aster" || venue === "bingx" ? rate.nextFundingTimestamp : rate.fundingTimestamp) ?? null,
      bid: ticker?.bid ?? null,
      ask: ticker?.ask ?? null,
    });
  }
  return references;
}
