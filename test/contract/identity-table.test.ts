import { expect, test } from "vitest";
import { startSimulator } from "../../simulator/simulator.ts";
import type { Trap } from "../../simulator/traps.ts";
import { feedIdOf } from "../../src/domain/feed.ts";
import { ok } from "../../src/domain/result.ts";
import { type Call, collectVenue, type FeedMemory } from "../../src/feeds/collect-venue.ts";
import { EMPTY_STATE } from "../../src/lifecycle/state.ts";
import type { Published } from "../../src/scan.ts";
import { ADAPTERS, adapterOf } from "../../src/venues/registry.ts";
import { NOW_MS } from "../rows.ts";
import { inARow, stage } from "../scan-stage.ts";

/** `-` pays longs and `+` pays shorts, so much that any `-` beside any `+` would pay if they were taken for one coin. */
type Side = "-" | "+" | "spot";
type Case = {
  readonly title: string;
  /** The coins behind the names: equal tickers at other prices are other coins, or one in another scale. */
  readonly coins: Readonly<Record<string, { readonly ticker: string; readonly level: number; readonly bundle?: number }>>;
  /** Which coin each feed lists; the feed's own spelling of it is the simulator's. */
  readonly lists: Readonly<Record<string, readonly [coin: string, side: Side]>>;
  /** What some feeds call theirs, where the spelling is the case. */
  readonly names?: Readonly<Record<string, string>>;
  /** Feeds by the asset id that their instruments must get; `none`: they agree with nobody and may not pair. */
  readonly clusters: Readonly<Record<string, readonly string[]>>;
};

const one = (ticker: string, level: number, bundle = 1) => ({ [ticker]: { ticker, level, bundle } });

/** A real coin at its price on some venues, and another coin under its ticker elsewhere. */
const CASES: readonly Case[] = [
  {
    title: "NEIRO on two venues, and another NEIRO on two others",
    coins: { ctoNeiro: { ticker: "NEIRO", level: 0.00041 }, ethNeiro: { ticker: "NEIRO", level: 0.052 } },
    lists: { binance: ["ctoNeiro", "-"], bybit: ["ctoNeiro", "+"], gate: ["ethNeiro", "-"], okx: ["ethNeiro", "+"] },
    clusters: { NEIRO: ["gate", "okx"], "NEIRO~2": ["binance", "bybit"] },
  },
  {
    title: "NEIRO on three venues, and another NEIRO on two others: the one of three venues has the name",
    coins: { ctoNeiro: { ticker: "NEIRO", level: 0.00041 }, ethNeiro: { ticker: "NEIRO", level: 0.052 } },
    lists: {
      binance: ["ctoNeiro", "-"],
      bybit: ["ctoNeiro", "+"],
      kucoin: ["ctoNeiro", "+"],
      gate: ["ethNeiro", "-"],
      okx: ["ethNeiro", "+"],
    },
    clusters: { NEIRO: ["binance", "bybit", "kucoin"], "NEIRO~2": ["gate", "okx"] },
  },
  {
    title: "NEIROCTO under a name of its own beside NEIRO, at the same price and at another",
    coins: {
      cto: { ticker: "NEIROCTO", level: 0.00041 },
      ctoNeiro: { ticker: "NEIRO", level: 0.00041 },
      ethNeiro: { ticker: "NEIRO", level: 0.052 },
    },
    lists: { bybit: ["cto", "-"], bingx: ["cto", "+"], binance: ["ctoNeiro", "-"], aster: ["ctoNeiro", "+"], okx: ["ethNeiro", "+"] },
    names: { bybit: "NEIROCTOUSDT", bingx: "NEIROCTO-USDT" },
    clusters: { NEIROCTO: ["bybit", "bingx"], NEIRO: ["binance", "aster"], none: ["okx"] },
  },
  {
    title: "B: three venues agree, the fourth lists another coin",
    coins: { b: { ticker: "B", level: 0.21 }, otherB: { ticker: "B", level: 0.0034 } },
    lists: { binance: ["b", "-"], bybit: ["b", "+"], bitget: ["b", "+"], gate: ["otherB", "-"] },
    names: { gate: "B_USDT", binance: "BUSDT" },
    clusters: { B: ["binance", "bybit", "bitget"], none: ["gate"] },
  },
  {
    title: "T: two venues agree, the third lists another coin at nearly half the price",
    coins: { t: { ticker: "T", level: 0.0151 }, otherT: { ticker: "T", level: 0.0082 } },
    lists: { binance: ["t", "-"], okx: ["t", "+"], kucoin: ["otherT", "-"] },
    names: { binance: "TUSDT", kucoin: "TUSDTM" },
    clusters: { T: ["binance", "okx"], none: ["kucoin"] },
  },
  {
    title: "ON: two venues alone that disagree, and nobody can tell whose it is",
    coins: { on: { ticker: "ON", level: 0.12 }, otherOn: { ticker: "ON", level: 0.0007 } },
    lists: { gate: ["on", "-"], bitget: ["otherOn", "+"] },
    clusters: { none: ["gate", "bitget"] },
  },
  {
    title: "ON: two venues alone and 2 % apart, where one coin would stand within basis points",
    coins: { on: { ticker: "ON", level: 0.12 }, otherOn: { ticker: "ON", level: 0.1224 } },
    lists: { gate: ["on", "-"], bitget: ["otherOn", "+"] },
    clusters: { none: ["gate", "bitget"] },
  },
  {
    title: "BB: the spot market of one venue and the perpetual of another are one coin, a third venue's is another",
    coins: { bb: { ticker: "BB", level: 0.083 }, otherBb: { ticker: "BB", level: 2.1 } },
    lists: { "binance-spot": ["bb", "spot"], bybit: ["bb", "+"], gate: ["otherBb", "+"] },
    clusters: { BB: ["binance-spot", "bybit"], none: ["gate"] },
  },
  {
    title: "QNT: a venue's own spot and perpetual agree, so they are a coin beside that of two others",
    coins: { qnt: { ticker: "QNT", level: 91 }, otherQnt: { ticker: "QNT", level: 0.0061 } },
    lists: {
      binance: ["qnt", "-"],
      okx: ["qnt", "+"],
      "bitget-spot": ["otherQnt", "spot"],
      bitget: ["otherQnt", "+"],
    },
    clusters: { QNT: ["binance", "okx"], "QNT~2": ["bitget-spot", "bitget"] },
  },
  {
    title: "1000PEPE, kPEPE and PEPE are one coin, per coin",
    coins: one("PEPE", 0.0000093, 1000),
    lists: {
      binance: ["PEPE", "-"],
      bybit: ["PEPE", "+"],
      hyperliquid: ["PEPE", "-"],
      gate: ["PEPE", "+"],
      okx: ["PEPE", "+"],
      htx: ["PEPE", "-"],
      bingx: ["PEPE", "+"],
      aster: ["PEPE", "-"],
      "okx-spot": ["PEPE", "spot"],
    },
    names: {
      binance: "1000PEPEUSDT",
      bybit: "1000PEPEUSDT",
      hyperliquid: "kPEPE",
      gate: "PEPE_USDT",
      okx: "PEPE-USDT-SWAP",
      htx: "PEPE-USDT",
    },
    clusters: { PEPE: ["binance", "bybit", "hyperliquid", "gate", "okx", "htx", "bingx", "aster", "okx-spot"] },
  },
  {
    title: "1000PEPE and a coin of the same name that one venue sells at a thousand times its price",
    coins: { ...one("PEPE", 0.0000093, 1000), dear: { ticker: "PEPE", level: 0.0093 } },
    lists: { binance: ["PEPE", "-"], bybit: ["PEPE", "+"], gate: ["dear", "-"] },
    clusters: { PEPE: ["binance", "bybit"], none: ["gate"] },
  },
  {
    title: "SHIB1000, 1000SHIB, kSHIB and SHIB are one coin",
    coins: one("SHIB", 0.0000102, 1000),
    lists: { bybit: ["SHIB", "-"], binance: ["SHIB", "+"], hyperliquid: ["SHIB", "+"], kucoin: ["SHIB", "-"] },
    names: { bybit: "SHIB1000USDT", binance: "1000SHIBUSDT", hyperliquid: "kSHIB", kucoin: "SHIBUSDTM" },
    clusters: { SHIB: ["bybit", "binance", "hyperliquid", "kucoin"] },
  },
  {
    title: "1MBABYDOGE, 1000000BABYDOGE and BABYDOGE are one coin",
    coins: one("BABYDOGE", 0.00000000113, 1_000_000),
    lists: { binance: ["BABYDOGE", "-"], bybit: ["BABYDOGE", "+"], gate: ["BABYDOGE", "+"], "binance-spot": ["BABYDOGE", "spot"] },
    names: { binance: "1MBABYDOGEUSDT", bybit: "1000000BABYDOGEUSDT", gate: "BABYDOGE_USDT", "binance-spot": "1MBABYDOGEUSDT" },
    clusters: { BABYDOGE: ["binance", "bybit", "gate", "binance-spot"] },
  },
  {
    title: "OPENAI: one venue quotes ten times what two others do",
    coins: { ...one("OPENAI", 812), tenfold: { ticker: "OPENAI", level: 8120 } },
    lists: { okx: ["OPENAI", "-"], kucoin: ["OPENAI", "+"], gate: ["tenfold", "+"] },
    clusters: { OPENAI: ["okx", "kucoin"], none: ["gate"] },
  },
  {
    title: "ANTHROPIC: two venues in one scale and two in the other, each a coin of its own",
    coins: { ...one("ANTHROPIC", 321), tenfold: { ticker: "ANTHROPIC", level: 3210 } },
    lists: { okx: ["ANTHROPIC", "-"], kucoin: ["ANTHROPIC", "+"], gate: ["tenfold", "-"], bitget: ["tenfold", "+"] },
    clusters: { ANTHROPIC: ["gate", "bitget"], "ANTHROPIC~2": ["okx", "kucoin"] },
  },
  {
    title: "ANTHROPIC: one venue in each scale",
    coins: { ...one("ANTHROPIC", 321), tenfold: { ticker: "ANTHROPIC", level: 3210 } },
    lists: { okx: ["ANTHROPIC", "-"], gate: ["tenfold", "+"] },
    clusters: { none: ["okx", "gate"] },
  },
  {
    title: "XBT is BTC, in every currency of settlement",
    coins: one("BTC", 77_760),
    lists: {
      kucoin: ["BTC", "-"],
      krakenfutures: ["BTC", "-"],
      binance: ["BTC", "+"],
      hyperliquid: ["BTC", "+"],
      "kucoin-spot": ["BTC", "spot"],
    },
    names: { kucoin: "XBTUSDTM", krakenfutures: "PF_XBTUSD", binance: "BTCUSDT", hyperliquid: "BTC", "kucoin-spot": "BTC-USDT" },
    clusters: { BTC: ["kucoin", "krakenfutures", "binance", "hyperliquid", "kucoin-spot"] },
  },
  {
    title: "1INCH is no multiple of INCH",
    coins: { ...one("1INCH", 0.182), ...one("INCH", 0.182) },
    lists: { binance: ["1INCH", "-"], bybit: ["1INCH", "+"], gate: ["INCH", "-"], okx: ["INCH", "+"] },
    names: { binance: "1INCHUSDT", gate: "INCH_USDT" },
    clusters: { "1INCH": ["binance", "bybit"], INCH: ["gate", "okx"] },
  },
  {
    title: "2Z and 0G are coins of their own",
    coins: { ...one("2Z", 0.0467), ...one("0G", 0.194), ...one("Z", 0.0467), ...one("G", 0.194) },
    lists: { kucoin: ["2Z", "-"], okx: ["2Z", "+"], binance: ["0G", "-"], gate: ["0G", "+"], bybit: ["Z", "-"], bitget: ["G", "+"] },
    names: { kucoin: "2ZUSDTM", okx: "2Z-USDT-SWAP", binance: "0GUSDT", gate: "0G_USDT" },
    clusters: { "2Z": ["kucoin", "okx"], "0G": ["binance", "gate"], Z: ["bybit"], G: ["bitget"] },
  },
];

const PER_8H: Readonly<Record<Side, number>> = { "-": -0.001, "+": 0.001, spot: 0 };

const marketOf = ({ coins, lists }: Case): readonly Trap[] =>
  Object.entries(coins).map(([id, { ticker, level, bundle = 1 }]) => ({
    coin: { id, ticker, class: "crypto", level, rank: 90, bundle },
    legs: Object.fromEntries(
      Object.entries(lists).flatMap(([feed, [coin, side]]) =>
        coin === id
          ? [[feed, { listing: { fixedPer8h: PER_8H[side], depthUsd: 90_000, volumeUsd: 3e7, openInterestUsd: 2e7 } }] as const]
          : [],
      ),
    ),
  }));

/** What pays: every long side beside every short side of one coin, and holding it where it is sold spot. */
const truePairs = ({ lists }: Case): readonly string[] =>
  Object.entries(lists).flatMap(([long, [coin, side]]) =>
    Object.entries(lists)
      .filter(([, [other, otherSide]]) => other === coin && side !== "+" && otherSide === "+")
      .map(([short]) => `${side === "spot" ? "carry" : "funding"} ${long} ${short}`),
  );

/** Two scans of the real feeds over the simulator's bodies, fetch to reconcile. */
async function scanned(row: Case) {
  const simulator = await startSimulator({ nowMs: NOW_MS, only: marketOf(row) });
  const feeds = ADAPTERS.filter(({ id }) => Object.hasOwn(row.lists, id));
  const memories = new Map<string, FeedMemory>();
  const call =
    (host: string): Call =>
    async ({ endpoint, path, errorIn }) => {
      const { method, body } = endpoint;
      const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
      const response = await simulator.handle(new Request(`https://${host}${path}`, init));
      const sent: unknown = await response.json();
      expect(errorIn(sent, response.status)).toBeNull();
      return { result: ok({ body: sent, receivedAtMs: NOW_MS }), calls: [] };
    };
  const published: Published[] = [];
  const { scan } = stage({
    feeds,
    ask: async ({ feed }) => {
      const adapter = adapterOf(feed);
      if (adapter === null) throw new Error(feed);
      const memory = memories.get(feed) ?? { tables: {}, shown: null, instruments: null };
      const done = await collectVenue({ adapter, memory, call: call(adapter.hosts[0] ?? ""), slowCalls: 9, now: () => NOW_MS });
      memories.set(feed, done.memory);
      return done.reply;
    },
    publish: async (shown) => void published.push(shown),
  });
  const [, second] = await inARow(scan, [() => ({}), () => ({})]);
  const market = published.at(-1)?.market.venues ?? [];
  const symbols = Object.fromEntries([...memories].map(([feed, { instruments }]) => [feed, instruments?.venueSymbol[0] ?? ""]));
  return { open: Object.values(second?.lifecycle.open ?? EMPTY_STATE.open), market, symbols };
}

test.each(CASES)("$title", async (row) => {
  const { open, market, symbols } = await scanned(row);
  expect(symbols).toMatchObject(row.names ?? {});
  const clusters: Record<string, string[]> = {};
  for (const { feed, identity } of market) for (const asset of identity.assetId) (clusters[asset ?? "none"] ??= []).push(feed);
  const sorted = (groups: Case["clusters"]) => Object.fromEntries(Object.entries(groups).map(([id, ids]) => [id, ids.toSorted()]));
  expect(sorted(clusters)).toEqual(sorted(row.clusters));
  for (const { feed, identity } of market) {
    const isOutside = row.clusters["none"]?.includes(feed) === true;
    expect(identity.dropped, feed).toEqual(isOutside ? { "identity-mismatch": 1 } : {});
  }
  const found = open.map(
    ({ row: { priced } }) =>
      `${priced.strategy} ${feedIdOf(priced.long.quote.venue, priced.long.quote.kind)} ${feedIdOf(priced.short.quote.venue, priced.short.quote.kind)}`,
  );
  expect(found.toSorted()).toEqual(truePairs(row).toSorted());
  for (const { row: opened } of open) {
    const { asset, long, short } = opened.priced;
    const both = [long, short].map(({ quote }) => feedIdOf(quote.venue, quote.kind));
    expect(row.clusters[asset], `${asset} ${both.join(" ")}`).toEqual(expect.arrayContaining(both));
  }
});
