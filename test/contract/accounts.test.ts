import ccxt, { type Exchange } from "ccxt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KEY_KINDS, type KeyKind, testKey } from "../../simulator/accounts/keys.ts";
import { type Simulator, startSimulator } from "../../simulator/simulator.ts";
import { KEYED_VENUES, type VenueKey } from "../../src/domain/venue-key.ts";
import { createLogger } from "../../src/monitoring/log.ts";
import type { CallDeps } from "../../src/net/fetch-json.ts";
import { hmacSha256, secretId } from "../../src/net/sign.ts";
import { signedCall } from "../../src/net/signed-call.ts";
import { sleep } from "../../src/net/sleep.ts";
import type { AccountEndpoint } from "../../src/venues/account.ts";
import { ACCOUNTS } from "../../src/venues/account-registry.ts";

const NOW_MS = Date.UTC(2026, 10, 22, 9, 9);
type Venue = keyof typeof KEYED_VENUES;
const VENUES: readonly Venue[] = ["binance", "bybit", "okx", "bitget"];

/** The requests of a venue as ccxt makes them: the API and path of its own catalogue, by our path. */
const CCXT: Readonly<
  Record<Venue, { readonly exchange: () => Exchange; readonly requests: Readonly<Record<string, readonly [string, unknown]>> }>
> = {
  binance: {
    exchange: () => new ccxt.binance(),
    requests: {
      "/sapi/v1/account/apiRestrictions": ["account/apiRestrictions", "sapi"],
      "/fapi/v1/commissionRate": ["commissionRate", "fapiPrivate"],
      "/sapi/v1/asset/tradeFee": ["asset/tradeFee", "sapi"],
    },
  },
  bybit: {
    exchange: () => new ccxt.bybit({ options: { recvWindow: 5000 } }),
    requests: { "/v5/user/query-api": ["v5/user/query-api", "private"], "/v5/account/fee-rate": ["v5/account/fee-rate", "private"] },
  },
  okx: {
    exchange: () => new ccxt.okx(),
    requests: { "/api/v5/account/config": ["account/config", "private"], "/api/v5/account/trade-fee": ["account/trade-fee", "private"] },
  },
  bitget: {
    exchange: () => new ccxt.bitget(),
    requests: {
      "/api/v2/spot/account/info": ["v2/spot/account/info", ["private", "spot"]],
      "/api/v2/common/trade-rate": ["v2/common/trade-rate", ["private", "common"]],
    },
  },
};

const keyOf = (venue: Venue, kind: KeyKind = "reading"): VenueKey => {
  const { key, secret, passphrase } = testKey(venue, kind);
  return { key, secret, passphrase: KEYED_VENUES[venue] ? passphrase : null };
};
const endpointsOf = (venue: Venue): readonly AccountEndpoint<unknown>[] => {
  const { grant, takerFee } = ACCOUNTS[venue];
  return [grant, takerFee.perpetual, takerFee.spot];
};

type Signed = { readonly url: string; readonly headers: Record<string, string> };

async function ours(venue: Venue, { host, path }: AccountEndpoint<unknown>, key: VenueKey): Promise<Signed> {
  const { unsigned, encoding } = ACCOUNTS[venue];
  const { text, finish } = unsigned({ path, key, nowMs: NOW_MS });
  const { headers, query } = finish(await hmacSha256(key.secret, text, encoding));
  return { url: `https://${host}${path}${query}`, headers: { ...headers } };
}

function ccxts(venue: Venue, { path }: AccountEndpoint<unknown>, key: VenueKey): Signed {
  const { exchange: make, requests } = CCXT[venue];
  const exchange = make();
  exchange.apiKey = key.key;
  exchange.secret = key.secret;
  if (key.passphrase !== null) exchange.password = key.passphrase;
  exchange.milliseconds = () => NOW_MS;
  exchange.nonce = () => NOW_MS;
  const [plain = "", query = ""] = path.split("?");
  const [name = "", api] = requests[plain] ?? [];
  const params = Object.fromEntries(new URLSearchParams(query));
  const signed = (exchange as unknown as { sign: (...args: unknown[]) => { url: string; headers: Record<string, string> } }).sign(
    name,
    api,
    "GET",
    params,
  );
  return { url: signed.url, headers: signed.headers };
}

const lowered = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers)
      .map(([name, value]): [string, string] => [name.toLowerCase(), value])
      .filter(([name, value]) => value !== undefined && /^(?:x-mbx|x-bapi|ok-access|access)-/u.test(name)),
  );

describe("signatures", () => {
  it.each(VENUES.flatMap((venue) => endpointsOf(venue).map((endpoint) => ({ venue, endpoint, path: endpoint.path }))))(
    "$venue $path: the headers are those of ccxt at the same moment",
    async ({ venue, endpoint }) => {
      const key = keyOf(venue);
      const [own, theirs] = [await ours(venue, endpoint, key), ccxts(venue, endpoint, key)];
      expect(lowered(own.headers)).toEqual(lowered(theirs.headers));
      expect(Object.keys(lowered(own.headers)).length).toBeGreaterThan(0);
      const [a, b] = [new URL(own.url), new URL(theirs.url)];
      expect(a.pathname).toBe(b.pathname);
      if (venue !== "binance") return expect(a.search.replace(/^\?$/u, "")).toBe(b.search.replace(/^\?$/u, ""));
      // Binance signs the query in the order in which it is sent, which is ours: what ccxt signed comes out the same.
      const [, signed = "", signature] = /^\?(.*)&signature=(.*)$/u.exec(b.search) ?? [];
      expect(await hmacSha256(key.secret, signed, "hex")).toBe(signature);
      const names = [...a.searchParams.keys()].sort();
      expect(names).toEqual([...b.searchParams.keys()].sort());
    },
  );

  it("Binance's own example of its documents comes out as printed there", async () => {
    const key = { key: "k", secret: "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j", passphrase: null };
    const path = "/api/v3/order?symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1";
    const { text, finish } = ACCOUNTS.binance.unsigned({ path, key, nowMs: 1_499_827_319_559 });
    const signature = await hmacSha256(key.secret, text, "hex");
    expect(signature).toBe("c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71");
    expect(finish(signature)).toEqual({
      headers: { "X-MBX-APIKEY": "k" },
      query: `&recvWindow=5000&timestamp=1499827319559&signature=${signature}`,
    });
  });

  it("each kind of venue that takes keys has its reader, under its own name", () => {
    expect(Object.keys(ACCOUNTS)).toEqual(Object.keys(KEYED_VENUES));
    for (const venue of VENUES) expect(ACCOUNTS[venue].venue).toBe(venue);
  });

  it("the id of a key tells keys apart and is no part of them", async () => {
    const ids = await Promise.all(VENUES.flatMap((venue) => KEY_KINDS.map((kind) => secretId(testKey(venue, kind).key))));
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{12}$/u);
    expect(await secretId("abc")).toBe("ba7816bf8f01");
  });
});

describe("signed calls at simulated venues, which work the signature out for themselves", () => {
  let simulator: Simulator;
  let lines: string[];
  let sent: number;
  beforeAll(async () => {
    simulator = await startSimulator({ listen: true, nowMs: NOW_MS, coins: 20 });
  });
  afterAll(async () => await simulator.close());

  const deps = (nowMs = NOW_MS): CallDeps => ({
    fetch: async (url, init) => {
      sent++;
      return await fetch(url, init);
    },
    now: () => nowMs,
    sleep,
    random: () => 0.5,
    log: createLogger({
      level: "debug",
      component: "test",
      now: () => nowMs,
      sink: {
        debug: (line) => lines.push(line),
        info: (line) => lines.push(line),
        warn: (line) => lines.push(line),
        error: (line) => lines.push(line),
      },
    }),
    gatewayUrl: simulator.url ?? "",
    userAgent: "test",
    limits: { attempts: 3, baseDelayMs: 1, maxDelayMs: 2, headersMs: 5_000, bodyMs: 5_000, totalBudgetMs: 10_000 },
    budget: null,
    slots: null,
  });

  async function call(
    venue: Venue,
    key: VenueKey,
    options: { readonly endpoint?: AccountEndpoint<unknown>; readonly nowMs?: number } = {},
  ) {
    lines = [];
    sent = 0;
    const { unsigned, encoding, errorIn, grant } = ACCOUNTS[venue];
    const { host, path, weight, read } = options.endpoint ?? grant;
    const request = {
      venue,
      endpoint: "account",
      host: `https://${host}`,
      path,
      weight,
      maxBytes: 100_000,
      errorIn,
      key,
      encoding,
      unsigned,
    };
    const { result } = await signedCall(request, deps(options.nowMs));
    return result.ok ? read(result.value.body) : result;
  }

  it.each(VENUES)("%s: a key that reads is taken, and what it may do and pays is read", async (venue) => {
    const { takerFee } = ACCOUNTS[venue];
    const key = keyOf(venue);
    expect(await call(venue, key)).toEqual({ ok: true, value: { scope: "read-only", more: [] } });
    const fees = { binance: [0.00036, 0.00075], bybit: [0.0004, 0.0008], okx: [0.00043, 0.0007], bitget: [0.0005, 0.0009] }[venue];
    expect([await call(venue, key, { endpoint: takerFee.perpetual }), await call(venue, key, { endpoint: takerFee.spot })]).toEqual(
      fees.map((value) => ({ ok: true, value })),
    );
  });

  it.each(VENUES)("%s: what ccxt signs is taken too, and not with one character changed", async (venue) => {
    const key = keyOf(venue);
    for (const endpoint of endpointsOf(venue)) {
      const { url, headers } = ccxts(venue, endpoint, key);
      const wire = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
      const answer = await simulator.handle(new Request(url, { headers: wire }));
      expect(endpoint.read(await answer.json()).ok).toBe(true);
      const spoil = (text: string): string => `${text.slice(0, -2)}${text.endsWith("A=") ? "B=" : "A="}`;
      const forged = venue === "binance" ? url.replace(/.$/u, (last) => (last === "0" ? "1" : "0")) : url;
      const name = Object.keys(wire).find((each) => /sign$/iu.test(each)) ?? "none";
      const refused = await simulator.handle(
        new Request(forged, { headers: venue === "binance" ? wire : { ...wire, [name]: spoil(wire[name] ?? "") } }),
      );
      expect(ACCOUNTS[venue].errorIn(await refused.json(), refused.status)).toMatchObject({ kind: "auth-failed", reason: "bad-signature" });
    }
  });

  it.each(VENUES)("%s: keys that can trade or withdraw are told from those that read", async (venue) => {
    expect(await call(venue, keyOf(venue, "trading"))).toMatchObject({ ok: true, value: { scope: "trading" } });
    expect(await call(venue, keyOf(venue, "withdrawing"))).toMatchObject({ ok: true, value: { scope: "withdrawal" } });
  });

  const wrong = { key: "f".repeat(64), secret: "a-secret-of-nobody", passphrase: "a-passphrase-of-nobody" };
  const EXPECTED: Readonly<Record<Venue, Readonly<Record<string, readonly [string, string]>>>> = {
    binance: {
      key: ["unclear", "-2015"],
      secret: ["bad-signature", "-1022"],
      clock: ["clock-skew", "-1021"],
      expired: ["unclear", "-2015"],
      "ip-bound": ["unclear", "-2015"],
      form: ["bad-key", "-2014"],
    },
    bybit: {
      key: ["bad-key", "10003"],
      secret: ["bad-signature", "10004"],
      clock: ["clock-skew", "10002"],
      expired: ["expired", "33004"],
      "ip-bound": ["ip-not-allowed", "10010"],
    },
    okx: {
      key: ["bad-key", "50111"],
      secret: ["bad-signature", "50113"],
      passphrase: ["bad-passphrase", "50105"],
      clock: ["clock-skew", "50102"],
      expired: ["bad-key", "50119"],
      "ip-bound": ["ip-not-allowed", "50110"],
    },
    bitget: {
      key: ["bad-key", "40037"],
      secret: ["bad-signature", "40009"],
      passphrase: ["bad-passphrase", "40012"],
      clock: ["clock-skew", "40008"],
      expired: ["bad-key", "40006"],
      "ip-bound": ["ip-not-allowed", "40018"],
    },
  };
  it.each(VENUES.flatMap((venue) => Object.entries(EXPECTED[venue]).map(([what, [reason, code]]) => ({ venue, what, reason, code }))))(
    "$venue: $what is refused as $reason by code $code, sent once, and the key, secret and passphrase are nowhere told",
    async ({ venue, what, reason, code }) => {
      const good = keyOf(venue, what === "expired" || what === "ip-bound" ? what : "reading");
      const key = {
        key: what === "key" ? wrong.key : what === "form" ? "short-key" : good.key,
        secret: what === "secret" ? wrong.secret : good.secret,
        passphrase: what === "passphrase" ? wrong.passphrase : good.passphrase,
      };
      const result = await call(venue, key, { nowMs: what === "clock" ? NOW_MS - 40_000 : NOW_MS });
      expect(result).toMatchObject({ ok: false, error: { kind: "auth-failed", reason, code } });
      expect(sent).toBe(1);
      expectCovered(key, result);
    },
  );

  const expectCovered = (key: VenueKey, result: unknown): void => {
    const told = [JSON.stringify(result), ...lines].join("\n");
    expect(lines.length).toBeGreaterThanOrEqual(2);
    for (const secret of [key.key, key.secret, ...(key.passphrase === null ? [] : [key.passphrase])]) expect(told).not.toContain(secret);
  };

  it.each(VENUES)("%s: a venue that repeats the whole request in its error gives nothing away", async (venue) => {
    const key = keyOf(venue, "echoing");
    const result = await call(venue, key);
    expect(result).toMatchObject({ ok: false, error: { kind: "auth-failed", reason: "bad-signature" } });
    expectCovered(key, result);
    const { grant } = ACCOUNTS[venue];
    const { url, headers } = await ours(venue, grant, key);
    const signature =
      new URL(url).searchParams.get("signature") ?? Object.entries(headers).find(([name]) => name.endsWith("SIGN"))?.[1] ?? "";
    expect(signature.length).toBeGreaterThanOrEqual(44);
    for (const form of [signature, encodeURIComponent(signature)])
      expect([JSON.stringify(result), ...lines].join("\n")).not.toContain(form);
    // The venue did send it: without the cover this test would find it.
    const raw = await (await simulator.handle(new Request(url, { headers }))).text();
    for (const secret of [key.key, key.secret, signature]) expect(raw).toContain(secret);
  });

  it("tells a blocked country and a CDN's page from a bad key", async () => {
    for (const [kind, expected] of [
      ["geo-451", "geo-blocked"],
      ["cdn-403", "geo-blocked"],
      ["http-403", "rate-limited"],
    ] as const) {
      simulator.control({ fault: { venue: "bybit", kind, times: 1 } });
      const result = await call("bybit", keyOf("bybit"));
      expect(result).toMatchObject({ ok: false, error: { kind: expected } });
    }
    simulator.control({ fault: { venue: "bybit", kind: "http-401", times: 1 } });
    expect(await call("bybit", keyOf("bybit"))).toMatchObject({ ok: false, error: { kind: "auth-failed" } });
  });

  it.each(["0.02", "-0.002", "", "many"])("a fee of %j is refused, never taken for one", async (perpetual) => {
    simulator.control({ account: { venue: "bybit", perpetual } });
    const found = await call("bybit", keyOf("bybit"), { endpoint: ACCOUNTS.bybit.takerFee.perpetual });
    expect(found).toMatchObject({ ok: false, error: { kind: "bad-shape", path: "$.result.list[0].takerFeeRate" } });
    simulator.control({ account: { venue: "bybit" } });
  });

  it("OKX writes what is charged below zero: a rebate comes out as one", async () => {
    simulator.control({ account: { venue: "okx", perpetual: "0.0001" } });
    expect(await call("okx", keyOf("okx"), { endpoint: ACCOUNTS.okx.takerFee.perpetual })).toEqual({ ok: true, value: -0.0001 });
    simulator.control({ account: { venue: "okx" } });
  });

  it.each(VENUES)("%s: a body that answers with the key itself is told of without it, cut short or not", async (venue) => {
    const key = { ...keyOf(venue), key: "K".repeat(64) };
    for (const body of [
      JSON.stringify(key.key),
      JSON.stringify({ [key.key]: key.secret }),
      JSON.stringify({ code: key.key, msg: key.secret }),
    ]) {
      const { grant, unsigned, encoding, errorIn } = ACCOUNTS[venue];
      const request = { venue, endpoint: "keyScope", host: `https://${grant.host}`, path: grant.path, weight: 1, maxBytes: 1_000, errorIn };
      const { result } = await signedCall({ ...request, key, encoding, unsigned }, { ...deps(), fetch: async () => new Response(body) });
      const told = JSON.stringify(result.ok ? grant.read(result.value.body) : result);
      expect(told).not.toContain("KKKK");
      expect(told).not.toContain(key.secret);
    }
    // Texts of errors are cut: wherever the cut falls, nothing of the key is left before it.
    for (let filler = 0; filler < 600; filler += 25) {
      const { grant, unsigned, encoding, errorIn } = ACCOUNTS[venue];
      const request = { venue, endpoint: "keyScope", host: `https://${grant.host}`, path: grant.path, weight: 1, maxBytes: 5_000, errorIn };
      const answer = async (): Promise<Response> => new Response("-".repeat(filler) + key.key, { status: 404 });
      const { result } = await signedCall({ ...request, key, encoding, unsigned }, { ...deps(), fetch: answer });
      expect(JSON.stringify(result)).not.toContain("K".repeat(8));
    }
  });

  it("a relay in the clear gets no key, and no request", async () => {
    const { grant, unsigned, encoding, errorIn } = ACCOUNTS.okx;
    sent = 0;
    const request = {
      venue: "okx",
      endpoint: "account",
      host: `https://${grant.host}`,
      path: grant.path,
      weight: 1,
      maxBytes: 1_000,
      errorIn,
      key: keyOf("okx"),
      encoding,
      unsigned,
    };
    const { result } = await signedCall(request, { ...deps(), gatewayUrl: "http://relay.example" });
    expect(result).toMatchObject({ ok: false, error: { kind: "internal" } });
    expect(sent).toBe(0);
  });
});

describe("what a key may do", () => {
  it.each([
    ["binance", { enableReading: true, enableFutures: false, someNewThing: true }, "read-only"],
    ["binance", { enableReading: true, enableFixReadOnly: true }, "read-only"],
    ["binance", { enableReading: true, enableSomethingNew: true }, "trading"],
    ["binance", { enableReading: true, permitsUniversalTransfer: true }, "withdrawal"],
    ["binance", { enableReading: true, enableFutures: "yes" }, "trading"],
    ["bybit", { result: { readOnly: 0, permissions: {} } }, "trading"],
    ["bybit", { result: { readOnly: 0, permissions: { Wallet: ["SubMemberTransfer"] } } }, "withdrawal"],
    ["okx", { data: [{ perm: "read_only" }] }, "read-only"],
    ["okx", { data: [{ perm: "read_only,something" }] }, "trading"],
    ["okx", { data: [{ perm: "read_only,withdraw,trade" }] }, "withdrawal"],
    ["bitget", { data: { authorities: ["readonly", "wtor", "p2pr"] } }, "read-only"],
    ["bitget", { data: { authorities: ["trade", "readonly"] } }, "trading"],
    ["bitget", { data: { authorities: ["coor", "brand-new"] } }, "trading"],
    ["bitget", { data: { authorities: ["coor", "wtow"] } }, "withdrawal"],
  ] as const)("%s %j: %s; a name that nobody knows counts as a power", (venue, body, scope) => {
    expect(ACCOUNTS[venue].grant.read(body)).toMatchObject({ ok: true, value: { scope } });
  });

  it.each([
    ["binance", {}],
    ["binance", { enableReading: false }],
    ["binance", []],
    ["bybit", { result: {} }],
    ["bybit", { result: { readOnly: true } }],
    ["okx", { data: [] }],
    ["okx", { data: [{ perm: "trade" }] }],
    ["bitget", { data: { authorities: [] } }],
    ["bitget", { data: null }],
  ] as const)("%s %j says nothing, and is not taken for a key that reads", (venue, body) => {
    expect(ACCOUNTS[venue].grant.read(body)).toMatchObject({ ok: false, error: { kind: "bad-shape" } });
  });
});
