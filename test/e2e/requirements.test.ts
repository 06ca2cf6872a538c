import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { servedNow, untruths } from "./truth.ts";
import { expectedPairs, startWorld, type World } from "./world.ts";

type Line = Readonly<Record<string, unknown>>;

describe("a market with planted pairs", () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(async () => {
    await world.close();
  });
  const linesOf = (scanId: string): readonly Line[] => world.logs().filter(({ correlationId }) => correlationId === scanId);

  test("three scans leave one live row a key, and nothing that is stored or shown differs from what was served", async () => {
    for (let scan = 0; scan < 3; scan++) await world.scan();
    const expected = expectedPairs(world).size;
    const rows = await world.sql("SELECT key, count(*) AS n FROM opportunities WHERE status = 'open' GROUP BY key");
    expect(rows.map(({ n }) => n)).toEqual(Array.from({ length: expected }, () => 1));
    expect(await untruths(world, await servedNow(world.simulator))).toEqual([]);
  });

  test("every leg has the figures of its own venue's body, to the last digit", async () => {
    const { opportunities } = await world.list();
    const seen = new Set<string>();
    for (const pair of world.simulator.planted().filter(({ kind }) => kind === "opens")) {
      const row = opportunities.find(
        ({ asset, long, short }) => asset === pair.asset && long.venue === pair.long.venue && short.venue === pair.short.venue,
      );
      for (const side of ["long", "short"] as const) {
        const { venue, symbol } = pair[side];
        const sent = await sentBy(world, venue, symbol);
        const multiplier = Number(row?.[side]["multiplier"]);
        seen.add(venue);
        expect(
          { bid: row?.[side].bid, ask: row?.[side].ask, rate: row?.[side].fundingRatePerInterval },
          `${pair.asset} ${venue} ${symbol}`,
        ).toEqual({ bid: sent.bid / multiplier, ask: sent.ask / multiplier, rate: sent.rate });
      }
    }
    expect([...seen].toSorted()).toEqual(["binance", "bybit", "gate", "hyperliquid"]);
  });

  test("the log and the scan count the calls that the venues got, venue by venue and endpoint by endpoint", async () => {
    world.simulator.resetCalls();
    const scan = await world.scan();
    const got = Object.fromEntries(Object.entries(world.simulator.calls().venues).map(([venue, { byEndpoint }]) => [venue, byEndpoint]));
    const counted = (event: string): Record<string, Record<string, number>> => {
      const counts: Record<string, Record<string, number>> = {};
      for (const line of linesOf(scan.id).filter((each) => each["event"] === event)) {
        const ofVenue = (counts[String(line["venue"])] ??= {});
        const endpoint = String(line["endpoint"]);
        ofVenue[endpoint] = (ofVenue[endpoint] ?? 0) + 1;
      }
      return counts;
    };
    expect(counted("venue.request")).toEqual(got);
    expect(counted("venue.response")).toEqual(got);
    const total = (byEndpoint: Readonly<Record<string, number>>): number =>
      Object.values(byEndpoint).reduce((sum, calls) => sum + calls, 0);
    expect(Object.fromEntries(scan.venues.map(({ venue, calls }) => [venue, calls]))).toEqual(
      Object.fromEntries(Object.entries(got).map(([venue, byEndpoint]) => [venue, total(byEndpoint)])),
    );
  });

  test("one id joins calls, feeds, steps, dedup, storage and KV; what leaves a step enters the next", async () => {
    const { id, funnel } = await world.latest();
    const events = new Set(linesOf(id).map(({ event }) => event));
    for (const event of [
      "scan.start",
      "venue.request",
      "venue.response",
      "feed.done",
      "scan.step",
      "scan.dedup",
      "scan.saved",
      "scan.published",
      "scan.done",
    ])
      expect(events, event).toContain(event);
    for (const { step, in: before, out, dropped } of funnel)
      expect(before, step).toBe(out + Object.values(dropped).reduce((sum, count) => sum + count, 0));
    const at = (name: string) => funnel.find(({ step }) => step === name);
    expect(at("gate")?.in).toBe(at("parse")?.out);
    expect(at("identify")?.in).toBe(at("gate")?.out);
    expect(at("price")?.in).toBe(at("detect")?.out);
    expect(at("reconcile")?.in).toBe(at("price")?.out);
  });

  test("what was merged is logged with key, surviving row, source and reason, beside what the step counted", async () => {
    const { id, funnel } = await world.latest();
    const told = linesOf(id).find(({ event }) => event === "scan.dedup");
    const step = funnel.find((each) => each.step === "reconcile");
    expect(told).toMatchObject({ level: "info", seen: step?.in, kept: step?.out, dropped: step?.dropped });
    const rows = await world.sql("SELECT key, id AS survivingId FROM opportunities WHERE status = 'open' ORDER BY key");
    const merges = ((told?.["merges"] ?? []) as readonly Line[]).toSorted((a, b) => (String(a["key"]) < String(b["key"]) ? -1 : 1));
    expect(merges).toEqual(rows.map((row) => ({ ...row, source: expect.any(String), reason: "already-open" })));
  });

  test("all venues are asked at once, each over few connections", async () => {
    const venues = ["binance", "bybit", "gate", "hyperliquid"];
    for (const venue of venues) world.simulator.control({ latency: { venue, ms: 400 } });
    world.simulator.resetCalls();
    const scanning = world.scan();
    // Venues that were asked one after another would never all wait at one moment.
    await expect
      .poll(() => Object.values(world.simulator.calls().venues).map(({ inFlight }) => inFlight > 0), { interval: 5, timeout: 10_000 })
      .toEqual(venues.map(() => true));
    await scanning;
    world.simulator.control({ clear: true });
    for (const { peakInFlight } of Object.values(world.simulator.calls().venues)) expect(peakInFlight).toBeLessThanOrEqual(5);
  });

  test("each scan rewrites the one KV value; a new life by flag holds from the next write", async () => {
    const inKv = async (): Promise<{ readonly scanId: string; readonly lifeMs: number }> => {
      const { scan, expiresAtMs } = JSON.parse((await world.kvText("market:v1:snapshot")) ?? "null");
      return { scanId: scan.scanId, lifeMs: expiresAtMs - scan.finishedAtMs };
    };
    expect(await inKv()).toEqual({ scanId: (await world.latest()).id, lifeMs: 300_000 });
    await world.sql(`INSERT INTO flags (key, value, updated_at, updated_by) VALUES ('snapshot_ttl_seconds', '240', ${Date.now()}, 'test')`);
    const next = await world.scan();
    expect(await inKv()).toEqual({ scanId: next.id, lifeMs: 240_000 });
    const [scans] = await world.sql("SELECT count(*) AS n FROM scans");
    expect(world.logs().filter(({ event }) => event === "scan.published")).toHaveLength(Number(scans?.["n"]));
  });

  test("fifty requests build no service anew", async () => {
    expect((await world.get("/api/health")).status).toBe(200);
    const inits = (): number => world.logs().filter(({ event }) => event === "container.init").length;
    const before = inits();
    for (let request = 0; request < 50; request++) expect((await world.get("/api/opportunities")).status).toBe(200);
    expect(inits()).toBe(before);
    expect(before).toBeGreaterThan(0);
  });
});

type Sent = { readonly bid: number; readonly ask: number; readonly rate: number };
type Wire = Readonly<Record<string, string>>;

/** What a venue's own bodies say of one of its symbols, read field by field. */
async function sentBy(world: World, venue: string, symbol: string): Promise<Sent> {
  const numbers = (bid: unknown, ask: unknown, rate: unknown): Sent => ({ bid: Number(bid), ask: Number(ask), rate: Number(rate) });
  const body = async (path: string, post?: string): Promise<unknown> =>
    await (await fetch(`${world.simulator.url}/${path}`, post === undefined ? {} : { method: "POST", body: post })).json();
  const rowOf = (rows: unknown, field: string): Wire => (rows as readonly Wire[]).find((row) => row[field] === symbol) ?? {};
  switch (venue) {
    case "binance": {
      const book = rowOf(await body("fapi.binance.com/fapi/v1/ticker/bookTicker"), "symbol");
      const { lastFundingRate } = rowOf(await body("fapi.binance.com/fapi/v1/premiumIndex"), "symbol");
      return numbers(book["bidPrice"], book["askPrice"], lastFundingRate);
    }
    case "bybit": {
      const { result } = (await body("api.bybit.com/v5/market/tickers?category=linear")) as { readonly result: { readonly list: unknown } };
      const row = rowOf(result.list, "symbol");
      return numbers(row["bid1Price"], row["ask1Price"], row["fundingRate"]);
    }
    case "gate": {
      const ticker = rowOf(await body("api.gateio.ws/api/v4/futures/usdt/tickers"), "contract");
      const contract = rowOf(await body("api.gateio.ws/api/v4/futures/usdt/contracts"), "name");
      return numbers(ticker["highest_bid"], ticker["lowest_ask"], contract["funding_rate"]);
    }
    default: {
      const [{ universe }, contexts] = (await body("api.hyperliquid.xyz/info", '{"type":"metaAndAssetCtxs"}')) as readonly [
        { readonly universe: readonly { readonly name: string }[] },
        readonly { readonly impactPxs: readonly string[]; readonly funding: string }[],
      ];
      const context = contexts[universe.findIndex(({ name }) => name === symbol)];
      return numbers(context?.impactPxs[0], context?.impactPxs[1], context?.funding);
    }
  }
}
