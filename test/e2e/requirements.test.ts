import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { feedIdOf } from "../../src/domain/feed.ts";
import type { InstrumentKind } from "../../src/domain/instrument.ts";
import { adapterOf, FEED_IDS } from "../../src/venues/registry.ts";
import { sentReader } from "../sent-figures.ts";
import { callsOf } from "./stored.ts";
import { servedNow, untruths } from "./truth.ts";
import { expectedPairs, startWorld, type World } from "./world.ts";

type Line = Readonly<Record<string, unknown>>;

const feedOf = ({ venue, kind }: { readonly venue: string; readonly kind: InstrumentKind }): string => feedIdOf(venue, kind);

/** Calls by our own names: order books have one, the simulator calls each venue's as the venue does. */
function ourNames(feed: string, byEndpoint: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const [name, calls] of Object.entries(byEndpoint)) {
    const own = name === "unknown" || Object.hasOwn(adapterOf(feed)?.endpoints ?? {}, name) ? name : "book";
    counts[own] = (counts[own] ?? 0) + calls;
  }
  return counts;
}

describe("a market with planted pairs", () => {
  let world: World;
  beforeAll(async () => {
    // With the pairs whose price only a book tells: they open a scan later than the others.
    world = await startWorld({ simulator: { bookOnly: true } });
  });
  afterAll(async () => {
    await world.close();
  });
  const linesOf = (scanId: string): readonly Line[] => world.logs().filter(({ correlationId }) => correlationId === scanId);

  test("four scans leave one live row a key, and nothing that is stored or shown differs from what was served", async () => {
    for (let scan = 0; scan < 4; scan++) await world.scan();
    const expected = expectedPairs(world).size;
    const rows = await world.sql("SELECT key, count(*) AS n FROM opportunities WHERE status = 'open' GROUP BY key");
    expect(rows.map(({ n }) => n)).toEqual(Array.from({ length: expected }, () => 1));
    expect(await untruths(world, await servedNow(world.simulator))).toEqual([]);
  });

  test("every leg has the figures of its own venue's body, to the last digit", async () => {
    const { opportunities } = await world.list();
    const seen = new Set<string>();
    const sentBy = sentReader(world.simulator);
    for (const pair of world.simulator.planted().filter(({ kind }) => kind === "opens")) {
      const row = opportunities.find(
        ({ strategy, asset, long, short }) =>
          strategy === pair.strategy && asset === pair.asset && feedOf(long) === pair.long.feed && feedOf(short) === pair.short.feed,
      );
      for (const side of ["long", "short"] as const) {
        const { feed, symbol } = pair[side];
        const sent = await sentBy(feed, symbol);
        const multiplier = Number(row?.[side]["multiplier"]);
        const bulk = sent.fromBook === true ? { bid: null, ask: null } : { bid: sent.bid / multiplier, ask: sent.ask / multiplier };
        seen.add(feed);
        expect(
          { bid: row?.[side].bid, ask: row?.[side].ask, rate: row?.[side].fundingRatePerInterval },
          `${pair.asset} ${feed} ${symbol}`,
        ).toEqual({ ...bulk, rate: sent.rate });
      }
    }
    expect([...seen].toSorted()).toEqual(FEED_IDS.toSorted());
  });

  test("the log and the scan count the calls that the venues got, venue by venue and endpoint by endpoint", async () => {
    world.simulator.resetCalls();
    const scan = await world.scan();
    const got = Object.fromEntries(
      Object.entries(world.simulator.calls().venues).map(([feed, { byEndpoint }]) => [feed, ourNames(feed, byEndpoint)]),
    );
    const counted = (event: string): Record<string, Record<string, number>> => {
      const counts: Record<string, Record<string, number>> = {};
      for (const line of linesOf(scan.id).filter((each) => each["event"] === event)) {
        const ofFeed = (counts[String(line["feed"])] ??= {});
        const endpoint = String(line["endpoint"]);
        ofFeed[endpoint] = (ofFeed[endpoint] ?? 0) + 1;
      }
      return counts;
    };
    expect(counted("venue.request")).toEqual(got);
    expect(counted("venue.response")).toEqual(got);
    expect(Object.fromEntries(scan.venues.map(({ feed, calls }) => [feed, calls]))).toEqual(callsOf(world));
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
    expect(told?.["merged"]).toEqual({ "already-open": rows.length });
    // The first twenty are told one by one.
    expect(merges).toHaveLength(Math.min(20, rows.length));
    for (const merge of merges) {
      const row = rows.find(({ key }) => key === merge["key"]);
      expect(merge).toEqual({ ...row, source: expect.any(String), reason: "already-open" });
    }
  });

  test("all venues are asked at once, each over few connections", async () => {
    for (const venue of FEED_IDS) world.simulator.control({ latency: { venue, ms: 400 } });
    world.simulator.resetCalls();
    const scanning = world.scan();
    // Venues that were asked one after another would never all wait at one moment.
    await expect
      .poll(() => Object.values(world.simulator.calls().venues).map(({ inFlight }) => inFlight > 0), { interval: 5, timeout: 10_000 })
      .toEqual(FEED_IDS.map(() => true));
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
