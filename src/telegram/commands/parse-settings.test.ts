import { describe, expect, it } from "vitest";
import type { VenueFacts } from "../../domain/venue.ts";
import { marketOf } from "../../../test/market-columns.ts";
import { parseBar, parseCoins } from "./alerts.ts";
import { parseFees } from "./fees.ts";
import { namedThing, thingWords } from "./mute.ts";
import { parseQuiet } from "./quiet.ts";
import { parseWatch } from "./watch.ts";

const fee = (rate: number) => ({ rate, source: "test", readOn: "2026-11-22" });
const facts = (id: string, name: string, spot: number | null): VenueFacts => ({
  id,
  name,
  takerFee: { perpetual: fee(0.0005), spot: spot === null ? null : fee(spot) },
  accrual: "settled",
  hasBulkBook: true,
  documentedCap: null,
});
const venues = [facts("binance", "Binance", 0.001), facts("gate", "Gate", null), facts("okx", "OKX", 0.001)];
const market = marketOf([
  { venue: "binance", asset: "BTC" },
  { venue: "gate", asset: "GATE" },
  { venue: "okx", asset: "NEIRO~2" },
]);

describe("fees as typed", () => {
  it.each([
    ["binance 0.04%", "set", "binance", 0.0004],
    ["Binance 0,04", "set", "binance", 0.0004],
    ["binance spot 0.08 %", "set", "binance-spot", 0.0008],
    ["okx-spot 0.08%", "set", "okx-spot", 0.0008],
    ["gate -0.005%", "set", "gate", -0.00005],
    ["reset gate", "reset", "gate", null],
    ["gate reset", "reset", "gate", null],
    ["reset okx spot", "reset", "okx-spot", null],
    ["reset okx-spot", "reset", "okx-spot", null],
  ])("%j is %s of %s", (args, kind, feed, rate) => {
    expect(parseFees(args, venues)).toEqual({ kind, market: expect.objectContaining({ feed }), ...(rate === null ? {} : { rate }) });
  });
  it.each([
    ["reset", { kind: "reset-all" }],
    ["reset all", { kind: "reset-all" }],
    ["kraken 0.04%", { kind: "wrong", what: "venue" }],
    ["gate spot 0.1%", { kind: "wrong", what: "venue" }],
    ["binance", { kind: "wrong", what: "fee" }],
    ["binance cheap", { kind: "wrong", what: "fee" }],
    ["binance 2%", { kind: "wrong", what: "fee" }],
    ["binance -0.5%", { kind: "wrong", what: "fee" }],
    ["0.04% binance", { kind: "wrong", what: "venue" }],
  ])("%j is %j", (args, asked) => {
    expect(parseFees(args, venues)).toEqual(asked);
  });
});

describe("a bar as typed", () => {
  it.each([
    ["8%", { kind: "net-apr", value: 0.08 }],
    ["8,5 %", { kind: "net-apr", value: 0.085 }],
    ["8% apr", { kind: "net-apr", value: 0.08 }],
    ["$25", { kind: "net-usd", value: 25 }],
    ["25 usd", { kind: "net-usd", value: 25 }],
    ["0%", { kind: "net-apr", value: 0 }],
    ["8", null],
    ["-5%", null],
    ["2000%", null],
    ["$", null],
    ["high", null],
  ])("%j is %j", (typed, bar) => {
    expect(parseBar(typed)).toEqual(bar);
  });

  it("coins are those that a venue shows, each once, or the first that is none", () => {
    expect(parseCoins(["btc,", "gate", "BTC"], market)).toEqual({ coins: ["BTC", "GATE"] });
    expect(parseCoins(["btc", "dogwif"], market)).toEqual({ unknown: "dogwif" });
  });
});

describe("a watch as typed", () => {
  it.each([
    ["BTC binance 0.05%", "BTC", "binance", "above", 0.0005],
    ["btc OKX < -0.02%", "BTC", "okx", "below", -0.0002],
    ["btc okx<-0.02", "BTC", "okx", "below", -0.0002],
    ["BTC gate > -0.01%", "BTC", "gate", "above", -0.0001],
    ["neiro~2 okx below 0", "NEIRO~2", "okx", "below", 0],
  ])("%j", (args, asset, venue, direction, ratePer8h) => {
    expect(parseWatch(args, { venues, market })).toEqual({ ok: true, value: { asset, venue, direction, ratePer8h } });
  });
  it.each([
    ["DOGE binance 0.05%", "coin"],
    ["binance BTC 0.05%", "coin"],
    ["BTC kraken 0.05%", "venue"],
    ["BTC", "venue"],
    ["BTC binance", "rate"],
    ["BTC binance lots", "rate"],
    // Below or above? Either is likely.
    ["BTC binance -0.02%", "rate"],
    ["BTC binance 250%", "rate"],
  ])("%j lacks a %s", (args, what) => {
    expect(parseWatch(args, { venues, market })).toEqual({ ok: false, what });
  });
});

describe("quiet hours as typed", () => {
  const jakarta = { fromMinute: 1_380, toMinute: 420, timeZone: "Asia/Jakarta" };
  it.each(["23:00 07:00 Asia/Jakarta", "23 7 jakarta", "23:00-07:00 WIB", "23:00 – 07:00 asia/jakarta", "23.00 07.00 Asia/Jakarta"])(
    "%j",
    (args) => {
      expect(parseQuiet(args, null)).toEqual({ ok: true, value: jakarta });
    },
  );
  it("keeps the zone that is set where none is typed", () => {
    expect(parseQuiet("22:00 06:00", jakarta)).toEqual({ ok: true, value: { ...jakarta, fromMinute: 1_320, toMinute: 360 } });
    expect(parseQuiet("22:00 06:00", null)).toEqual({ ok: false, what: "zone" });
  });
  it.each([
    ["", "times"],
    ["tonight", "times"],
    ["23:00", "times"],
    ["25:00 07:00 UTC", "times"],
    ["23:00 07:00 Mars", "zone"],
    ["23:00 23:00 UTC", "same-times"],
  ])("%j lacks %s", (args, what) => {
    expect(parseQuiet(args, null)).toEqual({ ok: false, what });
  });
});

describe("a thing to mute as typed", () => {
  const named = (args: string) => namedThing(thingWords(args), { venues, market });
  it.each([
    ["BTC", "asset", "BTC", []],
    ["okx", "venue", "okx", []],
    ["funding", "strategy", "funding", []],
    // A venue and its coin have one name: the venue, unless it is said.
    ["gate", "venue", "gate", []],
    ["coin gate", "asset", "GATE", []],
    ["asset:BTC", "asset", "BTC", []],
    ["asset:BTC:24", "asset", "BTC", ["24"]],
    ["BTC 7 days", "asset", "BTC", ["7", "days"]],
  ])("%j is the %s %s", (args, scope, value, rest) => {
    expect(named(args)).toEqual({ what: { scope, value }, rest });
  });
  it.each(["DOGE", "venue kraken", "strategy magic", ""])("%j is nothing", (args) => {
    expect(named(args).what).toBeNull();
  });
});
