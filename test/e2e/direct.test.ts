import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { type KeyKind, keyVars, testKey } from "../../simulator/accounts/keys.ts";
import { HOUR_MS } from "../../src/domain/units.ts";
import { ADAPTERS } from "../../src/venues/registry.ts";
import { expectedPairs, openPairs, startWorld, type World } from "./world.ts";

let world: World;
type Asked = { readonly url: string; readonly headers: string };
const asked: Asked[] = [];
const realFetch = globalThis.fetch;
const TOKEN = "the-operators-token-of-this-test";
/** One key a venue: what it is for stands in its name. */
const KEYS: Readonly<Record<string, KeyKind>> = { binance: "reading", bybit: "trading", okx: "reading", bitget: "echoing" };

// The harness sends the Worker's requests to other machines through this fetch; the simulator plays those machines.
beforeAll(async () => {
  const keys = Object.assign({}, ...Object.entries(KEYS).map(([venue, kind]) => keyVars(venue, kind))) as Record<string, string>;
  const ADMIN_TOKEN_SHA256 = createHash("sha256").update(TOKEN).digest("hex");
  world = await startWorld({ vars: { VENUE_GATEWAY_URL: "", ADMIN_TOKEN_SHA256, ...keys } });
  // Binance writes a spot fee that nobody pays, and OKX has lost its keys.
  world.simulator.control({ account: { venue: "binance", spot: "0.02000000" } });
  world.simulator.control({ account: { venue: "okx", revoked: true } });
  const hosts = new Set(ADAPTERS.flatMap((adapter) => adapter.hosts));
  globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    if (!hosts.has(new URL(request.url).hostname)) return await realFetch(request);
    asked.push({ url: request.url, headers: JSON.stringify([...request.headers]) });
    return await world.simulator.handle(request);
  };
});
afterAll(async () => {
  globalThis.fetch = realFetch;
  await world.close();
});

const isSigned = ({ url }: Asked): boolean =>
  /\/(?:sapi|fapi\/v1\/commissionRate|v5\/(?:user|account)|api\/v5\/account|api\/v2\/(?:spot\/account|common))/u.test(url);
const secrets = Object.entries(KEYS).flatMap(([venue, kind]) => {
  const { key, secret, passphrase } = testKey(venue, kind);
  return [key, secret, passphrase];
});

const statusSchema = z.looseObject({
  venueKeys: z.array(
    z.looseObject({
      venue: z.string(),
      keyId: z.string(),
      scope: z.string(),
      message: z.string().nullable(),
      fees: z.looseObject({
        perpetual: z.looseObject({ rate: z.number() }).nullable(),
        spot: z.looseObject({ rate: z.number() }).nullable(),
      }),
      checkedAtMs: z.number(),
    }),
  ),
  incidents: z.array(z.looseObject({ kind: z.string(), subject: z.string(), state: z.string(), label: z.string() })),
});
type Status = z.infer<typeof statusSchema>;
const statusText = async (): Promise<string> =>
  await (await world.fetch("/api/admin/status", { method: "GET", headers: { authorization: `Bearer ${TOKEN}` } })).text();
/** The status once it shows what is waited for: keys are looked at by the queue, after the scan. */
async function statusWhen(isReady: (status: Status) => boolean): Promise<Status> {
  for (let tries = 0; ; tries++) {
    const status = statusSchema.parse(JSON.parse(await statusText()));
    if (isReady(status) || tries > 100) return status;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

test("without a gateway each venue is asked at its own host over HTTPS, and the planted pairs are found", async () => {
  await world.scan();
  await world.scan();
  expect([...openPairs(await world.list()).keys()].sort()).toEqual([...expectedPairs(world).keys()].sort());
  for (const { url } of asked) expect(url).toMatch(/^https:\/\//u);
  // A slow answer may send a later call to another documented host; the first goes to the first of them.
  const hosts = asked.filter((call) => !isSigned(call)).map(({ url }) => new URL(url).hostname);
  for (const adapter of ADAPTERS) expect(hosts.find((host) => adapter.hosts.includes(host))).toBe(adapter.hosts[0]);
});

describe("keys of the operator's accounts", () => {
  test("each is looked at once; one that can trade, and those that venues refuse, are used for nothing and told", async () => {
    const { venueKeys, incidents } = await statusWhen((status) => status.venueKeys.length === 4);
    const of = new Map(venueKeys.map((key) => [key.venue, key]));
    const none = { perpetual: null, spot: null };
    expect(of.get("binance")).toMatchObject({ scope: "read-only", fees: { perpetual: { rate: 0.00036 }, spot: null } });
    expect(of.get("binance")?.message).toContain("the documented fee stands in");
    expect(of.get("bybit")).toMatchObject({ scope: "trading", fees: none });
    expect(of.get("bybit")?.message).toContain("the key can do more than read");
    expect(of.get("okx")).toMatchObject({ scope: "invalid", fees: none });
    expect(of.get("bitget")).toMatchObject({ scope: "invalid", fees: none });
    for (const [venue, kind] of Object.entries(KEYS)) {
      const hash = createHash("sha256").update(testKey(venue, kind).key).digest("hex");
      expect(of.get(venue)?.keyId).toBe(hash.slice(0, 12));
    }
    expect(
      incidents
        .filter(({ kind }) => kind === "auth-failure")
        .map(({ subject, state, label }) => `${subject} ${state} ${label}`)
        .sort(),
    ).toEqual(["bitget open auth-failure", "bybit open key-refused", "okx open auth-failure"]);
    const failures = world.logs().filter(({ event }) => event === "auth_failure");
    expect(failures.map(({ venue, scope }) => `${String(venue)} ${String(scope)}`).sort()).toEqual([
      "bitget invalid",
      "bybit trading",
      "okx invalid",
    ]);
    for (const { keyId, level } of failures) expect([String(keyId).length, level]).toEqual([12, "warn"]);
    // Two scans, one look: Binance's key and its two fees, and one question to each of the others.
    expect(
      asked
        .filter(isSigned)
        .map(({ url }) => new URL(url).pathname)
        .sort(),
    ).toEqual([
      "/api/v2/spot/account/info",
      "/api/v5/account/config",
      "/fapi/v1/commissionRate",
      "/sapi/v1/account/apiRestrictions",
      "/sapi/v1/asset/tradeFee",
      "/v5/user/query-api",
    ]);
  });

  test("the account's fee prices the public list from the next scan, with its source; the others are documented", async () => {
    await world.scan();
    const legs = (await world.list()).opportunities.flatMap(({ long, short }) => [long, short]);
    const feesOf = (venue: string, kind: string) =>
      new Set(
        legs
          .filter((leg) => leg.venue === venue && leg.kind === kind)
          .map((leg) => `${String(leg["takerFeeRate"])} ${String(leg["takerFeeSource"])}`),
      );
    expect([...feesOf("binance", "perpetual")]).toEqual(["0.00036 your account's fee, read 2026-11-22"]);
    expect([...feesOf("bybit", "perpetual")]).toEqual(["0.00055 documented fee, read 2026-11-22"]);
    const spot = [...feesOf("binance", "spot")];
    for (const fee of spot) expect(fee).toBe("0.001 documented fee, read 2026-11-22");
  });

  test("a key that the venue takes again is told as over, and its fees are read", async () => {
    world.simulator.control({ account: { venue: "okx", revoked: false } });
    await world.later(HOUR_MS + 60_000);
    await world.scan();
    const { venueKeys, incidents } = await statusWhen((status) =>
      status.venueKeys.some(({ venue, scope }) => venue === "okx" && scope === "read-only"),
    );
    expect(venueKeys.find(({ venue }) => venue === "okx")).toMatchObject({
      message: null,
      fees: { perpetual: { rate: 0.00043 }, spot: { rate: 0.0007 } },
    });
    expect(incidents.find(({ subject, kind }) => kind === "auth-failure" && subject === "okx")).toMatchObject({ state: "cool-down" });
  });

  test("public calls carry no key, and nothing that is logged or answered holds a key, secret, passphrase or signature", async () => {
    const signed = asked.filter(isSigned);
    const open = asked.filter((call) => !isSigned(call));
    expect(open.length).toBeGreaterThan(50);
    for (const { url, headers } of open) {
      expect(headers.toLowerCase()).not.toMatch(/api-?key|bapi|ok-access|access-(?:key|sign)|authorization|cookie|signature/u);
      expect(url).not.toMatch(/signature|apikey|timestamp=/iu);
      for (const secret of secrets) expect(`${url} ${headers}`).not.toContain(secret);
    }
    const signatures = signed.flatMap(({ url, headers }) => [
      ...new URL(url).searchParams.getAll("signature"),
      ...[...headers.matchAll(/"[\w-]*sign","([^"]+)"/giu)].map(([, text]) => text ?? ""),
    ]);
    expect(signatures.length).toBe(signed.length);
    const answers = await Promise.all(
      ["/api/health", "/api/opportunities", "/api/scans/latest", "/api/rates?asset=BTC"].map(
        async (path) => await (await world.get(path)).text(),
      ),
    );
    const stored = [await world.sql("SELECT * FROM venue_keys"), await world.sql("SELECT * FROM incidents")];
    const told = [JSON.stringify(world.logs()), ...answers, await statusText(), JSON.stringify(stored)].join("\n");
    expect(told).toContain("auth_failure");
    // Bitget did repeat all of it in its error.
    expect(told).toContain("You sent");
    for (const secret of [...secrets, ...signatures, ...signatures.map(encodeURIComponent)]) expect(told).not.toContain(secret);
  });
});
