import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import type { FaultKind } from "./faults.ts";
import { startSimulator } from "./simulator.ts";

const NOW_MS = Date.UTC(2026, 10, 22, 12, 34, 56, 789);
const HOUR_MS = 3_600_000;
const PREMIUM = "/fapi.binance.com/fapi/v1/premiumIndex";
const BOOK = "/fapi.binance.com/fapi/v1/ticker/bookTicker";
const BYBIT = "/api.bybit.com/v5/market/tickers?category=linear";
const GATE = "/api.gateio.ws/api/v4/futures/usdt/contracts";

const simulator = await startSimulator({ nowMs: NOW_MS, listen: true });
afterAll(() => simulator.close());
beforeEach(() => {
  simulator.control({ reset: true });
  simulator.resetCalls();
});

const get = (path: string, init?: RequestInit): Promise<Response> => fetch(`${simulator.url}${path}`, init);
const text = async (path: string): Promise<string> => (await get(path)).text();
const control = (command: unknown): Promise<Response> => get("/control", { method: "POST", body: JSON.stringify(command) });
const fault = (venue: string, kind: FaultKind, more: object = {}): Promise<Response> => control({ fault: { venue, kind, ...more } });
const hyperliquid = (): Promise<Response> =>
  get("/api.hyperliquid.xyz/info", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"type":"metaAndAssetCtxs"}',
  });

const premiumRows = z.array(
  z.object({
    symbol: z.string(),
    lastFundingRate: z.string().optional(),
    nextFundingTime: z.number(),
    time: z.number(),
    markPrice: z.string(),
  }),
);
const bookRows = z.array(z.object({ symbol: z.string(), bidPrice: z.string(), askPrice: z.string(), time: z.number() }));
const bybitBody = z.object({
  retCode: z.number(),
  time: z.number(),
  result: z.object({
    list: z.array(z.object({ symbol: z.string(), fundingRate: z.string(), nextFundingTime: z.string(), deliveryTime: z.string() })),
  }),
});
const premium = async (): Promise<z.infer<typeof premiumRows>> => premiumRows.parse(await (await get(PREMIUM)).json());
const book = async (): Promise<z.infer<typeof bookRows>> => bookRows.parse(await (await get(BOOK)).json());
const bybit = async (): Promise<z.infer<typeof bybitBody>> => bybitBody.parse(await (await get(BYBIT)).json());

describe("answers", () => {
  test("are the same bytes for the same seed and clock, over HTTP and in process", async () => {
    const twin = await startSimulator({ nowMs: NOW_MS });
    for (const path of [PREMIUM, BOOK, BYBIT, GATE]) {
      expect(await (await twin.handle(new Request(`http://any${path}`))).text()).toBe(await text(path));
    }
    expect(await (await twin.handle(new Request("https://fapi.binance.com/fapi/v1/premiumIndex"))).text()).toBe(await text(PREMIUM));
    const other = await startSimulator({ nowMs: NOW_MS, seed: 2 });
    expect(await (await other.handle(new Request(`http://any${PREMIUM}`))).text()).not.toBe(await text(PREMIUM));
  });

  test("name the hosts that exist when asked for another", async () => {
    const response = await get("/api.elsewhere.com/v1/x");
    expect(response.status).toBe(404);
    expect(await response.text()).toContain("fapi.binance.com");
    expect(simulator.calls()).toMatchObject({ total: 1, strangers: 1 });
  });

  test("refuse what a venue does not offer in the venue's own words", async () => {
    expect((await get("/fapi.binance.com/fapi/v1/nothing")).status).toBe(404);
    expect(await (await get("/api.bybit.com/v5/market/tickers?category=option")).json()).toMatchObject({ retCode: 10001 });
    expect((await get("/api.hyperliquid.xyz/info", { method: "POST", body: '{"type":"nothing"}' })).status).toBe(422);
    expect((await get(PREMIUM, { method: "POST", body: "{}" })).status).toBe(404);
  });

  test("of Bybit's instruments page by cursor to the same list as one large page", async () => {
    const page = z.object({ result: z.object({ list: z.array(z.object({ symbol: z.string() })), nextPageCursor: z.string() }) });
    const path = "/api.bybit.com/v5/market/instruments-info?category=linear";
    const whole = page.parse(await (await get(`${path}&limit=1000`)).json()).result;
    expect(whole.nextPageCursor).toBe("");
    expect(whole.list.length).toBeGreaterThan(500);
    const paged: string[] = [];
    let cursor = "";
    do {
      const { list, nextPageCursor } = page.parse(await (await get(`${path}&limit=100&cursor=${cursor}`)).json()).result;
      paged.push(...list.map((row) => row.symbol));
      cursor = nextPageCursor;
    } while (cursor !== "" && paged.length < 5_000);
    expect(paged).toEqual(whole.list.map((row) => row.symbol));
    const byDefault = page.parse(await (await get(path)).json()).result;
    expect(byDefault.list.length).toBe(500);
  });
});

describe("faults", () => {
  test.each([
    ["http-400", 400],
    ["http-401", 401],
    ["http-403", 403],
    ["cdn-403", 403],
    ["geo-451", 451],
    ["rate-429", 429],
    ["ban-418", 418],
    ["http-500", 500],
  ] as const)("%s answers %i on its venue and nowhere else, until cleared", async (kind, status) => {
    await fault("binance", kind);
    expect((await get(PREMIUM)).status).toBe(status);
    expect((await get(BOOK)).status).toBe(status);
    expect((await get(BYBIT)).status).toBe(200);
    expect((await hyperliquid()).status).toBe(200);
    await control({ clear: true });
    expect((await get(PREMIUM)).status).toBe(200);
  });

  test("http-500 two times, then success", async () => {
    await fault("gate", "http-500", { times: 2 });
    expect([(await get(GATE)).status, (await get(GATE)).status, (await get(GATE)).status]).toEqual([500, 500, 200]);
  });

  test("one endpoint alone", async () => {
    await fault("binance", "http-500", { endpoint: "bookTicker" });
    expect((await get(BOOK)).status).toBe(500);
    expect((await get(PREMIUM)).status).toBe(200);
  });

  test("rate-429 says how long to wait, and says nothing unless told", async () => {
    await fault("bybit", "rate-429", { options: { retryAfterSeconds: 7 }, times: 1 });
    expect((await get(BYBIT)).headers.get("retry-after")).toBe("7");
    await fault("bybit", "rate-429");
    expect((await get(BYBIT)).headers.get("retry-after")).toBeNull();
  });

  test("geo-451 is Binance's own body", async () => {
    await fault("binance", "geo-451");
    expect(await (await get(PREMIUM)).json()).toMatchObject({ code: 0, msg: expect.stringContaining("restricted location") });
  });

  test("error-envelope is the venue's error inside HTTP 200", async () => {
    for (const venue of ["binance", "bybit", "gate", "hyperliquid"]) await fault(venue, "error-envelope");
    const bodies = [await get(PREMIUM), await get(BYBIT), await get(GATE), await hyperliquid()];
    expect(bodies.map((response) => response.status)).toEqual([200, 200, 200, 200]);
    const [first, second, third, fourth] = await Promise.all(bodies.map((response) => response.json()));
    expect(first).toMatchObject({ code: -1001 });
    expect(second).toMatchObject({ retCode: 10016, time: NOW_MS });
    expect(third).toMatchObject({ label: "SERVER_ERROR" });
    expect(fourth).toMatchObject({ status: "err" });
    await control({ clear: true, fault: { venue: "bybit", kind: "error-envelope", options: { rateLimited: true } } });
    expect(await (await get(BYBIT)).json()).toMatchObject({ retCode: 10006 });
  });

  test("html is a page instead of JSON", async () => {
    await fault("gate", "html");
    const response = await get(GATE);
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/html"]);
    expect(await response.text()).toContain("<html>");
  });

  test("cut-body ends in the middle, cut-connection breaks in the middle", async () => {
    const whole = await text(GATE);
    await fault("gate", "cut-body", { times: 1 });
    const cut = await text(GATE);
    expect(cut.length).toBeLessThan(whole.length);
    expect(whole.startsWith(cut)).toBe(true);
    await fault("gate", "cut-connection");
    await expect(text(GATE)).rejects.toThrow();
  });

  test("slow-body drips the whole body, and ends when the caller goes away", async () => {
    const whole = await text(PREMIUM);
    await fault("binance", "slow-body", { options: { chunkBytes: 40_000, everyMs: 5 } });
    const reader = (await get(PREMIUM)).body?.getReader();
    let pieces = 0;
    let length = 0;
    for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) {
      pieces += 1;
      length += next.value.length;
    }
    expect(pieces).toBeGreaterThan(2);
    expect(length).toBe(Buffer.byteLength(whole));
    await control({ clear: true, fault: { venue: "binance", kind: "slow-body", options: { chunkBytes: 10, everyMs: 50 } } });
    const leaving = new AbortController();
    const slow = await get(PREMIUM, { signal: leaving.signal });
    expect(simulator.calls().venues["binance"]?.inFlight).toBe(1);
    leaving.abort();
    await expect(slow.text()).rejects.toThrow();
    await expect.poll(() => simulator.calls().venues["binance"]?.inFlight).toBe(0);
  });

  test("hang never answers, counts as open, and is let go when the caller goes away", async () => {
    await fault("bybit", "hang");
    const leaving = new AbortController();
    const hanging = get(BYBIT, { signal: leaving.signal });
    await expect.poll(() => simulator.calls().venues["bybit"]?.inFlight).toBe(1);
    expect((await get(PREMIUM)).status).toBe(200);
    leaving.abort();
    await expect(hanging).rejects.toThrow();
    await expect.poll(() => simulator.calls().venues["bybit"]?.inFlight).toBe(0);
    expect(simulator.calls().calls.find((call) => call.venue === "bybit")?.status).toBeNull();
  });

  test("a hanging call ends when the simulator closes", async () => {
    const mortal = await startSimulator({ nowMs: NOW_MS, listen: true });
    mortal.control({ fault: { venue: "gate", kind: "hang" } });
    const overHttp = fetch(`${mortal.url}${GATE}`).then(
      () => "answered",
      () => "broken",
    );
    const inProcess = mortal.handle(new Request(`http://any${GATE}`));
    await expect.poll(() => mortal.calls().venues["gate"]?.inFlight).toBe(2);
    await mortal.close();
    expect((await inProcess).status).toBe(503);
    expect(["broken", "answered"]).toContain(await overHttp);
  });

  test("huge-body is as large as told, declared or not", async () => {
    await fault("gate", "huge-body", { options: { bytes: 300_000 }, times: 1 });
    const undeclared = await get(GATE);
    expect(undeclared.headers.get("content-length")).toBeNull();
    expect((await undeclared.arrayBuffer()).byteLength).toBe(300_000);
    await fault("gate", "huge-body", { options: { bytes: 300_000, declared: true } });
    const declared = await get(GATE);
    expect(declared.headers.get("content-length")).toBe("300000");
    expect((await declared.arrayBuffer()).byteLength).toBe(300_000);
  });
});

describe("faults of rows", () => {
  test("empty-list keeps the envelope and has no rows", async () => {
    await fault("binance", "empty-list");
    await fault("bybit", "empty-list");
    expect(await premium()).toEqual([]);
    expect(await bybit()).toMatchObject({ retCode: 0, result: { list: [] } });
  });

  test("zero-rates sends zeros, absurd-rate what it was told, only on the symbols named", async () => {
    await fault("bybit", "zero-rates", { times: 1 });
    expect((await bybit()).result.list.every((row) => row.fundingRate === "0" || row.fundingRate === "")).toBe(true);
    await fault("bybit", "absurd-rate", { options: { symbols: ["BTCUSDT"], rate: 0.5 } });
    const { list } = (await bybit()).result;
    expect(list.find((row) => row.symbol === "BTCUSDT")?.fundingRate).toBe("0.5");
    expect(list.filter((row) => row.fundingRate === "0.5").length).toBe(1);
  });

  test("stale-rows is the answer of some time ago, byte for byte", async () => {
    const ago = await startSimulator({ nowMs: NOW_MS - 15 * 60_000 });
    await fault("binance", "stale-rows", { options: { ageMs: 15 * 60_000 } });
    expect(await text(PREMIUM)).toBe(await (await ago.handle(new Request(`http://any${PREMIUM}`))).text());
  });

  test("frozen-rows keeps prices while times go on; a frozen market does so everywhere", async () => {
    const before = await premium();
    await fault("binance", "frozen-rows");
    await control({ clock: { nowMs: NOW_MS + 60_000 } });
    const after = await premium();
    expect(after.map((row) => row.markPrice)).toEqual(before.map((row) => row.markPrice));
    expect(after[0]?.time).toBeGreaterThan((before[0]?.time ?? 0) + 59_000);
    await control({ clear: true });
    expect((await premium()).map((row) => row.markPrice)).not.toEqual(before.map((row) => row.markPrice));
    await control({ reset: true, frozen: true });
    const planted = simulator.planted();
    await control({ clock: { nowMs: NOW_MS + 60_000 } });
    expect((await premium()).map((row) => row.markPrice)).toEqual(before.map((row) => row.markPrice));
    expect(simulator.planted()).toEqual(planted);
  });

  test("crossed-book puts the bid over the ask", async () => {
    await fault("binance", "crossed-book");
    const rows = (await book()).filter((row) => Number(row.bidPrice) > 0);
    expect(rows.length).toBeGreaterThan(400);
    expect(rows.every((row) => Number(row.bidPrice) > Number(row.askPrice))).toBe(true);
  });

  test("missing-field takes the rate away, or the key named", async () => {
    await fault("binance", "missing-field", { times: 1 });
    expect((await premium()).every((row) => row.lastFundingRate === undefined)).toBe(true);
    await fault("bybit", "missing-field", { options: { field: "markPrice" } });
    expect(await text(BYBIT)).not.toContain("markPrice");
  });

  test("renamed-field and changed-type keep the value under another key or in another form", async () => {
    const rows = async () => z.array(z.record(z.string(), z.unknown())).parse(JSON.parse(await text(PREMIUM)));
    const [plain = {}] = await rows();
    await fault("binance", "renamed-field", { times: 1 });
    const { lastFundingRate, ...others } = plain;
    expect((await rows())[0]).toEqual({ ...others, lastFundingRateV2: lastFundingRate });
    await fault("binance", "changed-type", { times: 1 });
    expect((await rows())[0]).toEqual({ ...plain, lastFundingRate: Number(lastFundingRate) });
    await fault("binance", "changed-type", { times: 1, options: { as: "nested", field: "markPrice" } });
    expect((await rows())[0]).toEqual({ ...plain, markPrice: { value: plain["markPrice"] } });
    expect((await rows())[0]).toEqual(plain);
  });

  test("duplicate-rows sends each row twice, partial-list every other one", async () => {
    const plain = await premium();
    await fault("binance", "duplicate-rows", { times: 1 });
    expect(await premium()).toEqual([...plain, ...plain]);
    await fault("binance", "partial-list", { times: 1 });
    expect(await premium()).toEqual(plain.filter((_row, place) => place % 2 === 0));
  });

  test("skewed-clock moves stamps and no settlement; a flapping fault spoils every second answer", async () => {
    const [plain] = await premium();
    await fault("binance", "skewed-clock", { options: { shiftMs: -45_000, flapping: true } });
    const [skewed] = await premium();
    expect(skewed?.time).toBe((plain?.time ?? 0) - 45_000);
    expect(skewed?.nextFundingTime).toBe(plain?.nextFundingTime);
    expect((await premium())[0]).toEqual(plain);
    expect((await premium())[0]).toEqual(skewed);
  });

  test("future-times and seconds-for-ms change the times and nothing else", async () => {
    const plain = await premium();
    await fault("binance", "future-times", { options: { shiftMs: HOUR_MS }, times: 1 });
    const future = await premium();
    expect(future[0]?.time).toBe((plain[0]?.time ?? 0) + HOUR_MS);
    expect(future[0]?.nextFundingTime).toBe((plain[0]?.nextFundingTime ?? 0) + HOUR_MS);
    expect(future.map((row) => row.markPrice)).toEqual(plain.map((row) => row.markPrice));
    await fault("binance", "seconds-for-ms", { times: 1 });
    expect((await premium())[0]?.time).toBe(Math.floor((plain[0]?.time ?? 0) / 1000));
    expect(await premium()).toEqual(plain);
  });
});

describe("control", () => {
  test("refuses what does not exist, with what was expected", async () => {
    const refused = async (command: unknown): Promise<string> => {
      const response = await control(command);
      expect(response.status).toBe(400);
      return response.text();
    };
    expect(await refused({ fault: { venue: "bybitt", kind: "hang" } })).toContain("binance, bybit, gate, hyperliquid");
    expect(await refused({ fault: { venue: "bybit", kind: "hang", endpoint: "ticker" } })).toContain("tickers, instruments");
    expect(await refused({ fault: { venue: "bybit", kind: "bang" } })).toContain("fault.kind");
    expect(await refused({ planted: { asset: "NOSUCHCOIN" } })).toContain("NOSUCHCOIN");
    expect(await refused({ unknown: 1 })).toContain("unknown");
    expect(await refused("no object")).toContain("body");
    expect(simulator.state().faults).toEqual([]);
  });

  test("moves the clock of a running simulator", async () => {
    let wallMs = NOW_MS;
    const running = await startSimulator({ clock: () => wallMs });
    wallMs += 5_000;
    expect(running.nowMs()).toBe(NOW_MS + 5_000);
    running.control({ clock: { offsetMs: HOUR_MS } });
    expect(running.nowMs()).toBe(NOW_MS + 5_000 + HOUR_MS);
    running.control({ clock: { nowMs: NOW_MS } });
    wallMs += 5_000;
    expect(running.nowMs()).toBe(NOW_MS);
  });

  test("takes a planted opportunity away and gives it back", async () => {
    const opens = (asset: string): boolean => simulator.planted().some((pair) => pair.asset === asset && pair.kind === "opens");
    expect(opens("TIA")).toBe(true);
    await control({ planted: { asset: "TIA", collapsed: true } });
    expect(opens("TIA")).toBe(false);
    await control({ planted: { asset: "TIA", absent: ["binance"] } });
    expect(opens("TIA")).toBe(false);
    expect(await text(PREMIUM)).not.toContain('"TIAUSDT"');
    await control({ planted: { asset: "WIF", delisting: ["bybit"] } });
    expect((await bybit()).result.list.find((row) => row.symbol === "WIFUSDT")?.deliveryTime).not.toBe("0");
    await control({ planted: { asset: "TIA", per8h: { binance: 0.0024 } } });
    expect(simulator.planted()[0]).toMatchObject({ asset: "TIA", kind: "opens" });
    await control({ planted: { asset: "TIA" } });
    expect(opens("TIA")).toBe(true);
    expect(await text(PREMIUM)).toContain('"TIAUSDT"');
  });

  test("lets an opportunity flap by time, and by calls", async () => {
    const opens = (): boolean => simulator.planted().some((pair) => pair.asset === "TIA" && pair.kind === "opens");
    await control({ flap: { asset: "TIA", everyMs: 3_000 } });
    const byTime: boolean[] = [];
    for (let second = 0; second < 12; second += 1) {
      await control({ clock: { nowMs: NOW_MS + second * 1_000 } });
      byTime.push(opens());
    }
    expect(byTime).toEqual([true, true, true, false, false, false, true, true, true, false, false, false]);
    await control({ flap: { asset: "TIA", everyCalls: 2 } });
    const rates: (string | undefined)[] = [];
    for (let scan = 0; scan < 6; scan += 1) rates.push((await premium()).find((row) => row.symbol === "TIAUSDT")?.lastFundingRate);
    expect(rates[0]).toBe("0.00060000");
    expect(rates.map((rate) => rate === rates[0])).toEqual([true, true, false, false, true, true]);
  });

  test("counts every call once, by venue, endpoint and status, with the most that were open at once", async () => {
    await fault("binance", "http-500", { times: 1 });
    await control({ latency: { venue: "gate", ms: 40 } });
    await Promise.all([get(PREMIUM), get(BOOK), get(BYBIT), hyperliquid(), get(GATE), get(GATE), get(GATE)]);
    await get("/fapi.binance.com/fapi/v1/fundingRate");
    const report = z
      .object({
        total: z.number(),
        strangers: z.number(),
        venues: z.record(z.string(), z.unknown()),
        calls: z.array(z.object({ venue: z.string() })),
      })
      .parse(await (await get("/control/calls")).json());
    expect(report).toMatchObject({
      total: 8,
      strangers: 0,
      venues: {
        binance: {
          total: 3,
          byEndpoint: { premiumIndex: 1, bookTicker: 1, unknown: 1 },
          byStatus: { 200: 1, 404: 1, 500: 1 },
          inFlight: 0,
        },
        bybit: { total: 1, byEndpoint: { tickers: 1 }, byStatus: { 200: 1 }, peakInFlight: 1 },
        gate: { total: 3, byEndpoint: { contracts: 3 }, byStatus: { 200: 3 }, peakInFlight: 3 },
        hyperliquid: { total: 1, byEndpoint: { metaAndAssetCtxs: 1 } },
      },
    });
    expect(report.calls.length).toBe(8);
    expect(simulator.calls().calls.find((call) => call.status === 500)).toMatchObject({
      venue: "binance",
      host: "fapi.binance.com",
      fault: "http-500",
      atMs: NOW_MS,
    });
    expect((await get("/control/calls", { method: "DELETE" })).status).toBe(204);
    expect(simulator.calls()).toMatchObject({ total: 0, calls: [], venues: { gate: { total: 0, peakInFlight: 0 } } });
  });

  test("two simulators run side by side on their own ports", async () => {
    const second = await startSimulator({ nowMs: NOW_MS, seed: 9, listen: true });
    expect(second.url).not.toBe(simulator.url);
    expect(await (await fetch(`${second.url}/control/state`)).json()).toMatchObject({ seed: 9, nowMs: NOW_MS });
    await second.close();
  });
});
