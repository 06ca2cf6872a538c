import ccxt, { type Exchange } from "ccxt";
import { expect, test } from "vitest";
import { startSimulator } from "../../simulator/simulator.ts";
import { adapterOf } from "../../src/venues/registry.ts";
import { bySymbol, mustParse } from "./bodies.ts";

/** ccxt's readers of the spot books, which have other authors than ours, get the same bodies. */

const NOW_MS = Date.UTC(2026, 10, 22, 12, 34, 56);
const simulator = await startSimulator({ seed: 1, nowMs: NOW_MS });
const spotOnly = { defaultType: "spot", fetchMarkets: { types: ["spot"] } };
const EXCHANGES: Readonly<Record<string, () => Exchange>> = {
  "binance-spot": () => new ccxt.binance({ options: { ...spotOnly, fetchMargins: false } }),
  "bybit-spot": () => new ccxt.bybit({ options: spotOnly }),
  "okx-spot": () => new ccxt.okx({ options: spotOnly }),
  "bitget-spot": () => new ccxt.bitget({ options: { ...spotOnly, fetchMargins: false } }),
  "gate-spot": () => new ccxt.gate({ options: spotOnly }),
  "kucoin-spot": () => new ccxt.kucoin({ options: { ...spotOnly, fetchMarkets: { types: ["spot"], fetchTickersFees: false } } }),
};

async function answer(url: string): Promise<unknown> {
  // ccxt asks Gate which pairs can be traded on margin; no scan does.
  if (url.endsWith("/margin/currency_pairs")) return [];
  return await (await simulator.handle(new Request(url))).json();
}

test.each(Object.entries(EXCHANGES))("%s: ccxt reads the same symbol, bid, ask, sizes and volume", async (feed, make) => {
  const exchange = make();
  exchange.has["fetchCurrencies"] = false;
  exchange.enableRateLimit = false;
  exchange.fetch = async (url: string) => await answer(url);
  await exchange.loadMarkets();
  const books = feed === "binance-spot" ? await exchange.fetchBidsAsks() : await exchange.fetchTickers(undefined, { type: "spot" });
  const volumes = feed === "binance-spot" ? await exchange.fetchTickers() : books;
  const adapter = adapterOf(feed);
  if (adapter === null) throw new Error(feed);
  const bodies: Record<string, unknown> = {};
  for (const [name, { path }] of Object.entries(adapter.endpoints)) bodies[name] = await answer(`https://${adapter.hosts[0]}${path}`);
  const ours = bySymbol(mustParse(adapter, bodies, NOW_MS));
  expect(ours.size).toBeGreaterThan(100);
  const differing: string[] = [];
  for (const [id, quote] of ours) {
    const market = Object.values(exchange.markets ?? {}).find((each) => each?.id === id && each["spot"] === true);
    if (market === undefined) {
      differing.push(`${id}: not read by ccxt`);
      continue;
    }
    const multiplier = quote.multiplier ?? 1;
    const [book, volume] = [books[market.symbol], volumes[market.symbol]];
    const pairs: readonly (readonly [string, unknown, unknown])[] = [
      ["symbol", multiplier === 1 ? quote.symbol : market.symbol, market.symbol],
      ["bid", scaled(quote.bid, multiplier), book?.bid],
      ["ask", scaled(quote.ask, multiplier), book?.ask],
      ["bidSize", scaled(quote.bidSizeBase, 1 / multiplier), book?.bidVolume],
      ["askSize", scaled(quote.askSizeBase, 1 / multiplier), book?.askVolume],
      ["volume", quote.volume24hUsd, volume?.quoteVolume],
      ["lot", scaled(quote.lotBase, 1 / multiplier), market["precision"]?.["amount"]],
    ];
    for (const [what, mine, theirs] of pairs)
      if (!isSame(mine, theirs)) differing.push(`${id} ${what}: ours ${String(mine)}, ccxt ${String(theirs)}`);
  }
  expect(differing.slice(0, 20)).toEqual([]);
});

const scaled = (value: number | null, factor: number): number | null => (value === null ? null : value * factor);

function isSame(mine: unknown, theirs: unknown): boolean {
  if (typeof mine !== "number" || typeof theirs !== "number") return (mine ?? null) === (theirs ?? null);
  return mine === theirs || Math.abs(mine / theirs - 1) < 1e-9;
}
