import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { KEY_KINDS, keyVars } from "../../simulator/accounts/keys.ts";
import { type Simulator, startSimulator } from "../../simulator/simulator.ts";
import { readConfig } from "../../src/config.ts";
import { ADAPTERS } from "../../src/venues/registry.ts";
import { probe } from "./probe.ts";
import { LINE_CHARS, type ProbeReport, renderReport } from "./report.ts";

const NOW_MS = Date.UTC(2026, 10, 22, 9, 9);
let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ listen: true, nowMs: NOW_MS, coins: 30 });
});
beforeEach(() => simulator.control({ reset: true }));
afterAll(async () => await simulator.close());

type Run = { readonly feeds?: readonly string[]; readonly vars?: Readonly<Record<string, string>>; readonly headersMs?: number };

function run({ feeds = [], vars = {}, headersMs = 5_000 }: Run = {}): Promise<ProbeReport> {
  const config = readConfig({ ...vars, VENUE_GATEWAY_URL: simulator.url ?? "" });
  if (!config.ok) throw new Error(config.error.map(({ message }) => message).join());
  return probe({
    market: "simulated",
    adapters: ADAPTERS.filter(({ id }) => feeds.includes(id)),
    keys: config.value.venueKeys,
    limitMs: 20_000,
    services: {
      now: () => NOW_MS,
      outbound: {
        fetch: (url, init) => fetch(url, init),
        now: () => NOW_MS,
        random: () => 0,
        gatewayUrl: simulator.url ?? "",
        userAgent: "test",
      },
      callLimits: { attempts: 2, baseDelayMs: 1, maxDelayMs: 1, headersMs, bodyMs: 10_000 },
    },
  });
}
const one = async (input: Run) => (await run(input)).feeds[0];

describe("probe of feeds", () => {
  it("finds every feed of the registry well, with its rows and where it read the venue's clock", async () => {
    const report = await run({ feeds: ADAPTERS.map(({ id }) => id) });
    expect(report.feeds.map(({ feed }) => feed)).toEqual(ADAPTERS.map(({ id }) => id));
    for (const found of report.feeds) {
      expect(found, found.feed).toMatchObject({ outcome: "ok", isBlocked: false, status: 200, problem: null, advice: null });
      expect(found.rows, found.feed).toBeGreaterThan(10);
      expect(Math.abs(found.skewMs ?? Number.NaN), found.feed).toBeLessThanOrEqual(1_000);
      expect(["body", "date"]).toContain(found.skewFrom);
    }
    expect(report.feeds.find(({ feed }) => feed === "bybit")?.skewFrom).toBe("body");
    expect(report.feeds.find(({ feed }) => feed === "binance")?.skewFrom).toBe("date");
    expect(report.failed).toBe(0);
    const lines = renderReport(report).split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(LINE_CHARS);
    expect(new Set(lines.slice(0, ADAPTERS.length + 1).map((line) => line.search(/HTTP|200/u))).size).toBe(1);
    expect(lines.at(-1)).toBe(`All of ${ADAPTERS.length} feeds are well.`);
  });

  it.each([
    ["binance", "geo-451", "geo-blocked", true, 451, /country/u],
    ["bybit", "cdn-403", "geo-blocked", true, 403, /country/u],
    ["gate", "http-403", "forbidden", true, 403, /relay by VENUE_GATEWAY_URL/u],
    ["okx", "rate-429", "rate-limited", false, 429, /too much was asked/u],
    ["bitget", "http-500", "server", false, 500, /status page/u],
    ["kucoin", "html", "bad-json", false, 200, /npm run parse/u],
    ["hyperliquid", "empty-list", "empty", false, 200, /status page/u],
  ] as const)("%s with %s is %s, and says what to do", async (venue, kind, outcome, isBlocked, status, advice) => {
    simulator.control({ fault: { venue, kind } });
    const found = await one({ feeds: [venue] });
    expect(found).toMatchObject({ feed: venue, outcome, isBlocked, status, rows: 0 });
    expect(found?.problem).not.toBe("");
    expect(found?.advice).toMatch(advice);
  });

  it("a venue that does not answer in time is a time-out, and one endpoint that fails leaves the rows", async () => {
    simulator.control({ latency: { venue: "gate", ms: 1_000 } });
    expect(await one({ feeds: ["gate"], headersMs: 100 })).toMatchObject({ outcome: "timeout", status: null, rows: 0 });
    simulator.control({ fault: { venue: "binance", endpoint: "ticker24hr", kind: "http-400" } });
    const found = await one({ feeds: ["binance"] });
    expect(found).toMatchObject({ outcome: "part", status: 400 });
    expect(found?.rows).toBeGreaterThan(10);
    expect(found?.problem).toContain("ticker24hr (");
  });

  it.each([
    ["binance", "date", 60_000],
    ["binance", "date", -60_000],
    ["bybit", "body", 60_000],
  ] as const)("%s: a clock that is off is told with its source, the %s, and its direction (%d ms)", async (venue, skewFrom, offMs) => {
    simulator.control({ clock: { nowMs: NOW_MS + offMs } });
    const found = await one({ feeds: [venue] });
    expect(found).toMatchObject({ outcome: "clock", skewFrom });
    expect(Math.abs((found?.skewMs ?? Number.NaN) - offMs)).toBeLessThanOrEqual(1_000);
    expect(found?.advice).toContain("NTP");
  });

  it("a report full of failures keeps to its width, and counts them", async () => {
    for (const { id } of ADAPTERS) simulator.control({ fault: { venue: id, kind: "cdn-403" } });
    const vars = Object.assign({}, keyVars("okx", "trading"), keyVars("bitget", "echoing")) as Record<string, string>;
    const report = await run({ feeds: ADAPTERS.map(({ id }) => id), vars });
    expect(report.failed).toBe(ADAPTERS.length + 2);
    const text = renderReport(report);
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(LINE_CHARS);
    expect(text).toContain(`${ADAPTERS.length + 2} of ${ADAPTERS.length} feeds and 2 keys are not well.`);
  });
});

describe("probe of keys", () => {
  it.each([
    ["binance", "reading", "read-only", null, null],
    ["binance", "trading", "trading", null, /may only read/u],
    ["bybit", "withdrawing", "withdrawal", null, /may only read/u],
    ["bybit", "expired", "invalid", "expired", /make a new one/u],
    ["okx", "ip-bound", "invalid", "ip-not-allowed", /other addresses/u],
    ["bitget", "ip-bound", "invalid", "ip-not-allowed", /other addresses/u],
    ["binance", "ip-bound", "invalid", "unclear", /does not say which/u],
  ] as const)("%s, a key that is %s: %s", async (venue, kind, scope, reason, advice) => {
    const { keys, failed } = await run({ vars: keyVars(venue, kind) });
    expect(keys).toMatchObject([{ venue, scope, reason }]);
    expect(failed).toBe(scope === "read-only" ? 0 : 1);
    if (advice === null) expect(keys[0]?.advice).toBeNull();
    else expect(keys[0]?.advice).toMatch(advice);
  });

  it("tells a wrong secret, a wrong passphrase and a wrong clock apart", async () => {
    const wrong = async (over: Readonly<Record<string, string>>) =>
      (await run({ vars: { ...keyVars("okx", "reading"), ...over } })).keys[0]?.reason;
    expect(await wrong({ OKX_API_SECRET: "a-secret-of-nobody" })).toBe("bad-signature");
    expect(await wrong({ OKX_API_PASSPHRASE: "words-of-nobody" })).toBe("bad-passphrase");
    simulator.control({ clock: { nowMs: NOW_MS + 60_000 } });
    expect(await wrong({})).toBe("clock-skew");
  });

  it("no report holds a key, a secret or a passphrase, whatever the venue repeats", async () => {
    for (const venue of ["binance", "bybit", "okx", "bitget"]) {
      for (const kind of KEY_KINDS) {
        const report = await run({ vars: keyVars(venue, kind) });
        const given = Object.values(keyVars(venue, kind));
        for (const text of [renderReport(report).replaceAll(/\n */gu, ""), JSON.stringify(report)])
          for (const hidden of given) expect(text.includes(hidden), `${venue} ${kind}`).toBe(false);
      }
    }
  });
});

describe("the command", () => {
  const command = async (args: readonly string[], env: Record<string, string>): Promise<{ code: number; out: string; err: string }> => {
    try {
      const script = join(import.meta.dirname, "..", "probe.ts");
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [script, ...args], {
        env: { PATH: process.env["PATH"] ?? "", ...env },
      });
      return { code: 0, out: stdout, err: stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, out: stdout, err: stderr };
    }
  };

  it("ends with 0 where all is well, 1 where something is not, 2 where it is called wrongly or half a key is given", async () => {
    const gateway = { VENUE_GATEWAY_URL: simulator.url ?? "" };
    simulator.control({ clock: { offsetMs: 0 } });
    for (const { id } of ADAPTERS) simulator.control({ fault: { venue: id, kind: "geo-451" } });
    simulator.control({ clear: { venue: "bybit" } });
    const failed = await command(["--json"], { ...gateway, ...keyVars("bybit", "expired") });
    expect(failed.code).toBe(1);
    const report = JSON.parse(failed.out) as ProbeReport;
    expect(report).toMatchObject({ market: "live", failed: ADAPTERS.length, keys: [{ venue: "bybit", scope: "invalid" }] });
    simulator.control({ clear: true });
    const well = await command([], { ...gateway, ...keyVars("okx", "reading") });
    expect(well.out).toContain("are well.");
    expect(well.code).toBe(0);
    expect(await command(["--live", "--simulator"], gateway)).toMatchObject({ code: 2, out: "" });
    const half = await command([], { ...gateway, BYBIT_API_KEY: "planted-key-of-nobody" });
    expect(half).toMatchObject({ code: 2, out: "" });
    expect(half.err).toContain("BYBIT_API_SECRET");
    expect(half.err).not.toContain("planted");
  }, 60_000);
});
