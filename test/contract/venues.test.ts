import { describe, expect, it } from "vitest";
import { startSimulator } from "../../simulator/simulator.ts";
import { type Bodies, mustParse, quotesOf } from "./bodies.ts";
import type { VenueAdapter } from "../../src/venues/adapter.ts";
import { ADAPTERS, adapterOf, VENUE_IDS, venueFacts } from "../../src/venues/registry.ts";
import { capture, capturesNote, haveCaptures } from "../captures.ts";
import { type ContractInput, venueContract } from "./venue-contract.ts";

const NOW_MS = Date.UTC(2026, 10, 22, 12, 34, 56);

/** The simulator's answers to every endpoint of an adapter. */
async function simulated(adapter: VenueAdapter, seed: number): Promise<ContractInput> {
  const simulator = await startSimulator({ seed, nowMs: NOW_MS });
  const bodies: Record<string, unknown> = {};
  for (const [name, { method, path, body }] of Object.entries(adapter.endpoints)) {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body), headers: { "content-type": "application/json" } };
    const response = await simulator.handle(new Request(`http://127.0.0.1/${adapter.hosts[0]}${path}`, init));
    bodies[name] = await response.json();
  }
  await simulator.close();
  return { adapter, bodies, nowMs: NOW_MS };
}

const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | null = null;
  return () => (made ??= make());
};

for (const adapter of ADAPTERS) {
  for (const seed of [1, 2])
    venueContract(
      `${adapter.facts.id}, simulated, seed ${seed}`,
      once(() => simulated(adapter, seed)),
    );
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
  it("has each venue once, under its own id, with hosts, documents and a sourced taker fee", () => {
    expect(new Set(VENUE_IDS).size).toBe(ADAPTERS.length);
    for (const adapter of ADAPTERS) {
      const { id, takerFee } = adapter.facts;
      expect(adapterOf(id)).toBe(adapter);
      expect(venueFacts(id)).toBe(adapter.facts);
      expect(id).toMatch(/^[a-z0-9]+$/u);
      expect(adapter.hosts.length).toBeGreaterThan(0);
      for (const host of adapter.hosts) expect(host).toMatch(/^[a-z0-9.-]+$/u);
      for (const url of adapter.docs) expect(URL.canParse(url), url).toBe(true);
      expect(takerFee.perpetual?.rate).toBeGreaterThan(0);
      expect(takerFee.perpetual?.rate).toBeLessThan(0.001);
      expect(takerFee.perpetual?.readOn).toMatch(/^\d{4}-\d\d-\d\d$/u);
    }
    expect(adapterOf("no-such-venue")).toBeNull();
    expect(venueFacts("no-such-venue")).toBeNull();
  });

  it("asks for little: at most two hot calls a venue, every path bulk, the weight under the budget", () => {
    for (const { endpoints, budget } of ADAPTERS) {
      const all = Object.values(endpoints);
      const hot = all.filter(({ refreshMs }) => refreshMs === 0);
      expect(hot.length).toBeLessThanOrEqual(2);
      expect(all.some(({ required }) => required)).toBe(true);
      expect(all.every(({ path }) => path.startsWith("/") && !/symbol=|contract=/u.test(path))).toBe(true);
      expect(all.reduce((sum, { weight }) => sum + weight, 0)).toBeLessThan(budget.weightPerMinute);
    }
  });

  it("gives no row without the required body, and says which is missing", () => {
    for (const adapter of ADAPTERS) expect(adapter.join({}, NOW_MS)).toMatchObject({ ok: false, error: { kind: "empty" } });
  });
});

describe("a body that is joined late", () => {
  it("makes the row as old as its older hot body", async () => {
    for (const id of ["binance", "gate"]) {
      const adapter = adapterOf(id);
      if (adapter === null) throw new Error(id);
      const { bodies } = await simulated(adapter, 1);
      const hot = Object.entries(adapter.endpoints).filter(([, { refreshMs }]) => refreshMs === 0);
      for (const [late] of hot) {
        const tables = Object.fromEntries(
          Object.keys(bodies).map((name) => {
            const table = adapter.endpoints[name]?.read(bodies[name]);
            return [name, { table: table?.ok === true ? table.value : null, receivedAtMs: name === late ? NOW_MS - 30_000 : NOW_MS }];
          }),
        );
        const joined = adapter.join(tables, NOW_MS);
        expect(joined.ok && quotesOf(joined.value).every(({ receivedAtMs }) => receivedAtMs === NOW_MS - 30_000), `${id} ${late}`).toBe(
          true,
        );
      }
      expect(quotesOf(mustParse(adapter, bodies, NOW_MS)).every(({ receivedAtMs }) => receivedAtMs === NOW_MS)).toBe(true);
    }
  });
});
