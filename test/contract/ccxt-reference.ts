import ccxt, { type Exchange } from "ccxt";

/** What ccxt makes of one instrument of a venue. Prices are per quoted unit, as it does not take multipliers off. */
export type Reference = {
  readonly symbol: string;
  readonly rate: number | null;
  readonly intervalHours: number | null;
  readonly nextFundingAtMs: number | null;
  readonly bid: number | null;
  readonly ask: number | null;
};

/** A venue's answer to a request that ccxt sends. */
export type Answer = (url: string, body: string | undefined) => Promise<unknown>;

const EXCHANGES: Readonly<Record<string, () => Exchange>> = {
  binance: () => new ccxt.binanceusdm(),
  bybit: () => new ccxt.bybit({ options: { defaultType: "swap", fetchMarkets: { types: ["linear"] } } }),
  gate: () =>
    new ccxt.gate({
      options: { defaultType: "swap", fetchMarkets: { types: ["swap"] }, swap: { fetchMarkets: { settlementCurrencies: ["usdt"] } } },
    }),
  hyperliquid: () => new ccxt.hyperliquid({ options: { defaultType: "swap", fetchMarkets: { types: ["swap"] } } }),
};

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
  exchange.fetch = async (url: string, _method?: string, _headers?: unknown, body?: string) => await answer(url, body);
  await exchange.loadMarkets();
  const rates = await exchange.fetchFundingRates();
  const intervals = venue === "binance" ? await exchange.fetchFundingIntervals() : {};
  const tickers = venue === "binance" ? await exchange.fetchBidsAsks() : await exchange.fetchTickers(undefined, { type: "swap" });
  const references = new Map<string, Reference>();
  for (const market of Object.values(exchange.markets ?? {})) {
    const rate = rates[market?.symbol ?? ""];
    if (market?.swap !== true || market.linear !== true || rate === undefined) continue;
    const { bid, ask } = tickers[market.symbol] ?? {};
    const interval: unknown = rate.interval ?? intervals[market.symbol]?.interval;
    references.set(venue === "hyperliquid" ? String(market.info["name"]) : String(market.id), {
      symbol: market.symbol,
      rate: rate.fundingRate ?? null,
      intervalHours: typeof interval === "string" ? Number.parseInt(interval, 10) : null,
      nextFundingAtMs: rate.fundingTimestamp ?? null,
      bid: bid ?? null,
      ask: ask ?? null,
    });
  }
  return references;
}
