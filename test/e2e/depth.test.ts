import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { startWorld, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  // The market stands still through more scans than a frozen row may have.
  world = await startWorld({ flags: { frozen_scans: 1_000 } });
});
afterAll(async () => {
  await world.close();
});

const BOOK_ENDPOINTS = new Set(["depth", "orderbook", "order_book", "l2Book"]);
const bookCalls = () =>
  world.simulator
    .calls()
    .calls.filter(
      ({ method, path, query, endpoint }) =>
        BOOK_ENDPOINTS.has(endpoint ?? "") ||
        /book|depth/iu.test(`${method} ${path}${query}`.replace(/ticker\/bookTicker|orderBookDetails/u, "")),
    );
const ledgerOf = (row: { readonly ledger: Readonly<Record<string, unknown>> }) =>
  z
    .looseObject({ crossingSource: z.enum(["book", "top", "mixed"]), crossingAgeMs: z.number().nullable(), capacityUsd: z.number() })
    .parse(row.ledger);

describe("order books in a scan", () => {
  test("none are read in the first scan, which chooses them for the next, also when the Scanner leaves memory between", async () => {
    const first = await world.scan();
    expect(bookCalls()).toEqual([]);
    const depth = first.funnel.find(({ step }) => step === "depth");
    expect(depth).toMatchObject({ out: 0, dropped: { "not-asked": depth?.in } });
    await world.evict("SCANNER", "scanner");
    const second = await world.scan();
    expect(bookCalls().length).toBeGreaterThan(0);
    expect(second.funnel.find(({ step }) => step === "depth")?.out).toBeGreaterThanOrEqual(10);
  });

  test("at most 20 are read, each leg's once, and both legs of the pairs that want them", async () => {
    for (let scan = 0; scan < 6; scan++) {
      world.simulator.resetCalls();
      const done = await world.scan();
      const calls = bookCalls();
      expect(calls.length).toBeGreaterThan(0);
      expect(calls.length).toBeLessThanOrEqual(20);
      const asked = calls.filter(({ method }) => method === "GET").map(({ host, path, query }) => `${host}${path}${query}`);
      expect(new Set(asked).size).toBe(asked.length);
      const depth = done.funnel.find(({ step }) => step === "depth");
      expect(depth?.in).toBe((depth?.out ?? 0) + Object.values(depth?.dropped ?? {}).reduce((sum, times) => sum + times, 0));
      expect(depth?.out).toBeGreaterThan(0);
      expect(done.balanced).toBe(true);
    }
  });

  test("price every open row from the books of both legs, in turns, and say how old they are", async () => {
    const { opportunities } = await world.list();
    expect(opportunities.length).toBeGreaterThanOrEqual(6);
    for (const row of opportunities) {
      const { crossingSource, crossingAgeMs, capacityUsd } = ledgerOf(row);
      expect(crossingSource, row.key).toBe("book");
      expect(crossingAgeMs).toBeGreaterThanOrEqual(0);
      expect(crossingAgeMs).toBeLessThanOrEqual(600_000);
      expect(capacityUsd).toBeGreaterThan(5_000);
    }
  });

  test("give the cost at each size of the card that filling the venues' own bodies level by level gives", async () => {
    const row = (await world.list("&asset=PEPE&strategy=funding")).opportunities.find(
      ({ long, short }) => long.venue === "binance" && short.venue === "bybit",
    );
    const level = z.tuple([z.coerce.number(), z.coerce.number()]);
    const gateway = async (path: string): Promise<unknown> => await (await fetch(`${world.simulator.url}/${path}`)).json();
    const binance = z
      .looseObject({ bids: z.array(level), asks: z.array(level) })
      .parse(await gateway("fapi.binance.com/fapi/v1/depth?symbol=1000PEPEUSDT&limit=100"));
    const bybit = z
      .looseObject({ result: z.looseObject({ b: z.array(level), a: z.array(level) }) })
      .parse(await gateway("api.bybit.com/v5/market/orderbook?category=linear&symbol=1000PEPEUSDT&limit=200")).result;
    const books = [binance, { bids: bybit.b, asks: bybit.a }];
    const vwap = (side: readonly (readonly [number, number])[], usd: number): number => {
      let [left, coins] = [usd, 0];
      for (const [price, size] of side) {
        const taken = Math.min(left, price * size);
        coins += taken / price;
        left -= taken;
      }
      return left > 0 ? Number.NaN : usd / coins;
    };
    const crossing = (usd: number): number =>
      books.reduce(
        (sum, { bids, asks }) => sum + (vwap(asks, usd) - vwap(bids, usd)) / (((bids[0]?.[0] ?? 0) + (asks[0]?.[0] ?? 0)) / 2),
        0,
      );
    const costs = z.array(z.object({ sizeUsd: z.number(), cost: z.number() })).parse(row?.ledger["costBySize"]);
    expect(costs.map(({ sizeUsd }) => sizeUsd)).toEqual([1_000, 5_000, 20_000, 100_000]);
    for (const { sizeUsd, cost } of costs) expect(Math.abs(cost - (0.0021 + crossing(sizeUsd)))).toBeLessThan(1e-9);
  });

  test("that do not come leave the last ones in use, with their age, and cost the scan nothing else", async () => {
    const before = new Map((await world.list()).opportunities.map((row) => [row.key, row.ledger.net]));
    for (const [venue, endpoint] of [
      ["binance", "depth"],
      ["bybit", "orderbook"],
      ["gate", "order_book"],
      ["hyperliquid", "l2Book"],
    ] as const)
      world.simulator.control({ fault: { venue, endpoint, kind: "http-500" } });
    const scan = await world.scan();
    expect(scan.balanced).toBe(true);
    const { opportunities } = await world.list();
    expect(new Map(opportunities.map((row) => [row.key, row.ledger.net]))).toEqual(before);
    for (const row of opportunities) {
      const { crossingSource, crossingAgeMs } = ledgerOf(row);
      expect(crossingSource).toBe("book");
      expect(crossingAgeMs).toBeGreaterThan(0);
    }
    world.simulator.control({ clear: true });
  });

  test("of a coin that has gone since they were chosen are not asked for, and cost the scan nothing", async () => {
    const wanted = new Set((await world.list()).opportunities.map(({ asset }) => asset));
    expect(wanted).toContain("WLD");
    const legs = world.simulator.planted().filter(({ asset }) => asset === "WLD");
    const absent = [...new Set(legs.flatMap(({ long, short }) => [long.feed, short.feed]))];
    world.simulator.control({ planted: { asset: "WLD", absent } });
    // The first scan finds the coin gone from the market; the books that were chosen before may still be asked for.
    await world.scan();
    for (let scan = 0; scan < 3; scan++) {
      world.simulator.resetCalls();
      expect(await world.scan()).toMatchObject({ balanced: true, verdict: "opportunities" });
      expect(bookCalls().filter(({ path, query }) => /WLD/u.test(`${path}${query}`))).toEqual([]);
    }
    world.simulator.control({ planted: { asset: "WLD" } });
    await world.scan();
  });

  test("that hang delay no quotes: every feed answers with all its rows, and no row loses its price", async () => {
    // The scans before came in seconds: the request budgets of a minute are full again.
    await world.later(60_000);
    const before = await world.scan();
    const { opportunities } = await world.list();
    for (const [venue, endpoint] of [
      ["binance", "depth"],
      ["bybit", "orderbook"],
      ["gate", "order_book"],
    ] as const)
      world.simulator.control({ fault: { venue, endpoint, kind: "hang" } });
    world.simulator.resetCalls();
    const scan = await world.scan();
    expect(bookCalls().filter(({ status }) => status === null).length).toBeGreaterThan(0);
    expect(scan.funnel[0]?.dropped).toEqual({});
    expect(scan.venues.map(({ feed, rows, degraded }) => [feed, rows, degraded])).toEqual(
      before.venues.map(({ feed, rows }) => [feed, rows, []]),
    );
    const after = (await world.list()).opportunities;
    expect(after.map(({ key, ledger }) => [key, ledger.net])).toEqual(opportunities.map(({ key, ledger }) => [key, ledger.net]));
    world.simulator.control({ clear: true });
  });
});

describe("a person with lower fees", () => {
  test("sees a candidate that the public list does not have, and every row at those fees", async () => {
    const fees = world.simulator.state().venues.map(({ id }) => `${id}:0.0001`);
    const shown = z.looseObject({
      opportunities: z.array(
        z.looseObject({ key: z.string(), public: z.boolean(), ledger: z.looseObject({ net: z.number(), fees: z.number() }) }),
      ),
    });
    const asked = shown.extend({ candidates: z.array(shown.shape.opportunities.element) });
    const open = shown.parse(await (await world.get("/api/opportunities?grouped=false")).json()).opportunities;
    const own = asked.parse(await (await world.get(`/api/opportunities?grouped=false&fees=${fees.join(",")}`)).json());
    expect(own.candidates.length).toBeGreaterThan(0);
    const publicKeys = new Set(open.map(({ key }) => key));
    for (const candidate of own.candidates) {
      expect(publicKeys.has(candidate.key)).toBe(false);
      expect(candidate.public).toBe(false);
      expect(candidate.ledger.net).toBeGreaterThanOrEqual(0.001);
      expect(candidate.ledger.fees).toBeCloseTo(4 * 0.0001, 12);
    }
    expect(own.opportunities.map(({ key }) => key).sort()).toEqual([...publicKeys].sort());
    for (const row of own.opportunities) {
      const known = open.find(({ key }) => key === row.key);
      expect(row.ledger.net - (known?.ledger.net ?? Number.NaN)).toBeCloseTo((known?.ledger.fees ?? Number.NaN) - 0.0004, 12);
    }
  });

  test("is told what is wrong with fees that are none", async () => {
    for (const [fees, code] of [
      ["binance", "bad-query"],
      ["binance:5", "bad-query"],
      ["binance:0.05", "bad-query"],
      ["binance:-0.0001", "bad-query"],
      ["mtgox:0.0001", "unknown-venue"],
    ]) {
      const response = await world.get(`/api/opportunities?fees=${fees}`);
      expect(response.status, fees).toBe(400);
      expect(await response.json()).toMatchObject({ code });
    }
  });
});
