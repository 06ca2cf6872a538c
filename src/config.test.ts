import { describe, expect, it } from "vitest";
import { LIMITS, readConfig } from "./config.ts";

const shipped = { VENUE_GATEWAY_URL: "", MARKET: "live", CLOCK_OFFSET_MS: "0", FLAGS: "{}", LOG_LEVEL: "info", DB: {}, CACHE: {} };

describe("configuration", () => {
  it("reads the variables as they are shipped, beside the bindings", () => {
    const config = readConfig(shipped);
    expect(config).toMatchObject({
      ok: true,
      value: { gatewayUrl: null, market: "live", clockOffsetMs: 0, flagDefaults: {}, logLevel: "info" },
    });
    expect(config.ok && config.value.limits.fetchAttempts).toBe(LIMITS.fetchAttempts.default);
  });

  it("takes defaults for what is absent, and equals what is shipped", () => {
    expect(readConfig({})).toEqual(readConfig(shipped));
  });

  it("reads each variable", () => {
    const env = {
      VENUE_GATEWAY_URL: "http://127.0.0.1:9000/relay/",
      CLOCK_OFFSET_MS: "-5",
      FLAGS: '{"confirm_scans":1}',
      FETCH_ATTEMPTS: "2",
    };
    expect(readConfig(env)).toMatchObject({
      ok: true,
      value: {
        gatewayUrl: "http://127.0.0.1:9000/relay",
        clockOffsetMs: -5,
        flagDefaults: { confirm_scans: 1 },
        limits: { fetchAttempts: 2 },
      },
    });
  });

  it.each([
    ["VENUE_GATEWAY_URL", "ftp://x", 'VENUE_GATEWAY_URL: expected an http(s) address without query, or empty, found "ftp://x"'],
    ["CLOCK_OFFSET_MS", "1e3", 'found "1e3"'],
    ["CLOCK_OFFSET_MS", "", 'found ""'],
    ["FLAGS", "[1]", 'FLAGS: expected a JSON object of flags, found "[1]"'],
    ["FLAGS", "{", "expected a JSON object of flags"],
    ["LOG_LEVEL", "loud", 'LOG_LEVEL: expected one of debug, info, warn, error, found "loud"'],
    ["MARKET", "", "MARKET: expected 1 to 40 characters"],
    ["FETCH_ATTEMPTS", "0", 'FETCH_ATTEMPTS: expected a whole number from 1 to 5, found "0"'],
  ])("refuses %s = %j and names variable, expected and found", (variable, value, sentence) => {
    const config = readConfig({ ...shipped, [variable]: value });
    expect(config).toMatchObject({ ok: false, error: [{ variable }] });
    expect(config.ok ? "" : config.error[0]?.message).toContain(sentence);
  });

  it("names every variable that is wrong at once", () => {
    const config = readConfig({ LOG_LEVEL: "loud", FLAGS: "{", RETRY_DELAY_MS: "many" });
    expect(config.ok ? [] : config.error.map(({ variable }) => variable).sort()).toEqual(["FLAGS", "LOG_LEVEL", "RETRY_DELAY_MS"]);
  });

  it("reads the keys of venues: none by default, and each with its passphrase where the venue has one", () => {
    expect(readConfig({})).toMatchObject({ ok: true, value: { venueKeys: {} } });
    const env = { BINANCE_API_KEY: "key-of-binance", BINANCE_API_SECRET: "secret-of-binance", BYBIT_API_KEY: "", BYBIT_API_SECRET: "" };
    const okx = { OKX_API_KEY: "key-of-okx", OKX_API_SECRET: "secret-of-okx", OKX_API_PASSPHRASE: "words-of-okx" };
    const config = readConfig({ ...env, ...okx });
    expect(config.ok && config.value.venueKeys).toEqual({
      binance: { key: "key-of-binance", secret: "secret-of-binance", passphrase: null },
      okx: { key: "key-of-okx", secret: "secret-of-okx", passphrase: "words-of-okx" },
    });
  });

  it.each([
    [{ BINANCE_API_KEY: "planted-key-1" }, "BINANCE_API_SECRET", "beside BINANCE_API_KEY, found nothing"],
    [{ BYBIT_API_SECRET: "planted-secret-1" }, "BYBIT_API_KEY", "beside BYBIT_API_SECRET, found nothing"],
    [{ OKX_API_KEY: "planted-key-1", OKX_API_SECRET: "planted-secret-1" }, "OKX_API_PASSPHRASE", "beside OKX_API_KEY, found nothing"],
    [
      { BITGET_API_PASSPHRASE: "planted-words", BITGET_API_KEY: "planted-key-1" },
      "BITGET_API_SECRET",
      "beside BITGET_API_KEY, found nothing",
    ],
    [{ BINANCE_API_KEY: "planted", BINANCE_API_SECRET: "planted-secret-1" }, "BINANCE_API_KEY", "found a value that is not shown"],
    [{ BINANCE_API_KEY: "planted-key-1", BINANCE_API_SECRET: "planted secret" }, "BINANCE_API_SECRET", "found a value that is not shown"],
  ])("refuses half a key, %j, and shows no part of it", (env, variable, sentence) => {
    const config = readConfig({ ...shipped, ...env });
    expect(config).toMatchObject({ ok: false, error: [{ variable }] });
    const told = config.ok ? "" : config.error.map(({ message }) => message).join();
    expect(told).toContain(sentence);
    expect(told).not.toContain("planted");
  });
});
