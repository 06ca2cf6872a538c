import { describe, expect, it } from "vitest";
import { startSimulator } from "../../simulator/simulator.ts";
import { type Bodies, mustParse, parseWithNames, quotesOf } from "./bodies.ts";
import { feedIdOf } from "../../src/domain/feed.ts";
import type { Quote } from "../../src/domain/quote.ts";
import type { VenueAdapter } from "../../src/venues/adapter.ts";
import { nameBook } from "../../src/venues/name-book.ts";
import { ADAPTERS, adapterOf, adaptersOf, FEED_IDS, VENUE_IDS, venueFacts } from "../../src/venues/registry.ts";
import { capture, capturesNote, haveCaptures } from "../captures.ts";
import { type ContractInput, venueContract } from "./venue-contract.ts";

const NOW_MS = Date.UTC(2026, 10, 22, 12, 34, 56);

/** One market of a seed serves all feeds: its clock stands. */
const simulators = new Map<number, ReturnType<typeof startSimulator>>();
function simulatorOf(seed: number): ReturnType<typeof startSimulator> {
  const known = simulators.get(seed) ?? startSimulator({ seed, nowMs: NOW_MS });
  simulators.set(seed, known);
  return known;
}

/** The simulator's answers to every endpoint that a scan of the adapter fetches; with `instead` an alternative for the endpoint it stands in for. */
async function simulated(adapter: VenueAdapter, seed: number, instead?: string): Promise<ContractInput> {
  const simulator = await simulatorOf(seed);
  const bodies: Record<string, unknown> = {};
  const replaced = instead === undefined ? undefined : adapter.endpoints[instead]?.alternativeTo;
  for (const [name, { method, path, body, alternativeTo }] of Object.entries(adapter.endpoints)) {
    if (name === replaced || (alternativeTo !== undefined && name !== instead)) continue;
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body), headers: { "content-type": "application/json" } };
    const response = await simulator.handle(new Request(`http://127.0.0.1/${adapter.hosts[0]}${path}`, init));
    bodies[name] = await response.json();
  }
  return { adapter, bodies, nowMs: NOW_MS };
}

const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | null = null;
  return () => (made ??= make());
};

for (const adapter of ADAPTERS) {
  for (const seed of [1, 2])
    venueContract(
      `${adapter.id}, simulated, seed ${seed}`,
      once(() => simulated(adapter, seed)),
    );
}

for (const adapter of ADAPTERS) {
  for (const [name, { alternativeTo }] of Object.entries(adapter.endpoints)) {
    if (alternativeTo === undefined) continue;
    venueContract(
      `${adapter.id}, simulated, ${name} for ${alternativeTo}`,
      once(() => simulated(adapter, 1, name)),
    );
  }
}

/** Bodies of one time. The older ones lack what the venue did not send then. */
const CAPTURES: readonly {
  readonly title: string;
  readonly venue: string;
  readonly atMs: number;
  readonly files: Record<string, string>;
  readonly omits?: ContractInput["omits"];
}[] = [
  {
    title: "binance of 2026-09-13",
    venue: "binance",
    atMs: 1_789_308_896_002,
    files: { premiumIndex: "binance/fapi_v1_premiumIndex_2026-09-13.json", fundingInfo: "binance/fapi_v1_fundingInfo_2026-09-13.json" },
    omits: { book: "no bookTicker of that day", state: "no exchangeInfo of that day" },
  },
  {
    title: "binance of October 2020 with the metadata of 2025",
    venue: "binance",
    atMs: 1_602_819_970_000,
    files: {
      premiumIndex: "binance/fapi_v1_premiumIndex_recorded.json",
      bookTicker: "binance/fapi_v1_ticker_bookTicker_recorded.json",
      fundingInfo: "binance/fapi_v1_fundingInfo_recorded.json",
      exchangeInfo: "binance/fapi_v1_exchangeInfo_recorded.json",
      ticker24hr: "binance/fapi_v1_ticker_24hr_recorded.json",
    },
    omits: { state: "no symbol is in both premiumIndex and exchangeInfo" },
  },
  {
    title: "bybit of 2026-09-11",
    venue: "bybit",
    atMs: 1_789_147_120_443,
    files: { tickers: "bybit/v5_market_tickers_linear_2026-09-11.json" },
  },
  {
    title: "bybit of 2023-08-16, all rows",
    venue: "bybit",
    atMs: 1_692_163_167_245,
    files: { tickers: "bybit/v5_market_tickers_linear_2023-08-16_FULL.json" },
    omits: { state: "the schema of 2023 had no curPreListingPhase" },
  },
  {
    title: "gate of 2026-09-11",
    venue: "gate",
    atMs: 1_789_147_120_443,
    files: { contracts: "gate/futures_usdt_contracts_2026-09-11.json", tickers: "gate/futures_usdt_tickers_2026-09-11.json" },
  },
  {
    title: "bitget of 2026-09-13, the ticker of UTA v3 alone",
    venue: "bitget",
    atMs: 1_789_337_181_150,
    files: { tickersV3: "bitget/v3_market_tickers_USDT-FUTURES_2026-09-13.json" },
    omits: { state: "no contracts of that day" },
  },
  {
    title: "okx of 2026-09-19",
    venue: "okx",
    atMs: 1_789_824_246_000,
    files: {
      fundingRate: "okx/public_funding-rate_instId_ANY_2026-09-19_fragment.json",
      instruments: "okx/v5_public_instruments_SWAP_2026-09.json",
    },
    omits: { book: "no tickers of that day" },
  },
  {
    title: "kucoin of 2026-09-11",
    venue: "kucoin",
    atMs: 1_789_147_120_469,
    files: { contractsActive: "kucoin/api_v1_contracts_active_2026-09-11.json" },
    omits: { book: "no allTickers of that day" },
  },
  {
    title: "dydx of September 2026",
    venue: "dydx",
    atMs: 1_789_147_120_443,
    files: { perpetualMarkets: "dydx/v4_perpetualMarkets_2026-09.json" },
  },
  {
    title: "lighter of 2026-09-19, with the rates of 2026-09-11",
    venue: "lighter",
    atMs: 1_789_147_120_443,
    files: {
      orderBookDetails: "lighter/orderBookDetails_2026-09-19_fragment.json",
      fundingRates: "lighter/funding-rates_2026-09-11.json",
    },
    omits: { rate: "one row of the fragment is made up, and no rate of it was recorded" },
  },
  {
    title: "paradex of 2026-09-11",
    venue: "paradex",
    atMs: 1_789_147_120_443,
    files: { summary: "paradex/v1_markets_summary_ALL_2026-09-11.json" },
    omits: { state: "no markets of that day" },
  },
  {
    title: "aster of 2026-09-11",
    venue: "aster",
    atMs: 1_789_147_685_000,
    files: { premiumIndex: "aster/fapi_premiumIndex_2026-09-11.json", fundingInfo: "aster/sample_GetFundingInfo.json" },
    omits: { book: "no bookTicker of that day", state: "no exchangeInfo of that day" },
  },
  {
    title: "mexc, rates and contracts of 2026-09-19 with the ticker of 2026-09-11",
    venue: "mexc",
    atMs: 1_789_827_293_197,
    files: {
      fundingRate: "mexc/contract_funding_rate_2026-09-19_fragment.json",
      ticker: "mexc/contract_ticker_2026-09-11.json",
      detail: "mexc/contract_detail_2026-09_fragment.json",
    },
    omits: { book: "bid1 and ask1 were trimmed" },
  },
  {
    title: "htx of 2026-09-13",
    venue: "htx",
    atMs: 1_789_336_870_043,
    files: {
      fundingRate: "htx/swap_batch_funding_rate_2026-09-13.json",
      merged: "htx/v2_linear-swap-ex_market_detail_batch_merged_2026-09-13.json",
    },
    omits: { state: "no contract info of that day", schedule: "CYBER is suspended, its settlement was in January" },
  },
  {
    title: "bingx of 2026-09-13",
    venue: "bingx",
    atMs: 1_789_336_870_000,
    files: { premiumIndex: "bingx/swap_v2_quote_premiumIndex_2026-09-13.json", ticker: "bingx/swap_v2_quote_ticker_2026-09-13.json" },
    omits: { state: "no contracts of that day" },
  },
  {
    title: "hyperliquid of 2026-09-11",
    venue: "hyperliquid",
    atMs: 1_789_147_120_443,
    files: { metaAndAssetCtxs: "hyperliquid/metaAndAssetCtxs_2026-09-11.json" },
  },
];

describe.skipIf(!haveCaptures)(`recorded bodies${capturesNote}`, () => {
  for (const { title, venue, atMs, files, omits } of CAPTURES) {
    venueContract(title, () => {
      const adapter = adapterOf(venue);
      if (adapter === null) throw new Error(`no adapter ${venue}`);
      const bodies: Bodies = Object.fromEntries(Object.entries(files).map(([name, file]) => [name, capture(file)]));
      return { adapter, bodies, nowMs: atMs, ...(omits === undefined ? {} : { omits }) };
    });
  }
});

describe("registry", () => {
  it("has each feed once, under its own id, with hosts, documents and its venue's facts and sourced taker fees", () => {
    expect(new Set(FEED_IDS).size).toBe(ADAPTERS.length);
    expect(new Set(VENUE_IDS).size).toBe(VENUE_IDS.length);
    for (const adapter of ADAPTERS) {
      const { id, takerFee } = adapter.facts;
      expect(adapterOf(adapter.id)).toBe(adapter);
      expect(adaptersOf(id)).toContain(adapter);
      expect(venueFacts(id)).toBe(adapter.facts);
      expect(id).toMatch(/^[a-z0-9]+$/u);
      expect([id, feedIdOf(id, "spot")]).toContain(adapter.id);
      expect(adapter.hosts.length).toBeGreaterThan(0);
      for (const host of adapter.hosts) expect(host).toMatch(/^[a-z0-9.-]+$/u);
      for (const url of adapter.docs) expect(URL.canParse(url), url).toBe(true);
      // Standard accounts of Lighter pay nothing; nobody else's fee is 0.
      expect(takerFee.perpetual?.rate).toBeGreaterThanOrEqual(id === "lighter" ? 0 : 0.0001);
      expect(takerFee.perpetual?.rate).toBeLessThan(0.001);
      expect(takerFee.perpetual?.readOn).toMatch(/^\d{4}-\d\d-\d\d$/u);
      if (adapter.id === id) continue;
      expect(takerFee.spot?.rate).toBeGreaterThan(0);
      expect(takerFee.spot?.rate).toBeLessThan(0.003);
      expect(takerFee.spot?.readOn).toMatch(/^\d{4}-\d\d-\d\d$/u);
    }
    expect(adapterOf("no-such-venue")).toBeNull();
    expect(venueFacts("no-such-venue")).toBeNull();
  });

  it("asks for little: at most three hot calls a feed, 27 for the perpetuals of 15 venues and one for each spot book, every path bulk, the weight under the budget", () => {
    const hotCalls = ADAPTERS.map(({ id, facts, endpoints }) => ({
      isSpot: id !== facts.id,
      count: Object.values(endpoints).filter(({ refreshMs, alternativeTo }) => refreshMs === 0 && alternativeTo === undefined).length,
    }));
    const total = (isSpot: boolean): number => hotCalls.reduce((sum, feed) => sum + (feed.isSpot === isSpot ? feed.count : 0), 0);
    const feeds = (isSpot: boolean): number => hotCalls.filter((feed) => feed.isSpot === isSpot).length;
    // 13 for the first seven venues, and no more than two for one after them.
    expect(total(false)).toBeLessThanOrEqual(Math.min(27, 13 + 2 * Math.max(0, feeds(false) - 7)));
    expect(total(true)).toBeLessThanOrEqual(feeds(true));
    for (const { endpoints, budget } of ADAPTERS) {
      const all = Object.values(endpoints).filter(({ alternativeTo }) => alternativeTo === undefined);
      const hot = all.filter(({ refreshMs }) => refreshMs === 0);
      expect(hot.length).toBeLessThanOrEqual(3);
      expect(all.some(({ required }) => required)).toBe(true);
      expect(all.every(({ path }) => path.startsWith("/") && !/symbol=|contract=/u.test(path))).toBe(true);
      expect(all.reduce((sum, { weight }) => sum + weight, 0)).toBeLessThan(budget.weightPerMinute);
    }
  });

  it("gives no row without the required body, and says which is missing", () => {
    for (const adapter of ADAPTERS) expect(adapter.join({}, NOW_MS)).toMatchObject({ ok: false, error: { kind: "empty" } });
  });
});

describe("a feed that keeps the names it has met", () => {
  it.each(ADAPTERS.map((adapter) => [adapter.id, adapter] as const))(
    "%s: makes the rows that a new one makes, of each body again and of another market's",
    async (_, adapter) => {
      const names = nameBook();
      for (const seed of [1, 2, 1, 1]) {
        const { bodies } = await simulated(adapter, seed);
        const kept = parseWithNames(adapter, bodies, { nowMs: NOW_MS, names });
        expect(kept, `seed ${seed}`).toEqual(parseWithNames(adapter, bodies, { nowMs: NOW_MS, names: nameBook() }));
      }
    },
  );
});

describe("a body that is joined late", () => {
  it("makes the row as old as its older hot body", async () => {
    for (const adapter of ADAPTERS) {
      const { id } = adapter;
      const { bodies } = await simulated(adapter, 1);
      const hot = Object.entries(adapter.endpoints).filter(([name, { refreshMs }]) => refreshMs === 0 && name in bodies);
      if (hot.length < 2) continue;
      for (const [late] of hot) {
        const tables = Object.fromEntries(
          Object.keys(bodies).map((name) => {
            const table = adapter.endpoints[name]?.read(bodies[name]);
            return [name, { table: table?.ok === true ? table.value : null, receivedAtMs: name === late ? NOW_MS - 30_000 : NOW_MS }];
          }),
        );
        const joined = adapter.join(tables, NOW_MS);
        // A row that one of the bodies lacks is as old as its own.
        const isWhole = ({ bid, fundingRatePerInterval }: Quote): boolean =>
          fundingRatePerInterval !== null && (bid !== null || !adapter.facts.hasBulkBook);
        const rows = joined.ok ? quotesOf(joined.value).filter(isWhole) : [];
        expect(rows.length, id).toBeGreaterThan(0);
        expect(new Set(rows.map(({ receivedAtMs }) => receivedAtMs)), `${id} ${late}`).toEqual(new Set([NOW_MS - 30_000]));
      }
      expect(quotesOf(mustParse(adapter, bodies, NOW_MS)).every(({ receivedAtMs }) => receivedAtMs === NOW_MS)).toBe(true);
    }
  });
});
