import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseCommand } from "../../scripts/parse.ts";
import { startSimulator } from "../../simulator/simulator.ts";
import type { Quote } from "../../src/domain/quote.ts";
import { ok } from "../../src/domain/result.ts";
import { collectVenue } from "../../src/feeds/collect-venue.ts";
import { bitget } from "../../src/venues/bitget.ts";
import { CAPTURES_DIR, capture, capturesNote, haveCaptures } from "../captures.ts";
import { bySymbol, mustParse, parseBodies, rowsAt } from "./bodies.ts";

const NOW_MS = Date.UTC(2026, 10, 22, 12, 34, 56);
/** `requestTime` of the recording of UTA v3. */
const RECORDED_MS = 1_789_337_181_150;
const V3_FILE = "bitget/v3_market_tickers_USDT-FUTURES_2026-09-13.json";

const nothing = (...fields: (keyof Quote)[]): Partial<Record<keyof Quote, null>> =>
  Object.fromEntries(fields.map((field) => [field, null]));

describe.skipIf(!haveCaptures)(`Bitget's recorded ticker of UTA v3, 2026-09-13${capturesNote}`, () => {
  const tickersV3 = haveCaptures ? capture(V3_FILE) : null;
  const row = (symbol: string, more: Readonly<Record<string, unknown>> = {}) =>
    bySymbol(mustParse(bitget, { tickersV3, ...more }, RECORDED_MS)).get(symbol);

  it("has the figures worked out by hand: sizes and open interest in coins, the row's own time", () => {
    expect(row("BTCUSDT")).toEqual({
      venue: "bitget",
      takerFeeRate: null,
      symbol: "BTC/USDT:USDT",
      kind: "perpetual",
      asset: "BTC",
      quote: "USDT",
      settle: "USDT",
      multiplier: 1,
      bid: 76945.7, // bid1Price
      ask: 76945.8, // ask1Price
      bidSizeBase: 1.5424,
      askSizeBase: 2.2675,
      mark: 76967.7,
      index: 76999.899,
      fundingRatePerInterval: 0.00005,
      volume24hUsd: 1051194916.75318, // turnover24h, not volume24h "13655.8797"
      openInterestUsd: 35917.05359999992 * 76967.7, // openInterest in coins: 2.76 billion
      eventAtMs: 1_789_337_180_512, // ts
      replyAtMs: RECORDED_MS, // requestTime
      receivedAtMs: RECORDED_MS,
      // Intervals, caps, states and lots stand in other bodies, of which none was recorded.
      ...nothing("fundingIntervalHours", "nextFundingAtMs", "fundingCap", "fundingFloor", "lastSettledRatePerInterval"),
      ...nothing("assetClass", "state", "minOrderBase", "lotBase", "quotedNotionalUsd"),
    });
    expect(row("SHIBUSDT")).toMatchObject({
      multiplier: 1, // a single coin here, a thousand elsewhere
      bid: 0.000005185,
      bidSizeBase: 453_150_000,
      index: 0.0000051884846831,
      openInterestUsd: 1860174806655 * 0.000005184, // 9.6 million
    });
    expect(row("TSLAUSDT")).toMatchObject({ fundingRatePerInterval: 0, askSizeBase: 6.49 });
    expect(row("H100USDT")).toMatchObject({ asset: "H100", multiplier: 1, index: 2.6600945326147056 });
    expect(mustParse(bitget, { tickersV3 }, RECORDED_MS)).toMatchObject({ columns: { count: 6 }, rejected: [] });
  });

  it("yields its rate to currentFundRate once that was read, also where that lacks the symbol", () => {
    const currentFundRate = capture("bitget/sample_GetFundingRate.json");
    expect(row("BTCUSDT", { currentFundRate })).toMatchObject({ fundingRatePerInterval: 0.0005, fundingIntervalHours: null, bid: 76945.7 });
    expect(row("ETHUSDT", { currentFundRate })).toMatchObject({ fundingRatePerInterval: null, bid: 2489.3 });
  });

  it("joins the documented contracts: lots in coins, state; no class where isRwa is not sent", () => {
    const contracts = capture("bitget/sample_GetContracts.json");
    expect(row("BTCUSDT", { contracts })).toMatchObject({ state: "trading", minOrderBase: 0.01, lotBase: 0.01, assetClass: null });
    expect(row("ETHUSDT", { contracts })).toMatchObject({ state: null, minOrderBase: null }); // not among them
  });

  it("is read by the parse command, alone and beside currentFundRate", () => {
    const v3 = `tickersV3=${join(CAPTURES_DIR, V3_FILE)}`;
    const rates = `currentFundRate=${join(CAPTURES_DIR, "bitget/sample_GetFundingRate.json")}`;
    const rows = (...argv: string[]) => JSON.parse(parseCommand(["bitget", ...argv], RECORDED_MS).stdout).rows;
    expect(rows(v3).map(({ symbol }: Quote) => symbol)).toContain("XAU/USDT:USDT");
    expect(rows(v3)[0]).toMatchObject({ venue: "bitget", symbol: "BTC/USDT:USDT", bid: 76945.7, fundingRatePerInterval: 0.00005 });
    expect(rows(v3, rates)[0]).toMatchObject({ fundingRatePerInterval: 0.0005 });
    expect(parseCommand(["bitget", "--list"], 0).stdout).toContain("tickersV3 GET https://api.bitget.com/api/v3/market/tickers?category=");
  });
});

describe.skipIf(!haveCaptures)(`Bitget's documented replies of v2${capturesNote}`, () => {
  it("are refused where they are inverse or dated", () => {
    const { columns, rejected } = mustParse(bitget, { tickers: capture("bitget/sample_GetTickers.json") }, 1_695_794_271_400);
    expect(columns.count).toBe(0);
    expect(rejected).toMatchObject([
      { symbol: "BTCUSD", reason: "unsupported-settle" },
      { symbol: "ETHUSD_231229", reason: "not-perpetual" },
    ]);
  });

  it.each([
    ["tickers", "sample_GetTickers.json"],
    ["currentFundRate", "sample_GetFundingRate.json"],
    ["contracts", "sample_GetContracts.json"],
  ])("%s: the simulator sends every key of them, of the same type", async (name, file) => {
    const ours = rowsAt(await simulated(name), ["data"]);
    for (const row of rowsAt(capture(`bitget/${file}`), ["data"])) {
      for (const [key, value] of Object.entries(row)) {
        const types = new Set(ours.map((each) => typeof each[key]));
        // The sample's dated future has delivery times, which a perpetual sends as null.
        if (!key.startsWith("delivery")) expect([...types], key).toContain(typeof value);
        else expect(types.has("undefined"), key).toBe(false);
      }
    }
  });
});

const simulator = await startSimulator({ nowMs: NOW_MS });
async function simulated(name: string): Promise<unknown> {
  const path = bitget.endpoints[name]?.path ?? "";
  return await (await simulator.handle(new Request(`https://api.bitget.com${path}`))).json();
}

describe("Bitget, simulated", () => {
  it("gives the same figures by either generation of its ticker, times apart", async () => {
    const more = { currentFundRate: await simulated("currentFundRate"), contracts: await simulated("contracts") };
    const v2 = bySymbol(mustParse(bitget, { tickers: await simulated("tickers"), ...more }, NOW_MS));
    const v3 = bySymbol(mustParse(bitget, { tickersV3: await simulated("tickersV3"), ...more }, NOW_MS));
    expect(v2.size).toBeGreaterThan(500);
    expect(v3.size).toBe(v2.size);
    for (const [symbol, quote] of v2) expect(v3.get(symbol)).toEqual({ ...quote, eventAtMs: v3.get(symbol)?.eventAtMs });
  });

  it("takes v2 where both were read", async () => {
    const [tickers, tickersV3] = [await simulated("tickers"), await simulated("tickersV3")];
    const both = bySymbol(mustParse(bitget, { tickers, tickersV3 }, NOW_MS));
    expect(both).toEqual(bySymbol(mustParse(bitget, { tickers }, NOW_MS)));
  });

  it("refuses the 12 rates without a ticker, and has several intervals, bundles, shares and names that are not ASCII", async () => {
    const bodies = {
      tickers: await simulated("tickers"),
      currentFundRate: await simulated("currentFundRate"),
      contracts: await simulated("contracts"),
    };
    const parsed = mustParse(bitget, bodies, NOW_MS);
    const ghosts = parsed.rejected.filter(({ reason }) => reason === "no-counterpart").map(({ symbol }) => symbol);
    expect(ghosts).toHaveLength(12);
    expect(ghosts).toContain("BGTESTMEUSDT");
    expect(parsed.rejected).toHaveLength(12);
    const rows = bySymbol(parsed);
    expect(new Set([...rows.values()].map(({ fundingIntervalHours }) => fundingIntervalHours))).toEqual(new Set([1, 2, 4, 8]));
    expect(rows.get("1000BONKUSDT")).toMatchObject({ asset: "BONK", multiplier: 1000, state: "trading", assetClass: "crypto" });
    expect(rows.get("SHIBUSDT")).toMatchObject({ asset: "SHIB", multiplier: 1 });
    expect(rows.get("龙虾USDT")).toMatchObject({ asset: "龙虾", state: "trading" });
    expect(rows.get("TSLAUSDT")).toMatchObject({ assetClass: "other" });
    expect(rows.get("MAINTAINEDUSDT")).toMatchObject({ state: "halted" });
  });

  it("never fetches an alternative in a scan, due or not, and lives without it", async () => {
    const asked: string[] = [];
    const scan = (memory: Parameters<typeof collectVenue>[0]["memory"]) =>
      collectVenue({
        adapter: bitget,
        memory,
        slowCalls: 9,
        now: () => NOW_MS,
        call: async ({ name, errorIn }) => {
          asked.push(name);
          const body = await simulated(name);
          const error = errorIn(body, 200);
          return { result: error === null ? ok({ body, receivedAtMs: NOW_MS }) : { ok: false, error }, calls: [] };
        },
      });
    const first = await scan({ tables: {}, shown: null, instruments: null });
    expect(asked).toEqual(["tickers", "currentFundRate", "contracts"]);
    expect(first.reply).toMatchObject({ error: null, degraded: [] });
    await scan(first.memory);
    expect(asked.slice(3)).toEqual(["tickers", "currentFundRate"]);
  });

  it("gives rows without rates when currentFundRate fails, for it is not the primary body", async () => {
    const rows = parseBodies(bitget, { tickers: await simulated("tickers") }, NOW_MS);
    expect(rows.ok && bySymbol(rows.value).get("BTCUSDT")).toMatchObject({ fundingIntervalHours: null, nextFundingAtMs: null });
    expect(parseBodies(bitget, { currentFundRate: await simulated("currentFundRate") }, NOW_MS)).toMatchObject({
      error: { kind: "empty" },
    });
  });
});
