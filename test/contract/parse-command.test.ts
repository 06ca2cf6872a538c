import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { parseCommand, SHOWN_FIELDS } from "../../scripts/parse.ts";
import { ADAPTERS, adaptersOf, VENUE_IDS } from "../../src/venues/registry.ts";
import { CAPTURES_DIR, capturesNote, haveCaptures } from "../captures.ts";

const NOW_MS = Date.UTC(2026, 10, 22);
const ROOT = join(import.meta.dirname, "..", "..");
const scratch = mkdtempSync(join(tmpdir(), "parse-command-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const file = (name: string, text: string): string => {
  const path = join(scratch, name);
  writeFileSync(path, text);
  return path;
};
const run = (...argv: string[]) => parseCommand(argv, NOW_MS);

describe("npm run parse -- VENUE --list", () => {
  it.each(VENUE_IDS)("%s: one endpoint of any of its markets a line, the name first, each name once", (id) => {
    const { exitCode, stdout, stderr } = run(id, "--list");
    expect([exitCode, stderr]).toEqual([0, ""]);
    const lines = stdout.trimEnd().split("\n");
    const names = lines.map((line) => line.split(" ")[0]);
    expect(names).toEqual(adaptersOf(id).flatMap(({ endpoints }) => Object.keys(endpoints)));
    expect(new Set(names).size).toBe(names.length);
    for (const line of lines) expect(line).toMatch(/^\w+ (?:GET|POST) https:\/\/[a-z0-9.-]+\/\S+(?: \{.*\})?$/u);
  });

  it.each(ADAPTERS.filter(({ id, facts }) => id !== facts.id))("$id alone has its own endpoints", ({ id, endpoints }) => {
    const names = run(id, "--list")
      .stdout.trimEnd()
      .split("\n")
      .map((line) => line.split(" ")[0]);
    expect(names).toEqual(Object.keys(endpoints));
  });

  it("shows what a POST asks for", () => {
    expect(run("hyperliquid", "--list").stdout).toBe(
      'metaAndAssetCtxs POST https://api.hyperliquid.xyz/info {"type":"metaAndAssetCtxs"}\n',
    );
  });
});

describe("npm run parse -- VENUE name=body.json", () => {
  const premium = () =>
    file(
      "premium.json",
      JSON.stringify([{ symbol: "1000PEPEUSDT", markPrice: "0.01", lastFundingRate: "-0.0001", nextFundingTime: 1 }, { symbol: "ETHBTC" }]),
    );

  it("prints one object of rows and rejected, every field of the list in every row, null where nothing was sent", () => {
    const { exitCode, stdout, stderr } = run("binance", `premiumIndex=${premium()}`);
    expect([exitCode, stderr]).toEqual([0, ""]);
    const { rows, rejected } = JSON.parse(stdout);
    expect(rows).toHaveLength(1);
    expect(Object.keys(rows[0])).toEqual([...SHOWN_FIELDS]);
    expect(rows[0]).toMatchObject({
      symbol: "PEPE/USDT:USDT",
      multiplier: 1000,
      mark: 0.00001,
      fundingRatePerInterval: -0.0001,
      bid: null,
      state: null,
    });
    expect(rejected).toEqual([{ symbol: "ETHBTC", reason: "unsupported-settle", detail: expect.any(String) }]);
  });

  it("gives each body to the market that has its endpoint, and the rows of all one after the other", () => {
    const spot = file(
      "spot.json",
      JSON.stringify([{ symbol: "1000SATSUSDT", bidPrice: "0.00001", askPrice: "0.00002" }, { symbol: "BTCEUR" }]),
    );
    const { rows, rejected } = JSON.parse(run("binance", `spotBookTicker=${spot}`, `premiumIndex=${premium()}`).stdout);
    expect(rows).toMatchObject([
      { venue: "binance", symbol: "PEPE/USDT:USDT", kind: "perpetual" },
      { venue: "binance", symbol: "SATS/USDT", kind: "spot", bid: 0.00000001, multiplier: 1000, fundingRatePerInterval: null },
    ]);
    expect(rejected.map(({ symbol }: { readonly symbol: string }) => symbol)).toEqual(["ETHBTC", "BTCEUR"]);
    expect(JSON.parse(run("binance-spot", `spotBookTicker=${spot}`).stdout).rows).toHaveLength(1);
    expect(run("binance-spot", `premiumIndex=${premium()}`)).toMatchObject({ exitCode: 2, stdout: "" });
  });

  it("takes the object that a ticker for one symbol answers", () => {
    const one = file("one.json", JSON.stringify({ symbol: "BTCUSDT", bidPrice: "60741.67000000", bidQty: "0.36580000" }));
    expect(JSON.parse(run("binance", `spotBookTicker=${one}`).stdout)).toMatchObject({
      rows: [{ symbol: "BTC/USDT", bid: 60_741.67, bidSizeBase: 0.3658, ask: null, state: null }],
      rejected: [],
    });
  });

  it("--at is the time of the bodies, now by default", () => {
    const body = file("hl.json", JSON.stringify([{ universe: [{ name: "BTC" }] }, [{}]]));
    const next = (...more: string[]) => JSON.parse(run("hyperliquid", `metaAndAssetCtxs=${body}`, ...more).stdout).rows[0].nextFundingAtMs;
    expect(next()).toBe(NOW_MS + 3_600_000);
    expect(next("--at", "1789147120443")).toBe(Date.UTC(2026, 8, 11, 18));
  });

  it("takes several files of a paged endpoint for its pages", () => {
    const page = (symbol: string) =>
      file(
        `${symbol}.json`,
        JSON.stringify({
          retCode: 0,
          result: { list: [{ symbol, contractType: "LinearPerpetual", status: "Trading", settleCoin: "USDT", symbolType: "stock" }] },
        }),
      );
    const list = ["AUSDT", "BUSDT"].map((symbol) => ({ symbol, deliveryTime: "0", curPreListingPhase: "" }));
    const tickers = file("tickers.json", JSON.stringify({ retCode: 0, result: { category: "linear", list } }));
    const { stdout } = run("bybit", `tickers=${tickers}`, `instruments=${page("AUSDT")}`, `instruments=${page("BUSDT")}`);
    expect(JSON.parse(stdout).rows.map((row: { readonly assetClass: string }) => row.assetClass)).toEqual(["equity", "equity"]);
  });

  it.each([
    ["an error envelope", '{"code":-1121,"msg":"Invalid symbol."}', "venue-error"],
    ["a location block", '{"code":0,"msg":"Service unavailable from a restricted location"}', "geo-blocked"],
    ["another shape", '{"rows":[]}', "bad-shape"],
    ["an empty list", "[]", "empty"],
    ["no JSON", "<html>", "bad-json"],
    ["nothing", "", "bad-json"],
  ])("%s exits 1, with the typed error as one JSON line on standard error", (_, body, kind) => {
    const { exitCode, stdout, stderr } = run("binance", `premiumIndex=${file("wrong.json", body)}`);
    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr.endsWith("\n") && stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(JSON.parse(stderr)).toMatchObject({ kind, message: expect.any(String), endpoint: "premiumIndex" });
    // A file has no HTTP status.
    expect(JSON.parse(stderr)).not.toHaveProperty("status");
  });

  it("a bad body beside a good one exits 1 as well", () => {
    const { exitCode, stderr } = run("binance", `premiumIndex=${premium()}`, `fundingInfo=${file("wrong.json", "[]")}`);
    expect([exitCode, JSON.parse(stderr)]).toMatchObject([1, { kind: "empty", endpoint: "fundingInfo" }]);
  });

  it.each([
    ["an unknown venue", ["mtgox", "--list"], `expected a venue of ${VENUE_IDS.join(", ")}, found "mtgox"`],
    [
      "an unknown endpoint",
      ["gate", "funding=x.json"],
      `expected an endpoint of ${adaptersOf("gate")
        .flatMap(({ endpoints }) => Object.keys(endpoints))
        .join(", ")}, found "funding"`,
    ],
    ["an endpoint by the name of an object's own property", ["gate", "toString=x.json"], 'found "toString"'],
    ["a missing file", ["gate", "contracts=/no/such/file.json"], "ENOENT"],
    ["no file", ["gate", "contracts"], "expected contracts=body.json"],
    ["no venue", [], "expected a venue"],
    ["no body", ["gate"], "expected name=body.json"],
    ["a time in seconds", ["gate", "--list", "--at", "1789147120"], "epoch milliseconds"],
    ["an unknown option", ["gate", "--nonsense"], "--nonsense"],
  ])("%s exits 2 with a sentence", (_, argv, sentence) => {
    const { exitCode, stdout, stderr } = run(...argv);
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(sentence);
  });

  it("refuses a second body of an endpoint that has no pages", () => {
    expect(run("binance", `premiumIndex=${premium()}`, `premiumIndex=${premium()}`)).toMatchObject({ exitCode: 2, stdout: "" });
  });

  it.skipIf(!haveCaptures)(`runs as a program${capturesNote}`, async () => {
    const node = join(ROOT, "node_modules", ".bin", "node");
    const body = join(CAPTURES_DIR, "bybit", "v5_market_tickers_linear_2023-08-16_FULL.json");
    const { stdout, stderr } = await promisify(execFile)(node, [join(ROOT, "scripts", "parse.ts"), "bybit", `tickers=${body}`], {
      maxBuffer: 1e7,
    });
    expect([JSON.parse(stdout).rows.length, stderr]).toEqual([245, ""]);
    const failed = promisify(execFile)(node, [join(ROOT, "scripts", "parse.ts"), "nowhere", "--list"]);
    await expect(failed).rejects.toMatchObject({ code: 2, stdout: "" });
  });
});
