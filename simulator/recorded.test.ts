import { afterAll, describe, expect, test } from "vitest";
import { CAPTURES_DIR, captureText, capturesNote, haveCaptures } from "../test/captures.ts";
import { startSimulator, type Simulator } from "./simulator.ts";

const FILES: readonly (readonly [path: string, file: string, post?: string])[] = [
  ["/api.bybit.com/v5/market/tickers?category=linear", "bybit/v5_market_tickers_linear_2026-09-11.json"],
  ["/api.gateio.ws/api/v4/futures/usdt/contracts", "gate/futures_usdt_contracts_2026-09-11.json"],
  ["/fx-api.gateio.ws/api/v4/futures/usdt/tickers", "gate/futures_usdt_tickers_2026-09-11.json"],
  ["/api.hyperliquid.xyz/info", "hyperliquid/metaAndAssetCtxs_2026-09-11.json", '{"type":"metaAndAssetCtxs"}'],
  ["/www.okx.com/api/v5/market/tickers?instType=SWAP", "okx/v5_market_tickers_SWAP_2026-09-11.json"],
  ["/www.okx.com/api/v5/public/mark-price?instType=SWAP", "okx/v5_public_mark-price_SWAP_2026-09-11.json"],
  ["/openapi.okx.com/api/v5/public/open-interest?instType=SWAP", "okx/v5_public_open-interest_SWAP_2026-09-11.json"],
  ["/api-futures.kucoin.com/api/v1/contracts/active", "kucoin/api_v1_contracts_active_2026-09-11.json"],
  ["/fapi.asterdex.com/fapi/v3/premiumIndex", "aster/fapi_premiumIndex_2026-09-11.json"],
  ["/api.mexc.com/api/v1/contract/ticker", "mexc/contract_ticker_2026-09-11.json"],
  ["/mainnet.zklighter.elliot.ai/api/v1/funding-rates", "lighter/funding-rates_2026-09-11.json"],
  ["/api.prod.paradex.trade/v1/markets/summary?market=ALL", "paradex/v1_markets_summary_ALL_2026-09-11.json"],
];

describe.skipIf(!haveCaptures)(`a recorded market${capturesNote}`, () => {
  const started: Simulator[] = [];
  const start = async (options: Parameters<typeof startSimulator>[0] = {}): Promise<Simulator> => {
    const simulator = await startSimulator({ recordedDir: CAPTURES_DIR, listen: true, ...options });
    started.push(simulator);
    return simulator;
  };
  afterAll(() => Promise.all(started.map((simulator) => simulator.close())));
  const ask = (simulator: Simulator, path: string, post?: string): Promise<Response> =>
    fetch(`${simulator.url}${path}`, post === undefined ? {} : { method: "POST", body: post });

  test("serves the bodies of its day byte for byte, and says so where there is none", async () => {
    const simulator = await start();
    for (const [path, file, post] of FILES) {
      const response = await ask(simulator, path, post);
      expect(response.status, path).toBe(200);
      expect(await response.text()).toBe(captureText(file));
    }
    for (const path of [
      "/fapi.binance.com/fapi/v1/premiumIndex",
      "/api.bybit.com/v5/market/instruments-info?category=linear&limit=1000",
      "/www.okx.com/api/v5/public/funding-rate?instId=ANY",
    ]) {
      const response = await ask(simulator, path);
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual({ error: "not recorded" });
    }
    expect(simulator.state().recorded).toEqual({ date: "2026-09-11", atMs: 1_789_147_120_443, files: FILES.map(([, file]) => file) });
  });

  test("stands at the newest stamp of the minute in which most bodies of that day were taken", async () => {
    // Aster's body was stamped 565 s after the others.
    expect((await start()).nowMs()).toBe(1_789_147_120_443);
    // HTX's two bodies; Binance's was taken eight hours before.
    const next = await start({ recordedDate: "2026-09-13" });
    expect(next.nowMs()).toBe(1_789_336_870_043);
    expect(await (await ask(next, "/fapi.binance.com/fapi/v1/premiumIndex")).text()).toBe(
      captureText("binance/fapi_v1_premiumIndex_2026-09-13.json"),
    );
  });

  test("refuses a day without bodies and names the days there are", async () => {
    await expect(start({ recordedDate: "2020-01-01" })).rejects.toThrow("2026-09-11");
    await expect(start({ recordedDir: "/no/such/folder" })).rejects.toThrow(
      'expected a folder with INDEX.md, found nothing at "/no/such/folder"',
    );
  });

  test("takes faults of the answer, and refuses faults of rows", async () => {
    const simulator = await start();
    simulator.control({ fault: { venue: "gate", kind: "http-500", times: 1 } });
    expect((await ask(simulator, FILES[1]?.[0] ?? "")).status).toBe(500);
    expect(await (await ask(simulator, FILES[1]?.[0] ?? "")).text()).toBe(captureText("gate/futures_usdt_contracts_2026-09-11.json"));
    expect(() => simulator.control({ fault: { venue: "gate", kind: "zero-rates" } })).toThrow("as they were sent");
    expect(simulator.planted()).toEqual([]);
  });
});
