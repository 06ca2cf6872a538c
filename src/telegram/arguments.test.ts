import { describe, expect, it } from "vitest";
import { LANGUAGES } from "../domain/person.ts";
import { HOUR_MS } from "../domain/units.ts";
import { coinNamed, parseHours, parsePercent, parseTimeOfDay, parseTimeZone, parseUsd, strategyNamed, venueNamed } from "./arguments.ts";
import { span, usd } from "./format.ts";

describe("what people type", () => {
  it.each([
    ["0.05%", 0.0005],
    ["0,05%", 0.0005],
    ["-0.02%", -0.0002],
    ["−0.02 %", -0.0002],
    ["+5", 0.05],
    ["0.04", 0.0004],
    ["10%", 0.1],
    ["", null],
    ["%", null],
    ["five", null],
    ["1e3%", null],
    ["0.05%%", null],
    ["1.2.3%", null],
    ["Infinity%", null],
  ])("percent %j is %j", (text, value) => {
    expect(parsePercent(text)).toBe(value);
  });

  it.each([
    ["20000", 20_000],
    ["$20,000", 20_000],
    ["20.000", 20_000],
    ["1,234,567", 1_234_567],
    ["20k", 20_000],
    ["1.5m", 1_500_000],
    ["2,5 rb", 2_500],
    ["12.50", 12.5],
    ["500 usd", 500],
    ["-5", null],
    ["5k5", null],
    ["1.2345", null],
    ["much", null],
    ["", null],
    ["$", null],
  ])("money %j is %j", (text, value) => {
    expect(parseUsd(text)).toBe(value);
  });

  it.each([
    ["36h", 36],
    ["7d", 168],
    ["7 days", 168],
    ["2w", 336],
    ["3 hari", 72],
    ["12 jam", 12],
    ["1.5d", 36],
    ["7", null],
    ["d", null],
    ["7 moons", null],
    // An hour to some, a day (hari) to others.
    ["2 hr", null],
    ["2 hrs", 2],
    ["7constructor", null],
    ["-7d", null],
  ])("time %j is %j hours", (text, value) => {
    expect(parseHours(text)).toBe(value);
  });

  it.each(LANGUAGES)("what the bot prints in %s is read back as what it was", (language) => {
    for (const hours of [1, 5, 24, 48, 72, 240, 720]) expect(parseHours(span(hours * HOUR_MS, language))).toBe(hours);
    for (const amount of [50, 12.5, 20_000, 999_499, 1_200_000, 240e6, 3.2e9])
      expect(parseUsd(usd(amount, language))).toBeCloseTo(amount, 6);
  });

  it.each([
    ["23:00", 1_380],
    ["7", 420],
    ["07.30", 450],
    ["0:00", 0],
    ["24:00", null],
    ["12:60", null],
    ["7:5", null],
    ["noon", null],
  ])("time of day %j is minute %j", (text, value) => {
    expect(parseTimeOfDay(text)).toBe(value);
  });

  it.each([
    ["Asia/Jakarta", "Asia/Jakarta"],
    ["asia/jakarta", "Asia/Jakarta"],
    ["jakarta", "Asia/Jakarta"],
    ["New York", "America/New_York"],
    ["WIB", "Asia/Jakarta"],
    ["utc", "UTC"],
    ["Mars/Olympus", null],
    ["Atlantis", null],
    ["+07:00", null],
    ["constructor", null],
    ["", null],
  ])("zone %j is %j", (text, value) => {
    expect(parseTimeZone(text)).toBe(value);
  });

  const facts = (id: string, name: string) => ({
    id,
    name,
    takerFee: { perpetual: null, spot: null },
    accrual: "settled" as const,
    hasBulkBook: true,
    documentedCap: null,
  });
  it("venues go by id and by name, strategies by name", () => {
    const venues = [facts("gate", "Gate"), facts("okx", "OKX")];
    expect(venueNamed("OKX", venues)?.id).toBe("okx");
    expect(venueNamed("Gate", venues)?.id).toBe("gate");
    expect(venueNamed("gateio", venues)).toBeNull();
    expect(strategyNamed("Funding")).toBe("funding");
    expect(strategyNamed("magic")).toBeNull();
  });

  it("coins are spelt as the market spells them, and one that nobody shows is none", () => {
    const market = { gate: { asset: ["BTC", null, "kSHIB", "NEIRO~2"] } } as never;
    expect(coinNamed("btc", market)).toBe("BTC");
    expect(coinNamed("$BTC", market)).toBe("BTC");
    expect(coinNamed("KSHIB", market)).toBe("kSHIB");
    expect(coinNamed("neiro~2", market)).toBe("NEIRO~2");
    expect(coinNamed("BTX", market)).toBeNull();
    expect(coinNamed("btx", null)).toBe("BTX");
    expect(coinNamed("a b", null)).toBeNull();
    expect(coinNamed("<b>", null)).toBeNull();
  });
});
