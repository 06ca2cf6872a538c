import { describe, expect, test } from "vitest";
import { isQuiet, localClock } from "./local-time.ts";

const clock = localClock();
const at = (text: string): number => Date.parse(text);
const minute = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
const quiet = (from: string, to: string, timeZone: string) => ({ fromMinute: minute(from), toMinute: minute(to), timeZone });

describe("quiet hours, by the clock on the wall", () => {
  test.each<[string, ReturnType<typeof quiet> | null, string, boolean]>([
    ["none", null, "2026-11-22T02:00:00Z", false],
    ["within a day, before", quiet("13:00", "15:00", "UTC"), "2026-11-22T12:59:59Z", false],
    ["within a day, at the start", quiet("13:00", "15:00", "UTC"), "2026-11-22T13:00:00Z", true],
    ["within a day, at the end", quiet("13:00", "15:00", "UTC"), "2026-11-22T15:00:00Z", false],
    ["over midnight, before", quiet("23:00", "07:00", "UTC"), "2026-11-22T22:59:59Z", false],
    ["over midnight, in the evening", quiet("23:00", "07:00", "UTC"), "2026-11-22T23:30:00Z", true],
    ["over midnight, at midnight", quiet("23:00", "07:00", "UTC"), "2026-11-23T00:00:00Z", true],
    ["over midnight, in the morning", quiet("23:00", "07:00", "UTC"), "2026-11-23T06:59:59Z", true],
    ["over midnight, at the end", quiet("23:00", "07:00", "UTC"), "2026-11-23T07:00:00Z", false],
    ["the same start and end", quiet("07:00", "07:00", "UTC"), "2026-11-22T07:00:00Z", false],
    ["Jakarta, seven hours ahead", quiet("23:00", "07:00", "Asia/Jakarta"), "2026-11-22T16:00:00Z", true],
    ["Jakarta, at seven", quiet("23:00", "07:00", "Asia/Jakarta"), "2026-11-23T00:00:00Z", false],
    ["Kathmandu, with its 45 minutes", quiet("23:00", "07:00", "Asia/Kathmandu"), "2026-11-23T01:14:59Z", true],
    ["Kathmandu, at seven", quiet("23:00", "07:00", "Asia/Kathmandu"), "2026-11-23T01:15:00Z", false],
    // 29 March 2026: clocks in Berlin go from 02:00 to 03:00 at 01:00 UTC.
    ["Berlin, before summer time begins", quiet("23:00", "07:00", "Europe/Berlin"), "2026-03-29T00:59:00Z", true],
    ["Berlin, at seven on that morning", quiet("23:00", "07:00", "Europe/Berlin"), "2026-03-29T05:00:00Z", false],
    ["Berlin, a minute before", quiet("23:00", "07:00", "Europe/Berlin"), "2026-03-29T04:59:00Z", true],
    ["Berlin, hours that end in the hour that is left out", quiet("23:00", "02:30", "Europe/Berlin"), "2026-03-29T01:00:00Z", false],
    // 25 October 2026: clocks in Berlin go back from 03:00 to 02:00 at 01:00 UTC.
    ["Berlin, at seven when summer time ends", quiet("23:00", "07:00", "Europe/Berlin"), "2026-10-25T06:00:00Z", false],
    ["Berlin, an hour before", quiet("23:00", "07:00", "Europe/Berlin"), "2026-10-25T05:59:00Z", true],
    // 8 March and 1 November 2026: New York.
    ["New York, at seven when summer time begins", quiet("22:00", "07:00", "America/New_York"), "2026-03-08T11:00:00Z", false],
    ["New York, a minute before", quiet("22:00", "07:00", "America/New_York"), "2026-03-08T10:59:00Z", true],
    ["New York, at seven when it ends", quiet("22:00", "07:00", "America/New_York"), "2026-11-01T12:00:00Z", false],
    ["New York, a minute before that", quiet("22:00", "07:00", "America/New_York"), "2026-11-01T11:59:00Z", true],
    // 4 October 2026: Lord Howe Island moves by half an hour, at 02:00.
    ["Lord Howe, at seven after half an hour's change", quiet("22:00", "07:00", "Australia/Lord_Howe"), "2026-10-03T20:00:00Z", false],
    ["Lord Howe, a minute before", quiet("22:00", "07:00", "Australia/Lord_Howe"), "2026-10-03T19:59:00Z", true],
    ["a zone that nobody knows counts as UTC", quiet("23:00", "07:00", "Nowhere/Nothing"), "2026-11-22T23:00:00Z", true],
  ])("%s", (_, hours, moment, expected) => {
    expect(isQuiet(hours, at(moment), clock)).toBe(expected);
  });

  test("a night over either change of the clocks ends once, at its end by the wall", () => {
    for (const [from, minutes] of [
      ["2026-03-28T22:00:00Z", 7 * 60],
      ["2026-10-24T21:00:00Z", 9 * 60],
      ["2026-11-22T22:00:00Z", 8 * 60],
    ] as const) {
      const hours = quiet("23:00", "07:00", "Europe/Berlin");
      const states = Array.from({ length: 20 * 60 }, (_, after) => isQuiet(hours, at(from) + after * 60_000, clock));
      expect(states.filter(Boolean).length, from).toBe(minutes);
      expect(states.findIndex((state) => !state)).toBe(minutes);
    }
  });
});

test("the local day turns at local midnight", () => {
  expect(clock(at("2026-11-22T16:59:59Z"), "Asia/Jakarta").day).toBe("2026-11-22");
  expect(clock(at("2026-11-22T17:00:00Z"), "Asia/Jakarta").day).toBe("2026-11-23");
  expect(clock(at("2026-11-22T17:00:00Z"), "UTC").day).toBe("2026-11-22");
});
