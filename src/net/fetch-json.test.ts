import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import type { VenueError } from "../domain/error.ts";
import { createLogger, type Sink } from "../monitoring/log.ts";
import { FULL_BUDGET, keepBudget } from "./budget.ts";
import { type CallAnswer, type CallDeps, fetchJson, type JsonRequest } from "./fetch-json.ts";
import { createHostSlots } from "./limiter.ts";
import { sleep } from "./sleep.ts";

type Handler = (request: IncomingMessage, response: ServerResponse, call: number) => void;
type Venue = { readonly origin: string; readonly host: string; readonly calls: IncomingMessage[]; readonly bodies: string[] };

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** A venue on loopback that answers with `handler` and keeps every call it got. */
async function venue(handler: Handler): Promise<Venue> {
  const calls: IncomingMessage[] = [];
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    calls.push(request);
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      bodies.push(body);
      handler(request, response, calls.length);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const host = `127.0.0.1:${address.port}`;
  return { origin: `http://${host}`, host, calls, bodies };
}

const answer =
  (status: number, body: string, headers: Record<string, string> = {}): Handler =>
  (_, response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
  };

type Line = Readonly<Record<string, unknown>>;
type Harness = { readonly deps: CallDeps; readonly lines: Line[]; readonly waits: number[] };

function harness(changes: Partial<CallDeps> = {}, limits: Partial<CallDeps["limits"]> = {}): Harness {
  const lines: Line[] = [];
  const waits: number[] = [];
  const write =
    (method: string) =>
    (line: string): void => {
      lines.push({ ...JSON.parse(line), writtenBy: method });
    };
  const sink: Sink = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  const deps: CallDeps = {
    fetch: (url, init) => fetch(url, init),
    now: () => Date.now(),
    sleep: (ms) => {
      waits.push(ms);
      return Promise.resolve();
    },
    random: () => 0.5,
    log: createLogger({ level: "info", component: "net", sink, now: () => Date.now(), context: { correlationId: "scan-1" } }),
    gatewayUrl: "",
    userAgent: "Carrywatch/0.1.0 (+https://example.org)",
    limits: { headersMs: 5_000, bodyMs: 5_000, attempts: 3, baseDelayMs: 100, maxDelayMs: 1_000, totalBudgetMs: 30_000, ...limits },
    budget: null,
    slots: null,
    ...changes,
  };
  return { deps, lines, waits };
}

const request = (hosts: readonly string[], changes: Partial<JsonRequest> = {}): JsonRequest => ({
  venue: "binance",
  endpoint: "premiumIndex",
  method: "GET",
  path: "/fapi/v1/premiumIndex",
  hosts,
  maxBytes: 1_000_000,
  weight: 10,
  idempotent: true,
  errorIn: () => null,
  ...changes,
});

const errorOf = (called: CallAnswer): VenueError => {
  if (called.result.ok) throw new Error("expected a failure");
  return called.result.error;
};
const outcomes = (called: CallAnswer): readonly string[] => called.calls.map((call) => call.outcome);
/** The failure of one call to a venue that always answers so, with the calls it got. */
async function failure(
  handler: Handler,
  changes: Partial<JsonRequest> = {},
): Promise<{ readonly error: VenueError; readonly calls: number }> {
  const one = await venue(handler);
  const called = await fetchJson(request([one.origin], changes), harness().deps);
  return { error: errorOf(called), calls: one.calls.length };
}

describe("success", () => {
  test("hands over the parsed body with its arrival, size and host", async () => {
    const one = await venue(answer(200, '[{"symbol":"BTCUSDT"}]'));
    const called = await fetchJson(request([one.origin]), harness({ now: () => 1_700_000_000_000 }).deps);
    expect(called.result).toEqual({
      ok: true,
      value: { body: [{ symbol: "BTCUSDT" }], receivedAtMs: 1_700_000_000_000, bytes: 22, host: one.host },
    });
    expect(called.calls).toEqual([
      { venue: "binance", endpoint: "premiumIndex", host: one.host, attempt: 1, status: 200, ms: 0, bytes: 22, outcome: "ok" },
    ]);
  });

  test("500 twice, then 200: success with exactly 3 calls", async () => {
    const one = await venue((_, response, call) => answer(call < 3 ? 500 : 200, "[1]")(_, response, call));
    const { deps, waits } = harness();
    const called = await fetchJson(request([one.origin]), deps);
    expect(called.result.ok).toBe(true);
    expect(one.calls).toHaveLength(3);
    expect(outcomes(called)).toEqual(["server", "server", "ok"]);
    expect(waits).toEqual([50, 100]);
  });

  test("a multi-byte character split between chunks survives", async () => {
    const bytes = Buffer.from('{"name":"币安"}');
    const one = await venue((_, response) => {
      response.writeHead(200);
      response.write(bytes.subarray(0, 10));
      setTimeout(() => response.end(bytes.subarray(10)), 20);
    });
    const called = await fetchJson(request([one.origin]), harness().deps);
    expect(called.result).toMatchObject({ ok: true, value: { body: { name: "币安" } } });
  });
});

describe("what is sent", () => {
  test("User-Agent and accept, no credentials, no cookies", async () => {
    const one = await venue(answer(200, "[]", { "set-cookie": "session=1; Path=/" }));
    const { deps } = harness();
    await fetchJson(request([one.origin]), deps);
    await fetchJson(request([one.origin]), deps);
    for (const call of one.calls) {
      expect(call.headers["user-agent"]).toBe("Carrywatch/0.1.0 (+https://example.org)");
      expect(call.headers.accept).toBe("application/json");
      const names = Object.keys(call.headers);
      expect(names.filter((name) => /auth|cookie|key|sign|token/iu.test(name))).toEqual([]);
    }
    expect(one.calls).toHaveLength(2);
  });

  test("a POST carries its body as JSON", async () => {
    const one = await venue(answer(200, "[]"));
    await fetchJson(request([one.origin], { method: "POST", path: "/info", body: { type: "metaAndAssetCtxs" } }), harness().deps);
    expect(one.calls[0]?.method).toBe("POST");
    expect(one.calls[0]?.headers["content-type"]).toBe("application/json");
    expect(one.bodies).toEqual(['{"type":"metaAndAssetCtxs"}']);
  });

  test.each(["", "/"])("https://HOST/PATH goes to GATEWAY/HOST/PATH, gateway ending in %j", async (ending) => {
    const gateway = await venue(answer(200, "[]"));
    const { deps } = harness({ gatewayUrl: `${gateway.origin}/relay${ending}` });
    const called = await fetchJson(request(["https://fapi.binance.com"], { path: "/fapi/v1/ticker?limit=5" }), deps);
    expect(gateway.calls.map((call) => call.url)).toEqual(["/relay/fapi.binance.com/fapi/v1/ticker?limit=5"]);
    expect(called.calls[0]?.host).toBe("fapi.binance.com");
  });
});

describe("each failure has its own kind", () => {
  const blocked = "<!DOCTYPE HTML><html><body><h1>403 ERROR</h1>configured to block access from your country</body></html>";
  test.each<[string, Handler, Partial<VenueError>, number]>([
    ["400", answer(400, '{"msg":"bad"}'), { kind: "bad-request", status: 400 }, 1],
    ["401", answer(401, "{}"), { kind: "unauthorized", status: 401 }, 1],
    ["403 as JSON", answer(403, '{"msg":"no"}'), { kind: "forbidden", status: 403 }, 1],
    ["403 as an edge page", answer(403, blocked, { "content-type": "text/html" }), { kind: "geo-blocked", status: 403 }, 1],
    ["403 naming the country", answer(403, '{"msg":"You are using U.S IP"}'), { kind: "geo-blocked", status: 403 }, 1],
    ["403 for too many", answer(403, "access too frequent"), { kind: "rate-limited", status: 403, retryAfterMs: null }, 1],
    ["404", answer(404, "{}"), { kind: "http", status: 404 }, 1],
    ["404 with cut JSON", answer(404, '[{"a"'), { kind: "http", status: 404 }, 1],
    ["408", answer(408, "{}"), { kind: "http", status: 408 }, 3],
    ["418", answer(418, "{}", { "retry-after": "1" }), { kind: "banned", status: 418, retryAfterMs: 1_000 }, 1],
    ["425", answer(425, "{}"), { kind: "http", status: 425 }, 3],
    ["429", answer(429, "{}"), { kind: "rate-limited", status: 429, retryAfterMs: null }, 1],
    ["429 for long", answer(429, "{}", { "retry-after": "60" }), { kind: "rate-limited", status: 429, retryAfterMs: 60_000 }, 1],
    ["451", answer(451, '{"code":0,"msg":"restricted location"}'), { kind: "geo-blocked", status: 451 }, 1],
    ["503", answer(503, "busy"), { kind: "server", status: 503 }, 3],
    ["a Worker's unresolved name", answer(530, "error code: 1016"), { kind: "dns" }, 3],
    ["a redirect", answer(302, "", { location: "https://elsewhere.example/x?apiKey=1" }), { kind: "http", status: 302 }, 1],
    ["202 without body", answer(202, ""), { kind: "http", status: 202 }, 1],
    ["202 with data", answer(202, "[1]"), { kind: "http", status: 202 }, 1],
    ["HTML in 200", answer(200, blocked, { "content-type": "text/html" }), { kind: "bad-json" }, 1],
    ["bad JSON", answer(200, '{"a":1,}'), { kind: "bad-json" }, 1],
    ["an empty body", answer(200, ""), { kind: "bad-json" }, 1],
  ])("%s", async (_, handler, kind, calls) => {
    const failed = await failure(handler);
    expect(failed.error).toMatchObject(kind);
    expect(failed.calls).toBe(calls);
  });

  test("messages say what was expected and found, tags and redirect paths left out", async () => {
    const page = await failure(answer(403, blocked, { "content-type": "text/html" }));
    expect(page.error.message).toMatch(/^expected HTTP 200 from 127\.0\.0\.1:\d+, found 403: 403 ERROR configured to block/u);
    const redirect = await failure(answer(302, "", { location: "https://elsewhere.example/x?apiKey=1" }));
    expect(redirect.error.message).toMatch(/found 302 to elsewhere\.example$/u);
  });

  test("a refused connection is network, an unknown name is dns", async () => {
    const gone = await venue(answer(200, "[]"));
    servers.splice(0).forEach((server) => server.close());
    const refused = await fetchJson(request([gone.origin]), harness().deps);
    expect(errorOf(refused).kind).toBe("network");
    const unknown = await fetchJson(request(["http://no-such-host.invalid"]), harness().deps);
    expect(errorOf(unknown).kind).toBe("dns");
    expect(outcomes(unknown)).toEqual(["dns", "dns", "dns"]);
    expect(unknown.calls[0]).toMatchObject({ status: null, bytes: 0 });
  });

  test("no headers within their limit", async () => {
    const one = await venue(() => undefined);
    const called = await fetchJson(request([one.origin]), harness({}, { headersMs: 200, attempts: 2 }).deps);
    expect(errorOf(called)).toMatchObject({ kind: "timeout", phase: "headers", limitMs: 200 });
    expect(one.calls).toHaveLength(2);
  });

  test("a body slower than its own limit, headers in time", async () => {
    const one = await venue((_, response) => {
      response.writeHead(200).write("[1,");
    });
    const called = await fetchJson(request([one.origin]), harness({}, { bodyMs: 30, attempts: 1 }).deps);
    expect(errorOf(called)).toMatchObject({ kind: "timeout", phase: "body", limitMs: 30 });
    expect(called.calls[0]).toMatchObject({ status: 200, bytes: 3, outcome: "timeout" });
  });

  test("an error status whose body hangs keeps the kind of its status", async () => {
    const one = await venue((_, response) => {
      response.writeHead(451).write("{");
    });
    const called = await fetchJson(request([one.origin]), harness({}, { bodyMs: 30 }).deps);
    expect(errorOf(called)).toMatchObject({ kind: "geo-blocked", status: 451 });
  });

  test("a connection lost inside the body is network and is tried again", async () => {
    const one = await venue((_, response, call) => {
      if (call > 1) return answer(200, "[1]")(_, response, call);
      response.writeHead(200, { "content-length": "1000" }).write("[1,2");
      setTimeout(() => response.destroy(), 20);
    });
    const called = await fetchJson(request([one.origin]), harness().deps);
    expect(outcomes(called)).toEqual(["network", "ok"]);
  });

  test("JSON that stops early in a complete reply is asked for once more, not twice", async () => {
    const cutOnce = await venue((_, response, call) => answer(200, call === 1 ? '[{"a":1},{"b"' : "[1]")(_, response, call));
    expect(outcomes(await fetchJson(request([cutOnce.origin]), harness().deps))).toEqual(["bad-json", "ok"]);
    const cutAlways = await failure(answer(200, '[{"a":1},{"b"'));
    expect(cutAlways).toMatchObject({ error: { kind: "bad-json" }, calls: 2 });
  });
});

describe("bytes", () => {
  test("a body announced as too large is refused unread", async () => {
    const failed = await failure(answer(200, `"${"x".repeat(2_000)}"`, { "content-length": "2002" }), { maxBytes: 1_000 });
    expect(failed).toMatchObject({ error: { kind: "too-large", limitBytes: 1_000 }, calls: 1 });
    expect(failed.error.message).toContain("announced 2002");
  });

  test("a body without a length is cut off and its connection closed when it passes the limit", async () => {
    const closed = Promise.withResolvers<void>();
    const one = await venue((_, response) => {
      response.writeHead(200);
      const more = setInterval(() => response.write("x".repeat(400)), 5);
      response.on("close", () => {
        clearInterval(more);
        closed.resolve();
      });
    });
    const called = await fetchJson(request([one.origin], { maxBytes: 1_000 }), harness().deps);
    expect(errorOf(called)).toMatchObject({ kind: "too-large", limitBytes: 1_000 });
    await closed.promise;
    expect(one.calls).toHaveLength(1);
  });

  test("a body of exactly the limit passes", async () => {
    const one = await venue((_, response) => {
      response.writeHead(200);
      response.end(`"${"x".repeat(998)}"`);
    });
    const called = await fetchJson(request([one.origin], { maxBytes: 1_000 }), harness().deps);
    expect(called.result).toMatchObject({ ok: true, value: { bytes: 1_000 } });
  });
});

describe("the venue's own error", () => {
  const errorIn: JsonRequest["errorIn"] = (body) =>
    typeof body === "object" && body !== null && "code" in body ? { kind: "venue-error", code: String(body.code), message: "no" } : null;

  test("inside HTTP 200 is an error and is not retried", async () => {
    expect(await failure(answer(200, '{"code":-1000}'), { errorIn })).toEqual({
      error: { kind: "venue-error", code: "-1000", message: "no" },
      calls: 1,
    });
  });

  test("names a 400 by its code, and leaves 429, 451 and 5xx to the status", async () => {
    expect((await failure(answer(400, '{"code":-1121}'), { errorIn })).error).toMatchObject({ kind: "venue-error", code: "-1121" });
    expect((await failure(answer(429, '{"code":-1003}'), { errorIn })).error.kind).toBe("rate-limited");
    expect((await failure(answer(451, '{"code":0}'), { errorIn })).error.kind).toBe("geo-blocked");
    expect((await failure(answer(503, '{"code":-1}'), { errorIn })).error.kind).toBe("server");
  });

  test("that says rate-limited inside 200 takes its time from Retry-After", async () => {
    const limited: JsonRequest["errorIn"] = (_, status) => ({ kind: "rate-limited", status, retryAfterMs: null, message: "10006" });
    const failed = await failure(answer(200, '{"retCode":10006}', { "retry-after": "90" }), { errorIn: limited });
    expect(failed).toMatchObject({ error: { kind: "rate-limited", status: 200, retryAfterMs: 90_000 }, calls: 1 });
  });

  test("an empty list that the adapter refuses is empty, and an adapter that throws is internal", async () => {
    expect((await failure(answer(200, "[]"), { errorIn: () => ({ kind: "empty", message: "0 rows" }) })).error.kind).toBe("empty");
    const throwing: JsonRequest["errorIn"] = () => {
      throw new RangeError("a bug");
    };
    expect((await failure(answer(200, "[]"), { errorIn: throwing })).error).toMatchObject({ kind: "internal" });
  });
});

describe("hosts", () => {
  test("are tried in order and at once after 451, 403, 5xx and a lost connection", async () => {
    const first = await venue(answer(451, "{}"));
    const second = await venue(answer(403, '{"msg":"no"}'));
    const third = await venue((call) => call.socket.destroy());
    const fourth = await venue(answer(502, "bad gateway"));
    const fifth = await venue(answer(200, "[1]"));
    const { deps, waits } = harness({}, { attempts: 6 });
    const called = await fetchJson(request([first, second, third, fourth, fifth].map((each) => each.origin)), deps);
    expect(called.calls.map((call) => [call.host, call.outcome])).toEqual([
      [first.host, "geo-blocked"],
      [second.host, "forbidden"],
      [third.host, "network"],
      [fourth.host, "server"],
      [fifth.host, "ok"],
    ]);
    expect(waits).toEqual([]);
  });

  test("one that refused the address is not asked again in the rounds that follow", async () => {
    const refusing = await venue(answer(451, "{}"));
    const failing = await venue(answer(500, "{}"));
    const { deps, waits } = harness({}, { attempts: 4 });
    await fetchJson(request([refusing.origin, failing.origin]), deps);
    expect([refusing.calls.length, failing.calls.length]).toEqual([1, 3]);
    expect(waits).toEqual([50, 100]);
  });

  test("no other host after 429, 418 or 400", async () => {
    for (const status of [429, 418, 400]) {
      const first = await venue(answer(status, "{}"));
      const second = await venue(answer(200, "[]"));
      await fetchJson(request([first.origin, second.origin]), harness().deps);
      expect([first.calls.length, second.calls.length]).toEqual([1, 0]);
    }
  });

  test("attempts cap the list", async () => {
    const down = await venue(answer(500, "{}"));
    const called = await fetchJson(request(Array.from({ length: 9 }, () => down.origin)), harness({}, { attempts: 4 }).deps);
    expect(called.calls.map((call) => call.attempt)).toEqual([1, 2, 3, 4]);
    expect(down.calls).toHaveLength(4);
  });

  test("never more attempts in flight at one host than it has slots; limits start inside the slot", async () => {
    let inFlight = 0;
    let most = 0;
    const one = await venue((_, response) => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      setTimeout(() => {
        inFlight -= 1;
        response.end("[]");
      }, 60);
    });
    // 6 calls in slots of 2 take three turns of 60 ms: a limit of 150 ms armed outside the slot would end the last.
    const { deps } = harness({ slots: createHostSlots(2) }, { headersMs: 150, attempts: 1 });
    const called = await Promise.all(Array.from({ length: 6 }, () => fetchJson(request([one.origin]), deps)));
    expect(most).toBe(2);
    expect(called.every((each) => each.result.ok)).toBe(true);
  });
});

describe("the venue's limits", () => {
  test("a call whose venue is over, or paused, while it queues for a slot is neither sent nor logged", async () => {
    for (const stop of ["abort", "pause"] as const) {
      const controller = new AbortController();
      const budget = keepBudget({ state: FULL_BUDGET, perMinute: 1_000, now: () => 1_000_000 });
      const one = await venue((_, response, call) => {
        if (stop === "abort") controller.abort();
        answer(429, "{}")(_, response, call);
      });
      const { deps, lines } = harness({ slots: createHostSlots(1), signal: controller.signal, budget, now: () => 1_000_000 });
      const [, queued] = await Promise.all([fetchJson(request([one.origin]), deps), fetchJson(request([one.origin]), deps)]);
      expect(queued).toMatchObject({ result: { error: { kind: stop === "abort" ? "timeout" : "budget" } }, calls: [] });
      expect(one.calls).toHaveLength(1);
      expect(lines.filter((line) => line["event"] === "venue.request")).toHaveLength(1);
    }
  });

  test("what is not idempotent is sent once", async () => {
    const failed = await failure(answer(500, "{}"), { idempotent: false });
    expect(failed.calls).toBe(1);
  });

  test("a signal that aborts ends the attempt and the call as the venue's timeout", async () => {
    const controller = new AbortController();
    const one = await venue(() => controller.abort());
    const called = await fetchJson(request([one.origin, one.origin]), harness({ signal: controller.signal }).deps);
    expect(errorOf(called)).toMatchObject({ kind: "timeout", phase: "venue" });
    expect(one.calls).toHaveLength(1);
    const after = await fetchJson(request([one.origin]), harness({ signal: controller.signal }).deps);
    expect(after).toMatchObject({ result: { error: { kind: "timeout", phase: "venue" } }, calls: [] });
    expect(one.calls).toHaveLength(1);
  });

  test("a signal that aborts during a back-off ends the wait, and the last failure is the answer", async () => {
    const controller = new AbortController();
    const one = await venue(answer(500, "{}"));
    const { deps } = harness(
      {
        signal: controller.signal,
        random: () => 0.999,
        sleep: (ms, signal) => {
          controller.abort();
          return sleep(ms, signal);
        },
      },
      { baseDelayMs: 20_000, maxDelayMs: 20_000 },
    );
    expect(errorOf(await fetchJson(request([one.origin]), deps)).kind).toBe("server");
    expect(one.calls).toHaveLength(1);
  });

  test("an attempt is given no more than the total has left", async () => {
    const one = await venue(() => undefined);
    const called = await fetchJson(request([one.origin, one.origin]), harness({}, { totalBudgetMs: 40 }).deps);
    expect(errorOf(called)).toMatchObject({ kind: "timeout", phase: "venue", limitMs: 40 });
    expect(one.calls).toHaveLength(1);
  });

  test("a spent budget sends nothing; each attempt spends, retries too", async () => {
    const one = await venue(answer(500, "{}"));
    const now = (): number => 1_000_000;
    const budget = keepBudget({ state: FULL_BUDGET, perMinute: 25, now });
    const called = await fetchJson(request([one.origin]), harness({ budget, now }).deps);
    expect(errorOf(called).kind).toBe("server");
    expect(one.calls).toHaveLength(2);
    const refused = await fetchJson(request([one.origin]), harness({ budget, now }).deps);
    expect(refused).toMatchObject({ result: { error: { kind: "budget", retryAfterMs: 60_000 } }, calls: [] });
    expect(one.calls).toHaveLength(2);
  });

  test("a 429 pauses the venue at once for at least its Retry-After: calls that follow are not sent", async () => {
    const one = await venue(answer(429, "{}", { "retry-after": "120" }));
    let nowMs = 1_000_000;
    const budget = keepBudget({ state: FULL_BUDGET, perMinute: 1_000, now: () => nowMs });
    const { deps } = harness({ budget, now: () => nowMs });
    await fetchJson(request([one.origin]), deps);
    nowMs += 119_000 - 30_000;
    expect(errorOf(await fetchJson(request([one.origin]), deps))).toMatchObject({ kind: "budget", retryAfterMs: 31_000 });
    expect(one.calls).toHaveLength(1);
    nowMs += 31_000;
    await fetchJson(request([one.origin]), deps);
    expect(one.calls).toHaveLength(2);
  });
});

describe("records", () => {
  const HEAD = {
    ts: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/u),
    component: "net",
    correlationId: "scan-1",
    venue: "binance",
    endpoint: "premiumIndex",
  };

  test("one request and one response per attempt, at their true level, in the venue's count", async () => {
    const one = await venue((_, response, call) => answer(call < 3 ? 500 : 200, "[1]")(_, response, call));
    const { deps, lines } = harness();
    await fetchJson(request([one.origin]), deps);
    const place = (attempt: number): Line => ({ ...HEAD, host: one.host, attempt });
    const sent = (attempt: number): Line => ({
      ...place(attempt),
      event: "venue.request",
      level: "info",
      writtenBy: "info",
      method: "GET",
      path: "/fapi/v1/premiumIndex",
    });
    const failed = (attempt: number, retryInMs: number): Line => ({
      ...place(attempt),
      event: "venue.response",
      level: "warn",
      writtenBy: "warn",
      status: 500,
      ms: expect.any(Number),
      bytes: 3,
      outcome: "server",
      message: expect.stringContaining("found 500"),
      retryInMs,
      retryAt: one.host,
    });
    expect(lines).toEqual([
      sent(1),
      failed(1, 50),
      sent(2),
      failed(2, 100),
      sent(3),
      {
        ...place(3),
        event: "venue.response",
        level: "info",
        writtenBy: "info",
        status: 200,
        ms: expect.any(Number),
        bytes: 3,
        outcome: "ok",
      },
    ]);
    expect(lines.filter((line) => line["event"] === "venue.request")).toHaveLength(one.calls.length);
  });

  test("the failure of the call is an error with the action taken", async () => {
    const one = await venue(answer(451, "{}"));
    const { deps, lines } = harness();
    await fetchJson(request([one.origin]), deps);
    expect(lines.at(-1)).toMatchObject({
      ...HEAD,
      event: "venue.response",
      level: "error",
      writtenBy: "error",
      status: 451,
      outcome: "geo-blocked",
      bytes: 2,
      action: expect.stringContaining("Left alone for 900 s"),
    });
  });

  test("nothing that looks like a credential reaches a line", async () => {
    const one = await venue(answer(400, '{"msg":"bad","signature":"feedbeef","apiKey":"feedbeef"}'));
    const { deps, lines } = harness();
    await fetchJson(request([one.origin], { path: "/x?symbol=BTC&signature=feedbeef&apiKey=feedbeef&token=feedbeef" }), deps);
    expect(JSON.stringify(lines)).not.toContain("feedbeef");
    expect(JSON.stringify(lines)).toContain("symbol=BTC&signature=[redacted]");
  });
});
