import { describe, expect, it } from "vitest";
import { adapterOf, ADAPTERS } from "../../src/venues/registry.ts";

describe("a venue's error envelope is known at any HTTP status", () => {
  it.each([
    ["binance", 200, { code: -1121, msg: "Invalid symbol." }, { kind: "venue-error", code: "-1121" }],
    ["binance", 400, { code: -1121, msg: "Invalid symbol." }, { kind: "venue-error", code: "-1121" }],
    ["binance", 429, { code: -1003, msg: "Too many requests" }, { kind: "rate-limited", status: 429 }],
    ["binance", 200, { code: -1003, msg: "Too many requests" }, { kind: "rate-limited", status: 200 }],
    ["binance", 418, { code: -1003, msg: "Way too many requests; IP banned" }, { kind: "banned", status: 418 }],
    ["binance", 451, { code: 0, msg: "Service unavailable from a restricted location" }, { kind: "geo-blocked", status: 451 }],
    ["binance", 200, { code: 0, msg: "Service unavailable from a restricted location" }, { kind: "geo-blocked" }],
    ["aster", 400, { code: -1121, msg: "Invalid symbol." }, { kind: "venue-error", code: "-1121" }],
    ["aster", 429, { code: -1003, msg: "Too many requests" }, { kind: "rate-limited", status: 429 }],
    ["aster", 418, { code: -1003, msg: "Way too many requests; IP banned" }, { kind: "banned", status: 418 }],
    ["krakenfutures", 200, { result: "error", error: "apiLimitExceeded" }, { kind: "rate-limited", status: 200, retryAfterMs: null }],
    ["krakenfutures", 429, { result: "error", error: "apiLimitExceeded" }, { kind: "rate-limited", status: 429 }],
    ["krakenfutures", 500, { result: "error", error: "Unavailable" }, { kind: "server", status: 500 }],
    ["krakenfutures", 200, { result: "error", error: "invalidArgument" }, { kind: "venue-error", code: "invalidArgument" }],
    ["dydx", 429, { errors: [{ msg: "Too many requests" }] }, { kind: "rate-limited", status: 429 }],
    ["dydx", 403, { errors: [{ msg: "Because you appear", code: "GEOBLOCKED" }] }, { kind: "geo-blocked", status: 403 }],
    ["dydx", 403, { errors: [{ msg: "Forbidden" }] }, { kind: "forbidden", status: 403 }],
    ["dydx", 500, { errors: [{ msg: "Internal Server Error" }] }, { kind: "server", status: 500 }],
    ["dydx", 400, { errors: [{ msg: "ticker must be a valid ticker", param: "ticker" }] }, { kind: "venue-error", code: "400" }],
    ["paradex", 429, { error: "RATE_LIMIT_EXCEEDED", message: "too many requests" }, { kind: "rate-limited", status: 429 }],
    ["paradex", 400, { error: "VALIDATION_ERROR", message: "market is invalid" }, { kind: "venue-error", code: "VALIDATION_ERROR" }],
    ["paradex", 500, { error: "INTERNAL_ERROR", message: "internal error" }, { kind: "server", status: 500 }],
    ["lighter", 429, { code: 23_000, message: "Too Many Requests!" }, { kind: "rate-limited", status: 429 }],
    ["lighter", 200, { code: 23_000, message: "Too Many Requests!" }, { kind: "rate-limited", status: 200, retryAfterMs: null }],
    ["lighter", 400, { code: 20_001, message: "invalid param" }, { kind: "venue-error", code: "20001" }],
    ["lighter", 500, { code: 29_500, message: "internal server error" }, { kind: "server", status: 500 }],
    ["lighter", 403, { code: 20_558, message: "restricted" }, { kind: "forbidden", status: 403 }],
    ["bybit", 200, { retCode: 10006, retMsg: "Too many visits!" }, { kind: "rate-limited" }],
    ["bybit", 200, { retCode: 10018, retMsg: "Exceeded the IP rate limit" }, { kind: "rate-limited" }],
    ["bybit", 200, { retCode: 10009, retMsg: "IP has been banned" }, { kind: "banned" }],
    ["bybit", 200, { retCode: 10024, retMsg: "Compliance rules triggered" }, { kind: "geo-blocked" }],
    ["bybit", 200, { retCode: 10016, retMsg: "Server error" }, { kind: "server" }],
    ["bybit", 200, { retCode: 10001, retMsg: "params error" }, { kind: "venue-error", code: "10001" }],
    ["bybit", 403, "access too frequent", { kind: "rate-limited", status: 403, retryAfterMs: 600_000 }],
    ["bybit", 403, "<html>configured to block access from your country</html>", { kind: "geo-blocked", status: 403 }],
    ["gate", 429, { label: "TOO_MANY_REQUESTS", message: "Request rate limit exceeded" }, { kind: "rate-limited", status: 429 }],
    ["gate", 400, { label: "INVALID_PARAM_VALUE", message: "bad" }, { kind: "venue-error", code: "INVALID_PARAM_VALUE" }],
    ["gate", 403, { label: "FORBIDDEN", message: "no" }, { kind: "forbidden", status: 403 }],
    ["gate", 500, { label: "SERVER_ERROR" }, { kind: "server", status: 500 }],
    ["bitget", 429, { code: "429", msg: "Too Many Requests", data: null }, { kind: "rate-limited", status: 429 }],
    ["bitget", 200, { code: "429", msg: "Too Many Requests", data: null }, { kind: "rate-limited", status: 200 }],
    ["bitget", 200, { code: "40015", msg: "System is abnormal, please try again later" }, { kind: "server" }],
    ["bitget", 200, { code: "40200", msg: "Server upgrade, please try again later" }, { kind: "server" }],
    ["bitget", 400, { code: "40034", msg: "Parameter NOPEUSDT does not exist" }, { kind: "venue-error", code: "40034" }],
    ["okx", 200, { code: "50011", msg: "Too Many Requests", data: [] }, { kind: "rate-limited", status: 200, retryAfterMs: null }],
    ["okx", 429, { code: "50011", msg: "Too Many Requests", data: [] }, { kind: "rate-limited", status: 429 }],
    ["okx", 200, { code: "50014", msg: "Parameter instId can not be empty", data: [] }, { kind: "venue-error", code: "50014" }],
    ["okx", 200, { code: "50013", msg: "Systems are busy", data: [] }, { kind: "server", status: 200 }],
    ["okx", 500, { code: "50026", msg: "System error", data: [] }, { kind: "server", status: 500 }],
    ["okx", 400, { code: "51001", msg: "Instrument ID doesn't exist.", data: [] }, { kind: "venue-error", code: "51001" }],
    ["kucoin", 200, { code: "429000", msg: "Too many requests" }, { kind: "rate-limited", status: 200, retryAfterMs: null }],
    ["kucoin", 429, { code: "429000", msg: "Too many requests" }, { kind: "rate-limited", status: 429 }],
    ["kucoin", 200, { code: "500000", msg: "Internal Server Error" }, { kind: "server", status: 200 }],
    ["kucoin", 404, { code: "404000", msg: "Url Not Found" }, { kind: "venue-error", code: "404000" }],
    ["kucoin", 200, { code: "100001", msg: "Symbol not found" }, { kind: "venue-error", code: "100001" }],
    ["mexc", 200, { success: false, code: 510, message: "too frequent" }, { kind: "rate-limited", status: 200, retryAfterMs: null }],
    ["mexc", 429, { success: false, code: 510, message: "too frequent" }, { kind: "rate-limited", status: 429 }],
    ["mexc", 200, { success: false, code: 501, message: "System busy" }, { kind: "server", status: 200 }],
    ["mexc", 403, { success: false, code: 403, message: "Access denied" }, { kind: "forbidden", status: 403 }],
    ["mexc", 200, { success: false, code: 1001, message: "Contract does not exist!" }, { kind: "venue-error", code: "1001" }],
    [
      "htx",
      200,
      { status: "error", err_code: 1032, err_msg: "exceeded", ts: 1 },
      { kind: "rate-limited", status: 200, retryAfterMs: null },
    ],
    ["htx", 429, { status: "error", err_code: 1032, err_msg: "exceeded", ts: 1 }, { kind: "rate-limited", status: 429 }],
    ["htx", 200, { status: "error", err_code: 1000, err_msg: "System error.", ts: 1 }, { kind: "server", status: 200 }],
    ["htx", 200, { status: "error", "err-code": "base-system-error", "err-msg": "system error" }, { kind: "server", status: 200 }],
    ["htx", 200, { status: "error", err_code: 1013, err_msg: "no such contract" }, { kind: "venue-error", code: "1013" }],
    [
      "htx",
      200,
      { status: "error", "err-code": "invalid-parameter", "err-msg": "invalid symbol" },
      { kind: "venue-error", code: "invalid-parameter" },
    ],
    ["bingx", 200, { code: 100_410, msg: "rate limited" }, { kind: "rate-limited", status: 200, retryAfterMs: 300_000 }],
    ["bingx", 429, { code: 100_410, msg: "rate limited" }, { kind: "rate-limited", status: 429 }],
    ["bingx", 418, { code: 100_410, msg: "rate limited" }, { kind: "banned", status: 418, retryAfterMs: 300_000 }],
    ["bingx", 200, { code: 100_500, msg: "Internal system error" }, { kind: "server", status: 200 }],
    ["bingx", 200, { code: 109_425, msg: "this symbol is not exist" }, { kind: "venue-error", code: "109425" }],
    ["hyperliquid", 200, { status: "err", response: "bad" }, { kind: "venue-error", code: "err" }],
    ["hyperliquid", 422, "Failed to deserialize the JSON body into the target type", { kind: "venue-error", code: "422" }],
  ])("%s %d %o", (venue, status, body, expected) => {
    expect(adapterOf(venue)?.errorIn(body, status)).toMatchObject(expected);
  });

  it("makes `read` fail too, with the same kind, wherever the envelope is JSON", () => {
    const envelopes: Readonly<Record<string, unknown>> = {
      binance: { code: -1003, msg: "Too many requests" },
      bybit: { retCode: 10006, retMsg: "Too many visits!", result: {} },
      gate: { label: "TOO_MANY_REQUESTS", message: "" },
      hyperliquid: { status: "err", response: "" },
      bitget: { code: "429", msg: "Too Many Requests", requestTime: 1, data: null },
      okx: { code: "50011", msg: "Too Many Requests", data: [] },
      kucoin: { code: "429000", msg: "Too many requests" },
      aster: { code: -1003, msg: "Too many requests" },
      mexc: { success: false, code: 510, message: "too frequent" },
      htx: { status: "error", err_code: 1032, err_msg: "exceeded", ts: 1 },
      bingx: { code: 100_410, msg: "rate limited" },
      paradex: { error: "RATE_LIMIT_EXCEEDED", message: "too many requests" },
      lighter: { code: 23_000, message: "Too Many Requests!" },
      dydx: { errors: [{ msg: "Too many requests" }] },
      krakenfutures: { result: "error", error: "apiLimitExceeded" },
    };
    for (const adapter of ADAPTERS) {
      const body = envelopes[adapter.facts.id];
      for (const endpoint of Object.values(adapter.endpoints)) {
        expect(endpoint.read(body)).toMatchObject({ ok: false, error: { kind: adapter.errorIn(body, 200)?.kind } });
      }
    }
  });

  it("is not seen in data, in another venue's envelope, or in what is no object", () => {
    for (const { errorIn } of ADAPTERS)
      for (const body of [null, [], [{ code: -1 }], {}, 5, "<html></html>"]) expect(errorIn(body, 200)).toBeNull();
    expect(adapterOf("bybit")?.errorIn({ retCode: 0, retMsg: "OK", result: {} }, 200)).toBeNull();
    expect(adapterOf("bitget")?.errorIn({ code: "00000", msg: "success", data: [] }, 200)).toBeNull();
    expect(adapterOf("okx")?.errorIn({ code: "0", msg: "", data: [] }, 200)).toBeNull();
    expect(adapterOf("okx")?.errorIn({ code: -1121, msg: "Invalid symbol." }, 400)).toBeNull();
    expect(adapterOf("kucoin")?.errorIn({ code: "200000", data: [] }, 200)).toBeNull();
    expect(adapterOf("bingx")?.errorIn({ code: 0, msg: "", data: [] }, 200)).toBeNull();
    expect(adapterOf("bingx")?.errorIn({ code: "429000", msg: "Too many requests" }, 200)).toBeNull();
    expect(adapterOf("htx")?.errorIn({ status: "ok", data: [] }, 200)).toBeNull();
    expect(adapterOf("mexc")?.errorIn({ success: true, code: 0, data: [] }, 200)).toBeNull();
    expect(adapterOf("paradex")?.errorIn({ results: [] }, 200)).toBeNull();
    expect(adapterOf("lighter")?.errorIn({ code: 200, funding_rates: [] }, 200)).toBeNull();
    expect(adapterOf("dydx")?.errorIn({ markets: {} }, 200)).toBeNull();
    expect(adapterOf("krakenfutures")?.errorIn({ result: "success", serverTime: "2026-11-22T00:00:00Z", tickers: [] }, 200)).toBeNull();
    expect(adapterOf("gate")?.errorIn({ code: -1121, msg: "Invalid symbol." }, 400)).toBeNull();
  });
});
