import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { adapterOf, ADAPTERS, FEED_IDS, VENUE_IDS } from "../../src/venues/registry.ts";
import { expectedPairs, openPairs, startWorld, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  await world.close();
});

describe("a market that stands still, scanned again and again", () => {
  test("the first scan confirms nothing and says so", async () => {
    const scan = await world.scan();
    expect(scan.balanced).toBe(true);
    expect(scan.verdict).toBe("confirming");
    expect((await world.list()).opportunities).toEqual([]);
  });

  test("the second scan opens exactly the planted pairs, each with its true net", async () => {
    const scan = await world.scan();
    const expected = expectedPairs(world);
    expect(expected.size).toBeGreaterThanOrEqual(6);
    const found = openPairs(await world.list());
    expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [pair, net] of expected) expect(Math.abs((found.get(pair) ?? Number.NaN) - net), pair).toBeLessThan(1e-9);
    expect(scan.verdict).toBe("opportunities");
    expect(scan.funnel.map(({ step }) => step)).toEqual(["fetch", "parse", "gate", "identify", "detect", "depth", "price", "reconcile"]);
  });

  test("the stored legs are what each venue served, and the difference recomputes from them", async () => {
    const rows = await world.sql(
      "SELECT strategy, long_rate, short_rate, rate_difference, long_bid, long_ask, short_bid, short_ask, validated_at, created_at, updated_at FROM opportunities",
    );
    expect(rows.length).toBe(expectedPairs(world).size);
    for (const row of rows) {
      // Carry has no long rate; price has two prices, and their difference is a share of the lower one.
      const [long, short] = [Number(row["long_rate"]), Number(row["short_rate"])];
      const difference = row["strategy"] === "price" ? (short - long) / long : short - long;
      expect(Math.abs(Number(row["rate_difference"]) - difference)).toBeLessThan(1e-9);
      expect(row["long_rate"] === null).toBe(row["strategy"] === "carry");
      for (const name of ["long_bid", "long_ask", "short_bid", "short_ask", "validated_at", "created_at", "updated_at"])
        expect(Number(row[name]), name).toBeGreaterThan(0);
    }
    const wld = (await world.list("&asset=WLD")).opportunities;
    const [gate] = await gateTicker("WLD_USDT");
    const leg = wld.map(({ long }) => long).find(({ venue }) => venue === "gate");
    expect(leg?.bid).toBe(Number(gate?.highest_bid));
    expect(leg?.ask).toBe(Number(gate?.lowest_ask));
  });

  test("ten unchanged scans leave each key once in D1, in KV and in the API", async () => {
    for (let scan = 3; scan <= 10; scan++) expect((await world.scan()).balanced).toBe(true);
    const expected = expectedPairs(world).size;
    const [stored] = await world.sql("SELECT count(*) AS n, count(DISTINCT key) AS keys FROM opportunities WHERE status <> 'closed'");
    expect(stored).toEqual({ n: expected, keys: expected });
    expect(await world.sql("SELECT count(*) AS n FROM opportunity_events WHERE kind = 'opened'")).toEqual([{ n: expected }]);
    const listed = (await world.list()).opportunities.map(({ key }) => key);
    expect(new Set(listed).size).toBe(listed.length);
    expect(listed.length).toBe(expected);
    const snapshot = (await world.kvText("market:v1:snapshot")) ?? "";
    for (const key of listed) expect(snapshot.split(JSON.stringify(key).slice(1, -1)).length - 1, key).toBe(2); // the row's key and its pair's
  });

  test("cards nest the other pairs of a coin under its best one", async () => {
    const body: unknown = await (await world.get("/api/opportunities?asset=WLD")).json();
    expect(body).toMatchObject({
      cards: [{ asset: "WLD", strategy: "funding", best: { asset: "WLD" } }],
      risk: expect.stringContaining("not advice"),
    });
    const { cards } = body as {
      readonly cards: readonly {
        readonly best: { readonly ledger: { readonly net: number } };
        readonly others: readonly { readonly ledger: { readonly net: number } }[];
      }[];
    };
    expect(cards).toHaveLength(1);
    expect(cards[0]?.others.length).toBeGreaterThanOrEqual(1);
    for (const other of cards[0]?.others ?? []) expect(other.ledger.net).toBeLessThanOrEqual(cards[0]?.best.ledger.net ?? 0);
  });

  test("one opportunity shows its ledger, its dedup record and its events", async () => {
    const [first] = (await world.list()).opportunities;
    const body: unknown = await (await world.get(`/api/opportunities/${first?.id}`)).json();
    expect(body).toMatchObject({
      id: first?.id,
      dedup: { revivals: 0 },
      events: expect.arrayContaining([expect.objectContaining({ kind: "opened" })]),
    });
    expect((await world.get("/api/opportunities/none")).status).toBe(404);
  });

  test("a pair that came to nothing is stored with its one reason", async () => {
    const { rejections } = await world.latest();
    const samples = rejections["samples"] as readonly { readonly step: string; readonly subject: string; readonly rule: string }[];
    const reasons = (step: string) => new Set(samples.filter((sample) => sample.step === step).map(({ rule }) => rule));
    expect(reasons("gate")).toContain("asset-class");
    expect(reasons("identify")).toContain("identity-mismatch");
    expect(reasons("detect")).toEqual(new Set(["no-carry", "no-gap", "no-price", "quote-mismatch", "below-threshold"]));
    expect(reasons("reconcile")).toContain("below-bar");
    const pair = samples.find(({ rule }) => rule === "below-bar");
    expect(pair?.subject).toMatch(new RegExp(`^\\S+ (?:${VENUE_IDS.join("|")}) (?:${VENUE_IDS.join("|")})$`, "u"));
  });

  test("near-misses stand apart, below the bar or refused by name, with the days that would pay them", async () => {
    const { nearMisses } = await world.list();
    expect(nearMisses.length).toBeGreaterThan(0);
    for (const { ledger, refusal } of nearMisses) {
      // Under the bar is one reason among others: a pair over it is there with what refused it.
      expect([(ledger.net ?? Number.NaN) < 0.001, refusal]).toEqual(refusal === "below-bar" ? [true, refusal] : [false, "stress-failed"]);
      expect(ledger["breakEven"]).toBeDefined();
    }
  });
});

describe("what was asked of the venues", () => {
  test("each hot endpoint is fetched once a scan, metadata once in all, and no venue gets another's call", async () => {
    world.simulator.resetCalls();
    await world.scan();
    const { total, strangers, venues, calls } = world.simulator.calls();
    expect(strangers).toBe(0);
    let hot = 0;
    for (const { id, endpoints } of ADAPTERS) {
      for (const [name, { refreshMs, alternativeTo }] of Object.entries(endpoints)) {
        const isHot = refreshMs === 0 && alternativeTo === undefined;
        hot += isHot ? 1 : 0;
        expect(venues[id]?.byEndpoint[name] ?? 0, `${id} ${name}`).toBe(isHot ? 1 : 0);
      }
    }
    // 20 for order books.
    expect(total).toBeLessThanOrEqual(hot + 20);
    for (const { host, venue, userAgent } of calls) {
      expect(adapterOf(venue ?? "")?.hosts).toContain(host);
      expect(userAgent).toMatch(/^Carrywatch\//u);
    }
  });

  test("every call has one request and one outcome in the log, at the level that production keeps", async () => {
    const lines = world.logs();
    const requests = lines.filter(({ event }) => event === "venue.request").length;
    const outcomes = lines.filter(({ event }) => event === "venue.response");
    expect(requests).toBe(outcomes.length);
    expect(requests).toBeGreaterThan(60);
    for (const line of outcomes)
      expect(line).toMatchObject({
        level: "info",
        component: "venue-feed",
        venue: expect.any(String),
        endpoint: expect.any(String),
        host: expect.any(String),
        attempt: 1,
        status: 200,
        ms: expect.any(Number),
        bytes: expect.any(Number),
        outcome: "ok",
        correlationId: expect.stringMatching(/^scan-\d+$/u),
      });
  });

  test("one correlation id runs through every step of a scan, with counts that add up", async () => {
    const { id } = await world.latest();
    const lines = world.logs().filter(({ correlationId }) => correlationId === id);
    const steps = lines.filter(({ event }) => event === "scan.step");
    expect(steps.map(({ step }) => step)).toEqual(["fetch", "parse", "gate", "identify", "detect", "depth", "price", "reconcile"]);
    const events = lines.map(({ event }) => event);
    for (const event of ["scan.start", "scan.dedup", "scan.saved", "scan.published", "scan.done"]) expect(events).toContain(event);
  });

  test("services are built once for all of it", async () => {
    for (let request = 0; request < 50; request++) expect((await world.get("/api/health")).status).toBe(200);
    const inits = world.logs().filter(({ event }) => event === "container.init").length;
    // The handler and the Durable Objects of one isolate each get their own env.
    expect(inits).toBeLessThanOrEqual(1 + 1 + FEED_IDS.length);
    expect(world.logs().filter(({ event }) => event === "container.init").length).toBe(inits);
  });
});

describe("triggers", () => {
  test("both triggers of a slot, and triggers that overlap, give one scan and no second row", async () => {
    const before = await world.sql("SELECT count(*) AS n FROM scans");
    await Promise.all([world.cron(100), world.cron(100), world.cron(100)]);
    await world.cron(100);
    const after = await world.sql("SELECT count(*) AS n FROM scans");
    expect(Number(after[0]?.["n"])).toBe(Number(before[0]?.["n"]) + 1);
    expect(await world.sql("SELECT key FROM opportunities WHERE status <> 'closed' GROUP BY key HAVING count(*) > 1")).toEqual([]);
    const skipped = world.logs().filter(({ event }) => event === "scan.skipped");
    expect(skipped.length).toBeGreaterThanOrEqual(3);
  });
});

describe("readers", () => {
  test("a hundred at once during a scan see no error and no empty list", async () => {
    const scanning = world.cron(101);
    const answers = await Promise.all(Array.from({ length: 100 }, () => world.list()));
    await scanning;
    for (const list of answers) expect(list.opportunities.length).toBe(expectedPairs(world).size);
  });

  test("rates of a coin come from every venue that lists it", async () => {
    const body: unknown = await (await world.get("/api/rates?asset=WLD")).json();
    const { rates } = body as { readonly rates: readonly { readonly venue: string; readonly fundingRatePer8h: number }[] };
    const legs = world.simulator.planted().filter(({ asset }) => asset === "WLD");
    const listing = new Set(legs.flatMap(({ long, short }) => [long.venue, short.venue]));
    expect(listing.size).toBe(4);
    expect(rates.map(({ venue }) => venue).sort()).toEqual([...listing].sort());
    expect(rates.find(({ venue }) => venue === "bybit")?.fundingRatePer8h).toBeCloseTo(0.00102, 12);
  });

  test("bad questions are answered as problem+json that says what was expected and found", async () => {
    for (const [path, code] of [
      ["/api/rates", "bad-query"],
      ["/api/opportunities?venue=mtgox", "unknown-venue"],
      ["/api/opportunities?minNetApr=much", "bad-query"],
      ["/api/opportunities?minNetApr=", "bad-query"],
      ["/api/opportunities?asset=BTC&asset=ETH", "bad-query"],
      ["/api/scans?limit=0", "bad-query"],
      ["/api/scans?limit=", "bad-query"],
      ["/api/scans?before=", "bad-query"],
      ["/api/scans?limit=1.5", "bad-query"],
      ["/api/opportunities?colour=red", "bad-query"],
      ["/api/nothing", "no-such-route"],
    ] as const) {
      const response = await world.get(path);
      expect(response.headers.get("content-type"), path).toBe("application/problem+json");
      expect(await response.json(), path).toMatchObject({ code, status: response.status });
    }
  });

  test("scans are listed newest first, page by page, each once", async () => {
    const seen: number[] = [];
    let path = "/api/scans?limit=3";
    for (let page = 0; page < 10 && path !== ""; page++) {
      const body = (await (await world.get(path)).json()) as {
        readonly scans: readonly { readonly slotMs: number }[];
        readonly next: number | null;
      };
      seen.push(...body.scans.map(({ slotMs }) => slotMs));
      path = body.next === null ? "" : `/api/scans?limit=3&before=${body.next}`;
    }
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => b - a));
    expect(seen.length).toBe(Number((await world.sql("SELECT count(*) AS n FROM scans"))[0]?.["n"]));
  });
});

async function gateTicker(contract: string): Promise<readonly { readonly highest_bid: string; readonly lowest_ask: string }[]> {
  const response = await fetch(`${world.simulator.url}/api.gateio.ws/api/v4/futures/usdt/tickers`);
  const rows = (await response.json()) as readonly {
    readonly contract: string;
    readonly highest_bid: string;
    readonly lowest_ask: string;
  }[];
  return rows.filter((row) => row.contract === contract);
}
